//! Non-interference: two worlds that differ only in what others do give a party the same answers, on every operation.
//!
//! Left out of the comparison is what depends on the whole log by its nature: indexes and cursors, salts, serials of numbers, proofs and
//! checkpoints.

use std::collections::BTreeSet;

use liandan::api::matrix::{May, OPERATIONS, Operation};
use liandan::clock::Timestamp;
use liandan::ledger::{Envelope, Typ};
use liandan::scenario::{Scripted, World};
use serde_json::Value;

use super::manifests::payload;
use super::server::{Answer, Server, office_key, sign_script};
use crate::support::ledger::{Database, block_on, databases};

/// What acme, swift and phoenix do: one load goes well, one arrives light, one is on the way for too long; two days later it arrives light, and somebody
/// answers what does not concern it.
const OURS: &str = "08:00 acme opens L1 900-041-49 3600 kg in 3 drums labelled 1
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
    09:10 acme registers M2 900-041-49 1200 kg acme > swift > phoenix
    09:20 acme hands M1 to swift
    12:00 swift hands M1 to phoenix
    12:30 phoenix receives M1 1100 kg
    13:00 acme hands M2 to swift
    13:10 acme explains mass-discrepancy M1 \"wet\" with picture weighbridge
    14:00 phoenix disposes 900-041-49 500 kg from M1 by D10 gives F1 90 kg 772-003-18
    day 2026-03-04
    09:10 acme registers M3 900-041-49 1200 kg acme > swift > phoenix
    09:20 swift hands M2 to phoenix
    09:30 phoenix receives M2 600 kg
    09:40 acme explains mass-discrepancy M2 \"we weighed twice\"
    09:50 heron explains mass-discrepancy M2 \"not ours\" refused finding-unknown
    =====";

/// What others do meanwhile, with findings of their own.
const THEIRS: &str = "08:05 ruby opens L7 900-249-08 2400 kg
    09:05 ruby registers M7 900-249-08 1200 kg ruby > heron > lotus
    09:25 ruby hands M7 to heron
    11:55 heron hands M7 to lotus
    12:35 lotus receives M7 700 kg
    13:05 ruby registers M8 900-249-08 1200 kg ruby > badger > lotus
    13:15 ruby hands M8 to badger
    13:45 bureau opens case C7 on lotus \"say where 500 kg went\" due 2026-03-10
    =====";

/// Whatever depends on the whole log.
const OF_THE_WHOLE_LOG: [&str; 20] = [
    "index",
    "first_index",
    "enrolled_index",
    "registered_index",
    "recorded_index",
    "size",
    "log_size",
    "cursor",
    "next",
    "salt",
    "leaf",
    "number",
    "inclusion",
    "checkpoint",
    "proof",
    "root",
    "tlog_proof",
    "bracket",
    // Answers that the ledger signs name the log they were given in.
    "signed",
    "head",
];

/// What manifests are searched by: what is true of theirs only, of ours only, of both.
const SEARCHES: [&str; 12] = [
    "plate=%E9%B2%81Q30001",
    "plate=%E9%B2%81Q10001",
    "code=HW08",
    "code=900-041-49&status=received",
    "text=ruby",
    "text=lotus",
    "division=371311",
    "division=370000&under_way=true",
    "from=2026-03-02&to=2026-03-02",
    "number=0002",
    "party=91371311MA3RUBY02",
    "role=consignee",
];

fn without_the_whole_log(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                match OF_THE_WHOLE_LOG.contains(&name.as_str()) {
                    true => *member = Value::Null,
                    false => without_the_whole_log(member),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_the_whole_log),
        _ => {}
    }
}

/// Status and body of an answer, as far as they depend on less than the whole log.
fn said(answer: &Answer) -> (u16, Value) {
    let mut body = serde_json::from_str(&answer.text).unwrap_or(Value::String(answer.text.clone()));
    without_the_whole_log(&mut body);
    (answer.status, body)
}

/// The offer that an act embeds.
fn offered_in(act: &Scripted) -> Option<String> {
    payload(act)["data"]["offer"].as_str().map(str::to_owned)
}

/// The last offer that a party made.
fn offer_in<'a>(acts: impl DoubleEndedIterator<Item = &'a Scripted>, label: &str) -> String {
    let own = World::embedded().party(label).unwrap().uscc.to_string();
    let made = acts.rev().filter(|act| payload(act)["data"]["from"] == own.as_str());
    made.filter_map(offered_in).next().unwrap()
}

/// The same offer of ruby's, made later: nobody has taken that one.
fn offered_anew(offer: &str, at: Timestamp) -> String {
    let envelope = Envelope::parse(offer.as_bytes(), Typ::Offer).unwrap();
    let mut said: Value = serde_json::from_slice(envelope.payload()).unwrap();
    said["at"] = serde_json::json!(at);
    Envelope::sign(Typ::Offer, said.to_string().as_bytes(), &office_key("ruby")).into_compact()
}

async fn leave(server: &Server, label: &str, offer: &str) -> Answer {
    let request = server.client.post(server.url("/api/v1/offers")).bearer_auth(server.token(label));
    Answer::of(request.body(offer.to_owned()).send().await.unwrap()).await
}

async fn world(database: Database, acts: &[Scripted], ends_at: Timestamp) -> Server {
    let server = Server::start(database).await;
    for act in acts {
        drop(server.ledger.send(act).await);
    }
    server.ledger.pass_time(ends_at).await;
    server.ledger.app.make_notices().await.unwrap();
    server
}

/// Values of a member anywhere in an answer.
fn found(value: &Value, name: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            into.extend(members.get(name).and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| found(member, name, into));
        }
        Value::Array(items) => items.iter().for_each(|item| found(item, name, into)),
        _ => {}
    }
}

/// What the parameters of an operation may stand for: everything of that sort in the party's own lists, and what is of others.
async fn candidates(server: &Server, label: &str, operation: &Operation, theirs: &[String]) -> Vec<String> {
    let collection = operation.path.split("/{").next().unwrap();
    let member = match collection {
        "/keys" => "kid",
        "/parties" => "party",
        "/sites" => "site",
        "/cases" => "case",
        "/permits" => "permit",
        "/webhooks" => "webhook",
        "/pushes" => "push",
        "/platforms" => "platform",
        "/papers" => "paper",
        "/attachments" => "sha256",
        _ => "id",
    };
    let mut ids = BTreeSet::new();
    if ["/catalogue/wastes", "/rules", "/labels"].contains(&collection) {
        ids.extend(["900-041-49", "mass-discrepancy"].map(str::to_owned));
    } else {
        let listed = server.read_as(label, &format!("/api/v1{collection}?limit=500")).await;
        let listed = if listed.status == 400 {
            server.read_as(label, &format!("/api/v1{collection}")).await
        } else {
            listed
        };
        found(&listed.json(), member, &mut ids);
    }
    ids.extend(theirs.iter().cloned());
    let paths = ids.iter().flat_map(|id| {
        let kinds: &[&str] = match operation.path {
            path if path.contains("{kind}") => &["plan", "contract", "approval", "vehicle"],
            path if path.contains("{register}") => &["generation", "inbound", "outbound"],
            _ => &[""],
        };
        kinds.iter().map(move |kind| {
            let path = operation.path.replace("{kind}", kind).replace("{register}", kind);
            ["{id}", "{kid}", "{uscc}", "{code}", "{digest}"]
                .iter()
                .fold(path, |path, name| path.replace(name, id))
        })
    });
    paths.collect()
}

/// Addresses that a party asks for, in one world.
async fn addresses(server: &Server, label: &str, theirs: &[String]) -> BTreeSet<String> {
    let role = World::embedded().party(label).unwrap().office();
    let mut asked = BTreeSet::new();
    for operation in OPERATIONS.iter().filter(|row| row.method == "GET" && row.may.lets(role)) {
        let depends_on_all = operation.path.starts_with("/log/")
            || ["/healthz", "/readyz", "/statistics/public", "/events/stream"].contains(&operation.path)
            // A document shows the address it was asked at and the entries behind it, as a picture: what it is made of is compared.
            || ["/proof", "/bundle", "/head", "/document", "/export"].iter().any(|end| operation.path.ends_with(end));
        if depends_on_all || operation.may == May::Anybody {
            continue;
        }
        if operation.path.contains('{') {
            asked.extend(candidates(server, label, operation, theirs).await);
        } else {
            asked.insert(operation.path.to_owned());
        }
    }
    asked.extend(["/check?plate=%E9%B2%81Q10001".to_owned(), "/findings?life=closed".to_owned()]);
    asked.extend(SEARCHES.iter().map(|query| format!("/manifests?limit=2&{query}")));
    asked.extend(
        SEARCHES
            .iter()
            .filter(|query| query.starts_with("plate="))
            .flat_map(|query| ["trips", "weighings"].map(|list| format!("/{list}?{query}"))),
    );
    asked.into_iter().map(|path| format!("/api/v1{path}")).collect()
}

/// What an event says, to be made ready anew; it names no checkpoint, which depends on the whole log.
fn wish_of(act: &Scripted) -> Value {
    let payload: Value = serde_json::from_slice(act.envelope.payload()).unwrap();
    let [kind, data, act, at] = ["kind", "data", "act", "occurred_at"].map(|member| &payload[member]);
    serde_json::json!({ "kind": kind, "data": data, "act": act, "occurred_at": at, "anchor": null })
}

#[test]
fn what_others_do_changes_no_answer() {
    let (ours, theirs) = (sign_script(OURS), sign_script(THEIRS));
    // The next morning: what is on the way is overdue by then.
    let ends_at: Timestamp = "2026-03-03T09:00:00+08:00".parse().unwrap();
    let (next, ours): (Vec<Scripted>, Vec<Scripted>) =
        ours.acts.into_iter().partition(|act| act.recorded_at > ends_at);
    let mut both: Vec<Scripted> = ours.iter().chain(&theirs.acts).cloned().collect();
    both.sort_by_key(|act| act.recorded_at);
    let mut of_others: Vec<String> = theirs.names.manifests().map(|(_, id)| id.to_string()).collect();
    of_others.extend(theirs.acts.iter().take(4).map(|act| act.envelope.event_id().to_string()));
    of_others.push(World::embedded().party("ruby").unwrap().uscc.to_string());
    of_others.push(office_key("ruby").kid().to_string());
    for (alone, together) in databases().into_iter().zip(databases()) {
        block_on(async {
            let alone = world(alone, &ours, ends_at).await;
            let together = world(together, &both, ends_at).await;
            let offered = offer_in(theirs.acts.iter(), "ruby");
            let offered = leave(&together, "ruby", &offered_anew(&offered, ends_at)).await;
            assert_eq!(offered.status, 201, "{}", offered.text);
            let mut of_others = of_others.clone();
            // Ruby keeps the very file that acme named and has not sent.
            let picture = liandan::scenario::PICTURES[0].1.to_vec();
            let request = together.client.post(together.url("/api/v1/attachments"));
            let sent = request.bearer_auth(together.token("ruby")).body(picture).send().await.unwrap();
            assert_eq!(sent.status(), 201);
            of_others.push(liandan::scenario::picture("weighbridge").unwrap().to_string());
            of_others.push(offered.json()["id"].as_str().unwrap().to_owned());
            assert!(together.size().await > alone.size().await + 10);
            let (mut compared, mut differing) = (0, Vec::new());
            for label in ["acme", "swift", "phoenix"] {
                let asked = addresses(&alone, label, &of_others).await;
                assert_eq!(
                    asked,
                    addresses(&together, label, &of_others).await,
                    "{label} is told of other things"
                );
                for path in asked {
                    let one = alone.read_as(label, &path).await;
                    let other = together.read_as(label, &path).await;
                    compared += 1;
                    if said(&one) != said(&other) {
                        differing.push(format!("{label} {path}\n  {:?}\n  {:?}", said(&one), said(&other)));
                    }
                }
            }
            assert!(compared > 1_000, "{compared}");
            // What is uploaded is answered alike, tried out or in earnest, taken or refused.
            for act in &next {
                alone.ledger.clock.set(act.recorded_at);
                together.ledger.clock.set(act.recorded_at);
                let wish = wish_of(act);
                let one = alone.post_as("acme", "/api/v1/events/prepare", &wish).await;
                let other = together.post_as("acme", "/api/v1/events/prepare", &wish).await;
                assert_eq!(said(&one), said(&other), "{wish}");
                if let Some(offer) = offered_in(act) {
                    let one = leave(&alone, "swift", &offer).await;
                    assert_eq!(said(&one), said(&leave(&together, "swift", &offer).await));
                    for label in ["swift", "phoenix", "acme"] {
                        for path in ["/api/v1/offers", "/api/v1/offers?side=releasing", "/api/v1/tasks"] {
                            let one = alone.read_as(label, path).await;
                            assert_eq!(
                                said(&one),
                                said(&together.read_as(label, path).await),
                                "{label} {path}"
                            );
                        }
                    }
                }
                for path in ["/api/v1/events?dry_run=true", "/api/v1/events"] {
                    let one = alone.upload(path, act.envelope.compact().to_owned()).await;
                    let other = together.upload(path, act.envelope.compact().to_owned()).await;
                    assert_eq!(said(&one), said(&other), "{path}");
                }
            }
            // Whose business it is sees the difference: the comparison can fail.
            for path in ["/api/v1/manifests", "/api/v1/findings", "/api/v1/cases", "/api/v1/notices"] {
                let one = alone.read_as("bureau", path).await.json();
                assert_ne!(one, together.read_as("bureau", path).await.json(), "{path}");
            }
            assert!(
                differing.is_empty(),
                "{} of {compared} differ:\n{}",
                differing.len(),
                differing.join("\n")
            );
        });
    }
}
