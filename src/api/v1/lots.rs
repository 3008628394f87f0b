//! Lots: lists, and one with its holdings and postings.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::views::{ContainerView, PartyNameView, SiteView};
use crate::api::caller::Caller;
use crate::api::documented::{Reading, Remembering};
use crate::api::extract::{Json, Path, Query};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{LotDetail, LotItem, PostingItem};
use crate::custody::lot::{Holding, InTransit, LotState, Origin, Stored, Sums};
use crate::id::LotId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(lots)).routes(routes!(lot))
}

/// A lot in a list.
#[derive(Serialize, ToSchema)]
struct LotItemView {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Its lot code, if one was allotted.
    lot_code: Option<String>,
    /// Its waste code, if its origin states one.
    waste_code: Option<String>,
    /// Held now over all holders, in grams.
    held_mass_g: i64,
    /// Log index of its first event.
    first_index: u64,
}

impl From<LotItem> for LotItemView {
    fn from(item: LotItem) -> Self {
        Self {
            id: item.id.to_string(),
            lot_code: item.lot_code,
            waste_code: item.waste_code,
            held_mass_g: item.held_g,
            first_index: item.first_index,
        }
    }
}

/// A page of lots.
#[derive(Serialize, ToSchema)]
struct LotPage {
    /// Lots, newest first. A page ends between two events, so it may be longer than asked for.
    items: Vec<LotItemView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which lots.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LotsQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// About how many items, 1 to 500.
    limit: Option<u64>,
}

/// Lots the caller's party holds or held; for an authority, those in its division.
///
/// An unverified view, computed from the log: what proves something are the chain of a manifest, an event, and bundles.
#[utoipa::path(get, path = "/lots", operation_id = "listLots", tag = "lots", security(("bearer" = [])),
    params(LotsQuery), responses((status = 200, description = "A page.", body = LotPage), Reading))]
async fn lots(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<LotsQuery>,
) -> Result<(HeaderMap, Json<LotPage>), Problem> {
    let before = page::parsed::<u64>("after", query.after.as_deref(), "1200")?;
    let found = app.lots(&viewer, before, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(LotItemView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), LotPage { items, next }))
}

/// How a lot came to be.
#[derive(Serialize, ToSchema)]
struct OriginView {
    /// The event.
    event_id: String,
    /// When it was effective.
    #[schema(format = "date-time")]
    at: String,
    /// Who said so.
    party: String,
    /// Waste code; absent for a product.
    code: Option<String>,
    /// Stage letters of its lot code (HJ 1259).
    stage: String,
}

impl From<&Origin> for OriginView {
    fn from(origin: &Origin) -> Self {
        Self {
            event_id: origin.event.to_string(),
            at: origin.at.to_string(),
            party: origin.party.to_string(),
            code: origin.code.map(|code| code.to_string()),
            stage: origin.stage.clone(),
        }
    }
}

/// What a party at a site did with a lot.
#[derive(Serialize, ToSchema)]
struct HoldingView {
    /// The party.
    party: String,
    /// The site.
    #[schema(format = "uuid")]
    site: String,
    /// Everything that came in, in grams.
    in_mass_g: i64,
    /// What was loaded, in grams.
    loaded_mass_g: i64,
    /// What was used or disposed, in grams.
    treated_mass_g: i64,
    /// What is there now, in grams; negative when more left than ever came.
    balance_mass_g: i64,
}

impl From<&Holding> for HoldingView {
    fn from(holding: &Holding) -> Self {
        Self {
            party: holding.party.to_string(),
            site: holding.site.to_string(),
            in_mass_g: holding.in_g,
            loaded_mass_g: holding.loaded_g,
            treated_mass_g: holding.treated_g,
            balance_mass_g: holding.balance_g(),
        }
    }
}

/// The part of a lot on the way.
#[derive(Serialize, ToSchema)]
struct TransitView {
    /// The manifest.
    #[schema(format = "uuid")]
    manifest: String,
    /// The line.
    line: u16,
    /// Loaded, in grams.
    in_mass_g: i64,
    /// Arrived or returned, in grams.
    out_mass_g: i64,
}

impl From<&InTransit> for TransitView {
    fn from(transit: &InTransit) -> Self {
        Self {
            manifest: transit.manifest.to_string(),
            line: transit.line,
            in_mass_g: transit.in_g,
            out_mass_g: transit.out_g,
        }
    }
}

/// Sums over the accounts besides the holders, in grams.
#[derive(Serialize, ToSchema)]
struct SumsView {
    /// There when the books were opened.
    opened_mass_g: i64,
    /// Arose in production.
    generated_mass_g: i64,
    /// Used.
    used_mass_g: i64,
    /// Disposed.
    disposed_mass_g: i64,
    /// Became other lots; negative for what it was made of.
    became_mass_g: i64,
    /// Lost for stated causes; negative when more was found.
    variance_mass_g: i64,
    /// Lost for no stated cause; negative when more was found.
    unexplained_mass_g: i64,
    /// Left holders who never had it.
    unproven_mass_g: i64,
}

impl From<&LotState> for SumsView {
    fn from(state: &LotState) -> Self {
        let Sums { opened_g, generated_g, used_g, disposed_g, became_g, variance_g, unexplained_g } =
            state.sums;
        Self {
            opened_mass_g: opened_g,
            generated_mass_g: generated_g,
            used_mass_g: used_g,
            disposed_mass_g: disposed_g,
            became_mass_g: became_g,
            variance_mass_g: variance_g,
            unexplained_mass_g: unexplained_g,
            unproven_mass_g: state.unproven_g(),
        }
    }
}

/// What was put into and taken out of a storage facility.
#[derive(Serialize, ToSchema)]
struct StoredView {
    /// The party.
    party: String,
    /// The site.
    #[schema(format = "uuid")]
    site: String,
    /// The facility.
    facility: String,
    /// Put in, in grams.
    in_mass_g: i64,
    /// Taken out, in grams.
    out_mass_g: i64,
}

impl From<&Stored> for StoredView {
    fn from(stored: &Stored) -> Self {
        Self {
            party: stored.party.to_string(),
            site: stored.site.to_string(),
            facility: stored.facility.clone(),
            in_mass_g: stored.in_g,
            out_mass_g: stored.out_g,
        }
    }
}

/// One posting; the postings of one event sum to zero.
#[derive(Serialize, ToSchema)]
struct PostingView {
    /// Log index of the event.
    index: u64,
    /// `held`, `transit`, `opened`, `generated`, `used`, `disposed`, `became`, `unexplained`, or `variance-` and its cause.
    account: String,
    /// Holder, for `held`.
    party: Option<String>,
    /// Site, for `held`.
    site: Option<String>,
    /// Manifest, for `transit`.
    manifest: Option<String>,
    /// Line, for `transit`.
    line: Option<i64>,
    /// Grams, signed.
    mass_g: i64,
}

impl From<PostingItem> for PostingView {
    fn from(posting: PostingItem) -> Self {
        Self {
            index: posting.index,
            account: posting.account,
            party: posting.party,
            site: posting.site.map(|site| site.to_string()),
            manifest: posting.manifest.map(|manifest| manifest.to_string()),
            line: posting.line,
            mass_g: posting.mass_g,
        }
    }
}

/// A lot in full.
#[derive(Serialize, ToSchema)]
struct LotView {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Its lot code, if one was allotted.
    lot_code: Option<String>,
    /// How it came to be, if an event said so.
    origin: Option<OriginView>,
    /// Who holds or held how much of it where.
    holdings: Vec<HoldingView>,
    /// Waste code: of its origin, else as found at a receipt, else as handed over.
    waste_code: Option<String>,
    /// On the way.
    transit: Option<TransitView>,
    /// Sums of the other accounts.
    sums: SumsView,
    /// In which storage facilities it was put.
    stored: Vec<StoredView>,
    /// Names of everybody in it.
    parties: Vec<PartyNameView>,
    /// The sites it is or was at.
    sites: Vec<SiteView>,
    /// Its containers, in log order, each time one was filled with it.
    containers: Vec<ContainerView>,
    /// Its first 500 postings, in log order.
    postings: Vec<PostingView>,
}

impl From<LotDetail> for LotView {
    fn from(detail: LotDetail) -> Self {
        Self {
            id: detail.id.to_string(),
            lot_code: detail.lot_code,
            origin: detail.state.origin.as_ref().map(OriginView::from),
            holdings: detail.state.holdings.iter().map(HoldingView::from).collect(),
            waste_code: detail.state.code().map(|code| code.to_string()),
            transit: detail.state.transit.as_ref().map(TransitView::from),
            sums: SumsView::from(&detail.state),
            stored: detail.state.stored.iter().map(StoredView::from).collect(),
            parties: detail.parties.into_iter().map(PartyNameView::from).collect(),
            sites: detail.sites.into_iter().map(SiteView::from).collect(),
            containers: detail.containers.into_iter().map(ContainerView::from).collect(),
            postings: detail.postings.into_iter().map(PostingView::from).collect(),
        }
    }
}

/// One lot: where it came from, who holds how much of it, every gram in and out.
#[utoipa::path(get, path = "/lots/{id}", operation_id = "getLot", tag = "lots", security(("bearer" = [])),
    params(("id" = String, Path, description = "Lot id."), LotQuery),
    responses((status = 200, description = "The lot.", body = LotView), Remembering))]
async fn lot(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<LotId>,
    Query(query): Query<LotQuery>,
) -> Result<Json<LotView>, Problem> {
    let detail = match page::as_of(query.as_of.as_deref())? {
        None => app.lot(&viewer, id).await?,
        Some(size) => app.lot_as_of(&viewer, id, size).await?,
    };
    Ok(Json(detail.ok_or_else(Problem::absent)?.into()))
}

/// At what time.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LotQuery {
    /// As it was known when the log had so many entries, at most as many as it has; absent for what is known now.
    as_of: Option<String>,
}
