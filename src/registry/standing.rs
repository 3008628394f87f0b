//! Payloads of the standing declarations, version 1: who there is, what they may do, what they planned and agreed.
//!
//! These shapes are signed and can never change; a later need makes a version 2 beside them.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::party::PartyKind;
use crate::catalogue::{CodePattern, Division, TreatmentCode, UnitClass, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::id::{ApprovalId, ContractId, DeclarationId, MandateId, PermitId, PlanId, SiteId, VehicleId};
use crate::ledger::{Digest, Kid, PublicKey};
use crate::shape::{Grams, List, Place, Plate, Text};

/// `ledger.founded`: the first event of a log; verified against the key in its own payload, whose thumbprint verifiers pin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Founded {
    /// Name of the ledger for people.
    pub name: Text<100>,
    /// Jurisdiction profile in force from the start, for example `cn`.
    pub jurisdiction: Text<16>,
    /// Division the founding authority supervises.
    pub division: Division,
    /// Name of the founding authority.
    pub authority_name: Text<100>,
    /// First key of the authority; signs this event and gets the role officer.
    pub key: PublicKey,
    /// Key that signs the checkpoints of this log.
    pub log_key: PublicKey,
}

/// A document of rules pinned by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// Which one, for example `cn` or `2021`.
    pub id: Text<64>,
    /// Its version.
    pub version: Text<64>,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

/// `profile.adopted`: what is in force from this log entry on, so that a rebuild uses what was in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileAdopted {
    /// Jurisdiction profile.
    pub profile: Pinned,
    /// Working-day calendar.
    pub calendar: Pinned,
    /// Waste catalogue.
    pub catalogue: Pinned,
    /// Rule set of the program.
    pub rules: Pinned,
}

/// An identifier of a party in another system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// System, for example `epa-id` or `erp`.
    pub system: Text<32>,
    /// Identifier there.
    pub value: Text<64>,
}

/// `party.registered` and `party.updated`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Unified social credit code.
    pub party: Uscc,
    /// Registered name.
    pub name: Text<100>,
    /// Name in English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_en: Option<Text<100>>,
    /// What it does.
    pub kinds: List<PartyKind, 1, 5>,
    /// Division it is registered in.
    pub division: Division,
    /// Identifiers elsewhere.
    #[serde(default)]
    pub aliases: List<Alias, 0, 16>,
}

/// The class of a site in one year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassOfYear {
    /// Calendar year.
    pub year: u16,
    /// Class in that year.
    pub class: UnitClass,
}

/// A storage facility of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facility {
    /// Facility code, for example `TS001`.
    pub code: Text<32>,
    /// Name for people.
    pub name: Text<100>,
    /// Capacity in grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_g: Option<Grams>,
}

/// `site.registered` and `site.updated`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Names the site.
    pub site: SiteId,
    /// Party it belongs to.
    pub party: Uscc,
    /// Name for people.
    pub name: Text<100>,
    /// Division it lies in.
    pub division: Division,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Management class per year.
    #[serde(default)]
    pub classes: List<ClassOfYear, 0, 20>,
    /// Storage facilities.
    #[serde(default)]
    pub facilities: List<Facility, 0, 64>,
}

/// `site.closed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiteClosed {
    /// The site.
    pub site: SiteId,
    /// Last day of operation.
    pub on: NaiveDate,
    /// Why.
    pub reason: Text<500>,
}

/// `key.enrolled`: signed by the new key itself, embedding the invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEnrolled {
    /// The new key.
    pub key: PublicKey,
    /// The invitation: a compact JWS of type `waste-invitation+jws`.
    pub invitation: Text<4096>,
    /// The code whose digest stands in the invitation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Text<64>>,
}

/// `key.rotated`: signed by the new key, embedding an invitation signed by the old one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRotated {
    /// The key that ends.
    pub replaces: Kid,
    /// The new key.
    pub key: PublicKey,
    /// Invitation for the same party and role, signed by the key that ends.
    pub invitation: Text<4096>,
}

/// Why a key ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationReason {
    /// The device is lost.
    Lost,
    /// The key is believed to be in wrong hands.
    Stolen,
    /// The person left.
    Left,
    /// Another key took its place.
    Superseded,
    /// Anything else; see the note.
    Other,
}

/// `key.revoked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRevoked {
    /// The key that ends.
    pub key: Kid,
    /// Why.
    pub reason: RevocationReason,
    /// Events from this log index on are disputed.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "crate::shape::opt_count")]
    pub suspected_from: Option<u64>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text<500>>,
}

/// One item of a permit: these codes by these methods, so many grams a year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitItem {
    /// Codes and categories it covers.
    pub codes: List<CodePattern, 1, 600>,
    /// Treatment codes it covers.
    pub methods: List<TreatmentCode, 1, 64>,
    /// Amount a calendar year in grams.
    pub yearly_g: Grams,
}

/// `permit.issued`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitIssued {
    /// Names the permit.
    pub permit: PermitId,
    /// Number printed on it.
    pub number: Text<64>,
    /// Who holds it.
    pub party: Uscc,
    /// The site it is for; absent for all sites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// What it allows.
    pub items: List<PermitItem, 1, 64>,
    /// First day it is good.
    pub valid_from: NaiveDate,
    /// Last day it is good.
    pub valid_to: NaiveDate,
}

/// `permit.amended`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitAmended {
    /// The permit.
    pub permit: PermitId,
    /// What it allows from now on.
    pub items: List<PermitItem, 1, 64>,
    /// First day it is good.
    pub valid_from: NaiveDate,
    /// Last day it is good.
    pub valid_to: NaiveDate,
    /// Why it was amended.
    pub reason: Text<500>,
}

/// `permit.suspended`, `permit.reinstated` and `permit.revoked`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PermitStanding {
    /// The permit.
    pub permit: PermitId,
    /// From this day on.
    pub from: NaiveDate,
    /// Why.
    pub reason: Text<500>,
}

/// `vehicle.licensed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VehicleLicensed {
    /// Names the record.
    pub vehicle: VehicleId,
    /// Plate.
    pub plate: Plate,
    /// Carrier that runs it.
    pub carrier: Uscc,
    /// Number of its transport licence.
    pub licence: Text<64>,
    /// Rated load in grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rated_load_g: Option<Grams>,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: NaiveDate,
    /// Digests of the scanned papers.
    #[serde(default)]
    pub papers: List<Digest, 0, 16>,
}

/// What a person is qualified for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Qualification {
    /// 驾驶员
    Driver,
    /// 押运员
    Escort,
}

/// `person.qualified`: a person is a key, its name lives outside the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonQualified {
    /// Thumbprint of the person's key.
    pub key: Kid,
    /// Carrier.
    pub carrier: Uscc,
    /// As what.
    pub qualification: Qualification,
    /// Number of the certificate.
    pub certificate: Text<64>,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: NaiveDate,
}

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
    pub year: u16,
    /// Rows.
    pub lines: List<PlanLine, 1, 256>,
}

/// `approval.granted`: interprovincial transfer (order 23 of 2021, art. 21–28).
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
    pub valid_from: NaiveDate,
    /// Last day.
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
    pub valid_from: NaiveDate,
    /// Last day.
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

/// What a declaration to the authority covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeclarationPeriod {
    /// A calendar month.
    Month,
    /// A quarter.
    Quarter,
    /// A year.
    Year,
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
