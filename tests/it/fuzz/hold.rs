//! What must hold of any bytes at each reader.

use std::sync::LazyLock;

use liandan::app::access::TokenClaims;
use liandan::catalogue::{LabelCode, Scan, label};
use liandan::custody::Event;
use liandan::custody::bundle::{Bundle, Outcome, check};
use liandan::custody::confirmed::CodeStatement;
use liandan::custody::form::{read_invitation, read_offer};
use liandan::custody::head::HeadStatement;
use liandan::custody::kind::parse_json;
use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::cosignature::{self, CosignerKey};
use liandan::ledger::merkle::{ProofError, verify_consistency, verify_inclusion};
use liandan::ledger::note::{self, NoteKey, NoteVerifier};
use liandan::ledger::policy::Policy;
use liandan::ledger::tile::TilePath;
use liandan::ledger::tlog_proof::TlogProof;
use liandan::ledger::{Digest, Envelope, Leaf, PublicKey, SigningKey, Typ};

use super::samples;

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Whether one of the samples is exactly this.
fn is_among(samples: &[Vec<u8>], bytes: impl AsRef<[u8]>) -> bool {
    samples.iter().any(|sample| sample == bytes.as_ref())
}

pub(super) fn envelope(bytes: &[u8]) {
    static KEYS: LazyLock<Vec<PublicKey>> = LazyLock::new(samples::envelope_keys);
    static SIGNED: LazyLock<Vec<Vec<u8>>> = LazyLock::new(samples::good_compacts);
    for typ in [Typ::Event, Typ::Offer, Typ::Invitation, Typ::Head, Typ::Code, Typ::Token] {
        let Ok(envelope) = Envelope::parse(bytes, typ) else { continue };
        let is_compact = bytes.first() != Some(&b'{');
        assert!(!is_compact || envelope.compact().as_bytes() == bytes, "kept as it came");
        let again = Envelope::parse(envelope.compact().as_bytes(), typ).expect("what is kept is read");
        assert_eq!(again, envelope);
        for key in KEYS.iter() {
            if let Ok(verified) = envelope.clone().verify(key) {
                assert!(is_among(&SIGNED, verified.compact()), "nobody signed this");
            }
        }
    }
}

/// The text of a note that one of the samples' keys signed.
fn opened(note: &str) -> Option<String> {
    let vector_key = NoteVerifier::parse_vkey(&samples::vector_vkey()).expect("a good key");
    Some(note::open(note, &[vector_key, samples::log().verifier()]).ok()?.text)
}

pub(super) fn note(bytes: &[u8]) {
    // Some refused vectors are signed: what is wrong with them is what the text says.
    static SIGNED: LazyLock<Vec<String>> =
        LazyLock::new(|| samples::notes().iter().filter_map(|note| opened(text(note)?)).collect());
    if let Some(opened) = text(bytes).and_then(opened) {
        assert!(SIGNED.contains(&opened), "nobody signed this text");
        assert!(bytes.starts_with(opened.as_bytes()));
    }
}

pub(super) fn checkpoint(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Ok(checkpoint) = Checkpoint::parse(text) {
        let written = checkpoint.to_text();
        // Extension lines are opaque and dropped.
        assert!(text.starts_with(&written), "the three lines have one spelling");
        assert_eq!(Checkpoint::parse(&written), Ok(checkpoint));
    }
}

pub(super) fn cosignature(bytes: &[u8]) {
    static NOTES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(samples::cosigned);
    let Some(note) = text(bytes) else { return };
    for witness in samples::witnesses() {
        if let Ok(found) = cosignature::find(note, &witness.verifier()) {
            let made = |sample: &Vec<u8>| sample.ends_with(found.line.as_bytes());
            assert!(NOTES.iter().any(made), "the witness never wrote this line");
        }
    }
}

pub(super) fn vkey(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Ok(key) = NoteVerifier::parse_vkey(text) {
        assert_eq!(key.to_vkey(), text);
    }
    if let Ok(key) = CosignerKey::parse_vkey(text) {
        assert_eq!(key.to_vkey(), text);
    }
}

pub(super) fn policy(bytes: &[u8]) {
    static HEADS: LazyLock<Vec<String>> = LazyLock::new(|| {
        samples::cosigned().into_iter().filter_map(|note| String::from_utf8(note).ok()).collect()
    });
    let Some(text) = text(bytes) else { return };
    let Ok(policy) = Policy::parse(text) else { return };
    let mut before = None;
    for head in HEADS.iter() {
        // A policy may name other keys, which is no fault; more cosignatures never vouch less.
        let Ok(judged) = policy.judge(head) else { continue };
        assert!(before <= Some(judged.level), "{before:?} before {:?}", judged.level);
        before = Some(judged.level);
    }
    assert_eq!(Policy::parse(text), Ok(policy));
}

/// Two numbers of 8 bytes, two hashes, and the path.
fn proof(bytes: &[u8]) -> Option<(u64, u64, [Digest; 2], Vec<Digest>)> {
    let (first, rest) = bytes.split_first_chunk::<8>()?;
    let (second, rest) = rest.split_first_chunk::<8>()?;
    let (hashes, _) = rest.as_chunks::<32>();
    let hashes: Vec<Digest> = hashes.iter().copied().map(Digest).collect();
    let [one, other, path @ ..] = &hashes[..] else { return None };
    Some((u64::from_be_bytes(*first), u64::from_be_bytes(*second), [*one, *other], path.to_vec()))
}

/// Whether the hashes of what verifies are those of a sample. The numbers need not be: one path fits several trees that differ
/// to its right, which is why sizes are signed together with roots.
fn hashes_are_among(samples: &[Vec<u8>], bytes: &[u8]) -> bool {
    let whole = 16 + (bytes.len() - 16) / 32 * 32;
    samples.iter().any(|sample| sample[16..] == bytes[16..whole])
}

pub(super) fn inclusion(bytes: &[u8]) {
    static PROOFS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(samples::inclusion_proofs);
    let Some((index, size, [leaf, root], path)) = proof(bytes) else { return };
    match verify_inclusion(index, size, &leaf, &path, &root) {
        // The tree of one leaf is that leaf.
        Ok(()) => {
            assert!((size == 1 && leaf == root) || hashes_are_among(&PROOFS, bytes), "a proof nobody made")
        }
        Err(ProofError::WrongLength { expected, found }) => assert!(expected != found && expected <= 63),
        Err(_) => {}
    }
}

pub(super) fn consistency(bytes: &[u8]) {
    static PROOFS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(samples::consistency_proofs);
    let Some((old, new, [old_root, new_root], path)) = proof(bytes) else { return };
    match verify_consistency(old, &old_root, new, &new_root, &path) {
        Ok(()) => {
            let is_itself = old == new && old_root == new_root;
            assert!(is_itself || hashes_are_among(&PROOFS, bytes), "a proof nobody made");
        }
        Err(ProofError::WrongLength { expected, found }) => assert!(expected != found && expected <= 64),
        Err(_) => {}
    }
}

pub(super) fn leaf(bytes: &[u8]) {
    if let Ok(leaf) = Leaf::parse(bytes) {
        assert_eq!(leaf.to_bytes(), bytes);
    }
}

pub(super) fn tile_path(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Ok(path) = TilePath::parse(text) {
        assert_eq!(path.to_string(), text);
    }
}

pub(super) fn event(bytes: &[u8]) {
    match Event::parse(bytes) {
        Ok(event) => {
            let written = event.to_json().to_string();
            assert_eq!(Event::parse(written.as_bytes()), Ok(event), "one meaning");
        }
        Err(error) => assert!(error.pointer.is_empty() || error.pointer.starts_with('/'), "{error:?}"),
    }
}

/// An envelope around a payload; whoever signs, the payload is what is read.
fn around(payload: &[u8], typ: Typ) -> Envelope<liandan::ledger::Verified> {
    Envelope::sign(typ, payload, &SigningKey::from_seed([5; 32]))
}

pub(super) fn offer(bytes: &[u8]) {
    if let Some(offer) = read_offer(&around(bytes, Typ::Offer)) {
        let written = serde_json::to_vec(&offer).expect("an offer is JSON");
        assert_eq!(read_offer(&around(&written, Typ::Offer)), Some(offer));
    }
}

pub(super) fn invitation(bytes: &[u8]) {
    if let Some(invitation) = read_invitation(&around(bytes, Typ::Invitation)) {
        let written = serde_json::to_vec(&invitation).expect("an invitation is JSON");
        assert_eq!(read_invitation(&around(&written, Typ::Invitation)), Some(invitation));
    }
}

pub(super) fn code(bytes: &[u8]) {
    if let Ok(code) = CodeStatement::parse(bytes) {
        let written = serde_json::to_vec(&code).expect("a code statement is JSON");
        assert_eq!(CodeStatement::parse(&written), Ok(code));
    }
}

pub(super) fn token(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Ok(claims) = parse_json::<TokenClaims>(text, "") {
        let written = serde_json::to_string(&claims).expect("claims are JSON");
        assert_eq!(parse_json::<TokenClaims>(&written, ""), Ok(claims));
    }
}

pub(super) fn tlog_proof(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    if let Ok(proof) = TlogProof::parse(text) {
        assert_eq!(proof.to_text(), text);
    }
}

pub(super) fn head(bytes: &[u8]) {
    if let Ok(head) = HeadStatement::parse(bytes) {
        let written = serde_json::to_vec(&head).expect("a head statement is JSON");
        assert_eq!(HeadStatement::parse(&written), Ok(head));
    }
}

pub(super) fn bundle(bytes: &[u8]) {
    if let Ok(bundle) = Bundle::parse(bytes) {
        assert_eq!(Bundle::parse(bundle.to_json().as_bytes()), Ok(bundle));
    }
    // Nothing of it is in any log, so it must never be found to hold.
    let report = check(bytes, &Policy::log_alone(samples::log().verifier()));
    assert!(matches!(report.outcome, Outcome::Invalid | Outcome::CannotTell), "{report:?}");
}

pub(super) fn label(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let strict = text.parse::<LabelCode>();
    assert!(strict.as_ref().is_ok_and(|code| code.to_string() == text) || strict.is_err(), "one spelling");
    match label::read(text) {
        Ok(Scan::Code(code)) => {
            let is_spelled = Scan::Code(code).is_spelled_by(text);
            assert_eq!(strict.ok(), is_spelled.then_some(code), "only a spelling of its own makes it loose");
            assert_eq!(code.to_string().parse(), Ok(code));
        }
        Ok(Scan::Elements(elements)) => {
            for written in [elements.to_string(), elements.encoded()] {
                assert_eq!(label::read(&written), Ok(Scan::Elements(elements.clone())), "{written:?}");
            }
        }
        Err(error) => assert!(strict.is_err() && !error.zh().is_empty(), "what is strict is read"),
    }
}
