//! What a vehicle carried on a day: rides, each from the loading of something until the carrier passed all of it on.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::parts::add;
use super::{Cell, Parts, TallyKey};
use crate::catalogue::{Division, Profile, Uscc};
use crate::clock::Timestamp;
use crate::custody::manifest::ManifestState;
use crate::custody::payload::handover::Step;
use crate::id::ManifestId;
use crate::ledger::EventId;
use crate::registry::Registry;
use crate::shape::Plate;

/// Most rides of a vehicle that are kept of a day; of more only their number is.
pub(super) const MAX_RIDES: usize = 64;
/// Most days that a ride counts on, from that of its loading.
const MAX_DAYS: i64 = 7;

/// A plate of fixed size, so that keys stay small values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Plate", into = "String")]
pub struct Vehicle([char; Plate::MAX_CHARS]);

impl From<&Plate> for Vehicle {
    fn from(plate: &Plate) -> Self {
        let mut chars = ['\0'; Plate::MAX_CHARS];
        chars.iter_mut().zip(plate.chars()).for_each(|(place, c)| *place = c);
        Self(chars)
    }
}

impl From<Plate> for Vehicle {
    fn from(plate: Plate) -> Self {
        Self::from(&plate)
    }
}

impl From<Vehicle> for String {
    fn from(vehicle: Vehicle) -> Self {
        vehicle.0.into_iter().filter(|c| *c != '\0').collect()
    }
}

impl fmt::Display for Vehicle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from(*self))
    }
}

/// One ride. Rides stand in order of loading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ride {
    /// When it was loaded.
    pub loaded_at: Timestamp,
    /// When its carrier had passed on all of that.
    pub until: Timestamp,
    /// By which event it was loaded.
    pub loading: EventId,
    /// By which event the last of it was passed on.
    pub unloading: EventId,
    /// The manifest.
    pub manifest: ManifestId,
    /// The carrier.
    pub carrier: Uscc,
    /// The county of the consignor's site.
    pub from: Division,
    /// The county of the consignee's site.
    pub to: Division,
}

impl Ride {
    /// True for rides of two manifests from one county to another, and from that one to the first.
    pub fn goes_against(&self, other: &Ride) -> bool {
        self.manifest != other.manifest
            && self.from != self.to
            && (self.from, self.to) == (other.to, other.from)
    }
}

/// The rides of a manifest, on each of the days that they take. What is carried back goes where it came from, and what is still under
/// way may be anywhere: neither is a ride.
pub(super) fn rides(
    id: ManifestId,
    state: &ManifestState,
    profile: &Profile,
    registry: &Registry,
    parts: &mut Parts,
) {
    let Some(registration) = &state.registration else { return };
    let county = |site| registry.site(site).map(|record| record.division);
    let (from, to) = (county(&registration.consignor.site), county(&registration.consignee.site));
    let Some((from, to)) = from.zip(to) else { return };
    for (n, loaded) in state.handovers.iter().enumerate() {
        if loaded.step == Step::Returned || !state.is_loading(loaded) {
            continue;
        }
        let Some((plate, end)) = state.plate(loaded).zip(state.passed_on(n)) else { continue };
        let ride = Ride {
            loaded_at: loaded.mark.at,
            until: end.mark.at,
            loading: loaded.mark.event,
            unloading: end.mark.event,
            manifest: id,
            carrier: loaded.to,
            from,
            to,
        };
        let day = |at: Timestamp| i64::from(profile.local_date(at.as_millis()).to_epoch_days());
        let first = day(ride.loaded_at);
        for day in first..=day(ride.until).min(first + MAX_DAYS - 1) {
            let key = TallyKey::Road { vehicle: plate.into(), day };
            add(parts, (key, Cell::Ride(ride), ride.loading), 0);
            add(parts, (key, Cell::All, ride.loading), 0);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{Part, TallyState};
    use super::*;
    use crate::id::derived;

    fn part(n: u8, loads: i64) -> [Part; 2] {
        let event = EventId::from_bytes([n; 32]);
        let ride = Ride {
            loaded_at: Timestamp::from_millis(i64::from(n)),
            until: Timestamp::from_millis(1_000),
            loading: event,
            unloading: event,
            manifest: ManifestId::from_uuid(derived(&[&[n]])),
            carrier: Uscc::with_check("91371302MA3ACME01").unwrap(),
            from: "371302".parse().unwrap(),
            to: "371311".parse().unwrap(),
        };
        let key = TallyKey::Road { vehicle: Plate::new("鲁Q10001").unwrap().into(), day: 0 };
        [Cell::Ride(ride), Cell::All].map(|cell| Part { key, cell, event, mass_g: 0, loads })
    }

    fn state(parts: &[Part]) -> TallyState {
        let mut state = TallyState::default();
        parts.iter().for_each(|part| state.add(part));
        state
    }

    #[test]
    fn a_plate_comes_back_whole() {
        for text in ["鲁Q10001", "鲁QD123456", "ABCDE12345"] {
            let vehicle = Vehicle::from(Plate::new(text).unwrap());
            assert_eq!(vehicle.to_string(), text);
            let json = serde_json::to_string(&vehicle).unwrap();
            assert_eq!(serde_json::from_str::<Vehicle>(&json).unwrap(), vehicle);
        }
    }

    #[test]
    fn of_very_many_rides_the_first_are_kept_and_all_are_counted() {
        let many: Vec<Part> = (0..100).flat_map(|n| part(n, 1)).collect();
        let mut order = many.clone();
        order.reverse();
        let wanted = state(&many);
        assert_eq!(state(&order), wanted);
        assert_eq!(wanted.cells().len(), MAX_RIDES + 1);
        assert_eq!(wanted.sum(&Cell::All).loads, 100);
        let text = serde_json::to_string(&wanted).unwrap();
        assert_eq!(serde_json::from_str::<TallyState>(&text).unwrap(), wanted);
        order.extend((0..100).flat_map(|n| part(n, -1)));
        assert_eq!(state(&order), TallyState::default());
    }
}
