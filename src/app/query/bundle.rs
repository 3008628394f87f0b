//! Bundles, proofs and head statements: what a party takes with it to convince a stranger.
//!
//! A bundle is checked as a stranger would before it is handed out: bytes that do not verify are a fault, never an answer.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::access::Viewer;
use crate::app::proof::SignedTree;
use crate::app::receipt::event_of;
use crate::app::{App, Fault};
use crate::custody::admit::handover;
use crate::custody::bundle::{
    About, Bundle, Item, KeyItem, MAX_BUNDLE_BYTES, MAX_BUNDLE_EVENTS, MAX_BUNDLE_KEYS, Mark, Opening, check,
};
use crate::custody::form::embedded;
use crate::custody::head::HeadStatement;
use crate::custody::manifest::ManifestState;
use crate::custody::shelf::Shelf;
use crate::custody::{Event, Statement, Subject};
use crate::id::ManifestId;
use crate::ledger::policy::Policy;
use crate::ledger::tlog_proof::TlogProof;
use crate::ledger::{Envelope, EventId, Kid, Salt, Typ};
use crate::shape::Text;
use crate::store::log::Entry;
use crate::store::timeline::{self, Touching};
use crate::store::{ReadTx, StoreError, log, registry};

/// The check a bundle may fail when it is made: evidence under a key that had ended is handed out, and its checker says what it is.
const EVIDENCE: &str = "key-ended";

/// Why there is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum NoBundle {
    /// More than a bundle holds.
    #[error(
        "a bundle holds at most {MAX_BUNDLE_EVENTS} events, {MAX_BUNDLE_KEYS} key entries and {MAX_BUNDLE_BYTES} bytes; \
         fetch the bundle of each event instead"
    )]
    TooLarge,
    /// We are wrong.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StoreError> for NoBundle {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

impl App {
    /// The proof that the signed log holds an event (C2SP tlog-proof).
    pub async fn event_proof(&self, viewer: &Viewer, id: EventId) -> Result<Option<TlogProof>, Fault> {
        let mut tx = self.reading().await?;
        let Some((entry, _)) = self.visible_event(&mut tx, viewer, id).await? else { return Ok(None) };
        let mut tree = self.tree_over(&mut tx, entry.index).await?;
        Ok(Some(proof_of(&mut tx, &mut tree, &entry).await?))
    }

    /// The bundle of one event, as JSON.
    pub async fn event_bundle(&self, viewer: &Viewer, id: EventId) -> Result<Option<String>, NoBundle> {
        let mut tx = self.reading().await?;
        let Some((entry, _)) = self.visible_event(&mut tx, viewer, id).await? else { return Ok(None) };
        let mut tree = self.tree_over(&mut tx, entry.index).await?;
        self.bundle(&mut tx, &mut tree, About::Event(id), vec![entry], None).await.map(Some)
    }

    /// The bundle of everything that touches a manifest, as JSON.
    pub async fn manifest_bundle(&self, viewer: &Viewer, id: ManifestId) -> Result<Option<String>, NoBundle> {
        let mut tx = self.reading().await?;
        let Some(shelf) = self.visible_manifest(&mut tx, viewer, id).await? else { return Ok(None) };
        let (mut tree, touching) = self.tree_over_manifest(&mut tx, id).await?;
        if touching.events > MAX_BUNDLE_EVENTS as u64 {
            return Err(NoBundle::TooLarge);
        }
        let below = touching.last_index + 1;
        let indexes =
            timeline::indexes_below(&mut tx, &Subject::Manifest(id), below, touching.events).await?;
        let entries = log::entries_at(&mut tx, &indexes).await?;
        let head = self.state_head(id, &shelf, &touching, &tree)?;
        self.bundle(&mut tx, &mut tree, About::Manifest(id), entries, Some(head)).await.map(Some)
    }

    /// The signed statement of how many entries touch a manifest, and which is the last: a compact JWS.
    pub async fn head_statement(&self, viewer: &Viewer, id: ManifestId) -> Result<Option<String>, Fault> {
        let mut tx = self.reading().await?;
        let Some(shelf) = self.visible_manifest(&mut tx, viewer, id).await? else { return Ok(None) };
        let (tree, touching) = self.tree_over_manifest(&mut tx, id).await?;
        self.state_head(id, &shelf, &touching, &tree).map(Some)
    }

    fn state_head(
        &self,
        id: ManifestId,
        shelf: &Shelf<ManifestState>,
        touching: &Touching,
        tree: &SignedTree,
    ) -> Result<String, Fault> {
        // A database that lacks entries must not say under the log's key which are the last.
        self.may_write()?;
        let head = HeadStatement {
            v: 1,
            log: Text::new(self.origin()).map_err(Fault::Tree)?,
            manifest: id,
            number: shelf.label.as_ref().and_then(|number| Text::new(number.as_str()).ok()),
            events: touching.events,
            last_event: touching.last_event,
            last_index: touching.last_index,
            size: tree.head.size,
            root: tree.head.root,
            at: self.inner.clock.now(),
        };
        Ok(head.sign(&self.inner.signer.key).into_compact())
    }

    /// The signed tree that proofs of an entry are made in: the largest that witnesses have cosigned, else the largest.
    /// [`Fault::NotSigned`] when none reaches `index` yet.
    async fn tree_over(&self, tx: &mut ReadTx, index: u64) -> Result<SignedTree, Fault> {
        if let Some(stored) = log::cosigned_over(tx, index).await? {
            return self.tree_of(tx, stored).await;
        }
        let tree = self.signed_tree(tx).await?.filter(|tree| index < tree.head.size);
        tree.ok_or(Fault::NotSigned(index))
    }

    /// The signed tree that covers everything signed about a manifest, and which entries below it touch the manifest.
    async fn tree_over_manifest(
        &self,
        tx: &mut ReadTx,
        id: ManifestId,
    ) -> Result<(SignedTree, Touching), Fault> {
        let signed = log::latest_signed(tx).await?.map_or(0, |latest| latest.size);
        let touching = timeline::touching(tx, &Subject::Manifest(id), signed).await?;
        let touching = touching.ok_or(Fault::NotSigned(signed))?;
        Ok((self.tree_over(tx, touching.last_index).await?, touching))
    }

    async fn bundle(
        &self,
        tx: &mut ReadTx,
        tree: &mut SignedTree,
        about: About,
        entries: Vec<Entry>,
        head: Option<String>,
    ) -> Result<String, NoBundle> {
        let mut bundle = Bundle {
            log: Text::new(self.origin()).map_err(Fault::Tree)?,
            about,
            head,
            events: Vec::with_capacity(entries.len()),
            keys: Vec::new(),
        };
        let lives = key_entries(tx, &entries, tree.head.size).await?;
        for entry in entries {
            let proof = proof_of(tx, tree, &entry).await?.to_text();
            bundle.events.push(match opening_of(&entry) {
                Some(opening) => Item::Said { opening, proof },
                None => Item::Erased { leaf: entry.leaf, proof },
            });
        }
        for entry in lives.into_values() {
            let proof = proof_of(tx, tree, &entry).await?.to_text();
            let is_revocation = matches!(event_of(&entry)?.statement, Statement::KeyRevoked(_));
            let opening = opening_of(&entry).filter(|_| !is_revocation);
            bundle.keys.push(KeyItem { leaf: entry.leaf, proof, opening });
        }
        let json = bundle.to_json();
        if json.len() > MAX_BUNDLE_BYTES {
            return Err(NoBundle::TooLarge);
        }
        let report = check(json.as_bytes(), &Policy::log_alone(self.verifier()));
        match report.checks.iter().find(|check| check.mark == Mark::Fails && check.code != EVIDENCE) {
            Some(broken) => {
                Err(Fault::Tree(format!("its bundle fails at {}: {}", broken.at, broken.en)).into())
            }
            None => Ok(json),
        }
    }
}

async fn proof_of(tx: &mut ReadTx, tree: &mut SignedTree, entry: &Entry) -> Result<TlogProof, Fault> {
    let hashes = tree.prove(tx, entry.index, &entry.leaf).await?;
    Ok(TlogProof { extra: None, index: entry.index, hashes, checkpoint: tree.note.clone() })
}

fn opening_of(entry: &Entry) -> Option<Opening> {
    Some(Opening {
        event: entry.jws.clone()?,
        salt: Salt(entry.salt?),
        recorded_at_ms: entry.recorded_at.as_millis(),
        skew_ms: entry.skew_ms,
    })
}

/// The entries that tell the life of every key that signed something in these entries, up to the founding.
async fn key_entries(
    tx: &mut ReadTx,
    entries: &[Entry],
    size: u64,
) -> Result<BTreeMap<u64, Entry>, NoBundle> {
    let mut told: BTreeMap<u64, Entry> = BTreeMap::new();
    let mut known: BTreeSet<Kid> = BTreeSet::new();
    let mut asked: BTreeSet<Kid> = BTreeSet::new();
    for entry in entries.iter().filter(|entry| entry.jws.is_some()) {
        asked.extend(signers_of(entry)?);
    }
    while !asked.is_empty() {
        let kids: Vec<Kid> = asked.iter().copied().collect();
        known.append(&mut asked);
        let records = registry::keys(tx, &kids).await?;
        let ends = registry::ends_of(tx, &kids).await?;
        let life: BTreeSet<u64> = records.iter().map(|key| key.enrolled_index).chain(ends).collect();
        let missing: Vec<u64> =
            life.into_iter().filter(|index| *index < size && !told.contains_key(index)).collect();
        for entry in log::entries_at(tx, &missing).await? {
            if told.len() == MAX_BUNDLE_KEYS {
                return Err(NoBundle::TooLarge);
            }
            // A revocation shows its leaf alone, so whoever signed it need not be shown.
            if !matches!(event_of(&entry)?.statement, Statement::KeyRevoked(_)) {
                asked.extend(signers_of(&entry)?.into_iter().filter(|kid| !known.contains(kid)));
            }
            told.insert(entry.index, entry);
        }
    }
    Ok(told)
}

/// The keys that signed an entry, its offer or its invitation.
fn signers_of(entry: &Entry) -> Result<Vec<Kid>, Fault> {
    let event = event_of(entry)?;
    let jws = entry.jws.as_deref().unwrap_or_default();
    let signer = Envelope::parse(jws.as_bytes(), Typ::Event).map(|envelope| envelope.kid());
    let signer = signer.map_err(|error| Fault::Entry { index: entry.index, what: error.to_string() })?;
    Ok(std::iter::once(signer).chain(inner_signer(&event)).collect())
}

fn inner_signer(event: &Event) -> Option<Kid> {
    let inner = match &event.statement {
        Statement::KeyEnrolled(s) => embedded(&s.invitation, Typ::Invitation),
        Statement::KeyRotated(s) => embedded(&s.invitation, Typ::Invitation),
        _ => handover(event).and_then(|(_, s)| embedded(s.offer.as_deref()?, Typ::Offer)),
    };
    inner.map(|envelope| envelope.kid())
}
