//! Time passes: obligations that fall due become findings, at their due time, whenever this runs.

use std::time::Duration;

use super::App;
use super::batch_fill;
use super::error::Fault;
use super::steps::Step;
use crate::clock::Clock;
use crate::custody::books::{Books, Outcome};
use crate::store::{books as shelves, finding};

/// Most manifests opened in one transaction.
const MAX_AT_ONCE: u64 = 500;
/// Longest sleep: an obligation that a batch armed meanwhile waits no longer than this.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

impl App {
    /// Time passed: open what fell due, and sign what a fault left unsigned. Runs in the sequencer, so that no batch folds the
    /// same manifests meanwhile. Gives the number of manifests touched.
    pub(super) async fn let_time_pass(&self) -> Result<usize, Fault> {
        if self.may_write().is_err() {
            return Ok(0);
        }
        let touched = self.open_due().await?;
        self.catch_up().await?;
        Ok(touched)
    }

    /// Open every obligation due by now.
    async fn open_due(&self) -> Result<usize, Fault> {
        let mut touched = 0;
        loop {
            let mut tx = self.inner.store.write().await?;
            let head = self.lock(&mut tx).await?;
            let now = self.inner.clock.now();
            let mut due = finding::due(&mut tx, now, MAX_AT_ONCE).await?;
            due.sort_unstable();
            due.dedup();
            if due.is_empty() {
                tx.rollback().await?;
                return Ok(touched);
            }
            let mut books = Books::new(self.inner.rulebook);
            batch_fill::fill_manifests(&mut tx, &mut books, &due).await?;
            let mut outcome = Outcome::default();
            for manifest in &due {
                outcome.steps.extend(books.open_due(*manifest, now));
            }
            touched += due.len();
            shelves::save(&mut tx, &mut books, &[(head.size, outcome)]).await?;
            self.step(Step::Due, async { Ok(tx.commit().await?) }).await?;
        }
    }

    /// Watch the clock until the app is gone. A clock that stands still is not watched: whoever sets it calls
    /// [`App::tick`].
    pub fn watch_deadlines(&self) {
        if matches!(self.inner.clock, Clock::Manual(_)) {
            return;
        }
        let weak = std::sync::Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            loop {
                let Some(inner) = weak.upgrade() else { return };
                let app = App { inner };
                if let Err(fault) = app.tick().await {
                    tracing::error!(error = %fault, "obligations could not be opened; trying again");
                }
                let pause = app.until_next_due().await;
                drop(app);
                pause_for(pause).await;
            }
        });
    }

    async fn until_next_due(&self) -> Duration {
        let next = async {
            let mut tx = self.inner.store.read().await?;
            finding::next_due(&mut tx).await
        };
        let Ok(Some(due)) = next.await else { return LONGEST_SLEEP };
        let ms = due.since(self.inner.clock.now()).max(0).unsigned_abs();
        Duration::from_millis(ms).min(LONGEST_SLEEP)
    }
}

/// Wait until the time is over, or a moment for none, so that nobody who waits in a loop turns without a pause.
#[allow(clippy::disallowed_methods)] // The one place that waits for time to pass.
pub(super) async fn pause_for(pause: Duration) {
    tokio::time::sleep(pause.max(Duration::from_millis(10))).await;
}
