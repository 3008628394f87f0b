//! The log against independent implementations: notes against `signed_note`, trees, proofs and tiles against
//! `tlog_tiles` (both ported from Go's checksum database). What one side writes, the other must accept.

use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::cosignature::Cosigner;
use liandan::ledger::digest::Digest;
use liandan::ledger::key::SigningKey;
use liandan::ledger::merkle::{leaf_hash, verify_consistency, verify_inclusion};
use liandan::ledger::note::{self, NoteError, NoteKey, NoteSigner, NoteVerifier};
use liandan::ledger::tile::{self, TILE_WIDTH, TileId, TilePath, TileSource, TileTail};
use signed_note::{Note, Signer as _, StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::{Hash, HashReader, Tile, TileHashReader, TileReader};

const TEXT: &str = "the first paragraph\n\nthe second one, 联单\n";

/// The example key pair of Go's note package.
const THEIR_PRIVATE_KEY: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const THEIR_VERIFIER_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

fn our_signer() -> NoteSigner {
    NoteSigner { name: "ledger.example/log".to_owned(), key: SigningKey::from_seed([42; 32]) }
}

/// Whether `signed_note` opens the note with this verifier key.
fn they_open(note: &str, vkey: &str) -> bool {
    let verifier = StandardVerifier::new(vkey).expect("the verifier key is well-formed");
    let known = VerifierList::new(vec![Box::new(verifier)]);
    Note::from_bytes(note.as_bytes()).is_ok_and(|note| note.verify(&known).is_ok())
}

/// The text signed by `signed_note`, below the signatures the note already has.
fn they_sign(note: Note) -> String {
    let mut note = note;
    let signer = StandardSigner::new(THEIR_PRIVATE_KEY).expect("the private key is well-formed");
    note.add_sigs(&[&signer]).expect("signing works");
    String::from_utf8(note.to_bytes()).expect("a note is UTF-8")
}

#[test]
fn our_notes_and_verifier_keys_open_with_signed_note() {
    let signer = our_signer();
    let note = note::sign(TEXT, &signer).unwrap();
    let vkey = signer.verifier().to_vkey();
    assert!(they_open(&note, &vkey));
    assert!(!they_open(&note.replace("first", "First"), &vkey));
}

#[test]
fn notes_of_signed_note_open_here_alone_and_below_ours() {
    let peter = NoteVerifier::parse_vkey(THEIR_VERIFIER_KEY).unwrap();
    let signer = StandardSigner::new(THEIR_PRIVATE_KEY).unwrap();
    assert_eq!(u32::from_be_bytes(peter.key_id()), signer.key_id());

    let alone = they_sign(Note::new(TEXT.as_bytes(), &[]).unwrap());
    assert_eq!(note::open(&alone, std::slice::from_ref(&peter)).unwrap().text, TEXT);
    let edited = alone.replace("first", "First");
    let bad = NoteError::BadSignature("PeterNeumann".to_owned());
    assert_eq!(note::open(&edited, std::slice::from_ref(&peter)), Err(bad));

    let ours = note::sign(TEXT, &our_signer()).unwrap();
    let both = they_sign(Note::from_bytes(ours.as_bytes()).unwrap());
    let opened = note::open(&both, &[peter, our_signer().verifier()]).unwrap();
    assert_eq!(opened.signed_by, ["ledger.example/log", "PeterNeumann"]);
}

/// One tree built by both sides: ours as tiles, theirs as the stored hashes of Go's `tlog`.
struct Trees {
    tail: TileTail,
    full: Vec<tile::FullTile>,
    theirs: Stored,
}

#[derive(Default)]
struct Stored(Vec<Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

impl Trees {
    fn of(size: u64) -> Self {
        let mut trees = Self { tail: TileTail::default(), full: vec![], theirs: Stored::default() };
        for index in 0..size {
            let entry = format!("entry {index}");
            trees.full.extend(trees.tail.append(leaf_hash(entry.as_bytes())));
            let stored = tlog_tiles::stored_hashes(index, entry.as_bytes(), &trees.theirs);
            trees.theirs.0.extend(stored.expect("the tree before it is stored"));
        }
        trees
    }

    fn leaf(&self, index: u64) -> Digest {
        self.hash(0, index).expect("the leaf is in the tree")
    }

    fn root(&self, size: u64) -> Digest {
        tile::root(self, size).expect("every tile is here")
    }

    /// The bytes served at a tile's path.
    fn tile_bytes(&self, path: &str) -> Option<Vec<u8>> {
        let Ok(TilePath::Hashes { id: TileId { level, index }, width }) = TilePath::parse(path) else {
            return None;
        };
        let start = index * TILE_WIDTH;
        let hashes: Option<Vec<_>> = (start..start + width).map(|index| self.hash(level, index)).collect();
        Some(hashes?.iter().flat_map(|hash| hash.0).collect())
    }
}

impl TileSource for Trees {
    fn hash(&self, level: u8, index: u64) -> Option<Digest> {
        let id = TileId { level, index: index / TILE_WIDTH };
        let full = self.full.iter().find(|tile| tile.id == id);
        let full = full.map(|tile| tile.hashes[(index % TILE_WIDTH) as usize]);
        full.or_else(|| self.tail.hash(level, index))
    }
}

/// Their path of a tile names the height, which C2SP leaves out because it is always 8.
fn our_path(theirs: &Tile) -> String {
    theirs.path().replacen("tile/8/", "tile/", 1)
}

impl TileReader for Trees {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        Ok(tiles.iter().map(|tile| self.tile_bytes(&our_path(tile)).expect("the tile exists")).collect())
    }

    fn save_tiles(&self, _tiles: &[Tile], _bytes: &[Vec<u8>]) {}
}

fn theirs(digest: Digest) -> Hash {
    Hash(digest.0)
}

fn all_theirs(digests: &[Digest]) -> Vec<Hash> {
    digests.iter().copied().map(theirs).collect()
}

const SIZE: u64 = 700;

#[test]
fn roots_and_proofs_are_those_of_tlog_tiles() {
    let trees = Trees::of(SIZE);
    let root = trees.root(SIZE);
    assert_eq!(trees.tail.root(), root);
    for index in 0..SIZE {
        let proof = tile::inclusion_proof(&trees, index, SIZE).unwrap();
        let (leaf, expected) =
            (trees.leaf(index), tlog_tiles::prove_record(SIZE, index, &trees.theirs).unwrap());
        assert_eq!(all_theirs(&proof), expected, "leaf {index}");
        tlog_tiles::check_record(&all_theirs(&proof), SIZE, theirs(root), index, theirs(leaf)).unwrap();
        verify_inclusion(index, SIZE, &leaf, &proof, &root).unwrap();
    }
    for old in 1..=SIZE {
        let old_root = trees.root(old);
        assert_eq!(theirs(old_root), tlog_tiles::tree_hash(old, &trees.theirs).unwrap(), "size {old}");
        let proof = tile::consistency_proof(&trees, old, SIZE).unwrap();
        assert_eq!(
            all_theirs(&proof),
            tlog_tiles::prove_tree(SIZE, old, &trees.theirs).unwrap(),
            "from {old}"
        );
        tlog_tiles::check_tree(&all_theirs(&proof), SIZE, theirs(root), old, theirs(old_root)).unwrap();
        verify_consistency(old, &old_root, SIZE, &root, &proof).unwrap();
    }
}

#[test]
fn tlog_tiles_reads_the_tree_from_our_tiles_and_paths() {
    let trees = Trees::of(SIZE);
    // This reader authenticates every tile against the root before it answers.
    let reader = TileHashReader::new(SIZE, theirs(trees.root(SIZE)), &trees);
    for index in [0, 1, 255, 256, 511, 512, 698, 699] {
        let stored_at = tlog_tiles::stored_hash_index(0, index);
        assert_eq!(reader.read_hashes(&[stored_at]).unwrap(), [theirs(trees.leaf(index))], "leaf {index}");
    }
    let wrong_root = TileHashReader::new(SIZE, theirs(trees.root(SIZE - 1)), &trees);
    assert!(wrong_root.read_hashes(&[0]).is_err());

    let their_tiles = Tile::new_tiles(8, 0, SIZE);
    let paths: Vec<String> = their_tiles.iter().map(our_path).collect();
    assert_eq!(paths, ["tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2"]);
    for (path, theirs) in paths.iter().zip(&their_tiles) {
        let id = TileId { level: theirs.level(), index: theirs.level_index() };
        assert_eq!(id.path(id.width_in(SIZE)), *path);
        assert_eq!(trees.tile_bytes(path), theirs.read_data(&trees.theirs).ok(), "{path}");
    }
}

#[test]
fn checkpoints_are_read_alike_on_both_sides() {
    let signer = our_signer();
    let ours = Checkpoint { origin: signer.name.clone(), size: SIZE, root: Trees::of(SIZE).root(SIZE) };
    let note = ours.sign(&signer).unwrap();
    assert!(they_open(&note, &signer.verifier().to_vkey()));
    let opened = Note::from_bytes(note.as_bytes()).unwrap();
    let read = tlog_tiles::Checkpoint::from_bytes(opened.text()).unwrap();
    assert_eq!((read.origin(), read.size(), *read.hash()), (ours.origin.as_str(), SIZE, theirs(ours.root)));

    let written = tlog_tiles::Checkpoint::new("log.example", SIZE, theirs(ours.root), "extension\n").unwrap();
    let text = String::from_utf8(written.to_bytes()).unwrap();
    let expected = Checkpoint { origin: "log.example".to_owned(), ..ours };
    assert_eq!(Checkpoint::parse(&text), Ok(expected));
}

/// C2SP tlog-cosignature as a foreign verifier of `signed_note`, written from the specification.
struct TheirWitness {
    name: String,
    key: ed25519_dalek::VerifyingKey,
}

impl signed_note::Verifier for TheirWitness {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        signed_note::key_id(&self.name, &[&[0x04], &self.key.as_bytes()[..]].concat())
    }

    fn verify(&self, msg: &[u8], sig: &[u8]) -> bool {
        let Some((time, signature)) = sig.split_first_chunk::<8>() else { return false };
        let head = format!("cosignature/v1\ntime {}\n", u64::from_be_bytes(*time));
        let signature = ed25519_dalek::Signature::from_slice(signature);
        signature.is_ok_and(|signature| {
            self.key.verify_strict(&[head.as_bytes(), msg].concat(), &signature).is_ok()
        })
    }
}

#[test]
fn our_cosignatures_open_with_signed_note_beside_the_log_s_signature() {
    let cosigner = Cosigner { name: "witness.example/w1".to_owned(), key: SigningKey::from_seed([5; 32]) };
    let text = "ledger.example/log\n7\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let note = note::sign(text, &our_signer()).unwrap() + &cosigner.cosign(text, 1_700_000_000).unwrap();
    let their_view = |note: &str| {
        let key = ed25519_dalek::VerifyingKey::from_bytes(cosigner.key.public().as_bytes()).unwrap();
        let witness = TheirWitness { name: cosigner.name.clone(), key };
        let log = StandardVerifier::new(&our_signer().verifier().to_vkey()).unwrap();
        let known = VerifierList::new(vec![Box::new(log), Box::new(witness)]);
        let note = Note::from_bytes(note.as_bytes()).unwrap();
        note.verify(&known).map(|(verified, _)| verified.len()).ok()
    };
    assert_eq!(their_view(&note), Some(2));
    assert_eq!(their_view(&note.replace("\n7\n", "\n8\n")), None);
    let id = u32::from_be_bytes(cosigner.verifier().key_id());
    assert!(cosigner.verifier().to_vkey().starts_with(&format!("witness.example/w1+{id:08x}+B")));
}
