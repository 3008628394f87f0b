//! Documents as files: `GET /manifests/{id}/print/pdf`, `/sites/{id}/registers/{register}/pdf`, `/sites/{id}/store-ledger/pdf` and
//! `/lots/{id}/labels/{form}`. What a page shows, for a printer or to be sent.

use axum::extract::{Path, Query};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::labels;
use crate::app::App;
use crate::app::prints::{LabelsForm, NoPrint, PrinterLanguage, Printing, Resolution, StoreAsked};
use crate::app::query::SiteStock;
use crate::id::{LotId, ManifestId, SiteId};
use crate::print::PrintError;
use crate::shape::month_text;
use crate::web::components::manifest_path;
use crate::web::failure::Failure;
use crate::web::paper;
use crate::web::visit::Visit;

/// Media type of PDF.
const PDF: &str = "application/pdf";
/// Longest name of a facility, in characters.
const MAX_FACILITY: usize = 32;

impl From<NoPrint> for Failure {
    fn from(error: NoPrint) -> Self {
        match error {
            NoPrint::Font(error) => {
                tracing::error!(%error, "no document can be printed");
                Self::NoFont
            }
            NoPrint::TooManyRows | NoPrint::TooManyBefore | NoPrint::Print(PrintError::TooLong) => {
                Self::Limit
            }
            NoPrint::Print(error) => Self::Fault(crate::app::Fault::Print(error)),
            NoPrint::Fault(fault) => Self::Fault(fault),
        }
    }
}

/// Whether it was printed before; empty means that it was not.
#[derive(Default, Deserialize)]
pub(in crate::web) struct Again {
    #[serde(default)]
    again: String,
}

/// The manifest for the cab.
pub(in crate::web) async fn manifest(
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(asked): Query<Again>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: ManifestId = id.parse().map_err(|_| Failure::NotFound)?;
    let printing = printing(&headers, &manifest_path(id), &asked.again);
    let made = visit.app.print_manifest(&visit.viewer, id, &printing).await?.ok_or(Failure::NotFound)?;
    Ok(file(&format!("manifest-{id}"), "pdf", PDF, made))
}

/// Which store, and when; this month where nothing is said.
#[derive(Default, Deserialize)]
pub(in crate::web) struct StoreQuery {
    #[serde(default)]
    month: String,
    #[serde(default)]
    facility: String,
    #[serde(default)]
    again: String,
}

/// The ledger of a store.
pub(in crate::web) async fn store(
    visit: Visit,
    headers: HeaderMap,
    Path(id): Path<String>,
    Query(query): Query<StoreQuery>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let site: SiteId = id.parse().map_err(|_| Failure::NotFound)?;
    let month = match query.month.as_str() {
        "" => this_month(&visit.app),
        month => month.to_owned(),
    };
    let month = StoreAsked::month_named(&month).ok_or(Failure::NotFound)?;
    let facility = Some(query.facility.trim()).filter(|facility| !facility.is_empty());
    if facility.is_some_and(|facility| facility.chars().count() > MAX_FACILITY) {
        return Err(Failure::NotFound);
    }
    let asked = StoreAsked { site, facility: facility.map(str::to_owned), month };
    let printing = printing(&headers, &format!("/sites/{site}"), &query.again);
    let made = visit.app.print_store(&visit.viewer, &asked, &printing).await?.ok_or(Failure::NotFound)?;
    Ok(file(&format!("store-{}", month_text(month)), "pdf", PDF, made))
}

/// Labels, as they were chosen on their page.
pub(in crate::web) async fn labels(
    visit: Visit,
    Path((id, form)): Path<(String, String)>,
    Query(asked): Query<labels::Asked>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: LotId = id.parse().map_err(|_| Failure::NotFound)?;
    let form = match form.as_str() {
        "pdf" => LabelsForm::Pdf,
        "zpl" => LabelsForm::Printer(PrinterLanguage::Zpl, asked.resolution()),
        "tspl" => LabelsForm::Printer(PrinterLanguage::Tspl, asked.resolution()),
        _ => return Err(Failure::NotFound),
    };
    let made = visit.app.print_labels(&visit.viewer, id, asked.asked(form)).await?;
    let made = made.ok_or(Failure::NotFound)?;
    Ok(file(&format!("labels-{id}"), form.ending(), form.media(), made.bytes))
}

/// The form on the page of a site that asks for the ledger of a store: its facilities by their codes, and all of it.
pub(super) fn store_form(visit: &Visit, stock: &SiteStock) -> Markup {
    let lang = visit.lang;
    html! {
        form.filter method="get" action={ "/sites/" (stock.site.site) "/store-ledger/pdf" } aria-label=(lang.t("documents.store")) {
            label { (lang.t("documents.facility"))
                select name="facility" {
                    option value="" { (lang.t("documents.whole-site")) }
                    @for facility in &stock.site.facilities {
                        option value=(facility.code) { (facility.code) " " (facility.name) }
                    }
                }
            }
            label { (lang.t("documents.month"))
                input type="month" name="month" value=(this_month(&visit.app)) min="1970-01" max="9999-12";
            }
            button { (lang.t("documents.pdf")) }
        }
    }
}

/// Links to a document as a PDF: the first print, and one that says it is none.
pub(super) fn links(visit: &Visit, path: &str, query: &str) -> Markup {
    let lang = visit.lang;
    let more = if query.is_empty() { String::new() } else { format!("{query}&") };
    let first = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    html! {
        p {
            a href=(first) download { (lang.t("documents.pdf")) } " · "
            a href={ (path) "?" (more) "again=1" } download { (lang.t("documents.again")) }
        }
    }
}

fn this_month(app: &App) -> String {
    month_text(app.today())
}

/// How a document is printed.
pub(super) fn printing(headers: &HeaderMap, path: &str, again: &str) -> Printing {
    Printing { link: paper::address(headers, path), again: !again.is_empty() }
}

/// A PDF called `name`.
pub(super) fn pdf(name: &str, bytes: Vec<u8>) -> Response {
    file(name, "pdf", PDF, bytes)
}

/// A file called `name`, made of letters, digits and hyphens.
fn file(name: &str, ending: &str, media: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}.{ending}\""));
    let disposition = disposition.expect("letters, digits and hyphens make a header");
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(media)), (CONTENT_DISPOSITION, disposition)];
    (headers, bytes).into_response()
}

/// Resolutions that printers of labels have, for a choice.
pub(super) const RESOLUTIONS: [Resolution; 3] = Resolution::ALL;
