//! Reading the part of the graph of lots that a trace is made of: what can be reached, and nothing else.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::books::lots_as_folded;
use super::log::signed;
use super::{Param, ReadTx, Row, SqlIn, StoreError, params};
use crate::custody::graph::{EdgeKind, MixKind};
use crate::custody::lot::LotState;
use crate::custody::trace::{Direction, Graph, LotMasses, MixMasses};
use crate::id::LotId;

/// Most edges one trace may reach. Beyond it there is no trace: a part of one would claim to be the whole.
pub const MAX_TRACE_EDGES: u64 = 100_000;

/// What a lot is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LotLabels {
    /// Its lot code, if one was allotted.
    pub lot_code: Option<String>,
    /// Its waste code, as far as known.
    pub waste_code: Option<String>,
}

/// What can be reached from some lots.
#[derive(Clone, Debug, Default)]
pub struct Reached {
    /// Lots, mixes and edges. Who holds what is still to be placed.
    pub graph: Graph,
    /// What the lots are called.
    pub labels: BTreeMap<LotId, LotLabels>,
}

/// Everything that these lots come from, or lead to. `None` when that is more than `most` edges.
///
/// One statement walks the graph, whatever its depth; then one for each [`super::MAX_KEYS_PER_QUERY`] lots and mixes found.
pub async fn reach(
    tx: &mut ReadTx,
    lots: &BTreeSet<LotId>,
    direction: Direction,
    most: u64,
) -> Result<Option<Reached>, StoreError> {
    // `union` and not `union all`: a shared parent is walked once. Every lot reached but the first ones was reached over an edge
    // read before it, so the limit of lots cuts nothing that the limit of edges would not.
    const UP: SqlIn = SqlIn::new(
        "with recursive reached (lot) as (
              select lot from lot where lot in ({keys})
              union select e.parent from reached r join lot_edge e on e.child = r.lot)
          select e.child, e.parent, e.idx, e.how, e.mass_g
            from (select lot from reached limit $2) r join lot_edge e on e.child = r.lot limit $1",
    );
    const DOWN: SqlIn = SqlIn::new(
        "with recursive reached (lot) as (
              select lot from lot where lot in ({keys})
              union select e.child from reached r join lot_edge e on e.parent = r.lot)
          select e.child, e.parent, e.idx, e.how, e.mass_g
            from (select lot from reached limit $2) r join lot_edge e on e.parent = r.lot limit $1",
    );
    let walk = match direction {
        Direction::Up => &UP,
        Direction::Down => &DOWN,
    };
    let edges = most.saturating_add(1);
    let limits = params![signed(edges), signed(edges.saturating_add(lots.len() as u64))];
    let rows = tx.fetch_in(walk, lots.iter().map(key).collect(), limits).await?;
    if rows.len() as u64 > most {
        return Ok(None);
    }
    let mut reached = Reached::default();
    let mut nodes = Nodes { lots: lots.clone(), mixes: BTreeSet::new() };
    // Many lots are asked for in several statements, whose answers may overlap.
    let mut seen = HashSet::with_capacity(rows.len());
    for row in &rows {
        let (child, parent) = (lot_id(row, "child")?, lot_id(row, "parent")?);
        if seen.insert((child, parent, row.i64("idx")?)) {
            reached.graph.add_edge(child, parent, row.i64("mass_g")?);
            let how = row.text("how")?;
            let how = EdgeKind::named(&how).ok_or_else(|| row.corrupt("how", format!("no edge is {how}")))?;
            nodes.note(how, child, parent);
        }
    }
    read_lots(tx, &nodes.lots, &mut reached).await?;
    read_mixes(tx, &nodes.mixes, &mut reached).await?;
    Ok(Some(reached))
}

/// The lots of a graph as folded: who holds and held them, and what they are or were on the way with.
pub async fn states(tx: &mut ReadTx, graph: &Graph) -> Result<BTreeMap<LotId, LotState>, StoreError> {
    let ids: Vec<LotId> = graph.lots.keys().copied().collect();
    lots_as_folded(tx, &ids).await
}

/// Which of the nodes are lots and which are mixes: the edges tell.
struct Nodes {
    lots: BTreeSet<LotId>,
    mixes: BTreeSet<LotId>,
}

impl Nodes {
    fn note(&mut self, how: EdgeKind, child: LotId, parent: LotId) {
        match how {
            EdgeKind::Drawn | EdgeKind::Rejected => self.lots.extend([child, parent]),
            EdgeKind::Fed => {
                self.lots.insert(parent);
                self.mixes.insert(child);
            }
            EdgeKind::Made => {
                self.lots.insert(child);
                self.mixes.insert(parent);
            }
        }
    }
}

async fn read_lots(tx: &mut ReadTx, lots: &BTreeSet<LotId>, reached: &mut Reached) -> Result<(), StoreError> {
    const LOTS: SqlIn = SqlIn::new(
        "select lot, lot_code, waste_code, opened_g, generated_g, unproven_g, transit_g, variance_g, unexplained_g
           from lot where lot in ({keys})",
    );
    for row in tx.fetch_in(&LOTS, lots.iter().map(key).collect(), params![]).await? {
        let id = lot_id(&row, "lot")?;
        let masses = LotMasses {
            opened_g: row.i64("opened_g")?,
            generated_g: row.i64("generated_g")?,
            unproven_g: row.i64("unproven_g")?,
            transit_g: row.i64("transit_g")?,
            variance_g: row.i64("variance_g")?,
            unexplained_g: row.i64("unexplained_g")?,
            ..LotMasses::default()
        };
        reached.graph.lots.insert(id, masses);
        let labels =
            LotLabels { lot_code: row.opt_text("lot_code")?, waste_code: row.opt_text("waste_code")? };
        reached.labels.insert(id, labels);
    }
    Ok(())
}

async fn read_mixes(
    tx: &mut ReadTx,
    mixes: &BTreeSet<LotId>,
    reached: &mut Reached,
) -> Result<(), StoreError> {
    const MIXES: SqlIn = SqlIn::new("select mix, how, in_g, out_g from mix where mix in ({keys})");
    for row in tx.fetch_in(&MIXES, mixes.iter().map(key).collect(), params![]).await? {
        let how = row.text("how")?;
        let kind = MixKind::named(&how).ok_or_else(|| row.corrupt("how", format!("no mix is {how}")))?;
        let mix = MixMasses { kind, in_g: row.i64("in_g")?, out_g: row.i64("out_g")? };
        reached.graph.mixes.insert(lot_id(&row, "mix")?, mix);
    }
    Ok(())
}

fn key(id: &LotId) -> Param {
    Param::Uuid(id.as_uuid())
}

fn lot_id(row: &Row, column: &'static str) -> Result<LotId, StoreError> {
    row.uuid(column).map(LotId::from_uuid)
}
