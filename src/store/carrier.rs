//! Carriers: who is registered as one, whose vehicles are licensed, and to what they were assigned.

use std::collections::HashMap;

use super::log::{signed, timestamp, unsigned};
use super::registry::{parse, party_of, texts};
use super::{Param, ReadTx, Row, Sql, SqlIn, StoreError, params};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::books::Change;
use crate::custody::shelf::Window;
use crate::id::ManifestId;
use crate::registry::PartyRecord;
use crate::shape::Plate;

/// Up to `limit` parties that are registered as carriers, by code.
pub async fn registered(tx: &mut ReadTx, limit: u64) -> Result<Vec<PartyRecord>, StoreError> {
    const SQL: Sql = Sql::both(
        "select party, name, name_en, kinds, division, sought, sought_by_authorities, idx from party
          where ',' || kinds || ',' like '%,carrier,%' order by party limit $1",
    );
    tx.fetch_all(&SQL, params![signed(limit)]).await?.iter().map(party_of).collect()
}

/// The assignments of vehicles that held at some moment between two, whoever made them.
pub async fn assignments(
    tx: &mut ReadTx,
    vehicles: &[Plate],
    (first, last): (Timestamp, Timestamp),
) -> Result<Vec<Change>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select carrier, vehicle, manifest, from_ms, until_ms from assignment
          where until_ms >= $1 and from_ms <= $2 and vehicle in ({keys})",
    );
    let keys = vehicles.iter().map(|vehicle| Param::Text(vehicle.to_string())).collect();
    let rows = tx.fetch_in(&SQL, keys, params![first.as_millis(), last.as_millis()]).await?;
    rows.iter()
        .map(|row| {
            Ok(Change::Assigned {
                carrier: parse(row, "carrier")?,
                vehicle: Plate::new(&row.text("vehicle")?)
                    .map_err(|_| row.corrupt("vehicle", "not a plate"))?,
                window: Window { from: timestamp(row, "from_ms")?, until: timestamp(row, "until_ms")? },
                manifest: ManifestId::from_uuid(row.uuid("manifest")?),
            })
        })
        .collect()
}

/// Of each of these carriers that has any: how many licences of vehicles nobody ended whose last day is not before a day, and the last of
/// these last days (days since 1970-01-01).
pub async fn licensed(
    tx: &mut ReadTx,
    carriers: &[Uscc],
    on: i64,
) -> Result<HashMap<Uscc, (u64, i64)>, StoreError> {
    const SQL: SqlIn = SqlIn::each(
        "select party, count(*) as vehicles, max(to_day) as last_day from paper indexed by paper_expiring
          where party in ({keys}) and kind = 'vehicle' and to_day >= $1 and ended_idx is null group by party",
        "select party, count(*) as vehicles, max(to_day) as last_day from paper
          where party in ({keys}) and kind = 'vehicle' and to_day >= $1 and ended_idx is null group by party",
    );
    let rows = tx.fetch_in(&SQL, texts(carriers), params![on]).await?;
    let of = |row: &Row| Ok((parse(row, "party")?, (unsigned(row, "vehicles")?, row.i64("last_day")?)));
    rows.iter().map(of).collect()
}
