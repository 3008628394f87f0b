//! Tracing for a viewer: the whole sum, and of the way there as much as the viewer may see.
//!
//! Who may see a lot learns of everything it came from and became, in grams. Lots and mixes the viewer may not see are one place
//! without a name: neither their number nor how they hang together is told.

use std::collections::{BTreeMap, BTreeSet};

use super::MAX_PAGE;
use super::as_of::{NoAsOf, then};
use super::lot::LotLabels;
use super::manifest::names_of;
use crate::app::access::{PartyName, Viewer, visible_lots};
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::custody::Subject;
use crate::custody::books::Books;
use crate::custody::graph::MixKind;
use crate::custody::lot::LotState;
use crate::custody::manifest::{ManifestState, Status};
use crate::custody::rules::road;
use crate::custody::shelf::Shelf;
use crate::custody::trace::{
    Carried, Direction, EndKind, Ending, Fate, Graph, Place, Trace, trace as traced,
};
use crate::id::{LotId, ManifestId, SiteId};
use crate::registry::SiteRecord;
use crate::store::trace::{MAX_TRACE_EDGES, reach};
use crate::store::{ReadTx, StoreError, books, registry};

/// Why there is no trace.
#[derive(Debug, thiserror::Error)]
pub enum NoTrace {
    /// More than one trace holds.
    #[error("a trace follows at most {MAX_TRACE_EDGES} edges; trace one of the lots on the way instead")]
    TooLarge,
    /// It cannot be told what was known then.
    #[error(transparent)]
    AsOf(#[from] NoAsOf),
    /// We are wrong.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StoreError> for NoTrace {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

/// A lot or a mix that a part of the mass passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceNode {
    /// Its id.
    pub id: LotId,
    /// What the mix was; `None` for a lot.
    pub mix: Option<MixKind>,
    /// What the lot is called.
    pub labels: LotLabels,
    /// The line of a manifest it is or was on the way with.
    pub line: Option<(ManifestId, u16)>,
    /// Grams of what was asked for that passed it.
    pub mass_g: i64,
}

/// A part of the mass on its way from one node to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TraceLink {
    /// What it went into; `None` where the viewer may not see that.
    pub child: Option<LotId>,
    /// What it came out of; `None` where the viewer may not see that.
    pub parent: Option<LotId>,
    /// Grams of what was asked for.
    pub mass_g: i64,
}

/// An origin or a fate of a part of the mass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceEnd {
    /// The lot or mix it is at; `None` where the viewer may not see that.
    pub at: Option<LotId>,
    /// Which.
    pub kind: EndKind,
    /// Where, if it is anywhere the viewer may see.
    pub place: Option<Place>,
    /// Grams of what was asked for; 0 for a share of less than a gram.
    pub mass_g: i64,
}

/// A trace as one viewer may see it.
#[derive(Clone, Debug)]
pub struct TraceDetail {
    /// The lot asked for.
    pub lot: LotId,
    /// Which way was looked.
    pub direction: Direction,
    /// All of its mass, in grams: what ever came in, or went out.
    pub total_g: i64,
    /// The lots and mixes on the way, by id.
    pub nodes: Vec<TraceNode>,
    /// What passed from one to the next.
    pub links: Vec<TraceLink>,
    /// Origins or fates: by kind, the largest first. They sum to the total.
    pub ends: Vec<TraceEnd>,
    /// Names of the parties named in it.
    pub parties: Vec<PartyName>,
    /// The sites named in it.
    pub sites: Vec<SiteRecord>,
}

/// What of a manifest's mass is still open, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenEnd {
    /// The open end.
    pub end: TraceEnd,
    /// True when it is at a lot, false when at a mix or hidden.
    pub is_lot: bool,
    /// What the lot is called.
    pub labels: LotLabels,
}

/// Whether every gram of a manifest has a final fate (去向已闭环).
#[derive(Clone, Debug)]
pub struct ManifestFate {
    /// True when the consignee has said everything about it (联单已办结).
    pub is_finished: bool,
    /// True when every gram of its lines has a final fate; `None` when that is more to follow than one trace may.
    pub is_closed: Option<bool>,
    /// All of its mass, in grams.
    pub total_g: i64,
    /// What has a final fate, in grams.
    pub final_g: i64,
    /// What is still open: the largest first, at most [`MAX_PAGE`].
    pub open: Vec<OpenEnd>,
    /// How many more open ends there are.
    pub left_out: u64,
    /// Lines that are still to leave.
    pub waiting: BTreeSet<u16>,
    /// Names of the parties named in it.
    pub parties: Vec<PartyName>,
    /// The sites named in it.
    pub sites: Vec<SiteRecord>,
}

impl App {
    /// Where a lot came from, or what became of it; with `as_of`, as it was known when the log had so many entries.
    pub async fn trace(
        &self,
        viewer: &Viewer,
        lot: LotId,
        direction: Direction,
        as_of: Option<u64>,
    ) -> Result<Option<TraceDetail>, NoTrace> {
        let mut tx = self.reading().await?;
        if self.visible_lot(&mut tx, viewer, lot).await?.is_none() {
            return Ok(None);
        }
        let lots = BTreeSet::from([lot]);
        let followed = match then(&mut tx, as_of).await? {
            None => self.follow(&mut tx, viewer, &lots, direction).await?.ok_or(NoTrace::TooLarge)?,
            Some(size) => {
                let ground = self.ground_as_of(&mut tx, &lots, Some(direction), size).await?;
                self.followed(&mut tx, viewer, ground, &lots, direction).await?
            }
        };
        let ends = followed.ends();
        let (parties, sites) = named_in(&mut tx, ends.iter().filter_map(|end| end.place)).await?;
        Ok(Some(TraceDetail {
            lot,
            direction,
            total_g: followed.trace.total_g,
            nodes: followed.nodes(),
            links: followed.links(),
            ends,
            parties,
            sites,
        }))
    }

    /// What became of everything on a manifest.
    pub async fn manifest_fate(
        &self,
        viewer: &Viewer,
        id: ManifestId,
    ) -> Result<Option<ManifestFate>, Fault> {
        let mut tx = self.reading().await?;
        let Some(shelf) = self.visible_manifest(&mut tx, viewer, id).await? else { return Ok(None) };
        let lines = shelf.state.lines.keys();
        let lots = lines.flat_map(|line| [LotId::of_line(id, *line), LotId::rejected_of_line(id, *line)]);
        let is_finished = shelf.state.completed_at().is_some();
        let followed = self.follow(&mut tx, viewer, &lots.collect(), Direction::Down).await?;
        let Some(followed) = followed else { return Ok(Some(ManifestFate::unknown(is_finished))) };
        let waiting = still_to_leave(id, &shelf.state, &followed.trace);
        let fate = Fate::of(&followed.trace, waiting);
        let mut open = followed.ends();
        open.retain(|end| !end.kind.is_final());
        open.sort_by_key(|end| std::cmp::Reverse(end.mass_g));
        let most = usize::try_from(MAX_PAGE).unwrap_or(usize::MAX);
        let left_out = open.len().saturating_sub(most) as u64;
        open.truncate(most);
        let (parties, sites) = named_in(&mut tx, open.iter().filter_map(|end| end.place)).await?;
        Ok(Some(ManifestFate {
            is_finished,
            is_closed: Some(fate.is_closed()),
            total_g: fate.total_g,
            final_g: fate.final_g,
            open: open.into_iter().map(|end| followed.open_end(end)).collect(),
            left_out,
            waiting: fate.waiting,
            parties,
            sites,
        }))
    }

    /// `None` where it is more than one trace may follow.
    async fn follow(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        lots: &BTreeSet<LotId>,
        direction: Direction,
    ) -> Result<Option<Followed>, Fault> {
        let Some(graph) = reach(tx, lots, direction, MAX_TRACE_EDGES).await? else { return Ok(None) };
        let ids: Vec<LotId> = graph.lots.keys().copied().collect();
        let shelves = books::lots_as_folded(tx, &ids).await?;
        let mut manifests = Books::new(self.rulebook());
        if direction == Direction::Down {
            let left = shelves.values().filter(|shelf| shelf.state.transit_g() > 0);
            let roads = left.filter_map(|shelf| shelf.state.carried_on()).map(Subject::Manifest).collect();
            books::load_subjects(tx, &mut manifests, &roads).await?;
        }
        self.followed(tx, viewer, Ground { graph, shelves, manifests }, lots, direction).await.map(Some)
    }

    async fn followed(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        ground: Ground,
        lots: &BTreeSet<LotId>,
        direction: Direction,
    ) -> Result<Followed, Fault> {
        let Ground { mut graph, shelves, manifests } = ground;
        for (id, masses) in &mut graph.lots {
            if let Some(shelf) = shelves.get(id) {
                masses.place(&shelf.state);
            }
        }
        if direction == Direction::Down {
            self.look_along_roads(&manifests, &mut graph);
        }
        let trace = traced(&graph, lots, direction);
        let states: Vec<_> = shelves.iter().map(|(id, shelf)| (*id, &shelf.state)).collect();
        let visible = with_mixes(&graph, &trace, visible_lots(self, tx, viewer, &states).await?);
        let labels = shelves.iter().map(|(id, shelf)| (*id, LotLabels::of(shelf))).collect();
        Ok(Followed { graph, trace, visible, labels })
    }

    /// Say what mass left on lines of manifests is.
    fn look_along_roads(&self, manifests: &Books, graph: &mut Graph) {
        for (lot, masses) in &mut graph.lots {
            let Some((id, line)) = masses.line.filter(|_| masses.transit_g > 0) else { continue };
            let Some(shelf) = manifests.manifest(&id) else { continue };
            let is_rejected = *lot == LotId::rejected_of_line(id, line);
            masses.road = road(self.rulebook().profile, &shelf.state, line, is_rejected);
        }
    }
}

impl ManifestFate {
    fn unknown(is_finished: bool) -> Self {
        Self {
            is_finished,
            is_closed: None,
            total_g: 0,
            final_g: 0,
            open: Vec::new(),
            left_out: 0,
            waiting: BTreeSet::new(),
            parties: Vec::new(),
            sites: Vec::new(),
        }
    }
}

/// Lines of which nothing moved although they were neither given up nor the manifest called off.
fn still_to_leave(id: ManifestId, state: &ManifestState, trace: &Trace) -> BTreeSet<u16> {
    if matches!(state.status(), Status::Voided | Status::Declined) {
        return BTreeSet::new();
    }
    let moved = |line: &u16| trace.reached.get(&LotId::of_line(id, *line)).is_some_and(|mass_g| *mass_g > 0);
    state.lines.keys().copied().filter(|line| !moved(line)).collect()
}

/// What a trace is made of: the graph, its lots as folded, and the manifests that lots are on the way with.
pub(super) struct Ground {
    pub(super) graph: Graph,
    pub(super) shelves: BTreeMap<LotId, Shelf<LotState>>,
    pub(super) manifests: Books,
}

/// A trace, and what of it the viewer may see.
struct Followed {
    graph: Graph,
    trace: Trace,
    visible: BTreeSet<LotId>,
    labels: BTreeMap<LotId, LotLabels>,
}

/// The lots that are visible, and the mixes all of whose lots in the trace are: who mixed held all of them, and so did no other.
fn with_mixes(graph: &Graph, trace: &Trace, lots: BTreeSet<LotId>) -> BTreeSet<LotId> {
    let is_mix = |id: &LotId| graph.mixes.contains_key(id);
    let mut visible = lots.clone();
    visible.extend(trace.reached.keys().copied().filter(is_mix));
    for way in &trace.carried {
        for (mix, lot) in [(way.child, way.parent), (way.parent, way.child)] {
            if is_mix(&mix) && !lots.contains(&lot) {
                visible.remove(&mix);
            }
        }
    }
    visible
}

impl Followed {
    fn seen(&self, id: LotId) -> Option<LotId> {
        self.visible.contains(&id).then_some(id)
    }

    fn nodes(&self) -> Vec<TraceNode> {
        let visible = self.trace.reached.iter().filter(|(id, _)| self.visible.contains(id));
        let node = |(id, mass_g): (&LotId, &i64)| TraceNode {
            id: *id,
            mix: self.graph.mixes.get(id).map(|mix| mix.kind),
            labels: self.labels.get(id).cloned().unwrap_or_default(),
            line: self.graph.lots.get(id).and_then(|lot| lot.line),
            mass_g: *mass_g,
        };
        visible.map(node).collect()
    }

    /// What passes between hidden nodes is not told; what passes to or from them is one sum for each visible node.
    fn links(&self) -> Vec<TraceLink> {
        let mut sums: BTreeMap<(Option<LotId>, Option<LotId>), i64> = BTreeMap::new();
        for Carried { child, parent, mass_g } in &self.trace.carried {
            let ends = (self.seen(*child), self.seen(*parent));
            if ends != (None, None) {
                let sum = sums.entry(ends).or_default();
                *sum = sum.saturating_add(*mass_g);
            }
        }
        sums.into_iter().map(|((child, parent), mass_g)| TraceLink { child, parent, mass_g }).collect()
    }

    /// Every end at what is visible, and one for each kind of those that are not.
    fn ends(&self) -> Vec<TraceEnd> {
        let mut ends = Vec::new();
        let mut hidden: BTreeMap<EndKind, i64> = BTreeMap::new();
        for Ending { at, kind, place, mass_g } in &self.trace.ends {
            match self.seen(*at) {
                Some(at) => ends.push(TraceEnd { at: Some(at), kind: *kind, place: *place, mass_g: *mass_g }),
                None => {
                    let sum = hidden.entry(*kind).or_default();
                    *sum = sum.saturating_add(*mass_g);
                }
            }
        }
        let merged = |(kind, mass_g)| TraceEnd { at: None, kind, place: None, mass_g };
        ends.extend(hidden.into_iter().map(merged));
        ends.sort_by_key(|end| (end.kind, std::cmp::Reverse(end.mass_g)));
        ends
    }

    fn open_end(&self, end: TraceEnd) -> OpenEnd {
        let labels = end.at.and_then(|id| self.labels.get(&id));
        OpenEnd { end, is_lot: labels.is_some(), labels: labels.cloned().unwrap_or_default() }
    }
}

async fn named_in(
    tx: &mut ReadTx,
    places: impl Iterator<Item = Place>,
) -> Result<(Vec<PartyName>, Vec<SiteRecord>), Fault> {
    let (mut parties, mut sites): (BTreeSet<Uscc>, BTreeSet<SiteId>) = Default::default();
    for place in places {
        if let Place::Site(party, site) = place {
            parties.insert(party);
            sites.insert(site);
        }
    }
    let sites: Vec<SiteId> = sites.into_iter().collect();
    Ok((names_of(tx, parties).await?, registry::sites(tx, &sites).await?))
}
