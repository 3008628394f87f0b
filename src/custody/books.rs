//! The books: the state of the subjects at hand, and the folding of one recorded event into them.
//!
//! The tests keep every subject in one `Books`. The server fills one with the few subjects a batch touches, records the
//! batch, and writes back what changed. Both run the code below.

mod change;
mod changed;
mod correction;
mod declaration;
mod erasure;
mod label;
mod lots;
mod paper;
mod passage;
mod record;
mod registry;
mod restate;
mod said;
mod stance;
mod standing;
mod tally;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::correction::CorrectionState;
use super::event::Recorded;
use super::finding::FindingStep;
use super::graph::{Edge, Mix};
use super::kind::Kind;
use super::label::{LabelState, StatedContainer};
use super::lot::LotState;
use super::manifest::ManifestState;
use super::paper::{Paper, PaperId};
use super::posting::Posting;
use super::register::Registered;
use super::residue::{Kept, Residue};
use super::rules::{LotView, ManifestView, rules};
use super::shelf::{Assignments, Shelf, ShelfId};
use super::stance::{LastWord, Target};
use super::stock::{Count, StockCode};
use super::subject::Subject;
use super::tally::Part;
use super::timeline::Place;
use crate::catalogue::{
    Calendar, Catalogue, Duty, Link, Operation, Profile, ProfileError, TreatmentCode, Uscc, WasteCode,
};
use crate::clock::Timestamp;
use crate::id::{CorrectionId, DocumentId, LabelId, LotId, ManifestId, TallyId};
use crate::ledger::{Digest, EventId};
use crate::registry::Registry;
use crate::registry::standing::{MAX_PROFILE_CHARS, Pinned, ProfileAdopted};
use crate::shape::Text;

pub use change::Change;
pub use changed::{Changed, Shelves};
pub use erasure::Named;
pub use passage::Turned;
pub use record::Needs;
pub use tally::Tally;

/// What is in force: the jurisdiction profile and the reference data.
#[derive(Clone, Copy, Debug)]
pub struct Rulebook {
    /// Thresholds, dispositions, zone, exemptions.
    pub profile: &'static Profile,
    /// Codes, divisions, calendar.
    pub catalogue: &'static Catalogue,
}

impl Rulebook {
    /// What an authority adopts when it adopts the rules of this program: every part pinned by its digest.
    pub fn pinned(&self) -> ProfileAdopted {
        let (_, known_until) = Calendar::embedded().known_range();
        let in_force = rules().filter(|rule| self.profile.has_rule(rule.id));
        let rules: Vec<String> = in_force.map(|rule| format!("{}:{}", rule.id, rule.version)).collect();
        let pinned = |id: &str, version: String, sha256: Digest| Pinned {
            id: bounded(id),
            version: bounded(&version),
            sha256,
        };
        ProfileAdopted {
            profile: pinned(
                self.profile.id(),
                self.profile.version().to_string(),
                Digest(self.profile.digest()),
            ),
            calendar: pinned(
                "cn-working-days",
                known_until.to_string(),
                Digest(Calendar::embedded().digest()),
            ),
            catalogue: pinned("seeds", "1".to_owned(), Digest(Catalogue::digest())),
            rules: pinned("liandan", "1".to_owned(), Digest::sha256(&[rules.join("\n").as_bytes()])),
            text: None,
        }
    }

    /// What is in force from an adoption on; `None` where this program does not have what it pins.
    pub fn adopting(&self, adopted: &ProfileAdopted) -> Option<Self> {
        let profile = match &adopted.text {
            Some(text) => Profile::adopted(text).ok()?,
            None => Profile::embedded(&adopted.profile.id)?,
        };
        let is_pinned = adopted.profile.sha256 == Digest(profile.digest());
        is_pinned.then_some(Self { profile, ..*self })
    }

    /// What an authority adopts when it adopts a profile of its own.
    pub fn pinned_with(&self, text: &Text<MAX_PROFILE_CHARS>) -> Result<ProfileAdopted, ProfileError> {
        let with = Self { profile: Profile::adopted(text)?, ..*self };
        Ok(ProfileAdopted { text: Some(text.clone()), ..with.pinned() })
    }
}

/// A short text of our own; the names above keep every limit.
fn bounded(text: &str) -> Text<64> {
    Text::new(text).unwrap_or_else(|why| unreachable!("{text}: {why}"))
}

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

/// What one event changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Steps of findings, in order.
    pub steps: Vec<FindingStep>,
    /// Postings of the event itself, or of the earlier one that it restates.
    pub postings: Vec<Posting>,
    /// From which of them on they belong to which local day, in days since 1970-01-01.
    pub days: Vec<(usize, i64)>,
    /// Earlier statements that turned with it.
    pub turned: Vec<Turned>,
    /// The lots that were folded.
    pub lots: BTreeSet<LotId>,
    /// Numbers and lot codes allotted by this event.
    pub labels: Vec<(Subject, String)>,
    /// Registry records put in or changed.
    pub changes: Vec<Change>,
    /// Places given or changed.
    pub placed: Vec<Placed>,
    /// Predecessors nobody knows yet, and the manifest they are awaited in.
    pub awaited: Vec<(EventId, ManifestId)>,
    /// This event and the manifests it was awaited in; nobody waits for it any more.
    pub arrived: Vec<(EventId, ManifestId)>,
    /// Which lots went into which, by the event itself.
    pub edges: Vec<Edge>,
    /// Repackings and treatments, as they stand now.
    pub mixes: Vec<Mix>,
    /// Parties that held something of a lot, by a statement that no longer counts.
    pub left: Vec<(Uscc, LotId)>,
    /// Lots of earlier entries that counted as another code before this one, and as which.
    pub recoded: Vec<(LotId, StockCode)>,
    /// Counts of stock, as they stand now.
    pub counts: Vec<Count>,
    /// Corrections, as the act about them leaves them.
    pub corrections: Vec<CorrectionState>,
    /// Rows of registers, of this event and of those that count for something else now.
    pub registered: Vec<Registered>,
    /// What running totals gain and lose.
    pub tallied: Vec<Part>,
    /// Parties whose standing changed, so that findings on their running totals may be cleared.
    pub reviewed: BTreeSet<Uscc>,
    /// What is said of containers, or no longer counts.
    pub containers: Vec<StatedContainer>,
    /// The incident that this event reports, and on which manifest.
    pub incidents: Vec<(EventId, ManifestId)>,
    /// Parties that got a role on a manifest.
    pub roles: Vec<(Uscc, ManifestId)>,
    /// What was last said of earlier events.
    pub last_words: Vec<LastWord>,
    /// Manifests that were erased: all that is known of them goes, but what the residues hold.
    pub erased: Vec<ManifestId>,
    /// What is left of the entries whose content goes.
    pub residues: Vec<Residue>,
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
    documents: HashMap<DocumentId, EventId>,
    papers: HashMap<PaperId, Paper>,
    counters: HashMap<Counter, i64>,
    /// Which manifest bears a number of another system, by system and number.
    numbers: HashMap<(String, String), ManifestId>,
    awaited: HashMap<EventId, BTreeSet<ManifestId>>,
    known: HashSet<EventId>,
    targets: HashMap<EventId, Target>,
    corrections: HashMap<CorrectionId, CorrectionState>,
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
            documents: HashMap::new(),
            papers: HashMap::new(),
            counters: HashMap::new(),
            numbers: HashMap::new(),
            awaited: HashMap::new(),
            known: HashSet::new(),
            targets: HashMap::new(),
            corrections: HashMap::new(),
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

    fn needs_history(&self, recorded: &Recorded) -> Option<ManifestId> {
        let lacks = |manifest: &ManifestId, comes_last: &dyn Fn(&Shelf<ManifestState>) -> bool| {
            let shelf = self.manifests.get(manifest);
            let is_folded = |shelf: &&Shelf<ManifestState>| shelf.state.erased.is_none();
            shelf.filter(is_folded).is_some_and(|shelf| shelf.history.is_none() && !comes_last(shelf))
        };
        let own = recorded.event.touches().into_iter().filter_map(|subject| subject.manifest());
        let mut own = own.filter(|id| lacks(id, &|shelf| self.comes_last(recorded, *id, shelf)));
        let restated = self.restated(recorded).map(|restated| restated.event.touches()).unwrap_or_default();
        let mut restated = restated.into_iter().filter_map(|subject| subject.manifest());
        own.next().or_else(|| restated.find(|id| lacks(id, &|_| false)))
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
        }
    }

    /// The subjects at hand that may have obligations, sorted.
    pub fn with_obligations(&self) -> Vec<ShelfId> {
        let manifests = self.manifests.keys().copied().map(ShelfId::Manifest);
        let lots = self.lots.keys().copied().map(ShelfId::Lot);
        let tallies = self.tallies.keys().copied().map(ShelfId::Tally);
        let mut all: Vec<ShelfId> = manifests.chain(lots).chain(tallies).collect();
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
