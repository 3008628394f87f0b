//! The access log for pages: what the staff of an authority reads on a page is written down as if it had asked the interface; and of a list
//! that it takes along as a file, each party in it.

use std::collections::BTreeSet;

use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::Site;
use super::failure::Failure;
use super::visit::Visit;
use crate::app::Fault;
use crate::app::access::ReadRecord;
use crate::catalogue::Uscc;

/// The parties that stand in a file made of a list; left with the answer by whoever makes it.
#[derive(Clone)]
pub(super) struct Listed(pub(super) BTreeSet<Uscc>);

/// The layer around pages: a record is written down when its page is there and before it is given.
pub(super) async fn note_reading(State(site): State<Site>, request: Request, next: Next) -> Response {
    if request.method() != Method::GET {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let (uri, headers) = (parts.uri.clone(), parts.headers.clone());
    let path = parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let in_path = RawPathParams::from_request_parts(&mut parts, &site).await.ok();
    let mut answer = next.run(Request::from_parts(parts, body)).await;
    let Some(path) = path.filter(|_| answer.status() == StatusCode::OK) else { return answer };
    let in_path: Vec<&str> = in_path.iter().flatten().map(|(_, value)| value).collect();
    let record = ReadRecord::asked(&path, &in_path, uri.query().unwrap_or_default());
    let listed = answer.extensions_mut().remove::<Listed>();
    if record.is_none() && listed.is_none() {
        return answer;
    }
    let visit = match Visit::of(&site, &uri, &headers).await {
        Ok(visit) => visit,
        Err(fault) => return Failure::from(fault).into_response(),
    };
    match note(&visit, &path, record, listed).await {
        Ok(()) => answer,
        Err(fault) => Failure::from(fault).into_response(),
    }
}

async fn note(
    visit: &Visit,
    path: &str,
    record: Option<ReadRecord>,
    listed: Option<Listed>,
) -> Result<(), Fault> {
    let (app, viewer) = (&visit.app, &visit.viewer);
    let Some(Listed(mut parties)) = listed else {
        return match record {
            Some(record) => app.note_reading(viewer, path, record).await,
            None => Ok(()),
        };
    };
    match record {
        // Narrowed to one party it is one reading: sealed for that one, it is sealed for all in the list.
        Some(ReadRecord::Party(party)) => drop(parties.insert(party)),
        Some(record) => app.note_reading(viewer, path, record).await?,
        None => {}
    }
    app.note_list(viewer, path, parties).await
}
