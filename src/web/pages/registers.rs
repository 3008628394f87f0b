//! `GET /sites/{id}/registers/{register}`: one of the five registers of a site, and the same as a file at `…/csv`, `…/xlsx` and `…/pdf`.

use axum::extract::{Path, Query};
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::NaiveDate;
use maud::{Markup, html};
use serde::Deserialize;

use super::{prints, sheets};
use crate::app::query::{DEFAULT_PAGE, MAX_SHEET_ROWS, RegisterAsked, RegisterItem, RowCursor};
use crate::custody::register::Register;
use crate::id::SiteId;
use crate::shape::parse_day;
use crate::web::components::{event_bundle_path, lot_path, manifest_path, number, short, table, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::{count, name_of, tonnes};

/// Which days, as the form sends them; empty means nothing is said.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    after: Option<String>,
    columns: Option<String>,
    #[serde(default)]
    again: String,
}

impl Asked {
    fn of(&self, visit: &Visit, site: &str, register: &str) -> Result<RegisterAsked, Failure> {
        let site: SiteId = site.parse().map_err(|_| Failure::NotFound)?;
        let register: Register = register.parse().map_err(|_| Failure::NotFound)?;
        let (from, to) = visit.app.days(parse_day(&self.from).ok(), parse_day(&self.to).ok());
        Ok(RegisterAsked { site, register, from: from.min(to), to })
    }
}

/// One register of one site.
pub(in crate::web) async fn show(
    visit: Visit,
    Path((id, register)): Path<(String, String)>,
    Query(query): Query<Asked>,
) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let asked = query.of(&visit, &id, &register)?;
    let after = query.after.as_deref().and_then(|after| after.parse::<RowCursor>().ok());
    let page = visit.app.register(&visit.viewer, &asked, after, DEFAULT_PAGE).await?;
    let page = page.ok_or(Failure::NotFound)?;
    let lang = visit.lang;
    let name = lang.of("register", asked.register.name()).unwrap_or(asked.register.name());
    let body = html! {
        h1 { (name) }
        p { a href={ "/sites/" (asked.site) } { (lang.t("duty.to-stock")) } }
        nav aria-label=(lang.t("duty.registers")) { (links(lang, asked.site, Some(asked.register))) }
        (days_form(&visit, asked.from, asked.to))
        (rows(lang, &page.items))
        (sheets::downloads(&visit, &format!("from={}&to={}", asked.from, asked.to)))
        (prints::links(&visit, &format!("{}/pdf", visit.path), &format!("from={}&to={}", asked.from, asked.to)))
        p.soft { (lang.fill("duty.sheet-limit", &[("rows", &count(MAX_SHEET_ROWS as u64))])) }
        nav.pager aria-label=(name) {
            @if after.is_some() { a href=(visit.here_without("after")) { (lang.t("findings.first")) } }
            @if let Some(next) = page.next {
                a href=(visit.here_with("after", &next.to_string())) rel="next" { (lang.t("findings.more")) }
            }
        }
    };
    Ok(layout::page(&visit, name, body))
}

/// Links to the registers of a site, in the order of the appendix.
pub(super) fn links(lang: Lang, site: SiteId, current: Option<Register>) -> Markup {
    html! {
        ul.plain {
            @for register in Register::ALL {
                li {
                    a href={ "/sites/" (site) "/registers/" (register.name()) }
                        aria-current=[(current == Some(register)).then_some("page")] {
                        (lang.of("register", register.name()).unwrap_or(register.name()))
                    }
                }
            }
        }
    }
}

fn days_form(visit: &Visit, from: NaiveDate, to: NaiveDate) -> Markup {
    let lang = visit.lang;
    let field = |key: &'static str, name: &str, day: NaiveDate| {
        html! { label { (lang.t(key)) input type="date" name=(name) value=(day) min="1970-01-01" max="9999-12-31"; } }
    };
    html! {
        form.filter method="get" action=(visit.path) aria-label=(lang.t("stock.period")) {
            (field("stock.from", "from", from))
            (field("stock.on", "to", to))
            button { (lang.t("manifests.apply")) }
        }
    }
}

fn rows(lang: Lang, items: &[RegisterItem]) -> Markup {
    if items.is_empty() {
        return html! { p { (lang.t("duty.no-rows")) } };
    }
    let columns = [
        text("duty.day"),
        text("col.lot"),
        text("col.code"),
        number("col.mass"),
        text("duty.way"),
        text("duty.with"),
        text("col.entry"),
    ];
    let row = |item: &RegisterItem| {
        let name = item.row.lot_code.clone().unwrap_or_else(|| short(&item.row.lot.to_string()));
        vec![
            html! { span.nowrap { (item.row.day) } },
            html! { a.mono.nowrap href=(lot_path(item.row.lot)) { (name) } },
            html! { span.nowrap { (item.row.code) } },
            html! { (tonnes(item.row.mass_g)) },
            html! { (way(lang, item)) },
            with(lang, item),
            html! {
                @let name = short(&item.row.event.to_string());
                // What was erased by law has no bundle any more.
                @if item.said.is_some() { a.mono href=(event_bundle_path(item.row.event)) { (name) } } @else { span.mono { (name) } }
            },
        ]
    };
    table(lang, lang.t("duty.registers"), &columns, items.iter().map(row).collect())
}

/// How it moved: by which measure, into which facility, by which method.
fn way(lang: Lang, item: &RegisterItem) -> String {
    let measure = item
        .row
        .measure
        .map_or(lang.t("duty.shelf"), |measure| lang.of("measure", measure.name()).unwrap_or(measure.name()));
    let said = item.said.as_ref();
    let method = said.and_then(|said| said.method).map(|method| method.to_string());
    let facility = said.and_then(|said| said.facility.clone());
    let rest = method.into_iter().chain(facility).map(|more| format!(" {more}"));
    std::iter::once(measure.to_owned()).chain(rest).collect()
}

/// On which manifest, from or to whom.
fn with(lang: Lang, item: &RegisterItem) -> Markup {
    html! {
        @if let Some(manifest) = item.row.manifest {
            a.mono.nowrap href=(manifest_path(manifest)) {
                (item.number.clone().unwrap_or_else(|| short(&manifest.to_string())))
            }
        }
        @if let Some(other) = &item.other { " " (name_of(lang, other)) }
    }
}

/// A register as a file.
pub(in crate::web) async fn sheet(
    visit: Visit,
    headers: HeaderMap,
    Path((id, register, form)): Path<(String, String, String)>,
    Query(query): Query<Asked>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let asked = query.of(&visit, &id, &register)?;
    let name = format!("{}-{}-{}", asked.register.name(), asked.from, asked.to);
    if form == "pdf" {
        let order = visit.app.column_order(query.columns.as_deref()).ok_or(Failure::NotFound)?;
        let (from, to) = (asked.from, asked.to);
        let page = format!("/sites/{}/registers/{}?from={from}&to={to}", asked.site, asked.register.name());
        let printing = prints::printing(&headers, &page, &query.again);
        let made = visit.app.print_register(&visit.viewer, &asked, order, &printing).await?;
        return Ok(prints::pdf(&name, made.ok_or(Failure::NotFound)?));
    }
    let (form, order) = sheets::asked(&visit, &form, query.columns.as_deref())?;
    let sheet = visit.app.register_sheet(&visit.viewer, &asked, order, form).await?;
    // The page says how many rows a sheet holds.
    let bytes = sheet.ok_or(Failure::NotFound)?.map_err(|_| Failure::NotFound)?;
    Ok(sheets::file(&name, form, bytes))
}
