//! Records as documents of other systems.

use std::process::Command;

use liandan::clock::Timestamp;
use liandan::exchange::document::{CheckVerdict, check};
use serde_json::{Value, json};

use super::bundles::DAY;
use super::server::Server;
use crate::epcis::{others_say, we_say};
use crate::support::ledger::{block_on, databases};

/// Kind, type and business step of each event.
fn events(document: &Value) -> Vec<(&str, &str, &str)> {
    document["epcisBody"]["eventList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            let of = |name: &str| event[name].as_str().unwrap_or_default();
            (of("liandan:kind"), of("type"), of("bizStep"))
        })
        .collect()
}

#[test]
fn a_chain_of_custody_as_epcis() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(DAY).await;
            let id = played.names.manifest("M1").unwrap();
            let path = format!("/api/v1/manifests/{id}/export?format=epcis");
            let answer = server.read_as("acme", &path).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(answer.headers["content-type"], "application/ld+json");
            let document = answer.json();
            let expected = [
                ("manifest.registered", "TransactionEvent", "consigning"),
                ("waste.collected", "TransformationEvent", "picking"),
                ("waste.collected", "ObjectEvent", "shipping"),
                ("waste.delivered", "ObjectEvent", "arriving"),
                ("waste.received", "ObjectEvent", "accepting"),
            ];
            let told: Vec<_> =
                events(&document).into_iter().filter(|event| event.1 != "AggregationEvent").collect();
            assert_eq!(told, expected, "{document:#}");
            let receipt = document["epcisBody"]["eventList"].as_array().unwrap().last().unwrap();
            assert_eq!(receipt["quantityList"][0]["quantity"], json!(1120));
            assert_eq!(receipt["quantityList"][0]["uom"], "KGM");
            assert_eq!(receipt["eventTimeZoneOffset"], "+08:00");
            let home =
                document["@context"][1]["liandan"].as_str().unwrap().strip_suffix("/epcis/ns/").unwrap();
            assert_eq!(document["liandan:subject"], format!("{home}/epcis/manifest/{id}"));
            let ids: std::collections::BTreeSet<String> = document["epcisBody"]["eventList"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["eventID"].to_string())
                .collect();
            assert_eq!(ids.len(), events(&document).len(), "every event has an id of its own");

            assert_eq!(we_say(&document), Vec::<String>::new());
            let checked = check(answer.text.as_bytes(), "epcis", None, Timestamp::from_millis(0)).unwrap();
            assert_eq!(checked.verdict(), CheckVerdict::Clean, "{:?}", checked.findings);
            if let Some(verdicts) = others_say(std::slice::from_ref(&document)) {
                assert_eq!(verdicts, [true]);
            }
            the_program_writes_the_same(&server, &id.to_string(), &document).await;
            others_and_bad_formats(&server, &path).await;
            server.ledger.store.close().await;
        });
    }
}

/// The same bundle through the command line.
async fn the_program_writes_the_same(server: &Server, id: &str, document: &Value) {
    let bundle = server.read_as("acme", &format!("/api/v1/manifests/{id}/bundle")).await.text;
    let folder = crate::support::ledger::Folder::new();
    let file = folder.path().join("bundle.json");
    std::fs::write(&file, bundle).unwrap();
    let run = |format: &str| {
        Command::new(env!("CARGO_BIN_EXE_liandan"))
            .args(["export", "--format", format])
            .arg(&file)
            .output()
            .unwrap()
    };
    let output = run("epcis");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut written: Value = serde_json::from_slice(&output.stdout).unwrap();
    written["creationDate"] = document["creationDate"].clone();
    assert_eq!(written, *document);
    for (format, words) in
        [("epa-emanifest", "dotHazardous"), ("uk-receipt", "no such format"), ("mars", "no such format")]
    {
        let output = run(format);
        assert!(
            !output.status.success() && String::from_utf8_lossy(&output.stderr).contains(words),
            "{format}"
        );
    }
}

async fn others_and_bad_formats(server: &Server, path: &str) {
    let absent = "/api/v1/manifests/01890a5d-ac96-774b-bcce-b302099a8057/export?format=epcis";
    let (theirs, nobodys) = (server.read_as("ruby", path).await, server.read_as("ruby", absent).await);
    assert_eq!((theirs.status, nobodys.status), (404, 404));
    let bare = path.split_once('?').unwrap().0;
    assert_eq!(server.read_as("acme", bare).await.status, 200, "EPCIS when no format is named");
    for format in ["mars", "uk-receipt", "us-lines", "epa-emanifest", ""] {
        let answer = server.read_as("acme", &format!("{bare}?format={format}")).await;
        assert_eq!(answer.status, 400, "{format}: {}", answer.text);
    }
}
