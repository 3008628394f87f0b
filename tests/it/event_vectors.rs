//! tests/vectors/events.json: every kind of event as it stands on the wire, as examples that any language can check itself against.
//!
//! The payloads are written by hand, never by the types that read them, and signed here with fixed seeds. Each refused one
//! has the pointer the program answers. After a deliberate change of a format:
//! `LIANDAN_BLESS=1 cargo test --test it event_vectors`, then read the difference.

mod acts;
mod embedded;
mod facts;
mod manifests;
mod refused;
mod spelling;
mod standing;
mod strictness;

use liandan::custody::{Event, Kind};
use liandan::ledger::{Envelope, SigningKey, Typ, b64};
use serde_json::{Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/events.json");
const LOG: &str = "vectors.example/ledger";

const CONSIGNOR: &str = "91370000DEM000001A";
const CARRIER: &str = "91370000DEM000002D";
const CONSIGNEE: &str = "91370000DEM000003G";
const AUTHORITY: &str = "11370000DEM000004U";

#[test]
fn the_committed_vectors_are_what_the_program_does() {
    let sections = json!({
        "comment": "Test vectors of signed payloads. events: payload is what is signed, as JSON; compact holds the signed \
            bytes of it (any JSON spelling of the payload is good, the signature covers bytes), event_id is SHA-256 of \
            everything before the last dot of compact. extent tells whether every optional member of payload.data is there \
            (full) or none (minimal). spellings: other bytes that say the same as the payload of that kind. refused: \
            pointer (RFC 6901) is the member the program names. There the payload is one text; or payload_parts, texts \
            each to be repeated so many times and joined; or payload_base64url, where the bytes are no text. Digests, \
            keys and ids of events are strict base64url without padding. The private keys are the seeds 0101…01, 0202…02 \
            and so on: never use them.",
        "keys": (1..=5).map(|n| json!({
            "seed_byte": n, "public": key(n).public(), "kid": key(n).kid(),
        })).collect::<Vec<_>>(),
        "events": numbered().iter().map(|(n, said)| said.vector(*n)).collect::<Vec<_>>(),
        "spellings": spelling::vectors(),
        "offers": embedded::offers(),
        "invitations": embedded::invitations(),
        "codes": embedded::codes(),
        "refused": refused::vectors(),
    });
    if bless() {
        std::fs::write(FILE, serde_json::to_string_pretty(&sections).unwrap() + "\n").unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap();
    let committed: Value = serde_json::from_str(&committed).unwrap();
    for (name, section) in sections.as_object().unwrap() {
        assert!(&committed[name] == section, "section {name}: see the head of this file for how to renew it");
    }
    assert!(committed == sections, "a section is in the file that nobody makes");
}

#[test]
fn every_kind_has_a_full_vector() {
    let said = numbered();
    for kind in Kind::ALL {
        let full = said.iter().any(|(_, said)| said.kind == kind.name() && said.extent == Extent::Full);
        assert!(full, "{} has no vector with everything in it: write one", kind.name());
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a switch for whoever runs the tests, not a setting of the program"
)]
pub(crate) fn bless() -> bool {
    std::env::var_os("LIANDAN_BLESS").is_some()
}

/// How much of what a payload may hold is there.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Extent {
    /// Every optional member.
    Full,
    /// None of them.
    Minimal,
    /// Some of them.
    Some,
}

/// One event to be signed.
#[derive(Clone)]
struct Said {
    kind: &'static str,
    comment: &'static str,
    party: &'static str,
    extent: Extent,
    signer: u8,
    data: Value,
}

fn full(kind: &'static str, party: &'static str, data: Value) -> Said {
    Said { kind, comment: "every optional member", party, extent: Extent::Full, signer: 1, data }
}

fn minimal(kind: &'static str, party: &'static str, data: Value) -> Said {
    Said { kind, comment: "only what is required", party, extent: Extent::Minimal, signer: 1, data }
}

impl Said {
    fn but(self, comment: &'static str) -> Self {
        Self { comment, ..self }
    }

    fn with_gaps(self) -> Self {
        Self { extent: Extent::Some, ..self }
    }

    fn signed_by(self, signer: u8) -> Self {
        Self { signer, ..self }
    }

    /// The payload to sign. `n` makes the name of the statement, unique in the file.
    fn payload(&self, n: usize) -> Value {
        let mut payload = json!({
            "v": 1, "log": LOG, "kind": self.kind, "act": act(n), "for": self.party,
            "occurred_at": "2026-03-02T09:20:00+08:00", "data": self.data,
        });
        if self.extent == Extent::Full {
            payload["occurred_at"] = json!("2026-03-02T01:20:00.000Z");
            payload["mandate"] = json!(id(2));
            payload["prev"] = json!([digest(1), digest(2)]);
            payload["anchor"] = json!({ "size": 9_007_199_254_740_991_i64, "root": digest(9) });
            payload["place"] = place(["gps", "network", "typed"][n % 3]);
        }
        payload
    }

    fn vector(&self, n: usize) -> Value {
        let comment = format!("{}: {}", self.kind, self.comment);
        let payload = self.payload(n);
        let bytes = payload.to_string();
        let event = Event::parse(bytes.as_bytes()).unwrap_or_else(|error| panic!("{comment}: {error:?}"));
        assert_eq!(event.kind().name(), self.kind, "{comment}");
        let again = event.to_json();
        assert_eq!(Event::parse(again.to_string().as_bytes()), Ok(event), "{comment}");
        if self.extent == Extent::Full {
            assert_eq!(again, payload, "{comment}: written another way");
        }
        let envelope = Envelope::sign(Typ::Event, bytes.as_bytes(), &key(self.signer));
        json!({
            "comment": comment,
            "kind": self.kind,
            "extent": format!("{:?}", self.extent).to_lowercase(),
            "payload": payload,
            "seed_byte": self.signer,
            "event_id": envelope.event_id(),
            "compact": envelope.into_compact(),
        })
    }
}

/// Every event, with the number its act is made of.
fn numbered() -> Vec<(usize, Said)> {
    [standing::vectors(), manifests::vectors(), facts::vectors(), acts::vectors(), facts::tracks()]
        .concat()
        .into_iter()
        .enumerate()
        .collect()
}

/// The key whose seed is 32 times this byte.
fn key(byte: u8) -> SigningKey {
    SigningKey::from_seed([byte; 32])
}

/// A client's id: a UUID of version 7 (RFC 9562 §5.7).
fn id(n: u8) -> String {
    format!("01890a5d-ac96-774b-bcce-b302099a80{n:02x}")
}

fn act(n: usize) -> String {
    format!("01890a5d-ac96-7000-8000-{n:012x}")
}

/// A stand-in for a digest, an event id or a root: 32 times the same byte.
fn digest(n: u8) -> String {
    b64::encode(&[n; 32])
}

fn place(source: &str) -> Value {
    json!({ "lat_udeg": 35_104_672, "lon_udeg": -180_000_000, "accuracy_m": 12, "source": source })
}

/// A quantity with everything in it.
fn quantity(basis: &str) -> Value {
    json!({
        "mass_g": 1_200_000, "basis": basis, "written": "1.2", "unit": "吨", "gross_g": 1_260_000, "tare_g": 60_000,
        "packaging_included": false, "volume_ml": 1_500_000, "pieces": 12, "ticket": "BD-2026-0001", "scale": "1号地磅",
    })
}

fn bare_quantity(mass_g: i64) -> Value {
    json!({ "mass_g": mass_g, "basis": "estimated" })
}

/// The releasing side's offer, signed.
fn offer_text(step: &str) -> String {
    Envelope::sign(Typ::Offer, manifests::offer(step).to_string().as_bytes(), &key(1)).into_compact()
}

/// A code that the releasing side told, said by a log's key.
fn code_text(step: &str, from: &str, to: &str) -> String {
    let payload = manifests::code(step, from, to).to_string();
    Envelope::sign(Typ::Code, payload.as_bytes(), &key(5)).into_compact()
}

/// An invitation for the consignor's operator, signed.
fn invitation_text(signer: u8) -> String {
    let payload = manifests::invitation("operator").to_string();
    Envelope::sign(Typ::Invitation, payload.as_bytes(), &key(signer)).into_compact()
}
