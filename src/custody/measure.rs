//! Measures: what entered, left and lay at a site, as registers and declarations call it.
//!
//! Every gram that a site's books gain or lose stands against one account, and each account has a measure for either way. So the
//! opening, all that entered, less all that left, is the closing, to the gram.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::catalogue::WasteCode;

/// One figure of a declaration, of a waste code at a site in a period, in grams and never negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// There at the beginning of the first day (期初结存).
    Opening,
    /// By so much more had left before the first day than ever came.
    OpeningShort,
    /// Brought into the books when they were opened (建账).
    Opened,
    /// Arose here (产生).
    Generated,
    /// Came off the road (接收).
    Received,
    /// Came from another site or party without being on the road between (调入).
    MovedIn,
    /// Came out of treatment and repacking (产出).
    Made,
    /// More than by the books, for a stated cause (盘盈).
    VarianceFound,
    /// More than by the books, and nobody said why.
    UnexplainedFound,
    /// Was loaded: treated by others (委外).
    SentOn,
    /// Went to another site or party without being on the road between (调出).
    MovedOut,
    /// Was used here (自行利用).
    Used,
    /// Was disposed of here (自行处置).
    Disposed,
    /// Went into repacked lots (重新包装).
    Repacked,
    /// Less than by the books, for a stated cause (盘亏).
    VarianceLost,
    /// Less than by the books, and nobody said why.
    UnexplainedLost,
    /// There at the end of the last day (期末结存).
    Closing,
    /// By so much more had left by the last day than ever came.
    ClosingShort,
}

impl Measure {
    /// Every measure, in the order of a balance.
    pub const ALL: [Self; 18] = [
        Self::Opening,
        Self::OpeningShort,
        Self::Opened,
        Self::Generated,
        Self::Received,
        Self::MovedIn,
        Self::Made,
        Self::VarianceFound,
        Self::UnexplainedFound,
        Self::SentOn,
        Self::MovedOut,
        Self::Used,
        Self::Disposed,
        Self::Repacked,
        Self::VarianceLost,
        Self::UnexplainedLost,
        Self::Closing,
        Self::ClosingShort,
    ];

    /// The kebab-case name, as it stands in declarations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opening => "opening",
            Self::OpeningShort => "opening-short",
            Self::Opened => "opened",
            Self::Generated => "generated",
            Self::Received => "received",
            Self::MovedIn => "moved-in",
            Self::Made => "made",
            Self::VarianceFound => "variance-found",
            Self::UnexplainedFound => "unexplained-found",
            Self::SentOn => "sent-on",
            Self::MovedOut => "moved-out",
            Self::Used => "used",
            Self::Disposed => "disposed",
            Self::Repacked => "repacked",
            Self::VarianceLost => "variance-lost",
            Self::UnexplainedLost => "unexplained-lost",
            Self::Closing => "closing",
            Self::ClosingShort => "closing-short",
        }
    }

    /// The measure of what entered (or left) a site against the account of this name.
    pub fn of(against: &str, enters: bool) -> Self {
        match (against, enters) {
            ("opened", _) => Self::Opened,
            ("generated", _) => Self::Generated,
            ("used", _) => Self::Used,
            ("disposed", _) => Self::Disposed,
            ("transit", true) => Self::Received,
            ("transit", false) => Self::SentOn,
            ("held", true) => Self::MovedIn,
            ("held", false) => Self::MovedOut,
            ("became", true) => Self::Made,
            ("became", false) => Self::Repacked,
            (stated, true) if stated.starts_with("variance-") => Self::VarianceFound,
            (stated, false) if stated.starts_with("variance-") => Self::VarianceLost,
            (_, true) => Self::UnexplainedFound,
            (_, false) => Self::UnexplainedLost,
        }
    }

    /// The measure of grams that entered (or left) a site against the account of this name, and what they add to it: an account that
    /// only gives, or only takes, has one measure for both ways.
    pub fn moved(against: &str, enters: bool, mass_g: i64) -> (Self, i64) {
        let measure = Self::of(against, enters);
        let is_own_way = (measure.sign() > 0) == enters;
        (measure, if is_own_way { mass_g } else { mass_g.wrapping_neg() })
    }

    /// Whether a gram of it makes the balance larger (1) or smaller (-1). The opening is on the one side of a balance, the closing
    /// on the other.
    pub fn sign(self) -> i64 {
        match self {
            Self::Opening
            | Self::Opened
            | Self::Generated
            | Self::Received
            | Self::MovedIn
            | Self::Made
            | Self::VarianceFound
            | Self::UnexplainedFound
            | Self::ClosingShort => 1,
            Self::OpeningShort
            | Self::SentOn
            | Self::MovedOut
            | Self::Used
            | Self::Disposed
            | Self::Repacked
            | Self::VarianceLost
            | Self::UnexplainedLost
            | Self::Closing => -1,
        }
    }

    /// True for what lies there at one moment, and does not move.
    pub fn is_balance(self) -> bool {
        matches!(self, Self::Opening | Self::OpeningShort | Self::Closing | Self::ClosingShort)
    }
}

/// The name is none of a measure's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a measure of this ledger")]
pub struct NoMeasure;

impl FromStr for Measure {
    type Err = NoMeasure;

    fn from_str(name: &str) -> Result<Self, NoMeasure> {
        Self::ALL.into_iter().find(|measure| measure.name() == name).ok_or(NoMeasure)
    }
}

/// Figures by code and measure, in grams; what is not there is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures(BTreeMap<(WasteCode, Measure), i64>);

impl Figures {
    /// Add grams to a figure.
    pub fn add(&mut self, code: WasteCode, measure: Measure, mass_g: i64) {
        let figure = self.0.entry((code, measure)).or_default();
        *figure = figure.wrapping_add(mass_g);
        if *figure == 0 {
            self.0.remove(&(code, measure));
        }
    }

    /// Add what entered and left against an account within the period.
    pub fn flow(&mut self, code: WasteCode, against: &str, in_g: i64, out_g: i64) {
        for (enters, mass_g) in [(true, in_g), (false, out_g)] {
            let (measure, mass_g) = Measure::moved(against, enters, mass_g);
            self.add(code, measure, mass_g);
        }
    }

    /// Say what was there before the period; the closing follows from it and from what moved.
    pub fn open(&mut self, openings: &BTreeMap<WasteCode, i64>) {
        let mut closings = openings.clone();
        for ((code, measure), mass_g) in &self.0 {
            let closing = closings.entry(*code).or_default();
            *closing = closing.wrapping_add(measure.sign().wrapping_mul(*mass_g));
        }
        for (balances, there, short) in [
            (openings, Measure::Opening, Measure::OpeningShort),
            (&closings, Measure::Closing, Measure::ClosingShort),
        ] {
            for (code, balance_g) in balances {
                self.add(*code, there, (*balance_g).max(0));
                self.add(*code, short, balance_g.min(&0).wrapping_neg());
            }
        }
    }

    /// What was there before the period, by code: less than nothing where it was short.
    pub fn openings(&self) -> BTreeMap<WasteCode, i64> {
        let mut openings = BTreeMap::new();
        for (code, measure, mass_g) in self.iter() {
            let part_g = match measure {
                Measure::Opening => mass_g,
                Measure::OpeningShort => mass_g.wrapping_neg(),
                _ => continue,
            };
            let opening: &mut i64 = openings.entry(code).or_default();
            *opening = opening.wrapping_add(part_g);
        }
        openings
    }

    /// One figure.
    pub fn get(&self, code: WasteCode, measure: Measure) -> i64 {
        self.0.get(&(code, measure)).copied().unwrap_or(0)
    }

    /// Every figure that is not 0, by code and measure.
    pub fn iter(&self) -> impl Iterator<Item = (WasteCode, Measure, i64)> + '_ {
        self.0.iter().map(|((code, measure), mass_g)| (*code, *measure, *mass_g))
    }

    /// Where these and others differ: code, measure, this figure, the other.
    pub fn differences(&self, others: &Self) -> Vec<(WasteCode, Measure, i64, i64)> {
        let keys: std::collections::BTreeSet<_> = self.0.keys().chain(others.0.keys()).copied().collect();
        let both = keys
            .into_iter()
            .map(|(code, measure)| (code, measure, self.get(code, measure), others.get(code, measure)));
        both.filter(|(_, _, one, other)| one != other).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn code() -> WasteCode {
        "900-041-49".parse().unwrap()
    }

    #[test]
    fn measures_come_back_from_their_names() {
        for measure in Measure::ALL {
            assert_eq!(measure.name().parse(), Ok(measure));
            assert_eq!(serde_json::to_value(measure).unwrap(), measure.name());
        }
        assert_eq!("shipped".parse::<Measure>(), Err(NoMeasure));
    }

    /// Whatever moved against whichever account: opening and all that entered, less all that left, is the closing.
    #[test]
    fn figures_add_up_for_every_account_and_balance() {
        let accounts = [
            "opened",
            "generated",
            "transit",
            "held",
            "became",
            "used",
            "disposed",
            "variance-spill",
            "unexplained",
            "some-later-account",
        ];
        for opening_g in [-7, 0, 5, 1_000] {
            let mut figures = Figures::default();
            let mut closing_g: i64 = opening_g;
            for (n, against) in (1..).zip(accounts) {
                figures.flow(code(), against, n, n * n);
                closing_g += n - n * n;
            }
            figures.open(&BTreeMap::from([(code(), opening_g)]));
            let sum: i64 = figures.iter().map(|(_, measure, mass_g)| measure.sign() * mass_g).sum();
            assert_eq!(sum, 0);
            let there = figures.get(code(), Measure::Closing) - figures.get(code(), Measure::ClosingShort);
            assert_eq!(there, closing_g);
            assert!(figures.iter().all(|(_, measure, mass_g)| mass_g > 0 || !measure.is_balance()));
        }
    }

    #[test]
    fn a_difference_names_its_figure_whichever_side_lacks_it() {
        let (mut one, mut other) = (Figures::default(), Figures::default());
        one.add(code(), Measure::Generated, 5_000);
        other.add(code(), Measure::Generated, 4_000);
        other.add(code(), Measure::SentOn, 1);
        one.add(code(), Measure::Used, 3);
        other.add(code(), Measure::Used, 3);
        assert_eq!(
            one.differences(&other),
            [(code(), Measure::Generated, 5_000, 4_000), (code(), Measure::SentOn, 0, 1)]
        );
    }
}
