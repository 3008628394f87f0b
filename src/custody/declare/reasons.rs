//! What a manifest may plan only with a stated reason, or not at all, as the profile says of each rule.

use chrono::Datelike;

use crate::catalogue::{Disposition, Severity, TreatmentCode, WasteCode};
use crate::clock::Timestamp;
use crate::custody::admit::Objection;
use crate::custody::books::Books;
use crate::custody::finding::Observation;
use crate::custody::payload::manifest::{PartyAt, StatedReason};
use crate::custody::payload::oversight::HoldOn;
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
        let broken = broken.chain(self.incompatible_lines(intent));
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

    /// What speaks against moving something that is under hold. Where the statement has no room for a reason, none is asked for.
    pub(super) fn held(
        &self,
        on: HoldOn,
        pointer: &str,
        reasons: Option<&[StatedReason]>,
    ) -> Option<Objection> {
        let is_stated = || reasons.is_none_or(|reasons| reasons.iter().any(|r| &*r.rule == "hold-violated"));
        let is_refused = match self.rulebook.profile.disposition("hold-violated") {
            Disposition::Refuse => true,
            Disposition::Reason => !is_stated(),
            Disposition::Finding => false,
        };
        (is_refused && self.holds.stand(&on)).then(|| {
            Objection::new(
                "hold-violated",
                pointer,
                "已被主管部门查封，解除之前不得转移",
                "it is under hold: until an officer lifts that, it may not be moved",
            )
        })
    }

    /// The rules about amounts of the year that would be broken if all of it left and was accepted now, each with the line that
    /// breaks it.
    fn amount_rules<'a>(&self, at: Timestamp, intent: &Intent<'a>) -> Vec<(&'static str, &'a Intended)> {
        let date = self.rulebook.profile.local_date(at.as_millis());
        let keys = tally::of_way(intent.consignor, intent.consignee, date.year());
        let month = u8::try_from(date.month()).unwrap_or(0);
        let mut broken = Vec::new();
        for key in keys {
            let mut state = self.tally(&key).map(|shelf| shelf.state.clone()).unwrap_or_default();
            let mut before = check_tally(&self.tally_view(key, &state));
            for line in intent.lines {
                let cell =
                    Cell::Month { code: line.code, operation: Some(line.treatment.operation()), month };
                let event = EventId::from_bytes([0; 32]); // Of parts that are no loads none is kept.
                state.add(&Part { key, cell, event, mass_g: line.planned_g, loads: 0 });
                let now = check_tally(&self.tally_view(key, &state));
                let worse = now.iter().filter(|(id, seen)| before.get(id) != Some(seen));
                broken.extend(worse.filter_map(|(_, seen)| Some((exceeded(seen)?, line))));
                before = now;
            }
        }
        broken
    }

    /// The lines that must not ride with one before them.
    fn incompatible_lines<'a>(
        &self,
        intent: &Intent<'a>,
    ) -> impl Iterator<Item = (&'static str, &'a Intended)> {
        let lines = intent.lines;
        let clashes = move |n: usize, line: &Intended| {
            lines[..n].iter().any(|other| self.rulebook.profile.is_incompatible(&line.code, &other.code))
        };
        let clashing = lines.iter().enumerate().filter(move |(n, line)| clashes(*n, line));
        clashing.map(|(_, line)| ("incompatible-together", line))
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

/// The rule about an amount that is exceeded. A permit that is nearly used up needs no reason, one that is used up does.
fn exceeded(seen: &Observation) -> Option<&'static str> {
    let rule = AMOUNT_RULES.into_iter().find(|rule| *rule == seen.rule)?;
    (rule != "permit-capacity" || seen.severity == Some(Severity::Critical)).then_some(rule)
}

fn unstated(rule: &'static str, pointer: &str) -> Objection {
    let (zh, en) = Rule::named(rule).map_or((rule, rule), |rule| (rule.title_zh, rule.title_en));
    Objection::new(
        rule,
        pointer.to_owned(),
        format!("{zh}（{rule}）：如确需转移，请在 reasons 中说明理由"),
        format!("{en} ({rule}): to go on all the same, state a reason for {rule} in `reasons`"),
    )
}
