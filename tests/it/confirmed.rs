//! Handovers that one key signs and the other side confirms by a code or by hand: who is asked, what is refused, what the rules make of it.

use liandan::app::App;
use liandan::app::access::Viewer;
use liandan::app::audit::{self, Against};
use liandan::app::codes::{MAX_CODE_TRIES, MAX_MANIFEST_CODES};
use liandan::clock::Timestamp;
use liandan::custody::Statement;
use liandan::custody::books::Rulebook;
use liandan::custody::bundle::{Mark, Note};
use liandan::custody::confirmed::CodeStatement;
use liandan::ledger::policy::Policy;
use liandan::ledger::{Envelope, SigningKey, Typ};
use liandan::registry::Role;
use liandan::scenario::{Played, Scripted, World, picture};
use liandan::shape::Text;
use liandan::store::Store;
use serde_json::{Value, json};

use crate::api::manifests::{payload, signed_like};
use crate::api::server::{Answer, Server, sign_script};
use crate::stock::signed;
use crate::support::gateway::Recorder;
use crate::support::ledger::{Folder, LOG, Ledger, block_on, databases, fresh_store, log_key, open_per_rule};

const CN: &str = include_str!("../../seeds/jurisdictions/cn.toml");
/// M1 is taken over on handwriting, M2 on nothing.
const DAY: &str = "
    08:00  acme     opens      900-041-49 2400 kg
    09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:05  acme     registers  M2  900-041-49 1200 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift  alone  confirmed by hand \"赵敏\"
    09:30  acme     hands      M2  to swift  alone
    11:05  swift    hands      M1  to phoenix
    11:10  swift    hands      M2  to phoenix
    =====
";

async fn open(store: &Store) -> Vec<(String, usize)> {
    let mut found = open_per_rule(store).await;
    found.retain(|(rule, _)| rule == "handover-one-sided");
    found
}

/// A profile that asks for another signature level.
async fn adopt(ledger: &Ledger, level: &str) {
    let text = CN.trim().replacen("version = 1", "version = 2", 1);
    let text = text.replacen("default = \"two-keys\"", &format!("default = \"{level}\""), 1);
    let adopted = Rulebook::pinning_text(&Text::new(text).unwrap()).unwrap().1;
    let at: Timestamp = "2026-03-02T07:00:00+08:00".parse().unwrap();
    ledger.clock.set(at);
    let envelope = signed("bureau", at, 1, Statement::ProfileAdopted(adopted));
    ledger.app.submit(&envelope, None).await.unwrap();
}

/// Each level wants what it says: with two keys handwriting counts for nothing, with one side nothing is wanted.
#[test]
fn a_word_by_hand_does_where_the_profile_says_so_and_nowhere_else() {
    for (level, wanted) in [("two-keys", 2), ("key-and-code", 1), ("one-side", 0)] {
        for database in databases() {
            let folder = Folder::new();
            block_on(async {
                let ledger = Ledger::found(&database.url).await;
                if level != "two-keys" {
                    adopt(&ledger, level).await;
                }
                let played = sign_script(DAY);
                for act in &played.acts {
                    ledger.send(act).await.unwrap();
                }
                ledger.pass_time("2026-03-03T12:00:00+08:00".parse().unwrap()).await;
                let found: usize = open(&ledger.store).await.iter().map(|(_, times)| times).sum();
                assert_eq!(found, wanted, "{level}");
                let second = fresh_store(&folder, "second").await;
                audit::verify(&ledger.store, Against::second(&second), |_, _| {}).await.unwrap();
                second.close().await;
                if level == "key-and-code" {
                    // Whoever signs late clears what was open.
                    let countersigned = sign_script(&DAY.replace(
                        "    11:05  swift",
                        "    10:00  acme     countersigns  M2\n    11:05  swift",
                    ));
                    let late = countersigned
                        .acts
                        .iter()
                        .find(|act| payload(act)["kind"] == "handover.countersigned");
                    ledger.app.submit(late.unwrap().envelope.compact().as_bytes(), None).await.unwrap();
                    assert_eq!(open(&ledger.store).await, []);
                }
                ledger.store.close().await;
            });
        }
    }
}

/// The handover of M2 to swift, and what was said before.
fn before_m2(played: &Played) -> (&[Scripted], &Scripted) {
    let is_it = |act: &&Scripted| {
        payload(act)["kind"] == "waste.collected" && payload(act)["data"]["confirmed"].is_null()
    };
    let at = played.acts.iter().position(|act| is_it(&act)).unwrap();
    (&played.acts[..at], &played.acts[at])
}

fn code(event: &Value, changes: &[(&str, Value)]) -> Value {
    let data = &event["data"];
    let mut said = json!({
        "v": 1, "log": LOG, "manifest": data["manifest"], "step": "collected", "from": data["from"], "to": data["to"],
        "party": data["from"], "phone": "8000", "at": event["occurred_at"], "until": "2026-03-03T01:20:00.000Z",
    });
    for (name, value) in changes {
        said[*name] = value.clone();
    }
    said
}

fn proof(said: &Value, key: &SigningKey) -> Value {
    let said = CodeStatement::parse(said.to_string().as_bytes()).unwrap();
    json!({ "code": said.sign(key).into_compact() })
}

fn with(act: &Scripted, confirmed: &Value) -> String {
    let mut event = payload(act);
    event["data"]["confirmed"] = confirmed.clone();
    signed_like(act, &event)
}

#[test]
fn a_code_that_does_not_fit_is_refused_with_its_place() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = sign_script(DAY);
            let (before, act) = before_m2(&played);
            for act in before {
                server.ledger.send(act).await.unwrap();
            }
            server.ledger.clock.set(act.recorded_at);
            let event = payload(act);
            let other =
                before.iter().map(|act| payload(act)["data"]["manifest"].clone()).find(|id| id.is_string());
            let of_another = "code-of-another";
            let cases = [
                (proof(&code(&event, &[]), &SigningKey::from_seed([7; 32])), "code-invalid"),
                (json!({ "code": "a.b.c" }), "code-invalid"),
                (proof(&code(&event, &[("log", json!("another.example"))]), &log_key()), of_another),
                (proof(&code(&event, &[("manifest", other.unwrap())]), &log_key()), of_another),
                (proof(&code(&event, &[("step", json!("delivered"))]), &log_key()), of_another),
                (proof(&code(&event, &[("party", event["data"]["to"].clone())]), &log_key()), of_another),
                (proof(&code(&event, &[("to", event["data"]["from"].clone())]), &log_key()), of_another),
                (
                    proof(&code(&event, &[("until", json!("2026-03-02T01:29:59.999Z"))]), &log_key()),
                    "code-out-of-time",
                ),
                (
                    proof(
                        &code(
                            &event,
                            &[
                                ("at", json!("2026-03-03T01:30:00.001Z")),
                                ("until", json!("2026-03-04T01:30:00.001Z")),
                            ],
                        ),
                        &log_key(),
                    ),
                    "code-out-of-time",
                ),
            ];
            for (confirmed, wanted) in cases {
                let answer = server.upload("/api/v1/events", with(act, &confirmed)).await;
                let errors = vec![(wanted.to_owned(), "/data/confirmed/code".to_owned())];
                assert_eq!(answer.problem(), ("unacceptable".to_owned(), errors), "{confirmed}");
            }
            // What another type of statement of the log's key says is no code.
            let disguised = Envelope::sign(Typ::Check, code(&event, &[]).to_string().as_bytes(), &log_key());
            let disguised = json!({ "code": disguised.compact() });
            assert_eq!(
                server.upload("/api/v1/events", with(act, &disguised)).await.problem().1[0].0,
                "code-invalid"
            );
            for (confirmed, pointer) in [
                (json!({ "eye": {} }), "/data/confirmed"),
                (json!({ "code": 7 }), "/data/confirmed/code"),
                (json!({ "handwriting": { "name": "赵敏" } }), "/data/confirmed/handwriting"),
                (
                    json!({ "handwriting": { "name": "赵敏", "sha256": "x" } }),
                    "/data/confirmed/handwriting/sha256",
                ),
                (
                    json!({ "handwriting": { "name": "赵敏", "sha256": picture("weighbridge"), "age": 3 } }),
                    "/data/confirmed/handwriting/age",
                ),
            ] {
                let (slug, errors) = server.upload("/api/v1/events", with(act, &confirmed)).await.problem();
                assert_eq!(
                    (slug.as_str(), errors[0].1.starts_with(pointer)),
                    ("malformed", true),
                    "{errors:?}"
                );
            }
            let good =
                server.upload("/api/v1/events", with(act, &proof(&code(&event, &[]), &log_key()))).await;
            assert_eq!(good.status, 201, "{}", good.text);
            server.ledger.store.close().await;
        });
    }
}

fn viewer(label: &str, role: Role) -> Viewer {
    let world = World::embedded();
    let party = world.party(label).unwrap();
    // The world has no administrators; whose key it is counts.
    Viewer::Party { party: party.uscc, role, kid: world.key(label, party.office()).kid() }
}

async fn register(app: &App, label: &str) {
    let phone = "138 0013 8000".parse().unwrap();
    app.set_confirmation_phone(&viewer(label, Role::Administrator), Some(phone)).await.unwrap();
}

async fn ask(server: &Server, label: &str, event: &Value) -> Answer {
    let data = &event["data"];
    let wanted =
        json!({ "manifest": data["manifest"], "step": "collected", "from": data["from"], "to": data["to"] });
    server.post_as(label, "/api/v1/codes", &wanted).await
}

async fn tell(server: &Server, label: &str, id: &str, code: &str) -> Answer {
    server.post_as(label, &format!("/api/v1/codes/{id}/confirm"), &json!({ "code": code })).await
}

fn refusal(answer: &Answer) -> String {
    answer.problem().1[0].0.clone()
}

#[test]
fn a_code_goes_to_the_other_sides_telephone_and_what_is_told_confirms_the_handover() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let app = &server.ledger.app;
            let played = sign_script(DAY);
            let (before, act) = before_m2(&played);
            for act in before {
                server.ledger.send(act).await.unwrap();
            }
            server.ledger.clock.set(act.recorded_at);
            let event = payload(act);
            assert_eq!(refusal(&ask(&server, "swift", &event).await), "no-phone");
            register(app, "acme").await;
            assert_eq!(refusal(&ask(&server, "swift", &event).await), "no-gateway");
            let gateway = Recorder::alive().await;
            app.use_gateway(&gateway.url()).unwrap();
            gateway.answer(500);
            assert_eq!(refusal(&ask(&server, "swift", &event).await), "gateway-failed");
            gateway.answer(202);
            let sent = ask(&server, "swift", &event).await;
            assert_eq!(sent.status, 201, "{}", sent.text);
            let said = sent.json();
            assert_eq!((&said["sent_to"], &said["code"]), (&json!("…8000"), &Value::Null));
            let message = gateway.came().pop().unwrap();
            assert_eq!(message["to"], "+8613800138000");
            let told = message["parameters"]["code"].as_str().unwrap().to_owned();
            assert!(told.len() == 6 && message["text"].as_str().unwrap().contains(&told), "{message}");
            let id = said["id"].as_str().unwrap();
            // Whoever did not ask learns nothing, not even whether there is such a code.
            for label in ["acme", "ruby"] {
                assert_eq!(tell(&server, label, id, &told).await.status, 404, "{label}");
            }
            let wrong = if told == "000000" { "000001" } else { "000000" };
            assert_eq!(refusal(&tell(&server, "swift", id, wrong).await), "code-wrong");
            let answer = tell(&server, "swift", id, &told).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            assert_eq!(tell(&server, "swift", id, &told).await.text, answer.text, "told again, the same");
            let confirmed = json!({ "code": answer.json()["proof"] });
            let recorded = server.upload("/api/v1/events", with(act, &confirmed)).await;
            assert_eq!(recorded.status, 201, "{}", recorded.text);

            // Everybody sees by what it was confirmed, and that nobody but swift signed.
            let manifest = event["data"]["manifest"].as_str().unwrap();
            let chain = server.read_as("bureau", &format!("/api/v1/manifests/{manifest}/chain")).await.json();
            let step = chain["items"].as_array().unwrap().last().unwrap().clone();
            assert_eq!((&step["confirmed_by"], &step["offer_signature"]), (&json!("code"), &Value::Null));
            assert_eq!(step["verdict"], "one-sided");
            let bundle = server.read_as("bureau", &format!("/api/v1/manifests/{manifest}/bundle")).await.text;
            let policy = Policy::log_alone(app.verifier());
            let report = liandan::custody::bundle::check(bundle.as_bytes(), &policy);
            assert_eq!(report.events.last().unwrap().notes, [Note::OneSided, Note::ByCode], "{report:?}");
            assert!(report.checks.iter().all(|check| check.mark < Mark::Unknown), "{report:?}");
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn codes_expire_are_tried_five_times_and_asked_for_by_a_side_alone() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let app = &server.ledger.app;
            let played = sign_script(DAY);
            let (before, act) = before_m2(&played);
            for act in before {
                server.ledger.send(act).await.unwrap();
            }
            server.ledger.clock.set(act.recorded_at);
            app.show_codes();
            register(app, "acme").await;
            let event = payload(act);
            let said = ask(&server, "swift", &event).await.json();
            let (id, told) = (said["id"].as_str().unwrap(), said["code"].as_str().unwrap());
            let wrong = if told == "000000" { "000001" } else { "000000" };
            for _ in 0..MAX_CODE_TRIES {
                assert_eq!(refusal(&tell(&server, "swift", id, wrong).await), "code-wrong");
            }
            assert_eq!(
                refusal(&tell(&server, "swift", id, told).await),
                "code-expired",
                "even the right one"
            );
            let said = ask(&server, "swift", &event).await.json();
            server.ledger.clock.set(act.recorded_at.plus_millis(10 * 60_000));
            let late =
                tell(&server, "swift", said["id"].as_str().unwrap(), said["code"].as_str().unwrap()).await;
            assert_eq!(refusal(&late), "code-expired");
            // Strangers know of no such manifest, others on it are no side.
            assert_eq!(ask(&server, "ruby", &event).await.status, 404);
            assert_eq!(refusal(&ask(&server, "phoenix", &event).await), "not-a-side");
            for _ in 2..MAX_MANIFEST_CODES {
                assert_eq!(ask(&server, "swift", &event).await.status, 201);
            }
            assert_eq!(refusal(&ask(&server, "swift", &event).await), "codes-exhausted");
            // Who looks as another party does not choose its telephone; nor does an operator.
            let phone = json!({ "phone": "+8613900139000" });
            let request = server.client.put(server.url("/api/v1/confirmation-phone")).body(phone.to_string());
            let put = request.bearer_auth(server.token("acme")).send().await.unwrap();
            assert_eq!(put.status(), 403);
            let foreign = match (viewer("acme", Role::Administrator), viewer("swift", Role::Administrator)) {
                (Viewer::Party { party, role, .. }, Viewer::Party { kid, .. }) => {
                    Viewer::Party { party, role, kid }
                }
                _ => unreachable!(),
            };
            app.set_confirmation_phone(&foreign, Some("+8613900139000".parse().unwrap())).await.unwrap_err();
            assert_eq!(
                server.read_as("acme", "/api/v1/confirmation-phone").await.json()["phone"],
                "+8613800138000"
            );
            assert_eq!(server.read_as("swift", "/api/v1/confirmation-phone").await.status, 404);
            app.set_confirmation_phone(&viewer("acme", Role::Administrator), None).await.unwrap();
            assert_eq!(refusal(&ask(&server, "swift", &event).await), "no-phone");
            server.ledger.store.close().await;
        });
    }
}
