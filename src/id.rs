//! Typed identifiers of the things that clients create.
//!
//! A phone without signal must be able to name a manifest or a lot, so the id is a UUID made by the client: version 7
//! (RFC 9562 §5.7) as a rule, version 8 (§5.8) where the id is *derived* from content and must come out the same twice.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use uuid::{Uuid, Variant};

/// Why a text is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID of version 7 or 8 in its lower-case form with hyphens (RFC 9562)")]
pub struct IdError;

/// Reads the one accepted text form, so that an id has one spelling in the log, in URLs and in searches.
fn parse(text: &str) -> Result<Uuid, IdError> {
    let uuid = Uuid::try_parse(text).map_err(|_| IdError)?;
    let canonical = uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text;
    let known = uuid.get_variant() == Variant::RFC4122 && matches!(uuid.get_version_num(), 7 | 8);
    if canonical && known { Ok(uuid) } else { Err(IdError) }
}

/// A version 8 UUID derived from content: the first 16 bytes of SHA-256 over the length-prefixed parts.
pub fn derived(parts: &[&[u8]]) -> Uuid {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hasher.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is already trusted (made here, or read from the store).
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID.
            pub fn as_uuid(&self) -> Uuid {
                self.0
            }

            /// True when a client made the id (version 7), false when it was derived from content (version 8).
            pub fn is_client_made(&self) -> bool {
                self.0.get_version_num() == 7
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                parse(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    )+};
}

ids! {
    /// Names one statement of one party: the idempotency key of an event, unique per party.
    ActId;
    /// A transfer manifest (转移联单).
    ManifestId;
    /// A lot (批次): a mass of one waste code with one history.
    LotId;
    /// A container (容器/包装).
    ContainerId;
    /// A label on containers (标签), derived from its text.
    LabelId;
    /// A running total (累计), derived from what it adds up.
    TallyId;
    /// A watch (到期监视), derived from what it waits for.
    WatchId;
    /// One vehicle run (车次), which may carry several manifests.
    TripId;
    /// A place of a party (场所).
    SiteId;
    /// An operating permit (经营许可证).
    PermitId;
    /// A vehicle's licence record.
    VehicleId;
    /// A yearly management plan (管理计划).
    PlanId;
    /// An interprovincial approval (跨省批准).
    ApprovalId;
    /// A disposal contract (合同).
    ContractId;
    /// A right to sign for another party (授权).
    MandateId;
    /// An invitation to enrol a key.
    InvitationId;
    /// A declaration filed with the authority (申报).
    DeclarationId;
    /// A proposed or ordered correction (更正).
    CorrectionId;
    /// A finding (预警/问题), derived from rule, subject and discriminator.
    FindingId;
    /// A case (案件/整改).
    CaseId;
    /// A hold (查封).
    HoldId;
    /// An inspection (检查).
    InspectionId;
    /// A document of another system (导入文件).
    DocumentId;
    /// A block of label serial numbers lent to a device (号段): the device makes the id, so that asking again gets the same block.
    LeaseId;
    /// Where somebody wants to be told of what happens (webhook).
    WebhookId;
    /// A notice (通知), derived from its cause and from whose it is.
    NoticeId;
    /// Readings that their owner is told of later (密查).
    SealedReadId;
    /// What somebody began to write (草稿): whoever begins it makes the id, so that saving again saves the same.
    DraftId;
    /// A code that confirms a handover.
    CodeId;
    /// What a platform of the state is told of one step of a manifest (报送), derived from its place among them.
    PushId;
}

impl LotId {
    /// The lot that *is* a manifest line: derived, so that every event naming (manifest, line) names the same lot
    /// without carrying its id, whichever of them arrives first.
    pub fn of_line(manifest: ManifestId, line: u16) -> Self {
        Self(derived(&[b"liandan/lot-of-line/v1", manifest.0.as_bytes(), &line.to_be_bytes()]))
    }

    /// The lot a consignee refused out of a manifest line: apart from the accepted part, so that each has one holder.
    pub fn rejected_of_line(manifest: ManifestId, line: u16) -> Self {
        Self(derived(&[b"liandan/lot-rejected-of-line/v1", manifest.0.as_bytes(), &line.to_be_bytes()]))
    }

    /// The node in the graph of lots that stands for one repacking or treatment: everything that went in became everything
    /// that came out. It is no lot; nobody holds it.
    pub fn of_mix(event: &[u8; 32]) -> Self {
        Self(derived(&[b"liandan/mix/v1", event]))
    }
}

impl LabelId {
    /// The name of a label with this text.
    pub fn of_text(text: &str) -> Self {
        Self(derived(&[b"liandan/label/v1", text.as_bytes()]))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_and_two_versions() {
        assert!("01890a5d-ac96-774b-bcce-b302099a8057".parse::<LotId>().unwrap().is_client_made());
        for bad in [
            "01890A5D-AC96-774B-BCCE-B302099A8057",
            "01890a5dac96774bbcceb302099a8057",
            "{01890a5d-ac96-774b-bcce-b302099a8057}",
            "urn:uuid:01890a5d-ac96-774b-bcce-b302099a8057",
            "01890a5d-ac96-474b-bcce-b302099a8057",
            "01890a5d-ac96-774b-0cce-b302099a8057",
            "",
        ] {
            assert_eq!(bad.parse::<LotId>(), Err(IdError), "{bad}");
        }
    }

    #[test]
    fn a_line_has_one_lot_and_its_refused_part_another() {
        let manifest: ManifestId = "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap();
        let lot = LotId::of_line(manifest, 1);
        assert_eq!(lot, LotId::of_line(manifest, 1));
        assert_ne!(lot, LotId::of_line(manifest, 2));
        assert_ne!(lot, LotId::rejected_of_line(manifest, 1));
        assert!(!lot.is_client_made());
        assert_eq!(lot.to_string().parse::<LotId>().unwrap(), lot);
    }
}
