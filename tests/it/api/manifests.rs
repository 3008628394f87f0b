//! Manifests over HTTP: links to others, interim storage, pipelines, weighings of a run, countersignatures, and the largest one.

pub(crate) mod largest;

use liandan::custody::payload::handover::ContainerSet;
use liandan::id::{ContainerId, ManifestId};
use liandan::ledger::{Envelope, SigningKey, Typ};
use liandan::scenario::{Played, Scripted, World};
use serde_json::{Value, json};

use super::server::{Server, sign_script};
use crate::stock::site_of;
use crate::support::ledger::{block_on, databases};

/// The key that signed an act of a script.
pub(crate) fn key_of(act: &Scripted) -> SigningKey {
    let world = World::embedded();
    let mut keys = world
        .parties()
        .iter()
        .flat_map(|party| party.roles().iter().map(|role| world.key(&party.label, *role)));
    keys.find(|key| key.kid() == act.envelope.kid()).unwrap()
}

/// What an act states.
pub(crate) fn payload(act: &Scripted) -> Value {
    serde_json::from_slice(act.envelope.payload()).unwrap()
}

/// Something else, signed by whoever signed an act.
pub(crate) fn signed_like(act: &Scripted, event: &Value) -> String {
    Envelope::sign(Typ::Event, event.to_string().as_bytes(), &key_of(act)).into_compact()
}

/// Upload an act at its time.
async fn sends(server: &Server, act: &Scripted) {
    server.ledger.clock.set(act.recorded_at);
    let answer = server.upload("/api/v1/events", act.envelope.compact().to_owned()).await;
    assert_eq!(answer.status, 201, "line {}: {}", act.line, answer.text);
}

/// Upload what was said up to a moment, beginning with act `from`; how many acts were said by then.
async fn sends_until(server: &Server, played: &Played, from: usize, moment: &str) -> usize {
    let moment = moment.parse().unwrap();
    let until = played.acts.iter().take_while(|act| act.recorded_at <= moment).count();
    for act in &played.acts[from..until] {
        sends(server, act).await;
    }
    server.ledger.pass_time(moment).await;
    until
}

async fn seen(server: &Server, label: &str, manifest: ManifestId) -> Value {
    server.read_as(label, &format!("/api/v1/manifests/{manifest}")).await.json()
}

/// The road of a line: shipped, into and out of storage, accepted, on the way, missing; in kilograms.
fn road(manifest: &Value, line: usize) -> [i64; 6] {
    ["shipped", "into_storage", "out_of_storage", "accepted", "on_the_way", "missing"]
        .map(|name| manifest["lines"][line]["transit"][format!("{name}_mass_g")].as_i64().unwrap() / 1_000)
}

/// Of 1,200 kg two parts are rejected, and each goes on to somebody else.
pub(crate) const TWO_FOLLOW: &str = "
    08:00  acme     opens      900-041-49 1200 kg
    09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift
    11:05  swift    hands      M1  to phoenix
    11:30  phoenix  receives   M1  1000 kg rejects 200 kg \"wet\"
    Tue
    09:00  phoenix  registers  M2  900-041-49 120 kg  phoenix > badger > crane  follows M1
    09:30  phoenix  registers  M3  900-041-49 80 kg   phoenix > badger > harbor  follows M1  because approval-missing \"in a hurry\"
    10:00  phoenix  hands      M2  to badger  from M1/1-rejected 120 kg
    =====
";

#[test]
fn what_follows_is_shown_to_whoever_may_see_it() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(TWO_FOLLOW).await;
            let ids = ["M1", "M2", "M3"].map(|label| played.names.manifest(label).unwrap());
            let [first, second, third] = ids.map(|id| id.to_string());
            let linked = |manifest: &Value| -> (Value, Vec<Value>) {
                let follow_ups = manifest["follow_ups"].as_array().unwrap().iter();
                (
                    manifest["predecessor"]["id"].clone(),
                    follow_ups.map(|linked| linked["id"].clone()).collect(),
                )
            };
            for label in ["phoenix", "bureau"] {
                let of_first = seen(&server, label, ids[0]).await;
                let both = vec![json!(second), json!(third)];
                assert_eq!(linked(&of_first), (Value::Null, both), "{label}: oldest first");
                let of_second = seen(&server, label, ids[1]).await;
                assert_eq!(linked(&of_second), (json!(first), vec![]), "{label}");
                assert_eq!(of_second["predecessor"]["number"], of_first["number"], "{label}");
                assert_eq!(of_second["predecessor"]["status"], of_first["status"], "{label}");
                let states =
                    of_first["follow_ups"].as_array().unwrap().iter().map(|linked| &linked["status"]);
                assert_eq!(states.collect::<Vec<_>>(), ["in-transit", "assigned"], "{label}");
            }
            // Whose waste it was, and who brought it, have no part in what comes after.
            let number = seen(&server, "phoenix", ids[0]).await["number"].as_str().unwrap().to_owned();
            for label in ["acme", "swift"] {
                assert_eq!(linked(&seen(&server, label, ids[0]).await), (Value::Null, vec![]), "{label}");
            }
            for (label, id) in [("crane", ids[1]), ("badger", ids[2]), ("harbor", ids[2])] {
                let answer = server.read_as(label, &format!("/api/v1/manifests/{id}")).await;
                assert_eq!(linked(&answer.json()), (Value::Null, vec![]), "{label}");
                assert!(!answer.text.contains(&number), "{label}: {}", answer.text);
                assert_eq!(server.read_as(label, &format!("/api/v1/manifests/{first}")).await.status, 404);
            }
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn a_load_in_a_yard_between_two_carriers_is_stock_of_the_yard() {
    const FIVE_DAYS: &str = "
        08:00  acme        opens      900-041-49 1200 kg
        09:00  acme        registers  M1  900-041-49 1200 kg  acme > heron > swift > phoenix
        09:20  acme        hands      M1  to heron
        11:00  heron       hands      M1  to heron/yard
        Fri
        09:00  heron/yard  hands      M1  to swift  mass 1190 kg
        11:00  swift       hands      M1  to phoenix
        11:30  phoenix     receives   M1  1190 kg
        =====
    ";
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = sign_script(FIVE_DAYS);
            let manifest = played.names.manifest("M1").unwrap();
            let (_, yard) = site_of("heron", Some("yard"));
            let mut said = 0;
            for (moment, kg) in [
                ("2026-03-02T10:00:00+08:00", [1200, 0, 0, 0, 1200, 0]),
                ("2026-03-02T18:00:00+08:00", [1200, 1200, 0, 0, 0, 0]),
                ("2026-03-06T10:00:00+08:00", [1200, 1200, 1190, 0, 1190, 0]),
                ("2026-03-06T18:00:00+08:00", [1200, 1200, 1190, 1190, 0, 0]),
            ] {
                said = sends_until(&server, &played, said, moment).await;
                let seen = seen(&server, "acme", manifest).await;
                assert_eq!(road(&seen, 0), kg, "{moment}");
                let is_in_yard = kg[1] > kg[2] && kg[2] == 0;
                let lies = if is_in_yard { json!(yard.to_string()) } else { Value::Null };
                assert_eq!(seen["lines"][0]["yard"], lies, "{moment}");
            }
            assert_eq!(said, played.acts.len());
            for (day, kg) in [("03-01", 0), ("03-02", 1200), ("03-04", 1200), ("03-05", 1200), ("03-06", 10)]
            {
                let stock = format!("/api/v1/sites/{yard}/stock?on=2026-{day}");
                let stock = server.read_as("heron", &stock).await.json();
                let there: i64 = (stock["codes"].as_array().unwrap().iter())
                    .map(|code| code["closing_mass_g"].as_i64().unwrap() / 1_000)
                    .sum();
                assert_eq!(there, kg, "{day}: {stock}");
            }
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn a_pipeline_hands_straight_to_the_consignee_and_nothing_lies_between() {
    const ONE_DAY: &str = "
        08:00  acme     opens      900-041-49 5000 kg
        09:00  acme     registers  M1  900-041-49 2000 kg  acme > acme > phoenix/kiln  by pipeline unassigned
        09:10  acme     registers  M2  900-041-49 2000 kg  acme > acme > phoenix/kiln  by pipeline unassigned
        18:00  acme     hands      M1  to phoenix/kiln
        18:10  acme     hands      M2  to phoenix/kiln
        19:00  phoenix/kiln  receives   M1  all
        =====
    ";
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(ONE_DAY).await;
            let (_, kiln) = site_of("phoenix", Some("kiln"));
            let manifest = |label: &str| played.names.manifest(label).unwrap();
            let received = seen(&server, "acme", manifest("M1")).await;
            assert_eq!(
                (&received["status"], road(&received, 0)),
                (&json!("received"), [2000, 0, 0, 2000, 0, 0])
            );
            let delivered = seen(&server, "acme", manifest("M2")).await;
            assert_eq!(
                (&delivered["status"], road(&delivered, 0)),
                (&json!("delivered"), [2000, 0, 0, 0, 2000, 0])
            );
            for seen in [&received, &delivered] {
                assert_eq!(seen["registration"]["legs"][0]["mode"], "pipeline");
                assert_eq!(seen["lines"][0]["yard"], Value::Null, "its end is no yard");
            }
            let stock = server.read_as("phoenix", &format!("/api/v1/sites/{kiln}/stock")).await.json();
            assert_eq!(stock["codes"][0]["closing_mass_g"], 2_000_000, "{stock}");
            assert_eq!(stock["codes"][0]["flows"]["received_mass_g"], 2_000_000);
            server.ledger.store.close().await;
        });
    }
}

/// Three lines of two manifests, weighed together.
pub(crate) const WEIGHED_TOGETHER: &str = "
    07:00  acme   generates  900-214-08 about 200 kg
    07:10  acme   generates  900-249-08 about 100 kg
    07:20  ruby   generates  900-214-08 about 100 kg
    08:00  acme   registers  M1  900-214-08 200 kg + 900-249-08 100 kg  acme > swift > lotus  trip R1
    08:10  ruby   registers  M2  900-214-08 100 kg  ruby > swift > lotus  trip R1
    09:00  acme   hands      M1  to swift
    09:20  ruby   hands      M2  to swift
    11:00  swift  hands      M1  to lotus
    11:01  swift  hands      M2  to lotus
    11:20  lotus  weighs     R1  398999 g over M1 + M2
    =====
";

#[test]
fn a_weighing_of_the_run_is_told_with_the_share_of_each_line() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(WEIGHED_TOGETHER).await;
            let lotus = World::embedded().party("lotus").unwrap().uscc.to_string();
            let share = |line: u16, stated_g: i64, computed_g: i64| json!({ "line": line, "stated_mass_g": stated_g, "computed_mass_g": computed_g });
            // Of 199,499.5 and twice 99,749.75 the larger remainders are rounded up.
            let of_first = [share(1, 200_000, 199_499), share(2, 100_000, 99_750)];
            let of_second = [share(1, 100_000, 99_750)];
            for (label, name, shares) in [("acme", "M1", &of_first[..]), ("ruby", "M2", &of_second[..])] {
                let seen = seen(&server, label, played.names.manifest(name).unwrap()).await;
                let weighings = seen["weighings"].as_array().unwrap();
                assert_eq!(weighings.len(), 1, "{label}");
                let figures = ["total_mass_g", "manifests", "party"].map(|member| &weighings[0][member]);
                assert_eq!(figures, [&json!(398_999), &json!(2), &json!(lotus)], "{label}");
                assert_eq!(weighings[0]["shares"], json!(shares), "{label} sees the shares of its own lines");
                assert_eq!(seen["lines"][0]["accepted_mass_g"], 0, "a weighing moves nothing");
            }
            server.ledger.store.close().await;
        });
    }
}

/// Six drums that the carrier takes with its own signature alone.
const ONE_SIDED: &str = "
    08:00  acme   generates     L1  900-041-49 1200 kg  in 6 drums
    09:00  acme   registers     M1  900-041-49 1200 kg  acme > swift > phoenix  in 6 drums
    09:20  acme   hands         M1  to swift  alone
    15:00  acme   countersigns  M1
    =====
";

#[test]
fn who_countersigns_other_containers_has_not_signed() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = sign_script(ONE_SIDED);
            let (countersign, before) = played.acts.split_last().unwrap();
            for act in before {
                sends(&server, act).await;
            }
            let loaded = payload(before.last().unwrap())["data"]["lines"][0]["containers"].clone();
            let loaded: Vec<ContainerId> = serde_json::from_value(loaded).unwrap();
            assert_eq!(loaded.len(), 6);
            let one_sided = async |state: &str| {
                let path = format!("/api/v1/findings?rule=handover-one-sided&state={state}");
                server.read_as("bureau", &path).await.json()["items"].as_array().unwrap().len()
            };
            // Five of the six, and then all of them.
            for (n, seen, open) in [(1, &loaded[1..], 1), (2, &loaded[..], 0)] {
                let mut event = payload(countersign);
                event["act"] = json!(format!("01890a5d-ac96-774b-bcce-b302099a820{n}"));
                event["data"]["containers"] = json!(ContainerSet::of(seen));
                let now = server.ledger.clock.now().max(countersign.recorded_at);
                server.ledger.clock.set(now);
                let answer = server.upload("/api/v1/events", signed_like(countersign, &event)).await;
                assert_eq!(answer.status, 201, "{}", answer.text);
                server.ledger.pass_time("2026-03-04T18:00:00+08:00".parse().unwrap()).await;
                assert_eq!(one_sided("open").await, open, "with {} of 6 containers", seen.len());
            }
            assert_eq!(one_sided("closed").await, 1);
            server.ledger.store.close().await;
        });
    }
}
