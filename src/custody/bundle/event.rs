//! One entry of a bundle: opened from its bytes, compared with its leaf, and led to the signed root.

use super::document::Opening;
use super::report::Flaw;
use crate::custody::leaf::leaf_of;
use crate::custody::{Event, Statement};
use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::leaf::commitment;
use crate::ledger::tlog_proof::TlogProof;
use crate::ledger::{Envelope, EventId, Kid, PublicKey, Typ, Unverified};

/// An event read from its bytes, its signature not looked at yet.
pub(super) struct Opened {
    pub(super) id: EventId,
    pub(super) kid: Kid,
    pub(super) event: Event,
    pub(super) recorded_at_ms: i64,
    /// The public leaf that salt, times and bytes give.
    pub(super) leaf: Vec<u8>,
    envelope: Envelope<Unverified>,
}

impl Opened {
    /// Read an event of the log `origin`.
    pub(super) fn of(opening: &Opening, origin: &str) -> Result<Self, Flaw> {
        let envelope = Envelope::parse(opening.event.as_bytes(), Typ::Event)
            .map_err(|error| Flaw::new("envelope", "签名信封格式不正确", error.to_string()))?;
        if envelope.compact() != opening.event {
            return Err(Flaw::new(
                "envelope",
                "信封须为紧凑形式",
                "the envelope must be in the compact form",
            ));
        }
        let event = Event::parse(envelope.payload()).map_err(|error| {
            let zh = format!("本程序读不懂内容（{}）", error.pointer);
            Flaw::unknown("payload", zh, format!("this program cannot read the payload: {error}"))
        })?;
        if *event.log != *origin {
            let en = format!("the event speaks to the ledger {}", &*event.log);
            return Err(Flaw::new("other-log", "该事件属于其他账本", en));
        }
        let sealed = commitment(&opening.salt, opening.recorded_at_ms, opening.skew_ms, envelope.compact());
        Ok(Self {
            id: envelope.event_id(),
            kid: envelope.kid(),
            leaf: leaf_of(&event.statement, sealed).to_bytes(),
            event,
            recorded_at_ms: opening.recorded_at_ms,
            envelope,
        })
    }

    /// The key that the event itself brings.
    pub(super) fn own_key(&self) -> Option<PublicKey> {
        match &self.event.statement {
            Statement::LedgerFounded(s) => Some(s.key),
            Statement::KeyEnrolled(s) => Some(s.key),
            Statement::KeyRotated(s) => Some(s.key),
            _ => None,
        }
    }

    /// Check its signature.
    pub(super) fn is_signed_by(&self, key: &PublicKey) -> Result<(), Flaw> {
        let verified = self.envelope.clone().verify(key);
        verified.map(drop).map_err(|error| Flaw::new("signature", "签名无效", error.to_string()))
    }
}

/// Check that a leaf lies where its proof says, in the tree of the signed head.
pub(super) fn lies_in(leaf: &[u8], proof: &TlogProof, head: &Checkpoint) -> Result<(), Flaw> {
    proof.verify(leaf, head).map_err(|error| {
        let zh = format!("第 {} 条：由字节、盐与时间算出的叶到不了已签名的树根", proof.index);
        let en =
            format!("entry {}: bytes, salt and times do not lead to the signed root: {error}", proof.index);
        Flaw::new("inclusion", zh, en)
    })
}
