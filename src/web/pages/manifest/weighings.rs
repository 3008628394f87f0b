//! Weighings of the whole vehicle run, shared out.

use maud::{Markup, html};

use crate::custody::manifest::Weighing;
use crate::web::components::{number, table, text};
use crate::web::visit::Visit;
use crate::web::words::{Names, moment, tonnes};

/// Every weighing of the whole run, with the computed part of each line.
pub(super) fn weighings(visit: &Visit, names: &Names, weighings: &[Weighing]) -> Markup {
    let (lang, zone) = (visit.lang, visit.zone());
    let columns = [
        text("col.when"),
        text("manifest.weighed-by"),
        number("col.trip-total"),
        number("col.manifests-sharing"),
        text("col.line"),
        number("col.stated"),
        number("col.computed"),
    ];
    let mut rows = Vec::new();
    for weighing in weighings {
        for share in &weighing.shares {
            rows.push(vec![
                moment(zone, weighing.mark.at),
                html! { (names.of(lang, &weighing.mark.party)) },
                html! { (tonnes(weighing.total_g)) },
                html! { (weighing.manifests) },
                html! { (share.line) },
                html! { (tonnes(share.stated_g)) },
                html! { (tonnes(share.mass_g)) },
            ]);
        }
    }
    html! {
        @if !rows.is_empty() {
            h2 { (lang.t("manifest.weighings")) }
            p.soft { (lang.t("manifest.weighings-text")) }
            (table(lang, lang.t("manifest.weighings"), &columns, rows))
        }
    }
}
