//! Corrections: what of an event was wrong, who proposed what, and who still has to answer.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::Reading;
use crate::api::extract::{Json, Query};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::custody::correction::{CorrectionState, Said};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(corrections))
}

/// Who did something about a correction, and by which event.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct SaidView {
    /// The party.
    party: String,
    /// The event.
    event_id: String,
    /// Its log index.
    index: u64,
}

impl From<&Said> for SaidView {
    fn from(said: &Said) -> Self {
        Self { party: said.party.to_string(), event_id: said.event.to_string(), index: said.index }
    }
}

/// One field of one event that should have been something else.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CorrectionView {
    /// Names it.
    #[schema(format = "uuid")]
    correction: String,
    /// The event it is about.
    event_id: String,
    /// JSON pointer (RFC 6901) of the field in that event's payload.
    pointer: String,
    /// `requested`, `proposed`, `refused` or `in-force`.
    stage: &'static str,
    /// What the field said before.
    #[schema(value_type = Option<Object>)]
    was: Option<serde_json::Value>,
    /// What it should have been, as the correction states it, for example `{"mass-g": 800}`.
    #[schema(value_type = Option<Object>)]
    value: Option<serde_json::Value>,
    /// Why.
    reason: String,
    /// Which authority asked for it.
    requested_by: Option<SaidView>,
    /// Who proposed or ordered it.
    proposed_by: Option<SaidView>,
    /// True when the authority ordered it.
    ordered: bool,
    /// Who has still to agree.
    waits_for: Vec<String>,
    /// Who agreed.
    agreed: Vec<SaidView>,
    /// Who refused.
    refused_by: Option<SaidView>,
    /// Why it was refused.
    refusal: Option<String>,
    /// Log index from which on it is in force.
    settled_index: Option<u64>,
}

impl From<&CorrectionState> for CorrectionView {
    fn from(state: &CorrectionState) -> Self {
        let refused = state.refused.as_ref();
        Self {
            correction: state.correction.to_string(),
            event_id: state.event.to_string(),
            pointer: state.pointer.clone(),
            stage: state.stage().name(),
            was: state.was.clone(),
            value: state.value.as_ref().map(|value| serde_json::json!(value)),
            reason: state.reason.clone(),
            requested_by: state.requested.as_ref().map(SaidView::from),
            proposed_by: state.proposed.as_ref().map(SaidView::from),
            ordered: state.is_ordered,
            waits_for: state.waits_for.iter().map(ToString::to_string).collect(),
            agreed: state.agreed.iter().map(SaidView::from).collect(),
            refused_by: refused.map(|(said, _)| said.into()),
            refusal: refused.and_then(|(_, reason)| reason.clone()),
            settled_index: state.settled_index,
        }
    }
}

/// A page of corrections.
#[derive(Serialize, ToSchema)]
struct CorrectionPage {
    /// Corrections, the latest first.
    items: Vec<CorrectionView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which corrections.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CorrectionsQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// The corrections the caller's party has a part in: those it asked for, proposed, ordered, answered, or has to answer.
#[utoipa::path(get, path = "/corrections", operation_id = "listCorrections", tag = "events", security(("bearer" = [])),
    params(CorrectionsQuery),
    responses((status = 200, description = "A page of corrections.", body = CorrectionPage), Reading))]
async fn corrections(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<CorrectionsQuery>,
) -> Result<(HeaderMap, Json<CorrectionPage>), Problem> {
    let after = page::parsed::<u64>("after", query.after.as_deref(), "120")?;
    let found = app.corrections(&viewer, after, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.iter().map(CorrectionView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), CorrectionPage { items, next }))
}
