//! What manifests are looked up by: a row for each term of each.

use std::collections::BTreeMap;

use super::log::signed;
use super::{ColType, Param, StoreError, Table, WriteTx, params};
use crate::catalogue::Profile;
use crate::custody::books::Outcome;
use crate::custody::manifest::ManifestState;
use crate::custody::search::{Term, terms};
use crate::custody::shelf::Shelf;
use crate::id::ManifestId;

pub(super) const TERM: Table = Table {
    name: "manifest_term",
    columns: &[("term", ColType::Text), ("first_idx", ColType::I64), ("manifest", ColType::Uuid)],
    key: &["term", "first_idx", "manifest"],
};

/// Write what became true in a batch, and take away what no longer is. `first` holds the log index of the first event of each manifest.
pub(super) async fn save(
    tx: &mut WriteTx,
    first: &BTreeMap<ManifestId, i64>,
    outcomes: &[(u64, Outcome)],
) -> Result<(), StoreError> {
    let mut last: BTreeMap<(ManifestId, &Term), bool> = BTreeMap::new();
    for (_, outcome) in outcomes {
        if !outcome.erased.is_empty() {
            // What was said of an erased manifest before is gone with it.
            last.retain(|(manifest, _), _| !outcome.erased.contains(manifest));
        }
        for change in &outcome.terms {
            last.insert((change.manifest, &change.term), change.holds);
        }
    }
    let first = |manifest: &ManifestId| first.get(manifest).copied().unwrap_or_default();
    let key = |(manifest, term): &(ManifestId, &Term)| row(term, first(manifest), *manifest);
    let mut changed: Vec<_> = last.into_iter().collect();
    // As they stand in the table: neighbours go to one page.
    changed.sort_unstable_by(|((one, what), _), ((other, which), _)| {
        (what, first(one), one).cmp(&(which, first(other), other))
    });
    let rows = |holds| changed.iter().filter(move |(_, is)| *is == holds).map(|(one, _)| key(one)).collect();
    tx.delete_many(&TERM, rows(false)).await?;
    tx.upsert_many(&TERM, rows(true)).await
}

/// An erased manifest is looked up by nothing that was told of it. `before` is its shelf as the store still holds it: the rows are a view of
/// that, so no index by manifest is kept for what hardly ever happens.
pub(super) async fn forget(
    tx: &mut WriteTx,
    id: ManifestId,
    before: &Shelf<ManifestState>,
    profile: &Profile,
) -> Result<(), StoreError> {
    let first = signed(before.first_index.unwrap_or_default());
    let rows = terms(before, profile).into_iter().map(|term| row(&term, first, id));
    tx.delete_many(&TERM, rows.collect()).await.map(drop)
}

fn row(term: &Term, first: i64, manifest: ManifestId) -> Vec<Param> {
    params![term.to_string(), first, manifest.as_uuid()]
}
