//! Trips: from one place to another over the road, with everything that may happen to a load on its way.

use liandan::catalogue::{TreatmentCode, WasteCode};
use liandan::custody::Statement;
use liandan::custody::payload::handover::{
    HandedLine, Handover, Offer, OfferedLine, Outcome, Received, ReceivedLine, Step,
};
use liandan::custody::payload::manifest::{Assigned, Confirmed, Leg, Mode, PartyAt, PlannedLine, Registered};
use liandan::custody::payload::waste::Draw;
use liandan::id::{LotId, ManifestId};
use liandan::ledger::EventId;
use liandan::registry::Role;
use liandan::shape::{List, Text};

use super::make::{Hidden, Maker, grams, quantity};
use super::places::{Place, Places, kid};
use crate::support::ledger::LOG;

/// Hours from a registration to the planned arrival: no history is that long.
const PLANNED_HOURS: i64 = 72;

/// One manifest under way.
struct Trip {
    manifest: ManifestId,
    code: WasteCode,
    treatment: TreatmentCode,
    from: Place,
    to: Place,
    carriers: Vec<Place>,
    lines: Vec<Load>,
    last: Option<EventId>,
}

/// One line of it.
struct Load {
    number: u16,
    drawn: Vec<Draw>,
    /// On the vehicle.
    mass_g: i64,
    /// Rejected and at the consignee.
    sampled_g: i64,
    /// Rejected and still on the vehicle.
    at_gate_g: i64,
}

/// Who lets go at which site, and who takes over at which.
#[derive(Clone, Copy)]
struct Between {
    from: (Place, bool),
    to: (Place, bool),
}

impl Maker {
    /// Something is loaded, carried and received.
    pub(super) fn trip(&mut self) {
        let Some(mut trip) = self.loads() else { return };
        self.registers(&mut trip);
        self.collects(&mut trip);
        let mut carrier = trip.carriers[0];
        for next in trip.carriers.clone().into_iter().skip(1) {
            self.passes_on(&mut trip, carrier, next);
            carrier = next;
        }
        if self.once_in(5) {
            self.stores_on_the_way(&mut trip, carrier);
        }
        self.arrives(&mut trip, carrier);
        self.returns(&mut trip, carrier);
    }

    fn loads(&mut self) -> Option<Trip> {
        let places = Places::all();
        let (from, code) = self.any_stock(|_| true)?;
        let takers: Vec<_> =
            places.takers(code).into_iter().filter(|(to, _)| to.party != from.party).collect();
        let (to, treatment) = (!takers.is_empty()).then(|| self.one_of(&takers))?;
        let mut carriers = places.carriers.to_vec();
        carriers.rotate_left(self.random.below(2));
        carriers.truncate(if self.once_in(3) { 2 } else { 1 });
        let manifest = ManifestId::from_uuid(self.new_id());
        let mut lines = Vec::new();
        for number in 1..=(1 + self.random.below(2)) as u16 {
            let drawn = self.draw(from, code);
            let mass_g = drawn.iter().map(|draw| draw.mass_g.get()).sum();
            if mass_g > 0 {
                lines.push(Load { number, drawn, mass_g, sampled_g: 0, at_gate_g: 0 });
            }
        }
        Some(Trip { manifest, code, treatment, from, to, carriers, lines, last: None })
    }

    fn registers(&mut self, trip: &mut Trip) {
        let planned = |load: &Load| PlannedLine {
            line: load.number,
            code: trip.code,
            name: None,
            form: None,
            packaging: None,
            containers: None,
            container_litres: None,
            planned: quantity(load.mass_g),
            exemptions: List::default(),
            treatment: trip.treatment,
        };
        let leg = |carrier: &Place| Leg { carrier: carrier.party, mode: Mode::Vehicle };
        let registered = Registered {
            manifest: trip.manifest,
            site: trip.from.site,
            consignee: PartyAt { party: trip.to.party, site: trip.to.site },
            lines: List::new(trip.lines.iter().map(planned).collect()).unwrap(),
            legs: List::new(trip.carriers.iter().map(leg).collect()).unwrap(),
            planned_departure: self.now,
            planned_arrival: self.now.plus_hours(PLANNED_HOURS),
            trip: None,
            plan: None,
            contract: None,
            approval: None,
            follows: None,
            erp_no: None,
            reasons: List::default(),
        };
        let office = |place: Place| (place, Role::Operator);
        let registered = self.says(office(trip.from), Statement::ManifestRegistered(registered), None, None);
        let confirmed = Statement::ManifestConfirmed(Confirmed { manifest: trip.manifest });
        self.says(office(trip.to), confirmed, None, Some(registered));
        for (leg, carrier) in (1..).zip(trip.carriers.clone()) {
            let assigned = Assigned {
                manifest: trip.manifest,
                leg,
                vehicle: carrier.vehicle(),
                trailer: None,
                driver: Some(kid(carrier.label, Role::Driver)),
                escort: Some(kid(carrier.label, Role::Escort)),
                licence: None,
            };
            self.says(office(carrier), Statement::ManifestAssigned(assigned), None, Some(registered));
        }
        trip.last = Some(registered);
    }

    fn collects(&mut self, trip: &mut Trip) {
        for load in &mut trip.lines {
            let own = LotId::of_line(trip.manifest, load.number);
            if self.hides(Hidden::Undrawn) {
                let more_g = self.some_g(1_000_000);
                load.mass_g += more_g;
                self.plant(Hidden::Undrawn, vec![own], more_g);
            }
        }
        let (from, to) = ((trip.from, true), (trip.carriers[0], false));
        let lines: Vec<(u16, i64)> = trip.lines.iter().map(|load| (load.number, load.mass_g)).collect();
        self.hands(trip, Step::Collected, Between { from, to }, &lines);
        for load in &mut trip.lines {
            if load.mass_g > 1 && self.hides(Hidden::OnTheRoad) {
                let lost_g = self.some_g(load.mass_g - 1);
                load.mass_g -= lost_g;
                let own = LotId::of_line(trip.manifest, load.number);
                self.plant(Hidden::OnTheRoad, vec![own], lost_g);
            }
        }
    }

    /// From vehicle to vehicle.
    fn passes_on(&mut self, trip: &mut Trip, from: Place, to: Place) {
        let lines = trip.on_the_vehicle();
        self.hands(trip, Step::Transferred, Between { from: (from, false), to: (to, false) }, &lines);
    }

    /// Into a yard, and out again onto the road.
    fn stores_on_the_way(&mut self, trip: &mut Trip, carrier: Place) {
        let lines = trip.on_the_vehicle();
        let into = Between { from: (carrier, false), to: (carrier, true) };
        self.hands(trip, Step::Transferred, into, &lines);
        let out_of = Between { from: (carrier, true), to: (carrier, false) };
        self.hands(trip, Step::Transferred, out_of, &lines);
    }

    fn arrives(&mut self, trip: &mut Trip, carrier: Place) {
        let lines = trip.on_the_vehicle();
        self.hands(trip, Step::Delivered, Between { from: (carrier, false), to: (trip.to, true) }, &lines);
        let mut portions: Vec<Vec<ReceivedLine>> = Vec::new();
        for n in 0..trip.lines.len() {
            portions.push(self.portions(trip, n));
        }
        while portions.iter().any(|line| !line.is_empty()) {
            let next: Vec<ReceivedLine> =
                portions.iter_mut().filter(|line| !line.is_empty()).map(|line| line.remove(0)).collect();
            let lines = List::new(next).unwrap();
            let received =
                Received { manifest: trip.manifest, site: trip.to.site, lines, photos: List::default() };
            trip.last = Some(self.says(
                (trip.to, Role::Operator),
                Statement::WasteReceived(received),
                None,
                trip.last,
            ));
        }
        for load in &mut trip.lines {
            let own = LotId::of_line(trip.manifest, load.number);
            self.put(own, trip.to, Some(trip.code), load.mass_g);
        }
    }

    /// What the consignee says of one line, in one go or in several. What it accepts stays in `mass_g`.
    fn portions(&mut self, trip: &mut Trip, n: usize) -> Vec<ReceivedLine> {
        let parts = if self.once_in(5) { 1 + self.random.below(3) } else { 1 };
        let masses = self.split(trip.lines[n].mass_g, parts);
        let (code, load) = (trip.code, &mut trip.lines[n]);
        let mut portions = Vec::new();
        for (part, mass_g) in masses.iter().enumerate() {
            let rejected_g = match self.random.below(8) {
                0 => *mass_g,
                1 if *mass_g > 1 => self.some_g(*mass_g - 1),
                _ => 0,
            };
            let accepted_g = mass_g - rejected_g;
            let at_gate = rejected_g > 0 && self.once_in(2);
            self.history.is_plain &= !at_gate;
            *(if at_gate { &mut load.at_gate_g } else { &mut load.sampled_g }) += rejected_g;
            load.mass_g -= rejected_g;
            portions.push(ReceivedLine {
                line: load.number,
                code,
                outcome: match (accepted_g, rejected_g) {
                    (_, 0) => Outcome::Accepted,
                    (0, _) => Outcome::Rejected,
                    _ => Outcome::Partly,
                },
                accepted: (accepted_g > 0).then(|| quantity(accepted_g)),
                rejected: (rejected_g > 0).then(|| quantity(rejected_g)),
                reason: (rejected_g > 0).then(|| Text::new("含水").unwrap()),
                at_gate,
                more: part + 1 < masses.len(),
            });
        }
        portions
    }

    /// What was rejected goes back, or waits where it is.
    fn returns(&mut self, trip: &mut Trip, carrier: Place) {
        let rejected = |load: &Load| (load.number, load.sampled_g);
        let sampled: Vec<(u16, i64)> =
            trip.lines.iter().map(rejected).filter(|(_, mass_g)| *mass_g > 0).collect();
        let at_gate = |load: &Load| (load.number, load.at_gate_g);
        let at_gate: Vec<(u16, i64)> =
            trip.lines.iter().map(at_gate).filter(|(_, mass_g)| *mass_g > 0).collect();
        let back = (trip.from, true);
        match self.random.below(4) {
            _ if sampled.is_empty() => {}
            0 => self.keeps(trip, &sampled, trip.to),
            1 => {
                self.hands(trip, Step::Returned, Between { from: (trip.to, true), to: back }, &sampled);
                self.keeps(trip, &sampled, trip.from);
            }
            _ => {
                let onto = Between { from: (trip.to, true), to: (carrier, false) };
                self.hands(trip, Step::Returned, onto, &sampled);
                self.hands(trip, Step::Returned, Between { from: (carrier, false), to: back }, &sampled);
                self.keeps(trip, &sampled, trip.from);
            }
        }
        if at_gate.is_empty() {
            return;
        }
        if self.once_in(3) {
            let lots = at_gate.iter().map(|(line, g)| (LotId::rejected_of_line(trip.manifest, *line), *g));
            self.history.on_the_road.extend(lots);
        } else {
            self.hands(trip, Step::Returned, Between { from: (carrier, false), to: back }, &at_gate);
            self.keeps(trip, &at_gate, trip.from);
        }
    }

    /// Rejected waste lies at a place.
    fn keeps(&mut self, trip: &Trip, lines: &[(u16, i64)], place: Place) {
        for (line, mass_g) in lines {
            let lot = LotId::rejected_of_line(trip.manifest, *line);
            self.put(lot, place, Some(trip.code), *mass_g);
        }
    }

    /// One handover, signed by both sides: in one event, or each in its own where there is no signal at the gate.
    fn hands(&mut self, trip: &mut Trip, step: Step, between: Between, lines: &[(u16, i64)]) {
        let ((from, leaves), (to, enters)) = (between.from, between.to);
        let drawn = |line: u16| {
            let load = trip.lines.iter().find(|load| load.number == line && step == Step::Collected);
            load.map_or_else(Vec::new, |load| load.drawn.clone())
        };
        let handed = lines.iter().map(|(line, mass_g)| HandedLine {
            line: *line,
            code: trip.code,
            quantity: quantity(*mass_g),
            exemptions: List::default(),
            drawn: List::new(drawn(*line)).unwrap(),
            containers: List::default(),
        });
        let on_the_road = !enters && to.label != trip.to.label;
        let handover = Handover {
            manifest: trip.manifest,
            from: from.party,
            from_site: leaves.then_some(from.site),
            to: to.party,
            to_site: enters.then_some(to.site),
            vehicle: on_the_road.then(|| to.vehicle()),
            offer: None,
            lines: List::new(handed.collect()).unwrap(),
            missing: List::default(),
            extra: List::default(),
            note: None,
            confirmed: None,
            photos: List::default(),
        };
        let offered = lines.iter().map(|(line, mass_g)| OfferedLine {
            line: *line,
            mass_g: grams(*mass_g),
            drawn: List::default(),
        });
        let offer = Offer {
            v: 1,
            log: Text::new(LOG).unwrap(),
            step,
            manifest: trip.manifest,
            from: from.party,
            to: to.party,
            containers: None,
            lines: List::new(offered.collect()).unwrap(),
            prev: List::default(),
            at: self.now,
            place: None,
        };
        let statement = match step {
            Step::Collected => Statement::WasteCollected(handover),
            Step::Transferred => Statement::WasteTransferred(handover),
            Step::Delivered => Statement::WasteDelivered(handover),
            Step::Returned => Statement::WasteReturned(handover),
        };
        let role = if on_the_road { Role::Driver } else { Role::Operator };
        let takes_over = (to, role);
        if from.party == to.party || !self.once_in(8) {
            trip.last = Some(self.says(takes_over, statement, Some((offer, from.label)), trip.last));
            return;
        }
        let mut sides = [(from, Role::Operator), takes_over];
        sides.rotate_left(self.random.below(2));
        let said = sides.map(|side| self.says(side, statement.clone(), None, trip.last));
        trip.last = Some(said[1]);
    }
}

impl Trip {
    fn on_the_vehicle(&self) -> Vec<(u16, i64)> {
        self.lines.iter().map(|load| (load.number, load.mass_g)).collect()
    }
}
