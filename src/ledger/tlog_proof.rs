//! Proofs as one text (C2SP tlog-proof): the place of an entry, the path to the root, and the signed checkpoint.
//!
//! Such a text is checked offline, by anybody who has the entry and knows the log's key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::checkpoint::Checkpoint;
use super::digest::Digest;
use super::merkle::{MAX_TREE_SIZE, ProofError, leaf_hash, verify_inclusion};
use super::note::MAX_NOTE_BYTES;

/// The longest proof that is read, in bytes: room for the longest note, the longest path and extra data.
pub const MAX_TLOG_PROOF_BYTES: usize = 2 * MAX_NOTE_BYTES;

/// The most hashes a path can have: one for every level of the largest tree.
pub const MAX_PATH_HASHES: usize = 63;

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// Why a text is not a proof.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Over [`MAX_TLOG_PROOF_BYTES`].
    #[error("the proof has {0} bytes; at most {MAX_TLOG_PROOF_BYTES} are allowed")]
    TooLong(usize),
    /// The first line is another.
    #[error("not a proof: the first line must be {HEADER}")]
    Header,
    /// The line of extra data.
    #[error("the extra data must be standard base64 with padding, and not empty")]
    Extra,
    /// The line of the index.
    #[error("the line `index` must give a decimal number below {MAX_TREE_SIZE} without leading zeros")]
    Index,
    /// A line of the path.
    #[error("hash {0} of the path must be the standard base64 of 32 bytes, with padding")]
    Hash(usize),
    /// Over [`MAX_PATH_HASHES`].
    #[error("the path has {0} hashes; no tree needs more than {MAX_PATH_HASHES}")]
    TooManyHashes(usize),
    /// No empty line, or nothing behind it.
    #[error("an empty line and the signed checkpoint must follow the path")]
    NoCheckpoint,
}

/// A proof as it is written down. Whether it holds is another question: see [`TlogProof::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// Opaque bytes that nothing authenticates.
    pub extra: Option<Vec<u8>>,
    /// Log index of the entry.
    pub index: u64,
    /// Sibling hashes from the leaf up (RFC 6962 §2.1.1).
    pub hashes: Vec<Digest>,
    /// The signed checkpoint (C2SP tlog-checkpoint), verbatim, with its cosignatures; not looked into here.
    pub checkpoint: String,
}

impl TlogProof {
    /// The text. Reading it back gives the same proof.
    pub fn to_text(&self) -> String {
        let mut text = format!("{HEADER}\n");
        if let Some(extra) = &self.extra {
            text.push_str(&format!("extra {}\n", STANDARD.encode(extra)));
        }
        text.push_str(&format!("index {}\n", self.index));
        for hash in &self.hashes {
            text.push_str(&STANDARD.encode(hash.0));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads the one spelling that [`TlogProof::to_text`] writes.
    pub fn parse(text: &str) -> Result<Self, TlogProofError> {
        if text.len() > MAX_TLOG_PROOF_BYTES {
            return Err(TlogProofError::TooLong(text.len()));
        }
        let rest = text.strip_prefix(HEADER).and_then(|rest| rest.strip_prefix('\n'));
        let rest = rest.ok_or(TlogProofError::Header)?;
        let (head, checkpoint) = rest.split_once("\n\n").ok_or(TlogProofError::NoCheckpoint)?;
        if checkpoint.is_empty() {
            return Err(TlogProofError::NoCheckpoint);
        }
        let mut lines = head.split('\n').peekable();
        let extra = lines.next_if(|line| line.starts_with("extra")).map(read_extra).transpose()?;
        let index = read_index(lines.next().unwrap_or_default())?;
        let lines: Vec<&str> = lines.collect();
        if lines.len() > MAX_PATH_HASHES {
            return Err(TlogProofError::TooManyHashes(lines.len()));
        }
        let hashes = (1..).zip(lines).map(|(at, line)| read_hash(line).ok_or(TlogProofError::Hash(at)));
        Ok(Self {
            extra,
            index,
            hashes: hashes.collect::<Result<_, _>>()?,
            checkpoint: checkpoint.to_owned(),
        })
    }

    /// Checks that `leaf` (the entry's bytes) is in the tree of a checkpoint. The caller has verified that checkpoint, and
    /// that it is the one in [`TlogProof::checkpoint`].
    pub fn verify(&self, leaf: &[u8], checkpoint: &Checkpoint) -> Result<(), ProofError> {
        verify_inclusion(self.index, checkpoint.size, &leaf_hash(leaf), &self.hashes, &checkpoint.root)
    }
}

fn read_extra(line: &str) -> Result<Vec<u8>, TlogProofError> {
    let base64 = line.strip_prefix("extra ").ok_or(TlogProofError::Extra)?;
    let extra = STANDARD.decode(base64).map_err(|_| TlogProofError::Extra)?;
    if extra.is_empty() { Err(TlogProofError::Extra) } else { Ok(extra) }
}

fn read_index(line: &str) -> Result<u64, TlogProofError> {
    let text = line.strip_prefix("index ").ok_or(TlogProofError::Index)?;
    let index: u64 = text.parse().map_err(|_| TlogProofError::Index)?;
    // Writing it again refuses the plus sign and the leading zeros that parsing lets through.
    if index < MAX_TREE_SIZE && index.to_string() == text { Ok(index) } else { Err(TlogProofError::Index) }
}

fn read_hash(line: &str) -> Option<Digest> {
    STANDARD.decode(line).ok()?.try_into().ok().map(Digest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ledger::key::SigningKey;
    use crate::ledger::note::NoteSigner;
    use crate::ledger::tile::{TileTail, inclusion_proof};

    /// The form of the example in C2SP tlog-proof, with signatures that have a length.
    const EXAMPLE: &str = "c2sp.org/tlog-proof@v1\n\
        extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6\n\
        index 73894\n\
        gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\n\
        B95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n\
        EKNzoDWG8LGC0Yp9o+sv3qllpMP9uHQ9B20KNL+Q1zs=\n\
        RoopEkOdqkYqMB4MJXrbt/hMjOxsVn0IrWjpz1ZMMes=\n\
        AHCioX9nLjsrse6YhjRRmk1WUEirVOLLRoOQ6vfO5vk=\n\
        \n\
        example.com/fancylog\n\
        109482\n\
        sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\
        \n\
        \u{2014} example.com/fancylog hI2DJwAAAAA=\n\
        \u{2014} witness1.example mJirIgAAAAA=\n";

    #[test]
    fn the_specification_s_example_is_read_and_written() {
        let proof = TlogProof::parse(EXAMPLE).unwrap();
        assert_eq!((proof.index, proof.hashes.len()), (73_894, 5));
        assert_eq!(proof.extra.as_deref(), Some(&b"age-v1.2.1-darwin-arm64.tar.gz"[..]));
        assert!(proof.checkpoint.starts_with("example.com/fancylog\n109482\n"));
        assert!(proof.checkpoint.ends_with("mJirIgAAAAA=\n"));
        assert_eq!(proof.to_text(), EXAMPLE);
        let bare = TlogProof { extra: None, hashes: vec![], ..proof };
        assert_eq!(TlogProof::parse(&bare.to_text()), Ok(bare));
    }

    #[test]
    fn other_spellings_are_refused() {
        let with = |from: &str, to: &str| TlogProof::parse(&EXAMPLE.replacen(from, to, 1)).unwrap_err();
        for (from, to, why) in [
            ("@v1", "@v2", TlogProofError::Header),
            ("@v1\n", "@v1\r\n", TlogProofError::Header),
            ("c2sp", " c2sp", TlogProofError::Header),
            ("extra Y", "extra  Y", TlogProofError::Extra),
            ("extra YWdl", "extra", TlogProofError::Extra),
            ("extra YWdlLXYxLjIuMS1kYXJ3aW4tYXJtNjQudGFyLmd6", "extra ", TlogProofError::Extra),
            ("Lmd6\nindex", "Lmd6\nextra YQ==\nindex", TlogProofError::Index),
            ("index 73894", "index 073894", TlogProofError::Index),
            ("index 73894", "index +73894", TlogProofError::Index),
            ("index 73894", "index -1", TlogProofError::Index),
            ("index 73894", "index 9223372036854775807", TlogProofError::Index),
            ("index 73894", "index", TlogProofError::Index),
            ("index 73894\n", "", TlogProofError::Index),
            ("PlQ=", "PlQ", TlogProofError::Hash(1)),
            ("PlQ=", "PlQ= ", TlogProofError::Hash(1)),
            ("PlQ=", "PlR=", TlogProofError::Hash(1)),
            ("5vk=", "5vk=\nAAAA", TlogProofError::Hash(6)),
            ("5vk=\n\n", "5vk=\n", TlogProofError::Hash(6)),
        ] {
            assert_eq!(with(from, to), why, "{from:?} as {to:?}");
        }
        for cut in
            ["", "c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v1\nindex 0\n", EXAMPLE.split_at(300).0]
        {
            assert!(TlogProof::parse(cut).is_err(), "{cut:?}");
        }
        assert_eq!(
            TlogProof::parse("c2sp.org/tlog-proof@v1\nindex 0\n\n"),
            Err(TlogProofError::NoCheckpoint)
        );
    }

    #[test]
    fn the_limits_hold_at_their_edge() {
        let hash = format!("{}\n", STANDARD.encode([7; 32]));
        let of = |hashes: usize| format!("{HEADER}\nindex 1\n{}\nx\n", hash.repeat(hashes));
        assert!(TlogProof::parse(&of(MAX_PATH_HASHES)).is_ok());
        assert_eq!(TlogProof::parse(&of(64)), Err(TlogProofError::TooManyHashes(64)));
        assert!(matches!(TlogProof::parse(&of(100_000)), Err(TlogProofError::TooLong(_))));
    }

    #[test]
    fn a_proof_holds_for_its_leaf_place_and_tree_alone() {
        let leaves: Vec<Vec<u8>> = (0..9_u8).map(|n| vec![n]).collect();
        let mut tail = TileTail::default();
        leaves.iter().for_each(|leaf| drop(tail.append(leaf_hash(leaf))));
        let signer = NoteSigner { name: "log".to_owned(), key: SigningKey::from_seed([1; 32]) };
        let checkpoint = Checkpoint { origin: "log".to_owned(), size: 9, root: tail.root() };
        let note = checkpoint.sign(&signer).unwrap();
        for index in 0..9 {
            let hashes = inclusion_proof(&tail, index, 9).unwrap();
            let proof = TlogProof { extra: None, index, hashes, checkpoint: note.clone() };
            let proof = TlogProof::parse(&proof.to_text()).unwrap();
            for (n, leaf) in (0..).zip(&leaves) {
                assert_eq!(proof.verify(leaf, &checkpoint).is_ok(), n == index);
            }
            let moved = TlogProof { index: (index + 1) % 9, ..proof.clone() };
            assert!(moved.verify(&leaves[usize::try_from(index).unwrap()], &checkpoint).is_err());
            let other = Checkpoint { size: 8, ..checkpoint.clone() };
            assert!(proof.verify(&leaves[usize::try_from(index).unwrap()], &other).is_err());
        }
    }
}
