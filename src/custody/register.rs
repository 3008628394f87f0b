//! Registers (管理台账): the rows that an event adds to the five tables of HJ 1259-2022, appendix B.
//!
//! Each gram that the books of a site gain or lose is one row of what came in (B.2) or went out (B.3); of the same postings, what
//! arose there, what was treated there and what was loaded are rows of B.1, B.4 and B.5 as well. So the sums of registers, stock and
//! declarations are sums of the same postings. Putting waste into a storage facility moves nothing in the books: such a row
//! has no measure.

use std::str::FromStr;

use super::event::Recorded;
use super::kind::{Kind, Statement};
use super::measure::Measure;
use super::payload::waste::StoreMoved;
use super::posting::{self, Account, Posting, counter_account};
use super::residue::Residue;
use crate::catalogue::Uscc;
use crate::id::{LotId, ManifestId, SiteId};

/// One of the five tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Register {
    /// B.1 产生环节
    Generation,
    /// B.2 入库环节
    Inbound,
    /// B.3 出库环节
    Outbound,
    /// B.4 自行利用/处置
    OwnTreatment,
    /// B.5 委外利用/处置
    OutsideTreatment,
}

impl Register {
    /// Every register, in the order of the appendix.
    pub const ALL: [Self; 5] =
        [Self::Generation, Self::Inbound, Self::Outbound, Self::OwnTreatment, Self::OutsideTreatment];

    /// The kebab-case name, as it stands in addresses.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generation => "generation",
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::OwnTreatment => "own-treatment",
            Self::OutsideTreatment => "outside-treatment",
        }
    }

    /// The register that shows what a measure adds up.
    pub fn of(measure: Measure) -> Self {
        match measure {
            Measure::Generated => Self::Generation,
            Measure::Used | Measure::Disposed => Self::OwnTreatment,
            Measure::SentOn => Self::OutsideTreatment,
            other if other.sign() > 0 => Self::Inbound,
            _ => Self::Outbound,
        }
    }
}

/// The name is none of a register's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not one of the five registers")]
pub struct NoRegister;

impl FromStr for Register {
    type Err = NoRegister;

    fn from_str(name: &str) -> Result<Self, NoRegister> {
        Self::ALL.into_iter().find(|register| register.name() == name).ok_or(NoRegister)
    }
}

/// One row of a register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisterRow {
    /// Whose register.
    pub party: Uscc,
    /// Of which site.
    pub site: SiteId,
    /// Which one.
    pub register: Register,
    /// The local day it belongs to, in days since 1970-01-01.
    pub day: i64,
    /// The lot.
    pub lot: LotId,
    /// Which figure it adds to; `None` where it only moved into or out of a storage facility.
    pub measure: Option<Measure>,
    /// Grams, above 0.
    pub mass_g: i64,
    /// The manifest it moved on.
    pub manifest: Option<ManifestId>,
}

/// The rows of one event, as they stand now: those it had before are no longer so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its log index.
    pub index: u64,
    /// True when it is recorded just now, and had none before.
    pub is_new: bool,
    /// Its rows, in the order of its postings.
    pub rows: Vec<RegisterRow>,
}

impl Registered {
    /// The rows of an event, by what it counts for: its postings, and from which of them on they belong to which local day, in days
    /// since 1970-01-01.
    pub fn of(recorded: &Recorded, is_new: bool, postings: &[Posting], days: &[(usize, i64)]) -> Self {
        let mut rows = match &recorded.event.statement {
            _ if !recorded.verdict.moves() => Vec::new(),
            Statement::WasteStored(s) => shelved(recorded, s, Register::Inbound),
            Statement::WasteWithdrawn(s) => shelved(recorded, s, Register::Outbound),
            _ => Vec::new(),
        };
        let day = days.first().map_or(0, |(_, day)| *day);
        rows.iter_mut().for_each(|row| row.day = day);
        rows.extend(posted(recorded.kind(), recorded.event.manifest(), postings, days));
        Self { index: recorded.index, is_new, rows }
    }

    /// The rows that stay of an event whose content is gone.
    pub fn left_of(residue: &Residue, days: &[(usize, i64)]) -> Self {
        let kind = Kind::named(&residue.kind);
        let rows = kind.map(|kind| posted(kind, Some(residue.manifest), &residue.postings, days));
        Self { index: residue.index, is_new: true, rows: rows.unwrap_or_default() }
    }
}

fn posted(
    kind: Kind,
    manifest: Option<ManifestId>,
    postings: &[Posting],
    days: &[(usize, i64)],
) -> Vec<RegisterRow> {
    let mut rows = Vec::new();
    for (day, group) in posting::groups(postings, days) {
        for (n, posting) in group.iter().enumerate() {
            let Account::Held(party, site) = posting.account else { continue };
            let Some(against) = counter_account(group, n) else { continue };
            let measure = Measure::of(against.name(), posting.mass_g > 0);
            rows.extend(registers(kind, measure, posting.mass_g > 0).map(|register| RegisterRow {
                party,
                site,
                register,
                day,
                lot: posting.lot,
                measure: Some(measure),
                mass_g: posting.mass_g.abs(),
                manifest,
            }));
        }
    }
    rows
}

/// The registers that one movement stands in: that of its way, and that of what it means.
fn registers(kind: Kind, measure: Measure, enters: bool) -> impl Iterator<Item = Register> {
    let way = if enters { Register::Inbound } else { Register::Outbound };
    let is_residue = measure == Measure::Made && matches!(kind, Kind::WasteUsed | Kind::WasteDisposed);
    let meaning = if is_residue { Register::Generation } else { Register::of(measure) };
    std::iter::once(way).chain((meaning != way).then_some(meaning))
}

fn shelved(recorded: &Recorded, s: &StoreMoved, register: Register) -> Vec<RegisterRow> {
    let row = |lot: LotId, mass_g: i64| RegisterRow {
        party: recorded.event.party,
        site: s.site,
        register,
        day: 0,
        lot,
        measure: None,
        mass_g,
        manifest: None,
    };
    s.lots.iter().map(|draw| row(draw.lot, draw.mass_g.get())).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_measure_that_moves_has_a_register_and_every_register_a_name() {
        for register in Register::ALL {
            assert_eq!(register.name().parse(), Ok(register));
        }
        for measure in Measure::ALL.into_iter().filter(|measure| !measure.is_balance()) {
            let enters = measure.sign() > 0;
            let all: Vec<Register> = registers(Kind::WasteGenerated, measure, enters).collect();
            assert!(all.contains(&Register::of(measure)), "{measure:?}");
            assert_eq!(all[0], if enters { Register::Inbound } else { Register::Outbound });
        }
        assert_eq!("storage".parse::<Register>(), Err(NoRegister));
    }

    #[test]
    fn a_residue_arises_where_it_comes_out_and_a_repacked_lot_does_not() {
        let of = |kind| registers(kind, Measure::Made, true).collect::<Vec<_>>();
        assert_eq!(of(Kind::WasteDisposed), [Register::Inbound, Register::Generation]);
        assert_eq!(of(Kind::WasteRepacked), [Register::Inbound]);
    }
}
