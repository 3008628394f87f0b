//! What the ledger knew when the log had so many entries: the entries that a question touches, folded again without the later ones.
//!
//! Nothing is kept for it. A regulator asks rarely what was known in March, and then everything must follow from the log itself: late
//! facts, corrections and disavowals that came later are simply not among the entries.

use std::collections::{BTreeMap, BTreeSet};

use super::trace::{Ground, NoTrace};
use crate::app::receipt::event_of;
use crate::app::{App, batch};
use crate::custody::Subject;
use crate::custody::books::Books;
use crate::custody::correction::CorrectionState;
use crate::custody::event::{Recorded, Verdict};
use crate::custody::graph;
use crate::custody::trace::{Direction, Graph, LotMasses, Node};
use crate::id::LotId;
use crate::ledger::EventId;
use crate::store::log::Entry;
use crate::store::{ReadTx, books, correction, log, stance, timeline};

/// Most entries that one such question folds again.
const MAX_AS_OF_ENTRIES: usize = 2_000;

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
    async fn add(&mut self, tx: &mut ReadTx, subject: Subject) -> Result<BTreeSet<Subject>, NoTrace> {
        if !self.seen.insert(subject) {
            return Ok(BTreeSet::new());
        }
        let rows = timeline::of(tx, &subject).await?;
        let ids: Vec<EventId> = rows.iter().map(|row| row.event_id).collect();
        let mut indexes: BTreeSet<u64> = rows.iter().map(|row| row.index).collect();
        let corrections = correction::of_events(tx, &ids).await?;
        indexes.extend(corrections.iter().flat_map(CorrectionState::indexes));
        indexes.extend(stance::last_words(tx, &ids).await?.iter().map(|word| word.by_index));
        indexes.retain(|index| *index < self.size && !self.entries.contains_key(index));
        if self.entries.len() + indexes.len() > MAX_AS_OF_ENTRIES {
            return Err(NoTrace::TooLarge);
        }
        let mut manifests = BTreeSet::new();
        for entry in log::entries_at(tx, &indexes.into_iter().collect::<Vec<_>>()).await? {
            if entry.jws.is_some() {
                let event = event_of(&entry)?;
                manifests.extend(event.manifest().map(Subject::Manifest));
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
    async fn follow(&mut self, tx: &mut ReadTx, lots: &BTreeSet<LotId>) -> Result<(), NoTrace> {
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

impl App {
    /// The lots as they were known when the log had `size` entries, with everything they come from or lead to.
    pub(super) async fn ground_as_of(
        &self,
        tx: &mut ReadTx,
        lots: &BTreeSet<LotId>,
        direction: Option<Direction>,
        size: u64,
    ) -> Result<Ground, NoTrace> {
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
