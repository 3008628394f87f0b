//! Rules that hold what left in a year against an amount: of a plan (S1 14), of an interprovincial approval (S1 21–28).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::agreed::grace_ends;
use super::jointly::{Limits, Load, groups};
use super::{TallyView, observation};
use crate::catalogue::{Uscc, WasteCode};
use crate::custody::finding::{Figures, Observation};
use crate::custody::paper::Written;
use crate::custody::subject::Subject;
use crate::custody::tally::{Cell, TallyKey};
use crate::id::SiteId;
use crate::registry::standing::{ApprovalGranted, Plan};

/// What left by code and month, in grams.
type Months = BTreeMap<WasteCode, BTreeMap<u8, i64>>;

/// `plan-exceeded`: more of a code left a site in a year than its plan says.
pub(super) fn plan_exceeded(view: &TallyView<'_>, seen: &mut Vec<Observation>) {
    let TallyKey::Shipped { party, site, year } = view.key else { return };
    let (plan, before) = (plan_of(view, site, year), plan_of(view, site, year - 1));
    let permille = view.profile.threshold("plan-exceeded", "planned_permille");
    for (code, months) in months(view) {
        let in_grace = |month: u8| {
            let first = NaiveDate::from_ymd_opt(year, u32::from(month), 1);
            first.zip(grace_ends(view.profile, year)).is_some_and(|(first, last)| first <= last)
        };
        let planned_g = |plan: Option<&Plan>| {
            plan?.lines.iter().find(|line| line.code == code).map(|line| line.yearly_g.get())
        };
        // The plan of the year covers all of it; that of the year before serves for its first months only.
        let (amount_g, shipped_g) = match (planned_g(plan), planned_g(before)) {
            (Some(amount_g), _) => (amount_g, sum(months.values())),
            (None, Some(amount_g)) => {
                (amount_g, sum(months.iter().filter(|(month, _)| in_grace(**month)).map(|(_, g)| g)))
            }
            (None, None) => continue, // `plan-missing` says so.
        };
        if i128::from(shipped_g) * 1000 <= i128::from(amount_g) * i128::from(permille) {
            continue;
        }
        let mut over = observation("plan-exceeded", Subject::Party(party), format!("{site}:{code}:{year}"));
        over.figures = Figures::none()
            .with("shipped_g", shipped_g)
            .with("planned_g", amount_g)
            .with("code", code.to_string())
            .with("site", site.to_string())
            .with("year", year.to_string());
        over.concerns = view.key.concerns();
        over.evidence = view.state.evidence();
        seen.push(over);
    }
}

/// `approval-exceeded`: more of a code left for another province than its approvals say. Of two that hold in one month nothing tells
/// which one a load went by.
pub(super) fn approval_exceeded(view: &TallyView<'_>, seen: &mut Vec<Observation>) {
    let TallyKey::Between { consignor, consignee, year } = view.key else { return };
    let approvals = approvals_of(view, consignor, consignee);
    for (code, months) in months(view) {
        let amounts: Vec<(&ApprovalGranted, i64)> =
            approvals.iter().filter_map(|approval| Some((*approval, amount_g(approval, code)?))).collect();
        let load = |(month, mass_g): (&u8, &i64)| Load {
            covering: (0..amounts.len()).filter(|at| touches(amounts[*at].0, year, *month)).collect(),
            code,
            mass_g: *mass_g,
        };
        for group in groups(months.iter().map(load)) {
            let approved_g =
                |limits: &Limits| limits.iter().fold(0_i64, |sum, at| sum.saturating_add(amounts[*at].1));
            let Some(worst) = group.tightest(approved_g).filter(|worst| worst.taken_g > worst.allowed_g)
            else {
                continue;
            };
            let numbers: BTreeSet<&str> = group.limits.iter().map(|at| &*amounts[*at].0.number).collect();
            let Some(first) = group.limits.first() else { continue };
            let discriminator = format!("approval:{}:{code}:{year}", amounts[*first].0.approval);
            let mut over = observation("approval-exceeded", Subject::Party(consignor), discriminator);
            over.figures = Figures::none()
                .with("shipped_g", worst.taken_g)
                .with("approved_g", worst.allowed_g)
                .with("code", code.to_string())
                .with("approval", numbers.into_iter().collect::<Vec<_>>().join(", "))
                .with("year", year.to_string())
                .with("consignor", consignor.to_string())
                .with("consignee", consignee.to_string());
            over.concerns = view.key.concerns();
            over.evidence = view.state.evidence();
            seen.push(over);
        }
    }
}

/// The approvals between two, in one order.
fn approvals_of<'a>(view: &TallyView<'a>, consignor: Uscc, consignee: Uscc) -> Vec<&'a ApprovalGranted> {
    let between = view.papers.of_party(&consignor).filter_map(|paper| match &paper.written {
        Written::Approval(approval) => Some(approval),
        _ => None,
    });
    let mut approvals: Vec<_> = between
        .filter(|approval| approval.consignor == consignor && approval.consignee == consignee)
        .collect();
    approvals.sort_unstable_by_key(|approval| approval.approval);
    approvals
}

fn amount_g(approval: &ApprovalGranted, code: WasteCode) -> Option<i64> {
    approval.lines.iter().find(|line| line.code == code).map(|line| line.yearly_g.get())
}

fn plan_of<'a>(view: &TallyView<'a>, site: SiteId, year: i32) -> Option<&'a Plan> {
    view.papers.plans_of(&site).find_map(|paper| match &paper.written {
        Written::Plan(plan) if i32::from(plan.year) == year => Some(plan),
        _ => None,
    })
}

fn months(view: &TallyView<'_>) -> Months {
    let mut months = Months::new();
    for (cell, cell_sum) in view.state.cells() {
        if let Cell::Month { code, month, .. } = cell {
            let sum_g = months.entry(*code).or_default().entry(*month).or_insert(0);
            *sum_g = sum_g.wrapping_add(cell_sum.mass_g);
        }
    }
    months
}

fn sum<'a>(masses_g: impl Iterator<Item = &'a i64>) -> i64 {
    masses_g.fold(0, |sum_g, mass_g| sum_g.wrapping_add(*mass_g))
}

/// True when an approval is valid on some day of a month.
fn touches(approval: &ApprovalGranted, year: i32, month: u8) -> bool {
    let of = |day: NaiveDate| (day.year(), day.month());
    let asked = (year, u32::from(month));
    of(approval.valid_from) <= asked && asked <= of(approval.valid_to)
}
