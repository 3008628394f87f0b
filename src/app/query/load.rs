//! Loads: everything that a phone keeps while it has a network, so that it can state handovers and check the other side's signature without one.
//!
//! A page takes the same few statements however many manifests are on it.

mod beside;

use std::collections::BTreeSet;

use super::manifest::{ends, names_of};
use super::manifests::{ManifestCursor, ManifestFilter, SeenManifest};
use super::trip::is_for_crew;
use super::{Page, cursor};
use crate::app::access::{PartyName, Viewer, insiders};
use crate::app::{App, Fault};
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::manifest::{Assignment, ManifestState, Status};
use crate::custody::payload::manifest::{PartyAt, PlannedLine};
use crate::id::{ContainerId, LotId, ManifestId, SiteId};
use crate::ledger::{EventId, Kid};
use crate::registry::{KeyRecord, Role, SiteRecord};
use crate::shape::Plate;
use crate::store::{ReadTx, log, registry};
use beside::Beside;

/// Most containers of a line that are named before it has left.
pub const MAX_READY_CONTAINERS: u64 = 256;
/// Most lots of a line that are named to draw from.
pub const MAX_READY_LOTS: u64 = 256;
/// Most keys of a party that are given, beside those its vehicles are assigned with: the last enrolled.
pub const MAX_HANDLER_KEYS: u64 = 256;
/// Most sites of the viewer's own party that are given beside those the loads name.
pub const MAX_OWN_SITES: u64 = 256;

/// A container, and what is printed on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedContainer {
    /// The container.
    pub container: ContainerId,
    /// Its label.
    pub label: Option<String>,
}

/// One line of a load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadLine {
    /// Line number.
    pub line: u16,
    /// Waste code, as registered or first handed over.
    pub code: Option<WasteCode>,
    /// What the waste is called: in the trade, else by the catalogue.
    pub name: Option<String>,
    /// How it is packed, kebab-case.
    pub packaging: Option<&'static str>,
    /// Number of containers as planned.
    pub packages: Option<u16>,
    /// Planned, in grams.
    pub planned_g: Option<i64>,
    /// At departure, in grams.
    pub shipped_g: i64,
    /// Rejected, in grams.
    pub rejected_g: i64,
    /// Rejected and not brought back under this manifest, in grams.
    pub unreturned_g: i64,
    /// Who holds it; `None` before it was collected and while several claim it.
    pub holder: Option<Uscc>,
    /// Who holds the rejected part of a line that was partly accepted.
    pub rejected_holder: Option<Uscc>,
    /// What is on the way of it; before it left, what stands ready for it, for those who may know.
    pub containers: Vec<LoadedContainer>,
    /// Before it left, for the consignor: the lots to draw from and what there is of each in grams, the oldest first.
    pub lots: Vec<(LotId, i64)>,
}

/// One leg, with the vehicle that was assigned to it last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadLeg {
    /// Who carries it.
    pub carrier: Uscc,
    /// On what.
    pub vehicle: Option<Plate>,
    /// The driver's key.
    pub driver: Option<Kid>,
    /// The escort's key.
    pub escort: Option<Kid>,
}

/// A manifest under way, as whoever stands beside the vehicle needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// The manifest.
    pub manifest: ManifestId,
    /// Its number, once one was allotted.
    pub number: Option<String>,
    /// Where it stands.
    pub status: Status,
    /// Whom the waste leaves, and where.
    pub consignor: Option<PartyAt>,
    /// Whom it goes to, and where.
    pub consignee: Option<PartyAt>,
    /// Its legs in order.
    pub legs: Vec<LoadLeg>,
    /// When it shall leave.
    pub planned_departure: Option<Timestamp>,
    /// When it shall arrive.
    pub planned_arrival: Option<Timestamp>,
    /// The last event of it: what a signer names as its predecessor.
    pub head: Option<EventId>,
    /// How many handovers of it were stated.
    pub handovers: usize,
    /// Its lines by number.
    pub lines: Vec<LoadLine>,
}

/// A page of loads, and what is needed to read them and to check signatures about them.
#[derive(Clone, Debug)]
pub struct Loads {
    /// The loads, those of the latest registered manifests first.
    pub page: Page<Load, ManifestCursor>,
    /// What everybody with a role on them is called, and the viewer's own party.
    pub parties: Vec<PartyName>,
    /// The sites they name, and those of the viewer's own party; to drivers and escorts no more than the former.
    pub sites: Vec<SiteRecord>,
    /// Keys in force that may hand waste over for those whom the manifests are open to and for the viewer's own party.
    pub keys: Vec<KeyRecord>,
    /// The latest signed checkpoint, as a signed note.
    pub checkpoint: Option<String>,
}

impl App {
    /// A page of what is under way, those of the latest registered manifests first. Drivers and escorts get those they are named for, as with trips.
    ///
    /// An authority takes such a page along, to look vehicles up at the road without a network: it needs to open no record any more. So this is, like a
    /// list that is saved as a file, a reading of everybody in it, written down before it is given.
    pub async fn loads(
        &self,
        viewer: &Viewer,
        after: Option<ManifestCursor>,
        limit: u64,
    ) -> Result<Loads, Fault> {
        let under_way = ManifestFilter { is_under_way: true, ..ManifestFilter::default() };
        let mut tx = self.reading().await?;
        let found = self.searched(&mut tx, viewer, &under_way, after, limit).await?;
        let seen: Vec<SeenManifest> =
            found.items.into_iter().filter(|seen| is_for_crew(viewer, seen)).collect();
        let beside = Beside::of(&mut tx, viewer, &seen).await?;
        let inside: BTreeSet<Uscc> = seen.iter().flat_map(|seen| insiders(&seen.state)).collect();
        let named: BTreeSet<Uscc> = seen.iter().flat_map(|seen| seen.state.parties()).collect();
        // Somebody else's claim to have the waste is told with the claimant's name; no signature of it counts until one of those inside dealt with it.
        let keys = keys_of(&mut tx, &seen, inside.iter().copied().chain(viewer.party()).collect()).await?;
        let parties = names_of(&mut tx, named.into_iter().chain(viewer.party())).await?;
        let sites = sites_of(&mut tx, viewer, &seen).await?;
        let checkpoint = log::latest_checkpoint(&mut tx).await?.map(|checkpoint| checkpoint.note);
        // Who asks for a second connection while holding one waits for those who do the same.
        drop(tx);
        if viewer.is_authority() {
            self.note_list(viewer, "/loads", inside).await?;
        }
        let items = seen.into_iter().map(|seen| self.load(seen, &beside)).collect();
        Ok(Loads { page: Page { items, next: found.next }, parties, sites, keys, checkpoint })
    }

    fn load(&self, SeenManifest { row, state }: SeenManifest, beside: &Beside) -> Load {
        let registration = state.registration.as_ref();
        let lines = state.lines.keys().map(|line| self.line(row.id, *line, &state, beside)).collect();
        Load {
            manifest: row.id,
            status: state.status(),
            consignor: registration.map(|registration| registration.consignor),
            consignee: registration.map(|registration| registration.consignee),
            legs: legs_of(&state),
            planned_departure: registration.map(|registration| registration.planned_departure),
            planned_arrival: registration.map(|registration| registration.planned_arrival),
            head: beside.head(row.id),
            handovers: state.handovers.len(),
            number: row.number,
            lines,
        }
    }

    fn line(&self, id: ManifestId, number: u16, state: &ManifestState, beside: &Beside) -> LoadLine {
        let line = &state.lines[&number];
        let planned = beside.planned(id, number).filter(|planned| Some(planned.code) == line.code);
        let catalogue = || line.code.and_then(|code| self.rulebook().catalogue.waste(&code));
        let in_trade = planned.and_then(|planned| planned.name.as_ref()).map(ToString::to_string);
        LoadLine {
            line: number,
            code: line.code,
            name: in_trade.or_else(|| catalogue().map(|waste| waste.description.clone())),
            packaging: planned.and_then(|planned| planned.packaging).map(|packaging| packaging.name()),
            packages: planned.and_then(|planned: &PlannedLine| planned.containers),
            planned_g: line.planned_g,
            shipped_g: line.shipped_g,
            rejected_g: line.rejected_g,
            unreturned_g: line.unreturned_g(),
            holder: line.holder.party(),
            rejected_holder: line.rejected_holder.as_ref().and_then(|holder| holder.party()),
            containers: if line.has_moved() {
                beside.loaded(number, state)
            } else {
                beside.ready(id, state, line.code)
            },
            lots: if line.has_moved() { Vec::new() } else { beside.lots(id, state, line.code) },
        }
    }
}

/// The legs in order, each with its last assignment.
fn legs_of(state: &ManifestState) -> Vec<LoadLeg> {
    let carriers = state.registration.as_ref().into_iter().flat_map(|registration| registration.carriers());
    let leg = |(number, carrier): (usize, Uscc)| {
        let of_leg = |one: &&Assignment| usize::from(one.leg) == number && one.mark.party == carrier;
        let last = state.assignments.iter().rfind(of_leg);
        LoadLeg {
            carrier,
            vehicle: last.map(|last| last.vehicle.clone()),
            driver: last.and_then(|last| last.driver),
            escort: last.and_then(|last| last.escort),
        }
    };
    (1..).zip(carriers).map(leg).collect()
}

/// Keys that may sign handovers for these parties, the last enrolled of each first; those that vehicles are assigned with are never left out.
async fn keys_of(
    tx: &mut ReadTx,
    seen: &[SeenManifest],
    parties: BTreeSet<Uscc>,
) -> Result<Vec<KeyRecord>, Fault> {
    let codes: Vec<Uscc> = parties.iter().copied().collect();
    let mut keys = registry::handler_keys(tx, &codes, MAX_HANDLER_KEYS).await?;
    let known: BTreeSet<Kid> = keys.iter().map(|key| key.kid).collect();
    let assignments = seen.iter().flat_map(|seen| &seen.state.assignments);
    let crew: BTreeSet<Kid> = assignments.flat_map(|one| [one.driver, one.escort]).flatten().collect();
    let crew: Vec<Kid> = crew.difference(&known).copied().collect();
    let may_sign = |key: &KeyRecord| {
        let hands_over = !key.role.is_official() && key.role != Role::Viewer;
        hands_over && key.revoked_index.is_none() && parties.contains(&key.party)
    };
    keys.extend(registry::keys(tx, &crew).await?.into_iter().filter(may_sign));
    keys.sort_by_key(|key| (key.party, std::cmp::Reverse(key.enrolled_index)));
    Ok(keys)
}

async fn sites_of(tx: &mut ReadTx, viewer: &Viewer, seen: &[SeenManifest]) -> Result<Vec<SiteRecord>, Fault> {
    let entered = |state: &ManifestState| {
        let handovers = state.handovers.iter();
        handovers.flat_map(|one| [one.from_site, one.to_site]).flatten().collect::<Vec<_>>()
    };
    let named: BTreeSet<SiteId> =
        seen.iter().flat_map(|seen| ends(&seen.state).chain(entered(&seen.state))).collect();
    let mut sites = registry::sites(tx, &Vec::from_iter(named.iter().copied())).await?;
    if let Viewer::Party { party, role, .. } = viewer
        && !role.is_crew()
    {
        // Log indexes begin with the founding event, which registers no site.
        let own = registry::sites_after(tx, Some(*party), cursor(0), MAX_OWN_SITES).await?;
        sites.extend(own.into_iter().filter(|site| !named.contains(&site.site)));
    }
    sites.sort_unstable_by_key(|site| (site.party, site.index));
    Ok(sites)
}
