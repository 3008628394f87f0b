//! `GET /operation`: how the ledger itself fares, for the authority that founded it.

use axum::response::Response;
use maud::{Markup, html};

use crate::app::Mode;
use crate::app::query::{Operation, WebhookSeen};
use crate::app::replica::{ReplicaSeen, ReplicaState};
use crate::app::webhooks::why_parked;
use crate::web::components::{check, pairs, table, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::{Names, count, moment};

/// So many messages may wait for their notices without anybody being told: they are made in a moment.
const BEHIND: u64 = 1_000;

/// The page.
pub(in crate::web) async fn show(visit: Visit) -> Result<Response, Failure> {
    visit.signed_in()?;
    let operation = visit.app.operation(&visit.viewer).await?.ok_or(Failure::NotFound)?;
    let names =
        Names::load(&visit.app, &visit.viewer, operation.parked.iter().map(|hook| hook.party)).await?;
    let lang = visit.lang;
    let title = lang.t("operation.title");
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("operation.text")) }
        div data-live="operation" {
            h2 { (lang.t("operation.log")) }
            (pairs(&log(lang, &operation)))
            h2 { (lang.t("operation.feed")) }
            (pairs(&feed(lang, &operation)))
            h3 { (lang.t("operation.parked")) }
            (parked(&visit, &names, &operation))
            h3 { (lang.t("operation.pushes")) }
            (pairs(&pushes(lang, &operation)))
            h2 { (lang.t("operation.backup")) }
            (backup(&visit, &operation))
        }
        h2 { (lang.t("operation.outward")) }
        (pairs(&outward(lang, &operation)))
        p.links { a href="/log" { (lang.t("site.log")) } " " a href="/keys" { (lang.t("site.keys")) } }
    };
    Ok(layout::live(&visit, title, body))
}

type Pairs = Vec<(&'static str, Markup)>;

fn log(lang: Lang, operation: &Operation) -> Pairs {
    let ready = &operation.vitals.readiness;
    let mode = match &ready.mode {
        Mode::Signing if ready.is_ready() => check("good", lang.t("operation.taking")),
        Mode::Signing => check("warn", lang.t("operation.not-ready")),
        Mode::ReadOnly(_) => check("bad", lang.t("read-only.name")),
    };
    let unsigned = ready.size.saturating_sub(ready.signed);
    let (waiting, most) = operation.vitals.waiting;
    let mut pairs = vec![
        (lang.t("operation.mode"), mode),
        (lang.t("overview.size"), html! { (count(ready.size)) }),
        (lang.t("operation.unsigned"), html! { (count(unsigned)) }),
        (
            lang.t("operation.waiting"),
            html! { (lang.fill("operation.of", &[("n", &waiting.to_string()), ("most", &most.to_string())])) },
        ),
    ];
    pairs.extend(
        operation.vitals.replica.as_ref().map(|replica| (lang.t("operation.replica"), reads(lang, replica))),
    );
    pairs
}

fn reads(lang: Lang, replica: &ReplicaSeen) -> Markup {
    let told = match replica.state {
        ReplicaState::InUse => {
            return check("good", &lang.fill("operation.replica-reads", &[("n", &count(replica.reads))]));
        }
        ReplicaState::Unchecked => "operation.replica-unchecked",
        ReplicaState::Unreachable(_) => "operation.replica-unreachable",
        ReplicaState::Behind => "operation.replica-behind",
        ReplicaState::Alone => "operation.replica-alone",
        ReplicaState::Other(_) => "operation.replica-other",
        ReplicaState::Ahead { .. } => "operation.replica-ahead",
    };
    check("warn", lang.t(told))
}

fn feed(lang: Lang, operation: &Operation) -> Pairs {
    let behind = operation.vitals.newest_change.saturating_sub(operation.vitals.noticed);
    let class = if behind > BEHIND { "warn" } else { "good" };
    vec![
        (lang.t("operation.newest"), html! { (count(operation.vitals.newest_change)) }),
        (lang.t("operation.behind"), check(class, &count(behind))),
    ]
}

fn parked(visit: &Visit, names: &Names, operation: &Operation) -> Markup {
    let lang = visit.lang;
    let parked = &operation.parked;
    let row = |hook: &WebhookSeen| {
        let since = hook.failing_since.map(|at| moment(visit.zone(), at));
        vec![
            names.link(lang, &hook.party),
            html! { (hook.url) },
            html! { (hook.parked_for.as_deref().map(|why| why_parked(why, lang)).unwrap_or_default()) },
            html! { @if let Some(since) = since { (since) } },
        ]
    };
    let columns =
        [text("col.party"), text("operation.address"), text("operation.why"), text("operation.since")];
    if parked.is_empty() {
        return html! { p { (lang.t("operation.none-parked")) } };
    }
    let told = [("n", count(operation.vitals.parked_count)), ("shown", count(parked.len() as u64))];
    let told = told.each_ref().map(|(name, value)| (*name, value.as_str()));
    html! {
        p { (check("warn", &lang.fill("operation.parked-count", &told))) }
        (table(lang, lang.t("operation.parked"), &columns, parked.iter().map(row).collect()))
    }
}

fn pushes(lang: Lang, operation: &Operation) -> Pairs {
    let names = ["push-state.waiting", "push-state.parked", "push-state.refused", "push-state.partly"];
    let row = |(name, n): (&'static str, u64)| {
        let is_stuck = n > 0 && name != names[0];
        (lang.t(name), check(if is_stuck { "warn" } else { "good" }, &count(n)))
    };
    names.into_iter().zip(operation.vitals.pushes).map(row).collect()
}

fn backup(visit: &Visit, operation: &Operation) -> Markup {
    let (lang, now) = (visit.lang, visit.app.clock().callers_now());
    let newest = match &operation.vitals.backup {
        None => return html! { p { (lang.t("operation.backup-untold")) } },
        Some(None) => return html! { p { (check("bad", lang.t("operation.backup-none"))) } },
        Some(Some(newest)) => newest,
    };
    let class = if newest.is_old(now) { "warn" } else { "good" };
    let missing = operation.vitals.readiness.size.saturating_sub(newest.size);
    pairs(&[
        (lang.t("operation.backup-file"), html! { span.mono { (newest.name) } }),
        (lang.t("operation.backup-at"), html! { (check(class, "")) (moment(visit.zone(), newest.at)) }),
        (lang.t("operation.backup-missing"), html! { (count(missing)) }),
    ])
}

fn outward(lang: Lang, operation: &Operation) -> Pairs {
    let set_up = |is: bool| {
        if is {
            check("good", lang.t("operation.set-up"))
        } else {
            html! { (lang.t("operation.not-set-up")) }
        }
    };
    vec![
        (lang.t("operation.mail"), set_up(operation.outward.mail)),
        (lang.t("operation.gateway"), set_up(operation.outward.gateway)),
        (lang.t("operation.provider"), set_up(operation.outward.provider)),
        (lang.t("operation.platforms"), set_up(operation.outward.platforms)),
    ]
}
