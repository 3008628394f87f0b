//! Label numbers: lent once, to whoever prints for a party, whatever is sent twice or at the same time.

use std::collections::BTreeSet;

use liandan::app::labels::{MAX_BLOCKS_A_DAY, WantedBlock};
use liandan::catalogue::LabelCode;
use liandan::id::LeaseId;
use liandan::scenario::World;
use serde_json::{Value, json};

use super::server::{Answer, Server, claims, now_s, office_key, sign_token};
use crate::support::ledger::{block_on, databases};

const BLOCKS: &str = "/api/v1/label-blocks";

/// The nth lease of a device.
fn lease(n: u32) -> String {
    format!("01890a5d-ac96-774b-bcce-b3020000{n:04x}")
}

fn wanted(n: u32, count: u16) -> Value {
    json!({ "lease": lease(n), "code": "900-041-49", "on": "2026-01-06", "count": count })
}

async fn ask(server: &Server, label: &str, wanted: &Value) -> Answer {
    let request = server.client.post(server.url(BLOCKS)).bearer_auth(server.token(label));
    Answer::of(request.body(wanted.to_string()).send().await.unwrap()).await
}

fn run(block: &Value) -> (u64, u64) {
    (block["first"].as_u64().unwrap(), block["last"].as_u64().unwrap())
}

#[test]
fn numbers_are_lent_once_and_the_same_lease_gets_the_same_again() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let first = ask(&server, "acme", &wanted(1, 50)).await;
            assert_eq!((first.status, run(&first.json())), (201, (1, 50)), "{}", first.text);
            let labels = first.json()["labels"].as_array().unwrap().clone();
            let acme = World::embedded().party("acme").unwrap().uscc;
            for (serial, label) in (1..).zip(&labels) {
                let label: LabelCode = label.as_str().unwrap().parse().unwrap();
                assert_eq!((label.uscc(), label.serial()), (acme, serial));
                assert_eq!(
                    (label.code().to_string(), label.on().to_string()),
                    ("900-041-49".into(), "2026-01-06".into())
                );
            }
            assert_eq!(labels.len(), 50);

            let again = ask(&server, "acme", &wanted(1, 50)).await;
            assert_eq!((again.status, &again.text), (200, &first.text));
            let other = ask(&server, "acme", &wanted(1, 51)).await;
            assert_eq!((other.status, other.problem().1[0].0.as_str()), (422, "lease-used"));
            let elsewhere = ask(&server, "ruby", &wanted(1, 3)).await;
            assert_eq!(run(&elsewhere.json()), (1, 3), "a lease is a name among those of one party");

            assert_eq!(run(&ask(&server, "acme", &wanted(2, 900)).await.json()), (51, 950));
            for (n, count, left) in [(3, 50, "49"), (4, 999, "49")] {
                let refused = ask(&server, "acme", &wanted(n, count)).await;
                assert_eq!((refused.status, refused.problem().1[0].0.as_str()), (422, "labels-exhausted"));
                assert!(
                    refused.json()["errors"][0]["zh"].as_str().unwrap().contains(left),
                    "{}",
                    refused.text
                );
                assert!(
                    refused.json()["errors"][0]["en"].as_str().unwrap().contains(left),
                    "{}",
                    refused.text
                );
            }
            assert_eq!(run(&ask(&server, "acme", &wanted(5, 49)).await.json()), (951, 999));
            assert_eq!(ask(&server, "acme", &wanted(6, 1)).await.problem().1[0].0, "labels-exhausted");
            for (n, member, value) in [(7, "code", "900-249-08"), (8, "on", "2026-01-07")] {
                let mut another = wanted(n, 2);
                another[member] = json!(value);
                assert_eq!(run(&ask(&server, "acme", &another).await.json()), (1, 2), "{member}");
            }
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn blocks_lent_at_the_same_time_do_not_overlap() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let (one, two) = (wanted(1, 5), wanted(2, 5));
            let mut asked: Vec<Value> = (10..50).map(|n| wanted(n, 20)).collect();
            // The same lease, several times at once.
            asked.extend([one.clone(), two.clone(), one.clone(), two, one]);
            let answers =
                futures::future::join_all(asked.iter().map(|wanted| ask(&server, "acme", wanted))).await;
            let blocks: Vec<Value> = answers.iter().map(Answer::json).collect();
            let runs: BTreeSet<(u64, u64)> = blocks.iter().map(run).collect();
            assert_eq!(runs.len(), 42, "{runs:?}");
            let numbers: Vec<u64> = runs.iter().flat_map(|(first, last)| *first..=*last).collect();
            assert_eq!(numbers, (1..=40 * 20 + 2 * 5).collect::<Vec<u64>>(), "no gap, no overlap");
            assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 42);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn a_party_sees_its_own_blocks_page_by_page() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            for n in 1..=5 {
                assert_eq!(ask(&server, "acme", &wanted(n, 10)).await.status, 201);
            }
            assert_eq!(ask(&server, "ruby", &wanted(1, 1)).await.status, 201);
            let leases = |page: &Value| -> Vec<String> {
                let items = page["items"].as_array().unwrap();
                items.iter().map(|item| item["lease"].as_str().unwrap().to_owned()).collect()
            };
            let newest_first: Vec<String> = (1..=5).rev().map(lease).collect();
            let whole = server.read_as("acme", BLOCKS).await.json();
            assert_eq!(leases(&whole), newest_first);
            assert!(whole["items"][0].get("labels").is_none(), "a list does not repeat every label");
            let mut path = format!("{BLOCKS}?limit=2");
            let mut paged = Vec::new();
            loop {
                let page = server.read_as("acme", &path).await.json();
                paged.extend(leases(&page));
                let Some(next) = page["next"].as_str() else { break };
                path = format!("{BLOCKS}?limit=2&after={next}");
            }
            assert_eq!(paged, newest_first);
            assert_eq!(leases(&server.read_as("ruby", BLOCKS).await.json()), [lease(1)]);
            for label in ["swift", "bureau"] {
                assert!(leases(&server.read_as(label, BLOCKS).await.json()).is_empty(), "{label}");
            }
            let bad = server.read_as("acme", &format!("{BLOCKS}?after=x")).await;
            assert_eq!(bad.problem().1, [("query-malformed".to_owned(), "/query/after".to_owned())]);
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn only_who_speaks_for_a_party_about_waste_gets_numbers() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let refused = ask(&server, "bureau", &wanted(1, 1)).await;
        assert_eq!((refused.status, refused.problem().1[0].0.as_str()), (403, "role"));
        let world = World::embedded();
        let driver = world.key("swift", world.party("swift").unwrap().gate());
        let now = now_s(server.ledger.clock.now());
        for (token, status) in [
            (sign_token(&claims(now, now + 60), &driver), 403),
            (sign_token(&claims(now, now + 301), &office_key("acme")), 401),
            ("a.b".to_owned(), 401),
        ] {
            let request = server.client.post(server.url(BLOCKS)).bearer_auth(token);
            let answer = Answer::of(request.body(wanted(1, 1).to_string()).send().await.unwrap()).await;
            assert_eq!(answer.status, status, "{}", answer.text);
        }
        let bare = server.upload(BLOCKS, wanted(1, 1).to_string()).await;
        assert_eq!(bare.problem().1, [("token-missing".to_owned(), "/header/authorization".to_owned())]);
        let first = ask(&server, "acme", &wanted(1, 1)).await;
        assert_eq!(run(&first.json()), (1, 1), "whoever was refused took nothing");
    });
}

#[test]
fn what_cannot_be_read_is_refused_with_its_place() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let with = |member: &str, value: Value| {
            let mut body = wanted(1, 1);
            body[member] = value;
            body.to_string()
        };
        for (body, status, code, pointer) in [
            (String::new(), 400, "body-malformed", ""),
            (format!("[\"{}\", \"900-041-49\", \"2026-01-06\", 1]", lease(1)), 400, "body-malformed", ""),
            (with("lease", json!("01890a5d-ac96-474b-bcce-b302099a8057")), 400, "body-malformed", "/lease"),
            (with("lease", json!("01890a5d-ac96-874b-bcce-b302099a8057")), 400, "lease-malformed", "/lease"),
            (with("code", json!("900-041-51")), 400, "body-malformed", "/code"),
            (with("on", json!("2026-02-30")), 400, "body-malformed", "/on"),
            (with("count", json!(1.5)), 400, "body-malformed", "/count"),
            (with("count", json!(0)), 400, "label-count", "/count"),
            (with("count", json!(1_000)), 400, "label-count", "/count"),
            (with("more", json!(1)), 400, "body-malformed", "/more"),
            (with("on", json!("2024-12-31")), 422, "label-day", "/on"),
            (with("on", json!("9999-12-31")), 422, "label-day", "/on"),
            (" ".repeat(5_000), 413, "body-too-large", ""),
        ] {
            let request = server.client.post(server.url(BLOCKS)).bearer_auth(server.token("acme"));
            let answer = Answer::of(request.body(body.clone()).send().await.unwrap()).await;
            assert_eq!(answer.status, status, "{body}: {}", answer.text);
            assert_eq!(answer.problem().1, [(code.to_owned(), pointer.to_owned())], "{body}");
        }
        assert!(server.read_as("acme", BLOCKS).await.json()["items"].as_array().unwrap().is_empty());
    });
}

#[test]
fn a_party_cannot_fill_the_database_with_blocks() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let (world, now) = (World::embedded(), server.ledger.clock.now());
        let acme = liandan::app::access::Viewer::Party {
            party: world.party("acme").unwrap().uscc,
            role: world.party("acme").unwrap().office(),
            kid: office_key("acme").public().kid(),
        };
        let ask = |n: u64| {
            let day = now.to_utc().date_naive() + chrono::Days::new(n / 500);
            let lease: LeaseId = lease(u32::try_from(n).unwrap()).parse().unwrap();
            let wanted = WantedBlock { lease, code: "900-041-49".parse().unwrap(), on: day, count: 1 };
            server.ledger.app.lend_labels(&acme, wanted)
        };
        for n in 0..MAX_BLOCKS_A_DAY {
            ask(n).await.unwrap();
        }
        let refused = ask(MAX_BLOCKS_A_DAY).await.unwrap_err();
        assert!(refused.to_string().contains("label-blocks-exhausted"), "{refused}");
        assert!(!ask(0).await.unwrap().is_new, "what was lent is still told");
        server.ledger.clock.set(now.plus_hours(24));
        assert!(ask(MAX_BLOCKS_A_DAY).await.unwrap().is_new, "a day later");
    });
}

const TWO_SITES: &str = "
    08:00  acme        generates  L1  900-041-49 600 kg  in 2 drums  labelled 1
    09:00  acme/paint  generates  L2  900-041-49 400 kg  in 1 drums of 200 l  labelled 2
    10:00  acme        repacks    900-041-49 100 kg from L1 gives L3 100 kg 900-041-49 in 1 drums  labelled 2
    =====
";

fn acmes_label(serial: u16) -> String {
    format!("{}9000414920260302{serial:03}", World::embedded().party("acme").unwrap().uscc)
}

fn containers(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["containers"].as_array().unwrap().clone()
}

#[test]
fn a_label_tells_its_containers_to_those_who_may_see_their_lots() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(TWO_SITES).await;
            let path = format!("/api/v1/labels/{}", acmes_label(2));
            let read = server.read_as("acme", &path).await;
            let borne = containers(&read);
            assert_eq!(borne.len(), 3, "{}", read.text);
            let ids: BTreeSet<String> =
                borne.iter().map(|container| container["container"].to_string()).collect();
            assert_eq!(ids.len(), 3);
            assert_eq!((&borne[1]["mass_g"], &borne[1]["litres"]), (&json!(400_000), &json!(200)));
            assert!(borne.iter().all(|container| container["label"] == json!(acmes_label(2))));
            let view = read.json();
            assert_eq!((&view["label"], &view["is_spelled"]), (&json!(acmes_label(2)), &json!(true)));
            assert_eq!(
                (&view["code"]["code"], &view["code"]["on"], &view["code"]["serial"]),
                (&json!("900-041-49"), &json!("2026-03-02"), &json!(2))
            );
            let loose = format!("/api/v1/labels/{}%20", acmes_label(2).to_lowercase());
            let loose = server.read_as("acme", &loose).await;
            assert_eq!(
                (loose.json()["is_spelled"].clone(), containers(&loose)),
                (json!(false), borne.clone())
            );

            for (label, seen) in [("bureau", 3), ("ruby", 0), ("phoenix", 0)] {
                assert_eq!(containers(&server.read_as(label, &path).await).len(), seen, "{label}");
                let findings = server.read_as(label, "/api/v1/findings?rule=label-reused").await.json();
                assert_eq!(findings["items"].as_array().unwrap().len(), usize::from(seen > 0), "{label}");
            }
            let finding = server.read_as("acme", "/api/v1/findings?rule=label-reused").await.json();
            let finding = &finding["items"][0];
            assert_eq!(
                (&finding["severity"], &finding["subject"]["kind"]),
                (&json!("minor"), &json!("label"))
            );
            assert_eq!(finding["figures"]["containers"], json!(3));

            let lot = borne[0]["lot"].as_str().unwrap();
            let of_lot = containers(&server.read_as("acme", &format!("/api/v1/lots/{lot}")).await);
            let labels: BTreeSet<&str> =
                of_lot.iter().map(|container| container["label"].as_str().unwrap()).collect();
            assert_eq!(labels, BTreeSet::from([&*acmes_label(1), &*acmes_label(2)]));

            let elements = server.read_as("acme", "/api/v1/labels/%5DC14146901234567892").await.json();
            assert_eq!(elements["label"], json!("(414)6901234567892"));
            assert_eq!(elements["elements"], json!([{ "ai": "414", "value": "6901234567892" }]));
            for label in ["acme", "ruby"] {
                let bad = server.read_as(label, "/api/v1/labels/9111O").await;
                assert_eq!(
                    (bad.status, bad.problem().1),
                    (400, vec![("label-malformed".to_owned(), "/path".to_owned())])
                );
            }
            server.ledger.store.close().await;
        });
    }
}

/// A party puts a label on a container of its own that the script would not give it.
async fn fill(server: &Server, party: &str, lot: &str, label: &str) {
    let text =
        format!("10:00  {party}  generates  {lot}  900-041-49 100 kg  in 1 drums  labelled 999\n=====\n");
    let signed = super::server::sign_script(&text);
    let payload = String::from_utf8(signed.acts[0].envelope.payload().to_vec()).unwrap();
    let own = format!("{}9000414920260302999", World::embedded().party(party).unwrap().uscc);
    assert!(payload.contains(&own));
    let mut payload = payload.replace(&own, label);
    // Scripts of one shape make the same ids: each call fills a container of its own.
    let own_end: String = lot.bytes().map(|byte| format!("{byte:02x}")).collect();
    for field in ["\"act\":\"", "\"container\":\"", "\"lot\":\""] {
        let end = payload.find(field).unwrap() + field.len() + 36;
        payload.replace_range(end - own_end.len()..end, &own_end);
    }
    let typ = liandan::ledger::Typ::Event;
    let envelope = liandan::ledger::Envelope::sign(typ, payload.as_bytes(), &office_key(party));
    assert_eq!(server.upload("/api/v1/events", envelope.into_compact()).await.status, 201);
}

#[test]
fn nobody_learns_from_a_finding_which_labels_others_used() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(TWO_SITES).await;
            let path = "/api/v1/findings?rule=label-reused";
            let before = server.read_as("acme", path).await.json();
            // One guess each: a label that Acme used once, one it used three times, and one it never used.
            for (lot, serial) in [("G1", 1), ("G2", 2), ("G3", 500)] {
                fill(&server, "ruby", lot, &acmes_label(serial)).await;
            }
            let told = server.read_as("ruby", path).await.json();
            assert_eq!(told["items"], json!([]), "{told}");
            assert_eq!(server.read_as("acme", path).await.json()["items"], before["items"]);
            // Guessed twice: of its own two drums a party is told, and the same whether others used the label or not.
            for (lot, serial) in [("H1", 1), ("H2", 2), ("H3", 500)] {
                fill(&server, "ruby", lot, &acmes_label(serial)).await;
            }
            let told = server.read_as("ruby", path).await;
            let findings = told.json()["items"].as_array().unwrap().clone();
            assert_eq!(findings.len(), 3, "{}", told.text);
            assert!(findings.iter().all(|finding| finding["figures"]["containers"] == json!(2)));
            let acme = World::embedded().party("acme").unwrap();
            for finding in &findings {
                let id = finding["id"].as_str().unwrap();
                let detail = server.read_as("ruby", &format!("/api/v1/findings/{id}")).await;
                assert_eq!(detail.status, 200, "{}", detail.text);
                let mut shown = detail.json();
                shown["figures"] = json!(null);
                shown["steps"]
                    .as_array_mut()
                    .into_iter()
                    .flatten()
                    .for_each(|step| step["figures"] = json!(null));
                assert!(!shown.to_string().contains(&acme.uscc.to_string()), "{}", detail.text);
            }
            assert_eq!(server.read_as("acme", path).await.json()["items"], before["items"]);
            // Authorities see those, Acme's own, and what stands between the two.
            let seen = server.read_as("bureau", path).await.json();
            assert_eq!(seen["items"].as_array().unwrap().len(), 3 + 1 + 2, "{seen}");
            server.ledger.store.close().await;
        });
    }
}

#[test]
fn numbers_that_stand_on_containers_already_are_not_lent() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        server.play(TWO_SITES).await;
        // What others print under somebody's name takes nothing from it.
        fill(&server, "ruby", "L9", &acmes_label(999)).await;
        let mut asked = wanted(1, 10);
        asked["on"] = json!("2026-03-02");
        assert_eq!(run(&ask(&server, "acme", &asked).await.json()), (3, 12));
    });
}
