//! One task decides the order: it takes what waits, commits it as one batch, and answers everyone.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::batch::{Answer, Batch, Unit, Upload};
use super::deadlines::pause_for;
use super::error::SubmitError;
use super::{App, Fault};
use crate::clock::Stopwatch;
use crate::ledger::tile::TileTail;

/// Most uploads that may wait; one more gets `503` with `Retry-After`.
pub(super) const MAX_WAITING: usize = 4_096;
/// Most bytes of uploads that are being checked or wait, for all callers together: what they become in memory is some times as much. One that
/// does not fit beside the others gets `503` with `Retry-After` before anything is done for it, so those who wait have some seconds of work before
/// them and no more: eight connections with a thousand events each fit, which keeps the sequencer busy; more would only wait longer.
pub const MAX_WAITING_BYTES: usize = 16 * 1024 * 1024;
/// Bytes that are counted as one.
const COUNTED_BYTES: usize = 1_024;
/// Most events committed together.
pub(super) const MAX_BATCH: usize = 1_000;
/// How long an upload that goes on waits before it asks for room again, and how often it does.
const ASK_AGAIN: Duration = Duration::from_millis(50);
const ASKED_AGAIN: usize = 200;
/// What a turned-away caller is told to wait.
const RETRY_AFTER_S: u32 = 1;

/// Whether a batch is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    /// Keep it.
    Commit,
    /// Judge it and throw it away.
    DryRun,
}

/// Something that waits for the sequencer.
pub(super) enum Work {
    /// Events of one upload, to be recorded in order.
    Events { upload: Upload, intent: Intent, reply: oneshot::Sender<Vec<Answer>> },
    /// Time passed.
    Tick { reply: oneshot::Sender<Result<usize, Fault>> },
}

/// The way in.
pub(super) struct Queue {
    sender: mpsc::Sender<Work>,
    room: Arc<Semaphore>,
}

/// Room for one upload, until it is dropped. It goes with the upload: whoever hangs up leaves it waiting.
pub(super) struct Room {
    _permit: OwnedSemaphorePermit,
}

pub(super) fn queue() -> (Queue, mpsc::Receiver<Work>) {
    let (sender, receiver) = mpsc::channel(MAX_WAITING);
    (Queue { sender, room: Arc::new(Semaphore::new(MAX_WAITING_BYTES / COUNTED_BYTES)) }, receiver)
}

/// How much of the room so many bytes take. One upload alone always fits.
fn counted(bytes: usize) -> u32 {
    let most = MAX_WAITING_BYTES / COUNTED_BYTES;
    u32::try_from(bytes.div_ceil(COUNTED_BYTES).clamp(1, most)).unwrap_or(u32::MAX)
}

const BUSY: SubmitError = SubmitError::Busy { retry_after_s: RETRY_AFTER_S };

impl Queue {
    /// Room for an upload of so many bytes, before anything is done for it. None means busy, at once.
    pub(super) fn room(&self, bytes: usize) -> Result<Room, SubmitError> {
        let permit = Arc::clone(&self.room).try_acquire_many_owned(counted(bytes));
        permit.map(|permit| Room { _permit: permit }).map_err(|_| BUSY)
    }

    /// The same for what goes on: it asks again for a while. It stands before nobody: whoever comes new finds room as it does, or a few long uploads
    /// would shut out everybody else.
    pub(super) async fn room_to_go_on(&self, bytes: usize) -> Result<Room, SubmitError> {
        for _ in 0..ASKED_AGAIN {
            if let Ok(room) = self.room(bytes) {
                return Ok(room);
            }
            pause_for(ASK_AGAIN).await;
        }
        self.room(bytes)
    }

    /// Wait for a place. Full means busy, at once: nothing is held that is not promised.
    pub(super) async fn send(&self, upload: Upload, intent: Intent) -> Result<Vec<Answer>, SubmitError> {
        if upload.events.is_empty() {
            return Ok(Vec::new());
        }
        let (reply, answers) = oneshot::channel();
        self.sender.try_send(Work::Events { upload, intent, reply }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => BUSY,
            mpsc::error::TrySendError::Closed(_) => SubmitError::Fault(Fault::Stopped),
        })?;
        answers.await.map_err(|_| SubmitError::Fault(Fault::Stopped))
    }

    /// How many wait, and how many may.
    pub(super) fn waiting(&self) -> (usize, usize) {
        (MAX_WAITING - self.sender.capacity(), MAX_WAITING)
    }

    /// True as long as somebody takes out what is put in.
    pub(super) fn is_served(&self) -> bool {
        !self.sender.is_closed()
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
            // The handle goes before the answer: whoever then drops the last one can open the ledger again at once.
            match first {
                Work::Tick { reply } => {
                    let touched = unwound(app.let_time_pass()).await;
                    drop(app);
                    drop(reply.send(touched));
                }
                Work::Events { upload, intent: Intent::DryRun, reply } => {
                    let answers = app.judge(upload).await;
                    drop(app);
                    drop(reply.send(answers));
                }
                Work::Events { upload, intent: Intent::Commit, reply } => {
                    let mut uploads = vec![(upload, reply)];
                    next = gather(&mut work, &mut uploads);
                    let (uploads, replies): (Vec<Upload>, Vec<_>) = uploads.into_iter().unzip();
                    let counts: Vec<usize> = uploads.iter().map(|upload| upload.events.len()).collect();
                    let mut answers = app.commit(uploads, &mut tail).await.into_iter();
                    drop(app);
                    for (count, reply) in counts.into_iter().zip(replies) {
                        drop(reply.send(answers.by_ref().take(count).collect()));
                    }
                }
            }
        }
    });
}

/// Take further uploads that already wait, up to a batch; what does not belong in it is kept for the next round.
fn gather(
    work: &mut mpsc::Receiver<Work>,
    uploads: &mut Vec<(Upload, oneshot::Sender<Vec<Answer>>)>,
) -> Option<Work> {
    let is_alone = |upload: &Upload| upload.unit != Unit::Event;
    if uploads.iter().any(|(upload, _)| is_alone(upload)) {
        return None;
    }
    let mut size: usize = uploads.iter().map(|(upload, _)| upload.events.len()).sum();
    while size < MAX_BATCH {
        match work.try_recv() {
            Ok(Work::Events { upload, intent: Intent::Commit, reply }) if !is_alone(&upload) => {
                size += upload.events.len();
                uploads.push((upload, reply));
            }
            Ok(other) => return Some(other),
            Err(_) => return None,
        }
    }
    None
}

impl App {
    /// Commit uploads as one batch; an answer for each event, in order.
    async fn commit(&self, uploads: Vec<Upload>, tail: &mut Option<TileTail>) -> Vec<Answer> {
        let total = uploads.iter().map(|upload| upload.events.len()).sum();
        let watch = Stopwatch::start();
        // The tail is only put back by a batch that went well: after a fault it is read again.
        let ended = unwound(Batch::new(self, tail.take()).run(uploads)).await;
        self.inner.meters.batch(total, watch.seconds());
        match ended {
            Ok((answers, new_tail)) => {
                *tail = Some(new_tail);
                answers
            }
            Err(fault) => failed(&fault, total),
        }
    }

    async fn judge(&self, upload: Upload) -> Vec<Answer> {
        let total = upload.events.len();
        match unwound(Batch::new(self, None).judge(upload)).await {
            Ok(answers) => answers,
            Err(fault) => failed(&fault, total),
        }
    }

    /// Let what time brings happen: the sequencer opens what fell due, and keys end whose time has come. The number of manifests touched.
    pub async fn tick(&self) -> Result<usize, Fault> {
        let touched = self.inner.queue.tick().await?;
        self.end_departures().await?;
        Ok(touched)
    }
}

/// Run a piece of work to its end or its panic. A panic is a fault of that piece alone: its transaction is rolled back and what it
/// had in memory is gone with it, so the next one begins from what is stored, as after every fault. Otherwise one event that
/// meets a defect would stop every upload until somebody starts the process again.
async fn unwound<T>(work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    let ended = AssertUnwindSafe(work).catch_unwind().await;
    ended.unwrap_or_else(|panic| Err(Fault::Panicked(said(&*panic))))
}

/// The message of a panic.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// The answers of a batch that failed. Where trying again can help, the senders are told to.
fn failed(fault: &Fault, total: usize) -> Vec<Answer> {
    let answer = || match fault {
        Fault::ReadOnly(why) => SubmitError::ReadOnly(why.clone()),
        _ => BUSY,
    };
    tracing::error!(
        error = fault as &dyn std::error::Error,
        "a batch failed; its senders are told to try again"
    );
    (0..total).map(|_| Answer::Said(Box::new(Err(answer())))).collect()
}
