//! The chain of custody: every event of a manifest in order, with its signatures checked anew from the stored bytes.
//!
//! Nothing here trusts what was computed when the event came in. A stored byte that somebody changed shows up as a signature or
//! leaf that does not fit.

use std::collections::HashMap;

use super::{Page, page_size};
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::admit::handover;
use crate::custody::{Event, Subject, Verdict};
use crate::id::ManifestId;
use crate::ledger::leaf::commitment;
use crate::ledger::{Envelope, EventId, Kid, Leaf, Salt, Typ};
use crate::registry::{KeyRecord, KeyStanding, Role};
use crate::store::log::Entry;
use crate::store::timeline::TimelineRow;
use crate::store::{ReadTx, log, registry, timeline};

/// A signature checked just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureCheck {
    /// The key the header names.
    pub kid: Kid,
    /// Whose key it is, when it is enrolled.
    pub party: Option<Uscc>,
    /// Its role.
    pub role: Option<Role>,
    /// The bytes carry that key's signature.
    pub is_valid: bool,
    /// How the key stood at the log index of the event; `None` when it was never enrolled.
    pub key_standing: Option<KeyStanding>,
    /// The event lies in the time the key is suspected of being in wrong hands.
    pub is_suspected: bool,
}

impl SignatureCheck {
    /// The bytes are signed, and the key was good at the log index.
    pub fn is_good(&self) -> bool {
        self.is_valid && self.key_standing == Some(KeyStanding::Good)
    }
}

/// The leaf of the log computed anew from salt, times and bytes, compared with the stored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeafCheck {
    /// The log commits to exactly these bytes and times.
    Matches,
    /// It does not.
    Differs,
    /// Bytes or salt were erased: nothing to compare.
    Erased,
}

/// What an event says, read just now from the stored bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// The event.
    pub event: Event,
    /// The compact JWS, exactly as it came.
    pub compact: String,
    /// The signature of the event.
    pub signature: SignatureCheck,
    /// The releasing side's signature under the embedded offer, if there is one that can be read.
    pub offer: Option<SignatureCheck>,
}

/// What of an event is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// It can be read.
    Said(Box<Said>),
    /// It was erased under a signed notice.
    Erased,
    /// The stored bytes are no event any more, or not the one that was recorded.
    Unreadable(String),
}

impl Content {
    /// What was said, when it can be read.
    pub fn said(&self) -> Option<&Said> {
        if let Self::Said(said) = self { Some(said) } else { None }
    }
}

/// One event of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainStep {
    /// SHA-256 of the signing input.
    pub event_id: EventId,
    /// Log index.
    pub index: u64,
    /// When it is effective in this chain.
    pub effective: Timestamp,
    /// When the ledger took it in.
    pub recorded_at: Timestamp,
    /// Measured skew of the uploading device in milliseconds.
    pub skew_ms: i64,
    /// What it counts for.
    pub verdict: Verdict,
    /// What it says.
    pub content: Content,
    /// Whether the log commits to it.
    pub leaf: LeafCheck,
}

impl App {
    /// The events of a manifest in the order of its timeline, from place `from` (0 is the first) on.
    pub async fn chain(
        &self,
        viewer: &Viewer,
        id: ManifestId,
        from: u64,
        limit: u64,
    ) -> Result<Option<Page<ChainStep, u64>>, Fault> {
        let limit = page_size(limit);
        let mut tx = self.inner.store.read().await?;
        if self.visible_manifest(&mut tx, viewer, id).await?.is_none() {
            return Ok(None);
        }
        let rows = timeline::of(&mut tx, &Subject::Manifest(id)).await?;
        let total = rows.len() as u64;
        let start = usize::try_from(from).unwrap_or(usize::MAX);
        let rows: Vec<TimelineRow> =
            rows.into_iter().skip(start).take(usize::try_from(limit).unwrap_or(usize::MAX)).collect();
        let end = from.saturating_add(rows.len() as u64);
        let items = steps_of(&mut tx, &rows).await?;
        Ok(Some(Page { items, next: (end < total).then_some(end) }))
    }
}

/// Read and check these events.
pub(super) async fn steps_of(tx: &mut ReadTx, rows: &[TimelineRow]) -> Result<Vec<ChainStep>, Fault> {
    let indexes: Vec<u64> = rows.iter().map(|row| row.index).collect();
    let entries = log::entries_at(tx, &indexes).await?;
    let kids: Vec<Kid> = entries.iter().flat_map(kids_in).collect();
    let keys: HashMap<Kid, KeyRecord> =
        registry::keys(tx, &kids).await?.into_iter().map(|record| (record.kid, record)).collect();
    let entries: HashMap<u64, Entry> = entries.into_iter().map(|entry| (entry.index, entry)).collect();
    let step = |row: &TimelineRow| {
        let entry = entries.get(&row.index).ok_or_else(|| Fault::Entry {
            index: row.index,
            what: "a timeline names it and the log has it not".to_owned(),
        })?;
        Ok(step_of(entry, row.effective, row.verdict, &keys))
    };
    rows.iter().map(step).collect()
}

/// Check one entry against the keys at hand.
pub(super) fn step_of(
    entry: &Entry,
    effective: Timestamp,
    verdict: Verdict,
    keys: &HashMap<Kid, KeyRecord>,
) -> ChainStep {
    ChainStep {
        event_id: entry.event_id,
        index: entry.index,
        effective,
        recorded_at: entry.recorded_at,
        skew_ms: entry.skew_ms,
        verdict,
        content: content_of(entry, keys),
        leaf: check_leaf(entry),
    }
}

/// The keys whose signatures an entry carries, as far as its bytes can be read.
pub(super) fn kids_in(entry: &Entry) -> Vec<Kid> {
    let Some(Ok(envelope)) = entry.jws.as_ref().map(|jws| Envelope::parse(jws.as_bytes(), Typ::Event)) else {
        return Vec::new();
    };
    let event = Event::parse(envelope.payload()).ok();
    let offer = event.and_then(|event| embedded_offer(&event)).map(|offer| offer.kid());
    std::iter::once(envelope.kid()).chain(offer).collect()
}

fn content_of(entry: &Entry, keys: &HashMap<Kid, KeyRecord>) -> Content {
    let Some(jws) = &entry.jws else { return Content::Erased };
    let envelope = match Envelope::parse(jws.as_bytes(), Typ::Event) {
        Ok(envelope) if envelope.event_id() == entry.event_id => envelope,
        Ok(_) => return Content::Unreadable("the stored bytes do not hash to the event id".to_owned()),
        Err(error) => return Content::Unreadable(error.to_string()),
    };
    let event = match Event::parse(envelope.payload()) {
        Ok(event) => event,
        Err(error) => return Content::Unreadable(error.to_string()),
    };
    let offer = embedded_offer(&event).map(|offer| check_signature(offer, entry.index, keys));
    let mut signature = check_signature(envelope, entry.index, keys);
    // The event that brings a key is signed by that very key, at the index of its enrolment.
    if keys.get(&signature.kid).is_some_and(|record| record.enrolled_index == entry.index) {
        signature.key_standing = Some(KeyStanding::Good);
    }
    Content::Said(Box::new(Said { event, compact: jws.clone(), signature, offer }))
}

fn embedded_offer(event: &Event) -> Option<Envelope<crate::ledger::Unverified>> {
    let (_, statement) = handover(event)?;
    Envelope::parse(statement.offer.as_deref()?.as_bytes(), Typ::Offer).ok()
}

fn check_signature(
    envelope: Envelope<crate::ledger::Unverified>,
    index: u64,
    keys: &HashMap<Kid, KeyRecord>,
) -> SignatureCheck {
    let kid = envelope.kid();
    let record = keys.get(&kid);
    SignatureCheck {
        kid,
        party: record.map(|record| record.party),
        role: record.map(|record| record.role),
        is_valid: record.is_some_and(|record| envelope.verify(&record.public).is_ok()),
        key_standing: record.map(|record| record.standing_at(index)),
        is_suspected: record.is_some_and(|record| record.is_suspected_at(index)),
    }
}

fn check_leaf(entry: &Entry) -> LeafCheck {
    let (Some(jws), Some(salt)) = (&entry.jws, entry.salt) else { return LeafCheck::Erased };
    let computed = commitment(&Salt(salt), entry.recorded_at.as_millis(), entry.skew_ms, jws);
    match Leaf::parse(&entry.leaf).ok().and_then(|leaf| leaf.commitment()) {
        Some(stored) if stored == computed => LeafCheck::Matches,
        _ => LeafCheck::Differs,
    }
}
