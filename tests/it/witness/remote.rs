//! A remote log as nothing but static files, which a test may take away or change.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::leaf::KeyAction;
use liandan::ledger::merkle::leaf_hash;
use liandan::ledger::policy::Policy;
use liandan::ledger::tile::{TILE_WIDTH, TileTail};
use liandan::ledger::{Digest, Leaf, SigningKey};

use super::support::{ORIGIN, Served, log};

/// Files by their path below the prefix, and how often each was asked for.
#[derive(Clone, Default)]
pub(crate) struct Files {
    files: Arc<Mutex<HashMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<BTreeMap<String, usize>>>,
}

/// A log of these leaves behind a socket.
pub(crate) struct Remote {
    pub(crate) files: Files,
    pub(crate) served: Served,
    pub(crate) leaves: Vec<Vec<u8>>,
}

impl Remote {
    pub(crate) async fn of(leaves: Vec<Vec<u8>>) -> Self {
        let files = Files::default();
        let router = axum::Router::new().route("/{*path}", get(file)).with_state(files.clone());
        let remote = Self { files, served: Served::serve(router).await, leaves };
        remote.publish(remote.leaves.len() as u64);
        remote
    }

    pub(crate) fn policy() -> Policy {
        Policy::log_alone(log().verifier())
    }

    /// Write the files of the first `size` leaves, as the log signs them.
    pub(crate) fn publish(&self, size: u64) {
        self.write(size);
        self.put("checkpoint", self.note(size).into_bytes());
    }

    pub(crate) fn write(&self, size: u64) {
        for (number, leaves) in (0..).zip(self.leaves[..size as usize].chunks(TILE_WIDTH as usize)) {
            let entry = |leaf: &Vec<u8>| [&(leaf.len() as u16).to_be_bytes()[..], leaf].concat();
            let bundle: Vec<u8> = leaves.iter().flat_map(entry).collect();
            self.put(&path(number, leaves.len() as u64), bundle);
        }
    }

    /// The signed head of the first `size` leaves.
    pub(crate) fn note(&self, size: u64) -> String {
        let mut tree = TileTail::default();
        for leaf in &self.leaves[..size as usize] {
            tree.append(leaf_hash(leaf));
        }
        Checkpoint { origin: ORIGIN.to_owned(), size, root: tree.root() }.sign(&log()).unwrap()
    }

    pub(crate) fn put(&self, path: &str, bytes: Vec<u8>) {
        self.files.files.lock().unwrap().insert(path.to_owned(), bytes);
    }

    /// The bundle of the first leaves.
    pub(crate) fn files_of(&self, width: u64) -> Vec<u8> {
        self.files.files.lock().unwrap()[&path(0, width)].clone()
    }

    pub(crate) fn take(&self, path: &str) -> Vec<u8> {
        self.files.files.lock().unwrap().remove(path).unwrap()
    }

    pub(crate) fn asked_for(&self, path: &str) -> usize {
        self.files.asked.lock().unwrap().get(path).copied().unwrap_or(0)
    }
}

async fn file(State(files): State<Files>, Path(path): Path<String>) -> Result<Vec<u8>, StatusCode> {
    *files.asked.lock().unwrap().entry(path.clone()).or_default() += 1;
    files.files.lock().unwrap().get(&path).cloned().ok_or(StatusCode::NOT_FOUND)
}

pub(crate) fn path(number: u64, width: u64) -> String {
    liandan::ledger::tile::TilePath::Entries { index: number, width }.to_string()
}

/// The leaf of a key whose seed is this byte.
pub(crate) fn key_leaf(action: KeyAction, seed: u8) -> Vec<u8> {
    let key = SigningKey::from_seed([seed; 32]).public();
    let public = if action == KeyAction::Revoked { [0; 32] } else { *key.as_bytes() };
    let commitment = Digest::sha256(&[&[seed]]);
    Leaf::Key { action, kid: key.kid(), public, replaced: None, suspected_from: None, commitment }.to_bytes()
}

/// A founding and sealed events, as many as the size says.
pub(crate) fn leaves(size: u64, kind: &str) -> Vec<Vec<u8>> {
    let sealed = |n: u64| {
        let commitment = Digest::sha256(&[format!("{kind} {n}").as_bytes()]);
        Leaf::Event { commitment }.to_bytes()
    };
    let first = key_leaf(KeyAction::Founded, 1);
    std::iter::once(first).chain((1..size).map(sealed)).collect()
}
