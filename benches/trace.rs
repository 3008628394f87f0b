//! A trace of ten thousand ancestors against a plain read of as many edges, in one run.
//!
//! `cargo bench --bench trace -- [--runs N] [--postgres URL] [--write docs/benchmarks.md]`
//!
//! The ledger holds twice as many lots as the trace reaches. `--postgres` takes the URL of an empty database; otherwise a fresh
//! SQLite file is used.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod shared;

use std::collections::BTreeSet;
use std::time::Instant;

use liandan::app::access::Viewer;
use liandan::app::{App, Settings, genesis};
use liandan::clock::{Clock, Timestamp};
use liandan::custody::trace::{Direction, trace};
use liandan::id::LotId;
use liandan::ledger::{Envelope, SigningKey, Typ};
use liandan::registry::Role;
use liandan::scenario::World;
use liandan::store::trace::{MAX_TRACE_EDGES, reach};
use liandan::store::{ConnectOptions, Sql, Store, migrate, params};
use serde_json::{Value, json};
use shared::{LOG, Plan, spread};
use uuid::Uuid;

/// Lots of one event, and events of one consolidation.
const LOTS: usize = 256;
const LOADS: usize = 40;
/// Consolidations in the ledger; the first one is traced.
const CONSOLIDATIONS: usize = 2;

struct Writer {
    app: App,
    clock: Clock,
    next: u64,
}

impl Writer {
    fn id(&mut self) -> Uuid {
        self.next += 1;
        let mut rest = [0_u8; 10];
        rest[2..].copy_from_slice(&self.next.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(1_772_000_000_000, &rest).into_uuid()
    }

    async fn say(&mut self, kind: &str, data: Value) {
        let world = World::embedded();
        let phoenix = world.party("phoenix").unwrap();
        let event = json!({
            "v": 1, "log": LOG, "kind": kind, "act": self.id().to_string(), "for": phoenix.uscc.to_string(),
            "occurred_at": self.clock.now().to_string(), "data": data,
        });
        let key = world.key("phoenix", phoenix.office());
        let envelope = Envelope::sign(Typ::Event, event.to_string().as_bytes(), &key);
        self.app.submit(envelope.compact().as_bytes(), None).await.unwrap();
    }

    /// Loads of lots, each repacked into one, and all of those into one again: that one.
    async fn consolidate(&mut self) -> LotId {
        let site = World::embedded().party("phoenix").unwrap().site(None).unwrap().site.to_string();
        let lot = |lot: &Uuid, mass_g: usize| json!({ "lot": lot.to_string(), "code": "900-041-49", "quantity": { "mass_g": mass_g, "basis": "measured" } });
        let draw = |lot: &Uuid, mass_g: usize| json!({ "lot": lot.to_string(), "mass_g": mass_g });
        let mut merged = Vec::new();
        for _ in 0..LOADS {
            let lots: Vec<Uuid> = (0..LOTS).map(|_| self.id()).collect();
            let drum = self.id();
            let there: Vec<Value> = lots.iter().map(|id| lot(id, 1_000)).collect();
            let drawn: Vec<Value> = lots.iter().map(|id| draw(id, 1_000)).collect();
            self.say("stock.opened", json!({ "site": site, "lots": there })).await;
            let outputs = [lot(&drum, 1_000 * LOTS)];
            self.say("waste.repacked", json!({ "site": site, "inputs": drawn, "outputs": outputs })).await;
            merged.push(drum);
        }
        let last = self.id();
        let inputs: Vec<Value> = merged.iter().map(|id| draw(id, 1_000 * LOTS)).collect();
        let outputs = [lot(&last, 1_000 * LOTS * LOADS)];
        self.say("waste.repacked", json!({ "site": site, "inputs": inputs, "outputs": outputs })).await;
        LotId::from_uuid(last)
    }
}

async fn found(url: &str, mark: std::path::PathBuf) -> Writer {
    let at: Timestamp = "2026-03-02T08:00:00+08:00".parse().unwrap();
    let store = Store::connect(url, &ConnectOptions::default()).await.unwrap();
    migrate::migrate(&store).await.unwrap();
    let log_key = SigningKey::from_seed([9; 32]);
    let founding = World::embedded().founding(LOG, at.plus_hours(-48), log_key.public()).unwrap();
    let (first, rest) = founding.split_first().unwrap();
    genesis::found(&store, first.envelope.compact().as_bytes(), first.recorded_at).await.unwrap();
    let clock = Clock::manual(rest.last().unwrap().recorded_at);
    let settings = Settings {
        store,
        clock: clock.clone(),
        log_key,
        mark,
        webhooks: Default::default(),
        interrupt: None,
    };
    let app = App::open(settings).await.unwrap();
    let lines = rest.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
    for answer in app.submit_many(lines, None).await.unwrap() {
        answer.unwrap();
    }
    clock.set(at);
    Writer { app, clock, next: 0 }
}

/// Seconds of a plain read of so many edges, through the same driver, into the same types.
async fn plain(store: &Store, edges: usize) -> f64 {
    const EDGES: Sql = Sql::both("select child, parent, mass_g from lot_edge limit $1");
    let started = Instant::now();
    let mut tx = store.read().await.unwrap();
    let rows = tx.fetch_all(&EDGES, params![i64::try_from(edges).unwrap()]).await.unwrap();
    let edge = |row: &liandan::store::Row| {
        let id = |column| LotId::from_uuid(row.uuid(column).unwrap());
        (id("child"), id("parent"), row.i64("mass_g").unwrap())
    };
    let read: Vec<_> = rows.iter().map(edge).collect();
    assert_eq!(read.len(), edges);
    started.elapsed().as_secs_f64()
}

/// Seconds of reading what a lot came from, and of tracing it.
async fn traced(store: &Store, lot: LotId) -> (f64, usize) {
    let started = Instant::now();
    let mut tx = store.read().await.unwrap();
    let asked = BTreeSet::from([lot]);
    let reached = reach(&mut tx, &asked, Direction::Up, MAX_TRACE_EDGES).await.unwrap().unwrap();
    let found = trace(&reached, &asked, Direction::Up);
    assert_eq!(found.ends.len(), LOTS * LOADS);
    (started.elapsed().as_secs_f64(), found.carried.len())
}

/// Seconds of the whole question, as an officer asks it: what may be seen is decided lot by lot.
async fn answered(app: &App, lot: LotId) -> f64 {
    let world = World::embedded();
    let bureau = world.authority();
    let kid = world.key(&bureau.label, Role::Officer).kid();
    let viewer =
        Viewer::Authority { party: bureau.uscc, division: bureau.division, role: Role::Officer, kid };
    let started = Instant::now();
    let found = app.trace(&viewer, lot, Direction::Up, None).await.unwrap().unwrap();
    assert_eq!(found.ends.len(), LOTS * LOADS);
    started.elapsed().as_secs_f64()
}

fn postgres() -> Option<String> {
    std::env::args().skip_while(|arg| arg != "--postgres").nth(1)
}

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let plan = Plan::read(0, 15);
    let folder = std::env::temp_dir().join(format!("liandan-bench-trace-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = format!("sqlite:{}", folder.join("ledger.sqlite").display());
    let url = postgres().unwrap_or(file);
    let mut writer = found(&url, folder.join("mark")).await;
    let lot = writer.consolidate().await;
    for _ in 1..CONSOLIDATIONS {
        writer.consolidate().await;
    }
    let store = writer.app.store().clone();
    let (mut plains, mut traces, mut answers) = (Vec::new(), Vec::new(), Vec::new());
    let (_, edges) = traced(&store, lot).await;
    for run in 0..plan.runs {
        let yardstick = plain(&store, edges).await;
        let (trace, _) = traced(&store, lot).await;
        let answer = answered(&writer.app, lot).await;
        println!("run {run}: plain {yardstick:.4} s, trace {trace:.4} s, answer {answer:.4} s");
        plains.push(yardstick * 1_000.0);
        traces.push(trace / yardstick);
        answers.push(answer / yardstick);
    }
    let kind = if url.starts_with("sqlite") { "SQLite" } else { "Postgres" };
    let title = format!("Tracing ten thousand ancestors ({kind})");
    plan.report(&title, &body(&plan, kind, edges, [plains, traces, answers]));
    store.close().await;
    drop(std::fs::remove_dir_all(&folder));
}

fn body(plan: &Plan, kind: &str, edges: usize, [plains, traces, answers]: [Vec<f64>; 3]) -> String {
    let (cores, runs) = (shared::cores(), plan.runs);
    let server = if kind == "Postgres" { " --postgres URL" } else { "" };
    let (plain, trace, answer) = (spread(plains, 1), spread(traces, 2), spread(answers, 2));
    format!(
        "Made by `cargo bench --bench trace -- --runs {runs}{server} --write docs/benchmarks.md` on a shared machine with {cores} cores, {kind}.\n\
         One lot that {edges} edges lead to, of {} in the ledger. Every figure is a ratio to a plain `select` of as many edges *of the\n\
         same run*, through the same driver, median of {runs} runs, smallest and largest beside it.\n\n\
         | figure | smallest | median | largest | aim |\n|---|---|---|---|---|\n\
         | plain read of the edges, milliseconds | {plain} | (yardstick) |\n\
         | walk, lots and mixes read, shares computed ÷ plain | {trace} | ≤ 3 |\n\
         | the officer's whole answer ÷ plain: every lot's holders read, and whether it may be seen | {answer} | |\n",
        edges * CONSOLIDATIONS
    )
}
