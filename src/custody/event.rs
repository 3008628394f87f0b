//! One event: the signed payload parsed into types, and the same event once it has its place in the log.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::form::same_form;
use super::kind::{Class, Kind, PayloadError, Statement, parse_json};
use super::payload::handover::Offer;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::id::{ActId, MandateId};
use crate::ledger::{Digest, EventId, Kid};
use crate::shape::{List, Place, Text};

/// Most heads an event may name in `prev`.
pub const MAX_PREV: usize = 8;

/// The last checkpoint a signer had seen: "not made before this".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Anchor {
    /// Size of that log.
    #[serde(deserialize_with = "crate::shape::count")]
    pub size: u64,
    /// Its root hash.
    pub root: Digest,
}

/// How the anchor of an event compares with the log in front of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Anchored {
    /// It names none.
    #[default]
    None,
    /// The log had that root at that size: the signer had seen it.
    Fits,
    /// It names a size beyond the entries in front of it.
    Ahead,
    /// The log had another root at that size.
    Other,
}

impl Anchored {
    /// How an anchor stands at a log index. `root` is the log's root at the anchor's size, where the log is that long.
    pub fn of(anchor: Option<&Anchor>, index: u64, root: Option<Digest>) -> Self {
        match anchor {
            None => Self::None,
            Some(anchor) if anchor.size > index => Self::Ahead,
            Some(anchor) if root == Some(anchor.root) => Self::Fits,
            Some(_) => Self::Other,
        }
    }
}

/// The signed payload of a `waste-event+jws`, as it stands on the wire.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<'a> {
    v: u16,
    log: Text<200>,
    kind: Text<40>,
    act: ActId,
    r#for: Uscc,
    #[serde(default)]
    mandate: Option<MandateId>,
    #[serde(default)]
    prev: List<EventId, 0, MAX_PREV>,
    #[serde(default)]
    anchor: Option<Anchor>,
    occurred_at: Timestamp,
    #[serde(default)]
    place: Option<Place>,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// A signed statement, parsed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Origin of the ledger it speaks to.
    pub log: Text<200>,
    /// The party's name for this statement.
    pub act: ActId,
    /// The acting party.
    pub party: Uscc,
    /// The mandate it signs under, where the signer is of another party.
    pub mandate: Option<MandateId>,
    /// Heads the signer knew of what the event touches.
    pub prev: List<EventId, 0, MAX_PREV>,
    /// Last checkpoint the signer had seen.
    pub anchor: Option<Anchor>,
    /// When it happened, by the signer's clock.
    pub occurred_at: Timestamp,
    /// Where it happened.
    pub place: Option<Place>,
    /// What it says.
    pub statement: Statement,
}

impl Event {
    /// Parse the payload of a verified envelope. Errors carry the pointer of the field inside the payload.
    pub fn parse(payload: &[u8]) -> Result<Event, PayloadError> {
        let text = text_of(payload)?;
        let event = Self::read(text)?;
        same_form(text, &event.to_json())?;
        super::limits::check(&event)?;
        Ok(event)
    }

    /// Read a payload that the log holds: its form was checked when it was taken in.
    pub fn parse_recorded(payload: &[u8]) -> Result<Event, PayloadError> {
        Self::read(text_of(payload)?)
    }

    fn read(text: &str) -> Result<Event, PayloadError> {
        let wire: Wire<'_> = parse_json(text, "")?;
        let kind = Kind::named(&wire.kind).ok_or_else(|| {
            let en = format!("{} is not an event kind of this ledger", &*wire.kind);
            PayloadError::new("/kind", "本账本没有这种事件", en)
        })?;
        Ok(Event {
            statement: Statement::parse(kind, wire.v, wire.data)?,
            log: wire.log,
            act: wire.act,
            party: wire.r#for,
            mandate: wire.mandate,
            prev: wire.prev,
            anchor: wire.anchor,
            occurred_at: wire.occurred_at,
            place: wire.place,
        })
    }

    /// The kind of the event.
    pub fn kind(&self) -> Kind {
        self.statement.kind()
    }

    /// True when masses in it were computed from one weighing, and not weighed one by one (推算).
    pub fn is_computed(&self) -> bool {
        match &self.statement {
            Statement::WasteUsed(s) | Statement::WasteDisposed(s) => s.weighed.is_some(),
            Statement::TripWeighed(s) => !s.shares.is_empty(),
            _ => false,
        }
    }

    /// The payload to sign, as JSON. Reading it back with [`Event::parse`] gives the same event.
    pub fn to_json(&self) -> serde_json::Value {
        let mut json = serde_json::json!({
            "v": 1,
            "log": &*self.log,
            "kind": self.kind().name(),
            "act": self.act,
            "for": self.party,
            "prev": self.prev,
            "anchor": self.anchor,
            "occurred_at": self.occurred_at,
            "data": self.statement.to_json(),
        });
        if let Some(mandate) = self.mandate {
            json["mandate"] = serde_json::json!(mandate);
        }
        if let Some(place) = self.place {
            json["place"] = serde_json::json!(place);
        }
        json
    }
}

/// What an event counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It counts in full.
    Counts,
    /// A handover that only one side validly signed: it counts, and waits for the other side.
    OneSided,
    /// The releasing side's own statement of a handover that the taking side states too: it moves nothing, and is the signature
    /// that was missing. See [`super::passage`].
    Confirms,
    /// Signed with a key under suspicion: it counts and is marked. Never stored; see [`super::stance::shown`].
    Disputed,
    /// It stands in the timeline and moves nothing: its key had ended, an act or id was used before, or it is disavowed.
    EvidenceOnly,
}

impl Verdict {
    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counts => "counts",
            Self::OneSided => "one-sided",
            Self::Confirms => "confirms",
            Self::Disputed => "disputed",
            Self::EvidenceOnly => "evidence-only",
        }
    }

    /// The verdict with this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Counts, Self::OneSided, Self::Confirms, Self::Disputed, Self::EvidenceOnly]
            .into_iter()
            .find(|verdict| verdict.name() == name)
    }

    /// True when the event moves custody and mass.
    pub fn moves(self) -> bool {
        !matches!(self, Self::EvidenceOnly | Self::Confirms)
    }

    /// True for a handover that one side alone states, whether or not the other side states it too.
    pub fn is_of_one_side(self) -> bool {
        matches!(self, Self::OneSided | Self::Confirms)
    }

    /// What it counts for without the other events of its manifest: what its receipt says for ever.
    pub fn by_itself(self) -> Self {
        if self == Self::Confirms { Self::OneSided } else { self }
    }
}

/// An event with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Log index.
    pub index: u64,
    /// SHA-256 of the signing input.
    pub id: EventId,
    /// When the ledger took it in.
    pub recorded_at: Timestamp,
    /// The uploading device's clock minus the ledger's, in milliseconds; 0 when it was not told.
    pub skew_ms: i64,
    /// Key that signed it.
    pub kid: Kid,
    /// What it counts for.
    pub verdict: Verdict,
    /// How its anchor compares with the log.
    pub anchored: Anchored,
    /// The event, with the corrections in force.
    pub event: Event,
    /// The event as it was signed, where a correction changed it.
    pub signed: Option<Box<Event>>,
    /// The offer it embeds, parsed.
    pub offer: Option<Offer>,
}

impl Recorded {
    /// The kind of the event.
    pub fn kind(&self) -> Kind {
        self.event.kind()
    }

    /// When the event is effective before its predecessors are looked at: facts when they happened (never later than they
    /// were recorded), everything else when it was recorded.
    pub fn base_time(&self) -> Timestamp {
        match self.kind().class() {
            Class::Fact => self.event.occurred_at.min(self.recorded_at),
            Class::Declaration | Class::Act => self.recorded_at,
        }
    }

    /// The log its signer had certainly seen: nothing an anchor says counts unless it fits.
    pub fn anchor_size(&self) -> Option<u64> {
        self.event.anchor.filter(|_| self.anchored == Anchored::Fits).map(|anchor| anchor.size)
    }

    /// The heads it names, its own and those of the offer it embeds.
    pub fn predecessors(&self) -> impl Iterator<Item = &EventId> {
        self.event.prev.iter().chain(self.offer.iter().flat_map(|offer| offer.prev.iter()))
    }
}

fn text_of(payload: &[u8]) -> Result<&str, PayloadError> {
    std::str::from_utf8(payload)
        .map_err(|_| PayloadError::new("", "签名内容不是 UTF-8", "the payload is not UTF-8"))
}
