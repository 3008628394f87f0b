//! The parts of tallies: what the state of a manifest adds to them, and what postings do.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{Cell, TallyKey};
use crate::catalogue::{Operation, Profile, Uscc, WasteCode};
use crate::custody::manifest::{LineState, ManifestState, Mark};
use crate::custody::payload::handover::Step;
use crate::custody::posting::{Account, Posting, counter_account};
use crate::custody::rules::mass_tolerance_g;
use crate::ledger::EventId;

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

/// What a manifest adds to tallies: a pure function of its state.
pub fn of_manifest(state: &ManifestState, profile: &Profile) -> Parts {
    let mut parts = Parts::new();
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

/// What postings of one day add: to what is in store, and to what was treated.
pub fn of_postings(event: EventId, day: i64, postings: &[Posting]) -> Vec<Part> {
    let year = date_of(day).year();
    let mut parts = Vec::new();
    for (n, posting) in postings.iter().enumerate() {
        let Account::Held(party, site) = posting.account else { continue };
        let part = |key, cell, mass_g| Part { key, cell, event, mass_g, loads: 0 };
        parts.push(part(TallyKey::Store { party, site }, Cell::All, posting.mass_g));
        if matches!(counter_account(postings, n), Some(Account::Used | Account::Disposed)) {
            let key = TallyKey::Treated { party, site, year };
            parts.push(part(key, Cell::Day { day }, posting.mass_g.wrapping_neg()));
        }
    }
    parts
}

/// What left, at each collection.
fn shipped(state: &ManifestState, profile: &Profile, parts: &mut Parts) {
    for handover in state.handovers.iter().filter(|handover| handover.step == Step::Collected) {
        let date = profile.local_date(handover.mark.at.as_millis());
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

fn add(parts: &mut Parts, at: (TallyKey, Cell, EventId), mass_g: i64) {
    let sum = parts.entry(at).or_insert(0);
    *sum = sum.wrapping_add(mass_g);
}

fn date_of(day: i64) -> NaiveDate {
    i32::try_from(day).ok().and_then(NaiveDate::from_epoch_days).unwrap_or_default()
}
