//! Reading the demonstration's week: pages, chains, actions, reference data.

use std::collections::BTreeSet;

use liandan::scenario::{DEMO_WEEK, World};
use serde_json::Value;

use super::server::{Answer, Server};
use crate::support::ledger::{block_on, databases};

/// The items of all pages, following the `Link` header.
pub(crate) async fn all_pages(server: &Server, label: &str, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let answer = server.read_as(label, &path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let page = answer.json();
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        let link = answer.headers.get("link").map(|link| link.to_str().unwrap().to_owned());
        assert_eq!(link.is_some(), page["next"].is_string());
        next =
            link.map(|link| link.trim_start_matches('<').split_once(">; rel=\"next\"").unwrap().0.to_owned());
    }
    items
}

pub(crate) fn ids(items: &[Value], name: &str) -> Vec<String> {
    items.iter().map(|item| item[name].as_str().unwrap().to_owned()).collect()
}

#[test]
fn pages_of_any_size_hold_the_same_and_nothing_twice() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(DEMO_WEEK).await;
            for (label, list, name) in [
                ("bureau", "manifests", "id"),
                ("swift", "manifests", "id"),
                ("bureau", "lots", "id"),
                ("phoenix", "lots", "id"),
                ("bureau", "findings", "id"),
                ("acme", "findings", "id"),
                ("bureau", "parties", "party"),
                ("bureau", "sites", "site"),
                ("bureau", "permits", "permit"),
                ("phoenix", "permits", "permit"),
            ] {
                let whole = ids(&all_pages(&server, label, &format!("/api/v1/{list}?limit=500")).await, name);
                assert!(!whole.is_empty(), "{label} {list}");
                assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), whole.len(), "{label} {list}");
                let small = ids(&all_pages(&server, label, &format!("/api/v1/{list}?limit=3")).await, name);
                assert_eq!(small, whole, "{label} {list}");
            }
            let numbered = server.read_as("bureau", "/api/v1/manifests?number=000001").await.json();
            let numbers = ids(numbered["items"].as_array().unwrap(), "number");
            assert!(
                !numbers.is_empty() && numbers.iter().all(|number| number.ends_with("000001")),
                "{numbers:?}"
            );
            let manifests = all_pages(&server, "bureau", "/api/v1/manifests?limit=500").await.len();
            let registered = played.names.manifests().count();
            assert!(manifests >= registered - 1, "{manifests} of {registered}");
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn every_event_of_every_chain_is_signed_and_in_the_log() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play(DEMO_WEEK).await;
        let mut offers = 0;
        for (label, id) in played.names.manifests() {
            let path = format!("/api/v1/manifests/{id}/chain?limit=2");
            for step in all_pages(&server, "bureau", &path).await {
                assert_eq!(
                    (&step["content"], &step["leaf_check"]),
                    (&"readable".into(), &"matches".into()),
                    "{label}"
                );
                assert_eq!(step["signature"]["valid"], true, "{label}: {step}");
                assert_eq!(step["signature"]["key_standing"], "good", "{label}: {step}");
                assert_eq!(step["signature"]["party"], step["party"], "{label}: {step}");
                if step["offer_signature"].is_object() {
                    assert_eq!(step["offer_signature"]["valid"], true, "{label}: {step}");
                    offers += 1;
                }
            }
        }
        assert!(offers > 20, "{offers}");
    });
}

#[test]
fn a_manifest_shows_who_holds_it_and_what_may_come_next() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server
            .play(
                "
                08:00  acme     opens      900-041-49 1200 kg
                09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
                09:20  acme     hands      M1  to swift
                =====
                ",
            )
            .await;
        let path = format!("/api/v1/manifests/{}", played.names.manifest("M1").unwrap());
        let manifest = server.read_as("phoenix", &path).await.json();
        let swift = World::embedded().party("swift").unwrap().uscc.to_string();
        assert_eq!((&manifest["status"], &manifest["status_zh"]), (&"in-transit".into(), &"运输中".into()));
        let line = &manifest["lines"][0];
        assert_eq!(
            (line["planned_mass_g"].as_i64(), line["shipped_mass_g"].as_i64()),
            (Some(1_200_000), Some(1_200_000))
        );
        assert_eq!(
            (&line["holder"]["state"], &line["holder"]["claims"][0]["party"]),
            (&"held".into(), &swift.into())
        );
        let allowed = async |label: &str| {
            let list = server.read_as(label, &format!("{path}/actions")).await.json();
            let items = list["items"].as_array().unwrap().clone();
            assert!(items.iter().all(|item| (item["allowed"] == true) == item["why"].is_null()), "{items:?}");
            items
                .iter()
                .filter(|item| item["allowed"] == true)
                .map(|item| item["kind"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(allowed("acme").await, ["number.bound"]);
        assert_eq!(allowed("phoenix").await, ["number.bound", "waste.delivered", "waste.received"]);
        assert_eq!(allowed("swift").await, ["waste.transferred", "waste.delivered"]);
    });
}

#[test]
fn rules_and_reference_data_are_public() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let rules = server.read("/api/v1/rules").await.json();
        assert_eq!(rules["items"].as_array().unwrap().len(), liandan::custody::rules::rules().count());
        let rule = server.read("/api/v1/rules/receipt-unconfirmed").await.json();
        assert_eq!(rule["thresholds"][0]["name"], "working_days");
        assert!(rule["thresholds"][0]["value"].as_i64().unwrap() > 0);
        let wastes = server.read("/api/v1/catalogue/wastes?code=HW49&limit=500").await.json();
        assert!(wastes["items"].as_array().unwrap().iter().all(|waste| waste["category"] == "HW49"));
        let waste = server.read("/api/v1/catalogue/wastes/900-041-49").await.json();
        assert_eq!(waste["standing"], "listed");
        assert_eq!(server.read("/api/v1/catalogue/wastes/999-999-49").await.status, 404);
        assert!(
            !server.read("/api/v1/catalogue/treatments").await.json()["items"].as_array().unwrap().is_empty()
        );
        let divisions = server.read("/api/v1/catalogue/divisions?below=371300").await.json();
        assert_eq!(divisions["items"][0]["full_name"], "山东省临沂市兰山区");
        let term = server.read("/api/v1/calendar/working-days?from=2026-03-06&days=1").await.json();
        assert_eq!(term["last_day"], "2026-03-09");
    });
}

#[test]
fn who_has_the_same_already_is_told_so_and_nobody_learns_by_it_of_what_is_not_his() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server
            .play(
                "08:00  acme     opens      900-041-49 1200 kg
                09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
                =====
                ",
            )
            .await;
        let path = format!("/api/v1/manifests/{}", played.names.manifest("M1").unwrap());
        let ask = async |label: &str, known: &str| {
            let request = server.client.get(server.url(&path)).bearer_auth(server.token(label));
            Answer::of(request.header("if-none-match", known).send().await.unwrap()).await
        };
        let first = server.read_as("acme", &path).await;
        let tag = first.headers["etag"].to_str().unwrap().to_owned();
        for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".to_owned()] {
            let same = ask("acme", &known).await;
            assert_eq!((same.status, same.text.as_str()), (304, ""), "{known}");
            assert_eq!(same.headers["etag"], tag.as_str());
        }
        assert_eq!(ask("acme", "\"other\"").await.text, first.text);
        // Not for this caller: absent, whatever it names.
        assert_eq!(ask("heron", &tag).await.status, 404);
        assert_eq!(ask("heron", "*").await.status, 404);
    });
}
