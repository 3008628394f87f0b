//! What people say of findings, and cases, over HTTP: who reads them, how they are filtered, when they are due.

use serde_json::{Value, json};

use super::server::{Server, sign_script};
use crate::support::ledger::{block_on, databases, log_key};
use liandan::app::audit::{self, Against};
use liandan::app::query::MAX_PAGE;
use liandan::custody::check::{CheckStatement, MAX_FOUND};
use liandan::ledger::{Envelope, Typ};

/// Of M1's findings one is explained, closed and then gets worse; M2's stays open. One case comes from a finding, one from a patrol.
const SCRIPT: &str = "08:00 acme opens L1 900-041-49 2400 kg
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
    09:10 acme registers M2 900-041-49 1200 kg acme > heron > phoenix
    09:20 acme hands M1 to swift
    09:30 acme hands M2 to heron
    16:05 swift hands M1 to phoenix
    16:10 heron hands M2 to phoenix
    16:30 phoenix receives M1 1120 kg #r1
    16:35 phoenix receives M2 1100 kg
    16:40 phoenix explains mass-discrepancy M1 \"wet\"
    16:50 bureau closes finding mass-discrepancy M1 \"weighed again\"
    17:00 bureau opens case C1 on phoenix \"say where 100 kg went\" due 2026-03-10 from mass-discrepancy M2
    17:10 bureau opens case C2 on acme/paint patrol \"labels are missing\" due 2026-03-03
    =====";

/// The same findings after the worse figure.
const WORSE: &str = "17:30 bureau orders #r1 accepted 1 to 1080 kg \"the ticket says so\"
    =====";

async fn finding_of(server: &Server, label: &str, stage: &str) -> Vec<Value> {
    let path = format!("/api/v1/findings?rule=mass-discrepancy&stage={stage}");
    server.read_as(label, &path).await.json()["items"].as_array().unwrap().clone()
}

async fn cases(server: &Server, label: &str, query: &str) -> Vec<Value> {
    server.read_as(label, &format!("/api/v1/cases?{query}")).await.json()["items"].as_array().unwrap().clone()
}

#[test]
fn a_closing_is_shown_with_its_figures_and_holds_for_no_worse() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let both = format!("{}\n{WORSE}", SCRIPT.trim_end_matches("====="));
            let acts = sign_script(&both).acts;
            let (worse, first) = acts.split_last().unwrap();
            for act in first {
                server.ledger.send(act).await.unwrap();
            }
            assert_eq!(finding_of(&server, "bureau", "open").await.len(), 1);
            let closed = finding_of(&server, "phoenix", "closed").await;
            assert_eq!((closed.len(), &closed[0]["state"]), (1, &json!("open")));
            let path = format!("/api/v1/findings/{}", closed[0]["id"].as_str().unwrap());
            let seen = server.read_as("acme", &path).await.json();
            let said: Vec<_> = seen["answers"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
            assert_eq!(said, ["explained", "closed"]);
            assert_eq!(seen["answers"][0]["text"], "wet");
            assert_eq!(seen["answers"][1]["quoted"]["difference_g"], 80_000);
            let numbers = |detail: &Value| -> Vec<u64> {
                detail["steps"].as_array().unwrap().iter().map(|step| step["n"].as_u64().unwrap()).collect()
            };
            assert_eq!((numbers(&seen), &seen["earlier_than"]), (vec![0], &Value::Null));
            let before_the_first = server.read_as("acme", &format!("{path}?before=0")).await.json();
            assert_eq!(numbers(&before_the_first), Vec::<u64>::new());
            assert_eq!(server.read_as("acme", &format!("{path}?before=first")).await.status, 400);
            // The carrier is no party to it: to it there is no such finding.
            assert_eq!(server.read_as("heron", &path).await.status, 404);
            assert_eq!(finding_of(&server, "heron", "closed").await, Vec::<Value>::new());

            server.ledger.send(worse).await.unwrap();
            assert_eq!(finding_of(&server, "bureau", "closed").await, Vec::<Value>::new());
            assert_eq!(server.read_as("acme", &path).await.json()["stage"], "open");
            audit::verify(&server.ledger.store, Against::itself(), |_, _| {}).await.unwrap();
        });
    }
}

/// Some findings matter more by time alone; what was closed as a notice counts again when it is one no more.
#[test]
fn a_closing_holds_for_what_matters_no_more_than_it_did() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server
                .play_all(
                    "08:00 acme opens L1 900-041-49 1200 kg
                    day 2026-12-28
                    09:00 bureau closes finding stored-too-long L1 \"the furnace is repaired in January\"
                    =====",
                )
                .await;
            let stage_at = async |at: &str| {
                server.ledger.pass_time(at.parse().unwrap()).await;
                let found = server.read_as("acme", "/api/v1/findings?rule=stored-too-long").await.json();
                let path = format!("/api/v1/findings/{}", found["items"][0]["id"].as_str().unwrap());
                let detail = server.read_as("acme", &path).await.json();
                assert_eq!(detail["stage"], found["items"][0]["stage"]);
                (found["items"][0]["severity"].clone(), found["items"][0]["stage"].clone())
            };
            // Opened at 08:00 on 2 March; the 335th day after that begins on 31 January.
            assert_eq!(stage_at("2027-01-31T07:59:59+08:00").await, (json!("notice"), json!("closed")));
            assert_eq!(stage_at("2027-01-31T08:00:00+08:00").await, (json!("minor"), json!("open")));
            audit::verify(&server.ledger.store, Against::itself(), |_, _| {}).await.unwrap();
        });
    }
}

#[test]
fn cases_are_a_queue_with_dates_for_the_party_and_its_authority() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play_all(SCRIPT).await;
            let mine = cases(&server, "phoenix", "").await;
            assert_eq!((mine.len(), &mine[0]["source"]), (1, &json!("finding")));
            assert_eq!(cases(&server, "swift", "").await, Vec::<Value>::new());
            let all = cases(&server, "bureau", "").await;
            assert_eq!(all.len(), 2);
            // Tomorrow is within three working days, in eight days is not.
            let due: Vec<_> = all.iter().map(|case| &case["due_state"]).collect();
            assert_eq!(due, ["later", "soon"]);
            assert_eq!(cases(&server, "bureau", "overdue=true").await, Vec::<Value>::new());
            assert_eq!(cases(&server, "bureau", "division=110000").await, Vec::<Value>::new());
            let division = all[1]["division"].as_str().unwrap();
            assert_eq!(cases(&server, "bureau", &format!("division={division}")).await, [all[1].clone()]);
            let owner = all[0]["owner"].as_str().unwrap();
            assert_eq!(cases(&server, "bureau", &format!("owner={owner}&limit=1")).await, [all[0].clone()]);

            // Two days later the second is overdue; a week later it is for the authority above.
            for (to, state) in
                [("2026-03-04T09:00:00+08:00", "overdue"), ("2026-03-11T09:00:00+08:00", "escalated")]
            {
                server.ledger.pass_time(to.parse().unwrap()).await;
                let late = cases(&server, "bureau", "overdue=true").await;
                assert_eq!(late.last().unwrap()["due_state"], state, "{to}");
            }
            // The case is the consignee's alone, also where a finding is the consignor's too.
            let from = format!("/api/v1/findings/{}", all[0]["findings"][0].as_str().unwrap());
            for (label, told) in [("phoenix", 1), ("bureau", 1), ("acme", 0)] {
                let finding = server.read_as(label, &from).await.json();
                assert_eq!(finding["answers"].as_array().unwrap().len(), told, "{label}");
            }
            let path = format!("/api/v1/cases/{}", all[0]["case"].as_str().unwrap());
            assert_eq!(server.read_as("phoenix", &path).await.status, 200);
            assert_eq!(server.read_as("acme", &path).await.status, 404);
            assert_eq!(server.read_as("bureau", "/api/v1/cases?stage=lost").await.status, 400);
        });
    }
}

#[test]
fn a_check_at_the_road_is_answered_under_the_key_of_the_log() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server
                .play_all(
                    "08:00 acme opens L1 900-041-49 1200 kg in 2 drums labelled 1
                    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix in 2 drums
                    09:20 acme hands M1 to swift vehicle 鲁Q99999
                    =====",
                )
                .await;
            let ask = async |label: &str, query: &str| {
                let answer = server.read_as(label, &format!("/api/v1/check?{query}")).await;
                assert_eq!(answer.status, 200, "{query}: {}", answer.text);
                let json = answer.json();
                let signed =
                    Envelope::parse(json["signed"].as_str().unwrap().as_bytes(), Typ::Check).unwrap();
                let said =
                    CheckStatement::parse(signed.verify(&log_key().public()).unwrap().payload()).unwrap();
                assert_eq!(json["found"].as_array().unwrap().len(), said.found.len());
                said
            };
            let manifest = played.names.manifest("M1").unwrap();
            let named = |said: &CheckStatement| said.found.iter().map(|one| one.manifest).collect::<Vec<_>>();
            let by_plate = ask("bureau", "plate=%E9%B2%81Q99999").await;
            assert_eq!((named(&by_plate), &*by_plate.found[0].status), (vec![manifest], "in-transit"));
            assert_eq!(&*by_plate.found[0].findings[0].rule, "unplanned-carrier");
            assert_eq!(by_plate.size, server.size().await);
            // Who has no part in it is told that there is nothing, and so is who asks for what there is not.
            assert_eq!(named(&ask("heron", "plate=%E9%B2%81Q99999").await), []);
            assert_eq!(named(&ask("bureau", "plate=%E9%B2%81Q00000").await), []);
            let number = by_plate.found[0].number.clone().unwrap();
            assert_eq!(named(&ask("bureau", &format!("number={number}")).await), [manifest]);
            let lots = server.read_as("acme", "/api/v1/lots").await.json();
            let path = format!("/api/v1/lots/{}", lots["items"][0]["id"].as_str().unwrap());
            let container = server.read_as("acme", &path).await.json()["containers"][0].clone();
            let id = container["container"].as_str().unwrap();
            assert_eq!(named(&ask("bureau", &format!("container={id}")).await), [manifest]);
            let label = container["label"].as_str().unwrap();
            assert_eq!(named(&ask("bureau", &format!("label={label}")).await), [manifest]);
            for wrong in ["", "plate=1", "plate=%E9%B2%81Q99999&number=1", "driver=1"] {
                let answer = server.read_as("bureau", &format!("/api/v1/check?{wrong}")).await;
                assert_eq!(answer.status, 400, "{wrong}");
            }
            assert_eq!(server.read("/api/v1/check?number=1").await.status, 401);
            audit::verify(&server.ledger.store, Against::itself(), |_, _| {}).await.unwrap();
        });
    }
}

#[test]
fn a_plate_on_very_many_manifests_is_never_answered_with_nothing() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let registered =
            |n: usize| format!("09:00 acme registers M{n} 900-041-49 1 kg acme > swift > phoenix\n");
        let text: String = (0..=MAX_PAGE as usize).map(registered).collect();
        let played = sign_script(&(text + "====="));
        server.ledger.clock.set(played.ends_at.plus_hours(1));
        let lines = played.acts.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
        for answer in server.ledger.app.submit_many(lines, None).await.unwrap() {
            answer.unwrap();
        }
        // Nothing of it is for heron; what was not looked through may be.
        let said = server.read_as("heron", "/api/v1/check?plate=%E9%B2%81Q10001").await.json();
        assert_eq!((said["found"].as_array().unwrap().len(), &said["more"]), (0, &json!(true)));
        let said = server.read_as("bureau", "/api/v1/check?plate=%E9%B2%81Q10001").await.json();
        assert_eq!((said["found"].as_array().unwrap().len(), &said["more"]), (MAX_FOUND, &json!(true)));
    });
}
