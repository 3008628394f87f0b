//! A sandbox: counterparties that act when asked, and a clock that is moved on.

use liandan::ledger::{Envelope, Typ};
use liandan::registry::Role;
use liandan::sandbox::Sandbox;
use liandan::scenario::World;
use serde_json::{Value, json};

use crate::api::server::{Answer, Server};
use crate::support::ledger::{Database, LOG, block_on, databases};

/// A served ledger, and what a sandbox adds to it.
struct Tried {
    server: Server,
    base: String,
}

impl Tried {
    async fn start(database: Database) -> Self {
        let server = Server::start(database).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = liandan::api::sandbox::router(Sandbox::of(server.ledger.app.clone()));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { server, base }
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        let request = self.server.client.post(format!("{}{path}", self.base)).body(body.to_string());
        Answer::of(request.send().await.unwrap()).await
    }

    async fn act(&self, kind: &str, manifest: &str, more: Value) -> Value {
        let mut body = json!({ "kind": kind, "manifest": manifest });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = self.post("/sandbox/act", body).await;
        assert_eq!(answer.status, 200, "{kind}: {}", answer.text);
        answer.json()
    }

    /// A manifest that acme registered, confirmed and with a vehicle.
    async fn ready(&self) -> String {
        let registered = self.post("/sandbox/act", json!({ "kind": "manifest.registered" })).await.json();
        let manifest = registered["manifest"].as_str().unwrap().to_owned();
        self.act("manifest.confirmed", &manifest, json!({})).await;
        self.act("manifest.assigned", &manifest, json!({})).await;
        manifest
    }

    async fn findings(&self) -> Vec<String> {
        let open = self.server.read_as("bureau", "/api/v1/findings?state=open").await.json();
        let rules =
            open["items"].as_array().unwrap().iter().map(|item| item["rule"].as_str().unwrap().to_owned());
        rules.collect()
    }
}

#[test]
fn counterparties_bring_a_load_all_the_way_without_a_finding() {
    for database in databases() {
        block_on(async {
            let tried = Tried::start(database).await;
            let manifest = tried.ready().await;
            for kind in ["waste.collected", "waste.delivered", "waste.received", "waste.disposed"] {
                let acted = tried.act(kind, &manifest, json!({})).await;
                assert_eq!(acted["receipts"][0]["verdict"], "counts", "{kind}");
            }
            let address = format!("/api/v1/manifests/{manifest}/fate");
            let fate = tried.server.read_as("acme", &address).await.json();
            assert_eq!((&fate["is_finished"], &fate["final_mass_g"]), (&json!(true), &json!(1_080_000)));
            assert_eq!(tried.findings().await, [""; 0]);
        });
    }
}

#[test]
fn they_differ_when_asked_and_leave_signatures_to_others() {
    for database in databases() {
        block_on(async {
            let tried = Tried::start(database).await;
            let manifest = tried.ready().await;
            let collected = tried.act("waste.collected", &manifest, json!({ "alone": true })).await;
            assert_eq!(collected["receipts"][0]["verdict"], "one-sided");
            // The same asked again finds nobody who could collect.
            let again = json!({ "kind": "waste.collected", "manifest": manifest });
            let again = tried.post("/sandbox/act", again).await;
            assert_eq!(again.problem().1, [("nothing-to-state".to_owned(), "/kind".to_owned())]);
            tried.act("handover.countersigned", &manifest, json!({})).await;
            tried.act("waste.delivered", &manifest, json!({})).await;
            tried.act("waste.received", &manifest, json!({ "differs_g": -300_000 })).await;
            assert!(tried.findings().await.contains(&"mass-discrepancy".to_owned()));
        });
    }
}

#[test]
fn they_take_over_on_an_offer_of_the_other_side() {
    block_on(async {
        let tried = Tried::start(databases().remove(0)).await;
        let manifest = tried.ready().await;
        let world = World::embedded();
        let [acme, swift] = ["acme", "swift"].map(|label| world.party(label).unwrap().uscc.to_string());
        let offer = json!({
            "v": 1, "log": LOG, "step": "collected", "manifest": manifest, "from": acme, "to": swift,
            "lines": [{ "line": 1, "mass_g": 1_200_000 }], "prev": [],
            "at": tried.server.ledger.clock.now().to_string(),
        });
        let key = world.key("acme", Role::Operator);
        let signed = Envelope::sign(Typ::Offer, offer.to_string().as_bytes(), &key).into_compact();
        let taken = tried.act("waste.collected", &manifest, json!({ "offer": signed })).await;
        assert_eq!(taken["receipts"][0]["verdict"], "counts");
    });
}

#[test]
fn the_clock_is_moved_on_and_what_falls_due_happens() {
    for database in databases() {
        block_on(async {
            let tried = Tried::start(database).await;
            let manifest = tried.ready().await;
            tried.act("waste.collected", &manifest, json!({})).await;
            assert_eq!(tried.findings().await, [""; 0]);
            let before = tried.server.ledger.clock.now();
            let moved = tried.post("/sandbox/clock", json!({ "by_ms": 3 * 86_400_000_i64 })).await.json();
            assert_eq!(moved["now"], before.plus_hours(72).to_string());
            assert!(tried.findings().await.contains(&"in-transit-overdue".to_owned()));
            for by_ms in [-1, 367 * 86_400_000_i64] {
                let refused = tried.post("/sandbox/clock", json!({ "by_ms": by_ms })).await;
                assert_eq!(refused.problem().1[0].0, "forward-out-of-range");
            }
        });
    }
}

#[test]
fn what_nobody_would_state_is_refused_and_no_other_ledger_has_any_of_it() {
    block_on(async {
        let tried = Tried::start(databases().remove(0)).await;
        let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
        for (body, code) in [
            (json!({ "kind": "ledger.founded", "manifest": unknown }), "manifest-unknown"),
            (json!({ "kind": "waste.vanished" }), "kind-not-simulated"),
            (json!({ "kind": "waste.collected" }), "manifest-unknown"),
            (json!({ "kind": "manifest.registered", "differs_g": -1_200_000 }), "mass-out-of-range"),
        ] {
            let refused = tried.post("/sandbox/act", body.clone()).await;
            assert_eq!((refused.status, refused.problem().1[0].0.as_str()), (422, code), "{body}");
        }
        let size = tried.server.size().await;
        let manifest = tried.ready().await;
        let refused = json!({ "kind": "permit.issued", "manifest": manifest });
        assert_eq!(tried.post("/sandbox/act", refused).await.problem().1[0].0, "kind-not-simulated");
        assert_eq!(tried.server.size().await, size + 4);
        for path in ["/sandbox/keys/bureau-officer.pem", "/sandbox/keys/acme.pem", "/sandbox/approval/ruby"] {
            let answer = tried.server.client.get(format!("{}{path}", tried.base)).send().await.unwrap();
            assert_eq!(answer.status(), 404, "{path}");
        }
        for path in ["/sandbox", "/sandbox/keys/acme-operator.pem", "/sandbox/approval/acme"] {
            assert_eq!(tried.server.read(path).await.status, 404, "{path}");
        }
    });
}
