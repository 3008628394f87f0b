//! Findings (预警 while open, 问题 when upheld): what a rule sees, how it is named, how it opens and closes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::subject::Subject;
pub use crate::catalogue::Severity;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::id::{FindingId, derived};
use crate::ledger::EventId;

/// One figure a rule compared: a number with its unit in the name, or a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Figure {
    /// A number; the name of the figure ends in its unit.
    Number(i64),
    /// A name, code or place.
    Text(String),
}

impl From<i64> for Figure {
    fn from(value: i64) -> Self {
        Self::Number(value)
    }
}

impl From<String> for Figure {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&str> for Figure {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

/// The figures a rule compared, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Figures(pub BTreeMap<String, Figure>);

impl Figures {
    /// No figures.
    pub fn none() -> Self {
        Self::default()
    }

    /// These figures and one more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Figure>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// A number by its name.
    pub fn number(&self, name: &str) -> Option<i64> {
        if let Some(Figure::Number(value)) = self.0.get(name) { Some(*value) } else { None }
    }

    /// A text by its name.
    pub fn text(&self, name: &str) -> Option<&str> {
        if let Some(Figure::Text(value)) = self.0.get(name) { Some(value) } else { None }
    }
}

/// Most events that are kept as evidence where any number of them may prove something.
pub const MAX_EVIDENCE: usize = 16;

/// Names of main figures: of those that a finding has, the first tells how bad it is.
const MAIN: [&str; 29] = [
    "excess_g",
    "over_g",
    "gained_g",
    "unproven_g",
    "difference_g",
    "late_hours",
    "late_days",
    "stored_days",
    "off_minutes",
    "missing_count",
    "extra_count",
    "containers",
    "treated_g",
    "taken_g",
    "stored_g",
    "held_g",
    "open_g",
    "carried_g",
    "loaded_g",
    "taken_out_g",
    "shipped_g",
    "burnt_g",
    "behind_minutes",
    "both_minutes",
    "detour_m",
    "silent_minutes",
    "sent_g",
    "load_g",
    "way_m",
];

impl Figures {
    /// How bad it is: the amount of the main figure, of either sign, in its unit; 0 for a finding that has none and so never gets
    /// worse. Of two states of one finding the one with the larger gauge is the worse.
    pub fn gauge(&self) -> i64 {
        let main = MAIN.iter().find_map(|name| self.number(name));
        main.map_or(0, i64::saturating_abs)
    }
}

/// What a rule sees in a state: a finding, at once or from a due time on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Rule id.
    pub rule: String,
    /// What it is about.
    pub subject: Subject,
    /// Tells findings of one rule on one subject apart: an anchor event, a line, a party. No figure, no version.
    pub discriminator: String,
    /// The parties it concerns: who must answer, who sees it.
    pub concerns: Vec<Uscc>,
    /// What was compared.
    pub figures: Figures,
    /// The events that prove it.
    pub evidence: Vec<EventId>,
    /// How much this one matters, where its figures tell; else as much as its rule does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// `None`: true now. Else an obligation: true from this moment on, unless it is met before.
    pub due: Option<Timestamp>,
    /// When it will matter more than [`Observation::severity`] says, in order of time. Only what is still to come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rises: Vec<Rise>,
}

/// From a moment on a finding matters more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rise {
    /// The moment.
    pub at: Timestamp,
    /// How much it matters from then on.
    pub severity: Severity,
}

impl Observation {
    /// The finding's name: a hash of rule, subject and discriminator, so that explanations survive a refold.
    pub fn id(&self) -> FindingId {
        let parts = [
            "liandan/finding/v1",
            &self.rule,
            self.subject.kind_name(),
            &self.subject.key(),
            &self.discriminator,
        ];
        FindingId::from_uuid(derived(&parts.map(str::as_bytes)))
    }

    /// How much it matters at `now`, where that is more or less than its rule says.
    pub fn severity_at(&self, now: Timestamp) -> Option<Severity> {
        let risen = self.rises.iter().take_while(|rise| rise.at <= now).last();
        risen.map_or(self.severity, |rise| Some(rise.severity))
    }

    /// True when it is a finding at `now`.
    pub fn is_open_at(&self, now: Timestamp) -> bool {
        self.due.is_none_or(|due| due <= now)
    }

    /// Let it rise once, if the moment for that has come by `now`; gives that moment.
    pub fn rise(&mut self, now: Timestamp) -> Option<Timestamp> {
        let rise = *self.rises.first().filter(|rise| rise.at <= now)?;
        self.rises.remove(0);
        self.severity = Some(rise.severity);
        Some(rise.at)
    }
}

/// What happened to a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// It was seen, or its due time passed.
    Opened,
    /// Its figures or evidence changed, or it rose.
    Revised,
    /// What raised it is no longer so.
    Closed,
}

impl StepKind {
    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Revised => "revised",
            Self::Closed => "closed",
        }
    }

    /// The step with this name; whatever is not known counts as a revision.
    pub fn named(name: &str) -> Self {
        [Self::Opened, Self::Closed].into_iter().find(|step| step.name() == name).unwrap_or(Self::Revised)
    }
}

/// One step in the life of a finding, with what was seen at that time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingStep {
    /// The finding.
    pub finding: FindingId,
    /// Number of the step, from 0.
    pub n: u32,
    /// Opened, revised or closed.
    pub step: StepKind,
    /// When; an obligation opens at its due time, whenever that was noticed.
    pub at: Timestamp,
    /// Log index that caused it; `None` when only time passed.
    pub index: Option<u64>,
    /// What was seen (for `Closed`: last).
    pub seen: Observation,
}
