//! Drafts of the caller's party.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Keeping, Reading};
use crate::api::extract::{Json, JsonBody, Path, Query};
use crate::api::page;
use crate::api::problem::{MALFORMED, Problem};
use crate::app::App;
use crate::app::drafts::{Draft, MAX_DRAFT_BYTES, SavedDraft};
use crate::id::DraftId;
use crate::shape::Text;

/// What stands around the content of a draft.
const MAX_BODY_BYTES: usize = MAX_DRAFT_BYTES + 4 * 1024;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get, save, drop_draft))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

/// A draft to be saved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SavedDraftView {
    /// What people call it.
    #[schema(value_type = String, max_length = 100)]
    title: Text<100>,
    /// A JSON object of at most 64 KiB, kept as it is; in the end what `POST /events/prepare` takes.
    #[schema(value_type = Object)]
    wish: Box<RawValue>,
    /// The version that it goes on from; absent for a new one.
    #[serde(default)]
    version: u64,
}

/// A draft.
#[derive(Serialize, ToSchema)]
struct DraftView {
    /// Names it.
    #[schema(format = "uuid")]
    draft: String,
    /// What people call it.
    title: String,
    /// What was written so far.
    #[schema(value_type = Object)]
    wish: Box<RawValue>,
    /// How often it was saved. Send it along when you save it again.
    version: u64,
    /// Whose key saved it last.
    by: String,
    /// When it was saved last. 90 days later it is thrown away.
    #[schema(format = "date-time")]
    saved_at: String,
}

impl From<Draft> for DraftView {
    fn from(draft: Draft) -> Self {
        Self {
            draft: draft.id.to_string(),
            title: draft.title,
            // Only what was read as JSON is ever saved.
            wish: RawValue::from_string(draft.wish).unwrap_or_default(),
            version: draft.version,
            by: draft.by.to_string(),
            saved_at: draft.saved_at.to_string(),
        }
    }
}

/// A page of drafts.
#[derive(Serialize, ToSchema)]
struct DraftPage {
    /// Drafts by id.
    items: Vec<DraftView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which drafts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DraftsQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// The drafts of your party.
#[utoipa::path(get, path = "/drafts", operation_id = "listDrafts", tag = "handovers", security(("bearer" = [])),
    params(DraftsQuery), responses((status = 200, description = "A page.", body = DraftPage), Reading))]
async fn list(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<DraftsQuery>,
) -> Result<(HeaderMap, Json<DraftPage>), Problem> {
    let after =
        page::parsed::<DraftId>("after", query.after.as_deref(), "01890a5d-ac96-774b-bcce-b302099a8057")?;
    let found = app.drafts(&viewer, after, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(DraftView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), DraftPage { items, next }))
}

/// One draft of your party.
#[utoipa::path(get, path = "/drafts/{id}", operation_id = "getDraft", tag = "handovers", security(("bearer" = [])),
    params(("id" = String, Path, description = "Draft id.")),
    responses((status = 200, description = "The draft.", body = DraftView), Reading))]
async fn get(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<DraftId>,
) -> Result<Json<DraftView>, Problem> {
    let draft = app.draft_of(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(draft.into()))
}

/// Save a draft, for whoever of your party goes on with it. You make the id (UUID version 7).
///
/// No part of the log, and nothing is checked but that it is a JSON object: `POST /events/prepare` does that. Two people who go on from the same
/// version do not overwrite each other: the second is told `draft-changed`.
#[utoipa::path(put, path = "/drafts/{id}", operation_id = "saveDraft", tag = "handovers", security(("bearer" = [])),
    params(("id" = String, Path, description = "Draft id.")), request_body(content = SavedDraftView),
    responses((status = 200, description = "As it was saved.", body = DraftView), Keeping))]
async fn save(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<DraftId>,
    JsonBody(saved): JsonBody<SavedDraftView>,
) -> Result<Json<DraftView>, Problem> {
    if !id.is_client_made() {
        let (zh, en) = ("草稿编号应为第 7 版 UUID", "the id of a draft is a UUID of version 7");
        return Err(Problem::one(MALFORMED, "id-malformed", "/path/id", zh, en));
    }
    if !saved.wish.get().starts_with('{') {
        let (zh, en) = ("应为 JSON 对象", "this is a JSON object");
        return Err(Problem::one(MALFORMED, "wish-malformed", "/wish", zh, en));
    }
    let saved = SavedDraft { title: saved.title, wish: saved.wish.get().to_owned(), version: saved.version };
    let draft = app.save_draft(&viewer, id, saved).await?.ok_or_else(Problem::absent)?;
    Ok(Json(draft.into()))
}

/// Throw a draft of your party away.
#[utoipa::path(delete, path = "/drafts/{id}", operation_id = "dropDraft", tag = "handovers", security(("bearer" = [])),
    params(("id" = String, Path, description = "Draft id.")),
    responses((status = 204, description = "It is gone."), Keeping))]
async fn drop_draft(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<DraftId>,
) -> Result<StatusCode, Problem> {
    match app.drop_draft(&viewer, id).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::absent()),
    }
}
