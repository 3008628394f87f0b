//! Running totals: what an entry adds to them, and what rules see in them then.
//!
//! What an entry changes in tallies is known once it was folded into its manifests and lots ([`Outcome::tallied`]). Only then is
//! it settled, so that a store can bring the tallies that are not at hand.

use std::collections::{BTreeMap, BTreeSet};

use super::registry::asks_for_standing;
use super::{Books, Outcome};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::admit::handover;
use crate::custody::event::{Event, Recorded};
use crate::custody::kind::Statement;
use crate::custody::rules::{TallyView, check_tally};
use crate::custody::shelf::{Life, Shelf};
use crate::custody::tally::{self, Part, TallyKey, TallyState, Vehicle};
use crate::id::{ManifestId, TallyId};

/// Most rides of one manifest that are brought before anybody knows which of them there were.
const MAX_LIKELY_RIDES: usize = 64;

/// A tally on its shelf.
#[derive(Clone, Debug)]
pub struct Tally {
    /// What it adds up.
    pub key: TallyKey,
    /// Its sums and findings.
    pub shelf: Shelf<TallyState>,
}

impl Books {
    /// A tally at hand.
    pub fn tally(&self, key: &TallyKey) -> Option<&Shelf<TallyState>> {
        self.tallies.get(&key.id()).map(|tally| &tally.shelf)
    }

    /// What a tally at hand adds up.
    pub fn tally_key(&self, id: &TallyId) -> Option<TallyKey> {
        self.tallies.get(id).map(|tally| tally.key)
    }

    /// True when a tally is at hand.
    pub fn has_tally(&self, id: &TallyId) -> bool {
        self.tallies.contains_key(id)
    }

    /// The tallies at hand, in no order.
    pub fn tallies(&self) -> impl Iterator<Item = &Tally> {
        self.tallies.values()
    }

    /// Put a tally on the shelf as the store holds it.
    pub fn put_tally(&mut self, tally: Tally) {
        self.tallies.insert(tally.key.id(), tally);
    }

    /// Say that these tallies were looked for: those the store does not hold are empty.
    pub fn have_tallies(&mut self, keys: &BTreeSet<TallyKey>) {
        for key in keys {
            self.tallies.entry(key.id()).or_insert_with(|| Tally { key: *key, shelf: Shelf::default() });
        }
    }

    /// The tallies that an entry changes and that are not at hand.
    pub fn tallies_to_settle(&self, outcome: &Outcome) -> BTreeSet<TallyKey> {
        let keys = outcome.tallied.iter().map(|part| part.key);
        keys.filter(|key| !self.tallies.contains_key(&key.id())).collect()
    }

    /// The tallies that the manifests at hand are likely to change in a year, and that are not at hand: most of what entries of
    /// that year settle.
    pub fn likely_tallies(&self, year: i32) -> BTreeSet<TallyKey> {
        let registrations = self.manifests.values().filter_map(|shelf| shelf.state.registration.as_ref());
        let keys = registrations.flat_map(|registration| {
            let (from, to) = (registration.consignor, registration.consignee);
            let places = [from, to].into_iter().flat_map(|at| tally::of_place(at, year));
            tally::of_way(from, to, year).into_iter().chain(places)
        });
        keys.filter(|key| !self.tallies.contains_key(&key.id())).collect()
    }

    /// What vehicles carried on the days that these events tell of, as far as it is not at hand: a load that is passed on is a ride of
    /// whichever vehicle took it.
    pub fn likely_rides<'a>(&self, events: impl Iterator<Item = &'a Event>) -> BTreeSet<TallyKey> {
        let mut seen: BTreeMap<ManifestId, (BTreeSet<Vehicle>, BTreeSet<i64>)> = BTreeMap::new();
        for event in events {
            if let Some((_, said)) = handover(event) {
                let (vehicles, days) = seen.entry(said.manifest).or_default();
                vehicles.extend(said.vehicle.as_ref().map(Vehicle::from));
                days.insert(self.local_day(event.occurred_at));
            } else if let Statement::ManifestAssigned(said) = &event.statement {
                seen.entry(said.manifest).or_default().0.insert(Vehicle::from(&said.vehicle));
            }
        }
        for (id, (vehicles, days)) in &mut seen {
            let Some(state) = self.manifests.get(id).map(|shelf| &shelf.state) else { continue };
            vehicles.extend(state.assignments.iter().map(|assigned| Vehicle::from(&assigned.vehicle)));
            vehicles.extend(state.handovers.iter().filter_map(|one| one.vehicle.as_ref().map(Vehicle::from)));
            days.extend(state.handovers.iter().map(|one| self.local_day(one.mark.at)));
        }
        // Whoever states more about one manifest has them brought one by one.
        let few = seen.values().filter(|(vehicles, days)| vehicles.len() * days.len() <= MAX_LIKELY_RIDES);
        let rides = few.flat_map(|(vehicles, days)| {
            let ride = |vehicle: &Vehicle| {
                let vehicle = *vehicle;
                days.iter().map(move |day| TallyKey::Road { vehicle, day: *day })
            };
            vehicles.iter().flat_map(ride)
        });
        rides.filter(|key| !self.tallies.contains_key(&key.id())).collect()
    }

    /// Add what an entry changed to its tallies, and tell its watches; then the rules look at them. What is not at hand is empty.
    pub fn settle(&mut self, entry: &Recorded, outcome: &mut Outcome) {
        self.settle_at((entry.index, entry.recorded_at), outcome);
    }

    /// The same for an entry whose content is gone.
    pub fn settle_at(&mut self, at: (u64, Timestamp), outcome: &mut Outcome) {
        let mut parts: BTreeMap<TallyKey, Vec<Part>> = BTreeMap::new();
        for part in &outcome.tallied {
            parts.entry(part.key).or_default().push(*part);
        }
        for (key, parts) in parts {
            let fresh = || Tally { key, shelf: Shelf::default() };
            let mut tally = self.tallies.remove(&key.id()).unwrap_or_else(fresh);
            outcome.steps.extend(tally.shelf.findings.open_due(at.1));
            parts.iter().for_each(|part| tally.shelf.state.add(part));
            self.look_at_tally(&mut tally, at, false, outcome);
            self.tallies.insert(key.id(), tally);
        }
        let reviewed = std::mem::take(&mut outcome.reviewed);
        reviewed.iter().for_each(|party| self.review_tallies(*party, at, outcome));
        outcome.reviewed = reviewed;
        self.settle_watches(at, outcome);
    }

    /// A registry entry recorded late may clear what its absence had raised; it never raises anything itself.
    fn review_tallies(&mut self, party: Uscc, at: (u64, Timestamp), outcome: &mut Outcome) {
        let is_open_on = |tally: &&Tally| {
            let mut standing = tally.shelf.findings.all().values();
            standing.any(|one| {
                one.life == Life::Open
                    && asks_for_standing(&one.seen.rule)
                    && one.seen.concerns.contains(&party)
            })
        };
        let mut ids: Vec<TallyId> = self.tallies.values().filter(is_open_on).map(|t| t.key.id()).collect();
        ids.sort_unstable();
        for id in ids {
            let Some(mut tally) = self.tallies.remove(&id) else { continue };
            outcome.steps.extend(tally.shelf.findings.open_due(at.1));
            self.look_at_tally(&mut tally, at, true, outcome);
            self.tallies.insert(id, tally);
        }
    }

    /// A running total as rules see it.
    pub(in crate::custody) fn tally_view<'a>(
        &'a self,
        key: TallyKey,
        state: &'a TallyState,
    ) -> TallyView<'a> {
        TallyView {
            key,
            state,
            registry: &self.registry,
            papers: &self.papers,
            profile: self.rulebook.profile,
        }
    }

    fn look_at_tally(
        &self,
        tally: &mut Tally,
        (index, now): (u64, Timestamp),
        only_known: bool,
        outcome: &mut Outcome,
    ) {
        let shelf = &mut tally.shelf;
        shelf.first_index.get_or_insert(index);
        shelf.updated_index = Some(index);
        let mut observed = check_tally(&self.tally_view(tally.key, &shelf.state));
        if only_known {
            observed.retain(|finding, _| shelf.findings.all().contains_key(finding));
        }
        outcome.steps.extend(shelf.findings.update(observed, now, index));
        shelf.changed = true;
    }
}
