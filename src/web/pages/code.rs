//! `GET /q`: what a scanned code says, read from behind the `#` of the address by the page itself: the server learns nothing of it. Whoever
//! scans with any camera, also in WeChat, sees in words what is handed over.

use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{IntoResponse, Response};
use maud::html;

use super::driver::words;
use crate::web::assets::{npm_path, script_path};
use crate::web::dress::KEPT_POLICY;
use crate::web::layout;
use crate::web::visit::Visit;

/// What a code tells, by the names that the script knows, with the keys of the terms.
const FACTS: [(&str, &str); 13] = [
    ("step", "col.action"),
    ("manifest", "subject.manifest"),
    ("by", "col.who"),
    ("from", "offer.from"),
    ("to", "offer.to"),
    ("lines", "manifest.lines"),
    ("containers", "manifest.containers"),
    ("asked", "code.asked"),
    ("found", "code.found"),
    ("at", "col.when"),
    ("log", "code.ledger"),
    ("size", "code.size"),
    ("key", "code.key"),
];

/// The page.
pub(in crate::web) async fn show(visit: Visit) -> Response {
    let lang = visit.lang;
    let body = html! {
        h1 { (lang.t("code.title")) }
        noscript { p.check.bad { (lang.t("code.needs-script")) } }
        div data-code data-log=(visit.app.origin()) data-log-key=(visit.app.verifier().to_vkey()) data-zone=(visit.profile().zone().name)
            data-words=(words(lang)) data-decoder=[npm_path("decode.js")] {
            p.check.warn role="note" data-part="inside-another" hidden { (lang.t("code.inside-another")) }
            p data-part="nothing" hidden { (lang.t("code.nothing")) }
            p.check.bad role="alert" data-part="unread" hidden { (lang.t("code.unread")) }
            p.check.warn role="status" data-part="incomplete" hidden {}
            div data-part="facts" hidden {
                p data-part="kind" {}
                ul.marks data-part="marks" {}
                dl.pairs {
                    @for (name, key) in FACTS {
                        div data-part=(name) hidden { dt { (lang.t(key)) } dd data-value {} }
                    }
                }
            }
            p.buttons {
                a.button data-part="take" href="/driver" hidden { (lang.t("code.take")) }
                a.button.second data-part="onward" href="/manifests" hidden { (lang.t("code.onward")) }
            }
            form.filter data-part="typed" {
                label { (lang.t("code.typed")) input name="code" required autocomplete="off" spellcheck="false"; }
                button { (lang.t("code.read")) }
                button.second type="button" data-part="camera" hidden { (lang.t("code.camera")) }
            }
            p.check.warn role="alert" data-part="no-camera" hidden { (lang.t("code.no-camera")) }
            video.seen data-part="seen" muted playsinline aria-label=(lang.t("code.camera")) hidden {}
            details data-part="compact" hidden {
                summary { (lang.t("offer.compact")) }
                textarea readonly rows="6" aria-label=(lang.t("offer.compact")) {}
            }
        }
        script type="module" src=(script_path("carry/page.js")) {}
    };
    ([(CONTENT_SECURITY_POLICY, KEPT_POLICY)], layout::bare(&visit, lang.t("code.title"), body))
        .into_response()
}
