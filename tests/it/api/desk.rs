//! What a desk works with beside lists: offers that wait, tasks, trips, weigh tickets.

use liandan::clock::Timestamp;
use liandan::ledger::{Envelope, Typ};
use liandan::registry::Role;
use liandan::scenario::{Scripted, World};
use serde_json::{Value, json};

use super::manifests::payload;
use super::server::{Answer, Server, office_key, sign_script};
use crate::stock::site_of;
use crate::support::ledger::{block_on, databases};

const A_DAY: &str = "
    08:00  acme     opens      900-041-49 2400 kg
    09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift
    11:05  swift    hands      M1  to phoenix
    11:30  phoenix  receives   M1  1100 kg
    =====
";

async fn leave(server: &Server, token: &str, offer: &str) -> Answer {
    let request = server.client.post(server.url("/api/v1/offers")).bearer_auth(token).body(offer.to_owned());
    Answer::of(request.send().await.unwrap()).await
}

async fn withdraw(server: &Server, label: &str, id: &str) -> u16 {
    let request = server.client.delete(server.url(&format!("/api/v1/offers/{id}")));
    request.bearer_auth(server.token(label)).send().await.unwrap().status().as_u16()
}

async fn items(server: &Server, label: &str, path: &str) -> Vec<Value> {
    server.read_as(label, &format!("/api/v1/{path}")).await.json()["items"].as_array().unwrap().clone()
}

fn offer_in(act: &Scripted) -> Option<String> {
    payload(act)["data"]["offer"].as_str().map(str::to_owned)
}

#[test]
fn an_offer_waits_for_whom_it_names_until_an_event_embeds_it() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = sign_script(A_DAY);
            let taken = played.acts.iter().position(|act| offer_in(act).is_some()).unwrap();
            for act in &played.acts[..taken] {
                server.ledger.send(act).await.unwrap();
            }
            let offer = offer_in(&played.acts[taken]).unwrap();
            server.ledger.clock.set(played.acts[taken].recorded_at);
            let left = leave(&server, &server.token("acme"), &offer).await;
            assert_eq!(left.status, 201, "{}", left.text);
            assert_eq!(leave(&server, &server.token("acme"), &offer).await.status, 200);
            let said = left.json();
            assert_eq!((&said["step"], &said["kind"]), (&json!("collected"), &json!("waste.collected")));
            let id = said["id"].as_str().unwrap().to_owned();
            assert_eq!(items(&server, "swift", "offers").await, std::slice::from_ref(&said));
            assert_eq!(items(&server, "acme", "offers?side=releasing").await, std::slice::from_ref(&said));
            let absent =
                server.read_as("ruby", "/api/v1/offers/47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU").await;
            for label in ["phoenix", "ruby", "bureau"] {
                assert_eq!(items(&server, label, "offers").await, Vec::<Value>::new(), "{label}");
                let one = server.read_as(label, &format!("/api/v1/offers/{id}")).await;
                assert_eq!((one.status, &one.text), (404, &absent.text), "{label}");
            }
            // The driver whom the carrier named for it sees it too, another of its drivers none.
            let driver = server.token_of("swift", Role::Driver);
            assert_eq!(server.read_with(&driver, &format!("/api/v1/offers/{id}")).await.status, 200);
            let waits = items(&server, "swift", "tasks").await;
            let waits = waits.iter().find(|task| task["task"] == "accept-offer").unwrap();
            assert_eq!((&waits["about"]["id"], &waits["until"]), (&said["id"], &said["expires_at"]));
            assert_eq!(withdraw(&server, "swift", &id).await, 404, "only who left it takes it back");
            // Accepted by the event that embeds it.
            server.ledger.send(&played.acts[taken]).await.unwrap();
            assert_eq!(items(&server, "swift", "offers").await, Vec::<Value>::new());
            assert_eq!(server.read_as("acme", &format!("/api/v1/offers/{id}")).await.status, 404);
            let again = leave(&server, &server.token("acme"), &offer).await.problem();
            assert_eq!(again, ("unacceptable".to_owned(), vec![("offer-taken".to_owned(), String::new())]));
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn offers_are_taken_back_expire_and_are_left_by_who_lets_go_alone() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = sign_script(A_DAY);
            let offered: Vec<usize> =
                (0..played.acts.len()).filter(|n| offer_in(&played.acts[*n]).is_some()).collect();
            for act in &played.acts[..offered[1]] {
                server.ledger.send(act).await.unwrap();
            }
            let offer = offer_in(&played.acts[offered[1]]).unwrap();
            let at = played.acts[offered[1]].recorded_at;
            server.ledger.clock.set(at);
            let id = leave(&server, &server.token("swift"), &offer).await.json()["id"]
                .as_str()
                .unwrap()
                .to_owned();
            assert_eq!(withdraw(&server, "swift", &id).await, 204);
            assert_eq!(items(&server, "phoenix", "offers").await, Vec::<Value>::new());
            assert_eq!(leave(&server, &server.token("swift"), &offer).await.status, 201, "changed its mind");
            let refused =
                async |label: &str, text: &str| leave(&server, &server.token(label), text).await.problem();
            let (slug, errors) = refused("ruby", &offer).await;
            let codes: Vec<&str> = errors.iter().map(|(code, _)| code.as_str()).collect();
            assert_eq!(
                (slug.as_str(), codes),
                ("unacceptable", vec!["offer-of-another", "manifest-unknown"])
            );
            assert_eq!(refused("swift", "a.b.c").await.0, "malformed");
            // What the office of another party signs in swift's name.
            let envelope = Envelope::parse(offer.as_bytes(), Typ::Offer).unwrap();
            let forged = Envelope::sign(Typ::Offer, envelope.payload(), &office_key("ruby")).into_compact();
            let (slug, errors) = refused("swift", &forged).await;
            assert_eq!((slug.as_str(), errors[0].0.as_str()), ("signature", "key-not-of-releasing-party"));
            let mut said: Value = serde_json::from_slice(envelope.payload()).unwrap();
            said["to"] = json!("91371302MA3N0B0DY7");
            let to_nobody = World::embedded().key("swift", World::embedded().party("swift").unwrap().gate());
            let to_nobody =
                Envelope::sign(Typ::Offer, said.to_string().as_bytes(), &to_nobody).into_compact();
            let (_, errors) = refused("swift", &to_nobody).await;
            assert_eq!(errors, [("offer-to-nobody".to_owned(), "/to".to_owned())]);
            let later: Timestamp = at.plus_hours(72);
            server.ledger.pass_time(later).await;
            assert_eq!(items(&server, "phoenix", "offers").await, Vec::<Value>::new());
            let (_, errors) = refused("swift", &offer).await;
            assert_eq!(errors, [("offer-expired".to_owned(), "/at".to_owned())]);
            server.ledger.store.close().await;
        });
    }
}

/// Names of what waits for a party, in order.
async fn waits(server: &Server, label: &str) -> Vec<String> {
    let tasks = items(server, label, "tasks").await;
    for task in &tasks {
        let read = server.read_as(label, task["link"].as_str().unwrap()).await;
        assert_eq!(read.status, 200, "{label}: {task}");
        assert!(task["title_zh"] != "" && task["title_en"] != "");
    }
    let names = tasks.iter().map(|task| task["task"].as_str().unwrap().to_owned());
    names
        .filter(|name| !["file-declaration", "renew-paper", "decide-declaration"].contains(&name.as_str()))
        .collect()
}

#[test]
fn tasks_come_and_go_with_what_is_done() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = sign_script(A_DAY);
            let mut rest = played.acts.iter().peekable();
            let mut send_through = async |kind: &str| {
                for act in rest.by_ref() {
                    server.ledger.send(act).await.unwrap();
                    if payload(act)["kind"] == kind {
                        break;
                    }
                }
            };
            send_through("manifest.registered").await;
            assert_eq!(waits(&server, "phoenix").await, ["confirm-manifest"]);
            assert_eq!(waits(&server, "swift").await, ["assign-vehicle"]);
            assert_eq!(waits(&server, "acme").await, Vec::<String>::new());
            assert_eq!(waits(&server, "ruby").await, Vec::<String>::new());
            let task = &items(&server, "swift", "tasks").await[0];
            assert_eq!(task["done_by"], json!(["manifest.assigned"]));
            assert_eq!((&task["overdue"], task["until"].is_string()), (&json!(false), true));
            send_through("manifest.confirmed").await;
            assert_eq!(waits(&server, "phoenix").await, Vec::<String>::new());
            send_through("manifest.assigned").await;
            assert_eq!(waits(&server, "swift").await, Vec::<String>::new());
            send_through("waste.delivered").await;
            assert_eq!(waits(&server, "phoenix").await, ["receive-load"]);
            send_through("waste.received").await;
            let found = waits(&server, "acme").await;
            assert!(
                !found.is_empty() && found.iter().all(|task| task == "explain-finding"),
                "100 kg are missing: {found:?}"
            );
            server.ledger.store.close().await;
        });
    }
}

const ANSWERS: &str = "
    08:00  acme     opens      900-041-49 2400 kg
    09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift  alone
    11:05  swift    hands      M1  to phoenix
    11:30  phoenix  receives   M1  1100 kg
    13:00  acme     explains   mass-discrepancy M1 \"wet\"
    13:10  bureau   opens case C1 on phoenix \"say why\" due 2026-03-10
    =====
";

#[test]
fn what_is_to_be_answered_waits_for_who_has_to_answer() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play_all(ANSWERS).await;
            assert!(waits(&server, "acme").await.contains(&"countersign".to_owned()));
            let of_phoenix = items(&server, "phoenix", "tasks").await;
            let case = of_phoenix.iter().find(|task| task["task"] == "answer-case").unwrap();
            assert_eq!((&case["until_day"], &case["overdue"]), (&json!("2026-03-10"), &json!(false)));
            assert!(waits(&server, "bureau").await.contains(&"decide-finding".to_owned()));
            server.ledger.pass_time("2026-03-11T09:00:00+08:00".parse().unwrap()).await;
            let of_phoenix = items(&server, "phoenix", "tasks").await;
            let case = of_phoenix.iter().find(|task| task["task"] == "answer-case").unwrap();
            assert_eq!(case["overdue"], true);
            // Whoever is on the road has what it signs, and nothing of the office.
            let driver = server.token_of("phoenix", Role::Driver);
            let tasks = server.read_with(&driver, "/api/v1/tasks").await;
            assert!(tasks.status == 401 || tasks.json()["items"] == json!([]), "{}", tasks.text);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn trips_show_each_leg_to_its_crew_and_its_office() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(A_DAY).await;
            let manifest = played.names.manifest("M1").unwrap().to_string();
            for (label, role) in
                [("swift", Role::Operator), ("swift", Role::Driver), ("acme", Role::Operator)]
            {
                let token = server.token_of(label, role);
                let trips =
                    server.read_with(&token, "/api/v1/trips?from=2026-03-02&to=2026-03-02").await.json();
                let legs = trips["items"].as_array().unwrap();
                assert_eq!(legs.len(), 1, "{label} {role:?}: {trips}");
                assert_eq!((&legs[0]["manifest"], &legs[0]["leg"]), (&json!(manifest), &json!(1)));
                assert_eq!(
                    (&legs[0]["vehicle"], &legs[0]["leaves_on"]),
                    (&json!("鲁Q10001"), &json!("2026-03-02"))
                );
                assert_eq!(legs[0]["lines"][0]["mass_g"], 1_200_000);
                assert!(legs[0]["taken_at"].is_string() && legs[0]["driver"].is_string());
            }
            for query in ["from=2026-03-03", "plate=%E9%B2%81Q10002", "under_way=true"] {
                assert_eq!(
                    items(&server, "swift", &format!("trips?{query}")).await,
                    Vec::<Value>::new(),
                    "{query}"
                );
            }
            assert_eq!(items(&server, "ruby", "trips").await, Vec::<Value>::new());
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn weighings_are_read_from_the_events_that_state_them() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let mut played = sign_script(A_DAY);
            // At the gate the load is weighed with its vehicle.
            let last = played.acts.iter().position(|act| payload(act)["kind"] == "waste.received").unwrap();
            let mut event = payload(&played.acts[last]);
            let accepted = &mut event["data"]["lines"][0]["accepted"];
            accepted["gross_g"] = json!(13_100_000);
            accepted["tare_g"] = json!(12_000_000);
            accepted["ticket"] = json!("W-7");
            let key = super::manifests::key_of(&played.acts[last]);
            played.acts[last].envelope = Envelope::sign(Typ::Event, event.to_string().as_bytes(), &key);
            for act in &played.acts {
                server.ledger.send(act).await.unwrap();
            }
            let manifest = played.names.manifest("M1").unwrap().to_string();
            let site = event["data"]["site"].as_str().unwrap().to_owned();
            for query in [format!("manifest={manifest}"), format!("site={site}&day=2026-03-02")] {
                let tickets = items(&server, "acme", &format!("weighings?{query}")).await;
                let ticket = tickets.iter().find(|ticket| ticket["what"] == "accepted").unwrap();
                let masses =
                    ["gross_mass_g", "tare_mass_g", "net_mass_g"].map(|name| ticket[name].as_i64().unwrap());
                assert_eq!(masses, [13_100_000, 12_000_000, 1_100_000], "{query}");
                assert_eq!((&ticket["ticket"], &ticket["site"]), (&json!("W-7"), &json!(site)));
            }
            assert_eq!(items(&server, "acme", "weighings?day=2026-03-03").await, Vec::<Value>::new());
            assert_eq!(
                items(&server, "ruby", &format!("weighings?manifest={manifest}")).await,
                Vec::<Value>::new()
            );
            server.ledger.store.close().await;
        });
    }
}

/// A sheet of what acme plans: two lines of one key, one that cannot be read, one by itself.
fn planned(acme: &str, phoenix: &str) -> String {
    let there = format!("{},{phoenix},{}", uscc("phoenix"), uscc("swift"));
    format!(
        "erp_no,site,consignee,consignee_site,carrier,code,mass,unit,treatment,departure\n\
         A-1,{acme},{there},900-041-49,1.2,t,D10,2026-03-03 09:20\n\
         A-1,{acme},{there},900-252-12,300,kg,D10,2026-03-03 09:20\n\
         A-2,there,{there},900-041-49,=1+1,t,D10,2026-03-03\n\
         ,{acme},{there},900-041-49,1,t,D10,2026-03-04\n"
    )
}

fn uscc(label: &str) -> String {
    World::embedded().party(label).unwrap().uscc.to_string()
}

async fn put_sheet(server: &Server, label: &str, path: &str, sheet: Vec<u8>) -> reqwest::Response {
    let request = server.client.post(server.url(&format!("/api/v1/sheets/{path}")));
    request.bearer_auth(server.token(label)).body(sheet).send().await.unwrap()
}

#[test]
fn a_sheet_becomes_what_is_signed_and_its_errors_come_back_in_their_rows() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.ledger.clock.set("2026-03-02T08:00:00+08:00".parse().unwrap());
            let [acme, phoenix] = ["acme", "phoenix"].map(|label| site_of(label, None).1.to_string());
            let sheet = planned(&acme, &phoenix);
            let answer = put_sheet(&server, "acme", "manifests", sheet.clone().into_bytes()).await;
            assert_eq!(answer.headers()["content-type"], "application/x-ndjson");
            let text = answer.text().await.unwrap();
            let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let rows: Vec<&Value> = lines.iter().map(|line| &line["rows"]).collect();
            assert_eq!(rows, [&json!([2, 3]), &json!([4]), &json!([5])], "{text}");
            let wrong: Vec<&Value> =
                lines[1]["errors"].as_array().unwrap().iter().map(|one| &one["column"]).collect();
            assert_eq!(wrong, ["site", "mass"]);
            // Signed as they are, they are taken; the same sheet again records nothing twice.
            for line in [&lines[0], &lines[2]] {
                let payload = line["payload"].as_str().unwrap();
                let event =
                    Envelope::sign(Typ::Event, payload.as_bytes(), &office_key("acme")).into_compact();
                let taken = server.upload("/api/v1/events", event).await;
                assert_eq!(taken.status, 201, "{}", taken.text);
            }
            let found = items(&server, "acme", "manifests?erp_no=A-1").await;
            assert_eq!((found.len(), &found[0]["leaves_on"]), (1, &json!("2026-03-03")));
            let again = put_sheet(&server, "acme", "manifests", sheet.clone().into_bytes())
                .await
                .text()
                .await
                .unwrap();
            let again: Vec<Value> = again.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            assert!(again.iter().all(|line| line["payload"].is_null()), "{again:?}");
            assert!(again[0]["recorded"].is_string() && again[2]["recorded"].is_string(), "{again:?}");
            assert_eq!(items(&server, "acme", "manifests").await.len(), 2);
            // All or nothing, and the copy.
            let none =
                put_sheet(&server, "acme", "manifests?all_or_nothing=true", sheet.clone().into_bytes()).await;
            let (slug, errors) = Answer::of(none).await.problem();
            let pointers: Vec<&str> = errors.iter().map(|(_, pointer)| pointer.as_str()).collect();
            assert_eq!((slug.as_str(), pointers), ("unacceptable", vec!["/rows/4/site", "/rows/4/mass"]));
            let copy = put_sheet(&server, "acme", "manifests?errors=sheet", sheet.into_bytes()).await;
            assert_eq!(copy.headers()["content-type"], "text/csv; charset=utf-8; header=present");
            let copy = copy.text().await.unwrap();
            let lines: Vec<&str> = copy.lines().collect();
            assert!(lines[0].ends_with(",错误,Errors") && lines[1].ends_with(",,"), "{copy}");
            assert!(lines[3].contains("'=1+1") && lines[3].contains("移出场所"), "{copy}");
            // Sites of others are no sites of one's own, whoever asks.
            let theirs = planned(&phoenix, &phoenix).into_bytes();
            let text = put_sheet(&server, "acme", "manifests", theirs).await.text().await.unwrap();
            assert!(!text.contains("payload"), "{text}");
            let nothing = put_sheet(&server, "acme", "lots", b"site,code\n".to_vec()).await;
            assert_eq!(Answer::of(nothing).await.problem().1.len(), 3);
            assert_eq!(put_sheet(&server, "acme", "firms", Vec::new()).await.status(), 404);
            server.ledger.store.close().await;
        });
    }
}
