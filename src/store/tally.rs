//! Running totals, as folded.

use std::collections::BTreeSet;

use super::books::{from_json, to_json};
use super::packed::{pack, unpack};
use super::{ColType, Param, ReadTx, Row, SqlIn, StoreError, Table, WriteTx, params};
use crate::custody::books::{Books, Tally};
use crate::custody::tally::TallyKey;
use crate::id::TallyId;

pub(super) const TALLY: Table = Table {
    name: "tally",
    columns: &[("tally", ColType::Uuid), ("of", ColType::Text), ("snapshot", ColType::Blob)],
    key: &["tally"],
};

/// Bring the shelves of these tallies; those that the store does not hold are empty.
pub async fn load(tx: &mut ReadTx, books: &mut Books, keys: &BTreeSet<TallyKey>) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let ids: Vec<TallyId> = keys.iter().map(TallyKey::id).collect();
    load_by_id(tx, books, &ids).await?;
    books.have_tallies(keys);
    Ok(())
}

/// Bring the shelves of tallies that the store holds.
pub async fn load_by_id(tx: &mut ReadTx, books: &mut Books, ids: &[TallyId]) -> Result<(), StoreError> {
    const SQL: SqlIn = SqlIn::new("select \"of\", snapshot from tally where tally in ({keys})");
    let ids = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    for row in tx.fetch_in(&SQL, ids, params![]).await? {
        books.put_tally(tally_of(&row)?);
    }
    Ok(())
}

fn tally_of(row: &Row) -> Result<Tally, StoreError> {
    Ok(Tally { key: from_json(row, "of")?, shelf: unpack(row, "snapshot")? })
}

/// Write back tallies that a batch changed.
pub(super) async fn save(tx: &mut WriteTx, tallies: &[Tally]) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(tallies.len());
    for Tally { key, shelf } in tallies {
        rows.push(params![key.id().as_uuid(), to_json("tally", key)?, pack("tally", shelf)?]);
    }
    tx.upsert_many(&TALLY, rows).await.map(drop)
}
