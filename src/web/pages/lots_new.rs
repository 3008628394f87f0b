//! `GET /lots/new`: what arose at a site (登记产生), in its containers where it has any. It is signed.

use std::collections::BTreeSet;

use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::manifests_new::own_party;
use crate::app::query::{MAX_PAGE, PaperKind};
use crate::catalogue::{Catalogue, WasteCode};
use crate::custody::Kind;
use crate::custody::paper::Written;
use crate::custody::stock::StockCode;
use crate::id::SiteId;
use crate::registry::SiteRecord;
use crate::web::assets::script_path;
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::signing::{self, Choice, Field, Statement};
use crate::web::visit::Visit;

/// Most containers that are labelled at once.
const MAX_AT_ONCE: u32 = 200;
/// Longest name of a facility, in characters.
const MAX_FACILITY: usize = 100;
/// Most characters shown of what the catalogue says of a code.
const MAX_DESCRIPTION: usize = 24;
/// Longest label, in characters.
const MAX_LABEL: usize = 64;

/// Where it arose.
#[derive(Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    site: String,
}

/// The form.
pub(in crate::web) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    visit.signed_in()?;
    own_party(&visit.viewer).ok_or(Failure::NotFound)?;
    let lang = visit.lang;
    let sites = own_sites(&visit).await?;
    let wanted: Option<SiteId> = asked.site.parse().ok();
    let here = sites.iter().find(|site| Some(site.site) == wanted);
    if !asked.site.is_empty() && here.is_none() {
        return Err(Failure::NotFound);
    }
    let here = here.or_else(|| sites.first().filter(|_| sites.len() == 1));
    let title = lang.t("new-lot.title");
    if sites.is_empty() {
        let body = html! { h1 { (title) } p { (lang.t("new-lot.no-site")) } };
        return Ok(layout::page(&visit, title, body).into_response());
    }
    let mut known = BTreeSet::new();
    for site in here.map_or(&sites[..], std::slice::from_ref) {
        known.extend(known_codes(&visit, site.site).await?);
    }
    let statement = Statement {
        kind: Kind::WasteGenerated,
        data: json!({ "lots": [{ "lot": "new:lot", "quantity": {} }] }),
        then: "/lots/{lot}",
        button: "signing.prepare",
    };
    let fields = fields(&visit, &sites, here, &Vec::from_iter(known));
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("new-lot.text")) }
        (statement.form(&visit, fields))
        @if visit.signed.is_some() { script type="module" src=(script_path("desk/containers.js")) {} }
    };
    Ok(if visit.signed.is_some() {
        signing::page(&visit, title, body)
    } else {
        layout::page(&visit, title, body).into_response()
    })
}

fn fields(visit: &Visit, sites: &[SiteRecord], here: Option<&SiteRecord>, known: &[WasteCode]) -> Markup {
    let lang = visit.lang;
    let choices: Vec<Choice> =
        sites.iter().map(|site| Choice { value: site.site.to_string(), shown: site.name.clone() }).collect();
    let chosen = here.map(|site| site.site.to_string()).unwrap_or_default();
    let now = visit.app.clock().now();
    html! {
        (Field::needed("/site", "col.site").choice(lang, &choices, &chosen))
        (Field::needed("/lots/0/code", "col.code").hint("new-lot.code-hint").code(lang, "", Some("known-codes")))
        (code_list("known-codes", known))
        div.side-by-side {
            (Field::needed("/lots/0/quantity/mass_g", "new-lot.mass").kilograms(lang, None))
            (Field::needed("/lots/0/quantity/basis", "new-lot.basis").choice(lang, &basis_choices(lang), "measured"))
        }
        (Field::needed("occurred_at", "new-lot.when").moment(visit, Some(now)))
        (Field::optional("/facility", "new-lot.facility").text(lang, "", MAX_FACILITY))
        (containers(lang))
    }
}

/// Containers, each with a label of its own. The ledger lends the numbers; whoever labels by another system types its codes.
fn containers(lang: Lang) -> Markup {
    html! {
        label.inline { input #with-containers type="checkbox" data-opens="containers"; " " (lang.t("new-lot.with-containers")) }
        fieldset #containers hidden disabled data-refused=(lang.t("signing.needed")) data-unreached=(lang.t("signing.unreached"))
            data-fault=(lang.t("signing.fault")) data-no-key=(lang.t("signing.no-key")) {
            legend { (lang.t("label.containers")) }
            div.side-by-side {
                label.field { span data-label { (lang.t("new-lot.count")) }
                    input #container-count type="number" min="1" max=(MAX_AT_ONCE) value="1" inputmode="numeric" autocomplete="off"; }
                label.field { span data-label { (lang.t("new-lot.litres")) }
                    input #container-litres type="number" min="1" max="100000" value="200" inputmode="numeric" autocomplete="off"; }
            }
            p { button.second type="button" data-number { (lang.t("new-lot.number")) } }
            p.fault data-trouble-here role="alert" hidden {}
            ol.containers {}
            template #one-container {
                li {
                    input type="hidden" data-name="container";
                    input type="hidden" data-name="litres" data-as="count";
                    label.field { span data-label { (lang.t("col.label")) }
                        input.mono data-name="label" maxlength=(MAX_LABEL) autocomplete="off"; }
                    label.field { span data-label { (lang.t("new-lot.net")) }
                        span.unit {
                            input data-name="mass_g" data-as="kilograms" data-unit=(lang.t("sign.kilogram")) inputmode="decimal" autocomplete="off";
                            span.soft aria-hidden="true" { (lang.t("sign.kilogram")) }
                        }
                    }
                    button.second type="button" data-drop { (lang.t("new-lot.drop")) }
                }
            }
        }
    }
}

/// How a mass is known, as somebody who states it chooses.
pub(super) fn basis_choices(lang: Lang) -> [Choice; 2] {
    [("measured", "new-lot.measured"), ("estimated", "new-lot.estimated")]
        .map(|(value, key)| Choice { value: value.to_owned(), shown: lang.t(key).to_owned() })
}

/// The sites of the viewer's party that are open, the first registered first.
pub(super) async fn own_sites(visit: &Visit) -> Result<Vec<SiteRecord>, Failure> {
    let Some(party) = own_party(&visit.viewer) else { return Ok(Vec::new()) };
    let sites = visit.app.sites(&visit.viewer, Some(party), None, MAX_PAGE).await?;
    Ok(sites.items.into_iter().filter(|site| site.closed_on.is_none()).collect())
}

/// The codes that a site planned for, or has had in its books this month.
pub(super) async fn known_codes(visit: &Visit, site: SiteId) -> Result<Vec<WasteCode>, Failure> {
    let mut known = BTreeSet::new();
    let plans =
        visit.app.papers(&visit.viewer, PaperKind::Plan, visit.viewer.party(), None, MAX_PAGE).await?;
    for paper in plans.items {
        if let Written::Plan(plan) = paper.written
            && plan.site == site
        {
            known.extend(plan.lines.iter().map(|line| line.code));
        }
    }
    let stock = visit.app.stock(&visit.viewer, site, (None, None), None).await?;
    known.extend(stock.into_iter().flat_map(|stock| stock.codes).filter_map(|code| match code.code {
        StockCode::Waste(code) => Some(code),
        _ => None,
    }));
    Ok(known.into_iter().collect())
}

/// Codes to choose from while typing.
pub(super) fn code_list(id: &str, known: &[WasteCode]) -> Markup {
    let words = |code: &WasteCode| Catalogue::embedded().waste(code).map(|entry| entry.description.as_str());
    html! { datalist id=(id) { @for code in known { option value=(code) { (words(code).unwrap_or_default()) } } } }
}

/// What the catalogue calls a code, cut short.
pub(super) fn described(code: WasteCode) -> String {
    let Some(entry) = Catalogue::embedded().waste(&code) else { return String::new() };
    let mut words: String = entry.description.chars().take(MAX_DESCRIPTION).collect();
    if entry.description.chars().count() > MAX_DESCRIPTION {
        words.push('…');
    }
    words
}
