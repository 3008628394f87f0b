//! Folding what is said of findings, and the acts about cases.

use super::{Books, Outcome};
use crate::catalogue::Division;
use crate::custody::answer::{Answer, AnswerKind, FindingAnswers, Quoted, Stated, answered_by};
use crate::custody::case::{Assigned, CaseState, case_of};
use crate::custody::event::Recorded;
use crate::custody::finding::{FindingStep, StepKind};
use crate::custody::kind::Statement;
use crate::custody::payload::oversight::{CaseOpened, CaseSource};
use crate::custody::rules::severity_of;
use crate::custody::shelf::{Life, Standing};
use crate::custody::subject::Subject;
use crate::id::{CaseId, FindingId, ManifestId};

impl Books {
    /// A finding at hand, wherever it stands. What is looked through is what a batch has at hand.
    pub fn standing(&self, id: &FindingId) -> Option<&Standing> {
        let on_manifest = || self.manifests.values().find_map(|shelf| shelf.findings.all().get(id));
        let on_lot = || self.lots.values().find_map(|shelf| shelf.findings.all().get(id));
        let on_label = || self.labels.values().find_map(|shelf| shelf.findings.all().get(id));
        let on_tally = || self.tallies.values().find_map(|tally| tally.shelf.findings.all().get(id));
        let on_watch = || self.watches.values().find_map(|watch| watch.shelf.findings.all().get(id));
        let on_sum = || on_tally().or_else(on_watch);
        self.alone.get(id).or_else(on_manifest).or_else(on_lot).or_else(on_label).or_else(on_sum)
    }

    /// Put a finding at hand that stands on no shelf.
    pub fn put_standing(&mut self, id: FindingId, standing: Standing) {
        self.alone.insert(id, standing);
    }

    /// What was said of a finding, as far as it is at hand.
    pub fn answers(&self, finding: &FindingId) -> Option<&FindingAnswers> {
        self.answers.get(finding)
    }

    /// Put at hand what was said of a finding.
    pub fn put_answers(&mut self, answers: FindingAnswers) {
        self.answers.insert(answers.finding, answers);
    }

    /// True when something that is at hand was said of a finding on the manifest.
    pub(in crate::custody) fn is_answered(&self, manifest: ManifestId) -> bool {
        self.answers.values().any(|answers| answers.subject == Subject::Manifest(manifest))
    }

    /// A case at hand.
    pub fn case(&self, id: &CaseId) -> Option<&CaseState> {
        self.cases.get(id)
    }

    /// Put a case at hand.
    pub fn put_case(&mut self, case: CaseState) {
        self.cases.insert(case.case, case);
    }

    /// What an entry did to findings that stand on no shelf.
    pub(super) fn follow_alone(&mut self, steps: &[FindingStep]) {
        for step in steps {
            let Some(standing) = self.alone.get_mut(&step.finding) else { continue };
            standing.life = if step.step == StepKind::Closed { Life::Closed } else { Life::Open };
            standing.seen = step.seen.clone();
        }
    }

    /// Fold an answer to a finding, or a case that is opened from some.
    pub(super) fn fold_answer(&mut self, act: &Recorded, outcome: &mut Outcome) {
        if !act.verdict.moves() {
            return;
        }
        for finding in answered_by(&act.event.statement) {
            let Some(standing) = self.standing(finding) else { continue };
            let (subject, figures) = (standing.seen.subject, &standing.seen.figures);
            let (kind, stated) = match &act.event.statement {
                Statement::FindingExplained(s) => {
                    (AnswerKind::Explained, Stated::of(act, &s.text, &s.attachments))
                }
                Statement::FindingUpheld(s) => (AnswerKind::Upheld, Stated::of(act, &s.text, &s.attachments)),
                Statement::FindingClosed(s) => {
                    let figures = s.quoted().unwrap_or_else(|| figures.clone());
                    let severity =
                        severity_of(&standing.seen.rule, standing.seen.severity_at(act.recorded_at));
                    (
                        AnswerKind::Closed(Quoted { figures, severity }),
                        Stated::of(act, &s.text, &s.attachments),
                    )
                }
                Statement::CaseOpened(s) => (AnswerKind::Case(s.case), Stated::of(act, &s.text, &[])),
                _ => return,
            };
            let none = || FindingAnswers::none(*finding, subject);
            let answers = self.answers.entry(*finding).or_insert_with(none);
            answers.answers.push(Answer { kind, stated });
            outcome.answers.push(answers.clone());
        }
    }

    /// Fold an act about a case.
    pub(super) fn fold_case(&mut self, act: &Recorded, outcome: &mut Outcome) {
        let Some(id) = case_of(&act.event.statement).filter(|_| act.verdict.moves()) else { return };
        let known = self.cases.get(&id).cloned();
        let case = match (&act.event.statement, known) {
            (Statement::CaseOpened(s), None) => self.opened_case(s, act),
            (Statement::CaseAssigned(s), Some(mut case)) => {
                case.owner = s.to;
                case.assigned.push(Assigned { to: s.to, by: act.kid, index: act.index });
                case
            }
            (Statement::CaseAnswered(s), Some(mut case)) => {
                case.answers.push(Stated::of(act, &s.text, &s.attachments));
                case
            }
            (Statement::CaseClosed(s), Some(mut case)) => {
                case.closed.get_or_insert_with(|| Stated::of(act, &s.text, &[]));
                case
            }
            _ => return,
        };
        outcome.cases.push(case.clone());
        self.put_case(case);
    }

    fn opened_case(&self, s: &CaseOpened, act: &Recorded) -> CaseState {
        let implied = if s.findings.is_empty() { CaseSource::Other } else { CaseSource::Finding };
        CaseState {
            case: s.case,
            party: s.party,
            division: self.division_of_case(s),
            source: s.source.unwrap_or(implied),
            site: s.site,
            manifest: s.manifest,
            findings: s.findings.to_vec(),
            due: s.due,
            opened: Stated::of(act, &s.text, &[]),
            owner: act.kid,
            assigned: Vec::new(),
            answers: Vec::new(),
            closed: None,
        }
    }

    /// Division of the site that a new case is about, else of the party.
    pub(in crate::custody) fn division_of_case(&self, s: &CaseOpened) -> Option<Division> {
        let site = s.site.and_then(|site| self.registry.site(&site)).map(|site| site.division);
        site.or_else(|| self.registry.party(&s.party).map(|party| party.division))
    }
}
