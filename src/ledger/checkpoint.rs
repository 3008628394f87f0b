//! Checkpoints (C2SP tlog-checkpoint): the signed head of the log, as a note of origin, size and root.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::digest::Digest;
use super::merkle::{MAX_TREE_SIZE, empty_root};
use super::note::{self, NoteError, NoteSigner, NoteVerifier};

/// Why a checkpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The note around it is refused.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Fewer than three lines, an empty line, or no newline at the end.
    #[error(
        "not a checkpoint: expected the lines origin, size and root, none empty, each ended by a newline"
    )]
    Lines,
    /// The size line.
    #[error(
        "the size of a checkpoint must be a decimal number from 0 to {MAX_TREE_SIZE} without leading zeros"
    )]
    Size,
    /// The root line.
    #[error("the root of a checkpoint must be the standard base64 of 32 bytes, with padding")]
    Root,
    /// A head of no leaves with a root that is not the empty tree's.
    #[error("a checkpoint of size 0 must carry the root of the empty tree")]
    EmptyTree,
    /// The checkpoint of another log, or a key named otherwise than the log.
    #[error("the origin of the checkpoint is {found}, the key belongs to {expected}: use that log's key")]
    Origin {
        /// Name of the key.
        expected: String,
        /// First line of the checkpoint.
        found: String,
    },
}

/// The head of a log: how many leaves it has and the root over them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, which is also the name of the key that signs it; one line, not empty.
    pub origin: String,
    /// Number of leaves, at most [`MAX_TREE_SIZE`].
    pub size: u64,
    /// Root of the Merkle tree (RFC 6962) over them.
    pub root: Digest,
}

impl Checkpoint {
    /// The text that is signed: three lines, without extensions.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }

    /// Reads the text of a checkpoint. Extension lines are allowed and dropped: the specification calls them opaque,
    /// so the result writes back to the same text only when there are none.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<&str> = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n').collect();
        let [origin, size, root, ..] = lines[..] else { return Err(CheckpointError::Lines) };
        if lines.contains(&"") {
            return Err(CheckpointError::Lines);
        }
        let size = parse_size(size)?;
        let root = STANDARD.decode(root).ok().and_then(|bytes| bytes.try_into().ok()).map(Digest);
        let root = root.ok_or(CheckpointError::Root)?;
        if size == 0 && root != empty_root() {
            return Err(CheckpointError::EmptyTree);
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// Signs the head and returns the whole note. A checkpoint that [`Checkpoint::open`] would refuse is not signed.
    pub fn sign(&self, signer: &NoteSigner) -> Result<String, CheckpointError> {
        let text = self.to_text();
        let read = Self::parse(&text)?;
        if read != *self {
            return Err(CheckpointError::Lines);
        }
        check_origin(&signer.name, &self.origin)?;
        Ok(note::sign(&text, signer)?)
    }

    /// Verifies a signed checkpoint of the log that `verifier` belongs to. Other signatures under it (witnesses) are
    /// not judged here: pass the note and the witnesses' keys on to their own check.
    pub fn open(note: &str, verifier: &NoteVerifier) -> Result<Self, CheckpointError> {
        let opened = note::open(note, std::slice::from_ref(verifier))?;
        let checkpoint = Self::parse(&opened.text)?;
        check_origin(&verifier.name, &checkpoint.origin)?;
        Ok(checkpoint)
    }
}

fn parse_size(text: &str) -> Result<u64, CheckpointError> {
    let size: u64 = text.parse().map_err(|_| CheckpointError::Size)?;
    // The comparison refuses the plus sign and the leading zeros that parsing lets through.
    if size <= MAX_TREE_SIZE && size.to_string() == text { Ok(size) } else { Err(CheckpointError::Size) }
}

fn check_origin(expected: &str, found: &str) -> Result<(), CheckpointError> {
    if expected == found {
        return Ok(());
    }
    Err(CheckpointError::Origin { expected: expected.to_owned(), found: found.to_owned() })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ledger::key::SigningKey;

    /// The example of C2SP tlog-checkpoint.
    const EXAMPLE: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn signer(name: &str) -> NoteSigner {
        NoteSigner { name: name.to_owned(), key: SigningKey::from_seed([7; 32]) }
    }

    #[test]
    fn the_specification_s_example_is_read_and_written() {
        let checkpoint = Checkpoint::parse(EXAMPLE).unwrap();
        assert_eq!(
            (checkpoint.origin.as_str(), checkpoint.size),
            ("example.com/behind-the-sofa", 20_852_163)
        );
        assert_eq!(checkpoint.root.0[..3], [0x0a, 0xc5, 0x18]);
        assert_eq!(checkpoint.to_text(), EXAMPLE);
        let extended = Checkpoint::parse(&format!("{EXAMPLE}opaque\nlines \n")).unwrap();
        assert_eq!(extended, checkpoint);
    }

    #[test]
    fn sizes_have_one_spelling_and_a_limit() {
        let with_size = |size: &str| Checkpoint::parse(&EXAMPLE.replace("20852163", size));
        assert_eq!(with_size("9223372036854775807").unwrap().size, MAX_TREE_SIZE);
        for size in [
            "9223372036854775808",
            "18446744073709551616",
            "-1",
            "+1",
            "01",
            "00",
            "1 ",
            " 1",
            "1_0",
            "0x1",
            "١",
        ] {
            assert_eq!(with_size(size), Err(CheckpointError::Size), "{size:?}");
        }
        assert_eq!(with_size("0"), Err(CheckpointError::EmptyTree));
        let empty = Checkpoint { origin: "log".to_owned(), size: 0, root: empty_root() };
        assert_eq!(Checkpoint::parse(&empty.to_text()), Ok(empty));
    }

    #[test]
    fn roots_have_one_spelling() {
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        for other in
            [&root[..43], &root[4..], &root.replace('/', "_"), &root.replace("I=", "J="), &format!("{root} ")]
        {
            let text = EXAMPLE.replace(root, other);
            assert_eq!(Checkpoint::parse(&text), Err(CheckpointError::Root), "{other:?}");
        }
    }

    #[test]
    fn missing_and_empty_lines_are_refused() {
        let without_newline = &EXAMPLE[..EXAMPLE.len() - 1];
        let two_lines = "example.com/behind-the-sofa\n20852163\n";
        let broken = [
            "",
            "\n",
            "\n\n\n",
            two_lines,
            without_newline,
            &format!("{EXAMPLE}\n"),
            &format!("\n{EXAMPLE}"),
        ];
        for text in broken {
            assert_eq!(Checkpoint::parse(text), Err(CheckpointError::Lines), "{text:?}");
        }
        let without_origin = EXAMPLE.replace("example.com/behind-the-sofa", "");
        let gap = format!("{EXAMPLE}\nopaque\n");
        assert_eq!(Checkpoint::parse(&without_origin), Err(CheckpointError::Lines));
        assert_eq!(Checkpoint::parse(&gap), Err(CheckpointError::Lines));
    }

    #[test]
    fn a_signed_checkpoint_opens_for_the_key_of_its_log_only() {
        let checkpoint = Checkpoint::parse(EXAMPLE).unwrap();
        let log = signer("example.com/behind-the-sofa");
        let note = checkpoint.sign(&log).unwrap();
        assert!(note.starts_with(EXAMPLE));
        assert_eq!(Checkpoint::open(&note, &log.verifier()), Ok(checkpoint.clone()));

        let other = signer("example.com/other");
        let origin = |expected: &str| CheckpointError::Origin {
            expected: expected.to_owned(),
            found: "example.com/behind-the-sofa".to_owned(),
        };
        assert_eq!(checkpoint.sign(&other), Err(origin("example.com/other")));
        let foreign = note::sign(EXAMPLE, &other).unwrap();
        assert_eq!(Checkpoint::open(&foreign, &other.verifier()), Err(origin("example.com/other")));
        let edited = note.replace("20852163", "20852164");
        let bad_signature = NoteError::BadSignature(log.name.clone());
        assert_eq!(Checkpoint::open(&edited, &log.verifier()), Err(bad_signature.into()));
        let extended = note::sign(&format!("{EXAMPLE}opaque\n"), &log).unwrap();
        assert_eq!(Checkpoint::open(&extended, &log.verifier()), Ok(checkpoint));
    }

    #[test]
    fn what_would_not_open_is_not_signed() {
        let good = Checkpoint::parse(EXAMPLE).unwrap();
        let too_large = Checkpoint { size: MAX_TREE_SIZE + 1, ..good.clone() };
        assert_eq!(too_large.sign(&signer(&good.origin)), Err(CheckpointError::Size));
        let two_lines = Checkpoint { origin: "a\n1".to_owned(), ..good.clone() };
        assert!(two_lines.sign(&signer("a\n1")).is_err());
        let nameless = Checkpoint { origin: String::new(), ..good };
        assert_eq!(nameless.sign(&signer("")), Err(CheckpointError::Lines));
    }
}
