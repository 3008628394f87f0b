//! `GET /manifests`: the list, with its filter on top.

use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::query::{DEFAULT_PAGE, ManifestFilter, ManifestItem};
use crate::custody::manifest::Status;
use crate::web::components::{manifest_path, number, short, status_tag, table, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::name_of;

/// Every status, in the order of a manifest's life.
pub(in crate::web) const STATUSES: [Status; 12] = [
    Status::Registered,
    Status::Confirmed,
    Status::Assigned,
    Status::InTransit,
    Status::Delivered,
    Status::Received,
    Status::Partly,
    Status::Rejected,
    Status::Returned,
    Status::Declined,
    Status::Voided,
    Status::Unregistered,
];

/// The filter as the form sends it; empty means any.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    number: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    bound: String,
    before: Option<u64>,
}

impl Asked {
    /// Digits come full-width from Chinese keyboards; blanks come with copying.
    fn number(&self) -> Option<String> {
        let plain = |c: char| match c {
            '０'..='９' => char::from_u32(c as u32 - '０' as u32 + '0' as u32).unwrap_or(c),
            '－' => '-',
            _ => c.to_ascii_uppercase(),
        };
        let number: String = self.number.chars().filter(|c| !c.is_whitespace()).map(plain).collect();
        (!number.is_empty()).then_some(number)
    }

    fn bound(&self) -> Option<bool> {
        match self.bound.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }
    }

    fn status(&self) -> Option<Status> {
        STATUSES.into_iter().find(|status| status.name() == self.status)
    }
}

/// The list.
pub(in crate::web) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let filter = ManifestFilter { status: asked.status(), number: asked.number(), bound: asked.bound() };
    let page = visit.app.manifests(&visit.viewer, &filter, asked.before, DEFAULT_PAGE).await?;
    let lang = visit.lang;
    let title = lang.t("manifests.title");
    let shown = page.items.len().to_string();
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("manifests.view")) }
        (filter_form(lang, &filter))
        p { a href="/reconcile" { (lang.t("reconcile.title")) } }
        @if page.items.is_empty() && page.next.is_none() {
            p { (lang.t("manifests.none")) }
        } @else {
            p.soft.small { (lang.fill("manifests.shown", &[("count", &shown)])) }
            (table(lang, title, &COLUMNS, page.items.iter().map(|item| row(lang, item)).collect()))
        }
        nav.pager aria-label=(title) {
            @if asked.before.is_some() {
                a href=(visit.here_without("before")) { (lang.t("manifests.newest")) }
            }
            @if let Some(next) = page.next {
                a href=(visit.here_with("before", &next.to_string())) rel="next" { (lang.t("manifests.older")) }
            }
        }
    };
    Ok(layout::page(&visit, title, body))
}

pub(super) const COLUMNS: [crate::web::components::Column; 5] = [
    text("col.number"),
    text("col.status"),
    text("col.consignor"),
    text("col.consignee"),
    number("col.open"),
];

/// One row: the number leads to the manifest.
pub(super) fn row(lang: Lang, item: &ManifestItem) -> Vec<Markup> {
    let name =
        |party: &Option<_>| html! { (party.as_ref().map_or(String::new(), |party| name_of(lang, party))) };
    vec![
        html! {
            a.nowrap href=(manifest_path(item.id)) {
                @match &item.number {
                    Some(number) => (number),
                    None => { (lang.t("manifests.unnumbered")) " " (short(&item.id.to_string())) }
                }
            }
        },
        status_tag(lang, &item.status),
        name(&item.consignor),
        name(&item.consignee),
        html! { @if item.open_findings > 0 { strong { (item.open_findings) } } @else { "0" } },
    ]
}

fn filter_form(lang: Lang, filter: &ManifestFilter) -> Markup {
    html! {
        form.filter method="get" action="/manifests" role="search" aria-label=(lang.t("manifests.filter")) {
            label {
                (lang.t("manifests.number"))
                input type="search" name="number" value=[filter.number.as_deref()] placeholder=(lang.t("manifests.number-hint"))
                    maxlength="64" autocomplete="off";
            }
            label {
                (lang.t("col.status"))
                select name="status" {
                    option value="" { (lang.t("manifests.any-status")) }
                    @for status in STATUSES {
                        option value=(status.name()) selected[filter.status == Some(status)] {
                            (lang.of("status", status.name()).unwrap_or(status.name()))
                        }
                    }
                }
            }
            label {
                (lang.t("manifests.external"))
                select name="bound" {
                    option value="" { (lang.t("manifests.any-bound")) }
                    option value="yes" selected[filter.bound == Some(true)] { (lang.t("manifests.bound")) }
                    option value="no" selected[filter.bound == Some(false)] { (lang.t("manifests.unbound")) }
                }
            }
            button { (lang.t("manifests.apply")) }
            @if *filter != ManifestFilter::default() {
                a href="/manifests" { (lang.t("manifests.clear")) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_as_people_type_them() {
        for (typed, meant) in [
            ("０００１２３", Some("000123")),
            (" ld2026－371302-1 ", Some("LD2026-371302-1")),
            ("  ", None),
            ("", None),
        ] {
            let asked = Asked { number: typed.to_owned(), ..Default::default() };
            assert_eq!(asked.number().as_deref(), meant, "{typed}");
        }
    }
}
