//! The shell around every page.

use axum::http::header::CONTENT_SECURITY_POLICY;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::acting;
use super::assets::{script_path, style_path};
use super::dress::CALLING_POLICY;
use super::i18n::Lang;
use super::visit::{Demo, VIEW, Visit};
use super::words::name_of;
use crate::app::Mode;
use crate::app::access::Viewer;
use crate::app::signing::ReadOnly;

mod head;

/// Two sheets and a link between them, small enough to stand in the page.
pub(super) const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='3' fill='%230a5c63'/%3E%3Cpath d='M4 3h5v7H4zM7 6h5v7H7z' fill='none' stroke='%23fff' stroke-width='1.3'/%3E%3C/svg%3E";

/// The colour of that picture, around what is put on a home screen.
pub(super) const THEME: &str = "#0a5c63";

/// A whole page.
pub(super) fn page(visit: &Visit, title: &str, body: Markup) -> Markup {
    let lang = visit.lang;
    html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            (head_of(lang, title, html! {}))
            body {
                a.skip href="#main" { (lang.t("site.skip")) }
                @if let Mode::ReadOnly(why) = visit.app.mode() { (read_only(visit, &why)) }
                @if let Some(demo) = &visit.demo { (banner(visit, demo)) }
                (acting::switch(visit))
                (head::head(visit))
                main #main .width tabindex="-1" { (body) }
                (foot(visit))
                (shortcuts(lang))
                script type="module" src=(script_path("desk/keys.js")) {}
            }
        }
    }
}

fn head_of(lang: Lang, title: &str, links: Markup) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (title) " – " (lang.t("site.name")) }
            link rel="stylesheet" href=(style_path());
            link rel="icon" href=(ICON);
            (links)
        }
    }
}

/// A page that says nothing of who looks at it, because a browser keeps it for whoever comes next.
pub(super) fn bare(visit: &Visit, title: &str, body: Markup) -> Markup {
    shell(visit, title, html! {}, body)
}

/// The same, and it may be put on the home screen of a phone.
pub(super) fn installable(visit: &Visit, title: &str, body: Markup) -> Markup {
    shell(
        visit,
        title,
        html! { link rel="manifest" href="/driver.webmanifest"; meta name="theme-color" content=(THEME); },
        body,
    )
}

fn shell(visit: &Visit, title: &str, links: Markup, body: Markup) -> Markup {
    let lang = visit.lang;
    html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            (head_of(lang, title, links))
            body {
                @if visit.demo.is_some() {
                    aside.banner aria-label=(lang.t("demo.label")) { .width { p { strong { (lang.t("demo.name")) } " " (lang.t("demo.bare")) } } }
                }
                header.head { div.width.bar { a.brand href="/" { (lang.t("site.name")) } div.corner { (head::other_language(visit)) } } }
                main #main .width tabindex="-1" { (body) }
            }
        }
    }
}

/// A page that is kept true while it is looked at: its parts with `data-live` are, each by its name.
pub(super) fn live(visit: &Visit, title: &str, body: Markup) -> Response {
    let body = html! { (body) (live_script(visit)) };
    ([(CONTENT_SECURITY_POLICY, CALLING_POLICY)], page(visit, title, body)).into_response()
}

/// The script of a page that is kept true, and where it says so. Nothing happens to whom nothing concerns.
pub(super) fn live_script(visit: &Visit) -> Markup {
    html! {
        @if visit.viewer != Viewer::Public {
            p.soft.small data-live-state hidden { (visit.lang.t("site.live")) }
            script type="module" src=(script_path("desk/live.js")) {}
        }
    }
}

/// What everybody must know who looks at a database that lacks entries.
fn read_only(visit: &Visit, why: &ReadOnly) -> Markup {
    let lang = visit.lang;
    let reason = match lang {
        Lang::Zh => why.zh(),
        Lang::En => why.to_string(),
    };
    html! {
        aside.banner.alarm role="alert" {
            .width {
                p { strong { (lang.t("read-only.name")) } " " (lang.t("read-only.text")) }
                p { (reason) }
            }
        }
    }
}

fn banner(visit: &Visit, demo: &Demo) -> Markup {
    let lang = visit.lang;
    html! {
        aside.banner aria-label=(lang.t("demo.label")) {
            .width {
                p { strong { (lang.t("demo.name")) } " " (lang.t("demo.text")) }
                @if visit.signed.is_none() {
                    form method="get" action=(visit.path) {
                        (visit.kept(VIEW))
                        label for="view" { (lang.t("demo.as")) }
                        select #view name=(VIEW) {
                            @for party in &demo.parties {
                                option value=(party.party) selected[visit.viewer.party() == Some(party.party)] {
                                    (name_of(lang, party))
                                }
                            }
                        }
                        button { (lang.t("demo.switch")) }
                    }
                    p { a href=(seat(visit)) { (lang.t("demo.sign-in")) } }
                }
            }
        }
    }
}

/// Where one sits down as whom one looks.
fn seat(visit: &Visit) -> String {
    let party = visit.viewer.party().map(|party| party.to_string()).unwrap_or_default();
    format!("/device?seat={party}&next={}", visit.path)
}

fn foot(visit: &Visit) -> Markup {
    let lang = visit.lang;
    let zone = visit.profile().zone();
    html! {
        footer.foot {
            .width {
                p {
                    @if !visit.ledger.is_empty() {
                        (lang.t("site.ledger")) (lang.t("sign.separator")) (visit.ledger) " · "
                    }
                    span.mono { (visit.app.origin()) }
                }
                p { a href="/service" { (lang.t("service.title")) } }
                p.keyboard { (lang.t("shortcut.hint")) " " kbd { "?" } }
                p { (lang.fill("site.times", &[("zone", &zone.name), ("offset", &zone.utc_offset)])) }
            }
        }
    }
}

/// What the keys do; a script opens it. Keys without a modifier can be switched off (WCAG 2.2, 2.1.4).
fn shortcuts(lang: Lang) -> Markup {
    let keys = [
        ("/", "shortcut.search"),
        ("j", "shortcut.next"),
        ("k", "shortcut.previous"),
        ("Enter", "shortcut.open"),
        ("?", "shortcut.help"),
    ];
    html! {
        dialog #shortcuts aria-labelledby="shortcuts-title" {
            h2 #shortcuts-title { (lang.t("shortcut.title")) }
            dl.pairs {
                @for (key, name) in keys {
                    dt { kbd { (key) } }
                    dd { (lang.t(name)) }
                }
            }
            label.inline { input type="checkbox" data-off; " " (lang.t("shortcut.off")) }
            form method="dialog" { button { (lang.t("shortcut.close")) } }
        }
    }
}
