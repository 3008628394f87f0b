//! The rule about the way that waste took: places that no vehicle reaches in time.

use super::{ManifestView, vehicle};
use crate::clock::{HOUR_MS, MINUTE_MS};
use crate::custody::finding::{Figures, Observation};
use crate::custody::manifest::HandoverRecord;
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
    let has_line = |earlier: &HandoverRecord| {
        earlier.lines.iter().any(|line| arrived.lines.iter().any(|other| other.line == line.line))
    };
    let mut own = before.filter(|earlier| earlier.to == arrived.from && has_line(earlier));
    let left = own.next().filter(|left| vehicle::is_loading(view, left))?;
    Some((left, [left.place?, arrived.place?]))
}
