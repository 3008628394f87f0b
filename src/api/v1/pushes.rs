//! What platforms of the state are told of the caller's manifests, and what they answered.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Keeping, Reading};
use crate::api::extract::{Json, Path, Query};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::push::{Item, LineMark, PushAttempt, PushDetail, PushFilter, PushSpot, PushState, in_words};
use crate::id::{ManifestId, PushId};
use crate::shape::Lang;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(retry))
}

/// Why something is so: its name, and in words.
#[derive(Serialize, ToSchema)]
struct PushWhyView {
    /// Its name, with what it is about behind it.
    name: String,
    /// In Chinese.
    zh: String,
    /// In English.
    en: String,
}

impl PushWhyView {
    fn of(name: &str) -> Self {
        Self { name: name.to_owned(), zh: in_words(name, Lang::Zh), en: in_words(name, Lang::En) }
    }
}

/// One line of a push.
#[derive(Serialize, ToSchema)]
struct PushLineView {
    /// The line; 0 where the message has none.
    line: u16,
    /// `open`, `accepted`, `refused`, or `replaced`: a later push tells it.
    mark: &'static str,
    /// The platform's code.
    code: Option<String>,
    /// In the platform's words.
    said: Option<String>,
}

/// One step of a manifest that a platform is told.
#[derive(Serialize, ToSchema)]
struct PushView {
    /// Names it.
    #[schema(format = "uuid")]
    push: String,
    /// The platform.
    platform: String,
    /// The manifest.
    #[schema(format = "uuid")]
    manifest: String,
    /// Whose it is: the consignor.
    party: String,
    /// `registered`, `departed`, `received`, `rejected`, `voided`.
    step: &'static str,
    /// True where it puts right what was taken.
    corrects: bool,
    /// `waiting`, `sent` (not known whether it was taken), `accepted`, `partly`, `refused`, `superseded`, `parked`, `unmapped`.
    state: &'static str,
    /// Why.
    why: Option<PushWhyView>,
    /// In the platform's words.
    said: Option<String>,
    /// The number that the platform gave last. It is bound to the manifest by nobody but its parties, who sign that.
    number: Option<String>,
    /// SHA-256 of what it says of the whole.
    digest: String,
    /// Its lines.
    lines: Vec<PushLineView>,
    /// What was left out or changed, and why.
    notes: Vec<PushWhyView>,
    /// When it was made.
    #[schema(format = "date-time")]
    made_at: String,
    /// When the platform last said clearly what became of it.
    #[schema(format = "date-time")]
    told_at: Option<String>,
    /// When it is tried next, while it waits.
    #[schema(format = "date-time")]
    next_at: Option<String>,
    /// How many attempts there were.
    attempts: u64,
}

impl From<Item> for PushView {
    fn from(item: Item) -> Self {
        let is_waiting = matches!(item.state, PushState::Waiting | PushState::Sent);
        let mark = |mark| match mark {
            LineMark::Open => "open",
            LineMark::Accepted => "accepted",
            LineMark::Refused => "refused",
            LineMark::Replaced => "replaced",
        };
        let lines = item.lines.into_iter().map(|line| PushLineView {
            line: line.line,
            mark: mark(line.mark),
            code: line.code,
            said: line.said,
        });
        Self {
            push: item.id.to_string(),
            platform: item.platform,
            manifest: item.manifest.to_string(),
            party: item.party.to_string(),
            step: item.step.name(),
            corrects: item.corrects,
            state: item.state.name(),
            why: item.why.as_deref().map(PushWhyView::of),
            said: item.said,
            number: item.number,
            digest: item.head.to_string(),
            lines: lines.collect(),
            notes: item.notes.iter().map(|note| PushWhyView::of(note)).collect(),
            made_at: item.made_at.to_string(),
            told_at: item.told_at.map(|at| at.to_string()),
            next_at: is_waiting.then(|| item.next_at.to_string()),
            attempts: item.attempts,
        }
    }
}

/// One request, and what came back.
#[derive(Serialize, ToSchema)]
struct PushAttemptView {
    /// Number of the attempt, from 1.
    n: u64,
    /// When.
    #[schema(format = "date-time")]
    at: String,
    /// True where it only asked what became of an earlier one.
    question: bool,
    /// HTTP status; absent when there was no answer.
    status: Option<u16>,
    /// The platform's code.
    code: Option<String>,
    /// In its words.
    said: Option<String>,
    /// The number it gave.
    number: Option<String>,
    /// Why that was no answer.
    error: Option<String>,
}

impl From<PushAttempt> for PushAttemptView {
    fn from(attempt: PushAttempt) -> Self {
        let PushAttempt { n, at, is_question, status, code, said, number, error } = attempt;
        Self { n, at: at.to_string(), question: is_question, status, code, said, number, error }
    }
}

/// A push with everything that came back.
#[derive(Serialize, ToSchema)]
struct PushDetailView {
    /// The push.
    #[serde(flatten)]
    push: PushView,
    /// True while an earlier push of its manifest has not been taken: it waits for that one.
    held: bool,
    /// The last attempts, the last first; at most 100.
    tries: Vec<PushAttemptView>,
}

impl From<PushDetail> for PushDetailView {
    fn from(detail: PushDetail) -> Self {
        let tries = detail.attempts.into_iter().map(PushAttemptView::from).collect();
        Self { push: detail.item.into(), held: detail.is_held, tries }
    }
}

/// A page of pushes.
#[derive(Serialize, ToSchema)]
struct PushPage {
    /// Pushes, the newest first.
    items: Vec<PushView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which pushes.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PushesQuery {
    /// In this state.
    state: Option<String>,
    /// Of this manifest.
    manifest: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// What platforms are told of the manifests of the caller's party; to an authority, of those that leave in its division. The newest first.
#[utoipa::path(get, path = "/pushes", operation_id = "listPushes", tag = "manifests", security(("bearer" = [])),
    params(PushesQuery), responses((status = 200, description = "A page.", body = PushPage), Reading))]
async fn list(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<PushesQuery>,
) -> Result<(HeaderMap, Json<PushPage>), Problem> {
    let example = "1770000000000-01890a5d-ac96-774b-bcce-b302099a8057";
    let before = page::parsed::<PushSpot>("after", query.after.as_deref(), example)?;
    let state = page::named("state", query.state.as_deref(), &PushState::ALL, PushState::name)?;
    let manifest = page::parsed::<ManifestId>("manifest", query.manifest.as_deref(), &example[14..])?;
    let limit = page::limit(query.limit)?;
    let found = app.pushes(&viewer, PushFilter { state, manifest }, before, limit).await?;
    let next = found.next.map(|spot| spot.to_string());
    let items = found.items.into_iter().map(PushView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), PushPage { items, next }))
}

/// One push with what came back. Not found is also what does not concern you.
#[utoipa::path(get, path = "/pushes/{id}", operation_id = "getPush", tag = "manifests", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The push.")),
    responses((status = 200, description = "The push.", body = PushDetailView), Reading))]
async fn get(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<PushId>,
) -> Result<Json<PushDetailView>, Problem> {
    let detail = app.push_detail(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(detail.into()))
}

/// Start a parked push again, or send once more what was refused. Whatever is not known to have been refused is asked for before it is sent.
#[utoipa::path(post, path = "/pushes/{id}/retry", operation_id = "retryPush", tag = "manifests", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The push.")),
    responses((status = 200, description = "The push.", body = PushView), Keeping))]
async fn retry(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<PushId>,
) -> Result<Json<PushView>, Problem> {
    let item = app.retry_push(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(item.into()))
}
