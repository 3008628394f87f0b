//! Declarations about a manifest (转移联单): registering, confirming, assigning, changing, voiding, numbering.

use serde::{Deserialize, Serialize};

use crate::catalogue::{TreatmentCode, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::id::{ApprovalId, ContractId, ManifestId, PlanId, SiteId, TripId};
use crate::ledger::{Digest, Kid};
use crate::shape::{List, Plate, Quantity, Text};

/// Most waste lines of one manifest.
pub const MAX_LINES: usize = 256;
/// Most containers of one manifest.
pub const MAX_CONTAINERS: usize = 1024;
/// Most carrier legs of one manifest.
pub const MAX_LEGS: usize = 8;

/// A party at one of its sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyAt {
    /// The party.
    pub party: Uscc,
    /// Its site.
    pub site: SiteId,
}

/// How the waste is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Packaging {
    /// Drums and barrels (桶).
    Drum,
    /// Bags (袋).
    Bag,
    /// Boxes (箱).
    Box,
    /// Tanks and tank vehicles (罐).
    Tank,
    /// Loose in the vehicle (散装).
    Bulk,
    /// Anything else (其他).
    Other,
}

impl Packaging {
    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Drum => "drum",
            Self::Bag => "bag",
            Self::Box => "box",
            Self::Tank => "tank",
            Self::Bulk => "bulk",
            Self::Other => "other",
        }
    }
}

/// Physical form of the waste.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// 固态
    Solid,
    /// 半固态
    SemiSolid,
    /// 液态
    Liquid,
    /// 气态
    Gas,
}

/// One waste line: it *is* a lot ([`crate::id::LotId::of_line`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedLine {
    /// Line number, unique in the manifest, from 1.
    pub line: u16,
    /// Waste code.
    pub code: WasteCode,
    /// The waste's name in the trade.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Text<100>>,
    /// Physical form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Form>,
    /// How it is packed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packaging: Option<Packaging>,
    /// Number of containers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub containers: Option<u16>,
    /// Volume of one container in litres; decides which tolerance a weighing has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_litres: Option<u32>,
    /// Planned mass.
    pub planned: Quantity,
    /// Exemptions (豁免) the signer claims, by their id in the profile.
    #[serde(default)]
    pub exemptions: List<Text<64>, 0, 8>,
    /// Intended treatment.
    pub treatment: TreatmentCode,
}

/// How a leg moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// By road vehicle.
    Vehicle,
    /// By pipeline.
    Pipeline,
    /// By rail.
    Rail,
    /// By ship.
    Ship,
}

impl Mode {
    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Vehicle => "vehicle",
            Self::Pipeline => "pipeline",
            Self::Rail => "rail",
            Self::Ship => "ship",
        }
    }
}

/// One carrier leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    /// Who moves it.
    pub carrier: Uscc,
    /// By what.
    pub mode: Mode,
}

/// Why the signer goes on although a check objects; becomes a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedReason {
    /// Rule id, for example `permit-expired`.
    pub rule: Text<40>,
    /// The reason.
    pub text: Text<500>,
}

/// `manifest.registered` (登记联单), signed by the consignor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registered {
    /// Names the manifest.
    pub manifest: ManifestId,
    /// Site the waste leaves; its division numbers the manifest.
    pub site: SiteId,
    /// Whom it goes to.
    pub consignee: PartyAt,
    /// Waste lines.
    pub lines: List<PlannedLine, 1, MAX_LINES>,
    /// Carrier legs in order.
    pub legs: List<Leg, 1, MAX_LEGS>,
    /// Planned departure.
    pub planned_departure: Timestamp,
    /// Planned arrival.
    pub planned_arrival: Timestamp,
    /// Vehicle run it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trip: Option<TripId>,
    /// Management plan it draws on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanId>,
    /// Contract it is under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<ContractId>,
    /// Interprovincial approval it is under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<ApprovalId>,
    /// The manifest whose rejected waste this one carries on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<ManifestId>,
    /// The consignor's own business key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub erp_no: Option<Text<64>>,
    /// Reasons for going on against a check.
    #[serde(default)]
    pub reasons: List<StatedReason, 0, 16>,
}

/// `manifest.confirmed` (经营确认), signed by the consignee.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmed {
    /// The manifest.
    pub manifest: ManifestId,
}

/// `manifest.declined` (拒绝) by the consignee and `manifest.voided` (作废) by the consignor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ended {
    /// The manifest.
    pub manifest: ManifestId,
    /// Why.
    pub reason: Text<500>,
}

/// `manifest.assigned` (派车), signed by the carrier; the last one before departure counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assigned {
    /// The manifest.
    pub manifest: ManifestId,
    /// Leg number, from 1.
    pub leg: u8,
    /// Vehicle.
    pub vehicle: Plate,
    /// Trailer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trailer: Option<Plate>,
    /// The driver's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<Kid>,
    /// The escort's key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escort: Option<Kid>,
    /// Number of the transport licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<Text<64>>,
}

/// `manifest.amended` (变更), before collection only. What is absent stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amended {
    /// The manifest.
    pub manifest: ManifestId,
    /// New consignee.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consignee: Option<PartyAt>,
    /// New lines, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<List<PlannedLine, 1, MAX_LINES>>,
    /// New legs, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub legs: Option<List<Leg, 1, MAX_LEGS>>,
    /// New planned departure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_departure: Option<Timestamp>,
    /// New planned arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub planned_arrival: Option<Timestamp>,
    /// Why.
    pub reason: Text<500>,
    /// Reasons for going on against a check.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub reasons: List<StatedReason, 0, 16>,
}

/// `number.bound` (国家联单号绑定).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberBound {
    /// The manifest.
    pub manifest: ManifestId,
    /// Numbering system, for example `cn-national`.
    pub system: Text<32>,
    /// The number there.
    pub number: Text<64>,
    /// Digest of the evidence, for example a screenshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Digest>,
}
