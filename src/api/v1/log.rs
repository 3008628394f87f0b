//! The transparency log, public: its latest signed head, its key, and proofs. It shows hashes only.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::documented::PublicReading;
use crate::api::extract::{Json, Query};
use crate::api::problem::{NOT_READY, Problem};
use crate::app::App;
use crate::app::query::{ConsistencyProof, InclusionProof};

pub(super) fn router() -> OpenApiRouter<App> {
    let head = OpenApiRouter::new().routes(routes!(checkpoint)).routes(routes!(key));
    head.routes(routes!(inclusion)).routes(routes!(consistency))
}

/// The latest signed head of the log (C2SP tlog-checkpoint).
#[utoipa::path(get, path = "/log/checkpoint", operation_id = "getCheckpoint", tag = "log",
    responses((status = 200, description = "A signed note.", body = String, content_type = "text/plain"), PublicReading))]
async fn checkpoint(State(app): State<App>) -> Result<String, Problem> {
    app.checkpoint().await?.ok_or_else(|| Problem::new(NOT_READY, Vec::new()))
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
