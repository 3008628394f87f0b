//! `GET /live`: a line to a page that is looked at whenever something happened that concerns its visitor. What it was, the page asks for itself.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::access::Viewer;
use crate::app::query::{Changes, Listener};
use crate::web::failure::Failure;
use crate::web::visit::Visit;

/// The stream. Whom nothing concerns, and for whom there is no place, is told not to come back (HTML, server-sent events: 204).
pub(in crate::web) async fn follow(visit: Visit, headers: HeaderMap) -> Result<Response, Failure> {
    if visit.viewer == Viewer::Public {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let newest = visit.app.newest_change().await?;
    // What happened on the way back to here counts; no number from elsewhere begins a longer walk.
    let after = last.filter(|last| *last <= newest).unwrap_or(newest);
    let Some(following) = visit.app.follow_changes(Listener::Page, visit.viewer, after) else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], Body::from_stream(following.written(written)))
        .into_response())
}

/// That something happened, and how far the feed was looked through.
fn written(changes: &Changes) -> String {
    match changes.items.len() {
        0 => format!(": nothing new\nid: {}\n\n", changes.next),
        count => format!("id: {}\nevent: news\ndata: {count}\n\n", changes.next),
    }
}
