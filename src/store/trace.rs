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

macro_rules! walk {
    ($near:literal to $far:literal) => {
        SqlIn::each(
            concat!(
                "with recursive node (lot) as (
                      select ",
                $near,
                " from lot_edge where ",
                $near,
                " in ({keys})
                      union select e.",
                $far,
                " from node r join lot_edge e on e.",
                $near,
                " = r.lot
                             where exists (select 1 from lot_edge further where further.",
                $near,
                " = e.",
                $far,
                "))
                  select e.child, e.parent, e.mass_g, n.masses
                    from (select lot from node limit $2) r join lot_edge e on e.",
                $near,
                " = r.lot
                    left join lot_node n on n.node = e.",
                $far,
                " limit $1",
            ),
            concat!(
                "with recursive node (lot) as (
                      select ",
                $near,
                " from lot_edge where ",
                $near,
                " in ({keys})
                      union select e.",
                $far,
                " from node r
                             cross join lateral (select ",
                $far,
                " from lot_edge where ",
                $near,
                " = r.lot offset 0) e
                             where (select true from lot_edge further where further.",
                $near,
                " = e.",
                $far,
                " limit 1))
                  select e.child, e.parent, e.mass_g, n.masses
                    from (select lot from node limit $2) r
                    cross join lateral (select child, parent, mass_g from lot_edge where ",
                $near,
                " = r.lot offset 0) e
                    left join lateral (select masses from lot_node where node = e.",
                $far,
                " offset 0) n on true limit $1",
            ),
        )
    };
}

const UP: SqlIn = walk!("child" to "parent");
const DOWN: SqlIn = walk!("parent" to "child");

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
