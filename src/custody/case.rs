//! Cases (案件、整改): what a party has to answer, by when, and which officer waits for it.
//!
//! A case comes from findings, or an officer opens it by hand. Whether it is due is told when it is read, by the day and the working days
//! of the calendar: history knows acts alone, so no ticker has a part in it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::answer::Stated;
use super::kind::Statement;
use super::payload::oversight::CaseSource;
use crate::catalogue::{Calendar, CaseDays, Division, Uscc};
use crate::id::{CaseId, FindingId, ManifestId, SiteId};
use crate::ledger::Kid;

/// Most answers to one case.
pub const MAX_ANSWERS: usize = 32;
/// How often one case may be assigned.
pub const MAX_ASSIGNMENTS: usize = 64;

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaseStage {
    /// It waits for the party.
    Open,
    /// The party answered; it waits for the officer.
    Answered,
    /// An officer closed it.
    Closed,
}

impl CaseStage {
    /// Every stage.
    pub const ALL: [Self; 3] = [Self::Open, Self::Answered, Self::Closed];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Answered => "answered",
            Self::Closed => "closed",
        }
    }

    /// The stage with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// How a case stands by its date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CaseDue {
    /// It has no date, or it is answered or closed.
    Nothing,
    /// Its date is still far.
    Later,
    /// Its date is near: whoever owes the answer is reminded (催办).
    Soon,
    /// Its date has passed.
    Overdue,
    /// It passed so long ago that the authority above should look at it (升级督办).
    Escalated,
}

impl CaseDue {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Nothing, Self::Later, Self::Soon, Self::Overdue, Self::Escalated];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Later => "later",
            Self::Soon => "soon",
            Self::Overdue => "overdue",
            Self::Escalated => "escalated",
        }
    }
}

/// One assignment of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// The officer's key it was given to.
    pub to: Kid,
    /// Who gave it.
    pub by: Kid,
    /// Log index of the act.
    pub index: u64,
}

/// One case, as the acts about it leave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseState {
    /// Names it.
    pub case: CaseId,
    /// The party that has to answer.
    pub party: Uscc,
    /// Division of its site, else of the party, when it was opened: the authorities over it see the case. `None`: every authority does.
    pub division: Option<Division>,
    /// Where it comes from.
    pub source: CaseSource,
    /// The site it is about.
    pub site: Option<SiteId>,
    /// The manifest it is about.
    pub manifest: Option<ManifestId>,
    /// The findings it comes from.
    pub findings: Vec<FindingId>,
    /// Last day for the answer.
    pub due: Option<NaiveDate>,
    /// Who opened it, and what is to be answered.
    pub opened: Stated,
    /// The key of the officer it lies with.
    pub owner: Kid,
    /// How it went from one officer to another.
    pub assigned: Vec<Assigned>,
    /// What the party answered.
    pub answers: Vec<Stated>,
    /// Who closed it, and how it ended.
    pub closed: Option<Stated>,
}

impl CaseState {
    /// Where it stands.
    pub fn stage(&self) -> CaseStage {
        match (&self.closed, self.answers.is_empty()) {
            (Some(_), _) => CaseStage::Closed,
            (None, false) => CaseStage::Answered,
            (None, true) => CaseStage::Open,
        }
    }

    /// How it stands by its date on a day, and whether the calendar knows the days between for certain.
    pub fn due_on(&self, today: NaiveDate, days: CaseDays) -> (CaseDue, bool) {
        let Some(due) = self.due.filter(|_| self.stage() == CaseStage::Open) else {
            return (CaseDue::Nothing, true);
        };
        let calendar = Calendar::embedded();
        let after = |day: NaiveDate, n: u32| {
            let deadline = calendar.add_working_days(day, n);
            (deadline.date, !deadline.provisional)
        };
        let (near, near_known) = after(today, days.remind_working_days);
        let (late, late_known) = after(due, days.escalate_working_days);
        match () {
            () if late < today => (CaseDue::Escalated, late_known),
            () if due < today => (CaseDue::Overdue, late_known),
            () if due <= near => (CaseDue::Soon, near_known),
            () => (CaseDue::Later, near_known),
        }
    }
}

/// The case that a statement is about, where it is about one.
pub fn case_of(statement: &Statement) -> Option<CaseId> {
    match statement {
        Statement::CaseOpened(s) => Some(s.case),
        Statement::CaseAssigned(s) => Some(s.case),
        Statement::CaseAnswered(s) => Some(s.case),
        Statement::CaseClosed(s) => Some(s.case),
        _ => None,
    }
}
