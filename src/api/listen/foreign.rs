//! What a page of another site makes a browser send.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::problem::{FOREIGN, Problem};

/// The layer around the interface: what another site's page sends to be written is refused before anything of it is judged, so that it
/// cannot count as a failure of whoever reads that page.
pub(super) async fn refuse(
    State(allowed): State<Arc<[HeaderValue]>>,
    request: Request,
    next: Next,
) -> Response {
    if request.method().is_safe() || !is_foreign(request.headers(), &allowed) {
        return next.run(request).await;
    }
    let zh = "该请求由其他网站的页面发出；请从本站页面或程序提交，或请运营方以 --cors-origin 允许该来源";
    let en = "a page of another site sent this: send it from a page of this site or from a program, or have the operator allow the origin (--cors-origin)";
    Problem::one(FOREIGN, "origin-foreign", "/header/origin", zh, en).into_response()
}

/// True for a page that stands neither on the host it asks nor at an origin that is allowed. All browsers name the origin with whatever is
/// no GET; what names none is no page.
fn is_foreign(headers: &HeaderMap, allowed: &[HeaderValue]) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    let origin = match (origins.next(), origins.next()) {
        (None, _) => return false,
        (Some(origin), None) => origin,
        (Some(_), Some(_)) => return true,
    };
    let host = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    let is_own = host.is_some_and(|host| headers.get(header::HOST).is_some_and(|own| own == host));
    !is_own && !allowed.contains(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_this_host_and_of_allowed_origins_are_not_foreign() {
        let allowed = [HeaderValue::from_static("https://erp.example")];
        for (origins, wanted) in [
            (vec![], false),
            (vec!["https://ledger.example:8443"], false),
            (vec!["https://erp.example"], false),
            (vec!["https://ledger.example"], true),
            (vec!["https://evil.example"], true),
            (vec!["https://ledger.example:8443.evil.example"], true),
            (vec!["null"], true),
            (vec!["https://erp.example", "https://evil.example"], true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("ledger.example:8443"));
            for origin in &origins {
                headers.append(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(is_foreign(&headers, &allowed), wanted, "{origins:?}");
        }
    }
}
