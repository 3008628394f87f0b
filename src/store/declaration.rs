//! Declarations to the authority: one row a filing.

use chrono::NaiveDate;

use super::books::{from_json, to_json};
use super::log::signed;
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, params};
use crate::id::{DeclarationId, SiteId};
use crate::registry::{DeclarationRecord, Slot};

pub(super) const DECLARATION: Table = Table {
    name: "declaration",
    columns: &[
        ("declaration", ColType::Uuid),
        ("slot", ColType::Uuid),
        ("site", ColType::Uuid),
        ("period", ColType::Text),
        ("from_day", ColType::I64),
        ("state", ColType::Text),
        ("idx", ColType::I64),
        ("body", ColType::Text),
    ],
    key: &["declaration"],
};

pub(super) fn row_of(record: &DeclarationRecord) -> Result<Vec<Param>, StoreError> {
    let slot = record.slot();
    Ok(params![
        record.filed.declaration.as_uuid(),
        slot.key(),
        slot.site.as_uuid(),
        slot.period.name().to_owned(),
        i64::from(slot.from.to_epoch_days()),
        record.state().name().to_owned(),
        signed(record.index),
        to_json("declaration", record)?
    ])
}

fn record_of(row: &Row) -> Result<DeclarationRecord, StoreError> {
    from_json(row, "body")
}

/// Filings by id.
pub async fn by_ids(tx: &mut ReadTx, ids: &[DeclarationId]) -> Result<Vec<DeclarationRecord>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select body from declaration where declaration in ({keys})");
    let keys = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    tx.fetch_in(&SQL, keys, params![]).await?.iter().map(record_of).collect()
}

/// The last filing for each of these slots, where there is one.
pub async fn last_of_slots(tx: &mut ReadTx, slots: &[Slot]) -> Result<Vec<DeclarationRecord>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select d.body from declaration d
          where d.slot in ({keys}) and not exists (
            select 1 from declaration later where later.slot = d.slot and later.idx > d.idx)",
    );
    let keys = slots.iter().map(|slot| Param::Uuid(slot.key())).collect();
    tx.fetch_in(&SQL, keys, params![]).await?.iter().map(record_of).collect()
}

/// The last filing for each period of these sites that begins on a day or later.
pub async fn last_of_sites(
    tx: &mut ReadTx,
    sites: &[SiteId],
    from: NaiveDate,
) -> Result<Vec<DeclarationRecord>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select d.body from declaration d
          where d.site in ({keys}) and d.from_day >= $1 and not exists (
            select 1 from declaration later where later.slot = d.slot and later.idx > d.idx)",
    );
    let keys = sites.iter().map(|site| Param::Uuid(site.as_uuid())).collect();
    let rows = tx.fetch_in(&SQL, keys, params![i64::from(from.to_epoch_days())]).await?;
    rows.iter().map(record_of).collect()
}

/// Up to `limit` filings for a site before a log index, the newest first.
pub async fn of_site_before(
    tx: &mut ReadTx,
    site: SiteId,
    before: i64,
    limit: u64,
) -> Result<Vec<DeclarationRecord>, StoreError> {
    const SQL: Sql =
        Sql::both("select body from declaration where site = $1 and idx < $2 order by idx desc limit $3");
    let rows = tx.fetch_all(&SQL, params![site.as_uuid(), before, signed(limit)]).await?;
    rows.iter().map(record_of).collect()
}
