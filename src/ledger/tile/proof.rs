//! Proofs and roots computed from tiles.
//!
//! Every hash of a proof is planned first, as the complete subtrees it is made of. The plan alone tells which tiles to
//! load, so that callers who read tiles asynchronously can do so before anything is computed.

use std::collections::HashMap;

use super::{TILE_HEIGHT, TILE_WIDTH, TileError, TileId, TileSource, root_of_row};
use crate::ledger::digest::Digest;
use crate::ledger::merkle::{MAX_TREE_SIZE, bit_length, node_hash, root_of_subtrees};

/// A complete subtree of 2^height leaves; `index` counts such subtrees from the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Subtree {
    height: u32,
    index: u64,
}

impl Subtree {
    fn level(self) -> u8 {
        (self.height / TILE_HEIGHT) as u8
    }

    /// Numbers of the hashes of its level that it is computed from: at most 128, all in one tile.
    fn hashes(self) -> std::ops::Range<u64> {
        let inside = self.height % TILE_HEIGHT;
        self.index << inside..(self.index + 1) << inside
    }

    fn tile(self) -> TileId {
        TileId { level: self.level(), index: self.hashes().start / TILE_WIDTH }
    }

    fn root(self, src: &impl TileSource) -> Result<Digest, TileError> {
        let level = self.level();
        let load = |index| src.hash(level, index).ok_or(TileError::Missing { level, index });
        Ok(root_of_row(self.hashes().map(load).collect::<Result<_, _>>()?))
    }
}

/// The complete subtrees that together span the leaves `start..end`, largest first. `start` must be a multiple of
/// the next power of two above the number of leaves, as it is for every node of a tree.
fn cover(mut start: u64, end: u64) -> Vec<Subtree> {
    let mut subtrees = vec![];
    while start < end {
        let height = (end - start).ilog2();
        subtrees.push(Subtree { height, index: start >> height });
        start += 1 << height;
    }
    subtrees
}

/// Root over the leaves that the subtrees span.
fn root_over(src: &impl TileSource, subtrees: &[Subtree]) -> Result<Digest, TileError> {
    let roots = subtrees.iter().map(|subtree| subtree.root(src)).collect::<Result<Vec<_>, _>>()?;
    Ok(root_of_subtrees(&roots))
}

/// The siblings on the way to the root of a tree of `size` leaves, from the ancestor of `leaf` at `height` upwards;
/// each as the complete subtrees it is computed from (several only at the tree's right edge).
fn siblings(leaf: u64, height: u32, size: u64) -> Vec<Vec<Subtree>> {
    let meets_edge_at = bit_length(leaf ^ (size - 1));
    let top = bit_length(size - 1);
    let mut all = vec![];
    for height in height..top {
        let node = leaf >> height;
        let sibling = node ^ 1;
        // Above that point the node itself is on the edge: a left sibling, or none (then the node is its own parent).
        if height < meets_edge_at || sibling < node {
            all.push(cover(sibling << height, ((sibling + 1) << height).min(size)));
        }
    }
    all
}

/// The hashes of an inclusion proof (RFC 6962 §2.1.1), each as the subtrees it is computed from.
fn inclusion_plan(index: u64, size: u64) -> Result<Vec<Vec<Subtree>>, TileError> {
    check_size(size)?;
    if index >= size {
        return Err(TileError::OutOfTree { index, size });
    }
    Ok(siblings(index, 0, size))
}

/// The hashes of a consistency proof (RFC 6962 §2.1.2), each as the subtrees it is computed from.
fn consistency_plan(old: u64, new: u64) -> Result<Vec<Vec<Subtree>>, TileError> {
    check_size(old)?;
    check_size(new)?;
    if old > new {
        return Err(TileError::OutOfTree { index: old, size: new });
    }
    if old == new {
        return Ok(vec![]);
    }
    let height = old.trailing_zeros();
    let mut plan = vec![];
    // The old tree's last complete subtree leads, unless it is the whole old tree: that root the verifier has.
    if !old.is_power_of_two() {
        plan.push(vec![Subtree { height, index: (old - 1) >> height }]);
    }
    plan.extend(siblings(old - 1, height, new));
    Ok(plan)
}

fn check_size(size: u64) -> Result<(), TileError> {
    if size == 0 || size > MAX_TREE_SIZE { Err(TileError::SizeOutOfRange(size)) } else { Ok(()) }
}

fn proof(src: &impl TileSource, plan: &[Vec<Subtree>]) -> Result<Vec<Digest>, TileError> {
    plan.iter().map(|subtrees| root_over(src, subtrees)).collect()
}

/// The tiles a plan reads, each once, in order.
fn tiles_of(plan: Result<Vec<Vec<Subtree>>, TileError>) -> Vec<TileId> {
    let mut tiles: Vec<TileId> = plan.into_iter().flatten().flatten().map(Subtree::tile).collect();
    tiles.sort_unstable();
    tiles.dedup();
    tiles
}

/// Proof that leaf `index` is in the tree of the first `size` leaves (RFC 6962 §2.1.1); checked by
/// [`crate::ledger::merkle::verify_inclusion`].
pub fn inclusion_proof(src: &impl TileSource, index: u64, size: u64) -> Result<Vec<Digest>, TileError> {
    proof(src, &inclusion_plan(index, size)?)
}

/// Proof that the tree of `old` leaves is the beginning of the tree of `new` leaves (RFC 6962 §2.1.2), empty for equal
/// sizes; checked by [`crate::ledger::merkle::verify_consistency`]. Size 0 is an error: nothing is to be proven from there.
pub fn consistency_proof(src: &impl TileSource, old: u64, new: u64) -> Result<Vec<Digest>, TileError> {
    proof(src, &consistency_plan(old, new)?)
}

/// Proofs of many leaves of one tree: the subtrees they share are computed once, so that a proof costs a few hashes.
pub struct Prover<'a, S> {
    src: &'a S,
    roots: HashMap<Subtree, Digest>,
}

impl<'a, S: TileSource> Prover<'a, S> {
    /// A prover that reads these tiles.
    pub fn new(src: &'a S) -> Self {
        Self { src, roots: HashMap::new() }
    }

    /// The same as [`inclusion_proof`].
    pub fn inclusion(&mut self, index: u64, size: u64) -> Result<Vec<Digest>, TileError> {
        let plan = inclusion_plan(index, size)?;
        plan.iter()
            .map(|subtrees| {
                let roots =
                    subtrees.iter().map(|subtree| self.root(*subtree)).collect::<Result<Vec<_>, _>>()?;
                Ok(root_of_subtrees(&roots))
            })
            .collect()
    }

    fn root(&mut self, subtree: Subtree) -> Result<Digest, TileError> {
        if subtree.height.is_multiple_of(TILE_HEIGHT) {
            return subtree.root(self.src);
        }
        if let Some(root) = self.roots.get(&subtree) {
            return Ok(*root);
        }
        let half = |index| Subtree { height: subtree.height - 1, index };
        let left = self.root(half(subtree.index * 2))?;
        let right = self.root(half(subtree.index * 2 + 1))?;
        let root = node_hash(&left, &right);
        self.roots.insert(subtree, root);
        Ok(root)
    }
}

/// Root of the tree of the first `size` leaves; of the empty tree for 0.
pub fn root(src: &impl TileSource, size: u64) -> Result<Digest, TileError> {
    if size > MAX_TREE_SIZE {
        return Err(TileError::SizeOutOfRange(size));
    }
    root_over(src, &cover(0, size))
}

/// The tiles to load before [`inclusion_proof`], the partial ones at the right edge (see [`TileId::width_in`])
/// included; none if there is no such proof.
pub fn tiles_of_inclusion(index: u64, size: u64) -> Vec<TileId> {
    tiles_of(inclusion_plan(index, size))
}

/// The tiles to load before [`consistency_proof`], partial ones included; none if there is no such proof.
pub fn tiles_of_consistency(old: u64, new: u64) -> Vec<TileId> {
    tiles_of(consistency_plan(old, new))
}

/// The tiles to load before [`root`], partial ones included; none for the empty tree and beyond [`MAX_TREE_SIZE`].
pub fn tiles_of_root(size: u64) -> Vec<TileId> {
    tiles_of(check_size(size).map(|()| vec![cover(0, size)]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::TileTail;
    use super::*;
    use crate::ledger::merkle::{
        Frontier, ProofError, empty_root, leaf_hash, node_hash, verify_consistency, verify_inclusion,
    };

    fn leaf(index: u64) -> Digest {
        leaf_hash(&index.to_be_bytes())
    }

    /// The tree hash as RFC 6962 §2.1 defines it, over `leaves`.
    fn defined_root(leaves: &[Digest]) -> Digest {
        match leaves {
            [] => empty_root(),
            [only] => *only,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&defined_root(left), &defined_root(right))
            }
        }
    }

    /// Every hash of every tile of a tree, as a store would hold them.
    #[derive(Default)]
    struct Tiles {
        tail: TileTail,
        full: BTreeMap<TileId, Vec<Digest>>,
    }

    impl Tiles {
        fn of(size: u64) -> Self {
            let mut tiles = Self::default();
            for index in 0..size {
                tiles.append(leaf(index));
            }
            tiles
        }

        fn append(&mut self, leaf_hash: Digest) {
            self.full.extend(self.tail.append(leaf_hash).into_iter().map(|tile| (tile.id, tile.hashes)));
        }
    }

    impl TileSource for Tiles {
        fn hash(&self, level: u8, index: u64) -> Option<Digest> {
            let id = TileId { level, index: index / TILE_WIDTH };
            let full = self.full.get(&id).map(|hashes| hashes[(index % TILE_WIDTH) as usize]);
            full.or_else(|| self.tail.hash(level, index))
        }
    }

    /// Answers only from the tiles announced beforehand, at the width they have in a tree of `size` leaves.
    struct Loaded<'a> {
        tiles: &'a Tiles,
        announced: BTreeSet<TileId>,
        size: u64,
    }

    impl TileSource for Loaded<'_> {
        fn hash(&self, level: u8, index: u64) -> Option<Digest> {
            let id = TileId { level, index: index / TILE_WIDTH };
            let within = index % TILE_WIDTH < id.width_in(self.size);
            (within && self.announced.contains(&id)).then(|| self.tiles.hash(level, index)).flatten()
        }
    }

    #[test]
    fn every_proof_of_every_small_tree_holds_for_its_own_place_only() {
        const LARGEST: u64 = 40;
        let tiles = Tiles::of(LARGEST);
        let leaves: Vec<_> = (0..LARGEST).map(leaf).collect();
        let roots: Vec<_> = (0..=LARGEST).map(|size| defined_root(&leaves[..size as usize])).collect();
        for size in 1..=LARGEST {
            let new_root = roots[size as usize];
            assert_eq!(root(&tiles, size).unwrap(), new_root);
            for index in 0..size {
                let proof = inclusion_proof(&tiles, index, size).unwrap();
                assert_eq!(Prover::new(&tiles).inclusion(index, size).as_ref(), Ok(&proof));
                for claimed in 0..=size {
                    let verdict = verify_inclusion(claimed, size, &leaf(index), &proof, &new_root);
                    assert_eq!(verdict.is_ok(), claimed == index, "leaf {index} of {size} as {claimed}");
                }
            }
            for old in 1..=size {
                let proof = consistency_proof(&tiles, old, size).unwrap();
                for claimed in 1..=size {
                    let verdict = verify_consistency(claimed, &roots[old as usize], size, &new_root, &proof);
                    assert_eq!(verdict.is_ok(), claimed == old, "{old} to {size} as {claimed}");
                }
                let edited = verify_consistency(old, &leaf(99), size, &new_root, &proof);
                assert!(matches!(edited, Err(ProofError::WrongRoot(_))));
            }
        }
    }

    #[test]
    fn tail_tiles_and_frontier_agree_up_to_three_levels() {
        const LARGEST: u64 = 70_000;
        let (mut tiles, mut frontier) = (Tiles::default(), Frontier::default());
        let mut heads = vec![];
        for index in 0..LARGEST {
            tiles.append(leaf(index));
            frontier.append(leaf(index));
            let size = index + 1;
            let at_an_edge = matches!(size % TILE_WIDTH, 0 | 1 | 255) && size % 7 < 2;
            if at_an_edge || size % 1_999 == 0 || size == 65_536 || size == LARGEST {
                assert_eq!(tiles.tail.root(), frontier.root(), "{size} leaves");
                heads.push((size, frontier.root()));
            }
        }
        // The example of C2SP tlog-tiles.
        let count = |level: u8| tiles.full.keys().filter(|id| id.level == level).count();
        assert_eq!([count(0), count(1), count(2)], [273, 1, 0]);
        assert_eq!([0, 1, 2, 3].map(|level| tiles.tail.partial(level).len()), [112, 17, 1, 0]);

        for pair in heads.windows(2) {
            let [(old, old_root), (new, new_root)] = pair else { unreachable!() };
            check_from_announced_tiles(&tiles, *old, old_root, *new, new_root);
        }
        let (old, old_root) = heads[0];
        check_from_announced_tiles(&tiles, old, &old_root, LARGEST, &frontier.root());
    }

    fn check_from_announced_tiles(tiles: &Tiles, old: u64, old_root: &Digest, new: u64, new_root: &Digest) {
        let loaded = |announced: Vec<TileId>| {
            assert!(announced.iter().all(|id| id.width_in(new) > 0));
            Loaded { tiles, announced: announced.into_iter().collect(), size: new }
        };
        let proof = consistency_proof(&loaded(tiles_of_consistency(old, new)), old, new).unwrap();
        assert_eq!(verify_consistency(old, old_root, new, new_root, &proof), Ok(()), "{old} to {new}");
        for index in [0, old / 2, old - 1, old.min(new - 1), new - 1] {
            let proof = inclusion_proof(&loaded(tiles_of_inclusion(index, new)), index, new).unwrap();
            assert_eq!(
                verify_inclusion(index, new, &leaf(index), &proof, new_root),
                Ok(()),
                "{index} of {new}"
            );
        }
        assert_eq!(root(&loaded(tiles_of_root(old)), old).unwrap(), *old_root);
    }

    #[test]
    fn what_cannot_be_proven_is_an_error_and_needs_no_tiles() {
        let tiles = Tiles::of(300);
        for size in [0, 1 << 63, u64::MAX] {
            assert_eq!(inclusion_proof(&tiles, 0, size), Err(TileError::SizeOutOfRange(size)));
            assert_eq!(consistency_proof(&tiles, size, 300), Err(TileError::SizeOutOfRange(size)));
            assert_eq!(consistency_proof(&tiles, 1, size), Err(TileError::SizeOutOfRange(size)));
            assert_eq!((tiles_of_inclusion(0, size), tiles_of_consistency(size, 300)), (vec![], vec![]));
            assert_eq!(tiles_of_root(size), vec![]);
        }
        assert_eq!(inclusion_proof(&tiles, 300, 300), Err(TileError::OutOfTree { index: 300, size: 300 }));
        assert_eq!(consistency_proof(&tiles, 300, 299), Err(TileError::OutOfTree { index: 300, size: 299 }));
        assert_eq!(consistency_proof(&tiles, 300, 300), Ok(vec![]));
        assert_eq!(root(&tiles, 0), Ok(empty_root()));
        // Beyond the tree, and from a tail that no longer holds the old tiles.
        assert!(matches!(inclusion_proof(&tiles, 0, 301), Err(TileError::Missing { .. })));
        let missing = TileError::Missing { level: 0, index: 1 };
        assert_eq!(inclusion_proof(&tiles.tail, 0, 300), Err(missing));
        assert!(inclusion_proof(&tiles.tail, 299, 300).is_ok());
    }

    #[test]
    fn the_largest_tree_is_planned_without_overflow() {
        let widths =
            |tiles: Vec<TileId>| tiles.iter().map(|id| id.width_in(MAX_TREE_SIZE)).collect::<Vec<_>>();
        assert_eq!(widths(tiles_of_inclusion(0, MAX_TREE_SIZE)).len(), 15);
        assert_eq!(
            widths(tiles_of_inclusion(MAX_TREE_SIZE - 1, MAX_TREE_SIZE)),
            [255, 255, 255, 255, 255, 255, 255, 127]
        );
        assert_eq!(tiles_of_consistency(1 << 62, MAX_TREE_SIZE).last(), Some(&TileId { level: 7, index: 0 }));
    }
}
