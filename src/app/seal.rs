//! Sealing: the public leaf of an event hides everything but what the public must see.

use super::error::Fault;
use crate::custody::{Recorded, Statement};
use crate::ledger::Digest;
use crate::ledger::leaf::{KeyAction, Leaf, Salt, commitment};
use crate::store::log::Entry;

/// The log entry of a recorded event, sealed with a fresh salt.
pub(super) fn entry_of(recorded: &Recorded, compact: String) -> Result<Entry, Fault> {
    let mut salt = [0_u8; 32];
    getrandom::fill(&mut salt).map_err(|error| Fault::Random(error.to_string()))?;
    let sealed = commitment(&Salt(salt), recorded.recorded_at.as_millis(), recorded.skew_ms, &compact);
    let leaf = leaf_of(&recorded.event.statement, sealed);
    Ok(Entry {
        index: recorded.index,
        event_id: recorded.id,
        leaf_kind: leaf.kind(),
        leaf: leaf.to_bytes(),
        jws: Some(compact),
        salt: Some(salt),
        recorded_at: recorded.recorded_at,
        skew_ms: recorded.skew_ms,
    })
}

/// The public leaf of a statement: keys and erasure notices are public, everything else is sealed.
pub(super) fn leaf_of(statement: &Statement, sealed: Digest) -> Leaf {
    let key = |action, kid, public, replaced, suspected_from| Leaf::Key {
        action,
        kid,
        public,
        replaced,
        suspected_from,
        commitment: sealed,
    };
    match statement {
        Statement::LedgerFounded(s) => key(KeyAction::Founded, s.key.kid(), *s.key.as_bytes(), None, None),
        Statement::KeyEnrolled(s) => key(KeyAction::Enrolled, s.key.kid(), *s.key.as_bytes(), None, None),
        Statement::KeyRotated(s) => {
            key(KeyAction::Rotated, s.key.kid(), *s.key.as_bytes(), Some(s.replaces), None)
        }
        // The revoked key itself stands in its own enrolment leaf; here its thumbprint names it.
        Statement::KeyRevoked(s) => key(KeyAction::Revoked, s.key, [0; 32], None, s.suspected_from),
        Statement::ErasureNoticed(s) => Leaf::Erasure { indexes: s.indexes.to_vec(), commitment: sealed },
        _ => Leaf::Event { commitment: sealed },
    }
}
