//! What the public log shows of an entry: a sealed commitment, a key's fate, or an erasure.
//!
//! Statements are trade secrets, so a leaf is only a salted hash of one; whoever is given statement, salt and times
//! can check the leaf, nobody else can guess it. Key leaves are open, so that anyone can see that no revocation is
//! missing. Kinds this version does not know are hashed into the tree all the same, and not interpreted.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::b64;
use super::digest::{Digest, DigestError, Kid, bytes_from_text};

/// First byte of every leaf that this version writes.
pub const LEAF_VERSION: u8 = 1;
/// Second byte of a sealed event's leaf.
pub const KIND_EVENT: u8 = 1;
/// Second byte of a key leaf.
pub const KIND_KEY: u8 = 2;
/// Second byte of an erasure notice.
pub const KIND_ERASURE: u8 = 3;
/// Length of a sealed event's leaf: version, kind, commitment.
pub const EVENT_LEAF_BYTES: usize = 34;
/// Length of a key leaf: version, kind, action, kid, public key, replaced kid, suspected-from, commitment.
pub const KEY_LEAF_BYTES: usize = 139;
/// How many log indexes one erasure notice may name.
pub const MAX_ERASED_INDEXES: usize = 1024;
/// The longest leaf: an entry bundle writes lengths in 16 bits (C2SP tlog-tiles).
pub const MAX_LEAF_BYTES: usize = 65_535;

/// Keeps commitments apart from every other hash in the system.
const COMMITMENT_LABEL: &[u8; 16] = b"liandan/leaf/v1\0";
/// Version, kind and count, before the indexes of an erasure notice.
const ERASURE_HEAD_BYTES: usize = 4;

/// Why bytes are not a leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeafError {
    /// Shorter than version and kind, or longer than an entry bundle can carry.
    #[error("a leaf of {bytes} bytes: it has at least 2 (version, kind) and at most {MAX_LEAF_BYTES}")]
    Size {
        /// Length of what came.
        bytes: usize,
    },
    /// A known kind with the wrong length.
    #[error("a leaf of kind {kind} with {bytes} bytes: it has exactly {expected}")]
    Length {
        /// The leaf's kind.
        kind: u8,
        /// Length of what came.
        bytes: usize,
        /// Length that the kind (and the count in it) demands.
        expected: usize,
    },
    /// A key leaf with an action this version does not know.
    #[error("key action {action} is unknown: 1 founded, 2 enrolled, 3 rotated, 4 revoked")]
    Action {
        /// The byte that came.
        action: u8,
    },
    /// An erasure notice naming no index or too many.
    #[error("an erasure notice names {count} indexes: it names 1 to {MAX_ERASED_INDEXES}")]
    Count {
        /// How many it names.
        count: usize,
    },
    /// An erasure notice whose indexes do not ascend.
    #[error("the indexes of an erasure notice must strictly ascend: {after} comes after {before}")]
    Order {
        /// An index.
        before: u64,
        /// The index behind it, which is not larger.
        after: u64,
    },
}

/// The 32 random bytes that keep a sealed statement from being guessed. Whoever holds them can open the leaf, so they
/// are shown to authorised readers only and never by `Debug`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(hidden)")
    }
}

impl std::str::FromStr for Salt {
    type Err = DigestError;
    fn from_str(text: &str) -> Result<Self, DigestError> {
        bytes_from_text(text).map(Self)
    }
}

impl Serialize for Salt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&b64::encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// What a leaf says of a statement without showing it: the hash of label, salt, time of recording (milliseconds since
/// 1970), measured skew of the signer's clock (milliseconds), length and text of the compact JWS.
pub fn commitment(salt: &Salt, recorded_at_ms: i64, skew_ms: i64, compact: &str) -> Digest {
    let length = u32::try_from(compact.len()).expect("an envelope is far shorter than 4 GiB");
    Digest::sha256(&[
        COMMITMENT_LABEL,
        &salt.0,
        &recorded_at_ms.to_be_bytes(),
        &skew_ms.to_be_bytes(),
        &length.to_be_bytes(),
        compact.as_bytes(),
    ])
}

/// What happened to a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum KeyAction {
    /// One of the keys the ledger began with.
    Founded = 1,
    /// Valid from this index on.
    Enrolled = 2,
    /// Valid from this index on, in place of another key.
    Rotated = 3,
    /// No longer valid from this index on.
    Revoked = 4,
}

impl KeyAction {
    fn from_byte(action: u8) -> Result<Self, LeafError> {
        match action {
            1 => Ok(Self::Founded),
            2 => Ok(Self::Enrolled),
            3 => Ok(Self::Rotated),
            4 => Ok(Self::Revoked),
            _ => Err(LeafError::Action { action }),
        }
    }
}

/// One entry of the public log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    /// Kind 1: a sealed event.
    Event {
        /// See [`commitment`].
        commitment: Digest,
    },
    /// Kind 2: a key event, sealed too, with what it did to the key in the open.
    Key {
        /// What happened.
        action: KeyAction,
        /// The key it happened to.
        kid: Kid,
        /// That key's 32 bytes (RFC 8032 §5.1.2), as the log states them: not checked here.
        public: [u8; 32],
        /// The key whose place it takes.
        replaced: Option<Kid>,
        /// The first log index at which the key may have been in wrong hands.
        suspected_from: Option<u64>,
        /// See [`commitment`].
        commitment: Digest,
    },
    /// Kind 3: statements and salts at these indexes were destroyed under a signed notice.
    Erasure {
        /// 1 to [`MAX_ERASED_INDEXES`] log indexes, strictly ascending.
        indexes: Vec<u64>,
        /// See [`commitment`].
        commitment: Digest,
    },
    /// A version or kind that this program does not know: hashed, not interpreted.
    Unknown {
        /// The whole leaf.
        bytes: Vec<u8>,
    },
}

impl Leaf {
    /// The second byte.
    pub fn kind(&self) -> u8 {
        match self {
            Self::Event { .. } => KIND_EVENT,
            Self::Key { .. } => KIND_KEY,
            Self::Erasure { .. } => KIND_ERASURE,
            Self::Unknown { bytes } => bytes.get(1).copied().unwrap_or(0),
        }
    }

    /// What the leaf commits to; none where the leaf is not understood.
    pub fn commitment(&self) -> Option<Digest> {
        match self {
            Self::Event { commitment } | Self::Key { commitment, .. } | Self::Erasure { commitment, .. } => {
                Some(*commitment)
            }
            Self::Unknown { .. } => None,
        }
    }

    /// The bytes that are hashed into the tree. An erasure that breaks the rules of [`Leaf::Erasure`] gives bytes that
    /// [`Leaf::parse`] refuses.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = vec![LEAF_VERSION, self.kind()];
        match self {
            Self::Event { commitment } => out.extend_from_slice(&commitment.0),
            Self::Key { action, kid, public, replaced, suspected_from, commitment } => {
                out.push(*action as u8);
                out.extend_from_slice(kid.as_bytes());
                out.extend_from_slice(public);
                out.extend_from_slice(&replaced.map_or([0; 32], |kid| *kid.as_bytes()));
                out.extend_from_slice(&suspected_from.unwrap_or(u64::MAX).to_be_bytes());
                out.extend_from_slice(&commitment.0);
            }
            Self::Erasure { indexes, commitment } => {
                // A count that does not fit is far above the limit, and so is what is written in its place.
                out.extend_from_slice(&u16::try_from(indexes.len()).unwrap_or(u16::MAX).to_be_bytes());
                for index in indexes {
                    out.extend_from_slice(&index.to_be_bytes());
                }
                out.extend_from_slice(&commitment.0);
            }
            Self::Unknown { bytes } => return bytes.clone(),
        }
        out
    }

    /// Reads a leaf. Unknown versions and kinds are kept as they are; a known kind must have exactly its form.
    pub fn parse(bytes: &[u8]) -> Result<Self, LeafError> {
        if bytes.len() > MAX_LEAF_BYTES {
            return Err(LeafError::Size { bytes: bytes.len() });
        }
        match bytes {
            [] | [_] => Err(LeafError::Size { bytes: bytes.len() }),
            [LEAF_VERSION, KIND_EVENT, rest @ ..] => parse_event(rest),
            [LEAF_VERSION, KIND_KEY, rest @ ..] => parse_key(rest),
            [LEAF_VERSION, KIND_ERASURE, ..] => parse_erasure(bytes),
            _ => Ok(Self::Unknown { bytes: bytes.to_vec() }),
        }
    }
}

fn parse_event(rest: &[u8]) -> Result<Leaf, LeafError> {
    let commitment = rest.try_into().map_err(|_| LeafError::Length {
        kind: KIND_EVENT,
        bytes: rest.len() + 2,
        expected: EVENT_LEAF_BYTES,
    })?;
    Ok(Leaf::Event { commitment: Digest(commitment) })
}

fn parse_key(rest: &[u8]) -> Result<Leaf, LeafError> {
    let wrong = LeafError::Length { kind: KIND_KEY, bytes: rest.len() + 2, expected: KEY_LEAF_BYTES };
    let fields: &[u8; KEY_LEAF_BYTES - 2] = rest.try_into().map_err(|_| wrong)?;
    let part = |at: usize| {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(&fields[at..at + 32]);
        bytes
    };
    let replaced = part(65);
    let mut suspected_from = [0; 8];
    suspected_from.copy_from_slice(&fields[97..105]);
    let suspected_from = u64::from_be_bytes(suspected_from);
    Ok(Leaf::Key {
        action: KeyAction::from_byte(fields[0])?,
        kid: Kid::from_bytes(part(1)),
        public: part(33),
        replaced: (replaced != [0; 32]).then(|| Kid::from_bytes(replaced)),
        suspected_from: (suspected_from != u64::MAX).then_some(suspected_from),
        commitment: Digest(part(105)),
    })
}

fn parse_erasure(bytes: &[u8]) -> Result<Leaf, LeafError> {
    let length = |expected| LeafError::Length { kind: KIND_ERASURE, bytes: bytes.len(), expected };
    let &[_, _, high, low, ref rest @ ..] = bytes else {
        return Err(length(ERASURE_HEAD_BYTES + 8 + 32));
    };
    let count = usize::from(u16::from_be_bytes([high, low]));
    if count == 0 || count > MAX_ERASED_INDEXES {
        return Err(LeafError::Count { count });
    }
    if rest.len() != count * 8 + 32 {
        return Err(length(ERASURE_HEAD_BYTES + count * 8 + 32));
    }
    let (listed, tail) = rest.split_at(count * 8);
    let (words, _) = listed.as_chunks::<8>();
    let indexes: Vec<u64> = words.iter().map(|word| u64::from_be_bytes(*word)).collect();
    if let Some(pair) = indexes.windows(2).find(|pair| pair[0] >= pair[1]) {
        return Err(LeafError::Order { before: pair[0], after: pair[1] });
    }
    let mut commitment = [0; 32];
    commitment.copy_from_slice(tail);
    Ok(Leaf::Erasure { indexes, commitment: Digest(commitment) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn key_leaf() -> Leaf {
        Leaf::Key {
            action: KeyAction::Revoked,
            kid: Kid::from_bytes([1; 32]),
            public: [2; 32],
            replaced: None,
            suspected_from: Some(41),
            commitment: Digest([4; 32]),
        }
    }

    #[test]
    fn the_commitment_is_the_hash_of_its_parts_in_order() {
        let parts: [&[u8]; 6] =
            [b"liandan/leaf/v1\0", &[9; 32], &[0, 0, 0, 0, 0, 0, 1, 0], &[0xff; 8], &[0, 0, 0, 5], b"a.b.c"];
        assert_eq!(commitment(&Salt([9; 32]), 256, -1, "a.b.c"), Digest::sha256(&[&parts.concat()]));
    }

    #[test]
    fn every_kind_has_its_length_and_comes_back() {
        let replaced = Leaf::Key {
            action: KeyAction::Rotated,
            kid: Kid::from_bytes([1; 32]),
            public: [2; 32],
            replaced: Some(Kid::from_bytes([3; 32])),
            suspected_from: None,
            commitment: Digest([4; 32]),
        };
        let most: Vec<u64> = (0..MAX_ERASED_INDEXES as u64).collect();
        let leaves = [
            (Leaf::Event { commitment: Digest([5; 32]) }, 1, EVENT_LEAF_BYTES),
            (key_leaf(), 2, KEY_LEAF_BYTES),
            (replaced, 2, KEY_LEAF_BYTES),
            (Leaf::Erasure { indexes: vec![7], commitment: Digest([6; 32]) }, 3, 44),
            (Leaf::Erasure { indexes: most, commitment: Digest([6; 32]) }, 3, 4 + 8192 + 32),
            (Leaf::Unknown { bytes: vec![1, 77, 0, 9] }, 77, 4),
            (Leaf::Unknown { bytes: vec![2, 1] }, 1, 2),
        ];
        for (leaf, kind, length) in leaves {
            let bytes = leaf.to_bytes();
            assert_eq!((leaf.kind(), bytes.len()), (kind, length), "{leaf:?}");
            assert_eq!(Leaf::parse(&bytes).unwrap(), leaf);
        }
    }

    #[test]
    fn a_known_kind_of_another_length_is_refused() {
        let leaves = [
            Leaf::Event { commitment: Digest([5; 32]) },
            key_leaf(),
            Leaf::Erasure { indexes: vec![7, 8], commitment: Digest([6; 32]) },
        ];
        for leaf in leaves {
            let mut bytes = leaf.to_bytes();
            bytes.push(0);
            assert!(matches!(Leaf::parse(&bytes), Err(LeafError::Length { .. })), "{leaf:?} and a byte");
            for length in 0..bytes.len() - 1 {
                let short = Leaf::parse(&bytes[..length]);
                assert!(
                    matches!(short, Err(LeafError::Length { .. } | LeafError::Size { .. })),
                    "{leaf:?} to {length}"
                );
            }
        }
        assert_eq!(Leaf::parse(&vec![9; 65_536]), Err(LeafError::Size { bytes: 65_536 }));
    }

    #[test]
    fn a_known_kind_with_wrong_content_is_refused() {
        let mut bytes = key_leaf().to_bytes();
        bytes[2] = 5;
        assert_eq!(Leaf::parse(&bytes), Err(LeafError::Action { action: 5 }));
        let erasure = |indexes: Vec<u64>| {
            Leaf::parse(&Leaf::Erasure { indexes, commitment: Digest([6; 32]) }.to_bytes())
        };
        assert_eq!(erasure(vec![]), Err(LeafError::Count { count: 0 }));
        assert_eq!(erasure((0..1025).collect()), Err(LeafError::Count { count: 1025 }));
        assert!(erasure((0..70_000).collect()).is_err());
        assert_eq!(erasure(vec![1, 3, 3]), Err(LeafError::Order { before: 3, after: 3 }));
        assert_eq!(erasure(vec![1, 3, 2]), Err(LeafError::Order { before: 3, after: 2 }));
    }

    #[test]
    fn a_salt_travels_as_text_and_is_hidden_in_logs() {
        let salt = Salt([9; 32]);
        let json = serde_json::to_string(&salt).unwrap();
        assert_eq!(json, format!("\"{}\"", Digest([9; 32])));
        assert_eq!(serde_json::from_str::<Salt>(&json).unwrap(), salt);
        assert_eq!(format!("{salt:?}"), "Salt(hidden)");
    }
}
