//! `GET /labels/{code}`: what a label says, and the containers that bear it.

use axum::extract::Path;
use maud::{Markup, html};

use crate::app::query::ContainerRow;
use crate::catalogue::LabelCode;
use crate::custody::label::id_of;
use crate::id::LabelId;
use crate::web::components::{label_path, lot_path, number, pairs, short, table, text};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::{Names, tonnes};

/// One label, by its name or in any spelling.
pub(in crate::web) async fn show(visit: Visit, Path(code): Path<String>) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let id = code.parse::<LabelId>().unwrap_or_else(|_| id_of(&code));
    let label = visit.app.label(&visit.viewer, id).await?.ok_or(Failure::NotFound)?;
    let parts = label.text.parse::<LabelCode>().ok();
    let named = label.containers.iter().map(|row| row.party).chain(parts.map(|parts| parts.uscc()));
    let names = Names::load(&visit.app, &visit.viewer, named).await?;

    let lang = visit.lang;
    let title = lang.fill("label.title", &[("text", &label.text)]);
    let body = html! {
        h1 { (title) }
        @if let Some(parts) = parts {
            (pairs(&[
                (lang.t("label.party"), html! { (names.of(lang, &parts.uscc())) }),
                (lang.t("col.code"), html! { (parts.code()) }),
                (lang.t("label.day"), html! { (parts.on()) }),
                (lang.t("label.serial"), html! { (parts.serial()) }),
            ]))
        }
        (containers(&visit, &names, &label.containers, Beside::Lot))
    };
    Ok(layout::page(&visit, &title, body))
}

/// What stands beside a container in a table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Beside {
    /// Its label: the page is about its lot.
    Label,
    /// Its lot: the page is about its label.
    Lot,
}

/// A heading and a table of containers; nothing where there are none.
pub(super) fn containers(visit: &Visit, names: &Names, rows: &[ContainerRow], beside: Beside) -> Markup {
    let lang = visit.lang;
    if rows.is_empty() {
        return html! {};
    }
    let cells = rows.iter().map(|row| {
        let other = match (beside, &row.label) {
            (Beside::Lot, _) => {
                html! { a.mono.nowrap href=(lot_path(row.lot)) { (short(&row.lot.to_string())) } }
            }
            (Beside::Label, Some(label)) => html! { a.mono href=(label_path(id_of(label))) { (label) } },
            (Beside::Label, None) => html! { (lang.t("label.unlabelled")) },
        };
        vec![
            html! { span.mono.nowrap { (short(&row.container.to_string())) } },
            other,
            names.link(lang, &row.party),
            html! { (row.mass_g.map(tonnes).unwrap_or_default()) },
            html! { (lang.fill("event.index", &[("index", &row.index.to_string())])) },
        ]
    });
    let second = if beside == Beside::Lot { "col.lot" } else { "col.label" };
    let columns =
        [text("col.container"), text(second), text("col.party"), number("col.mass"), text("col.entry")];
    html! {
        h2 { (lang.t("label.containers")) }
        (table(lang, lang.t("label.containers"), &columns, cells.collect()))
    }
}
