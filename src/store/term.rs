//! What manifests are looked up by: a row for each term and each of those for whom it is written down.

use std::collections::BTreeMap;

use super::{ColType, Param, Sql, StoreError, Table, WriteTx, params};
use crate::custody::books::Outcome;
use crate::custody::search::{Scope, Term};
use crate::id::ManifestId;

pub(super) const TERM: Table = Table {
    name: "manifest_term",
    columns: &[
        ("scope", ColType::Text),
        ("term", ColType::Text),
        ("first_idx", ColType::I64),
        ("manifest", ColType::Uuid),
    ],
    key: &["scope", "term", "first_idx", "manifest"],
};

/// Write what became true in a batch, and take away what no longer is. `first` holds the log index of the first event of each manifest.
pub(super) async fn save(
    tx: &mut WriteTx,
    first: &BTreeMap<ManifestId, i64>,
    outcomes: &[(u64, Outcome)],
) -> Result<(), StoreError> {
    let mut last: BTreeMap<(ManifestId, Scope, &Term), bool> = BTreeMap::new();
    for (_, outcome) in outcomes {
        // What was said of an erased manifest before is gone with it.
        last.retain(|(manifest, ..), _| !outcome.erased.contains(manifest));
        for change in &outcome.terms {
            last.insert((change.manifest, change.scope, &change.term), change.holds);
        }
    }
    let row = |(manifest, scope, term): &(ManifestId, Scope, &Term)| -> Vec<Param> {
        let first = first.get(manifest).copied().unwrap_or_default();
        params![scope.to_string(), term.to_string(), first, manifest.as_uuid()]
    };
    let rows = |holds| last.iter().filter(move |(_, is)| **is == holds).map(|(key, _)| row(key)).collect();
    tx.delete_many(&TERM, rows(false)).await?;
    tx.upsert_many(&TERM, rows(true)).await?;
    Ok(())
}

/// An erased manifest is looked up by nothing that was told of it.
pub(super) async fn forget(tx: &mut WriteTx, id: ManifestId) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("delete from manifest_term where manifest = $1");
    tx.execute(&SQL, params![id.as_uuid()]).await.map(drop)
}
