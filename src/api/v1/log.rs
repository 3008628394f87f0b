//! The transparency log, public: its latest signed head, its key, its tiles and leaves at static paths, and proofs. It shows
//! hashes, and what is public of keys and erasures.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tower_http::compression::CompressionLayer;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::documented::PublicReading;
use crate::api::extract::{Json, Query};
use crate::api::layers::has_already;
use crate::api::problem::{NOT_READY, Problem};
use crate::app::App;
use crate::app::query::{ConsistencyProof, InclusionProof};
use crate::ledger::Digest;
use crate::ledger::tile::{TILE_WIDTH, TilePath};

pub(super) fn router() -> OpenApiRouter<App> {
    let head = OpenApiRouter::new().routes(routes!(checkpoint)).routes(routes!(key));
    // The specification wants bundles compressed; hashes do not compress.
    let bundles = OpenApiRouter::new().routes(routes!(entries)).layer(CompressionLayer::new());
    let tiles = OpenApiRouter::new().routes(routes!(tile)).merge(bundles);
    head.routes(routes!(inclusion)).routes(routes!(consistency)).merge(tiles)
}

/// Where the static paths of the log begin, below the place of this version.
const PREFIX: &str = "/log/";
/// A full tile and a full bundle never change.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// A partial one is asked for again soon, by then as a wider one.
const SHORT: &str = "public, max-age=60";
/// The head moves with every batch.
const ASK_AGAIN: &str = "no-cache";

/// The latest signed head of the log (C2SP tlog-checkpoint).
#[utoipa::path(get, path = "/log/checkpoint", operation_id = "getCheckpoint", tag = "log",
    responses((status = 200, description = "A signed note.", body = String, content_type = "text/plain"), PublicReading))]
async fn checkpoint(State(app): State<App>, asked: HeaderMap) -> Result<Response, Problem> {
    let note = app.checkpoint().await?.ok_or_else(|| Problem::new(NOT_READY, Vec::new()))?;
    let tag = format!("\"{}\"", Digest::sha256(&[note.as_bytes()]));
    Ok(cached(&asked, "text/plain; charset=utf-8", ASK_AGAIN, tag, note.into_bytes()))
}

/// The hashes of a tile, 32 bytes each (C2SP tlog-tiles).
#[utoipa::path(get, path = "/log/tile/{level}/{*index}", operation_id = "getTile", tag = "log",
    params(("level" = u8, Path, description = "Level, from 0."),
        ("*index" = String, Path, description = "Number of the tile in groups of three digits, all but the last marked with x: `x001/234`. A partial tile ends in `.p/` and its width, 1 to 255.")),
    responses((status = 200, description = "The hashes.", body = Vec<u8>, content_type = "application/octet-stream"), PublicReading))]
async fn tile(State(app): State<App>, uri: Uri, asked: HeaderMap) -> Result<Response, Problem> {
    static_file(&app, &uri, &asked).await
}

/// The public leaves below a tile of level 0, each behind its length as 16 bits, big-endian (C2SP tlog-tiles).
#[utoipa::path(get, path = "/log/tile/entries/{*index}", operation_id = "getEntryBundle", tag = "log",
    params(("*index" = String, Path, description = "Number of the bundle in groups of three digits, as for tiles.")),
    responses((status = 200, description = "The leaves.", body = Vec<u8>, content_type = "application/octet-stream"), PublicReading))]
async fn entries(State(app): State<App>, uri: Uri, asked: HeaderMap) -> Result<Response, Problem> {
    static_file(&app, &uri, &asked).await
}

/// What lies at a static path. The path is read as it was sent: a static file has one name.
async fn static_file(app: &App, uri: &Uri, asked: &HeaderMap) -> Result<Response, Problem> {
    let path = uri.path().strip_prefix(PREFIX);
    let path = path.and_then(|path| TilePath::parse(path).ok()).ok_or_else(Problem::absent)?;
    let bytes = app.tile(path).await?.ok_or_else(Problem::absent)?;
    let digest = Digest::sha256(&[&bytes]);
    // A bundle may be sent compressed or not, under one tag that only promises the same content.
    let (width, tag) = match path {
        TilePath::Hashes { width, .. } => (width, format!("\"{digest}\"")),
        TilePath::Entries { width, .. } => (width, format!("W/\"{digest}\"")),
    };
    let caching = if width == TILE_WIDTH { IMMUTABLE } else { SHORT };
    Ok(cached(asked, "application/octet-stream", caching, tag, bytes))
}

/// An answer that may be kept, or word that what is kept is still right (RFC 9110 §13.1.2).
fn cached(
    asked: &HeaderMap,
    media: &'static str,
    caching: &'static str,
    tag: String,
    body: Vec<u8>,
) -> Response {
    let is_kept = has_already(asked, &tag);
    let headers = [(header::CACHE_CONTROL, caching.to_owned()), (header::ETAG, tag)];
    if is_kept {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    (headers, [(header::CONTENT_TYPE, media)], body).into_response()
}

/// The key that signs the heads, as a verifier key (C2SP signed-note).
#[utoipa::path(get, path = "/log/key", operation_id = "getLogKey", tag = "log",
    responses((status = 200, description = "A verifier key.", body = String, content_type = "text/plain"), PublicReading))]
async fn key(State(app): State<App>) -> String {
    format!("{}\n", app.verifier().to_vkey())
}

/// Which entry in which tree.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct InclusionQuery {
    /// Log index.
    index: u64,
    /// Size of the tree, at most that of the latest signed head.
    size: u64,
}

/// That a leaf is in the tree of a size (RFC 6962 §2.1.1).
#[derive(Serialize, ToSchema)]
struct InclusionProofView {
    /// Log index.
    index: u64,
    /// Size of the tree.
    size: u64,
    /// Hash of the leaf, base64url.
    leaf_hash: String,
    /// Sibling hashes from the leaf up, base64url.
    hashes: Vec<String>,
}

impl From<InclusionProof> for InclusionProofView {
    fn from(proof: InclusionProof) -> Self {
        Self {
            index: proof.index,
            size: proof.size,
            leaf_hash: proof.leaf_hash.to_string(),
            hashes: proof.hashes.iter().map(ToString::to_string).collect(),
        }
    }
}

/// That an entry is in the log.
#[utoipa::path(get, path = "/log/proof/inclusion", operation_id = "proveInclusion", tag = "log",
    params(InclusionQuery), responses((status = 200, description = "The proof.", body = InclusionProofView), PublicReading))]
async fn inclusion(
    State(app): State<App>,
    Query(query): Query<InclusionQuery>,
) -> Result<Json<InclusionProofView>, Problem> {
    Ok(Json(app.inclusion_proof(query.index, query.size).await?.into()))
}

/// Which two trees.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ConsistencyQuery {
    /// The smaller size, at least 1.
    from: u64,
    /// The larger size, at most that of the latest signed head.
    to: u64,
}

/// That the tree of one size is the beginning of the tree of another (RFC 6962 §2.1.2).
#[derive(Serialize, ToSchema)]
struct ConsistencyProofView {
    /// The smaller size.
    from: u64,
    /// The larger size.
    to: u64,
    /// Hashes, base64url.
    hashes: Vec<String>,
}

impl From<ConsistencyProof> for ConsistencyProofView {
    fn from(proof: ConsistencyProof) -> Self {
        Self {
            from: proof.from,
            to: proof.to,
            hashes: proof.hashes.iter().map(ToString::to_string).collect(),
        }
    }
}

/// That nothing was changed or dropped between two heads.
#[utoipa::path(get, path = "/log/proof/consistency", operation_id = "proveConsistency", tag = "log",
    params(ConsistencyQuery), responses((status = 200, description = "The proof.", body = ConsistencyProofView), PublicReading))]
async fn consistency(
    State(app): State<App>,
    Query(query): Query<ConsistencyQuery>,
) -> Result<Json<ConsistencyProofView>, Problem> {
    Ok(Json(app.consistency_proof(query.from, query.to).await?.into()))
}
