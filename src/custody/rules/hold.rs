//! The rule about holds (查封): nothing that is under one may move.

use super::ManifestView;
use crate::custody::finding::{Figures, Observation};
use crate::custody::manifest::HandoverRecord;
use crate::custody::payload::handover::Step;
use crate::custody::payload::oversight::HoldOn;

/// `hold-violated`: moved while its manifest, the site it left, its lot or the vehicle that took it was under hold.
///
/// A hold binds from the moment its act was recorded, and only what is recorded after it. So a movement from before it raises
/// nothing however late it is told, and a hold never reaches back.
pub(super) fn violated(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    for handover in &view.state.handovers {
        let stopping = stopped_by(view, handover);
        let over = stopping
            .iter()
            .flat_map(|on| view.holds.over(on, handover.mark.at, handover.index).map(move |hold| (on, hold)));
        // Whatever it broke besides, it is one movement.
        let Some((on, hold)) = over.min_by_key(|(_, hold)| (hold.from, hold.paper)) else { continue };
        let mut observation = view.saw("hold-violated", handover.mark.name());
        observation.figures = Figures::none()
            .with("held", on.name())
            .with("held_id", on.key())
            .with("held_at", hold.from.to_string())
            .with("moved_at", handover.mark.at.to_string());
        observation.concerns = vec![handover.from, handover.to];
        observation.concerns.extend(view.state.registration.as_ref().map(|r| r.consignor.party));
        observation.evidence = vec![handover.mark.event];
        seen.push(observation);
    }
}

/// Everything a hold on which would have stopped a handover: the manifest, the site it leaves, the vehicle it is loaded on, the lots it
/// is and those it was drawn from. What arrives at a site under hold is not stopped on its way.
fn stopped_by(view: &ManifestView<'_>, handover: &HandoverRecord) -> Vec<HoldOn> {
    let registration = view.state.registration.as_ref();
    let planned = registration.filter(|_| handover.step == Step::Collected).map(|r| r.consignor);
    let planned =
        planned.filter(|consignor| consignor.party == handover.from).map(|consignor| consignor.site);
    let mut stopping = vec![HoldOn::Manifest(view.id)];
    stopping.extend(handover.from_site.or(planned).map(HoldOn::Site));
    if view.state.is_loading(handover) {
        stopping.extend(view.state.plate(handover).cloned().map(HoldOn::Vehicle));
    }
    stopping.extend(handover.lots(view.id).into_iter().map(HoldOn::Lot));
    stopping
}
