//! Obligations by their due time, and how far time alone has opened them.

use super::log::{signed, timestamp};
use super::{ReadTx, Row, Sql, StoreError, WriteTx, params};
use crate::clock::Timestamp;
use crate::custody::Subject;
use crate::custody::shelf::ShelfId;
use crate::id::TallyId;

/// Every obligation due up to this moment was opened; no entry is recorded before it.
pub async fn opened_until(tx: &mut ReadTx) -> Result<Timestamp, StoreError> {
    const SQL: Sql = Sql::both("select until_ms from opened_until where id = 1");
    let row = tx.fetch_optional(&SQL, params![]).await?;
    row.map_or(Ok(Timestamp::from_millis(0)), |row| timestamp(&row, "until_ms"))
}

/// Say that every obligation due up to a moment was opened.
pub async fn save_opened_until(tx: &mut WriteTx, until: Timestamp) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "insert into opened_until (id, until_ms) values (1, $1) on conflict (id) do update set until_ms = excluded.until_ms",
    );
    tx.execute(&SQL, params![until.as_millis()]).await.map(drop)
}

/// How far obligations can be opened at once: up to `now`, or only up to the due time of the one numbered `limit`.
pub async fn horizon(tx: &mut ReadTx, now: Timestamp, limit: u64) -> Result<Timestamp, StoreError> {
    const SQL: Sql =
        Sql::both("select due_ms from finding where due_ms <= $1 order by due_ms limit 1 offset $2");
    let row = tx.fetch_optional(&SQL, params![now.as_millis(), signed(limit.saturating_sub(1))]).await?;
    row.map_or(Ok(now), |row| timestamp(&row, "due_ms"))
}

/// The subjects with an obligation due at or before a moment.
pub async fn due(tx: &mut ReadTx, until: Timestamp) -> Result<Vec<ShelfId>, StoreError> {
    const SQL: Sql = Sql::both(
        "select distinct subject_kind, subject, tally from finding
          where due_ms <= $1 order by subject_kind, subject, tally",
    );
    let rows = tx.fetch_all(&SQL, params![until.as_millis()]).await?;
    rows.iter().map(shelf_of).collect()
}

fn shelf_of(row: &Row) -> Result<ShelfId, StoreError> {
    if let Some(tally) = row.opt_uuid("tally")? {
        return Ok(ShelfId::Tally(TallyId::from_uuid(tally)));
    }
    match Subject::named(&row.text("subject_kind")?, &row.text("subject")?) {
        Some(Subject::Manifest(id)) => Ok(ShelfId::Manifest(id)),
        Some(Subject::Lot(id)) => Ok(ShelfId::Lot(id)),
        _ => Err(row.corrupt("subject", "nothing that has obligations")),
    }
}

/// When the next obligation falls due.
pub async fn next_due(tx: &mut ReadTx) -> Result<Option<Timestamp>, StoreError> {
    const SQL: Sql = Sql::both("select due_ms from finding where due_ms is not null order by due_ms limit 1");
    let row = tx.fetch_optional(&SQL, params![]).await?;
    Ok(row.and_then(|row| row.opt_i64("due_ms").transpose()).transpose()?.map(Timestamp::from_millis))
}
