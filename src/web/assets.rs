//! The stylesheet: its address holds the digest of its bytes, so that a browser may keep it for ever.

use std::sync::OnceLock;

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::ledger::Digest;

const STYLE: &str = include_str!("assets/style.css");
/// A year, and it never changes: another text has another address.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Bytes of the digest in the address.
const NAME_BYTES: usize = 8;

/// Address of the stylesheet.
pub(super) fn style_path() -> &'static str {
    static PATH: OnceLock<String> = OnceLock::new();
    PATH.get_or_init(|| {
        let digest = Digest::sha256(&[STYLE.as_bytes()]);
        let name: String = digest.0[..NAME_BYTES].iter().map(|byte| format!("{byte:02x}")).collect();
        format!("/assets/style.{name}.css")
    })
}

/// `GET /assets/{file}`
pub(super) async fn asset(Path(file): Path<String>) -> Response {
    if style_path().strip_prefix("/assets/") != Some(file.as_str()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, FOR_EVER)];
    (headers, STYLE).into_response()
}
