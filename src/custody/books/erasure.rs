//! Folding an erasure: a manifest whose events go is reduced to what their residues say.
//!
//! The ledger that takes the notice in makes the residues from the events, a later folding reads them where the events
//! were. From there on both do the same: the grams of each entry enter the lots at its own place, and with the notice the
//! manifest becomes what is left of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::record::manifest_counter;
use super::said::{Said, stated_codes};
use super::{Books, Change, Counter, Outcome, Placed};
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::event::Recorded;
use crate::custody::finding::{Figures, Observation};
use crate::custody::graph;
use crate::custody::kind::Statement;
use crate::custody::manifest::{Erased, ManifestState};
use crate::custody::payload::oversight::ErasureNoticed;
use crate::custody::posting::{self, Account};
use crate::custody::register::Registered;
use crate::custody::residue::{Kept, Residue, Rest};
use crate::custody::search;
use crate::custody::shelf::{Findings, Shelf, Standing, Window};
use crate::custody::subject::Subject;
use crate::custody::timeline::{self, Place};
use crate::custody::watch::ToldBy;
use crate::id::{LotId, ManifestId, SiteId};
use crate::ledger::EventId;
use crate::shape::{Plate, Text};

/// An entry that a notice at hand names.
#[derive(Clone, Debug)]
pub enum Named {
    /// Its event, with the verdict in force.
    Said(Arc<Recorded>),
    /// A party said later what its event counts for: what it said must stay readable.
    Restated,
    /// Its content is gone already.
    Erased,
}

impl Books {
    /// Put the entries at hand that notices name, and the findings on their manifests. Only who takes a notice in does so.
    pub fn put_named(&mut self, named: BTreeMap<u64, Named>, findings: BTreeMap<ManifestId, Vec<Kept>>) {
        self.named = Some(named);
        self.kept = findings;
    }

    /// Put a residue at hand, as it was signed.
    pub fn put_residue(&mut self, residue: Residue) {
        self.residues.insert(residue.index, residue);
    }

    /// An entry that a notice names, if the log has it and it was there before this batch.
    pub(in crate::custody) fn named(&self, index: u64) -> Option<&Named> {
        self.named.as_ref()?.get(&index)
    }

    /// True when notices are taken in here, and not folded again.
    pub(in crate::custody) fn takes_notices(&self) -> bool {
        self.named.is_some()
    }

    /// Fold an entry whose content is gone, at its place in the log.
    pub fn record_residue(&mut self, residue: &Residue) -> Outcome {
        let mut outcome = Outcome::default();
        self.known.insert(residue.event);
        let placed =
            |subject, place| Placed { subject, place, index: residue.index, verdict: residue.verdict };
        outcome.placed.push(placed(Subject::Manifest(residue.manifest), residue.place_in_manifest()));
        let said = Said::left_in(residue, self.rulebook.profile);
        for lot in &residue.lots {
            outcome.placed.push(placed(Subject::Lot(*lot), residue.place_by_itself()));
            self.fold_lot(*lot, &said, (residue.index, residue.recorded_at()), &mut outcome);
        }
        let waited = self.awaited.remove(&residue.event).unwrap_or_default();
        outcome.arrived = waited.into_iter().map(|manifest| (residue.event, manifest)).collect();
        outcome.postings.clone_from(&residue.postings);
        outcome.days = self.days_of(&residue.times());
        outcome.edges = residue.edges().collect();
        outcome.tallied.extend(residue.tallied.iter().copied());
        let on = self.rulebook.profile.local_date(residue.recorded_at_ms);
        let sites = residue.sites.iter().copied().collect();
        self.note_sites(&sites, ToldBy { event: residue.event, on }, false, &mut outcome);
        outcome.registered.push(Registered::left_of(residue, &outcome.days));
        if let Some(counter) = self.counter_of(residue) {
            self.count(counter);
        }
        if let Some((vehicle, window)) = residue.assigned.clone() {
            let (carrier, manifest) = (residue.party, residue.manifest);
            self.assignments.add(carrier, vehicle.clone(), window);
            outcome.changes.push(Change::Assigned { carrier, vehicle, window, manifest });
        }
        outcome
    }

    /// The counter that an erased registration moved on, so that a store can bring it.
    pub fn counter_of(&self, residue: &Residue) -> Option<Counter> {
        let year = self.rulebook.profile.local_year(residue.recorded_at_ms);
        residue.numbered.map(|division| manifest_counter(division, year))
    }

    /// A notice reduces every manifest whose entries it names, where residues stand for them. Notices that were taken in before
    /// there were residues erased nothing.
    pub(super) fn fold_erasure(&mut self, act: &Recorded, outcome: &mut Outcome) {
        let Statement::ErasureNoticed(notice) = &act.event.statement else { return };
        if !act.verdict.moves() {
            return;
        }
        outcome.residues = self.residues_of(notice);
        for residue in &outcome.residues {
            self.residues.insert(residue.index, residue.clone());
            self.targets.remove(&residue.event);
            self.named.get_or_insert_default().insert(residue.index, Named::Erased);
        }
        let residues = notice.indexes.iter().filter_map(|index| self.residues.get(index));
        let rests =
            residues.filter_map(|residue| Some((residue.manifest, residue.index, residue.rest.clone()?)));
        for (id, first, rest) in rests.collect::<Vec<_>>() {
            self.reduce(id, first, rest, act, outcome);
        }
    }

    /// The manifest becomes what is left of it.
    fn reduce(&mut self, id: ManifestId, first: u64, rest: Rest, act: &Recorded, outcome: &mut Outcome) {
        let Rest { number, division, owner, status, holders, findings } = rest;
        outcome.erased.push(id);
        outcome.roles.extend(holders.iter().map(|party| (*party, id)));
        let standing = findings.into_iter().map(|kept| (kept.finding, standing(id, kept)));
        let shelf = Shelf {
            state: ManifestState {
                erased: Some(Erased { notice: act.index, status, holders }),
                ..ManifestState::default()
            },
            first_index: Some(first),
            updated_index: Some(act.index),
            owner,
            label: number.map(|number| number.to_string()),
            division,
            findings: Findings::standing(standing.collect()),
            changed: true,
            ..Shelf::default()
        };
        let left = search::terms(&shelf, self.rulebook.profile);
        outcome.terms.extend(search::changes(id, &BTreeSet::new(), &left));
        self.manifests.insert(id, shelf);
    }

    /// The residues of the entries that a notice names, made from their events.
    pub(in crate::custody) fn residues_of(&self, notice: &ErasureNoticed) -> Vec<Residue> {
        let mut places: BTreeMap<EventId, Place> = BTreeMap::new();
        let mut seen: BTreeSet<ManifestId> = BTreeSet::new();
        let mut residues = Vec::new();
        for index in notice.indexes.iter() {
            let Some(Named::Said(recorded)) = self.named(*index) else { continue };
            let Some(id) = recorded.event.manifest() else { continue };
            let Some(shelf) = self.manifests.get(&id) else { continue };
            let is_first = seen.insert(id);
            let history = shelf.history.as_deref().unwrap_or_default();
            if is_first {
                places.extend(timeline::order(history).iter().map(|(place, event)| (event.id, *place)));
            }
            let place = places.get(&recorded.id).copied().unwrap_or_else(|| Place::alone(recorded));
            let rest = is_first.then(|| self.rest_of(id, shelf, history));
            residues.push(self.residue_of(recorded, id, shelf, place, rest));
        }
        residues
    }

    fn residue_of(
        &self,
        recorded: &Recorded,
        manifest: ManifestId,
        shelf: &Shelf<ManifestState>,
        place: Place,
        rest: Option<Rest>,
    ) -> Residue {
        let event = &recorded.event;
        let is_owner = shelf.owner == Some(recorded.id);
        Residue {
            v: 1,
            log: event.log.clone(),
            index: recorded.index,
            event: recorded.id,
            kind: name_of(recorded),
            party: event.party,
            act: event.act,
            recorded_at_ms: recorded.recorded_at.as_millis(),
            skew_ms: recorded.skew_ms,
            verdict: recorded.verdict,
            manifest,
            base_at: recorded.base_time(),
            effective_at: place.effective,
            depth: place.depth,
            lots: event.lots().into_iter().collect(),
            postings: posting::of(recorded),
            times: times_apart(recorded),
            edges: graph::edges(recorded).iter().map(|e| (e.child, e.parent, e.mass_g)).collect(),
            tallied: shelf
                .tallied
                .iter()
                .filter(|(at, _)| *at == recorded.index)
                .map(|(_, part)| *part)
                .collect(),
            codes: codes(recorded),
            sites: sites(recorded),
            assigned: self.assigned(shelf, recorded),
            numbered: shelf.division.filter(|_| is_owner),
            rest,
        }
    }

    /// The vehicle an event assigned, and when that explains it on the road.
    fn assigned(&self, shelf: &Shelf<ManifestState>, recorded: &Recorded) -> Option<(Plate, Window)> {
        let Statement::ManifestAssigned(assigned) = &recorded.event.statement else { return None };
        let window = self.window(shelf, recorded).filter(|_| recorded.verdict.moves())?;
        Some((assigned.vehicle.clone(), window))
    }

    fn rest_of(&self, id: ManifestId, shelf: &Shelf<ManifestState>, history: &[Arc<Recorded>]) -> Rest {
        let postings = history.iter().flat_map(|recorded| posting::of(recorded));
        let holders: BTreeSet<Uscc> = postings
            .filter_map(|posting| match posting.account {
                Account::Held(party, _) => Some(party),
                _ => None,
            })
            .collect();
        Rest {
            number: shelf.label.as_deref().and_then(|number| Text::new(number).ok()),
            division: shelf.division,
            owner: shelf.owner,
            status: shelf.state.status(),
            holders: holders.into_iter().collect(),
            findings: self.kept.get(&id).cloned().unwrap_or_default(),
        }
    }
}

/// The codes an event states for its lots.
/// Where postings belong to moments of their own, as on paper.
fn times_apart(recorded: &Recorded) -> Vec<(u32, Timestamp)> {
    let times = posting::times(recorded);
    let is_one = times == [(0, recorded.base_time())];
    let times = times.into_iter().filter(|_| !is_one);
    times.map(|(from, at)| (u32::try_from(from).unwrap_or(u32::MAX), at)).collect()
}

fn codes(recorded: &Recorded) -> Vec<(LotId, WasteCode)> {
    let stated = recorded.verdict.moves().then(|| stated_codes(recorded));
    stated.into_iter().flatten().map(|(lot, (code, _))| (lot, code)).collect()
}

/// The sites an event is about, where it counts.
fn sites(recorded: &Recorded) -> Vec<SiteId> {
    let sites = recorded.verdict.moves().then(|| recorded.event.sites());
    sites.into_iter().flatten().collect()
}

/// The name of a kind; they are all short.
fn name_of(recorded: &Recorded) -> Text<40> {
    let name = recorded.kind().name();
    Text::new(name).unwrap_or_else(|why| unreachable!("{name}: {why}"))
}

/// A finding of which only that it was there is left.
fn standing(id: ManifestId, kept: Kept) -> Standing {
    let seen = Observation {
        severity: None,
        rule: kept.rule.to_string(),
        subject: Subject::Manifest(id),
        discriminator: String::new(),
        concerns: Vec::new(),
        figures: Figures::none(),
        evidence: Vec::new(),
        due: None,
        rises: Vec::new(),
    };
    Standing { life: kept.life, steps: 0, opened_at: kept.opened_at, closed_at: kept.closed_at, seen }
}
