//! Numbers of other systems, and the manifests they are bound to.

use std::collections::BTreeMap;

use super::log::signed;
use super::{ColType, Param, ReadTx, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::Uscc;
use crate::custody::books::Books;
use crate::custody::manifest::ManifestState;
use crate::custody::shelf::Shelf;
use crate::id::ManifestId;

pub(super) const EXTERNAL_NUMBER: Table = Table {
    name: "external_number",
    columns: &[
        ("system", ColType::Text),
        ("number", ColType::Text),
        ("manifest", ColType::Uuid),
        ("idx", ColType::I64),
    ],
    key: &["system", "number"],
};

/// Say to which manifests these numbers are bound, of those that are.
pub async fn load(
    tx: &mut ReadTx,
    books: &mut Books,
    numbers: &[(String, String)],
) -> Result<(), StoreError> {
    let texts: Vec<String> = numbers.iter().map(|(_, number)| number.clone()).collect();
    for (system, number, manifest) in bound(tx, &texts).await? {
        books.put_number(system, number, manifest);
    }
    Ok(())
}

/// The manifests that these numbers are bound to, each with its system.
async fn bound(tx: &mut ReadTx, numbers: &[String]) -> Result<Vec<(String, String, ManifestId)>, StoreError> {
    const SQL: SqlIn =
        SqlIn::new("select system, number, manifest from external_number where number in ({keys})");
    let keys = numbers.iter().map(|number| Param::Text(number.clone())).collect();
    let rows = tx.fetch_in(&SQL, keys, params![]).await?;
    rows.iter()
        .map(|row| {
            Ok((row.text("system")?, row.text("number")?, ManifestId::from_uuid(row.uuid("manifest")?)))
        })
        .collect()
}

/// The manifests that a number of any system is bound to.
pub async fn bound_to(tx: &mut ReadTx, number: &str) -> Result<Vec<ManifestId>, StoreError> {
    let bound = bound(tx, &[number.to_owned()]).await?;
    Ok(bound.into_iter().map(|(_, _, manifest)| manifest).collect())
}

/// The manifests that these numbers of one system are bound to, by number.
pub async fn of_system(
    tx: &mut ReadTx,
    system: &str,
    numbers: &[String],
) -> Result<BTreeMap<String, ManifestId>, StoreError> {
    let bound = bound(tx, numbers).await?.into_iter();
    Ok(bound.filter(|(of, ..)| of == system).map(|(_, number, manifest)| (number, manifest)).collect())
}

/// Up to `limit` manifests whose waste leaves in a span of local days (days since 1970-01-01, both included), with their
/// numbers of one system: of a party, or all. A manifest without such a number comes with none.
pub async fn leaving(
    tx: &mut ReadTx,
    party: Option<Uscc>,
    system: &str,
    days: (i64, i64),
    limit: u64,
) -> Result<Vec<(ManifestId, Option<String>)>, StoreError> {
    const ALL: Sql = Sql::both(
        "select m.manifest, e.number from manifest m
           left join external_number e on e.manifest = m.manifest and e.system = $1
          where m.leaves_day between $2 and $3
          order by m.leaves_day, m.manifest, e.number limit $4",
    );
    const OF_PARTY: Sql = Sql::both(
        "select m.manifest, e.number
           from manifest_party p join manifest m on m.manifest = p.manifest
           left join external_number e on e.manifest = m.manifest and e.system = $1
          where p.party = $5 and m.leaves_day between $2 and $3
          order by m.leaves_day, m.manifest, e.number limit $4",
    );
    let mut values = params![system.to_owned(), days.0, days.1, signed(limit)];
    let rows = match party {
        Some(party) => {
            values.push(Param::Text(party.to_string()));
            tx.fetch_all(&OF_PARTY, values).await?
        }
        None => tx.fetch_all(&ALL, values).await?,
    };
    rows.iter()
        .map(|row| Ok((ManifestId::from_uuid(row.uuid("manifest")?), row.opt_text("number")?)))
        .collect()
}

/// Write the numbers that these manifests bear.
pub(super) async fn save(
    tx: &mut WriteTx,
    manifests: &[(ManifestId, Shelf<ManifestState>)],
) -> Result<(), StoreError> {
    let bound = manifests.iter().flat_map(|(id, shelf)| {
        shelf.state.numbers.iter().map(|bound| {
            params![bound.system.clone(), bound.number.clone(), id.as_uuid(), signed(bound.index)]
        })
    });
    tx.upsert_many(&EXTERNAL_NUMBER, bound.collect()).await?;
    Ok(())
}

/// A manifest that was erased bears no number any more.
pub(super) async fn forget(tx: &mut WriteTx, manifest: ManifestId) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("delete from external_number where manifest = $1");
    tx.execute(&SQL, params![manifest.as_uuid()]).await?;
    Ok(())
}
