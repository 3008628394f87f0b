//! Rules about the way that waste took: places that no vehicle reaches in time, that lie far off or that nobody tells, and one vehicle that
//! goes two ways at a time.

use super::track::allowed_m;
use super::{ManifestView, TallyView, observation};
use crate::catalogue::Division;
use crate::clock::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::custody::finding::{Figures, Observation};
use crate::custody::manifest::{HandoverRecord, Mark};
use crate::custody::payload::handover::Step;
use crate::custody::subject::Subject;
use crate::custody::tally::{Cell, Ride, TallyKey};
use crate::shape::Place;

/// `impossible-travel`: taken over and passed on by one carrier at two places by satellite that no vehicle reaches in that time (*).
///
/// The distance is the straight one, less how exact both places are said to be: a way over the ground is never shorter.
pub(super) fn impossible(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let threshold = |name| view.profile.threshold("impossible-travel", name);
    let (distance_km, minutes) = (threshold("distance_km"), threshold("minutes"));
    let speed_km_per_hour = threshold("speed_km_per_hour");
    for (n, arrived) in view.state.handovers.iter().enumerate() {
        let Some((left, [from, to])) = left_before(view, n, arrived) else { continue };
        let apart_m = from.distance_m(&to);
        let exact_m = i64::from(from.accuracy_m.unwrap_or(0)) + i64::from(to.accuracy_m.unwrap_or(0));
        let (way_m, took_ms) = (apart_m.saturating_sub(exact_m), arrived.mark.at.since(left.mark.at));
        let is_far = way_m > distance_km.saturating_mul(1000) && took_ms > minutes.saturating_mul(MINUTE_MS);
        // Metres in an hour, both sides times the time it took.
        let is_too_fast = i128::from(way_m) * i128::from(HOUR_MS)
            > i128::from(speed_km_per_hour) * 1000 * i128::from(took_ms);
        if !(is_far && is_too_fast) {
            continue;
        }
        let mut observation = view.saw("impossible-travel", arrived.mark.name());
        observation.figures = Figures::none()
            .with("carrier", arrived.from.to_string())
            .with("left_at", left.mark.at.to_string())
            .with("passed_on_at", arrived.mark.at.to_string())
            .with("way_m", way_m)
            .with("speed_km_per_hour", speed_km_per_hour);
        observation.concerns = vec![left.from, arrived.from, arrived.to];
        observation.evidence = vec![left.mark.event, arrived.mark.event];
        seen.push(observation);
    }
}

/// When its carrier had taken over something of a load before it passed that on, where both say by satellite where that was.
fn left_before<'a>(
    view: &ManifestView<'a>,
    n: usize,
    arrived: &HandoverRecord,
) -> Option<(&'a HandoverRecord, [Place; 2])> {
    let before = view.state.handovers.get(..n)?.iter().rev();
    let mut own = before.filter(|earlier| earlier.to == arrived.from && shares_line(earlier, arrived));
    let left = own.next().filter(|left| view.state.is_loading(left))?;
    Some((left, [left.place?, arrived.place?]))
}

/// `track-gap`: a handover on the road says no position by satellite, where the profile asks for one (*).
pub(super) fn track_gap(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    if !view.profile.demands().positions {
        return;
    }
    let on_road = |handover: &&HandoverRecord| {
        let carrier = if view.state.is_loading(handover) { handover.to } else { handover.from };
        !handover.is_on_paper() && handover.place.is_none() && view.state.goes_by_road(carrier)
    };
    for handover in view.state.handovers.iter().filter(on_road) {
        let mut gap = view.saw("track-gap", handover.mark.name());
        gap.figures = Figures::none()
            .with("from", handover.from.to_string())
            .with("to", handover.to.to_string())
            .with("handed_at", handover.mark.at.to_string());
        gap.concerns = vec![handover.from, handover.to];
        gap.evidence = vec![handover.mark.event];
        seen.push(gap);
    }
}

/// `route-deviation`: between loading and arrival it was far off the way (*).
pub(super) fn deviation(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    if is_shared_run(view) {
        return;
    }
    for way in ways(view) {
        let (Some(from), Some(to)) = (way.loaded.place, way.arrived.place) else { continue };
        for (mark, place) in way.between(view) {
            let exact_m = [from, place, to].map(|place| i64::from(place.accuracy_m.unwrap_or(0)));
            let straight_m = from.distance_m(&to);
            let by_m = from.distance_m(&place) + place.distance_m(&to);
            // Each of the three places stands in two of the distances.
            let detour_m = by_m - straight_m - 2 * exact_m.iter().sum::<i64>();
            if detour_m <= allowed_m(view, straight_m) {
                continue;
            }
            let mut off = view.saw("route-deviation", mark.name());
            off.figures = Figures::none()
                .with("at", mark.at.to_string())
                .with("straight_m", straight_m)
                .with("detour_m", detour_m);
            off.concerns = vec![way.loaded.from, way.loaded.to, way.arrived.from, mark.party];
            off.evidence = vec![way.loaded.mark.event, mark.event, way.arrived.mark.event];
            seen.push(off);
        }
    }
}

/// True where the vehicle collects for several manifests: then the way to the others is its way.
pub(super) fn is_shared_run(view: &ManifestView<'_>) -> bool {
    let is_named = view.state.registration.as_ref().is_some_and(|registration| registration.trip.is_some());
    is_named || view.state.weighings.iter().any(|weighing| weighing.manifests > 1)
}

/// The way of a load from one site to the next: loaded there, passed on by carriers on the road, and taken into a site again.
pub(super) struct Way<'a> {
    pub(super) loaded: &'a HandoverRecord,
    passed_on: Vec<&'a HandoverRecord>,
    pub(super) arrived: &'a HandoverRecord,
}

pub(super) fn ways<'a>(view: &ManifestView<'a>) -> Vec<Way<'a>> {
    let handovers = &view.state.handovers;
    let begins = |loaded: &HandoverRecord| {
        let is_at_site = loaded.step == Step::Collected || loaded.from_site.is_some();
        view.state.is_loading(loaded) && is_at_site && loaded.step != Step::Returned
    };
    let loaded = handovers.iter().enumerate().filter(|(_, handover)| begins(handover));
    let way = |(n, loaded): (usize, &'a HandoverRecord)| {
        let (mut holder, mut passed_on) = (loaded.to, Vec::new());
        for next in handovers.iter().skip(n + 1) {
            if next.from != holder || !shares_line(next, loaded) {
                continue;
            }
            // What is carried back is on no way to its consignee.
            if next.step == Step::Returned {
                return None;
            }
            if !view.state.is_loading(next) {
                return Some(Way { loaded, passed_on, arrived: next });
            }
            holder = next.to;
            passed_on.push(next);
        }
        None
    };
    loaded.filter_map(way).collect()
}

fn shares_line(one: &HandoverRecord, other: &HandoverRecord) -> bool {
    one.lines.iter().any(|line| other.lines.iter().any(|other| other.line == line.line))
}

impl Way<'_> {
    /// True for a handover that put the load on a vehicle of this way.
    pub(super) fn is_loaded_by(&self, handover: &HandoverRecord) -> bool {
        std::ptr::eq(self.loaded, handover)
            || self.passed_on.iter().any(|passed| std::ptr::eq(*passed, handover))
    }

    /// Where its carriers were on it, beside its ends.
    fn between(&self, view: &ManifestView<'_>) -> Vec<(Mark, Place)> {
        let handed = self.passed_on.iter().filter_map(|handover| Some((handover.mark, handover.place?)));
        let is_carrier =
            |party| party == self.loaded.to || self.passed_on.iter().any(|handover| handover.to == party);
        let times = self.loaded.mark.at..self.arrived.mark.at;
        let others = view.state.positions.iter().map(|position| (position.mark, position.place));
        let own = others.filter(|(mark, _)| times.contains(&mark.at) && is_carrier(mark.party));
        handed.chain(own).collect()
    }
}

/// `both-ways`: one vehicle carried loads of two manifests in opposite directions, from one county to another and back, at the same time
/// for longer than it takes to load the one before the other is taken off (*).
pub(super) fn both_ways(view: &TallyView<'_>, seen: &mut Vec<Observation>) {
    let TallyKey::Road { vehicle, day } = view.key else { return };
    let allowed_ms = view.profile.threshold("both-ways", "minutes").saturating_mul(MINUTE_MS);
    let rides: Vec<&Ride> = view.state.cells().iter().filter_map(|(cell, _)| cell.ride()).collect();
    // Of more rides than are kept nobody knows which they were.
    if i64::try_from(rides.len()).ok() != Some(view.state.sum(&Cell::All).loads) {
        return;
    }
    let local_day = |at: Timestamp| i64::from(view.profile.local_date(at.as_millis()).to_epoch_days());
    let mut worst: Option<(i64, &Ride, &Ride)> = None;
    for (n, first) in rides.iter().enumerate() {
        // They stand in order of loading. Those that begin on another day are found in the total of that day.
        let later = rides[n + 1..].iter().filter(|ride| local_day(ride.loaded_at) == day);
        for second in later.filter(|second| second.goes_against(first)) {
            let both_ms = first.until.min(second.until).since(second.loaded_at);
            if both_ms > allowed_ms && worst.is_none_or(|(most_ms, ..)| both_ms > most_ms) {
                worst = Some((both_ms, first, second));
            }
        }
    }
    let Some((both_ms, first, second)) = worst else { return };
    let county = |division: Division| division.to_string();
    let subject = Subject::Party(second.carrier);
    let mut both = observation("both-ways", subject, format!("{vehicle}:{day}"));
    both.figures = Figures::none()
        .with("vehicle", vehicle.to_string())
        .with("from_county", county(first.from))
        .with("to_county", county(first.to))
        .with("left_at", first.loaded_at.to_string())
        .with("also_left_at", second.loaded_at.to_string())
        .with("both_minutes", both_ms / MINUTE_MS)
        .with("minutes", allowed_ms / MINUTE_MS);
    both.concerns = vec![first.carrier, second.carrier];
    both.evidence = vec![first.loading, first.unloading, second.loading, second.unloading];
    seen.push(both);
}
