//! Reaffirming and disavowing: of one's own event only, and only where the key that signed it is in doubt or had ended, or was
//! another party's and no mandate covered what it signed.

use crate::custody::admit::{Candidate, Objection};
use crate::custody::books::Books;
use crate::custody::kind::{Class, Kind};
use crate::custody::stance::{Stance, Target};
use crate::ledger::EventId;

/// Where in the payload the event is named.
const EVENT: &str = "/data/event";

impl Books {
    /// Everything that speaks against taking this stance. Another party's event and none at all are told alike.
    pub(super) fn restatement(
        &self,
        candidate: &Candidate,
        stance: Stance,
        event: &EventId,
        objections: &mut Vec<Objection>,
    ) {
        let own = self.target(event).filter(|target| target.recorded.event.party == candidate.event.party);
        let Some(target) = own else {
            objections.push(Objection::new(
                "event-unknown",
                EVENT,
                "本单位没有这条记录",
                "the acting party has recorded no event of this id",
            ));
            return;
        };
        let key = self.registry.key(&target.recorded.kid);
        let is_suspected = key.is_some_and(|key| key.is_suspected_at(target.recorded.index));
        let is_late = target.circumstances.key_ended.is_some();
        let is_beyond = target.circumstances.beyond_mandate.is_some();
        if !is_late && !is_suspected && !is_beyond {
            objections.push(Objection::new(
                "event-not-in-doubt",
                EVENT,
                "签名密钥当时有效、无疑问，也未超出授权；内容有误请走更正",
                "it was signed with a good key that nobody doubts there, and beyond no mandate; what is wrong in it is corrected",
            ));
        }
        if self.is_said(target, stance) {
            objections.push(Objection::new(
                "already-said",
                EVENT,
                "已如此声明过",
                "this was said of it already",
            ));
        }
        self.restatable(target, stance, is_late, objections);
    }

    /// True when the last word says so, and nobody doubts the key that said it.
    fn is_said(&self, target: &Target, stance: Stance) -> bool {
        let said = target.last_word.filter(|word| word.stance == stance);
        said.is_some_and(|word| !self.is_word_suspected(&word))
    }

    fn restatable(&self, target: &Target, stance: Stance, is_late: bool, objections: &mut Vec<Objection>) {
        if self.circumstances_now(target).is_conflict() {
            objections.push(Objection::new(
                "conflict-stands",
                EVENT,
                "其声明编号或对象编号已用于别的内容，仍为证据；请以新编号重新声明",
                "its act or an id it creates is used for something else: it stays evidence; state it anew under a new act",
            ));
        }
        let kind = target.recorded.kind();
        if stance == Stance::Disavowed && kind.class() != Class::Fact {
            objections.push(Objection::new(
                "not-a-fact",
                EVENT,
                "只能否认事实；声明须以其对应的声明撤销（作废、吊销等）",
                "only a fact is disavowed; a declaration is undone by its own kind: voided, revoked",
            ));
        }
        if kind == Kind::DocumentImported && (is_late || stance == Stance::Disavowed) {
            objections.push(Objection::new(
                "import-again",
                EVENT,
                "导入文件请以有效密钥重新导入",
                "a document is imported again under a good key instead",
            ));
        }
    }
}
