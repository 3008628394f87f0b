//! What is kept of one subject between events: its state, its findings, and where in its timeline it stands.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::Recorded;
use super::finding::{FindingStep, Observation, StepKind};
use super::tally::Part;
use super::timeline::Place;
use crate::catalogue::{Division, Uscc};
use crate::clock::Timestamp;
use crate::id::{FindingId, LotId, ManifestId, TallyId, WatchId};
use crate::ledger::EventId;
use crate::shape::Plate;

/// Where a finding is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Life {
    /// An obligation whose due time has not passed.
    Armed,
    /// A finding.
    Open,
    /// No longer so.
    Closed,
}

/// A finding or obligation as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Armed, open or closed.
    pub life: Life,
    /// Number of steps so far.
    pub steps: u32,
    /// When it was last opened.
    pub opened_at: Option<Timestamp>,
    /// When it was last closed.
    pub closed_at: Option<Timestamp>,
    /// What was last seen.
    pub seen: Observation,
}

impl Standing {
    /// A finding about a single entry stands open from that entry on.
    pub fn alone(step: &FindingStep) -> Self {
        Self {
            life: Life::Open,
            steps: step.n + 1,
            opened_at: Some(step.at),
            closed_at: None,
            seen: step.seen.clone(),
        }
    }

    /// True when it is a finding at `now`, whether or not a ticker opened it yet.
    pub fn is_finding_at(&self, now: Timestamp) -> bool {
        self.life == Life::Open || (self.life == Life::Armed && self.seen.is_open_at(now))
    }

    /// When time alone next changes it: an obligation opens, an open finding rises.
    pub fn next_due(&self) -> Option<Timestamp> {
        match self.life {
            Life::Armed => self.seen.due,
            Life::Open => self.seen.rises.first().map(|rise| rise.at),
            Life::Closed => None,
        }
    }
}

/// The findings and obligations of one subject.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Findings {
    standing: BTreeMap<FindingId, Standing>,
    /// Those that differ from what the store holds.
    #[serde(skip)]
    touched: BTreeSet<FindingId>,
}

impl Findings {
    /// Findings as they stand, none of which the store holds so.
    pub fn standing(standing: BTreeMap<FindingId, Standing>) -> Self {
        let mut findings = Self { standing, touched: BTreeSet::new() };
        findings.touch_all();
        findings
    }

    /// Every finding and obligation, by id.
    pub fn all(&self) -> &BTreeMap<FindingId, Standing> {
        &self.standing
    }

    /// Those that changed since this was last asked; what is no longer in [`Findings::all`] is gone.
    pub fn take_touched(&mut self) -> BTreeSet<FindingId> {
        std::mem::take(&mut self.touched)
    }

    /// Say that all of them differ from what the store holds: what it tells beside each has changed.
    pub fn touch_all(&mut self) {
        self.touched.extend(self.standing.keys());
    }

    /// Open what fell due up to `now`, and let rise what is open. Each does so at its own moment, whenever this runs, so that history
    /// does not depend on tickers, restarts or batch sizes.
    pub fn open_due(&mut self, now: Timestamp) -> Vec<FindingStep> {
        let mut steps = Vec::new();
        while let Some((at, id)) = self.next_due().filter(|(at, _)| *at <= now) {
            let Some(standing) = self.standing.get_mut(&id) else { break };
            self.touched.insert(id);
            let kind = if standing.life == Life::Open { StepKind::Revised } else { StepKind::Opened };
            if kind == StepKind::Revised {
                standing.seen.rise(at);
            }
            standing.life = Life::Open;
            steps.push(step(id, standing, kind, at, None));
        }
        steps
    }

    /// When time alone next changes one of them, and which.
    fn next_due(&self) -> Option<(Timestamp, FindingId)> {
        self.standing.iter().filter_map(|(id, standing)| Some((standing.next_due()?, *id))).min()
    }

    /// Compare with what the rules see now, after log entry `index` was recorded at `now`.
    pub fn update(
        &mut self,
        observed: BTreeMap<FindingId, Observation>,
        now: Timestamp,
        index: u64,
    ) -> Vec<FindingStep> {
        let mut steps = Vec::new();
        let known: Vec<FindingId> = self.standing.keys().copied().collect();
        for id in known.into_iter().filter(|id| !observed.contains_key(id)) {
            self.vanish(id, now, index, &mut steps);
        }
        for (id, seen) in observed {
            self.meet(id, seen, now, index, &mut steps);
        }
        steps
    }

    fn vanish(&mut self, id: FindingId, now: Timestamp, index: u64, steps: &mut Vec<FindingStep>) {
        let Some(standing) = self.standing.get_mut(&id) else { return };
        if standing.life == Life::Closed {
            return;
        }
        self.touched.insert(id);
        match standing.life {
            Life::Open => {
                standing.life = Life::Closed;
                steps.push(step(id, standing, StepKind::Closed, now, Some(index)));
            }
            Life::Armed if standing.steps == 0 => {
                self.standing.remove(&id);
            }
            Life::Armed => standing.life = Life::Closed,
            Life::Closed => {}
        }
    }

    fn meet(
        &mut self,
        id: FindingId,
        mut seen: Observation,
        now: Timestamp,
        index: u64,
        steps: &mut Vec<FindingStep>,
    ) {
        let is_open = seen.is_open_at(now);
        if is_open && self.standing.get(&id).is_some_and(|standing| standing.life == Life::Open) {
            while seen.rise(now).is_some() {} // What has risen stays so.
        }
        let is_new = !self.standing.contains_key(&id);
        let fresh =
            Standing { life: Life::Armed, steps: 0, opened_at: None, closed_at: None, seen: seen.clone() };
        let standing = self.standing.entry(id).or_insert(fresh);
        let changed = standing.seen != seen;
        if is_new || changed || is_open != (standing.life == Life::Open) {
            self.touched.insert(id);
        }
        standing.seen = seen;
        match (standing.life, is_open) {
            (Life::Armed | Life::Closed, true) => {
                let at = standing.seen.due.unwrap_or(now);
                standing.life = Life::Open;
                steps.push(step(id, standing, StepKind::Opened, at, Some(index)));
                while let Some(at) = standing.seen.rise(now) {
                    steps.push(step(id, standing, StepKind::Revised, at, Some(index)));
                }
            }
            (Life::Open, true) if changed => {
                steps.push(step(id, standing, StepKind::Revised, now, Some(index)))
            }
            (Life::Open, false) => {
                steps.push(step(id, standing, StepKind::Closed, now, Some(index)));
                standing.life = Life::Armed;
            }
            (Life::Closed, false) => standing.life = Life::Armed,
            (Life::Open, true) | (Life::Armed, false) => {}
        }
    }
}

fn step(
    id: FindingId,
    standing: &mut Standing,
    step: StepKind,
    at: Timestamp,
    index: Option<u64>,
) -> FindingStep {
    let n = standing.steps;
    standing.steps += 1;
    match step {
        StepKind::Opened => (standing.opened_at, standing.closed_at) = (Some(at), None),
        StepKind::Closed => standing.closed_at = Some(at),
        StepKind::Revised => {}
    }
    FindingStep { finding: id, n, step, at, index, seen: standing.seen.clone() }
}

/// What is kept of one subject. Serialised, it is the subject's snapshot in the store.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Shelf<S> {
    /// The folded state.
    pub state: S,
    /// Log index of the first event that touched it.
    pub first_index: Option<u64>,
    /// Log index of the last event that was folded into it; time alone changes findings and leaves it.
    pub updated_index: Option<u64>,
    /// The event that owns the subject's id: the first in log order that created it.
    pub owner: Option<EventId>,
    /// Manifest number or lot code, allotted by log order.
    pub label: Option<String>,
    /// Division of the site the waste leaves, for a manifest: it counts there.
    pub division: Option<Division>,
    /// Place of the last event in its timeline.
    pub last: Option<Place>,
    /// Findings and obligations.
    pub findings: Findings,
    /// What it added to running totals and took out again, with the log index of the entry that did, for a manifest. It is kept because
    /// the profile that decided it may have been another.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tallied: Vec<(u64, Part)>,
    /// Every event of the subject, when they are at hand.
    #[serde(skip)]
    pub history: Option<Vec<Arc<Recorded>>>,
    /// While the history is not at hand: the events folded since the subject was loaded, which the store does not hold yet.
    #[serde(skip)]
    pub recent: Vec<Arc<Recorded>>,
    /// True when it differs from what the store holds.
    #[serde(skip)]
    pub changed: bool,
}

impl<S: Default> Shelf<S> {
    /// A subject no event has touched yet: its whole history is known.
    pub fn fresh() -> Self {
        Self { history: Some(Vec::new()), ..Self::default() }
    }
}

/// A subject whose findings stand on a shelf and may fall due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ShelfId {
    /// A manifest.
    Manifest(ManifestId),
    /// A lot.
    Lot(LotId),
    /// A running total.
    Tally(TallyId),
    /// A watch.
    Watch(WatchId),
}

/// A vehicle a carrier assigned, and until when that assignment explains the vehicle on the road.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// From the assignment on.
    pub from: Timestamp,
    /// Planned arrival of its manifest and the grace after it.
    pub until: Timestamp,
}

/// Vehicles assigned by carriers, over all manifests: swapping two trucks inside one carrier is fine.
#[derive(Clone, Debug, Default)]
pub struct Assignments(HashMap<(Uscc, Plate), BTreeSet<Window>>);

impl Assignments {
    /// Add an assignment.
    pub fn add(&mut self, carrier: Uscc, vehicle: Plate, window: Window) {
        self.0.entry((carrier, vehicle)).or_default().insert(window);
    }

    /// True when the carrier had assigned the vehicle to a manifest that was open at `at`.
    pub fn covers(&self, carrier: Uscc, vehicle: &Plate, at: Timestamp) -> bool {
        let windows = self.0.get(&(carrier, vehicle.clone()));
        windows.is_some_and(|windows| windows.iter().any(|window| window.from <= at && at <= window.until))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::catalogue::Severity;
    use crate::custody::finding::{Figures, Rise};
    use crate::custody::subject::Subject;
    use crate::id::derived;

    const DAY_MS: i64 = 86_400_000;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_millis(day * DAY_MS)
    }

    /// Seen to lie there since a day: a notice after 300 days, minor after 335, critical after 365.
    fn seen(since: i64) -> BTreeMap<FindingId, Observation> {
        let rise = |days, severity| Rise { at: day(since + days), severity };
        let seen = Observation {
            rule: "stored-too-long".to_owned(),
            subject: Subject::Lot(LotId::from_uuid(derived(&[b"lot"]))),
            discriminator: "holder".to_owned(),
            concerns: Vec::new(),
            figures: Figures::none(),
            evidence: Vec::new(),
            severity: Some(Severity::Notice),
            due: Some(day(since + 300)),
            rises: vec![rise(335, Severity::Minor), rise(365, Severity::Critical)],
        };
        BTreeMap::from([(seen.id(), seen)])
    }

    fn told(steps: &[FindingStep]) -> Vec<(StepKind, Timestamp, Option<Severity>)> {
        steps.iter().map(|step| (step.step, step.at, step.seen.severity)).collect()
    }

    #[test]
    fn a_finding_rises_at_its_own_moments_whenever_anybody_looks() {
        let wanted = [
            (StepKind::Opened, day(300), Some(Severity::Notice)),
            (StepKind::Revised, day(335), Some(Severity::Minor)),
            (StepKind::Revised, day(365), Some(Severity::Critical)),
        ];
        let mut once = Findings::default();
        assert_eq!(once.update(seen(0), day(1), 7), []);
        assert_eq!(once.open_due(Timestamp::from_millis(300 * DAY_MS - 1)), []);
        assert_eq!(told(&once.open_due(day(400))), wanted);
        let mut often = Findings::default();
        often.update(seen(0), day(1), 7);
        let steps: Vec<FindingStep> = (290..400).flat_map(|now| often.open_due(day(now))).collect();
        assert_eq!(told(&steps), wanted);
        assert_eq!(often, once);
        let mut late = Findings::default();
        assert_eq!(told(&late.update(seen(0), day(400), 7)), wanted, "recorded when all of it was over");
        assert_eq!(late, once);
    }

    #[test]
    fn what_has_risen_is_not_seen_anew_and_falls_back_with_what_raised_it() {
        let mut findings = Findings::default();
        findings.update(seen(0), day(1), 7);
        findings.open_due(day(340));
        assert_eq!(findings.update(seen(0), day(350), 8), []);
        assert_eq!(
            told(&findings.update(seen(45), day(350), 9)),
            [(StepKind::Revised, day(350), Some(Severity::Notice))]
        );
        assert_eq!(told(&findings.update(seen(60), day(350), 10))[0].0, StepKind::Closed);
        assert_eq!(
            told(&findings.open_due(day(395))),
            [
                (StepKind::Opened, day(360), Some(Severity::Notice)),
                (StepKind::Revised, day(395), Some(Severity::Minor)),
            ]
        );
    }
}
