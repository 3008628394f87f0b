//! What people say of a finding (说明、结案、认定): explanations of the parties it concerns, decisions of officers.
//!
//! What the rules say is never edited; the answers stand beside it. A closing holds for no more than it quotes: while the figures are
//! worse than those, or it matters more by now, the finding counts as open again. A finding that was upheld stays upheld until it is closed.

use serde::{Deserialize, Serialize};

use super::event::Recorded;
use super::finding::Figures;
use super::kind::Statement;
use super::subject::Subject;
use crate::catalogue::{Severity, Uscc};
use crate::clock::Timestamp;
use crate::id::{CaseId, FindingId};
use crate::ledger::{Digest, EventId, Kid};

/// Most explanations of one finding.
pub const MAX_EXPLANATIONS: usize = 32;
/// How often officers may decide on one finding, or open a case from it.
pub const MAX_DECISIONS: usize = 64;

/// Where a finding stands by what people said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Nobody answered it, or it is worse than when it was closed.
    Open,
    /// A party it concerns explained it; no officer has decided.
    Explained,
    /// An officer closed it (结案).
    Closed,
    /// An officer upheld it (认定问题).
    Upheld,
}

impl Stage {
    /// Every stage.
    pub const ALL: [Self; 4] = [Self::Open, Self::Explained, Self::Closed, Self::Upheld];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Explained => "explained",
            Self::Closed => "closed",
            Self::Upheld => "upheld",
        }
    }

    /// The stage with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.name() == name)
    }
}

/// What somebody stated in words, and by which event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stated {
    /// The party.
    pub party: Uscc,
    /// The key that signed.
    pub kid: Kid,
    /// The event.
    pub event: EventId,
    /// Its log index.
    pub index: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// In words.
    pub text: String,
    /// Digests of photos and papers.
    pub attachments: Vec<Digest>,
}

impl Stated {
    /// What an act states.
    pub(super) fn of(act: &Recorded, text: &str, attachments: &[Digest]) -> Self {
        Self {
            party: act.event.party,
            kid: act.kid,
            event: act.id,
            index: act.index,
            at: act.recorded_at,
            text: text.to_owned(),
            attachments: attachments.to_vec(),
        }
    }
}

/// What a finding was closed for; worse is a larger main figure, or to matter more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quoted {
    /// The figures that the officer saw.
    pub figures: Figures,
    /// How much it mattered then.
    pub severity: Severity,
}

/// What an answer does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerKind {
    /// A party it concerns explains it.
    Explained,
    /// An officer closes it for nothing worse than this.
    Closed(Quoted),
    /// An officer upholds it.
    Upheld,
    /// An officer opens a case from it, and others it may be; the finding stays as it stands.
    Case(CaseId),
}

impl AnswerKind {
    /// True for what decides where a finding stands.
    fn decides(&self) -> bool {
        matches!(self, Self::Closed(_) | Self::Upheld)
    }

    /// The kebab-case name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Explained => "explained",
            Self::Closed(_) => "closed",
            Self::Upheld => "upheld",
            Self::Case(_) => "case",
        }
    }
}

/// One answer to a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What it does.
    pub kind: AnswerKind,
    /// Who said it, and how.
    pub stated: Stated,
}

impl Answer {
    /// The case that it opens, where it opens one.
    pub fn opens(&self) -> Option<CaseId> {
        if let AnswerKind::Case(case) = self.kind { Some(case) } else { None }
    }
}

/// All that was said of one finding, in log order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingAnswers {
    /// The finding.
    pub finding: FindingId,
    /// What the finding is about.
    pub subject: Subject,
    /// The answers; at least one.
    pub answers: Vec<Answer>,
}

impl FindingAnswers {
    /// No answers yet.
    pub(super) fn none(finding: FindingId, subject: Subject) -> Self {
        Self { finding, subject, answers: Vec::new() }
    }

    /// The last decision of an officer.
    pub fn decision(&self) -> Option<&Answer> {
        self.answers.iter().rev().find(|answer| answer.kind.decides())
    }

    /// Where the finding stands while it is no worse than when it was closed.
    pub fn stage(&self) -> Stage {
        match self.decision().map(|decision| &decision.kind) {
            Some(AnswerKind::Closed(_)) => Stage::Closed,
            Some(AnswerKind::Upheld) => Stage::Upheld,
            _ => self.undecided(),
        }
    }

    /// Where it stands once its closing holds no more: explained where that was said after the last decision.
    pub fn undecided(&self) -> Stage {
        let mut said = self.answers.iter().filter(|answer| !matches!(answer.kind, AnswerKind::Case(_)));
        let is_explained = said.next_back().is_some_and(|last| last.kind == AnswerKind::Explained);
        if is_explained { Stage::Explained } else { Stage::Open }
    }

    /// What it was closed for; `None` where it is not closed.
    pub fn quoted(&self) -> Option<&Quoted> {
        match &self.decision()?.kind {
            AnswerKind::Closed(quoted) => Some(quoted),
            _ => None,
        }
    }

    /// Where the finding stands with these figures, mattering this much.
    pub fn stage_with(&self, figures: &Figures, severity: Severity) -> Stage {
        let is_worse = self
            .quoted()
            .is_some_and(|quoted| figures.gauge() > quoted.figures.gauge() || severity > quoted.severity);
        if is_worse { self.undecided() } else { self.stage() }
    }

    /// How many explanations there are, and how many acts of officers.
    pub fn counts(&self) -> (usize, usize) {
        let explanations = self.answers.iter().filter(|answer| answer.kind == AnswerKind::Explained).count();
        (explanations, self.answers.len() - explanations)
    }
}

/// The findings that a statement answers, or opens a case from.
pub fn answered_by(statement: &Statement) -> &[FindingId] {
    match statement {
        Statement::FindingExplained(s) | Statement::FindingUpheld(s) => std::slice::from_ref(&s.finding),
        Statement::FindingClosed(s) => std::slice::from_ref(&s.finding),
        Statement::CaseOpened(s) => &s.findings,
        _ => &[],
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn answered(kinds: &[AnswerKind]) -> FindingAnswers {
        let subject = Subject::Party(Uscc::with_check("91371300MA3C00001").unwrap());
        let Subject::Party(party) = subject else { unreachable!() };
        let stated = |n: usize| Stated {
            party,
            kid: Kid::from_bytes([1; 32]),
            event: EventId::from_bytes([2; 32]),
            index: n as u64,
            at: Timestamp::from_millis(5),
            text: "why".to_owned(),
            attachments: Vec::new(),
        };
        let answers = kinds.iter().enumerate();
        let answers = answers.map(|(n, kind)| Answer { kind: kind.clone(), stated: stated(n) }).collect();
        FindingAnswers { finding: FindingId::from_uuid(crate::id::derived(&[b"x"])), subject, answers }
    }

    fn off(grams: i64) -> Figures {
        Figures::none().with("difference_g", grams)
    }

    fn closed_for(figures: Figures) -> AnswerKind {
        AnswerKind::Closed(Quoted { figures, severity: Severity::Minor })
    }

    /// Where it stands when nothing but figures may have changed.
    fn stage_with(answers: &FindingAnswers, figures: &Figures) -> Stage {
        answers.stage_with(figures, Severity::Minor)
    }

    #[test]
    fn a_closing_holds_for_no_worse_than_it_quotes() {
        let closed = answered(&[AnswerKind::Explained, closed_for(off(-80_000))]);
        for (grams, stage) in [
            (-80_000, Stage::Closed),
            (80_000, Stage::Closed),
            (-79_999, Stage::Closed),
            (-80_001, Stage::Open),
            (80_001, Stage::Open),
        ] {
            assert_eq!(stage_with(&closed, &off(grams)), stage, "{grams}");
        }
        let again = answered(&[closed_for(off(5)), AnswerKind::Explained]);
        assert_eq!(
            [stage_with(&again, &off(5)), stage_with(&again, &off(6))],
            [Stage::Closed, Stage::Explained]
        );
    }

    #[test]
    fn a_closing_holds_for_what_matters_no_more_than_it_did() {
        let closed = answered(&[closed_for(off(5))]);
        let stages =
            [Severity::Notice, Severity::Minor, Severity::Major].map(|s| closed.stage_with(&off(5), s));
        assert_eq!(stages, [Stage::Closed, Stage::Closed, Stage::Open]);
    }

    #[test]
    fn the_last_decision_counts() {
        let upheld = answered(&[closed_for(off(5)), AnswerKind::Upheld, AnswerKind::Explained]);
        assert_eq!((stage_with(&upheld, &off(900)), upheld.quoted()), (Stage::Upheld, None));
        assert_eq!(upheld.counts(), (1, 2));
        assert_eq!(stage_with(&answered(&[AnswerKind::Explained]), &off(0)), Stage::Explained);
    }

    #[test]
    fn what_has_no_main_figure_never_gets_worse() {
        let closed = answered(&[closed_for(Figures::none().with("limit_g", 5))]);
        assert_eq!(stage_with(&closed, &Figures::none().with("limit_g", 900)), Stage::Closed);
    }
}
