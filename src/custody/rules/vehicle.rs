//! Rules about the vehicle that takes waste on, and the people in it (S1 art. 13).

use chrono::NaiveDate;

use super::ManifestView;
use crate::catalogue::{Duty, Link, Uscc};
use crate::custody::finding::{Figures, Observation};
use crate::custody::fleet::Licence;
use crate::custody::manifest::{Assignment, HandoverRecord};
use crate::ledger::Kid;
use crate::registry::standing::Qualification;
use crate::shape::Plate;

/// A load that a carrier takes on its vehicle.
struct Ride<'a> {
    handover: &'a HandoverRecord,
    on: NaiveDate,
    /// How its carrier had assigned the vehicle to this manifest, if it had.
    assignment: Option<&'a Assignment>,
    /// The vehicle, where anybody says which.
    plate: Option<&'a Plate>,
}

/// `vehicle-unlicensed`: no transport licence of the vehicle is good on the day.
pub(super) fn unlicensed(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    for ride in rides(view) {
        let Some(plate) = ride.plate else { continue };
        if view.fleet.licences(plate, ride.on).next().is_none() {
            seen.push(saw(view, &ride, "vehicle-unlicensed", ride.figures().with("vehicle", &**plate)));
        }
    }
}

/// `carrier-unlicensed`: the vehicle is licensed, but for another carrier than the one that takes the waste.
pub(super) fn of_another(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    for ride in rides(view) {
        let Some(plate) = ride.plate else { continue };
        let mut licences = view.fleet.licences(plate, ride.on);
        let holders: Vec<Uscc> = licences.clone().map(|licence| licence.carrier).collect();
        let is_own = |licence: &Licence| licence.carrier == ride.handover.to;
        let Some(holder) = holders.iter().min().filter(|_| !licences.any(is_own)) else { continue };
        let figures = ride.figures().with("vehicle", &**plate).with("holder", holder.to_string());
        seen.push(saw(view, &ride, "carrier-unlicensed", figures));
    }
}

/// `vehicle-overloaded`: more was loaded at one time than the vehicle is rated for (*). What it was rated for is what was known then;
/// a licence recorded later may only allow more.
pub(super) fn overloaded(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let permille = view.profile.threshold("vehicle-overloaded", "rated_permille");
    for ride in rides(view) {
        let Some(plate) = ride.plate else { continue };
        let licences = view.fleet.licences(plate, ride.on);
        let was_rated = licences
            .clone()
            .any(|licence| licence.rated_g.is_some() && licence.recorded_at <= ride.handover.mark.at);
        let rated_g = licences.filter_map(|licence| licence.rated_g).max();
        let Some(rated_g) = rated_g.filter(|_| was_rated) else { continue };
        let loaded_g = ride.handover.lines.iter().fold(0, |sum: i64, line| sum.saturating_add(line.mass_g));
        if i128::from(loaded_g) * 1000 <= i128::from(rated_g) * i128::from(permille) {
            continue;
        }
        let figures =
            ride.figures().with("vehicle", &**plate).with("loaded_g", loaded_g).with("rated_g", rated_g);
        seen.push(saw(view, &ride, "vehicle-overloaded", figures));
    }
}

/// `driver-unqualified`: the carrier names no driver for the vehicle, or one who is not qualified on the day.
pub(super) fn driver(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    for (ride, assignment) in assigned_rides(view) {
        if !is_qualified(view, &ride, assignment.driver, Qualification::Driver) {
            let figures = ride.figures().with("vehicle", &*assignment.vehicle);
            let figures = figures.with("driver", spelled(assignment.driver));
            seen.push(saw(view, &ride, "driver-unqualified", figures));
        }
    }
}

/// `escort-missing`: the carrier names no escort for the vehicle, or one who is not qualified on the day.
pub(super) fn escort(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    for (ride, assignment) in assigned_rides(view) {
        if !is_qualified(view, &ride, assignment.escort, Qualification::Escort) {
            let figures = ride.figures().with("vehicle", &*assignment.vehicle);
            let figures = figures.with("escort", spelled(assignment.escort));
            seen.push(saw(view, &ride, "escort-missing", figures));
        }
    }
}

/// Who rides along follows from the assignment. A vehicle that another manifest's assignment put on the road is judged there.
fn assigned_rides<'a>(view: &ManifestView<'a>) -> impl Iterator<Item = (Ride<'a>, &'a Assignment)> {
    rides(view).filter_map(|ride| {
        let assignment = ride.assignment?;
        Some((ride, assignment))
    })
}

fn is_qualified(
    view: &ManifestView<'_>,
    ride: &Ride<'_>,
    person: Option<Kid>,
    qualification: Qualification,
) -> bool {
    let (carrier, asked) = (ride.handover.to, (qualification, ride.on));
    person.is_some_and(|kid| view.fleet.is_qualified(view.registry, kid, carrier, asked))
}

fn spelled(person: Option<Kid>) -> String {
    person.map(|kid| kid.to_string()).unwrap_or_default()
}

/// The loads that carriers take on vehicles and that need a licence: not those on a link that is exempt.
fn rides<'a>(view: &ManifestView<'a>) -> impl Iterator<Item = Ride<'a>> {
    let loads = view.state.handovers.iter().filter(|handover| view.state.is_loading(handover));
    let need = loads.filter(|handover| !is_exempt(view, handover));
    need.map(|handover| {
        let assignment = view.state.assigned(handover);
        Ride {
            handover,
            on: view.profile.local_date(handover.mark.at.as_millis()),
            assignment,
            plate: handover.vehicle.as_ref().or(assignment.map(|assignment| &assignment.vehicle)),
        }
    })
}

fn is_exempt(view: &ManifestView<'_>, handover: &HandoverRecord) -> bool {
    handover.lines.iter().all(|handed| {
        let claims = view.state.lines.get(&handed.line).map_or(&[][..], |line| &line.exemptions);
        let code = handover.codes.get(&handed.line);
        code.is_some_and(|code| view.profile.frees(code, claims, Link::Transport, Duty::TransportLicence))
    })
}

impl Ride<'_> {
    fn figures(&self) -> Figures {
        Figures::none().with("carrier", self.handover.to.to_string()).with("on", self.on.to_string())
    }
}

fn saw(view: &ManifestView<'_>, ride: &Ride<'_>, rule: &str, figures: Figures) -> Observation {
    let mut observation = view.saw(rule, ride.handover.mark.name());
    observation.figures = figures;
    observation.concerns = vec![ride.handover.from, ride.handover.to];
    observation.concerns.extend(view.state.registration.as_ref().map(|r| r.consignor.party));
    observation.evidence = vec![ride.handover.mark.event];
    observation.evidence.extend(ride.assignment.map(|assignment| assignment.mark.event));
    observation
}
