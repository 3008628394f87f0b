//! The shape of a manifest's state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::handed::HandoverRecord;
use super::handover::{Confirmation, Countersign};
use super::line::LineState;
use super::status::Status;
use super::track::Track;
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::event::Recorded;
use crate::custody::kind::Class;
use crate::custody::payload::handover::Step;
use crate::custody::payload::manifest::{Leg, Mode, PartyAt};
use crate::custody::payload::waste::DiscrepancyType;
use crate::id::{ContainerId, ManifestId, SiteId, TripId};
use crate::ledger::{Digest, EventId, Kid};
use crate::shape::{Place, Plate};

/// A step that happened: by which event, when, by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The event.
    pub event: EventId,
    /// When it was effective.
    pub at: Timestamp,
    /// The acting party.
    pub party: Uscc,
    /// Which handover of a back-filled paper it is, from 1; 0 where the event states one thing.
    #[serde(default, skip_serializing_if = "is_whole")]
    pub part: u8,
}

impl Mark {
    /// How findings name the step: `event:…`, with its number where an event states several.
    pub fn name(&self) -> String {
        if self.part == 0 {
            format!("event:{}", self.event)
        } else {
            format!("event:{}#{}", self.event, self.part)
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_whole(part: &u8) -> bool {
    *part == 0
}

/// The registration that owns the manifest id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The event.
    pub mark: Mark,
    /// Its log index.
    pub index: u64,
    /// The declaration that last said what is planned: the registration itself, or an amendment of it.
    pub planned_by: Mark,
    /// Whom the waste leaves, and where.
    pub consignor: PartyAt,
    /// Whom it goes to, and where.
    pub consignee: PartyAt,
    /// Who carries it by what, in order.
    pub legs: Vec<Leg>,
    /// Planned departure.
    pub planned_departure: Timestamp,
    /// Planned arrival.
    pub planned_arrival: Timestamp,
    /// The manifest whose rejected waste this one carries on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<ManifestId>,
    /// The vehicle run it belongs to, where it shares one.
    pub trip: Option<TripId>,
    /// The consignor's business key.
    pub erp_no: Option<String>,
}

impl Registration {
    /// The carriers, in order of legs.
    pub fn carriers(&self) -> impl Iterator<Item = Uscc> {
        self.legs.iter().map(|leg| leg.carrier)
    }

    /// True when a leg is a pipeline: nobody stands between consignor and consignee then.
    pub fn is_piped(&self) -> bool {
        self.legs.iter().any(|leg| leg.mode == Mode::Pipeline)
    }
}

/// What is wrong with the sequence of holders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BreakKind {
    /// The releasing party was not the holder.
    NotHolder,
    /// Taken over a second time.
    TakenTwice,
}

/// A break in the sequence of holders of one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Break {
    /// What is wrong.
    pub kind: BreakKind,
    /// The step that does not fit.
    pub mark: Mark,
    /// The line.
    pub line: u16,
    /// Who let go, by that event.
    pub from: Uscc,
    /// Who took over, by that event.
    pub to: Uscc,
    /// Who held it before, as far as known.
    pub held_by: Vec<Uscc>,
    /// Events that say so.
    pub against: Vec<EventId>,
}

/// A vehicle a carrier assigned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The event.
    pub mark: Mark,
    /// Leg number, from 1.
    pub leg: u8,
    /// The vehicle.
    pub vehicle: Plate,
    /// The driver's key, where it names a driver.
    pub driver: Option<Kid>,
    /// The escort's key, where it names an escort.
    pub escort: Option<Kid>,
}

/// A difference that a party declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declared {
    /// The event.
    pub mark: Mark,
    /// What differs.
    pub about: DiscrepancyType,
    /// The line; `None` for all.
    pub line: Option<u16>,
}

/// One weighing of a whole vehicle run, as far as it is about this manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighing {
    /// The event.
    pub mark: Mark,
    /// The run.
    pub trip: TripId,
    /// What the scale said of all of it, in grams.
    pub total_g: i64,
    /// Number of manifests that share it.
    pub manifests: u16,
    /// The computed part of each line of this manifest.
    pub shares: Vec<Share>,
}

/// Where something was on its way, by satellite, beside its handovers: at an incident, or on a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The event.
    pub mark: Mark,
    /// Where it happened.
    pub place: Place,
}

/// The computed part of one line in a weighing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The line.
    pub line: u16,
    /// Grams as stated when it was loaded.
    pub stated_g: i64,
    /// Grams of the weighing that fall to it.
    pub mass_g: i64,
}

/// What one receipt accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptRecord {
    /// The event.
    pub mark: Mark,
    /// Where it came in.
    pub site: SiteId,
    /// Grams accepted, by line.
    pub accepted: Vec<(u16, i64)>,
    /// Codes as found, by line.
    pub codes: BTreeMap<u16, WasteCode>,
}

/// A number that another system gave the manifest (国家联单号).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoundNumber {
    /// Where it was said, by whom.
    pub mark: Mark,
    /// Log index of that.
    pub index: u64,
    /// Numbering system of the profile.
    pub system: String,
    /// The number there.
    pub number: String,
    /// Digest of the evidence, for example a screenshot.
    pub evidence: Option<Digest>,
}

/// What an event says of itself: what its signer knew, and when it happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// The event.
    pub event: EventId,
    /// The acting party.
    pub party: Uscc,
    /// The predecessors it names.
    pub prev: Vec<EventId>,
    /// When it happened, by its signer; the time as written less what the device told that its clock is fast, and never later than it
    /// was recorded.
    pub at: Timestamp,
    /// True for a fact that counts.
    pub is_fact: bool,
}

impl Stated {
    pub(super) fn of(recorded: &Recorded) -> Self {
        let written = recorded.event.occurred_at;
        let was_written = recorded.signed.as_ref().map_or(written, |signed| signed.occurred_at);
        // A time that was put right since is not the device's any more.
        let off_ms = if written == was_written { recorded.skew_ms } else { 0 };
        Self {
            event: recorded.id,
            party: recorded.event.party,
            prev: recorded.predecessors().copied().collect(),
            at: written.plus_millis(off_ms.saturating_neg()).min(recorded.recorded_at),
            is_fact: recorded.kind().class() == Class::Fact && recorded.verdict.moves(),
        }
    }
}

/// Everything folded from a manifest's events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestState {
    /// Its registration, unless it moved without one.
    pub registration: Option<Registration>,
    /// The consignee is willing.
    pub confirmed: Option<Mark>,
    /// Log index of what says so.
    pub confirmed_index: Option<u64>,
    /// The consignee is not.
    pub declined: Option<Mark>,
    /// The consignor withdrew it.
    pub voided: Option<Mark>,
    /// Amendments that counted, in order.
    pub amended: Vec<Mark>,
    /// Vehicles assigned, in order.
    pub assignments: Vec<Assignment>,
    /// Lines by number.
    pub lines: BTreeMap<u16, LineState>,
    /// Handovers in order.
    pub handovers: Vec<HandoverRecord>,
    /// Countersignatures in order.
    pub countersigns: Vec<Countersign>,
    /// Statements of the releasing side that say what a statement of the taking side says, in order.
    pub confirmations: Vec<Confirmation>,
    /// Containers on the way, each with the line it was loaded for.
    pub containers: BTreeMap<ContainerId, u16>,
    /// Receipts, in order.
    pub receipts: Vec<ReceiptRecord>,
    /// Differences that were declared, in order.
    pub declared: Vec<Declared>,
    /// Weighings of the whole run, in order.
    pub weighings: Vec<Weighing>,
    /// Where it was besides, in order.
    pub positions: Vec<Position>,
    /// Tracks of its rides, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<Track>,
    /// Numbers of other systems, in the order they were bound.
    pub numbers: Vec<BoundNumber>,
    /// Breaks in the sequence of holders, in order.
    pub breaks: Vec<Break>,
    /// Every event, with the predecessors it names.
    pub ancestry: Vec<Stated>,
    /// What is left once its events were erased; then everything above is empty, and stays so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erased: Option<Erased>,
}

/// What is left of the state of an erased manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Log index of the notice.
    pub notice: u64,
    /// Where it stood.
    pub status: Status,
    /// The parties that held waste on it, sorted.
    pub holders: Vec<Uscc>,
}

impl ManifestState {
    /// Every party with a role on the manifest, sorted.
    pub fn parties(&self) -> Vec<Uscc> {
        let mut parties: Vec<Uscc> = Vec::new();
        if let Some(registration) = &self.registration {
            parties.push(registration.consignor.party);
            parties.push(registration.consignee.party);
            parties.extend(registration.carriers());
        }
        parties.extend(self.handovers.iter().flat_map(|handover| [handover.from, handover.to]));
        parties.extend(self.assignments.iter().map(|assignment| assignment.mark.party));
        parties.extend(self.erased.iter().flat_map(|erased| &erased.holders));
        parties.sort_unstable();
        parties.dedup();
        parties
    }

    /// When the waste left or shall leave: at the first collection, before one as planned.
    pub fn leaves_at(&self) -> Option<Timestamp> {
        let collected = self.handovers.iter().find(|handover| handover.step == Step::Collected);
        let planned = || self.registration.as_ref().map(|registration| registration.planned_departure);
        collected.map(|handover| handover.mark.at).or_else(planned)
    }

    /// Who holds its lines: each party once, in order of lines.
    pub fn holders(&self) -> Vec<Uscc> {
        let mut holders = Vec::new();
        for holder in self.lines.values().filter_map(|line| line.holder.party()) {
            if !holders.contains(&holder) {
                holders.push(holder);
            }
        }
        holders
    }

    /// True when a handover brought its lines to their end: at the gate of a consignee, or out of a pipeline. What enters
    /// any other site on the way lies in a yard (中转贮存).
    pub fn is_arrival(&self, handover: &HandoverRecord) -> bool {
        let ends_here = |registration: &Registration| {
            registration.is_piped() || registration.consignee.party == handover.to
        };
        match handover.step {
            Step::Delivered => true,
            Step::Collected => {
                handover.to_site.is_some() && self.registration.as_ref().is_some_and(ends_here)
            }
            Step::Transferred | Step::Returned => false,
        }
    }

    /// The handovers that brought their lines to their end, in order.
    pub fn arrivals(&self) -> impl DoubleEndedIterator<Item = &HandoverRecord> {
        self.handovers.iter().filter(|handover| self.is_arrival(handover))
    }

    /// The yard in which a line lies on its way, if it lies in one.
    pub fn yard(&self, line: &LineState) -> Option<SiteId> {
        let handover = self.handovers.get(usize::from(line.entered_by?))?;
        handover.to_site.filter(|_| !self.is_arrival(handover))
    }

    /// True when `ancestor` is `event` itself or reached from it along `prev` inside this manifest.
    pub fn descends(&self, event: &EventId, ancestor: &EventId) -> bool {
        let mut open = vec![*event];
        let mut seen = std::collections::HashSet::new();
        while let Some(id) = open.pop() {
            if id == *ancestor {
                return true;
            }
            if seen.insert(id) {
                open.extend(self.predecessors(&id));
            }
        }
        false
    }

    /// True when the event stands in this manifest's timeline.
    pub fn has_event(&self, event: &EventId) -> bool {
        self.stated(event).is_some()
    }

    /// The predecessors an event names.
    pub fn predecessors(&self, event: &EventId) -> &[EventId] {
        self.stated(event).map_or(&[], |stated| &stated.prev)
    }

    /// What an event of the manifest says of itself.
    pub fn stated(&self, event: &EventId) -> Option<&Stated> {
        self.ancestry.iter().find(|stated| stated.event == *event)
    }
}
