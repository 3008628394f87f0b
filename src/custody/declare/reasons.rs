//! What a manifest may plan only with a stated reason, or not at all, as the profile says of each rule.

use chrono::Datelike;

use crate::catalogue::{Disposition, Severity, TreatmentCode, WasteCode};
use crate::clock::Timestamp;
use crate::custody::admit::Objection;
use crate::custody::books::Books;
use crate::custody::payload::manifest::{PartyAt, StatedReason};
use crate::custody::rules::{Covered, Departure, Rule, check_tally};
use crate::custody::tally::{self, Cell, Part};
use crate::ledger::EventId;
use crate::registry::{Asked, PermitAnswer};

/// What is to go from whom to whom.
pub(super) struct Intent<'a> {
    pub(super) consignor: PartyAt,
    pub(super) consignee: PartyAt,
    /// True when it carries on what was refused on another manifest, under the plan and agreement of that one.
    pub(super) follows: bool,
    pub(super) lines: &'a [Intended],
    pub(super) reasons: &'a [StatedReason],
}

/// One line that the consignee is to treat.
pub(super) struct Intended {
    pub(super) pointer: String,
    pub(super) code: WasteCode,
    pub(super) treatment: TreatmentCode,
    pub(super) planned_g: i64,
    pub(super) claims: Vec<String>,
}

impl Books {
    /// What speaks against an intent at the time it is recorded.
    pub(super) fn unreasoned(&self, at: Timestamp, intent: &Intent<'_>, objections: &mut Vec<Objection>) {
        let of_line = |line| {
            let rules = self.permit_rule(at, intent, line).into_iter();
            rules.chain(self.paper_rules(at, intent, line)).map(move |rule| (rule, line))
        };
        let broken = intent.lines.iter().flat_map(of_line).chain(self.amount_rules(at, intent));
        for (rule, line) in broken {
            let is_stated = intent.reasons.iter().any(|reason| &*reason.rule == rule);
            let is_refused = match self.rulebook.profile.disposition(rule) {
                Disposition::Refuse => true,
                Disposition::Reason => !is_stated,
                Disposition::Finding => false,
            };
            if is_refused {
                objections.push(unstated(rule, &line.pointer));
            }
        }
    }

    /// The rules about amounts of the year that would be broken if all of it left and was accepted now, each with the first line it is
    /// about. A permit that is nearly used up needs no reason, one that is used up does.
    fn amount_rules<'a>(&self, at: Timestamp, intent: &Intent<'a>) -> Vec<(&'static str, &'a Intended)> {
        let date = self.rulebook.profile.local_date(at.as_millis());
        let keys = tally::of_way(intent.consignor, intent.consignee, date.year());
        let mut broken = Vec::new();
        for key in keys {
            let mut state = self.tally(&key).map(|shelf| shelf.state.clone()).unwrap_or_default();
            let month = u8::try_from(date.month()).unwrap_or(0);
            for line in intent.lines {
                let operation = Some(line.treatment.operation());
                let cell = Cell::Month { code: line.code, operation, month };
                let event = EventId::from_bytes([0; 32]); // Of parts that are no loads none is kept.
                state.add(&Part { key, cell, event, mass_g: line.planned_g, loads: 0 });
            }
            for seen in check_tally(&self.tally_view(key, &state)).into_values() {
                let Some(rule) = AMOUNT_RULES.into_iter().find(|rule| *rule == seen.rule) else { continue };
                if rule == "permit-capacity" && seen.severity != Some(Severity::Critical) {
                    continue;
                }
                let is_about = |line: &&Intended| {
                    let code = line.code.to_string();
                    ["code", "codes"]
                        .iter()
                        .any(|name| seen.figures.text(name).is_some_and(|t| t.contains(&code)))
                };
                broken.extend(intent.lines.iter().find(is_about).map(|line| (rule, line)));
            }
        }
        broken
    }

    /// The rule about permits that a line breaks.
    fn permit_rule(&self, at: Timestamp, intent: &Intent<'_>, line: &Intended) -> Option<&'static str> {
        if self.frees_from_permit(line.code, line.treatment, &line.claims) {
            return None;
        }
        let asked = Asked {
            site: intent.consignee.site,
            on: self.rulebook.profile.local_date(at.as_millis()),
            at,
            code: &line.code,
            method: line.treatment,
        };
        match self.registry.may_treat(&intent.consignee.party, &asked) {
            PermitAnswer::Allowed => None,
            PermitAnswer::Suspended => Some("permit-suspended"),
            PermitAnswer::Missing => Some("permit-missing"),
            PermitAnswer::Expired => Some("permit-expired"),
            PermitAnswer::OutOfScope => Some("permit-scope"),
        }
    }

    /// The rules about plan, contract and approval that a line breaks.
    fn paper_rules(
        &self,
        at: Timestamp,
        intent: &Intent<'_>,
        line: &Intended,
    ) -> impl Iterator<Item = &'static str> + use<> {
        let departure = Departure {
            consignor: intent.consignor.party,
            site: intent.consignor.site,
            consignee: intent.consignee.party,
            destination: intent.consignee.site,
            at,
            code: line.code,
            treatment: Some(line.treatment),
        };
        let (papers, registry, profile) = (self.papers_at_hand(), &self.registry, self.rulebook.profile);
        let is_planned = intent.follows || departure.is_planned(papers, registry, profile);
        let contract = match departure.is_contracted(papers, profile) {
            _ if intent.follows => None,
            Covered::No => Some("contract-missing"),
            Covered::OtherDays => Some("contract-expired"),
            Covered::Yes | Covered::OtherTreatment => None,
        };
        let approval = match departure.is_approved(papers, registry, profile) {
            Covered::Yes => None,
            Covered::No => Some("approval-missing"),
            Covered::OtherDays => Some("approval-expired"),
            Covered::OtherTreatment => Some("approval-exceeded"),
        };
        let plan = (!is_planned).then_some("plan-missing");
        plan.into_iter().chain(contract).chain(approval)
    }
}

/// Rules that hold what is planned, with what left or came in already, against an amount of the year.
const AMOUNT_RULES: [&str; 3] = ["permit-capacity", "plan-exceeded", "approval-exceeded"];

fn unstated(rule: &'static str, pointer: &str) -> Objection {
    let (zh, en) = Rule::named(rule).map_or((rule, rule), |rule| (rule.title_zh, rule.title_en));
    Objection::new(
        rule,
        pointer.to_owned(),
        format!("{zh}（{rule}）：如确需转移，请在 reasons 中说明理由"),
        format!("{en} ({rule}): to go on all the same, state a reason for {rule} in `reasons`"),
    )
}
