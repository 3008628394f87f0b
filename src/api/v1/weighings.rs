//! Weighings: tickets with gross, tare and net, as events state them.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Query, day};
use crate::api::page;
use crate::api::problem::Problem;
use crate::api::v1::manifests::{CURSOR_EXAMPLE, plate_named};
use crate::app::App;
use crate::app::query::{Ticket, TicketFilter, Weighed};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(weighings))
}

/// One weighing.
#[derive(Serialize, ToSchema)]
struct TicketView {
    /// The event that says so.
    event_id: String,
    /// When, by its signer.
    #[schema(format = "date-time")]
    at: String,
    /// Who says so.
    party: String,
    /// The manifest.
    #[schema(format = "uuid")]
    manifest: String,
    /// Its number, once one was allotted.
    number: Option<String>,
    /// What was weighed: `collected`, `transferred`, `delivered`, `returned`, `accepted`, or `run` for a whole vehicle run.
    what: &'static str,
    /// Line of the manifest, where it is about one.
    line: Option<u16>,
    /// Waste code, where it is about a line.
    code: Option<String>,
    /// The vehicle run, where it is about one.
    #[schema(format = "uuid")]
    trip: Option<String>,
    /// At which site, where the event names one.
    #[schema(format = "uuid")]
    site: Option<String>,
    /// On which vehicle, where the event names one.
    vehicle: Option<String>,
    /// Gross mass in grams.
    gross_mass_g: Option<i64>,
    /// Tare in grams.
    tare_mass_g: Option<i64>,
    /// Net mass in grams.
    net_mass_g: i64,
    /// Number of the ticket.
    ticket: Option<String>,
    /// The scale.
    scale: Option<String>,
}

impl From<Ticket> for TicketView {
    fn from(ticket: Ticket) -> Self {
        let (what, line, code, trip) = match &ticket.what {
            Weighed::Handover { line, code, step } => (step.name(), Some(*line), Some(*code), None),
            Weighed::Accepted { line, code } => ("accepted", Some(*line), Some(*code), None),
            Weighed::Run(trip) => ("run", None, None, Some(*trip)),
        };
        let quantity = ticket.quantity;
        Self {
            event_id: ticket.event.to_string(),
            at: ticket.at.to_string(),
            party: ticket.party.to_string(),
            manifest: ticket.manifest.to_string(),
            number: ticket.number,
            what,
            line,
            code: code.map(|code| code.to_string()),
            trip: trip.map(|trip| trip.to_string()),
            site: ticket.site.map(|site| site.to_string()),
            vehicle: ticket.vehicle.map(|plate| plate.to_string()),
            gross_mass_g: quantity.gross_g.map(|mass_g| mass_g.get()),
            tare_mass_g: quantity.tare_g.map(|mass_g| mass_g.get()),
            net_mass_g: quantity.grams(),
            ticket: quantity.ticket.map(|ticket| ticket.to_string()),
            scale: quantity.scale.map(|scale| scale.to_string()),
        }
    }
}

/// A page of tickets.
#[derive(Serialize, ToSchema)]
struct TicketPage {
    /// Tickets, those of the latest registered manifests first, of each in the order of its chain.
    items: Vec<TicketView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which weighings.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct WeighingsQuery {
    /// Only those of this manifest.
    manifest: Option<String>,
    /// Only those weighed at this site.
    site: Option<String>,
    /// Only those of loads on this vehicle; the spelling does not matter.
    plate: Option<String>,
    /// Only those weighed on this local day.
    day: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most manifests on a page, 1 to 500, of which at most 50 are read at a time.
    limit: Option<u64>,
}

/// Weigh tickets of the manifests that the caller may see: gross, tare and net, with the number of the ticket and the scale, as they were signed.
///
/// A page ends between two manifests, and may be empty and have a next one. What was corrected since stands in the chain of the manifest.
#[utoipa::path(get, path = "/weighings", operation_id = "listWeighings", tag = "handovers", security(("bearer" = [])),
    params(WeighingsQuery), responses((status = 200, description = "A page.", body = TicketPage), Reading))]
async fn weighings(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<WeighingsQuery>,
) -> Result<(HeaderMap, Json<TicketPage>), Problem> {
    let example = "01890a5d-ac96-774b-bcce-b302099a8057";
    let filter = TicketFilter {
        manifest: page::parsed("manifest", query.manifest.as_deref(), example)?,
        site: page::parsed("site", query.site.as_deref(), example)?,
        plate: plate_named(query.plate)?,
        day: day("day", query.day.as_deref())?,
    };
    let after = page::parsed("after", query.after.as_deref(), CURSOR_EXAMPLE)?;
    let found = app.tickets(&viewer, &filter, after, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(TicketView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), TicketPage { items, next }))
}
