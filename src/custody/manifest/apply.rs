//! Folding one event into a manifest. Never fails: an impossible step is a fact about the world; rules say what is wrong.

use super::state::{
    Arrival, Assignment, Countersign, HandedMass, HandoverRecord, ManifestState, Mark, Registration, Side,
};
use crate::clock::Timestamp;
use crate::custody::event::{Recorded, Verdict};
use crate::custody::kind::Statement;
use crate::custody::payload::handover::{Handover, Received, Step};
use crate::custody::payload::manifest::{PartyAt, Registered};

impl ManifestState {
    /// Fold one event, effective at `at`, that comes after all events folded before.
    pub fn apply(&mut self, recorded: &Recorded, at: Timestamp) {
        let prev: Vec<_> = recorded.predecessors().copied().collect();
        self.ancestry.push((recorded.id, prev));
        if !recorded.verdict.moves() {
            return;
        }
        let mark = Mark { event: recorded.id, at, party: recorded.event.party };
        match &recorded.event.statement {
            Statement::ManifestRegistered(s) => self.register(recorded, mark, s),
            Statement::ManifestConfirmed(_) => self.confirmed = Some(mark),
            Statement::ManifestDeclined(_) => self.declined = Some(mark),
            Statement::ManifestVoided(_) => self.voided = Some(mark),
            Statement::ManifestAssigned(s) => {
                self.assignments.push(Assignment { mark, leg: s.leg, vehicle: s.vehicle.clone() });
            }
            Statement::WasteCollected(s) => self.hand_over(recorded, mark, Step::Collected, s),
            Statement::WasteTransferred(s) => self.hand_over(recorded, mark, Step::Transferred, s),
            Statement::WasteDelivered(s) => self.hand_over(recorded, mark, Step::Delivered, s),
            Statement::WasteReturned(s) => self.hand_over(recorded, mark, Step::Returned, s),
            Statement::WasteReceived(s) => self.receive(mark, s),
            Statement::HandoverCountersigned(s) => {
                let mut lines: Vec<(u16, i64)> = s.lines.iter().map(|l| (l.line, l.mass_g.get())).collect();
                lines.sort_unstable();
                self.countersigns.push(Countersign { mark, handover: s.event, lines });
            }
            _ => {}
        }
    }

    fn register(&mut self, recorded: &Recorded, mark: Mark, s: &Registered) {
        self.registration = Some(Registration {
            mark,
            index: recorded.index,
            consignor: PartyAt { party: mark.party, site: s.site },
            consignee: s.consignee,
            carriers: s.legs.iter().map(|leg| leg.carrier).collect(),
            planned_departure: s.planned_departure,
            planned_arrival: s.planned_arrival,
            erp_no: s.erp_no.as_ref().map(ToString::to_string),
        });
        for planned in s.lines.iter() {
            let line = self.lines.entry(planned.line).or_default();
            line.code = Some(planned.code);
            line.planned_g = Some(planned.planned.grams());
            line.treatment = Some(planned.treatment);
            line.exemptions.extend(planned.exemptions.iter().map(ToString::to_string));
            line.container_litres = planned.container_litres;
        }
    }

    fn hand_over(&mut self, recorded: &Recorded, mark: Mark, step: Step, s: &Handover) {
        for handed in s.lines.iter() {
            self.pass_custody(mark, step, s, handed.line);
            let line = self.lines.entry(handed.line).or_default();
            line.code = line.code.or(Some(handed.code));
            line.exemptions.extend(handed.exemptions.iter().map(ToString::to_string));
            match step {
                Step::Collected => {
                    line.shipped_g = line.shipped_g.wrapping_add(handed.quantity.grams());
                    line.collected_by.push(recorded.id);
                    line.on_the_way = true;
                }
                Step::Transferred => line.on_the_way = s.to_site.is_none(),
                Step::Delivered => line.on_the_way = false,
                Step::Returned if s.to_site.is_some() => {
                    line.returned_g = line.returned_g.wrapping_add(handed.quantity.grams());
                    line.on_the_way = false;
                }
                Step::Returned => line.on_the_way = true,
            }
            line.on_the_way_back = step == Step::Returned && line.on_the_way;
        }
        if step == Step::Delivered {
            let lines = s.lines.iter().map(|line| line.line).collect();
            self.arrivals.push(Arrival { mark, lines, consignee: s.to });
        }
        self.handovers.push(handover_record(recorded, mark, step, s));
    }

    fn receive(&mut self, mark: Mark, s: &Received) {
        for received in s.lines.iter() {
            self.take_in(mark, received.line);
            let line = self.lines.entry(received.line).or_default();
            line.code = line.code.or(Some(received.code));
            let grams =
                |quantity: &Option<crate::shape::Quantity>| quantity.as_ref().map_or(0, |q| q.grams());
            line.accepted_g = line.accepted_g.wrapping_add(grams(&received.accepted));
            line.rejected_g = line.rejected_g.wrapping_add(grams(&received.rejected));
            line.received_by.push(mark.event);
            line.more_to_come = received.more;
            line.on_the_way = false;
            if line.accepted_g != 0 && line.rejected_g != 0 && line.rejected_holder.is_none() {
                line.rejected_holder = Some(line.holder.clone());
            }
        }
    }
}

fn handover_record(recorded: &Recorded, mark: Mark, step: Step, s: &Handover) -> HandoverRecord {
    let offered_g = |line: u16| {
        let offer = recorded.offer.as_ref().filter(|_| recorded.verdict != Verdict::OneSided)?;
        offer.lines.iter().find(|offered| offered.line == line).map(|offered| offered.mass_g.get())
    };
    let unsigned = (recorded.verdict == Verdict::OneSided)
        .then(|| if recorded.event.party == s.to { Side::Releasing } else { Side::Taking });
    HandoverRecord {
        mark,
        index: recorded.index,
        anchor_size: recorded.anchor_size(),
        step,
        from: s.from,
        to: s.to,
        to_site: s.to_site,
        vehicle: s.vehicle.clone(),
        lines: s
            .lines
            .iter()
            .map(|l| HandedMass { line: l.line, mass_g: l.quantity.grams(), offered_g: offered_g(l.line) })
            .collect(),
        codes: s.lines.iter().map(|l| (l.line, l.code)).collect(),
        unsigned,
    }
}
