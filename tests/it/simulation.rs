//! A seeded simulation: parties send what a script says, in other orders, twice, by devices whose clocks are wrong, and lose
//! answers; steps fail at random, the ledger is closed and opened again, its clock jumps. After every round the log is held to
//! every receipt; in the end what was derived is what a model and a naive folder make of the log.

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use liandan::app::steps::{Side, Step};
use liandan::app::{Fault, Mode, Settings, SubmitError};
use liandan::clock::Clock;
use liandan::custody::shelf::Life;
use liandan::id::FindingId;
use liandan::ledger::EventId;
use liandan::scenario::{Model, Played, Report, Script, Scripted, SeenFinding, SeenManifest, World};
use liandan::store::{books, deadline, finding, log, migrate};

use crate::crash::FailAt;
use crate::oracle::{compare_with_naive, naive_of};
use crate::scenarios::{all_scripts, permuted};
use crate::support::ledger::{
    Database, Folder, LOG, Ledger, block_on, databases, founded_at, log_key, settings,
};
use crate::support::outsider::Outsider;
use crate::support::random::Random;

/// Seeds on each database; `LIANDAN_SEED` runs a single one instead.
const SEEDS_SQLITE: u64 = 100;
const SEEDS_POSTGRES: u64 = 12;
/// Most events of one upload.
const MOST_AT_ONCE: usize = 4;
/// How wrong a device's clock may be, in minutes.
const MOST_SKEW_MINUTES: usize = 3 * 24 * 60;
/// How far the ledger's clock may jump back, in minutes.
const MOST_JUMP_MINUTES: usize = 12 * 60;
const MINUTE_MS: i64 = 60_000;

#[test]
fn simulated_on_sqlite() {
    simulate(databases().remove(0), SEEDS_SQLITE);
}

#[test]
fn simulated_on_postgres() {
    if let Some(database) = databases().into_iter().nth(1) {
        simulate(database, SEEDS_POSTGRES);
    }
}

fn simulate(founded: Database, count: u64) {
    block_on(async {
        let store = founded.connect().await;
        migrate::migrate(&store).await.unwrap();
        Ledger::found_with(store, None, None).await.close().await;
    });
    for seed in chosen().map_or(0..count, |seed| seed..seed + 1) {
        let simulated = catch_unwind(AssertUnwindSafe(|| {
            block_on(async { Simulation::begin(founded.copy(), seed).await.run().await });
        }));
        if let Err(panic) = simulated {
            eprintln!("the simulation fails with LIANDAN_SEED={seed}");
            resume_unwind(panic);
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
fn chosen() -> Option<u64> {
    std::env::var("LIANDAN_SEED").ok().map(|seed| seed.parse().unwrap())
}

struct Simulation {
    random: Random,
    database: Database,
    folder: Folder,
    fail: FailAt,
    ledger: Ledger,
    played: Played,
    /// Without a receipt so far, in the order in which they are sent first.
    waiting: VecDeque<Scripted>,
    answered: Vec<Scripted>,
    outsider: Outsider,
}

impl Simulation {
    async fn begin(database: Database, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let scripts = all_scripts();
        let (name, text) = &scripts[random.below(scripts.len())];
        let played = Script::parse(name, text).unwrap().play(World::embedded(), LOG).unwrap();
        let mut waiting: VecDeque<Scripted> = permuted(&played, seed).into();
        for act in &mut waiting {
            if random.below(4) == 0 {
                act.skew_ms = any_minutes(&mut random, MOST_SKEW_MINUTES);
            }
        }
        let (folder, fail) = (Folder::new(), FailAt::default());
        let at = waiting.front().map_or(played.ends_at, |act| act.recorded_at);
        let ledger = open(&database, &folder, &fail, Clock::manual(at)).await.unwrap();
        let outsider = Outsider::default();
        Self { random, database, folder, fail, ledger, played, waiting, answered: Vec::new(), outsider }
    }

    async fn run(mut self) {
        while !self.waiting.is_empty() {
            if self.random.below(3) == 0 {
                let step = Step::ALL[self.random.below(Step::ALL.len())];
                let side = [Side::Before, Side::After][self.random.below(2)];
                self.fail.set(step, side, 1 + self.random.below(3) as u32);
            }
            match self.random.below(10) {
                0 => self = self.restart().await,
                1 | 2 => drop(self.ledger.app.tick().await),
                3 => self.jump(),
                _ => self.send().await,
            }
            self.hold_to_receipts().await;
        }
        self.fail.clear();
        self.ledger.clock.set(self.played.ends_at.max(self.ledger.clock.now()));
        self.ledger.app.tick().await.unwrap();
        self.hold_to_receipts().await;
        self.compare_with_model().await;
        self.ledger.close().await;
    }

    /// Close the ledger and open it again, which may be interrupted too.
    async fn restart(mut self) -> Self {
        let clock = Clock::manual(self.ledger.clock.now());
        self.ledger.close().await;
        self.ledger = loop {
            match open(&self.database, &self.folder, &self.fail, clock.clone()).await {
                Ok(ledger) => break ledger,
                Err(Fault::Interrupted(_)) => continue,
                Err(fault) => panic!("{fault}"),
            }
        };
        self
    }

    fn jump(&mut self) {
        let back = any_minutes(&mut self.random, MOST_JUMP_MINUTES);
        self.ledger.clock.set(self.ledger.clock.now().plus_millis(back));
    }

    /// Upload what comes next, some of it once more; now and then the answers are lost on their way.
    async fn send(&mut self) {
        let count = 1 + self.random.below(MOST_AT_ONCE.min(self.waiting.len()));
        let mut acts: Vec<Scripted> = self.waiting.iter().take(count).cloned().collect();
        if self.random.below(3) == 0 && !self.answered.is_empty() {
            acts.push(self.answered[self.random.below(self.answered.len())].clone());
        }
        if self.random.below(3) == 0 {
            acts.push(acts[self.random.below(acts.len())].clone());
        }
        let is_lost = self.random.below(5) == 0;
        self.ledger.clock.set(acts[0].recorded_at.max(self.ledger.clock.now()));
        let device_time = self.ledger.clock.now().plus_millis(acts[0].skew_ms);
        let lines = acts.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
        let answers = self.ledger.app.submit_many(lines, Some(device_time)).await.unwrap();
        for (act, answer) in acts.iter().zip(answers) {
            match answer {
                Ok(_) if is_lost => continue,
                Ok(submitted) => self.outsider.keep(&submitted.receipt),
                Err(SubmitError::Busy { .. }) => continue,
                Err(SubmitError::Refused(_)) => {}
                Err(other) => panic!("{other}"),
            }
            let id = act.envelope.event_id();
            if let Some(place) = self.waiting.iter().position(|waiting| waiting.envelope.event_id() == id) {
                self.answered.extend(self.waiting.remove(place));
            }
        }
    }

    async fn hold_to_receipts(&self) {
        assert_eq!(self.ledger.app.mode(), Mode::Signing);
        let mark = self.folder.path().join("mark");
        self.outsider.check(&self.ledger.store, &self.ledger.app.verifier(), &mark).await;
    }

    /// The log, folded by a ledger in memory and by the naive folder: both must come to what is stored.
    async fn compare_with_model(&self) {
        let founding = World::embedded().founding(LOG, founded_at(), log_key().public()).unwrap();
        let known: BTreeMap<EventId, &Scripted> =
            founding.iter().chain(&self.played.acts).map(|act| (act.envelope.event_id(), act)).collect();
        let mut model = Model::new(self.ledger.app.rulebook());
        let mut tx = self.ledger.store.read().await.unwrap();
        for entry in log::entries(&mut tx, 0, 1_000_000).await.unwrap() {
            let act = known[&entry.event_id];
            let entered = Scripted { recorded_at: entry.recorded_at, skew_ms: entry.skew_ms, ..act.clone() };
            assert_eq!(model.submit(&entered).unwrap().index, entry.index);
        }
        // A clock may be set back; what time has opened stays open.
        let now = self.ledger.clock.now().max(deadline::opened_until(&mut tx).await.unwrap());
        model.pass_time(now);
        let stored = self.stored_report().await;
        let naive = naive_of(&mut tx, &self.ledger, now).await;
        compare_with_naive(&mut tx, &naive).await.unwrap();
        stored.compare(&model.report(&self.played.names).lines()).unwrap();
    }

    /// What is stored, in the words of the script.
    async fn stored_report(&self) -> Report {
        let mut tx = self.ledger.store.read().await.unwrap();
        let names = &self.played.names;
        let mut manifests = Vec::new();
        for (_, id) in names.manifests() {
            if let Some(shelf) = books::manifest(&mut tx, id).await.unwrap() {
                let status = shelf.state.status().name().to_owned();
                manifests.push(SeenManifest { manifest: id, status, holders: shelf.state.holders() });
            }
        }
        let mut seen = Vec::new();
        for life in [Life::Open, Life::Closed] {
            let first = FindingId::from_uuid(uuid::Uuid::nil());
            let rows = finding::list_all(&mut tx, life, first, 100_000).await.unwrap();
            let rows = rows.into_iter().map(|row| SeenFinding {
                rule: row.seen.rule,
                subject: row.seen.subject,
                figures: row.seen.figures,
                severity: row.severity,
            });
            seen.push(rows.collect::<Vec<_>>());
        }
        Report::new(names, &manifests, &seen[0]).with_cleared(names, &seen[1])
    }
}

async fn open(database: &Database, folder: &Folder, fail: &FailAt, clock: Clock) -> Result<Ledger, Fault> {
    let settings = settings(database.connect().await, clock, Some(&folder.path().join("mark")));
    Ledger::open(Settings { interrupt: Some(fail.interrupt()), ..settings }).await
}

/// So many minutes at most, forth or back, in milliseconds.
fn any_minutes(random: &mut Random, most: usize) -> i64 {
    (random.below(2 * most) as i64 - most as i64) * MINUTE_MS
}

/// A late event finds others of its manifest that came earlier in the same upload and are not written yet.
#[test]
fn a_whole_week_out_of_order_in_one_upload() {
    for (seed, database) in (1..).zip(databases()) {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let script = Script::parse("week", liandan::scenario::DEMO_WEEK).unwrap();
            let played = script.play(World::embedded(), LOG).unwrap();
            ledger.clock.set(played.ends_at);
            let acts = permuted(&played, seed);
            let lines = acts.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
            let answers = ledger.app.submit_many(lines, None).await.unwrap();
            assert!(answers.iter().filter(|answer| answer.is_ok()).count() > 100);
            ledger.app.tick().await.unwrap();
            let mut tx = ledger.store.read().await.unwrap();
            let naive = naive_of(&mut tx, &ledger, played.ends_at).await;
            compare_with_naive(&mut tx, &naive).await.unwrap();
            drop(tx);
            ledger.close().await;
        });
    }
}
