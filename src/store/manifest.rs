//! Lists of manifests.

mod search;

use super::log::signed;
use super::registry::parse;
use super::{Param, ReadTx, Row, Sql, SqlIn, StoreError, params};
use crate::catalogue::Uscc;
use crate::id::ManifestId;

pub use search::{Filter, Found, MAX_LOOKED_AT, Spot, search};

/// A manifest in a list: an unverified view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestRow {
    /// Its id.
    pub id: ManifestId,
    /// Log index of its first event; the cursor of lists.
    pub first_index: i64,
    /// Its number.
    pub number: Option<String>,
    /// Where it stands.
    pub status: String,
    /// Whom the waste leaves.
    pub consignor: Option<Uscc>,
    /// Whom it goes to.
    pub consignee: Option<Uscc>,
    /// The local day on which it leaves, in days since 1970-01-01: at the first collection, before one as planned.
    pub leaves_day: Option<i64>,
    /// Open findings on it.
    pub open_findings: i64,
}

/// What stands at the head of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Its id.
    pub id: ManifestId,
    /// Its number.
    pub number: Option<String>,
    /// Whom the waste leaves.
    pub consignor: Option<Uscc>,
    /// Whom it goes to.
    pub consignee: Option<Uscc>,
}

/// The headings of these manifests, those that exist.
pub async fn headings(tx: &mut ReadTx, ids: &[ManifestId]) -> Result<Vec<Heading>, StoreError> {
    const SQL: SqlIn =
        SqlIn::new("select manifest, number, consignor, consignee from manifest where manifest in ({keys})");
    let keys = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    let rows = tx.fetch_in(&SQL, keys, params![]).await?;
    let party = |row: &Row, column| row.opt_text(column)?.map(|_| parse(row, column)).transpose();
    rows.iter()
        .map(|row| {
            Ok(Heading {
                id: ManifestId::from_uuid(row.uuid("manifest")?),
                number: row.opt_text("number")?,
                consignor: party(row, "consignor")?,
                consignee: party(row, "consignee")?,
            })
        })
        .collect()
}

/// The manifest that bears this number of the ledger's own.
pub async fn numbered(tx: &mut ReadTx, number: &str) -> Result<Option<ManifestId>, StoreError> {
    const SQL: Sql = Sql::both("select manifest from manifest where number = $1");
    let row = tx.fetch_optional(&SQL, params![number.to_owned()]).await?;
    row.map(|row| Ok(ManifestId::from_uuid(row.uuid("manifest")?))).transpose()
}

/// Up to `limit` manifests from or to a party that are under way or about to be, and whose first event comes after log index `after`,
/// the oldest first.
pub async fn under_way(
    tx: &mut ReadTx,
    party: Uscc,
    after: i64,
    limit: u64,
) -> Result<Vec<ManifestRow>, StoreError> {
    const SQL: Sql = Sql::both(
        "select m.manifest, m.first_idx, m.number, m.status, m.consignor, m.consignee, m.leaves_day,
                (select count(*) from finding f where f.manifest = m.manifest and f.life = 'open') as open_findings
           from (select manifest from manifest where consignor = $1 and first_idx > $2
                    and status in ('registered', 'confirmed', 'assigned', 'in-transit', 'delivered')
                 union
                 select manifest from manifest where consignee = $1 and first_idx > $2
                    and status in ('registered', 'confirmed', 'assigned', 'in-transit', 'delivered')) as its
           join manifest m on m.manifest = its.manifest
          order by m.first_idx, m.manifest limit $3",
    );
    let values = params![party.to_string(), after, signed(limit)];
    tx.fetch_all(&SQL, values).await?.iter().map(row_of).collect()
}

/// Up to `limit` manifests that say they carry on rejected waste of this one, oldest first.
pub async fn follow_ups(tx: &mut ReadTx, of: ManifestId, limit: u64) -> Result<Vec<ManifestId>, StoreError> {
    const SQL: Sql =
        Sql::both("select manifest from manifest where follows = $1 order by first_idx, manifest limit $2");
    let rows = tx.fetch_all(&SQL, params![of.as_uuid(), signed(limit)]).await?;
    rows.iter().map(|row| Ok(ManifestId::from_uuid(row.uuid("manifest")?))).collect()
}

fn row_of(row: &Row) -> Result<ManifestRow, StoreError> {
    let party = |column| row.opt_text(column)?.map(|_| parse(row, column)).transpose();
    Ok(ManifestRow {
        id: ManifestId::from_uuid(row.uuid("manifest")?),
        first_index: row.i64("first_idx")?,
        number: row.opt_text("number")?,
        status: row.text("status")?,
        consignor: party("consignor")?,
        consignee: party("consignee")?,
        leaves_day: row.opt_i64("leaves_day")?,
        open_findings: row.i64("open_findings")?,
    })
}
