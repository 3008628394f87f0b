//! Applications for an interprovincial transfer (跨省转移申请): the stages they go through, and until when the next one is due.

use serde::{Deserialize, Serialize};

use super::paper::{Paper, Written};
use crate::catalogue::{Calendar, Deadline, Profile};
use crate::clock::Timestamp;
use crate::registry::standing::Advance;

/// How far an application got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Asked for (已申请).
    Filed,
    /// Incomplete: to be asked for anew (补正).
    Returned,
    /// Taken up (受理).
    Accepted,
    /// The receiving place is asked (商请).
    Inquired,
    /// The receiving place agrees (接受地同意).
    Consented,
    /// The receiving place does not agree (接受地不同意).
    Objected,
    /// Decided: no (不予批准).
    Refused,
    /// Decided: yes (批准).
    Granted,
}

impl From<Advance> for Stage {
    fn from(advance: Advance) -> Self {
        match advance {
            Advance::Returned => Self::Returned,
            Advance::Accepted => Self::Accepted,
            Advance::Inquired => Self::Inquired,
            Advance::Consented => Self::Consented,
            Advance::Objected => Self::Objected,
            Advance::Refused => Self::Refused,
        }
    }
}

impl Stage {
    /// Every stage, in the order of the procedure.
    pub const ALL: [Stage; 8] = [
        Self::Filed,
        Self::Returned,
        Self::Accepted,
        Self::Inquired,
        Self::Consented,
        Self::Objected,
        Self::Refused,
        Self::Granted,
    ];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filed => "filed",
            Self::Returned => "returned",
            Self::Accepted => "accepted",
            Self::Inquired => "inquired",
            Self::Consented => "consented",
            Self::Objected => "objected",
            Self::Refused => "refused",
            Self::Granted => "granted",
        }
    }

    /// True where the next stage may follow. Nobody need take an application up expressly: silence does. Without the consent of the
    /// receiving place it can only be refused.
    pub fn may_become(self, next: Stage) -> bool {
        use Stage::*;
        matches!(
            (self, next),
            (Filed, Returned | Accepted | Inquired | Refused)
                | (Accepted, Inquired | Refused)
                | (Inquired, Consented | Objected)
                | (Consented, Granted | Refused)
                | (Objected, Refused)
        )
    }

    /// True where nothing more becomes of it.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Returned | Self::Refused | Self::Granted)
    }

    /// True where the authority of the receiving place answers.
    pub fn is_answer(self) -> bool {
        matches!(self, Self::Consented | Self::Objected)
    }

    /// True where it must be said why.
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::Returned | Self::Objected | Self::Refused)
    }

    /// Working days until the next stage; none at an end, and where the profile gives none.
    fn working_days(self, profile: &Profile) -> Option<u32> {
        let terms = profile.approvals()?;
        match self {
            Self::Filed => Some(terms.accept_working_days),
            Self::Accepted => Some(terms.examine_working_days),
            Self::Inquired => Some(terms.answer_working_days),
            Self::Consented | Self::Objected => Some(terms.decide_working_days),
            Self::Returned | Self::Refused | Self::Granted => None,
        }
    }
}

/// One stage that an application reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageStep {
    /// Which.
    pub stage: Stage,
    /// Log index of the event.
    pub index: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// Number of the letter or decision, where one was written.
    pub number: Option<String>,
    /// Why, where it was said.
    pub reason: Option<String>,
}

impl Paper {
    /// How far it got, if it is an application.
    pub fn stage(&self) -> Option<Stage> {
        let is_application = matches!(self.written, Written::Application(_));
        is_application.then(|| self.steps.last().map_or(Stage::Filed, |step| step.stage))
    }

    /// The last day on which the next stage is in time, if it is an application that goes on: provisional beyond the known calendar.
    pub fn next_stage_due(&self, profile: &Profile) -> Option<Deadline> {
        let days = self.stage()?.working_days(profile)?;
        let since = self.steps.last().map_or(self.recorded_at, |step| step.at);
        Some(Calendar::embedded().add_working_days(profile.local_date(since.as_millis()), days))
    }
}
