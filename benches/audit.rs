//! P5: how fast a log is audited, and folded a second time, against bare strict verification of the same run.
//!
//! `cargo bench --bench audit -- [--manifests N] [--runs N] [--write docs/benchmarks.md]`
//!
//! The yardstick is strict verification of the events' signatures alone, on every core; nothing is read, parsed or hashed
//! besides. The log audit reads, parses and hashes everything and compares every table of the log; the full audit folds it a
//! second time as well and compares every derived table row for row.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Instant;

use liandan::app::{App, Settings, audit, genesis, rebuild};
use liandan::clock::Clock;
use liandan::ledger::{Envelope, Kid, PublicKey, SigningKey, Typ};
use liandan::scenario::{Script, World};
use liandan::store::{ConnectOptions, Store, migrate};

const LOG: &str = "bench.example/liandan";
const UPLOAD: usize = 1_000;
/// Where this bench's figures stand in the report.
const TITLE: &str = "## Audit (P5)";

struct Plan {
    manifests: usize,
    runs: usize,
    write: Option<PathBuf>,
}

fn plan() -> Plan {
    let mut plan = Plan { manifests: 3_000, runs: 3, write: None };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--manifests" => plan.manifests = args.next().unwrap().parse().unwrap(),
            "--runs" => plan.runs = args.next().unwrap().parse().unwrap(),
            "--write" => plan.write = args.next().map(PathBuf::from),
            _ => {}
        }
    }
    plan
}

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("liandan-bench-audit-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    async fn store(&self, name: &str) -> Store {
        let url = format!("sqlite:{}", self.0.join(name).display());
        let store = Store::connect(&url, &ConnectOptions::default()).await.unwrap();
        migrate::migrate(&store).await.unwrap();
        store
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A day of manifests in a ledger; their envelopes.
async fn fill(folder: &Folder, store: &Store, manifests: usize) -> Vec<String> {
    let mut script = String::from("08:00  acme  opens  900-041-49 90000000 kg\n");
    let mut each = |line: &dyn Fn(usize) -> String| (0..manifests).for_each(|n| script.push_str(&line(n)));
    each(&|n| format!("08:10  acme  registers  M{n}  900-041-49 1200 kg  acme > swift > phoenix\n"));
    each(&|n| format!("09:00  acme  hands  M{n}  to swift\n"));
    each(&|n| format!("11:00  swift  hands  M{n}  to phoenix\n"));
    each(&|n| format!("11:30  phoenix  receives  M{n}  all\n"));
    each(&|n| format!("15:00  phoenix  disposes  900-041-49 1200 kg  from M{n}  by D10\n"));
    script.push_str("=====\n");
    let played = Script::parse("bench", &script).unwrap().play(World::embedded(), LOG).unwrap();
    let log_key = SigningKey::from_seed([9; 32]);
    let founded_at = played.ends_at.plus_hours(-48);
    let founding = World::embedded().founding(LOG, founded_at, log_key.public()).unwrap();
    genesis::found(store, founding[0].envelope.compact().as_bytes(), founded_at).await.unwrap();
    let clock = Clock::manual(founded_at);
    let mark = folder.0.join("mark");
    let settings = Settings { store: store.clone(), clock: clock.clone(), log_key, mark, interrupt: None };
    let app = App::open(settings).await.unwrap();
    let acts: Vec<_> = founding[1..].iter().chain(&played.acts).collect();
    for upload in acts.chunks(UPLOAD) {
        clock.set(upload.last().unwrap().recorded_at);
        let lines = upload.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
        for answer in app.submit_many(lines, None).await.unwrap() {
            answer.unwrap();
        }
    }
    acts.iter().map(|act| act.envelope.compact().to_owned()).collect()
}

fn keys() -> HashMap<Kid, PublicKey> {
    let world = World::embedded();
    let all = world
        .parties()
        .iter()
        .flat_map(|party| party.roles().iter().map(|role| world.key(&party.label, *role)));
    all.map(|key| (key.kid(), key.public())).collect()
}

/// Strict verifications a second on every core, of envelopes that are parsed already.
fn strict(events: &[String]) -> f64 {
    let keys = keys();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let parse = |text: &String| Envelope::parse(text.as_bytes(), Typ::Event).unwrap();
    let parts: Vec<Vec<_>> =
        events.chunks(events.len().div_ceil(cores)).map(|part| part.iter().map(parse).collect()).collect();
    let started = Instant::now();
    std::thread::scope(|scope| {
        for part in parts {
            let keys = &keys;
            scope.spawn(move || {
                for envelope in part {
                    let key = &keys[&envelope.kid()];
                    envelope.verify(key).unwrap();
                }
            });
        }
    });
    events.len() as f64 / started.elapsed().as_secs_f64()
}

fn spread(mut values: Vec<f64>) -> (f64, f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[0], values[values.len() / 2], values[values.len() - 1])
}

#[tokio::main]
async fn main() {
    let plan = plan();
    let folder = Folder::new();
    let store = folder.store("ledger.sqlite").await;
    let events = fill(&folder, &store, plan.manifests).await;
    let (mut stricts, mut logs, mut folds, mut rebuilds) = (vec![], vec![], vec![], vec![]);
    for run in 0..plan.runs {
        let yardstick = strict(&events);
        let started = Instant::now();
        let audited = audit::verify(&store, None, None, audit::PAGE, |_, _| {}).await.unwrap();
        let entries = audited.entries as f64;
        let log = entries / started.elapsed().as_secs_f64();
        let second = folder.store(&format!("second-{run}.sqlite")).await;
        let started = Instant::now();
        audit::verify(&store, Some(&second), None, audit::PAGE, |_, _| {}).await.unwrap();
        let fold = entries / started.elapsed().as_secs_f64();
        second.close().await;
        let started = Instant::now();
        rebuild::rebuild(&store, audit::PAGE, |_, _| {}).await.unwrap();
        let rebuild = entries / started.elapsed().as_secs_f64();
        println!(
            "run {run}: strict {yardstick:.0}/s, log {log:.0}/s, full {fold:.0}/s, rebuild {rebuild:.0}/s"
        );
        stricts.push(yardstick);
        logs.push(log / yardstick);
        folds.push(fold);
        rebuilds.push(rebuild);
    }
    let section =
        section(&plan, events.len(), [spread(stricts), spread(logs), spread(folds), spread(rebuilds)]);
    println!("\n{section}");
    if let Some(path) = &plan.write {
        let report = std::fs::read_to_string(path).unwrap_or_default();
        std::fs::write(path, replaced(&report, &section)).unwrap();
    }
}

/// The report with this section in the place of the old one.
fn replaced(report: &str, section: &str) -> String {
    let (before, rest) = report.split_once(TITLE).unwrap_or((report, ""));
    let after = rest.split_once("\n## ").map_or(String::new(), |(_, after)| format!("\n## {after}"));
    format!("{}\n\n{section}{after}", before.trim_end())
}

fn section(plan: &Plan, events: usize, figures: [(f64, f64, f64); 4]) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let [strict, log, fold, rebuild] = figures;
    format!(
        "{TITLE}\n\n\
         Made by `cargo bench --bench audit -- --manifests {} --runs {} --write docs/benchmarks.md`: {events} events, SQLite, {cores} cores,\n\
         median of {} runs, smallest and largest beside it. The yardstick is strict verification of the same signatures on every core and\n\
         nothing else.\n\n\
         | figure | smallest | median | largest | aim |\n|---|---|---|---|---|\n\
         | strict verification, a second | {:.0} | {:.0} | {:.0} | (yardstick) |\n\
         | log audit ÷ strict verification | {:.3} | {:.3} | {:.3} | ≥ 0.8 |\n\
         | full audit (log, second folding, comparison), events a second | {:.0} | {:.0} | {:.0} | ≥ 20000 |\n\
         | rebuild (log checked on the way), events a second | {:.0} | {:.0} | {:.0} | |\n",
        plan.manifests,
        plan.runs,
        plan.runs,
        strict.0,
        strict.1,
        strict.2,
        log.0,
        log.1,
        log.2,
        fold.0,
        fold.1,
        fold.2,
        rebuild.0,
        rebuild.1,
        rebuild.2
    )
}
