//! Folding the labels of the containers that an event fills: each label by itself, sums that no order can change.

use std::collections::BTreeMap;

use super::record::placed;
use super::{Books, Outcome};
use crate::custody::event::Recorded;
use crate::custody::label::{self, Bearing, Filled, LabelState};
use crate::custody::rules::{LabelView, check_label};
use crate::custody::shelf::Shelf;
use crate::custody::subject::Subject;
use crate::custody::timeline::Place;
use crate::id::{ContainerId, LabelId};

impl Books {
    /// A label at hand.
    pub fn label(&self, id: &LabelId) -> Option<&Shelf<LabelState>> {
        self.labels.get(id)
    }

    /// The labels at hand, in no order.
    pub fn labels(&self) -> impl Iterator<Item = (&LabelId, &Shelf<LabelState>)> {
        self.labels.iter()
    }

    /// Put a label on the shelf as the store holds it.
    pub fn put_label(&mut self, id: LabelId, shelf: Shelf<LabelState>) {
        self.labels.insert(id, shelf);
    }

    /// Fold an event into the labels it puts on containers.
    pub(super) fn fold_labels(&mut self, recorded: &Recorded, outcome: &mut Outcome) {
        let moves = recorded.verdict.moves();
        outcome.containers = if moves { label::stated(recorded) } else { Vec::new() };
        self.change_labels(recorded, recorded, outcome, |state, container, bearing| {
            if moves {
                state.bear(container, bearing);
            }
        });
    }

    /// Fold it again under another verdict, which an act gave it.
    pub(super) fn restate_in_labels(&mut self, now: &Recorded, act: &Recorded, outcome: &mut Outcome) {
        let moves = now.verdict.moves();
        outcome.containers.extend(label::stated(now));
        self.change_labels(now, act, outcome, |state, container, bearing| match moves {
            true => state.bear(container, bearing),
            false => state.take_back(container, bearing.event),
        });
    }

    /// Change every label that an event puts on containers, because of an entry; then the rules look at it.
    fn change_labels(
        &mut self,
        said: &Recorded,
        entry: &Recorded,
        outcome: &mut Outcome,
        change: impl Fn(&mut LabelState, ContainerId, Bearing),
    ) {
        let bearing = Bearing { event: said.id, party: said.event.party };
        for (id, (text, containers)) in labelled(said) {
            let mut shelf = self.labels.remove(&id).unwrap_or_default();
            shelf.first_index.get_or_insert(entry.index);
            shelf.updated_index = Some(entry.index);
            shelf.state.text = text;
            outcome.placed.push(placed(Subject::Label(id), Place::alone(said), said));
            containers.into_iter().for_each(|container| change(&mut shelf.state, container, bearing));
            let observed =
                check_label(&LabelView { id, state: &shelf.state, profile: self.rulebook.profile });
            outcome.steps.extend(shelf.findings.update(observed, entry.recorded_at, entry.index));
            shelf.changed = true;
            self.labels.insert(id, shelf);
        }
    }
}

/// The labels that an event puts on containers, each with its text and the containers.
fn labelled(recorded: &Recorded) -> BTreeMap<LabelId, (String, Vec<ContainerId>)> {
    let mut labelled: BTreeMap<LabelId, (String, Vec<ContainerId>)> = BTreeMap::new();
    for Filled { container, .. } in recorded.event.filled() {
        let Some(label) = container.label.as_deref() else { continue };
        let fresh = || (label::text_of(label), Vec::new());
        labelled.entry(label::id_of(label)).or_insert_with(fresh).1.push(container.container);
    }
    labelled
}
