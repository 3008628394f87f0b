//! The rule about labels.

use super::{LabelView, observation};
use crate::custody::finding::{Figures, Observation};
use crate::custody::subject::Subject;

/// `label-reused`: one label on two containers.
pub(super) fn reused(view: &LabelView<'_>, seen: &mut Vec<Observation>) {
    let containers = view.state.containers();
    if containers < 2 {
        return;
    }
    let mut reused = observation("label-reused", Subject::Label(view.id), "containers".to_owned());
    reused.figures = Figures::none()
        .with("label", view.state.text.as_str())
        .with("containers", i64::try_from(containers).unwrap_or(i64::MAX));
    let bearings = view.state.bearers.iter().flat_map(|bearer| &bearer.stated);
    reused.concerns = bearings.map(|bearing| bearing.party).collect();
    let first = view.state.bearers.iter().filter_map(|bearer| bearer.stated.first());
    reused.evidence = first.map(|bearing| bearing.event).collect();
    seen.push(reused);
}
