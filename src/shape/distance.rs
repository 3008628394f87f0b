//! How far two places are apart, in whole numbers: every machine that judges a ledger comes to the same metre.

use super::Place;

/// Fractions are counted in parts of 2^40.
const BITS: u32 = 40;
/// π in such parts.
const PI: i128 = 3_454_217_652_358;
/// Half a turn in millionths of a degree.
const HALF_TURN_UDEG: i64 = 180_000_000;
/// The smallest radius by which the surface of the earth is curved anywhere (WGS 84, along the meridian at the equator), in metres. So no
/// way is made longer than it is; it may be made shorter by a hundredth.
const RADIUS_M: i128 = 6_335_439;

impl Place {
    /// Metres between two places, straight through the ground: never more than any way over it.
    pub fn distance_m(&self, other: &Place) -> i64 {
        let (here, there) = (self.direction(), other.direction());
        let squares = here.iter().zip(there).map(|(a, b)| (a - b) * (a - b));
        let chord = squares.sum::<i128>().isqrt();
        i64::try_from((chord * RADIUS_M) >> BITS).unwrap_or(i64::MAX)
    }

    /// Where it lies seen from the centre of the earth, as a vector of length 1.
    pub(super) fn direction(&self) -> [i128; 3] {
        let (lat, lon) = (i64::from(self.lat_udeg), i64::from(self.lon_udeg));
        let around = |part: i128| (cosine(lat) * part) >> BITS;
        [around(cosine(lon)), around(sine(lon)), sine(lat)]
    }
}

fn cosine(udeg: i64) -> i128 {
    sine(HALF_TURN_UDEG / 2 - udeg)
}

/// The sine of an angle of at most one and a half half-turns either way, in parts of 2^40: its series up to the seventeenth power, which
/// is exact to the last few parts within a quarter turn.
fn sine(udeg: i64) -> i128 {
    let folded = match udeg {
        beyond if beyond > HALF_TURN_UDEG / 2 => HALF_TURN_UDEG - beyond,
        beyond if beyond < -HALF_TURN_UDEG / 2 => -HALF_TURN_UDEG - beyond,
        within => within,
    };
    let x = i128::from(folded) * PI / i128::from(HALF_TURN_UDEG);
    let square = (x * x) >> BITS;
    let (mut term, mut sum) = (x, x);
    for n in 1..=8 {
        term = -((term * square) >> BITS) / (2 * n * (2 * n + 1));
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::PlaceSource;

    fn place(lat_udeg: i32, lon_udeg: i32) -> Place {
        Place { lat_udeg, lon_udeg, accuracy_m: None, source: PlaceSource::Gps }
    }

    #[test]
    fn a_degree_is_as_long_as_its_circle_makes_it() {
        // 2 · 6335.439 km · sin(0.5°)
        assert_eq!(place(0, 0).distance_m(&place(0, 1_000_000)), 110_572);
        assert_eq!(place(35_000_000, 118_000_000).distance_m(&place(36_000_000, 118_000_000)), 110_572);
        // At 60° a degree of longitude is half as long.
        assert_eq!(place(60_000_000, 10_000_000).distance_m(&place(60_000_000, 11_000_000)), 55_286);
    }

    #[test]
    fn nothing_is_far_from_itself_and_all_is_within_the_earth() {
        let places = [
            place(0, 0),
            place(90_000_000, 0),
            place(-90_000_000, 180_000_000),
            place(35_104_711, 118_356_448),
            place(-33_000_001, -70_999_999),
            place(0, 180_000_000),
            place(0, -180_000_000),
        ];
        for a in &places {
            assert_eq!(a.distance_m(a), 0);
            for b in &places {
                assert_eq!(a.distance_m(b), b.distance_m(a));
                assert!(a.distance_m(b) <= 2 * 6_335_439, "{a:?} {b:?}");
            }
        }
        assert_eq!(places[5].distance_m(&places[6]), 0);
        assert_eq!(places[0].distance_m(&places[5]), 2 * 6_335_439);
    }

    #[test]
    fn it_is_never_more_than_the_way_over_the_ground() {
        // Great circles on the mean sphere: Linyi to Jinan, to Beijing, to Urumqi.
        let linyi = place(35_104_700, 118_356_400);
        for (to, way_m) in [
            (place(36_651_200, 117_120_000), 204_886),
            (place(39_904_200, 116_407_400), 560_646),
            (place(43_825_600, 87_616_800), 2_791_847),
        ] {
            let distance_m = linyi.distance_m(&to);
            assert!(distance_m < way_m && distance_m > way_m / 100 * 98, "{distance_m} {way_m}");
        }
    }
}
