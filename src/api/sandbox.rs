//! What only a sandbox has, under `/sandbox`: who its parties are, a clock that is moved on, counterparties that act, the approval sheet. No token
//! is asked for: the parties are invented, and their keys are anybody's.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};

use super::extract::{Json, JsonBody};
use super::layers;
use super::layers::MAX_EVENT_BODY_BYTES;
use super::problem::Problem;
use super::v1::receipt::ReceiptView;
use crate::catalogue::Uscc;
use crate::registry::Role;
use crate::sandbox::{self, Act, Acted, Sandbox, Shown, WorldParty, WorldSite};

/// What only a sandbox has. Merge it with [`super::router`].
pub fn router(sandbox: Sandbox) -> Router {
    let routes = Router::new()
        .route("/sandbox", get(about))
        .route("/sandbox/clock", post(forward))
        .route("/sandbox/act", post(act))
        .route("/sandbox/keys/{file}", get(key))
        .route("/sandbox/approval/{party}", get(approval))
        .layer(DefaultBodyLimit::max(MAX_EVENT_BODY_BYTES))
        .with_state(sandbox);
    layers::guard(routes).merge(seats())
}

/// Keys of the offices of invented firms, which are anybody's, for a browser to sit down with. What a demonstration and a sandbox have beside
/// the interface.
pub fn seats() -> Router {
    layers::guard(Router::new().route("/demo/keys/{party}", get(seat)))
}

async fn seat(Path(party): Path<Uscc>) -> Result<Response, Problem> {
    let pem = sandbox::office_key(party).ok_or_else(Problem::absent)?.to_pkcs8_pem();
    Ok(([(header::CONTENT_TYPE, "application/x-pem-file")], pem).into_response())
}

/// What there is to try things with.
#[derive(Serialize)]
struct AboutView {
    /// Origin of the log: what tokens and events name.
    log: String,
    /// What the ledger's clock shows.
    now: String,
    /// The parties: who sends, who carries, who takes and treats.
    parties: Vec<SeatView>,
}

/// One of the parties.
#[derive(Serialize)]
struct SeatView {
    /// Its short name.
    label: String,
    /// Its code.
    party: String,
    /// Its name in Chinese.
    zh: String,
    /// In English.
    en: String,
    /// Its sites.
    sites: Vec<SeatSiteView>,
    /// Plates of its vehicles.
    vehicles: Vec<String>,
    /// Its keys.
    keys: Vec<SeatKeyView>,
}

/// A site of one of the parties.
#[derive(Serialize)]
struct SeatSiteView {
    /// Its id.
    site: String,
    /// Its name.
    zh: String,
}

/// A key of one of the parties.
#[derive(Serialize)]
struct SeatKeyView {
    /// Its role.
    role: &'static str,
    /// Its thumbprint.
    kid: String,
    /// Where its private half is, as PKCS#8 in PEM.
    pem: String,
}

impl SeatView {
    fn of(sandbox: &Sandbox, party: &WorldParty) -> Self {
        let site = |site: &WorldSite| SeatSiteView { site: site.site.to_string(), zh: site.zh.to_string() };
        let key = |role: &Role| SeatKeyView {
            role: role.name(),
            kid: sandbox.key(party, *role).public().kid().to_string(),
            pem: format!("/sandbox/keys/{}-{}.pem", party.label, role.name()),
        };
        Self {
            label: party.label.clone(),
            party: party.uscc.to_string(),
            zh: party.zh.to_string(),
            en: party.en.to_string(),
            sites: party.sites.iter().map(site).collect(),
            vehicles: party.vehicles.iter().map(|plate| plate.to_string()).collect(),
            keys: party.roles().iter().map(key).collect(),
        }
    }
}

async fn about(State(sandbox): State<Sandbox>) -> Json<AboutView> {
    Json(AboutView {
        log: sandbox.app().origin().to_owned(),
        now: sandbox.app().clock().now().to_string(),
        parties: sandbox.seats().map(|party| SeatView::of(&sandbox, party)).collect(),
    })
}

/// A private key that anybody may have.
async fn key(State(sandbox): State<Sandbox>, Path(file): Path<String>) -> Result<Response, Problem> {
    let (label, role) =
        file.strip_suffix(".pem").and_then(|name| name.split_once('-')).ok_or_else(Problem::absent)?;
    let party = sandbox.seats().find(|party| party.label == label).ok_or_else(Problem::absent)?;
    let role = party.roles().iter().find(|known| known.name() == role).ok_or_else(Problem::absent)?;
    let pem = sandbox.key(party, *role).to_pkcs8_pem();
    Ok(([(header::CONTENT_TYPE, "application/x-pem-file")], pem).into_response())
}

/// How far the clock is to be moved on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForwardView {
    /// Milliseconds, up to 366 days; 0 lets happen what is due.
    by_ms: i64,
}

/// What the clock shows.
#[derive(Serialize)]
struct ClockView {
    /// The moment.
    now: String,
}

async fn forward(
    State(sandbox): State<Sandbox>,
    JsonBody(wanted): JsonBody<ForwardView>,
) -> Result<Json<ClockView>, Problem> {
    let now = sandbox.forward(wanted.by_ms).await?;
    Ok(Json(ClockView { now: now.to_string() }))
}

/// What a counterparty stated.
#[derive(Serialize)]
struct ActedView {
    /// The manifest.
    manifest: String,
    /// Who stated it.
    party: String,
    /// The receipts, in order.
    receipts: Vec<ReceiptView>,
}

impl From<Acted> for ActedView {
    fn from(acted: Acted) -> Self {
        let receipts = acted.submitted.into_iter().map(|submitted| submitted.receipt.into());
        Self {
            manifest: acted.manifest.to_string(),
            party: acted.party.to_string(),
            receipts: receipts.collect(),
        }
    }
}

async fn act(
    State(sandbox): State<Sandbox>,
    JsonBody(act): JsonBody<Act, MAX_EVENT_BODY_BYTES>,
) -> Result<Json<ActedView>, Problem> {
    Ok(Json(sandbox.act(act).await?.into()))
}

/// The approval sheet of a party, as text to be printed: `acme`, or `acme.json` for programs.
async fn approval(State(sandbox): State<Sandbox>, Path(name): Path<String>) -> Result<Response, Problem> {
    let label = name.strip_suffix(".json");
    let wanted = label.unwrap_or(&name);
    let party = sandbox.seats().find(|party| party.label == wanted).ok_or_else(Problem::absent)?;
    let sheet = sandbox.approval(party).await?;
    Ok(match label {
        Some(_) => Json(SheetView::of(party, &sheet)).into_response(),
        None => printed(&sandbox, party, &sheet).into_response(),
    })
}

/// The approval sheet.
#[derive(Serialize)]
struct SheetView {
    /// The party.
    party: String,
    /// True when everything was shown.
    is_complete: bool,
    /// What is wanted.
    abilities: Vec<AbilityView>,
}

/// One thing that is wanted.
#[derive(Serialize)]
struct AbilityView {
    /// Its name.
    ability: &'static str,
    /// In Chinese.
    zh: &'static str,
    /// In English.
    en: &'static str,
    /// The event that shows it.
    proof: Option<String>,
}

impl SheetView {
    fn of(party: &WorldParty, sheet: &[Shown]) -> Self {
        let ability = |shown: &Shown| AbilityView {
            ability: shown.ability.name(),
            zh: shown.ability.zh(),
            en: shown.ability.en(),
            proof: shown.proof.map(|id| id.to_string()),
        };
        Self {
            party: party.uscc.to_string(),
            is_complete: sheet.iter().all(|shown| shown.proof.is_some()),
            abilities: sheet.iter().map(ability).collect(),
        }
    }
}

/// The sheet as text: it is read at a terminal, and printed.
fn printed(sandbox: &Sandbox, party: &WorldParty, sheet: &[Shown]) -> String {
    let (zh, en) = (&*party.zh, &*party.en);
    let head = [
        "联调验收单 Approval sheet".to_owned(),
        format!("{zh} {en} {}", party.uscc),
        format!("{} {}", sandbox.app().origin(), sandbox.app().clock().now()),
    ];
    let lines = sheet.iter().flat_map(|shown| {
        let (sign, proof) = match shown.proof {
            Some(id) => ("[x]", id.to_string()),
            None => ("[ ]", "未见 not yet".to_owned()),
        };
        let Shown { ability, .. } = shown;
        [format!("{sign} {}", ability.zh()), format!("    {}", ability.en()), format!("    {proof}")]
    });
    let mut text: Vec<String> = head.into_iter().collect();
    text.push(String::new());
    text.extend(lines);
    text.push(String::new());
    text.join("\n")
}
