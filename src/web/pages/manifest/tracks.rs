//! Tracks of the rides: when, how many points, silence, alarms, and whether the points are there.

use maud::{Markup, html};

use crate::app::query::{PointsStanding, TrackShown};
use crate::web::components::{number, short, table, text};
use crate::web::visit::Visit;
use crate::web::words::{Names, moment, moment_text};

/// Every track of the rides of a manifest.
pub(super) fn tracks(visit: &Visit, names: &Names, tracks: &[TrackShown]) -> Markup {
    let lang = visit.lang;
    let columns = [
        text("track.vehicle"),
        text("track.from"),
        text("track.to"),
        number("track.points"),
        text("track.silences"),
        text("track.alarms"),
        text("track.file"),
    ];
    let row = |shown: &TrackShown| {
        let (zone, track) = (visit.zone(), &shown.track);
        let when = |at| moment_text(zone, at);
        let silences = track.silences.iter().map(|silence| {
            let minutes = (silence.to.since(silence.from) / crate::clock::MINUTE_MS).to_string();
            let (from, to) = (when(silence.from), when(silence.to));
            lang.fill("track.silence", &[("from", &from), ("to", &to), ("n", &minutes)])
        });
        let alarms = track.alarms.iter().map(|alarm| {
            let of = lang.of("alarm", alarm.of.name()).unwrap_or(alarm.of.name());
            let said = alarm.text.as_ref().map_or_else(String::new, |text| format!(" {}", &**text));
            format!("{of} {}{said}", when(alarm.at))
        });
        vec![
            html! { (&*track.vehicle) br; span.soft { (names.of(lang, &shown.party)) } },
            moment(zone, track.from),
            moment(zone, track.to),
            html! { (track.points) },
            listed(silences.collect()),
            listed(alarms.collect()),
            file(visit, shown),
        ]
    };
    html! {
        @if !tracks.is_empty() {
            h2 { (lang.t("track.title")) }
            p.soft { (lang.t("track.text")) }
            (table(lang, lang.t("track.title"), &columns, tracks.iter().map(row).collect()))
        }
    }
}

fn listed(texts: Vec<String>) -> Markup {
    html! { @for text in texts { div { (text) } } }
}

fn file(visit: &Visit, shown: &TrackShown) -> Markup {
    let lang = visit.lang;
    let digest = shown.track.sha256;
    let name = short(&digest.to_string());
    match &shown.points {
        PointsStanding::Missing => {
            html! { span.mono title=(digest) { (name) } " " span.soft { (lang.t("attachment.missing")) } }
        }
        PointsStanding::Over => {
            html! { span.mono title=(digest) { (name) } " " span.soft { (lang.t("track.over")) } }
        }
        PointsStanding::Kept { differs } => html! {
            a.mono href={ "/attachments/" (digest) "?event=" (shown.event) } download { (lang.t("attachment.file")) " " (name) }
            br;
            @if differs.is_empty() { span.soft { (lang.t("track.fits")) } }
            @else { strong { (lang.fill("track.differs", &[("members", &differs.join(", "))])) } }
        },
    }
}
