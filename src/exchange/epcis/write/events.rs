//! Statements as events of EPCIS.

use serde_json::{Map, Value, json};

use super::parts::{at, ends, line, of_lot, put, step};
use super::{Ledger, Said};
use crate::custody::Statement;
use crate::custody::payload::handover::{Handover, Received, Step};
use crate::custody::payload::manifest::Registered;
use crate::custody::payload::waste::{Draw, LotsAppeared, Repacked, StoreMoved, Treated};
use crate::id::{LotId, ManifestId, SiteId};

/// The events that a statement becomes; none where EPCIS has no word for it.
pub(super) fn of(ledger: &Ledger<'_>, said: &Said) -> Vec<Value> {
    let events = match &said.event.statement {
        Statement::ManifestRegistered(registered) => vec![self::registered(ledger, said, registered)],
        Statement::ManifestVoided(ended) | Statement::ManifestDeclined(ended) => {
            vec![self::ended(ledger, said, ended.manifest)]
        }
        Statement::StockOpened(lots) | Statement::WasteGenerated(lots) => vec![appeared(ledger, said, lots)],
        Statement::WasteStored(moved) => vec![stored(ledger, said, moved, "storing")],
        Statement::WasteWithdrawn(moved) => vec![stored(ledger, said, moved, "picking")],
        Statement::WasteRepacked(repacked) => vec![self::repacked(ledger, said, repacked)],
        Statement::WasteCollected(handover) => handed(ledger, said, handover, Step::Collected, 0),
        Statement::WasteTransferred(handover) => handed(ledger, said, handover, Step::Transferred, 0),
        Statement::WasteDelivered(handover) => handed(ledger, said, handover, Step::Delivered, 0),
        Statement::WasteReturned(handover) => handed(ledger, said, handover, Step::Returned, 0),
        Statement::PaperBackfilled(paper) => (0_u8..)
            .zip(paper.handovers.iter())
            .flat_map(|(n, part)| {
                let handover = part.as_handover(paper.manifest);
                let mut events =
                    handed(ledger, said, &handover, part.step, n.saturating_mul(4).saturating_add(8));
                for event in &mut events {
                    put(event, "eventTime", json!(part.at.to_string()));
                }
                events
            })
            .collect(),
        Statement::WasteReceived(received) => self::received(ledger, said, received),
        Statement::WasteUsed(treated) => vec![self::treated(ledger, said, treated, false)],
        Statement::WasteDisposed(treated) => vec![self::treated(ledger, said, treated, true)],
        _ => Vec::new(),
    };
    events.into_iter().map(Value::Object).collect()
}

/// The manifest as the transaction it is: whom the waste leaves, whom it goes to, how much is planned.
fn registered(ledger: &Ledger<'_>, said: &Said, registered: &Registered) -> Map<String, Value> {
    let mut event = ledger.event(said, "TransactionEvent", 0);
    put(&mut event, "action", json!("ADD"));
    transaction(ledger, &mut event, registered.manifest);
    let lot = |line| LotId::of_line(registered.manifest, line);
    let planned = registered.lines.iter().map(|it| of_lot(ledger, lot(it.line), it.planned.mass_g.get()));
    put(&mut event, "quantityList", planned.collect());
    step(&mut event, "consigning", Some("reserved"));
    let from = (said.event.party, Some(registered.site));
    ends(ledger, &mut event, from, (registered.consignee.party, Some(registered.consignee.site)));
    let lines =
        registered.lines.iter().map(|it| line(ledger, lot(it.line), &it.code.to_string(), &it.planned));
    put(&mut event, "liandan:lines", lines.collect());
    event
}

/// The manifest is off.
fn ended(ledger: &Ledger<'_>, said: &Said, manifest: ManifestId) -> Map<String, Value> {
    let mut event = ledger.event(said, "TransactionEvent", 0);
    put(&mut event, "action", json!("DELETE"));
    transaction(ledger, &mut event, manifest);
    put(&mut event, "epcList", json!([]));
    step(&mut event, "void_shipping", None);
    event
}

/// Names the manifest as the paper that an event is under. CBV has no type for it, so the type is ours.
fn transaction(ledger: &Ledger<'_>, event: &mut Map<String, Value>, manifest: ManifestId) {
    let kind = format!("{}/epcis/def/waste-manifest", ledger.home);
    put(event, "bizTransactionList", json!([{"type": kind, "bizTransaction": ledger.manifest(manifest)}]));
}

fn object(ledger: &Ledger<'_>, said: &Said, action: &str, n: u8) -> Map<String, Value> {
    let mut event = ledger.event(said, "ObjectEvent", n);
    put(&mut event, "action", json!(action));
    event
}

fn draws(ledger: &Ledger<'_>, draws: &[Draw]) -> Value {
    draws.iter().map(|draw| of_lot(ledger, draw.lot, draw.mass_g.get())).collect()
}

fn appeared(ledger: &Ledger<'_>, said: &Said, lots: &LotsAppeared) -> Map<String, Value> {
    let mut event = object(ledger, said, "ADD", 0);
    let quantities = lots.lots.iter().map(|lot| of_lot(ledger, lot.lot, lot.quantity.mass_g.get()));
    put(&mut event, "quantityList", quantities.collect());
    step(&mut event, "commissioning", Some("active"));
    at(ledger, &mut event, said, Some(lots.site));
    let lines = lots.lots.iter().map(|lot| line(ledger, lot.lot, &lot.code.to_string(), &lot.quantity));
    put(&mut event, "liandan:lines", lines.collect());
    event
}

fn stored(ledger: &Ledger<'_>, said: &Said, moved: &StoreMoved, word: &str) -> Map<String, Value> {
    let mut event = object(ledger, said, "OBSERVE", 0);
    put(&mut event, "quantityList", draws(ledger, &moved.lots));
    step(&mut event, word, Some("in_progress"));
    at(ledger, &mut event, said, Some(moved.site));
    event
}

fn repacked(ledger: &Ledger<'_>, said: &Said, repacked: &Repacked) -> Map<String, Value> {
    let mut event = ledger.event(said, "TransformationEvent", 0);
    put(&mut event, "inputQuantityList", draws(ledger, &repacked.inputs));
    let outputs = repacked.outputs.iter().map(|lot| of_lot(ledger, lot.lot, lot.quantity.mass_g.get()));
    put(&mut event, "outputQuantityList", outputs.collect());
    step(&mut event, "repackaging", Some("active"));
    at(ledger, &mut event, said, Some(repacked.site));
    event
}

/// Custody passes: what was drawn becomes the lot of its line, the lots go on or off the vehicle, and they change hands.
fn handed(ledger: &Ledger<'_>, said: &Said, handover: &Handover, by: Step, n: u8) -> Vec<Map<String, Value>> {
    let lot = |line| LotId::of_line(handover.manifest, line);
    let quantities: Vec<Value> =
        handover.lines.iter().map(|it| of_lot(ledger, lot(it.line), it.quantity.mass_g.get())).collect();
    let mut events = Vec::new();
    let drawn: Vec<Draw> = handover.lines.iter().flat_map(|it| it.drawn.iter().copied()).collect();
    if !drawn.is_empty() {
        let mut event = ledger.event(said, "TransformationEvent", n);
        put(&mut event, "inputQuantityList", draws(ledger, &drawn));
        let out = handover.lines.iter().filter(|it| !it.drawn.is_empty());
        let out = out.map(|it| of_lot(ledger, lot(it.line), it.quantity.mass_g.get()));
        put(&mut event, "outputQuantityList", out.collect());
        step(&mut event, "picking", Some("active"));
        at(ledger, &mut event, said, handover.from_site);
        events.push(event);
    }
    if let Some(vehicle) = &handover.vehicle {
        let mut event = ledger.event(said, "AggregationEvent", n.saturating_add(1));
        put(&mut event, "action", json!("ADD"));
        put(&mut event, "parentID", json!(ledger.uri("vehicle", vehicle)));
        put(&mut event, "childEPCs", json!([]));
        put(&mut event, "childQuantityList", json!(quantities));
        step(&mut event, "loading", Some("in_transit"));
        at(ledger, &mut event, said, handover.from_site);
        events.push(event);
    }
    let mut event = object(ledger, said, "OBSERVE", n.saturating_add(2));
    put(&mut event, "quantityList", json!(quantities));
    let (word, disposition, site) = match by {
        Step::Collected => ("shipping", "in_transit", handover.from_site),
        Step::Transferred => ("transporting", "in_transit", handover.from_site.or(handover.to_site)),
        Step::Delivered => ("arriving", "in_progress", handover.to_site),
        Step::Returned => ("receiving", "returned", handover.to_site),
    };
    step(&mut event, word, Some(disposition));
    at(ledger, &mut event, said, site);
    transaction(ledger, &mut event, handover.manifest);
    ends(ledger, &mut event, (handover.from, handover.from_site), (handover.to, handover.to_site));
    let lines =
        handover.lines.iter().map(|it| line(ledger, lot(it.line), &it.code.to_string(), &it.quantity));
    put(&mut event, "liandan:lines", lines.collect());
    let containers: Vec<String> = handover
        .lines
        .iter()
        .flat_map(|it| it.containers.iter())
        .map(|id| ledger.uri("container", &id.to_string()))
        .collect();
    if !containers.is_empty() {
        put(&mut event, "liandan:containers", json!(containers));
    }
    photos(&mut event, handover.photos.iter().map(ToString::to_string));
    events.push(event);
    events
}

/// Digests of photos, which stay with the ledger.
fn photos(event: &mut Map<String, Value>, digests: impl Iterator<Item = String>) {
    let digests: Vec<String> = digests.map(|digest| format!("ni:///sha-256;{digest}")).collect();
    if !digests.is_empty() {
        put(event, "liandan:photos", json!(digests));
    }
}

/// What the consignee found: what it accepted, and what it did not.
fn received(ledger: &Ledger<'_>, said: &Said, received: &Received) -> Vec<Map<String, Value>> {
    let lot = |line| LotId::of_line(received.manifest, line);
    let mut events = Vec::new();
    for (n, word, disposition) in [(0, "accepting", "active"), (1, "inspecting", "non_conformant")] {
        let of = |it: &crate::custody::payload::handover::ReceivedLine| {
            let quantity = if n == 0 { it.accepted.clone() } else { it.rejected.clone() };
            quantity.map(|quantity| (it.line, it.code, quantity))
        };
        let lines: Vec<_> = received.lines.iter().filter_map(of).collect();
        if lines.is_empty() {
            continue;
        }
        let mut event = object(ledger, said, "OBSERVE", n);
        let quantities =
            lines.iter().map(|(line, _, quantity)| of_lot(ledger, lot(*line), quantity.mass_g.get()));
        put(&mut event, "quantityList", quantities.collect());
        step(&mut event, word, Some(disposition));
        at(ledger, &mut event, said, Some(received.site));
        transaction(ledger, &mut event, received.manifest);
        let told = lines.iter().map(|(n, code, quantity)| line(ledger, lot(*n), &code.to_string(), quantity));
        put(&mut event, "liandan:lines", told.collect());
        photos(&mut event, received.photos.iter().map(ToString::to_string));
        events.push(event);
    }
    events
}

/// Used or disposed of: a transformation where something comes out, else the end of what went in.
fn treated(ledger: &Ledger<'_>, said: &Said, treated: &Treated, is_disposal: bool) -> Map<String, Value> {
    let word = if is_disposal { "destroying" } else { "other" };
    let mut event = if treated.outputs.is_empty() {
        let mut event = object(ledger, said, "DELETE", 0);
        put(&mut event, "quantityList", draws(ledger, &treated.inputs));
        step(&mut event, word, Some(if is_disposal { "destroyed" } else { "inactive" }));
        event
    } else {
        let mut event = ledger.event(said, "TransformationEvent", 0);
        put(&mut event, "inputQuantityList", draws(ledger, &treated.inputs));
        let outputs = treated.outputs.iter().map(|lot| of_lot(ledger, lot.lot, lot.quantity.mass_g.get()));
        put(&mut event, "outputQuantityList", outputs.collect());
        step(&mut event, word, None);
        event
    };
    let site: SiteId = treated.site;
    at(ledger, &mut event, said, Some(site));
    put(&mut event, "liandan:treatment", json!(treated.method.to_string()));
    event
}
