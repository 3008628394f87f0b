//! Rules that are obligations: something must happen before a due time.

use chrono::NaiveDate;

use super::ManifestView;
use crate::catalogue::{Calendar, Profile};
use crate::clock::{MINUTE_MS, Timestamp};
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
        let term = Term::after(view.profile, arrival.mark.at, days);
        let mut observation = view.saw("receipt-unconfirmed", arrival.mark.name());
        observation.figures = term.figures().with("lines", waiting.join(","));
        observation.concerns = vec![arrival.to];
        observation
            .concerns
            .extend(view.state.registration.as_ref().map(|registration| registration.consignor.party));
        observation.evidence = vec![arrival.mark.event];
        observation.due = Some(term.ends_at);
        seen.push(observation);
    }
}

/// `back-fill-overdue`: what ran on paper was entered after the working days from the end of the transfer (S1 art. 20).
pub(super) fn back_fill_overdue(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let Some(arrival) = view.state.arrivals().next_back() else { return };
    let days = view.profile.threshold("back-fill-overdue", "working_days");
    let term = Term::after(view.profile, arrival.mark.at, days);
    let on_paper = view.state.handovers.iter().filter(|handover| handover.is_on_paper());
    for handover in on_paper.filter(|handover| handover.stated_at >= term.ends_at) {
        // However many handovers stand on it, it is one paper.
        let mut observation = view.saw("back-fill-overdue", format!("event:{}", handover.mark.event));
        observation.figures = term
            .figures()
            .with("arrived_at", arrival.mark.at.to_string())
            .with("entered_at", handover.stated_at.to_string());
        observation.concerns = vec![handover.mark.party];
        observation.evidence = vec![handover.mark.event, arrival.mark.event];
        seen.push(observation);
    }
}

/// `time-order`: happened, by its own time, before what its signer says to have known (*).
///
/// Two clocks may each be off by what `clock-skew` lets pass, and what was written in whole minutes or seconds is no finer than
/// that. An order that nobody names a predecessor for is no contradiction: devices far apart tell it by their clocks alone.
pub(super) fn time_order(view: &ManifestView<'_>, seen: &mut Vec<Observation>) {
    let clocks_ms = view.profile.threshold("clock-skew", "minutes").saturating_mul(2 * MINUTE_MS);
    for later in view.state.ancestry.iter().filter(|stated| stated.is_fact) {
        let known = later.prev.iter().filter_map(|prev| view.state.stated(prev));
        let Some(known) = known.max_by_key(|known| (known.at, known.event)) else { continue };
        let allowed_ms =
            clocks_ms.saturating_add(written_to_ms(later.at)).saturating_add(written_to_ms(known.at));
        let behind_ms = known.at.since(later.at);
        if behind_ms <= allowed_ms {
            continue;
        }
        let mut observation = view.saw("time-order", format!("event:{}", later.event));
        observation.figures = Figures::none()
            .with("stated_at", later.at.to_string())
            .with("known_at", known.at.to_string())
            .with("behind_minutes", behind_ms / MINUTE_MS)
            .with("allowed_minutes", allowed_ms / MINUTE_MS);
        observation.concerns = vec![later.party, known.party];
        observation.evidence = vec![later.event, known.event];
        seen.push(observation);
    }
}

/// How fine a time was written, in milliseconds: whole minutes and seconds were rounded to them.
fn written_to_ms(at: Timestamp) -> i64 {
    match at.as_millis() {
        ms if ms % MINUTE_MS == 0 => MINUTE_MS,
        ms if ms % 1000 == 0 => 1000,
        _ => 1,
    }
}

/// Working days from a moment on: until the end of the last of them.
pub(super) struct Term {
    working_days: i64,
    last_day: NaiveDate,
    is_provisional: bool,
    /// The first moment after it.
    pub(super) ends_at: Timestamp,
}

impl Term {
    /// So many working days after the local day of a moment.
    pub(super) fn after(profile: &Profile, from: Timestamp, working_days: i64) -> Self {
        let days = u32::try_from(working_days).unwrap_or(u32::MAX);
        let last = Calendar::embedded().add_working_days(profile.local_date(from.as_millis()), days);
        let ends_at = Timestamp::from_millis(profile.end_of_local_day_ms(last.date));
        Self { working_days, last_day: last.date, is_provisional: last.provisional, ends_at }
    }

    /// How it is told: its length, its last day, and whether that day is reckoned beyond the calendar that is known.
    pub(super) fn figures(&self) -> Figures {
        let figures = Figures::none()
            .with("working_days", self.working_days)
            .with("last_day", self.last_day.to_string());
        if self.is_provisional { figures.with("provisional", "calendar") } else { figures }
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
