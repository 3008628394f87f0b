//! The signed heads of the log, with the cosignatures below them.

use super::{signed, unsigned};
use crate::ledger::Digest;
use crate::store::{ReadTx, Row, Sql, StoreError, WriteTx, params};

/// A signed head of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// Number of entries it covers.
    pub size: u64,
    /// Root hash.
    pub root: Digest,
    /// The signed note (C2SP tlog-checkpoint); where a function says so, with the cosignatures there are.
    pub note: String,
}

/// Store the signed head of a size, once.
pub async fn save_checkpoint(tx: &mut WriteTx, checkpoint: &StoredCheckpoint) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "insert into checkpoint (size, root, note) values ($1, $2, $3) on conflict (size) do nothing",
    );
    let root = checkpoint.root.as_bytes().to_vec();
    tx.execute(&SQL, params![signed(checkpoint.size), root, checkpoint.note.clone()]).await?;
    Ok(())
}

/// The first stored checkpoint that covers an index, with the cosignatures there are.
pub async fn checkpoint_covering(
    tx: &mut ReadTx,
    index: u64,
) -> Result<Option<StoredCheckpoint>, StoreError> {
    const SQL: Sql = Sql::both(
        "select c.size, c.root, c.note, w.line
           from (select size, root, note from checkpoint where size > $1 order by size limit 1) c
           left join cosignature w on w.size = c.size order by w.name, w.key_id",
    );
    cosigned(&tx.fetch_all(&SQL, params![signed(index)]).await?)
}

/// The stored checkpoint of a size, as the log alone signed it.
pub async fn checkpoint_of_size(tx: &mut ReadTx, size: u64) -> Result<Option<StoredCheckpoint>, StoreError> {
    const SQL: Sql = Sql::both("select size, root, note from checkpoint where size = $1");
    tx.fetch_optional(&SQL, params![signed(size)]).await?.map(|row| checkpoint_of(&row)).transpose()
}

/// The largest stored checkpoint, with the cosignatures there are.
pub async fn latest_checkpoint(tx: &mut ReadTx) -> Result<Option<StoredCheckpoint>, StoreError> {
    const SQL: Sql = Sql::both(
        "select c.size, c.root, c.note, w.line
           from (select size, root, note from checkpoint order by size desc limit 1) c
           left join cosignature w on w.size = c.size order by w.name, w.key_id",
    );
    cosigned(&tx.fetch_all(&SQL, params![]).await?)
}

/// The largest stored checkpoint as the log alone signed it: what witnesses are asked to cosign.
pub async fn latest_signed(tx: &mut ReadTx) -> Result<Option<StoredCheckpoint>, StoreError> {
    const SQL: Sql = Sql::both("select size, root, note from checkpoint order by size desc limit 1");
    tx.fetch_optional(&SQL, params![]).await?.map(|row| checkpoint_of(&row)).transpose()
}

/// Up to `limit` checkpoints larger than `after`, by size.
pub async fn checkpoints_after(
    tx: &mut ReadTx,
    after: u64,
    limit: u64,
) -> Result<Vec<StoredCheckpoint>, StoreError> {
    const SQL: Sql =
        Sql::both("select size, root, note from checkpoint where size > $1 order by size limit $2");
    let rows = tx.fetch_all(&SQL, params![signed(after), signed(limit)]).await?;
    rows.iter().map(checkpoint_of).collect()
}

fn checkpoint_of(row: &Row) -> Result<StoredCheckpoint, StoreError> {
    Ok(StoredCheckpoint {
        size: unsigned(row, "size")?,
        root: Digest(row.digest("root")?),
        note: row.text("note")?,
    })
}

/// One checkpoint from rows that each carry one of its cosignatures, or none. Cosignatures are lines below the note's own.
pub(super) fn cosigned(rows: &[Row]) -> Result<Option<StoredCheckpoint>, StoreError> {
    let Some(first) = rows.first() else { return Ok(None) };
    let mut checkpoint = checkpoint_of(first)?;
    for row in rows {
        checkpoint.note.extend(row.opt_text("line")?);
    }
    Ok(Some(checkpoint))
}
