//! Folding an earlier event anew, because an act gave it another verdict or a correction another content.
//!
//! Nothing cascades. A manifest is folded again from its events, as for any late one; a lot gets the postings of the event, or the
//! same with the other sign, under the index of the act. Other content is two changes: what was said is taken back as a whole,
//! and what is now said counts as a whole.

use std::sync::Arc;

use super::record::placed;
use super::said::Said;
use super::{Books, Outcome};
use crate::custody::check;
use crate::custody::event::{Recorded, Verdict};
use crate::custody::graph;
use crate::custody::posting;
use crate::custody::shelf::Shelf;
use crate::custody::stock;
use crate::custody::subject::Subject;
use crate::custody::tally;
use crate::custody::timeline::Place;
use crate::id::ManifestId;

impl Books {
    /// The event that an act is about, as it stands from now on, where the act changes it.
    pub(super) fn restated(&self, act: &Recorded) -> Option<Arc<Recorded>> {
        self.said_anew(act).or_else(|| self.corrected(act))
    }

    /// Fold every subject of an event again that an act changed.
    pub(super) fn restate(
        &mut self,
        before: &Recorded,
        now: &Arc<Recorded>,
        act: &Recorded,
        outcome: &mut Outcome,
    ) {
        let is_same = before.event == now.event;
        let silent = Arc::new(Recorded { verdict: Verdict::EvidenceOnly, ..before.clone() });
        let first = if is_same { now } else { &silent };
        outcome.postings = posting::change(before, first);
        outcome.days = self.days_of(&posting::times(first));
        outcome.edges = graph::change(before, first);
        outcome.counts = stock::counts(first);
        outcome.registered.push(self.registered(now));
        let profile = self.rulebook.profile;
        let (treated, treats) = (tally::of_treatment(before, profile), tally::of_treatment(now, profile));
        outcome.tallied.extend(tally::difference(&treated, &treats));
        let said = Said::change(before.verdict.moves(), first, &outcome.postings, profile);
        if !is_same {
            outcome.counts.extend(stock::counts(now));
            let unsaid = Recorded { verdict: Verdict::EvidenceOnly, ..(**now).clone() };
            outcome.turned.insert(0, self.turned(now.event.manifest(), &unsaid, Arc::clone(now)));
        }
        outcome.mixes = graph::mix(now).into_iter().collect();
        for subject in now.event.touches() {
            match subject {
                Subject::Manifest(id) => self.restate_in_manifest(id, now, act, outcome),
                Subject::Lot(id) => {
                    outcome.placed.push(placed(subject, Place::alone(now), now));
                    self.fold_lot(id, &said, (act.index, act.recorded_at), outcome);
                }
                Subject::Label(_) | Subject::Site(_) => {} // Labels all at once, below; no event touches a site.
                Subject::Document(_) | Subject::Party(_) => {
                    outcome.placed.push(placed(subject, Place::alone(now), now));
                }
            }
        }
        self.restate_in_labels(first, act, outcome);
        if !is_same {
            self.restate_in_labels(now, act, outcome);
        }
    }

    fn restate_in_manifest(
        &mut self,
        id: ManifestId,
        now: &Arc<Recorded>,
        act: &Recorded,
        outcome: &mut Outcome,
    ) {
        let mut shelf = self.manifests.remove(&id).unwrap_or_else(Shelf::fresh);
        if shelf.state.erased.is_some() {
            outcome.placed.push(placed(Subject::Manifest(id), Place::alone(now), now));
            self.manifests.insert(id, shelf);
            return;
        }
        outcome.plates.extend(check::plates(now));
        let before = self.begin_manifest(&mut shelf, act, outcome);
        for known in shelf.history.iter_mut().flatten().filter(|known| known.id == now.id) {
            *known = Arc::clone(now);
        }
        super::record::refold(id, &mut shelf, outcome);
        self.end_manifest(id, shelf, &before, act, outcome);
    }
}
