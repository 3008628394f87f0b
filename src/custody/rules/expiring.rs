//! Papers that are about to end.

use chrono::{Days, NaiveDate};

use super::{WatchView, observation};
use crate::catalogue::Severity::{Major, Minor, Notice};
use crate::clock::Timestamp;
use crate::custody::finding::{Figures, Observation, Rise};
use crate::custody::subject::Subject;
use crate::custody::watch::{Term, WatchKey, WatchState};

/// `expiring`: a paper ends soon, and none that is on record goes on where it ends (*).
pub(super) fn expiring(view: &WatchView<'_>, seen: &mut Vec<Observation>) {
    let WatchState::Terms(terms) = view.state else { return };
    for term in terms.ending() {
        let mut stages = stages(view, term).into_iter();
        let Some(Rise { at, severity }) = stages.next() else { continue };
        // Another term is another finding: what was said of this one is not about that.
        let discriminator = format!("{}:{}:{}", view.key.name(), term.paper, term.to);
        let mut ends = observation("expiring", Subject::Party(term.holder), discriminator);
        ends.figures = figures(view.key, term);
        ends.evidence = vec![term.event];
        ends.concerns = view.key.concerns();
        (ends.due, ends.severity, ends.rises) = (Some(at), Some(severity), stages.collect());
        seen.push(ends);
    }
}

fn figures(key: &WatchKey, term: &Term) -> Figures {
    let figures = Figures::none().with("paper", key.name()).with("valid_to", term.to.to_string());
    let figures = if term.number.is_empty() { figures } else { figures.with("number", term.number.clone()) };
    match key {
        WatchKey::Permit { site: Some(site), .. } => figures.with("site", site.to_string()),
        WatchKey::Vehicle { plate, .. } => figures.with("vehicle", plate.to_string()),
        key => match key.concerns().into_iter().find(|party| *party != term.holder) {
            Some(other) => figures.with("with", other.to_string()),
            None => figures,
        },
    }
}

/// From which moments on it matters how much that the paper ends. A term that is shorter than a stage has none so early; and a stage that
/// was over when the paper was recorded has nothing to tell: whoever recorded it just then had its last day in hand.
fn stages(view: &WatchView<'_>, term: &Term) -> Vec<Rise> {
    let end_of = |day: NaiveDate| Timestamp::from_millis(view.profile.end_of_local_day_ms(day));
    let begins = term.from.pred_opt().map_or(term.known_at, end_of);
    let figure = |name| u64::try_from(view.profile.threshold("expiring", name)).unwrap_or(0);
    let before = |name| end_of(term.to.checked_sub_days(Days::new(figure(name))).unwrap_or(term.to));
    let stages = [("first_days", Notice), ("second_days", Minor), ("last_days", Major)];
    let stages = stages.map(|(name, severity)| Rise { at: before(name), severity });
    stages.into_iter().filter(|stage| stage.at >= begins && stage.at > term.known_at).collect()
}
