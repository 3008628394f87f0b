//! The evaluation sheet of a site: what is met is proven, what is not met is found, and the rest is looked at by people.

use serde_json::{Value, json};

use crate::api::server::Server;
use crate::support::ledger::{block_on, databases};

/// One load is 80 kg short; the other is as it should be.
const SCRIPT: &str = "08:00 acme opens L1 900-041-49 2400 kg in 2 drums labelled 1
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
    09:10 acme registers M2 900-041-49 1000 kg acme > heron > phoenix
    09:20 acme hands M1 to swift
    09:30 acme hands M2 to heron
    16:05 swift hands M1 to phoenix
    16:10 heron hands M2 to phoenix
    16:30 phoenix receives M1 1120 kg
    16:35 phoenix receives M2 all
    16:40 phoenix disposes 900-041-49 500 kg from M2 by D10
    =====";

/// The same, and an officer accepts what is short.
const CLOSED: &str = "16:50 bureau closes finding mass-discrepancy M1 \"weighed again\"
    16:51 bureau closes finding discrepancy-undeclared M1 \"weighed again\"
    =====";

async fn site_of(server: &Server, label: &str) -> String {
    let sites = server.read_as(label, "/api/v1/sites").await.json();
    sites["items"][0]["site"].as_str().unwrap().to_owned()
}

async fn sheet(server: &Server, label: &str, site: &str) -> Vec<Value> {
    let answer = server.read_as(label, &format!("/api/v1/sites/{site}/evaluation")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let sheet = answer.json();
    assert_eq!(sheet["looked_through"], true);
    sheet["indicators"].as_array().unwrap().clone()
}

fn one<'a>(sheet: &'a [Value], id: &str) -> &'a Value {
    sheet.iter().find(|indicator| indicator["id"] == id).unwrap_or_else(|| panic!("no {id}: {sheet:?}"))
}

fn rules(indicator: &Value, of: &str) -> Vec<String> {
    let named = indicator[of].as_array().unwrap().iter();
    named.map(|one| one.get("rule").unwrap_or(one).as_str().unwrap().to_owned()).collect()
}

/// Nothing is met without proof or against a finding; nothing is not met without one.
fn is_consistent(sheet: &[Value]) {
    for indicator in sheet {
        let [held, against] =
            ["evidence", "findings"].map(|of| !indicator[of].as_array().unwrap().is_empty());
        let standing = indicator["standing"].as_str().unwrap();
        match standing {
            "met" => assert!(held && !against, "{indicator}"),
            "not-met" => assert!(against, "{indicator}"),
            _ => assert!(standing == "to-be-looked-at" && !against, "{indicator}"),
        }
        let against = rules(indicator, "findings");
        assert!(against.iter().all(|rule| rules(indicator, "rules").contains(rule)), "{indicator}");
    }
}

#[test]
fn an_indicator_is_met_by_what_is_there_and_not_by_what_was_not_found() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play_all(SCRIPT).await;
            let (acme, phoenix) = (site_of(&server, "acme").await, site_of(&server, "phoenix").await);
            let producer = sheet(&server, "acme", &acme).await;
            assert_eq!(
                producer,
                sheet(&server, "bureau", &acme).await,
                "the firm reads what the officer reads"
            );
            let operator = sheet(&server, "bureau", &phoenix).await;
            is_consistent(&producer);
            is_consistent(&operator);

            let manifests = one(&producer, "manifests");
            assert_eq!(manifests["standing"], "not-met");
            assert!(rules(manifests, "findings").contains(&"mass-discrepancy".to_owned()), "{manifests}");
            assert_eq!(
                manifests["evidence"].as_array().unwrap().len(),
                2,
                "both manifests are named all the same"
            );
            assert_eq!(
                (&one(&producer, "plan")["standing"], &one(&producer, "plan")["evidence"][0]["what"]),
                (&json!("met"), &json!("plan"))
            );
            assert_eq!(one(&producer, "registers")["standing"], "met");
            let marks = one(&producer, "marks");
            assert_eq!(
                (&marks["standing"], &marks["evidence"][0]["what"]),
                (&json!("to-be-looked-at"), &json!("label"))
            );
            for id in ["training", "emergency-plan", "pollution-permit", "separation"] {
                assert_eq!(
                    one(&producer, id)["standing"],
                    "to-be-looked-at",
                    "{id}: nothing was found, and nothing is proven"
                );
            }
            let permit = one(&operator, "operating-permit");
            assert_eq!(
                (&permit["standing"], &permit["evidence"][0]["what"]),
                (&json!("met"), &json!("permit"))
            );
            assert_eq!(one(&operator, "treatment")["evidence"][0]["of"], "own-treatment");
            // Phoenix produces as well, and is asked for both.
            assert_eq!(one(&operator, "plan")["standing"], "met");
            assert!(producer.iter().all(|indicator| indicator["id"] != "operating-permit"));
        });
    }
}

#[test]
fn what_an_officer_closed_speaks_against_nobody() {
    let database = databases().remove(0);
    block_on(async {
        let server = Server::start(database).await;
        server.play_all(&format!("{}\n{CLOSED}", SCRIPT.trim_end_matches("====="))).await;
        let phoenix = site_of(&server, "phoenix").await;
        let closed = sheet(&server, "phoenix", &phoenix).await;
        is_consistent(&closed);
        assert_eq!(one(&closed, "manifests")["standing"], "met", "{}", one(&closed, "manifests"));
    });
}

#[test]
fn nobody_else_learns_that_a_site_has_a_sheet() {
    let database = databases().remove(0);
    block_on(async {
        let server = Server::start(database).await;
        server.play_all(SCRIPT).await;
        let phoenix = site_of(&server, "phoenix").await;
        let there = format!("/api/v1/sites/{phoenix}/evaluation");
        let absent = "/api/v1/sites/01890a5d-ac96-774b-bcce-b302099a8057/evaluation";
        let (hidden, none) = (server.read_as("acme", &there).await, server.read_as("acme", absent).await);
        assert_eq!((hidden.status, &hidden.text), (404, &none.text));
        let yard = site_of(&server, "swift").await;
        assert_eq!(sheet(&server, "swift", &yard).await, Vec::<Value>::new(), "a carrier is asked nothing");
    });
}
