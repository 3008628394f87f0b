//! The chain of custody: every event of a manifest in order, with its signatures checked anew from the stored bytes.
//!
//! Nothing here trusts what was computed when the event came in. A stored byte that somebody changed shows up as a signature or
//! leaf that does not fit.

use std::collections::HashMap;

use super::as_of::{KnownThen, NoAsOf, then};
use super::bracket::Bracket;
use super::{Page, page_size};
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::admit::handover;
use crate::custody::correction::CorrectionState;
use crate::custody::manifest::GivenBy;
use crate::custody::stance::{LastWord, shown};
use crate::custody::{Event, Subject, Verdict, timeline as order_of};
use crate::id::ManifestId;
use crate::ledger::leaf::commitment;
use crate::ledger::{Envelope, EventId, Kid, Leaf, Salt, Typ};
use crate::registry::{KeyRecord, KeyStanding, Role};
use crate::store::log::Entry;
use crate::store::timeline::TimelineRow;
use crate::store::{ReadTx, correction, log, registry, stance, timeline};

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
    /// Log index from which on the key is suspected.
    pub suspected_from: Option<u64>,
    /// Log index at which the key was revoked or replaced.
    pub ended_index: Option<u64>,
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

impl Said {
    /// How the other side of a handover gave its word, where its key does not sign.
    pub fn confirmed(&self) -> Option<GivenBy> {
        handover(&self.event)?.1.confirmed.as_ref().map(GivenBy::of)
    }

    /// The party that signed it for the acting one (代填), where that did not sign itself.
    pub fn mandatary(&self) -> Option<Uscc> {
        self.signature.party.filter(|signer| *signer != self.event.party)
    }
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
    /// What it counts for, with the mark of a suspicion.
    pub verdict: Verdict,
    /// What its party last said of it, where its key was in doubt or had ended.
    pub last_word: Option<LastWord>,
    /// What of it should have been something else, in the order in which it was said.
    pub corrections: Vec<CorrectionState>,
    /// What it says.
    pub content: Content,
    /// Whether the leaf commits to it.
    pub leaf: LeafCheck,
    /// Whether the leaf leads to the newest signed root; `None` where no signature covers it yet.
    pub is_in_log: Option<bool>,
    /// Between which moments it was made.
    pub bracket: Bracket,
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
        let mut tx = self.reading().await?;
        if self.visible_manifest(&mut tx, viewer, id).await?.is_none() {
            return Ok(None);
        }
        // One more than is shown tells whether there are further ones.
        let mut rows = timeline::page(&mut tx, &Subject::Manifest(id), from, limit + 1).await?;
        let next = (rows.len() as u64 > limit).then(|| from.saturating_add(limit));
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let items = self.steps_of(&mut tx, &rows).await?;
        Ok(Some(Page { items, next }))
    }

    /// Read and check these events.
    async fn steps_of(&self, tx: &mut ReadTx, rows: &[TimelineRow]) -> Result<Vec<ChainStep>, Fault> {
        let indexes: Vec<u64> = rows.iter().map(|row| row.index).collect();
        let entries = log::entries_at(tx, &indexes).await?;
        let by_index: HashMap<u64, &Entry> = entries.iter().map(|entry| (entry.index, entry)).collect();
        let place = |row: &TimelineRow| {
            let missing = || Fault::Entry {
                index: row.index,
                what: "a timeline names it and the log has it not".to_owned(),
            };
            Ok((*by_index.get(&row.index).ok_or_else(missing)?, row.effective, row.verdict))
        };
        let places = rows.iter().map(place).collect::<Result<Vec<_>, Fault>>()?;
        self.check_entries(tx, &places, None).await
    }

    /// The events of a manifest as they were known when the log had `size` entries: in the order, with the verdicts, words and
    /// corrections of then. Bytes, signatures and proofs are checked now.
    pub async fn chain_as_of(
        &self,
        viewer: &Viewer,
        id: ManifestId,
        (from, limit): (u64, u64),
        size: u64,
    ) -> Result<Option<Page<ChainStep, u64>>, NoAsOf> {
        let mut tx = self.reading().await?;
        if self.visible_manifest(&mut tx, viewer, id).await?.is_none() {
            return Ok(None);
        }
        let Some(size) = then(&mut tx, Some(size)).await? else {
            drop(tx);
            return Ok(self.chain(viewer, id, from, limit).await?);
        };
        let known = self.manifests_as_of(&mut tx, &[id], size).await?;
        let Some(shelf) = known.books.manifest(&id) else { return Ok(None) };
        let ordered = order_of::order(shelf.history.as_deref().unwrap_or_default());
        let limit = page_size(limit);
        let places: Vec<(&Entry, Timestamp, Verdict)> = (ordered.iter())
            .skip(usize::try_from(from).unwrap_or(usize::MAX))
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .filter_map(|(place, event)| {
                Some((known.entries.get(&event.index)?, place.effective, event.verdict))
            })
            .collect();
        let items = self.check_entries(&mut tx, &places, Some(&known)).await?;
        let end = from.saturating_add(limit);
        Ok(Some(Page { items, next: (end < ordered.len() as u64).then_some(end) }))
    }

    /// Check entries from their bytes: signatures, leaves, their places in the signed log. Each comes with its time and
    /// the verdict in force, without the mark of a suspicion. What was said of them later is that of now, or what was known then.
    pub(super) async fn check_entries(
        &self,
        tx: &mut ReadTx,
        places: &[(&Entry, Timestamp, Verdict)],
        then: Option<&KnownThen>,
    ) -> Result<Vec<ChainStep>, Fault> {
        let known = Known::load(tx, places.iter().map(|(entry, ..)| *entry), then).await?;
        let held = self.held(tx, places.iter().map(|(entry, ..)| *entry)).await?;
        let contents: Vec<Content> =
            places.iter().map(|(entry, ..)| content_of(entry, &known.keys)).collect();
        let anchor = |content: &Content| content.said().and_then(|said| said.event.anchor);
        let anchors: Vec<_> = places
            .iter()
            .zip(&contents)
            .map(|((entry, ..), content)| (entry.index, anchor(content)))
            .collect();
        let brackets = self.brackets(tx, &anchors).await?;
        let checked = places.iter().zip(contents).zip(brackets);
        let step = |((place, content), bracket): ((&(&Entry, Timestamp, Verdict), Content), Bracket)| {
            let (entry, effective, in_force) = *place;
            let last_word = known.words.get(&entry.event_id).copied();
            ChainStep {
                event_id: entry.event_id,
                index: entry.index,
                effective,
                recorded_at: entry.recorded_at,
                skew_ms: entry.skew_ms,
                verdict: known.shown(entry, in_force),
                last_word,
                corrections: known.corrections_of(entry.event_id),
                content,
                leaf: check_leaf(entry),
                is_in_log: held.get(&entry.index).copied(),
                bracket,
            }
        };
        Ok(checked.map(step).collect())
    }
}

/// What is known beside the bytes of some entries: their keys, and what was last said of them.
#[derive(Default)]
struct Known {
    keys: HashMap<Kid, KeyRecord>,
    words: HashMap<EventId, LastWord>,
    corrections: Vec<CorrectionState>,
}

impl Known {
    /// Load what is known of these entries now, or was known then.
    async fn load(
        tx: &mut ReadTx,
        entries: impl Iterator<Item = &Entry> + Clone,
        then: Option<&KnownThen>,
    ) -> Result<Self, Fault> {
        let ids: Vec<EventId> = entries.clone().map(|entry| entry.event_id).collect();
        let (words, corrections) = match then {
            None => (stance::last_words(tx, &ids).await?, correction::of_events(tx, &ids).await?),
            Some(then) => (then.words(&ids), then.corrections()),
        };
        let by = words.iter().map(|word| word.by_kid);
        let kids: Vec<Kid> = entries.flat_map(kids_in).chain(by).collect();
        let size = then.map_or(u64::MAX, |then| then.size);
        let keys = registry::keys(tx, &kids).await?.into_iter().map(|record| record.known_below(size));
        Ok(Self {
            keys: keys.map(|record| (record.kid, record)).collect(),
            words: words.into_iter().map(|word| (word.event, word)).collect(),
            corrections,
        })
    }

    fn corrections_of(&self, event: EventId) -> Vec<CorrectionState> {
        self.corrections.iter().filter(|state| state.event == event).cloned().collect()
    }

    fn is_suspected(&self, kid: &Kid, index: u64) -> bool {
        self.keys.get(kid).is_some_and(|key| key.is_suspected_at(index))
    }

    /// A verdict in force with the mark of a suspicion.
    fn shown(&self, entry: &Entry, in_force: Verdict) -> Verdict {
        let word = self.words.get(&entry.event_id);
        let is_word_suspected = word.is_some_and(|word| self.is_suspected(&word.by_kid, word.by_index));
        let signer = entry.jws.as_ref().and_then(|jws| Envelope::parse(jws.as_bytes(), Typ::Event).ok());
        let is_suspected = signer.is_some_and(|signer| self.is_suspected(&signer.kid(), entry.index));
        shown(in_force, is_suspected, word, is_word_suspected)
    }
}

/// The keys whose signatures an entry carries, as far as its bytes can be read.
fn kids_in(entry: &Entry) -> Vec<Kid> {
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
        suspected_from: record.and_then(|record| record.suspected_from),
        ended_index: record.and_then(|record| record.revoked_index),
    }
}

/// Compare the leaf with what salt, times and bytes give.
pub(super) fn check_leaf(entry: &Entry) -> LeafCheck {
    let (Some(jws), Some(salt)) = (&entry.jws, entry.salt) else { return LeafCheck::Erased };
    let computed = commitment(&Salt(salt), entry.recorded_at.as_millis(), entry.skew_ms, jws);
    match Leaf::parse(&entry.leaf).ok().and_then(|leaf| leaf.commitment()) {
        Some(stored) if stored == computed => LeafCheck::Matches,
        _ => LeafCheck::Differs,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ledger::SigningKey;

    fn key() -> SigningKey {
        SigningKey::from_seed([5; 32])
    }

    /// A recorded event of a small kind, with the key that signed it.
    fn recorded() -> (Entry, HashMap<Kid, KeyRecord>) {
        let party = Uscc::with_check("91371300MA3C00001").unwrap();
        let payload = format!(
            r#"{{"v":1,"log":"a","kind":"site.closed","act":"01890a5d-ac96-774b-bcce-b302099a8057","for":"{party}",
            "occurred_at":"2026-03-02T09:20:00Z","data":{{"site":"01890a5d-ac96-774b-bcce-b302099a8058","on":"2026-03-01","reason":"moved"}}}}"#
        );
        let envelope = Envelope::sign(Typ::Event, payload.as_bytes(), &key());
        let recorded_at = Timestamp::from_millis(1_000);
        let sealed = commitment(&Salt([1; 32]), 1_000, 0, envelope.compact());
        let entry = Entry {
            index: 7,
            event_id: envelope.event_id(),
            leaf_kind: crate::ledger::leaf::KIND_EVENT,
            leaf: Leaf::Event { commitment: sealed }.to_bytes(),
            jws: Some(envelope.into_compact()),
            salt: Some([1; 32]),
            recorded_at,
            skew_ms: 0,
        };
        let record = KeyRecord {
            kid: key().kid(),
            public: key().public(),
            party,
            role: Role::Operator,
            invitation: None,
            enrolled_index: 3,
            replaces: None,
            revoked_index: None,
            revoked_at: None,
            replaced_by: None,
            suspected_from: None,
        };
        (entry, HashMap::from([(record.kid, record)]))
    }

    fn checked(entry: &Entry, keys: &HashMap<Kid, KeyRecord>) -> (Content, LeafCheck) {
        (content_of(entry, keys), check_leaf(entry))
    }

    #[test]
    fn what_nobody_touched_is_good() {
        let (entry, keys) = recorded();
        let (content, leaf) = checked(&entry, &keys);
        assert!(content.said().unwrap().signature.is_good());
        assert_eq!((kids_in(&entry), leaf), (vec![key().kid()], LeafCheck::Matches));
    }

    #[test]
    fn every_change_shows() {
        let (entry, keys) = recorded();
        let jws = entry.jws.clone().unwrap();
        let (body, signature) = jws.rsplit_once('.').unwrap();
        let other = Envelope::sign(Typ::Event, b"{}", &key()).into_compact();
        let other_signature = other.rsplit_once('.').unwrap().1;

        let unsigned = Entry { jws: Some(format!("{body}.{other_signature}")), ..entry.clone() };
        let (content, leaf) = checked(&unsigned, &keys);
        assert!(!content.said().unwrap().signature.is_valid);
        assert_eq!(leaf, LeafCheck::Differs);

        let cut = Entry { jws: Some(format!("{}.{signature}", &body[..body.len() - 4])), ..entry.clone() };
        let (content, leaf) = checked(&cut, &keys);
        assert!(matches!(content, Content::Unreadable(_)));
        assert_eq!(leaf, LeafCheck::Differs);

        for changed in [
            Entry { recorded_at: Timestamp::from_millis(2_000), ..entry.clone() },
            Entry { skew_ms: 1, ..entry.clone() },
            Entry { salt: Some([2; 32]), ..entry.clone() },
            Entry { leaf: vec![1, 1], ..entry.clone() },
        ] {
            assert_eq!(checked(&changed, &keys).1, LeafCheck::Differs);
        }
        let erased = Entry { jws: None, salt: None, ..entry };
        assert_eq!(checked(&erased, &keys), (Content::Erased, LeafCheck::Erased));
    }

    #[test]
    fn a_suspicion_marks_what_counts_until_it_is_reaffirmed() {
        let (entry, keys) = recorded();
        let mut known = Known { keys, ..Known::default() };
        let verdict = |known: &Known| known.shown(&entry, Verdict::Counts);
        let record = known.keys.get_mut(&key().kid()).unwrap();
        (record.revoked_index, record.suspected_from) = (Some(8), Some(7));
        assert_eq!(verdict(&known), Verdict::Disputed);
        let other = SigningKey::from_seed([6; 32]).kid();
        let word = LastWord {
            event: entry.event_id,
            stance: crate::custody::stance::Stance::Reaffirmed,
            by: EventId::from_bytes([9; 32]),
            by_index: 9,
            by_kid: other,
            first_verdict: Verdict::Counts,
            steps: 1,
        };
        known.words.insert(entry.event_id, word);
        assert_eq!(verdict(&known), Verdict::Counts);
        known.keys.get_mut(&key().kid()).unwrap().suspected_from = Some(8);
        known.words.clear();
        assert_eq!(verdict(&known), Verdict::Counts);
    }

    #[test]
    fn a_key_counts_between_enrolment_and_revocation() {
        let (entry, mut keys) = recorded();
        let good = |keys: &HashMap<Kid, KeyRecord>| checked(&entry, keys).0.said().unwrap().signature;
        let record = |keys: &mut HashMap<Kid, KeyRecord>, enrolled, revoked| {
            let record = keys.get_mut(&key().kid()).unwrap();
            (record.enrolled_index, record.revoked_index) = (enrolled, revoked);
        };
        for (enrolled, revoked, wanted) in [
            (3, None, KeyStanding::Good),
            (3, Some(8), KeyStanding::Good),
            (3, Some(7), KeyStanding::Revoked),
            (8, None, KeyStanding::NotYet),
            (7, None, KeyStanding::Good),
        ] {
            record(&mut keys, enrolled, revoked);
            assert_eq!(good(&keys).key_standing, Some(wanted), "{enrolled} {revoked:?}");
        }
        assert_eq!((good(&HashMap::new()).key_standing, good(&HashMap::new()).is_valid), (None, false));
    }
}
