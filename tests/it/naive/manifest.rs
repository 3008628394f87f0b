//! One manifest: its events in order, and questions asked of them line by line.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use liandan::catalogue::{TreatmentCode, Uscc, WasteCode};
use liandan::clock::Timestamp;
use liandan::custody::payload::handover::{HandedLine, Handover, Received, ReceivedLine, Step};
use liandan::custody::payload::manifest::{Mode, PlannedLine, Registered};
use liandan::custody::{Statement, Subject, Verdict};
use liandan::id::ManifestId;
use liandan::ledger::EventId;
use liandan::shape::Plate;

use super::order::Judged;
use super::{Log, NaiveLine, NaiveManifest, total};

/// The events of one manifest that count, in the order of their effect.
pub(super) struct Manifest<'a> {
    pub(super) id: ManifestId,
    pub(super) events: Vec<&'a Judged<'a>>,
    /// What was handed over and received, in order; what ran on paper at the times of the paper.
    pub(super) moves: Vec<Move<'a>>,
    /// Statements of releasing sides that say what a taking side says, in order.
    pub(super) confirming: Vec<&'a Judged<'a>>,
    pub(super) intent: Intent<'a>,
}

/// What was declared before anything moved.
#[derive(Default)]
pub(super) struct Intent<'a> {
    /// The registration, with what amendments changed.
    pub(super) plan: Option<Registered>,
    pub(super) registered: Option<&'a Judged<'a>>,
    /// Numbers of planned lines that were given up after others left.
    given_up: BTreeSet<u16>,
    /// The declaration that last changed the plan.
    pub(super) planned: Option<&'a Judged<'a>>,
    confirmed: bool,
    /// Carrier, leg and vehicle of the assignments that stand.
    pub(super) assigned: Vec<(Uscc, u8, Plate)>,
}

/// Something that moved, or was received.
pub(super) struct Move<'a> {
    pub(super) judged: &'a Judged<'a>,
    pub(super) at: Timestamp,
    key: (Timestamp, usize, i64, EventId),
    /// Which handover of a paper, from 1; else 0.
    pub(super) part: usize,
    pub(super) what: What<'a>,
}

pub(super) enum What<'a> {
    Handed(Step, Box<Cow<'a, Handover>>),
    Received(&'a Received),
}

/// One handover of one line.
#[derive(Clone, Copy)]
pub(super) struct Handed<'m> {
    pub(super) step: Step,
    pub(super) handover: &'m Handover,
    pub(super) line: &'m HandedLine,
}

/// A step that does not fit the sequence of holders.
#[derive(Clone)]
pub(super) struct Break {
    pub(super) rule: &'static str,
    /// Name of the step.
    pub(super) step: String,
    pub(super) from: Uscc,
    pub(super) to: Uscc,
    pub(super) held_by: Vec<Uscc>,
}

/// The sequence of holders of one line.
#[derive(Default)]
struct Hands {
    now: Vec<Uscc>,
    /// Who has the rejected part, once it parted from the accepted one.
    rejected: Option<Vec<Uscc>>,
    before: Vec<Uscc>,
    breaks: Vec<Break>,
}

impl<'a> Move<'a> {
    fn all(judged: &'a Judged<'a>) -> Vec<Self> {
        let alone = |what| Move { judged, at: judged.at, key: judged.key(), part: 0, what };
        match &judged.entry.event.statement {
            Statement::WasteReceived(s) => vec![alone(What::Received(s))],
            Statement::PaperBackfilled(s) => {
                let part = |(n, handed): (usize, &liandan::custody::payload::waste::PaperHandover)| {
                    let at = handed.at.min(judged.entry.recorded_at);
                    let key = (at, 0, handed.step.kind().rank(), judged.entry.id);
                    let what =
                        What::Handed(handed.step, Box::new(Cow::Owned(handed.as_handover(s.manifest))));
                    Move { judged, at, key, part: n + 1, what }
                };
                s.handovers.iter().enumerate().map(part).collect()
            }
            _ => {
                let handed = judged.handover();
                handed
                    .map(|(step, s)| alone(What::Handed(step, Box::new(Cow::Borrowed(s)))))
                    .into_iter()
                    .collect()
            }
        }
    }

    /// The name that findings give it.
    pub(super) fn name(&self) -> String {
        let id = self.judged.entry.id;
        if self.part == 0 { format!("event:{id}") } else { format!("event:{id}#{}", self.part) }
    }

    pub(super) fn handed(&self) -> Option<(Step, &Handover)> {
        match &self.what {
            What::Handed(step, s) => Some((*step, s)),
            What::Received(_) => None,
        }
    }

    fn received(&self) -> Option<&'a Received> {
        match &self.what {
            What::Handed(..) => None,
            What::Received(s) => Some(s),
        }
    }

    /// Numbers of the lines it hands over or receives, as it orders them.
    pub(super) fn lines(&self) -> Vec<u16> {
        match &self.what {
            What::Handed(_, s) => s.lines.iter().map(|line| line.line).collect(),
            What::Received(s) => s.lines.iter().map(|line| line.line).collect(),
        }
    }
}

impl<'a> Intent<'a> {
    /// Declarations in order; an amendment after the first move changes nothing.
    fn of(events: &[&'a Judged<'a>], moves: &[Move<'a>]) -> Self {
        let mut intent = Self::default();
        for judged in events {
            match &judged.entry.event.statement {
                Statement::ManifestRegistered(s) => {
                    intent.plan = Some(s.clone());
                    (intent.registered, intent.planned) = (Some(*judged), Some(*judged));
                }
                Statement::ManifestConfirmed(_) => intent.confirmed = true,
                Statement::ManifestAssigned(s) => {
                    intent.assigned.push((judged.entry.event.party, s.leg, s.vehicle.clone()));
                }
                Statement::ManifestAmended(s) => {
                    let Some(plan) = intent.plan.as_mut() else { continue };
                    let before: Vec<&Move<'a>> =
                        moves.iter().filter(|step| step.key < judged.key()).collect();
                    if !before.is_empty() {
                        let Some(kept) = &s.lines else { continue };
                        let stays = |number: &u16| {
                            kept.iter().any(|k| k.line == *number)
                                || before.iter().any(|step| step.lines().contains(number))
                        };
                        let numbers = plan.lines.iter().map(|line| line.line);
                        intent.given_up.extend(numbers.filter(|number| !stays(number)));
                        continue;
                    }
                    intent.planned = Some(*judged);
                    plan.consignee = s.consignee.unwrap_or(plan.consignee);
                    plan.planned_departure = s.planned_departure.unwrap_or(plan.planned_departure);
                    plan.planned_arrival = s.planned_arrival.unwrap_or(plan.planned_arrival);
                    plan.lines = s.lines.clone().unwrap_or_else(|| plan.lines.clone());
                    if let Some(legs) = &s.legs {
                        plan.legs = legs.clone();
                        intent.assigned.retain(|(carrier, leg, _)| {
                            legs.get(usize::from(*leg) - 1).is_some_and(|leg| leg.carrier == *carrier)
                        });
                    }
                    intent.confirmed &= s.consignee.is_none() && s.lines.is_none();
                }
                _ => {}
            }
        }
        intent
    }
}

impl<'a> Manifest<'a> {
    pub(super) fn of(log: &'a Log<'a>, id: ManifestId) -> Self {
        Self::before(log, id, u64::MAX)
    }

    /// The manifest as far as the entries before a log index tell.
    pub(super) fn before(log: &'a Log<'a>, id: ManifestId, index: u64) -> Self {
        let mut touching: Vec<&Judged<'a>> = log
            .judged
            .iter()
            .filter(|judged| judged.entry.index < index && judged.touches.contains(&Subject::Manifest(id)))
            .collect();
        touching.sort_by_key(|judged| judged.key());
        let events: Vec<_> = touching.iter().copied().filter(|judged| judged.verdict.moves()).collect();
        let confirming = touching.into_iter().filter(|judged| judged.verdict == Verdict::Confirms).collect();
        let mut moves: Vec<Move<'a>> = events.iter().flat_map(|judged| Move::all(judged)).collect();
        moves.sort_by_key(|step| (step.key, step.part));
        let intent = Intent::of(&events, &moves);
        Self { id, events, moves, confirming, intent }
    }

    pub(super) fn summary(&self, log: &Log<'_>) -> NaiveManifest {
        let line = |number: u16| {
            let hands = self.hands(number);
            let line = NaiveLine {
                holders: hands.now,
                rejected_holders: hands.rejected,
                shipped_g: self.shipped_g(number),
                accepted_g: self.accepted_g(number),
                rejected_g: self.rejected_g(number),
            };
            (number, line)
        };
        let lines: BTreeMap<u16, NaiveLine> = self.lines().into_iter().map(line).collect();
        NaiveManifest { status: self.status(), lines, number: self.number(log) }
    }

    /// Numbers of the lines that are planned, or that anybody handed over or received.
    pub(super) fn lines(&self) -> BTreeSet<u16> {
        let planned = self.intent.plan.iter().flat_map(|s| s.lines.iter().map(|line| line.line));
        let planned = planned.filter(|number| !self.intent.given_up.contains(number));
        planned.chain(self.moved()).collect()
    }

    /// Numbers of the lines anybody handed over or received.
    fn moved(&self) -> BTreeSet<u16> {
        self.moves.iter().flat_map(Move::lines).collect()
    }

    fn planned(&self, number: u16) -> Option<&PlannedLine> {
        let is_given_up = self.intent.given_up.contains(&number);
        self.intent.plan.as_ref().filter(|_| !is_given_up)?.lines.iter().find(|line| line.line == number)
    }

    /// Events of one sort.
    pub(super) fn all(&self, wanted: fn(&Statement) -> bool) -> impl Iterator<Item = &'a Judged<'a>> {
        self.events.iter().copied().filter(move |judged| wanted(&judged.entry.event.statement))
    }

    /// Handovers in order.
    pub(super) fn handovers(&self) -> impl DoubleEndedIterator<Item = (&Move<'a>, Step, &Handover)> {
        self.moves.iter().filter_map(|step| step.handed().map(|(kind, s)| (step, kind, s)))
    }

    /// Handovers of one line in order.
    pub(super) fn handed(&self, number: u16) -> impl DoubleEndedIterator<Item = Handed<'_>> {
        self.handovers().filter_map(move |(_, step, handover)| {
            let line = handover.lines.iter().find(|line| line.line == number)?;
            Some(Handed { step, handover, line })
        })
    }

    /// True when a handover ends the way of its lines: at a consignee's gate, or out of a pipeline.
    pub(super) fn is_arrival(&self, step: Step, handover: &Handover) -> bool {
        let at_its_end = |plan: &Registered| {
            plan.consignee.party == handover.to || plan.legs.iter().any(|leg| leg.mode == Mode::Pipeline)
        };
        match step {
            Step::Delivered => true,
            Step::Collected => {
                handover.to_site.is_some() && self.intent.plan.as_ref().is_some_and(at_its_end)
            }
            Step::Transferred | Step::Returned => false,
        }
    }

    /// Receipts of one line in order.
    fn receipts(&self, number: u16) -> impl DoubleEndedIterator<Item = &'a ReceivedLine> {
        self.moves
            .iter()
            .filter_map(Move::received)
            .filter_map(move |s| s.lines.iter().find(|line| line.line == number))
    }

    pub(super) fn code(&self, number: u16) -> Option<WasteCode> {
        let stated = self.moves.iter().find_map(|step| {
            let handed = step.handed().and_then(|(_, s)| s.lines.iter().find(|l| l.line == number));
            let received = step.received().and_then(|s| s.lines.iter().find(|l| l.line == number));
            handed.map(|line| line.code).or(received.map(|line| line.code))
        });
        self.planned(number).map(|line| line.code).or(stated)
    }

    pub(super) fn treatment(&self, number: u16) -> Option<TreatmentCode> {
        self.planned(number).map(|line| line.treatment)
    }

    pub(super) fn container_litres(&self, number: u16) -> Option<u32> {
        self.planned(number).and_then(|line| line.container_litres)
    }

    /// Exemptions anybody claimed for a line.
    pub(super) fn claims(&self, number: u16) -> Vec<String> {
        let planned = self.planned(number).into_iter().flat_map(|line| line.exemptions.iter());
        let handed = self.handed(number).flat_map(|handed| handed.line.exemptions.iter());
        planned.chain(handed).map(ToString::to_string).collect()
    }

    pub(super) fn shipped_g(&self, number: u16) -> i64 {
        let collected = self.handed(number).filter(|handed| handed.step == Step::Collected);
        total(collected.map(|handed| handed.line.quantity.grams()))
    }

    /// Collected after the last receipt of the line; nothing where there was none.
    fn collected_since_g(&self, number: u16) -> i64 {
        let is_receipt = |step: &&Move<'_>| step.received().is_some() && step.lines().contains(&number);
        let later = self.moves.iter().rev().take_while(|step| !is_receipt(step));
        let collected = later.filter_map(Move::handed).filter(|(step, _)| *step == Step::Collected);
        let lines = collected.flat_map(|(_, s)| s.lines.iter()).filter(|line| line.line == number);
        total(lines.map(|line| line.quantity.grams()))
    }

    /// What had left when the line was last received.
    pub(super) fn due_g(&self, number: u16) -> i64 {
        self.shipped_g(number).wrapping_sub(self.collected_since_g(number))
    }

    /// A delivery then is still to be received.
    pub(super) fn awaits_receipt(&self, number: u16, delivered_at: Timestamp) -> bool {
        let is_receipt = |step: &&Move<'_>| step.received().is_some() && step.lines().contains(&number);
        let last = self.moves.iter().filter(is_receipt).map(|step| step.at).max();
        !self.is_received(number) || self.collected_since_g(number) != 0 && last < Some(delivered_at)
    }

    fn returned_g(&self, number: u16) -> i64 {
        let returned = self
            .handed(number)
            .filter(|handed| handed.step == Step::Returned && handed.handover.to_site.is_some());
        total(returned.map(|handed| handed.line.quantity.grams()))
    }

    pub(super) fn accepted_g(&self, number: u16) -> i64 {
        total(self.receipts(number).filter_map(|line| Some(line.accepted.as_ref()?.grams())))
    }

    pub(super) fn rejected_g(&self, number: u16) -> i64 {
        total(self.receipts(number).filter_map(|line| Some(line.rejected.as_ref()?.grams())))
    }

    /// The last receipt did not say that more is to come.
    pub(super) fn is_received(&self, number: u16) -> bool {
        self.receipts(number).next_back().is_some_and(|line| !line.more)
    }

    /// The consignee itself received of it; of what nobody registered, whoever did.
    fn consignee_has(&self, number: u16) -> bool {
        let Some(plan) = &self.intent.plan else { return true };
        let received = self.moves.iter().filter(|step| step.received().is_some());
        let mut by_consignee = received.filter(|step| step.judged.entry.event.party == plan.consignee.party);
        by_consignee.any(|step| step.lines().contains(&number))
    }

    /// The last handover of a line, where nothing was received after it.
    fn last_handed(&self, number: u16) -> Option<(Step, &Handover)> {
        self.moves.iter().rev().find(|step| step.lines().contains(&number))?.handed()
    }

    /// On the way there; the last thing that happened to the line put it on the road.
    pub(super) fn is_on_the_way_out(&self, number: u16) -> bool {
        self.last_handed(number).is_some_and(|(step, s)| {
            s.to_site.is_none() && matches!(step, Step::Collected | Step::Transferred)
        })
    }

    /// In a site on the way there, or on the road there or back.
    fn is_underway(&self, number: u16) -> bool {
        self.last_handed(number).is_some_and(|(step, s)| match step {
            Step::Collected => !self.is_arrival(step, s),
            Step::Transferred => true,
            Step::Delivered => false,
            Step::Returned => s.to_site.is_none(),
        })
    }

    pub(super) fn breaks(&self, number: u16) -> Vec<Break> {
        self.hands(number).breaks
    }

    /// Walk one line from hand to hand.
    fn hands(&self, number: u16) -> Hands {
        let mut hands = Hands::default();
        let registered = self.intent.registered;
        let (mut accepted_g, mut rejected_g) = (0_i64, 0_i64);
        for step in self.moves.iter().filter(|step| step.lines().contains(&number)) {
            if let Some((kind, handover)) = step.handed() {
                let consignor = registered.filter(|registered| registered.key() < step.key);
                hands.pass(step.name(), kind, handover, consignor.map(|judged| judged.entry.event.party));
            }
            let Some(s) = step.received() else { continue };
            let by = step.judged.entry.event.party;
            for line in s.lines.iter().filter(|line| line.line == number) {
                if line.accepted.is_some() && rejected_g != 0 {
                    hands.rejected.get_or_insert(hands.now.clone());
                }
                if line.at_gate {
                    hands.refuse(by, line.accepted.is_some() || accepted_g != 0);
                }
                if !line.at_gate || line.accepted.is_some() {
                    hands.take_in(step.name(), by);
                }
                accepted_g = accepted_g.wrapping_add(line.accepted.as_ref().map_or(0, |q| q.grams()));
                rejected_g = rejected_g.wrapping_add(line.rejected.as_ref().map_or(0, |q| q.grams()));
            }
            if accepted_g != 0 && rejected_g != 0 && hands.rejected.is_none() {
                hands.rejected = Some(hands.now.clone());
            }
        }
        hands
    }

    fn status(&self) -> &'static str {
        let any = |wanted: fn(&Statement) -> bool| self.all(wanted).next().is_some();
        let moved = self.moved();
        if moved.is_empty() {
            return if any(|s| matches!(s, Statement::ManifestVoided(_))) {
                "voided"
            } else if any(|s| matches!(s, Statement::ManifestDeclined(_))) {
                "declined"
            } else if self.intent.plan.is_none() {
                "unregistered"
            } else if !self.intent.assigned.is_empty() {
                "assigned"
            } else if self.intent.confirmed {
                "confirmed"
            } else {
                "registered"
            };
        }
        let arrives = |step: &Move<'_>| {
            step.received().is_some() || step.handed().is_some_and(|(kind, s)| self.is_arrival(kind, s))
        };
        let returned = moved.iter().any(|line| self.returned_g(*line) != 0);
        if !self.moves.iter().any(arrives) || moved.iter().any(|line| self.is_underway(*line)) {
            return if returned { "returned" } else { "in-transit" };
        }
        if !moved.iter().all(|line| self.is_received(*line) && self.consignee_has(*line)) {
            return "delivered";
        }
        let accepted = moved.iter().any(|line| self.accepted_g(*line) != 0);
        let rejected = moved.iter().any(|line| self.rejected_g(*line) != 0);
        match (accepted, rejected) {
            (_, false) => "received",
            (true, true) => "partly",
            (false, true) if returned => "returned",
            (false, true) => "rejected",
        }
    }

    /// The Nth registration of its division and year, counted in log order.
    fn number(&self, log: &Log<'_>) -> Option<String> {
        let own = self.intent.registered?;
        let Statement::ManifestRegistered(registered) = &own.entry.event.statement else { return None };
        let numbering = log.rulebook.profile.numbering();
        let series = |judged: &Judged<'_>, s: &Registered| {
            let year = log.rulebook.profile.local_year(judged.entry.recorded_at.as_millis());
            Some((log.division(&s.site)?, year))
        };
        let (division, year) = series(own, registered)?;
        let serial = log
            .counting()
            .filter(|judged| judged.entry.index <= own.entry.index)
            .filter(|judged| match &judged.entry.event.statement {
                Statement::ManifestRegistered(s) => series(judged, s) == Some((division, year)),
                _ => false,
            })
            .count();
        let digits = usize::from(numbering.serial_digits);
        let template = numbering.own.as_ref()?;
        let number = template.replace("{year}", &year.to_string());
        let number = number.replace("{division}", &division.to_string());
        Some(number.replace("{serial}", &format!("{serial:0digits$}")))
    }
}

impl Hands {
    fn pass(&mut self, name: String, step: Step, handover: &Handover, consignor: Option<Uscc>) {
        let (from, to) = (handover.from, handover.to);
        let apart = step == Step::Returned && self.rejected.is_some();
        let held_by = if apart { self.rejected.clone().unwrap_or_default() } else { self.now.clone() };
        let broken = |rule, held_by: Vec<Uscc>| Break { rule, step: name.clone(), from, to, held_by };
        let also = || held_by.iter().copied().chain([to]).collect::<Vec<Uscc>>();
        let first = step == Step::Collected;
        let (now, fault) = if first && held_by.is_empty() {
            let stranger = consignor.filter(|consignor| *consignor != from);
            (vec![to], stranger.map(|consignor| broken("custody-broken", vec![consignor])))
        } else if first {
            (also(), Some(broken("two-holders", held_by.clone())))
        } else if held_by.contains(&from) {
            (vec![to], None)
        } else if !self.before.contains(&from) {
            (vec![to], Some(broken("custody-broken", held_by.clone())))
        } else if held_by == [to] {
            (held_by.clone(), None) // The same handover stated again, by its other side.
        } else {
            (also(), Some(broken("two-holders", held_by.clone())))
        };
        self.breaks.extend(fault);
        if apart {
            self.rejected = Some(now);
        } else {
            self.before.extend(held_by);
            self.now = now;
        }
    }

    /// Who receives must have it by then.
    fn take_in(&mut self, name: String, to: Uscc) {
        if self.now.contains(&to) {
            return;
        }
        let held_by = std::mem::replace(&mut self.now, vec![to]);
        let from = held_by.first().copied().unwrap_or(to);
        self.before.extend(held_by.iter().copied());
        self.breaks.push(Break { rule: "custody-broken", step: name, from, to, held_by });
    }

    /// What is refused at the gate stays with who brought it: whoever has it, or had it before it was handed to the gate.
    fn refuse(&mut self, at: Uscc, is_part: bool) {
        let handed_in = self.now == [at] && !self.before.is_empty();
        let with = if handed_in { self.before[self.before.len() - 1..].to_vec() } else { self.now.clone() };
        if is_part {
            self.rejected.get_or_insert(with);
        } else {
            self.now = with;
        }
    }
}
