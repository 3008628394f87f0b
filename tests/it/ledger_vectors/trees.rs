//! Trees, proofs and signed heads. Roots and proofs are made by RFC 6962's recursive definitions, written out here,
//! and must be what the program makes of tiles.

use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::merkle::{leaf_hash, node_hash, verify_consistency, verify_inclusion};
use liandan::ledger::note::{self, NoteSigner};
use liandan::ledger::tile::{TileSource, consistency_proof, inclusion_proof};
use liandan::ledger::{Digest, Leaf};
use serde_json::{Value, json};

use super::key;

const ORIGIN: &str = "ledger.example/vectors";

/// The hashes of all leaves, as a source of tiles.
struct Tree(Vec<Digest>);

impl Tree {
    fn of(size: u64) -> Self {
        let leaf = |index: u64| Leaf::Event { commitment: Digest::sha256(&[index.to_string().as_bytes()]) };
        Self((0..size).map(|index| leaf_hash(&leaf(index).to_bytes())).collect())
    }

    fn head(&self, size: usize) -> &[Digest] {
        &self.0[..size]
    }
}

impl TileSource for Tree {
    fn hash(&self, level: u8, index: u64) -> Option<Digest> {
        let width = 256_usize.pow(u32::from(level));
        let start = usize::try_from(index).unwrap() * width;
        Some(root(self.0.get(start..start + width)?))
    }
}

/// The largest power of two below `size` (RFC 6962 §2.1).
fn split(size: usize) -> usize {
    size.next_power_of_two() / 2
}

/// MTH of RFC 6962 §2.1, for at least one leaf.
fn root(leaves: &[Digest]) -> Digest {
    if let [leaf] = leaves {
        return *leaf;
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    node_hash(&root(left), &root(right))
}

/// PATH of RFC 6962 §2.1.1.
fn path(index: usize, leaves: &[Digest]) -> Vec<Digest> {
    if leaves.len() == 1 {
        return vec![];
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, other) = match index.checked_sub(left.len()) {
        None => (path(index, left), root(right)),
        Some(index) => (path(index, right), root(left)),
    };
    proof.push(other);
    proof
}

/// SUBPROOF of RFC 6962 §2.1.2; `whole` says that the old tree is all that has been seen so far.
fn subproof(old: usize, leaves: &[Digest], whole: bool) -> Vec<Digest> {
    if old == leaves.len() {
        return if whole { vec![] } else { vec![root(leaves)] };
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut proof, other) = if old <= left.len() {
        (subproof(old, left, whole), root(right))
    } else {
        (subproof(old - left.len(), right, false), root(left))
    };
    proof.push(other);
    proof
}

pub(super) fn trees() -> Value {
    let edges: &[u64] = &[0, 1, 127, 128, 255, 256, 257, 298, 299];
    let sizes: &[u64] = &[1, 2, 10, 128, 255, 256, 257, 299, 300];
    json!({
        "comment": "Leaf number i is the bytes 01 01 and SHA-256 of i in decimal digits (a sealed event). Hashing and proofs \
            are those of RFC 6962 §2.1 with SHA-256.",
        "good": [
            tree(10, &Vec::from_iter(0..10), &Vec::from_iter(1..=10)),
            tree(300, edges, sizes),
        ],
        "refused_inclusion": refused_inclusion(),
        "refused_consistency": refused_consistency(),
    })
}

fn tree(size: u64, indexes: &[u64], old_sizes: &[u64]) -> Value {
    let tree = Tree::of(size);
    let root_now = root(&tree.0);
    let inclusion = |&index: &u64| {
        let proof = path(index as usize, &tree.0);
        assert_eq!(inclusion_proof(&tree, index, size), Ok(proof.clone()));
        let leaf_hash = tree.0[index as usize];
        assert_eq!(verify_inclusion(index, size, &leaf_hash, &proof, &root_now), Ok(()));
        json!({ "comment": format!("leaf {index} of {size}"), "index": index, "leaf_hash": leaf_hash, "proof": proof })
    };
    let consistency = |&old: &u64| {
        let proof = subproof(old as usize, &tree.0, true);
        assert_eq!(consistency_proof(&tree, old, size), Ok(proof.clone()));
        let old_root = root(tree.head(old as usize));
        assert_eq!(verify_consistency(old, &old_root, size, &root_now, &proof), Ok(()));
        json!({ "comment": format!("{old} leaves to {size}"), "old_size": old, "old_root": old_root, "proof": proof })
    };
    json!({
        "comment": format!("the tree of the first {size} leaves"),
        "size": size,
        "root": root_now,
        "inclusion": Vec::from_iter(indexes.iter().map(inclusion)),
        "consistency": Vec::from_iter(old_sizes.iter().map(consistency)),
    })
}

fn refused_inclusion() -> Vec<Value> {
    let tree = Tree::of(10);
    let (good, root) = (path(6, &tree.0), root(&tree.0));
    let mut flipped = good.clone();
    flipped[1].0[31] ^= 1;
    let longer = [&good[..], &good[..1]].concat();
    let vectors = [
        ("the proof of leaf 6 for leaf 7", 7, 10, good.clone()),
        ("one bit of a hash flipped", 6, 10, flipped),
        ("the last hash missing", 6, 10, good[..good.len() - 1].to_vec()),
        ("a hash too many", 6, 10, longer),
        ("a smaller tree", 6, 8, good.clone()),
        ("an index outside the tree", 10, 10, good.clone()),
        ("a tree of nothing", 0, 0, vec![]),
    ];
    let vector = |(comment, index, size, proof): (&str, u64, u64, Vec<Digest>)| {
        let leaf_hash = tree.0[6];
        assert!(verify_inclusion(index, size, &leaf_hash, &proof, &root).is_err(), "{comment}");
        json!({
            "comment": comment, "index": index, "size": size, "leaf_hash": leaf_hash, "root": root, "proof": proof,
        })
    };
    vectors.map(vector).to_vec()
}

fn refused_consistency() -> Vec<Value> {
    let tree = Tree::of(10);
    let (old, new) = (root(tree.head(6)), root(&tree.0));
    let good = subproof(6, &tree.0, true);
    let mut flipped = good.clone();
    flipped[0].0[0] ^= 0x80;
    let vectors = [
        ("an old root that the log never had", 6, new, 10, new, good.clone()),
        ("a new root that the log never had", 6, old, 10, old, good.clone()),
        ("one bit of a hash flipped", 6, old, 10, new, flipped),
        ("the last hash missing", 6, old, 10, new, good[..good.len() - 1].to_vec()),
        ("sizes in the wrong order", 10, new, 6, old, good.clone()),
        ("the same size with another root", 10, old, 10, new, vec![]),
        ("the same size and root with a hash", 10, new, 10, new, vec![new]),
    ];
    let vector = |(comment, old_size, old_root, new_size, new_root, proof): (
        _,
        u64,
        Digest,
        u64,
        Digest,
        Vec<Digest>,
    )| {
        let comment: &str = comment;
        assert!(verify_consistency(old_size, &old_root, new_size, &new_root, &proof).is_err(), "{comment}");
        json!({
            "comment": comment, "old_size": old_size, "old_root": old_root, "new_size": new_size,
            "new_root": new_root, "proof": proof,
        })
    };
    vectors.map(vector).to_vec()
}

pub(super) fn checkpoints() -> Value {
    let signer = NoteSigner { name: ORIGIN.into(), key: key(9) };
    let verifier = signer.verifier();
    let good = [0, 10, 300].map(|size| {
        let tree = Tree::of(size);
        let root = if size == 0 { Digest::sha256(&[]) } else { root(&tree.0) };
        let head = Checkpoint { origin: ORIGIN.into(), size, root };
        let note = head.sign(&signer).unwrap();
        assert_eq!(Checkpoint::open(&note, &verifier), Ok(head));
        json!({ "comment": format!("the head at {size} leaves"), "size": size, "root": root, "note": note })
    });
    let note = good[1]["note"].as_str().unwrap();
    let other = NoteSigner { name: ORIGIN.into(), key: key(8) };
    let text = note.split_once("\n\n").unwrap().0.to_owned() + "\n";
    let resigned = |text: &str| note::sign(text, &signer).unwrap();
    let refused = [
        ("another size under the old signature", note.replacen("\n10\n", "\n11\n", 1)),
        ("signed by another key of the same name", note::sign(&text, &other).unwrap()),
        ("another log's origin under this log's key", resigned(&text.replacen("vectors", "another", 1))),
        ("a size with a leading zero, signed", resigned(&text.replacen("\n10\n", "\n010\n", 1))),
        ("a root without padding, signed", resigned(&text.replacen("=\n", "\n", 1))),
        ("a head of nothing with another root, signed", resigned(&text.replacen("\n10\n", "\n0\n", 1))),
        ("lines ended by CR and LF", note.replace('\n', "\r\n")),
        ("no newline at the end", note.trim_end().to_owned()),
        ("no signature", format!("{text}\n")),
        ("the same signature twice", format!("{note}{}\n", note.lines().last().unwrap())),
    ];
    let refused = refused.map(|(comment, note)| {
        assert!(Checkpoint::open(&note, &verifier).is_err(), "{comment}");
        json!({ "comment": comment, "note": note })
    });
    json!({
        "comment": "C2SP tlog-checkpoint in a C2SP signed-note; roots as in trees. The key has the seed 0909…09.",
        "vkey": verifier.to_vkey(),
        "good": good,
        "refused": refused,
    })
}
