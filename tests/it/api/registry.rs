//! Permits with their life, papers, and the one-page record: who sees them, and what the door refuses.

use liandan::scenario::World;
use serde_json::{Value, json};

use crate::api::server::Server;
use crate::support::ledger::{block_on, databases};

const PAPERS: &str = "
    08:00  acme      opens      900-041-49 3 t
    08:05  acme      generates  900-041-49 2 t
    08:10  acme      plans      2026 900-041-49 20 t
    08:15  acme      plans      2027 900-041-49 20 t
    08:20  acme      contracts  phoenix HW49 2026-01-01..2026-04-30
    08:30  bureau    inspects   acme \"<b>labels</b> & signs\"
    08:40  bureau    fines      acme 1 \"two\"
    08:50  bureau    suspends   permit of phoenix from 2026-03-02 \"why\"
    09:00  acme      registers  M1  900-041-49 1200 kg  acme > swift > phoenix  because permit-suspended \"x\"
    09:20  acme      hands      M1  to swift
    11:05  swift     hands      M1  to phoenix
    11:30  phoenix   receives   M1  all
    =====
";

fn uscc(label: &str) -> String {
    World::embedded().party(label).unwrap().uscc.to_string()
}

async fn items(server: &Server, label: &str, path: &str) -> Vec<Value> {
    server.read_as(label, path).await.json()["items"].as_array().unwrap().clone()
}

#[test]
fn papers_are_seen_by_their_sides_and_their_authority() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(PAPERS).await;
            for (label, kind, count) in [
                ("acme", "contract", 1),
                ("phoenix", "contract", 1),
                ("swift", "contract", 0),
                ("bureau", "contract", 1),
                ("acme", "plan", 2),
                ("phoenix", "plan", 0),
                ("acme", "inspection", 1),
                ("acme", "penalty", 1),
                ("phoenix", "penalty", 0),
            ] {
                let found = items(&server, label, &format!("/api/v1/papers?kind={kind}")).await;
                assert_eq!(found.len(), count, "{kind} for {label}: {found:?}");
                for paper in found {
                    let id = paper["id"].as_str().unwrap();
                    let path = format!("/api/v1/papers/{kind}/{id}");
                    assert_eq!(server.read_as(label, &path).await.json(), paper);
                    assert_eq!(server.read_as("swift", &path).await.status, 404, "{kind}");
                }
            }
            let foreign = format!("/api/v1/papers?kind=plan&party={}", uscc("acme"));
            assert!(items(&server, "phoenix", &foreign).await.is_empty());
            let first = server.read_as("bureau", "/api/v1/papers?kind=vehicle&limit=3").await.json();
            let next =
                format!("/api/v1/papers?kind=vehicle&limit=500&after={}", first["next"].as_str().unwrap());
            let all = items(&server, "bureau", "/api/v1/papers?kind=vehicle&limit=500").await.len();
            assert_eq!(items(&server, "bureau", &next).await.len() + 3, all);
            let unknown = server.read_as("acme", "/api/v1/papers?kind=paper").await;
            assert_eq!(
                (unknown.status, &unknown.json()["errors"][0]["pointer"]),
                (400, &json!("/query/kind"))
            );
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn the_record_of_a_firm_adds_up_and_is_for_itself_and_its_authority() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(PAPERS).await;
            let record = async |label: &str, of: &str| {
                server.read_as(label, &format!("/api/v1/parties/{}/record", uscc(of))).await
            };
            assert_eq!(record("phoenix", "acme").await.status, 404);
            assert_eq!(record("bureau", "acme").await.status, 200);
            let acme = record("acme", "acme").await.json();
            let row = &acme["plan"][0];
            assert_eq!(
                (&row["planned_mass_g"], &row["generated_mass_g"]),
                (&json!(20_000_000), &json!(2_000_000))
            );
            assert_eq!(row["sent_mass_g"], 1_200_000);
            assert_eq!(acme["stock"], json!([{"code": "900-041-49", "mass_g": 3_800_000}]));
            let ends: Vec<&str> =
                acme["expiring"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
            assert_eq!(ends, ["contract"]);
            let phoenix = record("phoenix", "phoenix").await.json();
            let permit = phoenix["permits"].as_array().unwrap().last().unwrap();
            assert_eq!(permit["state"], "suspended");
            let item =
                permit["items"].as_array().unwrap().iter().find(|item| item["intake_mass_g"] != 0).unwrap();
            assert_eq!((&item["intake_mass_g"], &item["is_shared"]), (&json!(1_200_000), &json!(false)));
            assert_eq!(
                phoenix["open_findings"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|f| f["severity"] == "critical")
                    .count(),
                1
            );
            let path = format!("/api/v1/permits/{}", permit["permit"].as_str().unwrap());
            let life = server.read_as("phoenix", &path).await.json()["life"].clone();
            let steps: Vec<&str> =
                life.as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
            assert_eq!(steps, ["issued", "suspended"]);
            server.ledger.store.close().await;
        });
    }
}

const APPLICATIONS: &str = "
    08:00  acme    applies   A1 harbor 900-041-49 20 t by D10 2026-04-01..2026-12-31
    08:10  bureau  advances  A1 accepted
    08:20  bureau  advances  A1 inquired
    08:30  ruby    applies   A2 harbor 900-041-49 5 t by D10 2026-04-01..2026-12-31
    08:40  ruby    applies   A3 harbor 900-041-49 5 t by D10 2026-04-01..2026-12-31
    08:50  bureau  advances  A3 returned \"补充合同\"
    day 2026-12-22
    09:00  bureau  advances  A1 consented
    =====
";

/// S1: 5 + 5 + 10 + 5 working days; New Year of 2027 is not settled yet, so what counts over it is provisional.
#[test]
fn an_application_says_until_when_its_next_stage_is_due() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = crate::api::server::sign_script(APPLICATIONS);
            let (last, before) = played.acts.split_last().unwrap();
            for act in before {
                server.ledger.send(act).await.unwrap();
            }
            let all = "/api/v1/papers?kind=application";
            let found = items(&server, "bureau", all).await;
            let due = |paper: &Value| (paper["stage"].clone(), paper["next_stage"]["due_on"].clone());
            // Ten working days after Monday 2 March, and five.
            assert_eq!(due(&found[0]), (json!("inquired"), json!("2026-03-16")));
            assert_eq!(due(&found[1]), (json!("filed"), json!("2026-03-09")));
            assert_eq!(due(&found[2]), (json!("returned"), Value::Null));
            assert_eq!(found[2]["end"]["reason"], "补充合同");
            assert_eq!(found[0]["next_stage"]["is_provisional"], false);
            let counts = [("acme", 1), ("ruby", 2), ("harbor", 3), ("swift", 0)];
            for (label, count) in counts {
                assert_eq!(items(&server, label, all).await.len(), count, "{label}");
            }
            for (label, open) in [("bureau", 2), ("acme", 1), ("ruby", 1), ("swift", 0)] {
                let duties = server.read_as(label, "/api/v1/duties").await.json();
                assert_eq!(duties["applications"].as_array().unwrap().len(), open, "{label}");
            }
            server.ledger.send(last).await.unwrap();
            let found = items(&server, "acme", all).await;
            let next = json!({ "due_on": "2026-12-29", "is_provisional": true });
            assert_eq!((&found[0]["stage"], &found[0]["next_stage"]), (&json!("consented"), &next));
            assert_eq!(found[0]["steps"].as_array().unwrap().len(), 3);
            server.ledger.store.close().await;
        });
    }
}

const SHIPPED: &str = "
    08:00  acme    opens      900-041-49 9 t
    08:05  acme    contracts  crane HW49 2026-01-01..2026-12-31
    08:10  acme    applies    A1 harbor 900-041-49 2 t by D10 2026-03-01..2026-12-31
    08:20  bureau  advances   A1 inquired
    08:30  bureau  advances   A1 consented
    08:40  bureau  grants     A1 No.7
    09:00  acme    registers  M1  900-041-49 1200 kg  acme > swift > harbor
    09:05  acme    registers  M2  900-041-49 500 kg  acme > heron > crane
    09:20  acme    hands      M1  to swift
    09:25  acme    hands      M2  to heron
    09:40  swift   reports    M1  \"crash\" measures \"sand\"  #k1
    11:05  swift   hands      M1  to harbor
    11:30  harbor  receives   M1  all
    =====
";

#[test]
fn what_was_shipped_stands_beside_what_was_approved() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(SHIPPED).await;
            let shipped = async |label: &str| {
                let record = server.read_as(label, &format!("/api/v1/parties/{}/record", uscc(label))).await;
                let rows = record.json()["shipped"].as_array().unwrap().clone();
                let row = |row: &Value| {
                    (row["kind"].clone(), row["allowed_mass_g"].clone(), row["shipped_mass_g"].clone())
                };
                rows.iter().map(row).collect::<Vec<_>>()
            };
            let approval = (json!("approval"), json!(2_000_000), json!(1_200_000));
            let contract = (json!("contract"), Value::Null, json!(500_000));
            assert_eq!(shipped("acme").await, [approval.clone(), contract.clone()]);
            assert_eq!(shipped("harbor").await, [approval]);
            assert_eq!(shipped("crane").await, [contract]);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn incidents_are_listed_for_whoever_sees_their_manifest() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(SHIPPED).await;
            for (label, count) in
                [("acme", 1), ("swift", 1), ("harbor", 1), ("bureau", 1), ("crane", 0), ("heron", 0)]
            {
                assert_eq!(items(&server, label, "/api/v1/incidents").await.len(), count, "{label}");
            }
            let found = items(&server, "bureau", &format!("/api/v1/incidents?party={}", uscc("acme"))).await;
            let manifest = played.names.manifest("M1").unwrap().to_string();
            assert_eq!((&found[0]["cause"], &found[0]["manifest"]), (&json!("crash"), &json!(manifest)));
            assert_eq!((&found[0]["measures"], &found[0]["verdict"]), (&json!("sand"), &json!("counts")));
            let none = items(&server, "bureau", &format!("/api/v1/incidents?party={}", uscc("ruby"))).await;
            assert!(none.is_empty());
            let foreign = items(&server, "swift", &format!("/api/v1/incidents?party={}", uscc("acme"))).await;
            assert!(foreign.is_empty(), "a firm asks for its own");
            let record =
                server.read_as("acme", &format!("/api/v1/parties/{}/record", uscc("acme"))).await.json();
            assert_eq!(record["incidents"], json!(found));
            server.ledger.store.close().await;
        });
    }
}
