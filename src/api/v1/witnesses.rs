//! Who vouches for the log's heads, public.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::documented::PublicReading;
use crate::api::extract::Json;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{Vouched, WitnessItem};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(witnesses))
}

/// A witness of the ledger's policy.
#[derive(Serialize, ToSchema)]
struct WitnessView {
    /// Its name in the policy.
    name: String,
    /// Its verifier key (C2SP tlog-cosignature).
    vkey: String,
    /// Size of the largest head it cosigned; null before the first.
    size: Option<u64>,
    /// When it did, by its own clock.
    #[schema(format = "date-time")]
    cosigned_at: Option<String>,
}

impl From<WitnessItem> for WitnessView {
    fn from(item: WitnessItem) -> Self {
        Self {
            name: item.name,
            vkey: item.vkey,
            size: item.last.map(|(size, _)| size),
            cosigned_at: item.last.map(|(_, at)| at.to_string()),
        }
    }
}

/// How the latest head is vouched for.
#[derive(Serialize, ToSchema)]
struct VouchedView {
    /// Size of the latest signed head.
    size: u64,
    /// `log-only`, `witnessed` or `quorum` under the ledger's own policy; null when it has none. A verifier brings its own.
    level: Option<&'static str>,
    /// Size of the largest head that reached the quorum; null for none.
    quorum_size: Option<u64>,
    /// The witnesses, in the order of the policy.
    witnesses: Vec<WitnessView>,
}

impl From<Vouched> for VouchedView {
    fn from(vouched: Vouched) -> Self {
        Self {
            size: vouched.size,
            level: vouched.level.map(crate::ledger::policy::Level::name),
            quorum_size: vouched.quorum_size,
            witnesses: vouched.witnesses.into_iter().map(WitnessView::from).collect(),
        }
    }
}

/// The witnesses of the log, and the last head each has cosigned.
#[utoipa::path(get, path = "/log/witnesses", operation_id = "listWitnesses", tag = "log",
    responses((status = 200, description = "The witnesses.", body = VouchedView), PublicReading))]
async fn witnesses(State(app): State<App>) -> Result<Json<VouchedView>, Problem> {
    Ok(Json(app.vouched().await?.into()))
}
