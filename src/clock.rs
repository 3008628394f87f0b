//! The only place that asks what time it is.
//!
//! Everything else receives a [`Timestamp`]. Tests, the demo and replays bring a clock of their own, so a week of
//! custody can be played in a second and a deadline can be reached without waiting for it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use chrono::{DateTime, SecondsFormat, TimeZone, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment: whole milliseconds since 1970-01-01T00:00:00Z, between the years 1970 and 9999.
///
/// As text it is RFC 3339; any offset is read, UTC with milliseconds is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// Milliseconds of a minute.
pub const MINUTE_MS: i64 = 60_000;
/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 60 * MINUTE_MS;

/// The last moment a [`Timestamp`] can hold: 9999-12-31T23:59:59.999Z.
pub const MAX_TIMESTAMP_MS: i64 = 253_402_300_799_999;

/// Why a text is not a [`Timestamp`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time between 1970 and 9999, such as 2026-03-02T09:20:00+08:00")]
pub struct TimestampError;

impl Timestamp {
    /// The moment `ms` milliseconds after 1970, held inside the range this type can show.
    pub fn from_millis(ms: i64) -> Self {
        Self(ms.clamp(0, MAX_TIMESTAMP_MS))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// This moment moved by `ms` milliseconds, held inside the range.
    pub fn plus_millis(self, ms: i64) -> Self {
        Self::from_millis(self.0.saturating_add(ms))
    }

    /// This moment moved by `hours` hours, held inside the range.
    pub fn plus_hours(self, hours: i64) -> Self {
        self.plus_millis(hours.saturating_mul(HOUR_MS))
    }

    /// Milliseconds from `earlier` to `self`; negative when `self` is the earlier one.
    pub fn since(self, earlier: Timestamp) -> i64 {
        self.0 - earlier.0
    }

    /// The same moment as a `chrono` value, for calendars and formats.
    pub fn to_utc(self) -> DateTime<Utc> {
        Utc.timestamp_millis_opt(self.0).single().unwrap_or_default()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        if !is_spelled(text) {
            return Err(TimestampError);
        }
        let ms = DateTime::parse_from_rfc3339(text).map_err(|_| TimestampError)?.timestamp_millis();
        if (0..=MAX_TIMESTAMP_MS).contains(&ms) { Ok(Self(ms)) } else { Err(TimestampError) }
    }
}

/// The one spelling: `T` and `Z` in upper case, no leap second, at most nine digits of a second (what lies below a millisecond
/// is cut), ASCII signs.
fn is_spelled(text: &str) -> bool {
    let bytes = text.as_bytes();
    let fraction =
        bytes.iter().skip(19).skip_while(|b| **b == b'.').take_while(|b| b.is_ascii_digit()).count();
    text.is_ascii()
        && bytes.get(10) == Some(&b'T')
        && bytes.get(17).is_some_and(|b| *b < b'6')
        && !text.ends_with('z')
        && fraction <= 9
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What time it is: the machine's clock, one that stands still until it is set, or one that runs from a given moment.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Stands where it was last set (milliseconds since 1970).
    Manual(Arc<AtomicI64>),
    /// Runs with the machine's clock, moved by a number of milliseconds.
    Shifted(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `at` until [`Clock::set`] moves it.
    pub fn manual(at: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.as_millis())))
    }

    /// A clock that shows `at` now and runs on from there.
    pub fn running_from(at: Timestamp) -> Self {
        Self::Shifted(Arc::new(AtomicI64::new(at.as_millis() - system_now().as_millis())))
    }

    /// The moment this clock shows.
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => system_now(),
            Self::Manual(at) => Timestamp::from_millis(at.load(Ordering::SeqCst)),
            Self::Shifted(by_ms) => system_now().plus_millis(by_ms.load(Ordering::SeqCst)),
        }
    }

    /// What a caller's own clock should show: the machine's time, also where the ledger's clock was moved for a
    /// demonstration; a manual clock stands for both. For the short life of tokens, never for what is recorded.
    pub fn callers_now(&self) -> Timestamp {
        match self {
            Self::Manual(_) => self.now(),
            Self::System | Self::Shifted(_) => system_now(),
        }
    }

    /// Move a manual or moved clock on by `by_ms` milliseconds; the machine's stays as it is.
    pub fn forward(&self, by_ms: i64) {
        match self {
            Self::Manual(hand) | Self::Shifted(hand) => drop(hand.fetch_add(by_ms, Ordering::SeqCst)),
            Self::System => {}
        }
    }

    /// Move a manual clock to `at`; the other clocks cannot be set and stay as they are.
    pub fn set(&self, at: Timestamp) {
        if let Self::Manual(ms) = self {
            ms.store(at.as_millis(), Ordering::SeqCst);
        }
    }
}

/// How long something takes, for whoever watches the process. Nothing that is recorded or decided goes by it.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// From now on.
    #[allow(clippy::disallowed_methods)] // This is the one home of `now`.
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Seconds since it was started.
    pub fn seconds(self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

#[allow(clippy::disallowed_methods)] // This is the one home of `now`.
fn system_now() -> Timestamp {
    Timestamp::from_millis(Utc::now().timestamp_millis())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_the_moment_whatever_the_offset() {
        let shanghai: Timestamp = "2026-03-02T09:20:00+08:00".parse().unwrap();
        let utc: Timestamp = "2026-03-02T01:20:00Z".parse().unwrap();
        assert_eq!(shanghai, utc);
        assert_eq!(shanghai.to_string(), "2026-03-02T01:20:00.000Z");
        for bad in [
            "",
            "2026-03-02",
            "2026-03-02 09:20",
            "1969-12-31T23:59:59Z",
            "+10000-01-01T00:00:00Z",
            "2026-03-02 09:20:00Z",
            "2026-03-02t09:20:00Z",
            "2026-03-02T09:20:00z",
            "2026-03-02T09:20:60Z",
            "2026-03-02T09:20:00\u{2212}08:00",
        ] {
            assert_eq!(bad.parse::<Timestamp>(), Err(TimestampError), "{bad}");
        }
    }

    #[test]
    fn a_manual_clock_stands_until_it_is_set() {
        let clock = Clock::manual(Timestamp::from_millis(5));
        assert_eq!(clock.now().as_millis(), 5);
        clock.clone().set(Timestamp::from_millis(9));
        assert_eq!(clock.now().as_millis(), 9, "clones share one hand");
        clock.forward(3);
        assert_eq!(clock.now().as_millis(), 12);
    }
}
