//! Dates and times as other systems write them.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::clock::{HOUR_MS, MINUTE_MS, Timestamp};

/// The farthest offset from UTC that any clock shows, in minutes, with room for those to come.
const MAX_OFFSET_MINUTES: i64 = 18 * 60;
/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

/// Midnight in the eastern zone, in summer and in winter, as a time of day in UTC.
const EASTERN_MIDNIGHTS_MS: [i64; 2] = [4 * HOUR_MS, 5 * HOUR_MS];

/// A moment, to the granularity in which it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since 1970-01-01T00:00:00Z; before it, negative.
    pub at_ms: i64,
    /// True where only a date is said: no time, or midnight, local or that of the eastern zone in which e-Manifest enters what is on paper.
    pub is_day: bool,
    /// True where it says from which zone.
    pub has_offset: bool,
}

/// Why a text is no moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMoment {
    /// Not the form of a date.
    Form,
    /// The form of a date that no calendar has, or a time no day has.
    Impossible,
}

impl Moment {
    /// Reads `2017-04-14`, `2017-04-14T14:50:00Z`, with or without fractions of a second, and with an offset as `Z`, `-04:00`, `-0400`, `-04` or
    /// none: then it is taken for UTC.
    pub fn read(text: &str) -> Result<Self, NoMoment> {
        let bytes = text.as_bytes();
        let date = bytes.get(..10).filter(|date| fits(date, b"9999-99-99")).ok_or(NoMoment::Form)?;
        let mut time = TimeOfDay { hour: 0, minute: 0, second: 0, milli: 0, is_written: false };
        let mut offset = None;
        if bytes.len() > 10 {
            let rest = bytes[10..].strip_prefix(b"T").or_else(|| bytes[10..].strip_prefix(b" "));
            let (read, rest) = TimeOfDay::read(rest.ok_or(NoMoment::Form)?).ok_or(NoMoment::Form)?;
            time = read;
            offset = offset_minutes(rest).ok_or(NoMoment::Form)?;
        }
        let (year, month, day) = (number(&date[..4]), number(&date[5..7]), number(&date[8..10]));
        let date = i32::try_from(year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, month, day));
        let clock = NaiveTime::from_hms_milli_opt(time.hour, time.minute, time.second, time.milli);
        let far = offset.is_some_and(|minutes: i64| minutes.abs() > MAX_OFFSET_MINUTES);
        let (Some(date), Some(clock), false) = (date, clock, far) else { return Err(NoMoment::Impossible) };
        let local_ms = NaiveDateTime::new(date, clock).and_utc().timestamp_millis();
        let at_ms = local_ms - offset.unwrap_or(0) * MINUTE_MS;
        let is_midnight =
            local_ms.rem_euclid(DAY_MS) == 0 || EASTERN_MIDNIGHTS_MS.contains(&at_ms.rem_euclid(DAY_MS));
        Ok(Self { at_ms, is_day: is_midnight, has_offset: offset.is_some() || !time.is_written })
    }

    /// True when it certainly lies before `other`. Two days are apart only beyond the width of the country, a day and a time only beyond
    /// a day: what was written no finer is not compared finer.
    pub fn is_before(self, other: Moment) -> bool {
        let slack_ms = match (self.is_day, other.is_day) {
            (true, true) => DAY_MS / 2,
            (false, false) => 1,
            _ => DAY_MS,
        };
        other.at_ms - self.at_ms >= slack_ms
    }

    /// Whole days from `earlier` to this moment; negative when it is the earlier one.
    pub fn days_since(self, earlier: Moment) -> i64 {
        (self.at_ms - earlier.at_ms).div_euclid(DAY_MS)
    }

    /// The moment of a ledger's clock.
    pub fn of(at: Timestamp) -> Self {
        Self { at_ms: at.as_millis(), is_day: false, has_offset: true }
    }
}

/// A time of day as written.
struct TimeOfDay {
    hour: u32,
    minute: u32,
    second: u32,
    milli: u32,
    is_written: bool,
}

impl TimeOfDay {
    /// A time at the beginning of `text`, and what follows it.
    fn read(text: &[u8]) -> Option<(Self, &[u8])> {
        let head = text.get(..5).filter(|head| fits(head, b"99:99"))?;
        let (hour, minute) = (number(&head[..2]), number(&head[3..5]));
        let mut clock = Self { hour, minute, second: 0, milli: 0, is_written: true };
        let mut rest = &text[5..];
        if let Some(seconds) = rest.get(..3).filter(|seconds| fits(seconds, b":99")) {
            clock.second = number(&seconds[1..]);
            rest = &rest[3..];
            if let Some(fraction) = rest.strip_prefix(b".") {
                let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
                if digits == 0 || digits > 9 {
                    return None;
                }
                let three: Vec<u8> = fraction[..digits].iter().copied().chain(*b"00").take(3).collect();
                clock.milli = number(&three);
                rest = &fraction[digits..];
            }
        }
        // chrono takes a 60th second by way of its milliseconds; nobody signs in a leap second.
        Some((clock, rest))
    }
}

/// Minutes east of UTC; `Some(None)` where nothing is written.
fn offset_minutes(text: &[u8]) -> Option<Option<i64>> {
    let (sign, rest) = match text.split_first() {
        None => return Some(None),
        Some((b'Z', [])) => return Some(Some(0)),
        Some((b'+', rest)) => (1, rest),
        Some((b'-', rest)) => (-1, rest),
        Some(_) => return None,
    };
    let (hours, minutes) = match rest.len() {
        2 if fits(rest, b"99") => (number(rest), 0),
        4 if fits(rest, b"9999") => (number(&rest[..2]), number(&rest[2..])),
        5 if fits(rest, b"99:99") => (number(&rest[..2]), number(&rest[3..])),
        _ => return None,
    };
    Some(Some(sign * (i64::from(hours) * 60 + i64::from(minutes))))
}

/// True where `text` has a digit for each `9` of the form and the same sign elsewhere.
fn fits(text: &[u8], form: &[u8]) -> bool {
    let agree = |(byte, form): (&u8, &u8)| if *form == b'9' { byte.is_ascii_digit() } else { byte == form };
    text.len() == form.len() && text.iter().zip(form).all(agree)
}

/// The number of a few digits.
fn number(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit.wrapping_sub(b'0')))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ms(text: &str) -> i64 {
        Moment::read(text).unwrap().at_ms
    }

    #[test]
    fn the_spellings_of_the_interface_and_its_clients() {
        let same = ms("2017-04-14T14:50:00Z");
        for text in [
            "2017-04-14T14:50:00.000+0000",
            "2017-04-14T14:50:00.00Z",
            "2017-04-14T10:50:00-04:00",
            "2017-04-14T10:50:00.0000000-0400",
            "2017-04-14T10:50-04",
            "2017-04-14 14:50:00+00:00",
            "2017-04-14T14:50:00",
        ] {
            assert_eq!(ms(text), same, "{text}");
        }
        assert!(Moment::read("2017-04-14").unwrap().is_day);
        assert!(!Moment::read("2017-04-14T14:50:00").unwrap().has_offset);
        assert_eq!(ms("1970-01-01T00:00:00.123456789Z"), 123);
        assert_eq!(ms("2024-02-29"), 1_709_164_800_000);
    }

    #[test]
    fn what_no_calendar_has_and_what_is_no_date() {
        for text in [
            "2019-02-29",
            "2019-02-30T04:00:00.000+0000",
            "2019-13-01",
            "2019-00-10",
            "2019-04-31",
            "2019-01-00",
            "2019-01-01T24:00:00Z",
            "2019-01-01T12:60:00Z",
            "2019-01-01T12:00:60Z",
            "2019-01-01T12:00:00+19:00",
        ] {
            assert_eq!(Moment::read(text), Err(NoMoment::Impossible), "{text}");
        }
        for text in [
            "",
            "yesterday",
            "04/14/2017",
            "2017-4-14",
            "20170414",
            "2017-04-14T",
            "2017-04-14T14",
            "2017-04-14T14:50:00.Z",
            "2017-04-14T14:50:00 UTC",
            "2017-04-14T14:50:00z",
            "2017-04-14T14:50:00Z ",
            "2017-04-14X14:50:00Z",
            "1508731200000",
            "２０17-04-14",
            "2017-04-14T14:50:00+4",
        ] {
            assert_eq!(Moment::read(text), Err(NoMoment::Form), "{text}");
        }
    }

    #[test]
    fn nothing_is_compared_finer_than_it_was_written() {
        let at = |text| Moment::read(text).unwrap();
        // One day on paper, in two zones.
        assert!(!at("2019-03-14T04:00:00Z").is_before(at("2019-03-14T00:00:00-07:00")));
        assert!(at("2019-03-14T09:00:00Z").is_before(at("2019-03-14T10:00:00Z")));
        assert!(at("2019-03-13T04:00:00Z").is_before(at("2019-03-14T04:00:00Z")));
        // Signed electronically late in the evening, dated on paper the same day.
        assert!(!at("2019-03-14T04:00:00Z").is_before(at("2019-03-15T03:30:00Z")));
        assert!(at("2019-03-13T04:00:00Z").is_before(at("2019-03-15T03:30:00Z")));
        assert!(at("2019-03-14T04:00:00.001Z").is_before(at("2019-03-14T04:00:00.002Z")));
    }
}
