//! What a reading found, in figures: for machines as JSON, for people as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;

use super::fault::{FLAGS, Fault, REFUSALS};
use super::rows::unit;
use super::{Refused, UsDocument};
use crate::catalogue::{Dimension, convert};
use crate::exchange::Lang;
use crate::exchange::document::DocumentLine;

/// How many there are; every one is counted in exactly one of the three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Taken without a fault (notices are not faults).
    pub accepted: usize,
    /// Taken, with at least one fault marked.
    pub flagged: usize,
    /// Not taken.
    pub refused: usize,
}

impl Tally {
    /// All of them.
    pub fn total(&self) -> usize {
        self.accepted + self.flagged + self.refused
    }

    fn take(&mut self, is_flagged: bool) {
        *(if is_flagged { &mut self.flagged } else { &mut self.accepted }) += 1;
    }
}

/// How often one fault was met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultCount {
    /// The fault.
    #[serde(flatten)]
    pub fault: &'static Fault,
    /// Lines that have it; for a fault of the manifest as a whole, all its lines.
    pub lines: usize,
    /// Manifests that have it at least once; 0 for refusals, whose manifest may be unknown.
    pub manifests: usize,
}

/// What was summed over the lines of one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitTotal {
    /// Unit as written.
    pub unit: String,
    /// Lines in this unit.
    pub lines: usize,
    /// Those among them whose quantity is not a number and is not in the sum.
    pub lines_unsummed: usize,
    /// Sum of the quantities, an exact decimal without superfluous zeros.
    pub quantity: String,
    /// The same sum in thousandths.
    pub quantity_milli: i64,
    /// Sum of the lines' masses, each in whole grams: what the ledger sums.
    pub mass_g: Option<i64>,
    /// The summed quantity converted once, rounded half up: differs from `mass_g` by the rounding of the lines.
    pub mass_of_total_g: Option<i64>,
    /// Sum of the lines' volumes, each in whole millilitres: what the ledger sums.
    pub volume_ml: Option<i64>,
    /// The summed quantity converted once, rounded half up.
    pub volume_of_total_ml: Option<i64>,
}

/// The figures of one reading. Units and faults that were not met are left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Manifests with at least one readable line.
    pub manifests: Tally,
    /// Lines, blank ones and the header not counted.
    pub lines: Tally,
    /// Flags, in the order of the table of faults.
    pub flags: Vec<FaultCount>,
    /// Refusals, in the order of the table of faults.
    pub refusals: Vec<FaultCount>,
    /// Totals over the documents taken, by unit.
    pub units: Vec<UnitTotal>,
}

impl Report {
    /// Counts what was read.
    pub(super) fn of(documents: &[UsDocument], refused: &[Refused], manifests_refused: usize) -> Self {
        let mut manifests = Tally { refused: manifests_refused, ..Tally::default() };
        let mut lines = Tally { refused: refused.len(), ..Tally::default() };
        let mut by_unit: BTreeMap<&str, Vec<&DocumentLine>> = BTreeMap::new();
        for document in documents {
            let faulty: BTreeSet<Option<i64>> =
                document.flags.iter().filter(|flag| flag.is_fault()).map(|flag| flag.row).collect();
            manifests.take(!faulty.is_empty());
            for line in &document.lines {
                lines.take(faulty.contains(&Some(line.row)));
                by_unit.entry(&line.unit).or_default().push(line);
            }
        }
        let flags = FLAGS.iter().map(|fault| count_flag(fault, documents));
        let refusals = REFUSALS.iter().map(|fault| {
            let lines = refused.iter().filter(|refused| refused.fault.code == fault.code).count();
            FaultCount { fault, lines, manifests: 0 }
        });
        Self {
            manifests,
            lines,
            flags: flags.filter(|count| count.manifests > 0).collect(),
            refusals: refusals.filter(|count| count.lines > 0).collect(),
            units: by_unit.into_iter().map(|(unit, lines)| total(unit, &lines)).collect(),
        }
    }

    /// The figures for people, one fact a line, without a line end behind the last.
    pub fn text(&self, lang: Lang) -> String {
        let pick = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let mut text = String::new();
        for (name, tally) in
            [(pick("联单", "manifests"), &self.manifests), (pick("明细行", "lines"), &self.lines)]
        {
            let (total, Tally { accepted, flagged, refused }) = (tally.total(), tally);
            // Writing to a string cannot fail.
            let _ = match lang {
                Lang::Zh => {
                    writeln!(text, "{name} {total}：接受 {accepted}，标记 {flagged}，拒绝 {refused}")
                }
                Lang::En => writeln!(
                    text,
                    "{name} {total}: {accepted} accepted, {flagged} flagged, {refused} refused"
                ),
            };
        }
        for FaultCount { fault, lines, manifests } in &self.flags {
            let (code, says, severity) = (fault.code, pick(fault.zh, fault.en), fault.severity);
            let _ = match lang {
                Lang::Zh => {
                    writeln!(text, "{} {code}：{lines} 行、{manifests} 联单：{says}", severity.name_zh())
                }
                Lang::En => {
                    writeln!(text, "{} {code}: lines {lines}, manifests {manifests}: {says}", severity.name())
                }
            };
        }
        for FaultCount { fault, lines, .. } in &self.refusals {
            let (code, says) = (fault.code, pick(fault.zh, fault.en));
            let _ = match lang {
                Lang::Zh => writeln!(text, "拒绝 {code}：{lines} 行：{says}"),
                Lang::En => writeln!(text, "refused {code}: lines {lines}: {says}"),
            };
        }
        for total in &self.units {
            text.push_str(&total.text(lang));
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        text
    }
}

impl UnitTotal {
    fn text(&self, lang: Lang) -> String {
        let Self { unit: code, lines, quantity, lines_unsummed, .. } = self;
        let name = unit(code).map(|unit| if lang == Lang::Zh { &unit.zh } else { &unit.en });
        let name = name.map_or("?", String::as_str);
        let amounts = [(self.mass_g, "g"), (self.volume_ml, "mL")];
        let amount = amounts
            .into_iter()
            .find_map(|(amount, sign)| amount.map(|amount| format!(" = {amount} {sign}")))
            .unwrap_or_default();
        match lang {
            Lang::Zh => {
                format!(
                    "单位 {code:?}（{name}）{lines} 行：合计 {quantity}{amount}，未计入 {lines_unsummed} 行"
                )
            }
            Lang::En => {
                format!(
                    "unit {code:?} ({name}), lines {lines}: total {quantity}{amount}, lines not summed {lines_unsummed}"
                )
            }
        }
    }
}

fn count_flag(fault: &'static Fault, documents: &[UsDocument]) -> FaultCount {
    let mut count = FaultCount { fault, lines: 0, manifests: 0 };
    for document in documents {
        let mut met = document
            .flags
            .iter()
            .filter(|flag| flag.fault.code == fault.code)
            .map(|flag| flag.row)
            .peekable();
        count.manifests += usize::from(met.peek().is_some());
        count.lines += met.map(|row| if row.is_none() { document.lines.len() } else { 1 }).sum::<usize>();
    }
    count
}

/// Sums the lines of one unit. No sum overflows: see `MAX_QUANTITY_MILLI`.
fn total(code: &str, lines: &[&DocumentLine]) -> UnitTotal {
    let quantity_milli: i64 = lines.iter().filter_map(|line| line.quantity_milli).sum();
    let quantity = decimal(quantity_milli);
    let known = unit(code);
    let is = |dimension| known.is_some_and(|unit| unit.dimension == dimension);
    let of_total = known.and_then(|unit| convert(&quantity, unit).ok()).map(|converted| converted.amount);
    let (is_mass, is_volume) = (is(Dimension::Mass), is(Dimension::Volume));
    UnitTotal {
        unit: code.to_owned(),
        lines: lines.len(),
        lines_unsummed: lines.iter().filter(|line| line.quantity_milli.is_none()).count(),
        mass_g: is_mass.then(|| lines.iter().filter_map(|line| line.mass_g).sum()),
        mass_of_total_g: of_total.filter(|_| is_mass),
        volume_ml: is_volume.then(|| lines.iter().filter_map(|line| line.volume_ml).sum()),
        volume_of_total_ml: of_total.filter(|_| is_volume),
        quantity,
        quantity_milli,
    }
}

/// Thousandths as a decimal text: `1500` is `1.5`. Never negative.
fn decimal(milli: i64) -> String {
    let text = format!("{}.{:03}", milli / 1_000, milli % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
