//! Notices: made once for each cause, for whom it concerns; read, done, and sent further up when nobody looks.

use liandan::app::App;
use liandan::app::notices::KEPT_DAYS;
use liandan::clock::Timestamp;
use liandan::id::NoticeId;
use liandan::ledger::SigningKey;
use liandan::registry::Role;
use liandan::scenario::World;
use liandan::store::notice::{self, Addressee, ReadBy, StoredNotice};
use liandan::store::{Sql, Store, params};
use serde_json::{Value, json};

use super::manifests::payload;
use super::server::{Server, claims, now_s, office_key, sign_token};
use crate::divisions::Offices;
use crate::durability::week;
use crate::support::ledger::{Ledger, block_on, databases, settings};
use crate::support::pen::Pen;

/// A load of acme's that arrives light at phoenix: the finding concerns both, and a case is opened.
const SCRIPT: &str = "08:00 acme opens L1 900-041-49 2400 kg
    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
    09:20 acme hands M1 to swift
    16:05 swift hands M1 to phoenix
    16:30 phoenix receives M1 1120 kg
    17:00 bureau opens case C1 on phoenix \"say where 80 kg went\" due 2026-03-10 from mass-discrepancy M1
    =====";

/// What ruby does, which is nobody else's business.
const RIVALS: &str = "10:00 ruby opens L7 900-249-08 2400 kg
    11:00 ruby registers M7 900-249-08 1200 kg ruby > heron > lotus
    =====";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn list_with(server: &Server, token: &str, query: &str) -> Value {
    let answer = server.read_with(token, &format!("/api/v1/notices?limit=500&{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

async fn list(server: &Server, label: &str) -> Vec<Value> {
    list_with(server, &server.token(label), "").await["items"].as_array().unwrap().clone()
}

/// The kinds that a party is told of, the first one first.
async fn kinds(server: &Server, label: &str) -> Vec<String> {
    list(server, label).await.iter().rev().map(|one| one["kind"].as_str().unwrap().to_owned()).collect()
}

fn sorted(kinds: &[&str]) -> Vec<String> {
    let mut kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    kinds.sort();
    kinds
}

async fn sorted_kinds(server: &Server, label: &str) -> Vec<String> {
    let mut kinds = kinds(server, label).await;
    kinds.sort();
    kinds
}

fn named<'a>(notices: &'a [Value], kind: &str) -> &'a Value {
    notices.iter().find(|one| one["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {notices:#?}"))
}

fn token_of(server: &Server, key: &SigningKey) -> String {
    let now = now_s(server.ledger.clock.now());
    sign_token(&claims(now, now + 60), key)
}

async fn read(server: &Server, token: String, id: &Value, rest: &str) -> (u16, Value) {
    let path = format!("/api/v1/notices/{}/{rest}", id.as_str().unwrap());
    let answer = server.client.post(server.url(&path)).bearer_auth(token).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}

#[test]
fn each_is_told_of_what_concerns_it_once_and_of_no_rival() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let app: &App = &server.ledger.app;
            app.make_notices().await.unwrap();
            let founding = list(&server, "acme").await.len();
            server.play(SCRIPT).await;
            // In pieces, as they come, and all of them once more: nothing is told twice.
            assert!(app.make_notices().await.unwrap() > 0);
            let told = list(&server, "phoenix").await;
            let mut tx = server.ledger.store.write().await.unwrap();
            let stands = notice::cursor(&mut tx, "outbox").await.unwrap().unwrap();
            assert!(notice::move_cursor(&mut tx, "outbox", stands, 0).await.unwrap());
            tx.commit().await.unwrap();
            assert_eq!(app.make_notices().await.unwrap(), 0);
            assert_eq!(list(&server, "phoenix").await, told);

            let wanted = ["case-opened", "finding", "finding", "load-delivered", "manifest-to-confirm"];
            assert_eq!(sorted_kinds(&server, "phoenix").await, sorted(&wanted));
            let of_acme = list(&server, "acme").await;
            let (new, old) = of_acme.split_at(of_acme.len() - founding);
            assert!(!new.is_empty() && new.iter().all(|one| one["kind"] == "finding"), "{new:#?} {old:#?}");
            assert_eq!(
                sorted_kinds(&server, "swift").await,
                sorted(&["finding", "finding", "manifest-to-assign"])
            );
            assert_eq!(sorted_kinds(&server, "ruby").await, Vec::<String>::new());
            // Who drives was told so, and of nothing else.
            let driver = list_with(&server, &server.token_of("swift", Role::Driver), "").await;
            let driver = driver["items"].as_array().unwrap();
            assert_eq!((driver.len(), &driver[0]["kind"]), (1, &json!("manifest-assigned")));
            // What is about a manifest leads there, by its number.
            let delivered = named(&told, "load-delivered");
            assert!(delivered["manifest_number"].is_string(), "{delivered}");
            assert_eq!(
                delivered["link"],
                format!("/manifests/{}", delivered["subject"]["id"].as_str().unwrap())
            );

            let before = [list(&server, "acme").await, list(&server, "phoenix").await];
            server.play(RIVALS).await;
            app.make_notices().await.unwrap();
            assert_eq!([list(&server, "acme").await, list(&server, "phoenix").await], before);
            assert_eq!(sorted_kinds(&server, "lotus").await, sorted(&["manifest-to-confirm"]));
            // Nobody reads what is not for it, or marks it.
            let of_lotus = list(&server, "lotus").await;
            let foreign = &named(&of_lotus, "manifest-to-confirm")["id"];
            let path = format!("/api/v1/notices/{}", foreign.as_str().unwrap());
            for label in ["acme", "bureau"] {
                assert_eq!(server.read_as(label, &path).await.status, 404, "{label}");
                assert_eq!(read(&server, server.token(label), foreign, "read").await.0, 404, "{label}");
                assert_eq!(read(&server, server.token(label), foreign, "read-up-to").await.0, 404, "{label}");
            }
        });
    }
}

#[test]
fn what_is_to_be_done_is_settled_by_being_done_and_the_rest_by_being_read() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(SCRIPT).await;
            server.ledger.app.make_notices().await.unwrap();
            let told = list(&server, "phoenix").await;
            for (kind, is_done) in [
                ("manifest-to-confirm", true),
                ("load-delivered", true),
                ("case-opened", false),
                ("finding", false),
            ] {
                let notice = named(&told, kind);
                assert_eq!(
                    (notice["done_at"].is_string(), &notice["is_task"]),
                    (is_done, &json!(true)),
                    "{kind}"
                );
            }
            let unread = async |token: String| list_with(&server, &token, "").await["unread"].clone();
            assert_eq!(unread(server.token("phoenix")).await, 3);

            // Another key of the party has a list of its own, and sees who read what.
            let administrator = SigningKey::from_seed([78; 32]);
            let offices = Offices::with_a_branch(&server.ledger).await;
            let phoenix = World::embedded().party("phoenix").unwrap().uscc;
            offices.enrols(&administrator, offices.invitation(phoenix, "administrator", None)).await.unwrap();
            server.ledger.app.make_notices().await.unwrap();
            let admin = || token_of(&server, &administrator);
            assert_eq!(unread(admin()).await, 5, "the same, and which keys were enrolled");
            let case = &named(&told, "case-opened")["id"];
            let (status, answer) = read(&server, server.token("phoenix"), case, "read").await;
            assert_eq!((status, answer["read_at"].is_string()), (200, true), "{answer}");
            assert_eq!(answer["read_by"], json!([]), "an operator oversees nobody");
            assert_eq!((unread(server.token("phoenix")).await, unread(admin()).await), (json!(2), json!(5)));
            let path = format!("/api/v1/notices/{}", case.as_str().unwrap());
            let seen = server.read_with(&admin(), &path).await.json();
            assert_eq!(seen["read_by"][0]["kid"], office_key("phoenix").public().kid().to_string());
            assert_eq!(seen["read_at"], Value::Null);
            // Read twice is read once.
            let again = read(&server, server.token("phoenix"), case, "read").await.1;
            assert_eq!(again["read_at"], answer["read_at"]);

            let last = &list_with(&server, &admin(), "").await["items"][0]["id"];
            let (status, all) = read(&server, admin(), last, "read-up-to").await;
            assert_eq!((status, &all["more"]), (200, &json!(false)), "{all}");
            assert_eq!(all["read"], 7);
            assert_eq!(unread(admin()).await, 0);
            assert_eq!(list_with(&server, &admin(), "unread=true").await["items"], json!([]));
            let of_kind = list_with(&server, &admin(), "kind=case-opened").await;
            assert_eq!(of_kind["items"].as_array().unwrap().len(), 1);
            let bad = server.read_as("phoenix", "/api/v1/notices?kind=rumour").await;
            assert_eq!(bad.problem().1, [("query-malformed".to_owned(), "/query/kind".to_owned())]);
        });
    }
}

/// Who names somebody on a manifest of others sends nobody a notice by that.
#[test]
fn a_stranger_s_word_reaches_nobody() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        let played = server.play(SCRIPT).await;
        let delivered =
            played.acts.iter().map(payload).find(|said| said["kind"] == "waste.delivered").unwrap();
        let mut data = delivered["data"].clone();
        let said = data.as_object_mut().unwrap();
        for gone in ["offer", "from_site", "to_site", "vehicle"] {
            said.remove(gone);
        }
        for (side, label) in [("from", "ruby"), ("to", "lotus")] {
            said.insert(side.to_owned(), json!(World::embedded().party(label).unwrap().uscc));
        }
        let site = World::embedded().party("lotus").unwrap().site(None).unwrap().site;
        said.insert("to_site".to_owned(), json!(site));
        Pen::new(&server.ledger).submits("ruby", "waste.delivered", 0, data).await.unwrap();
        server.ledger.app.make_notices().await.unwrap();
        let told =
            async |label| kinds(&server, label).await.iter().filter(|kind| *kind == "load-delivered").count();
        assert_eq!((told("phoenix").await, told("lotus").await), (1, 0));
        // Under an act that it used before, whatever it says is kept as evidence, and nobody looked whether it may say that.
        let before = list(&server, "phoenix").await;
        let key = World::embedded().key("phoenix", World::embedded().party("phoenix").unwrap().office());
        let gone = json!({"key": key.public().kid(), "reason": "lost"});
        let said = Pen::new(&server.ledger).submits("ruby", "key.revoked", 0, gone).await.unwrap();
        assert_eq!(said.verdict, liandan::custody::Verdict::EvidenceOnly);
        server.ledger.app.make_notices().await.unwrap();
        assert_eq!(list(&server, "phoenix").await, before);
    });
}

#[test]
fn pages_of_notices_hold_each_once() {
    block_on(async {
        let server = Server::start(databases().remove(0)).await;
        server.play(SCRIPT).await;
        server.ledger.app.make_notices().await.unwrap();
        let all: Vec<Value> = list(&server, "phoenix").await;
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let page = server.read_as("phoenix", &format!("/api/v1/notices?limit=1{next}")).await.json();
            seen.extend(page["items"].as_array().unwrap().clone());
            let Some(after) = page["next"].as_str() else { break };
            next = format!("&after={after}");
        }
        assert_eq!(seen, all);
    });
}

/// What nobody reads goes to the administrators when its time has come and not a millisecond before, once, whoever is started anew meanwhile.
#[test]
fn what_nobody_looks_at_goes_up_at_its_time_once() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            server.play(SCRIPT).await;
            server.ledger.app.make_notices().await.unwrap();
            let administrator = SigningKey::from_seed([78; 32]);
            let offices = Offices::with_a_branch(&server.ledger).await;
            let phoenix = World::embedded().party("phoenix").unwrap().uscc;
            offices.enrols(&administrator, offices.invitation(phoenix, "administrator", None)).await.unwrap();
            let case = named(&list(&server, "phoenix").await, "case-opened").clone();
            let goes_at = at(case["escalates_at"].as_str().unwrap());
            assert_eq!(
                goes_at.since(at(case["since"].as_str().unwrap())),
                24 * 3_600_000,
                "a major one on a working day"
            );
            let to = async || {
                let case = named(&list(&server, "phoenix").await, "case-opened").clone();
                let to = case["to"].as_array().unwrap().clone();
                to.iter().map(|to| (to["audience"].clone(), to["rung"].clone())).collect::<Vec<_>>()
            };
            server.ledger.clock.set(goes_at.plus_millis(-1));
            server.ledger.app.escalate().await.unwrap();
            assert_eq!(to().await, [(json!("office"), json!(0))]);

            // Another process of the same ledger, and this one.
            server.ledger.clock.set(goes_at);
            let again = settings(server.ledger.store.clone(), server.ledger.clock.clone(), None);
            let again = Ledger::open(again).await.unwrap();
            let went = futures::join!(again.app.escalate(), server.ledger.app.escalate());
            assert!(went.0.unwrap() + went.1.unwrap() >= 1);
            let wanted = [(json!("office"), json!(0)), (json!("administrators"), json!(1))];
            assert_eq!(to().await, wanted);
            assert_eq!(server.ledger.app.escalate().await.unwrap(), 0);
            let own = list_with(&server, &token_of(&server, &administrator), "").await;
            assert_eq!(named(own["items"].as_array().unwrap(), "case-opened")["to"][1]["rung"], 1);
            // Nobody stands above the administrators.
            server.ledger.clock.set(goes_at.plus_hours(24 * 30));
            server.ledger.app.escalate().await.unwrap();
            assert_eq!(to().await, wanted);
        });
    }
}

/// In an authority: who is on duty, who is on duty next, the officers, then the city's.
#[test]
fn an_authority_s_goes_from_who_is_on_duty_to_the_next_and_to_the_division_above() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let offices = Offices::with_a_branch(&server.ledger).await;
            let branch = World::embedded().party("acme").unwrap().division;
            let second = SigningKey::from_seed([79; 32]);
            offices.enrols(&second, offices.invitation(offices.branch, "officer", None)).await.unwrap();
            server.ledger.clock.set(at("2026-03-02T07:00:00+08:00"));
            let kid = |key: &SigningKey| key.public().kid().to_string();
            for (from, to, officer) in
                [("2026-03-02", "2026-03-02", &offices.key), ("2026-03-03", "2026-03-06", &second)]
            {
                let shift = json!({ "division": branch, "from": from, "to": to, "officers": [kid(officer)] });
                let token = token_of(&server, &offices.key);
                let request = server.client.put(server.url("/api/v1/duty-roster")).bearer_auth(token);
                assert_eq!(request.body(shift.to_string()).send().await.unwrap().status(), 200);
            }
            // Acme lies in the county of the branch.
            server
                .play(
                    "08:00 acme opens L1 900-041-49 2400 kg
                    08:10 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
                    08:20 acme reports M1 \"a drum leaks\" measures \"sand\"
                    =====",
                )
                .await;
            server.ledger.app.make_notices().await.unwrap();
            let token = |key: &SigningKey| token_of(&server, key);
            let incidents = async |token: &str| {
                let found = list_with(&server, token, "kind=incident").await;
                found["items"].as_array().unwrap().clone()
            };
            let first = incidents(&token(&offices.key)).await;
            let to = |notice: &Value| {
                let to = notice["to"].as_array().unwrap().clone();
                to.iter().map(|to| to["audience"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
            };
            assert_eq!((first.len(), to(&first[0])), (1, vec![format!("key:{}", kid(&offices.key))]));
            assert!(incidents(&token(&second)).await.is_empty(), "not on duty");
            // Phoenix lies where nobody arranged anything: the city's officers have one of their own at once.
            let of_city = incidents(&server.token("bureau")).await;
            assert_eq!((of_city.len(), to(&of_city[0])), (1, vec!["officers".to_owned()]));

            let goes_at = at(first[0]["escalates_at"].as_str().unwrap());
            assert_eq!(goes_at.since(server.ledger.clock.now()), 4 * 3_600_000, "a critical one");
            server.ledger.clock.set(goes_at);
            server.ledger.app.escalate().await.unwrap();
            let seen = incidents(&token(&second)).await;
            assert_eq!(to(&seen[0]), [format!("key:{}", kid(&offices.key)), format!("key:{}", kid(&second))]);
            let mut now = goes_at;
            for _ in 0..3 {
                now = now.plus_hours(4);
                server.ledger.clock.set(now);
                server.ledger.app.escalate().await.unwrap();
            }
            let seen = incidents(&token(&second)).await;
            assert_eq!(to(&seen[0])[2..], ["officers".to_owned()]);
            let above = incidents(&server.token("bureau")).await;
            assert_eq!(above.len(), 2, "the county's has come up: {above:#?}");
            // One of the county reads it: it goes no further, and its colleagues see who did.
            let id = &seen[0]["id"];
            assert_eq!(read(&server, token(&second), id, "read").await.0, 200);
            let seen = incidents(&token(&offices.key)).await;
            assert_eq!(
                (&seen[0]["escalates_at"], &seen[0]["read_by"][0]["kid"]),
                (&Value::Null, &json!(kid(&second)))
            );
        });
    }
}

/// Every notice with whether something is still to be done about it, and the desks it is for: which keys, is asked when it is looked at.
async fn all_notices(store: &Store) -> Vec<(uuid::Uuid, bool, Vec<(String, String)>)> {
    const ALL: Sql = Sql::both(
        "select notice, case when done_at_ms is null then 1 else 0 end as waits from notice order by notice",
    );
    const TO: Sql = Sql::both(
        "select party, audience from notice_to where notice = $1 and audience not like 'key:%' order by party, audience",
    );
    let mut tx = store.read().await.unwrap();
    let mut found = Vec::new();
    for row in tx.fetch_all(&ALL, params![]).await.unwrap() {
        let notice = row.uuid("notice").unwrap();
        let to = tx.fetch_all(&TO, params![notice]).await.unwrap();
        let to = to.iter().map(|row| (row.text("party").unwrap(), row.text("audience").unwrap()));
        found.push((notice, row.i64("waits").unwrap() == 1, to.collect()));
    }
    found
}

/// Looked at one by one or many together, what happens makes the same notices, and of the same ones something is still to be done.
#[test]
fn one_look_makes_what_many_make() {
    for (one_by_one, together) in databases().into_iter().zip(databases()) {
        block_on(async {
            let [one_by_one, together] =
                [Ledger::found(&one_by_one.url).await, Ledger::found(&together.url).await];
            for act in week() {
                for ledger in [&one_by_one, &together] {
                    ledger.send(&act).await.unwrap();
                }
                one_by_one.app.make_notices().await.unwrap();
            }
            let made = together.app.make_notices().await.unwrap();
            let all = all_notices(&together.store).await;
            assert_eq!(all, all_notices(&one_by_one.store).await);
            let waiting = all.iter().filter(|(_, waits, _)| *waits).count();
            assert!(all.len() == made && waiting > 10 && made - waiting > 10, "{waiting} of {made}");
        });
    }
}

/// A notice for the office of a party: of what need only be known, or of what is to be done.
async fn tell(server: &Server, label: &str, n: u16, at: Timestamp, topic: Option<&str>) -> NoticeId {
    let party = World::embedded().party(label).unwrap().uscc;
    let id =
        NoticeId::from_uuid(uuid::Uuid::from_u128(0x0189_0a5d_ac96_8000_8000_0000_0000_0000 + u128::from(n)));
    let notice = StoredNotice {
        id,
        kind: "finding".to_owned(),
        severity: "minor".to_owned(),
        at,
        party,
        divisions: Vec::new(),
        thing: String::new(),
        topic: topic.map(str::to_owned),
        subject_kind: "party".to_owned(),
        subject: party.to_string(),
        event: None,
        finding: None,
        done_at: None,
        rungs: 0,
        escalates_at: None,
    };
    let mut tx = server.ledger.store.write().await.unwrap();
    notice::insert(&mut tx, &[&notice]).await.unwrap();
    let to = Addressee { party, audience: "office".to_owned(), at, rung: 0 };
    notice::address(&mut tx, &[(id, &to)]).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// Whoever read a thousand is not made to walk through them for one page, and gets behind them all the same.
#[test]
fn what_was_read_long_ago_is_looked_through_in_pieces_and_forgotten_in_the_end() {
    for database in databases() {
        block_on(async {
            let server = Server::start(database).await;
            let now = server.ledger.clock.now();
            let kid = office_key("phoenix").public().kid();
            let by = ReadBy { kid, party: World::embedded().party("phoenix").unwrap().uscc, at: now };
            // Three that nobody read, older than 1,010 that were.
            let mut told = Vec::new();
            for n in 0..1_013 {
                told.push(tell(&server, "phoenix", n, now.plus_millis(i64::from(n)), None).await);
            }
            let mut tx = server.ledger.store.write().await.unwrap();
            for id in &told[3..] {
                assert!(notice::read(&mut tx, *id, &by).await.unwrap());
            }
            tx.commit().await.unwrap();
            let unread = async |query: String| {
                let page = list_with(&server, &server.token("phoenix"), &format!("unread=true{query}")).await;
                (page["items"].as_array().unwrap().len(), page["next"].as_str().map(str::to_owned))
            };
            let (found, next) = unread(String::new()).await;
            assert_eq!(found, 0, "a thousand were looked through");
            let next = next.expect("and that is said");
            assert_eq!(unread(format!("&after={next}")).await, (3, None));
            let (found, next) = unread(format!("&after={next}&kind=incident")).await;
            assert_eq!((found, next), (0, None));

            // Two years later they are forgotten; what somebody waits for is not.
            tell(&server, "phoenix", 2_000, now, Some("wait")).await;
            assert_eq!(server.ledger.app.forget_old_notices().await.unwrap(), 0);
            server.ledger.clock.set(now.plus_hours(24 * KEPT_DAYS + 1));
            let forgotten = server.ledger.app.forget_old_notices().await.unwrap();
            assert!(forgotten >= 1_013, "{forgotten}");
            let left = list(&server, "phoenix").await;
            assert_eq!((left.len(), &left[0]["is_task"]), (1, &json!(true)));
        });
    }
}
