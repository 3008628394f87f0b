//! Who reads the stock of a site, and what it says: flows, counts, and the road of each line.

use liandan::catalogue::Uscc;
use liandan::custody::Statement;
use liandan::id::SiteId;
use liandan::scenario::World;

use super::{signed, site_of};
use crate::api::server::Server;
use crate::support::ledger::{block_on, databases};

const DAY: &str = "
    08:00  acme     opens      L1  900-041-49 2000 kg
    08:10  acme     generates  L2  900-252-12 500 kg
    09:00  acme     registers  M1  900-041-49 1200 kg + 900-252-12 500 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift  from L1 1200 kg + L2 500 kg
    11:05  swift    hands      M1  to phoenix
    11:30  phoenix  receives   M1  1200 kg + 463 kg
    14:00  phoenix  disposes   900-041-49 1000 kg from M1 by D10 gives 90 kg 772-003-18
    =====
";

fn path(site: SiteId) -> String {
    format!("/api/v1/sites/{site}")
}

/// The row of a code, without what is nothing in it.
fn row(stock: &serde_json::Value, code: &str) -> serde_json::Value {
    let rows = stock["codes"].as_array().unwrap();
    let mut row = rows.iter().find(|row| row["code"] == code).unwrap().clone();
    row["flows"]
        .as_object_mut()
        .unwrap()
        .retain(|_, mass_g| *mass_g != 0 && *mass_g != serde_json::json!({}));
    row
}

#[test]
fn the_flows_of_a_day_are_named_as_the_books_name_them() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(DAY).await;
            let ((_, acme), (_, phoenix)) = (site_of("acme", None), site_of("phoenix", None));
            let read = async |label: &str, path: String| server.read_as(label, &path).await.json();
            let stock = read("acme", format!("{}/stock?on=2026-03-02", path(acme))).await;
            assert_eq!((&stock["from"], &stock["on"]), (&"2026-03-01".into(), &"2026-03-02".into()));
            let opened = row(&stock, "900-041-49");
            assert_eq!(
                (opened["opening_mass_g"].as_i64(), opened["closing_mass_g"].as_i64()),
                (Some(0), Some(800_000))
            );
            assert_eq!(
                opened["flows"],
                serde_json::json!({ "opened_mass_g": 2_000_000, "shipped_mass_g": 1_200_000 })
            );
            let generated = row(&stock, "900-252-12");
            assert_eq!(
                generated["flows"],
                serde_json::json!({ "generated_mass_g": 500_000, "shipped_mass_g": 500_000 })
            );
            // The next day begins with what the day before ended with.
            let next = read("acme", format!("{}/stock?from=2026-03-03&on=2026-04-20", path(acme))).await;
            let next = row(&next, "900-041-49");
            assert_eq!(
                (next["opening_mass_g"].as_i64(), &next["flows"]),
                (Some(800_000), &serde_json::json!({}))
            );

            let stock = read("phoenix", format!("{}/stock?on=2026-03-02", path(phoenix))).await;
            assert_eq!(
                row(&stock, "900-041-49")["flows"],
                serde_json::json!({ "received_mass_g": 1_200_000, "disposed_mass_g": 1_000_000 })
            );
            assert_eq!(row(&stock, "772-003-18")["flows"], serde_json::json!({ "made_mass_g": 90_000 }));
            let lots = read("phoenix", format!("{}/lots?limit=2", path(phoenix))).await;
            let codes: Vec<&str> =
                lots["items"].as_array().unwrap().iter().map(|lot| lot["code"].as_str().unwrap()).collect();
            assert_eq!(codes, ["772-003-18", "900-041-49"]);
            let rest = format!("{}/lots?after={}", path(phoenix), lots["next"].as_str().unwrap());
            let rest = read("phoenix", rest).await;
            assert_eq!(
                (&rest["items"][0]["code"], &rest["next"]),
                (&"900-252-12".into(), &serde_json::Value::Null)
            );
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn stock_is_for_its_party_and_the_authority_of_its_division() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(DAY).await;
            let (_, acme) = site_of("acme", None);
            for rest in ["stock", "lots", "feed-sheet?code=900-041-49&mass_g=1"] {
                server.is_for_acme_and_the_bureau(acme, rest).await;
            }
            for (rest, pointer) in [
                ("stock?on=2026-3-2", "/query/on"),
                ("stock?on=10000-01-01", "/query/on"),
                ("stock?from=1969-12-31", "/query/from"),
                ("stock?on=2026-03-02&from=2026-03-03", "/query/from"),
                ("stock?until=2026-03-02", "/query"),
                ("lots?after=7", "/query/after"),
                ("lots?limit=501", "/query/limit"),
                ("feed-sheet?code=900-041&mass_g=1", "/query/code"),
                ("feed-sheet?code=900-041-49&mass_g=0", "/query/mass_g"),
                ("feed-sheet?code=900-041-49&mass_g=1.5", "/query/mass_g"),
                ("feed-sheet?code=900-041-49", "/query"),
            ] {
                let answer = server.read_as("acme", &format!("{}/{rest}", path(acme))).await;
                assert_eq!(answer.status, 400, "{rest}: {}", answer.text);
                assert_eq!(answer.problem().1[0].1, pointer, "{rest}");
            }
            server.ledger.store.close().await;
        });
    }
}

fn counted(site: SiteId, counts: serde_json::Value) -> Statement {
    let json = serde_json::json!({ "site": site, "counts": counts });
    Statement::StockCounted(serde_json::from_value(json).unwrap())
}

#[test]
fn a_count_stands_beside_the_book_and_a_stated_difference_changes_it() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(DAY).await;
            let (_, site) = site_of("acme", None);
            let stock = async |on: &str| {
                let stock = server.read_as("acme", &format!("{}/stock?on={on}", path(site))).await;
                row(&stock.json(), "900-041-49")
            };
            let lot = server.read_as("acme", &format!("{}/lots", path(site))).await.json();
            let lot = lot["items"][0]["lot"].clone();
            let count = async |day: &str, n: u8, counts: serde_json::Value| {
                let at = format!("{day}T17:00:00+08:00").parse().unwrap();
                server.ledger.clock.set(at);
                server.ledger.app.submit(&signed("acme", at, n, counted(site, counts)), None).await.unwrap();
            };
            count("2026-03-03", 1, serde_json::json!([{ "code": "900-041-49", "mass_g": 790_000 }])).await;
            let seen = stock("2026-03-03").await;
            let last = &seen["last_count"];
            assert_eq!(
                (
                    last["counted_mass_g"].as_i64(),
                    last["book_mass_g"].as_i64(),
                    last["difference_mass_g"].as_i64()
                ),
                (Some(790_000), Some(800_000), Some(-10_000))
            );
            assert_eq!((last["lots"].as_i64(), seen["closing_mass_g"].as_i64()), (Some(0), Some(800_000)));
            let of_lot = serde_json::json!([{
                "code": "900-041-49", "lot": lot, "mass_g": 790_000, "differs_g": -10_000, "cause": "water-loss"
            }]);
            count("2026-03-04", 2, of_lot).await;
            let seen = stock("2026-03-04").await;
            assert_eq!(seen["flows"]["variance_mass_g"], serde_json::json!({ "water-loss": -10_000 }));
            assert_eq!(
                (seen["closing_mass_g"].as_i64(), seen["last_count"]["lots"].as_i64()),
                (Some(790_000), Some(1))
            );
            assert_eq!(seen["last_count"]["book_mass_g"], 800_000);
            // What is counted later does not change what was counted last on an earlier day.
            assert_eq!(stock("2026-03-03").await["last_count"]["day"], "2026-03-03");
            assert_eq!(stock("2026-03-02").await["last_count"], serde_json::Value::Null);
            server.ledger.store.close().await;
        });
    }
}

/// 37 kg are lost on the second line on the way, and nobody says so: exactly they are missing there, and nothing elsewhere.
#[test]
fn a_planted_loss_is_missing_on_its_line_to_the_gram() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let halves = DAY.split_once("    11:30").unwrap();
            let before = server.play(&format!("{}    =====\n", halves.0)).await;
            let manifest = before.names.manifest("M1").unwrap();
            let roads = async || {
                let seen = server.read_as("phoenix", &format!("/api/v1/manifests/{manifest}")).await.json();
                let lines = seen["lines"].as_array().unwrap().clone();
                lines.iter().map(|line| line["transit"].clone()).collect::<Vec<_>>()
            };
            let figures = |road: &serde_json::Value| {
                ["shipped", "accepted", "rejected", "on_the_way", "missing"]
                    .map(|name| road[format!("{name}_mass_g")].as_i64().unwrap())
            };
            let seen = roads().await;
            assert_eq!(figures(&seen[0]), [1_200_000, 0, 0, 1_200_000, 0]);
            assert_eq!(figures(&seen[1]), [500_000, 0, 0, 500_000, 0]);
            let played = crate::api::server::sign_script(DAY);
            for act in played.acts.iter().skip(before.acts.len()) {
                server.ledger.send(act).await.unwrap();
            }
            let seen = roads().await;
            assert_eq!(figures(&seen[0]), [1_200_000, 1_200_000, 0, 0, 0]);
            assert_eq!(figures(&seen[1]), [500_000, 463_000, 0, 0, 37_000]);
            server.ledger.store.close().await;
        });
    }
}

/// A part is refused at the gate, and 37,001 g of it are lost on the way back: exactly they are missing there.
#[test]
fn what_is_missing_of_a_returned_part_is_missing_on_the_way_back() {
    const BACK: &str = "
        08:00  acme     opens      900-041-49 1200 kg
        09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
        09:20  acme     hands      M1  to swift
        11:05  swift    hands      M1  to phoenix
        11:30  phoenix  receives   M1  1000 kg rejects 200 kg at gate \"wet\"
        15:00  swift    hands      M1  to acme  162999 g
        =====
    ";
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = crate::api::server::sign_script(BACK);
            let manifest = played.names.manifest("M1").unwrap();
            let road = async || {
                let seen = server.read_as("acme", &format!("/api/v1/manifests/{manifest}")).await.json();
                ["rejected", "on_the_way", "missing", "returned", "back_on_the_way", "back_missing"]
                    .map(|name| seen["lines"][0]["transit"][format!("{name}_mass_g")].as_i64().unwrap())
            };
            let (back, before) = played.acts.split_last().unwrap();
            for act in before {
                server.ledger.send(act).await.unwrap();
            }
            assert_eq!(road().await, [200_000, 0, 0, 0, 200_000, 0]);
            server.ledger.send(back).await.unwrap();
            assert_eq!(road().await, [200_000, 0, 0, 162_999, 0, 37_001]);
            let (_, acme) = site_of("acme", None);
            let stock = server.read_as("acme", &format!("{}/stock", path(acme))).await.json();
            assert_eq!(row(&stock, "900-041-49")["closing_mass_g"], 162_999);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn nobody_puts_stock_into_the_site_of_another_party() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let (_, acme) = site_of("acme", None);
        let at = "2026-03-02T09:00:00+08:00".parse().unwrap();
        server.ledger.clock.set(at);
        let stranger: Uscc = World::embedded().party("ruby").unwrap().uscc;
        server.ledger.app.submit(&signed("ruby", at, 9, super::opened(acme, 9, 5_000)), None).await.unwrap();
        let stock = server.read_as("acme", &format!("{}/stock", path(acme))).await.json();
        assert_eq!(
            stock["codes"].as_array().unwrap().len(),
            0,
            "what {stranger} says it holds there is its own"
        );
    });
}
