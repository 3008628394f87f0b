//! Recording one event: folded into each subject it touches, after the obligations that fell due before it were opened.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::said::Said;
use super::{Books, Change, Counter, Outcome, Placed};
use crate::catalogue::{Division, Uscc};
use crate::clock::Timestamp;
use crate::custody::admit::Circumstances;
use crate::custody::check;
use crate::custody::event::Recorded;
use crate::custody::finding::{FindingStep, StepKind};
use crate::custody::graph;
use crate::custody::kind::Statement;
use crate::custody::manifest::ManifestState;
use crate::custody::posting;
use crate::custody::register::Registered;
use crate::custody::rules::{EntryView, check_entry, check_manifest};
use crate::custody::search::{self, Term};
use crate::custody::shelf::{Shelf, Standing, Window};
use crate::custody::stance::Target;
use crate::custody::stock;
use crate::custody::subject::Subject;
use crate::custody::tally;
use crate::custody::timeline::{self, Moment, Place};
use crate::id::{LotId, ManifestId, SiteId};

/// Something must be at hand before an event can be recorded: load it and record again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Needs {
    /// The event comes before others of a manifest, or decides with them what counts.
    #[error("the history of manifest {0} is needed")]
    History(ManifestId),
    /// Earlier statements turn with it, and with them these lots.
    #[error("{} lots are needed", .0.len())]
    Lots(Vec<LotId>),
}

/// How a manifest was listed before an entry changed it.
pub(super) struct Listed {
    parties: BTreeSet<Uscc>,
    terms: BTreeSet<Term>,
}

impl Books {
    /// Record one admitted event. Fails only when something is needed and not at hand; nothing changed then.
    pub fn record(
        &mut self,
        recorded: Arc<Recorded>,
        circumstances: Circumstances,
    ) -> Result<Outcome, Needs> {
        if let Some(needs) = self.needs(&recorded) {
            return Err(needs);
        }
        let (subject, turned) = self.paired(&recorded);
        self.put_turned(&turned);
        let restated = (subject.id != recorded.id).then(|| Arc::clone(&subject));
        let recorded = if restated.is_some() { recorded } else { subject };
        let mut outcome = Outcome { turned, ..Outcome::default() };
        self.known.insert(recorded.id);
        self.note_entry(&recorded, &circumstances, &mut outcome);
        outcome.postings = posting::of(&recorded);
        let said = Said::change(false, &recorded, &outcome.postings, self.rulebook.profile);
        for subject in recorded.event.touches() {
            match subject {
                Subject::Manifest(id) => self.fold_manifest(id, &recorded, &mut outcome),
                Subject::Lot(id) => {
                    outcome.placed.push(placed(subject, Place::alone(&recorded), &recorded));
                    self.fold_lot(id, &said, (recorded.index, recorded.recorded_at), &mut outcome);
                }
                Subject::Label(_) | Subject::Site(_) => {} // Labels all at once, below; no event touches a site.
                Subject::Document(id) => {
                    if recorded.verdict.moves() {
                        self.documents.entry(id).or_insert(recorded.id);
                    }
                    outcome.placed.push(placed(subject, Place::alone(&recorded), &recorded));
                }
                Subject::Party(_) => outcome.placed.push(placed(subject, Place::alone(&recorded), &recorded)),
            }
        }
        self.fold_labels(&recorded, &mut outcome);
        let waited = self.awaited.remove(&recorded.id).unwrap_or_default();
        outcome.arrived = waited.into_iter().map(|manifest| (recorded.id, manifest)).collect();
        outcome.days = self.days_of(&posting::times(&recorded));
        outcome.counts = stock::counts(&recorded);
        if let Statement::IncidentReported(s) = &recorded.event.statement {
            outcome.incidents.push((recorded.id, s.manifest));
        }
        outcome.registered.push(Registered::of(&recorded, true, &outcome.postings, &outcome.days));
        outcome.edges = graph::edges(&recorded);
        outcome.mixes = graph::mix(&recorded).into_iter().collect();
        self.fold_registry(&recorded, &mut outcome);
        self.fold_stance(&recorded, restated.as_ref(), &mut outcome);
        self.fold_correction(&recorded, restated.as_ref(), &mut outcome);
        self.fold_turned(&recorded, &mut outcome);
        self.fold_erasure(&recorded, &mut outcome);
        self.fold_answer(&recorded, &mut outcome);
        self.fold_case(&recorded, &mut outcome);
        self.note_watched(&recorded, &mut outcome);
        self.follow_alone(&outcome.steps);
        let treated = tally::of_treatment(&recorded, self.rulebook.profile);
        outcome.tallied.extend(tally::difference(&tally::Parts::new(), &treated));
        self.targets.insert(recorded.id, Target { recorded, circumstances, last_word: None, corrections: 0 });
        Ok(outcome)
    }

    /// The local day of a moment, in days since 1970-01-01.
    pub(super) fn local_day(&self, at: Timestamp) -> i64 {
        i64::from(self.rulebook.profile.local_date(at.as_millis()).to_epoch_days())
    }

    /// The local days of these moments, in days since 1970-01-01.
    pub(super) fn days_of(&self, times: &[(usize, Timestamp)]) -> Vec<(usize, i64)> {
        times.iter().map(|(from, at)| (*from, self.local_day(*at))).collect()
    }

    /// The rows of registers that an earlier event has from now on.
    pub(super) fn registered(&self, now: &Recorded) -> Registered {
        let (postings, days) = (posting::of(now), self.days_of(&posting::times(now)));
        Registered::of(now, false, &postings, &days)
    }

    /// What the rules see in the entry by itself. It never closes by itself, so no shelf keeps it.
    fn note_entry(&mut self, recorded: &Recorded, circumstances: &Circumstances, outcome: &mut Outcome) {
        let view = EntryView::of(recorded, circumstances, self.rulebook.profile);
        for (finding, seen) in check_entry(&view) {
            let step = FindingStep {
                finding,
                n: 0,
                step: StepKind::Opened,
                at: recorded.recorded_at,
                index: Some(recorded.index),
                seen,
            };
            self.put_standing(finding, Standing::alone(&step));
            outcome.steps.push(step);
        }
    }

    fn fold_manifest(&mut self, id: ManifestId, recorded: &Arc<Recorded>, outcome: &mut Outcome) {
        let mut shelf = self.manifests.remove(&id).unwrap_or_else(Shelf::fresh);
        if shelf.state.erased.is_some() {
            shelf.updated_index = Some(recorded.index);
            shelf.changed = true;
            outcome.placed.push(placed(Subject::Manifest(id), Place::alone(recorded), recorded));
            self.manifests.insert(id, shelf);
            return;
        }
        outcome.plates.extend(check::plates(recorded));
        let before = self.begin_manifest(&mut shelf, recorded, outcome);
        let in_order = self.comes_last(recorded, id, &shelf);
        shelf.history.as_mut().unwrap_or(&mut shelf.recent).push(Arc::clone(recorded));
        if in_order {
            let place = Place::alone(recorded);
            shelf.state.apply(id, &Moment::of(place, recorded));
            shelf.last = Some(place);
            outcome.placed.push(placed(Subject::Manifest(id), place, recorded));
        } else {
            refold(id, &mut shelf, outcome);
        }
        self.await_unknown(id, recorded, outcome);
        if recorded.verdict.moves() {
            self.own_manifest(id, &mut shelf, recorded, outcome);
            self.note_assignment(id, &shelf, recorded, outcome);
            self.note_number(id, recorded);
        }
        self.end_manifest(id, shelf, &before, recorded, outcome);
    }

    /// What comes before an entry changes a manifest: what fell due opens. Gives how it was listed.
    pub(super) fn begin_manifest(
        &self,
        shelf: &mut Shelf<ManifestState>,
        entry: &Recorded,
        outcome: &mut Outcome,
    ) -> Listed {
        let listed = Listed {
            parties: shelf.state.parties().into_iter().collect(),
            terms: shelf.first_index.map(|_| search::terms(shelf, self.rulebook.profile)).unwrap_or_default(),
        };
        shelf.first_index.get_or_insert(entry.index);
        shelf.updated_index = Some(entry.index);
        outcome.steps.extend(shelf.findings.open_due(entry.recorded_at));
        listed
    }

    /// What comes after an entry changed a manifest: the rules look at it, and it goes back on its place.
    pub(super) fn end_manifest(
        &mut self,
        id: ManifestId,
        mut shelf: Shelf<ManifestState>,
        listed: &Listed,
        entry: &Recorded,
        outcome: &mut Outcome,
    ) {
        let observed = check_manifest(&self.manifest_view(id, &shelf));
        outcome.steps.extend(shelf.findings.update(observed, entry.recorded_at, entry.index));
        let new_parties = shelf.state.parties().into_iter().filter(|party| !listed.parties.contains(party));
        outcome.roles.extend(new_parties.map(|party| (party, id)));
        let terms = search::terms(&shelf, self.rulebook.profile);
        outcome.terms.extend(search::changes(id, &listed.terms, &terms));
        let before = tally::standing(shelf.tallied.iter().map(|(_, part)| part));
        let now = tally::of_manifest(id, &shelf.state, self.rulebook.profile, &self.registry);
        let tallied = tally::difference(&before, &now);
        shelf.tallied.extend(tallied.iter().map(|part| (entry.index, *part)));
        outcome.tallied.extend(tallied);
        shelf.changed = true;
        self.manifests.insert(id, shelf);
    }

    /// Predecessors nobody has seen may still arrive; the manifest is then put in order again.
    fn await_unknown(&mut self, id: ManifestId, recorded: &Recorded, outcome: &mut Outcome) {
        for prev in recorded.predecessors().filter(|prev| !self.known.contains(prev)) {
            self.awaited.entry(*prev).or_default().insert(id);
            outcome.awaited.push((*prev, id));
        }
    }

    /// The first registration in log order owns the id and gets the next number of its division and year.
    fn own_manifest(
        &mut self,
        id: ManifestId,
        shelf: &mut Shelf<ManifestState>,
        recorded: &Recorded,
        outcome: &mut Outcome,
    ) {
        let Statement::ManifestRegistered(registered) = &recorded.event.statement else { return };
        shelf.owner = Some(recorded.id);
        let Some((division, year)) = self.numbering_of(&registered.site, recorded.recorded_at) else {
            return;
        };
        let serial = self.count(manifest_counter(division, year));
        shelf.division = Some(division);
        shelf.label = self.rulebook.profile.numbering().number(year, division, serial);
        outcome.labels.extend(shelf.label.clone().map(|number| (Subject::Manifest(id), number)));
    }

    fn note_assignment(
        &mut self,
        id: ManifestId,
        shelf: &Shelf<ManifestState>,
        recorded: &Recorded,
        outcome: &mut Outcome,
    ) {
        let Statement::ManifestAssigned(assigned) = &recorded.event.statement else { return };
        let Some(window) = self.window(shelf, recorded) else { return };
        let (carrier, vehicle) = (recorded.event.party, assigned.vehicle.clone());
        self.assignments.add(carrier, vehicle.clone(), window);
        outcome.changes.push(Change::Assigned { carrier, vehicle, window, manifest: id });
    }

    /// Nobody else binds it from here on.
    fn note_number(&mut self, id: ManifestId, recorded: &Recorded) {
        let Statement::NumberBound(bound) = &recorded.event.statement else { return };
        self.put_number(bound.system.to_string(), bound.number.to_string(), id);
    }

    /// When an assignment to a registered manifest explains the vehicle on the road.
    pub(super) fn window(&self, shelf: &Shelf<ManifestState>, recorded: &Recorded) -> Option<Window> {
        let registration = shelf.state.registration.as_ref()?;
        let hours = self.rulebook.profile.threshold("in-transit-overdue", "beyond_hours");
        Some(Window { from: recorded.recorded_at, until: registration.planned_arrival.plus_hours(hours) })
    }

    /// The counters an event may need, so that a store can bring them. Sites and lots it names must be at hand.
    pub fn counters_of(&self, recorded: &Recorded) -> Vec<Counter> {
        if let Statement::ManifestRegistered(registered) = &recorded.event.statement {
            let numbering = self.numbering_of(&registered.site, recorded.recorded_at);
            return numbering.map(|(division, year)| manifest_counter(division, year)).into_iter().collect();
        }
        self.lot_counters(recorded)
    }

    fn numbering_of(&self, site: &SiteId, recorded_at: Timestamp) -> Option<(Division, i32)> {
        let division = self.registry.site(site)?.division;
        Some((division, self.rulebook.profile.local_year(recorded_at.as_millis())))
    }

    pub(super) fn compact_date(&self, at: Timestamp) -> String {
        self.rulebook.profile.local_date(at.as_millis()).format("%Y%m%d").to_string()
    }

    pub(super) fn count(&mut self, counter: Counter) -> i64 {
        let value = self.counters.entry(counter).or_insert(0);
        *value += 1;
        *value
    }
}

/// Put all events of a manifest in order again and fold them from the start. A manifest has a handful of events.
pub(super) fn refold(id: ManifestId, shelf: &mut Shelf<ManifestState>, outcome: &mut Outcome) {
    let ordered = timeline::order(shelf.history.as_deref().unwrap_or_default());
    shelf.state = ManifestState::default();
    outcome.placed.extend(ordered.iter().map(|(place, event)| placed(Subject::Manifest(id), *place, event)));
    let moments = timeline::moments(&ordered);
    for moment in &moments {
        shelf.state.apply(id, moment);
    }
    shelf.last = moments.last().map(|moment| moment.place);
}

pub(super) fn manifest_counter(division: Division, year: i32) -> Counter {
    Counter(format!("manifest:{division}:{year}"))
}

pub(super) fn placed(subject: Subject, place: Place, recorded: &Recorded) -> Placed {
    Placed { subject, place, index: recorded.index, verdict: recorded.verdict }
}
