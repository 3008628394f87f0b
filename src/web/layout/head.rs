//! The head of a page: where to go, by who looks, and who that is.

use maud::{Markup, html};

use crate::app::access::Viewer;
use crate::app::webhooks::keeps_webhooks;
use crate::registry::Role;
use crate::web::i18n::Lang;
use crate::web::visit::{LANG, Visit};
use crate::web::words::name_of;

/// A place of the navigation: its address, the key of its name, and what else belongs to it.
struct Place(&'static str, &'static str, &'static [&'static str]);

/// Where the work of a firm lies; the rest is in the menu behind.
const FIRM: &[Place] = &[
    Place("/tasks", "site.tasks", &[]),
    Place("/manifests", "site.manifests", &["/reconcile"]),
    Place("/sites", "site.stock", &["/lots"]),
    Place("/duties", "site.ledgers", &[]),
    Place("/findings", "site.matters", &["/cases"]),
    Place("/notices", "site.notices", &[]),
];
const FIRM_MORE: &[Place] = &[
    Place("/driver", "driver.title", &[]),
    Place("/", "site.overview", &[]),
    Place("/check", "site.check", &[]),
    Place("/statistics", "site.statistics", &[]),
    Place("/rules", "site.rules", &[]),
    Place("/log", "site.log", &[]),
    Place("/verify", "site.verify", &[]),
];

/// The same for an authority.
const AUTHORITY: &[Place] = &[
    Place("/", "site.overview", &[]),
    Place("/findings", "site.findings", &[]),
    Place("/cases", "site.cases", &[]),
    Place("/manifests", "site.manifests", &["/reconcile"]),
    Place("/check", "site.check", &[]),
    Place("/duties", "site.duties", &[]),
    Place("/statistics", "site.statistics", &[]),
];
const AUTHORITY_MORE: &[Place] = &[
    Place("/tasks", "site.tasks", &[]),
    Place("/notices", "site.notices", &[]),
    Place("/sites", "site.sites", &["/lots"]),
    Place("/duty-roster", "roster.link", &[]),
    Place("/rules", "site.rules", &[]),
    Place("/log", "site.log", &["/operation"]),
    Place("/verify", "site.verify", &[]),
];

/// The same for everybody.
const PUBLIC: &[Place] = &[
    Place("/statistics", "site.statistics", &[]),
    Place("/rules", "site.rules", &[]),
    Place("/log", "site.log", &[]),
    Place("/verify", "site.verify", &[]),
];

pub(super) fn head(visit: &Visit) -> Markup {
    let lang = visit.lang;
    let (places, more) = match &visit.viewer {
        Viewer::Public => (PUBLIC, &[][..]),
        Viewer::Party { .. } => (FIRM, FIRM_MORE),
        Viewer::Authority { .. } => (AUTHORITY, AUTHORITY_MORE),
    };
    html! {
        header.head {
            .width.bar {
                a.brand href="/" { (lang.t("site.name")) }
                @if visit.viewer != Viewer::Public { (search(lang)) }
                .corner {
                    (other_language(visit))
                    (account(visit))
                }
            }
            nav.width.places aria-label=(lang.t("site.nav")) {
                ul {
                    @for place in places { li { (link(visit, place)) } }
                    @if !more.is_empty() {
                        li {
                            details.menu name="head" {
                                summary aria-current=[more.iter().find_map(|place| current(&visit.path, place))] {
                                    (lang.t("site.more"))
                                }
                                ul { @for place in more { li { (link(visit, place)) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn link(visit: &Visit, place: &Place) -> Markup {
    let Place(path, name, _) = place;
    html! {
        a href=(path) aria-current=[current(&visit.path, place)] {
            (visit.lang.t(name))
            @if *path == "/notices" { span data-live="unread" { @if visit.unread > 0 { " (" (visit.unread) ")" } } }
        }
    }
}

/// A manifest by its number, from every page.
fn search(lang: Lang) -> Markup {
    html! {
        form.find method="get" action="/manifests" role="search" aria-label=(lang.t("site.find")) {
            input type="search" name="number" placeholder=(lang.t("site.find")) aria-label=(lang.t("site.find")) maxlength="64"
                autocomplete="off" aria-keyshortcuts="/";
        }
    }
}

pub(super) fn other_language(visit: &Visit) -> Markup {
    let (other, name) = match visit.lang {
        Lang::Zh => (Lang::En, "English"),
        Lang::En => (Lang::Zh, "中文"),
    };
    html! {
        a href=(visit.here_with(LANG, other.code())) lang=(other.tag()) hreflang=(other.tag()) rel="nofollow" { (name) }
    }
}

/// Who looks, and what is only about them; or the way in.
fn account(visit: &Visit) -> Markup {
    let lang = visit.lang;
    let Some(name) = name(visit) else {
        return html! {
            a href="/login" aria-current=[(visit.path == "/login").then_some("page")] { (lang.t("site.sign-in")) }
        };
    };
    let places = [
        ("/device", "device.title"),
        ("/keys", "site.keys"),
        ("/access-log", "access.title"),
        ("/notices/channels", "site.notice-settings"),
    ];
    let webhooks = keeps_webhooks(&visit.viewer).then_some(("/webhooks", "webhooks.title"));
    // Where the operator tells no platform there is nothing to see.
    let is_told = !visit.app.platforms().is_empty() && !visit.viewer.role().is_none_or(Role::is_crew);
    let pushes = is_told.then_some(("/pushes", "pushes.title"));
    html! {
        details.menu.account name="head" {
            summary title=(name) { span.who { (name) } }
            ul {
                @if let Some(party) = visit.viewer.party() { li { a href={ "/parties/" (party) } { (lang.t("site.own-record")) } } }
                @for (path, key) in places.into_iter().chain(webhooks).chain(pushes) {
                    li { a href=(path) aria-current=[(visit.path == path).then_some("page")] { (lang.t(key)) } }
                }
                @if visit.signed.is_some() {
                    li { form method="post" action="/logout" { button.second { (lang.t("login.out")) } } }
                }
            }
        }
    }
}

/// Whoever has signed in, or as whom the demonstration is looked at.
fn name(visit: &Visit) -> Option<String> {
    if let Some(signed) = &visit.signed {
        return Some(signed.shown(visit.lang));
    }
    let parties = &visit.demo.as_ref()?.parties;
    parties
        .iter()
        .find(|party| Some(party.party) == visit.viewer.party())
        .map(|party| name_of(visit.lang, party))
}

/// `page` for the very page, `true` for a page below it, or one that belongs to it.
fn current(here: &str, Place(path, _, others): &Place) -> Option<&'static str> {
    let is_below =
        |path: &str| path != "/" && here.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'));
    if here == *path {
        return Some("page");
    }
    let belongs = is_below(path) || others.iter().any(|other| here == *other || is_below(other));
    belongs.then_some("true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_below_or_beside_a_place_belongs_to_it() {
        let place = Place("/findings", "site.matters", &["/cases"]);
        let at = |here| current(here, &place);
        assert_eq!(
            [at("/findings"), at("/findings/1"), at("/cases"), at("/cases/new")],
            [Some("page"), Some("true"), Some("true"), Some("true")]
        );
        assert_eq!(
            [at("/findingsx"), at("/"), current("/rules", &Place("/", "site.overview", &[]))],
            [None; 3]
        );
    }
}
