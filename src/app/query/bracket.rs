//! Between which moments an event was made, as far as others than its signer bear it out.
//!
//! Not before: the signer named a head of the log that nobody could know earlier. Not after: a signed head covers the event. The
//! signer's own clock says something in between, or it is wrong.

use std::collections::HashMap;

use crate::app::{App, Fault};
use crate::clock::Timestamp;
use crate::custody::event::{Anchor, Anchored};
use crate::ledger::Digest;
use crate::ledger::merkle::empty_root;
use crate::store::{ReadTx, log};

/// What the anchor of an event is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnchorStanding {
    /// It is the head that this log had at that size: the event was made no earlier than the last entry below it was recorded.
    Known {
        /// When that entry was recorded; `None` for the empty log.
        at: Option<Timestamp>,
    },
    /// This log had another head at that size.
    OtherLog,
    /// It names more entries than there were when the event came in.
    Ahead,
}

/// The head that a signer said it had seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotBefore {
    /// Number of entries of that head.
    pub size: u64,
    /// What it is worth.
    pub standing: AnchorStanding,
}

/// The first signed head that covers an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAfter {
    /// Number of entries of that head.
    pub size: u64,
    /// When its last entry was recorded, by the ledger's clock.
    pub recorded_at: Timestamp,
}

/// Both ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bracket {
    /// Absent where the signer named no head, or the event cannot be read.
    pub not_before: Option<NotBefore>,
    /// Absent where no signed head covers the event yet.
    pub not_after: Option<NotAfter>,
}

impl App {
    /// The brackets of these events: log index and anchor of each, answered in the same order.
    pub(super) async fn brackets(
        &self,
        tx: &mut ReadTx,
        events: &[(u64, Option<Anchor>)],
    ) -> Result<Vec<Bracket>, Fault> {
        let mut covered = Vec::with_capacity(events.len());
        for (index, _) in events {
            covered.push(log::checkpoint_covering(tx, *index).await?.map(|checkpoint| checkpoint.size));
        }
        let possible = |(index, anchor): &(u64, Option<Anchor>)| {
            anchor.map(|anchor| anchor.size).filter(|size| *size <= *index)
        };
        let sizes = events.iter().filter_map(possible).chain(covered.iter().flatten().copied());
        let times = last_recorded(tx, sizes.filter(|size| *size > 0).collect()).await?;
        let mut brackets = Vec::with_capacity(events.len());
        for ((index, anchor), size) in events.iter().zip(covered) {
            let not_before = match anchor {
                Some(anchor) => Some(self.not_before(tx, *index, anchor, &times).await?),
                None => None,
            };
            let not_after = size.and_then(|size| Some(NotAfter { size, recorded_at: *times.get(&size)? }));
            brackets.push(Bracket { not_before, not_after });
        }
        Ok(brackets)
    }

    async fn not_before(
        &self,
        tx: &mut ReadTx,
        index: u64,
        anchor: &Anchor,
        times: &HashMap<u64, Timestamp>,
    ) -> Result<NotBefore, Fault> {
        let size = anchor.size;
        let root = if size > index { None } else { Some(self.root_of_size(tx, size).await?) };
        let standing = match Anchored::of(Some(anchor), index, root) {
            Anchored::Ahead => AnchorStanding::Ahead,
            Anchored::Fits => AnchorStanding::Known { at: times.get(&size).copied() },
            Anchored::Other | Anchored::None => AnchorStanding::OtherLog,
        };
        Ok(NotBefore { size, standing })
    }

    /// The root that the log had at a size: as it was signed then, else from the tiles.
    async fn root_of_size(&self, tx: &mut ReadTx, size: u64) -> Result<Digest, Fault> {
        if size == 0 {
            return Ok(empty_root());
        }
        match log::checkpoint_of_size(tx, size).await? {
            Some(stored) => Ok(self.open_checkpoint(&stored)?.root),
            None => Ok(log::tail(tx, size).await?.root()),
        }
    }
}

/// When the last entry of each log of these sizes was recorded.
async fn last_recorded(tx: &mut ReadTx, sizes: Vec<u64>) -> Result<HashMap<u64, Timestamp>, Fault> {
    let last: Vec<u64> = sizes.iter().map(|size| size - 1).collect();
    let times = log::recorded_at(tx, &last).await?;
    Ok(times.into_iter().map(|(index, at)| (index + 1, at)).collect())
}
