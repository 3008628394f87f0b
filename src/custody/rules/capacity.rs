//! `permit-capacity`: what a party accepted in a year, against what the items of its permits allow a year.
//!
//! A receipt does not say by which item it came in: a waste that several items cover counts against them together (`jointly`).

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::jointly::{Group, Limits, Load, Measured, groups};
use super::{TallyView, observation};
use crate::catalogue::{Operation, Severity, Uscc, WasteCode};
use crate::custody::finding::{Figures, Observation};
use crate::custody::subject::Subject;
use crate::custody::tally::{Cell, TallyKey};
use crate::id::{PermitId, SiteId};
use crate::registry::PermitRecord;
use crate::registry::standing::PermitItem;

/// Most codes that a finding names.
const MAX_CODES: usize = 8;

/// An item of a permit, on a day on which it is in force.
#[derive(Clone, Copy, PartialEq)]
struct Item<'a> {
    permit: PermitId,
    /// The site the permit is for; `None` for all of the party.
    site: Option<SiteId>,
    terms: &'a PermitItem,
}

/// `permit-capacity`: the intake of a year nears or exceeds what the items that cover it allow.
pub(super) fn exceeded(view: &TallyView<'_>, seen: &mut Vec<Observation>) {
    let TallyKey::Intake { party, site, year } = view.key else { return };
    let days = InForce::of(view.registry.permits(&party), site, year);
    let all = days.all();
    for group in groups(loads(view, &all)) {
        // A permit for all sites is judged by what all of them took in.
        let is_local = group.limits.iter().all(|item| all[*item].site.is_some());
        if is_local != site.is_some() {
            continue;
        }
        let Some(worst) = group.tightest(|items| days.allowed_g(&all, items)) else { continue };
        seen.extend(judge(view, party, year, &group_name(&group, &all, site), &worst));
    }
}

fn judge(
    view: &TallyView<'_>,
    party: Uscc,
    year: i32,
    name: &str,
    measured: &Measured,
) -> Option<Observation> {
    let figure = |name| view.profile.threshold("permit-capacity", name);
    let share = |permille: i64| i128::from(measured.allowed_g) * i128::from(permille);
    let taken = i128::from(measured.taken_g) * 1000;
    if taken < share(figure("major_permille")) {
        return None;
    }
    let new_permit_permille = figure("new_permit_permille");
    let mut full = observation("permit-capacity", Subject::Party(party), format!("{year}:{name}"));
    let codes: Vec<String> = measured.codes.iter().take(MAX_CODES).map(ToString::to_string).collect();
    full.figures = Figures::none()
        .with("taken_g", measured.taken_g)
        .with("allowed_g", measured.allowed_g)
        .with("codes", codes.join(","))
        .with("year", year.to_string())
        .with("consignee", party.to_string());
    if taken >= share(new_permit_permille) {
        let new_permit_g = share(new_permit_permille) / 1000;
        full.figures = full.figures.with("new_permit_g", i64::try_from(new_permit_g).unwrap_or(i64::MAX));
    }
    full.severity = (taken > share(figure("critical_permille"))).then_some(Severity::Critical);
    full.concerns = view.key.concerns();
    full.evidence = view.state.evidence();
    Some(full)
}

/// The items in force on each day of a year on which they change.
struct InForce<'a>(Vec<Vec<Item<'a>>>);

impl<'a> InForce<'a> {
    fn of(permits: &'a [PermitRecord], site: Option<SiteId>, year: i32) -> Self {
        let here: Vec<&PermitRecord> = permits
            .iter()
            .filter(|permit| site.is_none() || permit.site.is_none() || permit.site == site)
            .collect();
        let in_year = |day: &NaiveDate| chrono::Datelike::year(day) == year;
        let begins = here.iter().flat_map(|permit| permit.first_days());
        let days: BTreeSet<NaiveDate> =
            NaiveDate::from_ymd_opt(year, 1, 1).into_iter().chain(begins.filter(in_year)).collect();
        let on = |day: &NaiveDate| -> Vec<Item<'a>> {
            let of = |permit: &&'a PermitRecord| {
                let (id, site) = (permit.permit, permit.site);
                permit.items_on(*day).iter().map(move |terms| Item { permit: id, site, terms })
            };
            here.iter().flat_map(of).collect()
        };
        Self(days.iter().map(on).collect())
    }

    /// Every item once.
    fn all(&self) -> Vec<Item<'a>> {
        let mut all: Vec<Item<'a>> = Vec::new();
        for item in self.0.iter().flatten() {
            if !all.contains(item) {
                all.push(*item);
            }
        }
        all
    }

    /// What some items allow a year: by the day that allows most, so that an amendment within the year counts in the party's favour.
    fn allowed_g(&self, all: &[Item<'a>], items: &Limits) -> i64 {
        let is_among = |item: &&Item<'a>| items.iter().any(|at| all[*at] == **item);
        let of_day = self.0.iter().map(|day| {
            let amounts = day.iter().filter(is_among).map(|item| item.terms.yearly_g.get());
            amounts.fold(0_i64, i64::saturating_add)
        });
        of_day.max().unwrap_or(0)
    }
}

/// What came in, by the items that could have taken it. That it came in without any is for other rules.
fn loads<'a>(view: &'a TallyView<'_>, all: &'a [Item<'_>]) -> impl Iterator<Item = Load> + 'a {
    view.state.cells().iter().filter_map(|(cell, sum)| {
        let Cell::Month { code, operation, .. } = cell else { return None };
        let covering = (0..all.len()).filter(|at| covers(all[*at].terms, code, *operation)).collect();
        Some(Load { covering, code: *code, mass_g: sum.mass_g })
    })
}

fn covers(item: &PermitItem, code: &WasteCode, operation: Option<Operation>) -> bool {
    let treats = |operation| item.methods.iter().any(|method| method.operation() == operation);
    operation.is_none_or(treats) && item.codes.iter().any(|pattern| pattern.covers(code))
}

/// What a group is called in the names of findings: its site, and the first of what its items are for.
fn group_name(group: &Group, all: &[Item<'_>], site: Option<SiteId>) -> String {
    let patterns =
        group.limits.iter().flat_map(|item| all[*item].terms.codes.iter().map(ToString::to_string));
    let first = patterns.min().unwrap_or_default();
    site.map_or_else(|| first.clone(), |site| format!("{site}:{first}"))
}
