//! Feeding a history while holding the books to the oracle: after every event they must say the same of every lot.

use std::collections::BTreeMap;

use liandan::custody::books::Outcome;
use liandan::custody::lot::LotState;
use liandan::id::LotId;

use super::books::Fed;
use super::make::Said;
use super::places::rulebook;
use crate::naive::{self, NaiveGraph, NaiveLot};
use crate::oracle::lot_of;

/// What a history came to.
pub(super) struct Agreed {
    pub(super) fed: Fed,
    pub(super) lots: BTreeMap<LotId, NaiveLot>,
    /// The graph, as the books gave it out edge by edge.
    graph: NaiveGraph,
}

/// When books are held to the oracle.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    AfterEachEvent,
    AtTheEnd,
}

/// Feed everything in this order, and let an hour pass. `Err` says where books and oracle part.
pub(super) fn feed(arriving: &[Said], compared: Compared) -> Result<Agreed, String> {
    let mut agreed = Agreed { fed: Fed::new(), lots: BTreeMap::new(), graph: NaiveGraph::default() };
    for said in arriving {
        let outcome = match agreed.fed.take(said) {
            Ok(Some(outcome)) => outcome,
            Ok(None) => continue,
            Err(refused) if said.is_fact() => return Err(format!("a fact is refused: {refused:?}")),
            Err(_) => continue,
        };
        agreed.note(outcome)?;
        if compared == Compared::AfterEachEvent {
            agreed.compare()?;
        }
    }
    agreed.compare()?;
    let last = arriving.iter().map(|said| said.recorded_at).max().unwrap_or_default();
    agreed.fed.pass_time(last.plus_hours(1));
    let naive = naive::graph_of(&agreed.fed.entries, &rulebook());
    agreed.graph.edges.retain(|_, mass_g| *mass_g != 0);
    agreed.graph.mixes.retain(|_, (_, in_g, _)| *in_g != 0);
    match naive == agreed.graph {
        true => Ok(agreed),
        false => Err(format!("the graph in the books is {:?}\n and from the bodies {naive:?}", agreed.graph)),
    }
}

impl Agreed {
    fn note(&mut self, outcome: Outcome) -> Result<(), String> {
        for (_, postings) in outcome.posted() {
            if !postings.chunks(2).all(|pair| pair[0].mass_g == pair[1].mass_g.wrapping_neg()) {
                return Err(format!("postings do not come in pairs: {postings:?}"));
            }
        }
        for edge in outcome.all_edges() {
            let mass_g = self.graph.edges.entry((edge.child, edge.parent)).or_default();
            *mass_g = mass_g.wrapping_add(edge.mass_g);
        }
        for mix in outcome.mixes {
            let masses = mix.masses;
            self.graph.mixes.insert(mix.id, (masses.kind.name(), masses.in_g, masses.out_g));
        }
        Ok(())
    }

    /// Every lot in the books is what its oracle says, and the other way round.
    fn compare(&mut self) -> Result<(), String> {
        self.lots = naive::lots_of(&self.fed.entries, &rulebook());
        let nothing = NaiveLot::default();
        for (id, shelf) in self.fed.books.lots() {
            let (stored, oracle) = (lot_of(&shelf.state), self.lots.get(id).unwrap_or(&nothing));
            if stored != *oracle {
                return Err(format!("lot {id}\n is in the books {stored:?}\n and by its oracle {oracle:?}"));
            }
            let unproven_g = (shelf.state.unproven_g(), oracle.unproven_g());
            if unproven_g.0 != unproven_g.1 {
                return Err(format!("lot {id}: unproven {unproven_g:?}"));
            }
        }
        let lost = self.lots.keys().find(|lot| self.fed.books.lot(lot).is_none());
        lost.map_or(Ok(()), |lot| Err(format!("lot {lot} is not in the books")))
    }
}

/// Where two orders of one history part. They may only where some act or id was used twice: the first one counts.
pub(super) fn same(one: &Agreed, other: &Agreed) -> Result<(), String> {
    if one.fed.has_conflicts || other.fed.has_conflicts {
        return Ok(());
    }
    let (lots, others) = (one.states(), other.states());
    if let Some(lot) = lots.keys().chain(others.keys()).find(|lot| lots.get(lot) != others.get(lot)) {
        let (one, other) = (lots.get(lot), others.get(lot));
        return Err(format!("lot {lot}\n is in one order {one:?}\n and in the other {other:?}"));
    }
    for (id, shelf) in one.fed.books.manifests() {
        let state = other.fed.books.manifest(id).map(|shelf| &shelf.state);
        let same = state
            .is_some_and(|state| state.lines == shelf.state.lines && state.status() == shelf.state.status());
        if !same {
            return Err(format!(
                "manifest {id} is in one order {:?}\n and in the other {state:?}",
                shelf.state
            ));
        }
    }
    let (open, others) = (one.fed.open_in_any_order(), other.fed.open_in_any_order());
    let differs = open.keys().chain(others.keys()).find(|id| open.get(id) != others.get(id));
    differs.map_or(Ok(()), |id| {
        Err(format!("a finding is in one order {:?}\n and in the other {:?}", open.get(id), others.get(id)))
    })
}

impl Agreed {
    /// Findings and manifests are what a naive folder makes of the same log.
    pub(super) fn compare_findings(&self) -> Result<(), String> {
        let (mut open, naive) = (self.fed.open(), self.fed.naive());
        open.retain(|_, (rule, ..)| naive::judges(rule));
        let differs = open
            .keys()
            .chain(naive.open_findings.keys())
            .find(|id| open.get(id) != naive.open_findings.get(id));
        if let Some(id) = differs {
            let (open, naive) = (open.get(id), naive.open_findings.get(id));
            return Err(format!("a finding is in the books {open:?}\n and by the naive folder {naive:?}"));
        }
        for (id, manifest) in &naive.manifests {
            let status = self.fed.books.manifest(id).map(|shelf| shelf.state.status().name());
            if status != Some(manifest.status) {
                return Err(format!(
                    "manifest {id} is {status:?} and by the naive folder {}",
                    manifest.status
                ));
            }
        }
        Ok(())
    }

    /// The lots that are anything. Of one that was all taken back, only one order knows.
    fn states(&self) -> BTreeMap<LotId, &LotState> {
        let lots = self.fed.books.lots().map(|(id, shelf)| (*id, &shelf.state));
        lots.filter(|(_, state)| **state != LotState::default()).collect()
    }
}
