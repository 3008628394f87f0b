//! `GET /service`: whether the ledger takes anything in, what to do when it does not, and what its operator promises.

use axum::response::Response;
use maud::{Markup, html};

use crate::app::Mode;
use crate::app::service::Both;
use crate::web::components::check;
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::Visit;

/// The rule that knows how long paper may wait.
const BACK_FILL: (&str, &str) = ("back-fill-overdue", "working_days");

/// The page; it is there for everybody.
pub(in crate::web) async fn show(visit: Visit) -> Result<Response, Failure> {
    let lang = visit.lang;
    let ready = visit.app.readiness().await?;
    let days = visit.profile().threshold(BACK_FILL.0, BACK_FILL.1).to_string();
    let state = match ready.mode {
        Mode::Signing if ready.is_ready() => check("good", lang.t("operation.taking")),
        Mode::Signing => check("warn", lang.t("operation.not-ready")),
        Mode::ReadOnly(_) => check("bad", lang.t("read-only.name")),
    };
    let body = html! {
        h1 { (lang.t("service.title")) }
        p data-live="service" { (state) }
        h2 { (lang.t("service.down")) }
        p { (lang.t("service.down-text")) }
        ol.prose {
            li { (lang.t("service.phone")) " " a href="/driver" { (lang.t("driver.title")) } }
            li { (lang.fill("service.paper", &[("days", &days)])) }
            li { (lang.t("service.program")) }
            li { (lang.t("service.check")) }
        }
        h2 { (lang.t("service.always")) }
        ul.prose {
            @for what in ["service.receipt", "service.order", "service.proof", "service.told"] { li { (lang.t(what)) } }
        }
        h2 { (lang.t("service.promised")) }
        (promised(&visit))
        p.links { a href="/log" { (lang.t("site.log")) } }
    };
    Ok(layout::live(&visit, lang.t("service.title"), body))
}

fn promised(visit: &Visit) -> Markup {
    let lang = visit.lang;
    let Some(terms) = visit.app.promised() else { return html! { p { (lang.t("service.unsaid")) } } };
    let of = |both: &Both| lang.pick(&both.zh, &both.en).to_owned();
    html! {
        @if !terms.promises.is_empty() { ul.prose { @for promise in &terms.promises { li { (of(promise)) } } } }
        p { strong { (lang.t("service.contact")) } (lang.t("sign.separator")) (of(&terms.contact)) }
    }
}
