//! Carriers: who is registered as one, and whose vehicles are licensed.

use std::collections::HashMap;

use super::log::{signed, unsigned};
use super::registry::{parse, party_of, texts};
use super::{ReadTx, Row, Sql, SqlIn, StoreError, params};
use crate::catalogue::Uscc;
use crate::registry::{PartyKind, PartyRecord};

/// Up to `limit` parties that are registered as carriers, by code.
pub async fn registered(tx: &mut ReadTx, limit: u64) -> Result<Vec<PartyRecord>, StoreError> {
    const SQL: Sql = Sql::both(
        "select party, name, name_en, kinds, division, idx from party
          where ',' || kinds || ',' like $1 order by party limit $2",
    );
    let pattern = format!("%,{},%", PartyKind::Carrier.name());
    tx.fetch_all(&SQL, params![pattern, signed(limit)]).await?.iter().map(party_of).collect()
}

/// Of each of these carriers that has any: how many licences of vehicles nobody ended whose last day is not before a day, and the last of
/// these last days (days since 1970-01-01).
pub async fn licensed(
    tx: &mut ReadTx,
    carriers: &[Uscc],
    on: i64,
) -> Result<HashMap<Uscc, (u64, i64)>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select party, count(*) as vehicles, max(to_day) as last_day from paper
          where party in ({keys}) and kind = 'vehicle' and to_day >= $1 and ended_idx is null group by party",
    );
    let rows = tx.fetch_in(&SQL, texts(carriers), params![on]).await?;
    let of = |row: &Row| Ok((parse(row, "party")?, (unsigned(row, "vehicles")?, row.i64("last_day")?)));
    rows.iter().map(of).collect()
}
