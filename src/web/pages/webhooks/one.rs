//! `/webhooks/{id}`: one webhook, what its receiver answered, and what can be done about it.

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::{allowed, old_until, secret_page, state, what};
use crate::app::webhooks::{
    Attempt, MAX_ATTEMPTS_KEPT, MAX_OVERLAP_HOURS, OVERLAP_HOURS, Webhook, WebhookDetail,
};
use crate::id::WebhookId;
use crate::web::components::{check, number, pairs, short, table, text};
use crate::web::failure::{Failure, refused};
use crate::web::layout;
use crate::web::pages::cases::owner;
use crate::web::visit::Visit;
use crate::web::words::{count, moment};

/// Most digits of a number of a message.
const MAX_DIGITS: usize = 20;

/// What the forms send.
#[derive(Deserialize)]
pub(in crate::web) struct ChangeForm {
    /// What to do: `test`, `replay`, `renew`, `erase`.
    #[serde(default)]
    what: String,
    /// After which message to send again; empty for going on.
    #[serde(default)]
    after: String,
    /// Hours for which the old secret stays good; a day where it names none.
    #[serde(default)]
    hours: String,
}

/// `GET /webhooks/{id}`
pub(in crate::web) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    allowed(&visit)?;
    // Whoever only looks as somebody sees no addresses.
    if visit.signed.is_none() {
        return Err(Failure::NotFound);
    }
    page(&visit, id.parse().map_err(|_| Failure::NotFound)?, None).await
}

/// `POST /webhooks/{id}`
pub(in crate::web) async fn change(
    visit: Visit,
    Path(id): Path<String>,
    Form(form): Form<ChangeForm>,
) -> Result<Response, Failure> {
    if visit.signed.is_none() {
        return Err(Failure::SignIn);
    }
    allowed(&visit)?;
    let id: WebhookId = id.parse().map_err(|_| Failure::NotFound)?;
    let (app, viewer) = (&visit.app, &visit.viewer);
    let is_there = match form.what.as_str() {
        "test" => app.test_webhook(viewer, id).await?.is_some(),
        "erase" => {
            let is_gone = app.delete_webhook(viewer, id).await?;
            return if is_gone { Ok(on_to("/webhooks")) } else { Err(Failure::NotFound) };
        }
        "replay" => {
            let Ok(after) = after(&form.after) else {
                return page(&visit, id, Some(visit.lang.t("webhooks.after-wrong").to_owned())).await;
            };
            match app.replay_webhook(viewer, id, after).await {
                Ok(hook) => hook.is_some(),
                Err(error) => return page(&visit, id, Some(refused(visit.lang, error)?)).await,
            }
        }
        "renew" => {
            let hours = match form.hours.trim() {
                "" => OVERLAP_HOURS,
                // What is no number is too many, and told so.
                typed => typed.parse().unwrap_or(u32::MAX),
            };
            return match app.renew_secret(viewer, id, hours).await {
                Ok(Some(renewed)) => Ok(secret_page(&visit, "webhooks.renewed", &renewed).into_response()),
                Ok(None) => Err(Failure::NotFound),
                Err(error) => page(&visit, id, Some(refused(visit.lang, error)?)).await,
            };
        }
        _ => false,
    };
    if is_there { Ok(on_to(&format!("/webhooks/{id}"))) } else { Err(Failure::NotFound) }
}

fn on_to(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, path)]).into_response()
}

/// The number that was filled in, if there is one.
fn after(typed: &str) -> Result<Option<u64>, std::num::ParseIntError> {
    let typed = typed.trim();
    if typed.is_empty() { Ok(None) } else { typed.parse().map(Some) }
}

async fn page(visit: &Visit, id: WebhookId, refused: Option<String>) -> Result<Response, Failure> {
    let detail = visit.app.webhook(&visit.viewer, id).await?.ok_or(Failure::NotFound)?;
    let lang = visit.lang;
    let title = lang.fill("webhooks.one", &[("id", &short(&id.to_string()))]);
    let body = html! {
        h1 { (title) }
        @if let Some(said) = &refused { p.check.bad role="alert" { (said) } }
        (pairs(&facts(visit, &detail)))
        p.soft.small { (lang.t("webhooks.secret-text")) }
        (acts(visit, &detail.hook))
        h2 { (lang.t("webhooks.attempts")) }
        (attempts(visit, &detail.attempts))
        p { a href="/webhooks" { (lang.t("webhooks.all")) } }
    };
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, layout::page(visit, &title, body)).into_response())
}

fn facts(visit: &Visit, detail: &WebhookDetail) -> Vec<(&'static str, Markup)> {
    let (lang, hook) = (visit.lang, &detail.hook);
    let mut facts = vec![
        (lang.t("webhooks.address"), html! { span.anywhere { (hook.url) } }),
        (lang.t("webhooks.what"), html! { (what(lang, &hook.whats, hook.whats.len())) }),
        (lang.t("col.status"), state(visit, hook)),
        (lang.t("webhooks.delivered"), html! { (count(hook.delivered)) }),
        (lang.t("webhooks.key"), owner(visit, &hook.kid)),
        (lang.t("webhooks.made-at"), moment(visit.zone(), hook.made_at)),
        (lang.t("webhooks.public-key"), html! { span.mono.anywhere { (detail.public_key) } }),
    ];
    facts.extend(old_until(visit, hook));
    facts
}

fn acts(visit: &Visit, hook: &Webhook) -> Markup {
    let lang = visit.lang;
    let path = format!("/webhooks/{}", hook.id);
    let again = if hook.parked_for.is_some() { "webhooks.start-again" } else { "webhooks.send-again" };
    html! {
        form.filter method="post" action=(path) {
            input type="hidden" name="what" value="test";
            span.soft { (lang.t("webhooks.test-text")) }
            button { (lang.t("webhooks.test")) }
        }
        form.filter method="post" action=(path) {
            input type="hidden" name="what" value="replay";
            label {
                (lang.t("webhooks.after"))
                input name="after" inputmode="numeric" maxlength=(MAX_DIGITS) autocomplete="off";
            }
            span.soft { (lang.t("webhooks.after-text")) }
            button { (lang.t(again)) }
        }
        details {
            summary { (lang.t("webhooks.renew")) }
            form method="post" action=(path) {
                input type="hidden" name="what" value="renew";
                p { (lang.t("webhooks.renew-text")) }
                label {
                    (lang.t("webhooks.renew-overlap")) " "
                    select name="hours" {
                        @for hours in [OVERLAP_HOURS, MAX_OVERLAP_HOURS] {
                            option value=(hours) { (lang.fill("webhooks.renew-hours", &[("hours", &hours.to_string())])) }
                        }
                        option value="0" { (lang.t("webhooks.renew-at-once")) }
                    }
                }
                button { (lang.t("webhooks.renew-it")) }
            }
        }
        details {
            summary { (lang.t("webhooks.erase")) }
            form method="post" action=(path) {
                input type="hidden" name="what" value="erase";
                p { (lang.t("webhooks.erase-text")) }
                button { (lang.t("webhooks.erase-it")) }
            }
        }
    }
}

fn attempts(visit: &Visit, attempts: &[Attempt]) -> Markup {
    let lang = visit.lang;
    let row = |attempt: &Attempt| {
        let is_taken = attempt.status.is_some_and(|status| (200..300).contains(&status));
        let said = match attempt.status {
            Some(status) => status.to_string(),
            None => attempt.error.clone().unwrap_or_default(),
        };
        vec![
            html! { (attempt.n) },
            html! { @if attempt.seq == 0 { (lang.t("webhooks.a-test")) } @else { (count(attempt.seq)) } },
            moment(visit.zone(), attempt.at),
            check(if is_taken { "good" } else { "bad" }, &said),
        ]
    };
    let columns = [
        number("webhooks.attempt"),
        number("webhooks.message"),
        text("webhooks.tried-at"),
        text("webhooks.answer"),
    ];
    html! {
        @if attempts.is_empty() { p { (lang.t("webhooks.no-attempts")) } } @else {
            p.soft.small { (lang.fill("webhooks.kept", &[("most", &MAX_ATTEMPTS_KEPT.to_string())])) }
            (table(lang, lang.t("webhooks.attempts"), &columns, attempts.iter().map(row).collect()))
        }
    }
}
