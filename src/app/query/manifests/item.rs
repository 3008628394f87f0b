//! A manifest in a list: its row, and what its state says of the load.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use crate::app::Fault;
use crate::app::access::PartyName;
use crate::app::query::manifest::names_of;
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::manifest::{ManifestState, Status};
use crate::id::ManifestId;
use crate::shape::Plate;
use crate::store::ReadTx;
use crate::store::manifest::ManifestRow;

/// A manifest that somebody may see: as it stands in lists, and as folded.
pub(in crate::app::query) struct SeenManifest {
    /// Its row.
    pub(in crate::app::query) row: ManifestRow,
    /// Everything folded from its events.
    pub(in crate::app::query) state: ManifestState,
}

/// A manifest in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestItem {
    /// Its id.
    pub id: ManifestId,
    /// Log index of its first event.
    pub first_index: u64,
    /// Its number, once one was allotted.
    pub number: Option<String>,
    /// Numbers of other systems, in the order they were bound.
    pub external_numbers: Vec<String>,
    /// Where it stands.
    pub status: Status,
    /// Whom the waste leaves.
    pub consignor: Option<PartyName>,
    /// Whom it goes to.
    pub consignee: Option<PartyName>,
    /// Who carries it by the registration, each once, in order of legs.
    pub carriers: Vec<PartyName>,
    /// The vehicles that were assigned to it or carried it, each once.
    pub vehicles: Vec<Plate>,
    /// Waste codes of its lines, each once.
    pub codes: Vec<WasteCode>,
    /// Planned over all lines, in grams; `None` where nothing was planned.
    pub planned_g: Option<i64>,
    /// Accepted over all lines, in grams; `None` before anything was received.
    pub accepted_g: Option<i64>,
    /// The local day on which it left, or shall leave while it did not.
    pub leaves_on: Option<NaiveDate>,
    /// When something on it was last received.
    pub received_at: Option<Timestamp>,
    /// Open findings on it that the viewer may see.
    pub open_findings: u64,
}

/// What rows and states say, with the names of whom they name; all names are looked up at once.
pub(in crate::app::query) async fn with_names(
    tx: &mut ReadTx,
    seen: Vec<SeenManifest>,
) -> Result<Vec<ManifestItem>, Fault> {
    let parties: BTreeSet<Uscc> = seen
        .iter()
        .flat_map(|SeenManifest { row, state }| {
            carriers(state).into_iter().chain([row.consignor, row.consignee].into_iter().flatten())
        })
        .collect();
    let names: HashMap<Uscc, PartyName> =
        names_of(tx, parties).await?.into_iter().map(|name| (name.party, name)).collect();
    Ok(seen.into_iter().map(|seen| item(seen, &names)).collect())
}

fn item(SeenManifest { row, state }: SeenManifest, names: &HashMap<Uscc, PartyName>) -> ManifestItem {
    // A code that nobody registered still stands there by itself.
    let name = |party: Uscc| {
        let unknown = || PartyName { party, name: String::new(), name_en: None };
        names.get(&party).cloned().unwrap_or_else(unknown)
    };
    let lines = || state.lines.values();
    let codes: BTreeSet<WasteCode> = lines().filter_map(|line| line.code).collect();
    let received = || lines().filter(|line| !line.received_by.is_empty());
    ManifestItem {
        id: row.id,
        first_index: u64::try_from(row.first_index).unwrap_or_default(),
        number: row.number,
        external_numbers: state.numbers.iter().map(|bound| bound.number.clone()).collect(),
        status: state.status(),
        consignor: row.consignor.map(name),
        consignee: row.consignee.map(name),
        carriers: carriers(&state).into_iter().map(name).collect(),
        vehicles: vehicles(&state),
        codes: codes.into_iter().collect(),
        planned_g: total(lines().filter_map(|line| line.planned_g)),
        accepted_g: total(received().map(|line| line.accepted_g)),
        leaves_on: row.leaves_day.and_then(|day| NaiveDate::from_epoch_days(i32::try_from(day).ok()?)),
        received_at: lines().filter_map(|line| line.received_at).max(),
        open_findings: u64::try_from(row.open_findings).unwrap_or_default(),
    }
}

/// The sum of some masses; `None` of none.
fn total(masses: impl Iterator<Item = i64>) -> Option<i64> {
    masses.reduce(i64::wrapping_add)
}

fn carriers(state: &ManifestState) -> Vec<Uscc> {
    once_each(state.registration.iter().flat_map(|registration| registration.carriers()))
}

fn vehicles(state: &ManifestState) -> Vec<Plate> {
    let assigned = state.assignments.iter().map(|assignment| &assignment.vehicle);
    let carried = state.handovers.iter().filter_map(|handover| handover.vehicle.as_ref());
    once_each(assigned.chain(carried).cloned())
}

fn once_each<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut each = Vec::new();
    for one in all {
        if !each.contains(&one) {
            each.push(one);
        }
    }
    each
}
