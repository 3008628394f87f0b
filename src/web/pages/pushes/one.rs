//! `/pushes/{id}`: one step that a platform is told of, and everything that came back.

use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::{on_to, state_tag, step_name};
use crate::app::push::{
    LineMark, LineState, MAX_PUSH_ATTEMPTS_KEPT, PushAttempt, PushDetail, PushState, in_words, may_consent,
};
use crate::id::PushId;
use crate::web::components::{check, manifest_path, number, pairs, short, table, text};
use crate::web::failure::{Failure, refused};
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::moment;

/// `GET /pushes/{id}`
pub(in crate::web) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    visit.signed_in()?;
    page(&visit, id.parse().map_err(|_| Failure::NotFound)?, None).await
}

/// `POST /pushes/{id}`: once more.
pub(in crate::web) async fn retry(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    if visit.signed.is_none() {
        return Err(Failure::SignIn);
    }
    let id: PushId = id.parse().map_err(|_| Failure::NotFound)?;
    match visit.app.retry_push(&visit.viewer, id).await {
        Ok(Some(_)) => Ok(on_to(&format!("/pushes/{id}"))),
        Ok(None) => Err(Failure::NotFound),
        Err(error) => page(&visit, id, Some(refused(visit.lang, error)?)).await,
    }
}

async fn page(visit: &Visit, id: PushId, refused: Option<String>) -> Result<Response, Failure> {
    let detail = visit.app.push_detail(&visit.viewer, id).await?.ok_or(Failure::NotFound)?;
    let (lang, item) = (visit.lang, &detail.item);
    let title = lang.fill("pushes.one", &[("step", &step_name(lang, item))]);
    let may_retry = matches!(item.state, PushState::Parked | PushState::Refused)
        && may_consent(&visit.viewer)
        && visit.signed.is_some();
    let body = html! {
        h1 { (title) }
        @if let Some(said) = &refused { p.check.bad role="alert" { (said) } }
        (pairs(&facts(visit, &detail)))
        @if may_retry {
            form method="post" action={ "/pushes/" (id) } {
                p.soft { (lang.t("pushes.retry-text")) }
                button { (lang.t("pushes.retry")) }
            }
        }
        @if !item.notes.is_empty() {
            h2 { (lang.t("pushes.notes")) }
            ul { @for note in &item.notes { li { (in_words(note, lang)) } } }
        }
        h2 { (lang.t("pushes.lines")) }
        (lines(lang, &item.lines))
        h2 { (lang.t("pushes.tries")) }
        (tries(visit, &detail.attempts))
        p { a href="/pushes" { (lang.t("pushes.all")) } }
    };
    let status = if refused.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok((status, layout::page(visit, &title, body)).into_response())
}

fn facts(visit: &Visit, detail: &PushDetail) -> Vec<(&'static str, Markup)> {
    let (lang, item) = (visit.lang, &detail.item);
    let mut facts = vec![
        (
            lang.t("pushes.manifest"),
            html! { a.mono href=(manifest_path(item.manifest)) { (short(&item.manifest.to_string())) } },
        ),
        (lang.t("pushes.platform"), html! { (item.platform) }),
        (lang.t("col.status"), state_tag(lang, item)),
        (lang.t("pushes.made-at"), moment(visit.zone(), item.made_at)),
    ];
    if detail.is_held {
        facts.push((lang.t("pushes.held"), html! { (lang.t("pushes.held-text")) }));
    }
    if let Some(number) = &item.number {
        let manifest = manifest_path(item.manifest);
        let bind = html! { span.mono { (number) } " " a href=(manifest) { (lang.t("pushes.bind-text")) } };
        facts.push((lang.t("pushes.number"), bind));
    }
    if matches!(item.state, PushState::Waiting | PushState::Sent) {
        facts.push((lang.t("pushes.next-at"), moment(visit.zone(), item.next_at)));
    }
    facts.push((lang.t("pushes.digest"), html! { span.mono.anywhere { (item.head) } }));
    facts
}

fn lines(lang: Lang, lines: &[LineState]) -> Markup {
    let row = |line: &LineState| {
        let (class, name) = match line.mark {
            LineMark::Open => ("", "pushes.line-open"),
            LineMark::Accepted => ("good", "pushes.line-accepted"),
            LineMark::Refused => ("bad", "pushes.line-refused"),
            LineMark::Replaced => ("warn", "pushes.line-replaced"),
        };
        let said = [line.code.as_deref(), line.said.as_deref()].into_iter().flatten().collect::<Vec<_>>();
        vec![html! { (line.line) }, check(class, lang.t(name)), html! { (said.join(" ")) }]
    };
    let columns = [number("pushes.line"), text("col.status"), text("pushes.said")];
    table(lang, lang.t("pushes.lines"), &columns, lines.iter().map(row).collect())
}

fn tries(visit: &Visit, attempts: &[PushAttempt]) -> Markup {
    let lang = visit.lang;
    let row = |attempt: &PushAttempt| {
        let status = attempt.status.map(|status| status.to_string());
        let parts = [&status, &attempt.code, &attempt.said, &attempt.number, &attempt.error];
        let said = parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(" · ");
        let asked = if attempt.is_question { "pushes.a-question" } else { "pushes.a-message" };
        vec![
            html! { (attempt.n) },
            html! { (lang.t(asked)) },
            moment(visit.zone(), attempt.at),
            check(if attempt.error.is_none() { "good" } else { "bad" }, &said),
        ]
    };
    let columns = [number("pushes.try"), text("pushes.asked"), text("pushes.tried-at"), text("pushes.said")];
    html! {
        @if attempts.is_empty() { p { (lang.t("pushes.no-tries")) } } @else {
            p.soft.small { (lang.fill("pushes.kept", &[("most", &MAX_PUSH_ATTEMPTS_KEPT.to_string())])) }
            (table(lang, lang.t("pushes.tries"), &columns, attempts.iter().map(row).collect()))
        }
    }
}
