//! `/login/oidc` and its way back: the staff of authorities come through a provider of OpenID Connect.

use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, LOCATION, REFRESH, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::html;

use super::login::exchange_cookies;
use crate::app::access::AccessError;
use crate::app::oidc::{NoEntry, Return};
use crate::web::Site;
use crate::web::door;
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::visit::Visit;

/// `GET /login/oidc`
pub(in crate::web) async fn leave(visit: Visit, State(site): State<Site>) -> Result<Response, Failure> {
    let Some(provider) = site.app.provider() else { return Err(Failure::NotFound) };
    let errand = match site.app.ask_provider().await {
        Ok(errand) => errand.ok_or(Failure::NotFound)?,
        Err(error) => return refused(&visit, error, provider.is_secure()),
    };
    let mut headers = HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static("no-store"))]);
    headers.extend(HeaderValue::from_str(&errand.url).ok().map(|url| (LOCATION, url)));
    headers.extend(door::sent_away(&errand.kept, provider.is_secure()).map(|cookie| (SET_COOKIE, cookie)));
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

/// `GET /login/oidc/callback`
pub(in crate::web) async fn come_back(
    visit: Visit,
    State(site): State<Site>,
    headers: HeaderMap,
    Query(back): Query<Return>,
) -> Result<Response, Failure> {
    let Some(provider) = site.app.provider() else { return Err(Failure::NotFound) };
    let is_secure = provider.is_secure();
    let admitted = match site.app.come_back(back, door::errand_of(&headers, is_secure)).await {
        Ok(admitted) => admitted,
        Err(error) => return refused(&visit, error, is_secure),
    };
    let mut cookies = exchange_cookies(&site.app, &headers, &admitted, is_secure).await?;
    cookies.append(SET_COOKIE, door::errand_done(is_secure));
    cookies.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Not a redirect: one that another site has begun would come without the cookie that was just set.
    cookies.insert(REFRESH, HeaderValue::from_static("0; url=/"));
    let title = visit.lang.t("oidc.done");
    let body = html! {
        h1 { (title) }
        p { a href="/" { (visit.lang.t("oidc.on")) } }
    };
    Ok((cookies, layout::page(&visit, title, body)).into_response())
}

/// Says plainly why somebody is not let in. What the provider did wrong is for the operator.
fn refused(visit: &Visit, error: NoEntry, is_secure: bool) -> Result<Response, Failure> {
    let said = match error {
        NoEntry::Access(AccessError::Fault(fault)) => return Err(fault.into()),
        NoEntry::Access(AccessError::Busy { .. }) => return Err(Failure::Busy),
        NoEntry::Access(AccessError::Token(objection)) => visit.lang.pick(objection.zh, objection.en),
        told => words(visit.lang, &told),
    };
    let title = visit.lang.t("oidc.refused");
    let body = html! {
        h1 { (title) }
        p role="alert" { (said) }
        p { a href="/login" { (visit.lang.t("oidc.back")) } }
    };
    let cookie = [(SET_COOKIE, door::errand_done(is_secure))];
    Ok((StatusCode::FORBIDDEN, cookie, layout::page(visit, title, body)).into_response())
}

fn words(lang: Lang, error: &NoEntry) -> String {
    match error {
        NoEntry::NotAsked => lang.t("oidc.not-asked").to_owned(),
        NoEntry::Denied(_) => lang.t("oidc.denied").to_owned(),
        NoEntry::NoKey(subject) => lang.fill("oidc.no-key", &[("subject", subject)]),
        NoEntry::KeyNotGood(kid) => lang.fill("oidc.key-not-good", &[("kid", &kid.to_string())]),
        NoEntry::Untrusted(_) | NoEntry::Provider(_) | NoEntry::Access(_) => {
            tracing::warn!(%error, "the provider of logins did not answer as it must");
            let is_forged = matches!(error, NoEntry::Untrusted(_));
            lang.t(if is_forged { "oidc.untrusted" } else { "oidc.unreachable" }).to_owned()
        }
    }
}
