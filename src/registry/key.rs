//! Keys: whose they are, in which role, and from which log index to which they speak.

use serde::{Deserialize, Serialize};

use super::standing;
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
    /// Every role.
    pub const ALL: [Self; 8] = [
        Self::Administrator,
        Self::Operator,
        Self::Driver,
        Self::Escort,
        Self::Viewer,
        Self::Registrar,
        Self::Officer,
        Self::Auditor,
    ];

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
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Roles of those who are on the road with a load: they see what they are named for.
    pub fn is_crew(self) -> bool {
        matches!(self, Self::Driver | Self::Escort)
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
    /// The party itself, where it is not registered yet: whoever enrols with this registers it (自行登记), and an officer agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registers: Option<standing::Party>,
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
    /// Log index of its enrolment, or of the rotation that brought it.
    pub enrolled_index: u64,
    /// The key whose place it took.
    pub replaces: Option<Kid>,
    /// Log index of its end: of its revocation, or of the rotation that replaced it.
    pub revoked_index: Option<u64>,
    /// When it ended.
    pub revoked_at: Option<Timestamp>,
    /// The key that took its place, where a rotation ended it.
    pub replaced_by: Option<Kid>,
    /// Events from this log index up to its end are disputed.
    pub suspected_from: Option<u64>,
}

/// The end of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyEnd {
    /// Log index of the revocation or rotation.
    pub index: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// The key that takes its place, in a rotation.
    pub replaced_by: Option<Kid>,
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

    /// True for an event at `index` that lies between the beginning of the suspicion and the end of the key.
    pub fn is_suspected_at(&self, index: u64) -> bool {
        let from = self.suspected_from.is_some_and(|from| from <= index);
        from && self.revoked_index.is_some_and(|end| index < end)
    }

    /// The record as the first `size` entries of the log tell it: an end that came later is not known.
    pub fn known_below(self, size: u64) -> Self {
        if self.revoked_index.is_none_or(|end| end < size) {
            return self;
        }
        Self { revoked_index: None, revoked_at: None, replaced_by: None, suspected_from: None, ..self }
    }

    /// End it. A key that ended before keeps its end; another revocation may only carry the suspicion further back.
    pub fn end(&mut self, end: KeyEnd) {
        if self.revoked_index.is_none() {
            self.revoked_index = Some(end.index);
            self.revoked_at = Some(end.at);
            self.replaced_by = end.replaced_by;
        }
        self.suspected_from = self.suspected_from.into_iter().chain(end.suspected_from).min();
    }

    /// True when another revocation with this suspicion would say something new of a key that ended already.
    pub fn is_further_suspected_from(&self, from: Option<u64>) -> bool {
        let before = self.suspected_from.or(self.revoked_index);
        from.is_some_and(|from| before.is_some_and(|before| from < before))
    }
}
