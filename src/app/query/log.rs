//! The public side of the log: checkpoints and proofs. Anybody may ask.

use crate::app::proof::SignedTree;
use crate::app::{App, Fault, Mode};
use crate::ledger::Digest;
use crate::ledger::merkle::leaf_hash;
use crate::ledger::tile::{TILE_WIDTH, TileId, TilePath};
use crate::store::{ReadTx, log};

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
    /// Whether the sequencer runs.
    pub is_sequencing: bool,
}

impl Readiness {
    /// Every committed entry is covered by a signature, and more can come.
    pub fn is_ready(&self) -> bool {
        self.size == self.signed && self.mode == Mode::Signing && self.is_sequencing
    }
}

impl App {
    /// The latest signed checkpoint (C2SP tlog-checkpoint).
    pub async fn checkpoint(&self) -> Result<Option<String>, Fault> {
        let mut tx = self.inner.store.read().await?;
        Ok(log::latest_checkpoint(&mut tx).await?.map(|checkpoint| checkpoint.note))
    }

    /// The bytes at a static path of the log (C2SP tlog-tiles): the hashes of a tile, or the leaves below one. `None` where the
    /// signed log does not reach. Each hash and leaf has led to the signed root before it is given out.
    pub async fn tile(&self, path: TilePath) -> Result<Option<Vec<u8>>, Fault> {
        let mut tx = self.inner.store.read().await?;
        let Some(mut tree) = self.signed_tree(&mut tx).await? else { return Ok(None) };
        match path {
            TilePath::Hashes { id, width } => {
                let hashes = tree.tile(&mut tx, id, width).await?;
                Ok(hashes.map(|hashes| hashes.iter().flat_map(|hash| hash.0).collect()))
            }
            TilePath::Entries { index, width } => entry_bundle(&mut tx, &mut tree, index, width).await,
        }
    }

    /// That the entry at `index` is in the log of `size` entries, which must be signed.
    pub async fn inclusion_proof(&self, index: u64, size: u64) -> Result<InclusionProof, LogError> {
        let mut tx = self.inner.store.read().await?;
        let mut tree = self.signed_tree(&mut tx).await?;
        let signed = tree.as_ref().map_or(0, |tree| tree.head.size);
        let Some(tree) = tree.as_mut().filter(|_| index < size && size <= signed) else {
            return Err(LogError::OutOfRange { signed });
        };
        let entry = log::entry(&mut tx, index).await?;
        let entry = entry.ok_or(Fault::Entry { index, what: "it is missing".to_owned() })?;
        let hashes = tree.prove_at(&mut tx, index, &entry.leaf, size).await?;
        Ok(InclusionProof { index, size, leaf_hash: leaf_hash(&entry.leaf), hashes })
    }

    /// That the log of `from` entries is the beginning of the log of `to` entries, both signed.
    pub async fn consistency_proof(&self, from: u64, to: u64) -> Result<ConsistencyProof, LogError> {
        let mut tx = self.inner.store.read().await?;
        let mut tree = self.signed_tree(&mut tx).await?;
        let signed = tree.as_ref().map_or(0, |tree| tree.head.size);
        let Some(tree) = tree.as_mut().filter(|_| 0 < from && from <= to && to <= signed) else {
            return Err(LogError::OutOfRange { signed });
        };
        let hashes = tree.consistency(&mut tx, from, to).await?;
        Ok(ConsistencyProof { from, to, hashes })
    }

    /// Whether the newest entry leads to the newest signed root, checked now. `None` before the first signature.
    pub async fn head_holds(&self) -> Result<Option<bool>, Fault> {
        let mut tx = self.inner.store.read().await?;
        let mut prove_last = async || {
            let Some(mut tree) = self.signed_tree(&mut tx).await? else { return Ok(None) };
            let last = tree.head.size.saturating_sub(1);
            let entry = log::entry(&mut tx, last).await?;
            let entry = entry.ok_or(Fault::Entry { index: last, what: "it is missing".to_owned() })?;
            tree.prove(&mut tx, last, &entry.leaf).await.map(Some)
        };
        match prove_last().await {
            Ok(proof) => Ok(proof.map(|_| true)),
            Err(fault) => fault.if_broken_log().map(|()| Some(false)),
        }
    }

    /// Whether the database answers and every committed entry is signed for.
    pub async fn readiness(&self) -> Result<Readiness, Fault> {
        let mut tx = self.inner.store.read().await?;
        let size = log::head(&mut tx).await?.ok_or(Fault::NotFounded)?.size;
        let signed = log::latest_checkpoint(&mut tx).await?.map_or(0, |checkpoint| checkpoint.size);
        Ok(Readiness { size, signed, mode: self.mode(), is_sequencing: self.inner.queue.is_served() })
    }
}

/// The leaves below a tile of level 0, each with its length before it, compared with the hashes of the tile.
async fn entry_bundle(
    tx: &mut ReadTx,
    tree: &mut SignedTree,
    number: u64,
    width: u64,
) -> Result<Option<Vec<u8>>, Fault> {
    let id = TileId { level: 0, index: number };
    let Some(hashes) = tree.tile(tx, id, width).await? else { return Ok(None) };
    let first = number * TILE_WIDTH;
    let leaves = log::leaves(tx, first, width).await?;
    let mut bundle = Vec::new();
    for (n, hash) in (0..).zip(&hashes) {
        let index = first + n as u64;
        let broken = |what: &str| Fault::Entry { index, what: what.to_owned() };
        let (_, leaf) =
            leaves.get(n).filter(|(at, _)| *at == index).ok_or_else(|| broken("it is missing"))?;
        if leaf_hash(leaf) != *hash {
            return Err(broken("the log does not hold its leaf"));
        }
        let length = u16::try_from(leaf.len()).map_err(|_| broken("its leaf is too long"))?;
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(leaf);
    }
    Ok(Some(bundle))
}
