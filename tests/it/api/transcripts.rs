//! Transcripts: what a client sends and what it is answered, kept as text that people read and changes show up in.
//!
//! `LIANDAN_BLESS=1 cargo test --test it api::transcripts` writes them anew. Salts are drawn by chance, and what depends on them
//! is left out: leaves, proofs, checkpoints.

use serde_json::Value;

use super::server::{Answer, Server};
use crate::support::ledger::{block_on, databases};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/api/transcripts");
const BY_CHANCE: [&str; 6] = ["salt", "leaf", "hashes", "checkpoint", "root", "tlog_proof"];
const DAY: &str = "08:00 acme opens 900-041-49 1200 kg
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
    09:20 acme hands M1 to swift
    16:05 swift hands M1 to phoenix
    16:30 phoenix receives M1 1120 kg
    =====";

struct Transcript {
    text: String,
}

impl Transcript {
    fn note(&mut self, request: &str, answer: &Answer) {
        let kind = answer.headers.get("content-type").map_or("", |value| value.to_str().unwrap());
        self.text.push_str(&format!(
            "> {request}\n< {} {kind}\n{}\n\n",
            answer.status,
            readable(&answer.text)
        ));
    }
}

/// JSON, one document or one a line, with sorted names and without what chance decides; other text as it is.
fn readable(text: &str) -> String {
    let whole = serde_json::from_str::<Value>(text).map(|json| vec![json]);
    let lines = || text.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>();
    let Ok(documents) = whole.or_else(|_| lines()) else { return text.trim_end().to_owned() };
    let pretty = documents.into_iter().map(|mut json| {
        leave_out(&mut json);
        serde_json::to_string_pretty(&json).unwrap()
    });
    pretty.collect::<Vec<_>>().join("\n")
}

fn leave_out(json: &mut Value) {
    match json {
        Value::Object(members) => {
            for (name, value) in members.iter_mut() {
                if BY_CHANCE.contains(&name.as_str()) && !value.is_null() {
                    *value = "…".into();
                }
                leave_out(value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out),
        _ => {}
    }
}

fn compare(name: &str, transcript: &Transcript) {
    let path = std::path::Path::new(FOLDER).join(format!("{name}.txt"));
    #[allow(clippy::disallowed_methods)] // The one switch that rewrites generated files.
    if std::env::var_os("LIANDAN_BLESS").is_some() {
        std::fs::create_dir_all(FOLDER).unwrap();
        std::fs::write(&path, &transcript.text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == transcript.text,
        "{name}.txt is not what the interface answers; look at the change, then bless it:\n{}",
        transcript.text
    );
}

#[test]
fn a_shipment_as_its_parties_read_it() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play(DAY).await;
        let mut transcript = Transcript { text: String::new() };
        let manifest = played.names.manifest("M1").unwrap();
        for (label, path) in [
            ("acme", format!("/api/v1/manifests/{manifest}")),
            ("phoenix", format!("/api/v1/manifests/{manifest}/actions")),
            ("heron", format!("/api/v1/manifests/{manifest}")),
            ("acme", "/api/v1/manifests?limit=1".to_owned()),
            ("bureau", "/api/v1/findings?state=open".to_owned()),
            ("bureau", "/api/v1/overview".to_owned()),
        ] {
            let answer = server.read_as(label, &path).await;
            transcript.note(&format!("GET {path}   as {label}"), &answer);
        }
        compare("shipment", &transcript);
    });
}

#[test]
fn uploads_good_repeated_and_bad() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play(DAY).await;
        let mut transcript = Transcript { text: String::new() };
        let last = played.acts.last().unwrap().envelope.compact().to_owned();
        let tampered = format!("{}A{}", &last[..last.len() - 20], &last[last.len() - 19..]);
        for (what, path, body) in [
            ("the receipt again", "/api/v1/events", last.clone()),
            ("one changed character of the signature", "/api/v1/events", tampered),
            ("no envelope", "/api/v1/events", "{}".to_owned()),
            ("two lines", "/api/v1/events/batch", format!("{last}\nnonsense")),
        ] {
            let answer = server.upload(path, body).await;
            transcript.note(&format!("POST {path}   {what}"), &answer);
        }
        for path in [
            "/api/v1/manifests",
            "/api/v1/nowhere",
            "/api/v1/rules/mass-discrepancy",
            "/api/v1/log/key",
            "/healthz",
        ] {
            let answer = server.read(path).await;
            transcript.note(&format!("GET {path}   without a token"), &answer);
        }
        compare("uploads", &transcript);
    });
}
