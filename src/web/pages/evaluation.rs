//! `GET /sites/{id}/evaluation`: the sheet by which a site is evaluated, to be printed and filled in on site.

use axum::extract::Path;
use maud::{Markup, html};

use crate::app::access::PartyName;
use crate::app::query::{Evaluated, Evaluation, FindingItem, Held, Standing};
use crate::id::SiteId;
use crate::web::components::{
    finding_path, firm_link, manifest_path, pairs, rule_title, severity_tag, short, table, tag, text,
};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::{basis, name_of};

/// The sheet of one site.
pub(in crate::web) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let id: SiteId = id.parse().map_err(|_| Failure::NotFound)?;
    let evaluation = visit.app.evaluation(&visit.viewer, id).await?.ok_or(Failure::NotFound)?;
    let lang = visit.lang;
    let title = lang.fill("evaluation.title", &[("site", &evaluation.site.name)]);
    let rows = evaluation.indicators.iter().map(|one| row(lang, &evaluation, one)).collect();
    let columns = [
        text("evaluation.indicator"),
        text("col.status"),
        text("evaluation.held"),
        text("evaluation.against"),
        text("evaluation.self-score"),
        text("evaluation.county-score"),
        text("evaluation.remarks"),
    ];
    let body = html! {
        h1 { (title) }
        p.soft { (lang.fill("evaluation.text", &[("today", &evaluation.today.to_string())])) }
        (about(lang, &evaluation))
        @if !evaluation.looked_through {
            @let address = format!("/findings?life=open&party={}", evaluation.site.party);
            p role="note" { (lang.t("evaluation.more-findings")) " " a href=(address) { (lang.t("sheet.more")) } }
        }
        @if evaluation.indicators.is_empty() {
            p { (lang.t("evaluation.nothing-asked")) }
        } @else {
            (table(lang, &title, &columns, rows))
        }
        p.soft { (lang.t("evaluation.scores")) }
    };
    Ok(layout::page(&visit, &title, body))
}

fn about(lang: Lang, evaluation: &Evaluation) -> Markup {
    let (site, party) = (&evaluation.site, &evaluation.party);
    let name = name_of(lang, &PartyName::of(party));
    let kinds = party.kinds.iter().filter_map(|kind| lang.of("party-kind", kind.name()));
    pairs(&[
        (lang.t("col.party"), html! { (firm_link(party.party, &name)) " " span.soft.mono { (party.party) } }),
        (lang.t("firm.kinds"), html! { (kinds.collect::<Vec<_>>().join(lang.t("sign.list"))) }),
        (lang.t("firm.site"), html! { a href={ "/sites/" (site.site) } { (site.name) } }),
        (lang.t("stock.division"), html! { span.mono { (site.division) } }),
    ])
}

/// An indicator; the last three cells are for the pen.
fn row(lang: Lang, evaluation: &Evaluation, one: &Evaluated) -> Vec<Markup> {
    let indicator = one.indicator;
    let against = |item: &FindingItem| {
        html! { li { a href=(finding_path(item.row.id)) { (rule_title(lang, item)) } " " (severity_tag(lang, item.row.severity)) } }
    };
    vec![
        html! {
            (lang.pick(indicator.title_zh, indicator.title_en))
            p.small.soft { (lang.pick(indicator.text_zh, indicator.text_en)) }
            p.small.soft { (basis(lang, indicator.basis)) }
        },
        standing_tag(lang, one.standing),
        html! { ul.plain.small { @for held in &one.held { li { (held_line(lang, evaluation, held)) } } } },
        html! { ul.plain.small { @for item in &one.findings { (against(item)) } } },
        html! {},
        html! {},
        html! {},
    ]
}

fn standing_tag(lang: Lang, standing: Standing) -> Markup {
    let class = match standing {
        Standing::Met => "good",
        Standing::NotMet => "bad",
        Standing::ToBeLookedAt => "note",
    };
    tag(class, lang.of("standing", standing.name()).unwrap_or(standing.name()))
}

/// What the ledger holds, with a way to it where there is a page of it.
fn held_line(lang: Lang, evaluation: &Evaluation, held: &Held) -> Markup {
    let site = evaluation.site.site;
    match held {
        Held::Paper { kind, with, days: (from, to), .. } => html! {
            (lang.of("paper", kind.name()).unwrap_or(kind.name())) " " span.nowrap { (from) "–" (to) }
            @if let Some(with) = with { " " span.mono { (with) } }
        },
        Held::Permit(_, number) => html! { (lang.t("firm.permits")) " " (number) },
        Held::Declaration(_, slot) => {
            let period = slot.period.name();
            let address = format!("/sites/{site}/declarations?period={period}&from={}", slot.from);
            html! { a href=(address) { (super::declarations::period_text(lang, slot.period, slot.from)) } }
        }
        Held::Row(register, event, day) => html! {
            a href={ "/sites/" (site) "/registers/" (register.name()) } { (lang.of("register", register.name()).unwrap_or_default()) }
            " " span.nowrap { (day) } " " span.mono { (short(&event.to_string())) }
        },
        Held::Manifest(id) => html! { a.mono href=(manifest_path(*id)) { (short(&id.to_string())) } },
        Held::Label(text) => html! { span.mono { (text) } },
        Held::Facility(code) => html! { (lang.t("evaluation.facility")) " " span.mono { (code) } },
    }
}
