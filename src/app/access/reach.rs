//! The divisions that decide which authorities see a record, loaded for many records at once.

use std::collections::{BTreeSet, HashMap};

use crate::app::{App, Fault};
use crate::catalogue::{Division, Uscc};
use crate::custody::Subject;
use crate::custody::books::Books;
use crate::custody::manifest::ManifestState;
use crate::id::{ManifestId, SiteId};
use crate::store::{ReadTx, books, registry};

/// These manifests as folded, those that exist.
pub(in crate::app) async fn load_manifests(
    app: &App,
    tx: &mut ReadTx,
    ids: &[ManifestId],
) -> Result<HashMap<ManifestId, ManifestState>, Fault> {
    let wanted: BTreeSet<Subject> = ids.iter().copied().map(Subject::Manifest).collect();
    let mut shelves = Books::new(app.rulebook());
    books::load_subjects(tx, &mut shelves, &wanted).await?;
    Ok(shelves.manifests().map(|(id, shelf)| (*id, shelf.state.clone())).collect())
}

/// The divisions of both ends of a manifest, by the sites it names; none when nobody registered it.
pub(in crate::app) async fn divisions_of_manifest(
    tx: &mut ReadTx,
    state: &ManifestState,
) -> Result<Vec<Division>, Fault> {
    let ends = ends(state);
    let known = divisions_of_sites(tx, &ends).await?;
    Ok(ends.iter().filter_map(|site| known.get(site).copied()).collect())
}

/// The sites at both ends.
fn ends(state: &ManifestState) -> Vec<SiteId> {
    let registration = state.registration.as_ref();
    registration.map_or(Vec::new(), |r| vec![r.consignor.site, r.consignee.site])
}

/// The division each of these sites lies in.
pub(in crate::app) async fn divisions_of_sites(
    tx: &mut ReadTx,
    sites: &[SiteId],
) -> Result<HashMap<SiteId, Division>, Fault> {
    let records = registry::sites(tx, sites).await?;
    Ok(records.into_iter().map(|record| (record.site, record.division)).collect())
}

/// The division each of these parties is registered in.
pub(in crate::app) async fn divisions_of_parties(
    tx: &mut ReadTx,
    parties: &[Uscc],
) -> Result<HashMap<Uscc, Division>, Fault> {
    let records = registry::parties(tx, parties).await?;
    Ok(records.into_iter().map(|record| (record.party, record.division)).collect())
}
