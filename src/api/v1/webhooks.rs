//! Webhooks of the caller's party: made, looked at, tried, sent again, deleted.

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
use crate::app::webhooks::{Attempt, OVERLAP_HOURS, WantedWebhook, Webhook, WebhookDetail};
use crate::id::WebhookId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list, make))
        .routes(routes!(get, delete))
        .routes(routes!(test))
        .routes(routes!(replay))
        .routes(routes!(renew_secret))
}

/// A webhook to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedWebhookView {
    /// Where messages go: `https://`, without user name and password.
    #[schema(format = "uri", max_length = 2048)]
    url: String,
    /// Which messages: kinds of events, `finding.opened`, `finding.revised`, `finding.closed`. All where it names none.
    #[serde(default)]
    #[schema(max_items = 100)]
    types: Vec<String>,
}

/// A webhook, and how it goes.
#[derive(Serialize, ToSchema)]
struct WebhookView {
    /// Names it.
    #[schema(format = "uuid")]
    webhook: String,
    /// Where messages go.
    url: String,
    /// Which messages; all where it names none.
    types: Vec<String>,
    /// The key that answers for it: what that key may see is sent.
    kid: String,
    /// `active`, or `parked`: nothing is sent until it is started again.
    state: &'static str,
    /// Why it is parked.
    parked_for: Option<String>,
    /// Cursor of the last change that was delivered, or need not be.
    delivered: String,
    /// When it was made.
    #[schema(format = "date-time")]
    made_at: String,
    /// Since when deliveries fail.
    #[schema(format = "date-time")]
    failing_since: Option<String>,
    /// When it is tried next, while deliveries fail.
    #[schema(format = "date-time")]
    next_at: Option<String>,
}

impl From<Webhook> for WebhookView {
    fn from(hook: Webhook) -> Self {
        let is_waiting = hook.failing_since.is_some() && hook.parked_for.is_none();
        Self {
            webhook: hook.id.to_string(),
            url: hook.url,
            types: hook.whats,
            kid: hook.kid.to_string(),
            state: if hook.parked_for.is_some() { "parked" } else { "active" },
            parked_for: hook.parked_for,
            delivered: hook.delivered.to_string(),
            made_at: hook.made_at.to_string(),
            failing_since: hook.failing_since.map(|at| at.to_string()),
            next_at: is_waiting.then(|| hook.next_at.to_string()),
        }
    }
}

/// What a receiver answered.
#[derive(Serialize, ToSchema)]
struct AttemptView {
    /// Number of the attempt, from 1.
    n: u64,
    /// Cursor of the change that was sent; absent for a test.
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
    /// When.
    #[schema(format = "date-time")]
    at: String,
    /// HTTP status; absent when there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    /// Why there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        let Attempt { n, seq, at, status, error } = attempt;
        Self { n, cursor: (seq != 0).then(|| seq.to_string()), at: at.to_string(), status, error }
    }
}

/// A webhook with what its receiver needs, and what that answered.
#[derive(Serialize, ToSchema)]
struct WebhookDetailView {
    /// The webhook.
    #[serde(flatten)]
    hook: WebhookView,
    /// Secret of this webhook, for `v1` signatures (HMAC-SHA-256).
    #[schema(example = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    secret: String,
    /// Until when messages are signed with the secret before it too; absent where that is over, or there was none.
    #[schema(format = "date-time")]
    #[serde(skip_serializing_if = "Option::is_none")]
    old_secret_until: Option<String>,
    /// Key of the ledger, for `v1a` signatures (Ed25519).
    public_key: String,
    /// The last attempts, the last first; at most 200.
    attempts: Vec<AttemptView>,
}

impl From<WebhookDetail> for WebhookDetailView {
    fn from(detail: WebhookDetail) -> Self {
        let attempts = detail.attempts.into_iter().map(AttemptView::from).collect();
        let old_secret_until = detail.hook.old_secret_until.map(|until| until.to_string());
        Self {
            hook: detail.hook.into(),
            secret: detail.secret,
            old_secret_until,
            public_key: detail.public_key,
            attempts,
        }
    }
}

/// All webhooks of a party.
#[derive(Serialize, ToSchema)]
struct WebhookList {
    /// The webhooks, in the order in which they were made; at most 16.
    items: Vec<WebhookView>,
}

/// The webhooks of the caller's party. Whoever may keep none sees none.
#[utoipa::path(get, path = "/webhooks", operation_id = "listWebhooks", tag = "events", security(("bearer" = [])),
    responses((status = 200, description = "The webhooks.", body = WebhookList), Reading))]
async fn list(State(app): State<App>, Caller(viewer): Caller) -> Result<Json<WebhookList>, Problem> {
    let items = app.webhooks(&viewer).await?.into_iter().map(WebhookView::from).collect();
    Ok(Json(WebhookList { items }))
}

/// Make a webhook: from the next change on, each change that concerns the caller's party is sent to its address.
///
/// Messages follow Standard Webhooks: `webhook-id` (the same however often a message is sent), `webhook-timestamp`, `webhook-signature` with
/// `v1` and `v1a`; the body is `{type, timestamp, data}`, `data` a change as in the feed. A message is sent until it is answered with
/// 2xx within 15 seconds, one after the other in their order; what fails is tried again for 24 hours, then the webhook is parked.
/// Addresses inside the operator's own network are refused, unless the operator allows them.
#[utoipa::path(post, path = "/webhooks", operation_id = "makeWebhook", tag = "events", security(("bearer" = [])),
    request_body(content = WantedWebhookView),
    responses((status = 201, description = "Made, with its secret.", body = WebhookDetailView), Keeping))]
async fn make(
    State(app): State<App>,
    Caller(viewer): Caller,
    JsonBody(wanted): JsonBody<WantedWebhookView>,
) -> Result<(StatusCode, Json<WebhookDetailView>), Problem> {
    let wanted = WantedWebhook { url: wanted.url, whats: wanted.types };
    let made = app.make_webhook(&viewer, wanted).await?;
    Ok((StatusCode::CREATED, Json(made.into())))
}

/// A webhook, its secret, and what its receiver answered.
#[utoipa::path(get, path = "/webhooks/{id}", operation_id = "getWebhook", tag = "events", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The webhook.")),
    responses((status = 200, description = "The webhook.", body = WebhookDetailView), Reading))]
async fn get(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<WebhookId>,
) -> Result<Json<WebhookDetailView>, Problem> {
    let detail = app.webhook(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(detail.into()))
}

/// Delete a webhook. Nothing more is sent; a message that is on its way may still arrive.
#[utoipa::path(delete, path = "/webhooks/{id}", operation_id = "deleteWebhook", tag = "events", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The webhook.")),
    responses((status = 204, description = "Deleted."), Keeping))]
async fn delete(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<WebhookId>,
) -> Result<StatusCode, Problem> {
    let is_gone = app.delete_webhook(&viewer, id).await?;
    if is_gone { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}

/// Send a message of type `webhook.test` now; the answer tells what the receiver said.
#[utoipa::path(post, path = "/webhooks/{id}/test", operation_id = "testWebhook", tag = "events", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The webhook.")),
    responses((status = 200, description = "What the receiver answered.", body = AttemptView), Keeping))]
async fn test(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<WebhookId>,
) -> Result<Json<AttemptView>, Problem> {
    let attempt = app.test_webhook(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(attempt.into()))
}

/// From where to send again.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReplayView {
    /// Cursor after which to send again; absent: go on behind what was delivered.
    #[serde(default)]
    after: Option<String>,
}

/// Send again from after a change, or start a parked webhook again. The caller's key answers for it from now on.
#[utoipa::path(post, path = "/webhooks/{id}/replay", operation_id = "replayWebhook", tag = "events", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The webhook.")),
    request_body(content = ReplayView),
    responses((status = 200, description = "The webhook, active.", body = WebhookView), Keeping))]
async fn replay(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<WebhookId>,
    JsonBody(asked): JsonBody<ReplayView>,
) -> Result<Json<WebhookView>, Problem> {
    let after = crate::api::page::parsed::<u64>("after", asked.after.as_deref(), "812")?;
    let hook = app.replay_webhook(&viewer, id, after).await?.ok_or_else(Problem::absent)?;
    Ok(Json(hook.into()))
}

/// How a secret is renewed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RenewalView {
    /// Hours for which messages are signed with the old secret too; 0 where it leaked.
    #[serde(default = "overlap_hours")]
    #[schema(default = 24, maximum = 168)]
    overlap_hours: u32,
}

fn overlap_hours() -> u32 {
    OVERLAP_HOURS
}

/// Renew the secret of a webhook: messages are signed with a new one from now on, and for some hours with the old one too.
///
/// `webhook-signature` then holds two signatures `v1,…`, the new one first; a receiver that follows Standard Webhooks takes a message when one of them is
/// right, so it can change over without losing any. A message that is on its way keeps its signature.
#[utoipa::path(post, path = "/webhooks/{id}/secret", operation_id = "renewWebhookSecret", tag = "events", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The webhook.")),
    request_body(content = RenewalView),
    responses((status = 200, description = "The webhook with its new secret.", body = WebhookDetailView), Keeping))]
async fn renew_secret(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<WebhookId>,
    JsonBody(asked): JsonBody<RenewalView>,
) -> Result<Json<WebhookDetailView>, Problem> {
    let detail = app.renew_secret(&viewer, id, asked.overlap_hours).await?.ok_or_else(Problem::absent)?;
    Ok(Json(detail.into()))
}
