//! How a browser is somebody: a cookie with a session's secret, and the check that what it sends comes from a page of this site.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, Method};

use super::visit::cookie;
use crate::app::access::BROWSER_LIFE_MS;

/// Cookie of a session where the site is reached by TLS: browsers take it from this very host only (RFC 6265bis §4.1.3.2).
const SECURE: &str = "__Host-session";
/// Cookie of a session where it is not.
const PLAIN: &str = "session";

/// Cookie of who is on the way to the provider of logins, by TLS and without.
const ERRAND: [&str; 2] = ["__Host-oidc", "oidc"];
/// How long somebody may be on that way, in seconds.
const ERRAND_AGE_S: u32 = 600;

/// The secret that a browser came with.
pub(super) fn secret_of(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, SECURE).or_else(|| cookie(headers, PLAIN)).filter(|secret| !secret.is_empty())
}

/// The cookie of a new session. No script reads it, and no other site makes a browser send it.
pub(super) fn opened(secret: &str, is_secure: bool) -> Option<HeaderValue> {
    let max_age_s = BROWSER_LIFE_MS / 1_000;
    let (name, secure) = if is_secure { (SECURE, "; Secure") } else { (PLAIN, "") };
    let cookie = format!("{name}={secret}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&cookie).ok()
}

/// The cookies that take a session away, whatever it was called.
pub(super) fn closed() -> [HeaderValue; 2] {
    [
        HeaderValue::from_static("__Host-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure"),
        HeaderValue::from_static("session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict"),
    ]
}

/// The cookie of who goes to the provider. It must come back with a page of that site, so it is kept less strictly than a session.
pub(super) fn sent_away(kept: &str, is_secure: bool) -> Option<HeaderValue> {
    let (name, secure) = if is_secure { (ERRAND[0], "; Secure") } else { (ERRAND[1], "") };
    let cookie = format!("{name}={kept}; Path=/; Max-Age={ERRAND_AGE_S}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::from_str(&cookie).ok()
}

/// What a browser that was sent to the provider has kept.
pub(super) fn errand_of(headers: &HeaderMap, is_secure: bool) -> Option<&str> {
    cookie(headers, if is_secure { ERRAND[0] } else { ERRAND[1] })
}

/// The cookie that ends the errand: it is good for one way back.
pub(super) fn errand_done(is_secure: bool) -> HeaderValue {
    HeaderValue::from_static(match is_secure {
        true => "__Host-oidc=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure",
        false => "oidc=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
    })
}

/// True when a request changes nothing, or was sent by a page of this site: its `Origin` names the host that it asks. All browsers send
/// one with whatever is no GET; what sends none is no page.
pub(super) fn is_own(method: &Method, headers: &HeaderMap) -> bool {
    method.is_safe()
        || origin(headers).is_some_and(|(_, host)| headers.get(HOST).is_some_and(|own| own == host))
}

/// True when the page that sent this was fetched by TLS.
pub(super) fn is_secure(headers: &HeaderMap) -> bool {
    origin(headers).is_some_and(|(scheme, _)| scheme == "https")
}

/// Scheme and host of the page that sent this.
fn origin(headers: &HeaderMap) -> Option<(&str, &str)> {
    let mut values = headers.get_all(ORIGIN).iter();
    match (values.next(), values.next()) {
        (Some(origin), None) => origin.to_str().ok()?.split_once("://"),
        _ => None,
    }
}

/// An address of this site, whatever was given: two slashes would begin another host's name. Browsers drop control characters from an address
/// and take a backslash for a slash, so what has any of them leads to the beginning.
pub(super) fn local(address: &str) -> String {
    if address.contains(|c: char| c.is_control() || c == '\\') {
        return "/".to_owned();
    }
    format!("/{}", address.trim_start_matches('/'))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(pairs: &[(axum::http::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).fold(
            HeaderMap::new(),
            |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            },
        )
    }

    #[test]
    fn only_pages_of_this_site_send_anything() {
        let own = HeaderValue::from_static("ledger.example:8443");
        for (origins, wanted) in [
            (vec!["https://ledger.example:8443"], true),
            (vec!["http://ledger.example:8443"], true),
            (vec!["https://ledger.example"], false),
            (vec!["https://evil.example"], false),
            (vec!["https://ledger.example:8443.evil.example"], false),
            (vec!["null"], false),
            (vec!["https://ledger.example:8443", "https://evil.example"], false),
            (vec![], false),
        ] {
            let mut given = headers(&origins.iter().map(|origin| (ORIGIN, *origin)).collect::<Vec<_>>());
            given.insert(HOST, own.clone());
            assert_eq!(is_own(&Method::POST, &given), wanted, "{origins:?}");
            assert!(is_own(&Method::GET, &given));
        }
        assert!(!is_own(&Method::POST, &headers(&[(ORIGIN, "https://")])), "no host is nobody's");
    }

    #[test]
    fn the_cookie_goes_nowhere_else() {
        let text = |secure| opened("liandan_x", secure).unwrap().to_str().unwrap().to_owned();
        for flag in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=28800"] {
            assert!(text(true).contains(flag) && text(false).contains(flag), "{flag}");
        }
        assert!(text(true).starts_with("__Host-session=liandan_x;") && text(true).ends_with("; Secure"));
        assert!(text(false).starts_with("session=liandan_x;") && !text(false).contains("Secure"));
        let both = headers(&[(axum::http::header::COOKIE, "session=planted; __Host-session=own")]);
        assert_eq!(secret_of(&both), Some("own"));
    }

    #[test]
    fn addresses_stay_on_this_site() {
        for (given, wanted) in [
            ("/manifests?a=1", "/manifests?a=1"),
            ("//evil.example", "/evil.example"),
            ("/\\evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("/\r\nset-cookie:x", "/"),
            ("https://evil.example", "/https://evil.example"),
            ("", "/"),
        ] {
            assert_eq!(local(given), wanted);
        }
    }
}
