//! Reading: what a [`Viewer`](super::access::Viewer) may know, as types. The HTTP interface and the pages both ask here.
//!
//! Every function takes the viewer first. `None` means absent or not for this viewer, which nobody can tell apart. Lists come
//! in pages: ask for the next one with the page's `next`. A page may be shorter than asked for and still have a next one,
//! where much had to be left out for this viewer.

mod as_of;
mod bracket;
mod bundle;
mod case;
mod chain;
pub(in crate::app) mod changes;
mod check;
mod correction;
mod cursor;
mod declaration;
mod destination;
mod document;
mod duty;
mod evaluation;
mod event;
mod feed;
mod finding;
mod following;
mod heartbeat;
mod incident;
mod label;
mod load;
mod log;
mod lot;
mod mandate;
mod manifest;
mod manifests;
mod opening;
mod operation;
mod overview;
mod paper;
mod planned;
mod reconcile;
mod record;
mod register;
mod registry;
pub(in crate::app) mod sheet;
mod shipped;
mod site_map;
mod site_sheet;
mod statistics;
mod stock;
mod task;
mod trace;
mod track;
mod transit;
mod trip;
mod weighing;
mod witness;

pub use crate::app::webhooks::Webhook as WebhookSeen;
pub use crate::custody::search::WasteAsked;
pub use crate::exchange::number_list::{ListedNumber, MAX_SHEET_BYTES, SheetFault};
pub use crate::exchange::sheet::{Cell, Sheet, SheetForm};
pub use crate::store::outbox::Numbered as NumberedChange;
pub use crate::store::register::StoredRow;
pub use crate::store::stock::{MAX_LATER_POSTINGS, MAX_RECODED_LOTS};
pub use crate::store::trace::MAX_TRACE_EDGES;
pub use as_of::{MAX_AS_OF_ENTRIES, NoAsOf};
pub use bracket::{AnchorStanding, Bracket, NotAfter, NotBefore};
pub use bundle::NoBundle;
pub use case::{CaseDue, CaseFilter, CaseItem, CaseStage, CaseState};
pub use chain::{ChainStep, Content, LeafCheck, Said, SignatureCheck};
pub use changes::{Change, ChangeSubject, ChangedEvent, ChangedFinding, Changes};
pub use check::CheckAnswer;
pub use declaration::{Difference, Filing, MAX_ROWS_NAMED, Prefill};
pub use destination::{
    CarrierChoice, Destinations, MAX_CARRIERS, MAX_RECEIVERS, PermitShown, Receiver, ReceiverLine,
};
pub use document::{NoDocument, Written, written};
pub use duty::{DutyItem, DutyState};
pub use evaluation::{Evaluated, Evaluation, Held, Standing};
pub use event::EventDetail;
pub use feed::{FeedPart, FeedSheet, MAX_FEED_CODES, StockShort};
pub use finding::{FindingCursor, FindingDetail, FindingFilter, FindingItem, FindingRow, Step};
pub use following::{Following, Listener};
pub use heartbeat::{DeviceShown, MAX_SILENCES, SHOWN_DAYS, SiteDevices};
pub use incident::{Incident, MAX_INCIDENTS};
pub use label::{ContainerRow, LabelDetail};
pub use load::{
    Load, LoadLeg, LoadLine, LoadedContainer, Loads, MAX_HANDLER_KEYS, MAX_OWN_SITES, MAX_READY_CONTAINERS,
    MAX_READY_LOTS,
};
pub use log::{ConsistencyProof, InclusionProof, LogError, Readiness};
pub use lot::{Labelled, LotDetail, LotItem, PostingItem};
pub use mandate::MandateRecord;
pub use manifest::{Action, LineView, Linked, ManifestDetail};
pub use manifests::{ContainerAsked, ManifestCursor, ManifestFilter, ManifestItem, PartyRole};
pub use operation::{Operation, Outward, Vitals};
pub use overview::{Overview, UnitTotal};
pub use paper::{Paper, PaperId, PaperKind, Stage};
pub use reconcile::{BoundHere, Compared, MAX_COMPARED, NoReconciliation, Period, Reconciliation};
pub use record::{
    EXPIRING_DAYS, Expiring, ExpiringWhat, FirmRecord, ItemUse, MAX_RECORD_ROWS, PermitLine, PlanUse,
    SiteLine,
};
pub use register::{MAX_SHEET_ROWS, RegisterAsked, RegisterItem, RowCursor, RowSaid, SheetFull};
pub use registry::{KeyRecord, PartyRecord, PermitRecord, SiteRecord};
pub use sheet::{MAX_LISTED, write as write_sheet};
pub use shipped::Shipped;
pub use site_map::{MAX_MAPPED_SITES, MappedSite, Movement, SiteMap};
pub use site_sheet::{MAX_SHEET_ITEMS, OldestLot, SiteSheet};
pub use statistics::{
    CaseCounts, Counted, Counts, MAX_STATISTICS_MONTHS, MIN_TOLD_PARTIES, MonthStatistics, Months, NoMonths,
    PublicMonth, PublicStatistics, RuleCount, RuleCounts, Statistics, StatisticsForm, counties_of,
};
pub(in crate::app) use statistics::{
    OFFICERS_MONTHS_AT_ONCE, OfficersMonths, PUBLIC_MONTHS_AT_ONCE, PublicMonths,
};
pub use stock::{CodeStock, CountBeside, Facility, Flows, LotCursor, LotOnHand, SiteStock};
pub use task::{MAX_TASKS_OF_A_KIND, Task, TaskAbout, TaskDue, TaskKind, Tasks};
pub use trace::{ManifestFate, NoTrace, OpenEnd, TraceDetail, TraceEnd, TraceLink, TraceNode};
pub use track::{MAX_TRACKS, PointsStanding, TrackShown};
pub use transit::LineTransit;
pub use trip::{TripFilter, TripLeg};
pub use weighing::{Ticket, TicketFilter, Weighed};
pub use witness::{Vouched, WitnessItem};

/// Most items of one page.
pub const MAX_PAGE: u64 = 500;
/// Items of a page when nothing is said.
pub const DEFAULT_PAGE: u64 = 50;
/// Most times a list looks further when what it found was not for the viewer.
const MAX_ROUNDS: usize = 8;

/// One page of a list. `C` is the cursor: what to ask for to get the next page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T, C> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<C>,
}

impl<T, C> Page<T, C> {
    /// A page without anything.
    pub fn empty() -> Self {
        Self { items: Vec::new(), next: None }
    }
}

/// A page size inside the limits.
pub(in crate::app) fn page_size(limit: u64) -> u64 {
    limit.clamp(1, MAX_PAGE)
}

/// A page of a list that was asked for one item more than fits: that one only tells that there are more.
pub(in crate::app) fn page_of<T, C>(mut items: Vec<T>, limit: u64, cursor: impl Fn(&T) -> C) -> Page<T, C> {
    let fits = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = items.len() > fits;
    items.truncate(fits);
    let next = if has_more { items.last().map(cursor) } else { None };
    Page { items, next }
}

/// A log index as the store's cursors count; what is above every index stays above.
fn cursor(index: u64) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX)
}
