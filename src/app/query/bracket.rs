//! Between which moments an event was made, as far as others than its signer bear it out.
//!
//! Not before: the signer named a head of the log that nobody could know earlier. Not after: a signed head covers the event. The
//! signer's own clock says something in between, or it is wrong.

use std::collections::HashMap;

use crate::app::proof::SignedTree;
use crate::app::{App, Fault};
use crate::clock::Timestamp;
use crate::custody::event::{Anchor, Anchored};
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
    /// When a witness first cosigned a head that covers the event, by the witness's clock.
    pub cosigned_at: Option<Timestamp>,
}

/// Both ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bracket {
    /// Absent where the signer named no head, the event cannot be read, or the stored log does not verify.
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
        let mut tree = if events.iter().any(|(_, anchor)| anchor.is_some()) {
            unless_broken(self.signed_tree(tx).await)?.flatten()
        } else {
            None
        };
        let mut brackets = Vec::with_capacity(events.len());
        for ((index, anchor), size) in events.iter().zip(covered) {
            let not_before = match (anchor, &mut tree) {
                (Some(anchor), Some(tree)) => {
                    unless_broken(not_before(tx, tree, *index, anchor, &times).await)?
                }
                _ => None,
            };
            let not_after = match size.and_then(|size| Some((size, *times.get(&size)?))) {
                Some((size, recorded_at)) => {
                    Some(NotAfter { size, recorded_at, cosigned_at: cosigned_at(tx, *index).await? })
                }
                None => None,
            };
            brackets.push(Bracket { not_before, not_after });
        }
        Ok(brackets)
    }
}

/// What an anchor proves: its root is compared with the one that the signed tree had at its size. Whoever saw that head saw it
/// signed, so the signed tree reaches there.
async fn not_before(
    tx: &mut ReadTx,
    tree: &mut SignedTree,
    index: u64,
    anchor: &Anchor,
    times: &HashMap<u64, Timestamp>,
) -> Result<NotBefore, Fault> {
    let size = anchor.size;
    let root = if size <= index.min(tree.head.size) { Some(tree.root_at(tx, size).await?) } else { None };
    let standing = match Anchored::of(Some(anchor), index, root) {
        Anchored::Ahead => AnchorStanding::Ahead,
        Anchored::Fits => AnchorStanding::Known { at: times.get(&size).copied() },
        Anchored::Other | Anchored::None => AnchorStanding::OtherLog,
    };
    Ok(NotBefore { size, standing })
}

/// Nothing where the stored log does not verify: that is shown by the check of the leaf.
fn unless_broken<T>(found: Result<T, Fault>) -> Result<Option<T>, Fault> {
    found.map(Some).or_else(|fault| fault.if_broken_log().map(|()| None))
}

/// When the last entry of each log of these sizes was recorded.
async fn last_recorded(tx: &mut ReadTx, sizes: Vec<u64>) -> Result<HashMap<u64, Timestamp>, Fault> {
    let last: Vec<u64> = sizes.iter().map(|size| size - 1).collect();
    let times = log::recorded_at(tx, &last).await?;
    Ok(times.into_iter().map(|(index, at)| (index + 1, at)).collect())
}

async fn cosigned_at(tx: &mut ReadTx, index: u64) -> Result<Option<Timestamp>, Fault> {
    let at_s = log::earliest_cosignature(tx, index).await?;
    Ok(at_s.map(|at_s| Timestamp::from_millis(i64::try_from(at_s.saturating_mul(1_000)).unwrap_or(i64::MAX))))
}
