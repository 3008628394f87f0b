//! `GET /sites/{id}/sheet`: the sheet of a site (现场检查表), to be read or printed before an officer stands at its gate.

use axum::extract::{Path, Query};
use maud::{Markup, html};
use serde::Deserialize;

use super::attachments::Enclosed;
use super::oversight::is_officer;
use super::site::{code_name, grams_cell};
use super::{cases, duties, firm, manifests};
use crate::app::access::PartyName;
use crate::app::query::{FindingItem, OldestLot, PaperKind, SiteSheet};
use crate::id::SiteId;
use crate::shape::parse_day;
use crate::web::components::{
    finding_path, firm_link, lot_path, number, pairs, rule_title, severity_tag, short, table, text,
};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::shown::Shown;
use crate::web::visit::Visit;
use crate::web::words::{Names, Speaker, moment, name_of};

/// The papers an officer looks for first.
const PAPERS: [PaperKind; 3] = [PaperKind::Hold, PaperKind::Inspection, PaperKind::Penalty];

/// Which day, as the form sends it; empty means today.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    on: String,
}

/// The sheet of one site.
pub(in crate::web) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let id: SiteId = id.parse().map_err(|_| Failure::NotFound)?;
    let on = parse_day(&asked.on).ok();
    let sheet = visit.app.site_sheet(&visit.viewer, id, on).await?.ok_or(Failure::NotFound)?;
    let seen: Vec<_> = sheet.findings.iter().map(|item| &item.row.seen).collect();
    let named = sheet.cases.iter().map(|item| item.state.party);
    let names = Names::load_seen(&visit.app, &visit.viewer, named, seen).await?;
    let lang = visit.lang;
    let speaker = Speaker { lang, zone: visit.zone(), names: &names };
    let title = lang.fill("sheet.title", &[("site", &sheet.stock.site.name)]);
    let record = &sheet.firm;
    let shown: Vec<u64> = record.papers.values().flatten().map(|paper| paper.index).collect();
    let files = Enclosed::of(&visit.app, &shown).await?;
    let body = html! {
        h1 { (title) }
        p.soft { (lang.fill("sheet.text", &[("today", &record.today.to_string())])) }
        (about(lang, &sheet))
        (day_form(&visit, &sheet))
        @for kind in PAPERS { (firm::listed(&visit, &files, record, kind)) }
        (firm::section(lang, "firm.permits", firm::permits(lang, record)))
        (firm::section(lang, "sheet.stock", stock(&visit, &sheet)))
        (firm::section(lang, "sheet.manifests", under_way(&visit, &sheet)))
        (firm::section(lang, "sheet.findings", findings(&speaker, &sheet)))
        (firm::section(lang, "sheet.cases", open_cases(&visit, &names, &sheet)))
        (firm::section(lang, "duty.declarations", due(&visit, &sheet)))
        (firm::section(lang, "firm.plan", firm::plan(lang, record)))
        (firm::section(lang, "firm.shipped", firm::shipped(lang, record)))
        (firm::section(lang, "firm.expiring", firm::expiring(lang, record)))
        h2 { (lang.t("sheet.on-site")) }
        p.soft { (lang.t("sheet.on-site-text")) }
        @if is_officer(&visit) { p { a.button href={ "/sites/" (id) "/inspection" } { (lang.t("inspection.record")) } } }
    };
    Ok(layout::page(&visit, &title, body))
}

fn about(lang: Lang, sheet: &SiteSheet) -> Markup {
    let (site, party) = (&sheet.stock.site, &sheet.firm.party);
    let name = name_of(lang, &PartyName::of(party));
    let class = sheet.firm.sites.first().and_then(|line| line.class);
    let class = class.and_then(|class| lang.of("class", class.name())).unwrap_or(lang.t("firm.no-class"));
    let kinds = party.kinds.iter().filter_map(|kind| lang.of("party-kind", kind.name()));
    let mut items = vec![
        (lang.t("col.party"), html! { (firm_link(party.party, &name)) " " span.soft.mono { (party.party) } }),
        (lang.t("firm.kinds"), html! { (kinds.collect::<Vec<_>>().join(lang.t("sign.list"))) }),
        (lang.t("firm.site"), html! { a href={ "/sites/" (site.site) } { (site.name) } }),
        (lang.t("stock.division"), html! { span.mono { (site.division) } }),
        (lang.t("firm.class"), html! { (class) }),
    ];
    if let Some(closed) = site.closed_on {
        items.push((lang.t("firm.closed"), html! { (closed) }));
    }
    pairs(&items)
}

fn day_form(visit: &Visit, sheet: &SiteSheet) -> Markup {
    let lang = visit.lang;
    html! {
        form.filter method="get" action=(visit.path) aria-label=(lang.t("stock.period")) {
            label {
                (lang.t("sheet.stock-on"))
                input type="date" name="on" value=(sheet.stock.on) min="1970-01-01" max="9999-12-31";
            }
            button { (lang.t("manifests.apply")) }
        }
    }
}

/// What is there by code, and the oldest lot of it.
fn stock(visit: &Visit, sheet: &SiteSheet) -> Option<Markup> {
    let lang = visit.lang;
    let name = |lot: &OldestLot| lot.row.lot_code.clone().unwrap_or_else(|| short(&lot.row.lot.to_string()));
    let rows = sheet.stock.codes.iter().filter(|row| row.closing_g != 0).map(|row| {
        let oldest = row.code.waste().and_then(|code| sheet.oldest.get(&code));
        vec![
            html! { span.nowrap { (code_name(lang, row.code)) } },
            grams_cell(row.closing_g),
            html! { @if let Some(lot) = oldest { a.mono.nowrap href=(lot_path(lot.row.lot)) { (name(lot)) } } },
            html! { @if let Some(lot) = oldest { (moment(visit.zone(), lot.since)) } },
        ]
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    let columns = [text("col.code"), number("firm.there"), text("sheet.oldest"), text("sheet.since")];
    (!rows.is_empty()).then(|| table(lang, lang.t("sheet.stock"), &columns, rows))
}

fn under_way(visit: &Visit, sheet: &SiteSheet) -> Option<Markup> {
    let lang = visit.lang;
    let columns = Shown::default();
    let rows = sheet.manifests.iter().map(|item| manifests::row(visit, &columns, item)).collect();
    let shown = table(lang, lang.t("sheet.manifests"), &columns.heads(), rows);
    let is_there = !sheet.manifests.is_empty() || sheet.has_more_manifests;
    is_there.then(|| html! { (shown) (more(lang, sheet.has_more_manifests, "/manifests")) })
}

/// Open findings, each with what proves it.
fn findings(speaker: &Speaker<'_>, sheet: &SiteSheet) -> Option<Markup> {
    let lang = speaker.lang;
    let row = |item: &FindingItem| {
        let evidence = item.row.seen.evidence.iter().map(|id| short(&id.to_string()));
        vec![
            html! { a href=(finding_path(item.row.id)) { (rule_title(lang, item)) } },
            severity_tag(lang, item.row.severity),
            html! { (speaker.sentence(&item.row.seen)) },
            html! { span.mono.small { (evidence.collect::<Vec<_>>().join(" ")) } },
            html! { @if let Some(at) = item.row.opened_at { (moment(speaker.zone, at)) } },
        ]
    };
    let columns = [
        text("col.rule"),
        text("col.severity"),
        text("col.what"),
        text("finding.evidence"),
        text("col.opened"),
    ];
    let rows = sheet.findings.iter().map(row).collect();
    let shown = table(lang, lang.t("sheet.findings"), &columns, rows);
    let address = format!("/findings?life=open&party={}", sheet.stock.site.party);
    (!sheet.findings.is_empty()).then(|| html! { (shown) (more(lang, sheet.has_more_findings, &address)) })
}

fn open_cases(visit: &Visit, names: &Names, sheet: &SiteSheet) -> Option<Markup> {
    let lang = visit.lang;
    let rows = sheet.cases.iter().map(|item| cases::row(visit, names, item)).collect();
    let shown = table(lang, lang.t("sheet.cases"), &cases::COLUMNS, rows);
    let is_there = !sheet.cases.is_empty() || sheet.has_more_cases;
    is_there.then(|| html! { (shown) (more(lang, sheet.has_more_cases, "/cases")) })
}

fn due(visit: &Visit, sheet: &SiteSheet) -> Option<Markup> {
    (!sheet.duties.is_empty()).then(|| duties::rows(visit, &sheet.duties))
}

/// Where the rest of a list is, where there is one.
fn more(lang: Lang, has_more: bool, address: &str) -> Markup {
    html! { @if has_more { p { a href=(address) { (lang.t("sheet.more")) } } } }
}
