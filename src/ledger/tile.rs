//! The tree as tiles (C2SP tlog-tiles, tile height 8): their names, proofs made from them, and the unfinished ones at
//! the right edge.
//!
//! A tile at level L holds up to 256 hashes, each the root of a complete subtree of 256^L leaves. Proofs need other
//! subtrees too; those lie inside one tile and are computed from its hashes.

mod entries;
mod path;
mod proof;

pub use entries::{MAX_ENTRY_BUNDLE_BYTES, read_entries};
pub use path::{MAX_TILE_PATH_BYTES, TilePath};
pub use proof::{
    Prover, consistency_proof, inclusion_proof, root, tiles_of_consistency, tiles_of_inclusion, tiles_of_root,
};

use super::digest::Digest;
use super::merkle::{MAX_TREE_SIZE, node_hash};

/// Number of hashes in a full tile (C2SP tlog-tiles: height 8).
pub const TILE_WIDTH: u64 = 256;

/// Number of tile levels that a tree of up to [`MAX_TREE_SIZE`] leaves can have.
pub const TILE_LEVELS: usize = 8;

/// Levels of the tree that one tile spans: 2^8 = [`TILE_WIDTH`].
const TILE_HEIGHT: u32 = 8;

/// Why a proof cannot be made or a path cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// The source does not hold a hash the tree must have: a tile is missing, short, or not loaded.
    #[error("hash {index} of tile level {level} is missing: load its tile first")]
    Missing {
        /// Tile level, from 0.
        level: u8,
        /// Number of the hash within its level, from 0.
        index: u64,
    },
    /// A size nothing can be proven about.
    #[error("a tree of {0} leaves cannot be proven about: the size must be 1 to {MAX_TREE_SIZE}")]
    SizeOutOfRange(u64),
    /// A leaf outside the tree, or an older tree larger than the newer.
    #[error("{index} does not lie in a tree of {size} leaves: take a larger tree")]
    OutOfTree {
        /// Index of the leaf, or size of the older tree.
        index: u64,
        /// Number of leaves of the tree.
        size: u64,
    },
    /// Not the path of a tile.
    #[error("not a tile path: expected tile/<level>/<index>[.p/<width>] or tile/entries/<index>[.p/<width>]")]
    Path,
    /// Not an entry bundle of so many leaves.
    #[error(
        "not an entry bundle: expected {width} leaves, each behind its length as 16 bits, and nothing else"
    )]
    Entries {
        /// How many leaves belong in it.
        width: u64,
    },
}

/// Names a tile of hashes by its place in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// Level, from 0: its hashes are subtrees of 256^level leaves.
    pub level: u8,
    /// Number of the tile within its level, from 0 at the left.
    pub index: u64,
}

impl TileId {
    /// How many hashes (0 to 256) this tile has in a tree of `size` leaves.
    pub fn width_in(self, size: u64) -> u64 {
        let hashes = hashes_at(self.level, size);
        let start = self.index.saturating_mul(TILE_WIDTH);
        hashes.saturating_sub(start).min(TILE_WIDTH)
    }

    /// The tile whose hash number [`TileId::index`] stands for this one.
    pub fn above(self) -> Self {
        Self { level: self.level + 1, index: self.index / TILE_WIDTH }
    }

    /// The static path below the log's prefix; a width under [`TILE_WIDTH`] gives the path of the partial tile.
    pub fn path(self, width: u64) -> String {
        TilePath::Hashes { id: self, width }.to_string()
    }
}

/// Number of complete subtrees of 256^level leaves in a tree of `size` leaves.
fn hashes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(TILE_HEIGHT * u32::from(level)).unwrap_or(0)
}

/// Where the hashes of tiles come from: tiles loaded beforehand, or the edge kept in memory.
pub trait TileSource {
    /// Root of the complete subtree of 256^level leaves with number `index`, which is entry `index % 256` of the tile
    /// (level, `index / 256`); `None` if it is not held.
    fn hash(&self, level: u8, index: u64) -> Option<Digest>;
}

/// A tile that has just been completed: it never changes again and can be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FullTile {
    /// Which tile.
    pub id: TileId,
    /// Its 256 hashes.
    pub hashes: Vec<Digest>,
    /// Root over them, which is a hash of the level above.
    pub root: Digest,
}

/// The partial rightmost tile of every level: what the writer keeps in memory to append, to know the root and to
/// prove the newest leaves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TileTail {
    size: u64,
    partials: [Vec<Digest>; TILE_LEVELS],
}

impl TileTail {
    /// Adds one leaf, given its hash, and returns the tiles this completed, the lowest level first.
    pub fn append(&mut self, leaf_hash: Digest) -> Vec<FullTile> {
        self.size += 1;
        let mut full = vec![];
        let mut carried = leaf_hash;
        for (level, partial) in (0_u8..).zip(&mut self.partials) {
            partial.push(carried);
            if (partial.len() as u64) < TILE_WIDTH {
                break;
            }
            let hashes = std::mem::take(partial);
            let index = hashes_at(level + 1, self.size) - 1;
            carried = root_of_row(hashes.clone());
            full.push(FullTile { id: TileId { level, index }, hashes, root: carried });
        }
        full
    }

    /// Number of leaves of the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree.
    pub fn root(&self) -> Digest {
        root(self, self.size).expect("the subtrees of the whole tree all lie in its partial tiles")
    }

    /// The hashes of the partial tile at this level: 0 to 255 of them.
    pub fn partial(&self, level: u8) -> &[Digest] {
        self.partials.get(usize::from(level)).map_or(&[], Vec::as_slice)
    }

    /// Puts a tail together from stored partial tiles, level 0 first (levels at the end may be left out); `None` if
    /// their lengths do not belong to a tree of this size.
    pub fn from_parts(size: u64, partials: Vec<Vec<Digest>>) -> Option<Self> {
        if size > MAX_TREE_SIZE || partials.len() > TILE_LEVELS {
            return None;
        }
        let mut tail = Self { size, ..Self::default() };
        for (kept, given) in tail.partials.iter_mut().zip(partials) {
            *kept = given;
        }
        let fits = (0_u8..)
            .zip(&tail.partials)
            .all(|(level, partial)| partial.len() as u64 == hashes_at(level, size) % TILE_WIDTH);
        fits.then_some(tail)
    }
}

impl TileSource for TileTail {
    fn hash(&self, level: u8, index: u64) -> Option<Digest> {
        let start = hashes_at(level, self.size) / TILE_WIDTH * TILE_WIDTH;
        let place = usize::try_from(index.checked_sub(start)?).ok()?;
        self.partial(level).get(place).copied()
    }
}

/// Root over a row of 1, 2, 4, … 256 neighbouring hashes.
fn root_of_row(mut row: Vec<Digest>) -> Digest {
    while row.len() > 1 {
        row = row.chunks(2).map(|pair| node_hash(&pair[0], &pair[1])).collect();
    }
    row[0]
}

/// Root over the hashes of a full tile, which is the hash that stands for it in the level above; `None` of any other number.
pub fn root_of_tile(hashes: &[Digest]) -> Option<Digest> {
    (hashes.len() as u64 == TILE_WIDTH).then(|| root_of_row(hashes.to_vec()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ledger::merkle::leaf_hash;

    fn leaf(index: u64) -> Digest {
        leaf_hash(&index.to_be_bytes())
    }

    #[test]
    fn a_tail_comes_back_from_its_parts_and_from_no_others() {
        let mut whole = TileTail::default();
        let full: Vec<_> = (0..1_000).flat_map(|index| whole.append(leaf(index))).collect();
        assert_eq!(full.iter().map(|tile| tile.id.index).collect::<Vec<_>>(), [0, 1, 2]);
        let roots: Vec<_> = full.iter().map(|tile| tile.root).collect();
        assert_eq!(whole.partial(1), roots);

        let parts: Vec<Vec<Digest>> = (0..2).map(|level| whole.partial(level).to_vec()).collect();
        let mut tail = TileTail::from_parts(1_000, parts.clone()).unwrap();
        assert_eq!(tail, whole);
        let before = whole.clone();
        for index in 1_000..1_100 {
            assert_eq!(tail.append(leaf(index)), whole.append(leaf(index)));
        }
        assert_eq!((tail.root(), tail.size()), (whole.root(), 1_100));

        for size in [999, 1_001, 744, 1_256, 1_000 + (1 << 16), 1_000 + (1 << 63)] {
            assert_eq!(TileTail::from_parts(size, parts.clone()), None, "size {size}");
        }
        let deep = [parts.clone(), vec![vec![]; 7]].concat();
        assert_eq!(TileTail::from_parts(1_000, deep), None);
        assert_eq!(TileTail::from_parts(1_000, [parts.clone(), vec![vec![]; 6]].concat()), Some(before));
        assert_eq!(TileTail::from_parts(1_000, [parts, vec![vec![leaf(0)]]].concat()), None);
        assert_eq!(TileTail::from_parts(0, vec![]), Some(TileTail::default()));
    }
}
