//! The rule about labels.

use std::collections::{BTreeMap, BTreeSet};

use super::{LabelView, observation};
use crate::catalogue::Uscc;
use crate::custody::finding::{Figures, Observation};
use crate::custody::label::Bearer;
use crate::custody::subject::Subject;
use crate::ledger::EventId;

/// Most containers that a party is told of. A label keeps a bounded number of containers, of whatever party: a party that counted
/// up to that bound would see whether others stand among its own.
const MAX_TOLD: usize = 8;

/// `label-reused`: one label on two containers.
///
/// A label is a guess away: whoever puts another party's label on a container must not learn whether that party used it. So each
/// party that filled two containers has a finding of its own, which follows from its own events alone, and what stands between
/// parties is a finding that concerns none of them, for authorities.
pub(super) fn reused(view: &LabelView<'_>, seen: &mut Vec<Observation>) {
    if view.state.containers() < 2 {
        return;
    }
    let own = by_party(&view.state.bearers);
    let is_between = own.len() > 1 || own.values().all(|events| events.len() < 2);
    for (party, events) in own.into_iter().filter(|(_, events)| events.len() > 1) {
        let told = &events[..events.len().min(MAX_TOLD)];
        let mut reused = of_label(view, format!("party:{party}"), told.len());
        reused.concerns = vec![party];
        reused.evidence = distinct(told.iter().copied());
        seen.push(reused);
    }
    if is_between {
        let mut reused = of_label(view, "parties".to_owned(), view.state.containers());
        let first = view.state.bearers.iter().filter_map(|bearer| bearer.stated.first());
        reused.evidence = distinct(first.map(|bearing| bearing.event));
        seen.push(reused);
    }
}

fn of_label(view: &LabelView<'_>, discriminator: String, containers: usize) -> Observation {
    let mut reused = observation("label-reused", Subject::Label(view.id), discriminator);
    reused.figures = Figures::none()
        .with("label", view.state.text.as_str())
        .with("containers", i64::try_from(containers).unwrap_or(i64::MAX));
    reused
}

/// For each container that a party filled, its first event that says so.
fn by_party(bearers: &[Bearer]) -> BTreeMap<Uscc, Vec<EventId>> {
    let mut own: BTreeMap<Uscc, Vec<EventId>> = BTreeMap::new();
    for bearer in bearers {
        let mut first: BTreeMap<Uscc, EventId> = BTreeMap::new();
        for bearing in &bearer.stated {
            first.entry(bearing.party).or_insert(bearing.event);
        }
        for (party, event) in first {
            own.entry(party).or_default().push(event);
        }
    }
    own
}

fn distinct(events: impl Iterator<Item = EventId>) -> Vec<EventId> {
    events.collect::<BTreeSet<_>>().into_iter().collect()
}
