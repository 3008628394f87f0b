//! Reading the part of the graph of lots that a trace is made of: what can be reached, and nothing else.

use std::collections::BTreeSet;

use super::books::from_json;
use super::log::signed;
use super::{Param, ReadTx, Row, SqlIn, StoreError, params};
use crate::custody::trace::{Direction, Graph, Node};
use crate::id::LotId;

/// Most edges one trace may reach. Beyond it there is no trace: a part of one would claim to be the whole.
pub const MAX_TRACE_EDGES: u64 = 100_000;

// Every lot that leads on, but the first ones, was reached over an edge: the limit of lots cuts nothing that the limit of edges
// would not. Postgres cannot know how few lots a walk finds among all there are, and would read whole tables to join them: each
// lateral part and each `limit 1` is looked up by its key instead.

const UP: SqlIn = SqlIn::each(
    "with recursive made (lot) as (
          select child from lot_edge where child in ({keys})
          union select e.parent from made m join lot_edge e on e.child = m.lot
                 where exists (select 1 from lot_edge further where further.child = e.parent))
      select e.child, e.parent, e.mass_g, n.masses
        from (select lot from made limit $2) m join lot_edge e on e.child = m.lot
        left join lot_node n on n.node = e.parent limit $1",
    "with recursive made (lot) as (
          select child from lot_edge where child in ({keys})
          union select e.parent from made m
                 cross join lateral (select parent from lot_edge where child = m.lot offset 0) e
                 where (select true from lot_edge further where further.child = e.parent limit 1))
      select e.child, e.parent, e.mass_g, n.masses
        from (select lot from made limit $2) m
        cross join lateral (select child, parent, mass_g from lot_edge where child = m.lot offset 0) e
        left join lateral (select masses from lot_node where node = e.parent offset 0) n on true limit $1",
);

const DOWN: SqlIn = SqlIn::each(
    "with recursive spent (lot) as (
          select parent from lot_edge where parent in ({keys})
          union select e.child from spent s join lot_edge e on e.parent = s.lot
                 where exists (select 1 from lot_edge further where further.parent = e.child))
      select e.child, e.parent, e.mass_g, n.masses
        from (select lot from spent limit $2) s join lot_edge e on e.parent = s.lot
        left join lot_node n on n.node = e.child limit $1",
    "with recursive spent (lot) as (
          select parent from lot_edge where parent in ({keys})
          union select e.child from spent s
                 cross join lateral (select child from lot_edge where parent = s.lot offset 0) e
                 where (select true from lot_edge further where further.parent = e.child limit 1))
      select e.child, e.parent, e.mass_g, n.masses
        from (select lot from spent limit $2) s
        cross join lateral (select child, parent, mass_g from lot_edge where parent = s.lot offset 0) e
        left join lateral (select masses from lot_node where node = e.child offset 0) n on true limit $1",
);

/// Everything that these lots come from, or lead to; who holds what is still to be placed. `None` when that is more than `most`
/// edges.
///
/// One statement walks the graph and reads what it reaches, whatever its depth. Only what leads on is walked, each lot once;
/// most of a graph are lots that lead no further, and they cost one look.
pub async fn reach(
    tx: &mut ReadTx,
    lots: &BTreeSet<LotId>,
    direction: Direction,
    most: u64,
) -> Result<Option<Graph>, StoreError> {
    const ASKED: SqlIn =
        SqlIn::new("select node, masses from lot_node where is_mix = 0 and node in ({keys})");
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
    let mut graph = Graph::default();
    for row in &tx.fetch_in(&ASKED, lots.iter().map(key).collect(), params![]).await? {
        graph.put_node(lot_id(row, "node")?, from_json(row, "masses")?);
    }
    for row in &rows {
        let (child, parent) = (lot_id(row, "child")?, lot_id(row, "parent")?);
        graph.put_edge(child, parent, row.i64("mass_g")?);
        if let Some(node) = node(row)? {
            graph.put_node(if direction == Direction::Up { parent } else { child }, node);
        }
    }
    Ok(Some(graph))
}

/// What is at the far end of an edge; `None` when the books know nothing of it.
fn node(row: &Row) -> Result<Option<Node>, StoreError> {
    let Some(masses) = row.opt_text("masses")? else { return Ok(None) };
    serde_json::from_str(&masses).map(Some).map_err(|error| row.corrupt("masses", error.to_string()))
}

fn key(id: &LotId) -> Param {
    Param::Uuid(id.as_uuid())
}

fn lot_id(row: &Row, column: &'static str) -> Result<LotId, StoreError> {
    row.uuid(column).map(LotId::from_uuid)
}
