//! Working days of mainland China: Monday to Friday, less public holidays, plus shifted working weekends (调休).

use std::collections::BTreeMap;
use std::sync::OnceLock;

use chrono::{Datelike, NaiveDate, Weekday};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{CatalogueError, read_table};

const CN_WORKING_DAYS: &str = include_str!("../../seeds/calendar/cn-working-days.csv");

/// Most working days a deadline may count, about ten years; more is cut to this.
pub const MAX_WORKING_DAYS: u32 = 2_500;

/// Last day of December that the notice of its own year settles. The next year's notice may still move the days after it: New Year's
/// Day of 2019 made 2018-12-29 a working Saturday and 2018-12-31 a holiday.
const LAST_SETTLED_DAY_OF_DECEMBER: u32 = 28;

/// A working-day calendar.
#[derive(Debug)]
pub struct Calendar {
    exceptions: BTreeMap<NaiveDate, Exception>,
    known_from: NaiveDate,
    known_until: NaiveDate,
    digest: [u8; 32],
}

#[derive(Debug)]
struct Exception {
    working: bool,
    occasion: String,
}

/// What a day is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// True on a working day.
    pub working: bool,
    /// False outside the known calendar, where only Monday to Friday is assumed.
    pub known: bool,
}

/// The day a term of working days ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The last day of the term.
    pub date: NaiveDate,
    /// True when a day counted lies outside the known calendar: to be computed anew when the calendar is loaded.
    pub provisional: bool,
}

/// Why a calendar could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CalendarError {
    /// The table is not well-formed.
    #[error(transparent)]
    Table(#[from] CatalogueError),
    /// The table has no rows, so no day would be known.
    #[error("the calendar has no rows; add the holidays of at least one year")]
    Empty,
    /// A date occurs twice, or rows are out of order.
    #[error("the calendar names {0} twice or out of order; order the rows by date, one row a date")]
    Order(NaiveDate),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    date: NaiveDate,
    kind: Kind,
    occasion: String,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Holiday,
    Workday,
}

impl Calendar {
    /// The calendar compiled into this program, read once.
    pub fn embedded() -> &'static Calendar {
        static EMBEDDED: OnceLock<Calendar> = OnceLock::new();
        EMBEDDED.get_or_init(|| {
            Calendar::parse(CN_WORKING_DAYS).expect("the compiled-in calendar parses, a test reads it")
        })
    }

    /// Reads a table `date,kind,occasion` with kind `holiday` or `workday`. It must hold every exception of the years it spans, since
    /// the known range runs from the first row's January to the last row's December.
    pub fn parse(text: &str) -> Result<Calendar, CalendarError> {
        let rows: Vec<Row> = read_table("working-days.csv", text)?;
        let (first, last) = rows.first().zip(rows.last()).ok_or(CalendarError::Empty)?;
        let known_from = first.date.with_ordinal(1).unwrap_or(first.date);
        let known_until =
            NaiveDate::from_ymd_opt(last.date.year(), 12, LAST_SETTLED_DAY_OF_DECEMBER).unwrap_or(last.date);
        if let Some(pair) = rows.windows(2).find(|pair| pair[0].date >= pair[1].date) {
            return Err(CalendarError::Order(pair[1].date));
        }
        let as_exception =
            |row: Row| (row.date, Exception { working: row.kind == Kind::Workday, occasion: row.occasion });
        let exceptions = rows.into_iter().map(as_exception).collect();
        Ok(Calendar { exceptions, known_from, known_until, digest: Sha256::digest(text.as_bytes()).into() })
    }

    /// SHA-256 of the calendar's text, for `profile.adopted`.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// First and last day that the calendar knows.
    pub fn known_range(&self) -> (NaiveDate, NaiveDate) {
        (self.known_from, self.known_until)
    }

    /// Why a day is a holiday or a shifted working day, e.g. `Spring Festival`; none for an ordinary day.
    pub fn occasion(&self, date: NaiveDate) -> Option<&str> {
        self.exceptions.get(&date).map(|exception| exception.occasion.as_str())
    }

    /// Whether `date` is a working day, and whether that is known or only assumed.
    pub fn is_working_day(&self, date: NaiveDate) -> Day {
        let ordinary = !matches!(date.weekday(), Weekday::Sat | Weekday::Sun);
        let working = self.exceptions.get(&date).map_or(ordinary, |exception| exception.working);
        let known = (self.known_from..=self.known_until).contains(&date);
        Day { working, known }
    }

    /// The `n`-th working day after `from`; `from` itself is not counted, so a term of 0 days ends on `from`.
    pub fn add_working_days(&self, from: NaiveDate, n: u32) -> Deadline {
        let mut deadline = Deadline { date: from, provisional: false };
        let mut left = n.min(MAX_WORKING_DAYS);
        while left > 0 {
            let Some(next) = deadline.date.succ_opt() else { break };
            let day = self.is_working_day(next);
            deadline.date = next;
            deadline.provisional |= !day.known;
            left -= u32::from(day.working);
        }
        deadline
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn due(from: &str, n: u32) -> (String, bool) {
        let deadline = Calendar::embedded().add_working_days(date(from), n);
        (deadline.date.to_string(), deadline.provisional)
    }

    #[test]
    fn the_embedded_calendar_reads_whole() {
        let calendar = Calendar::parse(CN_WORKING_DAYS).unwrap();
        assert_eq!(calendar.exceptions.len(), 256);
        assert_eq!(calendar.known_range(), (date("2020-01-01"), date("2026-12-28")));
        assert_eq!(calendar.occasion(date("2026-10-10")), Some("National Day"));
        assert_eq!(calendar.occasion(date("2026-10-12")), None);
    }

    #[test]
    fn every_shifted_working_day_is_a_weekend() {
        for (day, exception) in &Calendar::embedded().exceptions {
            let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
            assert!(weekend || !exception.working, "{day}");
        }
    }

    #[test]
    fn holidays_and_shifted_weekends() {
        for (day, working, known) in [
            ("2026-10-01", false, true),
            ("2026-09-20", true, true),
            ("2026-10-10", true, true),
            ("2026-10-11", false, true),
            ("2026-10-09", true, true),
            ("2024-02-29", true, true),
            ("2027-01-01", true, false),
            ("2027-01-02", false, false),
            ("2026-12-28", true, true),
            ("2026-12-31", true, false),
            ("2019-12-31", true, false),
        ] {
            assert_eq!(Calendar::embedded().is_working_day(date(day)), Day { working, known }, "{day}");
        }
    }

    #[test]
    fn five_working_days_over_national_day_2026() {
        // Wednesday 30 September; off 1 to 7 October; 8, 9, shifted Saturday 10, then 12 and 13.
        assert_eq!(due("2026-09-30", 5), ("2026-10-13".into(), false));
        // The Sunday before the Mid-autumn Festival is worked; 25 to 27 September are off.
        assert_eq!(due("2026-09-19", 5), ("2026-09-24".into(), false));
    }

    #[test]
    fn five_working_days_over_spring_festival() {
        // 2025: off 28 January to 4 February, worked on Sunday 26 January and Saturday 8 February.
        assert_eq!(due("2025-01-24", 5), ("2025-02-07".into(), false));
        assert_eq!(due("2025-01-27", 4), ("2025-02-08".into(), false));
    }

    #[test]
    fn plain_weeks_leap_days_and_a_term_of_none() {
        assert_eq!(due("2024-02-26", 5), ("2024-03-04".into(), false));
        assert_eq!(due("2024-02-28", 1), ("2024-02-29".into(), false));
        assert_eq!(due("2026-10-01", 0), ("2026-10-01".into(), false));
    }

    #[test]
    fn past_the_known_calendar_is_provisional() {
        assert_eq!(due("2026-12-21", 5), ("2026-12-28".into(), false));
        assert_eq!(due("2026-12-22", 5), ("2026-12-29".into(), true));
        assert_eq!(due("2026-12-28", 5), ("2027-01-04".into(), true));
        assert_eq!(due("2019-12-30", 2), ("2020-01-02".into(), true));
    }

    #[test]
    fn a_term_is_bounded_even_at_the_end_of_time() {
        let calendar = Calendar::embedded();
        assert_eq!(calendar.add_working_days(NaiveDate::MAX, 3).date, NaiveDate::MAX);
        let (from, far) = (date("2026-01-01"), calendar.add_working_days(date("2026-01-01"), u32::MAX));
        assert_eq!(far, calendar.add_working_days(from, MAX_WORKING_DAYS));
    }

    #[test]
    fn loading_the_next_year_settles_its_days() {
        let longer = format!("{CN_WORKING_DAYS}2027-01-01,holiday,New Year's Day\n");
        let calendar = Calendar::parse(&longer).unwrap();
        let deadline = calendar.add_working_days(date("2026-12-28"), 5);
        assert_eq!((deadline.date.to_string().as_str(), deadline.provisional), ("2027-01-05", false));
        assert_ne!(calendar.digest(), Calendar::embedded().digest());
    }

    #[test]
    fn a_bad_calendar_is_refused() {
        let head = "date,kind,occasion\n";
        assert!(matches!(Calendar::parse(head), Err(CalendarError::Empty)));
        let twice = format!("{head}2026-01-01,holiday,a\n2026-01-01,workday,b\n");
        assert!(matches!(Calendar::parse(&twice), Err(CalendarError::Order(_))));
        assert!(matches!(
            Calendar::parse(&format!("{head}2026-02-30,holiday,a\n")),
            Err(CalendarError::Table(_))
        ));
        assert!(matches!(
            Calendar::parse(&format!("{head}2026-02-03,party,a\n")),
            Err(CalendarError::Table(_))
        ));
    }
}
