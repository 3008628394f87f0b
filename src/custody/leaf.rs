//! Which public leaf a statement has: keys and erasure notices are public, everything else is sealed.

use super::Statement;
use crate::ledger::Digest;
use crate::ledger::leaf::{KeyAction, Leaf};

/// The public leaf of a statement whose bytes are sealed by this commitment.
pub fn leaf_of(statement: &Statement, sealed: Digest) -> Leaf {
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
