//! Trips: what carriers assigned to vehicles, as a driver and a dispatcher look at it.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::manifests::{ManifestCursor, ManifestFilter, SeenManifest};
use super::{MAX_PAGE, Page};
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::manifest::Assignment;
use crate::custody::payload::manifest::PartyAt;
use crate::id::{ManifestId, TripId};
use crate::ledger::Kid;
use crate::registry::Role;
use crate::shape::Plate;
use crate::store::ReadTx;

/// Which trips.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TripFilter {
    /// Only what left or shall leave on this local day or later.
    pub from: Option<NaiveDate>,
    /// Only what left or shall leave on this local day or earlier.
    pub to: Option<NaiveDate>,
    /// Only this vehicle.
    pub plate: Option<Plate>,
    /// Only this vehicle run.
    pub trip: Option<TripId>,
    /// Only what something is still to be done about.
    pub is_under_way: bool,
}

/// One leg of a manifest on a vehicle. Legs with the same run, or with the same vehicle and day, are one trip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TripLeg {
    /// The manifest.
    pub manifest: ManifestId,
    /// Its number.
    pub number: Option<String>,
    /// Where it stands, kebab-case.
    pub status: String,
    /// The vehicle run it shares, where the registration names one.
    pub trip: Option<TripId>,
    /// Number of the leg, from 1.
    pub leg: u8,
    /// Who carries it.
    pub carrier: Uscc,
    /// On what.
    pub vehicle: Plate,
    /// The driver's key.
    pub driver: Option<Kid>,
    /// The escort's key.
    pub escort: Option<Kid>,
    /// The local day on which it left or shall leave.
    pub leaves_on: Option<NaiveDate>,
    /// From where it leaves.
    pub from: Option<PartyAt>,
    /// Where it goes.
    pub to: Option<PartyAt>,
    /// When it shall leave.
    pub planned_departure: Option<Timestamp>,
    /// When it shall arrive.
    pub planned_arrival: Option<Timestamp>,
    /// When the carrier took it over, if it did.
    pub taken_at: Option<Timestamp>,
    /// What is on it by line: the code, and the mass in grams as shipped, before that as planned.
    pub lines: Vec<(u16, Option<WasteCode>, i64)>,
}

impl App {
    /// A page of legs, those of the latest registered manifests first. Drivers and escorts see those they are named for, a carrier its own, others
    /// those of the manifests that they may see. A page ends between two manifests, of which it counts at most `limit`.
    pub async fn trips(
        &self,
        viewer: &Viewer,
        filter: &TripFilter,
        after: Option<ManifestCursor>,
        limit: u64,
    ) -> Result<Page<TripLeg, ManifestCursor>, Fault> {
        let wanted = ManifestFilter {
            from: filter.from,
            to: filter.to,
            plate: filter.plate.clone(),
            is_under_way: filter.is_under_way,
            ..ManifestFilter::default()
        };
        let mut tx = self.reading().await?;
        let found = self.searched(&mut tx, viewer, &wanted, after, limit).await?;
        let legs = found.items.iter().flat_map(legs_of);
        let is_wanted = |leg: &TripLeg| {
            filter.plate.as_ref().is_none_or(|plate| *plate == leg.vehicle)
                && filter.trip.is_none_or(|trip| leg.trip == Some(trip))
                && is_for(viewer, leg)
        };
        Ok(Page { items: legs.filter(is_wanted).collect(), next: found.next })
    }
}

impl App {
    /// What somebody is named for by its carrier and has not begun, as driver or escort; those of at most a page of manifests.
    pub(in crate::app) async fn not_begun_by(
        &self,
        tx: &mut ReadTx,
        party: Uscc,
        kid: Kid,
    ) -> Result<Vec<(ManifestId, Assignment)>, Fault> {
        // Whatever the role of the key is: it looks for itself as one on the road does.
        let crew = Viewer::Party { party, role: Role::Driver, kid };
        let under_way = ManifestFilter { is_under_way: true, ..ManifestFilter::default() };
        let found = self.searched(tx, &crew, &under_way, None, MAX_PAGE).await?;
        let not_begun = |SeenManifest { row, state }: SeenManifest| {
            let has_taken = state.handovers.iter().any(|handover| handover.to == party);
            let last: BTreeMap<u8, &Assignment> = state
                .assignments
                .iter()
                .filter(|one| one.mark.party == party && !has_taken)
                .map(|one| (one.leg, one))
                .collect();
            let named = last.into_values().filter(|one| [one.driver, one.escort].contains(&Some(kid)));
            named.map(|one| (row.id, one.clone())).collect::<Vec<_>>()
        };
        Ok(found.items.into_iter().flat_map(not_begun).collect())
    }
}

/// False for drivers and escorts whom no leg of the manifest names any more.
pub(super) fn is_for_crew(viewer: &Viewer, seen: &SeenManifest) -> bool {
    !viewer.role().is_some_and(Role::is_crew) || legs_of(seen).iter().any(|leg| is_for(viewer, leg))
}

fn is_for(viewer: &Viewer, leg: &TripLeg) -> bool {
    match (viewer.kid(), viewer.role()) {
        (Some(kid), Some(role)) if Role::is_crew(role) => [leg.driver, leg.escort].contains(&Some(kid)),
        _ => true,
    }
}

/// The last assignment of each leg.
fn legs_of(SeenManifest { row, state }: &SeenManifest) -> Vec<TripLeg> {
    let last: BTreeMap<(u8, Uscc), &Assignment> =
        state.assignments.iter().map(|one| ((one.leg, one.mark.party), one)).collect();
    let registration = state.registration.as_ref();
    let leaves_on = row.leaves_day.and_then(|day| NaiveDate::from_epoch_days(i32::try_from(day).ok()?));
    let lines: Vec<_> = state
        .lines
        .iter()
        .map(|(number, line)| {
            let shipped_g = Some(line.shipped_g).filter(|mass_g| *mass_g != 0);
            (*number, line.code, shipped_g.or(line.planned_g).unwrap_or_default())
        })
        .collect();
    let leg = |((leg, carrier), assignment): ((u8, Uscc), &Assignment)| TripLeg {
        manifest: row.id,
        number: row.number.clone(),
        status: row.status.clone(),
        trip: registration.and_then(|registration| registration.trip),
        leg,
        carrier,
        vehicle: assignment.vehicle.clone(),
        driver: assignment.driver,
        escort: assignment.escort,
        leaves_on,
        from: registration.map(|registration| registration.consignor),
        to: registration.map(|registration| registration.consignee),
        planned_departure: registration.map(|registration| registration.planned_departure),
        planned_arrival: registration.map(|registration| registration.planned_arrival),
        taken_at: state.handovers.iter().find(|handover| handover.to == carrier).map(|taken| taken.mark.at),
        lines: lines.clone(),
    };
    last.into_iter().map(leg).collect()
}
