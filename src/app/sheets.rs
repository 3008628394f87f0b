//! Sheets in: rows become the exact bytes that somebody then signs. Nothing is kept of a sheet, and nothing is recorded by it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::access::Viewer;
use super::query::MAX_PAGE;
use super::seal::new_id;
use super::{App, Fault};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::{Event, Kind, Statement};
use crate::exchange::sheet::{SheetError, SheetForm};
use crate::exchange::sheets::{self, Asked, Desk, SheetRead};
use crate::id::{ActId, MandateId, SiteId, derived};
use crate::ledger::{Digest, EventId};
use crate::shape::{List, Text};
use crate::store::{log, registry};

pub use crate::exchange::sheets::SheetKind;
pub use crate::exchange::table::CellError;

/// Most sheets read at the same time: each takes a core, and some hundred megabytes when it is the largest there may be.
const MAX_READ_AT_ONCE: usize = 2;

/// The places of those who read sheets.
pub(super) struct Readers(Arc<Semaphore>);

impl Default for Readers {
    fn default() -> Self {
        Self::new(MAX_READ_AT_ONCE)
    }
}

impl Readers {
    /// So many at once.
    pub(super) fn new(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most)))
    }

    /// Read on a thread of its own when a place is free. Who asks waits as long as its request may take; a reading that nobody waits for any
    /// longer keeps its place until it is done.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Fault> {
        let place = self.0.clone().acquire_owned().await.map_err(|_| Fault::Stopped)?;
        let reading = tokio::task::spawn_blocking(move || {
            let read = read();
            drop(place);
            read
        });
        reading.await.map_err(|error| Fault::Panicked(error.to_string()))
    }
}

/// A payload that waits for a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreparedEvent {
    /// The rows of the sheet it says.
    pub rows: Vec<u32>,
    /// Its kind.
    pub kind: Kind,
    /// Names the statement, for the party: by its business key, else by the sheet and the row.
    pub act: ActId,
    /// The payload of a `waste-event+jws`, byte for byte as it is signed.
    pub payload: String,
    /// The event by which the party said it already, if it did: nothing is to be signed then.
    pub recorded: Option<EventId>,
}

/// A sheet as it was read.
#[derive(Debug)]
pub struct PreparedSheet {
    /// Payloads, by their first row.
    pub events: Vec<PreparedEvent>,
    read: SheetRead,
}

impl PreparedSheet {
    /// Everything that is wrong, by row.
    pub fn errors(&self) -> &[CellError] {
        &self.read.errors
    }

    /// A copy of the sheet in which it stands what is wrong.
    pub fn with_errors(&self, form: SheetForm) -> Result<Vec<u8>, SheetError> {
        self.read.with_errors(form)
    }
}

/// Why nothing was prepared.
#[derive(Debug)]
pub enum NoSheet {
    /// Its columns cannot be found, or it cannot be read.
    Sheet(Vec<CellError>),
    /// We are wrong.
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for NoSheet {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

/// What goes around each statement.
struct Envelope {
    log: Text<200>,
    party: Uscc,
    mandate: Option<MandateId>,
    now: Timestamp,
    sheet: Digest,
}

impl App {
    /// Read a sheet into payloads for the viewer's party; `None` for whoever speaks for none. The same sheet gives the same acts, so that sending it
    /// twice records nothing twice.
    pub async fn prepare_sheet(
        &self,
        viewer: &Viewer,
        kind: SheetKind,
        mandate: Option<MandateId>,
        bytes: Vec<u8>,
    ) -> Result<Option<PreparedSheet>, NoSheet> {
        let Some(party) = viewer.party() else { return Ok(None) };
        let mut tx = self.inner.store.read().await?;
        let own = registry::sites_after(&mut tx, Some(party), -1, MAX_PAGE).await?;
        drop(tx);
        let sites: BTreeMap<String, SiteId> = own.into_iter().map(|site| (site.name, site.site)).collect();
        let log = Text::new(self.origin()).map_err(Fault::Tree)?;
        let (now, zone) = (self.inner.clock.now(), self.rulebook().profile.offset());
        let envelope = Envelope { log, party, mandate, now, sheet: Digest::sha256(&[&bytes]) };
        let prepare = move || {
            let mut minted = || new_id(now).ok();
            let read = sheets::read(kind, &bytes, &mut Desk { sites: &sites, zone, new_id: &mut minted })?;
            Ok(prepared(read, &envelope))
        };
        let prepared = self.inner.readers.read(prepare).await?;
        let mut prepared: PreparedSheet = prepared.map_err(NoSheet::Sheet)?;
        self.note_recorded(party, &mut prepared.events).await?;
        Ok(Some(prepared))
    }

    /// Say which of these statements the party made already.
    async fn note_recorded(&self, party: Uscc, events: &mut [PreparedEvent]) -> Result<(), Fault> {
        let mut tx = self.inner.store.read().await?;
        let acts: Vec<_> = events.iter().map(|event| (party, event.act.as_uuid())).collect();
        let firsts = log::first_of_acts(&mut tx, &acts).await?;
        let known: HashMap<ActId, EventId> =
            firsts.into_iter().map(|(_, act, id)| (ActId::from_uuid(act), id)).collect();
        for event in events {
            event.recorded = known.get(&event.act).copied();
        }
        Ok(())
    }
}

fn prepared(mut read: SheetRead, envelope: &Envelope) -> PreparedSheet {
    let mut events = Vec::with_capacity(read.asked.len());
    for asked in std::mem::take(&mut read.asked) {
        let event = envelope.around(&asked);
        let payload = event.to_json().to_string();
        match Event::parse(payload.as_bytes()) {
            Ok(_) => events.push(PreparedEvent {
                rows: asked.rows,
                kind: event.kind(),
                act: event.act,
                payload,
                recorded: None,
            }),
            Err(error) => {
                let row = asked.rows.first().copied().unwrap_or_default();
                let (zh, en) = (error.zh, format!("{}: {}", error.pointer, error.message));
                read.errors.push(CellError { row, column: "", zh, en });
            }
        }
    }
    read.errors.sort_by_key(|error| error.row);
    PreparedSheet { events, read }
}

impl Envelope {
    fn around(&self, asked: &Asked) -> Event {
        Event {
            log: self.log.clone(),
            act: self.act_of(asked),
            party: self.party,
            mandate: self.mandate,
            prev: List::default(),
            anchor: None,
            occurred_at: asked.occurred_at.unwrap_or(self.now),
            place: None,
            statement: asked.statement.clone(),
        }
    }

    /// A business key names its act, whatever sheet it stands in; else the sheet and the row do.
    fn act_of(&self, asked: &Asked) -> ActId {
        let party = self.party.to_string();
        let kind = asked.statement.kind().name();
        let key = match &asked.statement {
            Statement::ManifestRegistered(registered) => registered.erp_no.as_deref(),
            _ => None,
        };
        let row = asked.rows.first().copied().unwrap_or_default().to_be_bytes();
        let parts: [&[u8]; 5] = match key {
            Some(key) => [b"liandan/sheet-key/v1", party.as_bytes(), kind.as_bytes(), key.as_bytes(), b""],
            None => [b"liandan/sheet-row/v1", party.as_bytes(), kind.as_bytes(), &self.sheet.0, &row],
        };
        ActId::from_uuid(derived(&parts))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_reading_keeps_its_place_until_it_is_done_and_the_next_one_waits() {
        let readers = Readers::new(1);
        let (begin, begun) = tokio::sync::oneshot::channel();
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let mut first = Box::pin(readers.read(move || {
            begin.send(()).unwrap();
            ended.recv().unwrap();
        }));
        assert!(futures::poll!(first.as_mut()).is_pending());
        begun.await.unwrap();
        // Whoever asked has gone.
        drop(first);
        let mut second = std::pin::pin!(readers.read(|| 2));
        assert!(futures::poll!(second.as_mut()).is_pending());
        assert_eq!(readers.0.available_permits(), 0);
        end.send(()).unwrap();
        assert_eq!(second.await.unwrap(), 2);
    }
}
