//! Who calls: the extractor that turns `Authorization: Bearer <token>` into a viewer, and `Acting-For` into whom it looks as.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::V1;
use super::matrix::{self, May};
use super::problem::{MALFORMED, Problem, ROLE, TOKEN};
use super::rates;
use crate::app::App;
use crate::app::access::{ReadRecord, Viewer};

/// Header with the code of the party that mandated the caller's, to see what that party sees.
const ACTING_FOR: &str = "acting-for";

/// A caller whose token was checked. A handler that takes it cannot be reached without one.
pub(super) struct Caller(pub(super) Viewer);

impl FromRequestParts<App> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(AUTHORIZATION).iter();
        let token = match (values.next(), values.next()) {
            (Some(value), None) => value.to_str().ok().and_then(bearer),
            _ => None,
        };
        let token = token.ok_or_else(|| {
            let en = "send one header Authorization: Bearer <compact JWS of typ waste-token+jws, or access token of /oauth/token>";
            Problem::one(TOKEN, "token-missing", "/header/authorization", "缺少访问令牌", en)
        })?;
        let now = app.clock().callers_now();
        let viewer = Viewer::authenticate(app, token, now).await?;
        rates::charge_key(parts, viewer.kid())?;
        check_role(parts, &viewer)?;
        leave_word(parts, app, &viewer).await;
        let Some(party) = parts.headers.get(ACTING_FOR) else { return Ok(Self(viewer)) };
        let party = party.to_str().ok().and_then(|code| code.parse().ok()).ok_or_else(|| {
            let (zh, en) =
                ("Acting-For 不是统一社会信用代码", "Acting-For is not a unified social credit code");
            Problem::one(MALFORMED, "acting-for", "/header/acting-for", zh, en)
        })?;
        Ok(Self(viewer.acting_for(app, party, now).await?))
    }
}

/// Who asks for which record: left by the extractor for [`note_reading`].
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Option<(Viewer, String, ReadRecord)>>>);

/// What an authority reads is written down when the answer is there and before it is given.
pub(super) async fn note_reading(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let asked = Asked::default();
    request.extensions_mut().insert(asked.clone());
    let response = next.run(request).await;
    let is_answered = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let reading = asked.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some((viewer, path, record)) = reading.filter(|_| is_answered) else { return response };
    match app.note_reading(&viewer, &path, record).await {
        Ok(()) => response,
        Err(fault) => Problem::from(fault).into_response(),
    }
}

/// Leave word of an authority that asks for a record.
async fn leave_word(parts: &mut Parts, app: &App, viewer: &Viewer) {
    let Some(asked) = parts.extensions.get::<Asked>().cloned().filter(|_| viewer.is_authority()) else {
        return;
    };
    let path = parts.extensions.get::<MatchedPath>().map_or(String::new(), |path| path.as_str().to_owned());
    let path = path.strip_prefix(V1).unwrap_or(&path).to_owned();
    let in_path = RawPathParams::from_request_parts(parts, app).await.ok();
    let in_path: Vec<&str> = in_path.iter().flatten().map(|(_, value)| value).collect();
    let record = ReadRecord::asked(&path, &in_path, parts.uri.query().unwrap_or_default());
    *asked.0.lock().unwrap_or_else(PoisonError::into_inner) = record.map(|record| (*viewer, path, record));
}

/// The matrix is asked before anything is read; an operation without a row is for nobody.
fn check_role(parts: &Parts, viewer: &Viewer) -> Result<(), Problem> {
    let path = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let may = matrix::may(parts.method.as_str(), path.strip_prefix(V1).unwrap_or(path));
    let role = viewer.role();
    if may.is_some_and(|may| role.is_some_and(|role| may.lets(role))) {
        return Ok(());
    }
    let wanted = match may {
        Some(May::Roles(roles)) => roles.iter().map(|role| role.name()).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    };
    let own = role.map_or("", |role| role.name());
    let zh = format!("该密钥的角色是 {own}；此功能供 {wanted} 使用");
    let en = format!("the role of this key is {own}; this is for {wanted}");
    Err(Problem::one(ROLE, "role", "/header/authorization", zh, en))
}

/// The token behind the scheme, whose case does not matter (RFC 9110 §11.1).
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
