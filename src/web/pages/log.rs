//! `GET /log`: the signed head of the log, and how anybody verifies it.

use maud::{Markup, html};

use crate::ledger::checkpoint::Checkpoint;
use crate::ledger::policy::Level;
use crate::web::components::{check, number, pairs, table, text};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::{count, moment};

/// The log.
pub(in crate::web) async fn show(visit: Visit) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let note = visit.app.checkpoint().await?;
    let verifier = visit.app.verifier();
    let is_founder = visit.app.is_founder(&visit.viewer).await?;
    let body = html! {
        h1 { (lang.t("log.title")) }
        p { (lang.t("log.text")) }
        @if is_founder { p { a href="/operation" { (lang.t("operation.title")) } } }
        h2 { (lang.t("log.latest")) }
        @match &note {
            Some(note) => (latest(&visit, note).await?),
            None => p { (lang.t("overview.no-checkpoint")) },
        }
        h2 { (lang.t("log.witnesses")) }
        (witnesses(&visit).await?)
        h2 { (lang.t("log.key")) }
        pre { (verifier.to_vkey()) }
        p.soft { (lang.t("log.key-text")) }
        h2 { (lang.t("log.how")) }
        ol.prose {
            li { (lang.t("log.how-1")) }
            li { (lang.t("log.how-2")) }
            li { (lang.t("log.how-3")) }
            li { (lang.t("log.how-4")) }
            li { (lang.t("log.how-5")) " " a href="/verify" { (lang.t("verify.title")) } }
        }
    };
    Ok(layout::page(&visit, lang.t("log.title"), body))
}

/// Who vouches for the latest checkpoint, and how far each witness has come.
async fn witnesses(visit: &Visit) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let vouched = visit.app.vouched().await?;
    let Some(level) = vouched.level else { return Ok(html! { p { (lang.t("log.no-witnesses")) } }) };
    let zone = visit.profile().offset();
    let class = if level == Level::Quorum { "good" } else { "warn" };
    let columns =
        [text("log.witness"), number("log.cosigned"), text("log.cosigned-at"), text("log.key-of-witness")];
    let rows = vouched.witnesses.iter().map(|witness| {
        let (size, at) = match witness.last {
            Some((size, at)) => (html! { (count(size)) }, moment(zone, at)),
            None => (html! { (lang.t("log.not-yet")) }, html! {}),
        };
        vec![html! { (witness.name) }, size, at, html! { span.mono { (witness.vkey) } }]
    });
    Ok(html! {
        p { (lang.t("log.level")) " " (check(class, lang.of("level", level.name()).unwrap_or(level.name()))) }
        @if let Some(size) = vouched.quorum_size.filter(|size| *size < vouched.size) {
            p { (lang.fill("log.quorum-size", &[("size", &count(size))])) }
        }
        (table(lang, lang.t("log.witnesses"), &columns, rows.collect()))
        p.soft { (lang.t("log.witnesses-text")) }
    })
}

/// What a checkpoint says, whether its signature holds, and whether the last record it covers is really there.
async fn latest(visit: &Visit, note: &str) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let opened = Checkpoint::open(note, &visit.app.verifier()).ok();
    let holds = opened.is_some() && visit.app.head_holds().await? == Some(true);
    Ok(html! {
        p {
            (lang.t("log.checked")) " "
            @if holds { (check("good", lang.t("log.ok"))) } @else { (check("bad", lang.t("log.bad"))) }
        }
        @if let Some(checkpoint) = &opened {
            (pairs(&[
                (lang.t("log.origin"), html! { span.mono { (checkpoint.origin) } }),
                (lang.t("log.size"), html! { (count(checkpoint.size)) }),
                (lang.t("log.root"), html! { span.mono { (checkpoint.root) } }),
            ]))
        }
        h3 { (lang.t("log.text-of")) }
        pre { (note) }
    })
}
