//! `/pushes`: what platforms of the state are told (报送): for which the firm agreed, what waits, what they answered.

mod one;

use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::push::{Item, PlatformSeen, PushFilter, PushSpot, PushState, in_words, may_consent};
use crate::app::query::DEFAULT_PAGE;
use crate::shape::Text;
use crate::web::components::{manifest_path, short, table, tag, text};
use crate::web::failure::{Failure, refused};
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::moment;

pub(in crate::web) use one::{retry, show};

/// The longest form that is taken, in bytes: a name and a number.
pub(in crate::web) const MAX_FORM_BYTES: usize = 4 * 1024;
/// Most characters of a plan's number.
const MAX_PLAN_CHARS: usize = 64;

/// Which pushes.
#[derive(Default, Deserialize)]
pub(in crate::web) struct Asked {
    /// In this state.
    #[serde(default)]
    state: String,
    /// What the page before ends with.
    #[serde(default)]
    after: String,
}

/// What the forms send.
#[derive(Deserialize)]
pub(in crate::web) struct ConsentForm {
    /// Which platform.
    #[serde(default)]
    platform: String,
    /// `agree` or `end`.
    #[serde(default)]
    what: String,
    /// What the plan is called there.
    #[serde(default)]
    plan_number: String,
}

/// `GET /pushes`
pub(in crate::web) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    visit.signed_in()?;
    page(&visit, &asked, None).await
}

/// `POST /pushes`: agree that a platform is told, or take that back.
pub(in crate::web) async fn consent(
    visit: Visit,
    Form(form): Form<ConsentForm>,
) -> Result<Response, Failure> {
    if visit.signed.is_none() {
        return Err(Failure::SignIn);
    }
    let (app, viewer, lang) = (&visit.app, &visit.viewer, visit.lang);
    let said = match form.what.as_str() {
        "agree" => {
            let typed = form.plan_number.trim();
            let plan = if typed.is_empty() { Ok(None) } else { Text::new(typed).map(Some) };
            let Ok(plan) = plan else {
                return page(&visit, &Asked::default(), Some(lang.t("pushes.plan-wrong").to_owned())).await;
            };
            app.agree_to_push(viewer, &form.platform, plan).await
        }
        "end" => app.end_push(viewer, &form.platform).await,
        _ => Ok(false),
    };
    match said {
        Ok(true) => Ok(on_to("/pushes")),
        Ok(false) => Err(Failure::NotFound),
        Err(error) => page(&visit, &Asked::default(), Some(refused(lang, error)?)).await,
    }
}

fn on_to(path: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, path)]).into_response()
}

async fn page(visit: &Visit, asked: &Asked, refused: Option<String>) -> Result<Response, Failure> {
    let (lang, state) = (visit.lang, PushState::named(&asked.state));
    let before: Option<PushSpot> = asked.after.parse().ok();
    let title = lang.t("pushes.title");
    let platforms = visit.app.platforms_seen(&visit.viewer).await?;
    let filter = PushFilter { state, manifest: None };
    let found = visit.app.pushes(&visit.viewer, filter, before, DEFAULT_PAGE).await?;
    let columns = [
        text("pushes.manifest"),
        text("pushes.platform"),
        text("pushes.step"),
        text("col.status"),
        text("pushes.number"),
        text("pushes.made-at"),
    ];
    let rows = found.items.iter().map(|item| row(visit, item)).collect();
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("pushes.text")) }
        @if let Some(said) = &refused { p.check.bad role="alert" { (said) } }
        h2 { (lang.t("pushes.platforms")) }
        @if platforms.is_empty() { p { (lang.t("pushes.no-platforms")) } }
        @for seen in &platforms { (platform(visit, seen)) }
        h2 { (lang.t("pushes.list")) }
        form.filter method="get" action="/pushes" {
            label {
                (lang.t("col.status")) " "
                select name="state" {
                    option value="" { (lang.t("pushes.every-state")) }
                    @for one in PushState::ALL {
                        option value=(one.name()) selected[state == Some(one)] { (state_name(lang, one)) }
                    }
                }
            }
            button { (lang.t("pushes.filter")) }
        }
        @if found.items.is_empty() { p { (lang.t("pushes.none")) } }
        @else { (table(lang, lang.t("pushes.list"), &columns, rows)) }
        nav.pager aria-label=(lang.t("pushes.list")) {
            @if before.is_some() { a href=(visit.here_without("after")) { (lang.t("findings.first")) } }
            @if let Some(next) = &found.next {
                a href=(visit.here_with("after", &next.to_string())) rel="next" { (lang.t("findings.more")) }
            }
        }
    };
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, layout::page(visit, title, body)).into_response())
}

fn row(visit: &Visit, item: &Item) -> Vec<Markup> {
    vec![
        html! { a.mono href=(manifest_path(item.manifest)) { (short(&item.manifest.to_string())) } },
        html! { (item.platform) },
        html! { a href={ "/pushes/" (item.id) } { (step_name(visit.lang, item)) } },
        state_tag(visit.lang, item),
        html! { @if let Some(number) = &item.number { span.mono { (number) } } },
        moment(visit.zone(), item.made_at),
    ]
}

/// The step, and whether it puts right what was taken.
fn step_name(lang: Lang, item: &Item) -> String {
    let step = lang.of("push-step", item.step.name()).unwrap_or_else(|| item.step.name());
    if item.corrects { lang.fill("pushes.corrects", &[("step", step)]) } else { step.to_owned() }
}

fn state_name(lang: Lang, state: PushState) -> &'static str {
    lang.of("push-state", state.name()).unwrap_or_else(|| state.name())
}

/// Where it stands, and why.
fn state_tag(lang: Lang, item: &Item) -> Markup {
    let class = match item.state {
        PushState::Accepted if item.why.as_deref().is_none_or(|why| why == "replaced") => "good",
        PushState::Accepted | PushState::Sent | PushState::Partly | PushState::Unmapped => "warn",
        PushState::Refused | PushState::Parked => "bad",
        PushState::Waiting | PushState::Superseded => "",
    };
    html! {
        (tag(class, state_name(lang, item.state)))
        @if let Some(why) = &item.why { " " (in_words(why, lang)) }
        @if let Some(said) = &item.said { (lang.t("sign.separator")) (said) }
    }
}

/// A platform: what it is told, and what the firm said of it.
fn platform(visit: &Visit, seen: &PlatformSeen<'_>) -> Markup {
    let lang = visit.lang;
    let standing = seen.consents.iter().find(|consent| consent.ended.is_none());
    let mapping = seen.platform.mapping();
    let steps = mapping.steps.iter().map(|step| lang.of("push-step", step.step.name()).unwrap_or_default());
    let steps = steps.collect::<Vec<_>>().join(lang.t("sign.list"));
    let may_say = may_consent(&visit.viewer) && visit.signed.is_some();
    html! {
        section {
            h3 { (lang.pick(&seen.platform.zh, &seen.platform.en)) }
            p.soft {
                (lang.pick(&mapping.zh, &mapping.en)) " · " (mapping.id) " " (mapping.edition) " · "
                (lang.fill("pushes.told-of", &[("steps", &steps)]))
            }
            details {
                summary { (lang.t("pushes.unmapped")) }
                ul { @for one in &mapping.unmapped {
                    li { span.mono { (lang.of("push-step", &one.what).unwrap_or(&one.what)) } ": " (lang.pick(&one.zh, &one.en)) }
                } }
            }
            @match standing {
                Some(consent) => p {
                    (tag("good", lang.t("pushes.agreed"))) " " (moment(visit.zone(), consent.since))
                    @if let Some(plan) = &consent.plan_number { " · " (lang.t("pushes.plan")) ": " span.mono { (plan) } }
                },
                None => p { (tag("", lang.t("pushes.not-agreed"))) },
            }
            @if may_say {
                form.filter method="post" action="/pushes" {
                    input type="hidden" name="platform" value=(seen.platform.id);
                    input type="hidden" name="what" value="agree";
                    label {
                        (lang.t("pushes.plan"))
                        input name="plan_number" maxlength=(MAX_PLAN_CHARS) autocomplete="off"
                            value=(standing.and_then(|consent| consent.plan_number.as_deref()).unwrap_or_default());
                    }
                    button { (lang.t(if standing.is_some() { "pushes.save" } else { "pushes.agree" })) }
                }
                @if standing.is_some() {
                    form method="post" action="/pushes" {
                        input type="hidden" name="platform" value=(seen.platform.id);
                        input type="hidden" name="what" value="end";
                        button.second { (lang.t("pushes.end")) }
                    }
                }
            }
        }
    }
}
