//! Parties and keys.

use std::collections::HashMap;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Keeping, Reading};
use crate::api::extract::{Json, JsonBody, Path, Query};
use crate::api::layers::MAX_REQUEST_BODY_BYTES;
use crate::api::page;
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::access::PartySeen;
use crate::app::query::{KeyRecord, PartyRecord};
use crate::catalogue::Uscc;
use crate::ledger::Kid;
use crate::shape::Text;

pub(super) fn router() -> OpenApiRouter<App> {
    let parties = OpenApiRouter::new().routes(routes!(parties)).routes(routes!(party));
    let holders = OpenApiRouter::new().routes(routes!(name_holder, forget_holder));
    let holders = holders.layer(DefaultBodyLimit::max(MAX_REQUEST_BODY_BYTES));
    parties.routes(routes!(keys)).routes(routes!(key)).merge(holders)
}

/// A party, as far as the caller may see it.
#[derive(Serialize, ToSchema)]
struct PartyView {
    /// Unified social credit code (GB 32100).
    party: String,
    /// Registered name.
    name: String,
    /// Name in English, if it has one.
    name_en: Option<String>,
    /// What it does: `producer`, `operator`, `carrier`, `authority`, `other`. Absent where only the name is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    kinds: Option<Vec<&'static str>>,
    /// Division it is registered in, six digits. Absent where only the name is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    division: Option<String>,
    /// Log index of its registration. Absent where only the name is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
}

impl From<PartyRecord> for PartyView {
    fn from(record: PartyRecord) -> Self {
        Self {
            party: record.party.to_string(),
            name: record.name,
            name_en: record.name_en,
            kinds: Some(record.kinds.iter().map(|kind| kind.name()).collect()),
            division: Some(record.division.to_string()),
            index: Some(record.index),
        }
    }
}

impl From<PartySeen> for PartyView {
    fn from(seen: PartySeen) -> Self {
        match seen {
            PartySeen::Full(record) => record.into(),
            PartySeen::NameOnly(name) => Self {
                party: name.party.to_string(),
                name: name.name,
                name_en: name.name_en,
                kinds: None,
                division: None,
                index: None,
            },
        }
    }
}

/// A page of parties.
#[derive(Serialize, ToSchema)]
struct PartyPage {
    /// Parties by code.
    items: Vec<PartyView>,
    /// What to pass as `after` for the next page.
    next: Option<String>,
}

/// Which parties.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PartiesQuery {
    /// The `next` of the page before.
    after: Option<String>,
    /// Most items, 1 to 500.
    limit: Option<u64>,
}

/// Parties: all of them for an authority, the caller's own record for anybody else.
///
/// An unverified view, computed from the log: what proves something are the chain of a manifest, an event, and bundles.
#[utoipa::path(get, path = "/parties", operation_id = "listParties", tag = "registry", security(("bearer" = [])),
    params(PartiesQuery), responses((status = 200, description = "A page.", body = PartyPage), Reading))]
async fn parties(
    State(app): State<App>,
    Caller(viewer): Caller,
    uri: Uri,
    Query(query): Query<PartiesQuery>,
) -> Result<(HeaderMap, Json<PartyPage>), Problem> {
    let after = page::parsed::<Uscc>("after", query.after.as_deref(), "91371300MA3C000019")?;
    let after = after.map(|after| after.to_string());
    let found = app.parties(&viewer, after.as_deref(), page::limit(query.limit)?).await?;
    let next = found.next.map(|next| next.to_string());
    let items = found.items.into_iter().map(PartyView::from).collect();
    Ok(page::answer(&uri, next.clone().as_deref(), PartyPage { items, next }))
}

/// One party: in full the caller's own and for an authority, else its name.
#[utoipa::path(get, path = "/parties/{uscc}", operation_id = "getParty", tag = "registry", security(("bearer" = [])),
    params(("uscc" = String, Path, description = "Unified social credit code.")),
    responses((status = 200, description = "The party.", body = PartyView), Reading))]
async fn party(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(code): Path<Uscc>,
) -> Result<Json<PartyView>, Problem> {
    let seen = app.party(&viewer, code).await?.ok_or_else(Problem::absent)?;
    Ok(Json(seen.into()))
}

/// A key and its fate.
#[derive(Serialize, ToSchema)]
struct KeyView {
    /// Thumbprint (RFC 7638).
    kid: String,
    /// The public key, base64url: the JWK member `x` (RFC 8037 §2).
    public_key: String,
    /// The party it speaks for.
    party: String,
    /// What its holder may do.
    role: &'static str,
    /// Log index of its enrolment, or of the rotation that brought it.
    enrolled_index: u64,
    /// The key whose place it took, in a rotation.
    replaces: Option<String>,
    /// Log index of its end: of its revocation, or of the rotation that replaced it.
    revoked_index: Option<u64>,
    /// The key that took its place, where a rotation ended it.
    replaced_by: Option<String>,
    /// When it ended.
    #[schema(format = "date-time")]
    revoked_at: Option<String>,
    /// Events from this log index up to its end are disputed.
    suspected_from: Option<u64>,
    /// Who holds it, in words, as far as its party said; no part of the log.
    holder: Option<String>,
}

impl KeyView {
    fn of(key: KeyRecord, holders: &HashMap<Kid, String>) -> Self {
        Self {
            holder: holders.get(&key.kid).cloned(),
            kid: key.kid.to_string(),
            public_key: key.public.to_string(),
            party: key.party.to_string(),
            role: key.role.name(),
            enrolled_index: key.enrolled_index,
            replaces: key.replaces.map(|kid| kid.to_string()),
            revoked_index: key.revoked_index,
            replaced_by: key.replaced_by.map(|kid| kid.to_string()),
            revoked_at: key.revoked_at.map(|at| at.to_string()),
            suspected_from: key.suspected_from,
        }
    }
}

/// The keys of a party.
#[derive(Serialize, ToSchema)]
struct KeyList {
    /// Keys in the order they were enrolled, at most 500.
    items: Vec<KeyView>,
}

/// Whose keys.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct KeysQuery {
    /// The party; the caller's own when absent.
    party: Option<String>,
}

/// The keys of the caller's party; for an authority, of the party it names.
///
/// An unverified view, computed from the log: what proves something are the chain of a manifest, an event, and bundles.
#[utoipa::path(get, path = "/keys", operation_id = "listKeys", tag = "registry", security(("bearer" = [])),
    params(KeysQuery), responses((status = 200, description = "The keys.", body = KeyList), Reading))]
async fn keys(
    State(app): State<App>,
    Caller(viewer): Caller,
    Query(query): Query<KeysQuery>,
) -> Result<Json<KeyList>, Problem> {
    let party = page::parsed::<Uscc>("party", query.party.as_deref(), "91371300MA3C000019")?;
    let keys = app.keys(&viewer, party).await?;
    let kids: Vec<Kid> = keys.iter().map(|key| key.kid).collect();
    let holders = app.holders(&viewer, &kids).await?;
    Ok(Json(KeyList { items: keys.into_iter().map(|key| KeyView::of(key, &holders)).collect() }))
}

/// One key.
#[utoipa::path(get, path = "/keys/{kid}", operation_id = "getKey", tag = "registry", security(("bearer" = [])),
    params(("kid" = String, Path, description = "Thumbprint, base64url.")),
    responses((status = 200, description = "The key.", body = KeyView), Reading))]
async fn key(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(kid): Path<Kid>,
) -> Result<Json<KeyView>, Problem> {
    let key = app.key(&viewer, kid).await?.ok_or_else(Problem::absent)?;
    let holders = app.holders(&viewer, &[kid]).await?;
    Ok(Json(KeyView::of(key, &holders)))
}

/// Who holds a key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyHolderView {
    /// The person, in words: 1 to 50 characters.
    #[schema(value_type = String)]
    name: Text<50>,
}

/// Write down who holds a key of the caller's own party, in the place of what was written before.
///
/// For administrators, officers and registrars, and for the key itself. No part of the log: it is shown beside what the key signed, to its own
/// party and to authorities, and can be erased.
#[utoipa::path(put, path = "/keys/{kid}/holder", operation_id = "nameHolder", tag = "registry", security(("bearer" = [])),
    params(("kid" = String, Path, description = "Thumbprint, base64url.")),
    request_body(content = KeyHolderView),
    responses((status = 204, description = "Written."), Keeping))]
async fn name_holder(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(kid): Path<Kid>,
    JsonBody(holder): JsonBody<KeyHolderView>,
) -> Result<StatusCode, Problem> {
    match app.name_holder(&viewer, kid, Some(holder.name)).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::absent()),
    }
}

/// Forget who holds a key.
#[utoipa::path(delete, path = "/keys/{kid}/holder", operation_id = "forgetHolder", tag = "registry", security(("bearer" = [])),
    params(("kid" = String, Path, description = "Thumbprint, base64url.")),
    responses((status = 204, description = "Forgotten."), Keeping))]
async fn forget_holder(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(kid): Path<Kid>,
) -> Result<StatusCode, Problem> {
    match app.name_holder(&viewer, kid, None).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::absent()),
    }
}
