//! Running totals, as folded.

use std::collections::BTreeSet;

use super::books::{from_json, to_json};
use super::log::signed;
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::Uscc;
use crate::custody::books::{Books, Tally};
use crate::custody::tally::TallyKey;
use crate::id::{SiteId, TallyId};

pub(super) const TALLY: Table = Table {
    name: "tally",
    columns: &[
        ("tally", ColType::Uuid),
        ("party", ColType::Text),
        ("site", ColType::Uuid),
        ("year", ColType::I64),
        ("first_idx", ColType::I64),
        ("of", ColType::Text),
        ("snapshot", ColType::Text),
    ],
    key: &["tally"],
};

/// Bring the shelves of these tallies; those that the store does not hold are empty.
pub async fn load(tx: &mut ReadTx, books: &mut Books, keys: &BTreeSet<TallyKey>) -> Result<(), StoreError> {
    if keys.is_empty() {
        return Ok(());
    }
    let ids: Vec<TallyId> = keys.iter().map(TallyKey::id).collect();
    load_by_id(tx, books, &ids).await?;
    books.have_tallies(keys);
    Ok(())
}

/// Bring the shelves of tallies that the store holds.
pub async fn load_by_id(tx: &mut ReadTx, books: &mut Books, ids: &[TallyId]) -> Result<(), StoreError> {
    const SQL: SqlIn = SqlIn::new("select \"of\", snapshot from tally where tally in ({keys})");
    let ids = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    for row in tx.fetch_in(&SQL, ids, params![]).await? {
        books.put_tally(tally_of(&row)?);
    }
    Ok(())
}

fn tally_of(row: &Row) -> Result<Tally, StoreError> {
    Ok(Tally { key: from_json(row, "of")?, shelf: from_json(row, "snapshot")? })
}

/// Write back tallies that a batch changed.
pub(super) async fn save(tx: &mut WriteTx, tallies: &[Tally]) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(tallies.len());
    for Tally { key, shelf } in tallies {
        rows.push(params![
            key.id().as_uuid(),
            key.party().to_string(),
            key.site().map(|site| site.as_uuid()),
            key.year().map(i64::from),
            signed(shelf.first_index.unwrap_or_default()),
            to_json("tally", key)?,
            to_json("tally", shelf)?
        ]);
    }
    tx.upsert_many(&TALLY, rows).await.map(drop)
}

/// The tallies of a party in a year, and those that are of no year: those of one of its sites, or of all.
pub async fn of_party(
    tx: &mut ReadTx,
    party: Uscc,
    site: Option<SiteId>,
    year: i32,
) -> Result<Vec<Tally>, StoreError> {
    const SQL: Sql = Sql::both(
        "select \"of\", snapshot from tally
          where party = $1 and (year = $2 or year is null) order by first_idx, tally",
    );
    let rows = tx.fetch_all(&SQL, params![party.to_string(), i64::from(year)]).await?;
    let tallies = rows.iter().map(tally_of).collect::<Result<Vec<_>, _>>()?;
    Ok(tallies.into_iter().filter(|tally| site.is_none() || tally.key.site() == site).collect())
}
