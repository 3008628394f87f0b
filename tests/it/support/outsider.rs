//! Somebody outside who keeps every receipt it was given, and later holds the ledger to them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use liandan::app::Receipt;
use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::merkle::{Frontier, leaf_hash, verify_inclusion};
use liandan::ledger::note::NoteVerifier;
use liandan::ledger::{Digest, EventId, b64, mark};
use liandan::store::{Store, log};
use serde_json::Value;

/// A receipt as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Kept {
    index: u64,
    leaf: Vec<u8>,
    hashes: Vec<Digest>,
    checkpoint: String,
    /// All of it, to compare.
    whole: String,
}

/// What was received.
#[derive(Default)]
pub(crate) struct Outsider {
    receipts: BTreeMap<EventId, Kept>,
    /// How often a receipt came for an event that had one.
    pub(crate) repeated: usize,
}

impl Outsider {
    /// Keep a receipt; one for the same event must be the same.
    pub(crate) fn keep(&mut self, receipt: &Receipt) {
        let inclusion = receipt.inclusion.as_ref().expect("a receipt has its proof");
        let kept = Kept {
            index: receipt.index,
            leaf: receipt.leaf.clone(),
            hashes: inclusion.hashes.clone(),
            checkpoint: inclusion.checkpoint.clone(),
            whole: format!("{receipt:?}"),
        };
        self.put(receipt.event_id, kept);
    }

    /// The same, as the interface answers it.
    pub(crate) fn keep_json(&mut self, receipt: &Value) {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let inclusion = &receipt["inclusion"];
        let hashes = inclusion["hashes"].as_array().unwrap();
        let kept = Kept {
            index: receipt["index"].as_u64().unwrap(),
            leaf: b64::decode(&text(&receipt["leaf"])).unwrap(),
            hashes: hashes.iter().map(|hash| text(hash).parse().unwrap()).collect(),
            checkpoint: text(&inclusion["checkpoint"]),
            whole: receipt.to_string(),
        };
        self.put(text(&receipt["event_id"]).parse().unwrap(), kept);
    }

    fn put(&mut self, id: EventId, kept: Kept) {
        if let Some(first) = self.receipts.get(&id) {
            assert_eq!(*first, kept, "another receipt for {id}");
            self.repeated += 1;
        }
        self.receipts.insert(id, kept);
    }

    /// Number of events with a receipt.
    pub(crate) fn len(&self) -> usize {
        self.receipts.len()
    }

    /// Hold a log to every receipt: nothing acknowledged is lost or moved, nothing stands twice, and every head that was ever
    /// signed, or about to be, is a beginning of what is there now. Gives the number of entries.
    pub(crate) async fn check(&self, store: &Store, verifier: &NoteVerifier, mark: &Path) -> u64 {
        self.check_with(store, verifier, &[mark.to_owned()]).await
    }

    /// The same for a ledger of several processes: each has its mark, and what was signed lies at or below one of them.
    pub(crate) async fn check_with(&self, store: &Store, verifier: &NoteVerifier, marks: &[PathBuf]) -> u64 {
        let mut tx = store.read().await.unwrap();
        let entries = log::entries(&mut tx, 0, 1_000_000).await.unwrap();
        let head = log::head(&mut tx).await.unwrap().unwrap();
        let checkpoints = log::checkpoints_after(&mut tx, 0, 1_000_000).await.unwrap();
        drop(tx);
        let mut frontier = Frontier::default();
        let mut roots = vec![frontier.root()];
        for (index, entry) in (0..).zip(&entries) {
            assert_eq!(entry.index, index, "indexes have a hole");
            frontier.append(leaf_hash(&entry.leaf));
            roots.push(frontier.root());
        }
        assert_eq!((head.size, head.root), (frontier.size(), frontier.root()));
        let ids: BTreeSet<EventId> = entries.iter().map(|entry| entry.event_id).collect();
        assert_eq!(ids.len(), entries.len(), "an event stands twice in the log");

        let root_of = |checkpoint: &Checkpoint| {
            let size = usize::try_from(checkpoint.size).unwrap();
            roots.get(size).copied().unwrap_or_else(|| panic!("signed for {size} of {} entries", head.size))
        };
        for stored in &checkpoints {
            let signed = Checkpoint::open(&stored.note, verifier).unwrap();
            assert_eq!((signed.size, signed.root), (stored.size, root_of(&signed)));
        }
        for (id, kept) in &self.receipts {
            let entry = &entries[usize::try_from(kept.index).unwrap()];
            assert_eq!((entry.event_id, &entry.leaf), (*id, &kept.leaf), "index {}", kept.index);
            let signed = Checkpoint::open(&kept.checkpoint, verifier).unwrap();
            assert_eq!(signed.root, root_of(&signed));
            let leaf = leaf_hash(&kept.leaf);
            verify_inclusion(kept.index, signed.size, &leaf, &kept.hashes, &signed.root).unwrap();
        }
        let mut furthest = 0;
        for mark in marks {
            let (_, mark) = mark::newest(&std::fs::read(mark).unwrap()).unwrap();
            assert_eq!(mark.root, root_of(&mark));
            furthest = furthest.max(mark.size);
        }
        let signed = checkpoints.last().map_or(0, |checkpoint| checkpoint.size);
        assert!(signed <= furthest, "signed for {signed}, the marks say {furthest}");
        head.size
    }
}
