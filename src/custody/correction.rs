//! Corrections (更正): one field of one fact should have been something else.
//!
//! The signed event is never touched. A correction counts once everybody whose signature covers the event agreed to it, or the
//! authority orders it; silence never consents. From then on the event says the other value, at its own time: what it moved is
//! taken back, and what it now moves is posted, both under the index of the act that settled it. Of several corrections of one
//! field the one that was settled last counts.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::event::{Event, Recorded};
use super::kind::{Class, Kind, PayloadError, Statement};
use super::payload::statement::CorrectedValue;
use crate::catalogue::Uscc;
use crate::id::CorrectionId;
use crate::ledger::EventId;

/// Most corrections of one event, whatever became of them: whoever folds the event again reads them all.
pub const MAX_CORRECTIONS: usize = 64;

/// Members of a quantity that tell how its mass was found: they belong to the signed mass and go with it.
const WRITTEN: [&str; 4] = ["written", "unit", "gross_g", "tare_g"];

/// Where a correction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The authority asks for it; nobody has proposed a value.
    Requested,
    /// It waits for those who signed.
    Proposed,
    /// One of them refused.
    Refused,
    /// It counts, unless a later one is about the same field.
    InForce,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 4] = [Self::Requested, Self::Proposed, Self::Refused, Self::InForce];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Proposed => "proposed",
            Self::Refused => "refused",
            Self::InForce => "in-force",
        }
    }

    /// The Chinese name on pages.
    pub fn name_zh(self) -> &'static str {
        match self {
            Self::Requested => "已要求更正",
            Self::Proposed => "待同意",
            Self::Refused => "未获同意",
            Self::InForce => "已更正",
        }
    }
}

/// Who did something about a correction, and by which event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// The party.
    pub party: Uscc,
    /// The event.
    pub event: EventId,
    /// Its log index.
    pub index: u64,
}

impl Said {
    /// Who said this.
    pub fn of(act: &Recorded) -> Self {
        Self { party: act.event.party, event: act.id, index: act.index }
    }
}

/// One correction, as the acts about it leave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorrectionState {
    /// Names it.
    pub correction: CorrectionId,
    /// The event it is about.
    pub event: EventId,
    /// JSON pointer (RFC 6901) of the field in that event's payload.
    pub pointer: String,
    /// What the field said when the value was proposed; `None` while it is only asked for.
    pub was: Option<Value>,
    /// What it should have been; `None` while it is only asked for.
    pub value: Option<CorrectedValue>,
    /// Why, in the words of whoever proposed, ordered or asked for it.
    pub reason: String,
    /// Which authority asked for it first.
    pub requested: Option<Said>,
    /// Who proposed or ordered the value.
    pub proposed: Option<Said>,
    /// True when the authority ordered it.
    pub is_ordered: bool,
    /// Who has still to agree, sorted.
    pub waits_for: Vec<Uscc>,
    /// Who agreed.
    pub agreed: Vec<Said>,
    /// Who refused, and why.
    pub refused: Option<(Said, Option<String>)>,
    /// Log index of the act that put it in force.
    pub settled_index: Option<u64>,
}

impl CorrectionState {
    /// Where it stands.
    pub fn stage(&self) -> Stage {
        match (self.settled_index, &self.refused, &self.value) {
            (Some(_), _, _) => Stage::InForce,
            (None, Some(_), _) => Stage::Refused,
            (None, None, Some(_)) => Stage::Proposed,
            (None, None, None) => Stage::Requested,
        }
    }

    /// Log index of the first act about it.
    pub fn first_index(&self) -> u64 {
        self.requested.as_ref().or(self.proposed.as_ref()).map_or(0, |said| said.index)
    }

    /// Log indexes of the acts about it.
    pub fn indexes(&self) -> Vec<u64> {
        let refused = self.refused.as_ref().map(|(said, _)| said);
        let said = [self.requested.as_ref(), self.proposed.as_ref(), refused].into_iter().flatten();
        said.chain(&self.agreed).map(|said| said.index).collect()
    }

    /// Everybody it concerns: who asked, proposed, ordered, agreed, refused, or has still to answer.
    pub fn parties(&self) -> BTreeSet<Uscc> {
        let refused = self.refused.as_ref().map(|(said, _)| said);
        let said = [self.requested.as_ref(), self.proposed.as_ref(), refused].into_iter().flatten();
        said.chain(&self.agreed).map(|said| said.party).chain(self.waits_for.iter().copied()).collect()
    }
}

/// The correction that a statement is about, where it is about one.
pub fn named_by(statement: &Statement) -> Option<CorrectionId> {
    match statement {
        Statement::CorrectionProposed(s) | Statement::CorrectionOrdered(s) => Some(s.correction),
        Statement::CorrectionAgreed(s) | Statement::CorrectionRefused(s) => Some(s.correction),
        Statement::CorrectionRequested(s) => Some(s.correction),
        _ => None,
    }
}

/// The event that a correction names itself; an answer names the correction only.
pub fn event_named_by(statement: &Statement) -> Option<EventId> {
    match statement {
        Statement::CorrectionProposed(s) | Statement::CorrectionOrdered(s) => Some(s.event),
        Statement::CorrectionRequested(s) => Some(s.event),
        _ => None,
    }
}

/// Why a field cannot be corrected so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotCorrectable {
    /// Only facts are corrected; declarations are amended or undone by kinds of their own.
    NotAFact,
    /// The event has no such field, or not one that can be corrected.
    NoSuchField,
    /// The field holds something else than the value does.
    OtherField,
    /// It says so already.
    Unchanged,
    /// The event would not be one any more; the fault is that of the event so corrected.
    Malformed(PayloadError),
}

/// What an event would say with another value at a pointer, and what it says there now.
pub fn apply(event: &Event, pointer: &str, value: &CorrectedValue) -> Result<(Event, Value), NotCorrectable> {
    if event.kind().class() != Class::Fact || event.kind() == Kind::DocumentImported {
        return Err(NotCorrectable::NotAFact);
    }
    let (parent, member) = pointer.rsplit_once('/').ok_or(NotCorrectable::NoSuchField)?;
    let is_in_data = pointer.starts_with("/data/");
    let fits = match (member, value) {
        ("mass_g", CorrectedValue::MassG(_)) | ("code", CorrectedValue::Code(_)) => is_in_data,
        ("containers" | "missing" | "extra", CorrectedValue::Containers(_)) => is_in_data,
        ("vehicle", CorrectedValue::Vehicle(_)) | ("at", CorrectedValue::Time(_)) => is_in_data,
        ("occurred_at", CorrectedValue::Time(_)) => parent.is_empty(),
        ("mass_g" | "code" | "containers" | "missing" | "extra" | "vehicle" | "at", _) if is_in_data => {
            return Err(NotCorrectable::OtherField);
        }
        ("occurred_at", _) if parent.is_empty() => return Err(NotCorrectable::OtherField),
        _ => return Err(NotCorrectable::NoSuchField),
    };
    let mut json = event.to_json();
    let holder = json.pointer_mut(parent).and_then(Value::as_object_mut).filter(|_| fits);
    let holder = holder.ok_or(NotCorrectable::NoSuchField)?;
    let field = holder.get_mut(member).ok_or(NotCorrectable::NoSuchField)?;
    let was = std::mem::replace(field, plain(value));
    if was == *field {
        return Err(NotCorrectable::Unchanged);
    }
    if member == "mass_g" {
        WRITTEN.iter().for_each(|told| drop(holder.remove(*told)));
    }
    let corrected = Event::parse(json.to_string().as_bytes()).map_err(NotCorrectable::Malformed)?;
    Ok((corrected, was))
}

/// The value as the field holds it.
fn plain(value: &CorrectedValue) -> Value {
    match value {
        CorrectedValue::MassG(mass_g) => serde_json::json!(mass_g),
        CorrectedValue::Code(code) => serde_json::json!(code),
        CorrectedValue::Containers(containers) => serde_json::json!(containers),
        CorrectedValue::Vehicle(plate) => serde_json::json!(plate),
        CorrectedValue::Time(at) => serde_json::json!(at),
    }
}

impl Recorded {
    /// The same event as a correction leaves it; what was signed is kept beside it.
    pub fn corrected(&self, event: Event) -> Self {
        let signed = self.signed.clone().unwrap_or_else(|| Box::new(self.event.clone()));
        Self { event, signed: Some(signed), ..self.clone() }
    }

    /// The event with those of these corrections in force that are about it, in the order in which they were settled. One that does
    /// not fit any more is left out: it was checked when it was settled.
    pub fn corrected_by(self, corrections: &[CorrectionState]) -> Self {
        let own = corrections.iter().filter(|state| state.event == self.id);
        let mut in_force: Vec<_> = own.filter(|state| state.settled_index.is_some()).collect();
        in_force.sort_by_key(|state| state.settled_index);
        let mut recorded = self;
        for state in in_force {
            let Some(value) = &state.value else { continue };
            if let Ok((event, _)) = apply(&recorded.event, &state.pointer, value) {
                recorded = recorded.corrected(event);
            }
        }
        recorded
    }

    /// The event as it was signed.
    pub fn as_signed(&self) -> &Event {
        self.signed.as_deref().unwrap_or(&self.event)
    }
}
