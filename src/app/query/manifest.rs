//! A manifest in full, and what may be done with it next.

use std::collections::{BTreeSet, HashMap};

use super::as_of::{NoAsOf, then};
use super::finding::{FindingItem, FindingRow, findings_as_of, items_for};
use super::transit::{LineTransit, with_roads};
use crate::app::access::{PartyName, Viewer, divisions_of_manifest, divisions_of_sites, load_manifests};
use crate::app::{App, Fault};
use crate::catalogue::{Division, TreatmentCode, Uscc, WasteCode};
use crate::custody::Kind;
use crate::custody::actions::{ACTIONS, Why, may};
use crate::custody::books::Books;
use crate::custody::manifest::{Holder, ManifestState, Status};
use crate::custody::shelf::Shelf;
use crate::id::{LotId, ManifestId, SiteId};
use crate::registry::SiteRecord;
use crate::store::{ReadTx, books, finding, manifest, registry};

/// One line of a manifest: a lot of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineView {
    /// Line number.
    pub line: u16,
    /// The lot it is.
    pub lot: LotId,
    /// Waste code, as registered or first handed over.
    pub code: Option<WasteCode>,
    /// Intended treatment.
    pub treatment: Option<TreatmentCode>,
    /// Planned, in grams.
    pub planned_g: Option<i64>,
    /// At departure, in grams.
    pub shipped_g: i64,
    /// Accepted, in grams.
    pub accepted_g: i64,
    /// Rejected, in grams.
    pub rejected_g: i64,
    /// Returned to a site, in grams.
    pub returned_g: i64,
    /// Who holds it (the accepted part, once a part was rejected).
    pub holder: Holder,
    /// Who holds the rejected part of a line that was partly accepted.
    pub rejected_holder: Option<Holder>,
    /// On the road.
    pub on_the_way: bool,
    /// On the road back: rejected.
    pub on_the_way_back: bool,
    /// Refused at the gate, and still with who brought it.
    pub refused_at_gate: bool,
    /// The yard in which it lies on its way.
    pub yard: Option<SiteId>,
    /// Rejected and not brought back under this manifest, in grams.
    pub unreturned_g: i64,
    /// What became of its mass on the road.
    pub transit: LineTransit,
}

/// A manifest that carries on the rejected waste of another, or whose waste is carried on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Its id.
    pub id: ManifestId,
    /// Its number, once one was allotted.
    pub number: Option<String>,
    /// Where it stands.
    pub status: Status,
}

/// Most follow-ups that are looked up for one manifest.
const MAX_FOLLOW_UPS: u64 = 64;

/// A manifest in full.
#[derive(Clone, Debug)]
pub struct ManifestDetail {
    /// Its id.
    pub id: ManifestId,
    /// Its number, once one was allotted.
    pub number: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// Log index of its first event.
    pub first_index: u64,
    /// Lines by number.
    pub lines: Vec<LineView>,
    /// The manifest whose rejected waste it carries on, if the viewer may see that one.
    pub predecessor: Option<Linked>,
    /// Manifests that carry on rejected waste of it, oldest first, as far as the viewer may see them.
    pub follow_ups: Vec<Linked>,
    /// Names of everybody with a role on it.
    pub parties: Vec<PartyName>,
    /// The sites it names.
    pub sites: Vec<SiteRecord>,
    /// Findings on it and its lines that the viewer may see, in the order they opened.
    pub findings: Vec<FindingItem>,
    /// Everything folded from its events.
    pub state: ManifestState,
}

/// What a manifest in full is told from: as it stands, or as it was known once.
struct Sources<'a> {
    shelf: Shelf<ManifestState>,
    lots: &'a Books,
    rows: Vec<FindingRow>,
    predecessor: Option<Linked>,
    follow_ups: Vec<Linked>,
}

/// What the viewer's party may state next about a manifest, or why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The kind of event.
    pub kind: Kind,
    /// Allowed (for facts: it would fit the chain), or why not.
    pub allowed: Result<(), Why>,
}

impl App {
    /// Those of these manifests that a viewer may see, as folded. All of them are loaded at once.
    pub(in crate::app) async fn visible_states(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        ids: &[ManifestId],
    ) -> Result<HashMap<ManifestId, ManifestState>, Fault> {
        let mut states = load_manifests(self, tx, ids).await?;
        let sites: Vec<SiteId> = states.values().flat_map(ends).collect();
        let divisions = divisions_of_sites(tx, &sites).await?;
        states.retain(|_, state| {
            let ends: Vec<Division> = ends(state).filter_map(|site| divisions.get(&site).copied()).collect();
            viewer.may_see_manifest(state, &ends)
        });
        Ok(states)
    }

    /// Which of these manifests a viewer may see.
    pub(in crate::app) async fn visible_manifests(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        ids: &[ManifestId],
    ) -> Result<BTreeSet<ManifestId>, Fault> {
        Ok(self.visible_states(tx, viewer, ids).await?.into_keys().collect())
    }

    /// A manifest as folded, if the viewer may see it.
    pub(in crate::app) async fn visible_manifest(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        id: ManifestId,
    ) -> Result<Option<Shelf<ManifestState>>, Fault> {
        let Some(shelf) = books::manifest(tx, id).await? else { return Ok(None) };
        let divisions = divisions_of_manifest(tx, &shelf.state).await?;
        Ok(viewer.may_see_manifest(&shelf.state, &divisions).then_some(shelf))
    }

    /// One manifest in full.
    pub async fn manifest(&self, viewer: &Viewer, id: ManifestId) -> Result<Option<ManifestDetail>, Fault> {
        let mut tx = self.reading().await?;
        let Some(shelf) = self.visible_manifest(&mut tx, viewer, id).await? else { return Ok(None) };
        let (predecessor, follow_ups) = self.links_of(&mut tx, viewer, id, &shelf.state).await?;
        let lots = self.lots_of_lines(&mut tx, id, &shelf.state).await?;
        let rows = finding::of_manifest(&mut tx, id).await?;
        let sources = Sources { shelf, lots: &lots, rows, predecessor, follow_ups };
        self.manifest_from(&mut tx, viewer, id, sources).await.map(Some)
    }

    /// One manifest as it was known when the log had `size` entries: its state, and the findings as they stood then.
    pub async fn manifest_as_of(
        &self,
        viewer: &Viewer,
        id: ManifestId,
        size: u64,
    ) -> Result<Option<ManifestDetail>, NoAsOf> {
        let mut tx = self.reading().await?;
        let Some(now) = self.visible_manifest(&mut tx, viewer, id).await? else { return Ok(None) };
        let Some(size) = then(&mut tx, Some(size)).await? else {
            drop(tx);
            return Ok(self.manifest(viewer, id).await?);
        };
        let (predecessor, follow_ups) = self.links_of(&mut tx, viewer, id, &now.state).await?;
        let mut ids = vec![id];
        ids.extend(predecessor.iter().chain(&follow_ups).map(|linked| linked.id));
        let known = self.manifests_as_of(&mut tx, &ids, size).await?;
        let Some(shelf) = known.books.manifest(&id) else { return Ok(None) };
        // Numbers are counted over the whole ledger: this one stands as allotted, once it was.
        let shelf = Shelf { label: now.label.filter(|_| shelf.owner.is_some()), ..shelf.clone() };
        let follows = |state: &ManifestState| state.registration.as_ref().and_then(|r| r.follows);
        let of_then = |linked: Linked| {
            let shelf = known.books.manifest(&linked.id)?;
            let number = linked.number.filter(|_| shelf.owner.is_some());
            Some((follows(&shelf.state), Linked { status: shelf.state.status(), number, ..linked }))
        };
        let predecessor = predecessor.filter(|it| follows(&shelf.state) == Some(it.id)).and_then(of_then);
        let follow_ups = follow_ups.into_iter().filter_map(of_then);
        let sources = Sources {
            lots: &known.books,
            rows: findings_as_of(&mut tx, id, size).await?,
            predecessor: predecessor.map(|(_, linked)| linked),
            follow_ups: follow_ups.filter(|(of, _)| *of == Some(id)).map(|(_, linked)| linked).collect(),
            shelf,
        };
        Ok(Some(self.manifest_from(&mut tx, viewer, id, sources).await?))
    }

    async fn manifest_from(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        id: ManifestId,
        sources: Sources<'_>,
    ) -> Result<ManifestDetail, Fault> {
        let Sources { shelf, lots, rows, predecessor, follow_ups } = sources;
        let state = shelf.state;
        let involved: BTreeSet<Uscc> = state.parties().into_iter().collect();
        let sites: BTreeSet<SiteId> =
            ends(&state).chain(state.handovers.iter().filter_map(|handover| handover.to_site)).collect();
        Ok(ManifestDetail {
            id,
            predecessor,
            follow_ups,
            number: shelf.label,
            status: state.status(),
            first_index: shelf.first_index.unwrap_or_default(),
            lines: with_roads(id, &state, lines_of(id, &state), lots),
            parties: names_of(tx, involved).await?,
            sites: registry::sites(tx, &sites.into_iter().collect::<Vec<_>>()).await?,
            findings: items_for(self, tx, viewer, rows).await?,
            state,
        })
    }

    /// The manifest that this one carries on and those that carry it on, as far as the viewer may see them.
    async fn links_of(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        id: ManifestId,
        state: &ManifestState,
    ) -> Result<(Option<Linked>, Vec<Linked>), Fault> {
        let follows = state.registration.as_ref().and_then(|registration| registration.follows);
        let follow_ups = manifest::follow_ups(tx, id, MAX_FOLLOW_UPS).await?;
        let predecessor = self.linked(tx, viewer, follows).await?.into_iter().next();
        Ok((predecessor, self.linked(tx, viewer, follow_ups).await?))
    }

    /// These manifests, as far as the viewer may see them.
    async fn linked(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        ids: impl IntoIterator<Item = ManifestId>,
    ) -> Result<Vec<Linked>, Fault> {
        let mut linked = Vec::new();
        for id in ids {
            let shelf = self.visible_manifest(tx, viewer, id).await?;
            linked.extend(shelf.map(|shelf| Linked {
                id,
                status: shelf.state.status(),
                number: shelf.label,
            }));
        }
        Ok(linked)
    }

    /// What the viewer's party may state next about a manifest, and why not the rest, in the order of its life.
    pub async fn actions(&self, viewer: &Viewer, id: ManifestId) -> Result<Option<Vec<Action>>, Fault> {
        let Some(party) = viewer.party() else { return Ok(None) };
        let mut tx = self.reading().await?;
        let shelf = self.visible_manifest(&mut tx, viewer, id).await?;
        let action = |state: &ManifestState, kind: Kind| Action { kind, allowed: may(kind, state, &party) };
        Ok(shelf.map(|shelf| ACTIONS.iter().map(|kind| action(&shelf.state, *kind)).collect()))
    }
}

/// The sites at both ends.
pub(super) fn ends(state: &ManifestState) -> impl Iterator<Item = SiteId> + use<> {
    let ends = state.registration.as_ref().map(|r| [r.consignor.site, r.consignee.site]);
    ends.into_iter().flatten()
}

fn lines_of(id: ManifestId, state: &ManifestState) -> Vec<LineView> {
    let line_view = |(line, s): (&u16, &crate::custody::manifest::LineState)| LineView {
        line: *line,
        lot: LotId::of_line(id, *line),
        code: s.code,
        treatment: s.treatment,
        planned_g: s.planned_g,
        shipped_g: s.shipped_g,
        accepted_g: s.accepted_g,
        rejected_g: s.rejected_g,
        returned_g: s.returned_g,
        holder: s.holder.clone(),
        rejected_holder: s.rejected_holder.clone(),
        on_the_way: s.on_the_way,
        on_the_way_back: s.on_the_way_back,
        refused_at_gate: s.refused_at_gate,
        yard: state.yard(s),
        unreturned_g: s.unreturned_g(),
        transit: LineTransit::default(),
    };
    state.lines.iter().map(line_view).collect()
}

/// What these parties are called; those that are not registered are left out.
pub(super) async fn names_of(
    tx: &mut ReadTx,
    parties: impl IntoIterator<Item = Uscc>,
) -> Result<Vec<PartyName>, Fault> {
    let codes: Vec<Uscc> = parties.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
    let mut records = registry::parties(tx, &codes).await?;
    records.sort_unstable_by_key(|record| record.party);
    Ok(records.iter().map(PartyName::of).collect())
}
