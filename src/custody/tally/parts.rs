//! The parts of tallies: what the state of a manifest or of a lot adds to them, and what a treatment does.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Cell, TallyKey, road};
use crate::catalogue::{Operation, Profile, Uscc, WasteCode};
use crate::custody::event::Recorded;
use crate::custody::kind::Statement;
use crate::custody::lot::{Flow, LotState};
use crate::custody::manifest::{HandoverRecord, LineState, ManifestState, Mark};
use crate::custody::payload::handover::Step;
use crate::custody::residue::Way;
use crate::custody::rules::mass_tolerance_g;
use crate::custody::stock::StockCode;
use crate::id::ManifestId;
use crate::ledger::EventId;
use crate::registry::{DeclarationRecord, FilingState, Registry, Slot};

/// What one event adds to one cell of a tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The tally.
    pub key: TallyKey,
    /// The cell.
    pub cell: Cell,
    /// The event it comes from.
    pub event: EventId,
    /// Grams, signed.
    pub mass_g: i64,
    /// 1 for a load, −1 for one that is taken out, 0 for what is not counted.
    pub loads: i64,
}

/// Parts by tally, cell and event, in grams.
pub type Parts = BTreeMap<(TallyKey, Cell, EventId), i64>;

/// What a manifest adds to tallies: a pure function of its state, and of where its ends lie.
pub fn of_manifest(id: ManifestId, state: &ManifestState, profile: &Profile, registry: &Registry) -> Parts {
    let mut parts = Parts::new();
    road::rides(id, state, profile, registry, &mut parts);
    shipped(state, profile, &mut parts);
    accepted(state, profile, &mut parts);
    differing(state, profile, &mut parts);
    parts
}

/// The parts that take a manifest from what it added before to what it adds now.
pub fn difference(before: &Parts, now: &Parts) -> Vec<Part> {
    let part = |(key, cell, event): &(TallyKey, Cell, EventId), mass_g: i64, loads: i64| Part {
        key: *key,
        cell: *cell,
        event: *event,
        mass_g,
        loads,
    };
    let gone = before.iter().filter(|(at, mass_g)| now.get(at) != Some(mass_g));
    let new = now.iter().filter(|(at, mass_g)| before.get(at) != Some(mass_g));
    gone.map(|(at, mass_g)| part(at, mass_g.wrapping_neg(), -1))
        .chain(new.map(|(at, mass_g)| part(at, *mass_g, 1)))
        .collect()
}

/// What stands of parts that were added and taken out one after the other.
pub fn standing<'a>(parts: impl Iterator<Item = &'a Part>) -> Parts {
    let mut standing = Parts::new();
    for part in parts {
        let at = (part.key, part.cell, part.event);
        if part.loads < 0 {
            standing.remove(&at);
        } else {
            standing.insert(at, part.mass_g);
        }
    }
    standing
}

/// What a treatment adds: to what was treated on its day, and to what was burnt in its month and what was left of that.
pub fn of_treatment(recorded: &Recorded, profile: &Profile) -> Parts {
    let mut parts = Parts::new();
    let (Statement::WasteUsed(s) | Statement::WasteDisposed(s)) = &recorded.event.statement else {
        return parts;
    };
    if !recorded.verdict.moves() {
        return parts;
    }
    let date = profile.local_date(recorded.base_time().as_millis());
    let key = TallyKey::Treated { party: recorded.event.party, site: s.site, year: date.year() };
    let mut add = |cell, mass_g| add(&mut parts, (key, cell, recorded.id), mass_g);
    let fed_g = s.inputs.iter().map(|input| input.mass_g.get()).fold(0, i64::wrapping_add);
    add(Cell::Day { day: i64::from(date.to_epoch_days()) }, fed_g);
    if s.method.burns() {
        let month = u8::try_from(date.month()).unwrap_or(0);
        let residues = s.outputs.iter().filter(|output| output.code.is_some());
        let left_g = residues.map(|residue| residue.quantity.grams()).fold(0, i64::wrapping_add);
        add(Cell::Burnt { month }, fed_g);
        if left_g != 0 {
            add(Cell::Residues { month }, left_g);
        }
    }
    parts
}

/// What a lot adds, of each of its holders: to what waste is in store, to what came in its year, to what of that is unexplained, and to
/// what moved by month and measure. A product is no waste.
pub fn of_lot(state: &LotState, profile: &Profile) -> Parts {
    let mut parts = Parts::new();
    if state.stock_code() == StockCode::Product {
        return parts;
    }
    let code = state.code();
    if let Some(code) = code {
        measured(state, code, &mut parts);
    }
    for holding in &state.holdings {
        let (party, site) = (holding.party, holding.site);
        let Some(first) = holding.arrivals.first() else { continue };
        let mut add_some = |at, mass_g| {
            if mass_g != 0 {
                add(&mut parts, at, mass_g);
            }
        };
        add_some((TallyKey::Store { party, site }, Cell::All, first.event), holding.balance_g().max(0));
        let key = TallyKey::Balance { party, site, year: profile.local_year(first.at.as_millis()) };
        let new = holding.arrivals.iter().filter(|arrival| arrival.way != Way::Repacked);
        let came_g = new.map(|arrival| arrival.mass_g).fold(0, i64::wrapping_add);
        add_some((key, Cell::Came { code }, first.event), came_g);
        if let Some(event) = holding.unexplained_by.first() {
            add_some((key, Cell::Gap { code }, *event), holding.unexplained_g);
        }
    }
    parts
}

/// What moved of a lot. Many events move it, so that none of them is named.
fn measured(state: &LotState, code: WasteCode, parts: &mut Parts) {
    let several = EventId::from_bytes([0; 32]);
    for Flow { party, site, year, month, measure, mass_g } in state.flows.iter().copied() {
        let key = TallyKey::Measured { party, site, year };
        add(parts, (key, Cell::Measured { month, measure, code }, several), mass_g);
    }
}

/// What a declaration to the authority adds, unless it came back: its figures, and that there is one.
pub fn of_filing(record: &DeclarationRecord) -> Parts {
    let mut parts = Parts::new();
    if record.state() == FilingState::Returned {
        return parts;
    }
    let Slot { site, period, from } = record.slot();
    let key = TallyKey::Measured { party: record.party, site, year: from.year() };
    let month = u8::try_from(from.month()).unwrap_or(0);
    let mut add = |cell, mass_g| add(&mut parts, (key, cell, record.event), mass_g);
    add(Cell::Declared { period, month, filing: record.event }, 0);
    for line in record.filed.lines.iter() {
        // Nothing else was taken in.
        let Ok(measure) = line.measure.parse() else { continue };
        let mass_g = i64::try_from(line.mass_g).unwrap_or(i64::MAX);
        add(Cell::Filed { period, month, measure, code: line.code }, mass_g);
    }
    parts
}

/// What left, at each collection.
fn shipped(state: &ManifestState, profile: &Profile, parts: &mut Parts) {
    for handover in state.handovers.iter().filter(|handover| handover.step == Step::Collected) {
        let date = profile.local_date(handover.mark.at.as_millis());
        sized(state, handover, date.year(), parts);
        for handed in &handover.lines {
            let Some(line) = state.lines.get(&handed.line) else { continue };
            let Some(cell) = month(line, date) else { continue };
            let mut add = |key| add(parts, (key, cell, handover.mark.event), handed.mass_g);
            if let Some(site) = handover.from_site {
                add(TallyKey::Shipped { party: handover.from, site, year: date.year() });
            }
            if let Some(consignee) = consignee(state) {
                add(TallyKey::Between { consignor: handover.from, consignee, year: date.year() });
            }
        }
    }
}

/// How large the loads of a collection are: of each code one.
fn sized(state: &ManifestState, handover: &HandoverRecord, year: i32, parts: &mut Parts) {
    let Some(site) = handover.from_site else { return };
    let key = TallyKey::Shipped { party: handover.from, site, year };
    let mut loads: BTreeMap<WasteCode, i64> = BTreeMap::new();
    for handed in &handover.lines {
        let code = state.lines.get(&handed.line).and_then(|line| line.code);
        let load = code.map(|code| loads.entry(code).or_default());
        load.into_iter().for_each(|load| *load = load.saturating_add(handed.mass_g));
    }
    let loading = handover.mark.event;
    for (code, mass_g) in loads {
        let Some(bits) = mass_g.checked_ilog2().and_then(|bits| u8::try_from(bits).ok()) else { continue };
        add(parts, (key, Cell::Size { code, bits }, loading), 0);
        add(parts, (key, Cell::Load { code, mass_g, loading }, loading), 0);
    }
}

/// What was accepted, at each receipt.
fn accepted(state: &ManifestState, profile: &Profile, parts: &mut Parts) {
    for receipt in &state.receipts {
        let date = profile.local_date(receipt.mark.at.as_millis());
        let Mark { party, event, .. } = receipt.mark;
        let key = |site| TallyKey::Intake { party, site, year: date.year() };
        for (number, accepted_g) in &receipt.accepted {
            let cell = state.lines.get(number).and_then(|line| month(line, date));
            if let Some(cell) = cell.filter(|_| *accepted_g != 0) {
                add(parts, (key(Some(receipt.site)), cell, event), *accepted_g);
                add(parts, (key(None), cell, event), *accepted_g);
            }
        }
    }
}

/// By how much more or less was found than was shipped, within the tolerance: what is beyond it is a finding by itself.
fn differing(state: &ManifestState, profile: &Profile, parts: &mut Parts) {
    let Some(registration) = &state.registration else { return };
    let (consignor, consignee) = (registration.consignor.party, registration.consignee.party);
    for line in state.lines.values().filter(|line| line.is_received() && line.shipped_g != 0) {
        let differs_g = line.found_g().wrapping_sub(line.shipped_g);
        let is_within =
            differs_g.unsigned_abs() <= mass_tolerance_g(profile, line, line.shipped_g).unsigned_abs();
        let (Some(at), Some(event)) = (line.received_at, line.received_by.last()) else { continue };
        if differs_g == 0 || !is_within {
            continue;
        }
        let date = profile.local_date(at.as_millis());
        let cell = Cell::Day { day: i64::from(date.to_epoch_days()) };
        for year in years_of(date, profile.threshold("mass-bias", "days")) {
            add(parts, (TallyKey::Between { consignor, consignee, year }, cell, *event), differs_g);
        }
    }
}

/// The years in which a period of so many days may end that holds a day.
fn years_of(date: NaiveDate, days: i64) -> impl Iterator<Item = i32> {
    let left = i64::from(366 - i32::try_from(date.ordinal()).unwrap_or(366));
    let reaches_next = left < days;
    [date.year()].into_iter().chain(reaches_next.then_some(date.year() + 1))
}

fn consignee(state: &ManifestState) -> Option<Uscc> {
    state.registration.as_ref().map(|registration| registration.consignee.party)
}

fn month(line: &LineState, date: NaiveDate) -> Option<Cell> {
    let code: WasteCode = line.code?;
    let operation: Option<Operation> = line.treatment.map(|treatment| treatment.operation());
    Some(Cell::Month { code, operation, month: u8::try_from(date.month()).unwrap_or(0) })
}

pub(super) fn add(parts: &mut Parts, at: (TallyKey, Cell, EventId), mass_g: i64) {
    let sum = parts.entry(at).or_insert(0);
    *sum = sum.wrapping_add(mass_g);
}
