//! The Merkle tree of RFC 6962 §2.1 with SHA-256: hashing, the growing edge, and the checking of proofs.
//!
//! Nothing here reads a store. Making proofs is the part of [`super::tile`]; a verifier needs only this file.

use super::digest::Digest;

/// The largest number of leaves a tree may claim (2^63 - 1), so that no sum of positions leaves a `u64` and every
/// size fits the signed integers of databases and other languages.
pub const MAX_TREE_SIZE: u64 = (1 << 63) - 1;

/// Why a proof does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A tree of no leaves, or of more than [`MAX_TREE_SIZE`].
    #[error("a tree of {0} leaves cannot be proven about: the size must be 1 to {MAX_TREE_SIZE}")]
    SizeOutOfRange(u64),
    /// The leaf does not lie in the tree.
    #[error("leaf {index} is not in a tree of {size} leaves: the index must be below the size")]
    IndexOutOfRange {
        /// Index of the leaf, from 0.
        index: u64,
        /// Number of leaves of the tree.
        size: u64,
    },
    /// The older tree is the larger one.
    #[error("a tree of {old_size} leaves cannot be the beginning of a tree of {new_size}: swap the sizes")]
    Shrinks {
        /// Number of leaves of the older tree.
        old_size: u64,
        /// Number of leaves of the newer tree.
        new_size: u64,
    },
    /// A hash is missing or too many.
    #[error("the proof has {found} hashes where exactly {expected} belong: fetch it again for these sizes")]
    WrongLength {
        /// How many hashes the sizes demand.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The hashes do not lead to the root (of the older tree, for a proof of consistency: an edited past).
    #[error("the proof leads to another root than the {0} tree's: do not trust it")]
    WrongRoot(&'static str),
}

/// Hash of a leaf (RFC 6962 §2.1): SHA-256(0x00 ‖ entry).
pub fn leaf_hash(entry: &[u8]) -> Digest {
    Digest::sha256(&[&[0x00], entry])
}

/// Hash of an inner node (RFC 6962 §2.1): SHA-256(0x01 ‖ left ‖ right).
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    Digest::sha256(&[&[0x01], &left.0, &right.0])
}

/// Root of the tree without leaves (RFC 6962 §2.1): SHA-256 of nothing.
pub fn empty_root() -> Digest {
    Digest::sha256(&[])
}

/// Root over complete subtrees that stand side by side, the largest leftmost; without any, the empty tree's.
pub(super) fn root_of_subtrees(subtrees: &[Digest]) -> Digest {
    let Some((last, rest)) = subtrees.split_last() else { return empty_root() };
    rest.iter().rev().fold(*last, |right, left| node_hash(left, &right))
}

/// The growing edge of a tree: the roots of its complete subtrees, one for each bit set in the size. It is all that
/// is needed to append and to know the root, at most 63 hashes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Leftmost (largest) first.
    subtrees: Vec<Digest>,
}

impl Frontier {
    /// Adds one leaf, given its [`leaf_hash`].
    pub fn append(&mut self, leaf_hash: Digest) {
        let mut root = leaf_hash;
        // Like a carry in binary addition: every trailing 1 of the size is a subtree as large as the new one.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.subtrees.pop() {
                root = node_hash(&left, &root);
            }
        }
        self.subtrees.push(root);
        self.size += 1;
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Root of the tree; [`empty_root`] before the first leaf.
    pub fn root(&self) -> Digest {
        root_of_subtrees(&self.subtrees)
    }

    /// The hashes, 32 bytes each, leftmost subtree first. The size is stored beside them by the caller.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.subtrees.iter().flat_map(|hash| hash.0).collect()
    }

    /// Reads back what [`Frontier::to_bytes`] wrote; `None` if the bytes cannot belong to a tree of this size.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let (hashes, rest) = bytes.as_chunks::<32>();
        let fits = size <= MAX_TREE_SIZE && rest.is_empty() && hashes.len() == size.count_ones() as usize;
        fits.then(|| Self { size, subtrees: hashes.iter().copied().map(Digest).collect() })
    }
}

/// Number of bits needed to write `number`; 0 for 0.
pub(super) fn bit_length(number: u64) -> u32 {
    u64::BITS - number.leading_zeros()
}

/// How the path from `leaf` to the root of a tree of `size` leaves is made: the number of levels below the point
/// where it meets the tree's right edge, and the number of (left) siblings above that point.
fn path_shape(leaf: u64, size: u64) -> (u32, u32) {
    let inner = bit_length(leaf ^ (size - 1));
    (inner, (leaf >> inner).count_ones())
}

fn check_size(size: u64) -> Result<(), ProofError> {
    if size == 0 || size > MAX_TREE_SIZE { Err(ProofError::SizeOutOfRange(size)) } else { Ok(()) }
}

fn check_length(expected: u32, proof: &[Digest]) -> Result<(), ProofError> {
    let (expected, found) = (expected as usize, proof.len());
    if found == expected { Ok(()) } else { Err(ProofError::WrongLength { expected, found }) }
}

/// Checks that the leaf `index` of the tree with `size` leaves and this `root` has the hash `leaf_hash`
/// (RFC 6962 §2.1.1; the checking as in RFC 9162 §2.1.3.2). Bounded by 63 hashes whatever is given.
pub fn verify_inclusion(
    index: u64,
    size: u64,
    leaf_hash: &Digest,
    proof: &[Digest],
    root: &Digest,
) -> Result<(), ProofError> {
    check_size(size)?;
    if index >= size {
        return Err(ProofError::IndexOutOfRange { index, size });
    }
    let (inner, border) = path_shape(index, size);
    check_length(inner + border, proof)?;

    let (below, above) = proof.split_at(inner as usize);
    let mut hash = *leaf_hash;
    for (height, sibling) in below.iter().enumerate() {
        let is_right_child = (index >> height) & 1 == 1;
        hash = if is_right_child { node_hash(sibling, &hash) } else { node_hash(&hash, sibling) };
    }
    for sibling in above {
        hash = node_hash(sibling, &hash);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::WrongRoot("given")) }
}

/// Checks that the tree of `old_size` leaves is the beginning of the tree of `new_size` leaves (RFC 6962 §2.1.2; the
/// checking as in RFC 9162 §2.1.4.2). Between equal sizes the proof is empty and the roots must be equal. Size 0 is
/// refused, as in the RFC: every tree continues the empty one, so there is nothing to prove.
pub fn verify_consistency(
    old_size: u64,
    old_root: &Digest,
    new_size: u64,
    new_root: &Digest,
    proof: &[Digest],
) -> Result<(), ProofError> {
    check_size(old_size)?;
    check_size(new_size)?;
    if old_size > new_size {
        return Err(ProofError::Shrinks { old_size, new_size });
    }
    if old_size == new_size {
        check_length(0, proof)?;
        return if old_root == new_root { Ok(()) } else { Err(ProofError::WrongRoot("new")) };
    }

    // The proof is the path of the old tree's last complete subtree, which stands `height` levels above the leaves.
    let last = old_size - 1;
    let height = old_size.trailing_zeros();
    let (inner, border) = path_shape(last, new_size);
    let inner = inner - height;
    // A whole power of two is that subtree itself; its root is known and left out.
    let seeded_by_root = old_size.is_power_of_two();
    check_length(u32::from(!seeded_by_root) + inner + border, proof)?;
    let (seed, path) = match proof.split_first() {
        Some((first, rest)) if !seeded_by_root => (first, rest),
        _ => (old_root, proof),
    };

    let (below, above) = path.split_at(inner as usize);
    let (mut old, mut new) = (*seed, *seed);
    for (step, sibling) in below.iter().enumerate() {
        let is_right_child = (last >> height >> step) & 1 == 1;
        if is_right_child {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
        } else {
            new = node_hash(&new, sibling);
        }
    }
    for sibling in above {
        old = node_hash(sibling, &old);
        new = node_hash(sibling, &new);
    }
    if old != *old_root {
        return Err(ProofError::WrongRoot("old"));
    }
    if new != *new_root { Err(ProofError::WrongRoot("new")) } else { Ok(()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The eight entries that the first implementations of RFC 6962 were tested with.
    const ENTRIES: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    /// Roots of the trees of the first 1 to 8 of them.
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    /// Nodes of that tree, named by the leaves below them.
    const N1: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    const N23: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    const N4: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    const N45: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
    const N67: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    const N4567: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

    fn digest(hex: &str) -> Digest {
        let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
        Digest(std::array::from_fn(byte))
    }

    fn digests(hex: &[&str]) -> Vec<Digest> {
        hex.iter().map(|text| digest(text)).collect()
    }

    fn inclusion_vectors() -> Vec<(u64, u64, Vec<Digest>)> {
        vec![
            (0, 1, vec![]),
            (0, 8, digests(&[N1, N23, N4567])),
            (5, 8, digests(&[N4, N67, ROOTS[3]])),
            (2, 3, digests(&[ROOTS[1]])),
            (1, 5, digests(&[ROOTS[0], N23, N4])),
        ]
    }

    fn consistency_vectors() -> Vec<(u64, u64, Vec<Digest>)> {
        vec![
            (1, 1, vec![]),
            (1, 8, digests(&[N1, N23, N4567])),
            (6, 8, digests(&[N45, N67, ROOTS[3]])),
            (2, 5, digests(&[N23, N4])),
        ]
    }

    fn root(size: u64) -> Digest {
        digest(ROOTS[size as usize - 1])
    }

    #[test]
    fn the_frontier_grows_through_the_known_roots() {
        let mut frontier = Frontier::default();
        assert_eq!(frontier.root(), empty_root());
        assert_eq!(empty_root(), digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        for (entry, known) in ENTRIES.iter().zip(ROOTS) {
            frontier.append(leaf_hash(entry));
            assert_eq!(frontier.root(), digest(known));
            let read = Frontier::from_bytes(frontier.size(), &frontier.to_bytes()).unwrap();
            assert_eq!(read, frontier);
        }
    }

    #[test]
    fn a_frontier_is_not_read_from_bytes_of_another_size() {
        let bytes = [7_u8; 64];
        assert!(Frontier::from_bytes(3, &bytes).is_some());
        for (size, length) in [(1, 64), (7, 64), (0, 64), (3, 63), (3, 32), (1 << 63, 32), (u64::MAX, 64)] {
            assert_eq!(Frontier::from_bytes(size, &bytes[..length]), None, "size {size}, {length} bytes");
        }
        assert_eq!(Frontier::from_bytes(0, &[]), Some(Frontier::default()));
    }

    #[test]
    fn the_known_inclusion_proofs_hold_and_no_altered_one_does() {
        for (index, size, proof) in inclusion_vectors() {
            let leaf = leaf_hash(ENTRIES[index as usize]);
            assert_eq!(verify_inclusion(index, size, &leaf, &proof, &root(size)), Ok(()));

            let check = |proof: &[Digest]| verify_inclusion(index, size, &leaf, proof, &root(size));
            for altered in altered(&proof) {
                assert!(check(&altered).is_err(), "leaf {index} of {size}");
            }
            for other in (0..10).filter(|other| *other != index) {
                assert!(verify_inclusion(other, size, &leaf, &proof, &root(size)).is_err());
            }
            assert!(verify_inclusion(index, size, &leaf_hash(b"other"), &proof, &root(size)).is_err());
        }
    }

    #[test]
    fn the_known_consistency_proofs_hold_and_no_altered_one_does() {
        for (old, new, proof) in consistency_vectors() {
            assert_eq!(verify_consistency(old, &root(old), new, &root(new), &proof), Ok(()));
            for altered in altered(&proof) {
                assert!(
                    verify_consistency(old, &root(old), new, &root(new), &altered).is_err(),
                    "{old} to {new}"
                );
            }
            assert!(verify_consistency(old, &digest(N45), new, &root(new), &proof).is_err());
            assert!(verify_consistency(old, &root(old), new, &digest(N45), &proof).is_err());
        }
    }

    /// One hash missing, one too many, one bit turned, two hashes exchanged: at every place.
    fn altered(proof: &[Digest]) -> Vec<Vec<Digest>> {
        let mut all = vec![];
        for at in 0..=proof.len() {
            let mut longer = proof.to_vec();
            longer.insert(at, digest(N45));
            all.push(longer);
        }
        for at in 0..proof.len() {
            let mut shorter = proof.to_vec();
            shorter.remove(at);
            let mut turned = proof.to_vec();
            turned[at].0[31] ^= 1;
            all.extend([shorter, turned]);
        }
        for at in 1..proof.len() {
            let mut exchanged = proof.to_vec();
            exchanged.swap(at - 1, at);
            all.push(exchanged);
        }
        all
    }

    #[test]
    fn impossible_sizes_and_lengths_are_refused_by_name() {
        let hash = digest(N1);
        let long = vec![hash; 10_000];
        for proof in [&[][..], &long[..1], &long[..63], &long[..]] {
            for size in [0, 1 << 63, u64::MAX] {
                let refused = Err(ProofError::SizeOutOfRange(size));
                assert_eq!(verify_inclusion(0, size, &hash, proof, &hash), refused);
                assert_eq!(verify_consistency(size, &hash, 5, &hash, proof), refused);
                assert_eq!(verify_consistency(5, &hash, size, &hash, proof), refused);
            }
            for index in [8, 9, u64::MAX] {
                let refused = Err(ProofError::IndexOutOfRange { index, size: 8 });
                assert_eq!(verify_inclusion(index, 8, &hash, proof, &hash), refused);
            }
            let shrinks = Err(ProofError::Shrinks { old_size: 9, new_size: 8 });
            assert_eq!(verify_consistency(9, &hash, 8, &hash, proof), shrinks);
        }
    }

    #[test]
    fn the_largest_trees_are_handled_without_overflow() {
        let hash = digest(N1);
        for (index, length) in [(0, 63), (1 << 62, 63), (MAX_TREE_SIZE - 1, 62)] {
            let proof = vec![hash; length];
            let wrong_root = Err(ProofError::WrongRoot("given"));
            assert_eq!(
                verify_inclusion(index, MAX_TREE_SIZE, &hash, &proof, &hash),
                wrong_root,
                "leaf {index}"
            );
        }
        for (old, length) in [(1, 63), (1 << 62, 1), (MAX_TREE_SIZE - 1, 63)] {
            let proof = vec![hash; length];
            let refused = verify_consistency(old, &empty_root(), MAX_TREE_SIZE, &hash, &proof);
            assert!(matches!(refused, Err(ProofError::WrongRoot(_))), "from {old}: {refused:?}");
        }
        assert_eq!(verify_consistency(MAX_TREE_SIZE, &hash, MAX_TREE_SIZE, &hash, &[]), Ok(()));
    }
}
