//! The periods that declarations to the authority cover, as days of the calendar.

use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};

/// What a declaration to the authority covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeclarationPeriod {
    /// A calendar month.
    Month,
    /// A quarter.
    Quarter,
    /// A year.
    Year,
}

impl DeclarationPeriod {
    /// Every length of period.
    pub const ALL: [Self; 3] = [Self::Month, Self::Quarter, Self::Year];

    /// The kebab-case name, as it stands in payloads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The period with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|period| period.name() == name)
    }

    fn months(self) -> u32 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }

    /// The first day of the period of this length that a day lies in.
    pub fn first_day(self, of: NaiveDate) -> NaiveDate {
        let month0 = of.month0() - of.month0() % self.months();
        of.with_day(1).and_then(|day| day.with_month0(month0)).unwrap_or(of)
    }

    /// The first day of the next period after the one that a day lies in.
    pub fn next(self, of: NaiveDate) -> NaiveDate {
        self.first_day(of).checked_add_months(Months::new(self.months())).unwrap_or(NaiveDate::MAX)
    }

    /// The last day of the period that a day lies in.
    pub fn last_day(self, of: NaiveDate) -> NaiveDate {
        self.next(of).checked_sub_days(Days::new(1)).unwrap_or(of)
    }
}

/// The name is none of a period's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither month, quarter nor year")]
pub struct NoPeriod;

impl std::str::FromStr for DeclarationPeriod {
    type Err = NoPeriod;

    fn from_str(name: &str) -> Result<Self, NoPeriod> {
        Self::named(name).ok_or(NoPeriod)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_begins_on_its_first_day_and_ends_before_the_next() {
        for (period, of, first, last) in [
            (DeclarationPeriod::Month, "2024-02-29", "2024-02-01", "2024-02-29"),
            (DeclarationPeriod::Month, "2026-12-31", "2026-12-01", "2026-12-31"),
            (DeclarationPeriod::Quarter, "2026-05-31", "2026-04-01", "2026-06-30"),
            (DeclarationPeriod::Quarter, "2026-12-01", "2026-10-01", "2026-12-31"),
            (DeclarationPeriod::Year, "2026-07-15", "2026-01-01", "2026-12-31"),
            (DeclarationPeriod::Year, "9999-12-31", "9999-01-01", "9999-12-31"),
        ] {
            let of = day(of);
            assert_eq!(
                (period.first_day(of), period.last_day(of)),
                (day(first), day(last)),
                "{period:?} {of}"
            );
            assert_eq!(DeclarationPeriod::named(period.name()), Some(period));
        }
    }
}
