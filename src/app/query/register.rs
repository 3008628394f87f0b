//! Registers of a site: the rows of one of the five tables, each with what its lot, manifest and event say.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

use super::manifest::names_of;
use super::stock::{first_day, visible_site};
use super::{MAX_PAGE, Page, page_of, page_size, sheet};
use crate::app::access::{PartyName, Viewer};
use crate::app::receipt::event_of;
use crate::app::{App, Fault};
use crate::catalogue::{ColumnOrder, TreatmentCode, Uscc, WasteEntry};
use crate::clock::Timestamp;
use crate::custody::kind::Class;
use crate::custody::register::Register;
use crate::custody::{Event, Kind, Statement};
use crate::exchange::sheet::SheetForm;
use crate::id::{LotId, ManifestId, SiteId};
use crate::registry::{PermitState, SiteRecord};
use crate::store::log::{self, Entry};
use crate::store::manifest::{self, Heading};
use crate::store::register::{self, RowPlace, StoredRow, Wanted};
use crate::store::{ReadTx, registry};

/// Most rows of one sheet.
pub const MAX_SHEET_ROWS: usize = 20_000;

/// Which rows of which register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterAsked {
    /// The site.
    pub site: SiteId,
    /// The register.
    pub register: Register,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
}

/// Where a page of a register begins: behind this row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowCursor(pub RowPlace);

impl fmt::Display for RowCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (day, index, n) = self.0;
        write!(f, "{}-{index}-{n}", day.format("%Y%m%d"))
    }
}

/// The text is no cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the next of a page of a register")]
pub struct NoRow;

impl FromStr for RowCursor {
    type Err = NoRow;

    fn from_str(text: &str) -> Result<Self, NoRow> {
        let parts: Vec<&str> = text.split('-').collect();
        let [day, index, n] = parts[..] else { return Err(NoRow) };
        let number = |text: &str| text.parse::<u64>().ok().filter(|n| i64::try_from(*n).is_ok()).ok_or(NoRow);
        let day = NaiveDate::parse_from_str(day, "%Y%m%d").ok().filter(|_| day.len() == 8);
        Ok(Self((day.ok_or(NoRow)?, number(index)?, number(n)?)))
    }
}

/// One row of a register.
#[derive(Clone, Debug)]
pub struct RegisterItem {
    /// What is stored of it.
    pub row: StoredRow,
    /// What the catalogue says of the code.
    pub waste: Option<&'static WasteEntry>,
    /// What the event says; `None` once its content was erased.
    pub said: Option<RowSaid>,
    /// Number of the manifest.
    pub number: Option<String>,
    /// The party at the other end: who sent what came in, who gets what went out.
    pub other: Option<PartyName>,
    /// Numbers of the permits that the receiver had on the day, for what was sent on.
    pub permits: Vec<String>,
}

/// What the event of a row says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSaid {
    /// Its kind.
    pub kind: Kind,
    /// When it happened.
    pub at: Timestamp,
    /// The treatment, of what was treated here.
    pub method: Option<TreatmentCode>,
    /// The storage facility, where it moved into or out of one.
    pub facility: Option<String>,
    /// How many containers were filled or loaded.
    pub containers: usize,
}

/// The days asked for hold more rows than one sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sheet holds at most {MAX_SHEET_ROWS} rows: ask for fewer days")]
pub struct SheetFull;

impl App {
    /// A page of a register, by day and then in log order. `None` where the viewer may not see the site's stock.
    pub async fn register(
        &self,
        viewer: &Viewer,
        asked: &RegisterAsked,
        after: Option<RowCursor>,
        limit: u64,
    ) -> Result<Option<Page<RegisterItem, RowCursor>>, Fault> {
        let limit = page_size(limit);
        let mut tx = self.reading().await?;
        let Some(site) = visible_site(&mut tx, viewer, asked.site).await? else { return Ok(None) };
        let place = after.map(|RowCursor(place)| place);
        let rows = register::rows(&mut tx, &wanted(&site, asked), place, limit + 1).await?;
        let page = page_of(rows, limit, |row| RowCursor((row.day, row.index, row.n)));
        Ok(Some(Page {
            items: self.with_details(&mut tx, asked.register, page.items).await?,
            next: page.next,
        }))
    }

    /// All rows of a register between two days as a file, in an order of columns.
    pub async fn register_sheet(
        &self,
        viewer: &Viewer,
        asked: &RegisterAsked,
        order: &ColumnOrder,
        form: SheetForm,
    ) -> Result<Option<Result<Vec<u8>, SheetFull>>, Fault> {
        let (mut items, mut after) = (Vec::new(), None);
        loop {
            let Some(page) = self.register(viewer, asked, after, MAX_PAGE).await? else { return Ok(None) };
            items.extend(page.items);
            if items.len() > MAX_SHEET_ROWS {
                return Ok(Some(Err(SheetFull)));
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let sheet = sheet::of_register(asked.register, order, &items);
        Ok(Some(Ok(sheet::write(&sheet, form)?)))
    }

    async fn with_details(
        &self,
        tx: &mut ReadTx,
        register: Register,
        rows: Vec<StoredRow>,
    ) -> Result<Vec<RegisterItem>, Fault> {
        let indexes: BTreeSet<u64> = rows.iter().map(|row| row.index).collect();
        let entries = log::entries_at(tx, &indexes.into_iter().collect::<Vec<_>>()).await?;
        let mut events: HashMap<u64, (Event, Timestamp)> = HashMap::new();
        for entry in entries.iter().filter(|entry| entry.jws.is_some()) {
            let event = event_of(entry)?;
            events.insert(entry.index, (event.clone(), happened(&event, entry)));
        }
        let manifests: BTreeSet<ManifestId> = rows.iter().filter_map(|row| row.manifest).collect();
        let headings = manifest::headings(tx, &manifests.into_iter().collect::<Vec<_>>()).await?;
        let headings: HashMap<ManifestId, Heading> =
            headings.into_iter().map(|heading| (heading.id, heading)).collect();
        let ends = headings.values().flat_map(|heading| [heading.consignor, heading.consignee]).flatten();
        let ends: Vec<Uscc> = ends.collect();
        let names: HashMap<Uscc, PartyName> =
            names_of(tx, ends.clone()).await?.into_iter().map(|name| (name.party, name)).collect();
        let is_outside = register == Register::OutsideTreatment;
        let permits = if is_outside { registry::permits(tx, &ends).await? } else { Vec::new() };
        let catalogue = self.rulebook().catalogue;
        let items = rows.into_iter().map(|row| {
            let heading = row.manifest.and_then(|id| headings.get(&id));
            let comes = row.measure.is_some_and(|measure| measure.sign() > 0);
            let other = heading.and_then(|heading| if comes { heading.consignor } else { heading.consignee });
            let valid = permits.iter().filter(|permit| {
                Some(permit.party) == other && permit.state_on(row.day) == PermitState::Good
            });
            RegisterItem {
                waste: catalogue.waste(&row.code),
                said: events.get(&row.index).map(|(event, at)| said_of(event, *at, row.lot)),
                number: heading.and_then(|heading| heading.number.clone()),
                permits: valid.map(|permit| permit.number.clone()).collect(),
                other: other.and_then(|party| names.get(&party).cloned()),
                row,
            }
        });
        Ok(items.collect())
    }
}

fn wanted(site: &SiteRecord, asked: &RegisterAsked) -> Wanted {
    Wanted {
        place: (site.party, asked.site),
        register: asked.register,
        days: (first_day(asked.from), first_day(asked.to)),
        figure: None,
    }
}

/// When what an event says happened: facts never after they were recorded.
fn happened(event: &Event, entry: &Entry) -> Timestamp {
    match event.kind().class() {
        Class::Fact => event.occurred_at.min(entry.recorded_at),
        Class::Declaration | Class::Act => entry.recorded_at,
    }
}

fn said_of(event: &Event, at: Timestamp, lot: LotId) -> RowSaid {
    let (method, facility) = match &event.statement {
        Statement::WasteUsed(s) | Statement::WasteDisposed(s) => (Some(s.method), None),
        Statement::WasteStored(s) | Statement::WasteWithdrawn(s) => (None, Some(s.facility.to_string())),
        _ => (None, None),
    };
    let containers = event.filled().filter(|filled| filled.lot == lot).count();
    RowSaid { kind: event.kind(), at, method, facility, containers }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn cursors_come_back_from_their_text() {
        let cursor = RowCursor(("2026-03-02".parse().unwrap(), 1_200, 3));
        assert_eq!(cursor.to_string(), "20260302-1200-3");
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for wrong in [
            "",
            "20260302-1200",
            "2026032-1200-3",
            "20261302-1200-3",
            "20260302--3",
            "20260302-1-9223372036854775808",
        ] {
            assert_eq!(wrong.parse::<RowCursor>(), Err(NoRow), "{wrong}");
        }
    }
}
