//! Forged signatures, hostile keys and foreign headers: refused wherever they come in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use liandan::custody::Verdict;
use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::cosignature::{self, CosignerKey};
use liandan::ledger::note::{NoteKey, NoteVerifier};
use liandan::ledger::{Digest, Envelope, SigningKey, Typ, b64};
use liandan::registry::Role;
use liandan::scenario::World;
use serde_json::{Value, json};

use super::{seed_of, with_signature};
use crate::api::server::{Answer, Server, claims, now_s, office_key, sign_script, sign_token};
use crate::hostile::{Secret, hostile_keys};
use crate::support::ledger::{LOG, block_on, databases};

/// The signing input of a compact JWS.
fn input(compact: &str) -> &[u8] {
    compact.rsplit_once('.').unwrap().0.as_bytes()
}

/// The compact JWS with each forgery its own signer can make.
fn forged(compact: &str, seed: [u8; 32]) -> Vec<String> {
    let forgeries = Secret::of(seed).forgeries(input(compact));
    assert!(forgeries.len() > 15);
    forgeries.iter().map(|forgery| with_signature(compact, &forgery.signature)).collect()
}

fn opening() -> String {
    let played = sign_script("08:00 acme opens 900-041-49 1200 kg\n=====\n");
    played.acts[0].envelope.compact().to_owned()
}

#[test]
fn no_forgery_is_accepted_on_any_path() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let size = server.size().await;
        let events = forged(&opening(), seed_of("acme", Role::Operator));
        for event in &events {
            for path in ["/api/v1/events", "/api/v1/events?dry_run=true"] {
                let answer = server.upload(path, event.clone()).await;
                let (slug, errors) = answer.problem();
                assert_eq!((answer.status, slug.as_str()), (422, "signature"), "{}", answer.text);
                assert_eq!(errors, [("signature-invalid".to_owned(), "/signature".to_owned())]);
            }
        }
        // Many of them at once: what one signature has too much, the next has too little.
        let bulk = [&events[..], &events[..], &events[..]].concat();
        let answer = server.upload("/api/v1/events/batch", bulk.join("\n")).await;
        let results: Vec<Value> =
            answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(results.len(), bulk.len());
        assert!(results.iter().all(|result| result["status"] == 422), "{}", answer.text);
        // Tokens.
        let now = now_s(server.ledger.clock.now());
        let token = sign_token(&claims(now, now + 60), &office_key("acme"));
        for token in forged(&token, seed_of("acme", Role::Operator)) {
            let answer = server.read_with(&token, "/api/v1/parties").await;
            assert_eq!(answer.status, 401, "{}", answer.text);
        }
        assert_eq!(server.size().await, size, "nothing was stored");
    });
}

#[test]
fn an_embedded_forgery_is_no_signature() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = sign_script(
            "
            08:00  acme  opens      900-041-49 1200 kg
            09:00  acme  registers  M1  900-041-49 1200 kg  acme > swift > phoenix
            09:20  acme  hands      M1  to swift
            =====
            ",
        );
        let (handover, before) = played.acts.split_last().unwrap();
        for act in before {
            server.ledger.send(act).await.unwrap();
        }
        server.ledger.clock.set(handover.recorded_at);
        let gate = World::embedded().key("swift", Role::Driver);
        let event: Value = serde_json::from_slice(handover.envelope.payload()).unwrap();
        let offer = event["data"]["offer"].as_str().unwrap();
        for offer in forged(offer, seed_of("acme", Role::Operator)) {
            let mut event = event.clone();
            event["data"]["offer"] = json!(offer);
            let compact = Envelope::sign(Typ::Event, event.to_string().as_bytes(), &gate).into_compact();
            let judged = server.ledger.app.dry_run(compact.as_bytes(), None).await.unwrap();
            assert_eq!(judged.receipt.verdict, Verdict::OneSided);
        }
        // An invitation to a new key, by an officer.
        let key = SigningKey::from_seed([88; 32]);
        let good = invitation(&server, &World::embedded().key("bureau", Role::Officer));
        let enrol = |invitation: &str| enrolment(&key.public().to_string(), invitation, &key);
        for invitation in forged(&good, seed_of("bureau", Role::Officer)) {
            let answer = server.upload("/api/v1/events", enrol(&invitation)).await;
            assert_eq!(answer.problem().1[0].0, "invitation-invalid", "{}", answer.text);
        }
        assert_eq!(server.upload("/api/v1/events", enrol(&good)).await.status, 201);
    });
}

/// An invitation of a new operator of acme.
fn invitation(server: &Server, inviting: &SigningKey) -> String {
    let body = json!({
        "v": 1, "log": LOG, "invitation": "01890a5d-ac96-774b-bcce-b302099a8057",
        "party": World::embedded().party("acme").unwrap().uscc, "role": "operator",
        "expires_at": server.ledger.clock.now().plus_hours(1),
    });
    Envelope::sign(Typ::Invitation, body.to_string().as_bytes(), inviting).into_compact()
}

fn statement(kind: &str, data: &Value) -> String {
    let act = liandan::id::derived(&[data.to_string().as_bytes()]);
    let party = World::embedded().party("acme").unwrap().uscc;
    json!({
        "v": 1, "log": LOG, "kind": kind, "act": act, "for": party,
        "occurred_at": "2026-03-02T01:20:00Z", "data": data,
    })
    .to_string()
}

fn enrolment(key: &str, invitation: &str, signer: &SigningKey) -> String {
    let event = statement("key.enrolled", &json!({ "key": key, "invitation": invitation }));
    Envelope::sign(Typ::Event, event.as_bytes(), signer).into_compact()
}

#[test]
fn no_hostile_key_is_enrolled() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let size = server.size().await;
        let officer = World::embedded().key("bureau", Role::Officer);
        let acme = office_key("acme");
        let invitation = invitation(&server, &officer);
        for hostile in hostile_keys() {
            let key = b64::encode(&hostile.bytes);
            let rotated = json!({ "replaces": acme.kid(), "key": key, "invitation": invitation });
            let rotated = statement("key.rotated", &rotated);
            let rotated = Envelope::sign(Typ::Event, rotated.as_bytes(), &acme).into_compact();
            for event in [enrolment(&key, &invitation, &acme), rotated] {
                let answer = server.upload("/api/v1/events", event).await;
                let (slug, errors) = answer.problem();
                assert_eq!(
                    (slug.as_str(), errors[0].1.as_str()),
                    ("malformed", "/data/key"),
                    "{}",
                    hostile.comment
                );
            }
        }
        // A good key that the sender does not hold: nobody but its holder can sign the enrolment.
        let other = SigningKey::from_seed([89; 32]).public();
        let answer = server.upload("/api/v1/events", enrolment(&other.to_string(), &invitation, &acme)).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert_eq!(server.size().await, size);
    });
}

#[test]
fn no_forgery_is_taken_for_a_note_or_cosignature() {
    let secret = Secret::of([9; 32]);
    let key = SigningKey::from_seed([9; 32]).public();
    let text = format!("{LOG}\n7\n{}\n", STANDARD.encode(Digest::sha256(&[b"root"]).0));
    let line = |name: &str, id: &[u8], signature: &[u8]| {
        format!("\u{2014} {name} {}\n", STANDARD.encode([id, signature].concat()))
    };
    let log = NoteVerifier { name: LOG.to_owned(), key };
    let signer = SigningKey::from_seed([9; 32]);
    let good = line(LOG, &log.key_id(), &signer.sign(text.as_bytes()));
    assert!(Checkpoint::open(&format!("{text}\n{good}"), &log).is_ok());
    for forgery in secret.forgeries(text.as_bytes()) {
        let bad = line(LOG, &log.key_id(), &forgery.signature);
        for note in [format!("{text}\n{bad}"), format!("{text}\n{good}{bad}"), format!("{text}\n{bad}{good}")]
        {
            assert!(Checkpoint::open(&note, &log).is_err(), "{}", forgery.comment);
        }
    }
    let witness = CosignerKey { name: "witness.example/w".to_owned(), key };
    let at_s = 1_772_409_600_u64;
    let message = format!("cosignature/v1\ntime {at_s}\n{text}");
    let stamped = |signature: &[u8]| [&at_s.to_be_bytes()[..], signature].concat();
    let honest = line(&witness.name, &witness.key_id(), &stamped(&signer.sign(message.as_bytes())));
    assert_eq!(cosignature::find(&format!("{text}\n{good}{honest}"), &witness).unwrap().at_s, at_s);
    for forgery in secret.forgeries(message.as_bytes()) {
        let bad = line(&witness.name, &witness.key_id(), &stamped(&forgery.signature));
        assert!(cosignature::find(&format!("{text}\n{good}{bad}"), &witness).is_err(), "{}", forgery.comment);
    }
    for hostile in hostile_keys() {
        let id = Digest::sha256(&[LOG.as_bytes(), b"\n\x01", &hostile.bytes]).0;
        let id = u32::from_be_bytes([id[0], id[1], id[2], id[3]]);
        let encoded = STANDARD.encode([&[1][..], &hostile.bytes].concat());
        let vkey = format!("{LOG}+{id:08x}+{encoded}");
        assert!(NoteVerifier::parse_vkey(&vkey).is_err(), "{}", hostile.comment);
    }
}

/// HMAC-SHA256 (RFC 2104) under a key of at most one block.
fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(padded, key)| *padded ^= key);
        block
    };
    let inner = Digest::sha256(&[&pad(0x36), message]);
    Digest::sha256(&[&pad(0x5c), inner.as_bytes()]).0
}

/// Headers that other libraries would follow, each truly signed, and spellings that other decoders would take.
fn foreign_jws() -> Vec<(&'static str, String)> {
    let key = office_key("acme");
    let compact = opening();
    let [_, payload, signature] = compact.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let kid = key.kid();
    let signed = |header: String| {
        let input = format!("{}.{payload}", b64::encode(header.as_bytes()));
        let signature = key.sign(input.as_bytes());
        format!("{input}.{}", b64::encode(&signature))
    };
    let header = |alg: &str, more: &str| {
        format!("{{\"alg\":\"{alg}\",\"kid\":\"{kid}\",\"typ\":\"waste-event+jws\"{more}}}")
    };
    let none = format!("{}.{payload}.", b64::encode(header("none", "").as_bytes()));
    let hs256 = format!("{}.{payload}", b64::encode(header("HS256", "").as_bytes()));
    let mac = hmac(key.public().as_bytes(), hs256.as_bytes());
    let jwk = format!(",\"jwk\":{{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"{}\"}}", key.public());
    let flattened = |more: &str| {
        let [protected, ..] = compact.split('.').collect::<Vec<_>>()[..] else { panic!() };
        format!(
            "{{\"protected\":\"{protected}\",\"payload\":\"{payload}\",\"signature\":\"{signature}\"{more}}}"
        )
    };
    let mut odd = signature.to_owned();
    let last = odd.pop().unwrap();
    odd.push(if last == 'A' { 'B' } else { char::from(last as u8 + 1) });
    vec![
        ("none", none),
        ("HS256 over the public key", format!("{hs256}.{}", b64::encode(&mac))),
        ("ES256", signed(header("ES256", ""))),
        ("jwk", signed(header("EdDSA", &jwk))),
        ("jku", signed(header("EdDSA", ",\"jku\":\"http://127.0.0.1:1/keys\""))),
        ("x5u", signed(header("EdDSA", ",\"x5u\":\"http://127.0.0.1:1/cert\""))),
        ("x5c", signed(header("EdDSA", ",\"x5c\":[\"MIIB\"]"))),
        ("crit", signed(header("EdDSA", ",\"crit\":[\"exp\"],\"exp\":1"))),
        ("b64 false", signed(header("EdDSA", ",\"b64\":false,\"crit\":[\"b64\"]"))),
        ("a member twice", signed(header("EdDSA", ",\"alg\":\"EdDSA\""))),
        ("an unprotected header", flattened(",\"header\":{\"alg\":\"none\"}")),
        ("a member twice outside", flattened(&format!(",\"payload\":\"{payload}\""))),
        ("padding", format!("{compact}=")),
        ("trailing bits", format!("{}.{odd}", compact.rsplit_once('.').unwrap().0)),
    ]
}

#[test]
fn every_other_jws_is_refused_alike() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let size = server.size().await;
        for (what, body) in foreign_jws() {
            let answer: Answer = server.upload("/api/v1/events", body.clone()).await;
            let (slug, errors) = answer.problem();
            assert_eq!(
                (answer.status, slug.as_str(), errors.len()),
                (400, "malformed", 1),
                "{what}: {}",
                answer.text
            );
            assert!(errors[0].0.starts_with("envelope-"), "{what}: {}", answer.text);
            let bulk = server.upload("/api/v1/events/batch", body).await;
            let result: Value = serde_json::from_str(bulk.text.lines().next().unwrap()).unwrap();
            assert_eq!(result["status"], 400, "{what}: {}", bulk.text);
        }
        assert_eq!(server.size().await, size);
        assert_eq!(server.upload("/api/v1/events", opening()).await.status, 201);
    });
}
