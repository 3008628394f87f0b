//! Rules about who holds what: breaks in the sequence of holders, missing signatures, unplanned parties.

use super::ManifestView;
use crate::catalogue::SignatureLevel;
use crate::custody::finding::Observation;
use crate::custody::manifest::{BreakKind, HandoverRecord};
use crate::custody::payload::handover::{ContainerSet, Step};

/// `custody-broken`: the releasing party was not the holder.
pub(super) fn custody_broken(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    breaks(view, BreakKind::NotHolder, "custody-broken", seen);
}

/// `two-holders`: the same line taken over twice, or by two parties.
pub(super) fn two_holders(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    breaks(view, BreakKind::TakenTwice, "two-holders", seen);
}

/// One finding an event, whatever the number of lines it broke.
fn breaks(view: &ManifestView<'_>, kind: BreakKind, rule: &str, seen: &mut Vec<Observation>) {
    let all: Vec<_> = view.state.breaks.iter().filter(|broken| broken.kind == kind).collect();
    for broken in &all {
        let lines: Vec<String> =
            all.iter().filter(|b| b.mark == broken.mark).map(|b| b.line.to_string()).collect();
        let holders: Vec<String> = broken.held_by.iter().map(ToString::to_string).collect();
        let mut observation = view.saw(rule, broken.mark.name());
        observation.figures = observation
            .figures
            .with("lines", lines.join(","))
            .with("from", broken.from.to_string())
            .with("to", broken.to.to_string())
            .with("held_by", holders.join(","));
        observation.concerns =
            [broken.from, broken.to].into_iter().chain(broken.held_by.iter().copied()).collect();
        observation.evidence = broken.against.iter().copied().chain([broken.mark.event]).collect();
        seen.push(observation);
    }
}

/// `fork`: two handovers over one predecessor that cannot both be true.
pub(super) fn fork(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let handovers = &view.state.handovers;
    for (n, one) in handovers.iter().enumerate() {
        for other in &handovers[n + 1..] {
            if one.from != other.from || !share_a_line(one, other) || one.mark.event == other.mark.event {
                continue;
            }
            let prev_of_one = view.state.predecessors(&one.mark.event);
            let prev_of_other = view.state.predecessors(&other.mark.event);
            let related = view.state.descends(&one.mark.event, &other.mark.event)
                || view.state.descends(&other.mark.event, &one.mark.event);
            // A predecessor of another subject makes no edge here, so it makes no fork either.
            let both = prev_of_one.iter().filter(|id| prev_of_other.contains(id) && view.state.has_event(id));
            let Some(shared) = both.min() else { continue };
            if related {
                continue;
            }
            let mut observation = view.saw("fork", format!("prev:{shared}"));
            observation.figures =
                observation.figures.with("to", one.to.to_string()).with("also_to", other.to.to_string());
            observation.concerns = vec![one.from, one.to, other.to];
            observation.evidence = vec![*shared, one.mark.event, other.mark.event];
            seen.push(observation);
        }
    }
}

fn share_a_line(one: &HandoverRecord, other: &HandoverRecord) -> bool {
    one.lines.iter().any(|a| other.lines.iter().any(|b| a.line == b.line))
}

/// `handover-one-sided`: a side has not signed, and its time to countersign has passed.
pub(super) fn one_sided(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let hours = view.profile.threshold("handover-one-sided", "hours");
    for handover in &view.state.handovers {
        let on = view.profile.local_date(handover.mark.at.as_millis());
        let level = view.profile.signature_level(view.consignor_division(), None, on);
        let suffices = match level {
            SignatureLevel::OneSide => true,
            // Its word by code or handwriting is as good as asked for, and no signature.
            SignatureLevel::KeyAndCode => handover.confirmed.is_some(),
            SignatureLevel::TwoKeys => false,
        };
        if suffices {
            continue;
        }
        let sides = view.state.missing_sides(handover);
        if sides.is_empty() {
            continue;
        }
        let missing: Vec<String> = sides.iter().map(|side| handover.party(*side).to_string()).collect();
        let mut observation = view.saw("handover-one-sided", handover.mark.name());
        observation.figures = observation.figures.with("missing", missing.join(",")).with("hours", hours);
        observation.concerns = vec![handover.from, handover.to];
        observation.evidence = vec![handover.mark.event];
        observation.due = Some(handover.stated_at.plus_hours(hours));
        seen.push(observation);
    }
}

/// `wrong-consignee`: delivered to another party or site than the manifest names (S1 art. 11(4)).
pub(super) fn wrong_consignee(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let Some(registration) = &view.state.registration else { return };
    for handover in view.state.arrivals() {
        let same_site = handover.to_site.is_none_or(|site| site == registration.consignee.site);
        if handover.to == registration.consignee.party && same_site {
            continue;
        }
        let mut observation = view.saw("wrong-consignee", handover.mark.name());
        observation.figures = observation
            .figures
            .with("named", registration.consignee.party.to_string())
            .with("named_site", registration.consignee.site.to_string())
            .with("delivered_to", handover.to.to_string())
            .with("delivered_to_site", handover.to_site.map(|site| site.to_string()).unwrap_or_default());
        observation.concerns =
            vec![registration.consignor.party, registration.consignee.party, handover.from, handover.to];
        observation.evidence = vec![registration.planned_by.event, handover.mark.event];
        seen.push(observation);
    }
}

/// `unplanned-carrier`: a carrier nobody named, or a vehicle its carrier assigned to no open manifest (S1 art. 11, 13).
pub(super) fn unplanned_carrier(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let Some(registration) = &view.state.registration else { return };
    for handover in &view.state.handovers {
        let loads = match handover.step {
            Step::Collected => !view.state.is_arrival(handover),
            Step::Transferred => handover.to_site.is_none(),
            Step::Delivered | Step::Returned => false,
        };
        if !loads {
            continue;
        }
        let named = registration.carriers().any(|carrier| carrier == handover.to);
        // Nobody assigned the vehicle of a paper in the ledger.
        let vehicle = handover.vehicle.as_ref().filter(|_| !handover.is_on_paper());
        let assigned = vehicle.is_none_or(|vehicle| {
            view.assignments.covers(handover.to, vehicle, handover.mark.at)
                || view.state.assignments.iter().any(|a| a.mark.party == handover.to && a.vehicle == *vehicle)
        });
        if named && assigned {
            continue;
        }
        let mut observation = view.saw("unplanned-carrier", handover.mark.name());
        observation.figures = observation.figures.with("carrier", handover.to.to_string());
        if let Some(vehicle) = handover.vehicle.as_ref().filter(|_| named) {
            observation.figures = observation.figures.with("vehicle", &**vehicle);
        }
        observation.concerns = vec![registration.consignor.party, handover.from, handover.to];
        observation.evidence = vec![registration.planned_by.event, handover.mark.event];
        seen.push(observation);
    }
}

/// `container-mismatch`: the containers taken over are not those the other side handed over (S1 art. 13).
pub(super) fn container_mismatch(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    for handover in &view.state.handovers {
        let containers = &handover.containers;
        let confirmation = view.state.confirmation(handover);
        let stated = containers.offered.or(confirmation.and_then(|c| c.containers));
        let offered_otherwise = stated.is_some() && containers.expected.is_some_and(|e| stated != Some(e));
        let countersign = view.state.countersigns.iter().find(|countersign| {
            countersign.handover == handover.mark.event
                && countersign
                    .containers
                    .is_some_and(|set| containers.taken.is_some_and(|taken| taken != set))
        });
        let has_exceptions = containers.missing > 0 || containers.extra > 0;
        if !has_exceptions && !offered_otherwise && countersign.is_none() {
            continue;
        }
        let other = stated.or(countersign.and_then(|c| c.containers)).or(containers.expected);
        let count = |set: Option<ContainerSet>| i64::from(set.map_or(0, |set| set.count));
        let mut observation = view.saw("container-mismatch", handover.mark.name());
        observation.figures = observation
            .figures
            .with("offered_count", count(other))
            .with("taken_count", count(containers.taken))
            .with("missing_count", i64::from(containers.missing))
            .with("extra_count", i64::from(containers.extra));
        observation.concerns = vec![handover.from, handover.to];
        observation.evidence = vec![handover.mark.event];
        observation.evidence.extend(confirmation.map(|confirmation| confirmation.mark.event));
        observation.evidence.extend(countersign.map(|countersign| countersign.mark.event));
        seen.push(observation);
    }
}
