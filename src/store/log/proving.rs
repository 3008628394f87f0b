//! What proofs and brackets of time read of the log, beside whole entries.

use super::checkpoint::cosigned;
use super::{StoredCheckpoint, signed, timestamp, unsigned};
use crate::clock::Timestamp;
use crate::ledger::Digest;
use crate::ledger::tile::TILE_WIDTH;
use crate::store::{Param, ReadTx, Sql, SqlIn, StoreError, params};

/// When the entries at these indexes were recorded.
pub async fn recorded_at(tx: &mut ReadTx, indexes: &[u64]) -> Result<Vec<(u64, Timestamp)>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select idx, recorded_at_ms from log_entry where idx in ({keys})");
    let keys = indexes.iter().map(|index| Param::I64(signed(*index))).collect();
    let rows = tx.fetch_in(&SQL, keys, params![]).await?;
    rows.iter().map(|row| Ok((unsigned(row, "idx")?, timestamp(row, "recorded_at_ms")?))).collect()
}

/// Up to `limit` public leaves from index `from` on, each with its index, in log order.
pub async fn leaves(tx: &mut ReadTx, from: u64, limit: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    const SQL: Sql = Sql::both("select idx, leaf from log_entry where idx >= $1 order by idx limit $2");
    let rows = tx.fetch_all(&SQL, params![signed(from), signed(limit)]).await?;
    rows.iter().map(|row| Ok((unsigned(row, "idx")?, row.blob("leaf")?))).collect()
}

/// The hashes of a full tile.
pub async fn full_tile(tx: &mut ReadTx, level: u8, index: u64) -> Result<Option<Vec<Digest>>, StoreError> {
    const SQL: Sql = Sql::both("select hashes from tile where level = $1 and idx = $2");
    let Some(row) = tx.fetch_optional(&SQL, params![i64::from(level), signed(index)]).await? else {
        return Ok(None);
    };
    let bytes = row.blob("hashes")?;
    let hashes: Vec<Digest> =
        bytes.chunks_exact(32).filter_map(|chunk| chunk.try_into().ok().map(Digest)).collect();
    if bytes.len() == 32 * TILE_WIDTH as usize {
        Ok(Some(hashes))
    } else {
        Err(row.corrupt("hashes", "not 256 hashes"))
    }
}

/// The largest checkpoint that covers an index and that a witness has cosigned, with the cosignatures there are.
pub async fn cosigned_over(tx: &mut ReadTx, index: u64) -> Result<Option<StoredCheckpoint>, StoreError> {
    const SQL: Sql = Sql::both(
        "select c.size, c.root, c.note, w.line from checkpoint c join cosignature w on w.size = c.size
          where c.size = (select max(size) from cosignature where size > $1) order by w.name, w.key_id",
    );
    cosigned(&tx.fetch_all(&SQL, params![signed(index)]).await?)
}

/// When a witness first cosigned a head that covers an index, as it says, in seconds since 1970.
pub async fn earliest_cosignature(tx: &mut ReadTx, index: u64) -> Result<Option<u64>, StoreError> {
    const SQL: Sql = Sql::both("select at_s from cosignature where size > $1 order by size, at_s limit 1");
    tx.fetch_optional(&SQL, params![signed(index)]).await?.map(|row| unsigned(&row, "at_s")).transpose()
}
