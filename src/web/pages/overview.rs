//! `GET /`: what this ledger is, in a few figures; for an authority what is going on, for the office of a firm its desk.

mod authority;

use axum::response::Response;
use maud::{Markup, html};

use super::desk;
use super::manifests_new::own_party;
use crate::app::access::Viewer;
use crate::app::query::Overview;
use crate::custody::Severity;
use crate::custody::rules::Rule;
use crate::ledger::checkpoint::Checkpoint;
use crate::web::components::{number, rule_path, severity_tag, table, text};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::count;

/// The first page.
pub(in crate::web) async fn show(visit: Visit) -> Result<Response, Failure> {
    if let Some(party) = own_party(&visit.viewer) {
        return desk::page(&visit, party).await;
    }
    let overview = visit.app.overview(&visit.viewer).await?;
    let signed = match visit.app.checkpoint().await? {
        Some(note) => Checkpoint::open(&note, &visit.app.verifier()).ok().map(|checkpoint| checkpoint.size),
        None => None,
    };
    let lang = visit.lang;
    let is_public = visit.viewer == Viewer::Public;
    if visit.viewer.is_authority() {
        let duty = authority::Duty::of(&visit).await?;
        let body = html! {
            h1 { (lang.t("overview.title")) " " span.soft.small { (authority::division(&visit)) } }
            (duty.show(&visit, &overview))
            (about(&visit, &overview, signed))
        };
        return Ok(layout::live(&visit, lang.t("overview.title"), body));
    }
    let body = html! {
        h1 { (visit.ledger) }
        p { (lang.t("overview.what")) }
        p { (lang.t("overview.how")) }
        dl.figures data-live="figures" {
            @if !is_public {
                div {
                    dt { (lang.t("overview.open")) }
                    dd.big { (count(overview.open_findings.iter().map(|(_, n)| n).sum())) }
                }
            }
            div {
                dt { (lang.t("overview.size")) }
                dd.big { (count(overview.log_size)) }
            }
            div {
                dt { (lang.t("overview.checkpoint")) }
                @match signed {
                    Some(size) => dd.big { a href="/log" { (lang.fill("overview.checkpoint-covers", &[("size", &count(size))])) } },
                    None => dd { (lang.t("overview.no-checkpoint")) },
                }
            }
        }
        @if !is_public { (per_rule(&visit, &overview)) }
        h2 { (lang.t("overview.more")) }
        ul.prose {
            @if !is_public {
                li { a href="/manifests" { (lang.t("overview.to-manifests")) } }
                li { a href="/findings" { (lang.t("overview.to-findings")) } }
            }
            li { a href="/rules" { (lang.t("overview.to-rules")) } }
            li { a href="/log" { (lang.t("overview.to-log")) } }
        }
    };
    Ok(layout::live(&visit, lang.t("overview.title"), body))
}

/// What this ledger is, for who knows already: how long it is, and up to where it is signed.
fn about(visit: &Visit, overview: &Overview, signed: Option<u64>) -> Markup {
    let lang = visit.lang;
    html! {
        p.soft.small {
            (visit.ledger) " · " (lang.t("overview.size")) " " (count(overview.log_size)) " · "
            a href="/log" {
                @match signed {
                    Some(size) => (lang.fill("overview.checkpoint-covers", &[("size", &count(size))])),
                    None => (lang.t("overview.no-checkpoint")),
                }
            }
        }
    }
}

fn severity_of(visit: &Visit, id: &str) -> Severity {
    Rule::named(id).map_or(Severity::Notice, |rule| rule.severity_in(visit.profile()))
}

/// Open findings by rule, the gravest first.
fn per_rule(visit: &Visit, overview: &Overview) -> Markup {
    let lang = visit.lang;
    let key = "overview.per-rule-own";
    let severity = |id: &str| severity_of(visit, id);
    let mut open: Vec<&(String, u64)> = overview.open_findings.iter().collect();
    open.sort_by_key(|(id, n)| std::cmp::Reverse((severity(id), *n)));
    let rows = open.iter().map(|(id, n)| {
        let title = Rule::named(id).map_or(id.as_str(), |rule| lang.pick(rule.title_zh, rule.title_en));
        vec![
            html! { a href=(rule_path(id)) { (title) } },
            severity_tag(lang, severity(id)),
            html! { a href={ "/findings?life=open&rule=" (id) } { (count(*n)) } },
        ]
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    html! {
        h2 { (lang.t(key)) }
        @if rows.is_empty() {
            p { (lang.t("overview.none-open")) }
        } @else {
            (table(lang, lang.t(key), &[text("col.rule"), text("col.severity"), number("col.count")], rows))
        }
    }
}
