//! `/webhooks`: where a party has itself told of what happens (推送): all of them, and the form that makes another.

mod one;

use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::app::webhooks::{
    FINDING_MESSAGES, MAX_URL_CHARS, MAX_WEBHOOKS, WantedWebhook, Webhook, WebhookDetail, keeps_webhooks,
    why_parked,
};
use crate::custody::Kind;
use crate::web::assets::script_path;
use crate::web::components::{number, pairs, table, tag, text};
use crate::web::failure::{Failure, refused};
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::{count, moment};

pub(in crate::web) use one::{change, show};

/// The longest form that is taken, in bytes: an address and every kind of message.
pub(in crate::web) const MAX_FORM_BYTES: usize = 32 * 1024;
/// So many kinds of messages are named in a list.
const NAMED: usize = 4;
/// What messages about findings are called, in the order of [`FINDING_MESSAGES`].
const FINDING_NAMES: [&str; 3] =
    ["webhooks.finding-opened", "webhooks.finding-revised", "webhooks.finding-closed"];

/// Only for those who may keep webhooks: to everybody else there are none.
fn allowed(visit: &Visit) -> Result<(), Failure> {
    visit.signed_in()?;
    if keeps_webhooks(&visit.viewer) { Ok(()) } else { Err(Failure::NotFound) }
}

/// `GET /webhooks`
pub(in crate::web) async fn list(visit: Visit) -> Result<Response, Failure> {
    allowed(&visit)?;
    page(&visit, &WantedWebhook { url: String::new(), whats: Vec::new() }, None).await
}

/// `POST /webhooks`: one more. Its secret stands on the answer, and on no page after it.
pub(in crate::web) async fn make(
    visit: Visit,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Failure> {
    if visit.signed.is_none() {
        return Err(Failure::SignIn);
    }
    allowed(&visit)?;
    let values = |wanted: &'static str| {
        fields.iter().filter(move |(name, _)| name == wanted).map(|(_, value)| value.trim().to_owned())
    };
    let wanted =
        WantedWebhook { url: values("url").next().unwrap_or_default(), whats: values("types").collect() };
    match visit.app.make_webhook(&visit.viewer, wanted.clone()).await {
        Ok(made) => Ok((StatusCode::CREATED, secret_page(&visit, "webhooks.made", &made)).into_response()),
        Err(error) => page(&visit, &wanted, Some(refused(visit.lang, error)?)).await,
    }
}

async fn page(visit: &Visit, wanted: &WantedWebhook, refused: Option<String>) -> Result<Response, Failure> {
    let lang = visit.lang;
    let title = lang.t("webhooks.title");
    // Whoever only looks as somebody sees no addresses.
    let hooks = match &visit.signed {
        Some(_) => visit.app.webhooks(&visit.viewer).await?,
        None => Vec::new(),
    };
    let columns = [
        text("webhooks.address"),
        text("webhooks.what"),
        text("col.status"),
        number("webhooks.delivered"),
        text("webhooks.made-at"),
    ];
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("webhooks.text")) }
        @if let Some(said) = &refused { p.check.bad role="alert" { (said) } }
        @if visit.signed.is_none() {
            p { (lang.t("webhooks.sign-in")) }
        } @else {
            @if hooks.is_empty() { p { (lang.t("webhooks.none")) } }
            @else { (table(lang, title, &columns, hooks.iter().map(|hook| row(visit, hook)).collect())) }
            h2 { (lang.t("webhooks.make")) }
            @if hooks.len() < MAX_WEBHOOKS { (form(lang, wanted)) }
            @else { p { (lang.fill("webhooks.at-most", &[("most", &MAX_WEBHOOKS.to_string())])) } }
        }
    };
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, layout::page(visit, title, body)).into_response())
}

fn row(visit: &Visit, hook: &Webhook) -> Vec<Markup> {
    vec![
        html! { a.anywhere href={ "/webhooks/" (hook.id) } { (hook.url) } },
        html! { (what(visit.lang, &hook.whats, NAMED)) },
        state(visit, hook),
        html! { (count(hook.delivered)) },
        moment(visit.zone(), hook.made_at),
    ]
}

/// What it is told; `most` of the kinds by their names.
fn what(lang: Lang, whats: &[String], most: usize) -> String {
    if whats.is_empty() {
        return lang.t("webhooks.everything").to_owned();
    }
    let named: Vec<&str> = whats.iter().take(most).map(|what| what_name(lang, what)).collect();
    let named = named.join(lang.t("sign.list"));
    if whats.len() <= most {
        return named;
    }
    lang.fill("webhooks.and-more", &[("named", &named), ("n", &whats.len().to_string())])
}

fn what_name(lang: Lang, what: &str) -> &str {
    let of_finding = FINDING_MESSAGES.iter().zip(FINDING_NAMES).find(|(name, _)| **name == what);
    of_finding.map(|(_, key)| lang.t(key)).or_else(|| lang.of("kind", what)).unwrap_or(what)
}

/// How it goes: well, tried again, or stopped and why.
fn state(visit: &Visit, hook: &Webhook) -> Markup {
    let lang = visit.lang;
    html! {
        @match (&hook.parked_for, hook.failing_since) {
            (Some(why), _) => { (tag("bad", lang.t("webhooks.parked"))) " " (why_parked(why, lang)) }
            (None, Some(since)) => {
                (tag("warn", lang.t("webhooks.failing"))) " "
                (lang.t("webhooks.since")) (lang.t("sign.separator")) (moment(visit.zone(), since)) " · "
                (lang.t("webhooks.next-at")) (lang.t("sign.separator")) (moment(visit.zone(), hook.next_at))
            }
            (None, None) => (tag("good", lang.t("webhooks.active"))),
        }
    }
}

fn form(lang: Lang, wanted: &WantedWebhook) -> Markup {
    // That an officer closed a finding and that it is closed are told by the same name.
    let kinds = Kind::ALL.iter().map(|kind| kind.name()).filter(|name| !FINDING_MESSAGES.contains(name));
    let whats = FINDING_MESSAGES.into_iter().chain(kinds);
    html! {
        form.deed method="post" action="/webhooks" {
            label.field {
                span data-label { (lang.t("webhooks.address")) }
                span.hint.soft.small { (lang.t("webhooks.address-hint")) }
                input type="url" name="url" required maxlength=(MAX_URL_CHARS) value=(wanted.url) autocomplete="off";
            }
            details open[!wanted.whats.is_empty()] {
                summary { (lang.t("webhooks.choose")) }
                fieldset {
                    legend { (lang.t("webhooks.what")) }
                    div.choices {
                        @for what in whats {
                            label.inline {
                                input type="checkbox" name="types" value=(what) checked[wanted.whats.iter().any(|wanted| wanted == what)];
                                " " (what_name(lang, what))
                            }
                        }
                    }
                }
            }
            button { (lang.t("webhooks.make-it")) }
        }
    }
}

/// The one page that shows a secret: of a webhook that was just made, or whose secret was renewed.
fn secret_page(visit: &Visit, title: &'static str, made: &WebhookDetail) -> Markup {
    let lang = visit.lang;
    let title = lang.t(title);
    let own = format!("/webhooks/{}", made.hook.id);
    let mut facts = vec![
        (lang.t("webhooks.address"), html! { span.anywhere { (made.hook.url) } }),
        (lang.t("webhooks.what"), html! { (what(lang, &made.hook.whats, NAMED)) }),
        (lang.t("webhooks.secret"), copied(lang, "secret", &made.secret)),
        (lang.t("webhooks.public-key"), copied(lang, "public-key", &made.public_key)),
    ];
    facts.extend(old_until(visit, &made.hook));
    let body = html! {
        h1 { (title) }
        (pairs(&facts))
        p.check.warn { (lang.t("webhooks.once")) }
        p #copied role="status" data-said=(lang.t("keys.copied")) {}
        p { (lang.t("webhooks.then")) " " a href=(own) { (lang.t("webhooks.to-it")) } }
        script type="module" src=(script_path("desk/copy.js")) {}
    };
    layout::page(visit, title, body)
}

/// Until when the old secret is good, where it is.
fn old_until(visit: &Visit, hook: &Webhook) -> Option<(&'static str, Markup)> {
    hook.old_secret_until.map(|until| (visit.lang.t("webhooks.old-until"), moment(visit.zone(), until)))
}

/// A text to be taken elsewhere, with a button that a script shows where it can copy.
fn copied(lang: Lang, id: &str, text: &str) -> Markup {
    html! {
        span.mono.anywhere id=(id) { (text) } " "
        button.second type="button" data-copy-of=(id) hidden { (lang.t("webhooks.copy")) }
    }
}
