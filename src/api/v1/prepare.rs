//! What somebody wants to say, made ready for signing.

use std::collections::BTreeMap;

use axum::extract::{DefaultBodyLimit, State};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::receipt::ReceiptView;
use crate::api::caller::Caller;
use crate::api::documented::Preparing;
use crate::api::extract::{Json, JsonBody};
use crate::api::layers::MAX_EVENT_BODY_BYTES;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::error::SubmitError;
use crate::app::proposal::{Proposal, Reading, Wish};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(prepare)).layer(DefaultBodyLimit::max(MAX_EVENT_BODY_BYTES))
}

/// What somebody wants to say. Everything but `kind` and `data` is filled in where it is absent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `Wish` reads")]
struct WishView {
    /// Kind of the event, such as `waste.generated`.
    kind: String,
    /// Its payload, as docs/formats.md says. A text `new:NAME` in it (lower-case letters, digits, hyphens) becomes a new id, the same
    /// wherever it has the same name; at most 2,048.
    #[schema(value_type = Object)]
    data: serde_json::Value,
    /// Version of the payload; 1 when absent.
    v: Option<u16>,
    /// The party's name for this statement, a UUID of version 7; a new one when absent. Give your own to be able to ask again.
    #[schema(format = "uuid")]
    act: Option<String>,
    /// Code of the acting party; the caller's when absent.
    r#for: Option<String>,
    /// The mandate it is signed under.
    #[schema(format = "uuid")]
    mandate: Option<String>,
    /// Ids of the events the signer knows; the last one of the manifest when absent, where the caller may see that.
    prev: Option<Vec<String>>,
    /// The last checkpoint the signer has seen; the latest one when absent, none when `null`.
    anchor: Option<AnchorView>,
    /// When it happened; now when absent.
    #[schema(format = "date-time")]
    occurred_at: Option<String>,
    /// Where it happened.
    #[schema(value_type = Option<Object>)]
    place: Option<serde_json::Value>,
}

/// A checkpoint as an event names it.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `Wish` reads")]
struct AnchorView {
    /// Size of the log.
    size: u64,
    /// Its root hash, base64url.
    root: String,
}

/// What one field means.
#[derive(Serialize, ToSchema)]
struct FieldReadView {
    /// JSON pointer inside the payload.
    pointer: String,
    /// In Chinese.
    zh: String,
    /// In English; names that have none, in Chinese.
    en: String,
}

/// What is to be signed, in words: for the person who signs.
#[derive(Serialize, ToSchema)]
struct ReadingView {
    /// In one sentence, in Chinese.
    zh: String,
    /// The same in English.
    en: String,
    /// What single fields mean: masses in kilograms, names of parties, sites, wastes and treatments, times where the ledger is.
    said: Vec<FieldReadView>,
}

impl From<Reading> for ReadingView {
    fn from(reading: Reading) -> Self {
        let said = reading.said.into_iter();
        Self {
            zh: reading.zh,
            en: reading.en,
            said: said
                .map(|said| FieldReadView { pointer: said.pointer, zh: said.zh, en: said.en })
                .collect(),
        }
    }
}

/// What to sign, and what would come of it.
#[derive(Serialize, ToSchema)]
struct ProposalView {
    /// The ASCII text to sign with the caller's key (Ed25519). The event to upload is this text, a dot, and the 64 bytes of the signature
    /// in base64url without padding.
    signing_input: String,
    /// What the event will be called: SHA-256 of the signing input, base64url.
    event_id: String,
    /// The payload, as it stands in the signing input.
    #[schema(value_type = Object)]
    payload: serde_json::Value,
    /// The ids that were made, by their names.
    new_ids: BTreeMap<String, uuid::Uuid>,
    /// What it says, in words.
    reading: ReadingView,
    /// The receipt it would get now, without a proof, with the findings it would open and close; absent where it would be refused.
    receipt: Option<ReceiptView>,
    /// Why it would be refused.
    problem: Option<Problem>,
}

impl From<Proposal> for ProposalView {
    fn from(proposal: Proposal) -> Self {
        let (receipt, problem) = match proposal.judged {
            Ok(receipt) => (Some(receipt.into()), None),
            Err(refusal) => (None, Some(SubmitError::Refused(refusal).into())),
        };
        Self {
            signing_input: proposal.signing_input,
            event_id: proposal.event_id.to_string(),
            payload: proposal.payload,
            new_ids: proposal.new_ids,
            reading: proposal.reading.into(),
            receipt,
            problem,
        }
    }
}

/// Make an event ready for signing.
///
/// Plain JSON in; out come the exact bytes to sign, a reading of them in words, and what would come of them if they were signed by the
/// caller's key and sent now. Nothing is recorded, and the key stays where it is. What has not the form of its kind is refused as it would be
/// at the upload.
#[utoipa::path(post, path = "/events/prepare", operation_id = "prepareEvent", tag = "events", security(("bearer" = [])),
    request_body(content = WishView),
    responses((status = 200, description = "What to sign.", body = ProposalView), Preparing))]
async fn prepare(
    State(app): State<App>,
    Caller(viewer): Caller,
    JsonBody(wish): JsonBody<Wish, MAX_EVENT_BODY_BYTES>,
) -> Result<Json<ProposalView>, Problem> {
    Ok(Json(app.propose(&viewer, wish).await?.into()))
}
