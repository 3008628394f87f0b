//! Papers: what is recorded once and then stands of a party, until it ends by itself or somebody ends it.
//!
//! Licences of vehicles, qualifications of persons, plans, approvals, contracts, holds, inspections, penalties: one shape for all of
//! them, because all are listed, looked up and folded alike. What each says is kept as it was signed.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::application::StageStep;
use super::kind::Statement;
use super::payload::oversight::{HoldPlaced, InspectionRecorded, PenaltyRecorded};
use crate::catalogue::{Division, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::id::{SiteId, derived};
use crate::ledger::Digest;
use crate::registry::standing::{
    ApprovalGranted, ApprovalRequested, ContractFiled, PersonQualified, Plan, VehicleLicensed,
};

/// What a paper is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PaperKind {
    /// Licence of a vehicle (车辆许可).
    Vehicle,
    /// Qualification of a driver or escort (人员资格).
    Person,
    /// Yearly management plan of a site (管理计划).
    Plan,
    /// Application for an interprovincial transfer (跨省转移申请).
    Application,
    /// Interprovincial approval (跨省批准).
    Approval,
    /// Disposal contract (合同).
    Contract,
    /// Hold (查封).
    Hold,
    /// Inspection (检查).
    Inspection,
    /// Penalty (处罚).
    Penalty,
}

impl PaperKind {
    /// Every kind, in the order pages show them.
    pub const ALL: [PaperKind; 9] = [
        Self::Plan,
        Self::Contract,
        Self::Application,
        Self::Approval,
        Self::Vehicle,
        Self::Person,
        Self::Hold,
        Self::Inspection,
        Self::Penalty,
    ];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vehicle => "vehicle",
            Self::Person => "person",
            Self::Plan => "plan",
            Self::Application => "application",
            Self::Approval => "approval",
            Self::Contract => "contract",
            Self::Hold => "hold",
            Self::Inspection => "inspection",
            Self::Penalty => "penalty",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Names a paper: ids are unique within a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PaperId {
    /// What it is.
    pub kind: PaperKind,
    /// Its id: the client's, or derived from content where the payload names none.
    pub id: Uuid,
}

impl PaperId {
    /// The paper that a statement makes, changes or ends.
    pub fn of(statement: &Statement) -> Option<Self> {
        let (kind, id) = match statement {
            Statement::VehicleLicensed(s) => (PaperKind::Vehicle, s.vehicle.as_uuid()),
            Statement::PersonQualified(s) => (PaperKind::Person, of_person(s)),
            Statement::PlanFiled(s) | Statement::PlanAmended(s) => (PaperKind::Plan, s.plan.as_uuid()),
            Statement::ApprovalRequested(s) => (PaperKind::Application, s.approval.as_uuid()),
            Statement::ApprovalAdvanced(s) => (PaperKind::Application, s.approval.as_uuid()),
            Statement::ApprovalGranted(s) => (PaperKind::Approval, s.approval.as_uuid()),
            Statement::ApprovalRevoked(s) => (PaperKind::Approval, s.approval.as_uuid()),
            Statement::ContractFiled(s) => (PaperKind::Contract, s.contract.as_uuid()),
            Statement::HoldPlaced(s) => (PaperKind::Hold, s.hold.as_uuid()),
            Statement::HoldLifted(s) => (PaperKind::Hold, s.hold.as_uuid()),
            Statement::InspectionRecorded(s) => (PaperKind::Inspection, s.inspection.as_uuid()),
            Statement::PenaltyRecorded(s) => (PaperKind::Penalty, of_penalty(s)),
            _ => return None,
        };
        Some(Self { kind, id })
    }

    /// The application that an approval decides, if somebody asked for it here.
    pub fn decided_by(statement: &Statement) -> Option<Self> {
        let Statement::ApprovalGranted(s) = statement else { return None };
        Some(Self { kind: PaperKind::Application, id: s.approval.as_uuid() })
    }
}

/// A certificate is renewed for another term under its number; each term is a paper.
fn of_person(s: &PersonQualified) -> Uuid {
    let what = serde_json::json!([s.qualification, s.valid_from]).to_string();
    derived(&[b"liandan/person/v1", s.key.as_bytes(), what.as_bytes(), s.certificate.as_bytes()])
}

/// A decision is known by its number and whom it punishes.
fn of_penalty(s: &PenaltyRecorded) -> Uuid {
    derived(&[b"liandan/penalty/v1", s.party.as_str().as_bytes(), s.number.as_bytes()])
}

/// What a paper says, as it was signed last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Written {
    /// Licence of a vehicle.
    Vehicle(VehicleLicensed),
    /// Qualification of a person.
    Person(PersonQualified),
    /// Plan of a site for a year.
    Plan(Plan),
    /// Application for an interprovincial transfer.
    Application(ApprovalRequested),
    /// Interprovincial approval.
    Approval(ApprovalGranted),
    /// Disposal contract.
    Contract(ContractFiled),
    /// Hold.
    Hold(HoldPlaced),
    /// Inspection.
    Inspection(InspectionRecorded),
    /// Penalty.
    Penalty(PenaltyRecorded),
}

impl Written {
    /// True for what rules about manifests ask for: licences, and what was planned, approved or agreed.
    pub fn allows(&self) -> bool {
        matches!(
            self,
            Self::Vehicle(_) | Self::Person(_) | Self::Plan(_) | Self::Approval(_) | Self::Contract(_)
        )
    }

    /// The payload as JSON.
    pub fn to_json(&self) -> serde_json::Value {
        let value = match self {
            Self::Vehicle(s) => serde_json::to_value(s),
            Self::Person(s) => serde_json::to_value(s),
            Self::Plan(s) => serde_json::to_value(s),
            Self::Application(s) => serde_json::to_value(s),
            Self::Approval(s) => serde_json::to_value(s),
            Self::Contract(s) => serde_json::to_value(s),
            Self::Hold(s) => serde_json::to_value(s),
            Self::Inspection(s) => serde_json::to_value(s),
            Self::Penalty(s) => serde_json::to_value(s),
        };
        value.unwrap_or(serde_json::Value::Null)
    }

    /// The number printed on it, where it has one.
    pub fn number(&self) -> Option<&str> {
        match self {
            Self::Vehicle(s) => Some(&s.plate),
            Self::Person(s) => Some(&s.certificate),
            Self::Approval(s) => Some(&s.number),
            Self::Penalty(s) => Some(&s.number),
            Self::Plan(_)
            | Self::Contract(_)
            | Self::Application(_)
            | Self::Hold(_)
            | Self::Inspection(_) => None,
        }
    }

    /// The digests of files that it names.
    pub fn files(&self) -> &[Digest] {
        match self {
            Self::Vehicle(s) => &s.papers,
            Self::Application(s) => &s.documents,
            Self::Contract(s) => s.sha256.as_slice(),
            Self::Inspection(s) => &s.attachments,
            Self::Person(_) | Self::Plan(_) | Self::Approval(_) | Self::Hold(_) | Self::Penalty(_) => &[],
        }
    }

    /// What it says in words, where it does.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Hold(s) => Some(&s.reason),
            Self::Inspection(s) => Some(&s.text),
            Self::Penalty(s) => Some(&s.text),
            _ => None,
        }
    }
}

/// How somebody ended a paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperEnd {
    /// Log index of the event.
    pub index: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
}

/// Whose a paper is, and where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Belongs {
    /// In whose record it stands; `None` where the ledger cannot tell.
    pub party: Option<Uscc>,
    /// The other side of it.
    pub other: Option<Uscc>,
    /// The site it is about.
    pub site: Option<SiteId>,
    /// Division of that site, else of that party, when it was recorded: its authorities see it. `None`: every authority does.
    pub division: Option<Division>,
}

/// A paper, as folded from the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    /// Names it.
    pub id: PaperId,
    /// Whose it is, and where.
    pub belongs: Belongs,
    /// Log index of the event that made it.
    pub index: u64,
    /// When that was recorded.
    pub recorded_at: Timestamp,
    /// The party that said it.
    pub by: Uscc,
    /// What it says now.
    pub written: Written,
    /// Log index of the last event that amended it.
    pub amended_index: Option<u64>,
    /// The stages it reached after it was asked for, if it is an application.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StageStep>,
    /// Codes that amendments took out of a plan, each once; what left before stays planned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<DroppedCode>,
    /// How it was ended, if it was.
    pub end: Option<PaperEnd>,
}

/// A code that a plan no longer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DroppedCode {
    /// The code.
    pub code: WasteCode,
    /// When the amendment without it was recorded.
    pub at: Timestamp,
}

impl Paper {
    /// True for a plan that has the code, or had it at `at`.
    pub fn plans(&self, code: &WasteCode, at: Timestamp) -> bool {
        let Written::Plan(plan) = &self.written else { return false };
        let had = |dropped: &DroppedCode| dropped.code == *code && at < dropped.at;
        plan.lines.iter().any(|line| line.code == *code) || self.dropped.iter().any(had)
    }

    /// A plan as amended: what it had until now is remembered.
    pub fn amended(&self, plan: &Plan, index: u64, at: Timestamp) -> Paper {
        let mut dropped = self.dropped.clone();
        if let Written::Plan(before) = &self.written {
            let had = before.lines.iter().map(|line| line.code);
            let gone: Vec<WasteCode> =
                had.filter(|code| plan.lines.iter().all(|line| line.code != *code)).collect();
            dropped.retain(|known| !gone.contains(&known.code));
            dropped.extend(gone.into_iter().map(|code| DroppedCode { code, at }));
        }
        let (written, amended_index) = (Written::Plan(plan.clone()), Some(index));
        Paper { written, amended_index, dropped, ..self.clone() }
    }

    /// First and last day for which it is good, where it says days.
    pub fn days(&self) -> Option<(NaiveDate, NaiveDate)> {
        match &self.written {
            Written::Vehicle(s) => Some((s.valid_from, s.valid_to)),
            Written::Person(s) => Some((s.valid_from, s.valid_to)),
            Written::Plan(s) => {
                let year = i32::from(s.year);
                Some((NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year, 12, 31)?))
            }
            Written::Approval(s) => Some((s.valid_from, s.valid_to)),
            Written::Contract(s) => Some((s.valid_from, s.valid_to)),
            // What is asked for is good for nothing yet.
            Written::Application(_) | Written::Hold(_) | Written::Inspection(_) | Written::Penalty(_) => None,
        }
    }
}
