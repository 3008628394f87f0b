//! Keys: whose they are, in which role, and from which log index to which they speak.

use serde::{Deserialize, Serialize};

use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::id::InvitationId;
use crate::ledger::{Digest, Kid, PublicKey};
use crate::shape::Text;

/// What the holder of a key may do for its party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Invites and revokes the keys of its own party, and does everything an operator does.
    Administrator,
    /// Speaks for its party about waste.
    Operator,
    /// Takes over and hands over on the road.
    Driver,
    /// Accompanies a load (押运员).
    Escort,
    /// Reads only.
    Viewer,
    /// Registers parties and sites by order of the authority.
    Registrar,
    /// Acts for the authority (执法人员).
    Officer,
    /// Reads for the authority.
    Auditor,
}

impl Role {
    /// The kebab-case name, as it stands in payloads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Operator => "operator",
            Self::Driver => "driver",
            Self::Escort => "escort",
            Self::Viewer => "viewer",
            Self::Registrar => "registrar",
            Self::Officer => "officer",
            Self::Auditor => "auditor",
        }
    }

    /// The role with this name.
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::Administrator,
            Self::Operator,
            Self::Driver,
            Self::Escort,
            Self::Viewer,
            Self::Registrar,
            Self::Officer,
            Self::Auditor,
        ]
        .into_iter()
        .find(|role| role.name() == name)
    }

    /// Roles that belong to an authority's staff.
    pub fn is_official(self) -> bool {
        matches!(self, Self::Registrar | Self::Officer | Self::Auditor)
    }
}

/// What an invitation says: the payload of a `waste-invitation+jws`, signed by an authority or a party's administrator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    /// Version of this shape: 1.
    pub v: u16,
    /// Origin of the ledger it is for.
    pub log: Text<200>,
    /// Names the invitation; each is used once.
    pub invitation: InvitationId,
    /// The party the new key will speak for.
    pub party: Uscc,
    /// The role the new key gets.
    pub role: Role,
    /// SHA-256 of a code told to the invited person by another way, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_sha256: Option<Digest>,
    /// Not good from this moment on (compared with the ledger's clock).
    pub expires_at: Timestamp,
}

/// One key, as folded from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// Thumbprint of the key (RFC 7638).
    pub kid: Kid,
    /// The key itself.
    pub public: PublicKey,
    /// The party it speaks for.
    pub party: Uscc,
    /// What its holder may do.
    pub role: Role,
    /// The invitation it came by; the founding key has none.
    pub invitation: Option<InvitationId>,
    /// Log index of its enrolment.
    pub enrolled_index: u64,
    /// Log index of its revocation.
    pub revoked_index: Option<u64>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Events from this log index on are disputed.
    pub suspected_from: Option<u64>,
}

/// How a key stands at one log index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStanding {
    /// Enrolled before and not revoked.
    Good,
    /// Revoked at or before the index.
    Revoked,
    /// Not enrolled before the index.
    NotYet,
}

impl KeyRecord {
    /// Validity goes by log index, never by clock: enrolled before `index`, and not revoked at or before it.
    pub fn standing_at(&self, index: u64) -> KeyStanding {
        if self.enrolled_index >= index {
            KeyStanding::NotYet
        } else if self.revoked_index.is_some_and(|revoked| revoked <= index) {
            KeyStanding::Revoked
        } else {
            KeyStanding::Good
        }
    }

    /// True for an event at `index` that lies in the time the key is suspected of being in wrong hands.
    pub fn is_suspected_at(&self, index: u64) -> bool {
        self.suspected_from.is_some_and(|from| from <= index)
    }
}
