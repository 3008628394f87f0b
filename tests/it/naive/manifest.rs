//! One manifest: its events in order, and questions asked of them line by line.

use std::collections::{BTreeMap, BTreeSet};

use liandan::catalogue::{TreatmentCode, Uscc, WasteCode};
use liandan::custody::payload::handover::{HandedLine, Handover, Received, ReceivedLine, Step};
use liandan::custody::payload::manifest::{PlannedLine, Registered};
use liandan::custody::{Statement, Subject};
use liandan::id::ManifestId;
use liandan::ledger::EventId;

use super::order::Judged;
use super::{Log, NaiveLine, NaiveManifest, total};

/// The events of one manifest that count, in the order of their effect.
pub(super) struct Manifest<'a> {
    pub(super) id: ManifestId,
    pub(super) events: Vec<&'a Judged<'a>>,
}

/// One handover of one line.
#[derive(Clone, Copy)]
pub(super) struct Handed<'a> {
    pub(super) step: Step,
    pub(super) handover: &'a Handover,
    pub(super) line: &'a HandedLine,
}

/// A step that does not fit the sequence of holders.
#[derive(Clone)]
pub(super) struct Break {
    pub(super) rule: &'static str,
    pub(super) event: EventId,
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

impl<'a> Manifest<'a> {
    pub(super) fn of(log: &'a Log<'a>, id: ManifestId) -> Self {
        let mut events: Vec<&Judged<'a>> =
            log.counting().filter(|judged| judged.touches.contains(&Subject::Manifest(id))).collect();
        events.sort_by_key(|judged| judged.key());
        Self { id, events }
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

    /// Numbers of the lines anybody registered, handed over or received.
    pub(super) fn lines(&self) -> BTreeSet<u16> {
        let planned = self.registration().into_iter().flat_map(|(_, s)| s.lines.iter().map(|line| line.line));
        planned.chain(self.moved()).collect()
    }

    /// Numbers of the lines anybody handed over or received.
    fn moved(&self) -> BTreeSet<u16> {
        self.events.iter().flat_map(|judged| named_lines(judged)).collect()
    }

    pub(super) fn registration(&self) -> Option<(&'a Judged<'a>, &'a Registered)> {
        self.events.iter().find_map(|judged| match &judged.entry.event.statement {
            Statement::ManifestRegistered(s) => Some((*judged, s)),
            _ => None,
        })
    }

    fn planned(&self, number: u16) -> Option<&'a PlannedLine> {
        self.registration()?.1.lines.iter().find(|line| line.line == number)
    }

    /// Events of one sort.
    pub(super) fn all(&self, wanted: fn(&Statement) -> bool) -> impl Iterator<Item = &'a Judged<'a>> {
        self.events.iter().copied().filter(move |judged| wanted(&judged.entry.event.statement))
    }

    /// Handovers in order.
    pub(super) fn handovers(&self) -> impl DoubleEndedIterator<Item = (&'a Judged<'a>, Step, &'a Handover)> {
        self.events.iter().filter_map(|judged| judged.handover().map(|(step, s)| (*judged, step, s)))
    }

    /// Handovers of one line in order.
    pub(super) fn handed(&self, number: u16) -> impl DoubleEndedIterator<Item = Handed<'a>> {
        self.handovers().filter_map(move |(_, step, handover)| {
            let line = handover.lines.iter().find(|line| line.line == number)?;
            Some(Handed { step, handover, line })
        })
    }

    /// Receipts of one line in order.
    fn receipts(&self, number: u16) -> impl DoubleEndedIterator<Item = &'a ReceivedLine> {
        self.events
            .iter()
            .filter_map(|judged| receipt(judged))
            .filter_map(move |s| s.lines.iter().find(|line| line.line == number))
    }

    pub(super) fn code(&self, number: u16) -> Option<WasteCode> {
        let stated = self.events.iter().find_map(|judged| {
            let handed = judged.handover().and_then(|(_, s)| s.lines.iter().find(|l| l.line == number));
            let received = receipt(judged).and_then(|s| s.lines.iter().find(|l| l.line == number));
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

    /// The last thing that happened to the line put it on the road and not at a site.
    pub(super) fn is_on_the_way(&self, number: u16) -> bool {
        let last = self.events.iter().rev().find(|judged| named_lines(judged).contains(&number));
        let Some((step, handover)) = last.and_then(|judged| judged.handover()) else { return false };
        match step {
            Step::Collected => true,
            Step::Delivered => false,
            Step::Transferred | Step::Returned => handover.to_site.is_none(),
        }
    }

    /// On the way there: what was rejected and goes back has no planned arrival.
    pub(super) fn is_on_the_way_out(&self, number: u16) -> bool {
        let last = self.events.iter().rev().find(|judged| named_lines(judged).contains(&number));
        let goes_back =
            last.and_then(|judged| judged.handover()).is_some_and(|(step, _)| step == Step::Returned);
        self.is_on_the_way(number) && !goes_back
    }

    pub(super) fn breaks(&self, number: u16) -> Vec<Break> {
        self.hands(number).breaks
    }

    /// Walk one line from hand to hand.
    fn hands(&self, number: u16) -> Hands {
        let mut hands = Hands::default();
        let mut consignor = None;
        let (mut accepted_g, mut rejected_g) = (0_i64, 0_i64);
        for judged in &self.events {
            if let Statement::ManifestRegistered(_) = &judged.entry.event.statement {
                consignor = Some(judged.entry.event.party);
            }
            if !named_lines(judged).contains(&number) {
                continue;
            }
            if let Some((step, handover)) = judged.handover() {
                hands.pass(judged.entry.id, step, handover, consignor);
            }
            let Some(s) = receipt(judged) else { continue };
            hands.take_in(judged.entry.id, judged.entry.event.party);
            for line in s.lines.iter().filter(|line| line.line == number) {
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
            } else if self.registration().is_none() {
                "unregistered"
            } else if any(|s| matches!(s, Statement::ManifestAssigned(_))) {
                "assigned"
            } else if any(|s| matches!(s, Statement::ManifestConfirmed(_))) {
                "confirmed"
            } else {
                "registered"
            };
        }
        let arrived = any(|s| matches!(s, Statement::WasteDelivered(_) | Statement::WasteReceived(_)));
        let returned = moved.iter().any(|line| self.returned_g(*line) != 0);
        if !arrived || moved.iter().any(|line| self.is_on_the_way(*line)) {
            return if returned { "returned" } else { "in-transit" };
        }
        if !moved.iter().all(|line| self.is_received(*line)) {
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
        let (own, registered) = self.registration()?;
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
    fn pass(&mut self, event: EventId, step: Step, handover: &Handover, consignor: Option<Uscc>) {
        let (from, to) = (handover.from, handover.to);
        let apart = step == Step::Returned && self.rejected.is_some();
        let held_by = if apart { self.rejected.clone().unwrap_or_default() } else { self.now.clone() };
        let broken = |rule, held_by: Vec<Uscc>| Break { rule, event, from, to, held_by };
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
    fn take_in(&mut self, event: EventId, to: Uscc) {
        if self.now.contains(&to) {
            return;
        }
        let held_by = std::mem::replace(&mut self.now, vec![to]);
        let from = held_by.first().copied().unwrap_or(to);
        self.before.extend(held_by.iter().copied());
        self.breaks.push(Break { rule: "custody-broken", event, from, to, held_by });
    }
}

pub(super) fn receipt<'a>(judged: &Judged<'a>) -> Option<&'a Received> {
    match &judged.entry.event.statement {
        Statement::WasteReceived(s) => Some(s),
        _ => None,
    }
}

/// Numbers of the lines an event hands over or receives, as it orders them.
pub(super) fn named_lines(judged: &Judged<'_>) -> Vec<u16> {
    let handed = judged.handover().into_iter().flat_map(|(_, s)| s.lines.iter().map(|line| line.line));
    let received = receipt(judged).into_iter().flat_map(|s| s.lines.iter().map(|line| line.line));
    handed.chain(received).collect()
}
