//! The chain of custody of a manifest, with every signature checked while it is asked for.

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::corrections::CorrectionView;
use crate::api::caller::Caller;
use crate::api::documented::Remembering;
use crate::api::extract::{Json, Path, Query};
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::query::{
    AnchorStanding, ChainStep, Content, LeafCheck, NotAfter, NotBefore, Said, SignatureCheck,
};
use crate::custody::manifest::GivenBy;
use crate::id::ManifestId;
use crate::registry::KeyStanding;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(chain))
}

/// A signature, checked from the stored bytes while this was answered.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct SignatureView {
    /// Thumbprint of the key the header names (RFC 7638).
    kid: String,
    /// Whose key it is, when it is enrolled.
    party: Option<String>,
    /// Its role.
    role: Option<&'static str>,
    /// The bytes carry that key's signature.
    valid: bool,
    /// How the key stood at the log index of the event: `good`, `revoked`, `not-yet`; absent when it was never enrolled.
    key_standing: Option<&'static str>,
    /// The event lies in the time the key is suspected of being in wrong hands.
    suspected: bool,
    /// Log index from which on the key is suspected, if it is.
    suspected_from: Option<u64>,
    /// Log index at which the key was revoked or replaced, if it was.
    ended_index: Option<u64>,
}

/// What the party last said of its own event, where the key was in doubt or had ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct LastWordView {
    /// `reaffirmed` or `disavowed`.
    stance: &'static str,
    /// The act that says so.
    event_id: String,
    /// Log index of that act.
    index: u64,
}

impl From<&SignatureCheck> for SignatureView {
    fn from(check: &SignatureCheck) -> Self {
        let standing = |standing| match standing {
            KeyStanding::Good => "good",
            KeyStanding::Revoked => "revoked",
            KeyStanding::NotYet => "not-yet",
        };
        Self {
            kid: check.kid.to_string(),
            party: check.party.map(|party| party.to_string()),
            role: check.role.map(|role| role.name()),
            valid: check.is_valid,
            key_standing: check.key_standing.map(standing),
            suspected: check.is_suspected,
            suspected_from: check.suspected_from,
            ended_index: check.ended_index,
        }
    }
}

/// The head of the log that the signer said it had seen: the event was made no earlier.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct NotBeforeView {
    /// Number of entries of that head.
    size: u64,
    /// `ours` when this log had that head, `other` when it had another one at that size, `ahead` when there were not so many
    /// entries yet. Only the first proves anything.
    anchor: &'static str,
    /// When the last entry below that head was recorded; absent unless it is ours.
    #[schema(format = "date-time")]
    recorded_at: Option<String>,
}

impl From<NotBefore> for NotBeforeView {
    fn from(before: NotBefore) -> Self {
        let (anchor, at) = match before.standing {
            AnchorStanding::Known { at } => ("ours", at),
            AnchorStanding::OtherLog => ("other", None),
            AnchorStanding::Ahead => ("ahead", None),
        };
        Self { size: before.size, anchor, recorded_at: at.map(|at| at.to_string()) }
    }
}

/// The first signed head that covers the event: it was made no later.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct NotAfterView {
    /// Number of entries of that head.
    size: u64,
    /// When the last entry below that head was recorded, by the ledger's clock.
    #[schema(format = "date-time")]
    recorded_at: String,
    /// When a witness first cosigned a head that covers the event, by the witness's clock; absent where none did.
    #[schema(format = "date-time")]
    cosigned_at: Option<String>,
}

impl From<NotAfter> for NotAfterView {
    fn from(after: NotAfter) -> Self {
        Self {
            size: after.size,
            recorded_at: after.recorded_at.to_string(),
            cosigned_at: after.cosigned_at.map(|at| at.to_string()),
        }
    }
}

/// One event of a chain.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ChainStepView {
    /// SHA-256 of the signing input, base64url.
    event_id: String,
    /// Log index.
    index: u64,
    /// Kind of the event; absent when its bytes were erased or cannot be read.
    kind: Option<&'static str>,
    /// Name of the kind in Chinese.
    kind_zh: Option<&'static str>,
    /// The acting party.
    party: Option<String>,
    /// The party that signed it for the acting one (代填); absent where that signed itself.
    signed_by: Option<String>,
    /// When it happened, by the signer's clock.
    #[schema(format = "date-time")]
    occurred_at: Option<String>,
    /// When it is effective in the chain.
    #[schema(format = "date-time")]
    effective_at: String,
    /// When the ledger took it in.
    #[schema(format = "date-time")]
    recorded_at: String,
    /// Measured skew of the uploading device, in milliseconds.
    skew_ms: i64,
    /// `counts`, `one-sided`, `confirms`, `disputed` or `evidence-only`.
    verdict: &'static str,
    /// What its party last said of it: a reaffirmed event counts at its own time, a disavowed one moves nothing.
    last_word: Option<LastWordView>,
    /// What of it should have been something else, in the order in which it was said. The payload is what was signed.
    corrections: Vec<CorrectionView>,
    /// The signature of the event.
    signature: Option<SignatureView>,
    /// The releasing side's signature under the embedded offer.
    offer_signature: Option<SignatureView>,
    /// How the other side gave its word where its key does not sign: `code`, told from its telephone, or `handwriting` on a sheet. It is no signature.
    confirmed_by: Option<&'static str>,
    /// `matches` when the log commits to exactly these bytes and times, `differs`, or `erased`.
    leaf_check: &'static str,
    /// Whether the leaf leads to the newest signed root, checked while this was answered; absent where no signature covers it yet.
    in_log: Option<bool>,
    /// No earlier than this, by what the signer had seen; absent where it named nothing.
    not_before: Option<NotBeforeView>,
    /// No later than this; absent where no signature covers the event yet.
    not_after: Option<NotAfterView>,
    /// `readable`, `erased` or `unreadable`.
    content: &'static str,
    /// True when masses in it were computed from one weighing and not weighed one by one; absent when its bytes cannot be read.
    computed: Option<bool>,
    /// The signed payload.
    #[schema(value_type = Option<Object>)]
    payload: Option<serde_json::Value>,
}

impl From<&ChainStep> for ChainStepView {
    fn from(step: &ChainStep) -> Self {
        let said = step.content.said();
        Self {
            event_id: step.event_id.to_string(),
            index: step.index,
            kind: said.map(|said| said.event.kind().name()),
            kind_zh: said.map(|said| said.event.kind().name_zh()),
            party: said.map(|said| said.event.party.to_string()),
            signed_by: said.and_then(Said::mandatary).map(|party| party.to_string()),
            occurred_at: said.map(|said| said.event.occurred_at.to_string()),
            effective_at: step.effective.to_string(),
            recorded_at: step.recorded_at.to_string(),
            skew_ms: step.skew_ms,
            verdict: step.verdict.name(),
            last_word: step.last_word.map(|word| LastWordView {
                stance: word.stance.name(),
                event_id: word.by.to_string(),
                index: word.by_index,
            }),
            corrections: step.corrections.iter().map(CorrectionView::from).collect(),
            signature: said.map(|said| (&said.signature).into()),
            offer_signature: said.and_then(|said| said.offer.as_ref()).map(SignatureView::from),
            confirmed_by: said.and_then(|said| said.confirmed()).map(GivenBy::name),
            leaf_check: match step.leaf {
                LeafCheck::Matches => "matches",
                LeafCheck::Differs => "differs",
                LeafCheck::Erased => "erased",
            },
            in_log: step.is_in_log,
            not_before: step.bracket.not_before.map(NotBeforeView::from),
            not_after: step.bracket.not_after.map(NotAfterView::from),
            content: match step.content {
                Content::Said(_) => "readable",
                Content::Erased => "erased",
                Content::Unreadable(_) => "unreadable",
            },
            computed: said.map(|said| said.event.is_computed()),
            payload: said.map(|said| said.event.to_json()),
        }
    }
}

/// A page of a chain.
#[derive(Serialize, ToSchema)]
struct ChainPage {
    /// Events in the order of the chain.
    items: Vec<ChainStepView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which part of a chain.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ChainQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
    /// As it was known when the log had so many entries, at most as many as it has; absent for what is known now.
    as_of: Option<String>,
}

/// Every event of a manifest in order: who stated what, when, and whether signatures and log still bear it out.
///
/// With `as_of`, the order, the verdicts and what was said of the events are those known then; signatures and proofs are checked now.
#[utoipa::path(get, path = "/manifests/{id}/chain", operation_id = "getChain", tag = "manifests", security(("bearer" = [])),
    params(("id" = String, Path, description = "Manifest id."), ChainQuery),
    responses((status = 200, description = "The chain.", body = ChainPage), Remembering))]
async fn chain(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(id): Path<ManifestId>,
    uri: Uri,
    Query(query): Query<ChainQuery>,
) -> Result<(HeaderMap, Json<ChainPage>), Problem> {
    let from = page::parsed::<u64>("after", query.after.as_deref(), "50")?.unwrap_or(0);
    let limit = page::limit(query.limit)?;
    let found = match page::as_of(query.as_of.as_deref())? {
        None => app.chain(&viewer, id, from, limit).await?,
        Some(size) => app.chain_as_of(&viewer, id, (from, limit), size).await?,
    };
    let found = found.ok_or_else(Problem::absent)?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.iter().map(ChainStepView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), ChainPage { items, next }))
}
