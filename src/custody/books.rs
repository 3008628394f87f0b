//! The books: the state of the subjects at hand, and the folding of one recorded event into them.
//!
//! The tests keep every subject in one `Books`. The server fills one with the few subjects a batch touches, records the
//! batch, and writes back what changed. Both run the code below.

mod answer;
mod change;
mod changed;
mod correction;
mod declaration;
mod erasure;
mod label;
mod lots;
mod outcome;
mod paper;
mod passage;
mod record;
mod registry;
mod restate;
mod rulebook;
mod said;
mod stance;
mod standing;
mod tally;
mod watch;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::answer::FindingAnswers;
use super::case::CaseState;
use super::correction::CorrectionState;
use super::event::Recorded;
use super::finding::FindingStep;
use super::fleet::Fleet;
use super::hold::Holds;
use super::kind::Kind;
use super::label::LabelState;
use super::lot::LotState;
use super::manifest::ManifestState;
use super::papers::Papers;
use super::residue::{Kept, Residue};
use super::rules::{LotView, ManifestView};
use super::shelf::{Assignments, Shelf, ShelfId, Standing};
use super::stance::Target;
use super::subject::Subject;
use super::timeline::Place;
use crate::catalogue::{Duty, Link, Operation, TreatmentCode, WasteCode};
use crate::clock::Timestamp;
use crate::id::{CaseId, CorrectionId, DocumentId, FindingId, LabelId, LotId, ManifestId, TallyId, WatchId};
use crate::ledger::EventId;
use crate::registry::Registry;

pub use change::Change;
pub use changed::{Changed, Shelves};
pub use erasure::Named;
pub use outcome::Outcome;
pub use passage::Turned;
pub use record::Needs;
pub use registry::asks_for_standing;
pub use rulebook::Rulebook;
pub use tally::Tally;
pub use watch::Watch;

/// A running number: the Nth of something, counted in log order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counter(pub String);

/// An event's place in the timeline of one subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The subject.
    pub subject: Subject,
    /// The place.
    pub place: Place,
    /// Log index of the event.
    pub index: u64,
    /// Its verdict.
    pub verdict: super::event::Verdict,
}

/// The state of the subjects at hand.
#[derive(Clone, Debug)]
pub struct Books {
    /// Registry records at hand.
    pub registry: Registry,
    /// Vehicles assigned.
    pub assignments: Assignments,
    /// What is in force.
    pub rulebook: Rulebook,
    /// False where one rulebook is tried on events, whatever they adopt.
    adopts: bool,
    manifests: HashMap<ManifestId, Shelf<ManifestState>>,
    lots: HashMap<LotId, Shelf<LotState>>,
    labels: HashMap<LabelId, Shelf<LabelState>>,
    tallies: HashMap<TallyId, Tally>,
    watches: HashMap<WatchId, Watch>,
    documents: HashMap<DocumentId, EventId>,
    papers: Papers,
    fleet: Fleet,
    pub(super) holds: Holds,
    counters: HashMap<Counter, i64>,
    /// Which manifest bears a number of another system, by system and number.
    numbers: HashMap<(String, String), ManifestId>,
    awaited: HashMap<EventId, BTreeSet<ManifestId>>,
    known: HashSet<EventId>,
    targets: HashMap<EventId, Target>,
    corrections: HashMap<CorrectionId, CorrectionState>,
    /// Findings about single entries, which stand on no shelf.
    alone: HashMap<FindingId, Standing>,
    answers: HashMap<FindingId, FindingAnswers>,
    cases: HashMap<CaseId, CaseState>,
    /// Entries that notices name; `None` where no notice is taken in.
    named: Option<BTreeMap<u64, Named>>,
    kept: BTreeMap<ManifestId, Vec<Kept>>,
    residues: BTreeMap<u64, Residue>,
}

impl Books {
    /// Empty books.
    pub fn new(rulebook: Rulebook) -> Self {
        Self {
            registry: Registry::default(),
            assignments: Assignments::default(),
            rulebook,
            adopts: true,
            manifests: HashMap::new(),
            lots: HashMap::new(),
            labels: HashMap::new(),
            tallies: HashMap::new(),
            watches: HashMap::new(),
            documents: HashMap::new(),
            papers: Papers::default(),
            fleet: Fleet::default(),
            holds: Holds::default(),
            counters: HashMap::new(),
            numbers: HashMap::new(),
            awaited: HashMap::new(),
            known: HashSet::new(),
            targets: HashMap::new(),
            corrections: HashMap::new(),
            alone: HashMap::new(),
            answers: HashMap::new(),
            cases: HashMap::new(),
            named: None,
            kept: BTreeMap::new(),
            residues: BTreeMap::new(),
        }
    }

    /// Empty books that keep to a rulebook, whatever is adopted.
    pub fn trying(rulebook: Rulebook) -> Self {
        Self { adopts: false, ..Self::new(rulebook) }
    }

    /// A manifest at hand.
    pub fn manifest(&self, id: &ManifestId) -> Option<&Shelf<ManifestState>> {
        self.manifests.get(id)
    }

    /// The manifests at hand, in no order.
    pub fn manifests(&self) -> impl Iterator<Item = (&ManifestId, &Shelf<ManifestState>)> {
        self.manifests.iter()
    }

    /// A lot at hand.
    pub fn lot(&self, id: &LotId) -> Option<&Shelf<LotState>> {
        self.lots.get(id)
    }

    /// The lots at hand, in no order.
    pub fn lots(&self) -> impl Iterator<Item = (&LotId, &Shelf<LotState>)> {
        self.lots.iter()
    }

    /// The counters at hand, in no order.
    pub fn counters(&self) -> impl Iterator<Item = (&Counter, i64)> {
        self.counters.iter().map(|(counter, value)| (counter, *value))
    }

    /// The event that owns a subject's id, if one does.
    pub fn owner(&self, subject: &Subject) -> Option<EventId> {
        match subject {
            Subject::Manifest(id) => self.manifests.get(id)?.owner,
            Subject::Lot(id) => self.lots.get(id)?.owner,
            Subject::Document(id) => self.documents.get(id).copied(),
            Subject::Party(_) | Subject::Site(_) | Subject::Label(_) => None,
        }
    }

    /// Put a manifest on the shelf as the store holds it.
    pub fn put_manifest(&mut self, id: ManifestId, shelf: Shelf<ManifestState>) {
        self.manifests.insert(id, shelf);
    }

    /// Give a manifest on the shelf its history as the store holds it, so that late events can be folded in.
    pub fn put_history(&mut self, id: ManifestId, mut history: Vec<Arc<Recorded>>) {
        if let Some(shelf) = self.manifests.get_mut(&id) {
            history.append(&mut shelf.recent);
            shelf.history = Some(history);
        }
    }

    /// Put a lot on the shelf as the store holds it.
    pub fn put_lot(&mut self, id: LotId, shelf: Shelf<LotState>) {
        self.lots.insert(id, shelf);
    }

    /// Say that these lots were looked for: those the store does not hold are empty.
    pub fn have_lots(&mut self, lots: &BTreeSet<Subject>) {
        for subject in lots {
            if let Subject::Lot(id) = subject {
                self.lots.entry(*id).or_default();
            }
        }
    }

    /// Say which event owns a document.
    pub fn put_document(&mut self, id: DocumentId, owner: EventId) {
        self.documents.insert(id, owner);
    }

    /// True when a counter is at hand.
    pub fn has_counter(&self, counter: &Counter) -> bool {
        self.counters.contains_key(counter)
    }

    /// Set a counter as the store holds it; 0 for one it does not hold.
    pub fn put_counter(&mut self, counter: Counter, value: i64) {
        self.counters.insert(counter, value);
    }

    /// The manifest that a number of another system is bound to, if it is bound.
    pub fn bound_to(&self, system: &str, number: &str) -> Option<ManifestId> {
        self.numbers.get(&(system.to_owned(), number.to_owned())).copied()
    }

    /// Say which manifest a number of another system is bound to.
    pub fn put_number(&mut self, system: String, number: String, manifest: ManifestId) {
        self.numbers.insert((system, number), manifest);
    }

    /// Say that an event is awaited in a manifest.
    pub fn put_awaited(&mut self, event: EventId, manifest: ManifestId) {
        self.awaited.entry(event).or_default().insert(manifest);
    }

    /// Say that an event is in the log, so that it is not awaited.
    pub fn put_known(&mut self, event: EventId) {
        self.known.insert(event);
    }

    /// What must be at hand before this event can be recorded, if anything is missing.
    pub fn needs(&self, recorded: &Arc<Recorded>) -> Option<Needs> {
        if let Some(manifest) = self.needs_history(recorded) {
            return Some(Needs::History(manifest));
        }
        let lots = self.lots_to_turn(recorded);
        (!lots.is_empty()).then_some(Needs::Lots(lots))
    }

    /// True when a manifest is at hand without its history.
    pub fn lacks_history(&self, manifest: &ManifestId) -> bool {
        let shelf = self.manifests.get(manifest);
        shelf.is_some_and(|shelf| shelf.state.erased.is_none() && shelf.history.is_none())
    }

    /// A manifest whose history must be at hand before this event can be recorded.
    pub fn needs_history(&self, recorded: &Recorded) -> Option<ManifestId> {
        let lacks = |manifest: &ManifestId, comes_last: &dyn Fn(&Shelf<ManifestState>) -> bool| {
            let shelf = self.manifests.get(manifest);
            let is_folded = |shelf: &&Shelf<ManifestState>| shelf.state.erased.is_none();
            shelf.filter(is_folded).is_some_and(|shelf| shelf.history.is_none() && !comes_last(shelf))
        };
        let mut own = recorded
            .event
            .manifests()
            .into_iter()
            .filter(|id| lacks(id, &|shelf| self.comes_last(recorded, *id, shelf)));
        let restated = self.restated(recorded).map(|restated| restated.event.manifests()).unwrap_or_default();
        own.next().or_else(|| restated.into_iter().find(|id| lacks(id, &|_| false)))
    }

    /// True when the event's place is after all others of the manifest, without looking at its predecessors.
    fn comes_last(&self, recorded: &Recorded, manifest: ManifestId, shelf: &Shelf<ManifestState>) -> bool {
        let awaited = self.awaited.get(&recorded.id).is_some_and(|manifests| manifests.contains(&manifest));
        // What ran on paper lies in the past, each handover at its own time.
        let is_paper = recorded.kind() == Kind::PaperBackfilled;
        !awaited
            && !is_paper
            && !self.may_be_paired(recorded, shelf)
            && shelf.last.is_none_or(|last| last.effective < recorded.base_time())
    }

    /// Open every obligation of a subject that fell due up to `now`. Only time passed; no event caused it.
    pub fn open_due(&mut self, on: &ShelfId, now: Timestamp) -> Vec<FindingStep> {
        fn open<S>(shelf: Option<&mut Shelf<S>>, now: Timestamp) -> Vec<FindingStep> {
            let Some(shelf) = shelf else { return Vec::new() };
            let steps = shelf.findings.open_due(now);
            shelf.changed |= !steps.is_empty();
            steps
        }
        match on {
            ShelfId::Manifest(id) => open(self.manifests.get_mut(id), now),
            ShelfId::Lot(id) => open(self.lots.get_mut(id), now),
            ShelfId::Tally(id) => open(self.tallies.get_mut(id).map(|tally| &mut tally.shelf), now),
            ShelfId::Watch(id) => open(self.watches.get_mut(id).map(|watch| &mut watch.shelf), now),
        }
    }

    /// The subjects at hand that may have obligations, sorted.
    pub fn with_obligations(&self) -> Vec<ShelfId> {
        let manifests = self.manifests.keys().copied().map(ShelfId::Manifest);
        let lots = self.lots.keys().copied().map(ShelfId::Lot);
        let tallies = self.tallies.keys().copied().map(ShelfId::Tally);
        let watches = self.watches.keys().copied().map(ShelfId::Watch);
        let mut all: Vec<ShelfId> = manifests.chain(lots).chain(tallies).chain(watches).collect();
        all.sort_unstable();
        all
    }

    /// True when an exemption frees the treatment of this waste from the operating permit.
    pub(super) fn frees_from_permit(
        &self,
        code: WasteCode,
        treatment: TreatmentCode,
        claims: &[String],
    ) -> bool {
        let link = if treatment.operation() == Operation::Use { Link::Use } else { Link::Disposal };
        self.rulebook.profile.frees(&code, claims, link, Duty::Permit)
            || self.rulebook.profile.frees(&code, claims, Link::Collection, Duty::Permit)
    }

    fn manifest_view<'a>(&'a self, id: ManifestId, shelf: &'a Shelf<ManifestState>) -> ManifestView<'a> {
        ManifestView {
            id,
            state: &shelf.state,
            registry: &self.registry,
            papers: &self.papers,
            fleet: &self.fleet,
            holds: &self.holds,
            assignments: &self.assignments,
            profile: self.rulebook.profile,
            catalogue: self.rulebook.catalogue,
        }
    }

    fn lot_view<'a>(&'a self, id: LotId, shelf: &'a Shelf<LotState>) -> LotView<'a> {
        LotView {
            id,
            state: &shelf.state,
            registry: &self.registry,
            profile: self.rulebook.profile,
            catalogue: self.rulebook.catalogue,
        }
    }
}
