//! The access log for pages: what the staff of an authority reads on a page is written down as if it had asked the interface.

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Site;
use super::failure::Failure;
use super::visit::Visit;
use crate::app::Fault;
use crate::app::access::ReadRecord;

/// The layer around pages: a record is written down when its page is there and before it is given.
pub(super) async fn note_reading(State(site): State<Site>, request: Request, next: Next) -> Response {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let path = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let is_reading = request.method() == Method::GET;
    let answer = next.run(request).await;
    let Some(path) = path.filter(|_| is_reading && answer.status() == StatusCode::OK) else { return answer };
    match note(&site, &path, &uri, &headers).await {
        Ok(()) => answer,
        Err(fault) => Failure::from(fault).into_response(),
    }
}

async fn note(site: &Site, path: &str, uri: &Uri, headers: &HeaderMap) -> Result<(), Fault> {
    let Some(record) = ReadRecord::named(path, &in_braces(path, uri.path())) else { return Ok(()) };
    let visit = Visit::of(site, uri, headers).await?;
    site.app.note_reading(&visit.viewer, path, record).await
}

/// What stands in an address where its pattern has braces. The ids of records need no percent-encoding.
fn in_braces<'a>(pattern: &str, path: &'a str) -> Vec<&'a str> {
    let pairs = pattern.split('/').zip(path.split('/'));
    pairs.filter(|(part, _)| part.starts_with('{')).map(|(_, value)| value).collect()
}

#[cfg(test)]
mod tests {
    use super::in_braces;

    #[test]
    fn braces_are_filled_in_order() {
        let path = "/sites/a/registers/b-1/csv";
        assert_eq!(in_braces("/sites/{id}/registers/{register}/{form}", path), ["a", "b-1", "csv"]);
        assert!(in_braces("/log", "/log").is_empty());
    }
}
