//! Rules about what the waste is, and how it is packed.

use std::collections::{BTreeMap, BTreeSet};

use super::ManifestView;
use crate::catalogue::WasteCode;
use crate::custody::finding::{Figures, Observation};
use crate::custody::manifest::{HandoverRecord, LineState};
use crate::custody::payload::waste::DiscrepancyType;
use crate::ledger::EventId;

/// What is said of the nature of one line, beside what its manifest says.
#[derive(Default)]
struct Otherwise {
    codes: BTreeSet<WasteCode>,
    declared: BTreeSet<&'static str>,
    events: Vec<EventId>,
}

/// `kind-discrepancy`: a handover or the receipt states another waste than the manifest, or a party declared that kind or
/// packaging are not as they should be (S1 art. 18).
pub(super) fn kind_discrepancy(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    for (number, line) in &view.state.lines {
        let Some(code) = line.code else { continue };
        let otherwise = said_otherwise(view, *number, code);
        if otherwise.events.is_empty() {
            continue;
        }
        let found: Vec<String> = otherwise.codes.iter().map(ToString::to_string).collect();
        let declared: Vec<&str> = otherwise.declared.into_iter().collect();
        let mut observation = view.saw("kind-discrepancy", format!("line:{number}"));
        observation.figures = Figures::none()
            .with("line", i64::from(*number))
            .with("code", code.to_string())
            .with("found_code", found.join(", "))
            .with("declared", declared.join(","));
        observation.concerns = view.state.parties();
        observation.evidence = planned_by(view, line).into_iter().chain(otherwise.events).collect();
        seen.push(observation);
    }
}

/// `incompatible-together`: wastes that must not be carried together are on one vehicle, on one manifest (S2 art. 81). Two loads of which
/// nobody says on which vehicle they went are not on one.
pub(super) fn incompatible(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let mut riding: BTreeMap<u16, (&HandoverRecord, WasteCode)> = BTreeMap::new();
    for handover in &view.state.handovers {
        riding.retain(|line, _| handover.lines.iter().all(|handed| handed.line != *line));
        if !view.state.is_loading(handover) {
            continue;
        }
        riding.extend(handover.codes.iter().map(|(line, code)| (*line, (handover, *code))));
        let Some((code, other_code, other)) = conflict(view, handover, &riding) else { continue };
        let mut observation = view.saw("incompatible-together", handover.mark.name());
        observation.figures = Figures::none()
            .with("vehicle", view.state.plate(handover).map_or("", |plate| plate))
            .with("codes", format!("{code},{other_code}"));
        observation.concerns = vec![handover.from, handover.to, other.from];
        observation.evidence = vec![handover.mark.event, other.mark.event];
        seen.push(observation);
    }
}

/// The first waste of a load that must not be with another one on the same vehicle, with that one.
fn conflict<'a>(
    view: &ManifestView<'_>,
    load: &'a HandoverRecord,
    riding: &BTreeMap<u16, (&'a HandoverRecord, WasteCode)>,
) -> Option<(WasteCode, WasteCode, &'a HandoverRecord)> {
    let is_with = |other: &HandoverRecord| {
        let plate = view.state.plate(load);
        other.mark == load.mark || plate.is_some() && plate == view.state.plate(other)
    };
    let with: Vec<_> = riding.values().filter(|(other, _)| is_with(other)).collect();
    load.codes.values().find_map(|code| {
        let other = with.iter().find(|(_, other_code)| view.profile.is_incompatible(code, other_code));
        other.map(|(other, other_code)| (*code, *other_code, *other))
    })
}

fn said_otherwise(view: &ManifestView<'_>, number: u16, code: WasteCode) -> Otherwise {
    let mut otherwise = Otherwise::default();
    let handed = view.state.handovers.iter().map(|handover| (handover.mark.event, &handover.codes));
    let found = view.state.receipts.iter().map(|receipt| (receipt.mark.event, &receipt.codes));
    for (event, codes) in handed.chain(found) {
        let other = codes.get(&number).filter(|stated| **stated != code);
        otherwise.events.extend(other.map(|_| event));
        otherwise.codes.extend(other);
    }
    let parties = view.state.parties();
    for declared in &view.state.declared {
        let is_of_line = declared.line.is_none_or(|line| line == number);
        let name = match declared.about {
            DiscrepancyType::Kind => "kind",
            DiscrepancyType::Packaging => "packaging",
            DiscrepancyType::Quantity | DiscrepancyType::Other => continue,
        };
        if is_of_line && parties.contains(&declared.mark.party) {
            otherwise.declared.insert(name);
            otherwise.events.push(declared.mark.event);
        }
    }
    otherwise
}

fn planned_by(view: &ManifestView<'_>, line: &LineState) -> Option<EventId> {
    let registration = view.state.registration.as_ref().filter(|_| line.planned_g.is_some());
    registration.map(|registration| registration.planned_by.event)
}
