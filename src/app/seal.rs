//! Sealing: the public leaf of an event hides everything but what the public must see.

use super::error::Fault;
use crate::clock::Timestamp;
use crate::custody::Recorded;
use crate::custody::leaf::leaf_of;
use crate::ledger::b64;
use crate::ledger::leaf::{Salt, commitment};
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

/// A new secret: 32 random bytes as text.
pub(super) fn new_secret() -> Result<String, Fault> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| Fault::Random(error.to_string()))?;
    Ok(b64::encode(&bytes))
}

/// A new UUID of version 7 for what this ledger names itself.
pub(super) fn new_id(now: Timestamp) -> Result<uuid::Uuid, Fault> {
    let mut tail = [0_u8; 10];
    getrandom::fill(&mut tail).map_err(|error| Fault::Random(error.to_string()))?;
    let ms = now.as_millis().max(0).unsigned_abs();
    Ok(uuid::Builder::from_unix_timestamp_millis(ms, &tail).into_uuid())
}
