//! The words of one line, taken one by one. Every failure says what was expected and what stands there.

use std::collections::VecDeque;
use std::str::FromStr;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::clock::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::shape::{Grams, Text};

/// Scripts are written in the local time of China, UTC+8, where no clock is ever put forward or back.
pub(super) const ZONE_HOURS: i64 = 8;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The words of a line that are still to be read. A text in double quotes is one word that begins with `"`.
pub(super) struct Words(VecDeque<String>);

impl Words {
    /// Split a line into words; a `#` that stands alone begins a comment.
    pub(super) fn of(line: &str) -> Result<Words, String> {
        let mut words = VecDeque::new();
        let mut rest = line.trim_start();
        while !rest.is_empty() {
            if let Some(quoted) = rest.strip_prefix('"') {
                let end = quoted.find('"').ok_or("a text in quotes has no end; add the second \"")?;
                words.push_back(format!("\"{}", &quoted[..end]));
                rest = quoted[end + 1..].trim_start();
                continue;
            }
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            if &rest[..end] == "#" {
                break;
            }
            words.push_back(rest[..end].to_owned());
            rest = rest[end..].trim_start();
        }
        Ok(Words(words))
    }

    /// The next word, if it is not a text in quotes.
    pub(super) fn peek(&self) -> Option<&str> {
        self.0.front().map(String::as_str).filter(|word| !word.starts_with('"'))
    }

    /// True when nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Take the next word; `what` says what it should be.
    pub(super) fn next(&mut self, what: &str) -> Result<String, String> {
        match self.0.pop_front() {
            Some(word) if !word.starts_with('"') => Ok(word),
            Some(text) => Err(format!("expected {what}, found the text {}\"", text)),
            None => Err(format!("expected {what}, found the end of the line")),
        }
    }

    /// Take the next word if it is this one.
    pub(super) fn skip(&mut self, word: &str) -> bool {
        let is_next = self.peek() == Some(word);
        if is_next {
            self.0.pop_front();
        }
        is_next
    }

    /// Take this word or fail.
    pub(super) fn expect(&mut self, word: &str) -> Result<(), String> {
        let found = self.next(&format!("`{word}`"))?;
        if found == word { Ok(()) } else { Err(format!("expected `{word}`, found `{found}`")) }
    }

    /// Take the next word as a value of its type.
    pub(super) fn parsed<T: FromStr<Err: std::fmt::Display>>(&mut self, what: &str) -> Result<T, String> {
        let word = self.next(what)?;
        word.parse().map_err(|error| format!("expected {what}, found `{word}`: {error}"))
    }

    /// Take a text in quotes if one comes.
    pub(super) fn quoted<const MAX: usize>(&mut self) -> Result<Option<Text<MAX>>, String> {
        let Some(text) = self.0.front().and_then(|word| word.strip_prefix('"')) else { return Ok(None) };
        let text = Text::new(text)?;
        self.0.pop_front();
        Ok(Some(text))
    }

    /// True when a mass comes: a number stands next.
    pub(super) fn has_mass(&self) -> bool {
        self.peek().is_some_and(|word| word.parse::<i64>().is_ok())
    }

    /// Take a mass: `1200 kg`, `24 t`, `500 g`.
    pub(super) fn mass(&mut self) -> Result<Grams, String> {
        let number: i64 = self.parsed("a whole number of t, kg or g")?;
        let unit = self.next("`t`, `kg` or `g`")?;
        let unit_g = match unit.as_str() {
            "t" => 1_000_000,
            "kg" => 1000,
            "g" => 1,
            _ => return Err(format!("expected `t`, `kg` or `g`, found `{unit}`")),
        };
        let grams = number.checked_mul(unit_g).and_then(Grams::new);
        grams.ok_or_else(|| format!("{number} {unit} is no mass; write one above nothing"))
    }

    /// Take a moment: `+3d` after `from`, `18:00` on its day, or `2026-03-05 10:00`.
    pub(super) fn moment(&mut self, from: Timestamp) -> Result<Timestamp, String> {
        let word = self.next("a moment such as +3d, 18:00 or 2026-03-05 10:00")?;
        if word.starts_with('+') {
            return Ok(from.plus_millis(span_ms(&word)?));
        }
        let day = if word.contains(':') { None } else { Some(read_day(&word)?) };
        let time = if day.is_some() { self.next("a time such as 10:00")? } else { word };
        Ok(local(day.unwrap_or_else(|| local_day(from)), read_time(&time)?))
    }

    /// Take a span with its sign: `+12m`, `-30m`.
    pub(super) fn span_ms(&mut self) -> Result<i64, String> {
        span_ms(&self.next("a span such as +12m or -1h")?)
    }
}

fn span_ms(word: &str) -> Result<i64, String> {
    let wrong = || format!("expected a span such as +3d, +2h, -12m or +30s, found `{word}`");
    let unit = word.chars().last().ok_or_else(wrong)?;
    let unit_ms = match unit {
        'd' => DAY_MS,
        'h' => HOUR_MS,
        'm' => MINUTE_MS,
        's' => 1000,
        _ => return Err(wrong()),
    };
    let number = &word[..word.len() - unit.len_utf8()];
    if !number.starts_with(['+', '-']) {
        return Err(wrong());
    }
    let number: i64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(unit_ms).ok_or_else(wrong)
}

/// Reads `2026-03-02`.
pub(super) fn read_day(word: &str) -> Result<NaiveDate, String> {
    word.parse().map_err(|_| format!("expected a day such as 2026-03-02, found `{word}`"))
}

/// Reads `09:20`.
pub(super) fn read_time(word: &str) -> Result<NaiveTime, String> {
    NaiveTime::parse_from_str(word, "%H:%M")
        .map_err(|_| format!("expected a time such as 09:20, found `{word}`"))
}

/// The moment of a local day and time.
pub(super) fn local(day: NaiveDate, time: NaiveTime) -> Timestamp {
    let local_ms = NaiveDateTime::new(day, time).and_utc().timestamp_millis();
    Timestamp::from_millis(local_ms - ZONE_HOURS * HOUR_MS)
}

/// The local day of a moment.
pub(super) fn local_day(at: Timestamp) -> NaiveDate {
    at.plus_hours(ZONE_HOURS).to_utc().date_naive()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn words_texts_and_comments_are_told_apart() {
        let mut words = Words::of("acme  voids M1 \"sold # twice\" #k1 # a remark").unwrap();
        assert_eq!(words.next("who").unwrap(), "acme");
        assert!(words.skip("voids"));
        assert_eq!(words.next("what").unwrap(), "M1");
        assert!(words.next("a word").unwrap_err().contains("sold"));
        let mut words = Words::of("\"a b\" #k1 # rest").unwrap();
        assert_eq!(&*words.quoted::<9>().unwrap().unwrap(), "a b");
        assert_eq!(words.next("a label").unwrap(), "#k1");
        assert!(words.is_empty());
        assert!(Words::of("\"open").is_err());
    }

    #[test]
    fn masses_moments_and_spans_are_read() {
        let mass = |text: &str| Words::of(text).unwrap().mass().map(Grams::get);
        assert_eq!(mass("24 t"), Ok(24_000_000));
        assert_eq!(mass("7 g"), Ok(7));
        for bad in ["24", "24 lb", "0 kg", "-1 kg", "x kg", "9223372036854775807 t"] {
            assert!(mass(bad).is_err(), "{bad}");
        }
        let from: Timestamp = "2026-03-02T09:20:00+08:00".parse().unwrap();
        let moment = |text: &str| Words::of(text).unwrap().moment(from);
        assert_eq!(moment("+3d"), Ok("2026-03-05T09:20:00+08:00".parse().unwrap()));
        assert_eq!(moment("07:00"), Ok("2026-03-02T07:00:00+08:00".parse().unwrap()));
        assert_eq!(moment("2026-03-05 10:00"), Ok("2026-03-05T10:00:00+08:00".parse().unwrap()));
        for bad in ["3d", "+3", "+d", "2026-03-05", "25:00", "tomorrow"] {
            assert!(moment(bad).is_err(), "{bad}");
        }
        assert_eq!(Words::of("-12m").unwrap().span_ms(), Ok(-720_000));
    }
}
