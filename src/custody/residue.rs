//! Residues: what folding needs of an entry once its content was erased, said by the log's key.
//!
//! It holds who moved which grams from where to where, and what is left of the manifest: its number, its status, who held
//! waste on it and which findings there were. No text, person, place or figure of the statement is in it; of vehicles only
//! the assigned ones, which explain those of other manifests, and when one carried something from which county to which.

use serde::{Deserialize, Serialize};

use super::event::{Recorded, Verdict};
use super::form::same_form;
use super::graph::Edge;
use super::kind::{Kind, PayloadError, parse_json};
use super::manifest::Status;
use super::posting::Posting;
use super::shelf::{Life, Window};
use super::tally::Part;
use super::timeline::Place;
use crate::catalogue::{Division, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::id::{ActId, FindingId, LotId, ManifestId, SiteId};
use crate::ledger::envelope::MAX_ENVELOPE_BYTES;
use crate::ledger::{Envelope, EventId, SigningKey, Typ, Verified};
use crate::shape::{Plate, Text};

/// The longest payload whose envelope is still read: base64 makes four characters of three bytes, header and signature follow.
const MAX_PAYLOAD_BYTES: usize = (MAX_ENVELOPE_BYTES - 1024) / 4 * 3;

/// The payload of a `waste-residue+jws`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Residue {
    /// Version of this shape: 1.
    pub v: u16,
    /// Origin of the log.
    pub log: Text<200>,
    /// Log index of the erased entry.
    #[serde(deserialize_with = "crate::shape::count")]
    pub index: u64,
    /// The erased event.
    pub event: EventId,
    /// Its kind, by name.
    pub kind: Text<40>,
    /// The party that stated it.
    pub party: Uscc,
    /// The party's name for the statement; it stays used.
    pub act: ActId,
    /// When it was recorded, in milliseconds since 1970.
    pub recorded_at_ms: i64,
    /// Measured skew of the uploading device in milliseconds.
    pub skew_ms: i64,
    /// What it counted for.
    pub verdict: Verdict,
    /// The manifest it was about.
    pub manifest: ManifestId,
    /// When it was effective by itself: its place among the events of lots, and the day of its postings unless `times` says
    /// otherwise.
    pub base_at: Timestamp,
    /// When it was effective among the events of its manifest.
    pub effective_at: Timestamp,
    /// Number of predecessors in a row at that time.
    pub depth: u32,
    /// The lots it touched, sorted.
    pub lots: Vec<LotId>,
    /// The grams it moved.
    pub postings: Vec<Posting>,
    /// From which posting on which moment counts, where they belong to several, as those of a paper do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<(u32, Timestamp)>,
    /// Child, parent, grams.
    pub edges: Vec<(LotId, LotId, i64)>,
    /// What it added to running totals by way of its manifest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tallied: Vec<Part>,
    /// The waste codes it stated for its lots.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<(LotId, WasteCode)>,
    /// The sites it was about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sites: Vec<SiteId>,
    /// The vehicle it assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned: Option<(Plate, Window)>,
    /// The division in which it took the next manifest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbered: Option<Division>,
    /// What is left of the manifest; said once, with its first entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
}

/// What is left of an erased manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rest {
    /// Its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Text<64>>,
    /// The division it counts in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub division: Option<Division>,
    /// The event that owned its id, which stays used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<EventId>,
    /// Where it stood.
    pub status: Status,
    /// The parties that held waste on it, by the postings; sorted.
    pub holders: Vec<Uscc>,
    /// Findings on it, without what was seen; by id.
    pub findings: Vec<Kept>,
}

/// What is left of a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// Its id.
    pub finding: FindingId,
    /// Its rule.
    pub rule: Text<64>,
    /// Open or closed.
    pub life: Life,
    /// When it was last opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
    /// When it was last closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
}

/// How mass comes to a holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// It was accepted on a manifest.
    Received,
    /// It was there before, in other lots.
    Repacked,
    /// It arose there, was there when the books were opened, or was put down in a yard.
    Other,
}

/// Who moves grams, as far as the sums of a lot depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mover {
    /// The event.
    pub event: EventId,
    /// The party that stated it.
    pub party: Uscc,
    /// True when what leaves a site is used or disposed.
    pub treats: bool,
    /// How what it brings to a site comes there.
    pub way: Way,
}

impl Mover {
    /// The mover a recorded event is.
    pub fn of(recorded: &Recorded) -> Self {
        let treats = matches!(recorded.kind(), Kind::WasteUsed | Kind::WasteDisposed);
        let way = match recorded.kind() {
            Kind::WasteReceived => Way::Received,
            Kind::WasteRepacked => Way::Repacked,
            _ => Way::Other,
        };
        Self { event: recorded.id, party: recorded.event.party, treats, way }
    }
}

impl Residue {
    /// Read the payload of an envelope.
    pub fn parse(payload: &[u8]) -> Result<Self, PayloadError> {
        let wrong = |pointer: &str, zh: &str, en: &str| PayloadError::new(pointer, zh, en);
        let text = std::str::from_utf8(payload)
            .map_err(|_| wrong("", "签名内容不是 UTF-8", "the payload is not UTF-8"))?;
        let residue: Self = parse_json(text, "")?;
        same_form(text, &serde_json::to_value(&residue).unwrap_or_default())?;
        if residue.v != 1 {
            return Err(wrong(
                "/v",
                "本版本只认识第 1 版的余据",
                "this version of the residue is not known here; version 1 is",
            ));
        }
        if Kind::named(&residue.kind).is_none() {
            return Err(wrong("/kind", "本账本没有这种事件", "this is not an event kind of this ledger"));
        }
        Ok(residue)
    }

    /// Sign it with the log's key.
    pub fn sign(&self, key: &SigningKey) -> Envelope<Verified> {
        Envelope::sign(Typ::Residue, self.to_json().as_bytes(), key)
    }

    /// True when it is too long to be signed and read again.
    pub fn is_too_long(&self) -> bool {
        self.to_json().len() > MAX_PAYLOAD_BYTES
    }

    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// When it was recorded.
    pub fn recorded_at(&self) -> Timestamp {
        Timestamp::from_millis(self.recorded_at_ms)
    }

    /// True when it stands for the entry with these public columns.
    pub fn fits(&self, index: u64, event: EventId, recorded_at: Timestamp, skew_ms: i64) -> bool {
        let here = (self.index, self.event, self.recorded_at_ms, self.skew_ms);
        here == (index, event, recorded_at.as_millis(), skew_ms)
    }

    /// Who moved its grams. What is about a manifest treats nothing.
    pub fn mover(&self) -> Mover {
        let way = if self.is_receipt() { Way::Received } else { Way::Other };
        Mover { event: self.event, party: self.party, treats: false, way }
    }

    /// True when it is what is left of a receipt: its codes are as found.
    pub fn is_receipt(&self) -> bool {
        *self.kind == *Kind::WasteReceived.name()
    }

    /// From which of its postings on they belong to which moment.
    pub fn times(&self) -> Vec<(usize, Timestamp)> {
        if self.times.is_empty() {
            return vec![(0, self.base_at)];
        }
        self.times.iter().map(|(from, at)| (usize::try_from(*from).unwrap_or(usize::MAX), *at)).collect()
    }

    /// Which lots went into which.
    pub fn edges(&self) -> impl Iterator<Item = Edge> {
        self.edges.iter().map(|(child, parent, mass_g)| Edge {
            child: *child,
            parent: *parent,
            mass_g: *mass_g,
        })
    }

    /// The rank of its kind.
    fn rank(&self) -> i64 {
        Kind::named(&self.kind).map_or(0, Kind::rank)
    }

    /// Its place among the events of a lot.
    pub fn place_by_itself(&self) -> Place {
        Place { effective: self.base_at, depth: 0, rank: self.rank(), id: self.event }
    }

    /// Its place among the events of its manifest.
    pub fn place_in_manifest(&self) -> Place {
        Place { effective: self.effective_at, depth: self.depth, rank: self.rank(), id: self.event }
    }
}
