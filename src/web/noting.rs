//! The access log for pages: what the staff of an authority reads on a page is written down as if it had asked the interface.

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
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
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let (uri, headers) = (parts.uri.clone(), parts.headers.clone());
    let path = parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let in_path = RawPathParams::from_request_parts(&mut parts, &site).await.ok();
    let answer = next.run(Request::from_parts(parts, body)).await;
    let Some(path) = path.filter(|_| answer.status() == StatusCode::OK) else { return answer };
    let in_path: Vec<&str> = in_path.iter().flatten().map(|(_, value)| value).collect();
    match note(&site, &path, &in_path, &uri, &headers).await {
        Ok(()) => answer,
        Err(fault) => Failure::from(fault).into_response(),
    }
}

async fn note(
    site: &Site,
    path: &str,
    in_path: &[&str],
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Fault> {
    let Some(record) = ReadRecord::asked(path, in_path, uri.query().unwrap_or_default()) else {
        return Ok(());
    };
    let visit = Visit::of(site, uri, headers).await?;
    site.app.note_reading(&visit.viewer, path, record).await
}
