//! The feed: what happened and concerned the caller, in order, without gaps; as pages and as a stream.

use serde_json::{Value, json};

use super::server::{Answer, Server, sign_script};
use crate::support::ledger::{block_on, databases};

/// One manifest of acme by swift, one by heron; the second arrives light.
const SCRIPT: &str = "08:00 acme opens L1 900-041-49 2400 kg
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
    09:10 acme registers M2 900-041-49 1200 kg acme > heron > phoenix
    09:20 acme hands M1 to swift
    09:30 acme hands M2 to heron
    16:05 swift hands M1 to phoenix
    16:10 heron hands M2 to phoenix
    16:30 phoenix receives M1 1200 kg
    16:35 phoenix receives M2 1100 kg
    =====";

/// Everything from after a cursor on, in pieces of `limit`.
async fn all(server: &Server, label: &str, limit: u64) -> Vec<Value> {
    let (mut found, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let path = format!("/api/v1/events?after={after}&limit={limit}");
        let piece = server.read_as(label, &path).await.json();
        found.extend(piece["items"].as_array().unwrap().iter().cloned());
        after = piece["next"].as_str().unwrap().to_owned();
        if piece["has_more"] == false {
            return found;
        }
    }
}

fn types(changes: &[Value]) -> Vec<&str> {
    changes.iter().map(|change| change["type"].as_str().unwrap()).collect()
}

#[test]
fn each_reads_what_concerned_it_in_order_and_in_pieces_of_any_size() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let founded: Value = server.read_as("bureau", "/api/v1/events?limit=500").await.json();
            let played = server.play(SCRIPT).await;
            let swift = all(&server, "swift", 1).await;
            let own = [
                "manifest.registered",
                "manifest.confirmed",
                "manifest.assigned",
                "waste.collected",
                "waste.delivered",
                "waste.received",
            ];
            let of_manifests: Vec<Value> =
                swift.iter().filter(|change| change["subject"]["kind"] == "manifest").cloned().collect();
            assert_eq!(types(&of_manifests), own);
            assert_eq!(swift, all(&server, "swift", 500).await);
            // Nothing of the other carrier's manifest, not even that there is one.
            let m2 = played.names.manifests().find(|(name, _)| *name == "M2").unwrap().1.to_string();
            assert!(swift.iter().all(|change| !change.to_string().contains(&m2)));
            let phoenix = all(&server, "phoenix", 3).await;
            let opened = phoenix.iter().find(|change| {
                change["type"] == "finding.opened" && change["finding"]["rule"] == "mass-discrepancy"
            });
            let opened = opened.unwrap();
            assert_eq!(
                (&opened["subject"]["id"], &opened["finding"]["severity"]),
                (&json!(m2), &json!("major"))
            );
            // It stands behind the event that caused it.
            let cause = phoenix.iter().find(|change| change["event"]["index"] == opened["finding"]["index"]);
            let order = |change: &Value| change["cursor"].as_str().unwrap().parse::<u64>().unwrap();
            assert!(order(cause.unwrap()) < order(opened));
            // An authority reads all that lies in its division, beginning with what the ledger was founded with.
            let bureau = all(&server, "bureau", 7).await;
            let recorded = bureau.iter().filter(|change| change["event"].is_object()).count() as u64;
            let before = founded["items"].as_array().unwrap().len();
            assert!(before > 0 && recorded > played.acts.len() as u64);
            assert!(bureau.windows(2).all(|pair| order(&pair[0]) < order(&pair[1])));
            assert_eq!(server.read("/api/v1/events").await.status, 401);
        });
    }
}

#[test]
fn what_falls_due_by_itself_is_told_too() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server
                .play(
                    "08:00 acme opens L1 900-041-49 1200 kg
                    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
                    09:20 acme hands M1 to swift
                    =====",
                )
                .await;
            let after = server.read_as("swift", "/api/v1/events?limit=500").await.json()["next"].clone();
            server.ledger.pass_time("2026-03-05T09:00:00+08:00".parse().unwrap()).await;
            let path = format!("/api/v1/events?after={}", after.as_str().unwrap());
            let late = server.read_as("swift", &path).await.json();
            let overdue = &late["items"][0];
            assert_eq!(overdue["finding"]["rule"], "in-transit-overdue", "{late}");
            assert_eq!((&overdue["finding"]["index"], &overdue["event"]), (&Value::Null, &Value::Null));
            assert_eq!(server.read_as("heron", &path).await.json()["items"], json!([]));
        });
    }
}

#[test]
fn a_stream_tells_what_happens_while_it_is_open_and_goes_on_where_it_ended() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let acts = sign_script(SCRIPT).acts;
            for act in &acts[..2] {
                server.ledger.send(act).await.unwrap();
            }
            let follow = async |last: &str| {
                let request = server.client.get(server.url("/api/v1/events/stream"));
                let request = request.bearer_auth(server.token("swift")).header("last-event-id", last);
                Told { response: request.send().await.unwrap(), rest: String::new() }
            };
            let mut stream = follow("0").await;
            assert_eq!(stream.response.headers()["content-type"], "text/event-stream");
            let mut first = stream.next().await;
            while first.what != "manifest.registered" {
                first = stream.next().await;
            }
            // M2 is no business of swift's: of what is sent next it is told what concerns M1.
            for act in &acts[2..] {
                server.ledger.send(act).await.unwrap();
            }
            let mut told = Vec::new();
            while told.last().is_none_or(|last: &ServerSent| last.what != "waste.delivered") {
                told.push(stream.next().await);
            }
            assert!(told.iter().all(|one| one.data["subject"]["id"] == first.data["subject"]["id"]));
            assert!(told.iter().all(|one| one.data["cursor"] == json!(one.id)));
            drop(stream);
            assert_eq!(follow(&first.id).await.next().await, told[0]);
            let bad = server.client.get(server.url("/api/v1/events/stream")).header("last-event-id", "x");
            assert_eq!(bad.bearer_auth(server.token("swift")).send().await.unwrap().status(), 400);
        });
    }
}

#[test]
fn no_party_takes_every_stream() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let open = async |label: &str| {
            let request = server.client.get(server.url("/api/v1/events/stream"));
            request.bearer_auth(server.token(label)).send().await.unwrap()
        };
        let mut held = Vec::new();
        for _ in 0..8 {
            held.push(open("garage").await);
        }
        assert!(held.iter().all(|stream| stream.status() == 200));
        let refused = Answer::of(open("garage").await).await;
        assert_eq!((refused.status, refused.problem().1[0].0.as_str()), (503, "streams-exhausted"));
        assert_eq!(open("clinic").await.status(), 200);
    });
}

/// A stream as a reader takes it in.
struct Told {
    response: reqwest::Response,
    rest: String,
}

#[derive(Debug, PartialEq)]
struct ServerSent {
    id: String,
    what: String,
    data: Value,
}

impl Told {
    async fn next(&mut self) -> ServerSent {
        loop {
            if let Some((one, rest)) = self.rest.split_once("\n\n") {
                let (one, rest) = (one.to_owned(), rest.to_owned());
                self.rest = rest;
                if one.starts_with(':') {
                    continue;
                }
                let field = |name: &str| {
                    let line = one.lines().find_map(|line| line.strip_prefix(name));
                    line.unwrap_or_else(|| panic!("{one}")).to_owned()
                };
                let data = serde_json::from_str(&field("data: ")).unwrap();
                return ServerSent { id: field("id: "), what: field("event: "), data };
            }
            let chunk = self.response.chunk().await.unwrap().expect("the stream goes on");
            self.rest.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}
