//! Feeding a history to books in memory, one event after the other, and to the naive folder beside them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use liandan::catalogue::Uscc;
use liandan::clock::Timestamp;
use liandan::custody::admit::{Candidate, Embedded, Objection};
use liandan::custody::books::{Books, Outcome};
use liandan::custody::event::Anchored;
use liandan::custody::finding::StepKind;
use liandan::custody::rules::{Check, Rule};
use liandan::custody::shelf::{Findings, Life, ShelfId};
use liandan::custody::{Event, Figures, Observation, Subject};
use liandan::id::{ActId, FindingId};
use liandan::ledger::EventId;
use liandan::registry::Role;
use liandan::scenario::{Scripted, World};

use super::make::Said;
use super::places::{founded, kid, rulebook};
use crate::naive::{self, Entry, Naive};
use crate::support::ledger::{LOG, founded_at, log_key};

/// Rules about when an entry arrived: another order of arrival is another finding.
const BY_ARRIVAL: [&str; 4] = ["late-entry", "clock-skew", "declaration-overdue", "ledger-silent"];

/// Findings that are open: what they are about and what they say.
pub(super) type Open = BTreeMap<FindingId, (String, Subject, Figures)>;

/// Books, and every event they took in.
pub(super) struct Fed {
    pub(super) books: Books,
    founding: u64,
    pub(super) entries: Vec<Entry>,
    known: HashSet<EventId>,
    acts: HashMap<(Uscc, ActId), Event>,
    of_entries: Open,
    now: Timestamp,
    /// Some entry came under a used act or id: which of two counts goes by log index.
    pub(super) has_conflicts: bool,
}

impl Fed {
    pub(super) fn new() -> Self {
        let (books, founding) = founded();
        Self {
            books,
            founding,
            entries: Vec::new(),
            known: HashSet::new(),
            acts: HashMap::new(),
            of_entries: Open::new(),
            now: founded_at(),
            has_conflicts: false,
        }
    }

    /// Take in what is said, as the ledger does; `None` for what it had already. A fact is never refused.
    pub(super) fn take(&mut self, said: &Said) -> Result<Option<Outcome>, Vec<Objection>> {
        self.now = self.now.max(said.recorded_at);
        let under_act = (said.event.party, said.event.act);
        let first = self.acts.get(&under_act);
        if self.known.contains(&said.id) || first.is_some_and(|first| *first == said.event) {
            return Ok(None);
        }
        let earlier = |entry: &&Entry| (entry.event.party, entry.event.act) == under_act;
        let act_conflict = self.entries.iter().find(earlier).map(|entry| entry.id);
        let index = self.founding + self.entries.len() as u64;
        let offer = said.offer.as_ref().map(|(offer, by)| (offer.clone(), kid(by, Role::Operator), true));
        let embedded = offer.clone().map(|(body, kid, signature_ok)| Embedded { body, kid, signature_ok });
        let entry = Entry {
            index,
            id: said.id,
            recorded_at: self.now,
            skew_ms: 0,
            kid: kid(said.by.0, said.by.1),
            event: said.event.clone(),
            offer,
            anchor_root: None,
        };
        let (recorded, circumstances) = self.books.admit(Candidate {
            index,
            id: entry.id,
            recorded_at: entry.recorded_at,
            skew_ms: entry.skew_ms,
            kid: entry.kid,
            event: said.event.clone(),
            offer: embedded,
            invitation: None,
            act_conflict,
            anchored: Anchored::None,
            may_refuse: true,
        })?;
        self.has_conflicts |= circumstances.is_conflict();
        let outcome = self.books.record(Arc::new(recorded), circumstances).unwrap();
        self.note(&outcome);
        self.known.insert(said.id);
        self.acts.entry(under_act).or_insert_with(|| said.event.clone());
        self.entries.push(entry);
        Ok(Some(outcome))
    }

    /// Findings about single entries stand on no shelf.
    fn note(&mut self, outcome: &Outcome) {
        for step in outcome.steps.iter().filter(|step| is_about_entries(&step.seen.rule)) {
            let seen = (step.seen.rule.clone(), step.seen.subject, step.seen.figures.clone());
            match step.step {
                StepKind::Opened => self.of_entries.insert(step.finding, seen),
                StepKind::Revised | StepKind::Closed => self.of_entries.remove(&step.finding),
            };
        }
    }

    /// Nothing more is said, and time passes.
    pub(super) fn pass_time(&mut self, to: Timestamp) {
        self.now = self.now.max(to);
        let ids: Vec<_> = self.books.manifests().map(|(id, _)| *id).collect();
        for id in ids {
            self.books.open_due(&ShelfId::Manifest(id), self.now);
        }
    }

    /// Every open finding.
    pub(super) fn open(&self) -> Open {
        let of = |findings: &Findings| -> Vec<(FindingId, (String, Subject, Figures))> {
            let open = findings.all().iter().filter(|(_, standing)| standing.life == Life::Open);
            let told = |seen: &Observation| (seen.rule.clone(), seen.subject, seen.figures.clone());
            open.map(|(id, standing)| (*id, told(&standing.seen))).collect()
        };
        let of_manifests = self.books.manifests().flat_map(|(_, shelf)| of(&shelf.findings));
        let of_lots = self.books.lots().flat_map(|(_, shelf)| of(&shelf.findings));
        of_manifests.chain(of_lots).chain(self.of_entries.clone()).collect()
    }

    /// The open findings that do not tell when something arrived.
    pub(super) fn open_in_any_order(&self) -> Open {
        self.open().into_iter().filter(|(_, (rule, _, _))| !BY_ARRIVAL.contains(&rule.as_str())).collect()
    }

    /// What a naive folder makes of the same log.
    pub(super) fn naive(&self) -> Naive {
        let entries: Vec<Entry> = founding().iter().chain(&self.entries).cloned().collect();
        naive::fold(&entries, self.now, &rulebook())
    }
}

fn is_about_entries(rule: &str) -> bool {
    let looks_at_entry = |check: &Check| matches!(check, Check::OnEntry(_));
    Rule::named(rule).is_some_and(|rule| rule.checks.iter().any(looks_at_entry))
}

/// The entries that founded the world of all histories.
fn founding() -> &'static [Entry] {
    static ENTRIES: OnceLock<Vec<Entry>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let acts = World::embedded().founding(LOG, founded_at(), log_key().public()).unwrap();
        let entry = |(index, act): (u64, &Scripted)| Entry {
            index,
            id: act.envelope.event_id(),
            recorded_at: act.recorded_at,
            skew_ms: act.skew_ms,
            kid: act.envelope.kid(),
            event: Event::parse(act.envelope.payload()).unwrap(),
            offer: None,
            anchor_root: None,
        };
        (0..).zip(&acts).map(entry).collect()
    })
}
