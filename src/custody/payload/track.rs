//! Where a vehicle was, by the platform of its carrier: what is signed of it. The points themselves are kept beside the log.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::ManifestId;
use crate::ledger::Digest;
use crate::shape::{Coordinates, List, Plate, Text};

/// Most manifests that one track is of.
pub const MAX_TRACK_MANIFESTS: usize = 64;
/// Most silences that are told of one track: the longest.
pub const MAX_SILENCES: usize = 32;
/// Most places that are told of one track.
pub const MAX_WAYPOINTS: usize = 64;
/// Most alarms that are told of one track.
pub const MAX_ALARMS: usize = 64;

/// A time in which the platform heard nothing of the vehicle, with where it was last seen before and first seen after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silence {
    /// The last point before.
    pub from: Timestamp,
    /// The first point after.
    pub to: Timestamp,
    /// Where it was before.
    pub left: Coordinates,
    /// Where it was after.
    pub back: Coordinates,
}

/// One of the points, kept because the way would not be the same without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waypoint {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub place: Coordinates,
}

/// What a platform raises an alarm for (after the alarm bits of JT/T 808).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AlarmType {
    /// Too fast (超速).
    Speeding,
    /// Too long at the wheel (疲劳驾驶).
    Fatigue,
    /// Off the way that was set (偏离路线).
    OffRoute,
    /// Into or out of an area that was set (进出区域).
    Area,
    /// Stood for too long (超时停车).
    Parking,
    /// Collision or rollover (碰撞、侧翻).
    Collision,
    /// The driver called for help (紧急报警).
    Emergency,
    /// The device lost power or its aerial (断电、天线故障).
    Device,
    /// Anything else (其他).
    Other,
}

impl AlarmType {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::Speeding,
        Self::Fatigue,
        Self::OffRoute,
        Self::Area,
        Self::Parking,
        Self::Collision,
        Self::Emergency,
        Self::Device,
        Self::Other,
    ];

    /// The kebab-case name, as it stands in payloads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Speeding => "speeding",
            Self::Fatigue => "fatigue",
            Self::OffRoute => "off-route",
            Self::Area => "area",
            Self::Parking => "parking",
            Self::Collision => "collision",
            Self::Emergency => "emergency",
            Self::Device => "device",
            Self::Other => "other",
        }
    }
}

/// One alarm of the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alarm {
    /// What for.
    #[serde(rename = "type")]
    pub of: AlarmType,
    /// When.
    pub at: Timestamp,
    /// Where, as far as the platform knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Coordinates>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text<200>>,
}

/// `track.recorded` (行驶轨迹): where a vehicle was on a ride. Everything but vehicle, manifests and alarms follows from the points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrackRecorded {
    /// The vehicle.
    pub vehicle: Plate,
    /// The manifests whose waste was on it.
    pub manifests: List<ManifestId, 1, MAX_TRACK_MANIFESTS>,
    /// The first point.
    pub from: Timestamp,
    /// The last point.
    pub to: Timestamp,
    /// How many points there are.
    pub points: u32,
    /// SHA-256 of the file of points.
    pub sha256: Digest,
    /// Silences of more than [`SILENCE_MS`](crate::custody::track::SILENCE_MS), in order of time; of very many the longest.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub silences: List<Silence, 0, MAX_SILENCES>,
    /// The way, in few points: first, last, and those farthest off the way between.
    pub waypoints: List<Waypoint, 2, MAX_WAYPOINTS>,
    /// What the platform raised alarms for, in order of time.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub alarms: List<Alarm, 0, MAX_ALARMS>,
}

impl TrackRecorded {
    /// True where something happened on it that is kept longer than the rest: an alarm, or silence.
    pub fn is_remarkable(&self) -> bool {
        !self.alarms.is_empty() || !self.silences.is_empty()
    }
}
