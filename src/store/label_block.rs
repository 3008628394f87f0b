//! Blocks of label serial numbers lent to devices. No part of the log and not computed from it: what is printed under a number
//! becomes known when somebody says so in an event.

use chrono::NaiveDate;

use super::log::{timestamp, unsigned};
use super::{Param, ReadTx, Row, Sql, StoreError, WriteTx, params};
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::id::LeaseId;
use crate::ledger::Kid;

/// A run of serial numbers that one party got for one waste code and day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelBlock {
    /// Names the block among those of its party.
    pub lease: LeaseId,
    /// Who may print these labels.
    pub party: Uscc,
    /// Waste code on them.
    pub code: WasteCode,
    /// Day on them.
    pub on: NaiveDate,
    /// First serial number.
    pub first: u16,
    /// Last serial number.
    pub last: u16,
    /// When it was lent.
    pub at: Timestamp,
    /// Key of whoever asked.
    pub kid: Kid,
}

pub(super) fn day_of(on: NaiveDate) -> i64 {
    i64::from(on.to_epoch_days())
}

fn block_of(row: &Row) -> Result<LabelBlock, StoreError> {
    let serial =
        |column| u16::try_from(row.i64(column)?).map_err(|_| row.corrupt(column, "not a serial number"));
    let day = i32::try_from(row.i64("on_day")?).ok().and_then(NaiveDate::from_epoch_days);
    Ok(LabelBlock {
        lease: LeaseId::from_uuid(row.uuid("lease")?),
        party: row.text("party")?.parse().map_err(|_| row.corrupt("party", "not a credit code"))?,
        code: row.text("code")?.parse().map_err(|_| row.corrupt("code", "not a waste code"))?,
        on: day.ok_or_else(|| row.corrupt("on_day", "not a day"))?,
        first: serial("first_serial")?,
        last: serial("last_serial")?,
        at: timestamp(row, "at_ms")?,
        kid: Kid::from_bytes(row.digest("kid")?),
    })
}

/// Keep a block, numbered among those of its party. The caller holds the lock of the log's head, so that nobody else lends the same numbers meanwhile.
pub async fn save(tx: &mut WriteTx, block: &LabelBlock) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "insert into label_block (n, party, lease, code, on_day, first_serial, last_serial, at_ms, kid)
         select coalesce(max(n), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8 from label_block where party = $1",
    );
    let values = params![
        block.party.to_string(),
        block.lease.as_uuid(),
        block.code.to_string(),
        day_of(block.on),
        i64::from(block.first),
        i64::from(block.last),
        block.at.as_millis(),
        Param::Blob(block.kid.as_bytes().to_vec()),
    ];
    tx.execute(&SQL, values).await.map(drop)
}

/// The block that a party got under a lease.
pub async fn of_lease(
    tx: &mut ReadTx,
    party: Uscc,
    lease: LeaseId,
) -> Result<Option<LabelBlock>, StoreError> {
    const SQL: Sql = Sql::both(
        "select lease, party, code, on_day, first_serial, last_serial, at_ms, kid from label_block
          where party = $1 and lease = $2",
    );
    let row = tx.fetch_optional(&SQL, params![party.to_string(), lease.as_uuid()]).await?;
    row.map(|row| block_of(&row)).transpose()
}

/// The highest serial number lent to a party for a waste code and day; 0 for none.
pub async fn last_serial(
    tx: &mut ReadTx,
    party: Uscc,
    code: WasteCode,
    on: NaiveDate,
) -> Result<u64, StoreError> {
    const SQL: Sql = Sql::both(
        "select coalesce(max(last_serial), 0) as n from label_block where party = $1 and code = $2 and on_day = $3",
    );
    let values = params![party.to_string(), code.to_string(), day_of(on)];
    unsigned(&tx.fetch_one(&SQL, values).await?, "n")
}

/// How many blocks a party got after a moment.
pub async fn count_since(tx: &mut ReadTx, party: Uscc, after: Timestamp) -> Result<u64, StoreError> {
    const SQL: Sql = Sql::both("select count(*) as n from label_block where party = $1 and at_ms > $2");
    unsigned(&tx.fetch_one(&SQL, params![party.to_string(), after.as_millis()]).await?, "n")
}

/// Up to `limit` blocks of a party numbered below `before`, the last lent first, each with its number.
pub async fn list(
    tx: &mut ReadTx,
    party: Uscc,
    before: i64,
    limit: u64,
) -> Result<Vec<(u64, LabelBlock)>, StoreError> {
    const SQL: Sql = Sql::both(
        "select n, lease, party, code, on_day, first_serial, last_serial, at_ms, kid from label_block
          where party = $1 and n < $2 order by n desc limit $3",
    );
    let values = params![party.to_string(), before, super::log::signed(limit)];
    let rows = tx.fetch_all(&SQL, values).await?;
    rows.iter().map(|row| Ok((unsigned(row, "n")?, block_of(row)?))).collect()
}
