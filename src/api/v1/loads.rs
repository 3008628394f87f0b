//! Loads: what a phone keeps while it has a network.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::trips::EndView;
use super::views::{PartyNameView, SiteView};
use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Query};
use crate::api::page;
use crate::api::problem::Problem;
use crate::api::v1::manifests::CURSOR_EXAMPLE;
use crate::app::App;
use crate::app::query::{Load, LoadLeg, LoadLine, LoadedContainer, Loads};
use crate::ledger::{Kid, b64};
use crate::registry::KeyRecord;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A container of a load.
#[derive(Serialize, ToSchema)]
struct LoadContainerView {
    /// The container.
    #[schema(format = "uuid")]
    container: String,
    /// Its label as printed.
    label: Option<String>,
}

impl From<LoadedContainer> for LoadContainerView {
    fn from(loaded: LoadedContainer) -> Self {
        Self { container: loaded.container.to_string(), label: loaded.label }
    }
}

/// A lot to draw a load from.
#[derive(Serialize, ToSchema)]
struct LoadLotView {
    /// The lot.
    #[schema(format = "uuid")]
    lot: String,
    /// What there is of it, in grams.
    mass_g: i64,
}

/// One line of a load.
#[derive(Serialize, ToSchema)]
struct LoadLineView {
    /// Line number.
    line: u16,
    /// Waste code, as registered or first handed over.
    code: Option<String>,
    /// What the waste is called: in the trade, else by the catalogue.
    name: Option<String>,
    /// How it is packed, as it was registered.
    #[schema(example = "drum")]
    packaging: Option<&'static str>,
    /// Number of containers as planned.
    packages: Option<u16>,
    /// Planned, in grams.
    planned_g: Option<i64>,
    /// At departure, in grams.
    shipped_g: i64,
    /// Rejected, in grams.
    rejected_g: i64,
    /// Rejected and not brought back under this manifest, in grams.
    unreturned_g: i64,
    /// Who holds it; null before it was collected, when the consignor has it, and while several claim it.
    holder: Option<String>,
    /// Who holds the rejected part of a line that was partly accepted.
    rejected_holder: Option<String>,
    /// What is on the way of it. Before it left: what the consignor has filled of its code at the registered site, at most 256, for the consignor's
    /// office and, once the consignee has confirmed, the first carrier that assigned a vehicle.
    containers: Vec<LoadContainerView>,
    /// Before it left, for the consignor's office alone: its lots of this code at the registered site, the oldest first, at most 256.
    lots: Vec<LoadLotView>,
}

impl From<LoadLine> for LoadLineView {
    fn from(line: LoadLine) -> Self {
        let lot = |(lot, mass_g): (crate::id::LotId, i64)| LoadLotView { lot: lot.to_string(), mass_g };
        Self {
            line: line.line,
            code: line.code.map(|code| code.to_string()),
            name: line.name,
            packaging: line.packaging,
            packages: line.packages,
            planned_g: line.planned_g,
            shipped_g: line.shipped_g,
            rejected_g: line.rejected_g,
            unreturned_g: line.unreturned_g,
            holder: line.holder.map(|party| party.to_string()),
            rejected_holder: line.rejected_holder.map(|party| party.to_string()),
            containers: line.containers.into_iter().map(LoadContainerView::from).collect(),
            lots: line.lots.into_iter().map(lot).collect(),
        }
    }
}

/// One leg, with the vehicle that was assigned to it last.
#[derive(Serialize, ToSchema)]
struct LoadLegView {
    /// Who carries it.
    carrier: String,
    /// On what.
    vehicle: Option<String>,
    /// The driver's key.
    driver: Option<String>,
    /// The escort's key.
    escort: Option<String>,
}

impl From<LoadLeg> for LoadLegView {
    fn from(leg: LoadLeg) -> Self {
        Self {
            carrier: leg.carrier.to_string(),
            vehicle: leg.vehicle.map(|vehicle| vehicle.to_string()),
            driver: leg.driver.as_ref().map(Kid::to_string),
            escort: leg.escort.as_ref().map(Kid::to_string),
        }
    }
}

/// A manifest under way, as whoever stands beside the vehicle needs it.
#[derive(Serialize, ToSchema)]
struct LoadUnderWayView {
    /// The manifest.
    #[schema(format = "uuid")]
    manifest: String,
    /// Its number, once one was allotted.
    number: Option<String>,
    /// Where it stands, kebab-case.
    #[schema(example = "in-transit")]
    status: &'static str,
    /// Whom the waste leaves, and where.
    consignor: Option<EndView>,
    /// Whom it goes to, and where.
    consignee: Option<EndView>,
    /// Its legs in order.
    legs: Vec<LoadLegView>,
    /// When it shall leave.
    #[schema(format = "date-time")]
    planned_departure: Option<String>,
    /// When it shall arrive.
    #[schema(format = "date-time")]
    planned_arrival: Option<String>,
    /// The last event of the manifest: what a signer names in `prev`.
    head: Option<String>,
    /// How many handovers of it were stated.
    handovers: usize,
    /// Its lines.
    lines: Vec<LoadLineView>,
}

impl From<Load> for LoadUnderWayView {
    fn from(load: Load) -> Self {
        Self {
            manifest: load.manifest.to_string(),
            number: load.number,
            status: load.status.name(),
            consignor: load.consignor.map(EndView::from),
            consignee: load.consignee.map(EndView::from),
            legs: load.legs.into_iter().map(LoadLegView::from).collect(),
            planned_departure: load.planned_departure.map(|at| at.to_string()),
            planned_arrival: load.planned_arrival.map(|at| at.to_string()),
            head: load.head.map(|event| event.to_string()),
            handovers: load.handovers,
            lines: load.lines.into_iter().map(LoadLineView::from).collect(),
        }
    }
}

/// A key in force that may hand waste over.
#[derive(Serialize, ToSchema)]
struct HandlerKeyView {
    /// Its thumbprint (RFC 7638).
    kid: String,
    /// The party it speaks for.
    party: String,
    /// What its holder may do.
    #[schema(example = "driver")]
    role: &'static str,
    /// The 32 bytes of the Ed25519 public key, base64url.
    key: String,
}

impl From<KeyRecord> for HandlerKeyView {
    fn from(key: KeyRecord) -> Self {
        Self {
            kid: key.kid.to_string(),
            party: key.party.to_string(),
            role: key.role.name(),
            key: b64::encode(key.public.as_bytes()),
        }
    }
}

/// Whose key asks.
#[derive(Serialize, ToSchema)]
struct LoadsCallerView {
    /// The party it speaks for.
    party: String,
    /// What its holder may do.
    #[schema(example = "driver")]
    role: &'static str,
}

/// A page of loads, with whom and what they name and the keys that signatures about them are checked with.
#[derive(Serialize, ToSchema)]
struct LoadPage {
    /// Whose key asks; null for the public, which sees none.
    caller: Option<LoadsCallerView>,
    /// The ledger's clock: what a device's clock is held against.
    #[schema(format = "date-time")]
    now: String,
    /// Loads, those of the latest registered manifests first.
    items: Vec<LoadUnderWayView>,
    /// What everybody with a role on them is called, and the caller's own party.
    parties: Vec<PartyNameView>,
    /// The sites they name, and those of the caller's own party, at most 256; to drivers and escorts only the former.
    sites: Vec<SiteView>,
    /// Keys in force that may hand waste over for these parties, the last enrolled of each first: at most 256 of a party, and those that vehicles
    /// are assigned with.
    keys: Vec<HandlerKeyView>,
    /// The latest signed checkpoint, as a signed note.
    checkpoint: Option<String>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which loads.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct LoadsQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// Most manifests on a page, 1 to 500.
    limit: Option<u64>,
}

/// Everything that a phone keeps while it has a network, to state handovers and to check the other side's signature without one.
///
/// Manifests under way: a driver's or escort's own, those of a party, those that an authority may see, to whom it is a list that is taken along: a reading
/// of each party in it. An unverified view, computed from the log.
#[utoipa::path(get, path = "/loads", operation_id = "listLoads", tag = "handovers", security(("bearer" = [])),
    params(LoadsQuery), responses((status = 200, description = "A page.", body = LoadPage), Reading))]
async fn list(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<LoadsQuery>,
) -> Result<(HeaderMap, Json<LoadPage>), Problem> {
    let after = page::parsed("after", query.after.as_deref(), CURSOR_EXAMPLE)?;
    let Loads { page: found, parties, sites, keys, checkpoint } =
        app.loads(&viewer, after, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let caller = viewer.party().zip(viewer.role());
    let page = LoadPage {
        caller: caller.map(|(party, role)| LoadsCallerView { party: party.to_string(), role: role.name() }),
        now: app.clock().now().to_string(),
        items: found.items.into_iter().map(LoadUnderWayView::from).collect(),
        parties: parties.into_iter().map(PartyNameView::from).collect(),
        sites: sites.into_iter().map(SiteView::from).collect(),
        keys: keys.into_iter().map(HandlerKeyView::from).collect(),
        checkpoint,
        next: next.clone(),
    };
    Ok(page::answer(&uri, next.as_deref(), page))
}
