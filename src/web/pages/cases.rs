//! `GET /cases` and `/cases/{id}`: the queue of an authority, what a firm has to answer, and one case with all that was said.

mod sheet;

use axum::extract::{Path, Query};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::answering;
use super::attachments::Enclosed;
use super::oversight::{is_officer, penalties};
use super::sheets::exports;
use crate::app::access::Viewer;
use crate::app::query::{CaseDue, CaseFilter, CaseItem, CaseStage, DEFAULT_PAGE};
use crate::catalogue::Division;
use crate::custody::Subject;
use crate::custody::answer::Stated;
use crate::id::CaseId;
use crate::ledger::Kid;
use crate::registry::Role;
use crate::web::components::{case_path, finding_path, manifest_path, pairs, short, table, tabs, tag, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::signing::{self, Choice};
use crate::web::visit::Visit;
use crate::web::words::{Names, Speaker, moment};

pub(in crate::web) use sheet::sheet;

/// The filter as the form sends it; empty means any.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    division: String,
    #[serde(default)]
    owner: String,
    #[serde(default)]
    stage: String,
    #[serde(default)]
    overdue: String,
    #[serde(default)]
    on_duty: String,
    #[serde(default)]
    after: String,
}

impl Asked {
    fn filter(&self) -> CaseFilter {
        CaseFilter {
            party: None,
            division: self.division.parse().ok(),
            owner: self.owner.parse().ok(),
            stage: CaseStage::named(&self.stage),
            is_overdue: !self.overdue.is_empty(),
            is_mine_today: !self.on_duty.is_empty(),
        }
    }
}

/// A firm finds what it has to answer beside each other.
pub(super) const TABS: [(&str, &str); 2] = [("/findings", "site.findings"), ("/cases", "site.cases")];

/// The queue.
pub(in crate::web) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let filter = asked.filter();
    let page = visit.app.cases(&visit.viewer, &filter, asked.after.parse().ok(), DEFAULT_PAGE).await?;
    let parties = page.items.iter().map(|item| item.state.party);
    let names = Names::load(&visit.app, &visit.viewer, parties).await?;
    let lang = visit.lang;
    let title = lang.t("case.list");
    let body = html! {
        h1 { (title) }
        @if !visit.viewer.is_authority() { (tabs(lang, &visit.path, &TABS)) }
        p.soft { (lang.t("case.text")) }
        (on_duty(&visit, filter.division).await?)
        @if is_officer(&visit) { p { a.button href="/cases/new" { (lang.t("case-new.title")) } } }
        (filter_form(&visit, &filter))
        @if page.items.is_empty() {
            p { (lang.t("case.none")) }
        } @else {
            (table(lang, title, &COLUMNS, page.items.iter().map(|item| row(&visit, &names, item)).collect()))
            (exports(&visit))
        }
        nav.pager aria-label=(title) {
            @if !asked.after.is_empty() { a href=(visit.here_without("after")) { (lang.t("findings.first")) } }
            @if let Some(next) = page.next {
                a href=(visit.here_with("after", &next.to_string())) rel="next" { (lang.t("findings.more")) }
            }
        }
    };
    Ok(layout::page(&visit, title, body))
}

pub(super) const COLUMNS: [crate::web::components::Column; 6] = [
    text("case.case"),
    text("col.party"),
    text("col.status"),
    text("case.due"),
    text("case.owner"),
    text("col.opened"),
];

/// One row: the beginning of the text leads to the case.
pub(super) fn row(visit: &Visit, names: &Names, item: &CaseItem) -> Vec<Markup> {
    let lang = visit.lang;
    let case = &item.state;
    let first_line = case.opened.text.lines().next().unwrap_or_default();
    vec![
        html! { a href=(case_path(case.case)) { (first_line) } },
        html! { (names.of(lang, &case.party)) },
        stage_tag(lang, case.stage()),
        due(lang, item),
        owner(visit, &case.owner),
        moment(visit.zone(), case.opened.at),
    ]
}

fn stage_tag(lang: Lang, stage: CaseStage) -> Markup {
    let class = match stage {
        CaseStage::Open => "warn",
        CaseStage::Answered => "note",
        CaseStage::Closed => "plain",
    };
    tag(class, stage_name(lang, stage))
}

fn stage_name(lang: Lang, stage: CaseStage) -> &'static str {
    lang.of("case-stage", stage.name()).unwrap_or(stage.name())
}

fn due(lang: Lang, item: &CaseItem) -> Markup {
    let class = match item.due {
        CaseDue::Nothing | CaseDue::Later => "plain",
        CaseDue::Soon => "warn",
        CaseDue::Overdue | CaseDue::Escalated => "bad",
    };
    html! {
        @if let Some(day) = item.state.due {
            span.nowrap { (day) } " "
            @if item.due != CaseDue::Nothing { (tag(class, lang.of("case-due", item.due.name()).unwrap_or_default())) }
            @if item.is_provisional { " " span.soft { (lang.t("case.provisional")) } }
        } @else {
            (lang.t("case.no-date"))
        }
    }
}

/// An officer is known by the end of a key.
pub(super) fn owner(visit: &Visit, owner: &Kid) -> Markup {
    let own = visit.viewer.kid() == Some(*owner);
    html! {
        @if own { (visit.lang.t("case.yours")) } @else { span.mono.nowrap title=(owner) { (short(&owner.to_string())) } }
    }
}

/// The officers of whoever looks, with whom a case could lie: each known by the end of its key, and by its name where that is told.
pub(super) async fn owner_choices(visit: &Visit, item: &CaseItem) -> Result<Vec<Choice>, Failure> {
    if !visit.viewer.is_authority() {
        return Ok(Vec::new());
    }
    let keys = visit.app.keys(&visit.viewer, visit.viewer.party()).await?;
    let officers = keys.iter().filter(|key| key.role == Role::Officer && key.revoked_index.is_none());
    let others = officers.filter(|key| key.kid != item.state.owner);
    Ok(others.map(|key| Choice { value: key.kid.to_string(), shown: short(&key.kid.to_string()) }).collect())
}

/// Who is on duty today in the division that is looked at, with the way to the roster; nothing for those who are no authority.
async fn on_duty(visit: &Visit, division: Option<Division>) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let Viewer::Authority { division: own, .. } = visit.viewer else { return Ok(html! {}) };
    let division = division.unwrap_or(own);
    let Some(officers) = visit.app.on_duty_in(&visit.viewer, division).await? else { return Ok(html! {}) };
    let name = visit.app.rulebook().catalogue.full_name(division).unwrap_or_else(|| division.to_string());
    Ok(html! {
        p {
            (lang.fill("roster.today", &[("division", &name)])) (lang.t("sign.separator"))
            @if officers.is_empty() { (lang.t("roster.nobody")) }
            @for officer in &officers { (owner(visit, officer)) " " }
            " " a href={ "/duty-roster?division=" (division) } { (lang.t("roster.link")) }
        }
    })
}

/// The choice between everything and what lies where the visitor is on duty today; for authorities.
pub(super) fn duty_choice(visit: &Visit, is_mine_today: bool) -> Markup {
    let lang = visit.lang;
    html! {
        @if visit.viewer.is_authority() {
            label {
                (lang.t("roster.mine"))
                select name="on_duty" {
                    option value="" { (lang.t("findings.any-stage")) }
                    option value="1" selected[is_mine_today] { (lang.t("roster.mine-today")) }
                }
            }
        }
    }
}

fn filter_form(visit: &Visit, filter: &CaseFilter) -> Markup {
    let lang = visit.lang;
    html! {
        form.filter method="get" action="/cases" role="search" aria-label=(lang.t("manifests.filter")) {
            @if visit.viewer.is_authority() {
                label {
                    (lang.t("case.division"))
                    input name="division" inputmode="numeric" maxlength="6"
                        value=(filter.division.map(|division| division.to_string()).unwrap_or_default());
                }
            }
            label {
                (lang.t("col.status"))
                select name="stage" {
                    option value="" { (lang.t("findings.any-stage")) }
                    @for stage in CaseStage::ALL {
                        option value=(stage.name()) selected[filter.stage == Some(stage)] {
                            (stage_name(lang, stage))
                        }
                    }
                }
            }
            label {
                (lang.t("case.overdue"))
                select name="overdue" {
                    option value="" { (lang.t("findings.any-stage")) }
                    option value="1" selected[filter.is_overdue] { (lang.t("case-due.overdue")) }
                }
            }
            (duty_choice(visit, filter.is_mine_today))
            button { (lang.t("manifests.apply")) }
            @if *filter != CaseFilter::default() { a href="/cases" { (lang.t("manifests.clear")) } }
        }
    }
}

/// One case.
pub(in crate::web) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: CaseId = id.parse().map_err(|_| Failure::NotFound)?;
    let item = visit.app.case(&visit.viewer, id).await?.ok_or(Failure::NotFound)?;
    let case = &item.state;
    let said = case.answers.iter().chain(&case.closed).chain([&case.opened]).map(|stated| stated.party);
    let names = Names::load(&visit.app, &visit.viewer, said.chain([case.party])).await?;
    let answered: Vec<u64> = case.answers.iter().map(|stated| stated.index).collect();
    let files = Enclosed::of(&visit.app, &answered).await?;
    let (lang, zone) = (visit.lang, visit.zone());
    let speaker = Speaker { lang, zone, names: &names };
    let title = lang.fill("case.title", &[("party", &names.of(lang, &case.party))]);
    let body = html! {
        h1 { (title) " " (stage_tag(lang, case.stage())) }
        (facts(&visit, &speaker, &item).await?)
        (stated(&speaker, &files, lang.t("case.opened"), &case.opened))
        @for answer in &case.answers { (stated(&speaker, &files, lang.t("case.answered"), answer)) }
        @if let Some(closed) = &case.closed { (stated(&speaker, &files, lang.t("case.closed"), closed)) }
        (penalties(&visit, &item).await?)
        (answering::of_case(&visit, &item).await?)
    };
    Ok(signing::page(&visit, &title, body))
}

async fn facts(visit: &Visit, speaker: &Speaker<'_>, item: &CaseItem) -> Result<Markup, Failure> {
    let (lang, case) = (speaker.lang, &item.state);
    let mut items = vec![
        (
            lang.t("col.party"),
            html! { a href={ "/parties/" (case.party) } { (speaker.names.of(lang, &case.party)) } },
        ),
        (lang.t("case.source"), html! { (lang.of("case-source", case.source.name()).unwrap_or_default()) }),
        (lang.t("case.due"), due(lang, item)),
        (lang.t("case.owner"), owner(visit, &case.owner)),
    ];
    if let Some(site) = case.site {
        let name = visit.app.site(&visit.viewer, site).await?.map_or(site.to_string(), |site| site.name);
        items.push((lang.t("col.site"), html! { a href={ "/sites/" (site) } { (name) } }));
    }
    if let Some(manifest) = case.manifest {
        let open = visit.open_among([Subject::Manifest(manifest)]).await?;
        let shown = short(&manifest.to_string());
        let link = html! {
            @if open.is_empty() { span.mono { (shown) } } @else { a.mono href=(manifest_path(manifest)) { (shown) } }
        };
        items.push((lang.t("finding.about"), link));
    }
    let mut findings = Vec::new();
    for finding in &case.findings {
        // Whom it concerns may have changed since.
        if let Some(item) = visit.app.finding_item(&visit.viewer, *finding).await? {
            let rule = crate::web::components::rule_title(lang, &item);
            findings.push(html! { a href=(finding_path(*finding)) { (rule) } });
        }
    }
    if !findings.is_empty() {
        items
            .push((lang.t("site.findings"), html! { ul { @for finding in &findings { li { (finding) } } } }));
    }
    Ok(pairs(&items))
}

/// What somebody stated, with who and when and in which record.
pub(super) fn stated(speaker: &Speaker<'_>, files: &Enclosed, what: &str, stated: &Stated) -> Markup {
    let lang = speaker.lang;
    html! {
        section {
            h3 { (what) }
            p.soft {
                (speaker.names.of(lang, &stated.party)) " · " (moment(speaker.zone, stated.at)) " · "
                (lang.fill("event.index", &[("index", &stated.index.to_string())]))
            }
            @for line in stated.text.lines() { p { (line) } }
            @if !stated.attachments.is_empty() {
                p.soft { (lang.t("case.attachments")) }
                (files.list(lang, stated.index, Some(stated.event), &stated.attachments))
            }
        }
    }
}
