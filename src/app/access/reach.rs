//! The divisions that decide which authorities see a record, loaded for many records at once.

use std::collections::{BTreeSet, HashMap};

use super::{Viewer, insiders};
use crate::app::{App, Fault};
use crate::catalogue::{Division, Uscc};
use crate::custody::Subject;
use crate::custody::books::Books;
use crate::custody::lot::LotState;
use crate::custody::manifest::ManifestState;
use crate::id::{LotId, ManifestId, SiteId};
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

/// Which of these lots a viewer may see, in a few statements for all of them.
pub(in crate::app) async fn visible_lots(
    app: &App,
    tx: &mut ReadTx,
    viewer: &Viewer,
    lots: &[(LotId, &LotState)],
) -> Result<BTreeSet<LotId>, Fault> {
    let places: BTreeSet<SiteId> = lots.iter().flat_map(|(_, lot)| sites_of_lot(lot)).collect();
    let mut divisions = divisions_of_sites(tx, &places.into_iter().collect::<Vec<_>>()).await?;
    let within = |sites: Vec<SiteId>, divisions: &HashMap<SiteId, Division>| -> Vec<Division> {
        sites.iter().filter_map(|site| divisions.get(site).copied()).collect()
    };
    // Most are decided by who holds or held them; only for the others their manifests are read. A lot at no known place is
    // for every authority, so there the manifest has the last word.
    let (mut visible, mut undecided) = (BTreeSet::new(), Vec::new());
    for (id, lot) in lots {
        let known = within(sites_of_lot(lot).collect(), &divisions);
        let is_decided = !known.is_empty() || !viewer.is_authority();
        if is_decided && viewer.may_see_lot(&involved(lot), &known) {
            visible.insert(*id);
        } else {
            undecided.push((id, lot));
        }
    }
    let carried: Vec<ManifestId> = undecided.iter().filter_map(|(_, lot)| lot.carried_on()).collect();
    let manifests = load_manifests(app, tx, &carried).await?;
    let far: Vec<SiteId> = manifests.values().flat_map(ends).collect();
    divisions.extend(divisions_of_sites(tx, &far).await?);
    for (id, lot) in undecided {
        let (mut parties, mut sites) = (involved(lot), sites_of_lot(lot).collect::<Vec<_>>());
        if let Some(manifest) = lot.carried_on().and_then(|id| manifests.get(&id)) {
            // Of what nobody registered, only those who moved it can tell.
            let (inside, is_registered) = (insiders(manifest), manifest.registration.is_some());
            let holders = lot.holdings.iter().map(|held| held.party);
            parties.extend(holders.filter(|party| !is_registered || inside.contains(party)));
            parties.extend(manifest.registration.as_ref().map(|r| r.consignor.party));
            sites.extend(ends(manifest));
        }
        if viewer.may_see_lot(&parties, &within(sites, &divisions)) {
            visible.insert(*id);
        }
    }
    Ok(visible)
}

/// Whom a lot concerns by itself. To hold something of it is no more than a claim, which anybody may make by a count or a
/// draw: who said how it arose has it, and of what is carried the manifest says who may hold it.
fn involved(lot: &LotState) -> BTreeSet<Uscc> {
    match (&lot.origin, lot.carried_on()) {
        (Some(origin), _) => BTreeSet::from([origin.party]),
        (None, Some(_)) => BTreeSet::new(),
        (None, None) => lot.holdings.iter().map(|holding| holding.party).collect(),
    }
}

fn sites_of_lot(lot: &LotState) -> impl Iterator<Item = SiteId> {
    lot.holdings.iter().map(|holding| holding.site)
}
