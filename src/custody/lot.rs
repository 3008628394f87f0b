//! A lot (批次): how much of it is where, as sums of postings.
//!
//! Sums commute, so a late event is simply added; a lot is never folded again, however long its history.

use serde::{Deserialize, Serialize};

use super::posting::{Account, Posting};
use super::residue::Mover;
use crate::catalogue::{Uscc, WasteCode};
use crate::id::{ManifestId, SiteId};
use crate::ledger::EventId;

/// How a lot came to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The event.
    pub event: EventId,
    /// When it was effective.
    pub at: crate::clock::Timestamp,
    /// The party that stated it.
    pub party: Uscc,
    /// Waste code; `None` for a product.
    pub code: Option<WasteCode>,
    /// Stage letters of its lot code (HJ 1259 appendix): CS for production, RK for opening stock, and so on.
    pub stage: String,
}

/// What a party at a site did with the lot, in grams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The party.
    pub party: Uscc,
    /// The site.
    pub site: SiteId,
    /// Everything that came in.
    pub in_g: i64,
    /// What was loaded.
    pub loaded_g: i64,
    /// What was used or disposed.
    pub treated_g: i64,
    /// Events that took out.
    pub out: Vec<EventId>,
}

impl Holding {
    /// What is there now; negative when more left than ever came.
    pub fn balance_g(&self) -> i64 {
        self.in_g.wrapping_sub(self.loaded_g).wrapping_sub(self.treated_g)
    }
}

/// Mass of the lot on the way, on the line it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InTransit {
    /// The manifest.
    pub manifest: ManifestId,
    /// The line.
    pub line: u16,
    /// What was loaded.
    pub in_g: i64,
    /// What arrived or went back.
    pub out_g: i64,
    /// Events that took out.
    pub out: Vec<EventId>,
    /// Party of the last of them by id.
    pub taker: Option<Uscc>,
}

/// Most event ids kept beside a sum as evidence; the postings hold the rest.
const MAX_EVIDENCE: usize = 16;

/// The state of one lot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotState {
    /// How it came to be, if an event said so.
    pub origin: Option<Origin>,
    /// Who holds or held how much of it where.
    pub holdings: Vec<Holding>,
    /// On the way.
    pub transit: Option<InTransit>,
}

impl LotState {
    /// Add one posting of this lot. Never fails: an impossible balance is a fact about the world.
    pub fn post(&mut self, mover: &Mover, posting: &Posting) {
        match posting.account {
            Account::Held(party, site) => {
                let holding = self.holding(party, site);
                holding.add(mover, posting.mass_g);
                if posting.mass_g < 0 {
                    keep_smallest(&mut holding.out, mover.event);
                }
            }
            Account::Transit(manifest, line) => {
                let transit = self.transit(manifest, line);
                transit.add(posting.mass_g);
                if posting.mass_g < 0 {
                    keep_smallest(&mut transit.out, mover.event);
                    transit.taker = transit.taker.max(Some(mover.party));
                }
            }
            Account::Source | Account::Used | Account::Disposed | Account::Became => {}
        }
    }

    /// Add the reversal of a posting: the sums are as if it had never been made.
    pub fn take_back(&mut self, mover: &Mover, reversal: &Posting) {
        match reversal.account {
            Account::Held(party, site) => {
                let holding = self.holding(party, site);
                holding.subtract(mover, -reversal.mass_g);
                holding.out.retain(|id| *id != mover.event);
                self.holdings.retain(|holding| !holding.is_empty());
            }
            Account::Transit(manifest, line) => {
                let transit = self.transit(manifest, line);
                transit.subtract(-reversal.mass_g);
                transit.out.retain(|id| *id != mover.event);
                transit.taker = transit.taker.filter(|_| !transit.out.is_empty());
                self.transit = self.transit.take().filter(|transit| transit.in_g != 0 || transit.out_g != 0);
            }
            Account::Source | Account::Used | Account::Disposed | Account::Became => {}
        }
    }

    /// The manifest it is or was on the way with.
    pub fn carried_on(&self) -> Option<ManifestId> {
        self.transit.as_ref().map(|transit| transit.manifest)
    }

    /// Grams held now, over all holders with a positive balance.
    pub fn held_g(&self) -> i64 {
        self.holdings.iter().map(Holding::balance_g).filter(|balance| *balance > 0).sum()
    }

    fn holding(&mut self, party: Uscc, site: SiteId) -> &mut Holding {
        let at = self.holdings.partition_point(|h| (h.party, h.site) < (party, site));
        if self.holdings.get(at).is_none_or(|h| (h.party, h.site) != (party, site)) {
            self.holdings
                .insert(at, Holding { party, site, in_g: 0, loaded_g: 0, treated_g: 0, out: Vec::new() });
        }
        &mut self.holdings[at]
    }

    fn transit(&mut self, manifest: ManifestId, line: u16) -> &mut InTransit {
        let empty = || InTransit { manifest, line, in_g: 0, out_g: 0, out: Vec::new(), taker: None };
        self.transit.get_or_insert_with(empty)
    }
}

// Wrapping sums commute, so absurd masses stay independent of the order of arrival.
impl Holding {
    /// The sum that a mass belongs to: what came in, what was treated, what was loaded.
    fn sum(&mut self, mover: &Mover, mass_g: i64) -> &mut i64 {
        match (mass_g > 0, mover.treats) {
            (true, _) => &mut self.in_g,
            (false, true) => &mut self.treated_g,
            (false, false) => &mut self.loaded_g,
        }
    }

    fn add(&mut self, mover: &Mover, mass_g: i64) {
        let sum = self.sum(mover, mass_g);
        *sum = sum.wrapping_add(mass_g.wrapping_abs());
    }

    fn subtract(&mut self, mover: &Mover, mass_g: i64) {
        let sum = self.sum(mover, mass_g);
        *sum = sum.wrapping_sub(mass_g.wrapping_abs());
    }

    fn is_empty(&self) -> bool {
        self.in_g == 0 && self.loaded_g == 0 && self.treated_g == 0
    }
}

impl InTransit {
    fn sum(&mut self, mass_g: i64) -> &mut i64 {
        if mass_g > 0 { &mut self.in_g } else { &mut self.out_g }
    }

    fn add(&mut self, mass_g: i64) {
        let sum = self.sum(mass_g);
        *sum = sum.wrapping_add(mass_g.wrapping_abs());
    }

    fn subtract(&mut self, mass_g: i64) {
        let sum = self.sum(mass_g);
        *sum = sum.wrapping_sub(mass_g.wrapping_abs());
    }
}

/// Keep the smallest ids, sorted: a bounded choice that does not depend on the order of arrival.
fn keep_smallest(ids: &mut Vec<EventId>, id: EventId) {
    if let Err(at) = ids.binary_search(&id) {
        ids.insert(at, id);
        ids.truncate(MAX_EVIDENCE);
    }
}
