//! Proofs from what is stored. Nothing stored is believed: the signed root is, and a tile counts once its hashes lead there.
//!
//! A flipped bit in a tile is therefore met where the tile is read. It never gets into a proof, into a served tile or below a
//! new signature.

use std::collections::HashMap;

use super::App;
use super::error::Fault;
use crate::ledger::Digest;
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::merkle::{leaf_hash, verify_consistency, verify_inclusion};
use crate::ledger::tile::{self, FullTile, TILE_WIDTH, TileId, TileSource, TileTail};
use crate::store::log::{Entry, StoredCheckpoint};
use crate::store::{ReadTx, log};

/// Tiles at hand: the unfinished ones of a tree, and some of its full ones.
pub(super) struct Tiles {
    tail: TileTail,
    full: HashMap<TileId, Vec<Digest>>,
}

impl Tiles {
    /// The tiles of a tree that was just grown in memory.
    pub(super) fn grown(tail: &TileTail, full: &[FullTile]) -> Self {
        Self { tail: tail.clone(), full: full.iter().map(|tile| (tile.id, tile.hashes.clone())).collect() }
    }

    /// The stored tiles of the tree of `size` entries; a fault when they do not give its root.
    pub(super) async fn stored(tx: &mut ReadTx, size: u64, root: Digest) -> Result<Self, Fault> {
        Ok(Self { tail: rooted_tail(tx, size, root).await?, full: HashMap::new() })
    }

    /// Number of entries of the tree.
    pub(super) fn size(&self) -> u64 {
        self.tail.size()
    }

    /// The right edge of the tree, to grow it.
    pub(super) fn into_tail(self) -> TileTail {
        self.tail
    }

    /// Load the full ones among these, each checked against the hash that stands for it in the tile above.
    async fn load(&mut self, tx: &mut ReadTx, wanted: Vec<TileId>) -> Result<(), Fault> {
        for id in wanted {
            let mut path = Vec::new();
            let mut next = id;
            while next.width_in(self.tail.size()) == TILE_WIDTH && !self.full.contains_key(&next) {
                path.push(next);
                next = next.above();
            }
            for id in path.into_iter().rev() {
                let hashes = self.checked(tx, id).await?;
                self.full.insert(id, hashes);
            }
        }
        Ok(())
    }

    /// The root of the first `size` entries.
    pub(super) async fn root_at(&mut self, tx: &mut ReadTx, size: u64) -> Result<Digest, Fault> {
        self.load(tx, tile::tiles_of_root(size)).await?;
        tile::root(self, size).map_err(unprovable)
    }

    async fn checked(&self, tx: &mut ReadTx, id: TileId) -> Result<Vec<Digest>, Fault> {
        let name = id.path(TILE_WIDTH);
        let hashes = log::full_tile(tx, id.level, id.index).await?;
        let hashes = hashes.ok_or_else(|| Fault::Tree(format!("{name} is missing")))?;
        let above = self.hash(id.level + 1, id.index);
        if above.is_none() || tile::root_of_tile(&hashes) != above {
            return Err(Fault::Tree(format!("{name} does not give the hash that stands for it above")));
        }
        Ok(hashes)
    }
}

impl TileSource for Tiles {
    fn hash(&self, level: u8, index: u64) -> Option<Digest> {
        let full = self.full.get(&TileId { level, index: index / TILE_WIDTH });
        let place = usize::try_from(index % TILE_WIDTH).ok()?;
        full.and_then(|hashes| hashes.get(place).copied()).or_else(|| self.tail.hash(level, index))
    }
}

/// The right edge of the tree of `size` entries; a fault when it does not give this root.
async fn rooted_tail(tx: &mut ReadTx, size: u64, root: Digest) -> Result<TileTail, Fault> {
    let tail = log::tail(tx, size).await?;
    if tail.root() != root {
        return Err(Fault::Tree(format!("the entries and tiles below size {size} do not give its root")));
    }
    Ok(tail)
}

/// A tree whose head is signed, with the tiles of it that were needed so far.
pub(super) struct SignedTree {
    /// What is signed.
    pub(super) head: Checkpoint,
    /// The signed note, as it is handed out.
    pub(super) note: String,
    tiles: Tiles,
}

impl SignedTree {
    /// The tree below a checkpoint.
    pub(super) async fn open(tx: &mut ReadTx, head: Checkpoint, note: String) -> Result<Self, Fault> {
        let tiles = Tiles::stored(tx, head.size, head.root).await?;
        Ok(Self { head, note, tiles })
    }

    /// The path from a leaf to the signed root (RFC 6962 §2.1.1). A fault when there is none: leaf or tiles were changed.
    pub(super) async fn prove(
        &mut self,
        tx: &mut ReadTx,
        index: u64,
        leaf: &[u8],
    ) -> Result<Vec<Digest>, Fault> {
        self.prove_at(tx, index, leaf, self.head.size).await
    }

    /// The path from a leaf to the root of the first `size` entries, which is no larger than what is signed.
    pub(super) async fn prove_at(
        &mut self,
        tx: &mut ReadTx,
        index: u64,
        leaf: &[u8],
        size: u64,
    ) -> Result<Vec<Digest>, Fault> {
        let root = self.root_at(tx, size).await?;
        self.tiles.load(tx, tile::tiles_of_inclusion(index, size)).await?;
        let hashes = tile::inclusion_proof(&self.tiles, index, size).map_err(unprovable)?;
        let held = verify_inclusion(index, size, &leaf_hash(leaf), &hashes, &root);
        held.map_err(|error| Fault::Entry {
            index,
            what: format!("the log does not hold its leaf: {error}"),
        })?;
        Ok(hashes)
    }

    /// The root of the first `size` entries.
    pub(super) async fn root_at(&mut self, tx: &mut ReadTx, size: u64) -> Result<Digest, Fault> {
        if size == self.head.size { Ok(self.head.root) } else { self.tiles.root_at(tx, size).await }
    }

    /// That the tree of `old` entries is the beginning of the tree of `new` entries (RFC 6962 §2.1.2).
    pub(super) async fn consistency(
        &mut self,
        tx: &mut ReadTx,
        old: u64,
        new: u64,
    ) -> Result<Vec<Digest>, Fault> {
        let (old_root, new_root) = (self.root_at(tx, old).await?, self.root_at(tx, new).await?);
        self.tiles.load(tx, tile::tiles_of_consistency(old, new)).await?;
        let hashes = tile::consistency_proof(&self.tiles, old, new).map_err(unprovable)?;
        let held = verify_consistency(old, &old_root, new, &new_root, &hashes);
        held.map_err(|error| Fault::Tree(error.to_string()))?;
        Ok(hashes)
    }

    /// The first `width` hashes of a tile; `None` when the signed tree has fewer.
    pub(super) async fn tile(
        &mut self,
        tx: &mut ReadTx,
        id: TileId,
        width: u64,
    ) -> Result<Option<Vec<Digest>>, Fault> {
        if width > id.width_in(self.head.size) {
            return Ok(None);
        }
        self.tiles.load(tx, vec![id]).await?;
        let first = id.index * TILE_WIDTH;
        let hash = |index| self.tiles.hash(id.level, index);
        let hashes: Option<Vec<Digest>> = (first..first + width).map(hash).collect();
        hashes.map(Some).ok_or_else(|| Fault::Tree(format!("{} is not complete", id.path(width))))
    }
}

fn unprovable(error: tile::TileError) -> Fault {
    Fault::Tree(error.to_string())
}

impl App {
    /// A stored checkpoint, opened: a fault unless the log's key signed exactly what stands beside it.
    pub(super) fn open_checkpoint(&self, stored: &StoredCheckpoint) -> Result<Checkpoint, Fault> {
        let size = stored.size;
        let opened = Checkpoint::open(&stored.note, &self.verifier());
        let opened =
            opened.map_err(|error| Fault::Tree(format!("the checkpoint of size {size}: {error}")))?;
        if opened.size != size || opened.root != stored.root {
            return Err(Fault::Tree(format!("the checkpoint of size {size} says another size or root")));
        }
        Ok(opened)
    }

    /// The tree below a stored checkpoint.
    pub(super) async fn tree_of(
        &self,
        tx: &mut ReadTx,
        stored: StoredCheckpoint,
    ) -> Result<SignedTree, Fault> {
        let head = self.open_checkpoint(&stored)?;
        SignedTree::open(tx, head, stored.note).await
    }

    /// The largest signed tree; `None` before the first signature.
    pub(super) async fn signed_tree(&self, tx: &mut ReadTx) -> Result<Option<SignedTree>, Fault> {
        match log::latest_checkpoint(tx).await? {
            Some(stored) => self.tree_of(tx, stored).await.map(Some),
            None => Ok(None),
        }
    }

    /// Whether the signed log holds the leaves of these entries, by index, for showing it; no word on those that no signature
    /// covers yet.
    pub(super) async fn held(
        &self,
        tx: &mut ReadTx,
        entries: impl Iterator<Item = &Entry>,
    ) -> Result<HashMap<u64, bool>, Fault> {
        let mut tree = match self.signed_tree(tx).await {
            Ok(Some(tree)) => tree,
            Ok(None) => return Ok(HashMap::new()),
            Err(fault) => {
                fault.if_broken_log()?;
                return Ok(entries.map(|entry| (entry.index, false)).collect());
            }
        };
        let size = tree.head.size;
        let mut held = HashMap::new();
        for entry in entries.filter(|entry| entry.index < size) {
            let holds = match tree.prove(tx, entry.index, &entry.leaf).await {
                Ok(_) => true,
                Err(fault) => fault.if_broken_log().map(|()| false)?,
            };
            held.insert(entry.index, holds);
        }
        Ok(held)
    }
}
