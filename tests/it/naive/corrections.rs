//! What events say once everybody who signed them agreed that a field was wrong, or the authority said so.

use std::collections::{BTreeMap, BTreeSet};

use liandan::catalogue::Uscc;
use liandan::custody::payload::statement::{CorrectedValue, Correction};
use liandan::custody::{Event, Statement};
use liandan::id::CorrectionId;
use liandan::ledger::EventId;
use liandan::shape::List;
use serde_json::json;

use super::Entry;
use super::order::handover;

/// A value that waits for those who signed.
struct Waiting<'a> {
    correction: &'a Correction,
    asked: BTreeSet<Uscc>,
}

/// The entries with every correction that counts, the one that came to count last winning.
pub(super) fn applied(entries: &[Entry]) -> Vec<Entry> {
    let mut corrected = entries.to_vec();
    let mut waiting: BTreeMap<CorrectionId, Waiting<'_>> = BTreeMap::new();
    for entry in entries {
        let party = entry.event.party;
        let agreed = match &entry.event.statement {
            Statement::CorrectionOrdered(s) => Some(s),
            Statement::CorrectionProposed(s) => {
                let mut asked = signers(entries, entry.index, &s.event);
                asked.remove(&party);
                let is_alone = asked.is_empty();
                waiting.insert(s.correction, Waiting { correction: s, asked });
                is_alone.then_some(s)
            }
            Statement::CorrectionAgreed(s) => {
                let Some(waits) = waiting.get_mut(&s.correction) else { continue };
                let was_last = waits.asked.remove(&party) && waits.asked.is_empty();
                was_last.then_some(waits.correction)
            }
            Statement::CorrectionRefused(s) => {
                waiting.remove(&s.correction);
                None
            }
            _ => None,
        };
        let Some(correction) = agreed else { continue };
        let Some(target) = corrected.iter_mut().find(|other| other.id == correction.event) else { continue };
        target.event = with(&target.event, correction);
        agree_anew(target);
    }
    corrected
}

/// An offer beside a handover whose masses were agreed to anew differs from it no more.
fn agree_anew(entry: &mut Entry) {
    let (Some((_, s)), Some((offer, _, _))) = (handover(&entry.event), &mut entry.offer) else { return };
    let mut lines = offer.lines.to_vec();
    for line in s.lines.iter() {
        for offered in lines.iter_mut().filter(|offered| offered.line == line.line) {
            offered.mass_g = line.quantity.mass_g;
        }
    }
    offer.lines = List::new(lines).unwrap();
}

/// Who signed an event before a log index: its signer, both sides where the offer in it is good, who countersigned.
fn signers(entries: &[Entry], before: u64, id: &EventId) -> BTreeSet<Uscc> {
    let Some(entry) = entries.iter().find(|entry| entry.id == *id) else { return BTreeSet::new() };
    let mut signers = BTreeSet::from([entry.event.party]);
    if let (Some((_, s)), Some((_, _, true))) = (handover(&entry.event), &entry.offer) {
        signers.extend([s.from, s.to]);
    }
    let earlier = entries.iter().filter(|other| other.index < before);
    signers.extend(earlier.filter_map(|other| match &other.event.statement {
        Statement::HandoverCountersigned(s) if s.event == *id => Some(other.event.party),
        _ => None,
    }));
    signers
}

fn with(event: &Event, correction: &Correction) -> Event {
    let value = match &correction.value {
        CorrectedValue::MassG(value) => json!(value),
        CorrectedValue::Code(value) => json!(value),
        CorrectedValue::Containers(value) => json!(value),
        CorrectedValue::Vehicle(value) => json!(value),
        CorrectedValue::Time(value) => json!(value),
    };
    let mut json = event.to_json();
    *json.pointer_mut(&correction.pointer).unwrap() = value;
    let holder = correction.pointer.strip_suffix("/mass_g").and_then(|holder| json.pointer_mut(holder));
    if let Some(quantity) = holder.and_then(|holder| holder.as_object_mut()) {
        // How the mass was written and weighed belongs to the mass that was signed.
        quantity.retain(|name, _| !["written", "unit", "gross_g", "tare_g"].contains(&name.as_str()));
    }
    Event::parse(json.to_string().as_bytes()).unwrap()
}
