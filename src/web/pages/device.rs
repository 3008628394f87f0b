//! `/device`: the keys of this browser. It makes one and has it enrolled by an invitation, takes one from a file, or, in the demonstration, one
//! of those that anybody may have.

use axum::extract::Query;
use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::access::MAX_ASSERTION_BYTES;
use crate::web::assets::script_path;
use crate::web::dress::CALLING_POLICY;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::name_of;

/// Longest invitation that is pasted, in characters: a whole registration may be in it.
const MAX_INVITATION: usize = 16_384;
/// Longest code of an invitation, in characters.
const MAX_CODE: usize = 64;

/// Where somebody wanted to go, and in the demonstration as whom.
#[derive(Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    next: String,
    #[serde(default)]
    seat: String,
}

/// The page.
pub(in crate::web) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Response {
    let lang = visit.lang;
    let title = lang.t("device.title");
    let next = if asked.next.is_empty() { "/tasks" } else { &asked.next };
    let body = html! {
        h1 { (title) }
        p { (lang.t("device.text")) }
        noscript { p.check.warn { (lang.t("signing.no-script")) } }
        p #trouble .check.bad role="alert" tabindex="-1" hidden {}
        div #unable hidden {
            p.check.warn { (lang.t("device.unable")) }
            p { (lang.t("device.sidecar")) " " code { "liandan sign --key FILE --token " (visit.app.origin()) } }
            p { a href="/login" { (lang.t("login.by-token")) } }
        }
        div #device data-log=(visit.app.origin()) data-ahead=(visit.ahead_ms()) data-unreached=(lang.t("signing.unreached"))
            data-unfit=(lang.t("device.unfit")) data-other-log=(lang.t("device.other-log")) data-sure=(lang.t("device.sure")) {
            div #able hidden {
                (seats(&visit, &asked.seat))
                (own_keys(&visit))
                (enrolment(&visit))
                (from_file(&visit))
            }
        }
        form #login data-now=(visit.callers_ms()) method="post" action="/login" hidden {
            input type="hidden" name="next" value=(next);
            textarea name="token" maxlength=(MAX_ASSERTION_BYTES) aria-hidden="true" tabindex="-1" {}
        }
        script type="module" src=(script_path("desk/enrol.js")) {}
    };
    ([(CONTENT_SECURITY_POLICY, CALLING_POLICY)], layout::page(&visit, title, body)).into_response()
}

/// In the demonstration anybody sits down anywhere.
fn seats(visit: &Visit, wanted: &str) -> Markup {
    let lang = visit.lang;
    let Some(demo) = visit.demo.as_ref().filter(|demo| !demo.parties.is_empty()) else { return html! {} };
    html! {
        section {
            h2 { (lang.t("device.seat")) }
            p { (lang.t("device.seat-text")) }
            form #seat .filter {
                label { (lang.t("demo.as"))
                    select name="seat" {
                        @for party in &demo.parties {
                            option value=(party.party) selected[party.party.to_string() == wanted] { (name_of(lang, party)) }
                        }
                    }
                }
                button { (lang.t("device.sit")) }
            }
        }
    }
}

fn own_keys(visit: &Visit) -> Markup {
    let lang = visit.lang;
    html! {
        section {
            h2 { (lang.t("device.own")) }
            p #no-keys .soft { (lang.t("device.none")) }
            ul #own-keys .plain-list {}
            template #own-key {
                li {
                    span.mono data-kid {} " " span.soft data-made {}
                    span.buttons {
                        button type="button" data-enter { (lang.t("device.enter")) }
                        button.second type="button" data-forget { (lang.t("device.forget")) }
                    }
                }
            }
        }
    }
}

fn enrolment(visit: &Visit) -> Markup {
    let lang = visit.lang;
    html! {
        section {
            h2 { (lang.t("device.enrol")) }
            p { (lang.t("device.enrol-text")) }
            form #enrol .deed {
                label.field {
                    span data-label { (lang.t("device.invitation")) }
                    textarea name="invitation" rows="4" required maxlength=(MAX_INVITATION) spellcheck="false" autocomplete="off" {}
                }
                label.field {
                    span data-label { (lang.t("device.code")) }
                    input name="code" maxlength=(MAX_CODE) autocomplete="off" spellcheck="false";
                }
                button { (lang.t("device.make")) }
            }
        }
    }
}

fn from_file(visit: &Visit) -> Markup {
    let lang = visit.lang;
    html! {
        section {
            h2 { (lang.t("device.file")) }
            p { (lang.t("device.file-text")) }
            label.field { span data-label { (lang.t("login.key")) } input #key-file type="file" accept=".pem"; }
        }
    }
}
