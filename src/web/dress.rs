//! What every answer gets on its way out: security headers, and a readable page instead of a bare error. And on its way in:
//! the switches, language, point of view, whom one acts for and the columns of a list, are kept in cookies.

use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LOCATION,
    REFERRER_POLICY, SET_COOKIE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Site;
use super::acting::FOR;
use super::assets::FOR_EVER;
use super::door;
use super::failure;
use super::i18n::Lang;
use super::shown::{SHOWN, Shown};
use super::visit::{LANG, VIEW, Visit, is_named};
use crate::catalogue::Uscc;

/// For what is no page: no script, no frame, nothing from anywhere else.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
/// For pages: scripts of this site, and still no connection to anywhere, so that what a visitor gives a page stays with the visitor. Text
/// never becomes markup; the icon is in the page.
const SCRIPTED_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";
/// The same for pages that sign or are kept true: their scripts ask this site, and nobody else.
pub(super) const CALLING_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
     img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
     trusted-types 'none'";
/// The same for the pages that a browser keeps: a worker does it, which they name by a policy of that name.
pub(super) const KEPT_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; worker-src 'self'; \
     manifest-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types worker";
/// The same for the one among them that signs, and sends what was signed.
pub(super) const SIGNING_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; worker-src 'self'; \
     connect-src 'self'; manifest-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types worker";
/// Headers of every answer.
const HEADERS: [(HeaderName, &str); 2] =
    [(X_CONTENT_TYPE_OPTIONS, "nosniff"), (REFERRER_POLICY, "same-origin")];
/// What an answer depends on, beside how it is compressed, unless its address holds the digest of it.
const VARIES: HeaderValue = HeaderValue::from_static("Accept-Language, Cookie");
/// Media type of a page.
const HTML: &str = "text/html; charset=utf-8";
/// A year: how long a switch is kept, in seconds.
const COOKIE_AGE_S: u32 = 31_536_000;

/// The layer around all pages. What another site makes a browser send reaches none of them.
pub(super) async fn dress(State(site): State<Site>, request: Request, next: Next) -> Response {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let answer = match switch(&uri) {
        Some(redirect) => redirect,
        None => {
            let is_own = door::is_own(request.method(), &headers);
            let answer = if is_own { next.run(request).await } else { StatusCode::FORBIDDEN.into_response() };
            readable(&site, &uri, &headers, answer).await
        }
    };
    with_headers(answer, &headers)
}

/// Nobody lives here.
pub(super) async fn nothing_here() -> StatusCode {
    StatusCode::NOT_FOUND
}

/// `?lang=`, `?view=`, `?for=` and `?shown=` become cookies, and the visitor comes back without them.
fn switch(uri: &Uri) -> Option<Response> {
    let pairs = || uri.query().unwrap_or("").split('&').filter(|pair| !pair.is_empty());
    let values = |name| {
        pairs()
            .filter(move |pair| is_named(pair, name))
            .filter_map(|pair| pair.split_once('='))
            .map(|(_, v)| v)
    };
    let value = |name| values(name).next();
    let lang = value(LANG).and_then(Lang::named).map(|lang| (LANG, lang.code().to_owned()));
    let view = value(VIEW).and_then(|code| code.parse::<Uscc>().ok()).map(|party| (VIEW, party.to_string()));
    let acting = value(FOR).and_then(|code| code.parse::<Uscc>().ok()).map(|party| (FOR, party.to_string()));
    let shown = Shown::named(values(SHOWN)).map(|shown| (SHOWN, shown.kept()));
    let cookies: Vec<_> = lang.into_iter().chain(view).chain(acting).chain(shown).collect();
    if cookies.is_empty() {
        return None;
    }
    let is_switch = |pair: &&str| [LANG, VIEW, FOR, SHOWN].iter().any(|name| is_named(pair, name));
    let rest: Vec<&str> = pairs().filter(|pair| !is_switch(pair)).collect();
    let mut headers = HeaderMap::new();
    headers.insert(LOCATION, HeaderValue::from_str(&address(uri.path(), &rest)).ok()?);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in cookies {
        let cookie = format!("{name}={value}; Path=/; Max-Age={COOKIE_AGE_S}; HttpOnly; SameSite=Lax");
        headers.append(SET_COOKIE, HeaderValue::from_str(&cookie).ok()?);
    }
    Some((StatusCode::SEE_OTHER, headers).into_response())
}

/// An address on this site.
fn address(path: &str, pairs: &[&str]) -> String {
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
    format!("{}{query}", door::local(path))
}

/// A page in place of a bare error.
async fn readable(site: &Site, uri: &Uri, headers: &HeaderMap, answer: Response) -> Response {
    let status = answer.status();
    let is_page = answer.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == HTML);
    if is_page || (!status.is_client_error() && !status.is_server_error()) {
        return answer;
    }
    let visit = match Visit::of(site, uri, headers).await {
        Ok(visit) => visit,
        // The fault was logged where it made the page fail; here only the shell gets poorer.
        Err(_) => Visit::bare(site, uri, headers),
    };
    let (mut parts, _) = answer.into_parts();
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(axum::http::header::CONTENT_LENGTH);
    (status, parts.headers, failure::page(&visit, status)).into_response()
}

fn with_headers(mut answer: Response, asked: &HeaderMap) -> Response {
    let headers = answer.headers_mut();
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|kind| kind == HTML);
    let policy = if is_page { SCRIPTED_POLICY } else { POLICY };
    if headers.get(CACHE_CONTROL).is_none_or(|kept| kept != FOR_EVER) {
        headers.append(VARY, VARIES);
    }
    for (name, value) in HEADERS.into_iter().chain([(CONTENT_SECURITY_POLICY, policy)]) {
        // What a page says of itself holds: those that sign have a policy of their own.
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // Whoever comes after one who signed out finds nothing in the browser's store.
    let kept = if door::secret_of(asked).is_some() { "no-store" } else { "private, no-cache" };
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static(kept));
    answer
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn switched(uri: &str) -> Option<(String, Vec<String>)> {
        let answer = switch(&uri.parse().unwrap())?;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        let cookies = answer.headers().get_all(SET_COOKIE).iter().map(|cookie| {
            let cookie = text(cookie);
            cookie.split(';').next().unwrap().to_owned()
        });
        Some((text(&answer.headers()[LOCATION]), cookies.collect()))
    }

    #[test]
    fn switches_become_cookies_and_leave_the_address() {
        let go = |to: &str, cookies: &[&str]| {
            Some((to.to_owned(), cookies.iter().map(|cookie| (*cookie).to_owned()).collect::<Vec<_>>()))
        };
        assert_eq!(switched("/rules?lang=en"), go("/rules", &["lang=en"]));
        assert_eq!(
            switched("/manifests?number=12&lang=zh&before=5"),
            go("/manifests?number=12&before=5", &["lang=zh"])
        );
        assert_eq!(switched("/?view=91350100M000100Y43"), go("/", &["view=91350100M000100Y43"]));
        assert_eq!(
            switched("/manifests?shown=number&code=HW49&shown=open&shown=x&shown=status"),
            go("/manifests?code=HW49", &["shown=number.status.open"])
        );
        assert_eq!(switched("/manifests?shown=x&shown=%0d%0a"), None);
        assert_eq!(switched("/rules?lang=xx"), None);
        assert_eq!(switched("/?view=%0d%0aSet-Cookie:x=1"), None);
        assert_eq!(switched("/rules?language=en"), None);
    }

    #[test]
    fn a_switch_never_leads_to_another_host() {
        for uri in ["//evil.example/?lang=en", "///evil.example?lang=en", "/\\evil.example?lang=en"] {
            let Ok(uri) = uri.parse::<Uri>() else { continue };
            let answer = switch(&uri).unwrap();
            let to = answer.headers()[LOCATION].to_str().unwrap().to_owned();
            assert!(to.starts_with("/evil.example") || to == "/", "{to}");
        }
    }
}
