//! `/login` and `/logout`: a browser that shows a signed token is let in for a while.

use axum::extract::{Form, Query, State};
use axum::http::header::{LOCATION, SET_COOKIE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::App;
use crate::app::access::{AccessError, Admitted, Door, MAX_ASSERTION_BYTES};
use crate::web::Site;
use crate::web::assets::script_path;
use crate::web::door;
use crate::web::failure::{CHALLENGE, Failure};
use crate::web::layout;
use crate::web::visit::Visit;

/// Longest form, in bytes: a token, and where to go then.
pub(in crate::web) const MAX_FORM_BYTES: usize = MAX_ASSERTION_BYTES + 4_096;

/// Where somebody wanted to go.
#[derive(Default, Deserialize)]
pub(in crate::web) struct Wanted {
    #[serde(default)]
    next: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(in crate::web) struct LoginForm {
    #[serde(default)]
    token: String,
    #[serde(default)]
    next: String,
}

/// `GET /login`
pub(in crate::web) async fn show(visit: Visit, Query(wanted): Query<Wanted>) -> Response {
    // A link from elsewhere comes without the cookie; the next step does not, and then there is nothing to ask.
    if visit.signed.is_some() && !wanted.next.is_empty() {
        return (StatusCode::SEE_OTHER, go_to(&wanted.next)).into_response();
    }
    page(&visit, &wanted.next, None)
}

/// `POST /login`
pub(in crate::web) async fn login(
    visit: Visit,
    State(site): State<Site>,
    headers: HeaderMap,
    Form(form): Form<LoginForm>,
) -> Result<Response, Failure> {
    match site.app.exchange(Door::Browser, form.token.trim()).await {
        Ok(admitted) => enter(&site.app, &headers, &admitted, door::is_secure(&headers), &form.next).await,
        Err(AccessError::Token(objection)) => {
            let said = visit.lang.pick(&objection.zh, &objection.en);
            let page = page(&visit, &form.next, Some(said));
            Ok((StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, CHALLENGE)], page).into_response())
        }
        Err(AccessError::Busy { .. }) => Err(Failure::Busy),
        Err(AccessError::Fault(fault)) => Err(fault.into()),
    }
}

/// A new secret at each login; what the browser came with ends.
async fn enter(
    app: &App,
    headers: &HeaderMap,
    admitted: &Admitted,
    is_secure: bool,
    next: &str,
) -> Result<Response, Failure> {
    let cookies = exchange_cookies(app, headers, admitted, is_secure).await?;
    Ok((StatusCode::SEE_OTHER, cookies, go_to(next)).into_response())
}

/// The cookies that take an old session away and bring the new one.
pub(super) async fn exchange_cookies(
    app: &App,
    headers: &HeaderMap,
    admitted: &Admitted,
    is_secure: bool,
) -> Result<HeaderMap, Failure> {
    let mut cookies = leave(app, headers).await?;
    if let Some(cookie) = door::opened(&admitted.secret, is_secure) {
        cookies.append(SET_COOKIE, cookie);
    }
    Ok(cookies)
}

/// End the session that a browser came with; the cookies that take it away.
async fn leave(app: &App, headers: &HeaderMap) -> Result<HeaderMap, Failure> {
    if let Some(secret) = door::secret_of(headers) {
        app.end_session(secret).await?;
    }
    let mut cookies = HeaderMap::new();
    for cookie in door::closed() {
        cookies.append(SET_COOKIE, cookie);
    }
    Ok(cookies)
}

/// `POST /logout`
pub(in crate::web) async fn logout(
    State(site): State<Site>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    Ok((StatusCode::SEE_OTHER, leave(&site.app, &headers).await?, go_to("/")).into_response())
}

fn go_to(next: &str) -> HeaderMap {
    let to = HeaderValue::from_str(&door::local(next)).unwrap_or(HeaderValue::from_static("/"));
    HeaderMap::from_iter([(LOCATION, to)])
}

fn page(visit: &Visit, next: &str, refused: Option<&str>) -> Response {
    let lang = visit.lang;
    let body = html! {
        h1 { (lang.t("login.title")) }
        @if let Some(signed) = &visit.signed {
            p { (lang.fill("login.as", &[("name", &signed.shown(lang))])) }
            form method="post" action="/logout" { button { (lang.t("login.out")) } }
        }
        @if let Some(said) = refused {
            p.check.bad role="alert" { (lang.t("login.refused")) (lang.t("sign.separator")) (said) }
        }
        p { (lang.t("login.text")) }
        @if let Some(provider) = visit.app.provider() {
            h2 { (lang.t("oidc.by")) }
            p { (lang.t("oidc.text")) }
            p { a href="/login/oidc" { (lang.fill("oidc.go", &[("name", &provider.name)])) } }
        }
        (by_device(visit))
        (by_key(visit))
        (by_token(visit, next))
        p.soft { (lang.t("login.ends")) }
        script type="module" src=(script_path("desk/enter.js")) {}
    };
    layout::page(visit, lang.t("login.title"), body).into_response()
}

/// The keys of this browser, where it has any.
fn by_device(visit: &Visit) -> Markup {
    let lang = visit.lang;
    html! {
        h2 { (lang.t("device.title")) }
        ul #kept .plain-list data-log=(visit.app.origin()) hidden {}
        template #kept-key {
            li {
                button type="button" { (lang.t("device.enter")) } " "
                span.mono data-kid {} " " span.soft data-made {}
            }
        }
        p { a href="/device" { (lang.t("device.get")) } }
    }
}

/// Nothing here is sent: a script signs with the file and fills the form below.
fn by_key(visit: &Visit) -> Markup {
    let lang = visit.lang;
    html! {
        h2 { (lang.t("login.by-key")) }
        p { (lang.t("login.by-key-text")) }
        noscript { p.check.bad { (lang.t("login.needs-script")) } }
        div.filter {
            label { (lang.t("login.key")) input #key type="file" accept=".pem" data-log=(visit.app.origin()); }
        }
        p #trouble .check.bad role="alert" hidden data-form=(lang.t("login.key-form"))
            data-browser=(lang.t("login.key-browser")) {}
    }
}

fn by_token(visit: &Visit, next: &str) -> Markup {
    let lang = visit.lang;
    html! {
        h2 { (lang.t("login.by-token")) }
        p { (lang.t("login.by-token-text")) " " code { "liandan sign --key FILE --token " (visit.app.origin()) } }
        form.filter #login data-now=(visit.callers_ms()) method="post" action="/login" aria-label=(lang.t("login.by-token")) {
            input type="hidden" name="next" value=(next);
            label.wide {
                (lang.t("login.token"))
                textarea #token name="token" rows="4" required maxlength=(MAX_ASSERTION_BYTES) spellcheck="false"
                    autocomplete="off" {}
            }
            button { (lang.t("login.in")) }
        }
    }
}
