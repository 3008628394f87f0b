//! The feed: what happened and concerned the caller, page by page or as it happens.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::Instant;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Following, Reading};
use crate::api::extract::{Json, Query};
use crate::api::page;
use crate::api::problem::{BUSY, MALFORMED, Problem};
use crate::app::App;
use crate::app::access::Viewer;
use crate::app::query::{Change, Changes};
use crate::catalogue::Uscc;

/// Most streams of one process at a time.
const MAX_STREAMS: usize = 256;
/// Most streams of one party in one process, so that nobody takes them all.
const MAX_STREAMS_OF_PARTY: usize = 8;
/// A stream ends after this time, so that nobody goes on reading by a token of yesterday; its reader comes back with a new one.
const STREAM_LIFE: Duration = Duration::from_secs(600);
/// Nothing happened for so long: a comment keeps the connection open. Another process may also have committed something.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Changes of one piece of a stream.
const A_PIECE: u64 = 100;

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
    let Some(seat) = Seat::take(viewer.party()) else {
        let zh = format!("订阅连接已满（每个单位最多 {MAX_STREAMS_OF_PARTY} 个），请稍后再试或改用分页读取");
        let en = format!(
            "every stream is taken, or {MAX_STREAMS_OF_PARTY} by your party; try again, or read page by page"
        );
        return Err(Problem::one(BUSY, "streams-exhausted", "", zh, en));
    };
    let bell = app.changed();
    let follower = Follower {
        app,
        viewer,
        after,
        bell,
        ends_at: Instant::now() + STREAM_LIFE,
        waiting: VecDeque::new(),
        _seat: seat,
    };
    let pieces = futures::stream::unfold(follower, |mut follower| async move {
        let piece = follower.next().await?;
        Some((Ok::<Bytes, std::convert::Infallible>(piece.into()), follower))
    });
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(pieces)).into_response())
}

/// A place among the streams, given back when it ends.
struct Seat(Option<Uscc>);

static SEATS: Mutex<BTreeMap<Option<Uscc>, usize>> = Mutex::new(BTreeMap::new());

impl Seat {
    fn take(party: Option<Uscc>) -> Option<Self> {
        let mut seats = SEATS.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, own) = (seats.values().sum::<usize>(), seats.get(&party).copied().unwrap_or_default());
        if all >= MAX_STREAMS || own >= MAX_STREAMS_OF_PARTY {
            return None;
        }
        seats.insert(party, own + 1);
        Some(Self(party))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = SEATS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = seats.get_mut(&self.0) {
            *own -= 1;
        }
        seats.retain(|_, own| *own > 0);
    }
}

/// Somebody who follows the feed.
struct Follower {
    app: App,
    viewer: Viewer,
    after: u64,
    bell: watch::Receiver<()>,
    ends_at: Instant,
    waiting: VecDeque<String>,
    _seat: Seat,
}

impl Follower {
    /// The next piece of the stream; `None` at its end. A reader that does not read is not written for.
    async fn next(&mut self) -> Option<String> {
        loop {
            if let Some(piece) = self.waiting.pop_front() {
                return Some(piece);
            }
            if Instant::now() >= self.ends_at {
                return None;
            }
            self.bell.borrow_and_update();
            let found = self.app.changes(&self.viewer, self.after, A_PIECE).await.ok()?;
            self.after = found.next;
            self.waiting.extend(found.items.iter().map(written));
            if self.waiting.is_empty() && !found.has_more {
                let quiet_until = (Instant::now() + HEARTBEAT).min(self.ends_at);
                if tokio::time::timeout_at(quiet_until, self.bell.changed()).await.is_err() {
                    // With the cursor, so that a reader for whom nothing happens does not begin again from far behind.
                    return Some(format!(": {}\nid: {}\n\n", "nothing new", self.after));
                }
            }
        }
    }
}

/// A change as a server-sent event.
fn written(numbered: &crate::app::query::NumberedChange) -> String {
    let data = serde_json::to_string(&Change::of(numbered)).unwrap_or_default();
    format!("id: {}\nevent: {}\ndata: {data}\n\n", numbered.seq, numbered.message.what)
}
