//! What the ledger knew when the log had so many entries: the entries that a question touches, folded again without the later ones.
//!
//! Nothing is kept for it. A regulator asks rarely what was known in March, and then everything must follow from the log itself: late
//! facts, corrections and disavowals that came later are simply not among the entries.

use std::collections::{BTreeMap, BTreeSet};

use super::trace::Ground;
use crate::app::receipt::event_of;
use crate::app::{App, Fault, batch};
use crate::custody::Subject;
use crate::custody::books::Books;
use crate::custody::correction::CorrectionState;
use crate::custody::event::{Recorded, Verdict};
use crate::custody::graph;
use crate::custody::stance::LastWord;
use crate::custody::trace::{Direction, Graph, LotMasses, Node};
use crate::id::{LotId, ManifestId};
use crate::ledger::EventId;
use crate::store::log::Entry;
use crate::store::stock::{MAX_LATER_POSTINGS, MAX_RECODED_LOTS};
use crate::store::{ReadTx, StoreError, books, correction, log, stance, timeline};

/// Most entries that one such question folds again.
pub const MAX_AS_OF_ENTRIES: usize = 2_000;

/// Why it cannot be told what was known then.
#[derive(Debug, thiserror::Error)]
pub enum NoAsOf {
    /// The log was never so long.
    #[error("the log has {size} entries; nothing is known beyond them")]
    Ahead {
        /// How many it has.
        size: u64,
    },
    /// More entries than are folded again.
    #[error("what was known once is folded again from at most {MAX_AS_OF_ENTRIES} entries")]
    TooManyEntries,
    /// More came since than is taken off again.
    #[error(
        "at most {MAX_LATER_POSTINGS} later postings at the site, and {MAX_RECODED_LOTS} lots that got another code since, are taken off again; name a larger size"
    )]
    TooMuchSince,
    /// We are wrong.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StoreError> for NoAsOf {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

/// The size asked for, which the log once had; `None` where it is that of now, or none was asked for.
pub(super) async fn then(tx: &mut ReadTx, as_of: Option<u64>) -> Result<Option<u64>, NoAsOf> {
    let Some(asked) = as_of else { return Ok(None) };
    let size = log::head(tx).await?.map_or(0, |head| head.size);
    if asked > size {
        return Err(NoAsOf::Ahead { size });
    }
    Ok((asked < size).then_some(asked))
}

/// The entries that a question touches, below a log size.
struct Gathered {
    size: u64,
    direction: Option<Direction>,
    entries: BTreeMap<u64, Entry>,
    seen: BTreeSet<Subject>,
    /// Where a lot or a mix leads to, by the events gathered.
    ways: BTreeMap<LotId, BTreeSet<LotId>>,
}

impl Gathered {
    fn below(size: u64, direction: Option<Direction>) -> Self {
        Self { size, direction, entries: BTreeMap::new(), seen: BTreeSet::new(), ways: BTreeMap::new() }
    }

    /// Add the events of a subject, and what was said about them; gives the manifests that the new ones are about.
    async fn add(&mut self, tx: &mut ReadTx, subject: Subject) -> Result<BTreeSet<Subject>, NoAsOf> {
        if !self.seen.insert(subject) {
            return Ok(BTreeSet::new());
        }
        let rows = timeline::of(tx, &subject).await?;
        let ids: Vec<EventId> = rows.iter().map(|row| row.event_id).collect();
        let mut indexes: BTreeSet<u64> = rows.iter().map(|row| row.index).collect();
        let corrections = correction::of_events(tx, &ids).await?;
        indexes.extend(corrections.iter().flat_map(CorrectionState::indexes));
        // Of several words only the last one of that time changed what stood then.
        indexes.extend(stance::last_words_below(tx, &ids, self.size).await?.iter().map(|word| word.by_index));
        indexes.retain(|index| *index < self.size && !self.entries.contains_key(index));
        if self.entries.len() + indexes.len() > MAX_AS_OF_ENTRIES {
            return Err(NoAsOf::TooManyEntries);
        }
        let mut manifests = BTreeSet::new();
        for entry in log::entries_at(tx, &indexes.into_iter().collect::<Vec<_>>()).await? {
            if entry.jws.is_some() {
                let event = event_of(&entry)?;
                manifests.extend(event.manifests().into_iter().map(Subject::Manifest));
                self.note_ways(&batch::fill::bare(&entry, event, Verdict::Counts));
            }
            self.entries.insert(entry.index, entry);
        }
        Ok(manifests)
    }

    /// Note where an event leads, as if it counted.
    fn note_ways(&mut self, recorded: &Recorded) {
        let Some(direction) = self.direction else { return };
        for edge in graph::edges(recorded) {
            let (from, to) = match direction {
                Direction::Up => (edge.child, edge.parent),
                Direction::Down => (edge.parent, edge.child),
            };
            self.ways.entry(from).or_default().insert(to);
        }
    }

    /// Add the events of lots, of the manifests they are on, and of every lot they come from or lead to.
    async fn follow(&mut self, tx: &mut ReadTx, lots: &BTreeSet<LotId>) -> Result<(), NoAsOf> {
        let mut to_do: Vec<LotId> = lots.iter().copied().collect();
        let mut walked = BTreeSet::new();
        while let Some(node) = to_do.pop() {
            if !walked.insert(node) {
                continue;
            }
            for manifest in self.add(tx, Subject::Lot(node)).await? {
                self.add(tx, manifest).await?;
            }
            to_do.extend(self.ways.get(&node).into_iter().flatten());
        }
        Ok(())
    }
}

/// Manifests as they were known once, with the entries that say so.
pub(super) struct KnownThen {
    /// How long the log was.
    pub(super) size: u64,
    /// What the entries make of their subjects.
    pub(super) books: Books,
    /// The entries, by log index.
    pub(super) entries: BTreeMap<u64, Entry>,
}

impl KnownThen {
    /// What had last been said of these events.
    pub(super) fn words(&self, events: &[EventId]) -> Vec<LastWord> {
        events.iter().filter_map(|event| self.books.target(event)?.last_word).collect()
    }

    /// The corrections as they stood, in the order in which they began.
    pub(super) fn corrections(&self) -> Vec<CorrectionState> {
        let mut states: Vec<CorrectionState> = self.books.corrections().cloned().collect();
        states.sort_by_key(|state| (state.first_index(), state.correction));
        states
    }
}

impl App {
    /// Manifests as they were known when the log had `size` entries, by their own events alone.
    pub(super) async fn manifests_as_of(
        &self,
        tx: &mut ReadTx,
        ids: &[ManifestId],
        size: u64,
    ) -> Result<KnownThen, NoAsOf> {
        let mut gathered = Gathered::below(size, None);
        for id in ids {
            gathered.add(tx, Subject::Manifest(*id)).await?;
        }
        let mut books = Books::new(self.rulebook());
        let entries: Vec<Entry> = gathered.entries.values().cloned().collect();
        batch::fill::fold_alone(tx, &mut books, &entries).await?;
        Ok(KnownThen { size, books, entries: gathered.entries })
    }

    /// The lots as they were known when the log had `size` entries, with everything they come from or lead to.
    pub(super) async fn ground_as_of(
        &self,
        tx: &mut ReadTx,
        lots: &BTreeSet<LotId>,
        direction: Option<Direction>,
        size: u64,
    ) -> Result<Ground, NoAsOf> {
        let mut gathered = Gathered::below(size, direction);
        gathered.follow(tx, lots).await?;
        let entries: Vec<Entry> = gathered.entries.into_values().collect();
        let mut known = Books::new(self.rulebook());
        let outcomes = batch::fill::fold_alone(tx, &mut known, &entries).await?;
        let mut graph = Graph::default();
        let mut sums: BTreeMap<(LotId, LotId), i64> = BTreeMap::new();
        for outcome in &outcomes {
            for edge in outcome.all_edges() {
                let sum = sums.entry((edge.child, edge.parent)).or_default();
                *sum = sum.wrapping_add(edge.mass_g);
            }
            for mix in &outcome.mixes {
                graph.put_node(mix.id, Node::Mix(mix.masses));
            }
        }
        sums.into_iter().for_each(|((child, parent), mass_g)| graph.put_edge(child, parent, mass_g));
        let ids: Vec<LotId> = known.lots().map(|(id, _)| *id).collect();
        // Codes of lots are numbers of the whole ledger: they stand as allotted.
        let mut shelves = books::lots_as_folded(tx, &ids).await?;
        for (id, shelf) in known.lots() {
            graph.put_node(*id, Node::Lot(LotMasses::of(&shelf.state)));
            shelves.entry(*id).or_default().state = shelf.state.clone();
        }
        Ok(Ground { graph, shelves, manifests: known })
    }
}
