//! Stock: what a lot counts as at a site, and what a count of the stock says.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use super::event::Recorded;
use super::kind::Statement;
use super::lot::LotState;
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::id::SiteId;
use crate::ledger::EventId;

/// What a lot counts as in the stock of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StockCode {
    /// Waste of this code.
    Waste(WasteCode),
    /// A product of a treatment.
    Product,
    /// No event has said yet what it is.
    Unknown,
}

impl StockCode {
    /// The waste code, if it is waste of a known one.
    pub fn waste(self) -> Option<WasteCode> {
        if let Self::Waste(code) = self { Some(code) } else { None }
    }
}

impl fmt::Display for StockCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waste(code) => code.fmt(f),
            Self::Product => f.write_str("product"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// The text names neither a waste code nor one of the two words beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither a waste code nor product or unknown")]
pub struct NoStockCode;

impl FromStr for StockCode {
    type Err = NoStockCode;

    fn from_str(text: &str) -> Result<Self, NoStockCode> {
        match text {
            "product" => Ok(Self::Product),
            "unknown" => Ok(Self::Unknown),
            code => code.parse().map(Self::Waste).map_err(|_| NoStockCode),
        }
    }
}

impl LotState {
    /// What it counts as.
    pub fn stock_code(&self) -> StockCode {
        match (self.code(), &self.origin) {
            (Some(code), _) => StockCode::Waste(code),
            (None, Some(_)) => StockCode::Product,
            (None, None) => StockCode::Unknown,
        }
    }
}

/// What one count says of one waste code at a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// The event.
    pub event: EventId,
    /// Who counted.
    pub party: Uscc,
    /// Where.
    pub site: SiteId,
    /// The code.
    pub code: WasteCode,
    /// When it is effective.
    pub at: Timestamp,
    /// What was there, in grams.
    pub mass_g: i64,
    /// How much more than by the signer's books (negative: less), in grams, over the lots it states that of.
    pub differs_g: i64,
    /// How many lots were counted one by one; 0 where the code was counted as a whole.
    pub lots: u32,
    /// False when the event moves nothing (any more).
    pub is_in_force: bool,
}

/// The counts an event states, by code.
pub fn counts(recorded: &Recorded) -> Vec<Count> {
    let Statement::StockCounted(s) = &recorded.event.statement else { return Vec::new() };
    let mut counts: BTreeMap<WasteCode, Count> = BTreeMap::new();
    for counted in s.counts.iter() {
        let count = counts.entry(counted.code).or_insert_with(|| Count {
            event: recorded.id,
            party: recorded.event.party,
            site: s.site,
            code: counted.code,
            at: recorded.base_time(),
            mass_g: 0,
            differs_g: 0,
            lots: 0,
            is_in_force: recorded.verdict.moves(),
        });
        count.mass_g = count.mass_g.saturating_add_unsigned(counted.mass_g);
        count.differs_g = count.differs_g.wrapping_add(counted.differs_g.unwrap_or(0));
        count.lots += u32::from(counted.lot.is_some());
    }
    for count in counts.values_mut() {
        let is_whole = s.counts.iter().any(|counted| counted.code == count.code && counted.lot.is_none());
        count.lots = if is_whole { 0 } else { count.lots };
    }
    counts.into_values().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn codes_come_back_from_their_text() {
        let waste = StockCode::Waste("900-041-49".parse().unwrap());
        for code in [waste, StockCode::Product, StockCode::Unknown] {
            assert_eq!(code.to_string().parse(), Ok(code));
        }
        assert_eq!("900-041".parse::<StockCode>(), Err(NoStockCode));
    }
}
