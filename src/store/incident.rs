//! Incidents: which events report one, and on which manifest. What they say stands in the log.

use super::log::{event_id, signed, unsigned};
use super::{ColType, ReadTx, Sql, StoreError, Table, WriteTx, params};
use crate::catalogue::Uscc;
use crate::custody::books::Outcome;
use crate::id::ManifestId;
use crate::ledger::EventId;

pub(super) const INCIDENT: Table = Table {
    name: "incident",
    columns: &[("event_id", ColType::Blob), ("idx", ColType::I64), ("manifest", ColType::Uuid)],
    key: &["event_id"],
};

/// Where an incident is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IncidentRow {
    /// The event.
    pub event: EventId,
    /// Its log index.
    pub index: u64,
    /// The manifest it happened on.
    pub manifest: ManifestId,
}

/// Write the incidents of a batch.
pub(super) async fn save(tx: &mut WriteTx, outcomes: &[(u64, Outcome)]) -> Result<(), StoreError> {
    let rows = outcomes.iter().flat_map(|(index, outcome)| {
        let row = |(event, manifest): &(EventId, ManifestId)| {
            params![event.as_bytes().to_vec(), signed(*index), manifest.as_uuid()]
        };
        outcome.incidents.iter().map(row)
    });
    tx.upsert_many(&INCIDENT, rows.collect()).await.map(drop)
}

/// Of a manifest that was erased nothing happened.
pub(super) async fn forget(tx: &mut WriteTx, manifest: ManifestId) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("delete from incident where manifest = $1");
    tx.execute(&SQL, params![manifest.as_uuid()]).await.map(drop)
}

/// Up to `limit` incidents before a log index, the newest first: on manifests on which a party has a role, on one manifest, or on all.
pub async fn before(
    tx: &mut ReadTx,
    party: Option<Uscc>,
    manifest: Option<ManifestId>,
    before: i64,
    limit: u64,
) -> Result<Vec<IncidentRow>, StoreError> {
    const ALL: Sql =
        Sql::both("select event_id, idx, manifest from incident where idx < $1 order by idx desc limit $2");
    const OF_PARTY: Sql = Sql::both(
        "select i.event_id, i.idx, i.manifest from incident i
          where i.idx < $1 and exists
                (select 1 from manifest_party p where p.party = $3 and p.manifest = i.manifest)
          order by i.idx desc limit $2",
    );
    const OF_MANIFEST: Sql = Sql::both(
        "select event_id, idx, manifest from incident where idx < $1 and manifest = $3
          order by idx desc limit $2",
    );
    let mut values = params![before, signed(limit)];
    let rows = match (manifest, party) {
        (Some(manifest), _) => {
            values.extend(params![manifest.as_uuid()]);
            tx.fetch_all(&OF_MANIFEST, values).await?
        }
        (None, Some(party)) => {
            values.extend(params![party.to_string()]);
            tx.fetch_all(&OF_PARTY, values).await?
        }
        (None, None) => tx.fetch_all(&ALL, values).await?,
    };
    let row = |row: &super::Row| {
        Ok(IncidentRow {
            event: event_id(row, "event_id")?,
            index: unsigned(row, "idx")?,
            manifest: ManifestId::from_uuid(row.uuid("manifest")?),
        })
    };
    rows.iter().map(row).collect()
}
