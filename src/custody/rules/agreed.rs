//! Rules about what was planned, agreed and approved before waste leaves: plan (S1 14), contract (S1 10), interprovincial approval
//! (S1 21–28).
//!
//! A paper counts from when it says, whenever it was recorded: one entered late clears what its absence had raised. What was taken
//! back after the waste had left counts for that waste still.

use chrono::NaiveDate;

use super::ManifestView;
use crate::catalogue::{Profile, TreatmentCode, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::finding::{Figures, Observation};
use crate::custody::manifest::{HandoverRecord, LineState};
use crate::custody::paper::{Paper, Written};
use crate::custody::papers::Papers;
use crate::custody::payload::handover::Step;
use crate::id::SiteId;
use crate::ledger::EventId;
use crate::registry::Registry;
use crate::registry::standing::{ApprovalGranted, ContractFiled};

/// Waste that leaves a site for a consignee, or is to leave it.
#[derive(Clone, Copy, Debug)]
pub struct Departure {
    /// Whom it leaves.
    pub consignor: Uscc,
    /// The site it leaves.
    pub site: SiteId,
    /// Whom it goes to.
    pub consignee: Uscc,
    /// The site it goes to.
    pub destination: SiteId,
    /// When it leaves; before it does, when that was declared.
    pub at: Timestamp,
    /// The waste.
    pub code: WasteCode,
    /// What is to be done with it.
    pub treatment: Option<TreatmentCode>,
}

/// How papers cover a departure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Covered {
    /// One covers it, or none is needed.
    Yes,
    /// One covers the waste, but not on the day.
    OtherDays,
    /// One covers the waste on the day, for other treatment.
    OtherTreatment,
    /// None covers it.
    No,
}

impl Departure {
    fn day(&self, profile: &Profile) -> NaiveDate {
        profile.local_date(self.at.as_millis())
    }

    /// By the plan of the year, or that of the year before until the last day of grace. A site without a class in the year needs none.
    pub fn is_planned(&self, papers: &Papers, registry: &Registry, profile: &Profile) -> bool {
        let day = self.day(profile);
        let year = chrono::Datelike::year(&day);
        let needs_one = registry.site(&self.site).is_some_and(|site| site.class_in(year).is_some());
        let last_year_serves = grace_ends(profile, year).is_some_and(|last| day <= last);
        let serves = |of: i32| of == year || last_year_serves && of == year - 1;
        !needs_one
            || papers.plans_of(&self.site).any(|paper| {
                let Written::Plan(plan) = &paper.written else { return false };
                serves(i32::from(plan.year)) && paper.plans(&self.code, self.at)
            })
    }

    /// By a contract between the two, whoever filed it.
    pub fn is_contracted(&self, papers: &Papers, profile: &Profile) -> Covered {
        if self.consignor == self.consignee {
            return Covered::Yes;
        }
        let day = self.day(profile);
        let of_code = papers.of_party(&self.consignor).filter_map(|paper| self.contract(paper));
        let mut days = of_code.map(|contract| contract.valid_from <= day && day <= contract.valid_to);
        match (days.clone().any(|fits| fits), days.next()) {
            (true, _) => Covered::Yes,
            (false, Some(_)) => Covered::OtherDays,
            (false, None) => Covered::No,
        }
    }

    fn contract<'a>(&self, paper: &'a Paper) -> Option<&'a ContractFiled> {
        let Written::Contract(contract) = &paper.written else { return None };
        let sides = [Some(self.consignor), Some(self.consignee)];
        let is_theirs = sides.contains(&paper.belongs.party) && sides.contains(&paper.belongs.other);
        let is_for_it = contract.codes.iter().any(|pattern| pattern.covers(&self.code));
        (is_theirs && is_for_it).then_some(contract)
    }

    /// By an approval between the two, where their sites lie in different provinces.
    pub fn is_approved(&self, papers: &Papers, registry: &Registry, profile: &Profile) -> Covered {
        let province = |site| registry.site(site).map(|record| record.division.province());
        let (Some(from), Some(to)) = (province(&self.site), province(&self.destination)) else {
            return Covered::Yes;
        };
        if from == to {
            return Covered::Yes;
        }
        let day = self.day(profile);
        let of_code = papers.of_party(&self.consignor).filter_map(|paper| self.approval(paper));
        let judged = of_code.map(|approval| {
            let is_for_treatment = self.treatment.is_none_or(|method| approval.methods.contains(&method));
            match (approval.valid_from <= day && day <= approval.valid_to, is_for_treatment) {
                (true, true) => Covered::Yes,
                (true, false) => Covered::OtherTreatment,
                (false, _) => Covered::OtherDays,
            }
        });
        judged.min_by_key(|covered| *covered as u8).unwrap_or(Covered::No)
    }

    fn approval<'a>(&self, paper: &'a Paper) -> Option<&'a ApprovalGranted> {
        let Written::Approval(approval) = &paper.written else { return None };
        let is_good = paper.end.as_ref().is_none_or(|end| self.at < end.at);
        let is_theirs = approval.consignor == self.consignor && approval.consignee == self.consignee;
        let is_for_it = approval.lines.iter().any(|line| line.code == self.code);
        (is_good && is_theirs && is_for_it).then_some(approval)
    }
}

/// The last day on which the plan of the year before still serves.
pub(super) fn grace_ends(profile: &Profile, year: i32) -> Option<NaiveDate> {
    let figure = |name| u32::try_from(profile.threshold("plan-missing", name)).ok();
    NaiveDate::from_ymd_opt(year, figure("grace_until_month")?, figure("grace_until_day")?)
}

/// `plan-missing`: waste leaves whose code is in no plan in force.
pub(super) fn plan_missing(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    if follows(view) {
        return;
    }
    for (line, event, departure) in departures(view) {
        if !departure.is_planned(view.papers, view.registry, view.profile) {
            let mut missing = view.saw("plan-missing", format!("site:{}:line:{line}", departure.site));
            missing.figures = figures(view, line, &departure).with("site", departure.site.to_string());
            missing.concerns = vec![departure.consignor];
            missing.evidence = vec![event];
            seen.push(missing);
        }
    }
}

/// `contract-missing`: no contract between consignor and consignee covers the waste.
pub(super) fn contract_missing(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    contracts(view, Covered::No, "contract-missing", seen);
}

/// `contract-expired`: the contract between them is not valid on the day.
pub(super) fn contract_expired(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    contracts(view, Covered::OtherDays, "contract-expired", seen);
}

fn contracts(view: &ManifestView<'_>, covered: Covered, rule: &str, seen: &mut Vec<Observation>) {
    if follows(view) {
        return;
    }
    let departures = departures(view).into_iter();
    let found =
        departures.filter(|(.., departure)| departure.is_contracted(view.papers, view.profile) == covered);
    seen.extend(found.map(|(line, event, departure)| between(view, rule, line, event, &departure)));
}

/// `approval-missing`: it goes to another province and nobody approved that.
pub(super) fn approval_missing(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    approvals(view, Covered::No, "approval-missing", seen);
}

/// `approval-expired`: the approval is not valid on the day.
pub(super) fn approval_expired(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    approvals(view, Covered::OtherDays, "approval-expired", seen);
}

/// `approval-exceeded`, of one load: the approval is for other treatment.
pub(super) fn approval_for_other(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    approvals(view, Covered::OtherTreatment, "approval-exceeded", seen);
}

fn approvals(view: &ManifestView<'_>, covered: Covered, rule: &str, seen: &mut Vec<Observation>) {
    for (line, event, departure) in departures(view) {
        if departure.is_approved(view.papers, view.registry, view.profile) == covered {
            let mut found = between(view, rule, line, event, &departure);
            let method = departure.treatment.map_or_else(String::new, |method| method.to_string());
            found.figures = found.figures.with("treatment", method);
            seen.push(found);
        }
    }
}

/// Refused waste is carried on under the plan and the agreement that it first left by.
fn follows(view: &ManifestView<'_>) -> bool {
    view.state.registration.as_ref().is_some_and(|registration| registration.follows.is_some())
}

fn between(
    view: &ManifestView<'_>,
    rule: &str,
    line: u16,
    event: EventId,
    departure: &Departure,
) -> Observation {
    let mut found = view.saw(rule, format!("consignee:{}:line:{line}", departure.consignee));
    found.figures = figures(view, line, departure)
        .with("consignor", departure.consignor.to_string())
        .with("consignee", departure.consignee.to_string());
    found.concerns = vec![departure.consignor, departure.consignee];
    found.evidence = vec![event];
    found
}

fn figures(view: &ManifestView<'_>, line: u16, departure: &Departure) -> Figures {
    Figures::none()
        .with("line", i64::from(line))
        .with("code", departure.code.to_string())
        .with("on", departure.day(view.profile).to_string())
}

/// What left by line, each by the event that tells: the first collection of it, else what is planned, unless the manifest was ended.
fn departures(view: &ManifestView<'_>) -> Vec<(u16, EventId, Departure)> {
    let Some(registration) = &view.state.registration else { return Vec::new() };
    let is_over = view.state.declined.or(view.state.voided).is_some();
    let of = |(number, line): (&u16, &LineState)| {
        let code = line.code?;
        let brings = |handover: &&HandoverRecord| {
            handover.step == Step::Collected && handover.lines.iter().any(|handed| handed.line == *number)
        };
        let planned = registration.consignor;
        let (consignor, site, mark) = match view.state.handovers.iter().find(brings) {
            Some(handover) => (handover.from, handover.from_site.unwrap_or(planned.site), handover.mark),
            None if is_over => return None,
            None => (planned.party, planned.site, registration.planned_by),
        };
        let departure = Departure {
            consignor,
            site,
            consignee: registration.consignee.party,
            destination: registration.consignee.site,
            at: mark.at,
            code,
            treatment: line.treatment,
        };
        Some((*number, mark.event, departure))
    };
    view.state.lines.iter().filter_map(of).collect()
}
