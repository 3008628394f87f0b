//! Admission: the verdict on one event at its place in the log, or the refusal with all errors at once.
//!
//! A declaration is checked and may be refused. A fact is refused only for who says it, never for what it says: the truck
//! has already left the yard.

use super::books::Books;
use super::event::{Anchored, Event, Recorded, Verdict};
use super::form::embedded;
use super::kind::{Class, Kind, Statement};
use super::payload::handover::{Handover, Offer, Step};
use super::subject::Subject;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::ledger::{EventId, Kid, PublicKey, Typ};
use crate::registry::key::Invitation;
use crate::registry::{Excess, KeyStanding};

/// One reason for refusing an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Kebab-case code.
    pub code: String,
    /// JSON pointer (RFC 6901) into the signed payload.
    pub pointer: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Objection {
    /// An objection with its texts.
    pub fn new(
        code: impl Into<String>,
        pointer: impl Into<String>,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self { code: code.into(), pointer: pointer.into(), zh: zh.into(), en: en.into() }
    }
}

/// A document embedded in an event and signed by somebody else.
#[derive(Clone, Debug)]
pub struct Embedded<T> {
    /// What it says.
    pub body: T,
    /// Key named in its header.
    pub kid: Kid,
    /// True when the signature is that key's; whether the key is good is judged at the event's index.
    pub signature_ok: bool,
}

/// An event about to be recorded, its own signature verified.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The place it would get.
    pub index: u64,
    /// Its id.
    pub id: EventId,
    /// When the ledger takes it in.
    pub recorded_at: Timestamp,
    /// Measured skew of the uploading device in milliseconds.
    pub skew_ms: i64,
    /// Key that signed it.
    pub kid: Kid,
    /// The event.
    pub event: Event,
    /// The offer it embeds, when it could be read.
    pub offer: Option<Embedded<Offer>>,
    /// The invitation it embeds, when it could be read.
    pub invitation: Option<Embedded<Invitation>>,
    /// An earlier event of the same party under the same act, with other content.
    pub act_conflict: Option<EventId>,
    /// How its anchor compares with the log.
    pub anchored: Anchored,
    /// False when the log is replayed: what once was admitted is never refused later.
    pub may_refuse: bool,
}

impl Candidate {
    /// The event at its place, counting for `verdict`.
    pub(super) fn recorded(self, verdict: Verdict) -> Recorded {
        Recorded {
            index: self.index,
            id: self.id,
            recorded_at: self.recorded_at,
            skew_ms: self.skew_ms,
            kid: self.kid,
            verdict,
            anchored: self.anchored,
            event: self.event,
            signed: None,
            offer: self.offer.map(|offer| offer.body),
        }
    }
}

/// What stands around an event at its index: its verdict follows, and the rules about entries look at it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// The event that used its act first, for something else.
    pub act_conflict: Option<EventId>,
    /// An id it creates that is used already, and the event that owns it.
    pub id_conflict: Option<(Subject, EventId)>,
    /// The log index at which its key had ended.
    pub key_ended: Option<u64>,
    /// Whose key signed it for another party, and why the mandate between the two does not cover that.
    pub beyond_mandate: Option<(Uscc, Excess)>,
    /// A handover without a valid signature of the releasing side.
    pub is_one_sided: bool,
    /// It is about a manifest whose events were erased: nothing can be put in order with it any more.
    pub is_about_erased: bool,
}

impl Circumstances {
    /// True when an act or id was already used for something else.
    pub fn is_conflict(&self) -> bool {
        self.act_conflict.is_some() || self.id_conflict.is_some()
    }

    /// What an event counts for under these circumstances.
    pub fn verdict(&self) -> Verdict {
        if self.is_conflict() || self.key_ended.is_some() || self.is_about_erased {
            Verdict::EvidenceOnly
        } else if self.is_one_sided {
            Verdict::OneSided
        } else {
            Verdict::Counts
        }
    }
}

impl Books {
    /// Judge an event at its index. `Err` lists every objection; nothing is stored then.
    pub fn admit(&self, candidate: Candidate) -> Result<(Recorded, Circumstances), Vec<Objection>> {
        let mut objections = self.speaker(&candidate);
        objections.extend(offer_objections(&candidate));
        let circumstances = self.circumstances(&candidate);
        let is_declared = candidate.event.kind().class() != Class::Fact && !circumstances.is_conflict();
        if is_declared && objections.is_empty() {
            objections.extend(self.declaration_objections(&candidate));
        }
        objections.extend(self.erasure_objections(&candidate, &circumstances));
        if candidate.may_refuse && !objections.is_empty() {
            return Err(objections);
        }
        Ok((candidate.recorded(circumstances.verdict()), circumstances))
    }

    /// What stands around an event at its index.
    pub(super) fn circumstances(&self, candidate: &Candidate) -> Circumstances {
        let key = self.registry.key(&candidate.kid);
        let ended = key.filter(|key| key.standing_at(candidate.index) == KeyStanding::Revoked);
        let handover = handover(&candidate.event);
        let manifest = candidate.event.manifest().and_then(|id| self.manifest(&id));
        Circumstances {
            act_conflict: candidate.act_conflict,
            id_conflict: self.id_conflict(&candidate.event, &candidate.id),
            key_ended: ended.and_then(|key| key.revoked_index),
            beyond_mandate: self.beyond_mandate(candidate),
            is_one_sided: handover.is_some_and(|(_, handover)| !self.offer_holds(candidate, handover)),
            is_about_erased: manifest.is_some_and(|shelf| shelf.state.erased.is_some()),
        }
    }

    /// Objections to who speaks: the key must be enrolled, of the acting party, and good where a declaration is made.
    fn speaker(&self, candidate: &Candidate) -> Vec<Objection> {
        let event = &candidate.event;
        if matches!(event.kind(), Kind::LedgerFounded | Kind::KeyEnrolled | Kind::KeyRotated) {
            return Vec::new(); // Signed by a key that is not enrolled yet; the declaration checks look at it.
        }
        let mut objections = Vec::new();
        let standing = self.registry.key(&candidate.kid).map(|key| key.standing_at(candidate.index));
        match standing {
            None | Some(KeyStanding::NotYet) => objections.push(Objection::new(
                "key-unknown",
                "/kid",
                "签名密钥未在本账本登记",
                "the signing key is not enrolled in this ledger",
            )),
            Some(KeyStanding::Revoked) if event.kind().class() != Class::Fact => objections
                .push(Objection::new("key-revoked", "/kid", "签名密钥已吊销", "the signing key is revoked")),
            Some(KeyStanding::Revoked | KeyStanding::Good) => {}
        }
        objections.extend(self.mandate_objection(candidate));
        objections
    }

    /// True when the releasing side validly signed an offer for this very handover.
    fn offer_holds(&self, candidate: &Candidate, handover: &Handover) -> bool {
        let Some(offer) = &candidate.offer else { return false };
        let Some(key) = self.registry.key(&offer.kid) else { return false };
        key.party == handover.from
            && key.standing_at(candidate.index) == KeyStanding::Good
            // Its key may have been enrolled after the offer was read and before its turn came.
            && (offer.signature_ok || is_signed(handover, &key.public))
    }

    /// The first in log order owns an id; this is another creation with the same one.
    pub(super) fn id_conflict(&self, event: &Event, id: &EventId) -> Option<(Subject, EventId)> {
        let owned = |subject| self.owner(&subject).filter(|owner| owner != id).map(|owner| (subject, owner));
        match &event.statement {
            Statement::ManifestRegistered(s) => owned(Subject::Manifest(s.manifest)),
            Statement::StockOpened(s) | Statement::WasteGenerated(s) => {
                s.lots.iter().find_map(|lot| owned(Subject::Lot(lot.lot)))
            }
            Statement::WasteRepacked(s) => {
                s.outputs.iter().find_map(|output| owned(Subject::Lot(output.lot)))
            }
            Statement::WasteUsed(s) | Statement::WasteDisposed(s) => {
                s.outputs.iter().find_map(|output| owned(Subject::Lot(output.lot)))
            }
            Statement::DocumentImported(s) => owned(Subject::Document(s.document)),
            _ => None,
        }
    }
}

fn is_signed(handover: &Handover, key: &PublicKey) -> bool {
    let offer = handover.offer.as_deref().and_then(|offer| embedded(offer, Typ::Offer));
    offer.is_some_and(|offer| offer.verify(key).is_ok())
}

/// The handover an event states, with its step.
pub fn handover(event: &Event) -> Option<(Step, &Handover)> {
    match &event.statement {
        Statement::WasteCollected(s) => Some((Step::Collected, s)),
        Statement::WasteTransferred(s) => Some((Step::Transferred, s)),
        Statement::WasteDelivered(s) => Some((Step::Delivered, s)),
        Statement::WasteReturned(s) => Some((Step::Returned, s)),
        _ => None,
    }
}

/// An offer made to somebody else, or for something else, is refused: send the fact without it.
fn offer_objections(candidate: &Candidate) -> Vec<Objection> {
    let Some((step, handover)) = handover(&candidate.event) else { return Vec::new() };
    if handover.offer.is_none() {
        return Vec::new();
    }
    let Some(offer) = candidate.offer.as_ref().map(|offer| &offer.body) else {
        return vec![Objection::new(
            "offer-malformed",
            "/data/offer",
            "交接要约无法解析；请去掉要约后重新签名提交",
            "the offer cannot be read; sign and send the fact without it",
        )];
    };
    let fits = offer.to == candidate.event.party
        && offer.to == handover.to
        && offer.from == handover.from
        && offer.manifest == handover.manifest
        && offer.step == step
        && offer.log == candidate.event.log;
    if fits {
        return Vec::new();
    }
    vec![Objection::new(
        "offer-to-another",
        "/data/offer",
        "该要约不是给本单位、本联单、本环节的；请去掉要约后重新签名提交",
        "the offer names another party, manifest, step or ledger; sign and send the fact without it",
    )]
}
