//! Labels of containers: what one says and who bears it, and numbers lent to devices that print.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::views::ContainerView;
use crate::api::caller::Caller;
use crate::api::documented::{Lending, Reading};
use crate::api::extract::{Json, JsonBody, Path, Query};
use crate::api::layers::MAX_REQUEST_BODY_BYTES;
use crate::api::page;
use crate::api::problem::{MALFORMED, Problem};
use crate::app::App;
use crate::app::labels::{LabelBlock, Lent, WantedBlock};
use crate::catalogue::{Element, LabelCode, Scan, WasteCode, label};
use crate::custody::label::{id_of, text_of};
use crate::id::LeaseId;

pub(super) fn router() -> OpenApiRouter<App> {
    let blocks = OpenApiRouter::new().routes(routes!(lend, blocks));
    let blocks = blocks.layer(DefaultBodyLimit::max(MAX_REQUEST_BODY_BYTES));
    blocks.merge(OpenApiRouter::new().routes(routes!(label)))
}

/// What a device that prints labels asks for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedView {
    /// Names the block; a UUID of version 7 made by the device. The same lease gets the same block again.
    #[schema(value_type = String, format = "uuid")]
    lease: LeaseId,
    /// Waste code on the labels.
    #[schema(value_type = String, example = "900-041-49")]
    code: WasteCode,
    /// Day on the labels.
    #[serde(deserialize_with = "crate::shape::day")]
    #[schema(value_type = String, format = "date")]
    on: NaiveDate,
    /// How many labels.
    #[schema(minimum = 1, maximum = 999)]
    count: u16,
}

impl From<WantedView> for WantedBlock {
    fn from(wanted: WantedView) -> Self {
        Self { lease: wanted.lease, code: wanted.code, on: wanted.on, count: wanted.count }
    }
}

/// A block of label numbers lent to a party.
#[derive(Serialize, ToSchema)]
struct LabelBlockView {
    /// Names the block.
    #[schema(format = "uuid")]
    lease: String,
    /// Who may print these labels.
    party: String,
    /// Waste code on them.
    code: String,
    /// Day on them.
    #[schema(format = "date")]
    on: String,
    /// First serial number.
    first: u16,
    /// Last serial number.
    last: u16,
    /// When it was lent.
    #[schema(format = "date-time")]
    at: String,
}

impl From<&LabelBlock> for LabelBlockView {
    fn from(block: &LabelBlock) -> Self {
        Self {
            lease: block.lease.to_string(),
            party: block.party.to_string(),
            code: block.code.to_string(),
            on: block.on.to_string(),
            first: block.first,
            last: block.last,
            at: block.at.to_string(),
        }
    }
}

/// A block, with its labels ready to be printed.
#[derive(Serialize, ToSchema)]
struct LentView {
    /// The block.
    #[serde(flatten)]
    block: LabelBlockView,
    /// The label codes, 37 characters each, in order.
    labels: Vec<String>,
}

impl From<Lent> for LentView {
    fn from(lent: Lent) -> Self {
        Self {
            block: LabelBlockView::from(&lent.block),
            labels: lent.block.labels().map(|label| label.to_string()).collect(),
        }
    }
}

/// Lend label numbers to the caller's own party, for printing without a connection.
///
/// A run of serial numbers that nobody else gets for this party, waste code and day. No part of the log. Ask again under the same lease
/// when the answer got lost. There are 999 numbers a day; when they run out, the refusal `labels-exhausted` says how many are left.
#[utoipa::path(post, path = "/label-blocks", operation_id = "lendLabels", tag = "labels", security(("bearer" = [])),
    request_body(content = WantedView),
    responses(
        (status = 201, description = "Lent by this request.", body = LentView),
        (status = 200, description = "Lent before, under the same lease.", body = LentView),
        Lending
    ))]
async fn lend(
    State(app): State<App>,
    Caller(viewer): Caller,
    JsonBody(wanted): JsonBody<WantedView>,
) -> Result<(StatusCode, Json<LentView>), Problem> {
    let lent = app.lend_labels(&viewer, wanted.into()).await?;
    let status = if lent.is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(lent.into())))
}

/// A page of blocks.
#[derive(Serialize, ToSchema)]
struct LabelBlockPage {
    /// Blocks, the last lent first.
    items: Vec<LabelBlockView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which blocks.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct BlocksQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// How many items, 1 to 500.
    limit: Option<u64>,
}

/// Label numbers lent to the caller's own party.
#[utoipa::path(get, path = "/label-blocks", operation_id = "listLabelBlocks", tag = "labels", security(("bearer" = [])),
    params(BlocksQuery), responses((status = 200, description = "A page.", body = LabelBlockPage), Reading))]
async fn blocks(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<BlocksQuery>,
) -> Result<(HeaderMap, Json<LabelBlockPage>), Problem> {
    let before = page::parsed::<u64>("after", query.after.as_deref(), "120")?;
    let found = app.label_blocks(&viewer, before, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.iter().map(LabelBlockView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), LabelBlockPage { items, next }))
}

/// The parts of a label code.
#[derive(Serialize, ToSchema)]
struct LabelCodeView {
    /// Whose waste it is.
    party: String,
    /// Whether the check character of that code is right; some registered codes have a wrong one.
    party_check_ok: bool,
    /// Waste code.
    code: String,
    /// The day it arose.
    #[schema(format = "date")]
    on: String,
    /// Which container of that waste and day.
    serial: u16,
}

impl From<&LabelCode> for LabelCodeView {
    fn from(code: &LabelCode) -> Self {
        Self {
            party: code.uscc().to_string(),
            party_check_ok: code.uscc().check_ok(),
            code: code.code().to_string(),
            on: code.on().to_string(),
            serial: code.serial(),
        }
    }
}

/// One element of GS1.
#[derive(Serialize, ToSchema)]
struct ElementView {
    /// Application identifier.
    #[schema(example = "8003")]
    ai: String,
    /// Its value.
    value: String,
}

/// What a label says, and what stands under it.
#[derive(Serialize, ToSchema)]
struct LabelView {
    /// The label as it is printed.
    label: String,
    /// True when it was asked for in that spelling; false when full-width signs, small letters, hyphens or blanks were tolerated,
    /// or a scanner's form was read.
    is_spelled: bool,
    /// Its parts, for a label code of 37 characters.
    code: Option<LabelCodeView>,
    /// Its elements, for element strings of GS1.
    elements: Vec<ElementView>,
    /// The containers that bear it and that the caller may see, each time one was filled, in log order; at most 500.
    containers: Vec<ContainerView>,
}

/// A label: its parts, and the containers and lots that bear it, as far as the caller may see them.
///
/// The code may be one of 37 characters, element strings of GS1 for people or as scanners send them, or the text that an event gives. What
/// cannot be read and stands on no container that the caller may see is refused with the place that does not fit.
#[utoipa::path(get, path = "/labels/{code}", operation_id = "getLabel", tag = "labels", security(("bearer" = [])),
    params(("code" = String, Path, description = "The label, percent-encoded.")),
    responses((status = 200, description = "The label.", body = LabelView), Reading))]
async fn label(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(text): Path<String>,
) -> Result<Json<LabelView>, Problem> {
    let scan = label::read(&text);
    let found = app.label(&viewer, id_of(&text)).await?;
    let (code, elements) = match &scan {
        Ok(Scan::Code(code)) => (Some(code.into()), Vec::new()),
        Ok(Scan::Elements(elements)) => (None, elements.all().iter().map(ElementView::from).collect()),
        Err(error) if found.is_none() => {
            return Err(Problem::one(MALFORMED, "label-malformed", "/path", error.zh(), error.to_string()));
        }
        Err(_) => (None, Vec::new()),
    };
    let containers = found.map_or_else(Vec::new, |found| found.containers);
    Ok(Json(LabelView {
        label: text_of(&text),
        is_spelled: scan.as_ref().map_or(true, |scan| scan.is_spelled_by(&text)),
        code,
        elements,
        containers: containers.into_iter().map(ContainerView::from).collect(),
    }))
}

impl From<&Element> for ElementView {
    fn from(element: &Element) -> Self {
        Self { ai: element.ai.clone(), value: element.value.clone() }
    }
}
