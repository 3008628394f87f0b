//! Mandates: who may sign for whom.

use super::log::signed;
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, params};
use crate::catalogue::Uscc;
use crate::id::MandateId;
use crate::registry::MandateRecord;

pub(super) const MANDATE: Table = Table {
    name: "mandate",
    columns: &[
        ("mandate", ColType::Uuid),
        ("party", ColType::Text),
        ("mandatary", ColType::Text),
        ("body", ColType::Text),
        ("idx", ColType::I64),
    ],
    key: &["mandate"],
};

pub(super) fn row_of(r: &MandateRecord) -> Result<Vec<Param>, StoreError> {
    let body = super::books::to_json("mandate", r)?;
    Ok(params![r.mandate.as_uuid(), r.party.to_string(), r.to.to_string(), body, signed(r.index)])
}

/// Mandates by id.
pub async fn mandates(tx: &mut ReadTx, ids: &[MandateId]) -> Result<Vec<MandateRecord>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select body from mandate where mandate in ({keys})");
    let keys = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    tx.fetch_in(&SQL, keys, params![]).await?.iter().map(mandate_of).collect()
}

/// Everything that one of these parties ever granted.
pub async fn granted_by(tx: &mut ReadTx, parties: &[Uscc]) -> Result<Vec<MandateRecord>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select body from mandate where party in ({keys})");
    let keys = parties.iter().map(|party| Param::Text(party.to_string())).collect();
    tx.fetch_in(&SQL, keys, params![]).await?.iter().map(mandate_of).collect()
}

/// Everything that was ever granted to a party.
pub async fn granted_to(tx: &mut ReadTx, party: Uscc) -> Result<Vec<MandateRecord>, StoreError> {
    const SQL: Sql = Sql::both("select body from mandate where mandatary = $1 order by idx");
    tx.fetch_all(&SQL, params![party.to_string()]).await?.iter().map(mandate_of).collect()
}

/// Up to `limit` mandates after a log index that a party granted or got, in the order they were granted.
pub async fn of_party_after(
    tx: &mut ReadTx,
    party: Uscc,
    after: i64,
    limit: u64,
) -> Result<Vec<MandateRecord>, StoreError> {
    const SQL: Sql = Sql::both(
        "select body from mandate where (party = $1 or mandatary = $1) and idx > $2 order by idx limit $3",
    );
    let rows = tx.fetch_all(&SQL, params![party.to_string(), after, signed(limit)]).await?;
    rows.iter().map(mandate_of).collect()
}

/// Up to `limit` mandates after a log index, in the order they were granted.
pub async fn after(tx: &mut ReadTx, after: i64, limit: u64) -> Result<Vec<MandateRecord>, StoreError> {
    const SQL: Sql = Sql::both("select body from mandate where idx > $1 order by idx limit $2");
    tx.fetch_all(&SQL, params![after, signed(limit)]).await?.iter().map(mandate_of).collect()
}

fn mandate_of(row: &Row) -> Result<MandateRecord, StoreError> {
    super::books::from_json(row, "body")
}
