//! Heads that somebody holds beside the database: what is whole by itself may still lack its end, and only they can tell.

use super::{AuditError, broken};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::note::NoteVerifier;
use crate::ledger::tile::TileTail;

/// A head of the log that is kept outside its database.
#[derive(Clone, Debug)]
pub enum Held {
    /// The high-water mark of a process.
    Mark(Checkpoint),
    /// A signed checkpoint that an outsider kept: a note, with or without cosignatures.
    Signed(String),
}

/// What is held of a log, by size: the walk passes every size once.
#[derive(Default)]
pub(super) struct HeldHeads {
    /// The largest first, so that the next one to pass is the last.
    waiting: Vec<(Checkpoint, &'static str)>,
}

impl HeldHeads {
    /// Read what is held. A checkpoint that this log's key did not sign contradicts it: the log shown is another.
    pub(super) fn of(held: Vec<Held>, verifier: &NoteVerifier) -> Result<Self, AuditError> {
        let mut waiting = Vec::with_capacity(held.len());
        for one in held {
            waiting.push(match one {
                Held::Mark(mark) if mark.origin == verifier.name => (mark, "the mark"),
                Held::Mark(mark) => {
                    return Err(broken("log_head", "origin", format!("the mark is of {}", mark.origin)));
                }
                Held::Signed(note) => {
                    let opened = Checkpoint::open(&note, verifier);
                    let opened = opened.map_err(|error| {
                        broken("log_entry", 0, format!("the checkpoint held is not this log's: {error}"))
                    })?;
                    (opened, "the checkpoint held")
                }
            });
        }
        waiting.sort_by_key(|(head, _)| std::cmp::Reverse(head.size));
        Ok(Self { waiting })
    }

    /// Compare what is held of the size just reached.
    pub(super) fn pass(&mut self, tail: &TileTail) -> Result<(), AuditError> {
        while let Some((head, by)) = self.waiting.pop_if(|(head, _)| head.size <= tail.size()) {
            if head.size == tail.size() && head.root != tail.root() {
                let what = format!("{by} has another root for the first {} entries", head.size);
                return Err(broken("log_entry", head.size.saturating_sub(1), what));
            }
        }
        Ok(())
    }

    /// Nothing may be left that reaches beyond the last entry.
    pub(super) fn finish(&self, size: u64) -> Result<(), AuditError> {
        let Some((head, by)) = self.waiting.first() else { return Ok(()) };
        let last = head.size.saturating_sub(1);
        Err(broken("log_entry", size, format!("entries {size} to {last} are missing: {by} has them")))
    }
}
