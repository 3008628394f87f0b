//! Each step fails in both ways, once and again on the retry, in a running ledger and before a restart, on both databases.

use liandan::app::steps::{Side, Step};
use liandan::app::{Settings, SubmitError};
use liandan::clock::Clock;
use liandan::scenario::{DEMO_LATER, Script, Scripted};
use liandan::store::log;

use super::FailAt;
use crate::durability::week;
use crate::oracle::{compare_with_naive, naive_of};
use crate::support::ledger::{Database, Folder, Ledger, block_on, databases, settings};
use crate::support::outsider::Outsider;

/// Events of one upload.
const GROUP: usize = 2;

/// A ledger whose steps fail, and whoever sends to it.
struct Trial {
    database: Database,
    folder: Folder,
    fail: FailAt,
    outsider: Outsider,
}

impl Trial {
    fn new(database: Database) -> Self {
        Self { database, folder: Folder::new(), fail: FailAt::default(), outsider: Outsider::default() }
    }

    fn mark(&self) -> std::path::PathBuf {
        self.folder.path().join("mark")
    }

    async fn found(&self) -> Ledger {
        let store = self.database.connect().await;
        liandan::store::migrate::migrate(&store).await.unwrap();
        Ledger::found_with(store, Some(&self.mark()), Some(self.fail.interrupt())).await
    }

    async fn reopen(&self, ledger: Ledger) -> Ledger {
        let now = ledger.clock.now();
        ledger.close().await;
        let settings = settings(self.database.connect().await, Clock::manual(now), Some(&self.mark()));
        Ledger::open(Settings { interrupt: Some(self.fail.interrupt()), ..settings }).await.unwrap()
    }

    /// Send a group; true when every event got its receipt.
    async fn send(&mut self, ledger: &Ledger, group: &[Scripted]) -> bool {
        ledger.clock.set(group.last().unwrap().recorded_at);
        let lines = group.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
        let mut all = true;
        for answer in ledger.app.submit_many(lines, None).await.unwrap() {
            match answer {
                Ok(submitted) => self.outsider.keep(&submitted.receipt),
                Err(SubmitError::Busy { .. }) => all = false,
                Err(other) => panic!("{other}"),
            }
        }
        all
    }

    async fn check(&self, ledger: &Ledger) -> u64 {
        self.outsider.check(&ledger.store, &ledger.app.verifier(), &self.mark()).await
    }
}

/// How far log and checkpoints go.
async fn sizes(ledger: &Ledger) -> (u64, u64) {
    let mut tx = ledger.store.read().await.unwrap();
    let head = log::head(&mut tx).await.unwrap().unwrap();
    (head.size, log::latest_checkpoint(&mut tx).await.unwrap().unwrap().size)
}

/// What is in the database after a step failed: entries, and a checkpoint over them.
fn persisted(step: Step, side: Side) -> (bool, bool) {
    let after = side == Side::After;
    match step {
        Step::Lock | Step::Judge | Step::Write => (false, false),
        Step::Commit => (after, false),
        Step::Mark | Step::Sign => (true, false),
        Step::Store => (true, after),
        Step::Answer | Step::Due => (true, true),
    }
}

#[test]
fn every_step_fails_in_both_ways_sqlite() {
    block_on(every_step_fails_in_both_ways(databases().remove(0)));
}

#[test]
fn every_step_fails_in_both_ways_postgres() {
    if let Some(database) = databases().into_iter().nth(1) {
        block_on(every_step_fails_in_both_ways(database));
    }
}

async fn every_step_fails_in_both_ways(database: Database) {
    let mut trial = Trial::new(database);
    let mut ledger = trial.found().await;
    let acts = week();
    let mut groups = acts.chunks_exact(GROUP);
    let steps = Step::ALL.into_iter().filter(|step| *step != Step::Due);
    for (step, side) in steps.flat_map(|step| [(step, Side::Before), (step, Side::After)]) {
        for restart in [false, true] {
            let group = groups.next().unwrap();
            let place = format!("{step:?} {side:?}, restart {restart}");
            let (before, _) = sizes(&ledger).await;
            trial.fail.set(step, side, if restart { 1 } else { 2 });
            assert!(!trial.send(&ledger, group).await, "{place}");
            let (entries, checkpoint) = persisted(step, side);
            let grown = before + if entries { GROUP as u64 } else { 0 };
            assert_eq!(sizes(&ledger).await, (grown, if checkpoint { grown } else { before }), "{place}");
            if restart {
                ledger = trial.reopen(ledger).await;
                assert_eq!(sizes(&ledger).await, (grown, grown), "{place}: signed at the start");
            } else {
                // The retry meets the same failure, where it comes by that step at all.
                let is_met = !trial.send(&ledger, group).await;
                assert_eq!(trial.fail.clear(), u32::from(!is_met), "{place}");
            }
            assert!(trial.send(&ledger, group).await, "{place}");
            assert!(trial.send(&ledger, group).await, "{place}");
            let all = before + GROUP as u64;
            assert_eq!(sizes(&ledger).await, (all, all), "{place}");
        }
        trial.check(&ledger).await;
    }
    assert!(trial.outsider.repeated > trial.outsider.len());
    ledger.close().await;
}

/// A tick signs what a fault left unsigned, when nobody sends anything any more.
#[test]
fn a_tick_signs_what_a_fault_left() {
    for database in databases() {
        block_on(async {
            let mut trial = Trial::new(database);
            let ledger = trial.found().await;
            trial.fail.set(Step::Mark, Side::Before, 1);
            assert!(!trial.send(&ledger, &week()[..GROUP]).await);
            let (size, signed) = sizes(&ledger).await;
            assert!(signed < size);
            ledger.app.tick().await.unwrap();
            assert_eq!(sizes(&ledger).await, (size, size));
            trial.check(&ledger).await;
            ledger.close().await;
        });
    }
}

/// Obligations fall due while their COMMIT fails in both ways: what is found is what would have been found.
#[test]
fn deadlines_fail_in_both_ways() {
    let later = Script::parse("later", DEMO_LATER).unwrap().ends_at();
    for (side, database) in [Side::Before, Side::After]
        .into_iter()
        .flat_map(|side| databases().into_iter().map(move |database| (side, database)))
    {
        block_on(async {
            let trial = Trial::new(database);
            let ledger = trial.found().await;
            for act in &week() {
                ledger.send(act).await.unwrap();
            }
            ledger.clock.set(later);
            trial.fail.set(Step::Due, side, 1);
            assert!(ledger.app.tick().await.is_err(), "{side:?}");
            let touched = ledger.app.tick().await.unwrap();
            assert_eq!(touched > 0, side == Side::Before);
            let mut tx = ledger.store.read().await.unwrap();
            let naive = naive_of(&mut tx, &ledger, later).await;
            compare_with_naive(&mut tx, &naive).await.unwrap();
            drop(tx);
            ledger.close().await;
        });
    }
}
