//! Rules about tracks: time in which nobody knows where a vehicle with waste was, and ways that lead far off. They look at what was signed
//! of the points, never at the points.

use super::ManifestView;
use super::journey::{Way, is_shared_run, ways};
use crate::clock::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::custody::finding::{Figures, MAX_EVIDENCE, Observation};
use crate::custody::manifest::{HandoverRecord, OnRoad, Track};
use crate::custody::payload::handover::Step;
use crate::custody::payload::track::Waypoint;
use crate::id::SiteId;
use crate::shape::Place;

/// A stretch of time.
type Span = (Timestamp, Timestamp);

/// `track-gap`: a vehicle with waste on it was silent, and no other track of its carrier tells of that time (*).
pub(super) fn silent(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    for ride in view.state.on_road() {
        let silent = ride.tracks.iter().flat_map(|track| &track.silences);
        let silent = silent.map(|silence| ride.within((silence.from, silence.to))).collect();
        let heard = ride.tracks.iter().flat_map(|track| heard(track)).collect();
        let gaps = without(joined(silent), &joined(heard));
        seen.extend(gap(view, &ride, "silent", &gaps));
    }
}

/// `track-gap`: of a part of a ride there is no track, though there is one of another part, or the profile asks for tracks (*). Tracks may come
/// later than the waste.
pub(super) fn untracked(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let hours = view.profile.threshold("track-gap", "hours");
    for ride in view.state.on_road() {
        let Some(ended) = ride.ended else { continue };
        let is_asked_for = view.profile.demands().tracks && !ride.loaded.is_on_paper();
        if ride.tracks.is_empty() && !is_asked_for {
            continue;
        }
        let told = ride.tracks.iter().map(|track| (track.from, track.to)).collect();
        let gaps = without(vec![(ride.loaded.mark.at, ended.mark.at)], &joined(told));
        let due = ended.mark.at.plus_millis(hours.saturating_mul(HOUR_MS));
        seen.extend(gap(view, &ride, "untracked", &gaps).map(|gap| Observation { due: Some(due), ..gap }));
    }
}

/// The finding about a ride, where one of the stretches is longer than allowed: the longest, the first of several.
fn gap(view: &ManifestView<'_>, ride: &OnRoad<'_>, what: &str, gaps: &[Span]) -> Option<Observation> {
    let minutes = view.profile.threshold("track-gap", "minutes");
    let length = |span: &&Span| span.1.since(span.0);
    let long = gaps.iter().filter(|span| length(span) > minutes.saturating_mul(MINUTE_MS));
    let count = i64::try_from(long.clone().count()).unwrap_or(i64::MAX);
    let longest = long.rev().max_by_key(length)?;
    let mut gap = view.saw("track-gap", format!("{what}:{}", ride.loaded.mark.name()));
    gap.figures = Figures::none()
        .with("carrier", ride.loaded.to.to_string())
        .with("vehicle", ride.plate.map_or("", |plate| plate))
        .with("silent_from", longest.0.to_string())
        .with("silent_to", longest.1.to_string())
        .with("silent_minutes", longest.1.since(longest.0) / MINUTE_MS)
        .with("silences", count)
        .with("minutes", minutes);
    gap.concerns = vec![ride.loaded.from, ride.loaded.to];
    gap.evidence = vec![ride.loaded.mark.event];
    gap.evidence.extend(ride.ended.map(|ended| ended.mark.event));
    let tracks = ride.tracks.iter().map(|track| track.mark.event);
    gap.evidence.extend(tracks.take(MAX_EVIDENCE - gap.evidence.len()));
    Some(gap)
}

/// When a track tells where its vehicle was.
fn heard(track: &Track) -> Vec<Span> {
    let silent: Vec<Span> = track.silences.iter().map(|silence| (silence.from, silence.to)).collect();
    without(vec![(track.from, track.to)], &silent)
}

/// The same time in stretches that lie apart, in order.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.retain(|(from, to)| from < to);
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// What is left of stretches without others; both lie apart and in order.
fn without(spans: Vec<Span>, others: &[Span]) -> Vec<Span> {
    let mut left = Vec::new();
    for (from, to) in spans {
        let mut free_from = from;
        for (begin, end) in others.iter().filter(|(begin, end)| *begin < to && *end > from) {
            if *begin > free_from {
                left.push((free_from, *begin));
            }
            free_from = *end;
        }
        if free_from < to {
            left.push((free_from, to));
        }
    }
    left
}

/// `route-deviation`: between the sites that a load left and came to, its track leads far off (*). Of runs that several manifests share, the way
/// to the others is no way off.
pub(super) fn deviation(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    if is_shared_run(view) {
        return;
    }
    let rides = view.state.on_road();
    for way in ways(view) {
        let Some([from, to]) = ends(view, &way) else { continue };
        let carried = rides.iter().filter(|ride| way.is_loaded_by(ride.loaded));
        let tracks = carried.flat_map(|ride| {
            ride.tracks.iter().filter(|track| track.manifests == 1).map(|track| (ride.loaded, *track))
        });
        let points = tracks
            .flat_map(|(loaded, track)| track.waypoints.iter().map(move |point| (loaded, track, point)));
        let times = way.loaded.mark.at..=way.arrived.mark.at;
        let points =
            points.filter(|(loaded, _, point)| times.contains(&point.at) && point.at >= loaded.mark.at);
        let off = points.map(|(_, track, point)| (detour_m([from, to], point), track, point));
        // The farthest; of several the first, and of several tracks that tell of it the one with the smallest name.
        let farthest = off.min_by_key(|(detour_m, track, point)| (-detour_m, point.at, track.mark.event));
        let straight_m = from.distance_m(&to);
        let Some((off_m, track, point)) = farthest.filter(|(off_m, ..)| *off_m > allowed_m(view, straight_m))
        else {
            continue;
        };
        let mut off = view.saw("route-deviation", format!("track:{}", way.loaded.mark.name()));
        off.figures = Figures::none()
            .with("at", point.at.to_string())
            .with("straight_m", straight_m)
            .with("detour_m", off_m);
        off.concerns = vec![way.loaded.from, way.loaded.to, way.arrived.from, track.mark.party];
        off.evidence = vec![way.loaded.mark.event, track.mark.event, way.arrived.mark.event];
        seen.push(off);
    }
}

/// By how much the straight way may be exceeded.
pub(super) fn allowed_m(view: &ManifestView<'_>, straight_m: i64) -> i64 {
    let threshold = |name| view.profile.threshold("route-deviation", name);
    let (least_m, permille) = (threshold("distance_km").saturating_mul(1000), threshold("permille"));
    least_m.max(straight_m.saturating_mul(permille) / 1000)
}

fn detour_m([from, to]: [Place; 2], point: &Waypoint) -> i64 {
    let place = point.place.by_satellite();
    let exact_m = [from, to].map(|place| i64::from(place.accuracy_m.unwrap_or(0)));
    from.distance_m(&place) + place.distance_m(&to) - from.distance_m(&to) - 2 * exact_m.iter().sum::<i64>()
}

/// Where a way begins and ends: where the devices at the gates were by satellite, else where the sites are said to lie.
fn ends(view: &ManifestView<'_>, way: &Way<'_>) -> Option<[Place; 2]> {
    let site = |site: SiteId| view.registry.site(&site)?.place;
    let registration = view.state.registration.as_ref();
    let is_first = way.loaded.step == Step::Collected;
    let left = way.loaded.from_site.or(registration.filter(|_| is_first).map(|r| r.consignor.site));
    let is_last = view.state.is_arrival(way.arrived);
    let reached = way.arrived.to_site.or(registration.filter(|_| is_last).map(|r| r.consignee.site));
    let place = |handover: &HandoverRecord, of: Option<SiteId>| handover.place.or_else(|| site(of?));
    Some([place(way.loaded, left)?, place(way.arrived, reached)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(of: &[(i64, i64)]) -> Vec<Span> {
        of.iter().map(|(from, to)| (Timestamp::from_millis(*from), Timestamp::from_millis(*to))).collect()
    }

    #[test]
    fn stretches_are_joined_and_taken_from_each_other() {
        assert_eq!(joined(spans(&[(5, 9), (1, 3), (3, 4), (8, 12), (7, 7)])), spans(&[(1, 4), (5, 12)]));
        let whole = || spans(&[(0, 10), (20, 30)]);
        assert_eq!(without(whole(), &[]), whole());
        assert_eq!(
            without(whole(), &spans(&[(2, 4), (8, 22), (30, 40)])),
            spans(&[(0, 2), (4, 8), (22, 30)])
        );
        assert_eq!(without(whole(), &spans(&[(0, 10), (19, 31)])), []);
    }
}
