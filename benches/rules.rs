//! What the rules cost: events a second taken in with all of them, beside as many with none, on fresh SQLite files of one run.
//!
//! `cargo bench --bench rules -- [--manifests N] [--runs N] [--write docs/benchmarks.md]`

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod shared;

use std::time::Instant;

use liandan::app::App;
use liandan::clock::Timestamp;
use liandan::custody::books::Rulebook;
use liandan::custody::{Event, Statement};
use liandan::id::ActId;
use liandan::ledger::{Envelope, Typ};
use liandan::scenario::World;
use liandan::shape::{List, Text};
use shared::{Folder, LOG, Plan, spread};

const BATCH: usize = 1_000;
/// The profile in force after the founding.
const CN: &str = include_str!("../seeds/jurisdictions/cn.toml");

/// The next version of the profile, in which every rule is off.
fn without_rules() -> Text<60_000> {
    let mut text = String::new();
    for line in CN.trim().lines() {
        let line = if line == "version = 1" { "version = 2" } else { line };
        text.push_str(line);
        text.push('\n');
        if line.starts_with("[rules.") {
            text.push_str("off = true\n");
        }
    }
    Text::new(text.trim()).unwrap()
}

/// The authority adopts the profile without rules.
async fn switch_off(app: &App, at: Timestamp) {
    let bureau = World::embedded().authority();
    let event = Event {
        log: Text::new(LOG).unwrap(),
        act: ActId::from_uuid("01890a5d-ac96-774b-bcce-b302099a8101".parse().unwrap()),
        party: bureau.uscc,
        mandate: None,
        prev: List::default(),
        anchor: None,
        occurred_at: at,
        place: None,
        statement: Statement::ProfileAdopted(Rulebook::pinning_text(&without_rules()).unwrap().1),
    };
    let key = World::embedded().key(&bureau.label, bureau.office());
    let envelope = Envelope::sign(Typ::Event, event.to_json().to_string().as_bytes(), &key);
    app.submit(envelope.compact().as_bytes(), None).await.unwrap();
    assert_eq!(app.rulebook().profile.version(), 2);
}

/// Events a second.
async fn ingest(name: &str, events: &[Vec<u8>], at: Timestamp, with_rules: bool) -> f64 {
    let folder = Folder::new(name);
    let app = folder.ledger(at).await;
    if !with_rules {
        switch_off(&app, at).await;
    }
    let started = Instant::now();
    for batch in events.chunks(BATCH) {
        for answer in app.submit_many(batch.to_vec(), None).await.unwrap() {
            answer.unwrap();
        }
    }
    let rate = events.len() as f64 / started.elapsed().as_secs_f64();
    app.store().close().await;
    rate
}

#[tokio::main]
async fn main() {
    let plan = Plan::read(1_500, 7);
    let played = shared::day(plan.manifests);
    let events: Vec<Vec<u8>> =
        played.acts.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
    let (mut alls, mut nones, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..plan.runs {
        // Turn about, so that neither always comes first.
        let order = if run % 2 == 0 { [true, false] } else { [false, true] };
        let mut rates = [0.0; 2];
        for with_rules in order {
            rates[usize::from(with_rules)] = ingest("rules", &events, played.ends_at, with_rules).await;
        }
        let [none, all] = rates;
        println!("run {run}: all rules {all:.0}/s, none {none:.0}/s, {:.3}", all / none);
        alls.push(all);
        nones.push(none);
        ratios.push(all / none);
    }
    let Plan { manifests, runs, .. } = plan;
    let (all, none, ratio) = (spread(alls, 0), spread(nones, 0), spread(ratios, 3));
    let body = format!(
        "Made by `cargo bench --bench rules -- --manifests {manifests} --runs {runs} --write docs/benchmarks.md` on a shared machine\n\
         with {} cores, SQLite (WAL, synchronous=FULL). {} signed events of {manifests} manifests in uploads of {BATCH}, taken in twice a run:\n\
         with every rule of the profile, and under an adopted profile in which every rule is off.\n\n\
         | figure | smallest | median | largest |\n|---|---|---|---|\n\
         | all rules, events a second | {all} |\n| no rule, events a second | {none} |\n| all rules ÷ no rule | {ratio} |\n",
        shared::cores(),
        events.len(),
    );
    plan.report("The rules", &body);
}
