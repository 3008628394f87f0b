//! Check statements: the log's key says what was found for a plate, number, container or label when somebody asked at the road,
//! "nothing" included, so that either side can show later what the ledger said.

use serde::{Deserialize, Serialize};

use super::event::Recorded;
use super::form::same_form;
use super::kind::{PayloadError, Statement, parse_json};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::id::{ContainerId, FindingId, LabelId, ManifestId};
use crate::ledger::{Digest, Envelope, SigningKey, Typ, Verified};
use crate::shape::{List, Plate, Text};

/// Most manifests that one statement names.
pub const MAX_FOUND: usize = 64;
/// Most findings that one statement names of one manifest.
pub const MAX_FOUND_FINDINGS: usize = 64;

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Asked {
    /// A plate of a vehicle: the manifests that are not over and name it.
    Plate(Plate),
    /// A number of a manifest, the ledger's own or another system's.
    Number(Text<64>),
    /// A container: the manifests that it was loaded on.
    Container(ContainerId),
    /// A label: the same for every container under it.
    Label(LabelId),
}

/// An open finding on a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FoundFinding {
    /// The finding.
    pub finding: FindingId,
    /// Its rule.
    pub rule: Text<40>,
}

/// A manifest that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// The manifest.
    pub manifest: ManifestId,
    /// Its number, once one was allotted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Text<64>>,
    /// Where it stands: the name of its status.
    pub status: Text<40>,
    /// Its open findings that the asking party may see.
    pub findings: List<FoundFinding, 0, MAX_FOUND_FINDINGS>,
}

/// The payload of a `waste-check+jws`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckStatement {
    /// Version of this shape: 1.
    pub v: u16,
    /// Origin of the log.
    pub log: Text<200>,
    /// What was asked for.
    pub asked: Asked,
    /// As whom it was looked: nothing that this party may not see is in it.
    pub asker: Uscc,
    /// What was found; empty for nothing.
    pub found: List<Found, 0, MAX_FOUND>,
    /// True when there was more than a statement may name, or than was looked through: then "nothing" is not said.
    pub more: bool,
    /// Number of entries of the log that was looked through.
    #[serde(deserialize_with = "crate::shape::count")]
    pub size: u64,
    /// Its root.
    pub root: Digest,
    /// When it was said, by the ledger's clock.
    pub at: Timestamp,
}

impl CheckStatement {
    /// Read the payload of a verified envelope.
    pub fn parse(payload: &[u8]) -> Result<Self, PayloadError> {
        let text = std::str::from_utf8(payload)
            .map_err(|_| PayloadError::new("", "签名内容不是 UTF-8", "the payload is not UTF-8"))?;
        let said: Self = parse_json(text, "")?;
        same_form(text, &serde_json::to_value(&said).unwrap_or_default())?;
        let unknown = || {
            PayloadError::new("/v", "本版本只认识第 1 版的声明", "version 1 of the statement is known here")
        };
        if said.v == 1 { Ok(said) } else { Err(unknown()) }
    }

    /// Sign it with the log's key.
    pub fn sign(&self, key: &SigningKey) -> Envelope<Verified> {
        let payload = serde_json::to_string(self).unwrap_or_default();
        Envelope::sign(Typ::Check, payload.as_bytes(), key)
    }
}

/// The vehicles that an event names for its manifest, as it counts now.
pub fn plates(recorded: &Recorded) -> Vec<(Plate, ManifestId)> {
    match &recorded.event.statement {
        Statement::ManifestAssigned(s) => [Some(&s.vehicle), s.trailer.as_ref()]
            .into_iter()
            .flatten()
            .map(|p| (p.clone(), s.manifest))
            .collect(),
        Statement::WasteCollected(s)
        | Statement::WasteTransferred(s)
        | Statement::WasteDelivered(s)
        | Statement::WasteReturned(s) => s.vehicle.iter().map(|plate| (plate.clone(), s.manifest)).collect(),
        Statement::PaperBackfilled(s) => {
            let named = s.handovers.iter().filter_map(|handed| handed.vehicle.clone());
            named.map(|plate| (plate, s.manifest)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_signed_answer_is_read_back_and_no_other_form_is() {
        let key = SigningKey::from_seed([3; 32]);
        let said = CheckStatement {
            v: 1,
            log: Text::new("log.example").unwrap(),
            asked: Asked::Plate(Plate::new("鲁Q12345").unwrap()),
            asker: Uscc::with_check("91371300MA3C00001").unwrap(),
            found: List::default(),
            more: false,
            size: 20,
            root: Digest([1; 32]),
            at: Timestamp::from_millis(1_000),
        };
        let signed = said.sign(&key);
        let read = Envelope::parse(signed.compact().as_bytes(), Typ::Check).unwrap();
        assert_eq!(CheckStatement::parse(read.verify(&key.public()).unwrap().payload()), Ok(said.clone()));
        assert!(Envelope::parse(signed.compact().as_bytes(), Typ::Head).is_err());
        let text = serde_json::to_string(&said).unwrap();
        for (from, to) in [
            ("\"v\":1", "\"v\":2"),
            ("\"size\":20", "\"size\":20.0"),
            ("\"more\":false", "\"more\":false,\"more\":true"),
            ("{\"plate\":\"鲁Q12345\"}", "{\"plate\":\"鲁Q·12345\"}"),
            ("{\"plate\":\"鲁Q12345\"}", "{\"driver\":\"鲁Q12345\"}"),
        ] {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text);
            assert!(CheckStatement::parse(changed.as_bytes()).is_err(), "{changed}");
        }
    }
}
