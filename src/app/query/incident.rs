//! Incidents: what was reported of accidents on the way, the newest first.

use super::{MAX_ROUNDS, Page, cursor, page_size};
use crate::app::access::Viewer;
use crate::app::receipt::event_of;
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::{Statement, Subject, Verdict};
use crate::id::ManifestId;
use crate::ledger::{Digest, EventId};
use crate::store::incident::{self, IncidentRow};
use crate::store::{ReadTx, log, timeline};

/// Most incidents that the page of a manifest, and the record of a firm, show.
pub const MAX_INCIDENTS: u64 = 20;

/// One incident, as it was reported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// The event.
    pub event: EventId,
    /// Its log index.
    pub index: u64,
    /// When it happened, no later than it was recorded.
    pub at: Timestamp,
    /// What the report counts for.
    pub verdict: Verdict,
    /// The manifest.
    pub manifest: ManifestId,
    /// Who reports it.
    pub party: Uscc,
    /// Cause in words.
    pub cause: String,
    /// Measures taken.
    pub measures: Option<String>,
    /// Digests of photos.
    pub photos: Vec<Digest>,
}

impl App {
    /// A page of incidents before log index `before`, on manifests that the viewer may see: on all of them, or on those on which
    /// `party` has a role.
    pub async fn incidents(
        &self,
        viewer: &Viewer,
        party: Option<Uscc>,
        before: Option<u64>,
        limit: u64,
    ) -> Result<Page<Incident, u64>, Fault> {
        let limit = page_size(limit);
        let party = match viewer {
            Viewer::Public => return Ok(Page::empty()),
            // Another party's incidents are those on its own manifests too; what else there is nobody need know.
            Viewer::Party { party: own, .. } if party.is_none_or(|party| party == *own) => Some(*own),
            Viewer::Party { .. } => return Ok(Page::empty()),
            Viewer::Authority { .. } => party,
        };
        let mut tx = self.reading().await?;
        let mut before = before.map_or(i64::MAX, cursor);
        let (mut items, mut has_more) = (Vec::new(), true);
        for _ in 0..MAX_ROUNDS {
            let missing = limit - items.len() as u64;
            let mut rows = incident::before(&mut tx, party, None, before, missing + 1).await?;
            has_more = rows.len() as u64 > missing;
            rows.truncate(usize::try_from(missing).unwrap_or(usize::MAX));
            before = rows.last().map_or(before, |row| cursor(row.index));
            let manifests: Vec<ManifestId> = rows.iter().map(|row| row.manifest).collect();
            let visible = self.visible_manifests(&mut tx, viewer, &manifests).await?;
            rows.retain(|row| visible.contains(&row.manifest));
            items.extend(reported(&mut tx, &rows).await?);
            if !has_more || items.len() as u64 == limit {
                break;
            }
        }
        let next = has_more.then(|| u64::try_from(before).unwrap_or_default());
        Ok(Page { items, next })
    }

    /// The last [`MAX_INCIDENTS`] incidents on one manifest, if the viewer may see that.
    pub async fn incidents_on(&self, viewer: &Viewer, id: ManifestId) -> Result<Vec<Incident>, Fault> {
        let mut tx = self.reading().await?;
        if self.visible_manifest(&mut tx, viewer, id).await?.is_none() {
            return Ok(Vec::new());
        }
        let rows = incident::before(&mut tx, None, Some(id), i64::MAX, MAX_INCIDENTS).await?;
        reported(&mut tx, &rows).await
    }
}

/// What these events say.
async fn reported(tx: &mut ReadTx, rows: &[IncidentRow]) -> Result<Vec<Incident>, Fault> {
    let indexes: Vec<u64> = rows.iter().map(|row| row.index).collect();
    let entries = log::entries_at(tx, &indexes).await?;
    let mut incidents = Vec::with_capacity(rows.len());
    for row in rows {
        let Some(entry) = entries.iter().find(|entry| entry.index == row.index && entry.jws.is_some()) else {
            continue;
        };
        let event = event_of(entry)?;
        let place = timeline::place(tx, &Subject::Manifest(row.manifest), row.event).await?;
        let Statement::IncidentReported(s) = event.statement else { continue };
        incidents.push(Incident {
            event: row.event,
            index: row.index,
            at: place.as_ref().map_or(entry.recorded_at, |place| place.effective),
            verdict: place.map_or(Verdict::Counts, |place| place.verdict),
            manifest: row.manifest,
            party: event.party,
            cause: s.cause.to_string(),
            measures: s.measures.as_ref().map(ToString::to_string),
            photos: s.photos.to_vec(),
        });
    }
    Ok(incidents)
}
