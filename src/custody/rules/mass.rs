//! Rules that compare masses.

use super::ManifestView;
use crate::catalogue::{Profile, Standing};
use crate::custody::finding::{Figures, Observation};
use crate::custody::manifest::{Declared, HandoverRecord, LineState, ManifestState};
use crate::custody::trace::Road;

/// `mass-discrepancy`: shipped and received differ beyond the tolerance, per line; so do offered and taken at a handover.
pub(super) fn discrepancy(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    for (number, line, figures) in differing(view) {
        let mut observation = view.saw("mass-discrepancy", format!("line:{number}"));
        observation.figures = figures;
        observation.evidence = line.collected_by.iter().chain(&line.received_by).copied().collect();
        observation.concerns = view.state.parties();
        seen.push(observation);
    }
    for handover in &view.state.handovers {
        offered_otherwise(view, handover, seen);
    }
}

/// What the other side states of the same handover: in its offer, or in a statement of its own.
fn offered_otherwise(view: &ManifestView<'_>, handover: &HandoverRecord, seen: &mut Vec<Observation>) {
    let confirmation = view.state.confirmation(handover);
    for handed in &handover.lines {
        let confirmed_g = || {
            let stated = &confirmation?.lines;
            stated.iter().find(|(line, _)| *line == handed.line).map(|(_, mass_g)| *mass_g)
        };
        let Some(line) = view.state.lines.get(&handed.line) else { continue };
        let Some(offered_g) = handed.offered_g.or_else(confirmed_g) else { continue };
        let Some(figures) = compare(view, line, offered_g, handed.mass_g) else { continue };
        let discriminator = format!("line:{}@{}", handed.line, handover.mark.event);
        let mut observation = view.saw("mass-discrepancy", discriminator);
        observation.figures = figures.with("line", i64::from(handed.line));
        observation.evidence = vec![handover.mark.event];
        observation.evidence.extend(confirmation.map(|confirmation| confirmation.mark.event));
        observation.concerns = vec![handover.from, handover.to];
        seen.push(observation);
    }
}

/// `discrepancy-undeclared`: shipped and received differ beyond the tolerance, and no party of the manifest declared it.
pub(super) fn undeclared(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let parties = view.state.parties();
    for (number, line, figures) in differing(view) {
        if is_declared(view.state, number) {
            continue;
        }
        let mut observation = view.saw("discrepancy-undeclared", format!("line:{number}"));
        observation.figures = figures;
        observation.evidence = line.received_by.clone();
        observation.concerns.clone_from(&parties);
        seen.push(observation);
    }
}

/// The lines of which something else was received than was shipped, with the figures. A load that left since is still driving.
fn differing<'a>(view: &'a ManifestView<'a>) -> impl Iterator<Item = (u16, &'a LineState, Figures)> {
    let received = view.state.lines.iter().filter(|(_, line)| line.is_received() && line.due_g() != 0);
    received.filter_map(|(number, line)| {
        let figures = compare(view, line, line.due_g(), line.found_g())?;
        Some((*number, line, figures.with("line", i64::from(*number))))
    })
}

fn is_declared(state: &ManifestState, number: u16) -> bool {
    let parties = state.parties();
    let declares = |declared: &Declared| {
        declared.line.is_none_or(|line| line == number) && parties.contains(&declared.mark.party)
    };
    state.declared.iter().any(declares)
}

/// What mass left on a line is, or on the way of its rejected part: once everything was weighed, it is not on the way any more.
/// That somebody declared a loss explains it and does not end it.
pub fn road(profile: &Profile, state: &ManifestState, number: u16, is_rejected: bool) -> Road {
    let Some(line) = state.lines.get(&number) else { return Road::Open };
    let (is_over, sent_g, found_g) = if is_rejected {
        (line.returned_g != 0 && !line.on_the_way_back, line.rejected_g, line.returned_g)
    } else {
        (line.is_received() && (!line.on_the_way || line.refused_at_gate), line.shipped_g, line.found_g())
    };
    let left_g = sent_g.wrapping_sub(found_g).unsigned_abs();
    let is_within = left_g <= tolerance_g(profile, line, sent_g).unsigned_abs();
    match (is_over, is_within) {
        (true, true) => Road::Settled,
        // The rest of what was rejected may still come back.
        (true, false) if !is_rejected => Road::Missing,
        (true | false, _) => Road::Open,
    }
}

/// The figures when two masses differ by more than the tolerance of the line's packaging.
fn compare(view: &ManifestView<'_>, line: &LineState, shipped_g: i64, received_g: i64) -> Option<Figures> {
    let tolerance_g = tolerance_g(view.profile, line, shipped_g);
    let difference_g = shipped_g.wrapping_sub(received_g);
    (difference_g.unsigned_abs() > tolerance_g.unsigned_abs()).then(|| {
        Figures::none()
            .with("shipped_g", shipped_g)
            .with("received_g", received_g)
            .with("difference_g", difference_g)
            .with("tolerance_g", tolerance_g)
    })
}

/// By how much two weighings of this mass may differ, in grams.
pub fn tolerance_g(profile: &Profile, line: &LineState, mass_g: i64) -> i64 {
    let figure = |name: &str| profile.threshold("mass-discrepancy", name);
    let in_containers =
        line.container_litres.is_some_and(|litres| i64::from(litres) <= figure("container_max_litres"));
    let (floor_g, permille) = if in_containers {
        (figure("container_floor_g"), figure("container_permille"))
    } else {
        (figure("bulk_floor_g"), figure("bulk_permille"))
    };
    let share_g = i128::from(mass_g) * i128::from(permille) / 1000;
    floor_g.max(i64::try_from(share_g).unwrap_or(i64::MAX))
}

/// `code-edition-unverified`: a well-formed code that the catalogue at hand does not list.
pub(super) fn code_edition(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let Some(registration) = &view.state.registration else { return };
    let on = view.profile.local_date(registration.planned_by.at.as_millis());
    let edition = view.catalogue.edition_on(on);
    for (number, line) in &view.state.lines {
        let Some(code) = line.code else { continue };
        if view.catalogue.standing(code, &edition.id) != Standing::EditionUnverified {
            continue;
        }
        let mut observation = view.saw("code-edition-unverified", format!("line:{number}"));
        observation.figures = Figures::none()
            .with("line", i64::from(*number))
            .with("code", code.to_string())
            .with("edition", edition.id.clone());
        observation.concerns = vec![registration.consignor.party];
        observation.evidence = vec![registration.planned_by.event];
        seen.push(observation);
    }
}
