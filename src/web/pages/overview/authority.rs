//! The first page of an authority: what moves today, what is late, where findings open and by which rule.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use maud::{Markup, html};

use super::severity_of;
use crate::app::access::{PartyName, Viewer};
use crate::app::query::{
    CaseFilter, CaseItem, Counted, ManifestFilter, ManifestItem, MonthStatistics, Months, Overview, Page,
    counties_of,
};
use crate::catalogue::Division;
use crate::custody::manifest::Status;
use crate::custody::rules::Rule;
use crate::shape::month_text;
use crate::web::components::{
    manifest_path, number, rule_path, severity_tag, short, status_tag, table, text,
};
use crate::web::draw::bars::{self, Bar};
use crate::web::failure::Failure;
use crate::web::pages::cases;
use crate::web::visit::Visit;
use crate::web::words::{Names, count, name_of};

/// Most manifests and cases that are counted; beyond them the figure is a lower bound.
const MAX_COUNTED: u64 = 100;
/// Rows of each list; the whole list is behind its link.
const SHOWN: usize = 8;
const SHOWN_RULES: usize = 12;
/// Days back to the first month of the charts: half a year.
const BACK: Days = Days::new(150);
/// Rules about what is late: what is not there yet though it should be.
const LATE: [&str; 5] = [
    "in-transit-overdue",
    "receipt-unconfirmed",
    "declaration-overdue",
    "back-fill-overdue",
    "collector-overdue",
];

/// What the page is made from.
pub(super) struct Duty {
    leaving: Page<ManifestItem, crate::app::query::ManifestCursor>,
    on_the_road: Page<ManifestItem, crate::app::query::ManifestCursor>,
    late_cases: Page<CaseItem, u64>,
    waiting: (usize, usize),
    lately: Vec<Arc<MonthStatistics>>,
    names: Names,
    today: NaiveDate,
}

impl Duty {
    pub(super) async fn of(visit: &Visit) -> Result<Self, Failure> {
        let (app, viewer, today) = (&visit.app, &visit.viewer, visit.app.today());
        let leaving = ManifestFilter { from: Some(today), to: Some(today), ..ManifestFilter::default() };
        let on_the_road = ManifestFilter { status: Some(Status::InTransit), ..ManifestFilter::default() };
        let late = CaseFilter { is_overdue: true, ..CaseFilter::default() };
        let late_cases = app.cases(viewer, &late, None, MAX_COUNTED).await?;
        let tasks = app.tasks(viewer).await?.items;
        let months = Months::between(today.checked_sub_days(BACK), Some(today), today);
        let lately = match months {
            Ok(months) => app.statistics_lately(viewer, months).await?,
            Err(_) => None,
        };
        Ok(Self {
            leaving: app.manifests(viewer, &leaving, None, MAX_COUNTED).await?,
            on_the_road: app.manifests(viewer, &on_the_road, None, MAX_COUNTED).await?,
            names: Names::load(app, viewer, late_cases.items.iter().map(|item| item.state.party)).await?,
            late_cases,
            waiting: (tasks.len(), tasks.iter().filter(|task| task.is_overdue).count()),
            lately: lately.unwrap_or_default(),
            today,
        })
    }

    pub(super) fn show(&self, visit: &Visit, overview: &Overview) -> Markup {
        let lang = visit.lang;
        html! {
            (self.figures(visit, overview))
            .columns {
                section data-live="movements" {
                    h2 { (lang.fill("regulator.leaving", &[("day", &self.today.to_string())])) }
                    (list(visit, &self.leaving, &self.leaving_path(), "regulator.none-leaving"))
                    h2 { (lang.t("regulator.on-the-road")) }
                    (list(visit, &self.on_the_road, ON_THE_ROAD, "regulator.none-on-the-road"))
                    @if !self.late_cases.items.is_empty() {
                        h2 { (lang.t("regulator.late-cases")) }
                        @let rows = self.late_cases.items.iter().take(SHOWN).map(|item| cases::row(visit, &self.names, item)).collect();
                        (table(lang, lang.t("regulator.late-cases"), &cases::COLUMNS, rows))
                        p { a href=(LATE_CASES) { (lang.t("regulator.all")) } }
                    }
                }
                section data-live="findings" {
                    (per_rule(visit, overview))
                    (self.by_county(visit))
                }
            }
            (self.trends(visit))
        }
    }

    fn leaving_path(&self) -> String {
        format!("/manifests?from={0}&to={0}", self.today)
    }

    /// The few figures an officer looks at first, each with the way to what it counts.
    fn figures(&self, visit: &Visit, overview: &Overview) -> Markup {
        let lang = visit.lang;
        let open: u64 = overview.open_findings.iter().map(|(_, n)| n).sum();
        let is_late = |rule: &str| LATE.contains(&rule);
        let late: u64 = overview.open_findings.iter().filter(|(rule, _)| is_late(rule)).map(|(_, n)| n).sum();
        let leaving = self.leaving_path();
        let counts: [(&'static str, String, &str, bool); 6] = [
            ("regulator.figure-leaving", counted(&self.leaving), &leaving, false),
            ("regulator.figure-road", counted(&self.on_the_road), ON_THE_ROAD, false),
            ("regulator.figure-open", count(open), "/findings?life=open", false),
            ("regulator.figure-late", count(late), "#rules", late > 0),
            (
                "regulator.figure-cases",
                counted(&self.late_cases),
                LATE_CASES,
                !self.late_cases.items.is_empty(),
            ),
            ("regulator.figure-tasks", self.waiting.0.to_string(), "/tasks", self.waiting.1 > 0),
        ];
        html! {
            dl.figures data-live="figures" {
                @for (name, figure, path, is_alarming) in counts {
                    div.alarming[is_alarming] {
                        dt { (lang.t(name)) }
                        dd.big { a href=(path) { (figure) } }
                    }
                }
            }
        }
    }

    /// Where findings opened in these months, the most first.
    fn by_county(&self, visit: &Visit) -> Markup {
        let (lang, Some(first)) = (visit.lang, self.lately.first()) else { return html! {} };
        let mut opened: Vec<(Division, u64)> = counties_of(self.lately.iter().map(|month| &**month))
            .into_iter()
            .filter_map(|(county, counts)| {
                Some((county, u64::try_from(*counts.get(&Counted::FindingsOpened)?).ok()?))
            })
            .filter(|(_, n)| *n > 0)
            .collect();
        opened.sort_by_key(|(county, n)| (std::cmp::Reverse(*n), *county));
        let largest = opened.iter().map(|(_, n)| *n).max().unwrap_or_default();
        let row = |(county, n): &(Division, u64)| {
            let name = visit.app.rulebook().catalogue.division_name(*county).unwrap_or_default();
            vec![
                html! { a href={ "/statistics?division=" (county) } { @if name.is_empty() { (county) } @else { (name) } } },
                html! { (bars::inline(*n, largest)) },
                html! { (count(*n)) },
            ]
        };
        let columns = [text("statistics.county"), text("regulator.share"), number("counted.findings-opened")];
        html! {
            h2 { (lang.t("regulator.by-county")) }
            p.soft.small { (lang.fill("regulator.since", &[("month", &month_text(first.month))])) }
            @if opened.is_empty() { p { (lang.t("statistics.nothing")) } } @else {
                (table(lang, lang.t("regulator.by-county"), &columns, opened.iter().map(row).collect()))
            }
        }
    }

    /// Three charts of these months, and a table that says the same.
    fn trends(&self, visit: &Visit) -> Markup {
        let lang = visit.lang;
        if self.lately.is_empty() {
            return html! {};
        }
        let of = |counts: &BTreeMap<Counted, i64>, counted| {
            u64::try_from(counts.get(&counted).copied().unwrap_or_default()).unwrap_or_default()
        };
        let chart = |counted: Counted| {
            let bars: Vec<Bar> = self
                .lately
                .iter()
                .map(|one| {
                    let size = of(&one.counts, counted);
                    Bar { name: month_text(one.month), size, shown: count(size) }
                })
                .collect();
            let title = lang.of("counted", counted.name()).unwrap_or(counted.name());
            let said = lang.fill("statistics.chart", &[("what", title)]);
            html! { section { h3 { (title) } (bars::draw(&bars, counted.name(), title, &said)) } }
        };
        let row = |one: &Arc<MonthStatistics>| {
            let figures = TRENDS.map(|counted| html! { (count(of(&one.counts, counted))) });
            std::iter::once(html! { span.nowrap { (month_text(one.month)) } }).chain(figures).collect()
        };
        let columns = [
            text("statistics.month"),
            number("counted.registered"),
            number("counted.completed"),
            number("counted.findings-opened"),
        ];
        html! {
            h2 { (lang.t("regulator.trends")) }
            p.soft.small { (lang.t("regulator.lately")) }
            .columns.three { @for counted in TRENDS { (chart(counted)) } }
            details {
                summary { (lang.t("lanes.table")) }
                (table(lang, lang.t("regulator.trends"), &columns, self.lately.iter().map(row).collect()))
            }
            p { a href="/statistics" { (lang.t("regulator.to-statistics")) } }
        }
    }
}

const ON_THE_ROAD: &str = "/manifests?status=in-transit";
const LATE_CASES: &str = "/cases?overdue=1";
const TRENDS: [Counted; 3] = [Counted::Registered, Counted::Completed, Counted::FindingsOpened];

/// How many; at least so many where there are more.
fn counted<T, C>(page: &Page<T, C>) -> String {
    let plus = if page.next.is_some() { "+" } else { "" };
    format!("{}{plus}", page.items.len())
}

/// The first manifests of a list, and the way to all of them.
fn list<C>(visit: &Visit, page: &Page<ManifestItem, C>, path: &str, none: &'static str) -> Markup {
    let lang = visit.lang;
    let name =
        |party: &Option<PartyName>| party.as_ref().map(|party| name_of(lang, party)).unwrap_or_default();
    let row = |item: &ManifestItem| {
        let number = item.number.clone().unwrap_or_else(|| short(&item.id.to_string()));
        vec![
            html! { a.nowrap href=(manifest_path(item.id)) { (number) } },
            status_tag(lang, item.status.name()),
            html! { (name(&item.consignor)) " → " (name(&item.consignee)) },
            html! { @if item.open_findings > 0 { strong { (item.open_findings) } } @else { span.soft { "–" } } },
        ]
    };
    let columns = [text("col.number"), text("col.status"), text("regulator.way"), number("regulator.open")];
    html! {
        @if page.items.is_empty() { p { (lang.t(none)) } } @else {
            (table(lang, lang.t("manifests.title"), &columns, page.items.iter().take(SHOWN).map(row).collect()))
            @if page.items.len() > SHOWN || page.next.is_some() { p { a href=(path) { (lang.t("regulator.all")) } } }
        }
    }
}

/// Open findings by rule, the gravest first, each with a bar.
fn per_rule(visit: &Visit, overview: &Overview) -> Markup {
    let lang = visit.lang;
    let mut open: Vec<&(String, u64)> = overview.open_findings.iter().collect();
    open.sort_by_key(|(id, n)| std::cmp::Reverse((severity_of(visit, id), *n)));
    let largest = open.iter().map(|(_, n)| *n).max().unwrap_or_default();
    let row = |(id, n): &&(String, u64)| {
        let title = Rule::named(id).map_or(id.as_str(), |rule| lang.pick(rule.title_zh, rule.title_en));
        vec![
            html! { a href=(rule_path(id)) { (title) } },
            severity_tag(lang, severity_of(visit, id)),
            bars::inline(*n, largest),
            html! { a href={ "/findings?life=open&rule=" (id) } { (count(*n)) } },
        ]
    };
    let columns = [text("col.rule"), text("col.severity"), text("regulator.share"), number("col.count")];
    html! {
        h2 #rules { (lang.t("overview.per-rule")) }
        @if open.is_empty() { p { (lang.t("overview.none-open")) } } @else {
            (table(lang, lang.t("overview.per-rule"), &columns, open.iter().take(SHOWN_RULES).map(row).collect()))
            @if open.len() > SHOWN_RULES { p { a href="/findings?life=open" { (lang.t("regulator.all")) } } }
        }
    }
}

/// The division that an authority is over, in words.
pub(super) fn division(visit: &Visit) -> String {
    let Viewer::Authority { division, .. } = visit.viewer else { return String::new() };
    visit.app.rulebook().catalogue.full_name(division).unwrap_or_else(|| division.to_string())
}
