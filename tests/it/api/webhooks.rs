//! Webhooks: signed messages, in order, each until it is taken; nowhere inside the operator's network; nothing to whom it does not concern.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use liandan::clock::Timestamp;
use liandan::ledger::PublicKey;
use liandan::ledger::key::verify_strict;
use liandan::scenario::World;
use serde_json::{Value, json};
use sha2::Sha256;

use super::server::{Server, sign_script};
use crate::support::ledger::{block_on, databases};

const SCRIPT: &str = "08:00 acme opens L1 900-041-49 2400 kg
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
    09:10 acme registers M2 900-041-49 1200 kg acme > heron > phoenix
    09:20 acme hands M1 to swift
    09:30 acme hands M2 to heron
    16:05 swift hands M1 to phoenix
    16:10 heron hands M2 to phoenix
    =====";

/// One message as it came.
#[derive(Clone)]
pub(crate) struct Message {
    headers: HeaderMap,
    body: String,
}

impl Message {
    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn cursor(&self) -> u64 {
        self.json()["data"]["cursor"].as_str().unwrap().parse().unwrap()
    }
}

/// A receiver: what it answers, and what came.
#[derive(Clone)]
pub(crate) struct Receiver {
    answers: Arc<Mutex<u16>>,
    came: Arc<Mutex<Vec<Message>>>,
    port: u16,
}

impl Receiver {
    /// A port at which nobody listens yet.
    fn dead() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { answers: Arc::new(Mutex::new(204)), came: Arc::default(), port }
    }

    async fn rise(&self) {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        let take = async |State(receiver): State<Receiver>, headers: HeaderMap, body: String| {
            receiver.came.lock().unwrap().push(Message { headers, body });
            StatusCode::from_u16(*receiver.answers.lock().unwrap()).unwrap()
        };
        let router = axum::Router::new().route("/told", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    }

    pub(crate) async fn alive() -> Self {
        let receiver = Self::dead();
        receiver.rise().await;
        receiver
    }

    pub(crate) fn answer(&self, status: u16) {
        *self.answers.lock().unwrap() = status;
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/told", self.port)
    }

    pub(crate) fn came(&self) -> Vec<Message> {
        self.came.lock().unwrap().clone()
    }
}

async fn make(server: &Server, label: &str, receiver: &Receiver) -> Value {
    let made = server.post_as(label, "/api/v1/webhooks", &json!({ "url": receiver.url() })).await;
    assert_eq!(made.status, 201, "{}", made.text);
    made.json()
}

fn path_of(hook: &Value) -> String {
    format!("/api/v1/webhooks/{}", hook["webhook"].as_str().unwrap())
}

/// Deliver until nothing is taken any more.
async fn deliver_all(server: &Server) {
    while server.ledger.app.deliver().await.unwrap() > 0 {}
}

fn hours_later(at: Timestamp, minutes: i64) -> Timestamp {
    at.plus_millis(minutes * 60_000)
}

#[test]
fn a_message_is_signed_both_ways_and_says_what_the_feed_says() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let receiver = Receiver::alive().await;
            let hook = make(&server, "swift", &receiver).await;
            assert_eq!((&hook["state"], &hook["types"]), (&json!("active"), &json!([])));
            let after = server.read_as("swift", "/api/v1/events?limit=500").await.json()["next"].clone();
            server.play(SCRIPT).await;
            deliver_all(&server).await;
            let came = receiver.came();
            let path = format!("/api/v1/events?limit=500&after={}", after.as_str().unwrap());
            let feed = server.read_as("swift", &path).await.json()["items"].clone();
            let told: Vec<Value> = came.iter().map(|message| message.json()["data"].clone()).collect();
            assert_eq!(feed, json!(told));
            assert!(told.len() >= 3);
            for message in &came {
                let (id, at_s) = (message.header("webhook-id"), message.header("webhook-timestamp"));
                let signed = format!("{id}.{at_s}.{}", message.body);
                let secret = hook["secret"].as_str().unwrap().strip_prefix("whsec_").unwrap();
                let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(secret).unwrap()).unwrap();
                mac.update(signed.as_bytes());
                let (v1, v1a) = message.header("webhook-signature").split_once(' ').unwrap();
                mac.verify_slice(&STANDARD.decode(v1.strip_prefix("v1,").unwrap()).unwrap()).unwrap();
                let key = hook["public_key"].as_str().unwrap().strip_prefix("whpk_").unwrap();
                let key: [u8; 32] = STANDARD.decode(key).unwrap().try_into().unwrap();
                let signature: [u8; 64] =
                    STANDARD.decode(v1a.strip_prefix("v1a,").unwrap()).unwrap().try_into().unwrap();
                assert!(verify_strict(&PublicKey::from_bytes(&key).unwrap(), signed.as_bytes(), &signature));
                assert_eq!(at_s, super::server::now_s(server.ledger.clock.now()).to_string());
                assert_eq!(message.json()["type"], message.json()["data"]["type"]);
            }
            let seen = server.read_as("swift", &path_of(&hook)).await.json();
            assert_eq!(seen["attempts"].as_array().unwrap().len(), came.len());
            assert_eq!(seen["attempts"][0]["status"], 204);
        });
    }
}

/// True where a message carries a signature by this secret.
fn is_signed_with(message: &Message, secret: &Value) -> bool {
    let content =
        format!("{}.{}.{}", message.header("webhook-id"), message.header("webhook-timestamp"), message.body);
    let secret = secret.as_str().unwrap().strip_prefix("whsec_").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(&STANDARD.decode(secret).unwrap()).unwrap();
    mac.update(content.as_bytes());
    let mut by_secret =
        message.header("webhook-signature").split(' ').filter_map(|one| one.strip_prefix("v1,"));
    by_secret.any(|one| mac.clone().verify_slice(&STANDARD.decode(one).unwrap()).is_ok())
}

#[test]
fn a_renewed_secret_leaves_the_receiver_time_to_change_over() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let receiver = Receiver::alive().await;
            let first = make(&server, "swift", &receiver).await;
            let path = path_of(&first);
            let renew = async |body: Value| server.post_as("swift", &format!("{path}/secret"), &body).await;
            let sent = async || {
                server.post_as("swift", &format!("{path}/test"), &json!({})).await;
                receiver.came().last().unwrap().clone()
            };
            assert_eq!(
                renew(json!({ "overlap_hours": 169 })).await.problem().1,
                [("overlap-hours".to_owned(), "/overlap_hours".to_owned())]
            );
            let second = renew(json!({})).await.json();
            let message = sent().await;
            assert!(second["old_secret_until"].is_string() && second["secret"] != first["secret"]);
            assert!(
                is_signed_with(&message, &second["secret"]) && is_signed_with(&message, &first["secret"])
            );
            // A day later the old one is good for nothing, and nobody is told of it any more.
            server.ledger.clock.forward(24 * 3_600_000);
            let message = sent().await;
            assert!(is_signed_with(&message, &second["secret"]));
            assert!(!is_signed_with(&message, &first["secret"]));
            let seen = server.read_as("swift", &path).await.json();
            assert_eq!((&seen["secret"], &seen["old_secret_until"]), (&second["secret"], &Value::Null));
            // A call that is repeated takes no secret from a receiver that has not changed over. Of what leaked nothing is left.
            renew(json!({})).await;
            let again = renew(json!({ "overlap_hours": 1 })).await;
            assert_eq!(again.problem().1, [("secret-just-renewed".to_owned(), "/overlap_hours".to_owned())]);
            assert!(is_signed_with(&sent().await, &second["secret"]));
            let third = renew(json!({ "overlap_hours": 0 })).await.json();
            let message = sent().await;
            assert!(is_signed_with(&message, &third["secret"]));
            assert_eq!(message.header("webhook-signature").matches("v1,").count(), 1);
            assert_eq!(third["old_secret_until"], Value::Null);
            renew(json!({ "overlap_hours": 168 })).await;
            assert!(is_signed_with(&sent().await, &third["secret"]));
        });
    }
}

/// Dead for an hour, then answering errors after it took what came, then well.
#[test]
fn nothing_is_lost_on_a_receiver_that_was_away_and_what_comes_twice_has_one_id() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let receiver = Receiver::dead();
            let hook = make(&server, "phoenix", &receiver).await;
            let played = sign_script(SCRIPT);
            let begins = played.acts[0].recorded_at;
            for act in &played.acts {
                server.ledger.send(act).await.unwrap();
                server.ledger.app.deliver().await.unwrap();
            }
            for minute in 0..60 {
                server.ledger.clock.set(hours_later(played.ends_at, minute));
                assert_eq!(server.ledger.app.deliver().await.unwrap(), 0);
            }
            assert!(server.ledger.clock.now().since(begins) > 3_600_000);
            let seen = server.read_as("phoenix", &path_of(&hook)).await.json();
            assert_eq!(seen["state"], "active");
            let tried = seen["attempts"].as_array().unwrap().len();
            assert!((3..20).contains(&tried), "it is tried again, ever more rarely: {tried}");

            receiver.answer(500);
            receiver.rise().await;
            server.ledger.clock.set(hours_later(played.ends_at, 240));
            server.ledger.app.deliver().await.unwrap();
            receiver.answer(200);
            server.ledger.clock.set(hours_later(played.ends_at, 480));
            deliver_all(&server).await;
            let came = receiver.came();
            assert_eq!(
                (came[0].cursor(), came[0].header("webhook-id")),
                (came[1].cursor(), came[1].header("webhook-id"))
            );
            let once = &came[1..];
            assert!(once.windows(2).all(|pair| pair[0].cursor() < pair[1].cursor()));
            let feed = server.read_as("phoenix", "/api/v1/events?limit=500").await.json();
            let since = hook["delivered"].as_str().unwrap().parse::<u64>().unwrap();
            let cursors = feed["items"].as_array().unwrap().iter();
            let cursors = cursors.map(|change| change["cursor"].as_str().unwrap().parse::<u64>().unwrap());
            let wanted: Vec<u64> = cursors.filter(|cursor| *cursor > since).collect();
            assert_eq!(once.iter().map(Message::cursor).collect::<Vec<_>>(), wanted);
            let ids: std::collections::BTreeSet<_> =
                once.iter().map(|m| m.header("webhook-id").to_owned()).collect();
            assert_eq!(ids.len(), once.len());

            // Everything once more, under the same ids.
            let again = json!({ "after": hook["delivered"] });
            let answer = server.post_as("phoenix", &format!("{}/replay", path_of(&hook)), &again).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            deliver_all(&server).await;
            let repeated = receiver.came().split_off(came.len());
            let name = |message: &Message| message.header("webhook-id").to_owned();
            assert_eq!(
                repeated.iter().map(name).collect::<Vec<_>>(),
                once.iter().map(name).collect::<Vec<_>>()
            );
        });
    }
}

#[test]
fn after_a_day_it_is_parked_and_goes_on_when_it_is_told_to() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let receiver = Receiver::dead();
            let hook = make(&server, "swift", &receiver).await;
            let played = server.play(SCRIPT).await;
            for minutes in (0..=27 * 60).step_by(30) {
                server.ledger.clock.set(hours_later(played.ends_at, minutes));
                server.ledger.app.deliver().await.unwrap();
            }
            let parked = server.read_as("swift", &path_of(&hook)).await.json();
            assert_eq!(parked["state"], "parked");
            assert!(
                parked["parked_for"].as_str().unwrap().starts_with("not taken for 24 hours: "),
                "{parked}"
            );
            receiver.rise().await;
            deliver_all(&server).await;
            assert!(receiver.came().is_empty(), "nothing is sent to what is parked");
            let path = format!("{}/replay", path_of(&hook));
            assert_eq!(server.post_as("swift", &path, &json!({})).await.json()["state"], "active");
            deliver_all(&server).await;
            let first = receiver.came()[0].json();
            assert_eq!(first["type"], "manifest.registered");

            // Gone is gone.
            receiver.answer(410);
            assert_eq!(
                server.post_as("swift", &path, &json!({ "after": hook["delivered"] })).await.status,
                200
            );
            deliver_all(&server).await;
            let gone = server.read_as("swift", &path_of(&hook)).await.json();
            assert_eq!((&gone["state"], &gone["attempts"][0]["status"]), (&json!("parked"), &json!(410)));
        });
    }
}

#[test]
fn a_webhook_is_told_what_its_key_may_see_and_what_it_asks_for() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let (carrier, officer) = (Receiver::alive().await, Receiver::alive().await);
            let wanted = json!({ "url": carrier.url(), "types": ["waste.delivered"] });
            assert_eq!(server.post_as("heron", "/api/v1/webhooks", &wanted).await.status, 201);
            make(&server, "bureau", &officer).await;
            server.play(SCRIPT).await;
            deliver_all(&server).await;
            let types: Vec<_> = carrier.came().iter().map(|message| message.json()["type"].clone()).collect();
            assert_eq!(types, ["waste.delivered"]);
            let collected = officer.came().iter().filter(|m| m.json()["type"] == "waste.collected").count();
            assert_eq!(collected, 2);

            // Whose webhook it is not: there is none.
            let own = server.read_as("heron", "/api/v1/webhooks").await.json()["items"].clone();
            assert_eq!(own.as_array().unwrap().len(), 1);
            let path = path_of(&own[0]);
            let absent = "/api/v1/webhooks/01890a5d-ac96-774b-bcce-b302099a8057";
            for other in ["swift", "bureau"] {
                let forbidden = server.read_as(other, &path).await;
                assert_eq!(
                    (forbidden.status, forbidden.text),
                    (404, server.read_as(other, absent).await.text)
                );
                for rest in ["test", "replay", "secret"] {
                    let answer = server.post_as(other, &format!("{path}/{rest}"), &json!({})).await;
                    assert_eq!(answer.status, 404, "{rest}");
                }
                let request = server.client.delete(server.url(&path)).bearer_auth(server.token(other));
                assert_eq!(request.send().await.unwrap().status(), 404);
            }
            let tried = server.post_as("heron", &format!("{path}/test"), &json!({})).await.json();
            assert_eq!((&tried["status"], &tried["cursor"]), (&json!(204), &Value::Null));
            assert_eq!(carrier.came().last().unwrap().json()["type"], "webhook.test");
            let request = server.client.delete(server.url(&path)).bearer_auth(server.token("heron"));
            assert_eq!(request.send().await.unwrap().status(), 204);
            assert_eq!(server.read_as("heron", "/api/v1/webhooks").await.json()["items"], json!([]));
        });
    }
}

/// Somebody who acts for another keeps a webhook of that party: it is told what concerns that party, as long as the mandate holds.
#[test]
fn a_webhook_kept_for_another_party_is_told_of_that_one_and_ends_with_the_mandate() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let receiver = Receiver::alive().await;
            let acts = sign_script(
                "08:00 clinic mandates lotus for waste.generated until 2026-12-31
                08:10 lotus opens L1 900-249-08 5 kg
                08:20 clinic generates L2 841-001-01 60 kg
                09:00 clinic revokes mandate of lotus
                09:10 clinic generates L3 841-001-01 60 kg
                =====",
            )
            .acts;
            let (grant, rest) = acts.split_first().unwrap();
            server.ledger.send(grant).await.unwrap();
            let clinic = World::embedded().party("clinic").unwrap().uscc.to_string();
            let request =
                server.client.post(server.url("/api/v1/webhooks")).bearer_auth(server.token("lotus"));
            let request = request.header("acting-for", &clinic);
            let made = request.body(json!({ "url": receiver.url() }).to_string()).send().await.unwrap();
            let hook: Value = serde_json::from_str(&made.text().await.unwrap()).unwrap();
            // It is the clinic's; the mandatary's own affairs are not told through it.
            assert_eq!(server.read_as("clinic", &path_of(&hook)).await.status, 200);
            assert_eq!(server.read_as("lotus", &path_of(&hook)).await.status, 404);
            for act in &rest[..2] {
                server.ledger.send(act).await.unwrap();
            }
            deliver_all(&server).await;
            let types = || -> Vec<Value> {
                receiver.came().iter().map(|message| message.json()["type"].clone()).collect()
            };
            assert_eq!(types(), ["waste.generated"]);
            for act in &rest[2..] {
                server.ledger.send(act).await.unwrap();
            }
            deliver_all(&server).await;
            assert_eq!(types().len(), 1);
            assert_eq!(server.read_as("clinic", &path_of(&hook)).await.json()["state"], "parked");
        });
    }
}

#[test]
fn no_webhook_goes_into_the_operator_s_network() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            for (url, code) in [
                ("https://127.0.0.2/told", "webhook-url"),
                ("https://10.0.0.7/told", "webhook-url"),
                ("https://[::1]/told", "webhook-url"),
                ("https://[::ffff:10.0.0.1]/told", "webhook-url"),
                ("https://2130706434/told", "webhook-url"),
                ("https://0x7f.0.0.2/told", "webhook-url"),
                ("https://169.254.169.254/latest/meta-data", "webhook-url"),
                ("http://example.com/told", "webhook-url"),
                ("https://user:secret@example.com/", "webhook-url"),
                ("ftp://example.com/", "webhook-url"),
                ("file:///etc/passwd", "webhook-url"),
                ("told", "webhook-url"),
            ] {
                let answer = server.post_as("acme", "/api/v1/webhooks", &json!({ "url": url })).await;
                assert_eq!(answer.problem().1, [(code.to_owned(), "/url".to_owned())], "{url}");
            }
            // A name is judged when the connection is made: this one leads to the machine itself, by an address that is not allowed or is
            // reached without TLS behind it. Either way nobody there is told anything.
            let answer =
                server.post_as("acme", "/api/v1/webhooks", &json!({ "url": "https://localhost:1/" })).await;
            assert_eq!(answer.status, 201);
            let path = format!("{}/test", path_of(&answer.json()));
            let tried = server.post_as("acme", &path, &json!({})).await.json();
            assert!(tried["status"].is_null() && tried["error"].is_string(), "{tried}");
            let unknown = json!({ "url": "https://example.com/", "types": ["waste.lost"] });
            let answer = server.post_as("acme", "/api/v1/webhooks", &unknown).await;
            assert_eq!(answer.problem().1, [("webhook-type".to_owned(), "/types/0".to_owned())]);
            for _ in 1..16 {
                let one = json!({ "url": "https://example.com/told" });
                assert_eq!(server.post_as("acme", "/api/v1/webhooks", &one).await.status, 201);
            }
            let answer =
                server.post_as("acme", "/api/v1/webhooks", &json!({ "url": "https://example.com/" })).await;
            assert_eq!(answer.problem().1, [("webhooks-exhausted".to_owned(), String::new())]);
        });
    }
}
