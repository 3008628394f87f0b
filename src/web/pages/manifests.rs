//! `GET /manifests`: the list, with its search on top.

mod row;

use axum::extract::{Path, Query};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::manifests_new::{again_link, own_party};
use super::sheets::{exports, form_named, list_file};
use crate::app::query::{
    ContainerAsked, DEFAULT_PAGE, ManifestCursor, ManifestFilter, ManifestItem, Page, PartyRole,
};
use crate::custody::label::id_of;
use crate::custody::manifest::Status;
use crate::registry::sought::plain;
use crate::shape::{Plate, Text, parse_day};
use crate::web::components::{Column, table_with_totals, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::visit::Visit;

pub(super) use row::{cell, row};
use row::{choice, totals};

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

/// The search as the form sends it; empty means any.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    number: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    bound: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    division: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    plate: String,
    #[serde(default)]
    container: String,
    #[serde(default)]
    erp_no: String,
    after: Option<ManifestCursor>,
}

/// A field that cannot be read as what it asks for: the key of its label.
struct Unreadable(&'static str);

/// What a field says, read; an empty one says nothing.
fn read<T, E>(
    label: &'static str,
    field: &str,
    read: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, Unreadable> {
    let typed = field.trim();
    if typed.is_empty() {
        return Ok(None);
    }
    read(typed).map(Some).map_err(|_| Unreadable(label))
}

impl Asked {
    fn bound(&self) -> Option<bool> {
        match self.bound.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        }
    }

    fn filter(&self) -> Result<ManifestFilter, Unreadable> {
        let container = |text: &str| {
            Ok::<_, ()>(text.parse().map_or_else(|_| ContainerAsked::Label(id_of(text)), ContainerAsked::Id))
        };
        Ok(ManifestFilter {
            status: STATUSES.into_iter().find(|status| status.name() == self.status),
            number: Some(self.number.clone()).filter(|number| !number.trim().is_empty()),
            bound: self.bound(),
            party: None,
            role: PartyRole::ALL.into_iter().find(|role| role.name() == self.role),
            waste: read("col.code", &self.code, str::parse)?,
            division: read("manifests.division", &self.division, |text| plain(text).parse())?,
            from: read("manifests.from", &self.from, parse_day)?,
            to: read("manifests.to", &self.to, parse_day)?,
            plate: read("manifests.plate", &self.plate, Plate::parse_loose)?,
            container: read("manifests.container", &self.container, container)?,
            erp_no: read("manifests.erp-no", &self.erp_no, |text| Text::new(text))?,
            text: read("manifests.text", &self.text, |text| Text::new(text))?,
            site: None,
            is_under_way: false,
            is_unsigned: false,
        })
    }
}

/// The list.
pub(in crate::web) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let (page, wrong) = match asked.filter() {
        Ok(filter) => (visit.app.manifests(&visit.viewer, &filter, asked.after, DEFAULT_PAGE).await?, None),
        Err(Unreadable(label)) => (Page::empty(), Some(label)),
    };
    let lang = visit.lang;
    let title = lang.t("manifests.title");
    let shown = page.items.len().to_string();
    let own = own_party(&visit.viewer);
    let repeat = own.map(|_| text("new-manifest.again"));
    let columns: Vec<Column> = visit.shown.heads().into_iter().chain(repeat).collect();
    let with_link = |item: &ManifestItem| {
        let mut cells = row(&visit, &visit.shown, item);
        let consignor = item.consignor.as_ref().map(|name| name.party);
        cells.extend(own.map(|_| again_link(&visit, item.id, consignor)));
        cells
    };
    let mut sum = totals(lang, &visit.shown, &page.items);
    sum.extend(own.map(|_| html! {}));
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("manifests.view")) }
        (search_form(lang, &asked))
        p.links {
            @if own.is_some() { a href="/manifests/new" { (lang.t("new-manifest.title")) } " " }
            a href="/reconcile" { (lang.t("reconcile.title")) }
        }
        @if let Some(label) = wrong {
            p role="alert" { (lang.fill("manifests.unreadable", &[("field", lang.t(label))])) }
        } @else if page.items.is_empty() && page.next.is_none() {
            p { (lang.t("manifests.none")) }
        } @else {
            p.soft.small { (lang.fill("manifests.shown", &[("count", &shown)])) }
            (choice(&visit))
            (table_with_totals(lang, title, &columns, page.items.iter().map(with_link).collect(), sum))
            (exports(&visit))
        }
        nav.pager aria-label=(title) {
            @if asked.after.is_some() {
                a href=(visit.here_without("after")) { (lang.t("manifests.newest")) }
            }
            @if let Some(next) = page.next {
                a href=(visit.here_with("after", &next.to_string())) rel="next" { (lang.t("manifests.older")) }
            }
        }
    };
    Ok(layout::page(&visit, title, body))
}

/// Everything that the search finds, as a file.
pub(in crate::web) async fn sheet(
    visit: Visit,
    Path(form): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let form = form_named(&form)?;
    // The page says which field cannot be read, and offers no file.
    let filter = asked.filter().map_err(|_| Failure::NotFound)?;
    let (bytes, parties) = visit.app.manifests_sheet(&visit.viewer, &filter, visit.lang, form).await?;
    Ok(list_file(&format!("manifests-{}", visit.app.today()), form, bytes, parties))
}

fn search_form(lang: Lang, asked: &Asked) -> Markup {
    html! {
        form.filter method="get" action="/manifests" role="search" aria-label=(lang.t("manifests.filter")) {
            (field(lang, "manifests.number", "number", &asked.number, Some("manifests.number-hint")))
            label {
                (lang.t("col.status"))
                select name="status" {
                    option value="" { (lang.t("manifests.any-status")) }
                    @for status in STATUSES {
                        option value=(status.name()) selected[asked.status == status.name()] {
                            (lang.of("status", status.name()).unwrap_or(status.name()))
                        }
                    }
                }
            }
            (field(lang, "manifests.text", "text", &asked.text, Some("manifests.text-hint")))
            (field(lang, "col.code", "code", &asked.code, Some("manifests.code-hint")))
            (field(lang, "manifests.plate", "plate", &asked.plate, Some("manifests.plate-hint")))
            (day_field(lang, "manifests.from", "from", &asked.from))
            (day_field(lang, "manifests.to", "to", &asked.to))
            label {
                (lang.t("manifests.role"))
                select name="role" {
                    option value="" { (lang.t("manifests.any-role")) }
                    @for role in PartyRole::ALL {
                        option value=(role.name()) selected[asked.role == role.name()] { (role_name(lang, role)) }
                    }
                }
            }
            (field(lang, "manifests.division", "division", &asked.division, Some("manifests.division-hint")))
            (field(lang, "manifests.container", "container", &asked.container, None))
            (field(lang, "manifests.erp-no", "erp_no", &asked.erp_no, None))
            label {
                (lang.t("manifests.external"))
                select name="bound" {
                    option value="" { (lang.t("manifests.any-bound")) }
                    option value="yes" selected[asked.bound() == Some(true)] { (lang.t("manifests.bound")) }
                    option value="no" selected[asked.bound() == Some(false)] { (lang.t("manifests.unbound")) }
                }
            }
            button { (lang.t("manifests.apply")) }
            a href="/manifests" { (lang.t("manifests.clear")) }
        }
    }
}

fn role_name(lang: Lang, role: PartyRole) -> &'static str {
    match role {
        PartyRole::Consignor => lang.t("col.consignor"),
        PartyRole::Carrier => lang.t("manifests.carrier"),
        PartyRole::Consignee => lang.t("col.consignee"),
    }
}

fn field(lang: Lang, label: &'static str, name: &str, value: &str, hint: Option<&'static str>) -> Markup {
    html! {
        label {
            (lang.t(label))
            input type="search" name=(name) value=(value) placeholder=[hint.map(|hint| lang.t(hint))] maxlength="64"
                autocomplete="off";
        }
    }
}

fn day_field(lang: Lang, label: &'static str, name: &str, value: &str) -> Markup {
    html! {
        label { (lang.t(label)) input type="date" name=(name) value=(value); }
    }
}
