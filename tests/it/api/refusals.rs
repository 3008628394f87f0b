//! Bad input: a problem that points at what is wrong, and nothing stored.

use liandan::ledger::{Envelope, SigningKey, Typ};
use liandan::scenario::{Script, World};
use serde_json::{Value, json};

use super::server::{Server, office_key};
use crate::support::ledger::{LOG, block_on, databases};

/// A good event of acme that nobody has sent.
fn good_event(log: &str) -> Value {
    let script = Script::parse("test", "08:00 acme opens 900-041-49 1200 kg\n=====\n").unwrap();
    let played = script.play(World::embedded(), log).unwrap();
    serde_json::from_slice(played.acts[0].envelope.payload()).unwrap()
}

fn signed(payload: &str, key: &SigningKey) -> String {
    Envelope::sign(Typ::Event, payload.as_bytes(), key).into_compact()
}

/// Body, status, slug, code and pointer.
type Case = (&'static str, String, u16, &'static str, &'static str, &'static str);

fn cases() -> Vec<Case> {
    let key = office_key("acme");
    let good = good_event(LOG);
    let with = |pointer: &str, value: Value| {
        let mut event = good.clone();
        *event.pointer_mut(pointer).unwrap() = value;
        signed(&event.to_string(), &key)
    };
    let compact = signed(&good.to_string(), &key);
    let (body, signature) = compact.rsplit_once('.').unwrap();
    let other = signed("{}", &key);
    let forged = format!("{body}.{}", other.rsplit_once('.').unwrap().1);
    let doubled = good.to_string().replacen('{', "{\"v\":1,", 1);
    let many = "x".repeat(liandan::api::MAX_EVENT_BODY_BYTES + 1);
    let token = Envelope::sign(Typ::Token, good.to_string().as_bytes(), &key).into_compact();
    let unprotected =
        format!("{{\"protected\":\"x\",\"payload\":\"x\",\"signature\":\"{signature}\",\"header\":{{}}}}");
    vec![
        ("no JWS", "hello".into(), 400, "malformed", "envelope-malformed", ""),
        ("empty", String::new(), 400, "malformed", "envelope-malformed", ""),
        ("padded", format!("{compact}="), 400, "malformed", "envelope-malformed", "/signature"),
        (
            "a line feed behind it",
            format!("{compact}\n"),
            400,
            "malformed",
            "envelope-malformed",
            "/signature",
        ),
        ("an unprotected header", unprotected, 400, "malformed", "envelope-malformed", ""),
        ("another type", token, 400, "malformed", "envelope-header", "/protected"),
        ("too long for an envelope", "x".repeat(257 * 1024), 413, "too-large", "envelope-too-large", ""),
        ("too long for a body", many, 413, "too-large", "body-too-large", ""),
        ("another signature", forged, 422, "signature", "signature-invalid", "/signature"),
        (
            "a key nobody enrolled",
            signed(&good.to_string(), &SigningKey::from_seed([77; 32])),
            422,
            "signature",
            "key-unknown",
            "/protected/kid",
        ),
        (
            "another ledger",
            signed(&good_event("other.example/log").to_string(), &key),
            422,
            "unacceptable",
            "other-ledger",
            "/log",
        ),
        ("a name twice", signed(&doubled, &key), 400, "malformed", "payload-malformed", ""),
        (
            "an unknown kind",
            with("/kind", json!("waste.vanished")),
            400,
            "malformed",
            "payload-malformed",
            "/kind",
        ),
        (
            "a mass below zero",
            with("/data/lots/0/quantity/mass_g", json!(-1)),
            400,
            "malformed",
            "payload-malformed",
            "/data/lots/0/quantity/mass_g",
        ),
        ("a version to come", with("/v", json!(2)), 400, "malformed", "payload-malformed", "/v"),
        (
            "in another's name",
            with("/for", json!(World::embedded().party("ruby").unwrap().uscc)),
            422,
            "unacceptable",
            "",
            "",
        ),
    ]
}

#[test]
fn bad_uploads_are_refused_with_a_pointer_and_store_nothing() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let size = server.size().await;
        for (what, body, status, slug, code, pointer) in cases() {
            for path in ["/api/v1/events", "/api/v1/events?dry_run=true"] {
                let answer = server.upload(path, body.clone()).await;
                assert_eq!(answer.status, status, "{what}: {}", answer.text);
                let (seen, errors) = answer.problem();
                assert_eq!(seen, slug, "{what}");
                if !code.is_empty() {
                    assert_eq!(errors, [(code.to_owned(), pointer.to_owned())], "{what}: {}", answer.text);
                }
            }
        }
        assert_eq!(server.size().await, size);
    });
}

#[test]
fn a_good_event_is_recorded_once_and_a_dry_run_not_at_all() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let body = signed(&good_event(LOG).to_string(), &office_key("acme"));
        let size = server.size().await;
        let dry = server.upload("/api/v1/events?dry_run=true", body.clone()).await;
        assert_eq!((dry.status, server.size().await), (200, size));
        assert!(dry.json()["inclusion"].is_null() && dry.json()["salt"].is_null());
        let first = server.upload("/api/v1/events", body.clone()).await;
        assert_eq!((first.status, server.size().await), (201, size + 1));
        let again = server.upload("/api/v1/events", body.clone()).await;
        assert_eq!((again.status, &again.text), (200, &first.text), "always the first receipt");
        let [protected, payload, signature] = body.split('.').collect::<Vec<_>>()[..] else { panic!() };
        let flattened =
            json!({"protected": protected, "payload": payload, "signature": signature}).to_string();
        let flat = server.upload("/api/v1/events", flattened).await;
        assert_eq!((flat.status, &flat.text, server.size().await), (200, &first.text, size + 1));
        let read = server
            .read_as(
                "acme",
                &format!("/api/v1/events/{}/receipt", first.json()["event_id"].as_str().unwrap()),
            )
            .await;
        assert_eq!(read.text, first.text);
    });
}

#[test]
fn the_device_s_clock_becomes_the_skew_of_the_event() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let body = signed(&good_event(LOG).to_string(), &office_key("acme"));
        let send = |time: String| {
            server.client.post(server.url("/api/v1/events")).header("Device-Time", time).body(body.clone())
        };
        let refused = super::server::Answer::of(send("noon".to_owned()).send().await.unwrap()).await;
        assert_eq!(refused.problem().1, [("device-time".to_owned(), "/header/device-time".to_owned())]);
        let ahead = server.ledger.clock.now().plus_millis(90_000).to_string();
        let taken = super::server::Answer::of(send(ahead).send().await.unwrap()).await;
        assert_eq!((taken.status, taken.json()["skew_ms"].as_i64()), (201, Some(90_000)));
    });
}

#[test]
fn bad_parameters_are_pointed_at() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        for (path, pointer) in [
            ("manifests?limit=501", "/query/limit"),
            ("manifests?limit=0", "/query/limit"),
            ("manifests?status=lost", "/query/status"),
            ("manifests?after=x", "/query/after"),
            ("manifests?colour=red", "/query"),
            ("manifests/x", "/path"),
            ("manifests/01890A5D-AC96-774B-BCCE-B302099A8057", "/path"),
            ("parties/123", "/path"),
            ("events/x", "/path"),
            ("findings?state=half", "/query/state"),
        ] {
            let answer = server.read_as("acme", &format!("/api/v1/{path}")).await;
            let (slug, errors) = answer.problem();
            assert_eq!(
                (slug.as_str(), errors[0].1.as_str()),
                ("malformed", pointer),
                "{path}: {}",
                answer.text
            );
        }
        for (path, pointer) in [
            ("calendar/working-days?from=2026-03-02&days=9999", "/query/days"),
            ("calendar/working-days?from=tomorrow&days=1", "/query/from"),
            ("log/proof/inclusion?index=5&size=5", "/query"),
            ("log/proof/consistency?from=0&to=1", "/query"),
        ] {
            let answer = server.read(&format!("/api/v1/{path}")).await;
            assert_eq!(answer.problem().1[0].1, pointer, "{path}: {}", answer.text);
        }
    });
}
