//! Outside the lock: bytes are parsed into types and every signature is checked, before an event waits for its place.

use std::collections::HashMap;

use super::error::{Refusal, RefusalKind};
use crate::clock::Timestamp;
use crate::custody::admit::{Candidate, Embedded, Objection, handover};
use crate::custody::confirmed;
use crate::custody::event::Anchored;
use crate::custody::form::{self, read_invitation, read_offer};
use crate::custody::payload::handover::Offer;
use crate::custody::{Event, Statement};
use crate::ledger::{Envelope, EventId, Kid, PublicKey, Typ, Unverified};
use crate::registry::key::Invitation;

/// The log that events speak to: what it is called, and the key that signs for it.
#[derive(Clone, Copy)]
pub(super) struct LogName<'a> {
    pub(super) origin: &'a str,
    pub(super) key: &'a PublicKey,
}

/// An event whose form is good, its signatures not checked yet.
pub(super) struct Parsed {
    envelope: Envelope<Unverified>,
    inside: Inside,
}

/// What an envelope holds: the event, and the envelopes embedded in that.
struct Inside {
    event: Event,
    offer: Option<Envelope<Unverified>>,
    invitation: Option<Envelope<Unverified>>,
}

/// An event whose form and signature are good.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub(super) id: EventId,
    pub(super) kid: Kid,
    pub(super) compact: String,
    pub(super) event: Event,
    pub(super) offer: Option<Embedded<Offer>>,
    pub(super) invitation: Option<Embedded<Invitation>>,
    /// The uploading device's clock minus the ledger's, in milliseconds.
    pub(super) skew_ms: i64,
}

impl Prepared {
    /// The event at the place it has or would get in the log, and its bytes.
    pub(super) fn at(
        self,
        index: u64,
        recorded_at: Timestamp,
        act_conflict: Option<EventId>,
        anchored: Anchored,
        may_refuse: bool,
    ) -> (Candidate, String) {
        let candidate = Candidate {
            index,
            id: self.id,
            recorded_at,
            skew_ms: self.skew_ms,
            kid: self.kid,
            event: self.event,
            offer: self.offer,
            invitation: self.invitation,
            act_conflict,
            anchored,
            may_refuse,
        };
        (candidate, self.compact)
    }
}

/// Parse an envelope and what it embeds. What cannot be read inside is left out; admission says so.
pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, Refusal> {
    let envelope = Envelope::parse(bytes, Typ::Event)?;
    let event = Event::parse(envelope.payload())?;
    let offer = handover(&event).and_then(|(_, s)| form::embedded(s.offer.as_deref()?, Typ::Offer));
    let invitation = match &event.statement {
        Statement::KeyEnrolled(s) => form::embedded(&s.invitation, Typ::Invitation),
        Statement::KeyRotated(s) => form::embedded(&s.invitation, Typ::Invitation),
        _ => None,
    };
    Ok(Parsed { envelope, inside: Inside { event, offer, invitation } })
}

impl Parsed {
    /// The keys that must be looked up to check it.
    pub(super) fn kids(&self) -> impl Iterator<Item = Kid> {
        let embedded = [&self.inside.offer, &self.inside.invitation];
        let embedded = embedded.into_iter().flatten().map(Envelope::kid);
        std::iter::once(self.envelope.kid()).chain(embedded)
    }

    /// The ledger it speaks to.
    pub(super) fn origin(&self) -> &str {
        &self.inside.event.log
    }

    /// The key that a founding says signs for the log.
    pub(super) fn founded_log_key(&self) -> Option<PublicKey> {
        match &self.inside.event.statement {
            Statement::LedgerFounded(s) => Some(s.log_key),
            _ => None,
        }
    }

    /// The key an event brings with itself: it is checked against that, and admission judges whether it may be enrolled.
    pub(super) fn own_key(&self) -> Option<PublicKey> {
        match &self.inside.event.statement {
            Statement::LedgerFounded(s) => Some(s.key),
            Statement::KeyEnrolled(s) => Some(s.key),
            Statement::KeyRotated(s) => Some(s.key),
            _ => None,
        }
    }

    /// Check every signature. `keys` holds the enrolled keys, and those that earlier lines of the same upload bring.
    pub(super) fn verify(
        self,
        log: LogName<'_>,
        keys: &HashMap<Kid, PublicKey>,
    ) -> Result<Prepared, Refusal> {
        let kid = self.envelope.kid();
        let own = self.own_key();
        let key = own.as_ref().or_else(|| keys.get(&kid)).ok_or_else(unknown_key)?;
        let Self { envelope, inside } = self;
        let (id, compact) = (envelope.event_id(), envelope.verify(key)?.into_compact());
        inside.prepared(id, kid, compact, log, keys)
    }

    /// As [`Self::verify`], of an event that is not signed yet: to judge what it would be, never to record it.
    pub(super) fn unsigned(
        self,
        log: LogName<'_>,
        keys: &HashMap<Kid, PublicKey>,
    ) -> Result<Prepared, Refusal> {
        let Self { envelope, inside } = self;
        inside.prepared(envelope.event_id(), envelope.kid(), envelope.into_compact(), log, keys)
    }
}

impl Inside {
    /// With the embedded signatures checked.
    fn prepared(
        self,
        id: EventId,
        kid: Kid,
        compact: String,
        LogName { origin, key }: LogName<'_>,
        keys: &HashMap<Kid, PublicKey>,
    ) -> Result<Prepared, Refusal> {
        if *self.event.log != *origin {
            let zh = format!("该事件属于其他账本：{}", &*self.event.log);
            let en = format!("the event speaks to the ledger {}, this one is {origin}", &*self.event.log);
            return Err(Refusal::one(
                RefusalKind::Unacceptable,
                Objection::new("other-ledger", "/log", zh, en),
            ));
        }
        if let Some(objection) = confirmed::objection(&self.event, key) {
            return Err(Refusal::one(RefusalKind::Unacceptable, objection));
        }
        let offer = self.offer.and_then(|offer| embedded(offer, read_offer, keys));
        let invitation = self.invitation.and_then(|invitation| embedded(invitation, read_invitation, keys));
        Ok(Prepared { id, kid, compact, event: self.event, offer, invitation, skew_ms: 0 })
    }
}

fn embedded<T>(
    envelope: Envelope<Unverified>,
    read: fn(&Envelope<Unverified>) -> Option<T>,
    keys: &HashMap<Kid, PublicKey>,
) -> Option<Embedded<T>> {
    let (kid, body) = (envelope.kid(), read(&envelope)?);
    let signature_ok = keys.get(&kid).is_some_and(|key| envelope.verify(key).is_ok());
    Some(Embedded { body, kid, signature_ok })
}

pub(super) fn unknown_key() -> Refusal {
    Refusal::one(
        RefusalKind::Unsigned,
        Objection::new(
            "key-unknown",
            "/protected/kid",
            "签名密钥未在本账本登记",
            "the signing key is not enrolled in this ledger",
        ),
    )
}
