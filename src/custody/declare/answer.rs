//! Checks of what is said of findings, and of cases: by whom it concerns and by officers of the division, once.

use crate::catalogue::{Division, Uscc};
use crate::custody::admit::{Candidate, Objection};
use crate::custody::answer::{MAX_DECISIONS, MAX_EXPLANATIONS, Stage, answered_by};
use crate::custody::books::Books;
use crate::custody::case::{CaseState, MAX_ANSWERS, MAX_ASSIGNMENTS, case_of};
use crate::custody::finding::Figures;
use crate::custody::kind::Statement;
use crate::custody::payload::oversight::CaseOpened;
use crate::custody::rules::severity_of;
use crate::custody::shelf::Standing;
use crate::custody::subject::Subject;
use crate::id::FindingId;
use crate::ledger::Kid;
use crate::registry::Role;
use crate::registry::key::KeyStanding;

const FINDING: &str = "/data/finding";
const CASE: &str = "/data/case";

impl Books {
    /// Everything that speaks against an answer to a finding.
    pub(super) fn finding_act(&self, candidate: &Candidate, objections: &mut Vec<Objection>) {
        for finding in answered_by(&candidate.event.statement) {
            let is_party = matches!(candidate.event.statement, Statement::FindingExplained(_));
            let known = self.standing(finding).filter(|standing| was_finding(standing, candidate));
            // One that concerns others and none at all are told alike.
            let known = known.filter(|standing| !is_party || concerns(standing, &candidate.event.party));
            let Some(standing) = known else {
                objections.push(unknown_finding(FINDING));
                continue;
            };
            if !is_party {
                objections.extend(self.outside_all(candidate, standing, FINDING));
            }
            objections.extend(self.answer_objection(candidate, finding, standing));
        }
    }

    /// Why a finding cannot be answered so by now.
    fn answer_objection(
        &self,
        candidate: &Candidate,
        finding: &FindingId,
        standing: &Standing,
    ) -> Option<Objection> {
        let answers = self.answers(finding);
        let stage = answers.map_or(Stage::Open, |answers| {
            let severity = standing.seen.severity_at(candidate.recorded_at);
            answers.stage_with(&standing.seen.figures, severity_of(&standing.seen.rule, severity))
        });
        let (explanations, decisions) = answers.map_or((0, 0), |answers| answers.counts());
        let is_over = !standing.is_finding_at(candidate.recorded_at);
        match &candidate.event.statement {
            Statement::FindingUpheld(_) if stage == Stage::Upheld => Some(decided(stage)),
            Statement::FindingUpheld(_) => (decisions >= MAX_DECISIONS).then(|| spent(MAX_DECISIONS)),
            _ if is_over => Some(cleared()),
            _ if stage == Stage::Closed => Some(decided(stage)),
            Statement::FindingExplained(_) => {
                (explanations >= MAX_EXPLANATIONS).then(|| spent(MAX_EXPLANATIONS))
            }
            Statement::FindingClosed(s) => {
                let is_other = |quoted: Figures| quoted != standing.seen.figures;
                let is_spent = || (decisions >= MAX_DECISIONS).then(|| spent(MAX_DECISIONS));
                if s.quoted().is_some_and(is_other) { Some(other_figures()) } else { is_spent() }
            }
            _ => None,
        }
    }

    /// Everything that speaks against an act about a case.
    pub(super) fn case_act(&self, candidate: &Candidate, objections: &mut Vec<Objection>) {
        if let Statement::CaseOpened(s) = &candidate.event.statement {
            return self.case_opening(candidate, s, objections);
        }
        let Some(id) = case_of(&candidate.event.statement) else { return };
        let is_answer = matches!(candidate.event.statement, Statement::CaseAnswered(_));
        let known = self.case(&id).filter(|case| !is_answer || case.party == candidate.event.party);
        let Some(case) = known else {
            objections.push(Objection::new(
                "case-unknown",
                CASE,
                "没有这个案件",
                "there is no case of this id",
            ));
            return;
        };
        if !is_answer {
            objections.extend(self.outside(candidate, case.division, CASE));
        }
        if case.closed.is_some() {
            objections.push(Objection::new("case-closed", CASE, "该案件已结案", "this case is closed"));
        }
        objections.extend(self.case_spent(candidate, case));
        if let Statement::CaseAssigned(s) = &candidate.event.statement {
            objections.extend(self.no_officer(candidate, &s.to, case.division));
        }
    }

    fn case_opening(&self, candidate: &Candidate, s: &CaseOpened, objections: &mut Vec<Objection>) {
        if self.case(&s.case).is_some() {
            objections.push(super::taken(CASE));
        }
        self.known_party(&s.party, "/data/party", objections);
        objections.extend(self.outside(candidate, self.division_of_case(s), "/data/party"));
        if let Some(site) = &s.site
            && self.registry.site(site).is_none_or(|record| record.party != s.party)
        {
            objections.push(Objection::new(
                "site-of-another",
                "/data/site",
                "该单位没有这个场所",
                "the party has no such site",
            ));
        }
        let today = self.rulebook.profile.local_date(candidate.recorded_at.as_millis());
        if s.due.is_some_and(|due| due < today) {
            objections.push(Objection::new(
                "due-past",
                "/data/due",
                "答复期限已过",
                "the day by which an answer is due lies in the past",
            ));
        }
        for (n, finding) in s.findings.iter().enumerate() {
            let pointer = format!("/data/findings/{n}");
            let known = self.standing(finding).filter(|standing| was_finding(standing, candidate));
            let is_spent = self.answers(finding).is_some_and(|answers| answers.counts().1 >= MAX_DECISIONS);
            match known.filter(|standing| concerns(standing, &s.party)) {
                None => objections.push(unknown_finding(&pointer)),
                Some(_) if is_spent => {
                    objections.push(Objection { pointer, ..spent(MAX_DECISIONS) });
                }
                Some(_) => {}
            }
        }
    }

    fn case_spent(&self, candidate: &Candidate, case: &CaseState) -> Option<Objection> {
        let (count, limit) = match &candidate.event.statement {
            Statement::CaseAnswered(_) => (case.answers.len(), MAX_ANSWERS),
            Statement::CaseAssigned(_) => (case.assigned.len(), MAX_ASSIGNMENTS),
            _ => return None,
        };
        (count >= limit).then(|| Objection { pointer: CASE.to_owned(), ..spent(limit) })
    }

    /// A case lies with an officer whose authority supervises its division.
    fn no_officer(&self, candidate: &Candidate, to: &Kid, division: Option<Division>) -> Option<Objection> {
        let key = self.registry.key(to);
        let is_officer = key.is_some_and(|key| {
            let own = self.registry.party(&key.party).map(|party| party.division);
            let covers = division.is_none_or(|division| own.is_some_and(|own| division.is_within(own)));
            key.role == Role::Officer
                && key.standing_at(candidate.index) == KeyStanding::Good
                && self.registry.is_authority(&key.party)
                && covers
        });
        (!is_officer).then(|| {
            Objection::new(
                "officer-unknown",
                "/data/to",
                "这不是辖区内执法人员的有效密钥",
                "this is no good key of an officer whose authority supervises the division of the case",
            )
        })
    }

    /// The objection to an officer none of whose division a finding concerns.
    fn outside_all(&self, candidate: &Candidate, standing: &Standing, pointer: &str) -> Option<Objection> {
        let registry = &self.registry;
        let parties = standing.seen.concerns.iter().filter_map(|party| registry.party(party));
        let mut divisions: Vec<Division> = parties.map(|party| party.division).collect();
        if let Subject::Manifest(id) = standing.seen.subject {
            let registration = self.manifest(&id).and_then(|shelf| shelf.state.registration.as_ref());
            let ends = registration.map(|r| [r.consignor.site, r.consignee.site]).into_iter().flatten();
            divisions.extend(ends.filter_map(|site| registry.site(&site)).map(|site| site.division));
        }
        let objections: Option<Vec<Objection>> =
            divisions.iter().map(|division| self.outside(candidate, Some(*division), pointer)).collect();
        objections?.into_iter().next()
    }
}

fn concerns(standing: &Standing, party: &Uscc) -> bool {
    standing.seen.concerns.contains(party)
}

/// True for what is or was a finding; an obligation that never opened is none.
fn was_finding(standing: &Standing, candidate: &Candidate) -> bool {
    standing.steps > 0 || standing.is_finding_at(candidate.recorded_at)
}

fn unknown_finding(pointer: &str) -> Objection {
    Objection::new(
        "finding-unknown",
        pointer,
        "没有涉及本单位的这条预警",
        "there is no finding of this id that concerns the party",
    )
}

fn cleared() -> Objection {
    Objection::new(
        "finding-cleared",
        FINDING,
        "该预警已自行消除",
        "what raised this finding is no longer so; there is nothing to answer",
    )
}

fn decided(stage: Stage) -> Objection {
    let (zh, en) = match stage {
        Stage::Upheld => ("该预警已认定为问题", "this finding is upheld already"),
        _ => (
            "该预警已结案，且数值未超出结案时的数值",
            "this finding is closed, and its figures are no worse than those it was closed with",
        ),
    };
    Objection::new("finding-decided", FINDING, zh, en)
}

fn other_figures() -> Objection {
    Objection::new(
        "figures-changed",
        "/data/figures",
        "所引数值不是该预警现有的数值；请重新查看后再结案",
        "these are not the figures of the finding by now; look at it again before it is closed",
    )
}

fn spent(limit: usize) -> Objection {
    Objection::new(
        "answers-spent",
        FINDING,
        format!("最多 {limit} 次"),
        format!("this may be said at most {limit} times"),
    )
}
