//! Heartbeats of devices (设备心跳): what a scale, a camera or a vehicle unit at a site says again and again, namely that it works.
//!
//! They are said by machines, are many and go after a time, so they lie beside the log and no rule reads them: silence is shown, not judged. What is kept of
//! them are the times in which a device was heard, and these are a function of the moments alone, in whatever order and however often they are said.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::clock::{MINUTE_MS, Timestamp};

/// A device that was not heard for longer than this was silent.
pub const SILENCE_MS: i64 = 15 * MINUTE_MS;

/// What sort of device it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceKind {
    /// An electronic scale or weighbridge (电子地磅).
    Scale,
    /// A camera (摄像头).
    Camera,
    /// The unit of a vehicle that tells where it is (车载终端).
    VehicleUnit,
    /// A printer of labels (标签打印机).
    LabelPrinter,
    /// A handheld scanner (手持扫码枪).
    Scanner,
    /// The gateway that speaks for other devices (采集网关).
    Gateway,
    /// Anything else.
    Other,
}

impl DeviceKind {
    /// Every sort.
    pub const ALL: [Self; 7] = [
        Self::Scale,
        Self::Camera,
        Self::VehicleUnit,
        Self::LabelPrinter,
        Self::Scanner,
        Self::Gateway,
        Self::Other,
    ];

    /// The kebab-case name, as it is sent and stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scale => "scale",
            Self::Camera => "camera",
            Self::VehicleUnit => "vehicle-unit",
            Self::LabelPrinter => "label-printer",
            Self::Scanner => "scanner",
            Self::Gateway => "gateway",
            Self::Other => "other",
        }
    }

    /// The sort of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a device is called at its site: 1 to 40 letters of ASCII, digits, `.`, `_` and `-`, a letter or digit first. Capitals count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DeviceName(String);

/// Why a text is no name of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name of 1 to 40 letters a-z and A-Z, digits, dots, hyphens and underscores is wanted, a letter or digit first"
)]
pub struct DeviceNameError;

impl DeviceName {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 40;
}

impl FromStr for DeviceName {
    type Err = DeviceNameError;

    fn from_str(text: &str) -> Result<Self, DeviceNameError> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for DeviceName {
    type Error = DeviceNameError;

    fn try_from(text: String) -> Result<Self, DeviceNameError> {
        let is_named = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins && text.len() <= Self::MAX_CHARS && text.chars().all(is_named) {
            Ok(Self(text))
        } else {
            Err(DeviceNameError)
        }
    }
}

impl From<DeviceName> for String {
    fn from(name: DeviceName) -> Self {
        name.0
    }
}

impl fmt::Display for DeviceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A device of a site. Kind and name together tell it from the others, so what is known of one does not depend on which kind was said last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Device {
    /// What sort it is.
    pub kind: DeviceKind,
    /// What it is called.
    pub name: DeviceName,
}

/// One heartbeat: a device worked at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// The device.
    pub device: Device,
    /// When, by its own or its gateway's clock.
    pub at: Timestamp,
}

/// A time in which a device was heard without silence; both ends are heartbeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first heartbeat in it.
    pub from: Timestamp,
    /// The last one.
    pub to: Timestamp,
}

impl Span {
    /// What one heartbeat tells.
    pub fn at(moment: Timestamp) -> Self {
        Self { from: moment, to: moment }
    }

    /// True where a moment lies in it.
    pub fn holds(&self, moment: Timestamp) -> bool {
        self.from <= moment && moment <= self.to
    }
}

/// The times in which a device was heard, in order: spans with no silence between them are one.
pub fn joined(spans: impl IntoIterator<Item = Span>) -> Vec<Span> {
    let mut sorted: Vec<Span> = spans.into_iter().collect();
    sorted.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(sorted.len());
    for span in sorted {
        match joined.last_mut().filter(|last| span.from.since(last.to) <= SILENCE_MS) {
            Some(last) => last.to = last.to.max(span.to),
            None => joined.push(span),
        }
    }
    joined
}

/// A time in which a device was silent, from its last heartbeat before it to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// When it was heard last.
    pub from: Timestamp,
    /// When it was heard again; `None` while it is silent.
    pub to: Option<Timestamp>,
}

/// Since when a device is silent that was heard last at a moment; `None` for one that is not.
pub fn silent_since(last: Timestamp, now: Timestamp) -> Option<Timestamp> {
    (now.since(last) > SILENCE_MS).then_some(last)
}

/// The silences of a device that reach into a time, in order. Its spans are those of that time with the nearest ones before and after; nothing is
/// known of the time before the first.
pub fn silences(spans: &[Span], within: Span, now: Timestamp) -> Vec<Silence> {
    let between = spans.windows(2).map(|pair| Silence { from: pair[0].to, to: Some(pair[1].from) });
    let open = spans.last().and_then(|last| silent_since(last.to, now));
    let all = between.chain(open.map(|from| Silence { from, to: None }));
    all.filter(|one| one.from < within.to && one.to.is_none_or(|to| within.from < to)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn minute(n: i64) -> Timestamp {
        Timestamp::from_millis(1_772_414_400_000 + n * MINUTE_MS)
    }

    fn span(from: i64, to: i64) -> Span {
        Span { from: minute(from), to: minute(to) }
    }

    #[test]
    fn a_quarter_of_an_hour_is_no_silence_and_a_millisecond_more_is_one() {
        assert_eq!(joined([span(0, 0), span(15, 15)]), [span(0, 15)]);
        let later = Span::at(minute(15).plus_millis(1));
        assert_eq!(joined([span(0, 0), later]), [span(0, 0), later]);
        assert_eq!(joined([span(0, 10), span(40, 50), span(25, 25)]), [span(0, 50)]);
        assert_eq!(joined([span(0, 90), span(10, 20)]), [span(0, 90)], "what lies inside shortens nothing");
        assert_eq!(joined([]), []);
    }

    /// Numbers that repeat (xorshift): moments of three days, crowded and scattered.
    fn moments(seed: u64) -> Vec<Timestamp> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let count = 1 + next() % 200;
        (0..count).map(|_| minute(0).plus_millis((next() % (72 * 60 * 60_000)) as i64)).collect()
    }

    /// Any order, in calls of any size, doubled: spans that are joined with what came before are those of all moments at once. The oracle
    /// walks over the moments and never joins spans.
    #[test]
    fn whatever_the_order_the_same_is_known_in_the_end() {
        for seed in 0..300 {
            let said = moments(seed);
            let mut sorted: Vec<Timestamp> =
                said.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
            let mut expected: Vec<Span> = Vec::new();
            while let Some(from) = sorted.first().copied() {
                let gap = |pair: &[Timestamp]| pair[1].as_millis() - pair[0].as_millis() > 15 * 60_000;
                let run = sorted.windows(2).position(gap).map_or(sorted.len(), |at| at + 1);
                expected.push(Span { from, to: sorted[run - 1] });
                sorted.drain(..run);
            }
            let orders: [Vec<Timestamp>; 3] = [
                said.clone(),
                said.iter().rev().copied().collect(),
                said.iter().chain(&said).copied().collect(),
            ];
            for (order, size) in orders.iter().flat_map(|order| [1, 2, 7, 1_000].map(|size| (order, size))) {
                let mut known: Vec<Span> = Vec::new();
                for call in order.chunks(size) {
                    known = joined(known.into_iter().chain(call.iter().copied().map(Span::at)));
                }
                assert_eq!(known, expected, "seed {seed}, calls of {size}");
            }
        }
    }

    #[test]
    fn silences_are_what_lies_between_and_what_has_not_ended() {
        let spans = [span(0, 60), span(120, 180), span(240, 300)];
        let told = |from, to, now| {
            let found = silences(&spans, span(from, to), minute(now));
            let minutes = |at: Timestamp| at.since(minute(0)) / MINUTE_MS;
            found.iter().map(|one| (minutes(one.from), one.to.map(minutes))).collect::<Vec<_>>()
        };
        let (first, second) = ((60, Some(120)), (180, Some(240)));
        assert_eq!(told(-1_000, 310, 310), [first, second], "nothing is known before the first");
        assert_eq!(told(-1_000, 400, 400), [first, second, (300, None)]);
        assert_eq!(told(0, 90, 400), [first], "it reaches into the time at its end");
        assert_eq!(told(200, 300, 400), [second], "and at its beginning");
        assert_eq!(told(240, 300, 315), []);
        assert_eq!(silences(&[], span(0, 10), minute(10)), []);
        assert_eq!(silent_since(minute(0), minute(15)), None);
        assert_eq!(silent_since(minute(0), minute(15).plus_millis(1)), Some(minute(0)));
        assert_eq!(silent_since(minute(5), minute(0)), None, "a clock that is ahead");
    }

    #[test]
    fn names_are_short_and_plain() {
        for good in ["scale-1", "A", "7", "TS001.cam_2", &"x".repeat(40)] {
            assert_eq!(good.parse::<DeviceName>().unwrap().to_string(), good);
        }
        for bad in ["", "-a", ".", "a b", "地磅", "a/b", "a\n", "<b>", &"x".repeat(41)] {
            assert_eq!(bad.parse::<DeviceName>(), Err(DeviceNameError), "{bad}");
        }
    }

    #[test]
    fn kinds_are_found_by_the_names_they_are_sent_by() {
        for kind in DeviceKind::ALL {
            assert_eq!(DeviceKind::named(kind.name()), Some(kind));
        }
        assert_eq!(DeviceKind::named("Scale"), None);
    }
}
