//! The feed: what happened and concerned the caller, page by page or as it happens.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Following, Reading};
use crate::api::extract::{Json, Query};
use crate::api::page;
use crate::api::problem::{BUSY, MALFORMED, Problem};
use crate::app::App;
use crate::app::query::{Change, Changes, Listener, NumberedChange};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(changes)).routes(routes!(stream))
}

/// A piece of the feed.
#[derive(Serialize, ToSchema)]
struct ChangePage {
    /// What happened, oldest first.
    items: Vec<Change>,
    /// What to pass as `after` to go on from here, now or later. Always given.
    next: String,
    /// True when there is more already.
    has_more: bool,
}

impl From<Changes> for ChangePage {
    fn from(changes: Changes) -> Self {
        let items = changes.items.iter().map(Change::of).collect();
        Self { items, next: changes.next.to_string(), has_more: changes.has_more }
    }
}

/// Where in the feed.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ChangesQuery {
    /// The `next` of the piece before, or the `cursor` of a change; from the beginning when absent.
    after: Option<String>,
    /// How many items, 1 to 500.
    limit: Option<u64>,
}

/// What happened, oldest first: recorded events and steps of findings that concerned the caller's party, or lie in the division of
/// the caller's authority.
///
/// Keep `next` and ask again with it: nothing is missed and nothing comes twice. The feed begins with this ledger's database; what
/// was restored from a backup or founded with it is not in it.
#[utoipa::path(get, path = "/events", operation_id = "listChanges", tag = "events", security(("bearer" = [])),
    params(ChangesQuery), responses((status = 200, description = "A piece of the feed.", body = ChangePage), Reading))]
async fn changes(
    State(app): State<App>,
    Caller(viewer): Caller,
    Query(query): Query<ChangesQuery>,
) -> Result<Json<ChangePage>, Problem> {
    let after = page::parsed::<u64>("after", query.after.as_deref(), "812")?.unwrap_or(0);
    let found = app.changes(&viewer, after, page::limit(query.limit)?).await?;
    Ok(Json(found.into()))
}

/// Where a stream begins.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct StreamQuery {
    /// The cursor after which to begin; from the beginning when absent. `Last-Event-ID` goes before it.
    after: Option<String>,
}

/// The feed as it happens: server-sent events, each with its cursor as `id`, its type as `event` and the change as `data`.
///
/// A stream ends after ten minutes; come back with a new token and `Last-Event-ID`, which browsers send by themselves.
#[utoipa::path(get, path = "/events/stream", operation_id = "followChanges", tag = "events", security(("bearer" = [])),
    params(StreamQuery, ("Last-Event-ID" = Option<String>, Header, description = "The cursor after which to begin.")),
    responses((status = 200, description = "The stream.", body = String, content_type = "text/event-stream"), Following))]
async fn stream(
    State(app): State<App>,
    Caller(viewer): Caller,
    Query(query): Query<StreamQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let last = headers.get("last-event-id").map(|value| value.to_str().unwrap_or("?").to_owned());
    let after = match last {
        Some(last) => last.parse().map_err(|_| {
            let (zh, en) = ("Last-Event-ID 不是本接口给出的编号", "Last-Event-ID is no cursor of this feed");
            Problem::one(MALFORMED, "last-event-id", "/header/last-event-id", zh, en)
        })?,
        None => page::parsed::<u64>("after", query.after.as_deref(), "812")?.unwrap_or(0),
    };
    let Some(following) = app.follow_changes(Listener::Program, viewer, after) else {
        let most = Listener::Program.most_of_party();
        let zh = format!("订阅连接已满（每个单位最多 {most} 个），请稍后再试或改用分页读取");
        let en = format!("every stream is taken, or {most} by your party; try again, or read page by page");
        return Err(Problem::one(BUSY, "streams-exhausted", "", zh, en));
    };
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(following.written(written)))
        .into_response())
}

/// A piece as server-sent events. Where nothing happened, the cursor alone, so that its reader does not begin again from far behind.
fn written(changes: &Changes) -> String {
    if changes.items.is_empty() {
        return format!(": nothing new\nid: {}\n\n", changes.next);
    }
    let event = |numbered: &NumberedChange| {
        let data = serde_json::to_string(&Change::of(numbered)).unwrap_or_default();
        format!("id: {}\nevent: {}\ndata: {data}\n\n", numbered.seq, numbered.message.what)
    };
    changes.items.iter().map(event).collect()
}
