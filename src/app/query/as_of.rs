//! What the ledger knew when the log had so many entries: the entries that a question touches, folded again without the later ones.
//!
//! Nothing is kept for it. A regulator asks rarely what was known in March, and then everything must follow from the log itself: late
//! facts, corrections and disavowals that came later are simply not among the entries.

use std::collections::{BTreeMap, BTreeSet};

use super::trace::{Ground, NoTrace};
use crate::app::receipt::event_of;
use crate::app::{App, Fault, batch};
use crate::custody::books::Books;
use crate::custody::correction::CorrectionState;
use crate::custody::event::{Recorded, Verdict};
use crate::custody::graph;
use crate::custody::trace::{Direction, Graph, LotMasses, Node};
use crate::custody::{Event, Subject};
use crate::id::LotId;
use crate::ledger::EventId;
use crate::store::log::Entry;
use crate::store::{ReadTx, books, correction, log, stance, timeline};

/// Most entries that one such question folds again.
const MAX_AS_OF_ENTRIES: usize = 5_000;

/// The entries that a question touches, below a log size.
struct Gathered {
    size: u64,
    entries: BTreeMap<u64, Entry>,
    seen: BTreeSet<Subject>,
}

impl Gathered {
    fn below(size: u64) -> Self {
        Self { size, entries: BTreeMap::new(), seen: BTreeSet::new() }
    }

    /// Add the events of a subject, and what was said about them; gives those that are new.
    async fn add(&mut self, tx: &mut ReadTx, subject: Subject) -> Result<Vec<Event>, NoTrace> {
        if !self.seen.insert(subject) {
            return Ok(Vec::new());
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
        let mut events = Vec::with_capacity(indexes.len());
        for entry in log::entries_at(tx, &indexes.into_iter().collect::<Vec<_>>()).await? {
            if entry.jws.is_some() {
                events.push(event_of(&entry)?);
            }
            self.entries.insert(entry.index, entry);
        }
        Ok(events)
    }

    /// Add the events of lots, of the manifests they are on, and of every lot they come from or lead to.
    async fn follow(
        &mut self,
        tx: &mut ReadTx,
        lots: &BTreeSet<LotId>,
        direction: Option<Direction>,
    ) -> Result<(), NoTrace> {
        let mut to_do: Vec<LotId> = lots.iter().copied().collect();
        while let Some(lot) = to_do.pop() {
            for event in self.add(tx, Subject::Lot(lot)).await? {
                if let Some(manifest) = event.manifest() {
                    self.add(tx, Subject::Manifest(manifest)).await?;
                }
            }
            let Some(direction) = direction else { continue };
            let next = self.neighbours(lot, direction)?;
            to_do.extend(next.into_iter().filter(|next| !self.seen.contains(&Subject::Lot(*next))));
        }
        Ok(())
    }

    /// The lots that an edge, or a mix between two, leads to from a lot, by everything gathered.
    fn neighbours(&self, lot: LotId, direction: Direction) -> Result<BTreeSet<LotId>, Fault> {
        let mut found = BTreeSet::new();
        for entry in self.entries.values().filter(|entry| entry.jws.is_some()) {
            let event = event_of(entry)?;
            if !event.lots().contains(&lot) {
                continue;
            }
            let edges = graph::edges(&counting(entry, event));
            let onwards = |from: LotId| {
                let ways = edges.iter().filter(move |edge| match direction {
                    Direction::Up => edge.child == from,
                    Direction::Down => edge.parent == from,
                });
                ways.map(move |edge| if direction == Direction::Up { edge.parent } else { edge.child })
            };
            let near: Vec<LotId> = onwards(lot).collect();
            found.extend(near.iter().flat_map(|near| onwards(*near)));
            found.extend(near);
        }
        Ok(found)
    }
}

/// An entry as if it counted, for its edges alone.
fn counting(entry: &Entry, event: Event) -> Recorded {
    batch::fill::bare(entry, event, Verdict::Counts)
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
        let mut gathered = Gathered::below(size);
        gathered.follow(tx, lots, direction).await?;
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
