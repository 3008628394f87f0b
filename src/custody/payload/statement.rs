//! Acts about statements: corrections, reaffirming and disavowing.

use serde::{Deserialize, Serialize};

use crate::catalogue::WasteCode;
use crate::clock::Timestamp;
use crate::id::{ContainerId, CorrectionId};
use crate::ledger::EventId;
use crate::shape::{Grams, List, Plate, Text};

/// The value a field should have had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum CorrectedValue {
    /// A mass in grams.
    MassG(Grams),
    /// A waste code.
    Code(WasteCode),
    /// A container list.
    Containers(List<ContainerId, 0, 1024>),
    /// A vehicle.
    Vehicle(Plate),
    /// A time.
    Time(Timestamp),
}

/// `correction.proposed` and `correction.ordered` (更正).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// Names the correction.
    pub correction: CorrectionId,
    /// The event it corrects.
    pub event: EventId,
    /// JSON pointer (RFC 6901) of the field in that event's payload.
    pub pointer: Text<200>,
    /// What it should have been.
    pub value: CorrectedValue,
    /// Why.
    pub reason: Text<500>,
}

/// `correction.agreed` and `correction.refused`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorrectionAnswered {
    /// The correction.
    pub correction: CorrectionId,
    /// Why, when it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<500>>,
}

/// `event.reaffirmed` (重新确认) and `event.disavowed` (声明作废).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AboutEvent {
    /// The party's own earlier event.
    pub event: EventId,
    /// Why.
    pub reason: Text<500>,
}
