//! `GET /access-log`: what authorities read of the visitor's records; for an authority, what its own staff read.

use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::access::Read;
use crate::app::query::DEFAULT_PAGE;
use crate::web::components::{short, table, text};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::{Names, moment, moment_text};

/// Which page of it.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    after: Option<String>,
}

/// The access log.
pub(in crate::web) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let before = asked.after.as_deref().and_then(|after| after.parse().ok());
    let page = visit.app.readings(&visit.viewer, before, DEFAULT_PAGE).await?;
    let parties = page.items.iter().flat_map(|read| [read.read.reader, read.read.owner]);
    let names = Names::load(&visit.app, &visit.viewer, parties).await?;
    let lang = visit.lang;
    let title = lang.t("access.title");
    let explained = if visit.viewer.is_authority() { "access.text-own" } else { "access.text" };
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t(explained)) }
        @if page.items.is_empty() { p { (lang.t("access.none")) } } @else { (rows(&visit, &names, &page.items)) }
        nav.pager aria-label=(title) {
            @if before.is_some() { a href=(visit.here_without("after")) { (lang.t("findings.first")) } }
            @if let Some(next) = page.next {
                a href=(visit.here_with("after", &next.to_string())) rel="next" { (lang.t("findings.more")) }
            }
        }
    };
    Ok(layout::page(&visit, title, body))
}

fn rows(visit: &Visit, names: &Names, reads: &[Read]) -> Markup {
    let (lang, zone) = (visit.lang, visit.zone());
    let columns = [
        text("access.at"),
        text("access.reader"),
        text("access.owner"),
        text("access.record"),
        text("access.sealed"),
    ];
    let rows = reads.iter().map(|Read { read, sealed }| {
        let role = lang.of("role", &read.role).unwrap_or(&read.role);
        let kind = lang.of("record", &read.subject_kind).unwrap_or(&read.subject_kind);
        vec![
            moment(zone, read.at),
            html! { (names.link(lang, &read.reader)) br; span.soft { (role) " " span.mono { (short(&read.kid.to_string())) } } },
            names.link(lang, &read.owner),
            html! {
                (kind) @if is_file_of_list(&read.operation) { " " span.soft { (lang.t("access.in-a-list")) } }
                br; (subject(names, &read.subject_kind, &read.subject))
            },
            html! {
                @if let Some(sealed) = sealed {
                    (sealed.reason)
                    @if let Some(at) = sealed.discloses_at {
                        br; span.soft { (lang.fill("access.discloses", &[("at", &moment_text(zone, at))])) }
                    }
                }
            },
        ]
    });
    table(lang, lang.t("access.title"), &columns, rows.collect())
}

/// True where a list was taken along as a file.
fn is_file_of_list(operation: &str) -> bool {
    operation.ends_with("/sheet/{form}")
}

/// The record that was read, with the way to its page where it has one. A list may name parties that whoever took it along does not oversee.
fn subject(names: &Names, kind: &str, id: &str) -> Markup {
    let is_closed = kind == "party" && !id.parse().is_ok_and(|party| names.has_record(&party));
    let folder = match kind {
        _ if is_closed => return html! { span.soft.mono { (id) } },
        "manifest" => "manifests",
        "lot" => "lots",
        "party" => "parties",
        "site" => "sites",
        "finding" => "findings",
        "case" => "cases",
        _ => return html! { span.soft.mono { (id) } },
    };
    html! { a.soft.mono href={ "/" (folder) "/" (id) } { (id) } }
}
