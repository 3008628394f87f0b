//! The other side's word on a handover that one key alone signs: its handwriting, or a code that came to its telephone. Neither is a signature by its
//! key. A code statement is signed by the log's key and says that whoever holds that telephone told the code for this very handover.

use serde::{Deserialize, Serialize};

use super::admit::{Objection, handover};
use super::event::Event;
use super::form::same_form;
use super::kind::{PayloadError, parse_json};
use super::payload::handover::{GivenWord, Step};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::id::ManifestId;
use crate::ledger::{Envelope, EnvelopeError, PublicKey, SigningKey, Typ, Verified};
use crate::shape::Text;

/// How long before or after a code was told the handover may have happened, in hours (*).
pub const CODE_PROOF_HOURS: i64 = 24;

/// The payload of a `waste-code+jws`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeStatement {
    /// Version of this shape: 1.
    pub v: u16,
    /// Origin of the log.
    pub log: Text<200>,
    /// The manifest.
    pub manifest: ManifestId,
    /// The step that was confirmed.
    pub step: Step,
    /// Who lets go.
    pub from: Uscc,
    /// Who takes over.
    pub to: Uscc,
    /// Which of the two confirmed it.
    pub party: Uscc,
    /// The last four digits of the telephone that the code went to.
    pub phone: Text<4>,
    /// When the code was told, by the ledger's clock.
    pub at: Timestamp,
    /// The handover happened no later.
    pub until: Timestamp,
}

impl CodeStatement {
    /// Read the payload of a verified envelope.
    pub fn parse(payload: &[u8]) -> Result<Self, PayloadError> {
        let text = std::str::from_utf8(payload)
            .map_err(|_| PayloadError::new("", "签名内容不是 UTF-8", "the payload is not UTF-8"))?;
        let said: Self = parse_json(text, "")?;
        same_form(text, &serde_json::to_value(&said).unwrap_or_default())?;
        if said.v != 1 {
            let en = "version 1 of the statement is known here";
            return Err(PayloadError::new("/v", "本版本只认识第 1 版的声明", en));
        }
        if said.phone.len() != 4 || !said.phone.bytes().all(|byte| byte.is_ascii_digit()) {
            let en = "the last four digits of a telephone number are wanted";
            return Err(PayloadError::new("/phone", "应为电话号码的末四位", en));
        }
        Ok(said)
    }

    /// Sign it with the log's key.
    pub fn sign(&self, key: &SigningKey) -> Envelope<Verified> {
        let payload = serde_json::to_string(self).unwrap_or_default();
        Envelope::sign(Typ::Code, payload.as_bytes(), key)
    }

    /// What a statement says that was looked at before; `None` where it cannot be read.
    pub fn shown(compact: &str) -> Option<Self> {
        Self::parse(Envelope::parse(compact.as_bytes(), Typ::Code).ok()?.payload()).ok()
    }

    /// Read the compact form; the log's key must have signed it.
    pub fn open(compact: &str, log_key: &PublicKey) -> Result<Self, NoCode> {
        let envelope = Envelope::parse(compact.as_bytes(), Typ::Code)?.verify(log_key)?;
        Ok(Self::parse(envelope.payload())?)
    }
}

/// Why a text is no code statement of this log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoCode {
    /// No envelope of that type, or not signed by the log's key.
    #[error(transparent)]
    Envelope(#[from] EnvelopeError),
    /// It does not say what such a statement says.
    #[error("{} at {:?}", .0.message, .0.pointer)]
    Payload(PayloadError),
}

impl From<PayloadError> for NoCode {
    fn from(error: PayloadError) -> Self {
        Self::Payload(error)
    }
}

/// What is wrong with the other side's word in a handover. As with an offer that is made to somebody else, the fact is sent without it.
pub fn objection(event: &Event, log_key: &PublicKey) -> Option<Objection> {
    let (step, said) = handover(event)?;
    let confirmed = said.confirmed.as_ref()?;
    let other = match event.party {
        _ if said.from == said.to => None,
        party if party == said.from => Some(said.to),
        party if party == said.to => Some(said.from),
        _ => None,
    };
    let Some(other) = other else {
        let zh = "只有交接双方之一的记录可以附另一方的确认";
        let en = "only one of the two sides of a handover adds the word of the other";
        return Some(Objection::new("confirmed-by-nobody", "/data/confirmed", zh, en));
    };
    let GivenWord::Code(proof) = confirmed else { return None };
    let code = match CodeStatement::open(proof, log_key) {
        Ok(code) => code,
        Err(error) => {
            let zh = "短信确认无效：不是本账本签发的确认；请去掉后重新签名提交";
            let en = format!("no code statement of this ledger: {error}; sign and send the fact without it");
            return Some(Objection::new("code-invalid", "/data/confirmed/code", zh, en));
        }
    };
    let is_same = *code.log == *event.log
        && (code.manifest, code.step) == (said.manifest, step)
        && (code.from, code.to, code.party) == (said.from, said.to, other);
    if !is_same {
        let zh = "短信确认属于其他联单、环节或单位；请去掉后重新签名提交";
        let en =
            "the code was told for another handover or by another party; sign and send the fact without it";
        return Some(Objection::new("code-of-another", "/data/confirmed/code", zh, en));
    }
    let earliest = code.at.plus_hours(-CODE_PROOF_HOURS);
    if !(earliest..=code.until).contains(&event.occurred_at) {
        let zh = format!("交接时间与短信确认相差超过 {CODE_PROOF_HOURS} 小时");
        let en = format!(
            "the handover happened more than {CODE_PROOF_HOURS} hours before or after the code was told"
        );
        return Some(Objection::new("code-out-of-time", "/data/confirmed/code", zh, en));
    }
    None
}
