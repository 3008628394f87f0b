//! Who there is: the ledger itself, parties, sites, keys.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::catalogue::{Division, UnitClass, Uscc};
use crate::id::SiteId;
use crate::ledger::{Digest, Kid, PublicKey};
use crate::registry::party::PartyKind;
use crate::shape::{Grams, List, Place, Text};

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

/// Longest text of a profile, in characters.
pub const MAX_PROFILE_CHARS: usize = 60_000;

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
    /// The profile as it reads (TOML), where it is not the one compiled into the program: who folds the log needs nothing else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text<MAX_PROFILE_CHARS>>,
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
    #[serde(deserialize_with = "crate::shape::year")]
    pub year: u16,
    /// Class in that year.
    pub class: UnitClass,
}

/// A camera that watches a facility. Its pictures stay where they are; the ledger holds where that is, and for how long they are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Camera {
    /// What it is called.
    pub name: Text<100>,
    /// Where whoever may looks through it: an address of `https`, `rtsps` or `rtsp`, without a password in it.
    pub link: Text<500>,
    /// For how many days its pictures are kept.
    pub keeps_days: u16,
}

/// A facility of a site, where waste is stored or treated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facility {
    /// Facility code, for example `TS001`.
    pub code: Text<32>,
    /// Name for people.
    pub name: Text<100>,
    /// What it can store, in grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity_g: Option<Grams>,
    /// What it can treat in a day, in grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_capacity_g: Option<Grams>,
    /// True for a storage point (贮存点), which may hold little whatever its capacity (GB 18597-2023, 8.3.5).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_point: bool,
    /// The cameras that watch it.
    #[serde(default, skip_serializing_if = "<[_]>::is_empty")]
    pub cameras: List<Camera, 0, 8>,
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
    /// Facilities for storage and treatment.
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
    #[serde(deserialize_with = "crate::shape::day")]
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
