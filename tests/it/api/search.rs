//! Searching manifests: what is found is what fits of what may be seen, on any page, and no filter tells of anything else.

use std::collections::BTreeSet;

use liandan::app::rebuild;
use liandan::clock::Timestamp;
use liandan::ledger::{Envelope, Typ};
use liandan::registry::Role;
use liandan::scenario::{DEMO_WEEK, Scripted, World};
use liandan::shape::Text;
use serde_json::{Value, json};

use super::manifests::{key_of, payload};
use super::reading::{all_pages, ids};
use super::server::{Server, sign_script};
use crate::support::ledger::{block_on, databases};

fn uscc(label: &str) -> String {
    World::embedded().party(label).unwrap().uscc.to_string()
}

/// What a filter finds, on pages of three.
async fn found(server: &Server, label: &str, query: &str) -> Vec<String> {
    ids(&all_pages(server, label, &format!("/api/v1/manifests?{query}&limit=3")).await, "id")
}

/// What a manifest says of itself to whom may see it: a filter, and whether it fits.
fn said(id: &str, manifest: &Value) -> BTreeSet<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut said = BTreeSet::from([format!("status={}", text(&manifest["status"]))]);
    let registration = &manifest["registration"];
    for role in ["consignor", "consignee"] {
        let party = text(&registration[role]["party"]);
        said.extend([format!("party={party}&role={role}")].into_iter().filter(|_| !party.is_empty()));
    }
    for leg in registration["legs"].as_array().into_iter().flatten() {
        said.insert(format!("party={}&role=carrier", text(&leg["carrier"])));
    }
    for party in manifest["parties"].as_array().unwrap() {
        said.insert(format!("party={}", text(&party["party"])));
    }
    for line in manifest["lines"].as_array().unwrap() {
        let code = text(&line["code"]);
        said.extend([format!("code={code}"), format!("code=HW{}", &code[8..])]);
    }
    if let Some(number) = manifest["number"].as_str() {
        let end = &number[number.len() - 4..];
        said.extend([format!("number={number}"), format!("number={end}"), format!("number={}", &end[2..])]);
    }
    assert!(!said.iter().any(String::is_empty), "{id}");
    said
}

#[test]
fn what_is_found_is_what_fits_of_what_may_be_seen() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(DEMO_WEEK).await;
            let mut asked = 0;
            for label in ["swift", "acme", "phoenix", "bureau"] {
                let all = ids(&all_pages(&server, label, "/api/v1/manifests?limit=500").await, "id");
                let mut told = Vec::new();
                for id in &all {
                    let manifest = server.read_as(label, &format!("/api/v1/manifests/{id}")).await.json();
                    told.push((id, said(id, &manifest)));
                }
                let filters: BTreeSet<&String> = told.iter().flat_map(|(_, said)| said).collect();
                let mut filters: Vec<Vec<&String>> = filters.into_iter().map(|filter| vec![filter]).collect();
                // Two at a time as well: of each status with everything else.
                let (statuses, others): (Vec<_>, Vec<_>) =
                    filters.iter().map(|one| one[0]).partition(|filter| filter.starts_with("status="));
                filters.extend(
                    others
                        .iter()
                        .step_by(3)
                        .flat_map(|other| statuses.iter().map(|status| vec![*status, *other])),
                );
                for filter in filters {
                    let fits = |said: &BTreeSet<String>| {
                        filter.iter().all(|one| match one.strip_prefix("number=") {
                            Some(end) => {
                                said.iter().any(|own| own.starts_with("number=") && own.ends_with(end))
                            }
                            None => said.contains(*one),
                        })
                    };
                    let wanted: Vec<&String> =
                        told.iter().filter(|(_, said)| fits(said)).map(|(id, _)| *id).collect();
                    let query = filter.iter().map(|one| one.as_str()).collect::<Vec<_>>().join("&");
                    assert_eq!(
                        found(&server, label, &query).await.iter().collect::<Vec<_>>(),
                        wanted,
                        "{label} {query}"
                    );
                    asked += 1;
                }
            }
            assert!(asked > 100, "{asked}");
            server.ledger.store.close().await;
        });
    }
}

const TWO_FIRMS: &str = "
    08:00  acme     opens      900-041-49 4800 kg in 4 drums labelled 1
    08:05  ruby     opens      900-249-08 2400 kg
    09:00  acme     registers  M1  900-041-49 1200 kg  acme > swift > phoenix
    09:05  ruby     registers  M2  900-249-08 1200 kg  ruby > badger > lotus
    09:10  acme     registers  M3  900-041-49 1200 kg  acme > swift > phoenix
    09:20  acme     hands      M1  to swift
    12:00  swift    hands      M1  to phoenix
    12:30  phoenix  receives   M1  all
    12:40  acme     voids      M3  \"not today\"
    Tue
    09:00  acme     registers  M4  900-041-49 1200 kg  acme > swift > phoenix
    =====
";

#[test]
fn a_desk_finds_its_own_by_what_it_knows_and_nothing_of_others() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let mut played = sign_script(TWO_FIRMS);
            // The last is registered under a business key of the consignor's own, and nobody says more of it.
            let is_registered = |act: &Scripted| payload(act)["kind"] == "manifest.registered";
            let last = played.acts.iter().rposition(is_registered).unwrap();
            played.acts.truncate(last + 1);
            let mut event = payload(&played.acts[last]);
            event["data"]["erp_no"] = json!("SO-4711%");
            let key = key_of(&played.acts[last]);
            played.acts[last].envelope = Envelope::sign(Typ::Event, event.to_string().as_bytes(), &key);
            let names = played.names.clone();
            for act in &played.acts {
                server.ledger.send(act).await.unwrap();
            }
            server.ledger.pass_time(played.ends_at).await;
            let id = |label: &str| names.manifest(label).unwrap().to_string();
            let [m1, m2, m3, m4] = ["M1", "M2", "M3", "M4"].map(id);
            let all = [&m4, &m3, &m1].map(String::as_str).to_vec();
            for (query, wanted) in [
                ("erp_no=SO-4711%25", vec![m4.as_str()]),
                ("from=2026-03-02&to=2026-03-02", vec![&m3, &m1]),
                ("from=2026-03-03", vec![&m4]),
                ("from=2026-02-27&to=2026-03-03", all.clone()),
                ("from=2026-03-04", vec![]),
                ("plate=%E9%B2%81q%C2%B710001", vec![&m3, &m1]),
                ("plate=%E9%B2%81Q10001&status=received", vec![&m1]),
                ("text=Phoenix", all.clone()),
                ("text=phoenix&from=2026-03-03", vec![&m4]),
                ("text=%25", vec![]),
                ("division=371302", all.clone()),
                ("division=371312", vec![]),
                ("role=consignor&status=voided", vec![&m3]),
                ("role=consignee", vec![]),
                ("code=90004149&role=consignor&bound=false&from=2026-03-03", vec![&m4]),
                ("bound=true", vec![]),
            ] {
                assert_eq!(found(&server, "acme", query).await, wanted, "{query}");
            }
            let loaded = played.acts.iter().find(|act| payload(act)["kind"] == "waste.collected").unwrap();
            let container = payload(loaded)["data"]["lines"][0]["containers"][0].as_str().unwrap().to_owned();
            for label in ["acme", "swift", "bureau"] {
                assert_eq!(
                    found(&server, label, &format!("container={container}")).await,
                    std::slice::from_ref(&m1),
                    "{label}"
                );
            }
            assert_eq!(found(&server, "ruby", &format!("container={container}")).await, Vec::<String>::new());
            // The key is the consignor's own business; the officer finds both firms.
            assert_eq!(found(&server, "phoenix", "erp_no=SO-4711%25").await, Vec::<String>::new());
            assert_eq!(found(&server, "bureau", "code=HW08").await, std::slice::from_ref(&m2));
            assert_eq!(
                found(&server, "bureau", "division=371302").await,
                [m4.clone(), m3.clone(), m1.clone()]
            );
            assert_eq!(found(&server, "bureau", "division=370000").await.len(), 4);
            // Whatever is true of others finds nothing, and answers as what is true of nothing.
            let theirs = server.read_as("ruby", &format!("/api/v1/manifests/{m2}")).await.json();
            let absent = server.read_as("acme", "/api/v1/manifests?number=999999").await.text;
            for query in [
                format!("number={}", theirs["number"].as_str().unwrap()),
                format!("party={}", uscc("ruby")),
                "plate=%E9%B2%81Q30001".to_owned(),
                "code=HW08".to_owned(),
                "text=ruby".to_owned(),
                "division=371312".to_owned(),
            ] {
                let answer = server.read_as("acme", &format!("/api/v1/manifests?{query}")).await;
                assert_eq!((answer.status, answer.text), (200, absent.clone()), "{query}");
            }
            server.ledger.store.close().await;
        });
    }
}

/// A statement of the authority on what phoenix is called.
fn renamed(log: &str, at: Timestamp, aliases: &[(&str, &str)]) -> String {
    let (world, name) = (World::embedded(), "临沂凤凰环保科技有限公司");
    let (phoenix, bureau) = (world.party("phoenix").unwrap(), world.authority());
    let alias = |(system, value): &(&str, &str)| json!({ "system": Text::<32>::new(*system).unwrap(), "value": value });
    let event = json!({
        "v": 1, "kind": "party.updated", "log": log, "act": "01890a5d-ac96-774b-bcce-b302099a8059",
        "for": bureau.uscc, "occurred_at": at.to_string(),
        "data": {
            "party": phoenix.uscc, "name": name, "name_en": "Phoenix", "kinds": ["operator"],
            "division": bureau.division, "aliases": aliases.iter().map(alias).collect::<Vec<_>>(),
        },
    });
    let key = world.key(&bureau.label, Role::Officer);
    Envelope::sign(Typ::Event, event.to_string().as_bytes(), &key).compact().to_owned()
}

#[test]
fn parties_and_numbers_are_found_as_people_write_them() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(TWO_FIRMS).await;
            let aliases = [("short-name", "蓝天处置"), ("epa-id", "VAD000000001")];
            let renamed = renamed(server.ledger.app.origin(), played.ends_at, &aliases);
            server.ledger.app.submit(renamed.as_bytes(), None).await.unwrap();
            let id = |label: &str| played.names.manifest(label).unwrap().to_string();
            let all = ["M4", "M3", "M1"].map(id).to_vec();
            let number = server.read_as("acme", &format!("/api/v1/manifests/{}", all[2])).await.json();
            let number = number["number"].as_str().unwrap().to_owned();
            let full_width = |text: &str| -> String {
                text.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap()).collect()
            };
            let (end, one) = (&number[number.len() - 4..], vec![all[2].clone()]);
            for again in [false, true] {
                if again {
                    // Folded again, the ledger finds the same.
                    rebuild::rebuild(&server.ledger.store, 7, |_, _| {}).await.unwrap();
                }
                for (query, wanted) in [
                    ("text=凤凰".to_owned(), &all),
                    ("text=临沂 凤凰".to_owned(), &all),
                    ("text=lyfh".to_owned(), &all),
                    ("text=ＦＨＨＢ".to_owned(), &all),
                    ("text=蓝天".to_owned(), &all),
                    ("text=ltcz".to_owned(), &all),
                    ("text=PHOENIX".to_owned(), &all),
                    ("text=lyhf".to_owned(), &vec![]),
                    // What others call it is not for everybody.
                    ("text=VAD000000001".to_owned(), &vec![]),
                    (format!("number={end}"), &one),
                    (format!("number={}", full_width(end)), &one),
                    (format!("number={}", full_width(&number).to_lowercase()), &one),
                    ("plate=鲁Q·10001&status=received".to_owned(), &one),
                    ("plate=鲁q１0001&status=received".to_owned(), &one),
                    ("code=９０００４１４９".to_owned(), &all),
                    ("code=900-041-49".to_owned(), &all),
                    ("code=ｈｗ４９".to_owned(), &all),
                ] {
                    assert_eq!(found(&server, "acme", &query).await, *wanted, "{query} {again}");
                }
                assert_eq!(found(&server, "bureau", "text=vad0000").await, all, "{again}");
                assert_eq!(found(&server, "ruby", "text=lyfh").await, Vec::<String>::new());
            }
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn what_cannot_be_looked_for_is_refused_by_name() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        for name in
            ["status", "party", "role", "code", "division", "from", "to", "plate", "erp_no", "text", "after"]
        {
            let answer = server.read_as("acme", &format!("/api/v1/manifests?{name}=%01")).await;
            let refused =
                ("malformed".to_owned(), vec![("query-malformed".to_owned(), format!("/query/{name}"))]);
            assert_eq!(answer.problem(), refused, "{name}");
        }
        let answer = server.read_as("acme", "/api/v1/manifests?container=%01").await;
        assert_eq!(answer.status, 200, "any text may stand on a label");
        server.ledger.store.close().await;
    });
}

#[test]
fn pages_stay_where_they_are_while_others_write() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let played = server.play(DEMO_WEEK).await;
            let whole = ids(&all_pages(&server, "swift", "/api/v1/manifests?limit=500").await, "id");
            let first = server.read_as("swift", "/api/v1/manifests?limit=2").await.json();
            let next = first["next"].as_str().unwrap().to_owned();
            // A manifest more, and one of those to come changes.
            drop(server.play("Wed\n 09:00 acme opens 900-041-49 900 kg\n 09:10 acme registers X1 900-041-49 900 kg acme > swift > phoenix\n =====").await);
            let rest = all_pages(&server, "swift", &format!("/api/v1/manifests?limit=2&after={next}")).await;
            assert_eq!(ids(&rest, "id"), whole[2..], "{}", played.acts.len());
            server.ledger.store.close().await;
        });
    }
}
