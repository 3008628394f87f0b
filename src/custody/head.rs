//! Head statements: the log's key says how many entries touch a manifest and which is the last, so that an entry it kept back
//! convicts it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::form::same_form;
use super::kind::{PayloadError, parse_json};
use crate::clock::Timestamp;
use crate::id::ManifestId;
use crate::ledger::{Digest, Envelope, EventId, SigningKey, Typ, Verified};
use crate::shape::Text;

/// The payload of a `waste-head+jws`: in the log of `size` entries, `events` entries touch the manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeadStatement {
    /// Version of this shape: 1.
    pub v: u16,
    /// Origin of the log.
    pub log: Text<200>,
    /// The manifest.
    pub manifest: ManifestId,
    /// Its number, once one was allotted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Text<64>>,
    /// How many entries touch it, at least one.
    #[serde(deserialize_with = "crate::shape::count")]
    pub events: u64,
    /// The event at the last of them.
    pub last_event: EventId,
    /// Log index of the last of them.
    #[serde(deserialize_with = "crate::shape::count")]
    pub last_index: u64,
    /// Number of entries of the log that was looked through.
    #[serde(deserialize_with = "crate::shape::count")]
    pub size: u64,
    /// Its root.
    pub root: Digest,
    /// When it was said, by the ledger's clock.
    pub at: Timestamp,
}

/// How proven entries contradict a head statement: the ledger signed something untrue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// An entry of the manifest lies behind what was said to be the last one.
    BehindTheLast {
        /// Its log index.
        index: u64,
    },
    /// Another event lies where the last one was said to be.
    OtherLast {
        /// The event that lies there.
        event: EventId,
    },
    /// More entries are proven than there were said to be.
    MoreThanSaid {
        /// How many are proven.
        proven: u64,
    },
}

impl HeadStatement {
    /// Read the payload of a verified envelope.
    pub fn parse(payload: &[u8]) -> Result<Self, PayloadError> {
        let wrong = |pointer: &str, zh: &str, en: &str| PayloadError::new(pointer, zh, en);
        let text = std::str::from_utf8(payload)
            .map_err(|_| wrong("", "签名内容不是 UTF-8", "the payload is not UTF-8"))?;
        let head: Self = parse_json(text, "")?;
        same_form(text, &serde_json::to_value(&head).unwrap_or_default())?;
        if head.v != 1 {
            return Err(wrong(
                "/v",
                "本版本只认识第 1 版的声明",
                "this version of the statement is not known here; version 1 is",
            ));
        }
        if head.events == 0 || head.events > head.size || head.last_index >= head.size {
            return Err(wrong(
                "/events",
                "该规模的日志中没有所写的位置",
                "the figures name no place in a log of that size",
            ));
        }
        Ok(head)
    }

    /// Sign it with the log's key.
    pub fn sign(&self, key: &SigningKey) -> Envelope<Verified> {
        let payload = serde_json::to_string(self).unwrap_or_default();
        Envelope::sign(Typ::Head, payload.as_bytes(), key)
    }

    /// What convicts the ledger, given entries that are proven to lie in its log at these indexes and to touch the manifest.
    pub fn contradicted_by(&self, proven: &BTreeMap<u64, EventId>) -> Option<Contradiction> {
        let covered = proven.range(..self.size);
        if let Some((index, _)) = covered.clone().find(|(index, _)| **index > self.last_index) {
            return Some(Contradiction::BehindTheLast { index: *index });
        }
        if let Some(event) = proven.get(&self.last_index).filter(|event| **event != self.last_event) {
            return Some(Contradiction::OtherLast { event: *event });
        }
        let proven = covered.count() as u64;
        (proven > self.events).then_some(Contradiction::MoreThanSaid { proven })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn event(n: u8) -> EventId {
        EventId::from_bytes([n; 32])
    }

    /// In a log of 20 entries three touch the manifest, the last at 11.
    fn head() -> HeadStatement {
        HeadStatement {
            v: 1,
            log: Text::new("log.example").unwrap(),
            manifest: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            number: None,
            events: 3,
            last_event: event(11),
            last_index: 11,
            size: 20,
            root: Digest([1; 32]),
            at: Timestamp::from_millis(1_000),
        }
    }

    fn proven(indexes: &[u64]) -> BTreeMap<u64, EventId> {
        indexes.iter().map(|index| (*index, event(u8::try_from(*index).unwrap()))).collect()
    }

    #[test]
    fn what_was_kept_back_convicts() {
        for fits in [&[][..], &[11], &[3, 7, 11], &[11, 20, 25], &[3, 7, 11, 20]] {
            assert_eq!(head().contradicted_by(&proven(fits)), None, "{fits:?}");
        }
        for behind in [12, 19] {
            let found = head().contradicted_by(&proven(&[behind]));
            assert_eq!(found, Some(Contradiction::BehindTheLast { index: behind }));
        }
        let more = head().contradicted_by(&proven(&[1, 3, 7, 11]));
        assert_eq!(more, Some(Contradiction::MoreThanSaid { proven: 4 }));
        let other = BTreeMap::from([(11, event(99))]);
        assert_eq!(head().contradicted_by(&other), Some(Contradiction::OtherLast { event: event(99) }));
    }

    #[test]
    fn a_signed_statement_is_read_back_and_no_other_form_is() {
        let key = SigningKey::from_seed([3; 32]);
        let signed = head().sign(&key);
        let read = Envelope::parse(signed.compact().as_bytes(), Typ::Head).unwrap();
        let read = read.verify(&key.public()).unwrap();
        assert_eq!(HeadStatement::parse(read.payload()), Ok(head()));
        assert!(Envelope::parse(signed.compact().as_bytes(), Typ::Event).is_err());

        let text = serde_json::to_string(&head()).unwrap();
        for (from, to) in [
            ("\"v\":1", "\"v\":2"),
            ("\"events\":3", "\"events\":0"),
            ("\"events\":3", "\"events\":21"),
            ("\"events\":3", "\"events\":3.0"),
            ("\"last_index\":11", "\"last_index\":20"),
            ("\"v\":1", "\"v\":1,\"v\":1"),
            ("\"v\":1", "\"v\":1,\"more\":1"),
            ("{", "[{"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert!(HeadStatement::parse(changed.as_bytes()).is_err(), "{changed}");
        }
    }
}
