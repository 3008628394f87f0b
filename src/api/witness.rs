//! The interface of a witness (C2SP tlog-witness): `POST <prefix>/add-checkpoint`, and the head it cosigned last for whoever asks.
//! A router of its own: a witness is no ledger.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::witness::{AddError, Witness};
use crate::ledger::witness::{MAX_REQUEST_BYTES, Refused, SIZE_MEDIA_TYPE};

/// The longest a request may take, its body included.
pub const WITNESS_TIMEOUT: Duration = Duration::from_secs(10);

const PLAIN: &str = "text/plain; charset=utf-8";

/// The routes of a witness.
pub fn router(witness: Arc<Witness>) -> Router {
    Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .route("/{log}/checkpoint", get(cosigned_last))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .layer(from_fn(within_time))
        .layer(CatchPanicLayer::new())
        .with_state(witness)
}

async fn add_checkpoint(
    State(witness): State<Arc<Witness>>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) => {
            let text = format!(
                "a request has at most {MAX_REQUEST_BYTES} bytes\n请求最多 {MAX_REQUEST_BYTES} 字节\n"
            );
            return (rejection.status(), [(header::CONTENT_TYPE, PLAIN)], text).into_response();
        }
    };
    // On a thread of its own: it waits for the disk, and a client that hangs up does not interrupt it half-way.
    match tokio::task::spawn_blocking(move || witness.add_checkpoint(&body)).await {
        Ok(Ok(line)) => ([(header::CONTENT_TYPE, PLAIN)], line).into_response(),
        Ok(Err(AddError::Refused(refused))) => refusal(&refused),
        Ok(Err(AddError::Fault(error))) => fault(&error),
        Err(error) => fault(&error),
    }
}

async fn cosigned_last(State(witness): State<Arc<Witness>>, Path(log): Path<String>) -> Response {
    let read = move || witness.cosigned_last(&format!("{log}/checkpoint"));
    match tokio::task::spawn_blocking(read).await {
        Ok(Ok(Some(note))) => ([(header::CONTENT_TYPE, PLAIN)], note).into_response(),
        Ok(Ok(None)) => StatusCode::NOT_FOUND.into_response(),
        Ok(Err(error)) => fault(&error),
        Err(error) => fault(&error),
    }
}

fn refusal(refused: &Refused) -> Response {
    let status = StatusCode::from_u16(refused.status()).unwrap_or(StatusCode::BAD_REQUEST);
    match refused {
        Refused::Conflict { size } => {
            (status, [(header::CONTENT_TYPE, SIZE_MEDIA_TYPE)], format!("{size}\n")).into_response()
        }
        _ => (status, [(header::CONTENT_TYPE, PLAIN)], format!("{refused}\n{}\n", refused.zh()))
            .into_response(),
    }
}

fn fault(error: &dyn std::error::Error) -> Response {
    tracing::error!(%error, "a request could not be answered");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

async fn within_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(WITNESS_TIMEOUT, next.run(request)).await;
    answer.unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response())
}
