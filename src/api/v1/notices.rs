//! Notices: what somebody should know or do.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Keeping, Reading};
use crate::api::extract::{Json, Path, Query, bad_parameter};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::notices::{
    Addressee, NOTICE_KINDS, NoticeCursor, NoticeFilter, NoticeItem, NoticeKind, ReadBy,
};
use crate::id::NoticeId;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(read))
        .routes(routes!(read_up_to))
}

/// Whom a notice is for.
#[derive(Serialize, ToSchema)]
struct NoticeToView {
    /// `office`, `administrators`, `officers`, or `key:` and a key.
    #[schema(example = "office")]
    audience: String,
    /// Since when.
    #[schema(format = "date-time")]
    at: String,
    /// 0 from the beginning; above, it went up because nobody had looked or done what is to be done.
    rung: u64,
}

impl From<Addressee> for NoticeToView {
    fn from(to: Addressee) -> Self {
        Self { audience: to.audience, at: to.at.to_string(), rung: to.rung }
    }
}

/// Who read a notice.
#[derive(Serialize, ToSchema)]
struct NoticeReadView {
    /// The key.
    kid: String,
    /// When.
    #[schema(format = "date-time")]
    at: String,
}

impl From<ReadBy> for NoticeReadView {
    fn from(by: ReadBy) -> Self {
        Self { kid: by.kid.to_string(), at: by.at.to_string() }
    }
}

/// What a notice is about.
#[derive(Serialize, ToSchema)]
struct NoticeSubjectView {
    /// `manifest`, `lot`, `party`, `site` and the like.
    kind: String,
    /// Its id.
    id: String,
}

/// A notice.
#[derive(Serialize, ToSchema)]
struct NoticeView {
    /// Names it.
    #[schema(format = "uuid")]
    id: String,
    /// Its kind, kebab-case, for example `manifest-to-confirm`.
    kind: &'static str,
    /// What it is called in Chinese.
    title_zh: &'static str,
    /// And in English.
    title_en: &'static str,
    /// `critical`, `major`, `minor` or `notice`.
    severity: String,
    /// When what it tells of was recorded.
    #[schema(format = "date-time")]
    at: String,
    /// Since when it is for the caller.
    #[schema(format = "date-time")]
    since: String,
    /// What it is about.
    subject: NoticeSubjectView,
    /// Number of the manifest, where it is about one that has a number.
    manifest_number: Option<String>,
    /// The event that caused it.
    event: Option<String>,
    /// The finding it is about.
    #[schema(format = "uuid")]
    finding: Option<String>,
    /// Where it is read, below the ledger's address.
    link: String,
    /// True when something is to be done, which reading does not do.
    is_task: bool,
    /// When that was done.
    #[schema(format = "date-time")]
    done_at: Option<String>,
    /// When the caller's key read it.
    #[schema(format = "date-time")]
    read_at: Option<String>,
    /// When it goes further up unless somebody looks, or does what is to be done.
    #[schema(format = "date-time")]
    escalates_at: Option<String>,
    /// Whom in the caller's party it is for, and to whom there it went up.
    to: Vec<NoticeToView>,
    /// Who of the caller's party read it; for its administrators and for officers.
    read_by: Vec<NoticeReadView>,
}

impl From<NoticeItem> for NoticeView {
    fn from(item: NoticeItem) -> Self {
        let link = item.link();
        let notice = item.notice;
        Self {
            id: notice.id.to_string(),
            kind: item.kind.name,
            title_zh: item.kind.zh,
            title_en: item.kind.en,
            severity: notice.severity,
            at: notice.at.to_string(),
            since: item.since.to_string(),
            subject: NoticeSubjectView { kind: notice.subject_kind, id: notice.subject },
            manifest_number: item.number,
            event: notice.event.map(|id| id.to_string()),
            finding: notice.finding.map(|id| id.to_string()),
            link,
            is_task: notice.topic.is_some(),
            done_at: notice.done_at.map(|at| at.to_string()),
            read_at: item.read_at.map(|at| at.to_string()),
            escalates_at: notice.escalates_at.map(|at| at.to_string()),
            to: item.to.into_iter().map(NoticeToView::from).collect(),
            read_by: item.read_by.into_iter().map(NoticeReadView::from).collect(),
        }
    }
}

/// A page of notices.
#[derive(Serialize, ToSchema)]
struct NoticePage {
    /// Notices, the last first.
    items: Vec<NoticeView>,
    /// What to pass as `after` for the next page. Of those that are unread or of one kind, a page may have a next one and hold fewer than `limit`, or
    /// none: 1,000 are looked through for it.
    next: Option<String>,
    /// How many the caller's key has not read and nobody has settled, of the newest 1,000.
    unread: u64,
}

/// Which notices.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct NoticesQuery {
    /// Only those that the caller's key has not read.
    unread: Option<bool>,
    /// Only those of this kind.
    kind: Option<String>,
    /// Those for anybody in the party; for its administrators and for officers, ignored for others.
    all: Option<bool>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// Notices for whoever asks, the last first.
///
/// What happened and concerns the caller, by its role: its office, its administrators, a driver who was named, the officer on duty. Who may see a
/// notice was decided when it was made; what it is about is read behind `link`.
#[utoipa::path(get, path = "/notices", operation_id = "listNotices", tag = "notices", security(("bearer" = [])),
    params(NoticesQuery), responses((status = 200, description = "A page.", body = NoticePage), Reading))]
async fn list(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<NoticesQuery>,
) -> Result<(HeaderMap, Json<NoticePage>), Problem> {
    let kind =
        query.kind.as_deref().map(|name| NoticeKind::named(name).ok_or_else(no_such_kind)).transpose()?;
    let filter = NoticeFilter {
        is_unread: query.unread.unwrap_or_default(),
        kind,
        is_all: query.all.unwrap_or_default(),
    };
    let example = "1772414400000-01890a5d-ac96-874b-bcce-b302099a8057";
    let after = page::parsed::<NoticeCursor>("after", query.after.as_deref(), example)?;
    let found = app.notices(&viewer, filter, after, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(NoticeView::from).collect();
    let unread = app.unread_notices(&viewer).await?;
    Ok(page::answer(&uri, next.clone().as_deref(), NoticePage { items, next, unread }))
}

fn no_such_kind() -> Problem {
    let names: Vec<&str> = NOTICE_KINDS.iter().map(|kind| kind.name).collect();
    let names = names.join(", ");
    bad_parameter("kind", format!("kind 应为 {names} 之一"), format!("kind is one of {names}"))
}

/// One notice, with who of the caller's party read it, for its administrators and for officers.
#[utoipa::path(get, path = "/notices/{id}", operation_id = "getNotice", tag = "notices", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The notice.")),
    responses((status = 200, description = "The notice.", body = NoticeView), Reading))]
async fn get(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<NoticeId>,
) -> Result<Json<NoticeView>, Problem> {
    let item = app.notice(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(item.into()))
}

/// Mark a notice as read by the caller's key. What need only be known goes no further up then.
#[utoipa::path(post, path = "/notices/{id}/read", operation_id = "readNotice", tag = "notices", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The notice.")),
    responses((status = 200, description = "The notice, read.", body = NoticeView), Keeping))]
async fn read(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<NoticeId>,
) -> Result<Json<NoticeView>, Problem> {
    let item = app.read_notice(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(item.into()))
}

/// What was marked as read.
#[derive(Serialize, ToSchema)]
struct NoticesReadView {
    /// How many were unread before.
    read: u64,
    /// True when there may be more before these: call again.
    more: bool,
}

/// Mark a notice and all that came before it as read by the caller's key, at most 500 at a time, of the 20,000 before it.
#[utoipa::path(post, path = "/notices/{id}/read-up-to", operation_id = "readNoticesUpTo", tag = "notices", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The last notice to be marked.")),
    responses((status = 200, description = "How many were marked.", body = NoticesReadView), Keeping))]
async fn read_up_to(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<NoticeId>,
) -> Result<Json<NoticesReadView>, Problem> {
    let done = app.read_notices_up_to(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(NoticesReadView { read: done.read, more: done.more }))
}
