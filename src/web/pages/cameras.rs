//! The cameras that watch the facilities of a site: where to look, and for how long pictures are kept.

use maud::{Markup, html};

use crate::registry::SiteRecord;
use crate::web::components::{number, table, text};
use crate::web::visit::Visit;

/// Every camera of a site; nothing where there is none.
pub(super) fn of_site(visit: &Visit, site: &SiteRecord) -> Markup {
    let lang = visit.lang;
    let columns = [text("camera.facility"), text("camera.name"), text("camera.link"), number("camera.keeps")];
    let cameras = site.facilities.iter().flat_map(|at| at.cameras.iter().map(move |camera| (at, camera)));
    let row = |(at, camera): (&crate::registry::standing::Facility, &crate::registry::standing::Camera)| {
        let link: &str = &camera.link;
        vec![
            html! { (&*at.code) " " (&*at.name) },
            html! { (&*camera.name) },
            html! {
                @if link.starts_with("https://") { a href=(link) rel="noopener noreferrer external" { (link) } }
                @else { span.mono { (link) } }
            },
            html! { (camera.keeps_days) },
        ]
    };
    let rows: Vec<Vec<Markup>> = cameras.map(row).collect();
    html! {
        @if !rows.is_empty() {
            h2 { (lang.t("camera.title")) }
            p.soft { (lang.t("camera.text")) }
            (table(lang, lang.t("camera.title"), &columns, rows))
        }
    }
}
