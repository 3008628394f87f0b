//! Folding a handover that both sides state: which earlier statements count for something else from now on.
//!
//! It follows from the events of one manifest, so nothing but the subjects of those statements is folded again: the manifest,
//! and the lots they moved mass of.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::record::placed;
use super::said::Said;
use super::{Books, Outcome};
use crate::custody::event::Recorded;
use crate::custody::graph::{self, Edge};
use crate::custody::manifest::ManifestState;
use crate::custody::passage::{Passage, confirming, verdict};
use crate::custody::posting::{self, Posting};
use crate::custody::shelf::Shelf;
use crate::custody::subject::Subject;
use crate::custody::timeline::{self, Place};
use crate::id::{LotId, ManifestId};

/// An earlier statement that counts for something else, since the other side of its handover stated it too or no longer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turned {
    /// The manifest it is about, if it is about one.
    pub manifest: Option<ManifestId>,
    /// The statement, with the verdict in force.
    pub now: Arc<Recorded>,
    /// Its postings, or the same with the other sign.
    pub postings: Vec<Posting>,
    /// From which of them on they belong to which local day, in days since 1970-01-01.
    pub days: Vec<(usize, i64)>,
    /// Its edges, or the same with the other sign.
    pub edges: Vec<Edge>,
    /// What it says of its lots, or no longer says.
    pub(super) said: Said,
}

impl Outcome {
    /// Everything that is posted under the index of this entry, in groups of one event and one local day (in days since
    /// 1970-01-01). Postings stand in pairs in each group.
    pub fn posted(&self) -> impl Iterator<Item = (i64, &[Posting])> {
        let turned = self.turned.iter().flat_map(|turned| posting::groups(&turned.postings, &turned.days));
        posting::groups(&self.postings, &self.days).chain(turned)
    }

    /// Every edge that this entry adds or takes back.
    pub fn all_edges(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter().chain(self.turned.iter().flat_map(|turned| &turned.edges))
    }
}

impl Books {
    /// True when the other side may have stated the same handover: which counts is decided by all events of the manifest.
    pub(super) fn may_be_paired(&self, recorded: &Recorded, shelf: &Shelf<ManifestState>) -> bool {
        Passage::stated_alone(recorded)
            .is_some_and(|(passage, takes)| shelf.state.has_stated_alone(&passage, !takes))
    }

    /// What an entry makes of statements of one handover by both sides: the event it is about with the verdict in force (the
    /// entry itself, or the earlier event that it restates), and the earlier statements that turn with it.
    pub(super) fn paired(&self, entry: &Arc<Recorded>) -> (Arc<Recorded>, Vec<Turned>) {
        let mut subject = self.restated(entry).unwrap_or_else(|| Arc::clone(entry));
        let mut turned = Vec::new();
        for id in subject.event.manifests() {
            let shelf = self.manifests.get(&id).filter(|shelf| shelf.state.erased.is_none());
            let Some(history) = shelf.and_then(|shelf| shelf.history.as_ref()) else { continue };
            let others = history.iter().filter(|known| known.id != subject.id);
            let events: Vec<Arc<Recorded>> = others.chain([&subject]).map(Arc::clone).collect();
            if !events.iter().any(|event| event.verdict.is_of_one_side()) {
                continue;
            }
            let ordered = timeline::order(&events);
            let confirming = confirming(ordered.iter().map(|(_, event)| &**event));
            for event in events {
                let verdict = verdict(&event, &confirming);
                if verdict == event.verdict {
                    continue;
                }
                let now = Arc::new(Recorded { verdict, ..(*event).clone() });
                if event.id == subject.id {
                    subject = now;
                } else {
                    turned.push(self.turned(Some(id), &event, now));
                }
            }
        }
        (subject, turned)
    }

    /// What turns where a statement counts for something else.
    pub(super) fn turned(
        &self,
        manifest: Option<ManifestId>,
        before: &Recorded,
        now: Arc<Recorded>,
    ) -> Turned {
        let postings = posting::change(before, &now);
        Turned {
            manifest,
            said: Said::change(before.verdict.moves(), &now, &postings, self.rulebook.profile),
            postings,
            days: self.days_of(&posting::times(&now)),
            edges: graph::change(before, &now),
            now,
        }
    }

    /// The lots of earlier statements that turn with an entry and are not at hand.
    pub(super) fn lots_to_turn(&self, entry: &Arc<Recorded>) -> Vec<LotId> {
        let (_, turned) = self.paired(entry);
        let lots = turned.iter().flat_map(|turned| turned.now.event.lots());
        lots.filter(|lot| !self.lots.contains_key(lot)).collect()
    }

    /// Give the manifest and whoever may speak of them the statements that turn, before anything is folded.
    pub(super) fn put_turned(&mut self, turned: &[Turned]) {
        for Turned { manifest, now, .. } in turned {
            let shelf = manifest.and_then(|manifest| self.manifests.get_mut(&manifest));
            let history = shelf.and_then(|shelf| shelf.history.as_mut());
            for known in history.into_iter().flatten().filter(|known| known.id == now.id) {
                *known = Arc::clone(now);
            }
            if let Some(target) = self.targets.get_mut(&now.id) {
                target.recorded = Arc::clone(now);
            }
        }
    }

    /// Turn the statements in the lots that the entry itself does not touch.
    pub(super) fn fold_turned(&mut self, entry: &Recorded, outcome: &mut Outcome) {
        let mut untouched = BTreeSet::new();
        for Turned { now, .. } in &outcome.turned {
            let lots = now.event.lots();
            let places = lots.iter().map(|lot| placed(Subject::Lot(*lot), Place::alone(now), now));
            outcome.placed.extend(places);
            outcome.registered.push(self.registered(now));
            untouched.extend(lots.difference(&outcome.lots));
        }
        let nothing = Said::nothing(entry);
        for id in untouched {
            self.fold_lot(id, &nothing, (entry.index, entry.recorded_at), outcome);
        }
    }
}
