//! The shape of one waste line: how much of it was planned, shipped and found, and who holds it.

use serde::{Deserialize, Serialize};

use crate::catalogue::{TreatmentCode, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::ledger::EventId;

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
    /// Of that, what was collected since the last receipt, in grams: nobody has had occasion to find it yet.
    pub unreceived_g: i64,
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
    /// True from the moment rejected waste is handed to a carrier, or stays with it, until it reaches a site.
    pub on_the_way_back: bool,
    /// True while what was refused at the gate is still with whoever brought it.
    pub refused_at_gate: bool,
    /// Position among the handovers of the one that last took it into a site on its way.
    pub entered_by: Option<u16>,
    /// Events that collected it.
    pub collected_by: Vec<EventId>,
    /// Events that received it.
    pub received_by: Vec<EventId>,
    /// Who stated that they received it, sorted.
    pub receivers: Vec<Uscc>,
    /// When it was last received.
    pub received_at: Option<Timestamp>,
    /// True while the consignee said that more of it is to come.
    pub more_to_come: bool,
}

impl LineState {
    /// Accepted and rejected mass together: what the consignee found, in grams.
    pub fn found_g(&self) -> i64 {
        self.accepted_g.wrapping_add(self.rejected_g)
    }

    /// Rejected mass that has not reached a site again under this manifest, in grams. What follow-up manifests drew of it is
    /// known to the lot of the rejected part alone.
    pub fn unreturned_g(&self) -> i64 {
        self.rejected_g.wrapping_sub(self.returned_g)
    }

    /// What was collected before the last receipt, in grams: what it found must come up to this.
    pub fn due_g(&self) -> i64 {
        self.shipped_g.wrapping_sub(self.unreceived_g)
    }

    /// True for a line that anybody handed over or received.
    pub fn has_moved(&self) -> bool {
        self.holder != Holder::NotYet || !self.received_by.is_empty()
    }

    /// True for a line that is planned and never left.
    pub fn is_waiting(&self) -> bool {
        self.planned_g.is_some() && !self.has_moved()
    }

    /// True when whoever received it has said everything about it.
    pub fn is_received(&self) -> bool {
        !self.received_by.is_empty() && !self.more_to_come
    }
}
