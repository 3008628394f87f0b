//! The shape of a manifest's state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::status::Status;
use crate::catalogue::{TreatmentCode, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::payload::handover::Step;
use crate::custody::payload::manifest::PartyAt;
use crate::id::SiteId;
use crate::ledger::EventId;
use crate::shape::Plate;

/// A step that happened: by which event, when, by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The event.
    pub event: EventId,
    /// When it was effective.
    pub at: Timestamp,
    /// The acting party.
    pub party: Uscc,
}

/// The registration that owns the manifest id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// The event.
    pub mark: Mark,
    /// Its log index.
    pub index: u64,
    /// Whom the waste leaves, and where.
    pub consignor: PartyAt,
    /// Whom it goes to, and where.
    pub consignee: PartyAt,
    /// Carriers in order of legs.
    pub carriers: Vec<Uscc>,
    /// Planned departure.
    pub planned_departure: Timestamp,
    /// Planned arrival.
    pub planned_arrival: Timestamp,
    /// The consignor's business key.
    pub erp_no: Option<String>,
}

/// One party's claim to hold something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim {
    /// The party.
    pub party: Uscc,
    /// Since when.
    pub since: Timestamp,
    /// By which event.
    pub by: EventId,
}

/// Who holds a line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holder {
    /// Not collected yet: it is with the consignor.
    #[default]
    NotYet,
    /// One holder.
    Held(Claim),
    /// A gap: several parties claim it.
    Contested(Vec<Claim>),
}

impl Holder {
    /// The one holder, if there is one.
    pub fn party(&self) -> Option<Uscc> {
        if let Self::Held(claim) = self { Some(claim.party) } else { None }
    }
}

/// One waste line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineState {
    /// Waste code as registered, or as first handed over.
    pub code: Option<WasteCode>,
    /// Planned mass in grams.
    pub planned_g: Option<i64>,
    /// Intended treatment.
    pub treatment: Option<TreatmentCode>,
    /// Exemptions claimed for it, by id.
    pub exemptions: Vec<String>,
    /// Volume of one container in litres, where it was stated.
    pub container_litres: Option<u32>,
    /// Mass at departure in grams, summed over collections.
    pub shipped_g: i64,
    /// Mass accepted in grams.
    pub accepted_g: i64,
    /// Mass rejected in grams.
    pub rejected_g: i64,
    /// Mass returned to a site in grams.
    pub returned_g: i64,
    /// Who holds it (the accepted part, once a part was rejected).
    pub holder: Holder,
    /// Who holds the rejected part of a line that was partly accepted.
    pub rejected_holder: Option<Holder>,
    /// Earlier holders, in order.
    pub past: Vec<Claim>,
    /// True from a takeover by a carrier until arrival at a site.
    pub on_the_way: bool,
    /// True from the moment rejected waste is handed to a carrier until it reaches a site.
    pub on_the_way_back: bool,
    /// Events that collected it.
    pub collected_by: Vec<EventId>,
    /// Events that received it.
    pub received_by: Vec<EventId>,
    /// True while the consignee said that more of it is to come.
    pub more_to_come: bool,
}

impl LineState {
    /// Accepted and rejected mass together: what the consignee found, in grams.
    pub fn found_g(&self) -> i64 {
        self.accepted_g.wrapping_add(self.rejected_g)
    }

    /// True when the consignee has said everything about it.
    pub fn is_received(&self) -> bool {
        !self.received_by.is_empty() && !self.more_to_come
    }
}

/// The side of a handover that has not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Who lets go.
    Releasing,
    /// Who takes over.
    Taking,
}

/// Mass of one line in one handover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedMass {
    /// Line number.
    pub line: u16,
    /// Grams as the event states them.
    pub mass_g: i64,
    /// Grams as the offer states them, where it names the line.
    pub offered_g: Option<i64>,
}

/// One handover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoverRecord {
    /// The event.
    pub mark: Mark,
    /// Log index.
    pub index: u64,
    /// Size of the log the signer had seen, by an anchor that fits the log.
    pub anchor_size: Option<u64>,
    /// Which step.
    pub step: Step,
    /// Who let go.
    pub from: Uscc,
    /// Who took over.
    pub to: Uscc,
    /// Site it entered.
    pub to_site: Option<SiteId>,
    /// Vehicle that took it.
    pub vehicle: Option<Plate>,
    /// Masses.
    pub lines: Vec<HandedMass>,
    /// Codes as handed over, by line.
    pub codes: BTreeMap<u16, WasteCode>,
    /// The side that has not validly signed.
    pub unsigned: Option<Side>,
}

/// A countersignature, matched to its handover when rules are checked, so that either may come first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Countersign {
    /// The countersigning event.
    pub mark: Mark,
    /// The handover it is for.
    pub handover: EventId,
    /// Masses as this side saw them, sorted by line.
    pub lines: Vec<(u16, i64)>,
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
    /// The event that does not fit.
    pub event: EventId,
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

/// A delivery whose receipt is awaited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// The delivering event.
    pub mark: Mark,
    /// Lines it brought.
    pub lines: Vec<u16>,
    /// Who must confirm.
    pub consignee: Uscc,
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
}

/// Everything folded from a manifest's events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestState {
    /// Its registration, unless it moved without one.
    pub registration: Option<Registration>,
    /// The consignee is willing.
    pub confirmed: Option<Mark>,
    /// The consignee is not.
    pub declined: Option<Mark>,
    /// The consignor withdrew it.
    pub voided: Option<Mark>,
    /// Vehicles assigned, in order.
    pub assignments: Vec<Assignment>,
    /// Lines by number.
    pub lines: BTreeMap<u16, LineState>,
    /// Handovers in order.
    pub handovers: Vec<HandoverRecord>,
    /// Countersignatures in order.
    pub countersigns: Vec<Countersign>,
    /// Deliveries in order.
    pub arrivals: Vec<Arrival>,
    /// Breaks in the sequence of holders, in order.
    pub breaks: Vec<Break>,
    /// Every event, with the predecessors it names.
    pub ancestry: Vec<(EventId, Vec<EventId>)>,
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
            parties.extend(&registration.carriers);
        }
        parties.extend(self.handovers.iter().flat_map(|handover| [handover.from, handover.to]));
        parties.extend(self.assignments.iter().map(|assignment| assignment.mark.party));
        parties.extend(self.erased.iter().flat_map(|erased| &erased.holders));
        parties.sort_unstable();
        parties.dedup();
        parties
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
        self.ancestry.iter().any(|(id, _)| id == event)
    }

    /// The predecessors an event names.
    pub fn predecessors(&self, event: &EventId) -> &[EventId] {
        self.ancestry.iter().find(|(id, _)| id == event).map_or(&[], |(_, prev)| prev)
    }
}
