//! Running totals (累计) of what manifests, lots and treatments say, by who, where and year: what rules hold against a limit.
//!
//! A tally is a sum, so no order of arrival changes it. Each part of it comes from one event; what that event no longer says
//! is taken out again. It is bounded: of one year it keeps months or days; of single loads a fixed number, and how many
//! there are besides.

mod parts;
mod road;

use serde::{Deserialize, Serialize};

use super::finding::MAX_EVIDENCE;
use super::measure::Measure;
use super::payload::manifest::PartyAt;
use crate::catalogue::{DeclarationPeriod, Operation, Uscc, WasteCode};
use crate::id::{SiteId, TallyId, derived};
use crate::ledger::EventId;

pub use parts::{Part, Parts, difference, of_filing, of_lot, of_manifest, of_treatment, standing};
pub use road::{Ride, Vehicle};

/// What a tally adds up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "of", deny_unknown_fields)]
pub enum TallyKey {
    /// What a party accepted in a year: at a site, and at all its sites together.
    Intake {
        /// The consignee.
        party: Uscc,
        /// Its site; `None` for all of them.
        site: Option<SiteId>,
        /// The local year.
        year: i32,
    },
    /// What left a site of a party on manifests in a year, as shipped.
    Shipped {
        /// The consignor.
        party: Uscc,
        /// Its site.
        site: SiteId,
        /// The local year.
        year: i32,
    },
    /// What went from one party to another in a year, and by how much less or more arrived: day by day, with the last days of
    /// the year before, which a period that ends in this year may begin in.
    Between {
        /// The consignor.
        consignor: Uscc,
        /// The consignee.
        consignee: Uscc,
        /// The local year.
        year: i32,
    },
    /// What a party used and disposed of at a site in a year.
    Treated {
        /// Who treats.
        party: Uscc,
        /// Its site.
        site: SiteId,
        /// The local year.
        year: i32,
    },
    /// By how much more or less was found of the lots that came to a site in a year than the books said, and nobody said why.
    Balance {
        /// The holder.
        party: Uscc,
        /// Its site.
        site: SiteId,
        /// The local year.
        year: i32,
    },
    /// What moved at a site of a party in a year, month by month as declarations call it, and what was filed for its periods.
    Measured {
        /// Whose site.
        party: Uscc,
        /// The site.
        site: SiteId,
        /// The local year.
        year: i32,
    },
    /// What a vehicle carried on a day.
    Road {
        /// The vehicle.
        vehicle: Vehicle,
        /// The local day, in days since 1970-01-01.
        day: i64,
    },
    /// What waste a party has at a site now.
    Store {
        /// The holder.
        party: Uscc,
        /// Its site.
        site: SiteId,
    },
}

impl TallyKey {
    /// The name of the tally, which follows from the key.
    pub fn id(&self) -> TallyId {
        let spelled = match self {
            Self::Intake { party, site, year } => {
                let site = site.map_or_else(|| "all".to_owned(), |site| site.to_string());
                format!("intake:{party}:{site}:{year}")
            }
            Self::Shipped { party, site, year } => format!("shipped:{party}:{site}:{year}"),
            Self::Between { consignor, consignee, year } => format!("between:{consignor}:{consignee}:{year}"),
            Self::Treated { party, site, year } => format!("treated:{party}:{site}:{year}"),
            Self::Balance { party, site, year } => format!("balance:{party}:{site}:{year}"),
            Self::Measured { party, site, year } => format!("measured:{party}:{site}:{year}"),
            Self::Road { vehicle, day } => format!("road:{vehicle}:{day}"),
            Self::Store { party, site } => format!("store:{party}:{site}"),
        };
        TallyId::from_uuid(derived(&[b"liandan/tally/v1", spelled.as_bytes()]))
    }

    /// The site it is about, if it is about one.
    pub fn site(&self) -> Option<SiteId> {
        match self {
            Self::Intake { site, .. } => *site,
            Self::Shipped { site, .. }
            | Self::Treated { site, .. }
            | Self::Balance { site, .. }
            | Self::Measured { site, .. }
            | Self::Store { site, .. } => Some(*site),
            Self::Between { .. } | Self::Road { .. } => None,
        }
    }

    /// The parties that rules about it concern; of a vehicle its rides tell.
    pub fn concerns(&self) -> Vec<Uscc> {
        match self {
            Self::Intake { party, .. }
            | Self::Shipped { party, .. }
            | Self::Treated { party, .. }
            | Self::Balance { party, .. }
            | Self::Measured { party, .. }
            | Self::Store { party, .. } => vec![*party],
            Self::Between { consignor, consignee, .. } => vec![*consignor, *consignee],
            Self::Road { .. } => Vec::new(),
        }
    }
}

/// The tallies of a year that a load from one place to another adds to.
pub fn of_way(from: PartyAt, to: PartyAt, year: i32) -> [TallyKey; 4] {
    [
        TallyKey::Intake { party: to.party, site: Some(to.site), year },
        TallyKey::Intake { party: to.party, site: None, year },
        TallyKey::Shipped { party: from.party, site: from.site, year },
        TallyKey::Between { consignor: from.party, consignee: to.party, year },
    ]
}

/// The tallies that what comes to a place, lies there or is treated there in a year adds to.
pub fn of_place(at: PartyAt, year: i32) -> [TallyKey; 4] {
    let PartyAt { party, site } = at;
    [
        TallyKey::Treated { party, site, year },
        TallyKey::Balance { party, site, year },
        TallyKey::Measured { party, site, year },
        TallyKey::Store { party, site },
    ]
}

/// One sum of a tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "cell", deny_unknown_fields)]
pub enum Cell {
    /// A waste code in a month, by what is to be done with it as far as that is known.
    Month {
        /// Waste code.
        code: WasteCode,
        /// Use or disposal.
        operation: Option<Operation>,
        /// Month, from 1.
        month: u8,
    },
    /// A day, in days since 1970-01-01.
    Day {
        /// The day.
        day: i64,
    },
    /// What was burnt in a month.
    Burnt {
        /// Month, from 1.
        month: u8,
    },
    /// What residues were left of it.
    Residues {
        /// Month, from 1.
        month: u8,
    },
    /// What came of a waste code, where the code is known.
    Came {
        /// Waste code.
        code: Option<WasteCode>,
    },
    /// What was found more than by the books (negative: less); its loads are the lots that differ.
    Gap {
        /// Waste code.
        code: Option<WasteCode>,
    },
    /// What moved in a month.
    Measured {
        /// Month, from 1.
        month: u8,
        /// What it is called.
        measure: Measure,
        /// Waste code.
        code: WasteCode,
    },
    /// A figure that was filed for a period.
    Filed {
        /// Length of the period.
        period: DeclarationPeriod,
        /// Its first month, from 1.
        month: u8,
        /// Which figure.
        measure: Measure,
        /// Waste code.
        code: WasteCode,
    },
    /// That something was filed for a period, if only that nothing moved, and did not come back.
    Declared {
        /// Length of the period.
        period: DeclarationPeriod,
        /// Its first month, from 1.
        month: u8,
        /// The event that filed it.
        filing: EventId,
    },
    /// How many loads of a waste code there were of a size: from 2^`bits` grams on, and less than twice that.
    Size {
        /// Waste code.
        code: WasteCode,
        /// The power of two.
        bits: u8,
    },
    /// One of the heaviest loads of a waste code.
    Load {
        /// Waste code.
        code: WasteCode,
        /// Grams.
        mass_g: i64,
        /// By which event it was loaded.
        loading: EventId,
    },
    /// One ride of a vehicle.
    Ride(Ride),
    /// All there is.
    All,
}

impl Cell {
    /// The ride that it stands for, if it does.
    pub fn ride(&self) -> Option<&Ride> {
        if let Self::Ride(ride) = self { Some(ride) } else { None }
    }

    /// True where the events of its parts are kept as evidence. What is in store comes and goes: of its events no bounded choice would be
    /// the same in every order. What came proves no gap, and a filing says itself which event it is.
    fn keeps_evidence(&self) -> bool {
        matches!(
            self,
            Self::Month { .. }
                | Self::Day { .. }
                | Self::Burnt { .. }
                | Self::Residues { .. }
                | Self::Gap { .. }
        )
    }
}

/// What was added to a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// Grams, signed.
    pub mass_g: i64,
    /// Number of parts that were counted: loads, as a rule.
    pub loads: i64,
}

/// Everything a tally adds up to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TallyState {
    cells: Vec<(Cell, Sum)>,
    /// Events that parts came from, the smallest by id, each with its number of parts.
    evidence: Vec<(EventId, i64)>,
    /// Parts of further events.
    further: i64,
}

impl TallyState {
    /// The sums, in order of cells; a sum of nothing is not among them.
    pub fn cells(&self) -> &[(Cell, Sum)] {
        &self.cells
    }

    /// One of its sums.
    pub fn sum(&self, cell: &Cell) -> Sum {
        let found = self.cells.binary_search_by_key(cell, |(known, _)| *known);
        found.map_or_else(|_| Sum::default(), |at| self.cells[at].1)
    }

    /// Events that parts came from: the smallest by id, at most [`MAX_EVIDENCE`].
    pub fn evidence(&self) -> Vec<EventId> {
        self.evidence.iter().map(|(event, _)| *event).collect()
    }

    /// Add a part, or take one out where its number of loads is negative. Sums wrap, so that absurd masses stay independent of
    /// the order of arrival.
    pub fn add(&mut self, part: &Part) {
        if matches!(part.cell, Cell::Ride(_) | Cell::Load { .. }) {
            return self.add_single(part);
        }
        let at = self.cells.binary_search_by_key(&part.cell, |(cell, _)| *cell).unwrap_or_else(|at| {
            self.cells.insert(at, (part.cell, Sum::default()));
            at
        });
        let sum = &mut self.cells[at].1;
        sum.mass_g = sum.mass_g.wrapping_add(part.mass_g);
        sum.loads = sum.loads.wrapping_add(part.loads);
        if *sum == Sum::default() {
            self.cells.remove(at);
        }
        self.note(part);
    }

    /// Of very many rides the first are kept, and of the loads of a code the heaviest: a bounded choice that does not depend on the order of
    /// arrival, as long as none is taken out from among more than are kept. How many there are is counted besides.
    fn add_single(&mut self, part: &Part) {
        match self.cells.binary_search_by_key(&part.cell, |(cell, _)| *cell) {
            Ok(at) if part.loads < 0 => drop(self.cells.remove(at)),
            Err(at) if part.loads > 0 => {
                self.cells.insert(at, (part.cell, Sum { mass_g: 0, loads: 1 }));
                self.drop_beyond(&part.cell);
            }
            _ => {}
        }
    }

    /// Drop one of those like a cell that was added, where that makes one too many.
    fn drop_beyond(&mut self, added: &Cell) {
        let alike = |(_, (cell, _)): &(usize, &(Cell, Sum))| match (added, cell) {
            (Cell::Ride(_), Cell::Ride(_)) => true,
            (Cell::Load { code, .. }, Cell::Load { code: other, .. }) => code == other,
            _ => false,
        };
        let mut alike = self.cells.iter().enumerate().filter(alike).map(|(at, _)| at);
        let beyond = if matches!(added, Cell::Ride(_)) {
            alike.nth(road::MAX_RIDES)
        } else {
            // In order of weight: the lightest comes first.
            let lightest = alike.next();
            lightest.filter(|_| alike.count() >= MAX_EVIDENCE)
        };
        beyond.map(|at| self.cells.remove(at));
    }

    /// Keep the smallest events: a bounded choice that does not depend on the order of arrival, as long as none is taken out
    /// from among more than are kept.
    fn note(&mut self, part: &Part) {
        if part.loads == 0 || !part.cell.keeps_evidence() {
            return;
        }
        match self.evidence.binary_search_by_key(&part.event, |(event, _)| *event) {
            Ok(at) => {
                self.evidence[at].1 += part.loads;
                self.evidence.retain(|(_, parts)| *parts != 0);
            }
            Err(_) if part.loads < 0 => self.further += part.loads,
            Err(MAX_EVIDENCE) => self.further += part.loads,
            Err(at) => {
                self.evidence.insert(at, (part.event, part.loads));
                if self.evidence.len() > MAX_EVIDENCE {
                    self.further += self.evidence.pop().map_or(0, |(_, parts)| parts);
                }
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn key() -> TallyKey {
        let party = Uscc::with_check("91371302MA3ACME01").unwrap();
        TallyKey::Shipped { party, site: SiteId::from_uuid(derived(&[b"plant"])), year: 2026 }
    }

    fn part(event: u8, day: i64, mass_g: i64, loads: i64) -> Part {
        Part { key: key(), cell: Cell::Day { day }, event: EventId::from_bytes([event; 32]), mass_g, loads }
    }

    #[test]
    fn no_order_changes_a_sum_and_what_is_taken_out_leaves_nothing() {
        let parts: Vec<Part> =
            (0..40).map(|n| part(n, i64::from(n % 7), i64::from(n) * 100 - 900, 1)).collect();
        let all = |parts: &[Part]| {
            let mut state = TallyState::default();
            parts.iter().for_each(|part| state.add(part));
            state
        };
        let wanted = all(&parts);
        assert_eq!(wanted.evidence().len(), MAX_EVIDENCE);
        assert_eq!(wanted.cells().len(), 7);
        let mut order = parts.clone();
        order.reverse();
        assert_eq!(all(&order), wanted);
        let mut state = wanted;
        for part in order {
            state.add(&Part { mass_g: -part.mass_g, loads: -part.loads, ..part });
        }
        assert_eq!(state, TallyState::default());
    }

    #[test]
    fn a_snapshot_reads_back() {
        let mut state = TallyState::default();
        state.add(&part(1, 20_000, 500, 1));
        let code = "900-041-49".parse().unwrap();
        state.add(&Part { cell: Cell::Month { code, operation: None, month: 3 }, ..part(2, 0, 7, 1) });
        let text = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<TallyState>(&text).unwrap(), state);
        assert_ne!(
            key().id(),
            TallyKey::Intake { party: key().concerns()[0], site: key().site(), year: 2026 }.id()
        );
    }
}
