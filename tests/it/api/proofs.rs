//! What the interface says about the log is checked here as an outsider would.

use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::leaf::commitment;
use liandan::ledger::merkle::{leaf_hash, verify_consistency, verify_inclusion};
use liandan::ledger::note::NoteVerifier;
use liandan::ledger::{Digest, Leaf, Salt, b64};
use serde_json::Value;

use super::server::Server;
use crate::support::ledger::{block_on, databases};

fn digests(value: &Value) -> Vec<Digest> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn a_receipt_proves_that_the_log_holds_exactly_these_bytes() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play("08:00 acme opens 900-041-49 1200 kg\n=====\n").await;
        let sent = &played.acts[0].envelope;
        let receipt =
            server.read_as("acme", &format!("/api/v1/events/{}/receipt", sent.event_id())).await.json();
        let vkey = server.read("/api/v1/log/key").await.text;
        let verifier = NoteVerifier::parse_vkey(vkey.trim_end()).unwrap();
        let inclusion = &receipt["inclusion"];
        let head = Checkpoint::open(inclusion["checkpoint"].as_str().unwrap(), &verifier).unwrap();
        let leaf = b64::decode(receipt["leaf"].as_str().unwrap()).unwrap();
        let (index, hashes) = (receipt["index"].as_u64().unwrap(), digests(&inclusion["hashes"]));
        verify_inclusion(index, head.size, &leaf_hash(&leaf), &hashes, &head.root).unwrap();
        let salt: Salt = receipt["salt"].as_str().unwrap().parse().unwrap();
        let recorded_at: liandan::clock::Timestamp =
            receipt["recorded_at"].as_str().unwrap().parse().unwrap();
        let skew_ms = receipt["skew_ms"].as_i64().unwrap();
        let sealed = commitment(&salt, recorded_at.as_millis(), skew_ms, sent.compact());
        assert_eq!(Leaf::parse(&leaf).unwrap().commitment(), Some(sealed));
    });
}

#[test]
fn anybody_can_check_that_the_log_only_grew() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let vkey = server.read("/api/v1/log/key").await.text;
        let verifier = NoteVerifier::parse_vkey(vkey.trim_end()).unwrap();
        let head =
            async || Checkpoint::open(&server.read("/api/v1/log/checkpoint").await.text, &verifier).unwrap();
        let old = head().await;
        server.play("08:00 acme opens 900-041-49 1 kg\n08:01 acme opens 900-041-49 2 kg\n=====\n").await;
        let new = head().await;
        assert_eq!(new.size, old.size + 2);
        let path = format!("/api/v1/log/proof/consistency?from={}&to={}", old.size, new.size);
        let hashes = digests(&server.read(&path).await.json()["hashes"]);
        verify_consistency(old.size, &old.root, new.size, &new.root, &hashes).unwrap();
        let path = format!("/api/v1/log/proof/inclusion?index=0&size={}", new.size);
        let proof = server.read(&path).await.json();
        let leaf: Digest = proof["leaf_hash"].as_str().unwrap().parse().unwrap();
        verify_inclusion(0, new.size, &leaf, &digests(&proof["hashes"]), &new.root).unwrap();
    });
}
