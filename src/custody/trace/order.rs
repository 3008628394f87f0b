//! The order in which a graph is worked through, and where it runs in circles.

use super::Link;

/// The nodes that can be reached, in an order to work them through.
pub(super) struct Order {
    /// Every node comes before those its links lead to, but for links within one component.
    pub(super) sequence: Vec<usize>,
    component: Vec<usize>,
}

impl Order {
    /// What can be reached from these nodes.
    pub(super) fn from(roots: &[usize], links: &[Vec<Link>]) -> Self {
        let mut walk = Walk::new(links);
        for root in roots {
            if walk.number[*root].is_none() {
                walk.through(*root);
            }
        }
        walk.finished.reverse();
        Self { sequence: walk.finished, component: walk.component }
    }

    /// True when a link is part of a circle: it can be walked back. That is so or not whatever the walk began with.
    pub(super) fn is_loop(&self, from: usize, to: usize) -> bool {
        self.component[from] == self.component[to]
    }
}

/// Component of a node that none was found for yet.
const NONE: usize = usize::MAX;

/// A walk that finds strongly connected components (Tarjan 1972), without recursion: chains of lots may be long.
struct Walk<'a> {
    links: &'a [Vec<Link>],
    /// When each node was met.
    number: Vec<Option<usize>>,
    /// The earliest node still open that each leads to.
    lowest: Vec<usize>,
    component: Vec<usize>,
    met: usize,
    /// Nodes met whose component is not complete.
    open: Vec<usize>,
    /// Nodes of complete components: each after everything its links lead to.
    finished: Vec<usize>,
}

impl<'a> Walk<'a> {
    fn new(links: &'a [Vec<Link>]) -> Self {
        let nodes = links.len();
        Self {
            links,
            number: vec![None; nodes],
            lowest: vec![0; nodes],
            component: vec![NONE; nodes],
            met: 0,
            open: Vec::new(),
            finished: Vec::new(),
        }
    }

    fn meet(&mut self, node: usize) -> (usize, usize) {
        self.number[node] = Some(self.met);
        self.lowest[node] = self.met;
        self.met += 1;
        self.open.push(node);
        (node, 0)
    }

    fn through(&mut self, root: usize) {
        let mut path = vec![self.meet(root)];
        while let Some((node, next)) = path.last_mut() {
            let node = *node;
            if let Some(link) = self.links[node].get(*next) {
                *next += 1;
                match self.number[link.to] {
                    None => path.push(self.meet(link.to)),
                    Some(number) if self.component[link.to] == NONE => self.lower(node, number),
                    Some(_) => {}
                }
                continue;
            }
            path.pop();
            if let Some((before, _)) = path.last() {
                self.lower(*before, self.lowest[node]);
            }
            if Some(self.lowest[node]) == self.number[node] {
                self.complete(node);
            }
        }
    }

    fn lower(&mut self, node: usize, number: usize) {
        self.lowest[node] = self.lowest[node].min(number);
    }

    /// Everything met since `node` that is still open is one component with it.
    fn complete(&mut self, node: usize) {
        while let Some(member) = self.open.pop() {
            self.component[member] = node;
            self.finished.push(member);
            if member == node {
                break;
            }
        }
    }
}
