//! Tracing (溯源): where the mass of a lot came from, and what became of it, through any number of consolidations.
//!
//! Lots form a graph: a lot is drawn from others, a rejected part is taken out of a line, and a *mix* (one repacking or
//! treatment) stands between everything that went in and everything that came out. A trace shares the mass asked for out over that
//! graph: at each node what reaches it is shared by largest remainder over everything it came from, or went to, ties by id. Each
//! node is worked once with the total of what reaches it, so cost follows the size of the graph and never the number of paths
//! through it.

mod fate;
mod masses;
mod order;

use std::collections::{BTreeMap, BTreeSet};

use super::share::largest_remainder;
use crate::catalogue::Uscc;
use crate::id::{LotId, ManifestId, SiteId};

pub use fate::Fate;
pub use masses::{LotMasses, MixMasses, Node, Road};
use order::Order;

/// Which way to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Where it came from.
    Up,
    /// What became of it.
    Down,
}

impl Direction {
    /// `up` or `down`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// A part of the graph of lots: for a trace of some lots, everything they can be reached from, or lead to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The lots.
    pub lots: BTreeMap<LotId, LotMasses>,
    /// The mixes.
    pub mixes: BTreeMap<LotId, MixMasses>,
    /// Child, parent, grams; in any order, one perhaps twice.
    edges: Vec<(LotId, LotId, i64)>,
}

impl Graph {
    /// Say what a node is.
    pub fn put_node(&mut self, id: LotId, node: Node) {
        match node {
            Node::Lot(masses) => drop(self.lots.insert(id, masses)),
            Node::Mix(masses) => drop(self.mixes.insert(id, masses)),
        }
    }

    /// Say how many grams went from `parent` into `child`, in all.
    pub fn put_edge(&mut self, child: LotId, parent: LotId, mass_g: i64) {
        self.edges.push((child, parent, mass_g));
    }

    /// Child, parent and grams of every edge that carries something, sorted.
    fn edges(&self) -> Vec<(LotId, LotId, i64)> {
        let carrying = self.edges.iter().filter(|(_, _, mass_g)| *mass_g > 0);
        let mut edges: Vec<_> = carrying.copied().collect();
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    /// Note where mass leaves the graph at a node.
    fn ends(&self, node: &LotId, direction: Direction, outlets: &mut Vec<Outlet>) {
        match (self.lots.get(node), self.mixes.get(node), direction) {
            (Some(lot), _, Direction::Up) => outlets.extend(lot.origins()),
            (Some(lot), _, Direction::Down) => outlets.extend(lot.fates()),
            (None, Some(mix), Direction::Up) => outlets.extend(mix.origins()),
            (None, Some(mix), Direction::Down) => outlets.extend(mix.fates()),
            (None, None, _) => {}
        }
    }
}

/// How mass came in where no lot went before, or where it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EndKind {
    /// Origin: an opening balance.
    Opened,
    /// Origin: it arose here.
    Generated,
    /// Origin: no earlier event put it where it was taken from.
    Unproven,
    /// Origin: a treatment gave more than was fed, as where water or lime was added.
    Added,
    /// Fate: at a site.
    Held,
    /// Fate: on a line of a manifest.
    OnTheWay,
    /// Fate: lost on the way, within the tolerance of scales.
    Shortfall,
    /// Fate: lost on the way, more than scales explain.
    Missing,
    /// Fate: a product, which is no waste any more.
    Product,
    /// Fate: used (利用).
    Used,
    /// Fate: disposed (处置).
    Disposed,
    /// Lost, or found, for a stated cause.
    Variance,
    /// Lost, or found, without one.
    Unexplained,
    /// Lots that were made of each other, which cannot be.
    Loop,
}

impl EndKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::Opened,
        Self::Generated,
        Self::Unproven,
        Self::Added,
        Self::Held,
        Self::OnTheWay,
        Self::Shortfall,
        Self::Missing,
        Self::Product,
        Self::Used,
        Self::Disposed,
        Self::Variance,
        Self::Unexplained,
        Self::Loop,
    ];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Generated => "generated",
            Self::Unproven => "unproven",
            Self::Added => "added",
            Self::Held => "held",
            Self::OnTheWay => "on-the-way",
            Self::Shortfall => "shortfall",
            Self::Missing => "missing",
            Self::Product => "product",
            Self::Used => "used",
            Self::Disposed => "disposed",
            Self::Variance => "variance",
            Self::Unexplained => "unexplained",
            Self::Loop => "loop",
        }
    }

    /// True when nothing more has to happen to mass with this fate.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Product | Self::Used | Self::Disposed | Self::Variance | Self::Shortfall)
    }
}

/// Where a fate is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// With a party at a site.
    Site(Uscc, SiteId),
    /// On a line of a manifest.
    Line(ManifestId, u16),
}

/// An origin or a fate of a part of the mass asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ending {
    /// The lot or mix it is at.
    pub at: LotId,
    /// Which.
    pub kind: EndKind,
    /// Where, for `held`, `product`, `on-the-way`, `shortfall` and `missing`.
    pub place: Option<Place>,
    /// Grams of what was asked for; 0 for a share of less than a gram.
    pub mass_g: i64,
}

/// A part of the mass asked for on its way from one node to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Carried {
    /// What it went into.
    pub child: LotId,
    /// What it came out of.
    pub parent: LotId,
    /// Grams of what was asked for; 0 for a share of less than a gram.
    pub mass_g: i64,
}

/// Where everything came from, or what became of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Which way was looked.
    pub direction: Direction,
    /// All of the mass asked for, in grams: what ever came into the lots asked for, or left them.
    pub total_g: i64,
    /// Every lot and mix that a part of it passed, with the grams that did.
    pub reached: BTreeMap<LotId, i64>,
    /// What passed from one to the next, by child and parent.
    pub carried: Vec<Carried>,
    /// Origins or fates, by node. They sum to the total.
    pub ends: Vec<Ending>,
}

#[derive(Clone, Copy)]
enum To {
    Node(usize),
    End(EndKind, Option<Place>),
}

/// One way out of a node, and how much in all goes there.
struct Outlet {
    to: To,
    mass_g: i64,
}

impl Outlet {
    fn end(kind: EndKind, mass_g: i64) -> Self {
        Self { to: To::End(kind, None), mass_g }
    }
}

/// A way from one node to another.
struct Link {
    to: usize,
    mass_g: i64,
}

/// Trace some lots. Mass of one that comes from, or goes to, another of them counts once.
///
/// The result depends on nothing but the graph: not on the order of arrival, nor on what else is in the ledger.
pub fn trace(graph: &Graph, asked: &BTreeSet<LotId>, direction: Direction) -> Trace {
    let edges = graph.edges();
    let named = edges.iter().flat_map(|(child, parent, _)| [*child, *parent]);
    let mut nodes: Vec<LotId> = named.chain(asked.iter().copied()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let at = |id: &LotId| nodes.binary_search(id).unwrap_or_default();
    let mut links: Vec<Vec<Link>> = nodes.iter().map(|_| Vec::new()).collect();
    // Edges come sorted by child and parent, so the links of a node come sorted by id either way.
    for (child, parent, mass_g) in edges {
        let (from, to) = match direction {
            Direction::Up => (at(&child), at(&parent)),
            Direction::Down => (at(&parent), at(&child)),
        };
        links[from].push(Link { to, mass_g });
    }
    let roots: Vec<usize> = asked.iter().map(at).collect();
    let order = Order::from(&roots, &links);
    let mut flow = Flow::along(&nodes, direction);
    let mut outlets = Vec::new();
    for node in &order.sequence {
        outlets.clear();
        way_out(graph, &nodes, &links, &order, (*node, direction), &mut outlets);
        flow.pass(*node, &outlets, asked.contains(&nodes[*node]));
    }
    flow.end_all()
}

/// Note every way out of a node that carries something: to other nodes by id, then out of the graph.
fn way_out(
    graph: &Graph,
    nodes: &[LotId],
    links: &[Vec<Link>],
    order: &Order,
    (node, direction): (usize, Direction),
    outlets: &mut Vec<Outlet>,
) {
    let mut in_circles_g = 0_i64;
    for link in &links[node] {
        if order.is_loop(node, link.to) {
            in_circles_g = in_circles_g.saturating_add(link.mass_g);
        } else {
            outlets.push(Outlet { to: To::Node(link.to), mass_g: link.mass_g });
        }
    }
    graph.ends(&nodes[node], direction, outlets);
    outlets.push(Outlet::end(EndKind::Loop, in_circles_g));
    outlets.retain(|outlet| outlet.mass_g > 0);
}

/// Mass on its way through the graph.
struct Flow<'a> {
    nodes: &'a [LotId],
    direction: Direction,
    /// Grams that reached each node so far; `None` where nothing leads but cut circles.
    arrived: Vec<Option<i64>>,
    total_g: i64,
    carried: Vec<Carried>,
    ends: Vec<Ending>,
}

impl<'a> Flow<'a> {
    fn along(nodes: &'a [LotId], direction: Direction) -> Self {
        let arrived = vec![None; nodes.len()];
        Self { nodes, direction, arrived, total_g: 0, carried: Vec::new(), ends: Vec::new() }
    }

    fn end_all(mut self) -> Trace {
        self.carried.sort_unstable();
        self.ends.sort_unstable();
        let reached = self.nodes.iter().zip(self.arrived);
        let reached = reached.filter_map(|(node, passed_g)| Some((*node, passed_g?))).collect();
        let Self { direction, total_g, carried, ends, .. } = self;
        Trace { direction, total_g, reached, carried, ends }
    }

    /// Share what reaches a node over its outlets. Everything that leads to the node was passed before.
    fn pass(&mut self, node: usize, outlets: &[Outlet], is_asked: bool) {
        let weights: Vec<i64> = outlets.iter().map(|outlet| outlet.mass_g).collect();
        if self.arrived[node].is_none() && !is_asked {
            return;
        }
        let arrived_g = self.arrived[node].unwrap_or_default();
        let whole_g = weights.iter().fold(0_i64, |sum, weight| sum.saturating_add(*weight));
        let passing_g = if is_asked { whole_g.max(arrived_g) } else { arrived_g };
        self.total_g = self.total_g.saturating_add(passing_g - arrived_g);
        self.arrived[node] = Some(passing_g);
        if outlets.is_empty() && passing_g > 0 {
            self.end(node, (self.nowhere(), None), passing_g);
        }
        for (outlet, part_g) in outlets.iter().zip(largest_remainder(passing_g, &weights)) {
            match outlet.to {
                To::Node(to) => self.carry(node, to, part_g),
                To::End(kind, place) => self.end(node, (kind, place), part_g),
            }
        }
    }

    /// Mass reached a node that the books know nothing of.
    fn nowhere(&self) -> EndKind {
        match self.direction {
            Direction::Up => EndKind::Unproven,
            Direction::Down => EndKind::Unexplained,
        }
    }

    fn carry(&mut self, from: usize, to: usize, mass_g: i64) {
        self.arrived[to] = Some(self.arrived[to].unwrap_or_default().saturating_add(mass_g));
        let (child, parent) = match self.direction {
            Direction::Up => (self.nodes[from], self.nodes[to]),
            Direction::Down => (self.nodes[to], self.nodes[from]),
        };
        self.carried.push(Carried { child, parent, mass_g });
    }

    fn end(&mut self, node: usize, (kind, place): (EndKind, Option<Place>), mass_g: i64) {
        self.ends.push(Ending { at: self.nodes[node], kind, place, mass_g });
    }
}

#[cfg(test)]
mod tests;
