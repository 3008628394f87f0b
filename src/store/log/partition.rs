//! The partitions of the log on Postgres: ranges of indexes without a gap, made before they are needed.

use crate::store::log::signed;
use crate::store::{Kind, Sql, Store, StoreError, params};

/// Entries of one partition. Few and large: every read of entries by their indexes looks which partitions it needs.
pub const PARTITION_ENTRIES: u64 = 100_000_000;

/// Several processes may find at once that room is needed.
const LOCK: Sql = Sql::each(
    "select 1 as locked",
    "select 1 as locked from (select pg_advisory_xact_lock(30515164669567343)) as lock",
);

/// The index behind the last one that there is room for, as Postgres keeps it: `FOR VALUES FROM ('0') TO ('100000000')`.
const END: Sql = Sql::each(
    "select null as last",
    "select max(substring(pg_get_expr(c.relpartbound, c.oid) from 'TO \\(''?(\\d+)''?\\)')::bigint) as last
       from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = to_regclass('log_entry')",
);

/// Make the next partition when less than half of one is left behind the log's `size`; whether one was made. On SQLite there is always room.
pub async fn make_room(store: &Store, size: u64) -> Result<bool, StoreError> {
    if store.kind() == Kind::Sqlite {
        return Ok(false);
    }
    let is_needed = |end: Option<i64>| end.filter(|end| end - signed(size) < signed(PARTITION_ENTRIES / 2));
    let mut tx = store.read().await?;
    let end = tx.fetch_one(&END, params![]).await?.opt_i64("last")?;
    tx.rollback().await?;
    if is_needed(end).is_none() {
        return Ok(false);
    }
    let mut tx = store.write().await?;
    tx.fetch_one(&LOCK, params![]).await?;
    let end = tx.fetch_one(&END, params![]).await?.opt_i64("last")?;
    let Some(first) = is_needed(end) else { return tx.rollback().await.map(|()| false) };
    let end = first.saturating_add(signed(PARTITION_ENTRIES));
    // Attached, not created in place: neither reads nor writes of the others wait for it.
    let script = format!(
        "create table log_entry_{first} (like log_entry including all);
         alter table log_entry attach partition log_entry_{first} for values from ({first}) to ({end})"
    );
    tx.run_script(&script).await?;
    tx.commit().await?;
    Ok(true)
}
