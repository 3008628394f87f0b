//! Rules about the consignee's operating permit (S2 art. 80, 114).

use super::ManifestView;
use crate::catalogue::{Duty, Link, Operation, TreatmentCode, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::finding::{Figures, Observation};
use crate::custody::manifest::HandoverRecord;
use crate::id::SiteId;
use crate::ledger::EventId;
use crate::registry::{Asked, PermitAnswer};

/// A treatment to be judged: who takes which line, when, for what.
struct Intake {
    consignee: Uscc,
    site: SiteId,
    at: Timestamp,
    event: EventId,
    line: u16,
    code: WasteCode,
    treatment: TreatmentCode,
}

/// `permit-missing`: the consignee has no permit at all.
pub(super) fn missing(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    judge(view, PermitAnswer::Missing, "permit-missing", seen);
}

/// `permit-expired`: none of the consignee's permits is valid on the day.
pub(super) fn expired(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    judge(view, PermitAnswer::Expired, "permit-expired", seen);
}

/// `permit-suspended`: the permit that covers code and operation was suspended on the day.
pub(super) fn suspended(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    judge(view, PermitAnswer::Suspended, "permit-suspended", seen);
}

/// `permit-scope`: no item of a valid permit covers code and operation.
pub(super) fn scope(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    judge(view, PermitAnswer::OutOfScope, "permit-scope", seen);
}

fn judge(view: &ManifestView<'_>, answer: PermitAnswer, rule: &str, seen: &mut Vec<Observation>) {
    for intake in intakes(view) {
        let on = view.profile.local_date(intake.at.as_millis());
        let Intake { site, at, ref code, treatment: method, .. } = intake;
        if view.registry.may_treat(&intake.consignee, &Asked { site, on, at, code, method }) != answer {
            continue;
        }
        let discriminator = format!("consignee:{}:line:{}", intake.consignee, intake.line);
        let mut observation = view.saw(rule, discriminator);
        observation.figures = Figures::none()
            .with("line", i64::from(intake.line))
            .with("code", intake.code.to_string())
            .with("treatment", intake.treatment.to_string())
            .with("consignee", intake.consignee.to_string())
            .with("on", on.to_string());
        observation.concerns = vec![intake.consignee];
        observation
            .concerns
            .extend(view.state.registration.as_ref().map(|registration| registration.consignor.party));
        observation.evidence = vec![intake.event];
        seen.push(observation);
    }
}

/// Who is to treat what: by the delivery once there is one, else by the registration, unless the manifest was ended.
fn intakes(view: &ManifestView<'_>) -> Vec<Intake> {
    let Some(registration) = &view.state.registration else { return Vec::new() };
    let ended = view.state.declined.or(view.state.voided);
    let mut intakes = Vec::new();
    for (number, line) in &view.state.lines {
        let (Some(code), Some(treatment)) = (line.code, line.treatment) else { continue };
        if view.profile.frees(&code, &line.exemptions, link_of(treatment), Duty::Permit)
            || view.profile.frees(&code, &line.exemptions, Link::Collection, Duty::Permit)
        {
            continue;
        }
        let brings = |handover: &&HandoverRecord| handover.lines.iter().any(|handed| handed.line == *number);
        let delivered = view.state.arrivals().rev().find(brings);
        let named = registration.consignee;
        let (consignee, site, mark) = match delivered {
            Some(handover) => (handover.to, handover.to_site.unwrap_or(named.site), handover.mark),
            None if ended.is_some() => continue,
            None => (named.party, named.site, registration.planned_by),
        };
        intakes.push(Intake {
            consignee,
            site,
            at: mark.at,
            event: mark.event,
            line: *number,
            code,
            treatment,
        });
    }
    intakes
}

fn link_of(treatment: TreatmentCode) -> Link {
    if treatment.operation() == Operation::Use { Link::Use } else { Link::Disposal }
}
