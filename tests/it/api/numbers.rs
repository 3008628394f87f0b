//! Numbers of other systems over HTTP: bound, searched for, and compared with a list of 1,200.

use std::fmt::Write;

use liandan::catalogue::Uscc;
use liandan::clock::Timestamp;
use liandan::custody::payload::manifest::{NumberBound, Registered};
use liandan::custody::{Event, Statement};
use liandan::id::{ActId, ManifestId};
use liandan::ledger::{Envelope, Typ};
use liandan::scenario::World;
use liandan::shape::{List, Text};
use serde_json::{Value, json};

use super::server::{Answer, Server, office_key, sign_script};
use crate::support::ledger::{LOG, Ledger, block_on, databases};

/// How many manifests there are.
const MANIFESTS: u32 = 1_200;

fn number(n: u32) -> String {
    format!("20263713{n:06}")
}

/// Grams of the nth manifest: exact, and no two alike by accident.
fn mass_g(n: u32) -> u32 {
    1_000_000 + n * 1_001
}

/// A registration like the script's, of another manifest and mass, and a number bound to it.
struct Forge {
    registered: Registered,
    at: Timestamp,
}

impl Forge {
    fn new() -> Self {
        let played = sign_script("08:30 acme registers M1 900-041-49 1 t acme > swift > phoenix\n=====\n");
        let registration = played.acts.iter().find_map(|act| {
            let event = Event::parse(act.envelope.payload()).unwrap();
            match event.statement {
                Statement::ManifestRegistered(registered) => Some((registered, act.recorded_at)),
                _ => None,
            }
        });
        let (registered, at) = registration.unwrap();
        Self { registered, at }
    }

    fn manifest(n: u32) -> ManifestId {
        ManifestId::from_uuid(id(&format!("manifest {n}")))
    }

    fn registration(&self, n: u32) -> Vec<u8> {
        let mut json = serde_json::to_value(&self.registered).unwrap();
        json["manifest"] = json!(Self::manifest(n));
        json["lines"][0]["planned"]["mass_g"] = json!(mass_g(n));
        let registered: Registered = serde_json::from_value(json).unwrap();
        self.signed(&format!("registers {n}"), Statement::ManifestRegistered(registered))
    }

    fn binding(&self, n: u32) -> Vec<u8> {
        let bound = NumberBound {
            manifest: Self::manifest(n),
            system: Text::new("cn-national").unwrap(),
            number: Text::new(number(n)).unwrap(),
            evidence: None,
        };
        self.signed(&format!("binds {n}"), Statement::NumberBound(bound))
    }

    fn signed(&self, act: &str, statement: Statement) -> Vec<u8> {
        let event = Event {
            log: Text::new(LOG).unwrap(),
            act: ActId::from_uuid(id(act)),
            party: party("acme"),
            mandate: None,
            prev: List::default(),
            anchor: None,
            occurred_at: self.at,
            place: None,
            statement,
        };
        let payload = event.to_json().to_string();
        Envelope::sign(Typ::Event, payload.as_bytes(), &office_key("acme")).into_compact().into_bytes()
    }
}

fn party(label: &str) -> Uscc {
    World::embedded().party(label).unwrap().uscc
}

/// A version 7 id that repeats.
fn id(name: &str) -> uuid::Uuid {
    let digest = liandan::ledger::Digest::sha256(&[name.as_bytes()]);
    let mut bytes: [u8; 16] = digest.as_bytes()[..16].try_into().unwrap();
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    uuid::Uuid::from_bytes(bytes)
}

async fn reconcile(server: &Server, label: &str, query: &str, sheet: Vec<u8>) -> Answer {
    let url = server.url(&format!("/api/v1/external-numbers/reconcile?{query}"));
    let request = server.client.post(url).bearer_auth(server.token(label)).body(sheet);
    Answer::of(request.send().await.unwrap()).await
}

/// The list of the province: all numbers but one, one more, and one mass off by a kilogram.
fn list() -> String {
    let mut list = "联单编号,移出单位,接受单位,废物代码,数量（千克）,日期\n".to_owned();
    let (acme, phoenix) = (party("acme"), party("phoenix"));
    for n in (1..=MANIFESTS).filter(|n| *n != 77) {
        let grams = if n == 500 { mass_g(n) + 1_000 } else { mass_g(n) };
        let (kilograms, rest) = (grams / 1_000, grams % 1_000);
        writeln!(list, "{},{acme},{phoenix},900-041-49,{kilograms}.{rest:03},2026-03-02", number(n)).unwrap();
    }
    writeln!(list, "{},{acme},{phoenix},900-041-49,12,2026-03-02", number(990_000)).unwrap();
    list
}

const MARCH: &str = "from=2026-03-01&to=2026-03-31";

#[test]
fn exactly_the_three_planted_differences_of_1200_numbers_are_reported() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let forge = Forge::new();
            server.ledger.clock.set(forge.at);
            for act in ["registers", "binds"] {
                let made = (1..=MANIFESTS).map(|n| match act {
                    "registers" => forge.registration(n),
                    _ => forge.binding(n),
                });
                for answer in server.ledger.app.submit_many(made.collect(), None).await.unwrap() {
                    answer.unwrap();
                }
            }
            for label in ["acme", "phoenix", "bureau"] {
                let answer = reconcile(&server, label, MARCH, list().into_bytes()).await;
                assert_eq!(answer.status, 200, "{}", answer.text);
                let told = answer.json();
                let length = |group: &str| told[group].as_array().unwrap().len();
                assert_eq!(length("both"), 1_198, "{label}");
                assert_eq!(told["rows"], 1_200);
                assert_eq!((&told["outside"], &told["unbound"]), (&json!(0), &json!(0)));
                let numbers = |group: &str, of: &dyn Fn(&Value) -> Value| -> Vec<Value> {
                    told[group].as_array().unwrap().iter().map(of).collect()
                };
                assert_eq!(numbers("only_here", &|one| one["number"].clone()), [number(77)]);
                assert_eq!(numbers("only_there", &|one| one["number"].clone()), [number(990_000)]);
                let differing = numbers("mass_differs", &|one| {
                    json!([
                        one["here"]["number"],
                        one["difference_mass_g"],
                        one["there"]["mass_g"],
                        one["codes_differ"]
                    ])
                });
                assert_eq!(differing, [json!([number(500), -1_000, mass_g(500) + 1_000, false])]);
            }
            // Who has no part in them has none of these numbers, and learns nothing of them.
            let told = reconcile(&server, "ruby", MARCH, list().into_bytes()).await.json();
            assert_eq!(told["only_there"].as_array().unwrap().len(), 1_200);
            assert_eq!(told["only_here"], json!([]));
            // Of other days nothing is expected.
            let told = reconcile(&server, "acme", "from=2026-04-01&to=2026-04-30", list().into_bytes()).await;
            let told = told.json();
            assert_eq!((&told["outside"], &told["only_here"]), (&json!(1_200), &json!([])));
        });
    }
}

#[test]
fn a_bound_number_is_shown_and_found_and_an_unbound_manifest_too() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server
                .play(
                    "08:30 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
                     08:40 acme registers M2 900-041-49 1200 kg acme > swift > phoenix
                     08:50 acme binds M1 20263713000077
                     =====",
                )
                .await;
            let path = |name: &str| format!("/api/v1/manifests/{}", played.names.manifest(name).unwrap());
            let shown = server.read_as("phoenix", &path("M1")).await.json();
            let bound = &shown["external_numbers"][0];
            assert_eq!(
                (&bound["system"], &bound["number"]),
                (&json!("cn-national"), &json!("20263713000077"))
            );
            assert_eq!(bound["party"], party("acme").to_string());
            for label in ["acme", "bureau"] {
                let found = async |query: &str| -> Vec<String> {
                    let page = server.read_as(label, &format!("/api/v1/manifests?{query}")).await.json();
                    let items = page["items"].as_array().unwrap().iter();
                    items.map(|item| item["id"].as_str().unwrap().to_owned()).collect()
                };
                let id = |name: &str| played.names.manifest(name).unwrap().to_string();
                assert_eq!(found("number=0077").await, [id("M1")]);
                assert_eq!(found("bound=false").await, [id("M2")]);
                assert_eq!(found("bound=true").await, [id("M1")]);
                assert_eq!(found("number=20263713000078").await, Vec::<String>::new());
            }
            let told = reconcile(&server, "acme", MARCH, b"number,mass(kg)\n".to_vec()).await.json();
            assert_eq!(told["unbound"], 1);
            assert_eq!(told["only_here"][0]["mass_g"], 1_200_000);
        });
    }
}

#[test]
fn what_cannot_be_compared_is_refused_and_says_where() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let told = async |query: &str, sheet: Vec<u8>| {
            let (slug, errors) = reconcile(&server, "acme", query, sheet).await.problem();
            (slug, errors.into_iter().next().unwrap_or_default())
        };
        let sheet = |text: &str| text.as_bytes().to_vec();
        let error =
            |slug: &str, code: &str, pointer: &str| (slug.to_owned(), (code.to_owned(), pointer.to_owned()));
        assert_eq!(
            told(MARCH, sheet("联单编号,数量(吨)\n1,1\n")).await,
            error("unacceptable", "sheet-number", "/rows/2/联单编号")
        );
        assert_eq!(
            told("from=2026-03-02&to=2026-03-01", sheet("number,mass(t)\n")).await,
            error("malformed", "query-malformed", "/query/to")
        );
        assert_eq!(
            told("from=2026-03-02&to=march", sheet("number,mass(t)\n")).await,
            error("malformed", "query-malformed", "/query/to")
        );
        assert_eq!(
            told(&format!("{MARCH}&system=jilin"), sheet("number,mass(t)\n")).await,
            error("malformed", "query-malformed", "/query/system")
        );
        let url = server.url(&format!("/api/v1/external-numbers/reconcile?{MARCH}"));
        let nobody = Answer::of(server.client.post(url).body("number,mass(t)\n").send().await.unwrap()).await;
        assert_eq!(nobody.problem().0, "token");
        // Last of all: its connection is closed before all of it is read.
        assert_eq!(
            told(MARCH, vec![b'1'; 4 * 1024 * 1024 + 1]).await,
            error("too-large", "body-too-large", "")
        );
    });
}

#[test]
fn a_manifest_bears_a_bounded_number_of_numbers() {
    block_on(async {
        let database = databases().remove(0);
        let ledger = Ledger::found(&database.url).await;
        let binds = |n: usize| format!("09:{n:02}  acme  binds  M1  202637130000{n:02}\n");
        let lines: String = (1..=17).map(binds).collect();
        let played = sign_script(&format!(
            "08:00  acme  registers  M1  900-041-49 1200 kg  acme > swift > phoenix\n{lines}=====\n"
        ));
        let (last, acts) = played.acts.split_last().unwrap();
        for act in acts {
            ledger.send(act).await.unwrap();
        }
        let refused = format!("{:?}", ledger.send(last).await.unwrap_err());
        assert!(refused.contains("numbers-spent"), "{refused}");
    });
}
