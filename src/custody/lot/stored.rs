//! What a holder states of a lot without moving it: put into a storage facility, taken out of it, counted.

use serde::{Deserialize, Serialize};

use super::keep_smallest;
use crate::catalogue::Uscc;
use crate::id::SiteId;
use crate::ledger::EventId;

/// What was put into and taken out of a storage facility, in grams. It moves no mass: the holder stays who it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The party.
    pub party: Uscc,
    /// The site.
    pub site: SiteId,
    /// The facility.
    pub facility: String,
    /// Put in.
    pub in_g: i64,
    /// Taken out.
    pub out_g: i64,
    /// Events that took out.
    pub out: Vec<EventId>,
}

impl Stored {
    pub(super) fn place(&self) -> (Uscc, SiteId, &str) {
        (self.party, self.site, &self.facility)
    }

    /// What is in it now; negative when more was taken out than was put in.
    pub fn balance_g(&self) -> i64 {
        self.in_g.wrapping_sub(self.out_g)
    }

    /// Add what an event says of the same place.
    pub(super) fn add(&mut self, said: &Self) {
        self.in_g = self.in_g.wrapping_add(said.in_g);
        self.out_g = self.out_g.wrapping_add(said.out_g);
        said.out.iter().for_each(|event| keep_smallest(&mut self.out, *event));
    }

    /// Take it back.
    pub(super) fn subtract(&mut self, said: &Self) {
        self.in_g = self.in_g.wrapping_sub(said.in_g);
        self.out_g = self.out_g.wrapping_sub(said.out_g);
        self.out.retain(|event| !said.out.contains(event));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.in_g == 0 && self.out_g == 0
    }
}

/// What counts of the lot by one party at one site say, added up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// The party.
    pub party: Uscc,
    /// The site.
    pub site: SiteId,
    /// How often it was counted.
    pub times: i64,
    /// How much more than by the books was found, in grams (negative: less), where nobody said why.
    pub unexplained_g: i64,
    /// Events that found such a difference.
    pub events: Vec<EventId>,
}

impl Counted {
    pub(super) fn place(&self) -> (Uscc, SiteId) {
        (self.party, self.site)
    }

    /// Add what an event says of the same place.
    pub(super) fn add(&mut self, said: &Self) {
        self.times += said.times;
        self.unexplained_g = self.unexplained_g.wrapping_add(said.unexplained_g);
        said.events.iter().for_each(|event| keep_smallest(&mut self.events, *event));
    }

    /// Take it back.
    pub(super) fn subtract(&mut self, said: &Self) {
        self.times -= said.times;
        self.unexplained_g = self.unexplained_g.wrapping_sub(said.unexplained_g);
        self.events.retain(|event| !said.events.contains(event));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.times == 0
    }
}
