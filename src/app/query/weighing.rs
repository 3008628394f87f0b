//! Weigh tickets (磅单): what events say of scales, read from the events themselves.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::Page;
use super::manifests::{ManifestCursor, ManifestFilter};
use crate::app::access::Viewer;
use crate::app::receipt::event_of;
use crate::app::{App, Fault};
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::admit::handover;
use crate::custody::payload::handover::{Handover, Received, Step};
use crate::custody::{Event, Kind, Statement, Subject};
use crate::id::{ManifestId, SiteId, TripId};
use crate::ledger::EventId;
use crate::shape::{Plate, Quantity};
use crate::store::{ReadTx, log, timeline};

/// Most manifests of one page of tickets: all their events are read.
const MAX_READ: u64 = 50;

/// Which tickets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketFilter {
    /// Only those of this manifest.
    pub manifest: Option<ManifestId>,
    /// Only those weighed at this site.
    pub site: Option<SiteId>,
    /// Only those of loads on this vehicle.
    pub plate: Option<Plate>,
    /// Only those weighed on this local day.
    pub day: Option<NaiveDate>,
}

/// What was weighed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Weighed {
    /// A line as it changed hands.
    Handover {
        /// Line of the manifest.
        line: u16,
        /// Waste code.
        code: WasteCode,
        /// The step.
        step: Step,
    },
    /// A line as it was accepted.
    Accepted {
        /// Line of the manifest.
        line: u16,
        /// Waste code as found.
        code: WasteCode,
    },
    /// A whole vehicle run.
    Run(TripId),
}

/// One weighing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The event that says so.
    pub event: EventId,
    /// When, by its signer.
    pub at: Timestamp,
    /// Who says so.
    pub party: Uscc,
    /// The manifest.
    pub manifest: ManifestId,
    /// Its number.
    pub number: Option<String>,
    /// What was weighed.
    pub what: Weighed,
    /// At which site, where the event names one.
    pub site: Option<SiteId>,
    /// On which vehicle, where the event names one.
    pub vehicle: Option<Plate>,
    /// Gross, tare, net, the number of the ticket and the scale.
    pub quantity: Quantity,
}

impl App {
    /// A page of tickets of the manifests that the viewer may see, those of the latest registered first. A page ends between two manifests, of which it
    /// counts at most `limit` and at most fifty.
    pub async fn tickets(
        &self,
        viewer: &Viewer,
        filter: &TicketFilter,
        after: Option<ManifestCursor>,
        limit: u64,
    ) -> Result<Page<Ticket, ManifestCursor>, Fault> {
        let mut tx = self.reading().await?;
        let (manifests, next) =
            self.weighed_manifests(&mut tx, viewer, filter, after, limit.min(MAX_READ)).await?;
        let mut tickets = Vec::new();
        // One weighing of a run stands in the timeline of each manifest that shares it.
        let mut runs = BTreeSet::new();
        for (id, number) in manifests {
            for (event_id, event) in events_of(&mut tx, id).await? {
                let is_seen = event.kind() == Kind::TripWeighed && !runs.insert(event_id);
                let said = weighed(&event).into_iter().filter(|_| !is_seen);
                tickets.extend(said.map(|(what, site, vehicle, quantity)| Ticket {
                    event: event_id,
                    at: event.occurred_at,
                    party: event.party,
                    manifest: id,
                    number: number.clone(),
                    what,
                    site,
                    vehicle,
                    quantity,
                }));
            }
        }
        tickets.retain(|ticket| self.is_asked_for(filter, ticket));
        Ok(Page { items: tickets, next })
    }

    async fn weighed_manifests(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        filter: &TicketFilter,
        after: Option<ManifestCursor>,
        limit: u64,
    ) -> Result<(Vec<(ManifestId, Option<String>)>, Option<ManifestCursor>), Fault> {
        if let Some(id) = filter.manifest {
            let seen = self.visible_manifests(tx, viewer, &[id]).await?.contains(&id);
            let headings = crate::store::manifest::headings(tx, &[id]).await?;
            let found = headings.into_iter().filter(|_| seen).map(|heading| (id, heading.number));
            return Ok((found.collect(), None));
        }
        // Nothing is weighed before it leaves.
        let wanted =
            ManifestFilter { plate: filter.plate.clone(), to: filter.day, ..ManifestFilter::default() };
        let found = self.searched(tx, viewer, &wanted, after, limit).await?;
        Ok((found.items.into_iter().map(|seen| (seen.row.id, seen.row.number)).collect(), found.next))
    }

    fn is_asked_for(&self, filter: &TicketFilter, ticket: &Ticket) -> bool {
        let day = || self.rulebook().profile.local_date(ticket.at.as_millis());
        filter.site.is_none_or(|site| ticket.site == Some(site))
            && filter.plate.as_ref().is_none_or(|plate| ticket.vehicle.as_ref() == Some(plate))
            && filter.day.is_none_or(|wanted| wanted == day())
    }
}

/// The events of a manifest that can be read, in order.
async fn events_of(tx: &mut ReadTx, id: ManifestId) -> Result<Vec<(EventId, Event)>, Fault> {
    let rows = timeline::of(tx, &Subject::Manifest(id)).await?;
    let indexes: Vec<u64> = rows.iter().map(|row| row.index).collect();
    let mut entries = log::entries_at(tx, &indexes).await?;
    let place = |index: u64| indexes.iter().position(|one| *one == index);
    entries.sort_by_key(|entry| place(entry.index));
    let readable = entries.iter().filter(|entry| entry.jws.is_some());
    readable.map(|entry| Ok((entry.event_id, event_of(entry)?))).collect()
}

type Said = (Weighed, Option<SiteId>, Option<Plate>, Quantity);

/// What an event says of scales: every quantity with a gross mass, a ticket or a scale beside it.
fn weighed(event: &Event) -> Vec<Said> {
    let said = match &event.statement {
        Statement::TripWeighed(s) => vec![(Weighed::Run(s.trip), None, None, s.quantity.clone())],
        Statement::WasteReceived(s) => accepted(s),
        Statement::PaperBackfilled(s) => {
            let handed = s.handovers.iter().map(|handed| (handed.step, handed.as_handover(s.manifest)));
            handed.flat_map(|(step, handover)| handed_over(step, &handover)).collect()
        }
        _ => handover(event).map_or_else(Vec::new, |(step, s)| handed_over(step, s)),
    };
    let is_run = event.kind() == Kind::TripWeighed;
    let is_ticket = |(_, _, _, quantity): &Said| {
        is_run || quantity.gross_g.is_some() || quantity.ticket.is_some() || quantity.scale.is_some()
    };
    said.into_iter().filter(is_ticket).collect()
}

fn accepted(s: &Received) -> Vec<Said> {
    let line = |line: &crate::custody::payload::handover::ReceivedLine| {
        let what = Weighed::Accepted { line: line.line, code: line.code };
        Some((what, Some(s.site), None, line.accepted.clone()?))
    };
    s.lines.iter().filter_map(line).collect()
}

fn handed_over(step: Step, s: &Handover) -> Vec<Said> {
    let site = match step {
        Step::Collected => s.from_site.or(s.to_site),
        Step::Transferred | Step::Delivered | Step::Returned => s.to_site.or(s.from_site),
    };
    let lines = s.lines.iter().map(|line| {
        let what = Weighed::Handover { line: line.line, code: line.code, step };
        (what, site, s.vehicle.clone(), line.quantity.clone())
    });
    lines.collect()
}
