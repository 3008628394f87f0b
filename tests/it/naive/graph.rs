//! Which lots went into which, from the definitions: lines out of lots, rejected parts out of lines, and one node between
//! everything that went into a repacking or treatment and everything that came out.

use std::collections::BTreeMap;

use liandan::custody::Statement;
use liandan::custody::payload::handover::{HandedLine, Step};
use liandan::custody::payload::waste::Draw;
use liandan::id::{LotId, ManifestId};

use super::lots::in_proportion;
use super::order::Judged;
use super::{Log, total};

/// The graph of lots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct NaiveGraph {
    /// Grams of a parent in a child, by (child, parent).
    pub(crate) edges: BTreeMap<(LotId, LotId), i64>,
    /// Repackings and treatments: what they are, what went in, what came out.
    pub(crate) mixes: BTreeMap<LotId, (&'static str, i64, i64)>,
}

/// Draw the graph of everything that counts.
pub(super) fn draw(log: &Log<'_>) -> NaiveGraph {
    let mut graph = NaiveGraph::default();
    for judged in log.counting() {
        draw_one(judged, &mut graph);
    }
    graph
}

fn draw_one(judged: &Judged<'_>, graph: &mut NaiveGraph) {
    match &judged.entry.event.statement {
        Statement::WasteCollected(s) => graph.loaded(s.manifest, &s.lines),
        Statement::PaperBackfilled(s) => {
            for paper in s.handovers.iter().filter(|paper| paper.step == Step::Collected) {
                graph.loaded(s.manifest, &paper.lines);
            }
        }
        Statement::WasteReceived(s) => {
            for line in s.lines.iter() {
                let Some(rejected) = &line.rejected else { continue };
                let own = LotId::of_line(s.manifest, line.line);
                let apart = LotId::rejected_of_line(s.manifest, line.line);
                graph.add(apart, own, rejected.grams());
            }
        }
        Statement::WasteRepacked(s) => {
            // What was lost went into no lot, and what came from nowhere came out of none.
            let inputs = fed(&s.inputs);
            let outputs: Lots = s.outputs.iter().map(|o| (o.lot, o.quantity.grams())).collect();
            let passed_g = mass_of(&inputs).min(mass_of(&outputs));
            let through = |lots: &Lots| {
                let parts = in_proportion(passed_g, lots);
                lots.iter().zip(parts).map(|((lot, _), part_g)| (*lot, part_g)).collect::<Lots>()
            };
            graph.mixed(judged, "repacked", [&inputs, &outputs], [&through(&inputs), &through(&outputs)]);
        }
        Statement::WasteUsed(s) | Statement::WasteDisposed(s) => {
            let uses = matches!(judged.entry.event.statement, Statement::WasteUsed(_));
            let inputs = fed(&s.inputs);
            let outputs: Lots = s.outputs.iter().map(|o| (o.lot, o.quantity.grams())).collect();
            let all = [&inputs, &outputs];
            graph.mixed(judged, if uses { "used" } else { "disposed" }, all, all);
        }
        _ => {}
    }
}

impl NaiveGraph {
    fn add(&mut self, child: LotId, parent: LotId, mass_g: i64) {
        let sum = self.edges.entry((child, parent)).or_default();
        *sum = sum.wrapping_add(mass_g);
    }

    fn loaded(&mut self, manifest: ManifestId, lines: &[HandedLine]) {
        for line in lines {
            for draw in line.drawn.iter() {
                self.add(LotId::of_line(manifest, line.line), draw.lot, draw.mass_g.get());
            }
        }
    }

    fn mixed(&mut self, judged: &Judged<'_>, how: &'static str, all: [&Lots; 2], through: [&Lots; 2]) {
        let mix = LotId::of_mix(judged.entry.id.as_bytes());
        let some = |lots: &Lots| lots.iter().copied().filter(|(_, mass_g)| *mass_g != 0).collect::<Lots>();
        let [inputs, outputs] = through.map(some);
        inputs.iter().for_each(|(lot, mass_g)| self.add(mix, *lot, *mass_g));
        outputs.iter().for_each(|(lot, mass_g)| self.add(*lot, mix, *mass_g));
        let [in_g, out_g] = all.map(mass_of);
        self.mixes.insert(mix, (how, in_g, out_g));
    }
}

/// Lots with masses in grams.
type Lots = Vec<(LotId, i64)>;

fn fed(inputs: &[Draw]) -> Lots {
    inputs.iter().map(|input| (input.lot, input.mass_g.get())).collect()
}

fn mass_of(lots: &Lots) -> i64 {
    total(lots.iter().map(|(_, mass_g)| *mass_g))
}
