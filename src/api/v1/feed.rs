//! The feed of a furnace day, shared out over the lots on hand.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Proposing;
use crate::api::extract::{Json, Path, Query, bad_parameter};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{FeedPart, FeedSheet, MAX_FEED_CODES};
use crate::catalogue::WasteCode;
use crate::id::SiteId;
use crate::shape::Grams;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(feed_sheet))
}

/// One lot of a feed.
#[derive(Serialize, ToSchema)]
struct FeedPartView {
    /// The lot.
    #[schema(format = "uuid")]
    lot: String,
    /// Its lot code, if one was allotted.
    lot_code: Option<String>,
    /// Its waste code.
    code: String,
    /// What is on hand of it, in grams.
    balance_mass_g: i64,
    /// Its computed part of the total, in grams.
    mass_g: i64,
}

impl From<FeedPart> for FeedPartView {
    fn from(part: FeedPart) -> Self {
        Self {
            lot: part.lot.lot.to_string(),
            lot_code: part.lot.lot_code,
            code: part.lot.code.to_string(),
            balance_mass_g: part.lot.balance_g,
            mass_g: part.mass_g,
        }
    }
}

/// One input as `waste.disposed` and `waste.used` state it.
#[derive(Serialize, ToSchema)]
struct InputView {
    /// The lot.
    #[schema(format = "uuid")]
    lot: String,
    /// Its part, in grams.
    mass_g: i64,
}

/// A total that was weighed.
#[derive(Serialize, ToSchema)]
struct WeighedView {
    /// In grams.
    mass_g: i64,
    /// `measured`.
    basis: &'static str,
}

/// What to state of one furnace day: `weighed` and `inputs` go into `data` of the event as they are.
#[derive(Serialize, ToSchema)]
struct FeedSheetView {
    /// The site.
    #[schema(format = "uuid")]
    site: String,
    /// The total as weighed.
    weighed: WeighedView,
    /// The inputs, computed: they add up to the total.
    inputs: Vec<InputView>,
    /// The same with what is on hand of each lot.
    parts: Vec<FeedPartView>,
    /// On hand of the lots it was shared over, in grams.
    there_mass_g: i64,
}

impl From<FeedSheet> for FeedSheetView {
    fn from(sheet: FeedSheet) -> Self {
        let input = |part: &FeedPart| InputView { lot: part.lot.lot.to_string(), mass_g: part.mass_g };
        Self {
            site: sheet.site.site.to_string(),
            weighed: WeighedView { mass_g: sheet.weighed_g, basis: "measured" },
            inputs: sheet.parts.iter().map(input).collect(),
            parts: sheet.parts.into_iter().map(FeedPartView::from).collect(),
            there_mass_g: sheet.there_g,
        }
    }
}

/// Which feed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct FeedQuery {
    /// Waste codes that were fed, at most 16, with commas between: `900-041-49,900-252-12`.
    code: String,
    /// The total as weighed, in grams.
    mass_g: String,
}

/// A proposal for the inputs of one furnace day: the total as weighed, shared over the lots on hand in proportion to what is there of
/// each, by largest remainder. Nothing is stored.
#[utoipa::path(get, path = "/sites/{id}/feed-sheet", operation_id = "proposeFeed", tag = "stock", security(("bearer" = [])),
    params(("id" = String, Path, description = "Site id."), FeedQuery),
    responses((status = 200, description = "The proposal.", body = FeedSheetView), Proposing))]
async fn feed_sheet(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<SiteId>,
    Query(query): Query<FeedQuery>,
) -> Result<Json<FeedSheetView>, Problem> {
    let codes = query.code.split(',').map(|code| page::parsed::<WasteCode>("code", Some(code), "900-041-49"));
    let codes: Vec<WasteCode> =
        codes.take(MAX_FEED_CODES + 1).filter_map(Result::transpose).collect::<Result<_, _>>()?;
    if codes.len() > MAX_FEED_CODES {
        let zh = format!("最多 {MAX_FEED_CODES} 个代码");
        return Err(bad_parameter("code", zh, format!("at most {MAX_FEED_CODES} codes")));
    }
    let grams = page::parsed::<i64>("mass_g", Some(&query.mass_g), "1200000")?.and_then(Grams::new);
    let grams = grams.ok_or_else(|| {
        bad_parameter(
            "mass_g",
            "mass_g 应为 1 到 9007199254740991 克",
            "mass_g must be 1 to 9007199254740991 grams",
        )
    })?;
    let sheet = app.feed_sheet(&viewer, id, &codes, grams).await?.ok_or_else(Problem::absent)?;
    Ok(Json(sheet?.into()))
}
