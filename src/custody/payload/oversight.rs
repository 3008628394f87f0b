//! Oversight acts: answers to findings, cases, holds, inspections, penalties, erasure notices.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::catalogue::Uscc;
use crate::custody::finding::{Figure, Figures};
use crate::id::{CaseId, CorrectionId, FindingId, HoldId, InspectionId, LotId, ManifestId, SiteId};
use crate::ledger::{Digest, EventId, Kid};
use crate::shape::{List, Plate, Text};

/// `finding.explained` (说明), by the party concerned; `finding.upheld` (认定问题), by an officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingAnswered {
    /// The finding.
    pub finding: FindingId,
    /// In words.
    pub text: Text<2000>,
    /// Digests of photos and papers.
    #[serde(default)]
    pub attachments: List<Digest, 0, 32>,
}

/// `finding.closed` (结案), by an officer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FindingClosed {
    /// The finding.
    pub finding: FindingId,
    /// Why it is closed.
    pub text: Text<2000>,
    /// Digests of photos and papers.
    #[serde(default)]
    pub attachments: List<Digest, 0, 32>,
    /// The figures that the officer saw; those that stand when the closing is recorded, where none are quoted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub figures: Option<List<QuotedFigure, 0, 64>>,
}

/// One figure of a finding, as the interface gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotedFigure {
    /// Its name.
    pub name: Text<64>,
    /// The number or text.
    pub value: Figure,
}

impl FindingClosed {
    /// The figures that it quotes, where it quotes any.
    pub fn quoted(&self) -> Option<Figures> {
        let figures = self.figures.as_ref()?.iter();
        Some(Figures(figures.map(|one| (one.name.to_string(), one.value.clone())).collect()))
    }
}

/// Where a case comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CaseSource {
    /// Findings of the ledger (预警).
    Finding,
    /// A complaint (投诉).
    Complaint,
    /// A patrol (巡查).
    Patrol,
    /// The hotline (热线).
    Hotline,
    /// Anything else, told in its text.
    Other,
}

impl CaseSource {
    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Finding => "finding",
            Self::Complaint => "complaint",
            Self::Patrol => "patrol",
            Self::Hotline => "hotline",
            Self::Other => "other",
        }
    }
}

/// `case.opened` (案件).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseOpened {
    /// Names the case.
    pub case: CaseId,
    /// The party it concerns.
    pub party: Uscc,
    /// Findings it comes from; none for a complaint or a patrol.
    #[serde(default)]
    pub findings: List<FindingId, 0, 64>,
    /// What is to be answered.
    pub text: Text<2000>,
    /// Answer due by this day.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::shape::opt_day")]
    pub due: Option<NaiveDate>,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<CaseSource>,
    /// The site of the party that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// The manifest that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manifest: Option<ManifestId>,
}

/// `case.answered` (整改答复), by the party it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseAnswered {
    /// The case.
    pub case: CaseId,
    /// What was found and done about it.
    pub text: Text<2000>,
    /// Digests of photos and papers.
    #[serde(default)]
    pub attachments: List<Digest, 0, 32>,
}

/// `case.assigned`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseAssigned {
    /// The case.
    pub case: CaseId,
    /// The officer's key.
    pub to: Kid,
}

/// `case.closed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseClosed {
    /// The case.
    pub case: CaseId,
    /// How it ended.
    pub text: Text<2000>,
}

/// What a hold stops.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum HoldOn {
    /// Everything at a site.
    Site(SiteId),
    /// A lot.
    Lot(LotId),
    /// A manifest.
    Manifest(ManifestId),
    /// A vehicle.
    Vehicle(Plate),
}

impl HoldOn {
    /// The kebab-case name of what it is.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Site(_) => "site",
            Self::Lot(_) => "lot",
            Self::Manifest(_) => "manifest",
            Self::Vehicle(_) => "vehicle",
        }
    }

    /// The id or plate as text.
    pub fn key(&self) -> String {
        match self {
            Self::Site(id) => id.to_string(),
            Self::Lot(id) => id.to_string(),
            Self::Manifest(id) => id.to_string(),
            Self::Vehicle(plate) => plate.to_string(),
        }
    }
}

/// `hold.placed` (查封).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldPlaced {
    /// Names the hold.
    pub hold: HoldId,
    /// What it stops.
    pub on: HoldOn,
    /// Why.
    pub reason: Text<500>,
}

/// `hold.lifted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldLifted {
    /// The hold.
    pub hold: HoldId,
    /// Why.
    pub reason: Text<500>,
}

/// `inspection.recorded` (检查).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InspectionRecorded {
    /// Names the inspection.
    pub inspection: InspectionId,
    /// Where.
    pub site: SiteId,
    /// What was seen.
    pub text: Text<4000>,
    /// Digests of photos and sheets.
    #[serde(default)]
    pub attachments: List<Digest, 0, 64>,
}

/// `correction.requested`: the authority asks for a correction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectionRequested {
    /// Names the correction that should follow.
    pub correction: CorrectionId,
    /// The event.
    pub event: EventId,
    /// JSON pointer (RFC 6901) of the field.
    pub pointer: Text<200>,
    /// Why.
    pub reason: Text<500>,
}

/// `penalty.recorded` (处罚).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PenaltyRecorded {
    /// Who is punished.
    pub party: Uscc,
    /// Number of the decision.
    pub number: Text<64>,
    /// Day of the decision.
    #[serde(deserialize_with = "crate::shape::day")]
    pub on: NaiveDate,
    /// What was decided.
    pub text: Text<2000>,
    /// Case it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
}

/// Most log indexes one erasure notice may name; the public leaf holds them all.
pub const MAX_ERASED: usize = 1024;

/// `erasure.noticed` (删除告示).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureNoticed {
    /// Log indexes whose content is destroyed, strictly ascending.
    pub indexes: List<u64, 1, MAX_ERASED>,
    /// Basis in law or retention rule.
    pub basis: Text<500>,
}
