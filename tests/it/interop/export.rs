//! The log as files: what its server publishes, and what those who may read the events hold beside it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use liandan::ledger::leaf::{Leaf, Salt};
use liandan::ledger::merkle::leaf_hash;
use liandan::ledger::tile::{self, TILE_WIDTH, TileId, TilePath, TileSource, TileTail};
use liandan::ledger::{Digest, PublicKey};
use liandan::scenario::{Script, World};
use liandan::store::log;
use serde_json::json;

use crate::support::ledger::{LOG, Ledger, block_on, databases};

/// Seven events each, beside the founding.
const MANIFESTS: usize = 300;
/// Every so many entries get a proof of inclusion, and every so many sizes one of consistency.
const INCLUSION_STEP: usize = 7;
const CONSISTENCY_STEP: usize = 37;
/// Entries read at once.
const PAGE: u64 = 500;

/// An event with all that opens its leaf.
#[derive(Clone)]
pub(super) struct Opened {
    pub(super) compact: String,
    pub(super) salt: Salt,
    pub(super) recorded_at_ms: i64,
    pub(super) skew_ms: i64,
}

/// A copy of the log, to write out or to tamper with.
#[derive(Clone)]
pub(super) struct Export {
    pub(super) note: String,
    pub(super) vkey: String,
    pub(super) leaves: Vec<Vec<u8>>,
    /// Hashes of the tiles, a list per level.
    pub(super) hashes: BTreeMap<u8, Vec<Digest>>,
    pub(super) events: Vec<Opened>,
    pub(super) keys: Vec<PublicKey>,
    /// Index and path.
    pub(super) inclusion: Vec<(u64, Vec<Digest>)>,
    /// Older size, its root, and the proof.
    pub(super) consistency: Vec<(u64, Digest, Vec<Digest>)>,
}

/// A day of trips, all alike: what is tested is the log, not what it means.
fn script() -> String {
    let mut script = String::from("08:00  acme  opens  900-041-49 90000000 kg\n");
    let mut each = |line: &dyn Fn(usize) -> String| (0..MANIFESTS).for_each(|n| script.push_str(&line(n)));
    each(&|n| format!("08:10  acme  registers  M{n}  900-041-49 1200 kg  acme > swift > phoenix\n"));
    each(&|n| format!("09:00  acme  hands  M{n}  to swift\n"));
    each(&|n| format!("11:00  swift  hands  M{n}  to phoenix\n"));
    each(&|n| format!("11:30  phoenix  receives  M{n}  all\n"));
    each(&|n| format!("15:00  phoenix  disposes  900-041-49 1200 kg  from M{n}  by D10\n"));
    script + "=====\n"
}

impl Export {
    /// Founds a ledger, records the day, and takes everything from its database and its interface.
    pub(super) fn build() -> Self {
        let database = databases().remove(0);
        let played = Script::parse("day", &script()).unwrap().play(World::embedded(), LOG).unwrap();
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            ledger.clock.set(played.ends_at);
            let lines = played.acts.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
            for answer in ledger.app.submit_many(lines, None).await.unwrap() {
                answer.unwrap();
            }
            Self::take(&ledger).await
        })
    }

    async fn take(ledger: &Ledger) -> Self {
        let note = ledger.app.checkpoint().await.unwrap().unwrap();
        let mut entries = Vec::new();
        while let Some(page) = page_from(ledger, entries.len() as u64).await {
            entries.extend(page);
        }
        let leaves: Vec<_> = entries.iter().map(|entry| entry.leaf.clone()).collect();
        let hashes = hashes_of(&leaves);
        let events = entries.into_iter().map(|entry| Opened {
            compact: entry.jws.unwrap(),
            salt: Salt(entry.salt.unwrap()),
            recorded_at_ms: entry.recorded_at.as_millis(),
            skew_ms: entry.skew_ms,
        });
        let mut export = Self {
            note,
            vkey: ledger.app.verifier().to_vkey(),
            keys: keys_in(&leaves),
            leaves,
            hashes,
            events: events.collect(),
            inclusion: vec![],
            consistency: vec![],
        };
        export.ask_for_proofs(ledger).await;
        export
    }

    /// Proofs as the server makes them.
    async fn ask_for_proofs(&mut self, ledger: &Ledger) {
        let size = self.leaves.len() as u64;
        for index in (0..size).step_by(INCLUSION_STEP) {
            let proof = ledger.app.inclusion_proof(index, size).await.unwrap();
            self.inclusion.push((index, proof.hashes));
        }
        for old in (1..=size).step_by(CONSISTENCY_STEP) {
            let proof = ledger.app.consistency_proof(old, size).await.unwrap();
            self.consistency.push((old, tile::root(self, old).unwrap(), proof.hashes));
        }
    }

    /// The tiles of one level, each with its number and width.
    fn tiles(&self, level: u8) -> impl Iterator<Item = (TileId, &[Digest])> {
        let tiles = self.hashes[&level].chunks(TILE_WIDTH as usize);
        (0..).zip(tiles).map(move |(index, hashes)| (TileId { level, index }, hashes))
    }

    /// The bytes served at a path of C2SP tlog-tiles, by path.
    pub(super) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        // A copy that lacks entries still serves them under the names that the checkpoint's size gives.
        let size = self.note.lines().nth(1).unwrap().parse::<u64>().unwrap();
        let mut files = BTreeMap::new();
        for level in self.hashes.keys() {
            for (id, hashes) in self.tiles(*level) {
                let path = id.path(id.width_in(size).max(hashes.len() as u64));
                files.insert(path, hashes.iter().flat_map(|hash| hash.0).collect());
            }
        }
        for (index, leaves) in (0..).zip(self.leaves.chunks(TILE_WIDTH as usize)) {
            let width = TileId { level: 0, index }.width_in(size).max(leaves.len() as u64);
            let bundle = leaves.iter().flat_map(|leaf| {
                let length = u16::try_from(leaf.len()).unwrap().to_be_bytes();
                [&length[..], leaf].concat()
            });
            files.insert(TilePath::Entries { index, width }.to_string(), bundle.collect());
        }
        files
    }

    /// Writes everything below a folder.
    pub(super) fn write(&self, folder: &Path) {
        let write = |path: &str, bytes: &[u8]| {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        for (path, bytes) in self.files() {
            write(&path, &bytes);
        }
        write("checkpoint", self.note.as_bytes());
        write("vkey", format!("{}\n", self.vkey).as_bytes());
        let jwk = |key: &PublicKey| json!({"kty": "OKP", "crv": "Ed25519", "x": key, "kid": key.kid()});
        write(
            "keys.json",
            json!({"keys": self.keys.iter().map(jwk).collect::<Vec<_>>()}).to_string().as_bytes(),
        );
        let event = |event: &Opened| {
            let Opened { compact, salt, recorded_at_ms, skew_ms } = event;
            format!(
                "{}\n",
                json!({"event": compact, "salt": salt, "recorded_at_ms": recorded_at_ms, "skew_ms": skew_ms})
            )
        };
        write("events.ndjson", self.events.iter().map(event).collect::<String>().as_bytes());
        let inclusion =
            self.inclusion.iter().map(|(index, hashes)| json!({"index": index, "hashes": hashes}));
        let consistency = self.consistency.iter();
        let consistency =
            consistency.map(|(size, root, hashes)| json!({"size": size, "root": root, "hashes": hashes}));
        let proofs = json!({
            "inclusion": inclusion.collect::<Vec<_>>(), "consistency": consistency.collect::<Vec<_>>(),
        });
        write("proofs.json", proofs.to_string().as_bytes());
    }
}

impl TileSource for Export {
    fn hash(&self, level: u8, index: u64) -> Option<Digest> {
        self.hashes.get(&level)?.get(usize::try_from(index).ok()?).copied()
    }
}

async fn page_from(ledger: &Ledger, from: u64) -> Option<Vec<log::Entry>> {
    let mut tx = ledger.store.read().await.unwrap();
    let page = log::entries(&mut tx, from, PAGE).await.unwrap();
    (!page.is_empty()).then_some(page)
}

/// Every key that the log's public leaves name.
fn keys_in(leaves: &[Vec<u8>]) -> Vec<PublicKey> {
    let keys = leaves.iter().filter_map(|leaf| match Leaf::parse(leaf).unwrap() {
        Leaf::Key { public, .. } => PublicKey::from_bytes(&public).ok(),
        _ => None,
    });
    let mut keys: Vec<_> = keys.collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The hashes of all tiles over these leaves.
fn hashes_of(leaves: &[Vec<u8>]) -> BTreeMap<u8, Vec<Digest>> {
    let mut tail = TileTail::default();
    let mut hashes: BTreeMap<u8, Vec<Digest>> = BTreeMap::new();
    for leaf in leaves {
        for full in tail.append(leaf_hash(leaf)) {
            hashes.entry(full.id.level).or_default().extend(full.hashes);
        }
    }
    for level in 0..8 {
        hashes.entry(level).or_default().extend(tail.partial(level));
    }
    hashes.retain(|_, hashes| !hashes.is_empty());
    hashes
}
