//! Tracing over HTTP: who learns what, and what the answers say.

use std::collections::BTreeSet;

use serde_json::Value;

use super::server::Server;
use crate::support::ledger::{block_on, databases};

/// A line of 1,000 kg: a fifth is rejected, half of it burnt, and the ash stays.
const ONE_LOAD: &str = "
    08:00  acme     opens      L1  900-041-49 1200 kg
    09:00  acme     registers  M1  900-041-49 1000 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift
    16:05  swift    hands      M1  to phoenix
    16:30  phoenix  receives   M1  800 kg rejects 200 kg \"wet\"
    17:00  phoenix  disposes   900-041-49 500 kg  from M1  by D10  gives 90 kg 772-003-18
    =====
";
const KG: i64 = 1_000;

/// The ends of a trace: kind, whether the lot is named, grams.
fn ends(trace: &Value) -> BTreeSet<(String, bool, i64)> {
    let ends = trace["ends"].as_array().unwrap().iter();
    ends.map(|end| {
        (end["kind"].as_str().unwrap().to_owned(), end["at"].is_string(), end["mass_g"].as_i64().unwrap())
    })
    .collect()
}

fn kg<const N: usize>(ends: [(&str, bool, i64); N]) -> BTreeSet<(String, bool, i64)> {
    ends.map(|(kind, is_named, mass_kg)| (kind.to_owned(), is_named, mass_kg * KG)).into()
}

#[test]
fn everybody_gets_the_whole_sum_and_no_more_names_than_it_may_know() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(ONE_LOAD).await;
            let manifest = played.names.manifest("M1").unwrap();
            let seen = server.read_as("acme", &format!("/api/v1/manifests/{manifest}")).await.json();
            let line = seen["lines"][0]["lot"].as_str().unwrap().to_owned();
            let lots = server.read_as("acme", "/api/v1/lots").await.json();
            let source = lots["items"].as_array().unwrap().last().unwrap()["id"].as_str().unwrap().to_owned();
            let down = format!("/api/v1/lots/{source}/trace?direction=down");
            let up = format!("/api/v1/lots/{line}/trace?direction=up");

            // The authority sees every lot and where it is.
            let all = server.read_as("bureau", &down).await.json();
            let fates =
                [("held", true, 300), ("held", true, 200), ("held", true, 90), ("disposed", true, 410)];
            assert_eq!(ends(&all), kg([fates[0], fates[1], fates[2], fates[3]]));
            assert_eq!(all["total_mass_g"], 1_200 * KG);
            assert_eq!(all["nodes"].as_array().unwrap().len(), 5, "{all}");
            assert!(all["ends"].as_array().unwrap().iter().all(|end| {
                (end["kind"] == "held") == end["site"].is_string()
                    && end["is_final"] == (end["kind"] == "disposed")
            }));

            // The consignor sees its lot and its line; what the operator made of it has no name.
            let own = server.read_as("acme", &down).await;
            let seen = own.json();
            assert_eq!(seen["total_mass_g"], 1_200 * KG);
            let held = seen["ends"].as_array().unwrap().iter().filter(|end| end["kind"] == "held");
            let held: i64 = held.map(|end| end["mass_g"].as_i64().unwrap()).sum();
            assert_eq!(held, (200 + 300 + 200 + 90) * KG);
            assert!(ends(&seen).contains(&("disposed".to_owned(), false, 410 * KG)), "{seen}");
            let ash = all["nodes"].as_array().unwrap().iter().find(|node| node["waste_code"] == "772-003-18");
            let ash = ash.unwrap()["id"].as_str().unwrap();
            assert!(!own.text.contains(ash) && !own.text.contains("772-003-18"), "{}", own.text);

            // The operator learns that it was there before, and of whose store and which lot no word.
            let origin = server.read_as("phoenix", &up).await;
            assert_eq!(ends(&origin.json()), kg([("opened", false, 1_000)]));
            assert!(!origin.text.contains(&source) && origin.json()["sites"].as_array().unwrap().is_empty());

            for path in [&down, &up, &format!("/api/v1/manifests/{manifest}/fate")] {
                let forbidden = server.read_as("ruby", path).await;
                let absent = path
                    .replace(&source, ABSENT)
                    .replace(&line, ABSENT)
                    .replace(&manifest.to_string(), ABSENT);
                let absent = server.read_as("ruby", &absent).await;
                assert_eq!((forbidden.status, &forbidden.text), (404, &absent.text), "{path}");
                assert_eq!(server.read(path).await.status, 401, "{path}");
            }
            server.ledger.store.close().await;
        });
    }
}

const ABSENT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

#[test]
fn both_flags_of_a_manifest_and_what_keeps_it_open() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(ONE_LOAD).await;
            let path = format!("/api/v1/manifests/{}/fate", played.names.manifest("M1").unwrap());
            let fate = server.read_as("bureau", &path).await.json();
            assert_eq!((&fate["is_finished"], &fate["is_closed"]), (&true.into(), &false.into()));
            assert_eq!(
                (&fate["total_mass_g"], &fate["final_mass_g"]),
                (&(1_000 * KG).into(), &(410 * KG).into())
            );
            let open: Vec<i64> = fate["open"]
                .as_array()
                .unwrap()
                .iter()
                .map(|end| end["mass_g"].as_i64().unwrap() / KG)
                .collect();
            assert_eq!(open, [300, 200, 90]);
            assert_eq!(fate["left_out"], 0);
            // A party gets the same flags and sums, and less of where it is.
            let own = server.read_as("acme", &path).await.json();
            for member in ["is_finished", "is_closed", "total_mass_g", "final_mass_g"] {
                assert_eq!(own[member], fate[member], "{member}");
            }
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn a_direction_is_up_or_down() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        for (query, pointer) in [
            ("?direction=sideways", "/query/direction"),
            ("?direction=Up", "/query/direction"),
            ("", "/query"),
            ("?direction=up&depth=3", "/query"),
        ] {
            let answer = server.read_as("acme", &format!("/api/v1/lots/{ABSENT}/trace{query}")).await;
            let problem = ("malformed".to_owned(), vec![("query-malformed".to_owned(), pointer.to_owned())]);
            assert_eq!((answer.status, answer.problem()), (400, problem), "{query}");
        }
    });
}
