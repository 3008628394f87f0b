//! Documents on paper: the manifest for the cab, the ledger of a store, labels of containers. Pages of registers are a form of the registers.

use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, HOST, LINK};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Printed;
use crate::api::extract::{Path, Query, bad_parameter};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::prints::{
    LabelSize, LabelWords, LabelsAsked, LabelsForm, PrinterLanguage, Printing, Resolution, StoreAsked,
};
use crate::id::{LotId, ManifestId, SiteId};
use crate::print;

/// Media type of PDF.
pub(super) const PDF: &str = "application/pdf";
/// Longest text that is written on a label, and longest name of a facility, in characters.
const MAX_WORDS: usize = 60;
const MAX_FACILITY: usize = 32;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(manifest)).routes(routes!(store_ledger)).routes(routes!(labels))
}

/// How a manifest is printed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ManifestQuery {
    /// `true` when it was printed before; it then says so (补打).
    again: Option<bool>,
}

/// The manifest for the cab, as a PDF on A4.
///
/// Its three parts as in the national form, a box for the seal of every party, a QR code that leads to its page, and the digest of every
/// statement. Text can be searched; the same content gives the same bytes. Not to be had of a manifest that nobody registered.
#[utoipa::path(get, path = "/manifests/{id}/document", operation_id = "getManifestDocument", tag = "manifests", security(("bearer" = [])),
    params(("id" = String, Path, description = "Manifest id."), ManifestQuery),
    responses((status = 200, description = "The document.", content((Vec<u8> = "application/pdf"))), Printed))]
async fn manifest(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<ManifestId>,
    headers: HeaderMap,
    Query(query): Query<ManifestQuery>,
) -> Result<Response, Problem> {
    let printing = printing(&headers, &format!("/manifests/{id}"), query.again);
    let made = app.print_manifest(&viewer, id, &printing).await?;
    Ok(pdf(made.ok_or_else(Problem::absent)?))
}

/// Which store, and when.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StoreQuery {
    /// The month.
    #[param(example = "2026-06")]
    month: String,
    /// A storage facility as statements name it, at most 32 characters; the whole site when absent.
    #[param(max_length = 32)]
    facility: Option<String>,
    /// `true` when it was printed before; it then says so (补打).
    again: Option<bool>,
}

/// The ledger at the door of a store for one month (贮存台账), as a PDF: what came in, what went out, and the balance of each waste code after
/// every movement.
#[utoipa::path(get, path = "/sites/{id}/store-ledger", operation_id = "getStoreLedger", tag = "sites", security(("bearer" = [])),
    params(("id" = String, Path, description = "Site id."), StoreQuery),
    responses((status = 200, description = "The document.", content((Vec<u8> = "application/pdf"))), Printed))]
async fn store_ledger(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<SiteId>,
    headers: HeaderMap,
    Query(query): Query<StoreQuery>,
) -> Result<Response, Problem> {
    let month = StoreAsked::month_named(&query.month).ok_or_else(|| {
        bad_parameter("month", "month 应为年月，例如 2026-06", "month is a month, for example 2026-06")
    })?;
    let facility = query.facility.filter(|facility| !facility.is_empty());
    let facility = facility.map(|text| bounded("facility", text, MAX_FACILITY)).transpose()?;
    let asked = StoreAsked { site: id, facility, month };
    let printing = printing(&headers, &format!("/sites/{id}"), query.again);
    let made = app.print_store(&viewer, &asked, &printing).await?;
    Ok(pdf(made.ok_or_else(Problem::absent)?))
}

/// How labels are printed, and what is written on all of them.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LabelsQuery {
    /// `pdf` (one a page), or for a printer of labels `zpl` or `tspl`; `pdf` when absent.
    format: Option<String>,
    /// Side in millimetres; by the volume of the container (HJ 1276) when absent, for a printer of labels 100.
    size: Option<String>,
    /// Dots an inch of the printer of labels; 203 when absent.
    dpi: Option<String>,
    /// `true` when they were printed before; they then say so (补打).
    again: Option<bool>,
    /// `true` to print the orange ground too, on white paper.
    colour: Option<bool>,
    /// How many of the lot's labels to leave out: 200 come at once, fewer of very fine ones, and a `Link` header names the rest.
    #[param(minimum = 0, maximum = 1024)]
    after: Option<u32>,
    /// What the waste is called, at most 60 characters; as the catalogue has it when absent.
    #[param(max_length = 60)]
    name: Option<String>,
    /// Its form, likewise; left empty when absent, as are the following.
    #[param(max_length = 60)]
    form: Option<String>,
    /// What it is mainly made of.
    #[param(max_length = 60)]
    main: Option<String>,
    /// What in it is harmful.
    #[param(max_length = 60)]
    harmful: Option<String>,
    /// What to take care of.
    #[param(max_length = 60)]
    care: Option<String>,
    /// Whom to ask.
    #[param(max_length = 60)]
    contact: Option<String>,
}

impl LabelsQuery {
    fn asked(self) -> Result<LabelsAsked, Problem> {
        let resolution = page::named("dpi", self.dpi.as_deref(), &Resolution::ALL, Resolution::name)?;
        let resolution = resolution.unwrap_or(Resolution::D203);
        let form = match self.format.as_deref() {
            None | Some("pdf") => LabelsForm::Pdf,
            Some("zpl") => LabelsForm::Printer(PrinterLanguage::Zpl, resolution),
            Some("tspl") => LabelsForm::Printer(PrinterLanguage::Tspl, resolution),
            Some(_) => {
                let (zh, en) = ("format 应为 pdf、zpl 或 tspl", "format must be pdf, zpl or tspl");
                return Err(bad_parameter("format", zh, en));
            }
        };
        let size = page::named("size", self.size.as_deref(), &LabelSize::ALL, LabelSize::name)?;
        let words = |name: &str, text: Option<String>| bounded(name, text.unwrap_or_default(), MAX_WORDS);
        Ok(LabelsAsked {
            form,
            size,
            again: self.again.unwrap_or_default(),
            colour: self.colour.unwrap_or_default(),
            from: self.after.unwrap_or_default() as usize,
            words: LabelWords {
                name: words("name", self.name)?,
                form: words("form", self.form)?,
                main: words("main", self.main)?,
                harmful: words("harmful", self.harmful)?,
                care: words("care", self.care)?,
                contact: words("contact", self.contact)?,
            },
        })
    }
}

/// Labels for the containers of a lot (HJ 1276-2022): as a PDF with pages of exact size, or for printers of labels.
///
/// One for each container, for a lot without any one for the lot. For printers of labels each is a picture of dots (`^GFA` of ZPL II, `BITMAP` of
/// TSPL), so that no Chinese font is needed in the printer and no text on it can be a command. Not to be had of a lot whose code nobody said.
#[utoipa::path(get, path = "/lots/{id}/labels", operation_id = "printLabels", tag = "labels", security(("bearer" = [])),
    params(("id" = String, Path, description = "Lot id."), LabelsQuery),
    responses((status = 200, description = "The labels.",
        content((Vec<u8> = "application/pdf"), (Vec<u8> = "application/vnd.zebra-zpl"), (Vec<u8> = "application/vnd.tspl"))), Printed))]
async fn labels(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<LotId>,
    uri: Uri,
    Query(query): Query<LabelsQuery>,
) -> Result<Response, Problem> {
    let asked = query.asked()?;
    let form = asked.form;
    let made = app.print_labels(&viewer, id, asked).await?.ok_or_else(Problem::absent)?;
    let mut answer = ([(CONTENT_TYPE, HeaderValue::from_static(form.media()))], made.bytes).into_response();
    if let Some(next) = made.next {
        let link = page::link_to_next(&uri, &next.to_string());
        link.into_iter().for_each(|link| drop(answer.headers_mut().insert(LINK, link)));
    }
    Ok(answer)
}

/// A text within its limit.
fn bounded(name: &str, text: String, most: usize) -> Result<String, Problem> {
    if text.chars().count() <= most {
        return Ok(text);
    }
    let zh = format!("{name} 最多 {most} 个字");
    Err(bad_parameter(name, zh, format!("{name} has at most {most} characters")))
}

/// How a document is printed: its code leads to the same page that the pages' own prints lead to.
pub(super) fn printing(headers: &HeaderMap, path: &str, again: Option<bool>) -> Printing {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    Printing { link: print::address(host, path), again: again.unwrap_or_default() }
}

/// A PDF as an answer.
pub(super) fn pdf(bytes: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(PDF))], bytes).into_response()
}
