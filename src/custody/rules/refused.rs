//! Rules about what a consignee refused: it must go back, or on to somebody else.

use super::mass::floor_or_share_g;
use super::time::Term;
use super::{LotView, ManifestView, observation};
use crate::catalogue::Profile;
use crate::custody::finding::{Figures, Observation};
use crate::custody::lot::Holding;
use crate::custody::subject::Subject;

/// `rejected-unresolved`: still with who refused it, or still on the way, when the working days are over (*).
pub(super) fn unresolved(view: &LotView<'_>, seen: &mut Vec<Observation>) {
    let Some(((_, line), last)) = view.state.apart_from.zip(view.state.refusals.last()) else { return };
    let refused_by = |party| view.state.refusals.iter().any(|refusal| refusal.party == party);
    let kept = view.state.holdings.iter().filter(|holding| refused_by(holding.party));
    let kept_g = kept.fold(0, |sum: i64, holding| {
        sum.saturating_add(left_g(view.profile, holding.in_g, holding.balance_g()))
    });
    let on_the_way_g =
        view.state.transit.as_ref().map_or(0, |transit| {
            left_g(view.profile, transit.in_g, transit.in_g.wrapping_sub(transit.out_g))
        });
    let open_g = kept_g.saturating_add(on_the_way_g);
    if open_g <= 0 {
        return;
    }
    let days = view.profile.threshold("rejected-unresolved", "working_days");
    let term = Term::after(view.profile, last.at, days);
    let mut unresolved = observation("rejected-unresolved", Subject::Lot(view.id), "refused".to_owned());
    unresolved.figures = term.figures().with("line", i64::from(line)).with("open_g", open_g);
    unresolved.concerns = view.state.refusals.iter().map(|refusal| refusal.party).collect();
    unresolved.evidence = view.state.refusals.iter().map(|refusal| refusal.event).collect();
    unresolved.due = Some(term.ends_at);
    seen.push(unresolved);
}

/// `follow-up-mismatch` on the lot of what was refused: return and follow-ups took more of it than there was.
pub(super) fn taken_beyond(view: &LotView<'_>, seen: &mut Vec<Observation>) {
    let Some((_, line)) = view.state.apart_from else { return };
    for holding in view.state.holdings.iter().filter(|holding| is_overdrawn(view.profile, holding)) {
        let discriminator = format!("holder:{}:{}", holding.party, holding.site);
        let mut beyond = observation("follow-up-mismatch", Subject::Lot(view.id), discriminator);
        beyond.figures = Figures::none()
            .with("line", i64::from(line))
            .with("carried_g", holding.loaded_g)
            .with("refused_g", holding.in_g);
        beyond.concerns = vec![holding.party];
        beyond.evidence = holding.out.clone();
        seen.push(beyond);
    }
}

fn is_overdrawn(profile: &Profile, holding: &Holding) -> bool {
    let beyond_g = holding.loaded_g.saturating_sub(holding.in_g);
    holding.in_g > 0 && beyond_g > apart_g(profile, holding.in_g)
}

/// `follow-up-mismatch` on the manifest that follows another: what it carries is not what was refused there.
pub(super) fn strange(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let Some(registration) = view.state.registration.as_ref().filter(|r| r.follows.is_some()) else { return };
    for (number, line) in &view.state.lines {
        if line.strange_g <= apart_g(view.profile, line.shipped_g) {
            continue;
        }
        let mut strange = view.saw("follow-up-mismatch", format!("line:{number}"));
        strange.figures = Figures::none()
            .with("line", i64::from(*number))
            .with("carried_g", line.shipped_g)
            .with("refused_g", line.shipped_g.wrapping_sub(line.strange_g));
        strange.concerns = vec![registration.consignor.party, registration.consignee.party];
        strange.evidence = vec![registration.mark.event];
        strange.evidence.extend(&line.collected_by);
        seen.push(strange);
    }
}

/// What is left of a mass of which some went on: nothing, where it is no more than two weighings may differ by.
fn left_g(profile: &Profile, in_g: i64, left_g: i64) -> i64 {
    let is_untouched = left_g == in_g;
    if is_untouched || left_g > apart_g(profile, in_g) { left_g.max(0) } else { 0 }
}

/// By how much two weighings of a mass may differ, whatever it is packed in.
fn apart_g(profile: &Profile, mass_g: i64) -> i64 {
    let figure = |name: &str| profile.threshold("mass-discrepancy", name);
    let permille = figure("bulk_permille").max(figure("container_permille"));
    floor_or_share_g(figure("bulk_floor_g").max(figure("container_floor_g")), permille, mass_g)
}
