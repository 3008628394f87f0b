//! What they planned and agreed: plans, approvals, contracts, mandates, declarations to the authority.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

pub use crate::catalogue::DeclarationPeriod;
use crate::catalogue::{CodePattern, TreatmentCode, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::id::{ApprovalId, ContractId, DeclarationId, MandateId, PlanId, SiteId};
use crate::ledger::{Digest, Kid};
use crate::shape::{Grams, List, Text};

/// One row of a yearly plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanLine {
    /// Waste code.
    pub code: WasteCode,
    /// Planned amount a year in grams.
    pub yearly_g: Grams,
    /// Intended receivers.
    #[serde(default)]
    pub consignees: List<Uscc, 0, 32>,
}

/// `plan.filed` and `plan.amended`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Names the plan.
    pub plan: PlanId,
    /// Site it is for.
    pub site: SiteId,
    /// Calendar year.
    #[serde(deserialize_with = "crate::shape::year")]
    pub year: u16,
    /// Rows.
    pub lines: List<PlanLine, 1, 256>,
}

/// `approval.requested`: whom waste leaves asks for an interprovincial transfer (order 23 of 2021, art. 22).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRequested {
    /// Names the application, and the approval that may come of it.
    pub approval: ApprovalId,
    /// Whom it is to go to.
    pub consignee: Uscc,
    /// Codes and amounts.
    pub lines: List<PlanLine, 1, 256>,
    /// Treatment there.
    pub methods: List<TreatmentCode, 1, 16>,
    /// First day it is asked for.
    #[serde(deserialize_with = "crate::shape::day")]
    pub valid_from: NaiveDate,
    /// Last day it is asked for.
    #[serde(deserialize_with = "crate::shape::day")]
    pub valid_to: NaiveDate,
    /// The contract between the two, if it is filed here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractId>,
    /// Digests of what is enclosed.
    #[serde(default)]
    pub documents: List<Digest, 0, 32>,
}

/// What an authority makes of an application on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Advance {
    /// Incomplete: what must be added is told once, and it is asked for anew (补正).
    Returned,
    /// Taken up (受理).
    Accepted,
    /// The authority of the receiving place is asked (商请).
    Inquired,
    /// That authority agrees (接受地同意).
    Consented,
    /// That authority does not (接受地不同意).
    Objected,
    /// Decided: no (不予批准).
    Refused,
}

/// `approval.advanced`: an application goes on, or ends without an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalAdvanced {
    /// The application.
    pub approval: ApprovalId,
    /// What becomes of it.
    pub stage: Advance,
    /// Number of the letter, where one was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Text<64>>,
    /// Why; must be given for what does not go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<500>>,
}

/// `approval.granted`: interprovincial transfer (order 23 of 2021, art. 21–28). Under the id of an application it decides that.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalGranted {
    /// Names the approval.
    pub approval: ApprovalId,
    /// Number of the document.
    pub number: Text<64>,
    /// Whom the waste leaves.
    pub consignor: Uscc,
    /// Whom it goes to.
    pub consignee: Uscc,
    /// Codes and amounts.
    pub lines: List<PlanLine, 1, 256>,
    /// Treatment allowed.
    pub methods: List<TreatmentCode, 1, 16>,
    /// First day.
    #[serde(deserialize_with = "crate::shape::day")]
    pub valid_from: NaiveDate,
    /// Last day.
    #[serde(deserialize_with = "crate::shape::day")]
    pub valid_to: NaiveDate,
}

/// `approval.revoked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalRevoked {
    /// The approval.
    pub approval: ApprovalId,
    /// Why.
    pub reason: Text<500>,
}

/// `contract.filed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractFiled {
    /// Names the contract.
    pub contract: ContractId,
    /// The other side.
    pub with: Uscc,
    /// Codes it covers.
    pub codes: List<CodePattern, 1, 600>,
    /// First day.
    #[serde(deserialize_with = "crate::shape::day")]
    pub valid_from: NaiveDate,
    /// Last day.
    #[serde(deserialize_with = "crate::shape::day")]
    pub valid_to: NaiveDate,
    /// True when the receiver consents beforehand to every shipment under it.
    #[serde(default)]
    pub standing_consent: bool,
    /// Digest of the document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<Digest>,
}

/// `mandate.granted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandateGranted {
    /// Names the mandate.
    pub mandate: MandateId,
    /// Who may sign for the granting party.
    pub to: Uscc,
    /// Only this key of theirs; absent for any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Kid>,
    /// Event kinds it covers, by name.
    pub kinds: List<Text<40>, 1, 80>,
    /// From when.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// `mandate.revoked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MandateRevoked {
    /// The mandate.
    pub mandate: MandateId,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<500>>,
}

/// What a declaration says as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeclarationNature {
    /// With figures.
    Figures,
    /// Nothing moved (零申报).
    Zero,
    /// The plant stands still (停产).
    Shutdown,
}

/// One figure of a declaration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclarationLine {
    /// Waste code.
    pub code: WasteCode,
    /// Which figure, for example `generated` or `sent-on`.
    pub measure: Text<32>,
    /// Grams; zero is a figure here.
    #[serde(deserialize_with = "crate::shape::count")]
    pub mass_g: u64,
}

/// `declaration.filed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclarationFiled {
    /// Names the declaration.
    pub declaration: DeclarationId,
    /// Site it is for.
    pub site: SiteId,
    /// Length of the period.
    pub period: DeclarationPeriod,
    /// First day of the period.
    #[serde(deserialize_with = "crate::shape::day")]
    pub from: NaiveDate,
    /// Nature of the declaration.
    pub nature: DeclarationNature,
    /// Figures.
    #[serde(default)]
    pub lines: List<DeclarationLine, 0, 1024>,
}

/// A field sent back with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldReason {
    /// JSON pointer (RFC 6901) into the declaration.
    pub pointer: Text<200>,
    /// Why it was sent back.
    pub reason: Text<500>,
}

/// `declaration.returned`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclarationReturned {
    /// The declaration.
    pub declaration: DeclarationId,
    /// A reason per field.
    pub reasons: List<FieldReason, 1, 64>,
}

/// `declaration.accepted`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclarationAccepted {
    /// The declaration.
    pub declaration: DeclarationId,
}
