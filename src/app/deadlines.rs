//! Time passes: obligations that fall due become findings, at their due time, whenever this runs.

use std::time::Duration;

use super::App;
use super::batch_fill;
use super::error::Fault;
use super::outbox;
use super::steps::Step;
use crate::clock::{Clock, Timestamp};
use crate::custody::books::{Books, Outcome, Rulebook};
use crate::custody::finding::FindingStep;
use crate::store::{WriteTx, books as shelves, deadline, log};

/// Most obligations opened in one transaction, those of one moment aside: they are opened together.
const MAX_AT_ONCE: u64 = 500;
/// Longest sleep: an obligation that a batch armed meanwhile waits no longer than this.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

impl App {
    /// Time passed: open what fell due, and sign what a fault left unsigned. Runs in the sequencer, so that no batch folds the
    /// same subjects meanwhile. Gives the number of subjects touched.
    pub(super) async fn let_time_pass(&self) -> Result<usize, Fault> {
        if self.may_write().is_err() {
            return Ok(0);
        }
        let touched = self.open_due().await?;
        self.forget_unnamed().await?;
        self.keep_up().await?;
        self.catch_up().await?;
        self.make_room().await?;
        Ok(touched)
    }

    /// See to it that the log has somewhere to go on.
    pub(super) async fn make_room(&self) -> Result<(), Fault> {
        let head = log::head(&mut self.inner.store.read().await?).await?.ok_or(Fault::NotFounded)?;
        if log::make_room(&self.inner.store, head.size).await? {
            tracing::info!(size = head.size, "the next partition of the log is made");
        }
        Ok(())
    }

    /// Open every obligation due by now.
    async fn open_due(&self) -> Result<usize, Fault> {
        let mut touched = 0;
        loop {
            let mut tx = self.inner.store.write().await?;
            let head = self.lock(&mut tx).await?;
            // No entry is recorded before the last opening, and nothing is opened before the last entry.
            let now = self.inner.clock.now().max(head.recorded_at);
            let rulebook = self.in_force(&mut tx).await?;
            let opened = open_some(&mut tx, rulebook, now).await?;
            if opened.shelves == 0 {
                tx.rollback().await?;
                return Ok(touched);
            }
            touched += opened.shelves;
            outbox::put_steps(&mut tx, &opened.books, &opened.steps).await?;
            self.step(Step::Due, async { Ok(tx.commit().await?) }).await?;
            self.inner.outbox.ring();
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
            deadline::next_due(&mut tx).await
        };
        let Ok(Some(due)) = next.await else { return LONGEST_SLEEP };
        let ms = due.since(self.inner.clock.now()).max(0).unsigned_abs();
        Duration::from_millis(ms).min(LONGEST_SLEEP)
    }
}

/// What fell due.
pub(super) struct Opened {
    /// Number of subjects touched.
    pub(super) shelves: usize,
    /// The steps of findings, in order.
    steps: Vec<FindingStep>,
    /// The subjects as they stand now.
    books: Books,
}

/// Open the obligations due by `now`, or the first of them when there are very many. What is
/// opened together is everything up to one moment, which is kept: the folds are a function of the log and of that moment.
pub(super) async fn open_some(tx: &mut WriteTx, rulebook: Rulebook, now: Timestamp) -> Result<Opened, Fault> {
    let until = deadline::horizon(tx, now, MAX_AT_ONCE).await?;
    let due = deadline::due(tx, until).await?;
    let mut books = Books::new(rulebook);
    if due.is_empty() {
        return Ok(Opened { shelves: 0, steps: Vec::new(), books });
    }
    batch_fill::fill_shelves(tx, &mut books, &due).await?;
    let steps: Vec<FindingStep> = due.iter().flat_map(|shelf| books.open_due(shelf, until)).collect();
    // Only the steps count: the index beside them is that of the entry whose postings and places are written.
    let outcome = Outcome { steps: steps.clone(), ..Outcome::default() };
    shelves::save(tx, &mut books, &[(0, outcome)]).await?;
    deadline::save_opened_until(tx, until).await?;
    Ok(Opened { shelves: due.len(), steps, books })
}

/// Wait until the time is over, or a moment for none, so that nobody who waits in a loop turns without a pause.
#[allow(clippy::disallowed_methods)] // The one place that waits for time to pass.
pub(crate) async fn pause_for(pause: Duration) {
    tokio::time::sleep(pause.max(Duration::from_millis(10))).await;
}

/// Wait for what another server is about to have.
#[allow(clippy::disallowed_methods)] // The place that waits for time to pass.
pub(crate) async fn pause_briefly() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}
