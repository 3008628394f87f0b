//! Declarations filed, returned and accepted, and where they differ from the ledger.

use serde_json::{Value, json};

use super::{declaration, filed, path, prefilled, say, statement};
use crate::api::server::Server;
use crate::stock::site_of;
use crate::support::ledger::{block_on, databases};

/// A month of a plant: opened, generated, loaded.
const MONTH: &str = "
    day 2026-03-02
    08:00  acme     opens      900-041-49 3 t
    08:30  acme     generates  L1  900-041-49 1200 kg
    09:00  acme     registers  M1  900-041-49 1500 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift
    11:05  swift    hands      M1  to phoenix
    11:30  phoenix  receives   M1  1500 kg
    =====
";

const NEXT: &str = "2026-04-01T09:00:00+08:00";

/// The one difference of the newest declaration.
async fn differences(server: &Server, site: liandan::id::SiteId) -> Vec<Value> {
    let list = server.read_as("acme", &format!("{}/declarations", path(site))).await.json();
    list["items"][0]["differences"].as_array().unwrap().clone()
}

#[test]
fn a_declaration_is_filed_returned_filed_again_and_accepted() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(MONTH).await;
            let (_, site) = site_of("acme", None);
            let lines = prefilled(&server, "acme", site, "2026-03-01").await;
            assert_eq!(
                lines,
                json!([
                    { "code": "900-041-49", "measure": "opened", "mass_g": 3_000_000 },
                    { "code": "900-041-49", "measure": "generated", "mass_g": 1_200_000 },
                    { "code": "900-041-49", "measure": "sent-on", "mass_g": 1_500_000 },
                    { "code": "900-041-49", "measure": "closing", "mass_g": 2_700_000 },
                ])
            );
            let march = |n, lines: &Value| statement("filed", filed(n, site, "2026-03-01", lines.clone()));
            let early = "2026-03-31T23:59:00+08:00";
            let code = |refused: Vec<(String, String)>| {
                refused.into_iter().map(|(code, _)| code).collect::<Vec<_>>()
            };
            assert_eq!(code(say(&server, "acme", early, 1, march(1, &lines)).await), ["period-open"]);
            assert_eq!(code(say(&server, "ruby", NEXT, 2, march(1, &lines)).await), ["site-unknown"]);
            assert!(say(&server, "acme", NEXT, 3, march(1, &lines)).await.is_empty());
            assert_eq!(code(say(&server, "acme", NEXT, 4, march(2, &lines)).await), ["declaration-pending"]);
            let ours = json!({ "declaration": declaration(1) });
            assert_eq!(
                code(say(&server, "acme", NEXT, 5, statement("accepted", ours.clone())).await),
                ["authority-only", "officer-only", "declaration-unknown"]
            );
            let back = |pointer: &str| {
                let reasons = json!([{ "pointer": pointer, "reason": "与联单不符" }]);
                statement("returned", json!({ "declaration": declaration(1), "reasons": reasons }))
            };
            assert_eq!(
                say(&server, "bureau", NEXT, 6, back("/lines/9/mass_g")).await,
                [("pointer-unknown".to_owned(), "/data/reasons/0/pointer".to_owned())]
            );
            assert!(say(&server, "bureau", NEXT, 7, back("/lines/2/mass_g")).await.is_empty());
            assert_eq!(
                code(say(&server, "bureau", NEXT, 8, statement("accepted", ours)).await),
                ["declaration-returned"],
                "an acceptance of what came back never reaches what is filed after it"
            );
            assert_eq!(code(say(&server, "acme", NEXT, 9, march(1, &lines)).await), ["id-taken"]);
            assert!(say(&server, "acme", NEXT, 10, march(2, &lines)).await.is_empty());
            let accepted = statement("accepted", json!({ "declaration": declaration(2) }));
            assert!(say(&server, "bureau", NEXT, 11, accepted).await.is_empty());
            assert_eq!(
                code(say(&server, "acme", NEXT, 12, march(3, &lines)).await),
                ["declaration-accepted"]
            );

            let list = server.read_as("acme", &format!("{}/declarations", path(site))).await.json();
            let states: Vec<_> =
                list["items"].as_array().unwrap().iter().map(|item| &item["state"]).collect();
            assert_eq!(states, ["accepted", "returned"]);
            assert_eq!(list["items"][1]["reasons"][0]["pointer"], "/lines/2/mass_g");
            assert_eq!(
                (&list["items"][0]["is_last"], &list["items"][1]["is_last"]),
                (&json!(true), &json!(false))
            );
            assert_eq!(list["items"][0]["due_on"], "2026-04-15");
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn a_planted_kilogram_is_found_and_named_and_a_late_event_shows() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(MONTH).await;
            let (_, site) = site_of("acme", None);
            let mut lines = prefilled(&server, "acme", site, "2026-03-01").await;
            lines[1]["mass_g"] = json!(1_199_000);
            let planted = statement("filed", filed(1, site, "2026-03-01", lines));
            assert!(say(&server, "acme", NEXT, 1, planted).await.is_empty());
            let found = differences(&server, site).await;
            assert_eq!(found.len(), 1, "{found:?}");
            let one = &found[0];
            assert_eq!(
                (&one["code"], &one["measure"], &one["difference_mass_g"], &one["register"]),
                (&json!("900-041-49"), &json!("generated"), &json!(-1_000), &json!("generation"))
            );
            let row = &one["rows"][0];
            assert_eq!((&row["mass_g"], &row["day"]), (&json!(1_200_000), &json!("2026-03-02")));
            let event = row["event_id"].as_str().unwrap();
            let event = server.read_as("acme", &format!("/api/v1/events/{event}")).await.json();
            assert_eq!(event["kind"], "waste.generated", "the row is that event's: {event}");

            let late: Value = json!({ "site": site, "lots": [{
                "lot": "01890a5d-ac96-774b-bcce-b302099ae001", "code": "900-041-49",
                "quantity": { "mass_g": 500, "basis": "measured" }, "containers": [] }] });
            let at = "2026-03-30T08:00:00+08:00".parse().unwrap();
            server.ledger.clock.set(NEXT.parse().unwrap());
            let late = liandan::custody::Statement::WasteGenerated(serde_json::from_value(late).unwrap());
            server.ledger.app.submit(&crate::stock::signed("acme", at, 2, late), None).await.unwrap();
            let seen: Vec<_> = differences(&server, site)
                .await
                .iter()
                .map(|one| (one["measure"].clone(), one["difference_mass_g"].clone()))
                .collect();
            assert_eq!(seen, [(json!("generated"), json!(-1_500)), (json!("closing"), json!(-500))]);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn what_is_no_declaration_is_refused_with_all_that_is_wrong() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let (_, site) = site_of("acme", None);
        let line = |measure: &str| json!({ "code": "900-041-49", "measure": measure, "mass_g": 1 });
        let lines = json!([line("generated"), line("generated"), line("shipped")]);
        let mut wrong = filed(1, site, "2026-01-02", lines);
        wrong["nature"] = json!("zero");
        let refused = say(&server, "acme", NEXT, 1, statement("filed", wrong)).await;
        let said: Vec<(&str, &str)> = refused.iter().map(|(code, at)| (code.as_str(), at.as_str())).collect();
        assert_eq!(
            said,
            [
                ("period-misaligned", "/data/from"),
                ("figures-with-nothing", "/data/lines"),
                ("line-twice", "/data/lines/1"),
                ("measure-unknown", "/data/lines/2/measure"),
            ]
        );
        let mut nothing = filed(1, site, "2026-01-01", json!([]));
        nothing["nature"] = json!("figures");
        let refused = say(&server, "acme", NEXT, 2, statement("filed", nothing)).await;
        assert_eq!(refused, [("figures-missing".to_owned(), "/data/lines".to_owned())]);
        let mut far = filed(1, site, "9999-12-01", json!([]));
        far["period"] = json!("year");
        far["from"] = json!("9999-01-01");
        let refused = say(&server, "acme", NEXT, 3, statement("filed", far)).await;
        assert_eq!(refused, [("period-open".to_owned(), "/data/from".to_owned())]);
        assert!(
            say(&server, "acme", NEXT, 4, statement("filed", filed(1, site, "2026-01-01", json!([]))))
                .await
                .is_empty()
        );
        server.ledger.store.close().await;
    });
}

#[test]
fn declarations_are_for_the_party_and_the_authority_over_the_site() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(MONTH).await;
            let (_, site) = site_of("acme", None);
            for rest in ["declarations", "declarations/prefill?period=month&from=2026-03-01"] {
                server.is_for_acme_and_the_bureau(site, rest).await;
            }
            for (rest, pointer) in [
                ("declarations?after=x", "/query/after"),
                ("declarations?limit=501", "/query/limit"),
                ("declarations/prefill?period=week&from=2026-03-01", "/query/period"),
                ("declarations/prefill?period=quarter&from=2026-03-01", "/query/from"),
                ("declarations/prefill?period=month&from=2026-3-1", "/query/from"),
                ("declarations/prefill?period=month", "/query"),
            ] {
                let answer = server.read_as("acme", &format!("{}/{rest}", path(site))).await;
                assert_eq!(answer.status, 400, "{rest}: {}", answer.text);
                assert_eq!(answer.problem().1[0].1, pointer, "{rest}");
            }
            server.ledger.store.close().await;
        });
    }
}
