//! Checks of applications for an interprovincial transfer: whose turn it is, what may follow, and what an approval may decide.

use super::papers::{at_its_end, known_one};
use crate::custody::admit::{Candidate, Objection};
use crate::custody::application::Stage;
use crate::custody::books::Books;
use crate::custody::paper::{Paper, PaperId, PaperKind, Written};
use crate::registry::standing::{ApprovalAdvanced, ApprovalGranted};

const APPROVAL: &str = "/data/approval";

impl Books {
    /// Everything that speaks against a stage of an application.
    pub(super) fn advance(
        &self,
        candidate: &Candidate,
        s: &ApprovalAdvanced,
        known: Option<&Paper>,
        objections: &mut Vec<Objection>,
    ) {
        let next = Stage::from(s.stage);
        if next.needs_reason() && s.reason.is_none() {
            objections.push(Objection::new(
                "reason-missing",
                "/data/reason",
                "补正、不同意、不予批准须说明理由",
                "whatever does not go on needs a reason",
            ));
        }
        let Some(known) = known_one(known, APPROVAL, objections) else { return };
        objections.extend(self.not_their_turn(candidate, known, next));
        match at_its_end(known, APPROVAL) {
            Some(ended) => objections.push(ended),
            None => objections.extend(out_of_order(known, next, "/data/stage")),
        }
    }

    /// The place the waste leaves decides; the receiving place answers, or is quoted by the other.
    fn not_their_turn(&self, candidate: &Candidate, known: &Paper, next: Stage) -> Option<Objection> {
        let receiving = known.belongs.other.and_then(|party| self.registry.party(&party));
        let answers = next.is_answer()
            && receiving
                .is_some_and(|party| self.outside(candidate, Some(party.division), APPROVAL).is_none());
        if answers { None } else { self.outside(candidate, known.belongs.division, APPROVAL) }
    }

    /// Everything that speaks against deciding an application by an approval. One that nobody asked for here decides nothing.
    pub(super) fn keeps_to_application(&self, s: &ApprovalGranted, objections: &mut Vec<Objection>) {
        let id = PaperId { kind: PaperKind::Application, id: s.approval.as_uuid() };
        let Some(known) = self.paper(&id) else { return };
        let Written::Application(asked) = &known.written else { return };
        if known.belongs.party != Some(s.consignor) || asked.consignee != s.consignee {
            objections.push(not_asked_for("/data/consignee"));
        }
        for (n, line) in s.lines.iter().enumerate() {
            let asked_g =
                asked.lines.iter().find(|asked| asked.code == line.code).map(|asked| asked.yearly_g);
            if asked_g.is_none_or(|asked_g| line.yearly_g > asked_g) {
                objections.push(not_asked_for(&format!("/data/lines/{n}")));
            }
        }
        if !s.methods.iter().all(|method| asked.methods.contains(method)) {
            objections.push(not_asked_for("/data/methods"));
        }
        if s.valid_from < asked.valid_from || s.valid_to > asked.valid_to {
            objections.push(not_asked_for("/data/valid_to"));
        }
        match at_its_end(known, APPROVAL) {
            Some(ended) => objections.push(ended),
            None => objections.extend(out_of_order(known, Stage::Granted, APPROVAL)),
        }
    }
}

fn out_of_order(known: &Paper, next: Stage, pointer: &str) -> Option<Objection> {
    let stage = known.stage().filter(|stage| !stage.may_become(next))?;
    let (stage, next) = (stage.name(), next.name());
    Some(Objection::new(
        "stage-out-of-order",
        pointer,
        format!("申请处于 {stage} 阶段，不能直接进入 {next}"),
        format!("the application is {stage}; {next} cannot follow"),
    ))
}

fn not_asked_for(pointer: &str) -> Objection {
    Objection::new(
        "not-asked-for",
        pointer,
        "批准不能超出申请的单位、代码、数量、方式与期限",
        "an approval keeps to the parties, codes, amounts, methods and days that were asked for",
    )
}
