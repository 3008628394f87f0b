//! Files that events name by digest: sent, listed, fetched, removed.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Keeping, Reading};
use crate::api::extract::{FileBody, Json, Path, Query};
use crate::api::layers::has_already;
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::attachments::{
    Attachment, AttachmentFile, AttachmentItem, FILE_POLICY, KeptAttachment, MAX_ATTACHMENT_BYTES, Removed,
};
use crate::ledger::{Digest, EventId};

pub(super) fn router() -> OpenApiRouter<App> {
    let keeping =
        OpenApiRouter::new().routes(routes!(list, keep)).layer(DefaultBodyLimit::max(MAX_ATTACHMENT_BYTES));
    keeping.merge(OpenApiRouter::new().routes(routes!(get, remove)))
}

/// A file that the caller's party sent.
#[derive(Serialize, ToSchema)]
struct KeptAttachmentView {
    /// SHA-256 of its bytes, base64url: what events name.
    sha256: String,
    /// How many bytes it has.
    bytes: u64,
    /// What it is, as its bytes tell: `image/jpeg`, `image/png`, `image/webp`, `application/pdf`, or `text/csv` for the points of a track.
    #[schema(example = "image/jpeg")]
    media_type: String,
    /// When it came.
    #[schema(format = "date-time")]
    at: String,
    /// The key it came with.
    kid: String,
}

impl From<Attachment> for KeptAttachmentView {
    fn from(file: Attachment) -> Self {
        let Attachment { digest, media, bytes, kid, at, .. } = file;
        Self {
            sha256: digest.to_string(),
            bytes,
            media_type: media,
            at: at.to_string(),
            kid: kid.to_string(),
        }
    }
}

/// A file of the caller's party, or one that an event of it names and that is missing.
#[derive(Serialize, ToSchema)]
struct AttachmentView {
    /// SHA-256 of its bytes, base64url.
    sha256: String,
    /// The file; absent where it is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<KeptAttachmentView>,
    /// The first events of the party that name it, at most 16.
    named_in: Vec<String>,
}

impl From<AttachmentItem> for AttachmentView {
    fn from(item: AttachmentItem) -> Self {
        Self {
            sha256: item.digest.to_string(),
            file: item.kept.map(Into::into),
            named_in: item.named_in.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A page of files.
#[derive(Serialize, ToSchema)]
struct AttachmentPage {
    /// Files, the last sent first; missing ones by where they were named, the last first.
    items: Vec<AttachmentView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which files.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AttachmentsQuery {
    /// True for those that events of the caller's party name and that nobody sent.
    #[serde(default)]
    missing: bool,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// The files that the caller's party sent, with the events that name each; or those that are missing.
#[utoipa::path(get, path = "/attachments", operation_id = "listAttachments", tag = "handovers", security(("bearer" = [])),
    params(AttachmentsQuery), responses((status = 200, description = "A page.", body = AttachmentPage), Reading))]
async fn list(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<AttachmentsQuery>,
) -> Result<(HeaderMap, Json<AttachmentPage>), Problem> {
    let example = "1772414400000-47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    let after = page::parsed("after", query.after.as_deref(), example)?;
    let limit = page::limit(query.limit)?;
    let found = match query.missing {
        false => app.attachments(&viewer, after, limit).await?,
        true => app.missing_attachments(&viewer, after, limit).await?,
    };
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(AttachmentView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), AttachmentPage { items, next }))
}

/// Send a file that events name by its digest, before or after them.
///
/// The body is the file itself: a JPEG, PNG or WebP picture, a PDF or the points of a track, at most 8 MiB. What it is, its bytes tell. The same file again changes nothing.
/// It is kept for the caller's party, and given to whoever may read an event of that party that names it. What no event names is removed after 30
/// days; the points of a track when the law does not ask for them any more.
#[utoipa::path(post, path = "/attachments", operation_id = "keepAttachment", tag = "handovers", security(("bearer" = [])),
    request_body(content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"),
        (Vec<u8> = "application/pdf"), (Vec<u8> = "text/csv")), description = "The file."),
    responses(
        (status = 201, description = "It is kept.", body = KeptAttachmentView),
        (status = 200, description = "It was kept before.", body = KeptAttachmentView),
        Keeping
    ))]
async fn keep(
    State(app): State<App>,
    Caller(viewer): Caller,
    FileBody(body): FileBody<MAX_ATTACHMENT_BYTES>,
) -> Result<(StatusCode, Json<KeptAttachmentView>), Problem> {
    let KeptAttachment { attachment, is_new } = app.keep_attachment(&viewer, body.to_vec()).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(attachment.into())))
}

/// By which event a file is read.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct AttachmentQuery {
    /// An event that names it and that the caller may read, where many do.
    event: Option<String>,
}

/// One file: for the party that sent it, and for whoever may read an event that names it.
#[utoipa::path(get, path = "/attachments/{digest}", operation_id = "getAttachment", tag = "handovers", security(("bearer" = [])),
    params(("digest" = String, Path, description = "SHA-256 of its bytes, base64url."), AttachmentQuery),
    responses((status = 200, description = "The file, to be saved and not to be run.",
        content((Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"), (Vec<u8> = "image/webp"),
            (Vec<u8> = "application/pdf"), (Vec<u8> = "text/csv"))), Reading))]
async fn get(
    State(app): State<App>,
    Caller(viewer): Caller,
    headers: HeaderMap,
    Path(digest): Path<Digest>,
    Query(query): Query<AttachmentQuery>,
) -> Result<Response, Problem> {
    let example = "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
    let event = page::parsed::<EventId>("event", query.event.as_deref(), example)?;
    let file = app.attachment(&viewer, digest, event).await?.ok_or_else(Problem::absent)?;
    Ok(answer(&headers, file))
}

/// A file as it is given: saved under its digest, not shown, and nothing in it runs.
fn answer(asked: &HeaderMap, file: AttachmentFile) -> Response {
    let plain = |text: &str| HeaderValue::from_str(text).expect("digests and endings are plain ASCII");
    let tag = file.tag();
    let kept = [(header::ETAG, plain(&tag)), (header::CACHE_CONTROL, plain("private, no-cache"))];
    if has_already(asked, &tag) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    let headers = [
        (header::CONTENT_TYPE, plain(file.media.name())),
        (header::CONTENT_DISPOSITION, plain(&file.disposition())),
        (header::CONTENT_SECURITY_POLICY, plain(FILE_POLICY)),
    ];
    (kept, headers, file.content).into_response()
}

/// Remove a file that the caller's party sent and that no event names.
#[utoipa::path(delete, path = "/attachments/{digest}", operation_id = "removeAttachment", tag = "handovers", security(("bearer" = [])),
    params(("digest" = String, Path, description = "SHA-256 of its bytes, base64url.")),
    responses((status = 204, description = "It is gone."), Keeping))]
async fn remove(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(digest): Path<Digest>,
) -> Result<StatusCode, Problem> {
    match app.remove_attachment(&viewer, digest).await? {
        Removed::Gone => Ok(StatusCode::NO_CONTENT),
        Removed::Absent => Err(Problem::absent()),
    }
}
