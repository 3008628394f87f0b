//! The months that somebody asks about.

use chrono::{Datelike, Months as Of, NaiveDate};

use crate::catalogue::DeclarationPeriod;

/// Most months of one answer.
pub const MAX_STATISTICS_MONTHS: u32 = 24;
/// So many when nothing is said.
const USUAL: u32 = 12;

/// Some calendar months in a row, at most [`MAX_STATISTICS_MONTHS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Months {
    from: NaiveDate,
    to: NaiveDate,
}

/// Why these are no months to ask about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoMonths {
    /// The last one comes before the first.
    #[error("the last month comes before the first")]
    Backwards,
    /// They are too many.
    #[error("at most {MAX_STATISTICS_MONTHS} months at once; ask again for the rest")]
    TooMany,
    /// The public is told of months that are over.
    #[error("the last month told to everybody is {last}; figures of a month are public once it is over", last = .0.format("%Y-%m"))]
    NotOver(NaiveDate),
}

impl Months {
    /// From the month of one day to that of another. Where nothing is said the last one is `usual_to`, and there are twelve of them.
    pub fn between(
        from: Option<NaiveDate>,
        to: Option<NaiveDate>,
        usual_to: NaiveDate,
    ) -> Result<Self, NoMonths> {
        let first_day = |day| DeclarationPeriod::Month.first_day(day);
        let to = first_day(to.unwrap_or(usual_to));
        let usual_from = to.checked_sub_months(Of::new(USUAL - 1)).unwrap_or(to);
        let from = first_day(from.unwrap_or(usual_from));
        let asked = Self { from, to };
        match asked.len() {
            ..=0 => Err(NoMonths::Backwards),
            len if len > MAX_STATISTICS_MONTHS as i32 => Err(NoMonths::TooMany),
            _ => Ok(asked),
        }
    }

    /// First day of the first month.
    pub fn from(&self) -> NaiveDate {
        self.from
    }

    /// First day of the last month.
    pub fn to(&self) -> NaiveDate {
        self.to
    }

    /// The first day of each month.
    pub fn iter(&self) -> impl Iterator<Item = NaiveDate> + use<> {
        let to = self.to;
        std::iter::successors(Some(self.from), |month| Some(DeclarationPeriod::Month.next(*month)))
            .take_while(move |month| *month <= to)
    }

    fn len(&self) -> i32 {
        let months = |day: NaiveDate| day.year() * 12 + day.month0() as i32;
        months(self.to) - months(self.from) + 1
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn months(from: &str, to: &str) -> Result<Months, NoMonths> {
        Months::between(Some(day(from)), Some(day(to)), day("2026-11-26"))
    }

    #[test]
    fn at_most_two_years_are_asked_for() {
        let two_years = months("2024-12-31", "2026-11-01").unwrap();
        assert_eq!((two_years.iter().count(), two_years.from()), (24, day("2024-12-01")));
        assert_eq!(months("2024-11-30", "2026-11-01"), Err(NoMonths::TooMany));
        assert_eq!(months("2026-12-01", "2026-11-30"), Err(NoMonths::Backwards));
        assert_eq!(months("2026-11-30", "2026-11-01").unwrap().iter().count(), 1);
        assert_eq!(months("1970-01-01", "9999-12-01"), Err(NoMonths::TooMany));
    }

    #[test]
    fn twelve_months_are_meant_where_nothing_is_said() {
        let usual = Months::between(None, None, day("2026-11-26")).unwrap();
        assert_eq!((usual.from(), usual.to()), (day("2025-12-01"), day("2026-11-01")));
        assert_eq!(usual.iter().count(), 12);
    }
}
