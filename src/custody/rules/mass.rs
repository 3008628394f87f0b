//! Rules that compare masses.

use super::ManifestView;
use crate::catalogue::Standing;
use crate::custody::finding::{Figures, Observation};
use crate::custody::manifest::LineState;

/// `mass-discrepancy`: shipped and received differ beyond the tolerance, per line; so do offered and taken at a handover.
pub(super) fn discrepancy(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    for (number, line) in
        view.state.lines.iter().filter(|(_, line)| line.is_received() && line.shipped_g != 0)
    {
        let Some(figures) = compare(view, line, line.shipped_g, line.found_g()) else { continue };
        let mut observation = view.saw("mass-discrepancy", format!("line:{number}"));
        observation.figures = figures.with("line", i64::from(*number));
        observation.evidence = line.collected_by.iter().chain(&line.received_by).copied().collect();
        observation.concerns = view.state.parties();
        seen.push(observation);
    }
    for handover in &view.state.handovers {
        for handed in &handover.lines {
            let Some(line) = view.state.lines.get(&handed.line) else { continue };
            let Some(offered_g) = handed.offered_g else { continue };
            let Some(figures) = compare(view, line, offered_g, handed.mass_g) else { continue };
            let discriminator = format!("line:{}@{}", handed.line, handover.mark.event);
            let mut observation = view.saw("mass-discrepancy", discriminator);
            observation.figures = figures.with("line", i64::from(handed.line));
            observation.evidence = vec![handover.mark.event];
            observation.concerns = vec![handover.from, handover.to];
            seen.push(observation);
        }
    }
}

/// The figures when two masses differ by more than the tolerance of the line's packaging.
fn compare(view: &ManifestView<'_>, line: &LineState, shipped_g: i64, received_g: i64) -> Option<Figures> {
    let figure = |name: &str| view.profile.threshold("mass-discrepancy", name);
    let in_containers =
        line.container_litres.is_some_and(|litres| i64::from(litres) <= figure("container_max_litres"));
    let (floor_g, permille) = if in_containers {
        (figure("container_floor_g"), figure("container_permille"))
    } else {
        (figure("bulk_floor_g"), figure("bulk_permille"))
    };
    let share_g = i128::from(shipped_g) * i128::from(permille) / 1000;
    let tolerance_g = floor_g.max(i64::try_from(share_g).unwrap_or(i64::MAX));
    let difference_g = shipped_g.wrapping_sub(received_g);
    (difference_g.unsigned_abs() > tolerance_g.unsigned_abs()).then(|| {
        Figures::none()
            .with("shipped_g", shipped_g)
            .with("received_g", received_g)
            .with("difference_g", difference_g)
            .with("tolerance_g", tolerance_g)
    })
}

/// `code-edition-unverified`: a well-formed code that the catalogue at hand does not list.
pub(super) fn code_edition(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let Some(registration) = &view.state.registration else { return };
    let on = view.profile.local_date(registration.mark.at.as_millis());
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
        observation.evidence = vec![registration.mark.event];
        seen.push(observation);
    }
}
