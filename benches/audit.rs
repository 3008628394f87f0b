//! P5: how fast a log is audited, and folded a second time, against bare strict verification of the same run.
//!
//! `cargo bench --bench audit -- [--manifests N] [--runs N] [--write docs/benchmarks.md]`
//!
//! The yardstick is strict verification of the same signatures alone, on every core; nothing is read, parsed or hashed
//! besides. The log audit reads, parses and hashes everything and compares every table of the log; the full audit folds it a
//! second time as well and compares every derived table row for row.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod shared;

use std::path::PathBuf;
use std::time::Instant;

use liandan::app::audit::{self, Against};
use liandan::app::{App, Settings, genesis, rebuild};
use liandan::clock::Clock;
use liandan::custody::admit::handover;
use liandan::custody::{Event, Statement};
use liandan::ledger::{Envelope, SigningKey, Typ, Unverified};
use liandan::scenario::World;
use liandan::store::{ConnectOptions, Store, migrate};
use shared::{LOG, Plan, spread};

const UPLOAD: usize = 1_000;
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
    let played = shared::day(manifests);
    let log_key = SigningKey::from_seed([9; 32]);
    let founded_at = played.ends_at.plus_hours(-48);
    let founding = World::embedded().founding(LOG, founded_at, log_key.public()).unwrap();
    genesis::found(store, founding[0].envelope.compact().as_bytes(), founded_at).await.unwrap();
    let clock = Clock::manual(founded_at);
    let mark = folder.0.join("mark");
    let settings = Settings {
        store: store.clone(),
        clock: clock.clone(),
        log_key,
        mark,
        webhooks: Default::default(),
        interrupt: None,
    };
    let app = App::open(settings).await.unwrap();
    // Invitations expire: who is there is said before the day begins.
    let uploads = std::iter::once(&founding[1..]).chain(played.acts.chunks(UPLOAD));
    for upload in uploads {
        clock.set(upload.last().unwrap().recorded_at);
        let lines = upload.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
        for answer in app.submit_many(lines, None).await.unwrap() {
            answer.unwrap();
        }
    }
    founding[1..].iter().chain(&played.acts).map(|act| act.envelope.compact().to_owned()).collect()
}

/// Every signature of these events: their own, and those of the offers and invitations inside.
fn signatures(events: &[String]) -> Vec<Envelope<Unverified>> {
    let signed = events.iter().flat_map(|text| {
        let envelope = Envelope::parse(text.as_bytes(), Typ::Event).unwrap();
        let event = Event::parse(envelope.payload()).unwrap();
        let offer =
            handover(&event).and_then(|(_, handed)| handed.offer.as_deref()).map(|text| (text, Typ::Offer));
        let invitation = match &event.statement {
            Statement::KeyEnrolled(enrolled) => Some((&*enrolled.invitation, Typ::Invitation)),
            _ => None,
        };
        let parse = |(text, typ): (&str, Typ)| Envelope::parse(text.as_bytes(), typ).unwrap();
        let inside: Vec<_> = offer.into_iter().chain(invitation).map(parse).collect();
        std::iter::once(envelope).chain(inside)
    });
    signed.collect()
}

/// Strict verification on every core of envelopes that are parsed already; events a second.
fn strict(events: &[String]) -> f64 {
    let (keys, envelopes) = (shared::keys(), signatures(events));
    let share = envelopes.len().div_ceil(shared::cores());
    let mut rest = envelopes.into_iter();
    let parts: Vec<Vec<_>> = (0..shared::cores()).map(|_| rest.by_ref().take(share).collect()).collect();
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

#[tokio::main]
async fn main() {
    let plan = Plan::read(1_500, 3);
    let folder = Folder::new();
    let store = folder.store("ledger.sqlite").await;
    let events = fill(&folder, &store, plan.manifests).await;
    let (mut stricts, mut logs, mut folds, mut rebuilds) = (vec![], vec![], vec![], vec![]);
    for run in 0..plan.runs {
        let yardstick = strict(&events);
        let started = Instant::now();
        let audited = audit::verify(&store, Against::itself(), |_, _| {}).await.unwrap();
        let entries = audited.entries as f64;
        let log = entries / started.elapsed().as_secs_f64();
        let second = folder.store(&format!("second-{run}.sqlite")).await;
        let started = Instant::now();
        audit::verify(&store, Against::second(&second), |_, _| {}).await.unwrap();
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
    plan.report("Audit (P5)", &body(&plan, events.len(), [stricts, logs, folds, rebuilds]));
}

fn body(plan: &Plan, events: usize, [stricts, logs, folds, rebuilds]: [Vec<f64>; 4]) -> String {
    let Plan { manifests, runs, .. } = plan;
    let cores = shared::cores();
    let (strict, log, fold, rebuild) =
        (spread(stricts, 0), spread(logs, 3), spread(folds, 0), spread(rebuilds, 0));
    format!(
        "Made by `cargo bench --bench audit -- --manifests {manifests} --runs {runs} --write docs/benchmarks.md` on a shared machine with {cores} cores:\n\
         {events} events, SQLite, median of {runs} runs, smallest and largest beside it. The yardstick is strict verification of the same\n\
         signatures, those of offers and invitations among them, on every core and nothing else.\n\n\
         | figure | smallest | median | largest | aim |\n|---|---|---|---|---|\n\
         | strict verification, events a second | {strict} | (yardstick) |\n\
         | log audit ÷ strict verification | {log} | ≥ 0.8 |\n\
         | full audit (log, second folding, comparison), events a second | {fold} | ≥ 20000 |\n\
         | rebuild (log checked on the way), events a second | {rebuild} | |\n"
    )
}
