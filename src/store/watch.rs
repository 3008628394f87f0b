//! Watches, as folded.

use std::collections::BTreeSet;

use super::books::{from_json, to_json};
use super::{ColType, Param, ReadTx, Row, SqlIn, StoreError, Table, WriteTx, params};
use crate::custody::books::{Books, Watch};
use crate::custody::watch::WatchKey;
use crate::id::WatchId;

pub(super) const WATCH: Table = Table {
    name: "watch",
    columns: &[("watch", ColType::Uuid), ("of", ColType::Text), ("snapshot", ColType::Text)],
    key: &["watch"],
};

/// Bring these watches; those that the store does not hold know nothing.
pub async fn load(tx: &mut ReadTx, books: &mut Books, keys: &BTreeSet<WatchKey>) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let ids: Vec<WatchId> = keys.iter().map(WatchKey::id).collect();
    load_by_id(tx, books, &ids).await?;
    books.have_watches(keys);
    Ok(())
}

/// Bring watches that the store holds.
pub async fn load_by_id(tx: &mut ReadTx, books: &mut Books, ids: &[WatchId]) -> Result<(), StoreError> {
    const SQL: SqlIn = SqlIn::new("select \"of\", snapshot from watch where watch in ({keys})");
    let ids = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    for row in tx.fetch_in(&SQL, ids, params![]).await? {
        books.put_watch(watch_of(&row)?);
    }
    Ok(())
}

fn watch_of(row: &Row) -> Result<Watch, StoreError> {
    Ok(Watch { key: from_json(row, "of")?, shelf: from_json(row, "snapshot")? })
}

/// Write back watches that a batch changed.
pub(super) async fn save(tx: &mut WriteTx, watches: &[Watch]) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(watches.len());
    for Watch { key, shelf } in watches {
        rows.push(params![key.id().as_uuid(), to_json("watch", key)?, to_json("watch", shelf)?]);
    }
    tx.upsert_many(&WATCH, rows).await.map(drop)
}
