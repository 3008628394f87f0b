//! Rows of the list of manifests, what stands below them, and the choice of columns.

use maud::{Markup, html};

use crate::app::access::PartyName;
use crate::app::query::ManifestItem;
use crate::web::components::{manifest_path, short, status_tag};
use crate::web::i18n::Lang;
use crate::web::shown::{ListColumn, SHOWN, Shown};
use crate::web::visit::Visit;
use crate::web::words::{count, moment_text, name_of, tonnes};

/// One row: the number leads to the manifest.
pub(in crate::web::pages) fn row(visit: &Visit, shown: &Shown, item: &ManifestItem) -> Vec<Markup> {
    shown.columns().map(|column| cell(visit, column, item)).collect()
}

/// What stands in one column.
pub(in crate::web::pages) fn cell(visit: &Visit, column: ListColumn, item: &ManifestItem) -> Markup {
    use ListColumn as Of;
    let lang = visit.lang;
    let mass = |mass_g: Option<i64>| html! { @if let Some(mass_g) = mass_g { (tonnes(mass_g)) } };
    match column {
        Of::Number => html! {
            a.nowrap href=(manifest_path(item.id)) {
                @match &item.number {
                    Some(number) => (number),
                    None => { (lang.t("manifests.unnumbered")) " " (short(&item.id.to_string())) }
                }
            }
        },
        Of::ExternalNumber => listed(lang, item.external_numbers.iter().map(String::as_str)),
        Of::Status => status_tag(lang, item.status.name()),
        Of::Consignor => named(lang, item.consignor.as_slice()),
        Of::Consignee => named(lang, item.consignee.as_slice()),
        Of::Carrier => named(lang, &item.carriers),
        Of::Vehicle => listed(lang, item.vehicles.iter().map(|plate| &**plate)),
        Of::Code => html! {
            @for code in &item.codes { span.nowrap { (code) } " " }
        },
        Of::Planned => mass(item.planned_g),
        Of::Accepted => mass(item.accepted_g),
        Of::Leaves => html! { @if let Some(day) = item.leaves_on { span.nowrap { (day) } } },
        Of::Received => html! {
            @if let Some(at) = item.received_at { span.nowrap { (moment_text(visit.zone(), at)) } }
        },
        Of::Open => {
            html! { @if item.open_findings > 0 { strong { (item.open_findings) } } @else { "0" } }
        }
    }
}

fn named(lang: Lang, parties: &[PartyName]) -> Markup {
    let names: Vec<String> = parties.iter().map(|party| name_of(lang, party)).collect();
    html! { (names.join(lang.t("sign.list"))) }
}

fn listed<'a>(lang: Lang, texts: impl Iterator<Item = &'a str>) -> Markup {
    html! { (texts.collect::<Vec<_>>().join(lang.t("sign.list"))) }
}

/// What the rows come to: how many they are, and their masses.
pub(super) fn totals(lang: Lang, shown: &Shown, items: &[ManifestItem]) -> Vec<Markup> {
    let accepted = items.iter().filter(|item| item.accepted_g.is_some()).count();
    let sum = |mass_g: fn(&ManifestItem) -> Option<i64>| {
        html! { (tonnes(items.iter().filter_map(mass_g).fold(0, i64::wrapping_add))) }
    };
    let total = |column| match column {
        ListColumn::Number => {
            let (all, accepted) = (count(items.len() as u64), count(accepted as u64));
            html! { (lang.fill("manifests.total", &[("count", &all), ("accepted", &accepted)])) }
        }
        ListColumn::Planned => sum(|item| item.planned_g),
        ListColumn::Accepted => sum(|item| item.accepted_g),
        _ => html! {},
    };
    shown.columns().map(total).collect()
}

/// Where a visitor chooses what to see; the search stays as it is.
pub(super) fn choice(visit: &Visit) -> Markup {
    let lang = visit.lang;
    html! {
        details {
            summary { (lang.t("manifests.columns")) }
            form.filter method="get" action=(visit.path) {
                (visit.kept(SHOWN))
                input type="hidden" name=(SHOWN) value=(ListColumn::Number.name());
                @for column in ListColumn::CHOICES {
                    label.inline {
                        input type="checkbox" name=(SHOWN) value=(column.name()) checked[visit.shown.has(column)];
                        " " (lang.t(column.head().key))
                    }
                }
                button { (lang.t("manifests.columns-keep")) }
            }
        }
    }
}
