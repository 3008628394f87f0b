//! Checks of declarations to the authority: that a period is over and filed once, and that who decides on it may.

use std::collections::BTreeSet;

use super::taken;
use crate::catalogue::Division;
use crate::custody::admit::{Candidate, Objection};
use crate::custody::books::Books;
use crate::custody::kind::Statement;
use crate::custody::measure::Measure;
use crate::id::DeclarationId;
use crate::registry::standing::{DeclarationFiled, DeclarationLine, DeclarationNature, FieldReason};
use crate::registry::{DeclarationRecord, FilingState, PartyKind, Role, Slot};

/// Where in the payload the declaration is named.
const DECLARATION: &str = "/data/declaration";

impl Books {
    /// Everything that speaks against a step of a declaration to the authority.
    pub(super) fn declaration_step(&self, candidate: &Candidate, objections: &mut Vec<Objection>) {
        match &candidate.event.statement {
            Statement::DeclarationFiled(s) => self.filing(candidate, s, objections),
            Statement::DeclarationReturned(s) => {
                self.decision(candidate, &s.declaration, &s.reasons, objections);
            }
            Statement::DeclarationAccepted(s) => self.decision(candidate, &s.declaration, &[], objections),
            _ => {}
        }
    }

    fn filing(&self, candidate: &Candidate, s: &DeclarationFiled, objections: &mut Vec<Objection>) {
        if self.registry.declaration(&s.declaration).is_some() {
            objections.push(taken(DECLARATION));
        }
        self.site_of(&s.site, &candidate.event.party, "/data/site", objections);
        let slot = Slot { site: s.site, period: s.period, from: s.from };
        let today = self.rulebook.profile.local_date(candidate.recorded_at.as_millis());
        if s.period.first_day(s.from) != s.from {
            objections.push(Objection::new(
                "period-misaligned",
                "/data/from",
                format!("申报期的第一天应为 {}", s.period.first_day(s.from)),
                format!("the period begins on {}", s.period.first_day(s.from)),
            ));
        } else if today <= slot.last_day() {
            objections.push(Objection::new(
                "period-open",
                "/data/from",
                format!("申报期至 {} 才结束，结束后方可申报", slot.last_day()),
                format!("the period lasts until {}; it is declared when it is over", slot.last_day()),
            ));
        }
        objections.extend(self.registry.last_filed(&slot).and_then(not_again));
        figures(s, objections);
    }

    /// Everything that speaks against returning a declaration for these reasons, or (with none) against accepting it.
    fn decision(
        &self,
        candidate: &Candidate,
        id: &DeclarationId,
        reasons: &[FieldReason],
        objections: &mut Vec<Objection>,
    ) {
        if self.registry.key(&candidate.kid).is_some_and(|key| key.role != Role::Officer) {
            objections.push(Objection::new(
                "officer-only",
                "/kind",
                "申报只能由主管部门的执法人员退回或受理",
                "only an officer of an authority may return or accept a declaration",
            ));
        }
        let speaker = self.registry.party(&candidate.event.party);
        let authority = speaker.filter(|party| party.kinds.contains(&PartyKind::Authority));
        let authority = authority.map(|party| party.division);
        let Some(record) = self.registry.declaration(id).filter(|record| self.lies_within(record, authority))
        else {
            objections.push(Objection::new(
                "declaration-unknown",
                DECLARATION,
                "本辖区没有这份申报",
                "no declaration of this id was filed for a site in the authority's division",
            ));
            return;
        };
        objections.extend(decided(record));
        let filed = serde_json::to_value(&record.filed).unwrap_or_default();
        for (n, reason) in reasons.iter().enumerate() {
            if filed.pointer(&reason.pointer).is_none() {
                objections.push(Objection::new(
                    "pointer-unknown",
                    format!("/data/reasons/{n}/pointer"),
                    "申报中没有这个字段",
                    "the declaration has no such field",
                ));
            }
        }
    }

    fn lies_within(&self, record: &DeclarationRecord, authority: Option<Division>) -> bool {
        let site = self.registry.site(&record.filed.site);
        site.zip(authority).is_some_and(|(site, own)| site.division.is_within(own))
    }
}

/// A period is filed again only after what was filed for it came back: else the figures could change under an officer's hands.
fn not_again(record: &DeclarationRecord) -> Option<Objection> {
    let said = |code: &str, zh: &str, en: &str| Some(Objection::new(code, "/data/from", zh, en));
    match record.state() {
        FilingState::Returned => None,
        FilingState::Filed => said(
            "declaration-pending",
            "该申报期已申报，主管部门尚未处理；退回后方可重新申报",
            "this period is filed and not decided; it can be filed again once it is returned",
        ),
        FilingState::Accepted => {
            said("declaration-accepted", "该申报期的申报已受理", "the declaration of this period is accepted")
        }
    }
}

/// One filing is decided once.
fn decided(record: &DeclarationRecord) -> Option<Objection> {
    let said = |code: &str, zh: &str, en: &str| Some(Objection::new(code, DECLARATION, zh, en));
    match record.state() {
        FilingState::Filed => None,
        FilingState::Returned => {
            said("declaration-returned", "这份申报已退回", "this declaration is returned already")
        }
        FilingState::Accepted => {
            said("declaration-accepted", "这份申报已受理", "this declaration is accepted already")
        }
    }
}

/// Figures where figures are announced, none where nothing moved, and each once.
fn figures(s: &DeclarationFiled, objections: &mut Vec<Objection>) {
    match (s.nature, s.lines.is_empty()) {
        (DeclarationNature::Figures, true) => objections.push(Objection::new(
            "figures-missing",
            "/data/lines",
            "没有数据；没有发生时请作零申报",
            "there is no figure; where nothing moved, the nature is zero",
        )),
        (DeclarationNature::Zero | DeclarationNature::Shutdown, false) => objections.push(Objection::new(
            "figures-with-nothing",
            "/data/lines",
            "零申报和停产申报不带数据",
            "a declaration of nothing carries no figures",
        )),
        _ => {}
    }
    let mut seen = BTreeSet::new();
    for (n, line) in s.lines.iter().enumerate() {
        objections.extend(line_objection(n, line, seen.insert((line.code, &*line.measure))));
    }
}

fn line_objection(n: usize, line: &DeclarationLine, is_first: bool) -> Option<Objection> {
    if line.measure.parse::<Measure>().is_err() {
        let known: Vec<&str> = Measure::ALL.iter().map(|measure| measure.name()).collect();
        return Some(Objection::new(
            "measure-unknown",
            format!("/data/lines/{n}/measure"),
            format!("没有这个指标；指标有 {}", known.join("、")),
            format!("there is no such measure; there are {}", known.join(", ")),
        ));
    }
    (!is_first).then(|| {
        Objection::new(
            "line-twice",
            format!("/data/lines/{n}"),
            "同一代码的同一指标只能出现一次",
            "each measure of a code may stand once",
        )
    })
}
