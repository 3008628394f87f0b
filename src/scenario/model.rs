//! A whole ledger in memory, without its tree of hashes: what the server does to an event, done by the same functions.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{Names, Report, Scripted, SeenFinding, SeenLot, SeenManifest};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::admit::{Candidate, Embedded, Objection, handover};
use crate::custody::books::{Outcome, Rulebook};
use crate::custody::event::{Anchored, Verdict};
use crate::custody::finding::{FindingStep, StepKind};
use crate::custody::kind::parse_json;
use crate::custody::manifest::ManifestState;
use crate::custody::rules::{Check, Rule};
use crate::custody::shelf::{Findings, Life};
use crate::custody::stance::shown;
use crate::custody::{Books, Event, Observation, Severity, Statement};
use crate::id::{ActId, FindingId};
use crate::ledger::{Envelope, EventId, Typ};

/// A ledger in memory.
#[derive(Clone, Debug)]
pub struct Model {
    books: Books,
    now: Timestamp,
    size: u64,
    entries: HashMap<EventId, Receipt>,
    /// What each act said first, and by which event.
    acts: HashMap<(Uscc, ActId), (Event, EventId)>,
    /// Findings about single entries, which stand on no shelf: the open ones, and those that were closed.
    of_entries: BTreeMap<FindingId, Observation>,
    closed_entries: BTreeMap<FindingId, Observation>,
}

/// The answer to a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Place in the log.
    pub index: u64,
    /// The event.
    pub event: EventId,
    /// What it counts for.
    pub verdict: Verdict,
    /// False when the ledger had it already.
    pub is_new: bool,
    /// What happened to findings because of it.
    pub steps: Vec<FindingStep>,
}

impl Model {
    /// An empty ledger.
    pub fn new(rulebook: Rulebook) -> Self {
        Self {
            books: Books::new(rulebook),
            now: Timestamp::default(),
            size: 0,
            entries: HashMap::new(),
            acts: HashMap::new(),
            of_entries: BTreeMap::new(),
            closed_entries: BTreeMap::new(),
        }
    }

    /// The books, to look at.
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// What an event counts for by now, with the mark of a suspicion.
    pub fn verdict(&self, event: &EventId) -> Option<Verdict> {
        let target = self.books.target(event)?;
        let key = self.books.registry.key(&target.recorded.kid);
        let is_suspected = key.is_some_and(|key| key.is_suspected_at(target.recorded.index));
        let word = target.last_word.as_ref();
        let is_word_suspected = word.is_some_and(|word| self.books.is_word_suspected(word));
        Some(shown(target.recorded.verdict, is_suspected, word, is_word_suspected))
    }

    /// Number of entries.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Take in one event. `Err` lists every objection, and nothing changed.
    pub fn submit(&mut self, scripted: &Scripted) -> Result<Receipt, Vec<Objection>> {
        self.take(scripted, true)
    }

    /// Take in an event that a log has already: what another ledger took in, with more at hand than there is here, is not refused.
    pub fn keep(&mut self, scripted: &Scripted) -> Result<Receipt, Vec<Objection>> {
        self.take(scripted, false)
    }

    fn take(&mut self, scripted: &Scripted, may_refuse: bool) -> Result<Receipt, Vec<Objection>> {
        self.now = self.now.max(scripted.recorded_at);
        let id = scripted.envelope.event_id();
        if let Some(known) = self.entries.get(&id) {
            return Ok(Receipt { is_new: false, steps: Vec::new(), ..known.clone() });
        }
        let event = Event::parse(scripted.envelope.payload()).map_err(|error| {
            vec![Objection::new("payload-invalid", &error.pointer, "内容有误", &error.message)]
        })?;
        let first = self.acts.get(&(event.party, event.act));
        if let Some((_, first)) = first.filter(|(said, _)| *said == event) {
            return Ok(Receipt { is_new: false, steps: Vec::new(), ..self.entries[first].clone() });
        }
        let act_conflict = first.map(|(_, first)| *first);
        let candidate = Candidate { may_refuse, ..self.candidate(scripted, id, event.clone(), act_conflict) };
        let (recorded, circumstances) = self.books.admit(candidate)?;
        let verdict = recorded.verdict;
        let recorded = Arc::new(recorded);
        let mut outcome = self
            .books
            .record(Arc::clone(&recorded), circumstances)
            .expect("every shelf was made here and keeps its whole history");
        self.books.settle(&recorded, &mut outcome);
        let receipt =
            Receipt { index: self.size, event: id, verdict, is_new: true, steps: outcome.steps.clone() };
        self.note(outcome);
        self.size += 1;
        self.acts.entry((event.party, event.act)).or_insert((event, id));
        self.entries.insert(id, receipt.clone());
        Ok(receipt)
    }

    /// Time passes and nothing else happens: what falls due up to `to` opens.
    pub fn pass_time(&mut self, to: Timestamp) {
        self.now = self.now.max(to);
        for shelf in self.books.with_obligations() {
            self.books.open_due(&shelf, self.now);
        }
    }

    /// What there is to see, in the words of a script.
    pub fn report(&self, names: &Names) -> Report {
        let seen = self.books.manifests().map(|(id, shelf)| SeenManifest {
            manifest: *id,
            status: shelf.state.status().name().to_owned(),
            holders: holders(&shelf.state),
        });
        let mut open: Vec<SeenFinding> = self.of_entries.values().map(seen_finding).collect();
        open.extend(self.shelved(Life::Open));
        let mut closed: Vec<SeenFinding> = self.closed_entries.values().map(seen_finding).collect();
        closed.extend(self.shelved(Life::Closed));
        let lots = self.books.lots().map(|(id, shelf)| SeenLot::of(*id, &shelf.state));
        Report::new(names, &seen.collect::<Vec<_>>(), &open)
            .with_cleared(names, &closed)
            .with_balances(names, &lots.collect::<Vec<_>>())
    }

    /// The finding of a rule on what a script calls so: the open one, else one that was.
    pub fn finding_named(&self, names: &Names, rule: &str, subject: &str) -> Option<FindingId> {
        let shelved = self.shelves().flat_map(Findings::all);
        let shelved = shelved.filter(|(_, standing)| standing.steps > 0);
        let shelved = shelved.map(|(id, standing)| (standing.life != Life::Open, *id, &standing.seen));
        let open = self.of_entries.iter().map(|(id, seen)| (false, *id, seen));
        let closed = self.closed_entries.iter().map(|(id, seen)| (true, *id, seen));
        let named = shelved
            .chain(open)
            .chain(closed)
            .filter(|(_, _, seen)| seen.rule == rule && names.subject(&seen.subject) == subject);
        named.map(|(is_closed, id, _)| (is_closed, id)).min().map(|(_, id)| id)
    }

    /// The findings that are open by now, with their evidence.
    pub fn open_findings(&self) -> Vec<&Observation> {
        self.of_entries.values().chain(self.standing(Life::Open)).collect()
    }

    /// The findings on every shelf.
    fn shelves(&self) -> impl Iterator<Item = &Findings> {
        (self.books.manifests().map(|(_, shelf)| &shelf.findings))
            .chain(self.books.lots().map(|(_, shelf)| &shelf.findings))
            .chain(self.books.labels().map(|(_, shelf)| &shelf.findings))
            .chain(self.books.tallies().map(|tally| &tally.shelf.findings))
            .chain(self.books.watches().map(|watch| &watch.shelf.findings))
    }

    fn shelved(&self, life: Life) -> Vec<SeenFinding> {
        self.standing(life).into_iter().map(seen_finding).collect()
    }

    /// What is seen on the shelves and has this life.
    fn standing(&self, life: Life) -> Vec<&Observation> {
        fn of(findings: &Findings, life: Life) -> impl Iterator<Item = &Observation> {
            let standing = findings.all().values();
            let standing = standing.filter(move |standing| standing.life == life && standing.steps > 0);
            standing.map(|standing| &standing.seen)
        }
        self.shelves().flat_map(|findings| of(findings, life)).collect()
    }

    fn candidate(
        &self,
        scripted: &Scripted,
        id: EventId,
        event: Event,
        act_conflict: Option<EventId>,
    ) -> Candidate {
        let offer = handover(&event).and_then(|(_, handover)| handover.offer.as_ref());
        let offer = offer.and_then(|offer| self.embedded(offer, Typ::Offer));
        let invitation = match &event.statement {
            Statement::KeyEnrolled(s) => Some(&s.invitation),
            Statement::KeyRotated(s) => Some(&s.invitation),
            _ => None,
        };
        let invitation = invitation.and_then(|invitation| self.embedded(invitation, Typ::Invitation));
        let anchored = Anchored::of(event.anchor.as_ref(), self.size, None);
        Candidate {
            index: self.size,
            id,
            recorded_at: self.now,
            skew_ms: scripted.skew_ms,
            kid: scripted.envelope.kid(),
            event,
            offer,
            invitation,
            act_conflict,
            // Here is no tree of hashes, so no anchor has a root to fit.
            anchored,
            may_refuse: true,
        }
    }

    /// A document inside an event, with its signature checked by the key it names; `None` when it cannot be read.
    fn embedded<T: serde::de::DeserializeOwned>(&self, compact: &str, typ: Typ) -> Option<Embedded<T>> {
        let envelope = Envelope::parse(compact.as_bytes(), typ).ok()?;
        let body = parse_json(std::str::from_utf8(envelope.payload()).ok()?, "").ok()?;
        let kid = envelope.kid();
        let key = self.books.registry.key(&kid).map(|key| key.public);
        let signature_ok = key.is_some_and(|key| envelope.verify(&key).is_ok());
        Some(Embedded { body, kid, signature_ok })
    }

    fn note(&mut self, outcome: Outcome) {
        for step in outcome.steps.into_iter().filter(|step| is_about_entries(&step.seen.rule)) {
            let (life, other) = match step.step {
                StepKind::Opened => (&mut self.of_entries, &mut self.closed_entries),
                StepKind::Closed => (&mut self.closed_entries, &mut self.of_entries),
                StepKind::Revised => continue,
            };
            life.insert(step.finding, step.seen);
            other.remove(&step.finding);
        }
    }
}

fn is_about_entries(rule: &str) -> bool {
    let looks_at_entry = |check: &Check| matches!(check, Check::OnEntry(_));
    Rule::named(rule).is_some_and(|rule| rule.checks.iter().any(looks_at_entry))
}

fn seen_finding(seen: &Observation) -> SeenFinding {
    let of_rule = || Rule::named(&seen.rule).map_or(Severity::Notice, |rule| rule.severity);
    SeenFinding {
        rule: seen.rule.clone(),
        subject: seen.subject,
        figures: seen.figures.clone(),
        severity: seen.severity.unwrap_or_else(of_rule),
    }
}

fn holders(state: &ManifestState) -> Vec<Uscc> {
    let mut holders = Vec::new();
    for holder in state.lines.values().filter_map(|line| line.holder.party()) {
        if !holders.contains(&holder) {
            holders.push(holder);
        }
    }
    holders
}
