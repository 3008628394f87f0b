//! Proofs from what is stored: which tiles are needed, loaded, and put together.

use std::collections::HashMap;

use super::error::Fault;
use crate::ledger::Digest;
use crate::ledger::tile::{self, TILE_WIDTH, TileId, TileSource, TileTail};
use crate::store::{ReadTx, log};

/// Tiles at hand.
#[derive(Default)]
pub(super) struct Tiles {
    tiles: HashMap<TileId, Vec<Digest>>,
}

impl Tiles {
    /// Add a tile, full or partial.
    pub(super) fn put(&mut self, id: TileId, hashes: Vec<Digest>) {
        self.tiles.insert(id, hashes);
    }

    /// Add the partial tiles at the right edge of a tree.
    pub(super) fn put_tail(&mut self, tail: &TileTail) {
        let mut width = tail.size();
        for level in 0..8_u8 {
            self.put(TileId { level, index: width / TILE_WIDTH }, tail.partial(level).to_vec());
            width /= TILE_WIDTH;
        }
    }

    /// Load what a list of tiles lacks.
    pub(super) async fn load(
        &mut self,
        tx: &mut ReadTx,
        wanted: Vec<TileId>,
        size: u64,
    ) -> Result<(), Fault> {
        let mut needs_tail = false;
        for id in wanted.into_iter().filter(|id| !self.tiles.contains_key(id)).collect::<Vec<_>>() {
            if id.width_in(size) < TILE_WIDTH {
                needs_tail = true;
                continue;
            }
            let hashes = log::full_tile(tx, id.level, id.index).await?;
            let hashes =
                hashes.ok_or_else(|| Fault::Tree(format!("tile {}/{} is missing", id.level, id.index)))?;
            self.put(id, hashes);
        }
        if needs_tail {
            self.put_tail(&log::tail(tx, size).await?);
        }
        Ok(())
    }
}

impl TileSource for Tiles {
    fn hash(&self, level: u8, index: u64) -> Option<Digest> {
        let hashes = self.tiles.get(&TileId { level, index: index / TILE_WIDTH })?;
        hashes.get(usize::try_from(index % TILE_WIDTH).ok()?).copied()
    }
}

/// The proof that index is in the tree of the first `size` entries (RFC 6962 §2.1.1).
pub async fn inclusion(tx: &mut ReadTx, index: u64, size: u64) -> Result<Vec<Digest>, Fault> {
    let mut tiles = Tiles::default();
    tiles.load(tx, tile::tiles_of_inclusion(index, size), size).await?;
    tile::inclusion_proof(&tiles, index, size).map_err(|error| Fault::Tree(error.to_string()))
}

/// The proof that the tree of `old` entries is the beginning of the tree of `new` entries (RFC 6962 §2.1.2).
pub async fn consistency(tx: &mut ReadTx, old: u64, new: u64) -> Result<Vec<Digest>, Fault> {
    let mut tiles = Tiles::default();
    tiles.load(tx, tile::tiles_of_consistency(old, new), new).await?;
    tile::consistency_proof(&tiles, old, new).map_err(|error| Fault::Tree(error.to_string()))
}
