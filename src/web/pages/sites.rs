//! `GET /sites`: the sites of a firm with what lies there; for an authority, all sites.

use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

use super::site::grams_cell;
use crate::app::query::{DEFAULT_PAGE, SiteRecord};
use crate::custody::stock::StockCode;
use crate::web::components::{Column, number, site_link, table, text};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::Names;

/// Which page, and whose sites.
#[derive(Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    after: String,
    #[serde(default)]
    party: String,
}

/// The list.
pub(in crate::web) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let party = asked.party.trim().parse().ok();
    let page = visit.app.sites(&visit.viewer, party, asked.after.parse().ok(), DEFAULT_PAGE).await?;
    let names = Names::load(&visit.app, &visit.viewer, page.items.iter().map(|site| site.party)).await?;
    let lang = visit.lang;
    let title = lang.t(if visit.viewer.is_authority() { "site.sites" } else { "site.stock" });
    let mut rows = Vec::new();
    for site in &page.items {
        rows.push(row(&visit, &names, site).await?);
    }
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("sites.text")) }
        @if visit.viewer.is_authority() {
            p { a href="/sites/map" { (lang.t("site-map.link")) } }
            form.filter method="get" action="/sites" role="search" aria-label=(lang.t("manifests.filter")) {
                label { (lang.t("firm.code")) input name="party" value=(asked.party) maxlength="18" autocomplete="off"; }
                button { (lang.t("manifests.apply")) }
            }
        }
        @if rows.is_empty() { p { (lang.t("sites.none")) } } @else { (table(lang, title, &COLUMNS, rows)) }
        nav.pager aria-label=(title) {
            @if !asked.after.is_empty() { a href=(visit.here_without("after")) { (lang.t("findings.first")) } }
            @if let Some(next) = page.next {
                a href=(visit.here_with("after", &next.to_string())) rel="next" { (lang.t("findings.more")) }
            }
        }
    };
    Ok(layout::page(&visit, title, body))
}

const COLUMNS: [Column; 5] =
    [text("firm.site"), text("col.party"), text("stock.division"), number("sites.there"), text("sites.more")];

async fn row(visit: &Visit, names: &Names, site: &SiteRecord) -> Result<Vec<Markup>, Failure> {
    let lang = visit.lang;
    let division = visit.app.rulebook().catalogue.full_name(site.division);
    let stock = visit.app.stock(&visit.viewer, site.site, (None, None), None).await?;
    // What is in store as waste; products do not count.
    let there = stock.as_ref().map(|stock| {
        let wastes = stock.codes.iter().filter(|code| code.code != StockCode::Product);
        grams_cell(wastes.map(|code| code.closing_g).fold(0, i64::saturating_add))
    });
    let base = format!("/sites/{}", site.site);
    Ok(vec![
        html! { (site_link(&visit.viewer, site)) @if let Some(on) = site.closed_on { " " span.soft { (lang.t("firm.closed")) " " (on) } } },
        names.link(lang, &site.party),
        html! { (division.unwrap_or_else(|| site.division.to_string())) },
        there.unwrap_or_default(),
        html! {
            @if stock.is_some() {
                a.nowrap href={ (base) "/declarations" } { (lang.t("duty.declarations")) } " · "
                a.nowrap href={ (base) "/sheet" } { (lang.t("sheet.link")) }
            }
        },
    ])
}
