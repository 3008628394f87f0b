//! Buckets that refill: how many calls each of many callers has left. Pure, bounded however many callers there are.
//!
//! Of each caller one number is kept: when its bucket will be full again. A call moves that moment on by one interval; one that
//! would move it further than a whole bucket ahead is one too many (the generic cell rate algorithm).

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use crate::clock::Timestamp;

/// Most callers a set of buckets knows apart. Whoever comes when all of them have spent something shares one bucket with the others who do.
pub const MAX_CALLERS: usize = 100_000;
/// How often a full set is looked through for callers that can be forgotten, in microseconds.
const SWEEP_EVERY_US: i64 = 1_000_000;

/// So many calls in a span: at once, and again as they refill. Written `1200/min`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    calls: NonZeroU32,
    span_s: u32,
}

/// Why a text is no rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a rate such as 20/s, 1200/min or 5000/h, of at most 1000000 calls")]
pub struct RateError;

/// Most calls of a [`Rate`]: their interval is still a whole number of microseconds.
const MAX_CALLS: u32 = 1_000_000;
const SPANS: [(&str, u32); 3] = [("s", 1), ("min", 60), ("h", 3_600)];

impl Rate {
    /// So many calls a minute; none means one.
    pub const fn per_minute(calls: u32) -> Self {
        let calls = match NonZeroU32::new(calls) {
            Some(calls) => calls,
            None => NonZeroU32::MIN,
        };
        Self { calls, span_s: 60 }
    }

    /// Calls that a full bucket holds.
    pub fn calls(self) -> u32 {
        self.calls.get()
    }

    /// Seconds in which an empty bucket is full again.
    pub fn span_s(self) -> u32 {
        self.span_s
    }

    fn span_us(self) -> i64 {
        i64::from(self.span_s) * 1_000_000
    }

    fn interval_us(self) -> i64 {
        self.span_us() / i64::from(self.calls.get())
    }
}

impl FromStr for Rate {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        let (calls, span) = text.split_once('/').ok_or(RateError)?;
        let calls = calls.parse::<NonZeroU32>().map_err(|_| RateError)?;
        let (_, span_s) = SPANS.into_iter().find(|(name, _)| *name == span).ok_or(RateError)?;
        if calls.get() <= MAX_CALLS { Ok(Self { calls, span_s }) } else { Err(RateError) }
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = SPANS.into_iter().find(|(_, span_s)| *span_s == self.span_s).map_or("", |(name, _)| name);
        write!(f, "{}/{span}", self.calls)
    }
}

/// How a bucket stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Calls left.
    pub left: u32,
    /// Seconds until it is full again, rounded up.
    pub full_in_s: u32,
    /// Seconds until it holds one call, rounded up; 0 while it does.
    pub next_in_s: u32,
}

impl Level {
    /// True when there is no call left.
    pub fn is_empty(self) -> bool {
        self.left == 0
    }

    fn of(rate: Rate, full_at_us: i64, now_us: i64) -> Self {
        let missing_us = (full_at_us - now_us).max(0);
        let room_us = rate.span_us() - missing_us;
        let whole_s = |us: i64| u32::try_from((us.max(0) + 999_999) / 1_000_000).unwrap_or(u32::MAX);
        Self {
            left: u32::try_from((room_us / rate.interval_us()).max(0)).unwrap_or(u32::MAX).min(rate.calls()),
            full_in_s: whole_s(missing_us),
            next_in_s: whole_s(rate.interval_us() - room_us),
        }
    }
}

/// The buckets of many callers, all of one rate.
pub struct Buckets<K> {
    rate: Rate,
    most: usize,
    held: Mutex<Held<K>>,
}

struct Held<K> {
    full_at_us: HashMap<K, i64>,
    /// The bucket that is shared when there is no room for one of their own.
    shared_full_at_us: i64,
    swept_at_us: i64,
}

impl<K: Eq + Hash> Buckets<K> {
    /// Full ones, of at most so many callers.
    pub fn new(rate: Rate, most: usize) -> Self {
        let held = Held { full_at_us: HashMap::new(), shared_full_at_us: 0, swept_at_us: i64::MIN };
        Self { rate, most, held: Mutex::new(held) }
    }

    /// The rate of each.
    pub fn rate(&self) -> Rate {
        self.rate
    }

    /// How the caller's bucket stands; nothing is taken.
    pub fn level(&self, caller: &K, now: Timestamp) -> Level {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let is_shared = held.full_at_us.len() >= self.most;
        let unknown = if is_shared { held.shared_full_at_us } else { 0 };
        Level::of(self.rate, held.full_at_us.get(caller).copied().unwrap_or(unknown), micros(now))
    }

    /// Take one call. `Err` when there is none: nothing was taken then.
    pub fn take(&self, caller: K, now: Timestamp) -> Result<Level, Level> {
        let now_us = micros(now);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let full_at_us = held.of(caller, self.most, now_us);
        let moved_us = (*full_at_us).max(now_us) + self.rate.interval_us();
        if moved_us - now_us > self.rate.span_us() {
            return Err(Level::of(self.rate, *full_at_us, now_us));
        }
        *full_at_us = moved_us;
        Ok(Level::of(self.rate, moved_us, now_us))
    }

    /// Callers that are known apart.
    pub fn callers(&self) -> usize {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).full_at_us.len()
    }
}

impl<K: Eq + Hash> Held<K> {
    fn of(&mut self, caller: K, most: usize, now_us: i64) -> &mut i64 {
        let is_full = self.full_at_us.len() >= most;
        if is_full && !self.full_at_us.contains_key(&caller) {
            self.sweep(now_us);
            if self.full_at_us.len() >= most {
                return &mut self.shared_full_at_us;
            }
        }
        self.full_at_us.entry(caller).or_insert(0)
    }

    /// Forget whose bucket is full: it will be full when they come back.
    fn sweep(&mut self, now_us: i64) {
        if now_us >= self.swept_at_us.saturating_add(SWEEP_EVERY_US) {
            self.swept_at_us = now_us;
            self.full_at_us.retain(|_, full_at_us| *full_at_us > now_us);
        }
    }
}

fn micros(now: Timestamp) -> i64 {
    now.as_millis().saturating_mul(1_000)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + ms)
    }

    #[test]
    fn a_bucket_empties_at_once_and_refills_evenly() {
        let buckets = Buckets::new("4/min".parse().unwrap(), 10);
        for left in [3, 2, 1, 0] {
            assert_eq!(buckets.take("a", at(0)).unwrap().left, left);
        }
        let none = buckets.take("a", at(0)).unwrap_err();
        assert_eq!(none, Level { left: 0, full_in_s: 60, next_in_s: 15 });
        assert_eq!(buckets.take("a", at(14_999)).unwrap_err().next_in_s, 1);
        assert_eq!(buckets.take("a", at(15_000)).unwrap(), Level { left: 0, full_in_s: 60, next_in_s: 15 });
        assert_eq!(buckets.level(&"a", at(45_000)).left, 2);
        assert_eq!(buckets.level(&"a", at(75_000)), Level { left: 4, full_in_s: 0, next_in_s: 0 });
        assert_eq!(buckets.take("b", at(0)).unwrap().left, 3, "another caller has a bucket of its own");
    }

    #[test]
    fn what_is_refused_costs_nothing() {
        let buckets = Buckets::new("1/s".parse().unwrap(), 10);
        buckets.take("a", at(0)).unwrap();
        for _ in 0..1_000 {
            buckets.take("a", at(500)).unwrap_err();
        }
        buckets.take("a", at(1_000)).unwrap();
    }

    #[test]
    fn a_clock_that_is_set_back_takes_nothing_away() {
        let buckets = Buckets::new("2/s".parse().unwrap(), 10);
        buckets.take("a", at(5_000)).unwrap();
        assert!(buckets.take("a", at(0)).is_err());
        assert!(buckets.take("a", at(5_000)).is_ok());
    }

    #[test]
    fn however_many_come_only_so_many_are_kept_and_the_rest_share() {
        let buckets = Buckets::new("2/min".parse().unwrap(), 100);
        for caller in 0..100 {
            buckets.take(caller, at(0)).unwrap();
        }
        assert!(buckets.take(100, at(0)).is_ok() && buckets.take(101, at(0)).is_ok());
        for stranger in 102..10_000 {
            assert!(buckets.take(stranger, at(0)).is_err());
            assert!(buckets.level(&stranger, at(0)).is_empty());
        }
        assert_eq!(buckets.callers(), 100);
        assert!(buckets.take(7, at(0)).is_ok(), "who was there before is not disturbed");
        assert_eq!(buckets.take(200, at(60_000)).unwrap().left, 1, "full buckets were forgotten");
        assert_eq!(buckets.callers(), 1);
    }

    #[test]
    fn rates_are_read_as_they_are_written() {
        for text in ["1/s", "1200/min", "5000/h", "1000000/s"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        for text in ["", "5", "0/s", "-1/s", "1000001/s", "5/day", "5/", "/s", "1.5/s"] {
            assert_eq!(text.parse::<Rate>(), Err(RateError), "{text}");
        }
    }
}
