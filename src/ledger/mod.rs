//! The append-only log: bytes, hashes, signatures. It has never heard of waste.
//!
//! A signed statement arrives as an [`Envelope`], is committed to by a [`Leaf`], and the leaf is hashed into a Merkle
//! tree (RFC 6962) whose head is a signed checkpoint (C2SP tlog-checkpoint). Everything here is pure: no clock, no
//! randomness, no storage. Salts, seeds and times are passed in.

pub mod b64;
pub mod checkpoint;
pub mod cosignature;
pub mod digest;
pub mod envelope;
pub mod key;
pub mod keywatch;
pub mod leaf;
pub mod mark;
pub mod merkle;
pub mod note;
pub mod optical;
pub mod policy;
pub mod tile;
pub mod tlog_proof;
pub mod witness;

pub use digest::{Digest, EventId, Kid};
pub use envelope::{Envelope, EnvelopeError, Typ, Unverified, Verified};
pub use key::{KeyError, PublicKey, SigningKey};
pub use leaf::{Leaf, Salt};
