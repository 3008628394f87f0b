//! Folding one event into a manifest. Never fails: an impossible step is a fact about the world; rules say what is wrong.

use super::handover::Countersign;
use super::state::{
    Assignment, BoundNumber, Declared, ManifestState, Mark, Position, Registration, Share, Stated, Weighing,
};
use super::track::Track;
use crate::clock::Timestamp;
use crate::custody::admit::handover;
use crate::custody::event::{Recorded, Verdict};
use crate::custody::kind::Statement;
use crate::custody::payload::manifest::{Amended, PartyAt, PlannedLine, Registered};
use crate::custody::payload::waste::TripWeighed;
use crate::custody::timeline::Moment;
use crate::id::ManifestId;
use crate::shape::PlaceSource;

impl ManifestState {
    /// Fold one moment that comes after all folded before into the manifest with this id.
    pub fn apply(&mut self, id: ManifestId, moment: &Moment) {
        let recorded = &*moment.event;
        if moment.part > 0 {
            self.apply_paper(id, recorded, moment.part, moment.place.effective);
            return;
        }
        self.ancestry.push(Stated::of(recorded));
        let mark =
            Mark { event: recorded.id, at: moment.place.effective, party: recorded.event.party, part: 0 };
        if recorded.verdict == Verdict::Confirms {
            if let Some((step, s)) = handover(&recorded.event) {
                self.confirm_handover(mark, step, s);
            }
        } else if recorded.verdict.moves() {
            self.apply_statement(id, recorded, mark);
        }
    }

    fn apply_statement(&mut self, id: ManifestId, recorded: &Recorded, mark: Mark) {
        if let Some((step, s)) = handover(&recorded.event) {
            return self.hand_over(recorded, mark, step, s);
        }
        match &recorded.event.statement {
            Statement::ManifestRegistered(s) => self.register(recorded, mark, s),
            Statement::ManifestAmended(s) => self.amend(mark, s),
            Statement::ManifestConfirmed(_) => {
                (self.confirmed, self.confirmed_index) = (Some(mark), Some(recorded.index));
            }
            Statement::ManifestDeclined(_) => self.declined = Some(mark),
            Statement::ManifestVoided(_) => self.voided = Some(mark),
            Statement::ManifestAssigned(s) => {
                let (leg, vehicle) = (s.leg, s.vehicle.clone());
                self.assignments.push(Assignment { mark, leg, vehicle, driver: s.driver, escort: s.escort });
            }
            Statement::WasteReceived(s) => self.receive(mark, s),
            Statement::HandoverCountersigned(s) => self.countersigns.push(Countersign::of(mark, s)),
            Statement::DiscrepancyDeclared(s) => {
                self.declared.push(Declared { mark, about: s.about, line: s.line });
            }
            Statement::TripWeighed(s) => {
                self.weigh(id, mark, s);
                self.was_at(recorded, mark);
            }
            Statement::IncidentReported(_) => self.was_at(recorded, mark),
            Statement::TrackRecorded(s) => self.put_track(Track::of(mark, s)),
            Statement::NumberBound(s) => self.numbers.push(BoundNumber {
                mark,
                index: recorded.index,
                system: s.system.to_string(),
                number: s.number.to_string(),
                evidence: s.evidence,
            }),
            _ => {}
        }
    }

    /// Fold one handover that ran on paper, at its own time.
    fn apply_paper(&mut self, id: ManifestId, recorded: &Recorded, part: u8, at: Timestamp) {
        let Statement::PaperBackfilled(paper) = &recorded.event.statement else { return };
        let Some(handed) = paper.handovers.get(usize::from(part) - 1) else { return };
        let mark = Mark { event: recorded.id, at, party: recorded.event.party, part };
        self.hand_over(recorded, mark, handed.step, &handed.as_handover(id));
        if let Some(record) = self.handovers.last_mut() {
            record.stated_at = recorded.base_time();
        }
    }

    fn register(&mut self, recorded: &Recorded, mark: Mark, s: &Registered) {
        self.registration = Some(Registration {
            mark,
            index: recorded.index,
            planned_by: mark,
            consignor: PartyAt { party: mark.party, site: s.site },
            consignee: s.consignee,
            legs: s.legs.to_vec(),
            planned_departure: s.planned_departure,
            planned_arrival: s.planned_arrival,
            follows: s.follows,
            trip: s.trip,
            erp_no: s.erp_no.as_ref().map(ToString::to_string),
        });
        self.plan(&s.lines);
    }

    fn plan(&mut self, lines: &[PlannedLine]) {
        for planned in lines {
            let line = self.lines.entry(planned.line).or_default();
            line.code = Some(planned.code);
            line.planned_g = Some(planned.planned.grams());
            line.treatment = Some(planned.treatment);
            line.exemptions.extend(planned.exemptions.iter().map(ToString::to_string));
            line.container_litres = planned.container_litres;
        }
    }

    /// An amendment counts while nothing has left: whatever arrives late, what was under way is judged by what was declared. Later
    /// it may only give up lines that never left.
    fn amend(&mut self, mark: Mark, s: &Amended) {
        if self.has_moved() {
            let Some(kept) = &s.lines else { return };
            self.lines.retain(|number, line| !line.is_waiting() || kept.iter().any(|k| k.line == *number));
            self.amended.push(mark);
            return;
        }
        let Some(registration) = self.registration.as_mut() else { return };
        registration.planned_by = mark;
        registration.consignee = s.consignee.unwrap_or(registration.consignee);
        registration.planned_departure = s.planned_departure.unwrap_or(registration.planned_departure);
        registration.planned_arrival = s.planned_arrival.unwrap_or(registration.planned_arrival);
        if let Some(legs) = &s.legs {
            registration.legs = legs.to_vec();
            let named = |a: &Assignment| {
                legs.get(usize::from(a.leg).wrapping_sub(1)).is_some_and(|leg| leg.carrier == a.mark.party)
            };
            self.assignments.retain(named);
        }
        if let Some(lines) = &s.lines {
            self.lines.clear();
            self.plan(lines);
        }
        // Whoever was willing to take it was willing to take that load there.
        if s.consignee.is_some() || s.lines.is_some() {
            (self.confirmed, self.confirmed_index) = (None, None);
        }
        self.amended.push(mark);
    }

    /// Note where it was, as far as a satellite says so.
    fn was_at(&mut self, recorded: &Recorded, mark: Mark) {
        let place = recorded.event.place.filter(|place| place.source == PlaceSource::Gps);
        self.positions.extend(place.map(|place| Position { mark, place }));
    }

    fn weigh(&mut self, id: ManifestId, mark: Mark, s: &TripWeighed) {
        let own = s.shares.iter().filter(|share| share.manifest == id).map(|share| Share {
            line: share.line,
            stated_g: share.stated_g.get(),
            mass_g: i64::try_from(share.mass_g).unwrap_or(i64::MAX),
        });
        self.weighings.push(Weighing {
            mark,
            trip: s.trip,
            total_g: s.quantity.grams(),
            manifests: u16::try_from(s.manifests.len()).unwrap_or(u16::MAX),
            shares: own.collect(),
        });
    }
}
