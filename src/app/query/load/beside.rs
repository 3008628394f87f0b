//! What stands beside the states of manifests: their last events, what was said of their lines, labels, and what lies ready.

use std::collections::{BTreeMap, HashMap};

use super::{LoadedContainer, MAX_READY_CONTAINERS, MAX_READY_LOTS};
use crate::app::Fault;
use crate::app::access::{Viewer, insiders};
use crate::app::query::manifests::SeenManifest;
use crate::app::receipt::event_of;
use crate::catalogue::{Uscc, WasteCode};
use crate::custody::Statement;
use crate::custody::manifest::ManifestState;
use crate::custody::payload::manifest::PlannedLine;
use crate::custody::stock::StockCode;
use crate::id::{ContainerId, LotId, ManifestId, SiteId};
use crate::ledger::EventId;
use crate::registry::Role;
use crate::store::{ReadTx, container, log, stock, timeline};

/// Most amendments of a manifest that are looked through for what was said last of its lines.
const MAX_AMENDMENTS_READ: usize = 16;

type Place = (Uscc, SiteId, WasteCode);

/// Everything about a page of manifests that is no part of their states.
pub(super) struct Beside {
    heads: BTreeMap<ManifestId, EventId>,
    planned: HashMap<ManifestId, Vec<PlannedLine>>,
    labels: HashMap<ContainerId, Vec<(Uscc, Option<String>)>>,
    /// Containers that stand ready, for the manifests on which the viewer may know them.
    ready: HashMap<Place, Vec<LoadedContainer>>,
    loading: Vec<ManifestId>,
    /// Lots to draw from, for those of the viewer's own.
    lots: HashMap<Place, Vec<(LotId, i64)>>,
    own: Vec<ManifestId>,
}

impl Beside {
    pub(super) async fn of(tx: &mut ReadTx, viewer: &Viewer, seen: &[SeenManifest]) -> Result<Self, Fault> {
        let ids: Vec<ManifestId> = seen.iter().map(|seen| seen.row.id).collect();
        let waiting = || {
            let is_waiting = |state: &ManifestState| state.lines.values().any(|line| !line.has_moved());
            seen.iter().filter(move |seen| is_waiting(&seen.state))
        };
        let of = |may: fn(&Viewer, &ManifestState) -> bool| -> Vec<ManifestId> {
            waiting().filter(|seen| may(viewer, &seen.state)).map(|seen| seen.row.id).collect()
        };
        let (own, loading) = (of(draws), of(loads));
        let mut ready: HashMap<Place, Vec<LoadedContainer>> = HashMap::new();
        for found in container::ready_for(tx, &loading, MAX_READY_CONTAINERS).await? {
            let StockCode::Waste(code) = found.code else { continue };
            let place = ready.entry((found.party, found.site, code)).or_default();
            place.push(LoadedContainer { container: found.container, label: found.label });
        }
        let mut lots: HashMap<Place, Vec<(LotId, i64)>> = HashMap::new();
        for ((party, site), found) in stock::to_draw_for(tx, &own, MAX_READY_LOTS).await? {
            let StockCode::Waste(code) = found.code else { continue };
            lots.entry((party, site, code)).or_default().push((found.lot, found.balance_g));
        }
        Ok(Self {
            heads: timeline::last_of_manifests(tx, &ids).await?,
            planned: planned(tx, seen).await?,
            labels: labels(tx, seen).await?,
            ready,
            loading,
            lots,
            own,
        })
    }

    /// The last event of a manifest.
    pub(super) fn head(&self, id: ManifestId) -> Option<EventId> {
        self.heads.get(&id).copied()
    }

    /// What was last declared of a line.
    pub(super) fn planned(&self, id: ManifestId, line: u16) -> Option<&PlannedLine> {
        self.planned.get(&id)?.iter().find(|planned| planned.line == line)
    }

    /// The containers on the way that were loaded for a line.
    pub(super) fn loaded(&self, line: u16, state: &ManifestState) -> Vec<LoadedContainer> {
        let inside = insiders(state);
        let consignor = state.registration.as_ref().map(|registration| registration.consignor.party);
        // What a stranger says of the same container is no label of it.
        let label = |container: &ContainerId| {
            let said = || self.labels.get(container).into_iter().flatten();
            let by_consignor = said().find(|(by, _)| Some(*by) == consignor);
            by_consignor.or_else(|| said().find(|(by, _)| inside.contains(by)))?.1.clone()
        };
        let of_line = state.containers.iter().filter(|(_, of)| **of == line);
        of_line.map(|(id, _)| LoadedContainer { container: *id, label: label(id) }).collect()
    }

    /// The containers that stand ready for a line which has not left.
    pub(super) fn ready(
        &self,
        id: ManifestId,
        state: &ManifestState,
        code: Option<WasteCode>,
    ) -> Vec<LoadedContainer> {
        at(&self.ready, self.loading.contains(&id), state, code)
    }

    /// The lots to draw from for such a line.
    pub(super) fn lots(
        &self,
        id: ManifestId,
        state: &ManifestState,
        code: Option<WasteCode>,
    ) -> Vec<(LotId, i64)> {
        at(&self.lots, self.own.contains(&id), state, code)
    }
}

fn at<T: Clone>(
    places: &HashMap<Place, Vec<T>>,
    may_know: bool,
    state: &ManifestState,
    code: Option<WasteCode>,
) -> Vec<T> {
    let consignor = state.registration.as_ref().map(|registration| registration.consignor);
    let place = consignor.zip(code).filter(|_| may_know);
    let found = place.and_then(|(at, code)| places.get(&(at.party, at.site, code)));
    found.cloned().unwrap_or_default()
}

/// The office of the consignor: it knows its own stock.
fn draws(viewer: &Viewer, state: &ManifestState) -> bool {
    let Viewer::Party { party, role, .. } = viewer else { return false };
    let consignor = state.registration.as_ref().map(|registration| registration.consignor.party);
    consignor == Some(*party) && !role.is_crew()
}

/// The consignor's office; and once the consignee is willing the first carrier with a vehicle for it, its crew as far as that assignment names it: whoever
/// fetches drums must be able to scan them.
fn loads(viewer: &Viewer, state: &ManifestState) -> bool {
    let Viewer::Party { party, role, kid } = viewer else { return false };
    if draws(viewer, state) {
        return true;
    }
    let first = state.registration.as_ref().and_then(|registration| registration.legs.first());
    if state.confirmed.is_none() || first.is_none_or(|leg| leg.carrier != *party) {
        return false;
    }
    let assignment = state.assignments.iter().rfind(|one| one.leg == 1 && one.mark.party == *party);
    assignment.is_some_and(|one| !Role::is_crew(*role) || [one.driver, one.escort].contains(&Some(*kid)))
}

/// What registrations and amendments say of lines beside what is folded: names, packaging, numbers of containers.
async fn planned(
    tx: &mut ReadTx,
    seen: &[SeenManifest],
) -> Result<HashMap<ManifestId, Vec<PlannedLine>>, Fault> {
    let mut said: HashMap<EventId, Option<Vec<PlannedLine>>> = HashMap::new();
    for event in seen.iter().flat_map(|seen| declared(&seen.state)) {
        said.insert(event, None);
    }
    let ids: Vec<EventId> = said.keys().copied().collect();
    let indexes: Vec<u64> = log::indexes_of(tx, &ids).await?.into_iter().map(|(_, index)| index).collect();
    for entry in log::entries_at(tx, &indexes).await?.iter().filter(|entry| entry.jws.is_some()) {
        let lines = match event_of(entry)?.statement {
            Statement::ManifestRegistered(registered) => Some(registered.lines.to_vec()),
            Statement::ManifestAmended(amended) => amended.lines.map(|lines| lines.to_vec()),
            _ => None,
        };
        said.insert(entry.event_id, lines);
    }
    let last = |state: &ManifestState| {
        declared(state).into_iter().find_map(|event| said.get(&event).cloned().flatten())
    };
    Ok(seen.iter().filter_map(|seen| Some((seen.row.id, last(&seen.state)?))).collect())
}

/// Declarations that may say what its lines are, the last first. Of very many amendments the earlier ones are left out, and what they say with them.
fn declared(state: &ManifestState) -> Vec<EventId> {
    let mut events: Vec<EventId> =
        state.amended.iter().rev().take(MAX_AMENDMENTS_READ).map(|mark| mark.event).collect();
    if state.amended.len() <= MAX_AMENDMENTS_READ {
        events.extend(state.registration.iter().map(|registration| registration.mark.event));
    }
    events
}

async fn labels(
    tx: &mut ReadTx,
    seen: &[SeenManifest],
) -> Result<HashMap<ContainerId, Vec<(Uscc, Option<String>)>>, Fault> {
    let loaded: Vec<ContainerId> =
        seen.iter().flat_map(|seen| seen.state.containers.keys().copied()).collect();
    let mut labels: HashMap<ContainerId, Vec<(Uscc, Option<String>)>> = HashMap::new();
    for (container, party, label) in container::labels_by_filler(tx, &loaded).await? {
        labels.entry(container).or_default().push((party, label));
    }
    Ok(labels)
}
