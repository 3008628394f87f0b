//! Rules that are obligations: something must happen before a due time.

use super::ManifestView;
use crate::catalogue::Calendar;
use crate::clock::Timestamp;
use crate::custody::finding::{Figures, Observation};
use crate::custody::manifest::{LineState, Registration};

/// `receipt-unconfirmed`: no receipt within the working days after delivery (S1 art. 18).
pub(super) fn receipt_unconfirmed(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let days = view.profile.threshold("receipt-unconfirmed", "working_days");
    for arrival in view.state.arrivals() {
        let waits =
            |line: &u16| view.state.lines.get(line).is_some_and(|line| is_waiting(line, arrival.mark.at));
        let lines = arrival.lines.iter().map(|handed| handed.line);
        let waiting: Vec<String> = lines.filter(waits).map(|line| line.to_string()).collect();
        if waiting.is_empty() {
            continue;
        }
        let delivered_on = view.profile.local_date(arrival.mark.at.as_millis());
        let deadline =
            Calendar::embedded().add_working_days(delivered_on, u32::try_from(days).unwrap_or(u32::MAX));
        let mut observation = view.saw("receipt-unconfirmed", arrival.mark.name());
        observation.figures = Figures::none()
            .with("lines", waiting.join(","))
            .with("working_days", days)
            .with("last_day", deadline.date.to_string());
        if deadline.provisional {
            observation.figures = observation.figures.with("provisional", "calendar");
        }
        observation.concerns = vec![arrival.to];
        observation
            .concerns
            .extend(view.state.registration.as_ref().map(|registration| registration.consignor.party));
        observation.evidence = vec![arrival.mark.event];
        observation.due = Some(Timestamp::from_millis(view.profile.end_of_local_day_ms(deadline.date)));
        seen.push(observation);
    }
}

/// True for a line that arrived then and of which a receipt is still to come: the first one, or that of a load collected since.
fn is_waiting(line: &LineState, arrived_at: Timestamp) -> bool {
    !line.is_received() || line.unreceived_g != 0 && line.received_at < Some(arrived_at)
}

/// `in-transit-overdue`: still on the way well after the planned arrival (*).
pub(super) fn in_transit_overdue(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let Some(registration) = &view.state.registration else { return };
    // The planned arrival is about the way there; what was rejected and goes back has no planned arrival.
    let out = |line: &LineState| line.on_the_way && !line.on_the_way_back;
    let moving: Vec<_> = view.state.lines.iter().filter(|(_, line)| out(line)).collect();
    if moving.is_empty() {
        return;
    }
    let hours = view.profile.threshold("in-transit-overdue", reach(view, registration));
    let numbers: Vec<String> = moving.iter().map(|(number, _)| number.to_string()).collect();
    let mut observation = view.saw("in-transit-overdue", "transit");
    observation.figures = Figures::none()
        .with("lines", numbers.join(","))
        .with("planned_arrival", registration.planned_arrival.to_string())
        .with("hours", hours);
    observation.concerns = moving.iter().filter_map(|(_, line)| line.holder.party()).collect();
    observation.concerns.push(registration.consignor.party);
    observation.evidence = moving.iter().flat_map(|(_, line)| line.collected_by.iter().copied()).collect();
    observation.due = Some(registration.planned_arrival.plus_hours(hours));
    seen.push(observation);
}

/// Which grace applies: inside one city, inside one province, or beyond.
fn reach(view: &ManifestView<'_>, registration: &Registration) -> &'static str {
    let division = |site| view.registry.site(site).map(|record| record.division);
    match (division(&registration.consignor.site), division(&registration.consignee.site)) {
        (Some(from), Some(to)) if from.city() == to.city() => "city_hours",
        (Some(from), Some(to)) if from.province() == to.province() => "province_hours",
        _ => "beyond_hours",
    }
}
