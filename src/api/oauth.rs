//! `POST /oauth/token`: an assertion for an access token (OAuth 2.0 `client_credentials` with `private_key_jwt`, RFC 6749 §4.4, RFC 7523).

use axum::extract::{DefaultBodyLimit, FromRequest, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::documented::Exchanging;
use super::extract::{Json, too_large};
use super::problem::Problem;
use super::rates;
use crate::app::App;
use crate::app::access::{AccessError, Door, MAX_ASSERTION_BYTES, PROGRAM_LIFE_MS};
use crate::custody::admit::Objection;

/// The one grant.
const GRANT: &str = "client_credentials";
/// The one sort of assertion (RFC 7523 §2.2).
const ASSERTION: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The longest form, in bytes: an assertion and what stands around it.
const MAX_FORM_BYTES: usize = MAX_ASSERTION_BYTES + 2_048;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(exchange)).layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
}

/// What the form holds. Parameters that are not known are left alone (RFC 6749 §3.2).
#[derive(Deserialize, ToSchema)]
struct ExchangeForm {
    /// `client_credentials`.
    #[schema(example = "client_credentials")]
    grant_type: Option<String>,
    /// `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`.
    #[schema(example = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")]
    client_assertion_type: Option<String>,
    /// A `waste-token+jws`, or a JWT with `alg` EdDSA and `iss` and `sub` the thumbprint of the key; signed with an enrolled key, good once.
    #[schema(max_length = 4096)]
    client_assertion: Option<String>,
    /// The thumbprint of the key, where it is sent.
    client_id: Option<String>,
    /// There are no scopes: what a key may do follows from its role.
    scope: Option<String>,
}

impl FromRequest<App> for ExchangeForm {
    type Rejection = Response;

    async fn from_request(request: Request, app: &App) -> Result<Self, Response> {
        let form = axum::extract::Form::<Self>::from_request(request, app).await;
        form.map(|form| form.0).map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => too_large("body-too-large", MAX_FORM_BYTES).into_response(),
            _ => {
                let zh = "请求内容不是规定的表单（application/x-www-form-urlencoded，每个参数只出现一次）";
                let en = "the body is not a form (application/x-www-form-urlencoded, each parameter once)";
                ExchangeError::new("invalid_request", "form-malformed", zh, en).into_response()
            }
        })
    }
}

/// An access token.
#[derive(Serialize, ToSchema)]
struct AccessTokenView {
    /// The token: `Authorization: Bearer`, as often as wanted.
    #[schema(example = "liandan_9cFo8wNeYbn5KlXqZ7TQ1v2m8Yp0sR4uJ6xW3aDh5Eg")]
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds until it ends.
    expires_in: i64,
}

/// Why there is no token (RFC 6749 §5.2).
#[derive(Serialize, ToSchema)]
struct ExchangeError {
    /// `invalid_request`, `invalid_client`, `invalid_scope` or `unsupported_grant_type`.
    error: &'static str,
    /// In English.
    error_description: String,
    /// In Chinese.
    error_description_zh: String,
    /// Kebab-case code, as in problems.
    code: String,
}

impl ExchangeError {
    fn new(error: &'static str, code: &str, zh: impl Into<String>, en: &str) -> Self {
        // What the RFC lets stand there: printable ASCII without quotation marks and backslashes.
        let fitting = |c: char| match c {
            '"' | '\\' => '\'',
            ' '..='~' => c,
            _ => '?',
        };
        let error_description = en.chars().map(fitting).collect();
        Self { error, error_description, error_description_zh: zh.into(), code: code.to_owned() }
    }

    fn of(objection: &Objection) -> Self {
        Self::new("invalid_client", &objection.code, objection.zh.as_str(), &objection.en)
    }
}

impl IntoResponse for ExchangeError {
    fn into_response(self) -> Response {
        (StatusCode::BAD_REQUEST, unkept(), Json(self)).into_response()
    }
}

/// No cache keeps a token, or that there was none (RFC 6749 §5.1).
fn unkept() -> [(header::HeaderName, HeaderValue); 2] {
    let value = HeaderValue::from_static;
    [(header::CACHE_CONTROL, value("no-store")), (header::PRAGMA, value("no-cache"))]
}

impl ExchangeForm {
    /// The assertion, where the form asks for what there is.
    fn assertion(self) -> Result<String, ExchangeError> {
        let wanted = |name: &str| {
            let zh = format!("缺少参数 {name}");
            ExchangeError::new("invalid_request", "parameter-missing", zh, &format!("{name} is missing"))
        };
        if self.grant_type.ok_or_else(|| wanted("grant_type"))? != GRANT {
            let zh = format!("grant_type 应为 {GRANT}");
            let en = format!("grant_type must be {GRANT}");
            return Err(ExchangeError::new("unsupported_grant_type", "grant-unsupported", zh, &en));
        }
        if self.client_assertion_type.ok_or_else(|| wanted("client_assertion_type"))? != ASSERTION {
            let zh = format!("client_assertion_type 应为 {ASSERTION}");
            let en = format!("client_assertion_type must be {ASSERTION}");
            return Err(ExchangeError::new("invalid_client", "assertion-type", zh, &en));
        }
        if self.scope.is_some_and(|scope| !scope.is_empty()) {
            let zh = "没有 scope：密钥的权限由其角色决定";
            let en = "there are no scopes: what a key may do follows from its role";
            return Err(ExchangeError::new("invalid_scope", "scope-unknown", zh, en));
        }
        self.client_assertion.ok_or_else(|| wanted("client_assertion"))
    }
}

/// Exchange a signed assertion for an access token, good many times for 15 minutes.
#[utoipa::path(post, path = "/oauth/token", operation_id = "exchangeAssertion", tag = "service",
    request_body(content = ExchangeForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The token.", body = AccessTokenView),
        (status = 400, description = "No token, and why (RFC 6749 §5.2).", body = ExchangeError),
        Exchanging
    ))]
async fn exchange(State(app): State<App>, form: ExchangeForm) -> Result<Response, Response> {
    let named = form.client_id.clone();
    let assertion = form.assertion().map_err(IntoResponse::into_response)?;
    let admitted = app.exchange(Door::Program, &assertion).await.map_err(refused)?;
    let kid = admitted.viewer.kid().map(|kid| kid.to_string());
    if named.is_some() && named != kid {
        let (zh, en) =
            ("client_id 不是签名密钥的指纹", "client_id is not the thumbprint of the key that signed");
        return Err(ExchangeError::new("invalid_client", "client-differs", zh, en).into_response());
    }
    let expires_in = PROGRAM_LIFE_MS / 1_000;
    let token = AccessTokenView { access_token: admitted.secret, token_type: "Bearer", expires_in };
    Ok((unkept(), Json(token)).into_response())
}

fn refused(error: AccessError) -> Response {
    match error {
        AccessError::Token(objection) => {
            let mut response = ExchangeError::of(&objection).into_response();
            rates::mark_token(&objection.code, response.extensions_mut());
            response
        }
        other => Problem::from(other).into_response(),
    }
}
