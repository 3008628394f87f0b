//! The server of the database itself.

use super::log::timestamp;
use super::{ReadTx, Sql, StoreError, params};
use crate::clock::Timestamp;

/// What time it is there. SQLite asks the machine of this process.
pub async fn now(tx: &mut ReadTx) -> Result<Timestamp, StoreError> {
    const SQL: Sql = Sql::each(
        "select cast(unixepoch('subsec') * 1000 as integer) as now_ms",
        "select cast(extract(epoch from clock_timestamp()) * 1000 as bigint) as now_ms",
    );
    timestamp(&tx.fetch_one(&SQL, params![]).await?, "now_ms")
}
