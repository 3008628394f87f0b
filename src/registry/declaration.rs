//! Declarations to the authority (申报): filed for a period of a site, then returned with reasons or accepted.
//!
//! A declaration's id names one filing. What was returned is filed anew under another id, so that a decision is always about
//! exactly the figures that its officer saw.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::standing::{DeclarationFiled, FieldReason};
use crate::catalogue::{DeclarationPeriod, Uscc};
use crate::clock::Timestamp;
use crate::id::{SiteId, derived};
use crate::ledger::EventId;

/// What a declaration is for: one period of one site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot {
    /// The site.
    pub site: SiteId,
    /// Length of the period.
    pub period: DeclarationPeriod,
    /// First day of the period.
    pub from: NaiveDate,
}

impl Slot {
    /// Last day of the period.
    pub fn last_day(&self) -> NaiveDate {
        self.period.last_day(self.from)
    }

    /// A key of fixed size, derived from the slot.
    pub fn key(&self) -> Uuid {
        let (site, from) = (self.site.as_uuid(), self.from.to_string());
        derived(&[b"liandan/slot/v1", site.as_bytes(), self.period.name().as_bytes(), from.as_bytes()])
    }
}

/// What the authority made of a filing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// It was sent back, with a reason per field.
    Returned {
        /// The event that says so.
        event: EventId,
        /// When it was recorded.
        at: Timestamp,
        /// Pointers into the payload of the filing, each with its reason.
        reasons: Vec<FieldReason>,
    },
    /// It was accepted.
    Accepted {
        /// The event that says so.
        event: EventId,
        /// When it was recorded.
        at: Timestamp,
    },
}

/// How a filing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FilingState {
    /// Filed, and not decided.
    Filed,
    /// Sent back.
    Returned,
    /// Accepted.
    Accepted,
}

impl FilingState {
    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Returned => "returned",
            Self::Accepted => "accepted",
        }
    }
}

/// One filing, as folded from the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclarationRecord {
    /// What was filed.
    pub filed: DeclarationFiled,
    /// The party that filed it.
    pub party: Uscc,
    /// The event that filed it.
    pub event: EventId,
    /// When it was recorded.
    pub at: Timestamp,
    /// Its log index.
    pub index: u64,
    /// What the authority made of it; `None` before it decided.
    pub decision: Option<Decision>,
}

impl DeclarationRecord {
    /// What it is for.
    pub fn slot(&self) -> Slot {
        Slot { site: self.filed.site, period: self.filed.period, from: self.filed.from }
    }

    /// How it stands.
    pub fn state(&self) -> FilingState {
        match self.decision {
            None => FilingState::Filed,
            Some(Decision::Returned { .. }) => FilingState::Returned,
            Some(Decision::Accepted { .. }) => FilingState::Accepted,
        }
    }

    /// The reasons it was sent back for; none unless it was.
    pub fn reasons(&self) -> &[FieldReason] {
        match &self.decision {
            Some(Decision::Returned { reasons, .. }) => reasons,
            _ => &[],
        }
    }
}
