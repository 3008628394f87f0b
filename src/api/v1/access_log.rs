//! The access log, and sealed readings.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Keeping, PublicReading, Reading};
use crate::api::extract::{Json, JsonBody, Path, Query};
use crate::api::layers::MAX_REQUEST_BODY_BYTES;
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::access::{Read, SealedCounts, SealedRead};
use crate::catalogue::Uscc;
use crate::id::SealedReadId;
use crate::shape::Text;

pub(super) fn router() -> OpenApiRouter<App> {
    let reads = OpenApiRouter::new().routes(routes!(readings)).routes(routes!(counts));
    let sealed = OpenApiRouter::new().routes(routes!(sealed, ask)).routes(routes!(agree));
    reads.merge(sealed.layer(DefaultBodyLimit::max(MAX_REQUEST_BODY_BYTES)))
}

/// Somebody of an authority read a record.
#[derive(Serialize, ToSchema)]
struct AccessReadingView {
    /// Names it.
    #[schema(format = "uuid")]
    id: String,
    /// When.
    #[schema(format = "date-time")]
    at: String,
    /// Code of the authority.
    reader: String,
    /// The key that asked.
    kid: String,
    /// Role of that key.
    role: String,
    /// Whose record it is.
    owner: String,
    /// What was asked for.
    #[schema(example = "/manifests/{id}/chain")]
    operation: String,
    /// Sort of record: `manifest`, `lot`, `event`, `party`, `site`, `key`, `permit`, `paper`, `mandate`, `finding`, `case`, `label`.
    subject_kind: String,
    /// Its id.
    subject: String,
    /// The sealed reading that kept it from its owner for a while, told to the party it was about and to the authority.
    sealed: Option<SealedReadView>,
}

impl From<Read> for AccessReadingView {
    fn from(Read { read, sealed }: Read) -> Self {
        Self {
            id: read.id.to_string(),
            at: read.at.to_string(),
            reader: read.reader.to_string(),
            kid: read.kid.to_string(),
            role: read.role,
            owner: read.owner.to_string(),
            operation: read.operation,
            subject_kind: read.subject_kind,
            subject: read.subject,
            sealed: sealed.map(SealedReadView::from),
        }
    }
}

/// A page of readings.
#[derive(Serialize, ToSchema)]
struct AccessReadingPage {
    /// Readings, the last first.
    items: Vec<AccessReadingView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which readings.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ReadingsQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// What authorities read of the caller's records; for an authority, what its own keys read.
///
/// Each reading of one record, and of a list that is narrowed to a party, a site or a manifest, is written down before it is answered, and of a
/// list that a page hands out as a file each party in it. Other lists over everybody are not.
#[utoipa::path(get, path = "/access-log", operation_id = "listReadings", tag = "registry", security(("bearer" = [])),
    params(ReadingsQuery), responses((status = 200, description = "A page.", body = AccessReadingPage), Reading))]
async fn readings(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<ReadingsQuery>,
) -> Result<(HeaderMap, Json<AccessReadingPage>), Problem> {
    let example = "01890a5d-ac96-774b-bcce-b302099a8057";
    let before = page::parsed::<uuid::Uuid>("after", query.after.as_deref(), example)?;
    let found = app.readings(&viewer, before, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(AccessReadingView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), AccessReadingPage { items, next }))
}

/// A sealed reading.
#[derive(Serialize, ToSchema)]
struct SealedReadView {
    /// Names it.
    #[schema(format = "uuid")]
    id: String,
    /// Whose records are read.
    party: String,
    /// The authority.
    authority: String,
    /// Why.
    reason: String,
    /// Days from the agreement until the party is told.
    days: u32,
    /// Key of the officer who asked.
    asked_by: String,
    /// When.
    #[schema(format = "date-time")]
    asked_at: String,
    /// Key of the officer who agreed; nothing is sealed before.
    agreed_by: Option<String>,
    /// When.
    #[schema(format = "date-time")]
    agreed_at: Option<String>,
    /// When the party is told.
    #[schema(format = "date-time")]
    discloses_at: Option<String>,
}

impl From<SealedRead> for SealedReadView {
    fn from(sealed: SealedRead) -> Self {
        Self {
            id: sealed.id.to_string(),
            party: sealed.owner.to_string(),
            authority: sealed.authority.to_string(),
            reason: sealed.reason,
            days: sealed.days,
            asked_by: sealed.asked_by.to_string(),
            asked_at: sealed.asked_at.to_string(),
            agreed_by: sealed.agreed.map(|(kid, _)| kid.to_string()),
            agreed_at: sealed.agreed.map(|(_, at)| at.to_string()),
            discloses_at: sealed.discloses_at.map(|at| at.to_string()),
        }
    }
}

/// What an officer asks for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SealedWantedView {
    /// Code of the party whose records are to be read.
    #[schema(value_type = String)]
    party: Uscc,
    /// Why; the party is told, later. 1 to 500 characters.
    #[schema(value_type = String)]
    reason: Text<500>,
    /// Days from the agreement until the party is told, 1 to 180.
    days: u32,
}

/// Ask to read a party's records without it being told for a while; for officers over it.
///
/// Nothing is sealed until a second officer of the same authority has agreed, within seven days. Then what the two of them read of the party is
/// kept from it until the day, and told with the reason from then on.
#[utoipa::path(post, path = "/sealed-reads", operation_id = "askSealedReading", tag = "registry", security(("bearer" = [])),
    request_body(content = SealedWantedView),
    responses((status = 201, description = "It waits for a second officer.", body = SealedReadView), Keeping))]
async fn ask(
    State(app): State<App>,
    Caller(viewer): Caller,
    JsonBody(wanted): JsonBody<SealedWantedView>,
) -> Result<(StatusCode, Json<SealedReadView>), Problem> {
    let SealedWantedView { party, reason, days } = wanted;
    let asked = app.ask_sealed_reading(&viewer, party, reason, days).await?;
    Ok((StatusCode::CREATED, Json(asked.into())))
}

/// Agree to a sealed reading that another officer of the authority asked for.
#[utoipa::path(post, path = "/sealed-reads/{id}/agree", operation_id = "agreeToSealedReading", tag = "registry", security(("bearer" = [])),
    params(("id" = String, Path, description = "The sealed reading.")),
    responses((status = 200, description = "It is sealed from now on.", body = SealedReadView), Keeping))]
async fn agree(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<SealedReadId>,
) -> Result<Json<SealedReadView>, Problem> {
    let agreed = app.agree_to_sealed_reading(&viewer, id).await?.ok_or_else(Problem::absent)?;
    Ok(Json(agreed.into()))
}

/// A page of sealed readings.
#[derive(Serialize, ToSchema)]
struct SealedReadPage {
    /// Sealed readings, the last first.
    items: Vec<SealedReadView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// The sealed readings of the caller's authority.
#[utoipa::path(get, path = "/sealed-reads", operation_id = "listSealedReadings", tag = "registry", security(("bearer" = [])),
    params(ReadingsQuery), responses((status = 200, description = "A page.", body = SealedReadPage), Reading))]
async fn sealed(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<ReadingsQuery>,
) -> Result<(HeaderMap, Json<SealedReadPage>), Problem> {
    let example = "01890a5d-ac96-774b-bcce-b302099a8057";
    let before = page::parsed::<SealedReadId>("after", query.after.as_deref(), example)?;
    let found = app.sealed_readings(&viewer, before, page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(SealedReadView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), SealedReadPage { items, next }))
}

/// How many sealed readings a year saw.
#[derive(Serialize, ToSchema)]
struct SealedYearView {
    /// The year of the agreement.
    year: i32,
    /// How many were agreed to.
    agreed: u64,
    /// How many of these are disclosed by now.
    disclosed: u64,
}

/// How many sealed readings there were.
#[derive(Serialize, ToSchema)]
struct SealedCountsView {
    /// By year, the first one first.
    years: Vec<SealedYearView>,
}

/// How many sealed readings there were, for everybody.
#[utoipa::path(get, path = "/sealed-reads/count", operation_id = "countSealedReadings", tag = "registry",
    responses((status = 200, description = "By year.", body = SealedCountsView), PublicReading))]
async fn counts(State(app): State<App>) -> Result<Json<SealedCountsView>, Problem> {
    let year = |(year, SealedCounts { agreed, disclosed })| SealedYearView { year, agreed, disclosed };
    Ok(Json(SealedCountsView { years: app.sealed_counts().await?.into_iter().map(year).collect() }))
}
