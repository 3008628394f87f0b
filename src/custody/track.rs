//! Tracks (行驶轨迹): what follows from the points of a vehicle and is signed of them, so that rules need nothing that lies beside the log.
//!
//! The same points give the same summary on every machine; a summary that does not follow from its points is told apart.

mod points;

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::payload::track::{MAX_SILENCES, MAX_WAYPOINTS, Silence, TrackRecorded, Waypoint};
use crate::clock::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::shape::{Bearing, Coordinates};

pub use points::{HEADER, HEADER_WITH_SPEED, MAX_FAULTS, PointsFault, read, write};

/// Silence of more than so long is told.
pub const SILENCE_MS: i64 = 5 * MINUTE_MS;
/// A point that makes the way longer by no more than this is left out of the waypoints.
pub const LEFT_OUT_M: i64 = 100;
/// Most points of a track.
pub const MAX_POINTS: usize = 200_000;
/// The longest a track may last.
pub const MAX_TRACK_MS: i64 = 31 * 24 * HOUR_MS;

/// One point: when the vehicle was where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// Where.
    pub place: Coordinates,
}

/// What follows from points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The first point.
    pub from: Timestamp,
    /// The last point.
    pub to: Timestamp,
    /// How many there are.
    pub points: u32,
    /// Silences, in order of time: the longest of them.
    pub silences: Vec<Silence>,
    /// The way in few points.
    pub waypoints: Vec<Waypoint>,
}

impl Summary {
    /// What follows from points in order of time; `None` of fewer than two.
    pub fn of(points: &[Point]) -> Option<Self> {
        let (first, last) = (points.first()?, points.last().filter(|_| points.len() > 1)?);
        Some(Self {
            from: first.at,
            to: last.at,
            points: u32::try_from(points.len()).unwrap_or(u32::MAX),
            silences: silences(points),
            waypoints: waypoints(points),
        })
    }

    /// The members of a statement that do not follow from these points; none where all of it does.
    pub fn differs_from(&self, stated: &TrackRecorded) -> Vec<&'static str> {
        let compared = [
            ("points", self.points == stated.points),
            ("from", self.from == stated.from),
            ("to", self.to == stated.to),
            ("silences", *self.silences == *stated.silences),
            ("waypoints", *self.waypoints == *stated.waypoints),
        ];
        compared.into_iter().filter(|(_, fits)| !fits).map(|(name, _)| name).collect()
    }
}

/// The longest silences, of equally long ones the first, in order of time.
fn silences(points: &[Point]) -> Vec<Silence> {
    let pairs = points.windows(2).filter(|pair| pair[1].at.since(pair[0].at) > SILENCE_MS);
    let mut silences: Vec<Silence> = pairs
        .map(|pair| Silence { from: pair[0].at, to: pair[1].at, left: pair[0].place, back: pair[1].place })
        .collect();
    silences.sort_by_key(|silence| (Reverse(silence.to.since(silence.from)), silence.from));
    silences.truncate(MAX_SILENCES);
    silences.sort_by_key(|silence| silence.from);
    silences
}

/// First and last point, and again and again the one that the way between those chosen so far leaves out by most, as long as that is more
/// than [`LEFT_OUT_M`].
fn waypoints(points: &[Point]) -> Vec<Waypoint> {
    let bearings: Vec<Bearing> = points.iter().map(|point| point.place.bearing()).collect();
    let mut chosen = vec![0, points.len() - 1];
    let mut open = BinaryHeap::new();
    open.extend(farthest(&bearings, 0, points.len() - 1));
    while let Some((_, Reverse(from), at, to)) = open.pop().filter(|_| chosen.len() < MAX_WAYPOINTS) {
        chosen.push(at);
        open.extend(farthest(&bearings, from, at));
        open.extend(farthest(&bearings, at, to));
    }
    chosen.sort_unstable();
    chosen.dedup();
    chosen.into_iter().map(|n| Waypoint { at: points[n].at, place: points[n].place }).collect()
}

/// The point between two that makes the way longest, the first of several; by how much, between which.
fn farthest(bearings: &[Bearing], from: usize, to: usize) -> Option<(i64, Reverse<usize>, usize, usize)> {
    let (begin, end) = (&bearings[from], &bearings[to]);
    let straight_m = begin.apart_m(end);
    let between =
        (from + 1..to).map(|n| (begin.apart_m(&bearings[n]) + bearings[n].apart_m(end) - straight_m, n));
    let (detour_m, at) = between.max_by_key(|(detour_m, n)| (*detour_m, Reverse(*n)))?;
    (detour_m > LEFT_OUT_M).then_some((detour_m, Reverse(from), at, to))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn point(second: i64, lat_udeg: i32, lon_udeg: i32) -> Point {
        Point {
            at: Timestamp::from_millis(1_772_414_400_000 + second * 1_000),
            place: Coordinates { lat_udeg, lon_udeg },
        }
    }

    /// Half an hour north, half an hour south again, a point every ten seconds.
    fn there_and_back() -> Vec<Point> {
        let north = |n: i32| 35_000_000 + n.min(360 - n) * 1_000;
        (0..=360).map(|n| point(i64::from(n) * 10, north(n), 118_000_000)).collect()
    }

    #[test]
    fn the_way_is_told_by_where_it_turns() {
        let summary = Summary::of(&there_and_back()).unwrap();
        assert_eq!(summary.points, 361);
        assert_eq!(summary.silences, []);
        let turns: Vec<i32> = summary.waypoints.iter().map(|waypoint| waypoint.place.lat_udeg).collect();
        assert_eq!(turns, [35_000_000, 35_180_000, 35_000_000]);
        let straight: Vec<Point> = there_and_back().into_iter().take(180).collect();
        assert_eq!(Summary::of(&straight).unwrap().waypoints.len(), 2);
    }

    #[test]
    fn silence_is_more_than_five_minutes_and_of_very_many_the_longest_are_told() {
        let at = |seconds: &[i64]| -> Vec<Point> {
            seconds.iter().map(|second| point(*second, 35_000_000, 118_000_000)).collect()
        };
        assert_eq!(Summary::of(&at(&[0, 300])).unwrap().silences, []);
        let one = Summary::of(&at(&[0, 301])).unwrap().silences;
        assert_eq!(one.len(), 1);
        assert_eq!(one[0].to.since(one[0].from), 301_000);
        let growing: Vec<i64> = (0..100)
            .scan(0, |sum, n| {
                *sum += 400 + n;
                Some(*sum)
            })
            .collect();
        let longest = Summary::of(&at(&growing)).unwrap().silences;
        assert_eq!(longest.len(), MAX_SILENCES);
        assert!(longest.windows(2).all(|pair| pair[0].to <= pair[1].from));
        assert_eq!(longest.iter().map(|one| one.to.since(one.from)).min(), Some((400 + 100 - 32) * 1_000));
    }

    #[test]
    fn fewer_than_two_points_are_no_track() {
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[point(0, 1, 1)]), None);
    }

    /// The worst that fits: every point turns.
    #[test]
    fn a_wild_track_is_bounded_in_size_and_work() {
        let wild: Vec<Point> =
            (0..20_000).map(|n| point(n, 35_000_000 + (n as i32 % 97) * 10_000, 118_000_000)).collect();
        let summary = Summary::of(&wild).unwrap();
        assert_eq!(summary.waypoints.len(), MAX_WAYPOINTS);
        assert_eq!(Summary::of(&wild).unwrap(), summary);
    }
}
