//! What a phone keeps while it has a network.

use std::collections::BTreeSet;

use liandan::id::{ContainerId, ManifestId};
use liandan::ledger::{Envelope, PublicKey, Typ, b64};
use liandan::registry::Role;
use liandan::scenario::{Played, Scripted, World};
use liandan::store::{container, registry, stock};
use serde_json::{Value, json};

use super::manifests::payload;
use super::server::{Server, office_key, sign_script};
use crate::stock::site_of;
use crate::support::ledger::{LOG, block_on, databases};

const A_DAY: &str = "
    08:00  acme   opens      L1  900-041-49 1200 kg  in 3 drums  labelled 1
    08:10  acme   opens      L2  900-041-49 600 kg
    08:20  ruby   opens      900-041-49 600 kg  in 2 drums  labelled 1
    09:00  acme   registers  M1  900-041-49 1200 kg  acme > swift > heron > phoenix  in 3 drums of 200 l
    09:20  acme   hands      M1  to swift
    10:30  swift  hands      M1  to heron
    11:00  heron  hands      M1  to phoenix
    11:30  phoenix receives  M1  all
    =====
";

/// A script that is sent step by step.
struct Steps {
    played: Played,
    sent: usize,
}

impl Steps {
    fn of(text: &str) -> Self {
        Self { played: sign_script(text), sent: 0 }
    }

    /// Send up to the next event of a kind by a party; gives that one.
    async fn through(&mut self, server: &Server, kind: &str, label: &str) -> Scripted {
        let party = World::embedded().party(label).unwrap().uscc.to_string();
        loop {
            let act = self.played.acts[self.sent].clone();
            self.sent += 1;
            server.ledger.send(&act).await.unwrap();
            let said = payload(&act);
            if (&said["kind"], &said["for"]) == (&json!(kind), &json!(party)) {
                return act;
            }
        }
    }
}

async fn loads(server: &Server, label: &str, role: Role) -> Value {
    let answer = server.read_with(&server.token_of(label, role), "/api/v1/loads").await;
    assert_eq!(answer.status, 200, "{label}: {}", answer.text);
    answer.json()
}

/// Labels of the containers of the first line of the first load.
fn labels(page: &Value) -> Vec<String> {
    let containers = page["items"][0]["lines"][0]["containers"].as_array().unwrap();
    containers.iter().map(|container| container["label"].as_str().unwrap().to_owned()).collect()
}

fn kids(page: &Value) -> BTreeSet<&str> {
    page["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect()
}

fn office(label: &str) -> Role {
    World::embedded().party(label).unwrap().office()
}

/// Everybody who looks, and whether it has the load.
const LOOKING: [(&str, Role, bool); 8] = [
    ("swift", Role::Operator, true),
    ("swift", Role::Driver, true),
    ("heron", Role::Operator, true),
    ("heron", Role::Driver, true),
    ("phoenix", Role::Operator, true),
    ("bureau", Role::Officer, true),
    ("ruby", Role::Operator, false),
    ("badger", Role::Driver, false),
];

#[test]
fn what_stands_ready_is_told_to_the_consignor_and_to_who_comes_to_fetch_it() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let mut steps = Steps::of(A_DAY);
            let sees_ready = async |who: &[(&str, Role)]| {
                for (label, role, has_it) in LOOKING {
                    let page = loads(&server, label, role).await;
                    let Some(load) = page["items"].get(0) else {
                        // Whom nobody has named yet drives nothing.
                        assert!(!has_it || role == Role::Driver, "{label} {role:?}");
                        continue;
                    };
                    assert!(has_it, "{label} {role:?}");
                    let drums = if who.contains(&(label, role)) { 3 } else { 0 };
                    assert_eq!(labels(&page).len(), drums, "{label} {role:?}: {load}");
                    assert_eq!(load["lines"][0]["lots"], json!([]), "{label} {role:?}");
                }
                let own = loads(&server, "acme", office("acme")).await;
                assert_eq!(labels(&own).len(), 3);
                own
            };
            steps.through(&server, "manifest.registered", "acme").await;
            let own = sees_ready(&[]).await;
            let lots = &own["items"][0]["lines"][0]["lots"];
            assert_eq!(lots.as_array().unwrap().len(), 2, "ruby's is none of them: {lots}");
            assert_eq!((&lots[0]["mass_g"], &lots[1]["mass_g"]), (&json!(1_200_000), &json!(600_000)));
            steps.through(&server, "manifest.confirmed", "phoenix").await;
            sees_ready(&[]).await;
            steps.through(&server, "manifest.assigned", "swift").await;
            sees_ready(&[("swift", Role::Operator), ("swift", Role::Driver)]).await;
            let assigned = steps.through(&server, "manifest.assigned", "heron").await;
            let own = sees_ready(&[("swift", Role::Operator), ("swift", Role::Driver)]).await;
            let (load, line) = (&own["items"][0], &own["items"][0]["lines"][0]);
            assert_eq!((&load["status"], &load["handovers"]), (&json!("assigned"), &json!(0)));
            assert_eq!(load["head"], assigned.envelope.event_id().to_string());
            assert_eq!(load["legs"][0]["vehicle"], "鲁Q10001");
            let driver = World::embedded().key("swift", Role::Driver).kid().to_string();
            assert_eq!(load["legs"][0]["driver"], driver);
            assert_eq!((&line["holder"], &line["packages"]), (&Value::Null, &json!(3)));
            assert_eq!((&line["planned_g"], &line["shipped_g"]), (&json!(1_200_000), &json!(0)));
            assert_eq!(load["legs"].as_array().unwrap().len(), 2);
            // What is on the road is told to everybody who may see it, and what else the consignor has to nobody.
            let taken = steps.through(&server, "waste.collected", "swift").await;
            for (label, role, has_it) in LOOKING.into_iter().chain([("acme", office("acme"), true)]) {
                let page = loads(&server, label, role).await;
                assert_eq!(page["items"].as_array().unwrap().len(), usize::from(has_it), "{label} {role:?}");
                if !has_it {
                    continue;
                }
                let (load, line) = (&page["items"][0], &page["items"][0]["lines"][0]);
                assert_eq!(labels(&page), labels(&own), "{label} {role:?}");
                assert_eq!(line["lots"], json!([]));
                assert_eq!((&load["status"], &load["handovers"]), (&json!("in-transit"), &json!(1)));
                assert_eq!(load["head"], taken.envelope.event_id().to_string());
                assert_eq!(line["holder"], World::embedded().party("swift").unwrap().uscc.to_string());
                assert_eq!(load["legs"][0]["vehicle"], "鲁Q10001");
            }
            steps.through(&server, "waste.transferred", "heron").await;
            let page = loads(&server, "phoenix", Role::Operator).await;
            assert_eq!(page["items"][0]["legs"][1]["vehicle"], "鲁Q20001");
            steps.through(&server, "waste.received", "phoenix").await;
            assert_eq!(loads(&server, "heron", Role::Driver).await["items"], json!([]), "it is over");
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn the_keys_check_what_the_other_side_signs_until_they_end() {
    const ENDED: &str = "
        08:00  acme    opens      900-041-49 1200 kg
        09:00  acme    registers  M1  900-041-49 1200 kg  acme > swift > phoenix
        09:20  acme    hands      M1  to swift
        10:00  bureau  revokes    key of acme
        =====
    ";
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let mut steps = Steps::of(ENDED);
            steps.through(&server, "manifest.assigned", "swift").await;
            let page = loads(&server, "swift", Role::Driver).await;
            let collected = steps.through(&server, "waste.collected", "swift").await;
            let offer = payload(&collected)["data"]["offer"].as_str().unwrap().to_owned();
            let offer = Envelope::parse(offer.as_bytes(), Typ::Offer).unwrap();
            let kid = offer.kid().to_string();
            let key = page["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid.as_str()).unwrap();
            let bytes = b64::decode(key["key"].as_str().unwrap()).unwrap();
            let key = PublicKey::from_bytes(&bytes.try_into().unwrap()).unwrap();
            assert!(offer.verify(&key).is_ok());
            // Those with a role on it and nobody else; no key that only reads.
            let of: BTreeSet<&str> =
                page["keys"].as_array().unwrap().iter().map(|key| key["party"].as_str().unwrap()).collect();
            let named: BTreeSet<&str> = page["parties"]
                .as_array()
                .unwrap()
                .iter()
                .map(|party| party["party"].as_str().unwrap())
                .collect();
            assert_eq!(of, named);
            assert_eq!(of.len(), 3);
            let roles = page["keys"].as_array().unwrap().iter().map(|key| key["role"].as_str().unwrap());
            assert!(
                roles.clone().all(|role| ["administrator", "operator", "driver", "escort"].contains(&role))
            );
            assert!(page["checkpoint"].as_str().unwrap().starts_with(LOG));
            let sites: Vec<&str> =
                page["sites"].as_array().unwrap().iter().map(|site| site["site"].as_str().unwrap()).collect();
            assert_eq!(sites.len(), 2, "the driver is told of both ends: {sites:?}");
            let yard = site_of("swift", None).1.to_string();
            assert!(!sites.contains(&yard.as_str()));
            let office = loads(&server, "swift", Role::Operator).await;
            assert!(office["sites"].as_array().unwrap().iter().any(|site| site["site"] == yard.as_str()));

            assert!(kids(&page).contains(kid.as_str()));
            steps.through(&server, "key.revoked", "bureau").await;
            let after = loads(&server, "swift", Role::Driver).await;
            assert!(!kids(&after).contains(kid.as_str()) && !kids(&after).is_empty());
            // Whoever has no load has its own keys, to show its own offers.
            let idle = loads(&server, "ruby", Role::Operator).await;
            let ruby = office_key("ruby").kid().to_string();
            assert!(kids(&idle).contains(ruby.as_str()));
            assert_eq!(idle["parties"].as_array().unwrap().len(), 1);
            server.ledger.store.close().await;
        });
    }
}

/// Ruby says that it filled acme's drums, under labels of its own.
fn filled_by_ruby(containers: &[ContainerId], at: &str) -> String {
    let ruby = World::embedded().party("ruby").unwrap();
    let drums: Vec<Value> = (1..)
        .zip(containers)
        .map(|(n, container)| json!({ "container": container, "label": format!("RUBY-{n}") }))
        .collect();
    let quantity = json!({ "mass_g": 1_000, "basis": "measured" });
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    let event = json!({
        "v": 1, "log": LOG, "kind": "waste.generated", "act": id, "for": ruby.uscc, "occurred_at": at,
        "data": { "site": ruby.sites[0].site, "lots": [
            { "lot": id, "code": "900-041-49", "quantity": quantity, "containers": drums } ] },
    });
    Envelope::sign(Typ::Event, event.to_string().as_bytes(), &office_key("ruby")).into_compact()
}

#[test]
fn what_a_stranger_says_of_the_same_containers_changes_nothing() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let mut steps = Steps::of(A_DAY);
            steps.through(&server, "manifest.assigned", "heron").await;
            let items = async |label: &str| loads(&server, label, Role::Operator).await["items"].clone();
            let (before, of_acme) = (items("swift").await, items("acme").await);
            let drums: Vec<ContainerId> = before[0]["lines"][0]["containers"]
                .as_array()
                .unwrap()
                .iter()
                .map(|container| container["container"].as_str().unwrap().parse().unwrap())
                .collect();
            assert_eq!(drums.len(), 3);
            let said = filled_by_ruby(&drums, &server.ledger.clock.now().to_string());
            let answer = server.upload("/api/v1/events", said).await;
            assert_eq!(answer.status, 201, "{}", answer.text);
            assert_eq!((items("swift").await, items("acme").await), (before.clone(), of_acme));
            steps.through(&server, "waste.collected", "swift").await;
            let after = items("phoenix").await;
            let of_line = |items: &Value| {
                let containers = items[0]["lines"][0]["containers"].as_array().unwrap();
                containers.iter().map(Value::to_string).collect::<BTreeSet<_>>()
            };
            assert_eq!(of_line(&after), of_line(&before));

            // The limits of what is looked up.
            let manifest: ManifestId = steps.played.names.manifest("M1").unwrap();
            let swift = World::embedded().party("swift").unwrap().uscc;
            let mut tx = server.ledger.store.read().await.unwrap();
            assert_eq!(container::ready_for(&mut tx, &[manifest], 9).await.unwrap().len(), 0, "they left");
            assert_eq!(stock::to_draw_for(&mut tx, &[manifest], 9).await.unwrap().len(), 1);
            assert_eq!(stock::to_draw_for(&mut tx, &[manifest], 0).await.unwrap().len(), 0);
            let all = registry::handler_keys(&mut tx, &[swift], 9).await.unwrap();
            let last = registry::handler_keys(&mut tx, &[swift], 1).await.unwrap();
            assert!(all.len() > 1 && all[..1] == last[..] && last[0].enrolled_index > all[1].enrolled_index);
            drop(tx);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn containers_that_are_filled_again_hold_what_they_were_filled_with_last() {
    const AGAIN: &str = "
        08:00  acme  opens      L1  900-041-49 1200 kg  in 3 drums  labelled 1
        08:10  acme  opens      L2  900-252-12 600 kg   in 2 drums  same drums as L1  labelled 11
        09:00  acme  registers  M1  900-041-49 400 kg + 900-252-12 300 kg  acme > swift > phoenix
        =====
    ";
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(AGAIN).await;
            let page = loads(&server, "acme", office("acme")).await;
            let lines = page["items"][0]["lines"].as_array().unwrap();
            let drums = |n: usize| lines[n]["containers"].as_array().unwrap().len();
            assert_eq!((drums(0), drums(1)), (1, 2));
            let manifest = played.names.manifest("M1").unwrap();
            let mut tx = server.ledger.store.read().await.unwrap();
            let one_each = container::ready_for(&mut tx, &[manifest], 1).await.unwrap();
            assert_eq!(one_each.len(), 2, "{one_each:?}");
            drop(tx);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn pages_follow_each_other_and_a_page_that_an_authority_takes_along_is_told() {
    const THREE: &str = "
        09:00  acme  registers  M1  900-041-49 1200 kg  acme > swift > phoenix
        09:10  acme  registers  M2  900-041-49 1200 kg  acme > heron > phoenix
        09:20  acme  registers  M3  900-041-49 1200 kg  acme > swift > phoenix
        =====
    ";
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(THREE).await;
            let id = |name: &str| json!(played.names.manifest(name).unwrap().to_string());
            let manifests = |page: &Value| -> Vec<Value> {
                page["items"].as_array().unwrap().iter().map(|load| load["manifest"].clone()).collect()
            };
            let first = server.read_as("acme", "/api/v1/loads?limit=2").await.json();
            assert_eq!(manifests(&first), [id("M3"), id("M2")]);
            let next = first["next"].as_str().unwrap();
            let rest = server.read_as("acme", &format!("/api/v1/loads?limit=2&after={next}")).await.json();
            assert_eq!((manifests(&rest), &rest["next"]), (vec![id("M1")], &Value::Null));
            assert_eq!(manifests(&loads(&server, "heron", Role::Driver).await), [id("M2")]);
            for (query, pointer) in
                [("after=x", "/query/after"), ("limit=0", "/query/limit"), ("plate=x", "/query")]
            {
                let (slug, errors) =
                    server.read_as("acme", &format!("/api/v1/loads?{query}")).await.problem();
                assert_eq!((slug.as_str(), errors[0].1.as_str()), ("malformed", pointer), "{query}");
            }
            assert_eq!(server.read("/api/v1/loads").await.status, 401);

            // Firms read their own; what an officer's phone keeps is told to everybody in it.
            let told = async |label: &str| {
                let log = server.read_as(label, "/api/v1/access-log").await.json();
                let reads = log["items"].as_array().unwrap().iter();
                reads.map(|read| (read["operation"].clone(), read["subject"].clone())).collect::<Vec<_>>()
            };
            assert_eq!(told("swift").await, []);
            let seen = server.read_as("bureau", "/api/v1/loads?limit=1").await.json();
            assert_eq!(manifests(&seen), [id("M3")]);
            assert!(seen["items"][0]["lines"][0]["containers"] == json!([]));
            for label in ["acme", "swift", "phoenix"] {
                let party = World::embedded().party(label).unwrap().uscc.to_string();
                assert_eq!(told(label).await, [(json!("/loads"), json!(party))], "{label}");
            }
            assert_eq!(told("heron").await, [], "it is on the next page");
            server.ledger.store.close().await;
        });
    }
}

const UNLICENSED: &str = "
    08:00  acme   opens      900-041-49 1200 kg
    09:00  acme   registers  M1  900-041-49 1200 kg  acme > rookie > phoenix
    09:20  acme   hands      M1  to rookie
    =====
";

#[test]
fn a_driver_has_signed_for_the_road_what_its_party_would() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let mut steps = Steps::of(UNLICENSED);
            steps.through(&server, "waste.collected", "rookie").await;
            let page = loads(&server, "rookie", Role::Driver).await;
            let path = format!("/api/v1/check?number={}", page["items"][0]["number"].as_str().unwrap());
            let asked = async |role| server.read_with(&server.token_of("rookie", role), &path).await.json();
            let (driver, party) = (asked(Role::Driver).await, asked(office("rookie")).await);
            assert!(!party["found"][0]["findings"].as_array().unwrap().is_empty(), "{party}");
            assert_eq!(
                driver["found"], party["found"],
                "nothing that is open is left out of what the log signs"
            );
            assert_eq!((&driver["more"], &party["more"]), (&json!(true), &json!(false)));
            let nothing = "/api/v1/check?plate=%E9%B2%81A40001";
            let answer = server.read_with(&server.token_of("rookie", Role::Driver), nothing).await;
            assert_eq!(
                answer.status, 404,
                "whoever sees less than its party is not told that there is nothing"
            );
            assert_eq!(server.read_as("rookie", nothing).await.status, 200);
        });
    }
}
