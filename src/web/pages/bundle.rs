//! `GET /manifests/{id}/bundle` and `GET /events/{id}/bundle`: the bundle as a file to keep, the same bytes as the interface for
//! machines gives.

use axum::extract::Path;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::id::ManifestId;
use crate::ledger::EventId;
use crate::web::failure::Failure;
use crate::web::visit::Visit;

/// The bundle of a manifest, named by its number.
pub(in crate::web) async fn of_manifest(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: ManifestId = id.parse().map_err(|_| Failure::NotFound)?;
    let manifest = visit.app.manifest(&visit.viewer, id).await?.ok_or(Failure::NotFound)?;
    let bundle = visit.app.manifest_bundle(&visit.viewer, id).await?.ok_or(Failure::NotFound)?;
    let number = manifest.number.filter(|number| is_plain(number));
    Ok(file(&number.unwrap_or_else(|| id.to_string()), bundle))
}

/// The bundle of one event, named by its id.
pub(in crate::web) async fn of_event(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: EventId = id.parse().map_err(|_| Failure::NotFound)?;
    let bundle = visit.app.event_bundle(&visit.viewer, id).await?.ok_or(Failure::NotFound)?;
    Ok(file(&id.to_string(), bundle))
}

/// Numbers of other systems are whatever was written into them.
fn is_plain(number: &str) -> bool {
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// `name` is letters, digits, `-` and `_`.
fn file(name: &str, bundle: String) -> Response {
    let disposition = format!("attachment; filename=\"{name}.bundle.json\"");
    let disposition = HeaderValue::from_str(&disposition).expect("a plain name makes a header");
    let headers =
        [(CONTENT_TYPE, HeaderValue::from_static("application/json")), (CONTENT_DISPOSITION, disposition)];
    (headers, bundle).into_response()
}
