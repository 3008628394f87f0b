//! `GET /verify`: a bundle checked in the visitor's browser. The server sends this page and its scripts and takes nothing: the
//! policy of the page forbids it every connection.

use maud::{Markup, html};

use crate::web::assets::verify_script_paths;
use crate::web::components::{table, text};
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::visit::Visit;

/// What is checked, in order: the rows that the scripts know, with the keys of name and explanation.
const CHECKS: [(&str, &str, &str); 6] = [
    ("form", "verify.form", "verify.form-text"),
    ("checkpoint", "verify.checkpoint", "verify.checkpoint-text"),
    ("witnesses", "verify.witnesses", "verify.witnesses-text"),
    ("keys", "verify.keys", "verify.keys-text"),
    ("events", "verify.events", "verify.events-text"),
    ("head", "verify.head", "verify.head-text"),
];

/// What can come out: exit codes 0 to 3 of `liandan verify bundle`.
const OUTCOMES: [(&str, &str, &str); 4] = [
    ("valid", "good", "verify.valid"),
    ("invalid", "bad", "verify.invalid"),
    ("below-policy", "warn", "verify.below-policy"),
    ("cannot-tell", "warn", "verify.cannot-tell"),
];

/// The page.
pub(in crate::web) async fn show(visit: Visit) -> Markup {
    let lang = visit.lang;
    let body = html! {
        h1 { (lang.t("verify.title")) }
        p { (lang.t("verify.intro")) }
        p { strong { (lang.t("verify.private")) } }
        p.soft { (lang.t("verify.trust")) }
        noscript { p.check.bad { (lang.t("verify.needs-script")) } }
        (inputs(lang))
        section #result aria-live="polite" {
            h2 { (lang.t("verify.result")) }
            p #waiting { (lang.t("verify.waiting")) }
            @for (outcome, class, key) in OUTCOMES {
                p.outcome.(class) data-outcome=(outcome) hidden { (lang.t(key)) }
            }
            p.soft #took hidden { (lang.t("verify.took")) " " span.num {} " ms" }
        }
        (checks(lang))
        (entries(lang))
        @for (n, path) in verify_script_paths().iter().enumerate() {
            // Fetched at once; without this, a module would be asked for only when another names it.
            @if n == 0 { script type="module" src=(path) {} } @else { link rel="modulepreload" href=(path); }
        }
    };
    layout::page(&visit, lang.t("verify.title"), body)
}

/// Nothing here is a form: there is nowhere to send it.
fn inputs(lang: Lang) -> Markup {
    html! {
        div.filter #inputs {
            label { (lang.t("verify.bundle")) input #bundle type="file" accept=".json,application/json"; }
            label { (lang.t("verify.policy")) input #policy type="file"; }
            label.wide {
                (lang.t("verify.policy-text"))
                textarea #policy-text rows="4" spellcheck="false" autocomplete="off" {}
            }
            button #run type="button" disabled { (lang.t("verify.run")) }
        }
        p.soft.small { (lang.t("verify.policy-hint")) " " (lang.t("verify.drop")) }
    }
}

fn checks(lang: Lang) -> Markup {
    html! {
        h2 { (lang.t("verify.checks")) }
        ol.checks #checks data-good=(lang.t("verify.good")) data-bad=(lang.t("verify.bad")) data-noted=(lang.t("verify.noted"))
            data-unknown=(lang.t("verify.unknown")) data-skipped=(lang.t("verify.skipped")) {
            @for (id, name, text) in CHECKS {
                li data-check=(id) {
                    strong { (lang.t(name)) } " " span.check data-state {}
                    p.soft { (lang.t(text)) }
                    ul data-detail {}
                }
            }
        }
    }
}

fn entries(lang: Lang) -> Markup {
    const COLUMNS: [crate::web::components::Column; 4] =
        [text("verify.index"), text("verify.kind"), text("verify.recorded"), text("verify.standing-of")];
    html! {
        section #entries hidden
            data-good=(lang.t("verify.entry-good")) data-suspected=(lang.t("verify.entry-suspected"))
            data-ended=(lang.t("verify.entry-ended")) data-erased=(lang.t("verify.entry-erased")) {
            h2 { (lang.t("verify.entries")) }
            (table(lang, lang.t("verify.entries"), &COLUMNS, vec![]))
        }
    }
}
