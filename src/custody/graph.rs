//! The graph of lots: which went into which, by the events that say so. Derived from one event at a time; never walked to fold.

use serde::{Deserialize, Serialize};

use super::event::Recorded;
use super::kind::Statement;
use super::payload::handover::{HandedLine, Step};
use super::payload::waste::{Draw, Treated};
use super::posting::Kept;
use super::trace::MixMasses;
use crate::id::{LotId, ManifestId};

/// Mass of one lot (or mix) that is in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where it is.
    pub child: LotId,
    /// Where it came from.
    pub parent: LotId,
    /// Grams; negative where an earlier edge is taken back.
    pub mass_g: i64,
}

/// What a mix is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MixKind {
    /// Repacked, merged or split.
    Repacked,
    /// Used.
    Used,
    /// Disposed.
    Disposed,
}

impl MixKind {
    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Repacked => "repacked",
            Self::Used => "used",
            Self::Disposed => "disposed",
        }
    }
}

/// One repacking or treatment as a node in the graph of lots: so N inputs and M outputs are N + M edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mix {
    /// Its node.
    pub id: LotId,
    /// What went through it.
    pub masses: MixMasses,
}

/// The edges that take an event from one verdict to another: its own where it now moves something, and the same with the other
/// sign where it no longer does.
pub fn change(before: &Recorded, now: &Recorded) -> Vec<Edge> {
    match (before.verdict.moves(), now.verdict.moves()) {
        (false, true) => edges(now),
        (true, false) => {
            let taken_back = |edge: Edge| Edge { mass_g: edge.mass_g.wrapping_neg(), ..edge };
            edges(before).into_iter().map(taken_back).collect()
        }
        (true, true) | (false, false) => Vec::new(),
    }
}

/// Which lots went into which: draws into lines, rejected parts out of lines, inputs into a mix, outputs out of it.
pub fn edges(recorded: &Recorded) -> Vec<Edge> {
    if !recorded.verdict.moves() {
        return Vec::new();
    }
    let edge = |child, parent, mass_g| Edge { child, parent, mass_g };
    let mix = LotId::of_mix(recorded.id.as_bytes());
    let fed = |draw: &Draw| edge(mix, draw.lot, draw.mass_g.get());
    match &recorded.event.statement {
        Statement::WasteCollected(s) => drawn(s.manifest, &s.lines).collect(),
        Statement::PaperBackfilled(s) => {
            let loads = s.handovers.iter().filter(|handover| handover.step == Step::Collected);
            loads.flat_map(|paper| drawn(s.manifest, &paper.lines)).collect()
        }
        Statement::WasteReceived(s) => {
            let rejected =
                s.lines.iter().filter_map(|line| Some((line.line, line.rejected.as_ref()?.grams())));
            let apart = rejected.map(|(line, mass_g)| {
                let child = LotId::rejected_of_line(s.manifest, line);
                edge(child, LotId::of_line(s.manifest, line), mass_g)
            });
            apart.collect()
        }
        // What was lost or found in repacking stands with the lots that lost or found it, so that it counts once.
        Statement::WasteRepacked(s) => {
            let Kept { inputs, outputs } = Kept::of(s);
            let fed = inputs.iter().map(|part| edge(mix, part.lot, part.kept_g));
            fed.chain(outputs.iter().map(|part| edge(part.lot, mix, part.kept_g))).collect()
        }
        Statement::WasteUsed(s) | Statement::WasteDisposed(s) => {
            let made = s.outputs.iter().map(|o| edge(o.lot, mix, o.quantity.grams()));
            s.inputs.iter().map(fed).chain(made).collect()
        }
        _ => Vec::new(),
    }
}

fn drawn(manifest: ManifestId, lines: &[HandedLine]) -> impl Iterator<Item = Edge> {
    lines.iter().flat_map(move |line| {
        let child = LotId::of_line(manifest, line.line);
        let edge = move |draw: &Draw| Edge { child, parent: draw.lot, mass_g: draw.mass_g.get() };
        line.drawn.iter().map(edge)
    })
}

/// The mix that an event is, with what went in and came out. One that moves nothing holds nothing.
pub fn mix(recorded: &Recorded) -> Option<Mix> {
    let (kind, inputs, out_g) = match &recorded.event.statement {
        Statement::WasteRepacked(s) => {
            (MixKind::Repacked, &s.inputs, s.outputs.iter().map(|output| output.quantity.grams()).sum())
        }
        Statement::WasteUsed(s) => (MixKind::Used, &s.inputs, given_g(s)),
        Statement::WasteDisposed(s) => (MixKind::Disposed, &s.inputs, given_g(s)),
        _ => return None,
    };
    let moves = |grams: i64| if recorded.verdict.moves() { grams } else { 0 };
    let in_g = moves(inputs.iter().map(|input| input.mass_g.get()).sum());
    let masses = MixMasses { kind, in_g, out_g: moves(out_g) };
    Some(Mix { id: LotId::of_mix(recorded.id.as_bytes()), masses })
}

fn given_g(treated: &Treated) -> i64 {
    treated.outputs.iter().map(|output| output.quantity.grams()).sum()
}
