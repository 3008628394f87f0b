//! `/notices/channels`: where somebody wants to be told of notices.

use axum::extract::Form;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::notices::{ChannelDetail, WantedChannel, Way};
use crate::catalogue::Severity;
use crate::web::components::check;
use crate::web::failure::{Failure, refused};
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::moment;

/// The longest address that a form takes, in characters.
const MAX_ADDRESS: usize = 254;
const SEVERITIES: [Severity; 4] = [Severity::Notice, Severity::Minor, Severity::Major, Severity::Critical];

/// What the forms send.
#[derive(Deserialize)]
pub(in crate::web) struct ChannelForm {
    /// What to do: `save`, `confirm`, `erase`.
    #[serde(default)]
    what: String,
    #[serde(default)]
    way: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    severity: String,
    /// Ticked or not.
    #[serde(default)]
    quiet: String,
    #[serde(default)]
    code: String,
}

/// `GET /notices/channels`
pub(in crate::web) async fn show(visit: Visit) -> Result<Response, Failure> {
    page(&visit, None).await
}

/// `POST /notices/channels`
pub(in crate::web) async fn change(visit: Visit, Form(form): Form<ChannelForm>) -> Result<Response, Failure> {
    if visit.signed.is_none() {
        return Err(Failure::SignIn);
    }
    let way = Way::named(&form.way).ok_or(Failure::NotFound)?;
    let done = match form.what.as_str() {
        "erase" => visit.app.erase_notice_channel(&visit.viewer, way).await.map(drop),
        "confirm" => visit.app.confirm_notice_channel(&visit.viewer, way, &form.code).await.map(drop),
        _ => {
            let own = visit.app.notice_channels(&visit.viewer).await?;
            let own = own.into_iter().find(|detail| detail.channel.way == way.name());
            let severity = SEVERITIES.into_iter().find(|severity| severity.name() == form.severity);
            let wanted = WantedChannel {
                address: form.address.clone(),
                language: visit.lang,
                severity: severity.unwrap_or(Severity::Notice),
                // Kinds are chosen by programs; the page leaves them as they are.
                kinds: own.map(|detail| detail.channel.kinds).unwrap_or_default(),
                is_quiet: !form.quiet.is_empty(),
            };
            visit.app.set_notice_channel(&visit.viewer, way, wanted).await.map(drop)
        }
    };
    match done {
        Ok(()) => Ok((StatusCode::SEE_OTHER, [(LOCATION, "/notices/channels")]).into_response()),
        Err(error) => page(&visit, Some(refused(visit.lang, error)?)).await,
    }
}

async fn page(visit: &Visit, refused: Option<String>) -> Result<Response, Failure> {
    visit.signed_in()?;
    let lang = visit.lang;
    let title = lang.t("channels.title");
    // Whoever only looks as somebody sees no addresses.
    let own = match &visit.signed {
        Some(_) => visit.app.notice_channels(&visit.viewer).await?,
        None => Vec::new(),
    };
    let is_refused = refused.is_some();
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("channels.text")) }
        @if let Some(said) = &refused { p.check.bad role="alert" { (said) } }
        @if visit.signed.is_none() { p { (lang.t("channels.sign-in")) } }
        @for way in Way::ALL {
            @let detail = own.iter().find(|detail| detail.channel.way == way.name());
            h2 { (lang.t(if way == Way::Email { "channels.email" } else { "channels.phone" })) }
            @if !visit.app.has_way(way) { p { (lang.t("channels.not-served")) } }
            @else if visit.signed.is_some() { (forms(visit, way, detail)) }
        }
    };
    let status = if is_refused { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, layout::page(visit, title, body)).into_response())
}

fn forms(visit: &Visit, way: Way, detail: Option<&ChannelDetail>) -> Markup {
    let lang = visit.lang;
    let channel = detail.map(|detail| &detail.channel);
    html! {
        @if let Some(channel) = channel {
            p {
                @match channel.confirmed_at {
                    Some(at) => { (check("good", lang.t("channels.confirmed"))) " " (moment(visit.zone(), at)) }
                    None => (check("bad", lang.t("channels.unconfirmed"))),
                }
            }
            @if channel.confirmed_at.is_none() {
                form.filter method="post" action="/notices/channels" {
                    input type="hidden" name="what" value="confirm";
                    input type="hidden" name="way" value=(way.name());
                    label {
                        (lang.t("channels.code"))
                        input name="code" inputmode="numeric" maxlength="8" required autocomplete="one-time-code";
                    }
                    button { (lang.t("channels.confirm")) }
                }
            }
        }
        form.filter method="post" action="/notices/channels" {
            input type="hidden" name="what" value="save";
            input type="hidden" name="way" value=(way.name());
            label {
                (lang.t("channels.address"))
                input name="address" required maxlength=(MAX_ADDRESS) value=(channel.map_or("", |channel| channel.address.as_str()));
            }
            label {
                (lang.t("channels.severity"))
                select name="severity" {
                    @for severity in SEVERITIES {
                        option value=(severity.name()) selected[channel.is_some_and(|channel| channel.severity == severity.name())] {
                            (lang.of("severity", severity.name()).unwrap_or(severity.name()))
                        }
                    }
                }
            }
            label {
                (lang.t("channels.quiet"))
                input type="checkbox" name="quiet" value="true" checked[channel.is_some_and(|channel| channel.is_quiet)];
            }
            button { (lang.t("channels.save")) }
        }
        @if let Some(detail) = detail {
            form method="post" action="/notices/channels" {
                input type="hidden" name="what" value="erase";
                input type="hidden" name="way" value=(way.name());
                button { (lang.t("channels.erase")) }
            }
            (given_up(visit, detail))
        }
    }
}

/// What could not be sent.
fn given_up(visit: &Visit, detail: &ChannelDetail) -> Markup {
    let failed = detail.messages.iter().filter(|message| message.state == "given-up");
    html! {
        @for message in failed {
            p { (check("bad", visit.lang.t("channels.given-up"))) " " (moment(visit.zone(), message.made_at)) }
        }
    }
}
