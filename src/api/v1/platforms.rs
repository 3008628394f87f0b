//! Platforms of the state that may be told of manifests, and what the caller's party said of each.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Keeping, Reading};
use crate::api::extract::{Json, JsonBody, Path};
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::push::{Consent, PlatformSeen};
use crate::shape::Text;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(agree, end))
}

/// A firm's word that a platform may be told.
#[derive(Serialize, ToSchema)]
struct ConsentView {
    /// Since when.
    #[schema(format = "date-time")]
    since: String,
    /// The key that gave it.
    kid: String,
    /// What the firm's plan is called on the platform (转移计划编号).
    plan_number: Option<String>,
    /// When it ended; absent while it stands.
    #[schema(format = "date-time")]
    ended_at: Option<String>,
    /// The key that ended it.
    ended_by: Option<String>,
}

impl From<Consent> for ConsentView {
    fn from(consent: Consent) -> Self {
        Self {
            since: consent.since.to_string(),
            kid: consent.kid.to_string(),
            plan_number: consent.plan_number,
            ended_at: consent.ended.map(|(at, _)| at.to_string()),
            ended_by: consent.ended.map(|(_, kid)| kid.to_string()),
        }
    }
}

/// What a mapping sends nowhere.
#[derive(Serialize, ToSchema)]
struct UnmappedView {
    /// A step, or fields.
    what: String,
    /// Why, in Chinese.
    zh: String,
    /// In English.
    en: String,
}

/// A platform.
#[derive(Serialize, ToSchema)]
struct PlatformView {
    /// Names it.
    platform: String,
    /// What it is called, in Chinese.
    zh: String,
    /// In English.
    en: String,
    /// Its mapping.
    mapping: String,
    /// The edition of that.
    edition: String,
    /// The steps it is told of.
    steps: Vec<&'static str>,
    /// What is sent nowhere, and why.
    unmapped: Vec<UnmappedView>,
    /// Words of consent of the caller's party, the last first.
    consents: Vec<ConsentView>,
}

impl From<PlatformSeen<'_>> for PlatformView {
    fn from(seen: PlatformSeen<'_>) -> Self {
        let mapping = seen.platform.mapping();
        let unmapped = mapping.unmapped.iter().cloned();
        Self {
            platform: seen.platform.id.clone(),
            zh: seen.platform.zh.clone(),
            en: seen.platform.en.clone(),
            mapping: mapping.id.clone(),
            edition: mapping.edition.clone(),
            steps: mapping.steps.iter().map(|step| step.step.name()).collect(),
            unmapped: unmapped.map(|one| UnmappedView { what: one.what, zh: one.zh, en: one.en }).collect(),
            consents: seen.consents.into_iter().map(ConsentView::from).collect(),
        }
    }
}

/// All platforms of the operator that are for the caller's party.
#[derive(Serialize, ToSchema)]
struct PlatformList {
    /// The platforms; at most 64.
    items: Vec<PlatformView>,
}

/// The platforms that may be told of the manifests of the caller's party, and what it said of each.
#[utoipa::path(get, path = "/platforms", operation_id = "listPlatforms", tag = "manifests", security(("bearer" = [])),
    responses((status = 200, description = "The platforms.", body = PlatformList), Reading))]
async fn list(State(app): State<App>, Caller(viewer): Caller) -> Result<Json<PlatformList>, Problem> {
    let items = app.platforms_seen(&viewer).await?.into_iter().map(PlatformView::from).collect();
    Ok(Json(PlatformList { items }))
}

/// A word of consent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AgreedView {
    /// What the party's plan is called on the platform (转移计划编号), where it wants that.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64)]
    plan_number: Option<Text<64>>,
}

/// Let a platform be told of the manifests that the caller's party registers, from now on, or say anew what its plan is called there.
#[utoipa::path(put, path = "/platforms/{id}/consent", operation_id = "agreeToPush", tag = "manifests", security(("bearer" = [])),
    params(("id" = String, Path, description = "The platform.")), request_body(content = AgreedView),
    responses((status = 204, description = "It stands."), Keeping))]
async fn agree(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<String>,
    JsonBody(agreed): JsonBody<AgreedView>,
) -> Result<StatusCode, Problem> {
    let is_there = app.agree_to_push(&viewer, &id, agreed.plan_number).await?;
    if is_there { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}

/// Take it back. What waits is told no more; what was told stays told.
#[utoipa::path(delete, path = "/platforms/{id}/consent", operation_id = "endPush", tag = "manifests", security(("bearer" = [])),
    params(("id" = String, Path, description = "The platform.")),
    responses((status = 204, description = "It ended."), Keeping))]
async fn end(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let was_there = app.end_push(&viewer, &id).await?;
    if was_there { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}
