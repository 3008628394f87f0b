//! The parts of events: masses, ends, places.

use serde_json::{Map, Value, json};

use super::{Ledger, Said};
use crate::catalogue::Uscc;
use crate::id::{LotId, SiteId};
use crate::shape::Quantity;

/// Kilograms of a mass in grams, exactly: at most three decimals, which a double holds for every mass the ledger takes.
fn kilograms(grams: i64) -> Value {
    let (whole, rest) = (grams / 1000, (grams % 1000).abs());
    if rest == 0 {
        return json!(whole);
    }
    serde_json::from_str(&format!("{whole}.{rest:03}")).unwrap_or(Value::Null)
}

/// A lot and how much of it.
pub(super) fn of_lot(ledger: &Ledger<'_>, lot: LotId, grams: i64) -> Value {
    json!({"epcClass": ledger.lot(lot), "quantity": kilograms(grams), "uom": "KGM"})
}

/// What a line says beside its mass: what it is, and how the mass was found.
pub(super) fn line(ledger: &Ledger<'_>, lot: LotId, code: &str, quantity: &Quantity) -> Value {
    json!({
        "liandan:lot": ledger.lot(lot),
        "liandan:wasteCode": code,
        "liandan:basis": serde_json::to_value(quantity.basis).unwrap_or_default(),
    })
}

/// Who lets go and who takes over, each with its site where it has one.
pub(super) fn ends(
    ledger: &Ledger<'_>,
    event: &mut Map<String, Value>,
    from: (Uscc, Option<SiteId>),
    to: (Uscc, Option<SiteId>),
) {
    let list = |member: &str, (party, site): (Uscc, Option<SiteId>)| {
        let mut list =
            vec![json!({"type": "possessing_party", member: ledger.uri("party", &party.to_string())})];
        if let Some(site) = site {
            list.push(json!({"type": "location", member: ledger.uri("site", &site.to_string())}));
        }
        Value::Array(list)
    };
    event.insert("sourceList".to_owned(), list("source", from));
    event.insert("destinationList".to_owned(), list("destination", to));
}

/// Where it was: the site, or the position where there is none.
pub(super) fn at(ledger: &Ledger<'_>, event: &mut Map<String, Value>, said: &Said, site: Option<SiteId>) {
    let degrees = |millionths: i32| {
        let sign = if millionths < 0 { "-" } else { "" };
        let size = millionths.unsigned_abs();
        format!("{sign}{}.{:06}", size / 1_000_000, size % 1_000_000)
    };
    let place = said
        .event
        .place
        .as_ref()
        .map(|place| format!("geo:{},{}", degrees(place.lat_udeg), degrees(place.lon_udeg)));
    let site = site.map(|site| ledger.uri("site", &site.to_string()));
    if let Some(read) = site.clone().or(place) {
        event.insert("readPoint".to_owned(), json!({"id": read}));
    }
    if let Some(site) = site {
        event.insert("bizLocation".to_owned(), json!({"id": site}));
    }
}

/// Puts a member.
pub(super) fn put(event: &mut Map<String, Value>, name: &str, value: Value) {
    event.insert(name.to_owned(), value);
}

/// Step and disposition, by the words of CBV 2.0.
pub(super) fn step(event: &mut Map<String, Value>, step: &str, disposition: Option<&str>) {
    put(event, "bizStep", json!(step));
    if let Some(disposition) = disposition {
        put(event, "disposition", json!(disposition));
    }
}
