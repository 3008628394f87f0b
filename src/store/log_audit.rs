//! What an audit asks of the log tables besides reading them.

use super::log::unsigned;
use super::{ReadTx, Sql, StoreError, params};
use crate::ledger::Digest;

/// The table a statement reads, for naming what is broken: one of the log, or a derived table compared as a whole.
pub fn table_of(query: &str) -> &'static str {
    if let Some(table) = super::derived::TABLES.iter().find(|table| table.name == query) {
        return table.name;
    }
    const OTHERS: [&str; 9] = [
        "log_head",
        "event_key",
        "act_key",
        "tile",
        "checkpoint",
        "cosignature",
        "residue",
        "site_device",
        "device_span",
    ];
    OTHERS.into_iter().find(|table| query.contains(&format!("from {table} "))).unwrap_or("log_entry")
}

/// The root stored beside a full tile.
pub async fn tile_root(tx: &mut ReadTx, level: u8, index: u64) -> Result<Option<Digest>, StoreError> {
    const SQL: Sql = Sql::both("select root from tile where level = $1 and idx = $2");
    let row = tx.fetch_optional(&SQL, params![i64::from(level), super::log::signed(index)]).await?;
    row.map(|row| Ok(Digest(row.digest("root")?))).transpose()
}

async fn count(tx: &mut ReadTx, sql: &Sql) -> Result<u64, StoreError> {
    unsigned(&tx.fetch_one(sql, params![]).await?, "n")
}

/// Rows of `event_key`.
pub async fn count_event_keys(tx: &mut ReadTx) -> Result<u64, StoreError> {
    const SQL: Sql = Sql::both("select count(*) as n from event_key ");
    count(tx, &SQL).await
}

/// Rows of `act_key`.
pub async fn count_act_keys(tx: &mut ReadTx) -> Result<u64, StoreError> {
    const SQL: Sql = Sql::both("select count(*) as n from act_key ");
    count(tx, &SQL).await
}

/// Rows of `cosignature`.
pub async fn count_cosignatures(tx: &mut ReadTx) -> Result<u64, StoreError> {
    const SQL: Sql = Sql::both("select count(*) as n from cosignature ");
    count(tx, &SQL).await
}

/// Rows of `tile`.
pub async fn count_tiles(tx: &mut ReadTx) -> Result<u64, StoreError> {
    const SQL: Sql = Sql::both("select count(*) as n from tile ");
    count(tx, &SQL).await
}
