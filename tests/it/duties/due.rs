//! What is due: one list for a party, for several that one manager acts for, and for an authority.

use liandan::app::access::Viewer;
use liandan::app::query::DutyState;
use liandan::registry::Role;
use liandan::scenario::World;
use serde_json::{Value, json};

use super::{declaration, filed, prefilled, say, statement};
use crate::api::server::Server;
use crate::stock::{officer, site_of};
use crate::support::ledger::{block_on, databases};

const NEXT: &str = "2026-04-01T09:00:00+08:00";

#[test]
fn one_list_says_what_is_due_what_came_back_and_what_fits() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server
                .play("08:00  acme  opens  900-041-49 3 t\n08:10  acme/paint  opens  900-252-12 1 t\n=====\n")
                .await;
            let (_, plant) = site_of("acme", None);
            let (_, paint) = site_of("acme", Some("paint"));
            let march = |n, site, lines| statement("filed", filed(n, site, "2026-03-01", lines));
            let lines = prefilled(&server, "acme", plant, "2026-03-01").await;
            assert!(say(&server, "acme", NEXT, 1, march(1, plant, lines)).await.is_empty());
            let mut lines = prefilled(&server, "acme", paint, "2026-03-01").await;
            lines[0]["mass_g"] = json!(1_001_000);
            assert!(say(&server, "acme", NEXT, 2, march(2, paint, lines)).await.is_empty());
            let reasons = json!([{ "pointer": "/lines/0/mass_g", "reason": "多报一千克" }]);
            let back = statement("returned", json!({ "declaration": declaration(2), "reasons": reasons }));
            assert!(say(&server, "bureau", NEXT, 3, back).await.is_empty());
            let list = server.read_as("acme", "/api/v1/duties?on=2026-04-15").await.json();
            let seen: Vec<_> = list["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| {
                    let text = |name: &str| item[name].as_str().unwrap().to_owned();
                    (text("from"), text("due_on"), text("state"), item["fits"].clone())
                })
                .collect();
            let due = |from: &str, due: &str, state: &str, fits: Value| {
                (from.to_owned(), due.to_owned(), state.to_owned(), fits)
            };
            let of_site = [
                due("2026-01-01", "2026-02-15", "overdue", Value::Null),
                due("2026-02-01", "2026-03-15", "overdue", Value::Null),
            ];
            let mut wanted = of_site.to_vec();
            wanted.push(due("2026-03-01", "2026-04-15", "filed", json!(true)));
            wanted.extend(of_site);
            wanted.push(due("2026-03-01", "2026-04-15", "returned", json!(false)));
            assert_eq!(seen, wanted);
            let returned = &list["items"][5];
            assert_eq!(
                returned["reasons"],
                json!([{ "pointer": "/lines/0/mass_g", "reason": "多报一千克" }])
            );
            assert_eq!((&returned["differing"], &returned["class"]), (&json!(1), &json!("key")));
            assert_eq!(server.read_as("swift", "/api/v1/duties").await.json()["items"], json!([]));
            for (rest, pointer) in
                [("on=2026-4-1", "/query/on"), ("after=x", "/query/after"), ("limit=501", "/query/limit")]
            {
                let answer = server.read_as("acme", &format!("/api/v1/duties?{rest}")).await;
                assert_eq!((answer.status, answer.problem().1[0].1.as_str()), (400, pointer), "{rest}");
            }
            server.ledger.store.close().await;
        });
    }
}

/// Four firms have swift declare for them. Two others do not: one has it do something else, one no longer.
const MANAGED: &str = "
    08:00  acme    mandates  swift for declaration.filed until 2026-12-31
    08:01  ruby    mandates  swift for declaration.filed until 2026-12-31
    08:02  clinic  mandates  swift for declaration.filed until 2026-12-31
    08:03  resin   mandates  swift for declaration.filed + waste.generated until 2026-12-31
    08:04  pharma  mandates  swift for waste.generated until 2026-12-31
    08:04  pharma  mandates  acme for declaration.filed until 2026-12-31
    08:05  garage  mandates  swift for declaration.filed until 2026-12-31
    08:06  garage  revokes   mandate of swift
    =====
";

/// A manager's list is one list, whoever has it act for them, and an authority's holds what lies in its division.
#[test]
fn a_list_over_several_parties_comes_in_pages_of_sites() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(MANAGED).await;
            let manager = Viewer::Party {
                party: World::embedded().party("swift").unwrap().uscc,
                role: Role::Operator,
                kid: World::embedded().key("swift", Role::Operator).kid(),
            };
            let on = Some("2026-04-15".parse().unwrap());
            let app = &server.ledger.app;
            let whole = app.duties(&manager, on, None, 500).await.unwrap();
            // Four sites of key units with three months each, one quarter of a simplified unit; the clinic declares by the year.
            assert_eq!((whole.items.len(), whole.next), (4 * 3 + 1, None));
            assert!(whole.items.iter().all(|item| matches!(item.state, DutyState::Due | DutyState::Overdue)));
            let (mut paged, mut after) = (Vec::new(), None);
            loop {
                let page = app.duties(&manager, on, after, 2).await.unwrap();
                paged.extend(page.items.iter().map(|item| item.duty));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(paged, whole.items.iter().map(|item| item.duty).collect::<Vec<_>>());
            let all = app.duties(&officer(), on, None, 500).await.unwrap();
            assert!(all.items.len() > whole.items.len());
            let Viewer::Authority { party, role, kid, .. } = officer() else { panic!() };
            let county = Viewer::Authority { party, division: "371302".parse().unwrap(), role, kid };
            let seen = app.duties(&county, on, None, 500).await.unwrap();
            assert!(
                !seen.items.is_empty()
                    && seen.items.iter().all(|item| item.site.division.to_string() == "371302")
            );
            // Who looks as another party lists nothing of those that mandated that one: mandates are not passed on.
            let Viewer::Party { role, kid, .. } = manager else { panic!() };
            let acme = World::embedded().party("acme").unwrap().uscc;
            let through = app.duties(&Viewer::Party { party: acme, role, kid }, on, None, 500).await.unwrap();
            assert!(!through.items.is_empty() && through.items.iter().all(|item| item.site.party == acme));
            assert!(app.duties(&Viewer::Public, on, None, 500).await.unwrap().items.is_empty());
            server.ledger.store.close().await;
        });
    }
}
