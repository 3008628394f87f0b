//! From what somebody wants to say to the exact bytes to sign: what was left out is filled in, everything is read back in words, and
//! judged as if it were signed already.

mod names;
mod reading;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::access::Viewer;
use super::batch::Upload;
use super::error::{Refusal, SubmitError};
use super::prepare::LogName;
use super::receipt::Receipt;
use super::seal::new_id;
use super::sequencer::Intent;
use super::{App, Fault, prepare};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::event::{Anchor, MAX_PREV};
use crate::custody::kind::PayloadError;
use crate::custody::{Event, Kind, Statement, Subject};
use crate::id::{ActId, MandateId, ManifestId};
use crate::ledger::envelope::signing_input;
use crate::ledger::{Digest, EventId, Kid, Typ, b64};
use crate::shape::{List, Place, Text};
use crate::store::{log, timeline};

pub use names::MAX_NEW_IDS;
pub use reading::{Reading, Said};

/// The bytes of a signature.
const SIGNATURE_BYTES: usize = 64;

/// What somebody wants to say. Everything but `kind` and `data` is filled in where it is absent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Kind of the event.
    pub kind: Text<40>,
    /// Its payload. A text `new:NAME` in it becomes an id of version 7, the same wherever it has the same name.
    pub data: Box<RawValue>,
    /// Version of the payload; 1.
    #[serde(default)]
    pub v: Option<u16>,
    /// The party's name for this statement; a new one. Give your own to be able to ask again.
    #[serde(default)]
    pub act: Option<ActId>,
    /// The acting party; the caller's.
    #[serde(default)]
    pub r#for: Option<Uscc>,
    /// The mandate it is signed under.
    #[serde(default)]
    pub mandate: Option<MandateId>,
    /// Heads the signer knows; the last event of the manifest, where the caller may see that.
    #[serde(default)]
    pub prev: Option<List<EventId, 0, MAX_PREV>>,
    /// The last checkpoint the signer has seen; the latest one. `null` is none.
    #[serde(default, deserialize_with = "given")]
    pub anchor: Option<Option<Anchor>>,
    /// When it happened; now.
    #[serde(default)]
    pub occurred_at: Option<Timestamp>,
    /// Where it happened.
    #[serde(default)]
    pub place: Option<Place>,
}

/// Tells `null` from what is absent.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<Anchor>>, D::Error> {
    Option::<Anchor>::deserialize(deserializer).map(Some)
}

/// What is to be signed.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The ASCII text whose bytes are signed: `protected.payload`. With a dot and the signature in base64url behind it, it is the event.
    pub signing_input: String,
    /// What the event will be called.
    pub event_id: EventId,
    /// The payload, as it stands in the signing input.
    pub payload: serde_json::Value,
    /// The ids that were made, by their names.
    pub new_ids: BTreeMap<String, Uuid>,
    /// What it says, in words.
    pub reading: Reading,
    /// What it would get if it were signed and sent now: a receipt without a proof, or a refusal.
    pub judged: Result<Receipt, Refusal>,
}

impl Wish {
    /// The event, by what can be known without a ledger: heads and checkpoint are those that the wish names, or none.
    pub fn event(
        self,
        log: &str,
        party: Uscc,
        now: Timestamp,
    ) -> Result<(Event, BTreeMap<String, Uuid>), SubmitError> {
        let kind = Kind::named(&self.kind).ok_or_else(|| Refusal::from(unknown_kind(&self.kind)))?;
        let (data, new_ids) = names::filled(self.data.get(), || new_id(now))?;
        let data = RawValue::from_string(data).map_err(|_| Refusal::from(not_json()))?;
        let statement = Statement::parse(kind, self.v.unwrap_or(1), &data).map_err(Refusal::from)?;
        let event = Event {
            log: Text::new(log).map_err(Fault::Tree)?,
            act: self.act.map_or_else(|| new_id(now).map(ActId::from_uuid), Ok)?,
            party: self.r#for.unwrap_or(party),
            mandate: self.mandate,
            prev: self.prev.unwrap_or_default(),
            anchor: self.anchor.flatten(),
            occurred_at: self.occurred_at.unwrap_or(now),
            place: self.place,
            statement,
        };
        Ok((event, new_ids))
    }
}

impl App {
    /// Make what a caller wants to say ready for its key. Nothing is recorded.
    pub async fn propose(&self, viewer: &Viewer, wish: Wish) -> Result<Proposal, SubmitError> {
        self.may_write()?;
        let (Some(kid), Some(party)) = (viewer.kid(), viewer.party()) else {
            return Err(prepare::unknown_key().into());
        };
        let (event, new_ids) = self.event_of(viewer, party, wish).await?;
        let payload = event.to_json();
        let text = payload.to_string();
        let signing_input = signing_input(Typ::Event, text.as_bytes(), kid);
        let judged = self.judge_unsigned(&signing_input).await?;
        let reading = self.read_back(viewer, &event, &payload).await?;
        let event_id = EventId::from_bytes(Digest::sha256(&[signing_input.as_bytes()]).0);
        Ok(Proposal { signing_input, event_id, payload, new_ids, reading, judged })
    }

    async fn event_of(
        &self,
        viewer: &Viewer,
        party: Uscc,
        wish: Wish,
    ) -> Result<(Event, BTreeMap<String, Uuid>), SubmitError> {
        let (names_no_anchor, names_no_head) = (wish.anchor.is_none(), wish.prev.is_none());
        let (mut event, new_ids) = wish.event(self.origin(), party, self.clock().now())?;
        if names_no_anchor {
            event.anchor = self.latest_anchor().await?;
        }
        if names_no_head {
            event.prev = self.known_heads(viewer, &event).await?;
        }
        Ok((event, new_ids))
    }

    async fn latest_anchor(&self) -> Result<Option<Anchor>, Fault> {
        let mut tx = self.inner.store.read().await?;
        let latest = log::latest_signed(&mut tx).await?;
        Ok(latest.map(|checkpoint| Anchor { size: checkpoint.size, root: checkpoint.root }))
    }

    /// The last event of the manifest it is about, where the caller may see that one.
    async fn known_heads(&self, viewer: &Viewer, event: &Event) -> Result<List<EventId, 0, MAX_PREV>, Fault> {
        let manifest = event.touches().into_iter().find_map(|subject| match subject {
            Subject::Manifest(id) => Some(id),
            _ => None,
        });
        let Some(manifest) = manifest else { return Ok(List::default()) };
        let last = self.last_event_of(viewer, manifest).await?;
        Ok(List::new(last.into_iter().collect()).unwrap_or_default())
    }

    /// The last event of a manifest, if the viewer may see that.
    pub async fn last_event_of(
        &self,
        viewer: &Viewer,
        manifest: ManifestId,
    ) -> Result<Option<EventId>, Fault> {
        if self.actions(viewer, manifest).await?.is_none() {
            return Ok(None);
        }
        let mut tx = self.inner.store.read().await?;
        Ok(timeline::last(&mut tx, &Subject::Manifest(manifest)).await?)
    }

    /// A new id of version 7 by the ledger's clock, for what somebody lets it name.
    pub fn new_id(&self) -> Result<Uuid, Fault> {
        new_id(self.clock().now())
    }

    /// Judge what is not signed yet as if it were. The embedded offer and invitation must be signed.
    async fn judge_unsigned(&self, signing_input: &str) -> Result<Result<Receipt, Refusal>, SubmitError> {
        let compact = format!("{signing_input}.{}", b64::encode(&[0; SIGNATURE_BYTES]));
        let room = self.inner.queue.room(compact.len())?;
        // Limits over several fields are looked at where bytes are read.
        let parsed = prepare::parse(compact.as_bytes())?;
        let kids: Vec<Kid> = parsed.kids().collect();
        let keys = self.inner.keys.find(&self.inner.store, &kids).await?;
        let log = LogName { origin: &self.inner.origin, key: &self.inner.signer.key.public() };
        let unsigned = match parsed.unsigned(log, &keys) {
            Ok(unsigned) => unsigned,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let answers = self.inner.queue.send(Upload::of(unsigned, room), Intent::DryRun).await?;
        match self.told(answers).await?.pop() {
            Some(Ok(submitted)) => Ok(Ok(submitted.receipt)),
            Some(Err(SubmitError::Refused(refusal))) => Ok(Err(refusal)),
            Some(Err(other)) => Err(other),
            None => Err(SubmitError::Fault(Fault::Stopped)),
        }
    }
}

fn unknown_kind(name: &str) -> PayloadError {
    let en = format!("{name} is not an event kind of this ledger");
    PayloadError::new("/kind", "本账本没有这种事件", en)
}

fn not_json() -> PayloadError {
    PayloadError::new("/data", "不是完整的 JSON", "it is no complete JSON")
}
