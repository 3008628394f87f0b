//! The first step: what lies at the site, by code and the oldest first.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::asked::{Asked, FREE_ROWS};
use crate::app::query::MAX_PAGE;
use crate::catalogue::WasteCode;
use crate::custody::stock::StockCode;
use crate::id::LotId;
use crate::registry::SiteRecord;
use crate::web::components::short;
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::pages::lots_new::{code_list, described, known_codes};
use crate::web::visit::Visit;
use crate::web::words::mass;

/// A lot that can go.
pub(super) struct Lot {
    pub(super) lot: LotId,
    pub(super) code: WasteCode,
    pub(super) grams: i64,
    name: String,
}

/// The lots on hand at a site, and codes that its firm knows.
pub(super) struct Stock<'a> {
    site: &'a SiteRecord,
    pub(super) lots: Vec<Lot>,
    known: Vec<WasteCode>,
}

impl<'a> Stock<'a> {
    /// The first page of lots is enough to load one vehicle.
    pub(super) async fn of(visit: &Visit, site: &'a SiteRecord) -> Result<Self, Failure> {
        let lots = visit.app.lots_on_hand(&visit.viewer, site.site, None, MAX_PAGE).await?;
        let lots = lots.ok_or(Failure::NotFound)?.items.into_iter().filter_map(|lot| {
            let StockCode::Waste(code) = lot.row.code else { return None };
            let name = lot.row.lot_code.unwrap_or_else(|| short(&lot.row.lot.to_string()));
            (lot.row.balance_g > 0).then_some(Lot { lot: lot.row.lot, code, grams: lot.row.balance_g, name })
        });
        Ok(Self { site, lots: lots.collect(), known: known_codes(visit, site.site).await? })
    }

    /// The page.
    pub(super) fn page(&self, visit: &Visit, asked: &Asked, wrong: Option<&'static str>) -> Response {
        let lang = visit.lang;
        let title = lang.t("new-manifest.title");
        let mut by_code: BTreeMap<WasteCode, Vec<&Lot>> = BTreeMap::new();
        for lot in &self.lots {
            by_code.entry(lot.code).or_default().push(lot);
        }
        let body = html! {
            h1 { (title) }
            p.steps { (lang.t("new-manifest.step-what")) }
            p { (lang.t("new-manifest.from")) (lang.t("sign.separator")) strong { (self.site.name) } " "
                a href="/manifests/new" { (lang.t("new-manifest.other-site")) } }
            @if let Some(wrong) = wrong { div.faults role="alert" { p { (lang.t(wrong)) } } }
            form.deed.wide method="get" action="/manifests/new" {
                input type="hidden" name="site" value=(self.site.site);
                input type="hidden" name="sent" value="1";
                @if by_code.is_empty() { p { (lang.t("new-manifest.no-stock")) } }
                @for (code, lots) in &by_code { (of_code(visit, asked, *code, lots)) }
                (self.others(visit, asked, by_code.is_empty()))
                button { (lang.t("new-manifest.next")) }
            }
        };
        layout::page(visit, title, body).into_response()
    }

    /// Waste whose lots are not in the books.
    fn others(&self, visit: &Visit, asked: &Asked, is_open: bool) -> Markup {
        let lang = visit.lang;
        let is_open = is_open || asked.free.iter().any(|(code, _)| !code.is_empty());
        html! {
            details open[is_open] {
                summary { (lang.t("new-manifest.others")) }
                (code_list("known-codes", &self.known))
                @for row in 0..FREE_ROWS {
                    @let (code, kilograms) = &asked.free[row];
                    div.side-by-side {
                        label.field { span { (lang.t("col.code")) }
                            input name={ "freecode-" (row) } value=(code) list="known-codes" maxlength="20" autocomplete="off"
                                placeholder="900-041-49"; }
                        label.field { span { (lang.t("new-manifest.kilograms")) }
                            input name={ "freekg-" (row) } value=(kilograms) inputmode="decimal" maxlength="20" autocomplete="off"; }
                    }
                }
            }
        }
    }
}

/// One code: its lots to be ticked, or a mass.
fn of_code(visit: &Visit, asked: &Asked, code: WasteCode, lots: &[&Lot]) -> Markup {
    let lang = visit.lang;
    let total_g = lots.iter().map(|lot| lot.grams).fold(0, i64::wrapping_add);
    let typed = asked.masses.get(&code).map(String::as_str).unwrap_or_default();
    html! {
        fieldset {
            legend.mono { (code) }
            p.soft { (described(code)) " · " (lang.fill("new-manifest.on-hand", &[("mass", &mass(lang, total_g)), ("lots", &lots.len().to_string())])) }
            ul.ticks {
                @for lot in lots {
                    li { label.inline {
                        input type="checkbox" name="lot" value=(lot.lot) checked[asked.lots.contains(&lot.lot)];
                        span { span.mono { (lot.name) } " · " (mass(lang, lot.grams)) }
                    } }
                }
            }
            label.field {
                span { (lang.t("new-manifest.or-mass")) }
                span.unit {
                    input name={ "kg-" (code.digits()) } value=(typed) inputmode="decimal" maxlength="20" autocomplete="off";
                    span.soft aria-hidden="true" { (lang.t("sign.kilogram")) }
                }
            }
        }
    }
}
