//! Stock of a site: what came, what went, what is there.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::views::{PartyNameView, SiteView};
use crate::api::caller::Caller;
use crate::api::documented::{Reading, Remembering};
use crate::api::extract::{Json, Path, Query, bad_parameter, day};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{CodeStock, CountBeside, Facility, Flows, LotCursor, LotOnHand, SiteStock};
use crate::id::SiteId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(stock)).routes(routes!(lots))
}

/// What entered and left within a period. What was stated and later taken back is not in it.
#[derive(Serialize, ToSchema)]
struct FlowsView {
    /// There when the books were opened (期初), in grams.
    opened_mass_g: i64,
    /// Arose here (产生), in grams.
    generated_mass_g: i64,
    /// Came off the road (接收), in grams.
    received_mass_g: i64,
    /// Came from another site or party without being on the road between (调入), in grams.
    moved_in_mass_g: i64,
    /// Came out of treatment and repacking (产出), in grams.
    made_mass_g: i64,
    /// Was loaded (转出), in grams.
    shipped_mass_g: i64,
    /// Went to another site or party without being on the road between (调出), in grams.
    moved_out_mass_g: i64,
    /// Was used (利用), in grams.
    used_mass_g: i64,
    /// Was disposed of (处置), in grams.
    disposed_mass_g: i64,
    /// Went into repacked lots (重新包装), in grams.
    repacked_mass_g: i64,
    /// More (or, negative, less) than by the books, by stated cause (损益), in grams.
    variance_mass_g: BTreeMap<String, i64>,
    /// More (or, negative, less) than by the books, and nobody said why (未说明差异), in grams.
    unexplained_mass_g: i64,
}

impl From<Flows> for FlowsView {
    fn from(flows: Flows) -> Self {
        Self {
            opened_mass_g: flows.opened_g,
            generated_mass_g: flows.generated_g,
            received_mass_g: flows.received_g,
            moved_in_mass_g: flows.moved_in_g,
            made_mass_g: flows.made_g,
            shipped_mass_g: flows.shipped_g,
            moved_out_mass_g: flows.moved_out_g,
            used_mass_g: flows.used_g,
            disposed_mass_g: flows.disposed_g,
            repacked_mass_g: flows.repacked_g,
            variance_mass_g: flows.variances,
            unexplained_mass_g: flows.unexplained_g,
        }
    }
}

/// The last count of a code, beside the book.
#[derive(Serialize, ToSchema)]
struct CountView {
    /// The event that states it.
    event_id: String,
    /// The local day it was counted on.
    #[schema(format = "date")]
    day: String,
    /// Lots that were counted one by one; 0 where the code was counted as a whole.
    lots: u32,
    /// What was there, in grams.
    counted_mass_g: i64,
    /// The book of the code at the end of that day; where lots were counted one by one, their signer's book of them. In grams.
    book_mass_g: i64,
    /// Counted less book, in grams. It is shown, and no finding.
    difference_mass_g: i64,
}

impl From<CountBeside> for CountView {
    fn from(beside: CountBeside) -> Self {
        Self {
            event_id: beside.count.event.to_string(),
            day: beside.day.to_string(),
            lots: beside.count.lots,
            counted_mass_g: beside.count.mass_g,
            book_mass_g: beside.book_g,
            difference_mass_g: beside.difference_g(),
        }
    }
}

/// The stock of one code. Opening, all that came, less all that went, with variances, is closing, to the gram.
#[derive(Serialize, ToSchema)]
struct CodeStockView {
    /// Waste code, or `product`, or `unknown` where no event has said yet what it is.
    code: String,
    /// There at the beginning of the first day, in grams.
    opening_mass_g: i64,
    /// What came and went.
    flows: FlowsView,
    /// There at the end of the last day, in grams; negative when more left than ever came.
    closing_mass_g: i64,
    /// The last count up to that day.
    last_count: Option<CountView>,
}

impl From<CodeStock> for CodeStockView {
    fn from(stock: CodeStock) -> Self {
        Self {
            code: stock.code.to_string(),
            opening_mass_g: stock.opening_g,
            flows: stock.flows.into(),
            closing_mass_g: stock.closing_g,
            last_count: stock.last_count.map(CountView::from),
        }
    }
}

/// The stock of a site over a period.
#[derive(Serialize, ToSchema)]
pub(super) struct StockView {
    /// The site.
    site: SiteView,
    /// What its party is called.
    party: Option<PartyNameView>,
    /// The first day.
    #[schema(format = "date")]
    from: String,
    /// The last day.
    #[schema(format = "date")]
    on: String,
    /// By code.
    codes: Vec<CodeStockView>,
}

impl From<SiteStock> for StockView {
    fn from(stock: SiteStock) -> Self {
        Self {
            site: stock.site.into(),
            party: stock.party.map(PartyNameView::from),
            from: stock.from.to_string(),
            on: stock.on.to_string(),
            codes: stock.codes.into_iter().map(CodeStockView::from).collect(),
        }
    }
}

/// Which days.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StockQuery {
    /// The last day, for example `2026-03-31`; today when absent.
    on: Option<String>,
    /// The first day; the first of that month when absent.
    from: Option<String>,
    /// As it was known when the log had so many entries, at most as many as it has; absent for what is known now.
    as_of: Option<String>,
}

/// The stock of a site at the end of any day, and what came and went since another.
///
/// Events count on the local day they were effective, so a late one changes the days it belongs to: `on` asks about a day, `as_of`
/// about what was known of it. An unverified view, computed from
/// the log: what proves something are the chain of a manifest, an event, and bundles.
#[utoipa::path(get, path = "/sites/{id}/stock", operation_id = "getStock", tag = "stock", security(("bearer" = [])),
    params(("id" = String, Path, description = "Site id."), StockQuery),
    responses((status = 200, description = "The stock.", body = StockView), Remembering))]
async fn stock(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<SiteId>,
    Query(query): Query<StockQuery>,
) -> Result<Json<StockView>, Problem> {
    let (on, from) = (day("on", query.on.as_deref())?, day("from", query.from.as_deref())?);
    let as_of = page::as_of(query.as_of.as_deref())?;
    let found = app.stock(&viewer, id, (from, on), as_of).await?.ok_or_else(Problem::absent)?;
    if from.is_some_and(|from| from > found.on) {
        return Err(bad_parameter("from", "from 不能晚于 on", "from must not be after on"));
    }
    Ok(Json(found.into()))
}

/// Mass in a storage facility.
#[derive(Serialize, ToSchema)]
struct FacilityView {
    /// Its name.
    facility: String,
    /// Put in less taken out, in grams.
    mass_g: i64,
}

impl From<Facility> for FacilityView {
    fn from(facility: Facility) -> Self {
        Self { facility: facility.name, mass_g: facility.mass_g }
    }
}

/// A lot on hand.
#[derive(Serialize, ToSchema)]
struct LotOnHandView {
    /// Its id.
    #[schema(format = "uuid")]
    lot: String,
    /// Its lot code, if one was allotted.
    lot_code: Option<String>,
    /// Waste code, or `product`, or `unknown`.
    code: String,
    /// What is there now, in grams; negative when more left than ever came.
    balance_mass_g: i64,
    /// Log index of its first event.
    first_index: u64,
    /// Where at the site it is stored, as far as somebody said so.
    facilities: Vec<FacilityView>,
}

impl From<LotOnHand> for LotOnHandView {
    fn from(lot: LotOnHand) -> Self {
        Self {
            lot: lot.row.lot.to_string(),
            lot_code: lot.row.lot_code,
            code: lot.row.code.to_string(),
            balance_mass_g: lot.row.balance_g,
            first_index: lot.row.first_index,
            facilities: lot.facilities.into_iter().map(FacilityView::from).collect(),
        }
    }
}

/// A page of lots on hand.
#[derive(Serialize, ToSchema)]
struct LotsOnHandPage {
    /// Lots by code, of each the oldest first.
    items: Vec<LotOnHandView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which lots.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LotsOnHandQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// The lots on hand at a site now.
#[utoipa::path(get, path = "/sites/{id}/lots", operation_id = "listLotsOnHand", tag = "stock", security(("bearer" = [])),
    params(("id" = String, Path, description = "Site id."), LotsOnHandQuery),
    responses((status = 200, description = "A page.", body = LotsOnHandPage), Reading))]
async fn lots(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<SiteId>,
    uri: Uri,
    Query(query): Query<LotsOnHandQuery>,
) -> Result<(HeaderMap, Json<LotsOnHandPage>), Problem> {
    let example = "900-041-49-1200-01890a5d-ac96-774b-bcce-b302099a8057";
    let after = page::parsed::<LotCursor>("after", query.after.as_deref(), example)?;
    let found = app.lots_on_hand(&viewer, id, after, page::limit(query.limit)?).await?;
    let found = found.ok_or_else(Problem::absent)?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(LotOnHandView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), LotsOnHandPage { items, next }))
}
