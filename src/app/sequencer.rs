//! One task decides the order: it takes what waits, commits it as one batch, and answers everyone.

use tokio::sync::{mpsc, oneshot};

use super::batch::{Batch, Item};
use super::error::SubmitError;
use super::prepare::Prepared;
use super::submit::Submitted;
use super::{App, Fault};
use crate::ledger::tile::TileTail;

/// Most uploads that may wait; one more gets `503` with `Retry-After`.
pub(super) const MAX_WAITING: usize = 4_096;
/// Most events committed together.
pub(super) const MAX_BATCH: usize = 1_000;
/// What a turned-away caller is told to wait.
const RETRY_AFTER_S: u32 = 1;

/// Whether a batch is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Keep it.
    Commit,
    /// Judge it and throw it away.
    DryRun,
}

type Answer = Result<Submitted, SubmitError>;

/// Something that waits for the sequencer.
pub(super) enum Work {
    /// Events of one upload, to be recorded in order.
    Events { events: Vec<Prepared>, mode: Mode, reply: oneshot::Sender<Vec<Answer>> },
    /// Time passed.
    Tick { reply: oneshot::Sender<Result<usize, Fault>> },
}

/// The way in.
pub(super) struct Queue {
    sender: mpsc::Sender<Work>,
}

pub(super) fn queue() -> (Queue, mpsc::Receiver<Work>) {
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    (Queue { sender }, receiver)
}

impl Queue {
    /// Wait for a place. Full means busy, at once: nothing is held that is not promised.
    pub(super) async fn send(&self, events: Vec<Prepared>, mode: Mode) -> Result<Vec<Answer>, SubmitError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let (reply, answers) = oneshot::channel();
        self.sender.try_send(Work::Events { events, mode, reply }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SubmitError::Busy { retry_after_s: RETRY_AFTER_S },
            mpsc::error::TrySendError::Closed(_) => SubmitError::Fault(Fault::Stopped),
        })?;
        answers.await.map_err(|_| SubmitError::Fault(Fault::Stopped))
    }

    /// Let the obligations that fell due be opened; the number of manifests touched.
    pub(super) async fn tick(&self) -> Result<usize, Fault> {
        let (reply, answer) = oneshot::channel();
        self.sender.send(Work::Tick { reply }).await.map_err(|_| Fault::Stopped)?;
        answer.await.map_err(|_| Fault::Stopped)?
    }
}

/// Run the sequencer until the last handle of the app is gone.
pub(super) fn start(app: &App, mut work: mpsc::Receiver<Work>) {
    let inner = std::sync::Arc::downgrade(&app.inner);
    tokio::spawn(async move {
        let mut tail: Option<TileTail> = None;
        let mut next: Option<Work> = None;
        loop {
            let Some(first) = (match next.take() {
                Some(work) => Some(work),
                None => work.recv().await,
            }) else {
                return;
            };
            let Some(inner) = inner.upgrade() else { return };
            let app = App { inner };
            match first {
                Work::Tick { reply } => drop(reply.send(app.open_due().await)),
                Work::Events { events, mode: Mode::DryRun, reply } => {
                    let answers = app.judge(events, tail.clone()).await;
                    drop(reply.send(answers));
                }
                Work::Events { events, mode: Mode::Commit, reply } => {
                    let mut uploads = vec![(events, reply)];
                    next = gather(&mut work, &mut uploads);
                    app.commit(uploads, &mut tail).await;
                }
            }
        }
    });
}

/// Take further uploads that already wait, up to a batch; what does not belong in it is kept for the next round.
fn gather(
    work: &mut mpsc::Receiver<Work>,
    uploads: &mut Vec<(Vec<Prepared>, oneshot::Sender<Vec<Answer>>)>,
) -> Option<Work> {
    let mut size: usize = uploads.iter().map(|(events, _)| events.len()).sum();
    while size < MAX_BATCH {
        match work.try_recv() {
            Ok(Work::Events { events, mode: Mode::Commit, reply }) => {
                size += events.len();
                uploads.push((events, reply));
            }
            Ok(other) => return Some(other),
            Err(_) => return None,
        }
    }
    None
}

impl App {
    async fn commit(
        &self,
        uploads: Vec<(Vec<Prepared>, oneshot::Sender<Vec<Answer>>)>,
        tail: &mut Option<TileTail>,
    ) {
        let counts: Vec<usize> = uploads.iter().map(|(events, _)| events.len()).collect();
        let (events, replies): (Vec<Vec<Prepared>>, Vec<_>) = uploads.into_iter().unzip();
        let items: Vec<Item> = events.into_iter().flatten().map(Item::new).collect();
        let total = items.len();
        let result = Batch::new(self, tail.take()).run(items).await;
        let mut answers = match result {
            Ok((answers, new_tail)) => {
                *tail = Some(new_tail);
                answers
            }
            Err(fault) => {
                tracing::error!(error = %fault, "a batch failed; its senders are told to try again");
                (0..total).map(|_| Err(SubmitError::Busy { retry_after_s: RETRY_AFTER_S })).collect()
            }
        }
        .into_iter();
        for (count, reply) in counts.into_iter().zip(replies) {
            drop(reply.send(answers.by_ref().take(count).collect()));
        }
    }

    async fn judge(&self, events: Vec<Prepared>, tail: Option<TileTail>) -> Vec<Answer> {
        let total = events.len();
        let items = events.into_iter().map(Item::new).collect();
        match Batch::new(self, tail).judge(items).await {
            Ok(answers) => answers,
            Err(fault) => {
                tracing::error!(error = %fault, "a dry run failed");
                (0..total).map(|_| Err(SubmitError::Busy { retry_after_s: RETRY_AFTER_S })).collect()
            }
        }
    }

    /// Ask the sequencer to open what fell due; the number of manifests touched.
    pub async fn tick(&self) -> Result<usize, Fault> {
        self.inner.queue.tick().await
    }
}
