//! The crates `signed_note` and `tlog_tiles`, both ported from Go's checksum database, before the exported log.

use std::collections::{BTreeMap, BTreeSet};

use liandan::ledger::Digest;
use liandan::ledger::tile::{TILE_WIDTH, TilePath};
use signed_note::{Note, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint, Hash, HashReader, Tile, TileHashReader, TileReader};

use super::export::Export;
use super::tools::Report;

/// Stored hashes as Go's `tlog` numbers them.
#[derive(Default)]
struct Stored(Vec<Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

/// The files of the export, read by the crate's own paths.
struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    /// Their path of a tile names the height, which C2SP leaves out because it is always 8.
    fn of(&self, tile: &Tile) -> &[u8] {
        &self.0[&tile.path().replacen("tile/8/", "tile/", 1)]
    }
}

impl TileReader for Files {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        Ok(tiles.iter().map(|tile| self.of(tile).to_vec()).collect())
    }

    fn save_tiles(&self, _tiles: &[Tile], _bytes: &[Vec<u8>]) {}
}

/// What the crates say of a copy.
pub(super) fn check(export: &Export) -> Report {
    let mut faults = BTreeSet::new();
    let counts = |inclusion: usize, consistency: usize| {
        let counts =
            [("events", export.events.len()), ("inclusion", inclusion), ("consistency", consistency)];
        counts.into_iter().map(|(name, count)| (name.to_owned(), count as u64)).collect()
    };
    let Some(checkpoint) = open(export) else {
        return Report { faults: ["checkpoint".to_owned()].into(), counts: counts(0, 0) };
    };
    let stored = stored(export);
    if (export.leaves.len() as u64) < checkpoint.size() {
        let missing = export.leaves.len();
        faults.extend([format!("entry {missing}"), format!("tile 0 {missing}"), "root".to_owned()]);
        return Report { faults, counts: counts(0, 0) };
    }
    if tlog_tiles::tree_hash(checkpoint.size(), &stored).unwrap() != *checkpoint.hash() {
        faults.insert("root".to_owned());
    }
    let files = Files(export.files());
    faults.extend(tiles(&files, &stored, checkpoint.size()));
    proofs(export, &checkpoint, &mut faults);
    Report { faults, counts: counts(export.inclusion.len(), export.consistency.len()) }
}

fn open(export: &Export) -> Option<Checkpoint> {
    let verifier = StandardVerifier::new(&export.vkey).expect("the verifier key is well-formed");
    let note = Note::from_bytes(export.note.as_bytes()).ok()?;
    note.verify(&VerifierList::new(vec![Box::new(verifier)])).ok()?;
    Some(Checkpoint::from_bytes(note.text()).expect("what is signed is a checkpoint"))
}

fn stored(export: &Export) -> Stored {
    let mut stored = Stored::default();
    for (index, leaf) in (0..).zip(&export.leaves) {
        let hashes = tlog_tiles::stored_hashes(index, leaf, &stored);
        stored.0.extend(hashes.expect("the tree before it is stored"));
    }
    stored
}

/// Every hash of every tile file that is not the one the crate computes from the leaves.
fn tiles(files: &Files, stored: &Stored, size: u64) -> Vec<String> {
    let mut faults = vec![];
    for tile in Tile::new_tiles(8, 0, size) {
        let (found, computed) = (files.of(&tile), tile.read_data(stored).unwrap());
        let pairs = found.chunks(32).zip(computed.chunks(32));
        let wrong = pairs.enumerate().filter(|(_, (found, computed))| found != computed);
        let first = tile.level_index() * TILE_WIDTH;
        faults.extend(wrong.map(|(at, _)| format!("tile {} {}", tile.level(), first + at as u64)));
    }
    let hashes = |path: &&String| matches!(TilePath::parse(path), Ok(TilePath::Hashes { .. }));
    assert_eq!(
        files.0.keys().filter(hashes).count(),
        Tile::new_tiles(8, 0, size).len(),
        "tiles nobody asks for"
    );
    faults
}

fn theirs(digests: &[Digest]) -> Vec<Hash> {
    digests.iter().map(|digest| Hash(digest.0)).collect()
}

fn proofs(export: &Export, checkpoint: &Checkpoint, faults: &mut BTreeSet<String>) {
    let (size, root) = (checkpoint.size(), *checkpoint.hash());
    for (index, hashes) in &export.inclusion {
        let leaf = tlog_tiles::record_hash(&export.leaves[*index as usize]);
        if tlog_tiles::check_record(&theirs(hashes), size, root, *index, leaf).is_err() {
            faults.insert(format!("inclusion {index}"));
        }
    }
    for (old, old_root, hashes) in &export.consistency {
        if tlog_tiles::check_tree(&theirs(hashes), size, root, *old, Hash(old_root.0)).is_err() {
            faults.insert(format!("consistency {old}"));
        }
    }
}

/// The leaves of the good log, read through its tiles by the crate's own reader. What that reader refuses proves little: version
/// 0.2 checks tiles against their parents only from the place in its list that the number of complete subtrees gives, and
/// complete subtrees share tiles. So the tiles of tampered copies are compared in [`tiles`].
pub(super) fn reads_every_leaf_through_tiles(export: &Export) {
    let checkpoint = open(export).expect("the good log's checkpoint opens");
    let files = Files(export.files());
    let reader = TileHashReader::new(checkpoint.size(), *checkpoint.hash(), &files);
    let stored_at: Vec<u64> = (0..checkpoint.size()).map(|n| tlog_tiles::stored_hash_index(0, n)).collect();
    assert_eq!(reader.read_hashes(&stored_at).unwrap(), theirs(&export.hashes[&0]));
    let edited = Hash(liandan::ledger::merkle::empty_root().0);
    assert!(TileHashReader::new(checkpoint.size(), edited, &files).read_hashes(&stored_at).is_err());
}
