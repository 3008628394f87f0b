//! What is shown of pushes, and to whom: through the interface and in notices.

use liandan::app::access::Viewer;
use liandan::id::PushId;
use liandan::registry::Role;
use liandan::scenario::World;
use liandan::store::push::{self, Item, PushState};
use serde_json::{Value, json};

use super::receiver::Receiver;
use super::{FULL, SCRIPT, platform};
use crate::api::server::{Server, sign_script};
use crate::support::ledger::{Ledger, block_on, databases};

const ABSENT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const CONSENT: &str = "/api/v1/platforms/province/consent";

async fn put(server: &Server, label: &str, body: &Value) -> u16 {
    let request =
        server.client.put(server.url(CONSENT)).bearer_auth(server.token(label)).body(body.to_string());
    request.send().await.unwrap().status().as_u16()
}

async fn push(server: &Server) {
    while server.ledger.app.push().await.unwrap() > 0 {}
}

#[test]
fn a_firm_agrees_and_sees_what_became_of_it_and_nobody_else_does() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let receiver = Receiver::rise().await;
            assert_eq!(server.read_as("acme", "/api/v1/platforms").await.json()["items"], json!([]));
            assert_eq!(put(&server, "acme", &json!({})).await, 404);
            server.ledger.app.push_to(vec![platform(&receiver, Some(FULL))]);
            assert_eq!(put(&server, "acme", &json!({ "plan_number": "P".repeat(65) })).await, 400);
            assert_eq!(put(&server, "acme", &json!({ "plan_number": "2026-1" })).await, 204);
            assert_eq!(put(&server, "bureau", &json!({})).await, 403, "an authority agrees to nothing");
            let seen = server.read_as("acme", "/api/v1/platforms").await.json()["items"][0].clone();
            assert_eq!(
                (&seen["platform"], &seen["consents"][0]["plan_number"]),
                (&json!("province"), &json!("2026-1"))
            );
            assert!(!seen.to_string().contains(super::TOKEN), "no token is shown");
            let others =
                server.read_as("swift", "/api/v1/platforms").await.json()["items"][0]["consents"].clone();
            assert_eq!(others, json!([]));

            receiver.refuse("departed", 1, "数量<b>超出</b>计划");
            server.play(SCRIPT).await;
            push(&server).await;
            let list = server.read_as("acme", "/api/v1/pushes").await.json()["items"].clone();
            assert_eq!(list.as_array().unwrap().len(), 3);
            let of_state =
                |state: &str| list.as_array().unwrap().iter().find(|item| item["state"] == state).cloned();
            let (partly, held) = (of_state("partly").unwrap(), of_state("waiting").unwrap());
            let path = format!("/api/v1/pushes/{}", partly["push"].as_str().unwrap());
            let detail = server.read_as("acme", &path).await.json();
            assert_eq!(detail["lines"][0]["said"], "数量<b>超出</b>计划");
            assert_eq!(
                (&detail["tries"][0]["status"], &detail["why"]["name"]),
                (&json!(200), &json!("refused"))
            );
            let waits = format!("/api/v1/pushes/{}", held["push"].as_str().unwrap());
            assert_eq!(server.read_as("acme", &waits).await.json()["held"], true);
            let filtered = server.read_as("acme", "/api/v1/pushes?state=partly").await.json();
            assert_eq!(filtered["items"].as_array().unwrap().len(), 1);
            assert_eq!(server.read_as("acme", "/api/v1/pushes?state=lost").await.status, 400);

            // Page by page it is the same list.
            let (mut paged, mut after) = (Vec::new(), String::new());
            loop {
                let page = server.read_as("acme", &format!("/api/v1/pushes?limit=1{after}")).await.json();
                paged.extend(page["items"].as_array().unwrap().clone());
                let Some(next) = page["next"].as_str() else { break };
                after = format!("&after={next}");
            }
            assert_eq!(json!(paged), list);

            // The authority over where it leaves reads it, which the firm sees; others learn no more than of one that never was.
            assert_eq!(server.read_as("bureau", &path).await.status, 200);
            let read = server.read_as("acme", "/api/v1/access-log").await.text;
            assert!(read.contains(partly["push"].as_str().unwrap()), "{read}");
            for other in ["swift", "phoenix"] {
                let absent = server.read_as(other, &format!("/api/v1/pushes/{ABSENT}")).await;
                let forbidden = server.read_as(other, &path).await;
                assert_eq!((forbidden.status, forbidden.text), (404, absent.text));
                assert_eq!(server.read_as(other, "/api/v1/pushes").await.json()["items"], json!([]));
                assert_eq!(server.post_as(other, &format!("{path}/retry"), &json!({})).await.status, 404);
            }
            let wrong = server.post_as("acme", &format!("{waits}/retry"), &json!({})).await;
            assert_eq!(wrong.problem().1, [("push-not-retried".to_owned(), String::new())]);
            let ended = server.client.delete(server.url(CONSENT)).bearer_auth(server.token("acme"));
            assert_eq!(ended.send().await.unwrap().status(), 204);
            let seen =
                server.read_as("acme", "/api/v1/platforms").await.json()["items"][0]["consents"][0].clone();
            assert!(seen["ended_at"].is_string() && seen["ended_by"] == seen["kid"]);
        });
    }
}

#[test]
fn the_firm_is_told_when_something_is_stuck_each_time_once() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let receiver = Receiver::rise().await;
            super::agreed(&ledger, &receiver, Some(FULL)).await;
            receiver.refuse("departed", 1, "数量超出计划");
            for act in &sign_script(SCRIPT).acts {
                ledger.send(act).await.unwrap();
            }
            super::push(&ledger).await;
            ledger.app.make_notices().await.unwrap();
            assert_eq!(told(&ledger, "acme").await, 1);
            ledger.app.make_notices().await.unwrap();
            super::pass(&ledger, 26 * super::HOUR).await;
            ledger.app.make_notices().await.unwrap();
            assert_eq!(told(&ledger, "acme").await, 1, "the same answer again is no news");
            assert_eq!(told(&ledger, "swift").await, 0);
            receiver.change_mind("registered", |answer| answer["ldbh"] = "X1".into());
            super::pass(&ledger, 26 * super::HOUR).await;
            ledger.app.make_notices().await.unwrap();
            assert_eq!(told(&ledger, "acme").await, 2);
        });
    }
}

/// One transaction makes many in one moment: each is told of, and so is what comes behind them.
#[test]
fn however_many_are_stuck_in_one_moment_each_is_told_of() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let receiver = Receiver::rise().await;
            super::agreed(&ledger, &receiver, Some(FULL)).await;
            for act in &sign_script(SCRIPT).acts {
                ledger.send(act).await.unwrap();
            }
            super::push(&ledger).await;
            let mut tx = ledger.store.write().await.unwrap();
            let list = push::list(&mut tx, None, push::bounds(None), (None, None), None, 1).await.unwrap();
            let now = ledger.app.clock().now();
            for n in 1..=250 {
                let (id, at) =
                    (PushId::from_uuid(uuid::Uuid::from_u128(n)), now.plus_millis(i64::from(n == 250)));
                let stuck = PushState::Unmapped;
                let item =
                    Item { id, n: 100 + n as u64, state: stuck, changed_at: Some(at), ..list[0].clone() };
                push::insert(&mut tx, &item).await.unwrap();
            }
            tx.commit().await.unwrap();
            super::pass(&ledger, 10).await;
            for _ in 0..3 {
                ledger.app.make_notices().await.unwrap();
            }
            assert_eq!(told(&ledger, "acme").await, 250);
        });
    }
}

/// How many notices about pushes a firm has.
async fn told(ledger: &Ledger, label: &str) -> usize {
    let world = World::embedded();
    let party = world.party(label).unwrap();
    let kid = world.key(label, party.office()).public().kid();
    let viewer = Viewer::Party { party: party.uscc, role: Role::Operator, kid };
    let page = ledger.app.notices(&viewer, Default::default(), None, 500).await.unwrap();
    let of_pushes = page.items.iter().filter(|item| item.notice.kind == "push-stuck");
    of_pushes.filter(|item| item.link().starts_with("/pushes/")).count()
}
