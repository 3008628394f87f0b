//! Where a manifest was by satellite, in order: drawn as a schematic map and told as a table.

use maud::{Markup, html};

use crate::clock::Timestamp;
use crate::custody::manifest::ManifestState;
use crate::shape::Place;
use crate::web::components::{number, table, text};
use crate::web::draw::map::{self, Stop};
use crate::web::visit::Visit;
use crate::web::words::{Names, count, moment, moment_text};

/// Most places that are shown; what a tracker tells more belongs elsewhere.
const MAX_SHOWN: usize = 50;
/// Metres in a kilometre.
const KILOMETRE: i64 = 1_000;

/// A place at its time.
struct Passed {
    at: Timestamp,
    place: Place,
    what: String,
}

/// The section; nothing where fewer than two places are known.
pub(super) fn section(visit: &Visit, names: &Names, state: &ManifestState) -> Markup {
    let lang = visit.lang;
    let passed = passed(visit, names, state);
    if passed.len() < 2 {
        return html! {};
    }
    let stops: Vec<Stop> = (1..).zip(&passed).map(|(n, one)| stop(visit, n, one)).collect();
    let before = std::iter::once(None).chain(passed.iter().map(Some));
    let rows = (1..).zip(passed.iter().zip(before)).map(|(n, (one, before))| {
        vec![
            html! { (n) },
            moment(visit.zone(), one.at),
            html! { (one.what) },
            html! { @if let Some(before) = before { (count(kilometres(&before.place, &one.place))) } },
        ]
    });
    let columns = [text("places.number"), text("col.when"), text("col.what"), number("places.straight")];
    let title = lang.t("places.title");
    html! {
        h2 { (title) }
        (map::draw(&stops, "places", title, lang.t("places.text")))
        (table(lang, title, &columns, rows.collect()))
        p.soft.small { (lang.t("places.text")) }
    }
}

/// Handovers, incidents and weighings with a place, in the order of their times.
fn passed(visit: &Visit, names: &Names, state: &ManifestState) -> Vec<Passed> {
    let lang = visit.lang;
    let handed = state.handovers.iter().filter_map(|handover| {
        let what = format!("{} → {}", names.of(lang, &handover.from), names.of(lang, &handover.to));
        Some(Passed { at: handover.mark.at, place: handover.place?, what })
    });
    let between = state.positions.iter().map(|position| Passed {
        at: position.mark.at,
        place: position.place,
        what: format!("{} · {}", lang.t("places.between"), names.of(lang, &position.mark.party)),
    });
    let mut passed: Vec<Passed> = handed.chain(between).collect();
    passed.sort_by_key(|one| one.at);
    passed.truncate(MAX_SHOWN);
    passed
}

fn stop(visit: &Visit, n: usize, one: &Passed) -> Stop {
    let note = format!("{n} · {} · {}", moment_text(visit.zone(), one.at), one.what);
    Stop { lat_udeg: one.place.lat_udeg, lon_udeg: one.place.lon_udeg, note }
}

/// Straight, to the next whole one.
fn kilometres(from: &Place, to: &Place) -> u64 {
    u64::try_from((from.distance_m(to) + KILOMETRE / 2) / KILOMETRE).unwrap_or_default()
}
