//! Who calls: the extractor that turns `Authorization: Bearer <JWS>` into a viewer, and `Acting-For` into whom it looks as.

use axum::extract::{FromRequestParts, MatchedPath};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::V1;
use super::matrix::{self, May};
use super::problem::{MALFORMED, Problem, ROLE, TOKEN};
use super::rates;
use crate::app::App;
use crate::app::access::Viewer;

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
            let en = "send one header Authorization: Bearer <compact JWS of typ waste-token+jws>";
            Problem::one(TOKEN, "token-missing", "/header/authorization", "缺少访问令牌", en)
        })?;
        let now = app.clock().callers_now();
        let viewer = Viewer::authenticate(app, token, now).await?;
        rates::charge_key(parts, viewer.kid())?;
        check_role(parts, &viewer)?;
        let Some(party) = parts.headers.get(ACTING_FOR) else { return Ok(Self(viewer)) };
        let party = party.to_str().ok().and_then(|code| code.parse().ok()).ok_or_else(|| {
            let (zh, en) =
                ("Acting-For 不是统一社会信用代码", "Acting-For is not a unified social credit code");
            Problem::one(MALFORMED, "acting-for", "/header/acting-for", zh, en)
        })?;
        Ok(Self(viewer.acting_for(app, party, now).await?))
    }
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
