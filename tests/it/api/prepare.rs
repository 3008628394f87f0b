//! What somebody wants to say, made ready for signing.

use liandan::ledger::{Envelope, Typ};
use liandan::registry::Role;
use liandan::scenario::World;
use serde_json::{Value, json};

use super::server::{Server, office_key};
use crate::support::ledger::{block_on, databases};

const PREPARE: &str = "/api/v1/events/prepare";
const DAY: &str = "08:00 acme opens 900-041-49 2400 kg
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
    =====";

fn site(label: &str) -> String {
    World::embedded().party(label).unwrap().sites[0].site.to_string()
}

fn generated() -> Value {
    let lot = json!({ "lot": "new:drums", "code": "900-041-49", "quantity": { "mass_g": 40_500, "basis": "measured" } });
    let twice = json!({ "lot": "new:more", "code": "900-041-49", "quantity": { "mass_g": 1_000, "basis": "measured" } });
    json!({ "kind": "waste.generated", "data": { "site": site("acme"), "lots": [lot, twice] } })
}

/// The event that the prepared text becomes once a party's office signed it.
fn signed(prepared: &Value, label: &str) -> String {
    let payload = prepared["payload"].to_string();
    let envelope = Envelope::sign(Typ::Event, payload.as_bytes(), &office_key(label));
    let compact = envelope.into_compact();
    let input = prepared["signing_input"].as_str().unwrap();
    assert_eq!(compact.rsplit_once('.').unwrap().0, input, "these are the bytes to sign");
    compact
}

#[test]
fn what_was_prepared_and_signed_is_recorded_as_it_was_judged() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let size = server.size().await;
            let prepared = server.post_as("acme", PREPARE, &generated()).await.json();
            assert_eq!(server.size().await, size, "nothing is recorded");
            assert_eq!(prepared["problem"], Value::Null);
            let ids = prepared["new_ids"].as_object().unwrap();
            assert_eq!(ids.len(), 2);
            assert_eq!(prepared["payload"]["data"]["lots"][0]["lot"], ids["drums"]);
            let receipt = server.upload("/api/v1/events", signed(&prepared, "acme")).await;
            assert_eq!(receipt.status, 201);
            let (receipt, judged) = (receipt.json(), &prepared["receipt"]);
            for member in ["event_id", "kind", "index", "verdict", "lot_codes", "findings_opened"] {
                assert_eq!(receipt[member], judged[member], "{member}");
            }
            assert_eq!(receipt["event_id"], prepared["event_id"]);
            // The salt of a leaf that is not in the log is nobody's business.
            assert_eq!((&judged["salt"], &judged["inclusion"]), (&Value::Null, &Value::Null));
        });
    }
}

#[test]
fn it_is_read_back_in_words() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let prepared = server.post_as("acme", PREPARE, &generated()).await.json();
        let reading = &prepared["reading"];
        assert!(
            reading["zh"]
                .as_str()
                .unwrap()
                .starts_with("临沂艾克美涂装机械有限公司声明：产生（waste.generated）")
        );
        assert!(reading["en"].as_str().unwrap().starts_with("Acme Coating Machinery states waste.generated"));
        let said = |pointer: &str| {
            let said = reading["said"].as_array().unwrap().iter().find(|said| said["pointer"] == pointer);
            said.map(|said| {
                (said["zh"].as_str().unwrap().to_owned(), said["en"].as_str().unwrap().to_owned())
            })
        };
        assert_eq!(
            said("/data/lots/0/quantity/mass_g"),
            Some(("40.5 千克".to_owned(), "40.5 kg".to_owned()))
        );
        assert_eq!(said("/data/site").unwrap().0, "兰山总厂");
        assert!(said("/data/lots/0/code").unwrap().0.starts_with("HW49 "));
        // A site of somebody else has no name for this party.
        let mut elsewhere = generated();
        elsewhere["data"]["site"] = json!(site("ruby"));
        let elsewhere = server.post_as("acme", PREPARE, &elsewhere).await.json();
        let pointers: Vec<&Value> =
            elsewhere["reading"]["said"].as_array().unwrap().iter().map(|said| &said["pointer"]).collect();
        assert!(!pointers.contains(&&json!("/data/site")), "{pointers:?}");
    });
}

#[test]
fn what_would_be_refused_is_told_with_its_reasons_and_what_has_no_form_is_refused() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(DAY).await;
            let (_, manifest) = played.names.manifests().next().unwrap();
            let confirms =
                json!({ "kind": "manifest.confirmed", "data": { "manifest": manifest.to_string() } });
            let told = server.post_as("acme", PREPARE, &confirms).await;
            assert_eq!((told.status, &told.json()["receipt"]), (200, &Value::Null));
            assert_eq!(told.json()["problem"]["errors"][0]["code"], "not-consignee");
            // Heads are those of the manifest, for whoever may see it.
            let last = played.acts.last().unwrap().envelope.event_id().to_string();
            assert_eq!(told.json()["payload"]["prev"], json!([last]));
            let stranger = server.post_as("ruby", PREPARE, &confirms).await.json();
            assert_eq!(stranger["payload"]["prev"], json!([]));
            for (member, value, pointer) in [
                ("kind", json!("waste.vanished"), "/kind"),
                ("v", json!(2), "/v"),
                ("data", json!({ "manifest": "new:m", "more": 1 }), "/data/more"),
                ("data", json!({}), "/data"),
                ("extra", json!(1), "/extra"),
            ] {
                let mut wish = confirms.clone();
                wish[member] = value;
                let refused = server.post_as("acme", PREPARE, &wish).await;
                assert_eq!((refused.status, refused.problem().1[0].1.as_str()), (400, pointer), "{wish}");
            }
        });
    }
}

#[test]
fn members_that_stand_twice_are_refused_with_ids_or_without() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        for data in [r#"{"manifest": "new:a", "manifest": "new:a"}"#, r#"{"new:a": 1, "manifest": "new:a"}"#]
        {
            let wish = format!(r#"{{"kind": "manifest.confirmed", "data": {data}}}"#);
            let request =
                server.client.post(server.url(PREPARE)).bearer_auth(server.token("acme")).body(wish);
            assert_eq!(request.send().await.unwrap().status(), 400, "{data}");
        }
    });
}

#[test]
fn a_driver_prepares_and_nobody_does_without_a_token() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let wish = generated().to_string();
        let token = server.token_of("swift", Role::Driver);
        let request = server.client.post(server.url(PREPARE)).bearer_auth(token).body(wish.clone());
        assert_eq!(request.send().await.unwrap().status(), 200);
        assert_eq!(server.upload(PREPARE, wish).await.status, 401);
        let long = format!(r#"{{"kind": "waste.generated", "data": "{}"}}"#, "x".repeat(300_000));
        let request = server.client.post(server.url(PREPARE)).bearer_auth(server.token("acme")).body(long);
        assert_eq!(request.send().await.unwrap().status(), 413);
    });
}
