//! `GET /sites/map`: the sites of a division as a schematic map with what went between them lately; for its authorities.

use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::query::{MAX_MAPPED_SITES, MappedSite, Movement, SiteMap};
use crate::catalogue::Division;
use crate::web::components::{Column, number, site_link, table, text};
use crate::web::draw::region::{self, Between, Spot};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::{Names, count};

/// Most movements that the table tells; all of them are drawn.
const MAX_TOLD: usize = 50;

/// Where.
#[derive(Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    division: String,
}

/// The map.
pub(in crate::web) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let division: Option<Division> = match asked.division.trim() {
        "" => None,
        given => Some(given.parse().map_err(|_| Failure::NotFound)?),
    };
    let map = visit.app.site_map(&visit.viewer, division).await?.ok_or(Failure::NotFound)?;
    let names =
        Names::load(&visit.app, &visit.viewer, map.sites.iter().map(|mapped| mapped.site.party)).await?;
    let lang = visit.lang;
    let where_ = visit.app.rulebook().catalogue.full_name(map.division).unwrap_or_default();
    let title = lang.fill("site-map.title", &[("division", &where_)]);
    let about = lang.fill("site-map.text", &[("days", &map.days.to_string())]);
    let body = html! {
        h1 { (title) }
        form.filter method="get" action="/sites/map" role="search" aria-label=(lang.t("manifests.filter")) {
            label { (lang.t("site-map.division")) input name="division" value=(map.division) maxlength="6" pattern="[0-9]{6}" autocomplete="off"; }
            button { (lang.t("manifests.apply")) }
        }
        @if map.sites.is_empty() {
            p { (lang.t("site-map.none")) }
        } @else {
            @if map.has_more { p role="note" { (lang.fill("site-map.more", &[("max", &MAX_MAPPED_SITES.to_string())])) } }
            (region::draw(&spots(&visit, &names, &map), &lines(&visit, &map), "site-map", &title, &about))
            p.soft.small { (about) }
            (sites(&visit, &names, &map))
            (movements(&visit, &map))
        }
    };
    Ok(layout::page(&visit, &title, body))
}

fn spots(visit: &Visit, names: &Names, map: &SiteMap) -> Vec<Spot> {
    let spot = |(n, mapped): (usize, &MappedSite)| {
        let lang = visit.lang;
        let open = lang.fill("site-map.open", &[("count", &count(mapped.open_findings))]);
        let party = names.of(lang, &mapped.site.party);
        Spot {
            lat_udeg: mapped.place.lat_udeg,
            lon_udeg: mapped.place.lon_udeg,
            note: format!("{n} · {party} · {} · {open}", mapped.site.name),
            is_marked: mapped.open_findings > 0,
        }
    };
    (1..).zip(&map.sites).map(spot).collect()
}

fn lines(visit: &Visit, map: &SiteMap) -> Vec<Between> {
    let line = |moved: &Movement| Between {
        from: moved.from,
        to: moved.to,
        weight: moved.manifests,
        note: format!("{} · {}", between(map, moved), manifests(visit, moved)),
    };
    map.movements.iter().map(line).collect()
}

/// From where to where, by the numbers of the map.
fn between(map: &SiteMap, moved: &Movement) -> String {
    let site = |n: usize| {
        let name = map.sites.get(n).map_or("", |mapped| mapped.site.name.as_str());
        format!("{} {name}", n + 1)
    };
    format!("{} → {}", site(moved.from), site(moved.to))
}

fn manifests(visit: &Visit, moved: &Movement) -> String {
    visit.lang.fill("site-map.manifests", &[("count", &count(moved.manifests))])
}

const SITES: [Column; 5] =
    [text("places.number"), text("firm.site"), text("col.party"), text("stock.division"), number("col.open")];

fn sites(visit: &Visit, names: &Names, map: &SiteMap) -> Markup {
    let lang = visit.lang;
    let catalogue = visit.app.rulebook().catalogue;
    let rows = (1..).zip(&map.sites).map(|(n, mapped)| {
        let (site, open) = (&mapped.site, mapped.open_findings);
        vec![
            html! { (n) },
            site_link(&visit.viewer, site),
            names.link(lang, &site.party),
            html! { (catalogue.full_name(site.division).unwrap_or_else(|| site.division.to_string())) },
            html! {
                @if open == 0 { "0" }
                @else { a href={ "/findings?life=open&party=" (site.party) } { (count(open)) } }
            },
        ]
    });
    table(lang, lang.t("site.sites"), &SITES, rows.collect())
}

fn movements(visit: &Visit, map: &SiteMap) -> Markup {
    let lang = visit.lang;
    let rows: Vec<Vec<Markup>> = map
        .movements
        .iter()
        .take(MAX_TOLD)
        .map(|moved| vec![html! { (between(map, moved)) }, html! { (count(moved.manifests)) }])
        .collect();
    let title = lang.fill("site-map.moved", &[("days", &map.days.to_string())]);
    html! {
        h2 { (title) }
        @if rows.is_empty() { p { (lang.t("site-map.nothing-moved")) } }
        @else { (table(lang, &title, &[text("site-map.between"), number("site-map.count")], rows)) }
    }
}
