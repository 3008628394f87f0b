//! Rules about how waste leaves: what must have been declared before, and by whom.

use super::ManifestView;
use crate::catalogue::{Duty, Link, Severity};
use crate::custody::finding::{Figures, Observation};
use crate::custody::manifest::{HandoverRecord, Mark};
use crate::custody::payload::handover::Step;

/// `moved-without-manifest`: collected before or without registration (S1 art. 11).
///
/// Not raised when the collecting signer already knew the registration (by `prev` or `anchor`): a slow clock is no offence.
/// Nor for what ran on paper: the paper was its manifest.
pub(super) fn moved_without_manifest(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    for handover in collections(view) {
        if was_registered(view, handover) && !was_voided(view, handover) || is_exempt(view, handover) {
            continue;
        }
        let mut observation = view.saw("moved-without-manifest", handover.mark.name());
        observation.figures = observation.figures.with("collected_at", handover.mark.at.to_string());
        if let Some(registration) = &view.state.registration {
            observation.figures = observation.figures.with("registered_at", registration.mark.at.to_string());
            observation.evidence.push(registration.mark.event);
        }
        observation.concerns = vec![handover.from, handover.to];
        observation.evidence.push(handover.mark.event);
        seen.push(observation);
    }
}

/// `unconfirmed-collection`: collected before the consignee said that it is willing, where the profile asks for that.
///
/// What had no manifest either is `moved-without-manifest` alone.
pub(super) fn unconfirmed_collection(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let Some(registration) = &view.state.registration else { return };
    if !view.profile.demands().consignee_confirmation {
        return;
    }
    let confirmed = view.state.confirmed.zip(view.state.confirmed_index);
    for handover in collections(view) {
        let was_confirmed = confirmed.is_some_and(|(mark, index)| came_first(view, handover, mark, index));
        if was_confirmed
            || !was_registered(view, handover)
            || was_voided(view, handover)
            || is_exempt(view, handover)
        {
            continue;
        }
        let mut observation = view.saw("unconfirmed-collection", handover.mark.name());
        observation.figures = Figures::none()
            .with("consignee", registration.consignee.party.to_string())
            .with("collected_at", handover.mark.at.to_string());
        observation.evidence = vec![registration.planned_by.event, handover.mark.event];
        if let Some((mark, _)) = confirmed {
            observation.figures = observation.figures.with("confirmed_at", mark.at.to_string());
            observation.evidence.push(mark.event);
        }
        observation.concerns = vec![handover.from, handover.to, registration.consignee.party];
        seen.push(observation);
    }
}

/// `void-after-collection`: withdrawn although it had been collected; afterwards only corrections are left.
pub(super) fn void_after_collection(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let Some(voided) = view.state.voided else { return };
    let collected = |handover: &&HandoverRecord| handover.step == Step::Collected;
    let mut before = view.state.handovers.iter().filter(collected).filter(|h| h.mark.at < voided.at);
    let Some(first) = before.next() else { return };
    let mut observation = view.saw("void-after-collection", format!("event:{}", voided.event));
    observation.figures = Figures::none()
        .with("voided_at", voided.at.to_string())
        .with("collected_at", first.mark.at.to_string());
    observation.concerns = vec![voided.party, first.from, first.to];
    observation.evidence = before.map(|handover| handover.mark.event).collect();
    observation.evidence.extend([first.mark.event, voided.event]);
    seen.push(observation);
}

/// `number-unbound`: gone without a national number, where the profile asks for one (S1 art. 6, 7); worse once it was received.
pub(super) fn number_unbound(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let Some(registration) = &view.state.registration else { return };
    let is_bound = view.state.numbers.iter().any(|n| view.profile.external_number(&n.system).is_some());
    let Some(left) = view.state.handovers.iter().find(|handover| handover.step == Step::Collected) else {
        return;
    };
    if !view.profile.demands().national_number || is_bound {
        return;
    }
    let mut observation = view.saw("number-unbound", "number");
    observation.figures = Figures::none().with("collected_at", left.mark.at.to_string());
    observation.concerns = vec![registration.consignor.party, registration.consignee.party];
    observation.evidence = vec![registration.mark.event, left.mark.event];
    if let Some(receipt) = view.state.receipts.first() {
        observation.evidence.push(receipt.mark.event);
        observation.severity = Some(Severity::Major);
    }
    seen.push(observation);
}

/// `same-party-both-ends`: consignor and consignee are one party: nobody else looks at what it says of itself.
pub(super) fn same_party(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let Some(registration) = &view.state.registration else { return };
    let party = registration.consignor.party;
    if party != registration.consignee.party {
        return;
    }
    let mut observation = view.saw("same-party-both-ends", "ends");
    observation.figures = Figures::none()
        .with("party", party.to_string())
        .with("from_site", registration.consignor.site.to_string())
        .with("to_site", registration.consignee.site.to_string());
    observation.concerns = vec![party];
    observation.evidence = vec![registration.planned_by.event];
    seen.push(observation);
}

/// The collections that a manifest had to precede.
fn collections<'a>(view: &ManifestView<'a>) -> impl Iterator<Item = &'a HandoverRecord> {
    let collected = view.state.handovers.iter().filter(|handover| handover.step == Step::Collected);
    collected.filter(|handover| !handover.is_on_paper())
}

/// True when a declaration was there before a handover, or its signer knew it.
fn came_first(view: &ManifestView<'_>, handover: &HandoverRecord, mark: Mark, index: u64) -> bool {
    let is_anchored = handover.anchor_size.is_some_and(|size| size > index && size <= handover.index);
    mark.at <= handover.mark.at || is_anchored || view.state.descends(&handover.mark.event, &mark.event)
}

fn was_registered(view: &ManifestView<'_>, handover: &HandoverRecord) -> bool {
    let registration = view.state.registration.as_ref();
    registration.is_some_and(|registration| came_first(view, handover, registration.mark, registration.index))
}

fn was_voided(view: &ManifestView<'_>, handover: &HandoverRecord) -> bool {
    view.state.voided.is_some_and(|voided| voided.at <= handover.mark.at)
}

/// True when every line of a load may be collected without a manifest.
fn is_exempt(view: &ManifestView<'_>, handover: &HandoverRecord) -> bool {
    handover.lines.iter().all(|handed| {
        let claims = view.state.lines.get(&handed.line).map_or(&[][..], |line| &line.exemptions);
        let code = handover.codes.get(&handed.line);
        code.is_some_and(|code| view.profile.frees(code, claims, Link::Collection, Duty::Manifest))
    })
}
