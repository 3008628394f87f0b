//! Checks of papers: licences, qualifications, plans, approvals, contracts, holds, inspections, penalties.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::standing::{not_yours, unknown_site};
use super::{backwards, taken};
use crate::catalogue::Uscc;
use crate::custody::admit::{Candidate, Objection};
use crate::custody::books::Books;
use crate::custody::kind::Statement;
use crate::custody::paper::{Paper, PaperId, Written};
use crate::custody::payload::oversight::{HoldOn, HoldPlaced};
use crate::registry::standing::{ApprovalGranted, ContractFiled, PersonQualified, Plan, PlanLine};

impl Books {
    /// Everything that speaks against a paper, or against changing or ending one.
    pub(super) fn paper_objections(&self, candidate: &Candidate, objections: &mut Vec<Objection>) {
        let Some(id) = PaperId::of(&candidate.event.statement) else { return };
        let known = self.paper(&id);
        let names = |member: &str| format!("/data/{member}");
        match &candidate.event.statement {
            Statement::PlanAmended(s) => {
                let known = self.ending(candidate, known, &names("plan"), objections);
                if known.is_some_and(|known| !is_plan_of(known, s)) {
                    objections.push(Objection::new(
                        "plan-of-another-year",
                        "/data/site",
                        "变更不能改变管理计划的场所与年度；请另行备案",
                        "an amendment keeps site and year of the plan; file another for others",
                    ));
                }
                twice(&s.lines, objections);
            }
            Statement::ApprovalAdvanced(s) => self.advance(candidate, s, known, objections),
            Statement::ApprovalRevoked(_) => {
                self.ending(candidate, known, &names("approval"), objections);
            }
            Statement::HoldLifted(_) => {
                self.ending(candidate, known, &names("hold"), objections);
            }
            made => {
                if known.is_some() {
                    objections.push(taken(&names(member_of(made))));
                }
                self.made(candidate, made, objections);
            }
        }
    }

    /// What speaks against a new paper besides its id.
    fn made(&self, candidate: &Candidate, made: &Statement, objections: &mut Vec<Objection>) {
        match made {
            Statement::VehicleLicensed(s) => {
                self.of_carrier(candidate, &s.carrier, objections);
                days(s.valid_from, s.valid_to, objections);
            }
            Statement::PersonQualified(s) => self.person(candidate, s, objections),
            Statement::PlanFiled(s) => self.plan(candidate, s, objections),
            Statement::ApprovalRequested(s) => {
                self.counterpart(candidate, &s.consignee, "/data/consignee", objections);
                twice(&s.lines, objections);
                days(s.valid_from, s.valid_to, objections);
            }
            Statement::ApprovalGranted(s) => {
                self.approval(candidate, s, objections);
                self.keeps_to_application(s, objections);
            }
            Statement::ContractFiled(s) => self.contract(candidate, s, objections),
            Statement::HoldPlaced(s) => self.hold(candidate, s, objections),
            Statement::InspectionRecorded(s) => {
                let site = self.registry.site(&s.site);
                objections.extend(match site {
                    None => Some(unknown_site("/data/site")),
                    Some(site) => self.outside(candidate, Some(site.division), "/data/site"),
                });
            }
            Statement::PenaltyRecorded(s) => {
                self.known_party(&s.party, "/data/party", objections);
                let division = self.registry.party(&s.party).map(|party| party.division);
                objections.extend(self.outside(candidate, division, "/data/party"));
            }
            _ => {}
        }
    }

    /// A paper that is changed or ended: it must be there, this speaker's to change, and not at its end.
    fn ending<'a>(
        &self,
        candidate: &Candidate,
        known: Option<&'a Paper>,
        pointer: &str,
        objections: &mut Vec<Objection>,
    ) -> Option<&'a Paper> {
        let known = known_one(known, pointer, objections)?;
        if self.is_official(candidate) {
            objections.extend(self.outside(candidate, known.belongs.division, pointer));
        } else if known.belongs.party != Some(candidate.event.party) {
            objections.push(not_yours(pointer));
        }
        objections.extend(at_its_end(known, pointer));
        Some(known)
    }

    /// Vehicles and persons are registered by their carrier or by an authority.
    fn of_carrier(&self, candidate: &Candidate, carrier: &Uscc, objections: &mut Vec<Objection>) {
        self.known_party(carrier, "/data/carrier", objections);
        if self.is_official(candidate) {
            let division = self.registry.party(carrier).map(|party| party.division);
            objections.extend(self.beyond_registry(candidate, division, "/data/carrier"));
        } else if *carrier != candidate.event.party {
            objections.push(not_yours("/data/carrier"));
        }
    }

    fn person(&self, candidate: &Candidate, s: &PersonQualified, objections: &mut Vec<Objection>) {
        self.of_carrier(candidate, &s.carrier, objections);
        if self.registry.key(&s.key).is_none_or(|key| key.party != s.carrier) {
            objections.push(Objection::new(
                "person-unknown",
                "/data/key",
                "该承运人没有登记这个密钥",
                "the carrier has no such key enrolled",
            ));
        }
        days(s.valid_from, s.valid_to, objections);
    }

    /// One plan a site and year, by whom the site belongs to.
    fn plan(&self, candidate: &Candidate, s: &Plan, objections: &mut Vec<Objection>) {
        self.own_site(candidate, &s.site, objections);
        if self.papers().any(|paper| is_plan_of(paper, s) && paper.id.id != s.plan.as_uuid()) {
            objections.push(Objection::new(
                "plan-filed-already",
                "/data/year",
                format!("该场所 {} 年的管理计划已备案；请作变更", s.year),
                format!("the plan of this site for {} is filed already; amend it", s.year),
            ));
        }
        twice(&s.lines, objections);
    }

    /// One end may lie outside what the ledger covers: that is what such an approval is for.
    fn approval(&self, candidate: &Candidate, s: &ApprovalGranted, objections: &mut Vec<Objection>) {
        let ends = [s.consignor, s.consignee].map(|party| self.registry.party(&party));
        let divisions: Vec<_> = ends.into_iter().flatten().map(|party| party.division).collect();
        if divisions.is_empty() {
            self.known_party(&s.consignor, "/data/consignor", objections);
            self.known_party(&s.consignee, "/data/consignee", objections);
        } else if divisions.iter().all(|at| self.outside(candidate, Some(*at), "").is_some()) {
            objections.extend(self.outside(candidate, divisions.first().copied(), "/data/consignor"));
        }
        twice(&s.lines, objections);
        days(s.valid_from, s.valid_to, objections);
    }

    fn contract(&self, candidate: &Candidate, s: &ContractFiled, objections: &mut Vec<Objection>) {
        self.counterpart(candidate, &s.with, "/data/with", objections);
        days(s.valid_from, s.valid_to, objections);
    }

    /// The other side of a paper is known, and another.
    fn counterpart(
        &self,
        candidate: &Candidate,
        other: &Uscc,
        pointer: &str,
        objections: &mut Vec<Objection>,
    ) {
        self.known_party(other, pointer, objections);
        if *other == candidate.event.party {
            objections.push(Objection::new(
                "same-party",
                pointer,
                "对方不能是本单位自己",
                "the other side is another party",
            ));
        }
    }

    fn hold(&self, candidate: &Candidate, s: &HoldPlaced, objections: &mut Vec<Objection>) {
        let unknown = match &s.on {
            HoldOn::Site(site) => self.registry.site(site).is_none().then(|| unknown_site("/data/on/site")),
            HoldOn::Lot(lot) => self.lot(lot).is_none_or(|shelf| shelf.first_index.is_none()).then(|| {
                Objection::new("lot-unknown", "/data/on/lot", "没有这个批次", "no lot of this id is known")
            }),
            HoldOn::Manifest(manifest) => {
                self.manifest(manifest).is_none_or(|shelf| shelf.first_index.is_none()).then(|| {
                    Objection::new(
                        "manifest-unknown",
                        "/data/on/manifest",
                        "没有这张联单",
                        "no manifest of this id is known",
                    )
                })
            }
            HoldOn::Vehicle(_) => None,
        };
        objections.extend(unknown);
        let division = self.belongs(&candidate.event).division;
        objections.extend(self.outside(candidate, division, "/data/on"));
    }
}

/// The paper that is spoken about, or the objection that there is none.
pub(super) fn known_one<'a>(
    known: Option<&'a Paper>,
    pointer: &str,
    objections: &mut Vec<Objection>,
) -> Option<&'a Paper> {
    if known.is_none() {
        objections.push(Objection::new(
            "paper-unknown",
            pointer,
            "没有这个编号的文件",
            "nothing of this id was recorded",
        ));
    }
    known
}

/// The objection to changing what was ended.
pub(super) fn at_its_end(known: &Paper, pointer: &str) -> Option<Objection> {
    let end = known.end.as_ref()?;
    let (zh, en) = (format!("已于 {} 终止", end.at), format!("it was ended at {}", end.at));
    Some(Objection::new("paper-ended", pointer, zh, en))
}

/// True for the plan of the same site and year.
fn is_plan_of(paper: &Paper, s: &Plan) -> bool {
    matches!(&paper.written, Written::Plan(plan) if (plan.site, plan.year) == (s.site, s.year))
}

/// A code stands in one row of a plan or approval, so that what was used of it is one figure.
fn twice(lines: &[PlanLine], objections: &mut Vec<Objection>) {
    let mut seen = BTreeSet::new();
    for (n, line) in lines.iter().enumerate() {
        if !seen.insert(line.code) {
            objections.push(Objection::new(
                "code-twice",
                format!("/data/lines/{n}/code"),
                format!("代码 {} 已在前面的行中", line.code),
                format!("code {} stands in an earlier row", line.code),
            ));
        }
    }
}

fn days(from: NaiveDate, to: NaiveDate, objections: &mut Vec<Objection>) {
    if to < from {
        objections.push(backwards("/data/valid_to"));
    }
}

/// The member that names a paper.
fn member_of(made: &Statement) -> &'static str {
    match made {
        Statement::VehicleLicensed(_) => "vehicle",
        Statement::PersonQualified(_) => "certificate",
        Statement::PlanFiled(_) => "plan",
        Statement::ApprovalRequested(_) | Statement::ApprovalGranted(_) => "approval",
        Statement::ContractFiled(_) => "contract",
        Statement::HoldPlaced(_) => "hold",
        Statement::InspectionRecorded(_) => "inspection",
        _ => "number",
    }
}
