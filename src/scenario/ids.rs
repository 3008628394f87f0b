//! Ids and key seeds that come out the same every time the same scenario is played.

use uuid::Uuid;

use crate::clock::Timestamp;
use crate::ledger::Digest;

/// A version 7 UUID (RFC 9562 §5.7) as a client would make it at `at`, with bits of a hash where a client puts random ones:
/// clients must make version 7, and a replay must give identical bytes.
pub(super) fn client_made(scenario: &str, label: &str, at: Timestamp) -> Uuid {
    let hash = Digest::sha256(&[format!("liandan/scenario-id/v1\0{scenario}\0{label}").as_bytes()]);
    let mut tail = [0_u8; 10];
    tail.copy_from_slice(&hash.as_bytes()[..10]);
    uuid::Builder::from_unix_timestamp_millis(at.as_millis().unsigned_abs(), &tail).into_uuid()
}

/// The seed of a demonstration key. Anybody can compute it: these keys protect nothing, by design.
pub(super) fn key_seed(party: &str, role: &str) -> [u8; 32] {
    *Digest::sha256(&[format!("liandan/demo-key/v1\0{party}\0{role}").as_bytes()]).as_bytes()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::id::LotId;

    #[test]
    fn ids_are_version_7_at_the_scripted_time_and_differ_by_name() {
        let at = Timestamp::from_millis(1_772_000_000_123);
        let id = client_made("week", "L1", at);
        assert!(id.to_string().parse::<LotId>().unwrap().is_client_made());
        assert_eq!(id, client_made("week", "L1", at));
        assert_ne!(id, client_made("week", "L2", at));
        assert_ne!(id, client_made("wee", "kL1", at));
        let (seconds, nanos) = id.get_timestamp().unwrap().to_unix();
        assert_eq!((seconds, nanos), (1_772_000_000, 123_000_000));
    }
}
