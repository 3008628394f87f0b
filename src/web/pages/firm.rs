//! `GET /parties/{uscc}`: the one-page record of a firm (一企一档).

use axum::extract::Path;
use axum::response::Response;
use chrono::NaiveDate;
use maud::{Markup, html};

use super::approvals::paper_path;
use super::attachments::Enclosed;
use super::oversight::is_officer;
use super::papers;
use super::site::code_name;
use crate::app::access::PartyName;
use crate::app::query::{
    Expiring, ExpiringWhat, FirmRecord, Incident, ItemUse, Paper, PaperKind, PermitLine, Stage,
};
use crate::catalogue::{TreatmentCode, Uscc};
use crate::custody::paper::Written;
use crate::registry::PermitState;
use crate::web::components::{check, number, pairs, severity_tag, site_link, table, tag, text, verdict_tag};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::signing;
use crate::web::visit::Visit;
use crate::web::words::{moment, name_of, share, tonnes};

/// Most characters shown of what an inspection or a penalty says; the paper itself has all of it.
const MAX_WORDS: usize = 120;

/// The record of one firm.
pub(in crate::web) async fn show(visit: Visit, Path(code): Path<String>) -> Result<Response, Failure> {
    visit.signed_in()?;
    let code: Uscc = code.parse().map_err(|_| Failure::NotFound)?;
    let record = visit.app.firm(&visit.viewer, code).await?.ok_or(Failure::NotFound)?;
    let shown = record.incidents.iter().map(|incident| incident.index);
    let shown = shown.chain(record.papers.values().flatten().map(|paper| paper.index));
    let files = Enclosed::of(&visit.app, &shown.collect::<Vec<_>>()).await?;
    let lang = visit.lang;
    let title = name_of(lang, &PartyName::of(&record.party));
    let body = html! {
        h1 { (title) }
        p.soft { (lang.fill("firm.text", &[("today", &record.today.to_string())])) }
        (about(lang, &record))
        @if visit.viewer.party() == Some(record.party.party) || visit.viewer.is_authority() {
            p {
                a href="/access-log" { (lang.t("access.link")) } " · "
                a href={ "/keys?party=" (record.party.party) } { (lang.t("keys.all")) } " · "
                a href={ "/parties/" (record.party.party) "/permits" } { (lang.t("permit.link")) }
                @if is_officer(&visit) { " · " a href={ "/cases/new?party=" (record.party.party) } { (lang.t("case-new.title")) } }
            }
        }
        (papers::acts(&visit, &record).await?)
        (section(lang, "firm.sites", sites(&visit, &record)))
        (section(lang, "firm.permits", permits(lang, &record)))
        (section(lang, "firm.plan", plan(lang, &record)))
        (section(lang, "firm.shipped", shipped(lang, &record)))
        (section(lang, "firm.stock", stock(lang, &record)))
        (section(lang, "firm.findings", findings(lang, &record)))
        (section(lang, "firm.incidents", incidents(&visit, &files, &record.incidents)))
        (section(lang, "firm.expiring", expiring(lang, &record)))
        @for kind in PaperKind::ALL.into_iter().filter(|kind| *kind != PaperKind::Plan) {
            (listed(&visit, &files, &record, kind))
        }
    };
    Ok(signing::page(&visit, &title, body))
}

pub(super) fn section(lang: Lang, key: &'static str, rows: Option<Markup>) -> Markup {
    html! {
        h2 { (lang.t(key)) }
        @match rows {
            Some(rows) => (rows),
            None => p { (lang.t("firm.none")) },
        }
    }
}

fn about(lang: Lang, record: &FirmRecord) -> Markup {
    let kinds = record.party.kinds.iter().filter_map(|kind| lang.of("party-kind", kind.name()));
    let kinds: Vec<&str> = kinds.collect();
    pairs(&[
        (lang.t("firm.code"), html! { span.mono { (record.party.party) } }),
        (lang.t("firm.kinds"), html! { (kinds.join(lang.t("sign.list"))) }),
        (lang.t("stock.division"), html! { span.mono { (record.party.division) } }),
    ])
}

fn sites(visit: &Visit, record: &FirmRecord) -> Option<Markup> {
    let lang = visit.lang;
    let rows = record.sites.iter().map(|line| {
        let class = line.class.and_then(|class| lang.of("class", class.name()));
        vec![
            site_link(&visit.viewer, &line.site),
            html! { span.mono { (line.site.division) } },
            html! { (class.unwrap_or(lang.t("firm.no-class"))) },
            html! { @if let Some(on) = line.site.closed_on { (on) } },
            html! {
                @if visit.viewer.may_see_stock_of(&line.site) {
                    a.nowrap href={ "/sites/" (line.site.site) "/sheet" } { (lang.t("sheet.link")) } " · "
                    a.nowrap href={ "/sites/" (line.site.site) "/plan" } { (lang.t("paper.plan")) }
                }
            },
        ]
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    let columns = [
        text("firm.site"),
        text("stock.division"),
        text("firm.class"),
        text("firm.closed"),
        text("sites.more"),
    ];
    (!rows.is_empty()).then(|| table(lang, lang.t("firm.sites"), &columns, rows))
}

pub(super) fn permits(lang: Lang, record: &FirmRecord) -> Option<Markup> {
    let rows = record.permits.iter().flat_map(|permit| {
        permit.items.iter().map(move |item| {
            let terms = permit.permit.terms_on(record.today);
            vec![
                html! { (permit.permit.number) },
                state(lang, permit),
                html! { @if let Some(terms) = terms { (terms.valid_from) "–" (terms.valid_to) } },
                html! { (codes(item)) },
                html! { (tonnes(item.yearly_g)) },
                html! { (tonnes(item.intake_g)) @if item.is_shared { " *" } },
                html! { (share(item.intake_g, item.yearly_g)) },
            ]
        })
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    let columns = [
        text("col.number"),
        text("firm.state"),
        text("firm.days"),
        text("firm.codes"),
        number("firm.yearly"),
        number("firm.intake"),
        number("firm.used"),
    ];
    let is_shared = record.permits.iter().flat_map(|permit| &permit.items).any(|item| item.is_shared);
    (!rows.is_empty()).then(|| {
        html! {
            (table(lang, lang.t("firm.permits"), &columns, rows))
            @if is_shared { p.soft { "* " (lang.t("firm.shared")) } }
        }
    })
}

pub(super) fn state(lang: Lang, permit: &PermitLine) -> Markup {
    let class = match permit.state {
        PermitState::Good => "good",
        PermitState::NotYet => "plain",
        PermitState::Suspended => "warn",
        PermitState::Expired | PermitState::Revoked => "bad",
    };
    tag(class, lang.of("permit-state", permit.state.name()).unwrap_or(permit.state.name()))
}

fn codes(item: &ItemUse) -> String {
    let codes: Vec<String> = item.codes.iter().map(ToString::to_string).collect();
    codes.join(" ")
}

pub(super) fn plan(lang: Lang, record: &FirmRecord) -> Option<Markup> {
    let name = |site| record.sites.iter().find(|line| line.site.site == site).map(|line| &*line.site.name);
    let rows = record.plan.iter().map(|row| {
        let planned =
            if row.planned_g > 0 { tonnes(row.planned_g) } else { lang.t("firm.unplanned").to_owned() };
        let used = if row.planned_g > 0 { share(row.generated_g, row.planned_g) } else { String::new() };
        vec![
            html! { (name(row.site).unwrap_or_default()) },
            html! { span.nowrap { (row.code) } },
            html! { (planned) },
            html! { (tonnes(row.generated_g)) },
            html! { (tonnes(row.sent_g)) },
            html! { (used) },
        ]
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    let columns = [
        text("firm.site"),
        text("col.code"),
        number("firm.planned"),
        number("firm.generated"),
        number("firm.sent"),
        number("firm.used"),
    ];
    (!rows.is_empty()).then(|| table(lang, lang.t("firm.plan"), &columns, rows))
}

/// What was shipped under approvals and contracts, beside what they allow.
pub(super) fn shipped(lang: Lang, record: &FirmRecord) -> Option<Markup> {
    let firm = record.party.party;
    let rows = record.shipped.iter().map(|row| {
        let sides = [row.paper.belongs.party, row.paper.belongs.other].into_iter().flatten();
        let other = sides.into_iter().find(|side| *side != firm);
        let kind = row.paper.id.kind.name();
        let codes = row.code.map_or_else(|| what(&row.paper), |code| code.to_string());
        vec![
            html! { (lang.of("paper", kind).unwrap_or(kind)) " " (row.paper.written.number().unwrap_or_default()) },
            html! { @if let Some(other) = other { span.mono { (other) } } },
            html! { (codes) },
            html! { (row.allowed_g.map(tonnes).unwrap_or_default()) },
            html! { (tonnes(row.shipped_g)) },
            html! { (row.allowed_g.map(|allowed_g| share(row.shipped_g, allowed_g)).unwrap_or_default()) },
        ]
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    let columns = [
        text("firm.what"),
        text("firm.other"),
        text("firm.codes"),
        number("firm.allowed"),
        number("firm.sent"),
        number("firm.used"),
    ];
    (!rows.is_empty()).then(|| table(lang, lang.t("firm.shipped"), &columns, rows))
}

/// The incidents on one manifest under their heading; nothing where there are none.
pub(super) fn incident_section(visit: &Visit, files: &Enclosed, reported: &[Incident]) -> Markup {
    html! {
        @if let Some(incidents) = incidents(visit, files, reported) {
            h2 { (visit.lang.t("firm.incidents")) }
            (incidents)
        }
    }
}

/// Incidents, each with the manifest it happened on; nothing where there are none.
fn incidents(visit: &Visit, files: &Enclosed, incidents: &[Incident]) -> Option<Markup> {
    let (lang, zone) = (visit.lang, visit.zone());
    let rows = incidents.iter().map(|incident| {
        vec![
            html! { a href={ "/manifests/" (incident.manifest) } { (moment(zone, incident.at)) } },
            html! { span.mono { (incident.party) } },
            html! {
                (incident.cause)
                (files.list(lang, incident.index, Some(incident.event), &incident.photos))
            },
            html! { (incident.measures.as_deref().unwrap_or_default()) },
            html! { (verdict_tag(lang, incident.verdict)) },
        ]
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    let columns = [
        text("firm.when"),
        text("firm.reporter"),
        text("firm.cause"),
        text("firm.measures"),
        text("firm.verdict"),
    ];
    (!rows.is_empty()).then(|| table(lang, lang.t("firm.incidents"), &columns, rows))
}

fn stock(lang: Lang, record: &FirmRecord) -> Option<Markup> {
    let rows = record.stock.iter().map(|(code, mass_g)| {
        vec![html! { span.nowrap { (code_name(lang, *code)) } }, html! { (tonnes(*mass_g)) }]
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    let columns = [text("col.code"), number("firm.there")];
    (!rows.is_empty()).then(|| table(lang, lang.t("firm.stock"), &columns, rows))
}

fn findings(lang: Lang, record: &FirmRecord) -> Option<Markup> {
    let rows = record
        .findings
        .iter()
        .rev()
        .map(|(severity, open)| vec![severity_tag(lang, *severity), html! { (open) }]);
    let rows: Vec<Vec<Markup>> = rows.collect();
    let columns = [text("firm.severity"), number("firm.open")];
    (!rows.is_empty()).then(|| table(lang, lang.t("firm.findings"), &columns, rows))
}

pub(super) fn expiring(lang: Lang, record: &FirmRecord) -> Option<Markup> {
    let rows = record.expiring.iter().map(|Expiring { on, what }| {
        let (kind, number) = match what {
            ExpiringWhat::Permit(number) => ("permit", Some(number.as_str())),
            ExpiringWhat::Paper(paper) => (paper.id.kind.name(), paper.written.number()),
        };
        vec![
            html! { (on) },
            html! { (lang.of("paper", kind).unwrap_or(kind)) },
            html! { (number.unwrap_or_default()) },
        ]
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    let columns = [text("firm.last-day"), text("firm.what"), text("col.number")];
    (!rows.is_empty()).then(|| table(lang, lang.t("firm.expiring"), &columns, rows))
}

/// The papers of one kind; nothing where there are none.
pub(super) fn listed(visit: &Visit, files: &Enclosed, record: &FirmRecord, kind: PaperKind) -> Markup {
    let papers = record.papers.get(&kind).map(Vec::as_slice).unwrap_or_default();
    let (lang, firm, today) = (visit.lang, record.party.party, record.today);
    let profile = visit.profile();
    let rows = papers.iter().map(|paper| {
        let days = paper.days().map(|(from, to)| format!("{from}–{to}"));
        let said_on = profile.local_date(paper.recorded_at.as_millis()).to_string();
        let sides = [paper.belongs.party, paper.belongs.other].into_iter().flatten();
        let other = sides.into_iter().find(|side| *side != firm);
        vec![
            html! {
                @if has_page(visit, paper) { a href=(paper_path(&paper.id)) { (days.unwrap_or(said_on)) } }
                @else { (days.unwrap_or(said_on)) }
            },
            html! { (paper.written.number().unwrap_or_default()) },
            html! { @if let Some(other) = other { span.mono { (other) } } },
            html! { (what(paper)) (files.list(lang, paper.index, None, paper.written.files())) },
            html! {
                (stage_tag(lang, paper))
                @if let Some(end) = &paper.end { " " (lang.t("firm.ended")) " " (end.reason) }
                (next_stage(visit, paper, today))
            },
        ]
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    let columns =
        [text("firm.days"), text("col.number"), text("firm.other"), text("firm.words"), text("firm.end")];
    let name = lang.of("paper", kind.name()).unwrap_or(kind.name());
    html! {
        @if !rows.is_empty() {
            h2 { (name) }
            (table(lang, name, &columns, rows))
        }
    }
}

/// Applications and approvals have a page of their own, for who may see them.
fn has_page(visit: &Visit, paper: &Paper) -> bool {
    let of_transfer = matches!(paper.id.kind, PaperKind::Application | PaperKind::Approval);
    of_transfer && visit.viewer.may_see_paper(&paper.belongs)
}

/// How far an application got.
pub(super) fn stage_tag(lang: Lang, paper: &Paper) -> Markup {
    let Some(stage) = paper.stage() else { return Markup::default() };
    let class = match stage {
        Stage::Granted => "good",
        Stage::Refused | Stage::Returned => "bad",
        Stage::Objected => "warn",
        Stage::Filed | Stage::Accepted | Stage::Inquired | Stage::Consented => "plain",
    };
    tag(class, lang.of("stage", stage.name()).unwrap_or(stage.name()))
}

/// The last day of an application's next stage, and whether it has passed or is not settled.
pub(super) fn next_stage(visit: &Visit, paper: &Paper, on: NaiveDate) -> Markup {
    let lang = visit.lang;
    html! {
        @if let Some(due) = paper.next_stage_due(visit.profile()) {
            span.nowrap { (due.date) }
            @if due.provisional { " " span.soft { (lang.t("firm.provisional")) } }
            @if due.date < on { " " (check("bad", lang.t("firm.late"))) }
        }
    }
}

/// What a paper says, in a few words.
pub(super) fn what(paper: &Paper) -> String {
    let list = |codes: Vec<String>| codes.join(" ");
    let words = match &paper.written {
        Written::Application(s) => {
            let methods = list(s.methods.iter().map(TreatmentCode::to_string).collect());
            list(s.lines.iter().map(|line| line.code.to_string()).chain([methods]).collect())
        }
        Written::Contract(s) => list(s.codes.iter().map(ToString::to_string).collect()),
        Written::Approval(s) => {
            let methods = list(s.methods.iter().map(TreatmentCode::to_string).collect());
            list(s.lines.iter().map(|line| line.code.to_string()).chain([methods]).collect())
        }
        Written::Vehicle(s) => s.licence.to_string(),
        other => other.words().unwrap_or_default().to_owned(),
    };
    let cut: String = words.chars().take(MAX_WORDS).collect();
    if cut.len() < words.len() { format!("{cut}…") } else { words }
}
