//! How much a database does, in a unit that nothing else on the machine changes: what grows with the ledger shows in it, however fast or busy the machine is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::tx::Tx;
use super::{StoreError, WriteTx};

/// So many steps are counted at once.
const STEPS: u16 = 1_000;

/// Steps of SQLite's virtual machine, counted by the thousand.
#[derive(Clone, Debug, Default)]
pub struct Work(Arc<AtomicU64>);

impl Work {
    /// Steps so far.
    pub fn steps(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl WriteTx {
    /// Count what is done from here on by the connection of this transaction, whoever has it later; on SQLite all writers have the same one. Nothing is
    /// counted on Postgres.
    pub async fn count_work(&mut self) -> Result<Option<Work>, StoreError> {
        let Tx::Sqlite(tx) = self.tx().await? else { return Ok(None) };
        let work = Work::default();
        let counted = Arc::clone(&work.0);
        tx.lock_handle().await?.set_progress_handler(i32::from(STEPS), move || {
            counted.fetch_add(u64::from(STEPS), Ordering::Relaxed);
            true
        });
        Ok(Some(work))
    }
}
