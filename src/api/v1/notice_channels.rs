//! Where the caller's own key wants to be told of notices.

use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::caller::Caller;
use crate::api::documented::{Keeping, Reading};
use crate::api::extract::{Json, JsonBody, Path};
use crate::api::problem::Problem;
use crate::app::App;
use crate::app::notices::{ChannelDetail, Outgoing, WantedChannel, Way};
use crate::catalogue::Severity;
use crate::shape::Lang;

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(put, erase)).routes(routes!(confirm))
}

/// The languages of short messages.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ChannelLanguage {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// How much something matters.
#[derive(Clone, Copy, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum ChannelSeverity {
    /// For information.
    Notice,
    /// Should be looked at.
    Minor,
    /// Must be answered.
    Major,
    /// Custody unknown or unlawful.
    Critical,
}

impl From<ChannelSeverity> for Severity {
    fn from(severity: ChannelSeverity) -> Self {
        match severity {
            ChannelSeverity::Notice => Self::Notice,
            ChannelSeverity::Minor => Self::Minor,
            ChannelSeverity::Major => Self::Major,
            ChannelSeverity::Critical => Self::Critical,
        }
    }
}

/// Where somebody wants to be told, and of what.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedChannelView {
    /// An e-mail address, or a telephone number.
    #[schema(max_length = 254, example = "wang@example.cn")]
    address: String,
    /// Language of short messages, `zh` when absent; letters have both.
    #[serde(default)]
    language: Option<ChannelLanguage>,
    /// Nothing that matters less is sent; `notice` when absent.
    #[serde(default)]
    severity: Option<ChannelSeverity>,
    /// Kinds of notices; all where it names none.
    #[serde(default)]
    #[schema(max_items = 100)]
    kinds: Vec<String>,
    /// Nothing is sent for now.
    #[serde(default)]
    quiet: bool,
}

/// What was and is to be sent.
#[derive(Serialize, ToSchema)]
struct ChannelMessageView {
    /// The notice; absent for a code.
    #[schema(format = "uuid")]
    notice: Option<String>,
    /// When it was to be sent.
    #[schema(format = "date-time")]
    made_at: String,
    /// `waiting`, `sent`, `given-up` after 24 hours, or `void`: nobody needs it any more.
    state: String,
    /// Since when it is so.
    #[schema(format = "date-time")]
    ended_at: Option<String>,
    /// How often it was tried.
    attempts: u64,
    /// Why the last attempt failed, or why it is void.
    error: Option<String>,
}

impl From<Outgoing> for ChannelMessageView {
    fn from(message: Outgoing) -> Self {
        Self {
            notice: message.notice.map(|id| id.to_string()),
            made_at: message.made_at.to_string(),
            state: message.state,
            ended_at: message.ended_at.map(|at| at.to_string()),
            attempts: message.attempts,
            error: message.error,
        }
    }
}

/// Where the caller's key wants to be told.
#[derive(Serialize, ToSchema)]
struct ChannelView {
    /// `email` or `phone`.
    way: String,
    /// The address, in its one spelling.
    address: String,
    /// Language of short messages.
    language: String,
    /// Nothing that matters less is sent.
    severity: String,
    /// Kinds of notices; all where it names none.
    kinds: Vec<String>,
    /// Nothing is sent for now.
    quiet: bool,
    /// When the code was shown that was sent there; nothing else is sent before.
    #[schema(format = "date-time")]
    confirmed_at: Option<String>,
    /// The last messages, the last first; at most 20.
    messages: Vec<ChannelMessageView>,
}

impl From<ChannelDetail> for ChannelView {
    fn from(detail: ChannelDetail) -> Self {
        let channel = detail.channel;
        Self {
            way: channel.way,
            address: channel.address,
            language: channel.language,
            severity: channel.severity,
            kinds: channel.kinds,
            quiet: channel.is_quiet,
            confirmed_at: channel.confirmed_at.map(|at| at.to_string()),
            messages: detail.messages.into_iter().map(ChannelMessageView::from).collect(),
        }
    }
}

/// The channels of the caller's key.
#[derive(Serialize, ToSchema)]
struct ChannelList {
    /// At most one of each way.
    items: Vec<ChannelView>,
}

/// Where the caller's own key is told of notices. Nobody else sees its addresses.
#[utoipa::path(get, path = "/notice-channels", operation_id = "listNoticeChannels", tag = "notices", security(("bearer" = [])),
    responses((status = 200, description = "The channels.", body = ChannelList), Reading))]
async fn list(State(app): State<App>, Caller(viewer): Caller) -> Result<Json<ChannelList>, Problem> {
    let items = app.notice_channels(&viewer).await?.into_iter().map(ChannelView::from).collect();
    Ok(Json(ChannelList { items }))
}

/// Say where the caller's own key wants to be told, in the place of what was said before.
///
/// A new address, and one that is not confirmed yet, is sent a code of eight digits, good for 30 minutes, and nothing else until that was shown. One code in
/// 60 seconds, five a day for each key and each address.
#[utoipa::path(put, path = "/notice-channels/{way}", operation_id = "setNoticeChannel", tag = "notices", security(("bearer" = [])),
    params(("way" = String, Path, description = "`email` or `phone`.")),
    request_body(content = WantedChannelView),
    responses((status = 200, description = "The channel.", body = ChannelView), Keeping))]
async fn put(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(way): Path<String>,
    JsonBody(wanted): JsonBody<WantedChannelView>,
) -> Result<Json<ChannelView>, Problem> {
    let way = Way::named(&way).ok_or_else(Problem::absent)?;
    let language = match wanted.language {
        Some(ChannelLanguage::En) => Lang::En,
        Some(ChannelLanguage::Zh) | None => Lang::Zh,
    };
    let wanted = WantedChannel {
        address: wanted.address,
        language,
        severity: wanted.severity.map_or(Severity::Notice, Severity::from),
        kinds: wanted.kinds,
        is_quiet: wanted.quiet,
    };
    Ok(Json(app.set_notice_channel(&viewer, way, wanted).await?.into()))
}

/// Forget an address of the caller's own key, and all that was sent there.
#[utoipa::path(delete, path = "/notice-channels/{way}", operation_id = "eraseNoticeChannel", tag = "notices", security(("bearer" = [])),
    params(("way" = String, Path, description = "`email` or `phone`.")),
    responses((status = 204, description = "Forgotten."), Keeping))]
async fn erase(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(way): Path<String>,
) -> Result<StatusCode, Problem> {
    let way = Way::named(&way).ok_or_else(Problem::absent)?;
    let is_gone = app.erase_notice_channel(&viewer, way).await?;
    if is_gone { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::absent()) }
}

/// The code that came.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ChannelCodeView {
    /// Eight digits.
    #[schema(max_length = 64, example = "01234567")]
    code: String,
}

/// Confirm an address with the code that was sent there; five guesses at each code.
#[utoipa::path(post, path = "/notice-channels/{way}/confirm", operation_id = "confirmNoticeChannel", tag = "notices",
    security(("bearer" = [])), params(("way" = String, Path, description = "`email` or `phone`.")),
    request_body(content = ChannelCodeView),
    responses((status = 200, description = "The channel, confirmed.", body = ChannelView), Keeping))]
async fn confirm(
    State(app): State<App>,
    Caller(viewer): Caller,
    Path(way): Path<String>,
    JsonBody(shown): JsonBody<ChannelCodeView>,
) -> Result<Json<ChannelView>, Problem> {
    let way = Way::named(&way).ok_or_else(Problem::absent)?;
    let found = app.confirm_notice_channel(&viewer, way, &shown.code).await?;
    Ok(Json(found.ok_or_else(Problem::absent)?.into()))
}
