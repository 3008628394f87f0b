//! When vehicles are asked for: at the moments of the handovers that name them. One old moment in a batch would otherwise bring in all that every
//! vehicle did since.

use std::collections::{BTreeMap, BTreeSet};

use crate::clock::{HOUR_MS, Timestamp};
use crate::shape::Plate;

/// The first and the last of some moments.
pub(super) type Span = (Timestamp, Timestamp);

/// Vehicles that rode within so many milliseconds are looked up together: a month.
const TOGETHER_MS: i64 = 31 * 24 * HOUR_MS;

/// The moments at which vehicles of the events and states at hand took something or gave it away.
#[derive(Default)]
pub(super) struct Rides {
    of: BTreeMap<Plate, Span>,
    /// Moments of all handovers: a correction may put another vehicle into any of them.
    passing: Option<Span>,
    /// Vehicles that corrections put in the place of others.
    corrected: BTreeSet<Plate>,
    /// Moments that corrections put in the place of others.
    moved: Option<Span>,
}

impl Rides {
    /// A handover, with a vehicle or without.
    pub(super) fn read(&mut self, vehicle: Option<&Plate>, at: Timestamp) {
        self.passing = widened(self.passing, (at, at));
        if let Some(vehicle) = vehicle {
            let known = self.of.get(vehicle).copied();
            self.of.extend(widened(known, (at, at)).map(|span| (vehicle.clone(), span)));
        }
    }

    /// The vehicle of some handover at hand was another one.
    pub(super) fn was_with(&mut self, vehicle: &Plate) {
        self.corrected.insert(vehicle.clone());
    }

    /// Some handover at hand was at another moment.
    pub(super) fn was_at(&mut self, at: Timestamp) {
        self.moved = widened(self.moved, (at, at));
    }

    /// Which vehicles to look up together, and from when to when: so many at once as rode within a month.
    pub(super) fn lookups(&self) -> Vec<(Vec<Plate>, Span)> {
        let mut spans = self.of.clone();
        for vehicle in &self.corrected {
            let known = spans.get(vehicle).copied();
            spans.extend(
                self.passing.and_then(|span| widened(known, span)).map(|span| (vehicle.clone(), span)),
            );
        }
        // Which handover it is about is not known here.
        if let Some(moved) = self.moved {
            spans.values_mut().for_each(|span| *span = (span.0.min(moved.0), span.1.max(moved.1)));
        }
        let mut by_time: Vec<(Plate, Span)> = spans.into_iter().collect();
        by_time.sort_by_key(|(_, span)| *span);
        let mut lookups: Vec<(Vec<Plate>, Span)> = Vec::new();
        for (vehicle, span) in by_time {
            match lookups.last_mut() {
                Some((vehicles, (first, last))) if span.1.max(*last).since(*first) <= TOGETHER_MS => {
                    vehicles.push(vehicle);
                    *last = span.1.max(*last);
                }
                _ => lookups.push((vec![vehicle], span)),
            }
        }
        lookups
    }
}

fn widened(known: Option<Span>, (first, last): Span) -> Option<Span> {
    Some(known.map_or((first, last), |known| (known.0.min(first), known.1.max(last))))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn plate(text: &str) -> Plate {
        Plate::new(text).unwrap()
    }

    fn day(day: i64) -> Timestamp {
        Timestamp::from_millis(day * 24 * HOUR_MS)
    }

    #[test]
    fn vehicles_of_a_month_are_looked_up_together_and_an_old_moment_is_its_own_vehicle_s() {
        let (one, other) = (plate("鲁Q12345"), plate("鲁Q54321"));
        let mut rides = Rides::default();
        assert_eq!(rides.lookups(), []);
        rides.read(Some(&one), day(400));
        rides.read(Some(&other), day(402));
        rides.read(None, day(0));
        assert_eq!(rides.lookups(), [(vec![one.clone(), other.clone()], (day(400), day(402)))]);
        rides.read(Some(&other), day(3));
        rides.read(Some(&plate("鲁Q00001")), day(399));
        let apart = [(vec![other], (day(3), day(402))), (vec![plate("鲁Q00001"), one], (day(399), day(400)))];
        assert_eq!(rides.lookups(), apart);
    }

    #[test]
    fn what_was_corrected_may_be_about_any_handover_at_hand() {
        let (one, other) = (plate("鲁Q12345"), plate("鲁Q54321"));
        let mut rides = Rides::default();
        rides.was_with(&other);
        assert_eq!(rides.lookups(), [], "there is no handover");
        rides.read(Some(&one), day(10));
        rides.read(None, day(12));
        assert_eq!(rides.lookups(), [(vec![one.clone(), other.clone()], (day(10), day(12)))]);
        rides.was_at(day(300));
        let apart = [(vec![one], (day(10), day(300))), (vec![other], (day(10), day(300)))];
        assert_eq!(rides.lookups(), apart);
    }
}
