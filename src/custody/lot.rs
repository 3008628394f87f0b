//! A lot (批次): how much of it is where, as sums of postings.
//!
//! Sums commute, so a late event is simply added; a lot is never folded again, however long its history.

mod flow;
mod holding;
mod stored;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::finding::MAX_EVIDENCE;
use super::posting::{Account, Posting};
use super::residue::Mover;
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::id::{ManifestId, SiteId};
use crate::ledger::EventId;

pub use flow::Flow;
pub use holding::{Arrival, Cause, Holding};
pub use stored::{Counted, Stored};

/// How a lot came to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The event.
    pub event: EventId,
    /// When it was effective.
    pub at: Timestamp,
    /// The party that stated it.
    pub party: Uscc,
    /// Waste code; `None` for a product.
    pub code: Option<WasteCode>,
    /// Stage letters of its lot code (HJ 1259 appendix): CS for production, RK for opening stock, and so on.
    pub stage: String,
    /// In storage since this day, as an opening balance may say.
    pub since: Option<NaiveDate>,
    /// Grams of it that came from nowhere: by so much what was repacked weighs more than what went in.
    pub gained_g: i64,
    /// True where whoever stated it had measured it.
    pub is_measured: bool,
    /// True unless one of its containers has no label.
    pub is_labelled: bool,
}

/// Sums over the accounts that mass comes from and goes to besides its holders, in grams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// There when the books were opened.
    pub opened_g: i64,
    /// Arose in production.
    pub generated_g: i64,
    /// Used.
    pub used_g: i64,
    /// Disposed.
    pub disposed_g: i64,
    /// Became other lots; negative for what it was made of.
    pub became_g: i64,
    /// Lost for stated causes; negative when more was found.
    pub variance_g: i64,
    /// Lost for no stated cause; negative when more was found.
    pub unexplained_g: i64,
}

impl Sums {
    fn of(&mut self, account: Account) -> Option<&mut i64> {
        match account {
            Account::Opened => Some(&mut self.opened_g),
            Account::Generated => Some(&mut self.generated_g),
            Account::Used => Some(&mut self.used_g),
            Account::Disposed => Some(&mut self.disposed_g),
            Account::Became => Some(&mut self.became_g),
            Account::Variance(_) => Some(&mut self.variance_g),
            Account::Unexplained => Some(&mut self.unexplained_g),
            Account::Held(..) | Account::Transit(..) => None,
        }
    }

    fn add(&mut self, account: Account, mass_g: i64) {
        if let Some(sum) = self.of(account) {
            // What came out of an account that only gives is shown as it came.
            let gives = matches!(account, Account::Opened | Account::Generated);
            *sum = if gives { sum.wrapping_sub(mass_g) } else { sum.wrapping_add(mass_g) };
        }
    }
}

/// A waste code stated for a lot which no event of its own brought into being: a line, or its rejected part. However many
/// events state it, it is kept once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatedCode {
    /// Whoever received it found it; that counts for more than what was handed over.
    pub is_as_found: bool,
    /// The code.
    pub code: WasteCode,
    /// How many events state it.
    pub events: u64,
}

impl StatedCode {
    /// Its place among those stated for a lot; the first counts.
    fn rank(&self) -> (bool, WasteCode) {
        (!self.is_as_found, self.code)
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
    /// The parties that stated them, each with the number of its postings, sorted.
    pub takers: Vec<(Uscc, u32)>,
}

/// That somebody refused it: who, when, by which event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Refusal {
    /// When.
    pub at: Timestamp,
    /// The event.
    pub event: EventId,
    /// Who refused it.
    pub party: Uscc,
}

/// The state of one lot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotState {
    /// How it came to be, if an event said so.
    pub origin: Option<Origin>,
    /// Who holds or held how much of it where.
    pub holdings: Vec<Holding>,
    /// On the way.
    pub transit: Option<InTransit>,
    /// The line it is the rejected part of.
    pub apart_from: Option<(ManifestId, u16)>,
    /// When it was refused, in parts or at once: the last of them, sorted.
    pub refusals: Vec<Refusal>,
    /// Sums of the other accounts.
    pub sums: Sums,
    /// In which storage facilities it was put, sorted.
    pub stored: Vec<Stored>,
    /// How it was counted, sorted by party and site.
    pub counted: Vec<Counted>,
    /// What moved of it at sites, by month and measure, sorted.
    pub flows: Vec<Flow>,
    /// Codes stated for it, what was found first and then by code, where it has no origin of its own.
    pub codes: Vec<StatedCode>,
}

impl LotState {
    /// Add one posting of this lot. Never fails: an impossible balance is a fact about the world.
    pub fn post(&mut self, mover: &Mover, posting: &Posting, cause: Cause) {
        match posting.account {
            Account::Held(party, site) => {
                let holding = self.holding(party, site);
                holding.add(mover, posting.mass_g);
                holding.note(mover, posting.mass_g, cause, true);
                if posting.mass_g < 0 {
                    keep_smallest(&mut holding.out, mover.event);
                }
            }
            Account::Transit(manifest, line) => {
                let transit = self.transit(manifest, line);
                transit.add(posting.mass_g);
                if posting.mass_g < 0 {
                    keep_smallest(&mut transit.out, mover.event);
                    transit.taken_by(mover.party);
                }
            }
            other => self.sums.add(other, posting.mass_g),
        }
    }

    /// Add the reversal of a posting: the sums are as if it had never been made.
    pub fn take_back(&mut self, mover: &Mover, reversal: &Posting, cause: Cause) {
        match reversal.account {
            Account::Held(party, site) => {
                let holding = self.holding(party, site);
                holding.subtract(mover, -reversal.mass_g);
                holding.note(mover, reversal.mass_g, cause, false);
                holding.out.retain(|id| *id != mover.event);
                self.holdings.retain(|holding| !holding.is_empty());
            }
            Account::Transit(manifest, line) => {
                let transit = self.transit(manifest, line);
                transit.subtract(-reversal.mass_g);
                transit.out.retain(|id| *id != mover.event);
                if reversal.mass_g > 0 {
                    transit.no_longer_taken_by(mover.party);
                }
                self.transit = self.transit.take().filter(|transit| transit.in_g != 0 || transit.out_g != 0);
            }
            other => self.sums.add(other, reversal.mass_g),
        }
    }

    /// Its waste code: of its origin, else as found at a receipt, else as handed over; of several the smallest.
    pub fn code(&self) -> Option<WasteCode> {
        let stated = || self.codes.first().map(|stated| stated.code);
        self.origin.as_ref().map_or_else(stated, |origin| origin.code)
    }

    /// Note a code that an event states for it.
    pub fn state_code(&mut self, code: WasteCode, is_as_found: bool) {
        let stated = StatedCode { is_as_found, code, events: 1 };
        match self.codes.binary_search_by_key(&stated.rank(), StatedCode::rank) {
            Ok(at) => self.codes[at].events += 1,
            Err(at) => self.codes.insert(at, stated),
        }
    }

    /// Note that it was refused. Of many refusals the last are kept: a bounded choice, whatever their order of arrival.
    pub fn refuse(&mut self, refusal: Refusal) {
        if let Err(at) = self.refusals.binary_search(&refusal) {
            self.refusals.insert(at, refusal);
        }
        let too_many = self.refusals.len().saturating_sub(MAX_EVIDENCE);
        self.refusals.drain(..too_many);
    }

    /// Forget a code that an event stated for it and no longer does.
    pub fn forget_code(&mut self, code: WasteCode, is_as_found: bool) {
        let rank = (!is_as_found, code);
        let Ok(at) = self.codes.binary_search_by_key(&rank, StatedCode::rank) else { return };
        match self.codes[at].events {
            0 | 1 => drop(self.codes.remove(at)),
            _ => self.codes[at].events -= 1,
        }
    }

    /// Add what an event says of a storage facility, or take it back.
    pub fn store(&mut self, said: &Stored, counts: bool) {
        let at = self.stored.binary_search_by(|known| known.place().cmp(&said.place()));
        let at = at.unwrap_or_else(|at| {
            self.stored.insert(at, Stored { in_g: 0, out_g: 0, out: Vec::new(), ..said.clone() });
            at
        });
        let stored = &mut self.stored[at];
        if counts {
            stored.add(said)
        } else {
            stored.subtract(said)
        }
        self.stored.retain(|stored| !stored.is_empty());
    }

    /// Add what an event says of a count, or take it back.
    pub fn count(&mut self, said: &Counted, counts: bool) {
        let at = self.counted.binary_search_by_key(&said.place(), Counted::place);
        let at = at.unwrap_or_else(|at| {
            let none = Counted { times: 0, unexplained_g: 0, events: Vec::new(), ..said.clone() };
            self.counted.insert(at, none);
            at
        });
        let counted = &mut self.counted[at];
        if counts {
            counted.add(said)
        } else {
            counted.subtract(said)
        }
        self.counted.retain(|counted| !counted.is_empty());
    }

    /// Add what moved of it at a site, or with a negative mass take that back.
    pub fn flow(&mut self, flow: &Flow) {
        let at = self.flows.binary_search_by_key(&flow.place(), Flow::place);
        let at = at.unwrap_or_else(|at| {
            self.flows.insert(at, Flow { mass_g: 0, ..*flow });
            at
        });
        self.flows[at].mass_g = self.flows[at].mass_g.wrapping_add(flow.mass_g);
        if self.flows[at].mass_g == 0 {
            self.flows.remove(at);
        }
    }

    /// Grams that left holders who never had them: the negative balances, as a positive figure.
    pub fn unproven_g(&self) -> i64 {
        let negative = self.holdings.iter().map(Holding::balance_g).filter(|balance| *balance < 0);
        negative.fold(0, i64::wrapping_add).wrapping_neg()
    }

    /// Grams on the way; negative when more arrived than was loaded.
    pub fn transit_g(&self) -> i64 {
        self.transit.as_ref().map_or(0, |transit| transit.in_g.wrapping_sub(transit.out_g))
    }

    /// The manifest it is or was on the way with, or was rejected on.
    pub fn carried_on(&self) -> Option<ManifestId> {
        let carried = self.transit.as_ref().map(|transit| transit.manifest);
        carried.or(self.apart_from.map(|(manifest, _)| manifest))
    }

    /// Grams held now, over all holders with a positive balance.
    pub fn held_g(&self) -> i64 {
        let positive = self.holdings.iter().map(Holding::balance_g).filter(|balance| *balance > 0);
        positive.fold(0, i64::wrapping_add)
    }

    fn holding(&mut self, party: Uscc, site: SiteId) -> &mut Holding {
        let at = self.holdings.partition_point(|h| (h.party, h.site) < (party, site));
        if self.holdings.get(at).is_none_or(|h| (h.party, h.site) != (party, site)) {
            self.holdings.insert(at, Holding::empty(party, site));
        }
        &mut self.holdings[at]
    }

    fn transit(&mut self, manifest: ManifestId, line: u16) -> &mut InTransit {
        let empty = || InTransit { manifest, line, in_g: 0, out_g: 0, out: Vec::new(), takers: Vec::new() };
        self.transit.get_or_insert_with(empty)
    }
}

// Wrapping sums commute, so absurd masses stay independent of the order of arrival.
impl InTransit {
    /// The party that took some of it out; of several the last by id.
    pub fn taker(&self) -> Option<Uscc> {
        self.takers.last().map(|(party, _)| *party)
    }

    fn taken_by(&mut self, party: Uscc) {
        match self.takers.binary_search_by_key(&party, |(taker, _)| *taker) {
            Ok(at) => self.takers[at].1 += 1,
            Err(at) => self.takers.insert(at, (party, 1)),
        }
    }

    fn no_longer_taken_by(&mut self, party: Uscc) {
        if let Ok(at) = self.takers.binary_search_by_key(&party, |(taker, _)| *taker) {
            self.takers[at].1 -= 1;
        }
        self.takers.retain(|(_, times)| *times > 0);
    }

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
