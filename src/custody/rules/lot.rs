//! Rules about the balance of a lot.

use super::{LotView, observation};
use crate::catalogue::Standing;
use crate::custody::finding::{Figures, Observation};
use crate::custody::lot::Holding;
use crate::custody::subject::Subject;

/// `custody-unknown`: mass left or arrived that no event put there.
pub(super) fn custody_unknown(view: &LotView<'_>, seen: &mut Vec<Observation>) {
    for holding in
        view.state.holdings.iter().filter(|holding| holding.balance_g() < 0 && !is_treated_twice(holding))
    {
        let mut unproven = observation("custody-unknown", Subject::Lot(view.id), discriminator(holding));
        unproven.figures = Figures::none()
            .with("unproven_g", holding.balance_g().wrapping_neg())
            .with("party", holding.party.to_string());
        unproven.concerns = vec![holding.party];
        unproven.evidence = holding.out.clone();
        seen.push(unproven);
    }
    let Some(transit) = view.state.transit.as_ref().filter(|transit| transit.in_g == 0 && transit.out_g > 0)
    else {
        return;
    };
    let mut unproven =
        observation("custody-unknown", Subject::Lot(view.id), format!("line:{}", transit.line));
    unproven.figures =
        Figures::none().with("unproven_g", transit.out_g).with("line", i64::from(transit.line));
    unproven.concerns = transit.taker().into_iter().collect();
    unproven.evidence = transit.out.clone();
    seen.push(unproven);
}

/// `treated-twice`: more of a lot was used or disposed than its holder had.
pub(super) fn treated_twice(view: &LotView<'_>, seen: &mut Vec<Observation>) {
    for holding in view.state.holdings.iter().filter(|holding| is_treated_twice(holding)) {
        let mut excess = observation("treated-twice", Subject::Lot(view.id), discriminator(holding));
        excess.figures = Figures::none()
            .with("excess_g", holding.balance_g().wrapping_neg())
            .with("treated_g", holding.treated_g)
            .with("had_g", holding.in_g.wrapping_sub(holding.loaded_g))
            .with("party", holding.party.to_string());
        excess.concerns = vec![holding.party];
        excess.evidence = holding.out.clone();
        seen.push(excess);
    }
}

/// The holder once had some of it and treated more than that: the same mass went in twice.
fn is_treated_twice(holding: &Holding) -> bool {
    holding.in_g > 0 && holding.treated_g > 0 && holding.balance_g() < 0
}

fn discriminator(holding: &Holding) -> String {
    format!("holder:{}:{}", holding.party, holding.site)
}

/// `sub-items-exceed`: what came out of a repacking weighs more than what went in.
pub(super) fn sub_items_exceed(view: &LotView<'_>, seen: &mut Vec<Observation>) {
    let Some(origin) = view.state.origin.as_ref().filter(|origin| origin.gained_g > 0) else { return };
    let mut gained = observation("sub-items-exceed", Subject::Lot(view.id), "origin".to_owned());
    gained.figures = Figures::none().with("gained_g", origin.gained_g);
    gained.concerns = vec![origin.party];
    gained.evidence = vec![origin.event];
    seen.push(gained);
}

/// `code-edition-unverified` on a lot that an event brought into being.
pub(super) fn code_edition(view: &LotView<'_>, seen: &mut Vec<Observation>) {
    let Some(origin) = &view.state.origin else { return };
    let Some(code) = origin.code else { return };
    let edition = view.catalogue.edition_on(view.profile.local_date(origin.at.as_millis()));
    if view.catalogue.standing(code, &edition.id) != Standing::EditionUnverified {
        return;
    }
    let mut unverified = observation("code-edition-unverified", Subject::Lot(view.id), "origin".to_owned());
    unverified.figures = Figures::none().with("code", code.to_string()).with("edition", edition.id.clone());
    unverified.concerns = vec![origin.party];
    unverified.evidence = vec![origin.event];
    seen.push(unverified);
}
