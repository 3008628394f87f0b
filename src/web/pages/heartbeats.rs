//! The devices of a site: which are heard, which are silent and since when. A section on the page of the site, and `GET /sites/{id}/devices` with every
//! silence of 30 days.

use axum::extract::{Path, Query};
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::query::{DeviceShown, SHOWN_DAYS, SiteDevices};
use crate::clock::MINUTE_MS;
use crate::custody::heartbeat::{SILENCE_MS, Silence, Span};
use crate::id::SiteId;
use crate::shape::parse_day;
use crate::web::components::{number, table, text};
use crate::web::draw::strip;
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::{count, moment, moment_text};

/// Which days, as the form sends them; empty means nothing is said.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    on: String,
}

/// The devices of one site, with every silence.
pub(in crate::web) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let id: SiteId = id.parse().map_err(|_| Failure::NotFound)?;
    let on = parse_day(&asked.on).ok();
    let found = visit.app.devices(&visit.viewer, id, on).await?.ok_or(Failure::NotFound)?;
    let lang = visit.lang;
    let title = lang.fill("heartbeat.of", &[("site", &found.site.name)]);
    let last = visit.profile().local_date(found.shown.to.as_millis());
    let body = html! {
        h1 { (title) }
        p { a href={ "/sites/" (id) } { (found.site.name) } }
        (about(&visit))
        form.filter method="get" action=(visit.path) aria-label=(lang.t("stock.period")) {
            label { (lang.t("stock.on")) input type="date" name="on" value=(on.unwrap_or(last)) min="1970-01-01" max="9999-12-31"; }
            button { (lang.t("manifests.apply")) }
        }
        @if found.devices.is_empty() { p { (lang.t("heartbeat.none")) } } @else { (listed(&visit, &found)) }
        @for shown in found.devices.iter().filter(|shown| !shown.silences.is_empty()) {
            h2 { (kind_of(&visit, shown)) " " span.mono { (shown.device.name) } }
            @if shown.has_more { p role="note" { (lang.t("heartbeat.more")) } }
            ul { @for one in &shown.silences { li { (silence(&visit, one)) } } }
        }
    };
    Ok(layout::page(&visit, &title, body))
}

/// The devices on the page of their site; nothing where none was ever heard.
pub(super) fn of_site(visit: &Visit, found: &SiteDevices) -> Markup {
    let lang = visit.lang;
    html! {
        @if !found.devices.is_empty() {
            h2 { (lang.t("heartbeat.title")) }
            (about(visit))
            (listed(visit, found))
            p { a href={ "/sites/" (found.site.site) "/devices" } { (lang.t("heartbeat.all")) } }
        }
    }
}

fn about(visit: &Visit) -> Markup {
    let minutes = (SILENCE_MS / MINUTE_MS).to_string();
    html! { p.soft { (visit.lang.fill("heartbeat.text", &[("minutes", &minutes)])) } }
}

/// Every device in a row.
fn listed(visit: &Visit, found: &SiteDevices) -> Markup {
    let (lang, zone) = (visit.lang, visit.zone());
    let columns = [
        text("heartbeat.device"),
        text("heartbeat.kind"),
        text("heartbeat.last"),
        text("heartbeat.since"),
        number("heartbeat.silences"),
        text("heartbeat.strip"),
    ];
    let row = |shown: &DeviceShown| {
        vec![
            html! { span.mono { (shown.device.name) } },
            html! { (kind_of(visit, shown)) },
            moment(zone, shown.last),
            html! {
                @match shown.silent_since {
                    Some(since) => strong { (moment(zone, since)) },
                    None => span.soft { (lang.t("heartbeat.heard")) },
                }
            },
            html! { (count(shown.silences.len() as u64)) @if shown.has_more { "+" } },
            drawn(shown, found.shown),
        ]
    };
    let until = moment_text(zone, found.shown.to);
    let name = lang.fill("heartbeat.days", &[("days", &SHOWN_DAYS.to_string()), ("until", &until)]);
    html! {
        p { (name) }
        (table(lang, &name, &columns, found.devices.iter().map(row).collect()))
    }
}

/// What is known of the time. Of more silences than are shown the first ones are one.
fn drawn(shown: &DeviceShown, time: Span) -> Markup {
    let gap = |one: &Silence| Span { from: one.from, to: one.to.unwrap_or(time.to) };
    let untold = shown.silences.first().filter(|_| shown.has_more);
    let untold = untold.map(|first| Span { from: time.from, to: first.from });
    let gaps: Vec<Span> = untold.into_iter().chain(shown.silences.iter().map(gap)).collect();
    strip::draw(time, Span { from: shown.first, to: shown.last.max(shown.first) }, &gaps)
}

fn kind_of(visit: &Visit, shown: &DeviceShown) -> &'static str {
    let name = shown.device.kind.name();
    visit.lang.of("device-kind", name).unwrap_or(name)
}

/// A silence in words.
fn silence(visit: &Visit, one: &Silence) -> String {
    let (lang, when) = (visit.lang, |at| moment_text(visit.zone(), at));
    let from = when(one.from);
    match one.to {
        Some(to) => {
            let minutes = count(to.since(one.from).unsigned_abs() / MINUTE_MS.unsigned_abs());
            lang.fill("heartbeat.silence", &[("from", &from), ("to", &when(to)), ("n", &minutes)])
        }
        None => lang.fill("heartbeat.still", &[("from", &from)]),
    }
}
