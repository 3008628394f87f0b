//! The append-only log: its head, its entries, its tiles, its checkpoints.

mod checkpoint;
mod partition;
mod proving;

use uuid::Uuid;

use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::ledger::merkle::leaf_hash;
use crate::ledger::tile::{FullTile, TILE_WIDTH, TileTail};
use crate::ledger::{Digest, EventId};

pub use checkpoint::{
    StoredCheckpoint, checkpoint_covering, checkpoint_of_size, checkpoints_after, latest_checkpoint,
    latest_signed, save_checkpoint,
};
pub use partition::{PARTITION_ENTRIES, make_room};
pub use proving::{cosigned_over, earliest_cosignature, full_tile, leaves, recorded_at};

/// How far the log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Name of the log.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root hash (RFC 6962).
    pub root: Digest,
    /// When the last entry was recorded.
    pub recorded_at: Timestamp,
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Log index.
    pub index: u64,
    /// SHA-256 of the signing input.
    pub event_id: EventId,
    /// Kind of the public leaf.
    pub leaf_kind: u8,
    /// Bytes of the public leaf.
    pub leaf: Vec<u8>,
    /// The compact JWS; `None` once erased.
    pub jws: Option<String>,
    /// The salt of the commitment; `None` once erased.
    pub salt: Option<[u8; 32]>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Measured skew of the uploading device in milliseconds.
    pub skew_ms: i64,
}

const ENTRY: Table = Table {
    name: "log_entry",
    columns: &[
        ("idx", ColType::I64),
        ("event_id", ColType::Blob),
        ("leaf_kind", ColType::I64),
        ("leaf", ColType::Blob),
        ("jws", ColType::Text),
        ("salt", ColType::Blob),
        ("recorded_at_ms", ColType::I64),
        ("skew_ms", ColType::I64),
    ],
    key: &["idx"],
};
const EVENT_KEY: Table = Table {
    name: "event_key",
    columns: &[("event_id", ColType::Blob), ("idx", ColType::I64)],
    key: &["event_id"],
};
const ACT_KEY: Table = Table {
    name: "act_key",
    columns: &[("party", ColType::Text), ("act", ColType::Uuid), ("first_event_id", ColType::Blob)],
    key: &["party", "act"],
};
const TILE: Table = Table {
    name: "tile",
    columns: &[
        ("level", ColType::I64),
        ("idx", ColType::I64),
        ("root", ColType::Blob),
        ("hashes", ColType::Blob),
    ],
    key: &["level", "idx"],
};

/// An index or size as the database holds it.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(row: &Row, column: &'static str) -> Result<u64, StoreError> {
    u64::try_from(row.i64(column)?).map_err(|_| row.corrupt(column, "negative"))
}

pub(super) fn timestamp(row: &Row, column: &'static str) -> Result<Timestamp, StoreError> {
    Ok(Timestamp::from_millis(row.i64(column)?))
}

pub(super) fn event_id(row: &Row, column: &'static str) -> Result<EventId, StoreError> {
    Ok(EventId::from_bytes(row.digest(column)?))
}

pub(super) fn blob(id: &EventId) -> Param {
    Param::Blob(id.as_bytes().to_vec())
}

/// Write the head row of a new log.
pub async fn create_head(tx: &mut WriteTx, head: &Head) -> Result<(), StoreError> {
    const SQL: Sql =
        Sql::both("insert into log_head (id, origin, size, root, recorded_at_ms) values (1, $1, $2, $3, $4)");
    let root = head.root.as_bytes().to_vec();
    tx.execute(&SQL, params![head.origin.clone(), signed(head.size), root, head.recorded_at.as_millis()])
        .await?;
    Ok(())
}

/// The head, locked against every other writer until the transaction ends.
pub async fn lock_head(tx: &mut WriteTx) -> Result<Option<Head>, StoreError> {
    const SQL: Sql = Sql::each(
        "select origin, size, root, recorded_at_ms from log_head where id = 1",
        "select origin, size, root, recorded_at_ms from log_head where id = 1 for update",
    );
    tx.fetch_optional(&SQL, params![]).await?.map(|row| head_of(&row)).transpose()
}

/// The head as it stands.
pub async fn head(tx: &mut ReadTx) -> Result<Option<Head>, StoreError> {
    const SQL: Sql = Sql::both("select origin, size, root, recorded_at_ms from log_head where id = 1");
    tx.fetch_optional(&SQL, params![]).await?.map(|row| head_of(&row)).transpose()
}

fn head_of(row: &Row) -> Result<Head, StoreError> {
    Ok(Head {
        origin: row.text("origin")?,
        size: unsigned(row, "size")?,
        root: Digest(row.digest("root")?),
        recorded_at: timestamp(row, "recorded_at_ms")?,
    })
}

/// Move the head on.
pub async fn save_head(tx: &mut WriteTx, head: &Head) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("update log_head set size = $1, root = $2, recorded_at_ms = $3 where id = 1");
    let root = head.root.as_bytes().to_vec();
    tx.execute(&SQL, params![signed(head.size), root, head.recorded_at.as_millis()]).await?;
    Ok(())
}

/// End a transaction that has written nothing, once all that was committed before stands where a commit has to stand. On Postgres with a
/// synchronous standby a commit that a crash or an ended session kept from reaching it is there to be read all the same.
pub async fn settle(mut tx: WriteTx) -> Result<(), StoreError> {
    const WAITS: Sql = Sql::each(
        "select 0 as waits",
        "select (coalesce(current_setting('synchronous_standby_names', true), '') <> '')::int as waits",
    );
    // Something must be written for a commit to wait for anybody.
    const WRITE: Sql = Sql::each(
        "select 1 as written",
        "select 1 as written from pg_logical_emit_message(true, 'liandan', '')",
    );
    if !tx.fetch_one(&WAITS, params![]).await?.bool("waits")? {
        return tx.rollback().await;
    }
    tx.fetch_one(&WRITE, params![]).await?;
    tx.commit().await
}

/// Append entries with their keys. `acts` are the first uses of (party, act).
pub async fn append(
    tx: &mut WriteTx,
    entries: Vec<Entry>,
    acts: &[(Uscc, Uuid, EventId)],
    tiles: &[FullTile],
) -> Result<(), StoreError> {
    let keys = entries.iter().map(|entry| params![entry.event_id.as_bytes().to_vec(), signed(entry.index)]);
    let keys = keys.collect();
    let rows = entries.into_iter().map(|entry| {
        params![
            signed(entry.index),
            entry.event_id.as_bytes().to_vec(),
            i64::from(entry.leaf_kind),
            entry.leaf,
            entry.jws,
            entry.salt.map(|salt| salt.to_vec()),
            entry.recorded_at.as_millis(),
            entry.skew_ms,
        ]
    });
    tx.insert_many(&ENTRY, rows.collect()).await?;
    tx.insert_many(&EVENT_KEY, keys).await?;
    let acts = acts.iter().map(|(party, act, id)| params![party.to_string(), *act, id.as_bytes().to_vec()]);
    tx.insert_many(&ACT_KEY, acts.collect()).await?;
    let tiles = tiles.iter().map(|tile| {
        let hashes: Vec<u8> = tile.hashes.iter().flat_map(|hash| *hash.as_bytes()).collect();
        params![i64::from(tile.id.level), signed(tile.id.index), tile.root.as_bytes().to_vec(), hashes]
    });
    tx.insert_many(&TILE, tiles.collect()).await?;
    Ok(())
}

/// The index of each of these events that is in the log.
pub async fn indexes_of(tx: &mut ReadTx, ids: &[EventId]) -> Result<Vec<(EventId, u64)>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select event_id, idx from event_key where event_id in ({keys})");
    let rows = tx.fetch_in(&SQL, ids.iter().map(blob).collect(), params![]).await?;
    rows.iter().map(|row| Ok((event_id(row, "event_id")?, unsigned(row, "idx")?))).collect()
}

/// The first event of each of these acts; an act is a party's own.
pub async fn first_of_acts(
    tx: &mut ReadTx,
    acts: &[(Uscc, Uuid)],
) -> Result<Vec<(String, Uuid, EventId)>, StoreError> {
    const SQL: SqlIn =
        SqlIn::new("select party, act, first_event_id from act_key where (party, act) in ({keys})");
    let keys = acts.iter().map(|(party, act)| [party.to_string().into(), Param::Uuid(*act)]);
    let rows = tx.fetch_in_pairs(&SQL, keys.collect()).await?;
    rows.iter()
        .map(|row| Ok((row.text("party")?, row.uuid("act")?, event_id(row, "first_event_id")?)))
        .collect()
}

/// One entry.
pub async fn entry(tx: &mut ReadTx, index: u64) -> Result<Option<Entry>, StoreError> {
    Ok(entries(tx, index, 1).await?.into_iter().next().filter(|entry| entry.index == index))
}

/// Up to `limit` entries from index `from` on, in log order.
pub async fn entries(tx: &mut ReadTx, from: u64, limit: u64) -> Result<Vec<Entry>, StoreError> {
    const SQL: Sql = Sql::both(
        "select idx, event_id, leaf_kind, leaf, jws, salt, recorded_at_ms, skew_ms
           from log_entry where idx >= $1 order by idx limit $2",
    );
    let rows = tx.fetch_all(&SQL, params![signed(from), signed(limit)]).await?;
    rows.iter().map(entry_of).collect()
}

/// The entries at these indexes, in log order.
pub async fn entries_at(tx: &mut ReadTx, indexes: &[u64]) -> Result<Vec<Entry>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select idx, event_id, leaf_kind, leaf, jws, salt, recorded_at_ms, skew_ms from log_entry where idx in ({keys})",
    );
    let rows = tx
        .fetch_in(&SQL, indexes.iter().map(|index| Param::I64(signed(*index))).collect(), params![])
        .await?;
    let mut entries: Vec<Entry> = rows.iter().map(entry_of).collect::<Result<_, _>>()?;
    entries.sort_unstable_by_key(|entry| entry.index);
    Ok(entries)
}

fn entry_of(row: &Row) -> Result<Entry, StoreError> {
    let salt = row.opt_blob("salt")?.map(|salt| <[u8; 32]>::try_from(salt.as_slice()));
    Ok(Entry {
        index: unsigned(row, "idx")?,
        event_id: event_id(row, "event_id")?,
        leaf_kind: u8::try_from(row.i64("leaf_kind")?).map_err(|_| row.corrupt("leaf_kind", "not a byte"))?,
        leaf: row.blob("leaf")?,
        jws: row.opt_text("jws")?,
        salt: salt.transpose().map_err(|_| row.corrupt("salt", "not 32 bytes"))?,
        recorded_at: timestamp(row, "recorded_at_ms")?,
        skew_ms: row.i64("skew_ms")?,
    })
}

/// The rightmost partial tiles of the first `size` entries: leaf hashes at the bottom, tile roots above.
pub async fn tail(tx: &mut ReadTx, size: u64) -> Result<TileTail, StoreError> {
    const LEAVES: Sql =
        Sql::both("select idx, leaf from log_entry where idx >= $1 and idx < $2 order by idx");
    const ROOTS: Sql =
        Sql::both("select idx, root from tile where level = $1 and idx >= $2 and idx < $3 order by idx");
    let mut partials = Vec::new();
    let bottom = tx.fetch_all(&LEAVES, params![signed(size - size % TILE_WIDTH), signed(size)]).await?;
    partials.push(
        bottom.iter().map(|row| Ok(leaf_hash(&row.blob("leaf")?))).collect::<Result<Vec<_>, StoreError>>()?,
    );
    let mut width = size / TILE_WIDTH;
    let mut level = 0_i64;
    while width > 0 {
        let rows =
            tx.fetch_all(&ROOTS, params![level, signed(width - width % TILE_WIDTH), signed(width)]).await?;
        partials.push(
            rows.iter().map(|row| Ok(Digest(row.digest("root")?))).collect::<Result<Vec<_>, StoreError>>()?,
        );
        width /= TILE_WIDTH;
        level += 1;
    }
    TileTail::from_parts(size, partials).ok_or_else(|| StoreError::Corrupt {
        query: "tile",
        column: "root",
        detail: format!("the entries and tiles below size {size} are not complete"),
    })
}
