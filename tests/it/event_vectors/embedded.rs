//! Offers and invitations: what others sign and an event embeds.

use liandan::custody::confirmed::CodeStatement;
use liandan::custody::kind::{PayloadError, parse_json};
use liandan::custody::payload::handover::Offer;
use liandan::ledger::{Envelope, Typ};
use liandan::registry::key::Invitation;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::manifests::{
    code, invitation, invitations as invitation_payloads, offer, offers as offer_payloads,
};
use super::refused::swap;
use super::{CARRIER, CONSIGNOR, digest, id, key};

pub(super) fn offers() -> Value {
    let good: Vec<Value> = offer_payloads()
        .iter()
        .map(|(comment, payload)| good::<Offer>(Typ::Offer, comment, payload))
        .collect();
    let text = offer("collected").to_string();
    let line = r#"{"line":1,"mass_g":1200000}"#;
    let nine = format!(r#""prev":{}"#, json!(vec![digest(1); 9]));
    let refused = [
        ("an unknown member", swap(&text, "{\"at\"", "{\"x\":0,\"at\""), "/x"),
        ("a member twice", swap(&text, "{\"at\"", "{\"v\":1,\"at\""), ""),
        ("no step", swap(&text, r#""step":"collected","#, ""), ""),
        ("a step that is none", swap(&text, r#""collected""#, r#""received""#), "/step"),
        ("a float mass", swap(&text, line, r#"{"line":1,"mass_g":1200000.0}"#), "/lines/0/mass_g"),
        ("no lines", swap(&text, &format!("[{line},{}]", r#"{"line":2,"mass_g":1}"#), "[]"), "/lines"),
        ("a line that is a number", swap(&text, line, "1"), "/lines/0"),
        ("nine heads", swap(&text, &format!(r#""prev":["{}"]"#, digest(1)), &nine), "/prev"),
        ("an id of version 4", swap(&text, &id(40), &id(40).replace("-774b-", "-474b-")), "/manifest"),
        ("text behind it", format!("{text}x"), ""),
    ];
    let refused = refused.map(|(comment, text, pointer)| refused_vector::<Offer>(comment, &text, pointer));
    json!({ "good": good, "refused": refused })
}

pub(super) fn invitations() -> Value {
    let good: Vec<Value> = invitation_payloads()
        .iter()
        .map(|(comment, payload)| good::<Invitation>(Typ::Invitation, comment, payload))
        .collect();
    let text = invitation("operator").to_string();
    let refused = [
        ("an unknown member", swap(&text, "{\"code", "{\"a\":0,\"code"), "/a"),
        ("a member twice", swap(&text, "{\"code", "{\"v\":1,\"code"), ""),
        ("no expiry", swap(&text, r#""expires_at":"2026-03-09T01:20:00.000Z","#, ""), ""),
        ("a role that is none", swap(&text, r#""operator""#, r#""root""#), "/role"),
        ("a role in capitals", swap(&text, r#""operator""#, r#""Operator""#), "/role"),
        ("a party in small letters", swap(&text, CONSIGNOR, &CONSIGNOR.to_lowercase()), "/party"),
        ("text behind it", format!("{text}{{}}"), ""),
    ];
    let refused =
        refused.map(|(comment, text, pointer)| refused_vector::<Invitation>(comment, &text, pointer));
    json!({ "good": good, "refused": refused })
}

pub(super) fn codes() -> Value {
    let good: Vec<Value> = ["collected", "transferred", "delivered", "returned"]
        .map(|step| {
            let payload = code(step, CONSIGNOR, CARRIER);
            let bytes = payload.to_string();
            let said = CodeStatement::parse(bytes.as_bytes()).unwrap();
            let compact = said.sign(&key(5)).into_compact();
            assert_eq!(CodeStatement::open(&compact, &key(5).public()), Ok(said));
            let envelope = Envelope::sign(Typ::Code, bytes.as_bytes(), &key(5));
            json!({
                "comment": format!("told at the step {step}"), "payload": payload, "seed_byte": 5,
                "compact": envelope.into_compact(),
            })
        })
        .into();
    let text = code("collected", CONSIGNOR, CARRIER).to_string();
    let refused = [
        ("an unknown member", swap(&text, "{\"at\"", "{\"x\":0,\"at\""), "/x"),
        ("a member twice", swap(&text, "{\"at\"", "{\"v\":1,\"at\""), ""),
        ("another version", swap(&text, "\"v\":1", "\"v\":2"), "/v"),
        ("no telephone", swap(&text, r#""phone":"8000","#, ""), ""),
        ("more of a telephone", swap(&text, "\"8000\"", "\"38000\""), "/phone"),
        ("less of a telephone", swap(&text, "\"8000\"", "\"800\""), "/phone"),
        ("a telephone that is none", swap(&text, "\"8000\"", "\"80a0\""), "/phone"),
        ("a step that is none", swap(&text, r#""collected""#, r#""received""#), "/step"),
        ("text behind it", format!("{text}x"), ""),
    ];
    let refused = refused.map(|(comment, text, pointer)| {
        let error = CodeStatement::parse(text.as_bytes()).expect_err(comment);
        assert_eq!(error.pointer, pointer, "{comment}: {}", error.message);
        json!({ "comment": comment, "payload": text, "pointer": pointer })
    });
    json!({ "good": good, "refused": refused })
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, PayloadError> {
    parse_json(text, "")
}

fn good<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(
    typ: Typ,
    comment: &str,
    payload: &Value,
) -> Value {
    let bytes = payload.to_string();
    let parsed: T = read(&bytes).unwrap_or_else(|error| panic!("{comment}: {error:?}"));
    assert_eq!(read::<T>(&serde_json::to_string(&parsed).unwrap()), Ok(parsed), "{comment}");
    let envelope = Envelope::sign(typ, bytes.as_bytes(), &key(1));
    json!({ "comment": comment, "payload": payload, "seed_byte": 1, "compact": envelope.into_compact() })
}

fn refused_vector<T: DeserializeOwned + std::fmt::Debug>(comment: &str, text: &str, pointer: &str) -> Value {
    let error = read::<T>(text).expect_err(comment);
    assert_eq!(error.pointer, pointer, "{comment}: {}", error.message);
    json!({ "comment": comment, "payload": text, "pointer": pointer })
}
