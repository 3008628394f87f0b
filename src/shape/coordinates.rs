//! Two numbers that say where something is, and the direction they stand for, worked out once where many are compared.

use serde::{Deserialize, Serialize};

use super::{Place, PlaceSource, latitude, longitude};

/// The surface of the earth, as [`Place::distance_m`] has it.
const RADIUS_M: u64 = 6_335_439;
/// Fractions are counted in parts of 2^30: six millimetres on the ground.
const BITS: u32 = 30;

/// A position in millionths of a degree (WGS 84), and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coordinates {
    /// Latitude in millionths of a degree, north positive.
    #[serde(deserialize_with = "latitude")]
    pub lat_udeg: i32,
    /// Longitude in millionths of a degree, east positive.
    #[serde(deserialize_with = "longitude")]
    pub lon_udeg: i32,
}

impl Coordinates {
    /// The place that a satellite receiver gave these coordinates for, with nothing said of how exact they are.
    pub fn by_satellite(self) -> Place {
        let Self { lat_udeg, lon_udeg } = self;
        Place { lat_udeg, lon_udeg, accuracy_m: None, source: PlaceSource::Gps }
    }

    /// Where it lies seen from the centre of the earth.
    pub fn bearing(self) -> Bearing {
        Bearing(self.by_satellite().direction().map(|part| i64::try_from(part >> 10).unwrap_or(0)))
    }
}

/// A direction from the centre of the earth: distances between many places cost little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearing([i64; 3]);

impl Bearing {
    /// Metres between two places, straight through the ground.
    pub fn apart_m(&self, other: &Self) -> i64 {
        let squares = self.0.iter().zip(other.0).map(|(a, b)| a.abs_diff(b) * a.abs_diff(b));
        let chord = squares.sum::<u64>().isqrt();
        i64::try_from((chord * RADIUS_M) >> BITS).unwrap_or(i64::MAX)
    }

    /// By how many metres a way from here to another place becomes longer by way of a third.
    pub fn detour_m(&self, by: &Self, to: &Self) -> i64 {
        self.apart_m(by) + by.apart_m(to) - self.apart_m(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bearings_are_as_far_apart_as_places() {
        let places = [
            (0, 0),
            (35_104_711, 118_356_448),
            (35_104_712, 118_356_448),
            (-90_000_000, 0),
            (1, 180_000_000),
        ];
        let places = places.map(|(lat_udeg, lon_udeg)| Coordinates { lat_udeg, lon_udeg });
        for a in places {
            for b in places {
                let exact_m = a.by_satellite().distance_m(&b.by_satellite());
                let apart_m = a.bearing().apart_m(&b.bearing());
                assert!((exact_m - apart_m).abs() <= 1, "{a:?} {b:?}: {exact_m} {apart_m}");
            }
        }
    }
}
