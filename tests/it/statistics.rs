//! Statistics: what is counted by month, against the lists it is counted from; who is told what.

use liandan::clock::Timestamp;
use liandan::store::{log, statistics};
use serde_json::{Value, json};

use crate::api::server::{Server, claims, now_s, sign_token};
use crate::divisions::Offices;
use crate::interop::tools::HYPARQUET;
use crate::support::ledger::{Folder, Ledger, block_on, databases};

/// Three manifests of acme in March, and a fourth that is April's by a few minutes. One load is short, one comes days late. Of two cases one
/// is answered after two days.
const SCRIPT: &str = "day 2026-03-30
    08:00 acme opens L1 900-041-49 6000 kg
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
    09:10 acme registers M2 900-041-49 1300 kg acme > rookie > phoenix
    09:20 acme hands M1 to swift
    09:30 acme hands M2 to rookie
    16:05 swift hands M1 to phoenix
    16:30 phoenix receives M1 1120 kg
    16:40 phoenix disposes 900-041-49 1000 kg from M1 by D10
    17:00 bureau opens case C1 on phoenix \"say where 80 kg went\" due 2026-04-10 from mass-discrepancy M1
    17:10 bureau opens case C2 on acme/paint patrol \"labels are missing\" due 2026-04-10
    day 2026-03-31
    23:56 acme registers M3 900-041-49 100 kg acme > swift > phoenix
    day 2026-04-01
    00:00 acme registers M4 900-041-49 100 kg acme > swift > phoenix
    09:30 phoenix answers C1 \"the drums were drained\"
    day 2026-04-02
    10:00 rookie hands M2 to phoenix
    10:30 phoenix receives M2 all
    until 2026-05-10 09:00
    =====";

async fn statistics_of(server: &Server, label: &str, query: &str) -> Value {
    let answer = server.read_as(label, &format!("/api/v1/statistics?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    answer.json()
}

/// Findings by local month in which they opened and closed, counted from the list, which the statistics do not read.
async fn listed(server: &Server) -> [usize; 2] {
    let list = server.read_as("bureau", "/api/v1/findings?limit=500").await.json();
    assert_eq!(list["next"], Value::Null);
    let in_april = |item: &&Value, field: &str| {
        let at: Option<Timestamp> = item[field].as_str().map(|at| at.parse().unwrap());
        let local = at.map(|at| at.plus_millis(8 * 3_600_000).to_string());
        local.is_some_and(|at| at.starts_with("2026-04"))
    };
    let items = list["items"].as_array().unwrap();
    ["opened_at", "closed_at"].map(|field| items.iter().filter(|item| in_april(item, field)).count())
}

#[test]
fn a_month_is_told_as_its_records_are() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play_all(SCRIPT).await;
            let told = statistics_of(&server, "bureau", "from=2026-03&to=2026-05").await;
            assert_eq!((&told["from"], &told["division"]), (&json!("2026-03"), &json!("371300")));
            assert_eq!(told["log_size"], server.size().await);
            let months = told["months"].as_array().unwrap();
            let [march, april, may] = &months[..] else { panic!("{told}") };
            assert_eq!(
                (&march["manifests_registered"], &march["manifests_completed"]),
                (&json!(3), &json!(2))
            );
            assert_eq!(april["manifests_registered"], 1, "local midnight parts the months");
            assert_eq!(may["manifests_registered"], 0);
            assert_eq!(march["shipped_mass_g"], 2_500_000);
            assert_eq!(
                (&march["received_mass_g"], &march["disposed_mass_g"]),
                (&json!(1_120_000), &json!(1_000_000))
            );
            assert_eq!(march["cases"], json!({ "opened": 2, "answered": 1, "median_days_to_answer": 2 }));
            assert_eq!(april["cases"], json!({ "opened": 0, "answered": 0, "median_days_to_answer": null }));

            let [opened, closed] = listed(&server).await;
            assert_eq!(
                (&april["findings_opened"], &april["findings_closed"]),
                (&json!(opened), &json!(closed))
            );
            assert!(opened > 0 && closed > 0, "{opened} {closed}");
            let rules = april["findings"].as_array().unwrap();
            let sum = |field: &str| rules.iter().map(|rule| rule[field].as_u64().unwrap()).sum::<u64>();
            assert_eq!((sum("opened"), sum("closed")), (opened as u64, closed as u64));

            let counties = told["counties"].as_array().unwrap();
            let of = |division: &str| counties.iter().find(|county| county["division"] == division).unwrap();
            assert_eq!(of("371302")["manifests_registered"], 4);
            assert_eq!(
                (&of("371302")["shipped_mass_g"], &of("371302")["received_mass_g"]),
                (&json!(2_500_000), &json!(0))
            );
            assert_eq!(of("371311")["received_mass_g"], 2_420_000);
            let sheet =
                server.read_as("bureau", "/api/v1/statistics?from=2026-03&to=2026-03&format=csv").await;
            assert!(
                sheet.text.contains("2026-03,371302,山东省临沂市兰山区,3,2,0.000000,2.500000,"),
                "{}",
                sheet.text
            );
        });
    }
}

#[test]
fn an_officer_is_told_of_its_division_and_nobody_else_of_any() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play_all(SCRIPT).await;
            let offices = Offices::with_a_branch(&server.ledger).await;
            let asks = async |query: &str| {
                let now = now_s(server.ledger.clock.now());
                let token = sign_token(&claims(now, now + 60), &offices.key);
                server.read_with(&token, &format!("/api/v1/statistics?from=2026-03&to=2026-03{query}")).await
            };
            let own = asks("").await.json();
            assert_eq!(
                (&own["division"], &own["months"][0]["received_mass_g"]),
                (&json!("371302"), &json!(0))
            );
            let narrowed = statistics_of(&server, "bureau", "from=2026-03&to=2026-03&division=371302").await;
            assert_eq!(
                own["months"], narrowed["months"],
                "who asks for less is told what those are told who may see no more"
            );
            let counties: Vec<&Value> =
                own["counties"].as_array().unwrap().iter().map(|county| &county["division"]).collect();
            assert_eq!(counties, ["371302"]);
            for outside in ["&division=371311", "&division=371300", "&division=110000"] {
                assert_eq!(asks(outside).await.status, 404, "{outside}");
            }
            for label in ["acme", "swift"] {
                assert_eq!(server.read_as(label, "/api/v1/statistics").await.status, 403, "{label}");
            }
            for (wrong, status, code) in [
                ("from=2024-03&to=2026-03", 422, "period-too-long"),
                ("from=2026-04&to=2026-03", 400, "query-malformed"),
                ("from=2026-13", 400, "query-malformed"),
                ("month=2026-03", 400, "query-malformed"),
            ] {
                let refused = server.read_as("bureau", &format!("/api/v1/statistics?{wrong}")).await;
                assert_eq!((refused.status, &*refused.problem().1[0].0), (status, code), "{wrong}");
            }
        });
    }
}

#[test]
fn everybody_is_told_what_at_least_three_parties_did_in_months_that_are_over() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play_all(SCRIPT).await;
            let read = async |query: &str| server.read(&format!("/api/v1/statistics/public?{query}")).await;
            let told = read("from=2026-03&to=2026-03").await.json();
            let month = &told["months"][0];
            // Acme, swift and rookie have findings in Lanshan; one party alone registered and shipped there, and one received elsewhere.
            assert_eq!(month["counties"].as_array().unwrap().len(), 1, "{told}");
            let county = &month["counties"][0];
            assert_eq!(county["division"], "371302");
            let names: Vec<&String> = county["counts"].as_object().unwrap().keys().collect();
            assert_eq!(names, ["findings-opened"], "{told}");
            let officers = statistics_of(&server, "bureau", "from=2026-03&to=2026-03").await;
            let counties = officers["counties"].as_array().unwrap();
            let of = counties.iter().find(|county| county["division"] == "371302").unwrap();
            assert_eq!(county["counts"]["findings-opened"], of["findings_opened"]);
            assert_eq!(month["told"], county["counts"], "what is not told is in no sum");

            let elsewhere = read("from=2026-03&to=2026-03&division=371311").await.json();
            assert_eq!(elsewhere["months"][0]["counties"], json!([]));
            assert_eq!(read("to=2026-05").await.problem().1[0].0, "month-not-over");
            assert_eq!(read("").await.json()["to"], "2026-04");
            assert_eq!(read("from=2024-01&to=2026-03").await.status, 422);
        });
    }
}

/// The rows of a Parquet file, read by others; `None` where they are missing and may be.
async fn rows_of(server: &Server, token: Option<&str>, path: &str) -> Option<Vec<Value>> {
    let request = server.client.get(server.url(path));
    let request = token.into_iter().fold(request, |request, token| request.bearer_auth(token));
    let answer = request.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/vnd.apache.parquet");
    let folder = Folder::new();
    let file = folder.path().join("statistics.parquet");
    std::fs::write(&file, answer.bytes().await.unwrap()).unwrap();
    let rows = HYPARQUET.run(&[file.to_str().unwrap()])?;
    Some(serde_json::from_str(&rows).unwrap())
}

#[test]
fn files_say_what_the_figures_say_and_what_is_not_told_is_in_none() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play_all(SCRIPT).await;
            let months = "from=2026-03&to=2026-03";
            let officers = statistics_of(&server, "bureau", months).await;
            let token = server.token("bureau");
            let path = format!("/api/v1/statistics?{months}&format=parquet");
            if let Some(rows) = rows_of(&server, Some(&token), &path).await {
                let counties = officers["counties"].as_array().unwrap();
                assert_eq!(rows.len(), counties.len());
                for (row, county) in rows.iter().zip(counties) {
                    assert_eq!((&row["month"], &row["division"]), (&json!("2026-03"), &county["division"]));
                    assert_eq!(row["registered"], county["manifests_registered"]);
                    assert_eq!(row["shipped"], county["shipped_mass_g"], "grams");
                    assert_eq!(row["findings_opened"], county["findings_opened"]);
                }
            }
            let public = format!("/api/v1/statistics/public?{months}");
            let told = server.read(&public).await.json()["months"][0]["counties"][0]["counts"].clone();
            if let Some(rows) = rows_of(&server, None, &format!("{public}&format=parquet")).await {
                let [row] = &rows[..] else { panic!("{rows:?}") };
                assert_eq!(row["findings_opened"], told["findings-opened"]);
                assert!(row.get("shipped").is_none_or(Value::is_null), "of one party: {row}");
            }
            let sheet = server.read(&format!("{public}&format=csv")).await.text;
            assert!(
                sheet.lines().nth(1).unwrap().ends_with(&format!(",,,,,,,,{},", told["findings-opened"])),
                "{sheet}"
            );
            assert_eq!(server.read(&format!("{public}&format=pdf")).await.status, 400);
        });
    }
}

#[test]
fn a_month_counted_for_everybody_is_counted_again_an_hour_later() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        server.play_all(SCRIPT).await;
        let path = "/api/v1/statistics/public?from=2026-03&to=2026-03";
        let first = server.read(path).await.json();
        let counted_at: Timestamp = first["months"][0]["counted_at"].as_str().unwrap().parse().unwrap();
        server.ledger.clock.set(counted_at.plus_millis(3_599_999));
        assert_eq!(server.read(path).await.json(), first);
        server.ledger.clock.set(counted_at.plus_hours(1));
        let again = server.read(path).await.json();
        assert_eq!(again["months"][0]["counted_at"], counted_at.plus_hours(1).to_string());
    });
}

/// Halving finds in the log what looking at every entry finds.
#[test]
fn the_first_entry_of_a_moment_is_found_anywhere_in_the_log() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let mut tx = ledger.store.read().await.unwrap();
            let entries = log::entries(&mut tx, 0, 1_000).await.unwrap();
            let size = entries.len() as u64;
            let times: Vec<i64> = entries.iter().map(|entry| entry.recorded_at.as_millis()).collect();
            let moments = times.iter().flat_map(|at| [at - 1, *at, at + 1]).chain([0, i64::MAX / 2_000]);
            for at in moments.map(Timestamp::from_millis) {
                let wanted = times.iter().filter(|time| **time < at.as_millis()).count() as u64;
                let found = statistics::first_index_at(&mut tx, at, size).await.unwrap();
                assert_eq!(found, wanted, "{at}");
            }
            assert!(size > 20);
            assert_eq!(statistics::first_index_at(&mut tx, Timestamp::from_millis(7), 0).await.unwrap(), 0);
        });
    }
}
