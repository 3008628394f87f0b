//! Rules about what lies in store: how long, and what becomes of it.

use std::collections::BTreeSet;

use super::mass::floor_or_share_g;
use super::{LotView, observation};
use crate::catalogue::Severity::{self, Critical, Minor, Notice};
use crate::catalogue::{Calendar, Uscc};
use crate::clock::Timestamp;
use crate::custody::finding::{Figures, MAX_EVIDENCE, Observation, Rise};
use crate::custody::lot::{Arrival, Counted, Holding, Stored};
use crate::custody::measure::Measure;
use crate::custody::residue::Way;
use crate::custody::subject::Subject;
use crate::id::SiteId;
use crate::ledger::EventId;

/// Hours of a day.
const DAY_HOURS: i64 = 24;
/// The category of medical waste (医疗废物), HW01.
const MEDICAL: u8 = 1;

/// `not-stored`: waste left the plant where it arose without having been weighed, labelled and put into store there, where the profile
/// asks for that (S5 4.7, 五即). Whatever its record says later counts, and waste without containers needs no label.
pub(super) fn not_stored(view: &LotView<'_>, seen: &mut Vec<Observation>) {
    let Some(origin) = view.state.origin.as_ref().filter(|_| view.profile.demands().stored_before_leaving)
    else {
        return;
    };
    for (party, site) in places_of(view, Measure::Generated) {
        let sent = view.state.flows.iter().filter(|flow| flow.measure == Measure::SentOn);
        let sent = sent.filter(|flow| (flow.party, flow.site) == (party, site));
        let sent_g = sent.map(|flow| flow.mass_g).fold(0, i64::wrapping_add);
        let stored = |stored: &Stored| (stored.party, stored.site) == (party, site) && stored.in_g > 0;
        let done = [
            ("weighed", origin.is_measured),
            ("labelled", origin.is_labelled),
            ("stored", view.state.stored.iter().any(stored)),
        ];
        let lacking: Vec<&str> = done.iter().filter(|(_, is_done)| !is_done).map(|(name, _)| *name).collect();
        if sent_g <= 0 || lacking.is_empty() {
            continue;
        }
        let mut left = saw(view, "not-stored", format!("site:{site}"));
        left.figures = Figures::none()
            .with("site", site.to_string())
            .with("sent_g", sent_g)
            .with("lacking", lacking.join(","));
        left.concerns = vec![party];
        left.evidence = vec![origin.event];
        let held =
            view.state.holdings.iter().filter(|holding| (holding.party, holding.site) == (party, site));
        left.evidence.extend(held.flat_map(|holding| &holding.out));
        seen.push(left);
    }
}

/// Where something moved of a lot by a measure.
fn places_of(view: &LotView<'_>, measure: Measure) -> BTreeSet<(Uscc, SiteId)> {
    let flows = view.state.flows.iter().filter(|flow| flow.measure == measure && flow.mass_g > 0);
    flows.map(|flow| (flow.party, flow.site)).collect()
}

/// `stored-too-long`: what a holder has of a lot came longer ago than waste may be stored (S2 art. 81).
pub(super) fn stored_too_long(view: &LotView<'_>, seen: &mut Vec<Observation>) {
    if view.is_product() {
        return;
    }
    let is_medical = view.state.code().is_some_and(|code| code.category() == MEDICAL);
    for holding in &view.state.holdings {
        let Some(first) = holding.remaining().first() else { continue };
        let since = came_at(view, first);
        let mut stages = stages(view, since, is_medical).into_iter();
        let Some(Rise { at: due, severity }) = stages.next() else { continue };
        let mut long = saw(view, "stored-too-long", holder(holding));
        long.rises = stages.collect();
        let until = long.rises.last().map_or(due, |rise| rise.at);
        long.figures = Figures::none()
            .with("party", holding.party.to_string())
            .with("held_g", holding.balance_g())
            .with("since", since.to_string())
            .with("until", until.to_string());
        long.concerns = vec![holding.party];
        long.evidence = events(holding.remaining());
        (long.due, long.severity) = (Some(due), Some(severity));
        seen.push(long);
    }
}

/// From which moments on it lies how much too long.
fn stages(view: &LotView<'_>, since: Timestamp, is_medical: bool) -> Vec<Rise> {
    let figure = |name| view.profile.threshold("stored-too-long", name);
    let after = |hours: i64, severity: Severity| Rise { at: since.plus_hours(hours), severity };
    if is_medical {
        return vec![after(figure("medical_hours"), Critical)];
    }
    let days = [("notice_days", Notice), ("minor_days", Minor), ("critical_days", Critical)];
    days.map(|(name, severity)| after(figure(name).saturating_mul(DAY_HOURS), severity)).to_vec()
}

/// When mass came to its holder; what was there when the books were opened may have been there longer. Of the day that is stated for
/// that the end counts: nobody said an hour.
fn came_at(view: &LotView<'_>, arrival: &Arrival) -> Timestamp {
    let origin = view.state.origin.as_ref().filter(|origin| origin.event == arrival.event);
    let stated = origin.and_then(|origin| origin.since);
    let stated = stated.map(|day| Timestamp::from_millis(view.profile.end_of_local_day_ms(day)));
    stated.map_or(arrival.at, |stated| stated.min(arrival.at))
}

/// `fate-open`: received long ago, and neither treated nor sent on since, nor counted or put into a storage facility (S1 art. 12).
pub(super) fn fate_open(view: &LotView<'_>, seen: &mut Vec<Observation>) {
    let days = view.profile.threshold("fate-open", "days");
    for (holding, received) in received(view) {
        let open_g = holding.balance_g().wrapping_sub(stored_g(view, holding));
        let is_counted = |counted: &Counted| (counted.party, counted.site) == (holding.party, holding.site);
        if open_g <= 0 || view.state.counted.iter().any(is_counted) {
            continue;
        }
        let mut open = saw(view, "fate-open", holder(holding));
        open.figures = Figures::none()
            .with("party", holding.party.to_string())
            .with("open_g", open_g)
            .with("since", received[0].at.to_string())
            .with("days", days);
        open.concerns = vec![holding.party];
        open.evidence = events(received);
        open.due = Some(received[0].at.plus_hours(days.saturating_mul(DAY_HOURS)));
        seen.push(open);
    }
}

/// The holders that accepted some of it on a manifest and have it still, each with the arrivals from the first such on. What was
/// rejected waits to be taken back.
fn received<'a>(view: &LotView<'a>) -> impl Iterator<Item = (&'a Holding, &'a [Arrival])> {
    let holdings = view.state.holdings.iter().filter(|_| view.state.apart_from.is_none());
    holdings.filter_map(|holding| {
        let remaining = holding.remaining();
        let first = remaining.iter().position(|arrival| arrival.way == Way::Received)?;
        Some((holding, &remaining[first..]))
    })
}

/// `collector-overdue`: who may only collect waste did not pass it on in time (S3 art. 20).
pub(super) fn collector_overdue(view: &LotView<'_>, seen: &mut Vec<Observation>) {
    let Some(code) = view.state.code() else { return };
    for (holding, received) in received(view) {
        let at = received[0].at;
        let on = view.profile.local_date(at.as_millis());
        let terms = view.registry.collection(&holding.party, holding.site, (at, on), &code);
        let Some(terms) = terms else { continue };
        let usual = view.profile.threshold("collector-overdue", "working_days");
        let days = terms.working_days.map_or(usual, i64::from);
        let deadline = Calendar::embedded().add_working_days(on, u32::try_from(days).unwrap_or(u32::MAX));
        let mut overdue = saw(view, "collector-overdue", holder(holding));
        overdue.figures = Figures::none()
            .with("party", holding.party.to_string())
            .with("held_g", holding.balance_g())
            .with("since", at.to_string())
            .with("working_days", days)
            .with("last_day", deadline.date.to_string());
        if deadline.provisional {
            overdue.figures = overdue.figures.with("provisional", "calendar");
        }
        overdue.concerns = vec![holding.party];
        overdue.evidence = events(received);
        overdue.due = Some(Timestamp::from_millis(view.profile.end_of_local_day_ms(deadline.date)));
        seen.push(overdue);
    }
}

/// What of a lot lies in the storage facilities of a holder.
fn stored_g(view: &LotView<'_>, holding: &Holding) -> i64 {
    let here = |stored: &&Stored| (stored.party, stored.site) == (holding.party, holding.site);
    view.state.stored.iter().filter(here).map(Stored::balance_g).fold(0, i64::wrapping_add)
}

/// `stock-negative`: more of a lot was taken out of a storage facility than was put in (S4).
pub(super) fn stock_negative(view: &LotView<'_>, seen: &mut Vec<Observation>) {
    for stored in view.state.stored.iter().filter(|stored| stored.balance_g() < 0) {
        let Stored { party, site, facility, .. } = stored;
        let mut negative = saw(view, "stock-negative", format!("facility:{party}:{site}:{facility}"));
        negative.figures = Figures::none()
            .with("party", party.to_string())
            .with("facility", facility.clone())
            .with("put_in_g", stored.in_g)
            .with("taken_out_g", stored.out_g);
        negative.concerns = vec![*party];
        negative.evidence = stored.out.clone();
        seen.push(negative);
    }
}

/// `count-differs`: counts found more or less of a lot than the books said, and nobody said why (S4).
pub(super) fn count_differs(view: &LotView<'_>, seen: &mut Vec<Observation>) {
    let figure = |name| view.profile.threshold("count-differs", name);
    for counted in &view.state.counted {
        let here = |holding: &&Holding| (holding.party, holding.site) == (counted.party, counted.site);
        let came_g = view.state.holdings.iter().find(here).map_or(0, Holding::came_g);
        let limit_g = floor_or_share_g(figure("floor_g"), figure("permille"), came_g);
        if counted.unexplained_g.unsigned_abs() <= limit_g.unsigned_abs() {
            continue;
        }
        let discriminator = format!("holder:{}:{}", counted.party, counted.site);
        let mut differs = saw(view, "count-differs", discriminator);
        differs.figures = Figures::none()
            .with("party", counted.party.to_string())
            .with("difference_g", counted.unexplained_g.wrapping_neg())
            .with("limit_g", limit_g);
        differs.concerns = vec![counted.party];
        differs.evidence = counted.events.clone();
        seen.push(differs);
    }
}

fn saw(view: &LotView<'_>, rule: &str, discriminator: String) -> Observation {
    observation(rule, Subject::Lot(view.id), discriminator)
}

fn holder(holding: &Holding) -> String {
    format!("holder:{}:{}", holding.party, holding.site)
}

fn events(arrivals: &[Arrival]) -> Vec<EventId> {
    arrivals.iter().take(MAX_EVIDENCE).map(|arrival| arrival.event).collect()
}
