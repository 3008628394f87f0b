//! Codes that confirm handovers, and the telephone that those of the caller's party go to.

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Keeping, Reading};
use crate::api::extract::{Json, JsonBody, Path};
use crate::api::layers::MAX_REQUEST_BODY_BYTES;
use crate::api::problem::{MALFORMED, Problem};
use crate::app::App;
use crate::app::codes::{SentCode, ToldCode, WantedCode};
use crate::custody::payload::handover::Step;
use crate::id::{CodeId, ManifestId};
use crate::shape::Phone;

pub(super) fn router() -> OpenApiRouter<App> {
    let codes = OpenApiRouter::new().routes(routes!(send)).routes(routes!(confirm));
    let phone = OpenApiRouter::new().routes(routes!(get_phone, put_phone, forget_phone));
    codes.merge(phone).layer(DefaultBodyLimit::max(MAX_REQUEST_BODY_BYTES))
}

/// The handover that the other side is to confirm.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedCodeView {
    /// The manifest.
    #[schema(value_type = String, format = "uuid")]
    manifest: ManifestId,
    /// The step: `collected`, `transferred`, `delivered` or `returned`.
    #[schema(value_type = String, example = "collected")]
    step: Step,
    /// Who lets go.
    #[schema(value_type = String, pattern = "^[0-9A-HJ-NPQRTUWXY]{18}$")]
    from: crate::catalogue::Uscc,
    /// Who takes over. One of the two is the caller's party.
    #[schema(value_type = String, pattern = "^[0-9A-HJ-NPQRTUWXY]{18}$")]
    to: crate::catalogue::Uscc,
}

/// A code on its way.
#[derive(Serialize, ToSchema)]
struct SentCodeView {
    /// Names it, for confirming.
    #[schema(format = "uuid")]
    id: String,
    /// The last four digits of the telephone.
    #[schema(example = "…8000")]
    sent_to: String,
    /// Until when it is good.
    #[schema(format = "date-time")]
    expires_at: String,
    /// The code itself; in a sandbox alone, where nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

impl From<SentCode> for SentCodeView {
    fn from(sent: SentCode) -> Self {
        let SentCode { id, sent_to, expires_at, shown } = sent;
        Self { id: id.to_string(), sent_to, expires_at: expires_at.to_string(), code: shown }
    }
}

/// Send a code to the telephone of the other side of a handover that the caller's party is about to state alone (短信验证码).
///
/// The other side registered the telephone itself. Six digits, good for 10 minutes and 5 tries; at most 6 an hour for a manifest and 20 to a telephone.
#[utoipa::path(post, path = "/codes", operation_id = "sendCode", tag = "handovers", security(("bearer" = [])),
    request_body(content = WantedCodeView),
    responses((status = 201, description = "It is on its way.", body = SentCodeView), Keeping))]
async fn send(
    State(app): State<App>,
    Caller(viewer): Caller,
    JsonBody(wanted): JsonBody<WantedCodeView>,
) -> Result<(StatusCode, Json<SentCodeView>), Problem> {
    let WantedCodeView { manifest, step, from, to } = wanted;
    let sent = app.send_code(&viewer, WantedCode { manifest, step, from, to }).await?;
    Ok((StatusCode::CREATED, Json(sent.ok_or_else(Problem::absent)?.into())))
}

/// What was told.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ToldCodeView {
    /// The six digits.
    #[schema(max_length = 16)]
    code: String,
}

/// What the log's key says of it.
#[derive(Serialize, ToSchema)]
struct CodeProofView {
    /// A `waste-code+jws` in the compact form: the handover carries it as `confirmed`: `{"code": …}`.
    proof: String,
    /// The handover happened no later.
    #[schema(format = "date-time")]
    until: String,
}

impl From<ToldCode> for CodeProofView {
    fn from(told: ToldCode) -> Self {
        Self { proof: told.proof, until: told.until.to_string() }
    }
}

/// The other side told its code: get the statement that the handover carries. It shows who was asked and is no signature of the other side.
#[utoipa::path(post, path = "/codes/{id}/confirm", operation_id = "confirmCode", tag = "handovers", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The code.")),
    request_body(content = ToldCodeView),
    responses((status = 200, description = "The statement.", body = CodeProofView), Keeping))]
async fn confirm(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<CodeId>,
    JsonBody(told): JsonBody<ToldCodeView>,
) -> Result<Json<CodeProofView>, Problem> {
    let told = app.confirm_code(&viewer, id, told.code.trim()).await?;
    Ok(Json(told.ok_or_else(Problem::absent)?.into()))
}

/// A telephone.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PhoneView {
    /// The number, such as +8613800138000.
    #[schema(max_length = 32, example = "+8613800138000")]
    phone: String,
}

/// The telephone of the caller's party.
#[derive(Serialize, ToSchema)]
struct RegisteredPhoneView {
    /// The number.
    phone: String,
    /// The key that registered it.
    kid: String,
    /// When.
    #[schema(format = "date-time")]
    at: String,
}

/// The telephone that codes for the caller's party go to.
#[utoipa::path(get, path = "/confirmation-phone", operation_id = "getConfirmationPhone", tag = "handovers", security(("bearer" = [])),
    responses((status = 200, description = "The telephone.", body = RegisteredPhoneView), Reading))]
async fn get_phone(
    State(app): State<App>,
    Caller(viewer): Caller,
) -> Result<Json<RegisteredPhoneView>, Problem> {
    let found = app.confirmation_phone(&viewer).await?.ok_or_else(Problem::absent)?;
    let (phone, kid, at) = (found.phone.as_str().to_owned(), found.kid.to_string(), found.at.to_string());
    Ok(Json(RegisteredPhoneView { phone, kid, at }))
}

/// Register the telephone that codes for the caller's party go to, in place of the one before. It is kept beside the log and can be deleted.
#[utoipa::path(put, path = "/confirmation-phone", operation_id = "putConfirmationPhone", tag = "handovers", security(("bearer" = [])),
    request_body(content = PhoneView),
    responses((status = 204, description = "Registered."), Keeping))]
async fn put_phone(
    State(app): State<App>,
    Caller(viewer): Caller,
    JsonBody(wanted): JsonBody<PhoneView>,
) -> Result<StatusCode, Problem> {
    let phone: Phone = wanted.phone.parse().map_err(|error: crate::shape::PhoneError| {
        let zh = "不是电话号码；写作 +8613800138000 或 13800138000";
        Problem::one(MALFORMED, "phone-malformed", "/phone", zh, error.to_string())
    })?;
    app.set_confirmation_phone(&viewer, Some(phone)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Forget the telephone of the caller's party, and the codes that went to it.
#[utoipa::path(delete, path = "/confirmation-phone", operation_id = "deleteConfirmationPhone", tag = "handovers", security(("bearer" = [])),
    responses((status = 204, description = "Forgotten."), Keeping))]
async fn forget_phone(State(app): State<App>, Caller(viewer): Caller) -> Result<StatusCode, Problem> {
    let is_gone = app.set_confirmation_phone(&viewer, None).await?;
    if is_gone { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}
