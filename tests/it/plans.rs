//! Reading costs what is read, never what is stored: the statements behind the pages that people look at all day, as they are executed, use an index on
//! every table that grows, on both databases.
//!
//! The program logs its statements when it is asked to (`RUST_LOG=sqlx::query=debug`); so what is explained here is what runs, and no copy of it.

mod caught;
mod explained;
mod written;

use std::collections::BTreeSet;

use liandan::app::access::TokenClaims;
use liandan::clock::{Clock, MINUTE_MS};
use liandan::store::{ColType, Sql, Table, params};
use serde_json::{Value, json};

use crate::api::server::{claims, now_s, office_key, sign_token};
use crate::durability::week;
use crate::stock::site_of;
use crate::support::ledger::{Database, Folder, Ledger, block_on, databases, fresh_store, settings};
use crate::support::program::Served;
use caught::Caught;
use explained::Explainer;
use written::Written;

const COUNTERS: Table =
    Table { name: "counter", columns: &[("name", ColType::Text), ("value", ColType::I64)], key: &["name"] };
/// Tables whose rows are counted by what an operator sets up, never by what is recorded.
const SMALL: [&str; 3] = ["log_head", "schema_migration", "refold_due"];
/// Indexes that hold nothing but what is asked for, such as what waits to be done and is gone from them when it is done: they may be read from end to end.
const WAITING: [&str; 7] = [
    "notice_message_first",
    "webhook_parked",
    "paper_going_on",
    "lot_edge_nothing",
    "stock_bucket_nothing",
    "party_carrier",
    "push_item_state",
];
/// What reads a table from end to end, and may: the beginning of the statement, and why.
const WHOLE: [(&str, &str); 13] = [
    ("select agreed_at_ms, discloses_at_ms from sealed_read", "agreed to one by one, by officers"),
    ("select c.party, c.digest from attachment_content", "an audit"),
    ("select s.site, s.kind, s.name from device_span", "an audit"),
    ("select count(*) as n from event_key", "an audit"),
    ("select count(*) as n from act_key", "an audit"),
    ("select count(*) as n from cosignature", "an audit"),
    ("select count(*) as n from tile", "an audit"),
    ("select count(*) as n from residue", "an audit"),
    ("select finding, body from finding where life = 'open'", "what adopting another profile would change"),
    ("select unit, count(*) as n, cast(", "what was imported, in all"),
    ("delete from notice_code", "codes that wait to be typed in"),
    // Postgres has two indexes for these, and of empty tables takes either.
    ("update webhook set leased_until_ms = $3", "one row by its key"),
    ("select p.lot, p.party, p.site, p.eff_day", "postings by lot"),
];
/// Who looks at what; `MANIFEST` is one that both see, `RULE` one by which something was found, and `SITE` one whose devices were heard.
const LOOKED_AT: [(&str, &str); 16] = [
    ("bureau", "/api/v1/manifests/MANIFEST/chain"),
    ("acme", "/api/v1/manifests/MANIFEST/chain"),
    ("bureau", "/api/v1/manifests/MANIFEST"),
    ("bureau", "/api/v1/findings?state=open"),
    ("acme", "/api/v1/findings?state=open"),
    ("bureau", "/api/v1/findings"),
    ("bureau", "/api/v1/findings?state=open&rule=RULE"),
    ("bureau", "/api/v1/findings?state=open&stage=open"),
    ("bureau", "/api/v1/findings?state=open&stage=open&rule=RULE"),
    ("bureau", "/api/v1/findings?state=open&stage=explained"),
    ("bureau", "/api/v1/manifests"),
    ("acme", "/api/v1/manifests"),
    ("acme", "/api/v1/manifests?role=consignor"),
    ("acme", "/api/v1/manifests?under_way=true"),
    ("bureau", "/api/v1/manifests?status=received&code=HW08"),
    ("bureau", "/api/v1/sites/SITE/devices"),
];

/// A ledger with something in most tables, which the program serves; every statement it executes is caught.
async fn served(database: Database) -> (Served, Caught) {
    let served = Served::found(database).await;
    let acts = week();
    let clock = Clock::manual(acts[0].recorded_at);
    let store = served.database.connect().await;
    let ledger = Ledger::open(settings(store, clock, Some(&served.mark()))).await.unwrap();
    for upload in acts.chunks(100) {
        ledger.clock.set(upload.last().unwrap().recorded_at);
        let lines = upload.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
        for answer in ledger.app.submit_many(lines, None).await.unwrap() {
            answer.unwrap();
        }
    }
    ledger.close().await;
    let caught = Caught::start(&served).await;
    (served, caught)
}

fn token(label: &str) -> String {
    let now_s = now_s(Clock::System.now());
    let claims: TokenClaims = claims(now_s, now_s + 300);
    sign_token(&claims, &office_key(label))
}

fn looks_up_by_index_only(database: Database) {
    block_on(async {
        let (served, mut caught) = served(database).await;
        let list: Value = caught.get(&token("acme"), "/api/v1/manifests").await;
        let manifest = list["items"][0]["id"].as_str().unwrap().to_owned();
        let list: Value = caught.get(&token("bureau"), "/api/v1/findings?state=open").await;
        let rule = list["items"][0]["rule"].as_str().unwrap().to_owned();
        let site = site_of("acme", None).1.to_string();
        let mut explainer = Explainer::of(&served.database.url).await;
        let (mut wrong, mut explained) = (Vec::new(), 0);
        for statement in what_heartbeats_cost(&mut caught, &site).await {
            let flaws = explainer.flaws(&statement).await;
            wrong.extend(flaws.into_iter().map(|flaw| format!("heartbeats: {flaw}\n    {statement}")));
        }
        for (label, path) in LOOKED_AT {
            caught.forget();
            let path = path.replace("MANIFEST", &manifest).replace("RULE", &rule).replace("SITE", &site);
            let answer = caught.get(&token(label), &path).await;
            let is_told = answer["items"].as_array().is_none_or(|items| !items.is_empty());
            assert!(is_told || path.ends_with("explained"), "{path}: {answer}");
            let statements = caught.statements();
            assert!(statements.len() > 1, "{path}: {statements:?}");
            for statement in statements.iter().filter(|statement| Explainer::can_explain(statement)) {
                explained += 1;
                let flaws = explainer.flaws(statement).await;
                wrong
                    .extend(flaws.into_iter().map(|flaw| format!("{label} {path}: {flaw}\n    {statement}")));
            }
            if path.contains("/findings") {
                is_read_as_a_queue(&mut explainer, &statements).await;
            }
        }
        // What the process does by itself meanwhile is no different.
        caught.remember();
        for statement in caught.statements().iter().filter(|statement| Explainer::can_explain(statement)) {
            let flaws = explainer.flaws(statement).await;
            wrong.extend(flaws.into_iter().map(|flaw| format!("by itself: {flaw}\n    {statement}")));
        }
        assert!(explained > 50, "{explained}");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}

/// The statements behind heartbeats that are new, join what is known, and fall silent.
async fn what_heartbeats_cost(caught: &mut Caught, site: &str) -> Vec<String> {
    caught.forget();
    let now = Clock::System.now();
    for minutes in [60, 30, 45, 45, 0] {
        let at = now.plus_millis(-minutes * MINUTE_MS);
        let sent = json!({ "heartbeats": [{ "device": "scale-1", "kind": "scale", "at": at }] });
        caught.post(&token("acme"), &format!("/api/v1/sites/{site}/heartbeats"), &sent).await;
    }
    // What goes is looked up as if it were read.
    let as_read =
        |statement: String| statement.replace("delete from device_span", "select to_ms from device_span");
    let told = caught.statements().into_iter().map(as_read);
    let statements: Vec<String> = told.filter(|statement| Explainer::can_explain(statement)).collect();
    let of_spans = statements.iter().filter(|statement| statement.contains(" from device_span"));
    assert_eq!(of_spans.count(), 3, "{statements:?}");
    statements
}

/// Findings are looked up as what they are asked for: one range of the queue of whoever asks, and no walk by id through everybody's.
async fn is_read_as_a_queue(explainer: &mut Explainer, statements: &BTreeSet<String>) {
    let mut read = 0;
    for statement in statements.iter().filter(|statement| statement.contains(" from finding_queue ")) {
        let conditions = explainer.conditions(statement, "finding_queue").await;
        assert!(!conditions.is_empty(), "{statement}");
        for condition in conditions {
            let narrows = |column: &&str| condition.contains(*column);
            let columns = ["queue", "life", "finding"].into_iter();
            let by_rule = statement.contains("and rule = ").then_some("rule");
            let by_stage = statement.contains("and stage = ").then_some("stage");
            assert!(
                columns.chain(by_rule).chain(by_stage).all(|column| narrows(&column)),
                "{condition}: {statement}"
            );
            read += 1;
        }
    }
    assert!(read > 0, "{statements:?}");
}

#[test]
fn what_people_look_at_is_found_by_index_on_sqlite() {
    looks_up_by_index_only(databases().remove(0));
}

#[test]
fn what_people_look_at_is_found_by_index_on_postgres() {
    if let Some(database) = databases().into_iter().nth(1) {
        looks_up_by_index_only(database);
    }
}

/// Not only what was executed here: whatever the store can be asked looks into an index, unless it is said why not.
fn all_that_is_written_looks_up(database: Database) {
    block_on(async {
        let served = Served::found(database).await;
        let kind = served.database.connect().await.kind();
        let mut explainer = Explainer::of(&served.database.url).await;
        let (mut wrong, mut spared, mut untyped, mut explained) =
            (Vec::new(), BTreeSet::new(), Vec::new(), 0);
        for Written { file, text } in written::statements(kind) {
            let Some(read) = Explainer::as_read(&text) else { continue };
            if !explainer.knows_types(&read).await {
                untyped.push(read);
                continue;
            }
            explained += 1;
            let flaws = explainer.flaws(&read).await;
            if let Some((begins, _)) = WHOLE.iter().find(|(begins, _)| text.starts_with(begins)) {
                spared.insert(*begins);
                continue;
            }
            wrong.extend(flaws.into_iter().map(|flaw| format!("{file}: {flaw}\n    {read}")));
        }
        assert!(explained > 250 && untyped.len() < 20, "{explained} explained, not {untyped:#?}");
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let idle: Vec<_> = WHOLE.iter().filter(|(begins, _)| !spared.contains(begins)).collect();
        assert!(idle.is_empty(), "no such statement any more: {idle:?}");
    });
}

#[test]
fn whatever_is_written_is_found_by_index_on_sqlite() {
    all_that_is_written_looks_up(databases().remove(0));
}

#[test]
fn whatever_is_written_is_found_by_index_on_postgres() {
    if let Some(database) = databases().into_iter().nth(1) {
        all_that_is_written_looks_up(database);
    }
}

/// The check itself finds what it is for.
#[test]
fn a_scan_is_found() {
    for database in databases() {
        block_on(async {
            let served = Served::found(database).await;
            let mut explainer = Explainer::of(&served.database.url).await;
            for (statement, is_good) in [
                ("select idx from log_entry where recorded_at_ms = $1", false),
                ("select idx from log_entry where idx > $1 order by idx limit $2", true),
                (
                    "select leaf from log_entry e join event_key k on k.idx = e.idx where k.event_id = $1",
                    true,
                ),
                (
                    "select k.event_id from log_entry e join event_key k on k.idx = e.idx where e.idx = $1",
                    false,
                ),
                ("select count(*) as n from finding where severity = $1", false),
                ("select size from checkpoint order by size desc limit 1", true),
                ("select size from checkpoint where note = $1 order by size desc limit 1", false),
                ("select due_ms from finding where due_ms is not null order by due_ms limit 1", true),
                ("select due_ms from finding where gauge is not null order by due_ms limit 1", false),
                ("select origin from log_head", true),
            ] {
                let flaws = explainer.flaws(statement).await;
                assert_eq!(flaws.is_empty(), is_good, "{statement}: {flaws:?}");
            }
        });
    }
}

/// What the growth of a ledger is held to: a walk through a table costs more the longer the table is, a look into an index does not.
#[test]
fn the_work_of_a_statement_tells_a_walk_from_a_look_up() {
    block_on(async {
        let folder = Folder::new();
        let store = fresh_store(&folder, "work").await;
        let mut tx = store.write().await.unwrap();
        let work = tx.count_work().await.unwrap().unwrap();
        let rows = |from: i64, to: i64| (from..to).map(|n| params![format!("counter {n}"), n + 1]).collect();
        const LOOK_UP: Sql = Sql::both("select value from counter where name = $1");
        const WALK: Sql = Sql::both("select name from counter where value = $1");
        let mut costs = Vec::new();
        for (from, to) in [(0, 1_000), (1_000, 10_000)] {
            tx.insert_many(&COUNTERS, rows(from, to)).await.unwrap();
            // Rows are written behind; the first that asks waits for them.
            tx.fetch_all(&LOOK_UP, params!["counter 0"]).await.unwrap();
            let before = work.steps();
            for n in 0..200 {
                tx.fetch_all(&LOOK_UP, params![format!("counter {n}")]).await.unwrap();
            }
            let between = work.steps();
            for n in 0..200 {
                tx.fetch_all(&WALK, params![n]).await.unwrap();
            }
            costs.push((between - before, work.steps() - between));
        }
        let [(look_up, walk), (later_look_up, later_walk)] = costs[..] else { panic!("{costs:?}") };
        assert!(look_up > 0 && later_look_up <= 2 * look_up, "{costs:?}");
        assert!(later_walk >= 8 * walk, "{costs:?}");
    });
}
