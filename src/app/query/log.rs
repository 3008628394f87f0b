//! The public side of the log: checkpoints and proofs. Anybody may ask.

use crate::app::{App, Fault, Mode, proof};
use crate::ledger::Digest;
use crate::store::log;

/// That a leaf is in the log of a size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    /// Log index.
    pub index: u64,
    /// Size of the log the proof is for.
    pub size: u64,
    /// Hash of the leaf (RFC 6962 §2.1).
    pub leaf_hash: Digest,
    /// Sibling hashes from the leaf up (RFC 6962 §2.1.1).
    pub hashes: Vec<Digest>,
}

/// That the log of one size is the beginning of the log of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    /// The smaller size.
    pub from: u64,
    /// The larger size.
    pub to: u64,
    /// Hashes (RFC 6962 §2.1.2).
    pub hashes: Vec<Digest>,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The figures name no place or tree of this log.
    #[error(
        "no such proof: the log is signed up to size {signed}; index < size and 0 < from <= to <= {signed} are wanted"
    )]
    OutOfRange {
        /// Size of the latest signed checkpoint.
        signed: u64,
    },
    /// We are wrong.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<crate::store::StoreError> for LogError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Fault(error.into())
    }
}

/// Whether the ledger can serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readiness {
    /// Number of entries committed.
    pub size: u64,
    /// Number of entries covered by a signed checkpoint.
    pub signed: u64,
    /// Whether events are taken in.
    pub mode: Mode,
}

impl Readiness {
    /// Every committed entry is covered by a signature, and more can come.
    pub fn is_ready(&self) -> bool {
        self.size == self.signed && self.mode == Mode::Signing
    }
}

impl App {
    /// The latest signed checkpoint (C2SP tlog-checkpoint).
    pub async fn checkpoint(&self) -> Result<Option<String>, Fault> {
        let mut tx = self.inner.store.read().await?;
        Ok(log::latest_checkpoint(&mut tx).await?.map(|checkpoint| checkpoint.note))
    }

    /// That the entry at `index` is in the log of `size` entries, which must be signed.
    pub async fn inclusion_proof(&self, index: u64, size: u64) -> Result<InclusionProof, LogError> {
        let mut tx = self.inner.store.read().await?;
        let signed = log::latest_checkpoint(&mut tx).await?.map_or(0, |checkpoint| checkpoint.size);
        if index >= size || size > signed {
            return Err(LogError::OutOfRange { signed });
        }
        let entry = log::entry(&mut tx, index).await?;
        let entry = entry.ok_or(Fault::Entry { index, what: "it is missing".to_owned() })?;
        let leaf_hash = crate::ledger::merkle::leaf_hash(&entry.leaf);
        let hashes = proof::inclusion(&mut tx, index, size).await?;
        Ok(InclusionProof { index, size, leaf_hash, hashes })
    }

    /// That the log of `from` entries is the beginning of the log of `to` entries, both signed.
    pub async fn consistency_proof(&self, from: u64, to: u64) -> Result<ConsistencyProof, LogError> {
        let mut tx = self.inner.store.read().await?;
        let signed = log::latest_checkpoint(&mut tx).await?.map_or(0, |checkpoint| checkpoint.size);
        if from == 0 || from > to || to > signed {
            return Err(LogError::OutOfRange { signed });
        }
        let hashes = proof::consistency(&mut tx, from, to).await?;
        Ok(ConsistencyProof { from, to, hashes })
    }

    /// Whether the database answers and every committed entry is signed for.
    pub async fn readiness(&self) -> Result<Readiness, Fault> {
        let mut tx = self.inner.store.read().await?;
        let size = log::head(&mut tx).await?.ok_or(Fault::NotFounded)?.size;
        let signed = log::latest_checkpoint(&mut tx).await?.map_or(0, |checkpoint| checkpoint.size);
        Ok(Readiness { size, signed, mode: self.mode() })
    }
}
