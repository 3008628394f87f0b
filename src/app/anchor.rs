//! Anchors: what an event says it had seen of the log, compared with what the log was.
//!
//! The log keeps its root at every size, so the answer never changes: the server gives it when an event comes in, and whoever
//! replays the log gives it again with the same functions.

use std::collections::{BTreeSet, HashMap};

use super::error::Fault;
use crate::custody::event::{Anchor, Anchored};
use crate::ledger::Digest;
use crate::ledger::merkle::empty_root;
use crate::ledger::tile::TileTail;
use crate::store::{ReadTx, log};

/// Roots that the log had at earlier sizes.
#[derive(Default)]
pub(super) struct Roots(HashMap<u64, Digest>);

impl Roots {
    /// Bring the roots that anchors name, of the first `size` entries. A signed size is one row; any other is put together from
    /// the tiles of its right edge, some hundreds of hashes.
    pub(super) async fn load(
        &mut self,
        tx: &mut ReadTx,
        anchors: impl Iterator<Item = Anchor>,
        size: u64,
    ) -> Result<(), Fault> {
        let wanted: BTreeSet<u64> = anchors.map(|anchor| anchor.size).collect();
        let missing = wanted.into_iter().filter(|at| *at <= size && !self.0.contains_key(at));
        for at in missing.collect::<Vec<u64>>() {
            let root = match log::checkpoint_of_size(tx, at).await? {
                Some(signed) => signed.root,
                None if at == 0 => empty_root(),
                None => log::tail(tx, at).await?.root(),
            };
            self.0.insert(at, root);
        }
        Ok(())
    }

    /// Put the roots at hand that anchors name of a tree that grows by these leaf hashes.
    pub(super) fn grow(
        &mut self,
        mut tail: TileTail,
        leaves: impl Iterator<Item = Digest>,
        anchors: impl Iterator<Item = Anchor>,
    ) {
        let wanted: BTreeSet<u64> = anchors.map(|anchor| anchor.size).collect();
        for leaf in leaves {
            tail.append(leaf);
            if wanted.contains(&tail.size()) {
                self.0.insert(tail.size(), tail.root());
            }
        }
    }

    /// How an anchor stands at a log index. A size that is not at hand is one of this very batch: its salts were drawn just
    /// now, so nobody can have seen its root.
    pub(super) fn judge(&self, anchor: Option<&Anchor>, index: u64) -> Anchored {
        Anchored::of(anchor, index, anchor.and_then(|anchor| self.0.get(&anchor.size).copied()))
    }
}

/// How the anchor of the event at `index` stands in the log as it is stored.
pub(super) async fn anchored(
    tx: &mut ReadTx,
    anchor: Option<&Anchor>,
    index: u64,
) -> Result<Anchored, Fault> {
    let mut roots = Roots::default();
    roots.load(tx, anchor.into_iter().copied(), index).await?;
    Ok(roots.judge(anchor, index))
}
