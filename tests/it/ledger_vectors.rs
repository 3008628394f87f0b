//! tests/vectors/ledger.json: what the log's formats are, as examples that any language can check itself against.
//!
//! Everything in the file is made here from fixed seeds. Each vector's verdict is written down beside it and checked
//! against the program, so the file can only say what is true. After a deliberate change of a format:
//! `LIANDAN_BLESS=1 cargo test --test it ledger_vectors`, then read the difference.

mod envelopes;
mod keys;
mod leaves;
mod trees;
mod witnesses;

use liandan::ledger::SigningKey;
use serde_json::{Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/ledger.json");

#[test]
fn the_committed_vectors_are_what_the_program_does() {
    let sections = json!({
        "comment": "Test vectors of the ledger's formats. Digests, keys, ids, salts and signatures are strict base64url \
            without padding (43 characters for 32 bytes); members ending in _hex are hexadecimal, members ending in _ms \
            milliseconds. The private keys are the seeds 0101…01, 0202…02 and so on: never use them.",
        "keys": keys::keys(),
        "signatures": keys::signatures(),
        "envelopes": envelopes::envelopes(),
        "leaves": leaves::leaves(),
        "trees": trees::trees(),
        "checkpoints": trees::checkpoints(),
        "cosignatures": witnesses::cosignatures(),
        "policies": witnesses::policies(),
    });
    if bless() {
        std::fs::write(FILE, serde_json::to_string_pretty(&sections).unwrap() + "\n").unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap();
    let committed: Value = serde_json::from_str(&committed).unwrap();
    for (name, section) in sections.as_object().unwrap() {
        assert_eq!(
            &committed[name], section,
            "section {name}: see the head of this file for how to renew it"
        );
    }
    assert_eq!(committed, sections, "a section is in the file that nobody makes");
}

#[expect(
    clippy::disallowed_methods,
    reason = "a switch for whoever runs the tests, not a setting of the program"
)]
pub(crate) fn bless() -> bool {
    std::env::var_os("LIANDAN_BLESS").is_some()
}

/// The key whose seed is 32 times this byte.
fn key(byte: u8) -> SigningKey {
    SigningKey::from_seed([byte; 32])
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(digits).collect()
}
