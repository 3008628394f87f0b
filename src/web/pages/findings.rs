//! `GET /findings`: the list, with its filter on top.

mod sheet;

use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::answering::{closing_box, closing_many};
use super::cases::{TABS, duty_choice};
use super::oversight::is_officer;
use super::sheets::exports;
use crate::app::query::{DEFAULT_PAGE, FindingFilter, FindingItem};
use crate::custody::answer::Stage;
use crate::custody::rules::{Rule, rules};
use crate::custody::shelf::Life;
use crate::web::components::{
    Column, finding_path, life_tag, rule_title, severity_tag, stage_name, stage_tag, subject_link, table,
    tabs, text,
};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::signing;
use crate::web::visit::{Open, Visit};
use crate::web::words::{Names, Speaker, moment};

pub(in crate::web) use sheet::sheet;

/// The filter as the form sends it; empty means any.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    party: String,
    #[serde(default)]
    rule: String,
    #[serde(default)]
    life: String,
    #[serde(default)]
    stage: String,
    #[serde(default)]
    on_duty: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    closing: String,
}

impl Asked {
    fn filter(&self) -> FindingFilter {
        FindingFilter {
            party: self.party.parse().ok(),
            rule: Rule::named(&self.rule).map(|rule| rule.id.to_owned()),
            life: match self.life.as_str() {
                "open" => Some(Life::Open),
                "closed" => Some(Life::Closed),
                _ => None,
            },
            stage: Stage::named(&self.stage),
            is_mine_today: !self.on_duty.is_empty(),
        }
    }
}

/// The list.
pub(in crate::web) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    visit.signed_in()?;
    let filter = asked.filter();
    let page = visit.app.findings(&visit.viewer, &filter, asked.after.parse().ok(), DEFAULT_PAGE).await?;
    let seen: Vec<_> = page.items.iter().map(|item| &item.row.seen).collect();
    let names = Names::load_seen(&visit.app, &visit.viewer, [], seen).await?;
    let subjects: Vec<_> = page.items.iter().map(|item| item.row.seen.subject).collect();
    let open = visit.open_among(subjects).await?;
    let closes = is_officer(&visit) && !asked.closing.is_empty();
    let lang = visit.lang;
    let title = lang.t("findings.title");
    let shown = page.items.len().to_string();
    let speaker = Speaker { lang, zone: visit.zone(), names: &names };
    let body = html! {
        h1 { (title) }
        @if !visit.viewer.is_authority() { (tabs(lang, &visit.path, &TABS)) }
        p.soft { (lang.t("findings.text")) " " (lang.t("findings.view")) }
        (filter_form(&visit, &filter))
        @if is_officer(&visit) {
            p {
                @if closes { (lang.t("findings.closing-text")) " " a href=(visit.here_without("closing")) { (lang.t("findings.closing-end")) } }
                @else { a href=(visit.here_with("closing", "1")) { (lang.t("findings.closing")) } }
            }
        }
        @if page.items.is_empty() && page.next.is_none() {
            p { (lang.t("findings.none")) }
        } @else {
            p.soft.small { (lang.fill("findings.shown", &[("count", &shown)])) }
            @if closes { (closing_many(&visit, &visit.here_with("closing", "1"), boxed(&speaker, &open, &page.items))) }
            @else { (table(lang, title, &COLUMNS, page.items.iter().map(|item| row(&speaker, &open, item)).collect())) }
            (exports(&visit))
        }
        nav.pager aria-label=(title) {
            @if !asked.after.is_empty() {
                a href=(visit.here_without("after")) { (lang.t("findings.first")) }
            }
            @if let Some(next) = page.next {
                a href=(visit.here_with("after", &next.to_string())) rel="next" { (lang.t("findings.more")) }
            }
        }
    };
    Ok(if closes {
        signing::page(&visit, title, body)
    } else {
        layout::page(&visit, title, body).into_response()
    })
}

/// The same list with a box before each finding that can be closed.
fn boxed(speaker: &Speaker<'_>, open: &Open, items: &[FindingItem]) -> Markup {
    let lang = speaker.lang;
    let columns: Vec<Column> = COLUMNS.iter().copied().chain([text("findings.choose")]).collect();
    let with_box = |item: &FindingItem| {
        let about = format!(
            "{}{}{}",
            rule_title(lang, item),
            lang.t("sign.separator"),
            speaker.sentence(&item.row.seen)
        );
        let choose = closing_box(&item.row, &about);
        row(speaker, open, item).into_iter().chain([choose]).collect()
    };
    table(lang, lang.t("findings.title"), &columns, items.iter().map(with_box).collect())
}

const COLUMNS: [Column; 7] = [
    text("col.rule"),
    text("col.severity"),
    text("col.status"),
    text("col.answered"),
    text("col.what"),
    text("col.subject"),
    text("col.opened"),
];

fn row(speaker: &Speaker<'_>, open: &Open, item: &FindingItem) -> Vec<Markup> {
    let lang = speaker.lang;
    vec![
        html! { a href=(finding_path(item.row.id)) { (rule_title(lang, item)) } },
        severity_tag(lang, item.row.severity),
        life_tag(lang, item.row.life),
        stage_tag(lang, item.row.stage),
        html! { (speaker.sentence(&item.row.seen)) },
        subject_link(lang, &item.row.seen.subject, open),
        html! { @if let Some(at) = item.row.opened_at { (moment(speaker.zone, at)) } },
    ]
}

fn filter_form(visit: &Visit, filter: &FindingFilter) -> Markup {
    let lang = visit.lang;
    html! {
        form.filter method="get" action="/findings" role="search" aria-label=(lang.t("manifests.filter")) {
            // Who comes from one firm stays with it.
            @if let Some(party) = filter.party { input type="hidden" name="party" value=(party); }
            label {
                (lang.t("col.rule"))
                select name="rule" {
                    option value="" { (lang.t("findings.any-rule")) }
                    @for rule in rules() {
                        option value=(rule.id) selected[filter.rule.as_deref() == Some(rule.id)] {
                            (lang.pick(rule.title_zh, rule.title_en))
                        }
                    }
                }
            }
            label {
                (lang.t("findings.life"))
                select name="life" {
                    option value="" { (lang.t("findings.any-life")) }
                    @for (life, name) in [(Life::Open, "open"), (Life::Closed, "closed")] {
                        option value=(name) selected[filter.life == Some(life)] { (lang.of("life", name).unwrap_or(name)) }
                    }
                }
            }
            label {
                (lang.t("col.answered"))
                select name="stage" {
                    option value="" { (lang.t("findings.any-stage")) }
                    @for stage in Stage::ALL {
                        option value=(stage.name()) selected[filter.stage == Some(stage)] { (stage_name(lang, stage)) }
                    }
                }
            }
            (duty_choice(visit, filter.is_mine_today))
            button { (lang.t("manifests.apply")) }
            @if *filter != FindingFilter::default() {
                a href="/findings" { (lang.t("manifests.clear")) }
            }
        }
    }
}
