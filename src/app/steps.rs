//! The steps between an upload and its answer, and a way to interrupt each of them.
//!
//! Each step can fail in two ways: lost before anything happened, or done and reported failed. Tests make it fail in both, on
//! purpose; a server runs without an interrupt, and a step costs it nothing.

use std::sync::Arc;

use super::App;
use super::error::Fault;

/// One step of a batch, in order; the last one is a transaction of the deadlines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Lock the head of the log.
    Lock,
    /// Judge every event.
    Judge,
    /// Write everything, inside the transaction.
    Write,
    /// COMMIT.
    Commit,
    /// Advance the high-water mark.
    Mark,
    /// Sign the committed head.
    Sign,
    /// Store the checkpoint.
    Store,
    /// Make the answers.
    Answer,
    /// COMMIT what fell due.
    Due,
}

impl Step {
    /// Every step.
    pub const ALL: [Self; 9] = [
        Self::Lock,
        Self::Judge,
        Self::Write,
        Self::Commit,
        Self::Mark,
        Self::Sign,
        Self::Store,
        Self::Answer,
        Self::Due,
    ];

    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lock => "lock",
            Self::Judge => "judge",
            Self::Write => "write",
            Self::Commit => "commit",
            Self::Mark => "mark",
            Self::Sign => "sign",
            Self::Store => "store",
            Self::Answer => "answer",
            Self::Due => "due",
        }
    }
}

/// On which side of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Nothing of it has happened.
    Before,
    /// It has happened.
    After,
}

/// Called on both sides of every step; `true` makes the step fail there.
pub type Interrupt = Arc<dyn Fn(Step, Side) -> bool + Send + Sync>;

impl App {
    /// Do one step, unless it is interrupted.
    pub(super) async fn step<T>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, Fault>>,
    ) -> Result<T, Fault> {
        self.pass(step, Side::Before)?;
        let done = work.await?;
        self.pass(step, Side::After)?;
        Ok(done)
    }

    fn pass(&self, step: Step, side: Side) -> Result<(), Fault> {
        let interrupted = self.inner.interrupt.as_ref().is_some_and(|interrupt| interrupt(step, side));
        if interrupted { Err(Fault::Interrupted(step)) } else { Ok(()) }
    }
}
