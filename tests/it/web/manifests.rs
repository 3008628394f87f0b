//! The page of a manifest.

use std::collections::BTreeSet;

use liandan::id::LotId;
use liandan::scenario::World;
use liandan::web::WebMode;

use super::{Pages, attributes};
use crate::api::manifests::largest::largest;
use crate::api::manifests::{TWO_FOLLOW, WEIGHED_TOGETHER};
use crate::api::server::sign_script;
use crate::support::ledger::{Ledger, block_on, databases};

#[test]
fn manifests_that_follow_are_linked_for_whoever_may_see_them() {
    block_on(async {
        let database = databases().remove(0);
        let ledger = Ledger::found(&database.url).await;
        let played = sign_script(TWO_FOLLOW);
        for act in &played.acts {
            ledger.send(act).await.unwrap();
        }
        let [first, second, third] =
            ["M1", "M2", "M3"].map(|label| format!("/manifests/{}", played.names.manifest(label).unwrap()));
        let pages = Pages::serve(&ledger.app, WebMode::Demo).await;
        let linked = async |label: Option<&str>, path: &str| {
            let party = label.map(|label| World::embedded().party(label).unwrap().uscc);
            let view = party.map_or_else(String::new, |party| format!("view={party}; "));
            let answer = pages.with_cookie(&format!("{view}lang=en")).get(path).await;
            assert_eq!(answer.status, 200, "{label:?} {path}");
            let links = attributes(&answer.body, "href");
            let links =
                [&first, &second, &third].map(|manifest| path != manifest && links.contains(manifest));
            (links, answer.body.contains("Carries on"), answer.body.contains("Followed by"))
        };
        for label in [None, Some("phoenix")] {
            assert_eq!(linked(label, &first).await, ([false, true, true], false, true), "{label:?}");
            assert_eq!(linked(label, &second).await, ([true, false, false], true, false), "{label:?}");
        }
        for (label, path) in [("acme", &first), ("swift", &first), ("crane", &second), ("harbor", &third)] {
            assert_eq!(linked(Some(label), path).await, ([false; 3], false, false), "{label}");
        }
        ledger.store.close().await;
    });
}

#[test]
fn shares_of_a_weighing_are_marked_as_computed() {
    block_on(async {
        let database = databases().remove(0);
        let ledger = Ledger::found(&database.url).await;
        let played = sign_script(WEIGHED_TOGETHER);
        for act in &played.acts {
            ledger.send(act).await.unwrap();
        }
        let path = format!("/manifests/{}", played.names.manifest("M1").unwrap());
        let pages = Pages::serve(&ledger.app, WebMode::Demo).await;
        for (cookie, title, computed) in [
            ("lang=zh", "车次过磅", "分摊，计算值（吨）"),
            ("lang=en", "Weighings of the whole run", "Share, computed (t)"),
        ] {
            let body = pages.with_cookie(cookie).get(&path).await.body;
            let (_, table) = body.split_once(&format!("<h2>{title}</h2>")).unwrap();
            let table = table.split("</table>").next().unwrap();
            assert!(table.contains(computed), "{table}");
            for figure in ["0.398999", "0.200", "0.199499", "0.100", "0.09975"] {
                assert!(table.contains(&format!(">{figure}<")), "{figure}: {table}");
            }
        }
        ledger.store.close().await;
    });
}

#[test]
fn the_page_of_the_largest_manifest_shows_every_line() {
    block_on(async {
        let database = databases().remove(0);
        let ledger = Ledger::found(&database.url).await;
        let played = sign_script(&largest());
        for act in &played.acts {
            ledger.send(act).await.unwrap();
        }
        let manifest = played.names.manifest("M1").unwrap();
        let pages = Pages::serve(&ledger.app, WebMode::Demo).await;
        let answer = pages.get(&format!("/manifests/{manifest}")).await;
        let links: BTreeSet<String> = attributes(&answer.body, "href").into_iter().collect();
        let lines = (1..=256).map(|line| format!("/lots/{}", LotId::of_line(manifest, line)));
        assert!(answer.status == 200 && lines.into_iter().all(|line| links.contains(&line)));
        assert!(answer.body.len() <= 512 * 1024, "{} bytes", answer.body.len());
        ledger.store.close().await;
    });
}

#[test]
fn the_search_finds_what_is_typed_and_names_what_cannot_be_read() {
    block_on(async {
        let database = databases().remove(0);
        let ledger = Ledger::found(&database.url).await;
        let played = sign_script(TWO_FOLLOW);
        for act in &played.acts {
            ledger.send(act).await.unwrap();
        }
        let paths =
            ["M1", "M2", "M3"].map(|label| format!("/manifests/{}", played.names.manifest(label).unwrap()));
        let pages = Pages::serve(&ledger.app, WebMode::Demo).await;
        let phoenix = World::embedded().party("phoenix").unwrap().uscc;
        let pages = pages.with_cookie(&format!("view={phoenix}; lang=en"));
        for (query, found) in [
            ("code=hw49", [true, true, true]),
            ("plate=%E9%B2%81q%C2%B710001", [true, false, false]),
            ("role=consignor&text=haizhou", [false, false, true]),
            ("from=2026-03-03&to=2026-03-03", [false, true, true]),
            ("erp_no=none", [false; 3]),
        ] {
            let answer = pages.get(&format!("/manifests?number=&status=&{query}")).await;
            let links = attributes(&answer.body, "href");
            assert_eq!(paths.clone().map(|path| links.contains(&path)), found, "{query}");
        }
        for (query, field) in [("plate=1", "Plate"), ("code=HW99", "Waste code"), ("division=37", "Division")]
        {
            let answer = pages.get(&format!("/manifests?{query}")).await;
            let says = format!("“{field}” cannot be read; nothing was looked for.");
            assert!(answer.status == 200 && answer.body.contains(&says), "{query}");
        }
        let tasks = pages.get("/tasks").await;
        assert!(
            tasks.body.contains("countersign") || tasks.body.contains("explain a finding"),
            "{}",
            tasks.body
        );
        ledger.store.close().await;
    });
}

/// A receipt that reaches the ledger late: two log sizes tell two states of one manifest.
const RECEIVED: &str = "
    08:00  acme     opens      900-041-49 1 t
    09:00  acme     registers  M1  900-041-49 1 t  acme > swift > phoenix
    09:20  acme     hands      M1  to swift
    11:05  swift    hands      M1  to phoenix
    11:30  phoenix  receives   M1  998 kg
    =====
";

#[test]
fn what_a_record_changed_is_told_value_by_value() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let played = sign_script(RECEIVED);
            let mut indexes = Vec::new();
            for act in &played.acts {
                indexes.push(ledger.send(act).await.unwrap().index);
            }
            let path = format!("/manifests/{}", played.names.manifest("M1").unwrap());
            let pages = Pages::serve(&ledger.app, WebMode::Demo).await.with_cookie("lang=en");
            let [.., received] = indexes[..] else { panic!() };
            let by_receipt = format!("{path}/changes?from={received}&until={}", received + 1);
            let chain = pages.get(&path).await;
            assert!(attributes(&chain.body, "href").contains(&by_receipt), "the record leads there");
            let changed = async |path: &str| {
                let page = pages.get(path).await;
                assert_eq!(page.status, 200, "{path}");
                let cell = |row: &str, tag: &str| {
                    row.split_once(&format!("<{tag}>"))
                        .and_then(|(_, rest)| rest.split_once("</"))
                        .map(|(text, _)| text.to_owned())
                };
                let rows: Vec<(Option<String>, Option<String>)> = page
                    .body
                    .split("<tr")
                    .map(|row| (cell(row, "del"), cell(row, "ins")))
                    .filter(|row| row.0.is_some())
                    .collect();
                rows
            };
            let pair = |was: &str, is: &str| (Some(was.to_owned()), Some(is.to_owned()));
            let rows = changed(&by_receipt).await;
            assert!(rows.contains(&pair("delivered, to be accepted", "accepted")), "{rows:?}");
            assert!(rows.contains(&pair("—", "998\u{202f}kg")), "{rows:?}");
            assert!(!rows.iter().any(|(was, is)| was == is), "{rows:?}");
            // From before it was known: everything is new. From now to now: nothing.
            let rows = changed(&format!("{path}/changes?from={}", indexes[1])).await;
            assert!(rows.len() > 8 && rows.iter().all(|(was, _)| was.as_deref() == Some("—")), "{rows:?}");
            assert_eq!(changed(&format!("{path}/changes?from={}", received + 1)).await, []);
            for query in ["", "?from=", "?from=-1", "?from=1&until=99999", "?from=99999", "?from=1&until=x"] {
                assert_eq!(pages.get(&format!("{path}/changes{query}")).await.status, 404, "{query}");
            }
            let ruby = World::embedded().party("ruby").unwrap().uscc;
            let stranger = pages.with_cookie(&format!("view={ruby}"));
            assert_eq!(stranger.get(&by_receipt).await.status, 404);
            ledger.store.close().await;
        });
    }
}
