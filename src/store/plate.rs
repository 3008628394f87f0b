//! Vehicles that were named for manifests: one row for each two, whatever became of either.

use super::log::signed;
use super::{ColType, Param, ReadTx, Sql, StoreError, Table, WriteTx, params};
use crate::custody::books::Outcome;
use crate::id::ManifestId;
use crate::shape::Plate;

pub(super) const PLATE: Table = Table {
    name: "manifest_plate",
    columns: &[("plate", ColType::Text), ("manifest", ColType::Uuid)],
    key: &["plate", "manifest"],
};

/// Write what a batch named.
pub(super) async fn save(tx: &mut WriteTx, outcomes: &[(u64, Outcome)]) -> Result<(), StoreError> {
    let named = outcomes.iter().flat_map(|(_, outcome)| &outcome.plates);
    let rows: Vec<Vec<Param>> =
        named.map(|(plate, manifest)| params![plate.to_string(), manifest.as_uuid()]).collect();
    tx.upsert_many(&PLATE, rows).await.map(drop)
}

/// What was named for a manifest goes.
pub(super) async fn forget(tx: &mut WriteTx, id: ManifestId) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("delete from manifest_plate where manifest = $1");
    tx.execute(&SQL, params![id.as_uuid()]).await.map(drop)
}

/// Up to `limit` manifests that a vehicle was named for and that are not over, the newest first.
pub async fn under_way(tx: &mut ReadTx, plate: &Plate, limit: u64) -> Result<Vec<ManifestId>, StoreError> {
    // Its own manifests first: in the order of all that there are, a vehicle that stands still would be looked for in the whole ledger.
    const SQL: Sql = Sql::both(
        "with named as materialized (select manifest from manifest_plate where plate = $1)
         select m.manifest from named join manifest m on m.manifest = named.manifest
          where m.status not in ('received', 'returned', 'declined', 'voided')
          order by m.first_idx desc, m.manifest limit $2",
    );
    let rows = tx.fetch_all(&SQL, params![plate.to_string(), signed(limit)]).await?;
    rows.iter().map(|row| Ok(ManifestId::from_uuid(row.uuid("manifest")?))).collect()
}
