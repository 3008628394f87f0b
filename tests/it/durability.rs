//! What a ledger remembers outside its database, and what it does when the database does not remember it.

mod mark;
mod program;
mod read_only;
mod running;

use liandan::app::Receipt;
use liandan::ledger::checkpoint::Checkpoint;
use liandan::scenario::{DEMO_WEEK, Script, Scripted, World};
use liandan::store::log;

use crate::support::ledger::{Database, Folder, LOG, Ledger, settings};

/// What a week sends, without what is refused.
pub(crate) fn week() -> Vec<Scripted> {
    let played = Script::parse("week", DEMO_WEEK).unwrap().play(World::embedded(), LOG).unwrap();
    played.acts.into_iter().filter(|act| act.refused.is_none()).collect()
}

/// Everything sent in order; the receipts.
pub(crate) async fn send_all(ledger: &Ledger, acts: &[Scripted]) -> Vec<Receipt> {
    let mut receipts = Vec::new();
    for act in acts {
        receipts.push(ledger.send(act).await.unwrap());
    }
    receipts
}

pub(crate) async fn size_of(ledger: &Ledger) -> u64 {
    ledger.app.readiness().await.unwrap().size
}

/// The latest stored checkpoint.
async fn latest(ledger: &Ledger) -> Checkpoint {
    Checkpoint::open(&latest_note(ledger).await, &ledger.app.verifier()).unwrap()
}

/// The same as it was signed.
async fn latest_note(ledger: &Ledger) -> String {
    let mut tx = ledger.store.read().await.unwrap();
    log::latest_checkpoint(&mut tx).await.unwrap().unwrap().note
}

/// A ledger with a mark in a folder of its own.
pub(crate) struct Marked {
    folder: Folder,
}

impl Marked {
    pub(crate) fn new() -> Self {
        Self { folder: Folder::new() }
    }

    pub(crate) fn mark(&self) -> std::path::PathBuf {
        self.folder.path().join("mark")
    }

    pub(crate) async fn found(&self, database: &Database) -> Ledger {
        let store = database.connect().await;
        liandan::store::migrate::migrate(&store).await.unwrap();
        Ledger::found_with(store, Some(&self.mark()), None).await
    }

    /// Open a database with this mark, at the time of an act.
    pub(crate) async fn open(
        &self,
        database: &Database,
        at: &Scripted,
    ) -> Result<Ledger, liandan::app::Fault> {
        let clock = liandan::clock::Clock::manual(at.recorded_at);
        Ledger::open(settings(database.connect().await, clock, Some(&self.mark()))).await
    }
}
