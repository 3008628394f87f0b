//! What a holder had of a lot: sums, and when what came in came.

use serde::{Deserialize, Serialize};

use super::keep_smallest;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::residue::{Mover, Way};
use crate::id::SiteId;
use crate::ledger::EventId;

/// What a party at a site did with the lot, in grams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The party.
    pub party: Uscc,
    /// The site.
    pub site: SiteId,
    /// Everything that came in.
    pub in_g: i64,
    /// What was loaded, repacked or found missing.
    pub loaded_g: i64,
    /// What was used or disposed.
    pub treated_g: i64,
    /// When it came in, in order of time. What a count found is no arrival: it had been there.
    pub arrivals: Vec<Arrival>,
    /// How much more than by the books was found, in grams (negative: less), where nobody said why.
    pub unexplained_g: i64,
    /// Events that found such a difference.
    pub unexplained_by: Vec<EventId>,
    /// Events that took out.
    pub out: Vec<EventId>,
}

/// Why mass enters or leaves what a holder has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// It came, at this time.
    Came(Timestamp),
    /// It was found or found missing, and nobody said why.
    Unexplained,
    /// Anything else.
    Other,
}

/// Mass that came to a holder at one time, by one event. There are as many of a lot as its line has receipts and its carriers yards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrival {
    /// When.
    pub at: Timestamp,
    /// The event.
    pub event: EventId,
    /// How.
    pub way: Way,
    /// Grams.
    pub mass_g: i64,
}

// Wrapping sums commute, so absurd masses stay independent of the order of arrival.
impl Holding {
    /// Nothing yet.
    pub(super) fn empty(party: Uscc, site: SiteId) -> Self {
        Self {
            party,
            site,
            in_g: 0,
            loaded_g: 0,
            treated_g: 0,
            arrivals: Vec::new(),
            unexplained_g: 0,
            unexplained_by: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Everything that came in, without what was found to be there.
    pub fn came_g(&self) -> i64 {
        self.arrivals.iter().map(|arrival| arrival.mass_g).fold(0, i64::wrapping_add)
    }

    /// What is there now; negative when more left than ever came.
    pub fn balance_g(&self) -> i64 {
        self.in_g.wrapping_sub(self.loaded_g).wrapping_sub(self.treated_g)
    }

    /// The arrivals that what is there now came with, in order of time: what came first leaves first.
    pub fn remaining(&self) -> &[Arrival] {
        let mut later_g: i64 = 0;
        let mut first = self.arrivals.len();
        while first > 0 && later_g < self.balance_g() {
            first -= 1;
            later_g = later_g.saturating_add(self.arrivals[first].mass_g);
        }
        &self.arrivals[first..]
    }

    /// Note why mass entered or left, or take that back with the reversal of it.
    pub(super) fn note(&mut self, mover: &Mover, mass_g: i64, cause: Cause, counts: bool) {
        match cause {
            Cause::Came(at) => self.arrive(mover, at, mass_g),
            Cause::Unexplained => {
                self.unexplained_g = self.unexplained_g.wrapping_add(mass_g);
                if counts {
                    keep_smallest(&mut self.unexplained_by, mover.event);
                } else {
                    self.unexplained_by.retain(|event| *event != mover.event);
                }
            }
            Cause::Other => {}
        }
    }

    /// Add what came in; a negative mass takes it back.
    fn arrive(&mut self, mover: &Mover, at: Timestamp, mass_g: i64) {
        let place = (at, mover.event);
        let found = self.arrivals.binary_search_by_key(&place, |arrival| (arrival.at, arrival.event));
        let n = found.unwrap_or_else(|n| {
            let fresh = Arrival { at, event: mover.event, way: mover.way, mass_g: 0 };
            self.arrivals.insert(n, fresh);
            n
        });
        self.arrivals[n].mass_g = self.arrivals[n].mass_g.wrapping_add(mass_g);
        if self.arrivals[n].mass_g == 0 {
            self.arrivals.remove(n);
        }
    }

    /// The sum that a mass belongs to: what came in, what was treated, what was loaded.
    fn sum(&mut self, mover: &Mover, mass_g: i64) -> &mut i64 {
        match (mass_g > 0, mover.treats) {
            (true, _) => &mut self.in_g,
            (false, true) => &mut self.treated_g,
            (false, false) => &mut self.loaded_g,
        }
    }

    pub(super) fn add(&mut self, mover: &Mover, mass_g: i64) {
        let sum = self.sum(mover, mass_g);
        *sum = sum.wrapping_add(mass_g.wrapping_abs());
    }

    pub(super) fn subtract(&mut self, mover: &Mover, mass_g: i64) {
        let sum = self.sum(mover, mass_g);
        *sum = sum.wrapping_sub(mass_g.wrapping_abs());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.in_g == 0 && self.loaded_g == 0 && self.treated_g == 0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::id::derived;

    fn mover(event: u8) -> Mover {
        let party = Uscc::with_check("91371302MA3ACME01").unwrap();
        Mover { event: EventId::from_bytes([event; 32]), party, treats: false, way: Way::Received }
    }

    #[test]
    fn what_came_first_leaves_first_in_whatever_order_it_was_recorded() {
        let mut holding = Holding::empty(mover(1).party, SiteId::from_uuid(derived(&[b"store"])));
        let at = |day: i64| Timestamp::from_millis(day * 86_400_000);
        for (event, day, mass_g) in [(2, 20, 500), (1, 10, 300), (3, 30, 200)] {
            holding.add(&mover(event), mass_g);
            holding.arrive(&mover(event), at(day), mass_g);
        }
        let oldest = |holding: &Holding| holding.remaining().first().map(|arrival| arrival.at);
        assert_eq!(oldest(&holding), Some(at(10)));
        holding.add(&mover(4), -299);
        assert_eq!(oldest(&holding), Some(at(10)));
        holding.add(&mover(5), -1);
        assert_eq!(oldest(&holding), Some(at(20)));
        holding.add(&mover(6), 50); // Found at a count.
        assert_eq!(oldest(&holding), Some(at(10)));
        holding.subtract(&mover(6), 50);
        holding.add(&mover(7), -700);
        assert_eq!(oldest(&holding), None);
        for (event, day, mass_g) in [(1, 10, 300), (2, 20, 500), (3, 30, 200)] {
            holding.arrive(&mover(event), at(day), -mass_g);
        }
        assert!(holding.arrivals.is_empty());
    }
}
