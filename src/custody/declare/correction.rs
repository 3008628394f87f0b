//! Checks of corrections: of an event one signed, in a field that can be corrected, once.

use crate::custody::admit::{Candidate, Objection};
use crate::custody::books::Books;
use crate::custody::correction::{CorrectionState, MAX_CORRECTIONS, NotCorrectable, Stage, apply};
use crate::custody::kind::Statement;
use crate::custody::payload::oversight::CorrectionRequested;
use crate::custody::payload::statement::{CorrectedValue, Correction};
use crate::custody::review::OwnRow;
use crate::custody::stance::Target;
use crate::id::CorrectionId;
use crate::ledger::EventId;

const CORRECTION: &str = "/data/correction";
const EVENT: &str = "/data/event";

impl Books {
    /// Everything that speaks against an act about a correction.
    pub(super) fn correction_act(&self, candidate: &Candidate, objections: &mut Vec<Objection>) {
        match &candidate.event.statement {
            Statement::CorrectionProposed(s) => self.correction_of(candidate, s, false, objections),
            Statement::CorrectionOrdered(s) => self.correction_of(candidate, s, true, objections),
            Statement::CorrectionRequested(s) => self.correction_request(candidate, s, objections),
            Statement::CorrectionAgreed(s) => {
                self.correction_answer(candidate, &s.correction, true, objections)
            }
            Statement::CorrectionRefused(s) => {
                self.correction_answer(candidate, &s.correction, false, objections);
            }
            _ => {}
        }
    }

    /// Everything that speaks against a value: proposed by one who signed the event, or ordered by the authority.
    fn correction_of(
        &self,
        candidate: &Candidate,
        s: &Correction,
        is_order: bool,
        objections: &mut Vec<Objection>,
    ) {
        self.fresh_correction(&s.correction, (&s.event, &s.pointer), objections);
        let target = self
            .target(&s.event)
            .filter(|target| is_order || self.signers(target).contains(&candidate.event.party));
        let Some(target) = target else {
            objections.push(event_unknown());
            return;
        };
        if self.correction(&s.correction).is_none() {
            objections.extend(spent(target));
        }
        if is_order {
            objections.extend(self.beyond_review(candidate, target));
        }
        objections.extend(self.not_correctable(target, &s.pointer, &s.value));
    }

    /// Everything that speaks against asking for a correction.
    fn correction_request(
        &self,
        candidate: &Candidate,
        s: &CorrectionRequested,
        objections: &mut Vec<Objection>,
    ) {
        if self.correction(&s.correction).is_some() {
            objections.push(super::taken(CORRECTION));
        }
        match self.target(&s.event) {
            Some(target) => {
                objections.extend(spent(target));
                objections.extend(self.beyond_review(candidate, target));
            }
            None => objections.push(event_unknown()),
        }
    }

    /// Everything that speaks against an answer to a proposal. One that waits for others and none at all are told alike.
    fn correction_answer(
        &self,
        candidate: &Candidate,
        id: &CorrectionId,
        agrees: bool,
        objections: &mut Vec<Objection>,
    ) {
        let party = candidate.event.party;
        let known = self.correction(id).filter(|state| {
            state.waits_for.contains(&party) || state.agreed.iter().any(|said| said.party == party)
        });
        let Some(state) = known else {
            objections.push(Objection::new(
                "correction-unknown",
                CORRECTION,
                "没有等待本单位答复的该项更正",
                "no correction of this id waits for the acting party",
            ));
            return;
        };
        if state.stage() != Stage::Proposed || !state.waits_for.contains(&party) {
            objections.push(Objection::new(
                "already-said",
                CORRECTION,
                "该项更正已有结果，或本单位已答复",
                "this correction is settled, or the acting party has answered it",
            ));
            return;
        }
        let target = self.target(&state.event);
        if let (true, Some(target), Some(value)) = (agrees, target, &state.value) {
            let fault = self.not_correctable(target, &state.pointer, value);
            objections.extend(fault.map(|fault| Objection { pointer: CORRECTION.to_owned(), ..fault }));
        }
    }

    /// An authority speaks of what firms of its division stated and, of what they keep for themselves, of what was kept at sites
    /// there, once it is reviewable.
    fn beyond_review(&self, candidate: &Candidate, target: &Target) -> Vec<Objection> {
        let event = &target.recorded.event;
        let kept_in = event.kept_at().and_then(|site| self.registry.site(&site)).map(|site| site.division);
        let stated_in = self.registry.party(&event.party).map(|party| party.division);
        let outside = self.outside(candidate, kept_in.or(stated_in), EVENT);
        outside.into_iter().chain(self.not_reviewable(candidate, target)).collect()
    }

    /// The objection to calling in a firm's own row while the declaration that covers it is still to come.
    fn not_reviewable(&self, candidate: &Candidate, target: &Target) -> Option<Objection> {
        let profile = self.rulebook.profile;
        let today = profile.local_date(candidate.recorded_at.as_millis());
        let rows = OwnRow::of(&target.recorded, profile);
        let is_its_own =
            !rows.is_empty() && !rows.iter().any(|row| row.is_reviewable(&self.registry, profile, today));
        is_its_own.then(|| {
            Objection::new(
                "row-not-declared",
                EVENT,
                "这是单位自己的台账记录，所在申报期尚未申报、也未逾期；申报后主管部门方可核查",
                "it is a row of the firm's own ledger: it is reviewed once a declaration that covers it is filed, or overdue",
            )
        })
    }

    /// An id is new, or the one under which the authority asked for just this.
    fn fresh_correction(&self, id: &CorrectionId, about: (&EventId, &str), objections: &mut Vec<Objection>) {
        let is_asked_for = |known: &CorrectionState| {
            known.stage() == Stage::Requested && (&known.event, known.pointer.as_str()) == about
        };
        if self.correction(id).is_some_and(|known| !is_asked_for(known)) {
            objections.push(super::taken(CORRECTION));
        }
    }

    fn not_correctable(&self, target: &Target, pointer: &str, value: &CorrectedValue) -> Option<Objection> {
        let fault = apply(&target.recorded.event, pointer, value).err()?;
        let (code, at, zh, en) = match fault {
            NotCorrectable::NotAFact => (
                "not-a-fact",
                EVENT,
                "只能更正事实；声明以其变更、作废等更改".to_owned(),
                "only a fact is corrected; a declaration is amended, voided or revoked".to_owned(),
            ),
            NotCorrectable::NoSuchField => (
                "field-not-correctable",
                "/data/pointer",
                "该记录没有此字段，或此字段不可更正；可更正的是质量、代码、容器、车辆、时间".to_owned(),
                "the event has no such field, or not one that can be corrected: masses, codes, containers, vehicles and times can"
                    .to_owned(),
            ),
            NotCorrectable::OtherField => (
                "field-not-correctable",
                "/data/value",
                "所给的值与该字段的种类不符".to_owned(),
                "the value is of another kind than the field".to_owned(),
            ),
            NotCorrectable::Unchanged => (
                "nothing-changed",
                "/data/value",
                "该字段已是此值".to_owned(),
                "the field says so already".to_owned(),
            ),
            NotCorrectable::Malformed(fault) => (
                "correction-contradicts",
                "/data/value",
                format!("更正后该记录自相矛盾（{}）：{}", fault.pointer, fault.zh),
                format!("the event so corrected would contradict itself at {}: {}", fault.pointer, fault.message),
            ),
        };
        Some(Objection::new(code, at, zh, en))
    }
}

fn spent(target: &Target) -> Option<Objection> {
    let is_spent = target.corrections >= MAX_CORRECTIONS;
    is_spent.then(|| {
        Objection::new(
            "corrections-spent",
            EVENT,
            format!("一条记录最多更正 {MAX_CORRECTIONS} 次"),
            format!("an event is corrected at most {MAX_CORRECTIONS} times"),
        )
    })
}

fn event_unknown() -> Objection {
    Objection::new(
        "event-unknown",
        EVENT,
        "没有本单位签署的这条记录",
        "there is no event of this id that the acting party signed",
    )
}
