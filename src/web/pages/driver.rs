//! `GET /driver`: handing over where there may be no network, for drivers and at the gates of both ends. The page says nothing of who opens it: a
//! browser keeps it for whoever comes next, and its scripts fill its screens with what that device knows.

use std::collections::BTreeMap;

use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::custody::Kind;
use crate::registry::Role;
use crate::web::assets::{npm_path, script_path};
use crate::web::dress::SIGNING_POLICY;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::pages::manifests::STATUSES;
use crate::web::visit::Visit;

/// Longest code that is typed, in characters.
const MAX_CODE: usize = 65_536;
/// Longest reason, in characters.
const MAX_REASON: usize = 400;
/// Longest plate and waste code, in characters.
const MAX_SHORT: usize = 16;
/// Kinds of events that are stated here.
const KINDS: [Kind; 5] = [
    Kind::WasteCollected,
    Kind::WasteTransferred,
    Kind::WasteDelivered,
    Kind::WasteReturned,
    Kind::WasteReceived,
];

/// The page.
pub(in crate::web) async fn show(visit: Visit) -> Response {
    let lang = visit.lang;
    let body = html! {
        noscript { p.check.bad { (lang.t("driver.needs-script")) } }
        div #driver .hand data-log=(visit.app.origin()) data-log-key=(visit.app.verifier().to_vkey()) data-ahead=(visit.ahead_ms())
            data-zone=(visit.profile().zone().name) data-words=(words(lang))
            data-decoder=[npm_path("decode.js")] data-encoder=[npm_path("index.js")] {
            p.check.warn role="note" data-part="inside-another" hidden { (lang.t("code.inside-another")) }
            p.check.bad role="alert" data-part="trouble" hidden {}
            p.check.bad data-part="unable" hidden { (lang.t("driver.unable")) }
            nav.standing aria-label=(lang.t("driver.title")) {
                a data-part="home" href="#" hidden { (lang.t("driver.home")) }
                a.state data-part="state" href="#queue" hidden {}
            }
            p.soft data-part="loading" { (lang.t("driver.loading")) }
            (who(lang))
            (legs(lang))
            (load(lang))
            (scan(lang))
            (sign(lang))
            (codes(lang))
            (queue(lang))
            (pass(lang))
        }
        script type="module" src=(script_path("carry/driver.js")) {}
    };
    let page = layout::installable(&visit, lang.t("driver.title"), body);
    ([(CONTENT_SECURITY_POLICY, SIGNING_POLICY)], page).into_response()
}

/// What the scripts say, by the names that they have for it.
pub(super) fn words(lang: Lang) -> String {
    let mut words: BTreeMap<String, &str> = lang.group("carry");
    let of = |group: &str, name: &str| lang.of(group, name).unwrap_or_default();
    words.extend(KINDS.map(|kind| (kind.name().to_owned(), of("kind", kind.name()))));
    words.extend(STATUSES.map(|status| (format!("status.{}", status.name()), of("status", status.name()))));
    words.extend(Role::ALL.map(|role| (format!("role.{}", role.name()), of("role", role.name()))));
    serde_json::to_string(&words).unwrap_or_default()
}

/// Whose key signs: more than one may share a device.
fn who(lang: Lang) -> Markup {
    html! {
        section data-screen="who" hidden {
            h1 { (lang.t("driver.who")) }
            p.soft { (lang.t("driver.who-text")) }
            ul.plain-list data-part="people" {}
            p data-part="nobody" hidden { (lang.t("driver.nobody")) " " a href="/device?next=/driver" { (lang.t("driver.enrol")) } }
            template data-name="person" { li { button.wide type="button" data-do="person" {} } }
        }
    }
}

fn legs(lang: Lang) -> Markup {
    html! {
        section data-screen="legs" hidden {
            h1 { (lang.t("driver.title")) }
            p.soft { (lang.t("driver.text")) }
            p { strong data-part="who" {} " " button.second type="button" data-do="change" { (lang.t("driver.change")) } }
            p.big { a.button href="#scan" { (lang.t("driver.scan")) } }
            h2 { (lang.t("driver.legs")) }
            p.check.warn data-part="skew" hidden {}
            p.soft data-part="none" hidden { (lang.t("driver.none")) }
            ul.loads data-part="loads" {}
            p { span.soft.small data-part="fetched" {} " " button.second type="button" data-do="refresh" { (lang.t("driver.refresh")) } }
            template data-name="load" {
                li { a { strong data-part="title" {} span data-part="what" {} span.soft data-part="next" {} } }
            }
        }
    }
}

fn load(lang: Lang) -> Markup {
    let facts = [
        ("from", "offer.from"),
        ("to", "offer.to"),
        ("carriers", "driver.carriers"),
        ("vehicle", "deed.vehicle"),
        ("lines", "manifest.lines"),
        ("holder", "driver.holder"),
        ("leaves", "manifest.departure"),
    ];
    html! {
        section data-screen="load" hidden {
            h1 data-part="title" {}
            div.steps data-part="steps" {}
            dl.pairs {
                @for (name, key) in facts { div data-part=(name) hidden { dt { (lang.t(key)) } dd data-value {} } }
            }
            h2 { (lang.t("driver.papers")) }
            ul.plain-list data-part="papers" {}
        }
    }
}

fn scan(lang: Lang) -> Markup {
    html! {
        section data-screen="scan" hidden {
            h1 { (lang.t("driver.scan-title")) }
            p.told role="status" data-part="told" {}
            video.seen data-part="seen" muted playsinline aria-label=(lang.t("driver.seen")) hidden {}
            p.check.warn data-part="no-camera" hidden { (lang.t("driver.no-camera")) }
            p.buttons {
                button.second type="button" data-part="light" hidden { (lang.t("driver.light")) }
                button type="button" data-part="enough" data-do="enough" hidden { (lang.t("driver.enough")) }
            }
            form.deed data-part="typed" {
                label.field { span data-label { (lang.t("driver.typed")) }
                    input name="code" required maxlength=(MAX_CODE) autocomplete="off" autocapitalize="off" spellcheck="false"; }
                button.second { (lang.t("driver.read")) }
            }
        }
    }
}

fn sign(lang: Lang) -> Markup {
    html! {
        section data-screen="sign" hidden {
            h1 data-part="title" {}
            p.sentence data-part="sentence" {}
            ul.marks data-part="marks" {}
            form.deed {
                div data-part="lines" {}
                (containers(lang))
                label.field data-part="vehicle" { span data-label { (lang.t("deed.vehicle")) } input name="vehicle" maxlength=(MAX_SHORT) autocomplete="off"; }
                label.field data-part="site" { span data-label { (lang.t("driver.site")) } select name="site" {} }
                label.field data-part="photo" { span data-label { (lang.t("driver.photo")) } input type="file" name="photos" accept="image/*" capture="environment" multiple; }
                label.field data-part="reason" { span data-label { (lang.t("driver.reason")) } textarea name="note" rows="2" maxlength=(MAX_REASON) {} }
                label.inline { input type="checkbox" name="place"; " " (lang.t("driver.place")) }
                p.check.bad role="alert" tabindex="-1" data-part="stop" hidden {}
                button.wide data-part="go" {}
            }
            template data-name="line" {
                fieldset {
                    legend {}
                    label.field { span data-label { (lang.t("driver.mass")) } input name="mass" inputmode="decimal" required autocomplete="off"; }
                    label.field data-part="code" hidden { span data-label { (lang.t("driver.code")) } input name="code" inputmode="numeric" maxlength=(MAX_SHORT) autocomplete="off"; }
                }
            }
        }
    }
}

/// What was seen of the containers. What differs stops the handover until somebody says why.
fn containers(lang: Lang) -> Markup {
    html! {
        fieldset data-part="containers" {
            legend { (lang.t("driver.containers")) }
            p data-part="counted" role="status" {}
            p.check.bad role="alert" data-part="differs" hidden {}
            p.buttons {
                button.second type="button" data-act="see-each" { (lang.t("driver.see-each")) }
                button.second type="button" data-act="see-all" { (lang.t("driver.see-all")) }
            }
            details { summary { (lang.t("driver.list")) } ul.plain-list data-part="listed" {} }
        }
    }
}

/// Codes for the other screen, and what comes behind them.
fn codes(lang: Lang) -> Markup {
    html! {
        section data-screen="show" hidden {
            h1 data-part="title" {}
            p data-part="text" {}
            (drawn(lang))
            p.steps {
                a.button data-part="answer" href="#scan" hidden { (lang.t("driver.answer")) }
                a.button.second data-part="next" href="#scan" { (lang.t("driver.next")) }
                a.button.second data-part="alone" hidden { (lang.t("driver.alone")) }
            }
            p.soft data-part="state" {}
            ul.found data-part="findings" {}
            details data-part="compact" {
                summary { (lang.t("driver.compact")) }
                textarea readonly rows="6" aria-label=(lang.t("driver.compact")) {}
            }
        }
    }
}

fn drawn(lang: Lang) -> Markup {
    html! {
        div.scanned data-part="codes" {}
        p.check.warn data-part="undrawn" hidden { (lang.t("driver.undrawn")) }
    }
}

fn queue(lang: Lang) -> Markup {
    html! {
        section data-screen="queue" hidden {
            h1 { (lang.t("driver.queue")) }
            p data-part="none" .soft hidden { (lang.t("driver.queue-none")) }
            p { button type="button" data-do="again" { (lang.t("driver.again")) } }
            p.check.warn data-part="persisted" hidden { (lang.t("driver.unpersisted")) " " button.second type="button" data-do="persist" { (lang.t("driver.persist")) } }
            ul.loads data-part="items" {}
        }
        template data-name="paper" {
            li {
                a {}
                span.soft data-part="state" {}
                ul.marks data-part="troubles" {}
                ul.found data-part="findings" {}
                button.second type="button" data-do="drop" hidden { (lang.t("driver.drop")) }
            }
        }
    }
}

/// What an officer scans at the road.
fn pass(lang: Lang) -> Markup {
    html! {
        section data-screen="pass" hidden {
            h1 data-part="title" {}
            p data-part="text" {}
            (drawn(lang))
            p.steps { a.button.second data-part="handing" hidden { (lang.t("driver.handing")) } }
        }
    }
}
