//! What sites owe the authority: declarations by their class, and a ledger that is kept.

use chrono::{Datelike, Days, NaiveDate};

use super::time::Term;
use super::{WatchView, observation};
use crate::catalogue::UnitClass;
use crate::clock::Timestamp;
use crate::custody::finding::{Figures, Observation};
use crate::custody::subject::Subject;
use crate::custody::watch::{ClassKnown, SiteDuties, WatchKey, WatchState};
use crate::id::SiteId;
use crate::registry::duty::{Duty, of_year};

/// `declaration-overdue`: nothing is filed for a period of a site when its day is over, or what was filed came back (S4 7.2).
pub(super) fn declaration_overdue(view: &WatchView<'_>, seen: &mut Vec<Observation>) {
    let Some((site, duties)) = site_of(view) else { return };
    for (year, known) in &duties.classes {
        for duty in of_year(site, known.class, i32::from(*year), view.profile) {
            if is_owed(view, duties, known, &duty) {
                seen.extend(overdue(view, duties, known, &duty));
            }
        }
    }
}

/// True for a period that a finding may be about: one that was not over when the class was said, and that the site was to report on. A
/// site that begins to record owes the period it does so in; one that records nothing yet has its days to begin.
fn is_owed(view: &WatchView<'_>, duties: &SiteDuties, known: &ClassKnown, duty: &Duty) -> bool {
    let (first, last) = (duty.slot.from, duty.slot.last_day());
    let start_days = view.profile.threshold("declaration-overdue", "start_days");
    let start_days = Days::new(u64::try_from(start_days).unwrap_or(0));
    let start = duties.classed_on.and_then(|on| on.checked_add_days(start_days));
    let has_begun = duties.began_on.is_some_and(|on| on <= last) || start.is_some_and(|on| on <= first);
    known.since <= last && has_begun && duties.closed_on.is_none_or(|on| first <= on)
}

/// The finding, unless something is filed and did not come back.
fn overdue(
    view: &WatchView<'_>,
    duties: &SiteDuties,
    known: &ClassKnown,
    duty: &Duty,
) -> Option<Observation> {
    let (period, from) = (duty.slot.period, duty.slot.from);
    let filing = duties.filing(period, from);
    let returned_at = filing.map(|filing| filing.returned_at);
    if returned_at == Some(None) {
        return None;
    }
    let mut late =
        of_site(duties, duty.slot.site, "declaration-overdue", format!("{}:{from}", period.name()));
    late.figures = Figures::none()
        .with("period", period.name())
        .with("site", duty.slot.site.to_string())
        .with("first_day", from.to_string())
        .with("due_day", duty.due_on.to_string());
    if let Some(filing) = filing {
        late.figures = late.figures.with("filed", "returned");
        late.evidence.push(filing.event);
    }
    late.evidence.push(known.event);
    let ends_at = end_of(view, duty.due_on);
    late.due = Some(returned_at.flatten().map_or(ends_at, |returned_at| ends_at.max(returned_at)));
    Some(late)
}

/// `ledger-silent`: a key site that keeps its ledger here recorded nothing for some working days. One that declared to stand still need not.
pub(super) fn ledger_silent(view: &WatchView<'_>, seen: &mut Vec<Observation>) {
    let Some((site, duties)) = site_of(view) else { return };
    let Some(last) = duties.last.filter(|last| !last.stands_still) else { return };
    let days = view.profile.threshold("ledger-silent", "working_days");
    let Some(before) = last.on.pred_opt() else { return };
    // The term begins with the day of the last record, which is over at its end.
    let begins = end_of(view, before);
    let term = Term::after(view.profile, begins, days);
    let ends_on = view.profile.local_date(term.ends_at.as_millis());
    let known = u16::try_from(ends_on.year()).ok().and_then(|year| duties.classes.get(&year));
    let Some(known) = known.filter(|known| known.class == UnitClass::Key) else { return };
    if duties.closed_on.is_some_and(|on| on < ends_on) {
        return;
    }
    let mut silent = of_site(duties, site, "ledger-silent", "silent".to_owned());
    silent.figures = term.figures().with("site", site.to_string()).with("last_record", last.on.to_string());
    silent.evidence = vec![last.event, known.event];
    // Known only later: what it is asked for begins then.
    silent.due = Some(term.ends_at.max(end_of(view, known.since)));
    seen.push(silent);
}

/// `video-too-short`: a camera of a key site keeps its pictures for fewer days than asked for (S5). Where there is no camera nothing is kept too
/// short.
pub(super) fn video_too_short(view: &WatchView<'_>, seen: &mut Vec<Observation>) {
    let Some((site, duties)) = site_of(view) else { return };
    let Some(video) = duties.video.as_ref().filter(|_| duties.closed_on.is_none()) else { return };
    let last = duties.classes.values().next_back().filter(|known| known.class == UnitClass::Key);
    let days = view.profile.threshold("video-too-short", "days");
    let Some(known) = last.filter(|_| i64::from(video.days) < days) else { return };
    let mut short = of_site(duties, site, "video-too-short", "video".to_owned());
    short.figures = Figures::none()
        .with("site", site.to_string())
        .with("facility", &*video.facility)
        .with("camera", &*video.camera)
        .with("kept_days", i64::from(video.days))
        .with("days", days);
    short.evidence = vec![video.event, known.event];
    seen.push(short);
}

fn site_of<'a>(view: &WatchView<'a>) -> Option<(SiteId, &'a SiteDuties)> {
    match (view.key, view.state) {
        (WatchKey::Site { site }, WatchState::Site(duties)) => Some((*site, duties)),
        _ => None,
    }
}

fn of_site(duties: &SiteDuties, site: SiteId, rule: &str, discriminator: String) -> Observation {
    let mut seen = observation(rule, Subject::Site(site), discriminator);
    seen.concerns = vec![duties.party];
    seen
}

/// The first moment after a local day.
fn end_of(view: &WatchView<'_>, day: NaiveDate) -> Timestamp {
    Timestamp::from_millis(view.profile.end_of_local_day_ms(day))
}
