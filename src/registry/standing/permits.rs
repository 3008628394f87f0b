//! What they may do: permits, vehicles, qualified persons.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::catalogue::{CodePattern, TreatmentCode, Uscc};
use crate::id::{PermitId, SiteId, VehicleId};
use crate::ledger::{Digest, Kid};
use crate::shape::{Grams, List, Plate, Text};

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
    /// Where the holder may only collect (收集) what it covers, and passes it on to be treated elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<Collection>,
}

/// The terms of collecting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// Within how many working days it is to be passed on, where the permit says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_days: Option<u8>,
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
    #[serde(deserialize_with = "crate::shape::day")]
    pub valid_from: NaiveDate,
    /// Last day it is good.
    #[serde(deserialize_with = "crate::shape::day")]
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
    #[serde(deserialize_with = "crate::shape::day")]
    pub valid_from: NaiveDate,
    /// Last day it is good.
    #[serde(deserialize_with = "crate::shape::day")]
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
    #[serde(deserialize_with = "crate::shape::day")]
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
    #[serde(deserialize_with = "crate::shape::day")]
    pub valid_from: NaiveDate,
    /// Last day.
    #[serde(deserialize_with = "crate::shape::day")]
    pub valid_to: NaiveDate,
    /// Digests of the scanned papers.
    #[serde(default)]
    pub papers: List<Digest, 0, 16>,
}

/// What a person is qualified for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    #[serde(deserialize_with = "crate::shape::day")]
    pub valid_from: NaiveDate,
    /// Last day.
    #[serde(deserialize_with = "crate::shape::day")]
    pub valid_to: NaiveDate,
}
