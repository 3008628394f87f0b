//! Leaves of every kind, with what their commitments hide.

use liandan::ledger::leaf::{KeyAction, commitment};
use liandan::ledger::merkle::leaf_hash;
use liandan::ledger::{Digest, Envelope, Leaf, Salt, Typ};
use serde_json::{Value, json};

use super::{hex, key, unhex};

const RECORDED_AT_MS: i64 = 1_790_000_000_123;

pub(super) fn leaves() -> Value {
    json!({
        "comment": "commitment = SHA-256(\"liandan/leaf/v1\" and a zero byte, salt, recorded_at_ms as 8 bytes, skew_ms as 8 \
            bytes in two's complement, length of the compact JWS as 4 bytes, compact JWS), numbers big-endian. \
            leaf_hash = SHA-256(a zero byte, leaf), RFC 6962 §2.1.",
        "good": good(),
        "unknown": unknown(),
        "refused": refused(),
    })
}

/// One sealed statement: inputs and commitment, as members of a vector.
fn sealed(payload: &str, salt: u8, skew_ms: i64) -> (Value, Digest) {
    let compact = Envelope::sign(Typ::Event, payload.as_bytes(), &key(1)).into_compact();
    let salt = Salt([salt; 32]);
    let hidden =
        json!({ "salt": salt, "recorded_at_ms": RECORDED_AT_MS, "skew_ms": skew_ms, "compact": compact });
    (hidden, commitment(&salt, RECORDED_AT_MS, skew_ms, &compact))
}

fn vector(comment: &str, hidden: Value, shown: Value, leaf: &Leaf) -> Value {
    let bytes = leaf.to_bytes();
    assert_eq!(&Leaf::parse(&bytes).unwrap(), leaf, "{comment}");
    json!({
        "comment": comment,
        "kind": leaf.kind(),
        "hidden": hidden,
        "shown": shown,
        "commitment": leaf.commitment(),
        "leaf_hex": hex(&bytes),
        "leaf_hash": leaf_hash(&bytes),
    })
}

fn good() -> Vec<Value> {
    let mut vectors = vec![];
    for (comment, payload, salt, skew_ms) in [
        (
            "a sealed event; the signer's clock was 1.5 s behind",
            "{\"v\":1,\"kind\":\"waste.collected\"}",
            0xa1,
            -1_500,
        ),
        (
            "a sealed event with another salt: nothing shows that it is the same statement",
            "{\"v\":1,\"kind\":\"waste.collected\"}",
            0xa2,
            -1_500,
        ),
        (
            "a sealed event; the signer's clock was 2 s ahead",
            "{\"v\":1,\"kind\":\"waste.delivered\"}",
            0xa3,
            2_000,
        ),
    ] {
        let (hidden, commitment) = sealed(payload, salt, skew_ms);
        vectors.push(vector(comment, hidden, json!({}), &Leaf::Event { commitment }));
    }
    for (comment, action, replaced, suspected_from) in [
        ("the key the ledger began with", KeyAction::Founded, None, None),
        ("a key enrolled", KeyAction::Enrolled, None, None),
        ("a key that takes the place of another", KeyAction::Rotated, Some(key(3).kid()), None),
        ("a key revoked", KeyAction::Revoked, None, None),
        ("a key revoked, in wrong hands since index 41 perhaps", KeyAction::Revoked, None, Some(41)),
    ] {
        let (hidden, commitment) = sealed("{\"v\":1,\"kind\":\"key\"}", 0xb0 + action as u8, 0);
        let (kid, public) = (key(2).kid(), key(2).public());
        let shown = json!({
            "action": action as u8, "kid": kid, "public": public, "replaced": replaced, "suspected_from": suspected_from,
        });
        let leaf =
            Leaf::Key { action, kid, public: *public.as_bytes(), replaced, suspected_from, commitment };
        vectors.push(vector(comment, hidden, shown, &leaf));
    }
    for (comment, indexes) in [
        ("a notice that one statement was erased", vec![7]),
        ("a notice that three were", vec![0, 255, 4_294_967_296]),
    ] {
        let (hidden, commitment) = sealed("{\"v\":1,\"kind\":\"erasure\"}", 0xc1, 0);
        let shown = json!({ "indexes": indexes });
        vectors.push(vector(comment, hidden, shown, &Leaf::Erasure { indexes, commitment }));
    }
    vectors
}

fn unknown() -> Vec<Value> {
    let vectors = [("kind 77", "014d00ff"), ("version 2 of kind 1", "0201"), ("kind 0", "0100")];
    let vector = |(comment, leaf): (&str, &str)| {
        let bytes = unhex(leaf);
        assert_eq!(Leaf::parse(&bytes), Ok(Leaf::Unknown { bytes: bytes.clone() }), "{comment}");
        json!({ "comment": format!("{comment}: hashed, not interpreted"), "leaf_hex": leaf, "leaf_hash": leaf_hash(&bytes) })
    };
    vectors.map(vector).to_vec()
}

fn refused() -> Vec<Value> {
    let tail = "11".repeat(32);
    let vectors = [
        ("nothing", String::new()),
        ("no kind", "01".into()),
        ("an event of 33 bytes", format!("0101{}", &tail[..62])),
        ("an event of 35 bytes", format!("0101{tail}00")),
        ("a key leaf of 138 bytes", format!("010201{}", "22".repeat(135))),
        ("key action 5", format!("010205{}", "22".repeat(136))),
        ("key action 0", format!("010200{}", "22".repeat(136))),
        ("an erasure of nothing", format!("01030000{tail}")),
        ("an erasure of 1025 indexes", {
            let indexes: String = (0..1025).map(|index: u64| format!("{index:016x}")).collect();
            format!("01030401{indexes}{tail}")
        }),
        ("an erasure that counts 2 and names 1", format!("010300020000000000000007{tail}")),
        ("an erasure of the same index twice", format!("0103000200000000000000070000000000000007{tail}")),
        ("an erasure that descends", format!("0103000200000000000000080000000000000007{tail}")),
    ];
    let vector = |(comment, leaf): (&str, String)| {
        assert!(Leaf::parse(&unhex(&leaf)).is_err(), "{comment}");
        json!({ "comment": comment, "leaf_hex": leaf })
    };
    vectors.map(vector).to_vec()
}
