//! `GET /statistics`: what happened month by month; for officers in their division, for everybody else what is public.

use axum::extract::{Path, Query};
use axum::response::Response;
use chrono::NaiveDate;
use maud::{Markup, html};
use serde::Deserialize;

use super::sheets::named_file;
use crate::app::query::{
    Counted, Counts, MAX_STATISTICS_MONTHS, MIN_TOLD_PARTIES, MonthStatistics, Months, NoMonths,
    PublicStatistics, Statistics, StatisticsForm,
};
use crate::catalogue::Division;
use crate::custody::rules::Rule;
use crate::shape::{month_text, parse_day};
use crate::web::components::{Column, number, rule_path, severity_tag, table, text};
use crate::web::draw::bars::{self, Bar};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::{count, moment, tonnes};

/// Grams of a tonne: bars are labelled in whole tonnes.
const TONNE_G: u64 = 1_000_000;

/// What stands where nothing was counted, and where a figure is not told.
const NONE: &str = "0";
const UNTOLD: &str = "–";

/// Which months and where, as the form sends them; empty means nothing is said.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    division: String,
}

impl Asked {
    fn months(&self) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let month = |text: &str| parse_day(&format!("{text}-01")).ok();
        (month(&self.from), month(&self.to))
    }

    fn division(&self) -> Option<Division> {
        self.division.parse().ok()
    }
}

/// The page, by who looks.
pub(in crate::web) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let title = lang.t("statistics.title");
    let (from, to) = asked.months();
    let is_authority = visit.viewer.is_authority();
    let months = match is_authority {
        true => Months::between(from, to, visit.app.today()),
        false => visit.app.public_months(from, to),
    };
    let body = match months {
        Err(why) => html! {
            (form(&visit, from, to, &asked))
            p role="alert" { (refusal(lang, why)) }
        },
        Ok(months) if is_authority => {
            let found = visit.app.statistics(&visit.viewer, months, asked.division()).await?;
            let statistics = found.ok_or(Failure::NotFound)?;
            html! { (form(&visit, Some(months.from()), Some(months.to()), &asked)) (of_division(&visit, &statistics)) }
        }
        Ok(months) => {
            let statistics = visit.app.public_statistics(months, asked.division()).await?;
            html! { (form(&visit, Some(months.from()), Some(months.to()), &asked)) (told(&visit, &statistics, asked.division())) }
        }
    };
    let about = if is_authority {
        lang.t("statistics.text").to_owned()
    } else {
        lang.fill("statistics.public-text", &[("min", &MIN_TOLD_PARTIES.to_string())])
    };
    Ok(layout::page(&visit, title, html! { h1 { (title) } p.soft { (about) } (body) }))
}

/// The figures as a file: officers' of their division, for everybody else what is public.
pub(in crate::web) async fn sheet(
    visit: Visit,
    Path(form): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let form = StatisticsForm::ALL.into_iter().find(|known| known.ending() == form);
    let form = form.ok_or(Failure::NotFound)?;
    let (from, to) = asked.months();
    let (app, viewer) = (&visit.app, &visit.viewer);
    let (whose, months, bytes) = if viewer.is_authority() {
        let months = Months::between(from, to, app.today()).map_err(|_| Failure::NotFound)?;
        let statistics = app.statistics(viewer, months, asked.division()).await?.ok_or(Failure::NotFound)?;
        (statistics.division.to_string(), months, app.statistics_file(&statistics, form)?)
    } else {
        let months = app.public_months(from, to).map_err(|_| Failure::NotFound)?;
        let statistics = app.public_statistics(months, asked.division()).await?;
        ("public".to_owned(), months, app.public_statistics_file(&statistics, form)?)
    };
    let (from, to) = (month_text(months.from()), month_text(months.to()));
    let name = format!("statistics-{whose}-{from}-{to}.{}", form.ending());
    Ok(named_file(&name, form.media(), bytes))
}

fn refusal(lang: Lang, why: NoMonths) -> String {
    match why {
        NoMonths::Backwards => lang.t("statistics.backwards").to_owned(),
        NoMonths::TooMany => lang.fill("statistics.too-many", &[("max", &MAX_STATISTICS_MONTHS.to_string())]),
        NoMonths::NotOver(last) => lang.fill("statistics.not-over", &[("last", &month_text(last))]),
    }
}

fn form(visit: &Visit, from: Option<NaiveDate>, to: Option<NaiveDate>, asked: &Asked) -> Markup {
    let lang = visit.lang;
    let month = |key: &'static str, name: &str, value: Option<NaiveDate>| {
        html! { label { (lang.t(key)) input type="month" name=(name) value=[value.map(month_text)] min="1970-01" max="9999-12"; } }
    };
    html! {
        form.filter method="get" action="/statistics" aria-label=(lang.t("stock.period")) {
            (month("statistics.from", "from", from))
            (month("statistics.to", "to", to))
            label {
                (lang.t("case.division"))
                input name="division" inputmode="numeric" maxlength="6" value=(asked.division);
            }
            button { (lang.t("manifests.apply")) }
        }
    }
}

/// Everything an officer is told.
fn of_division(visit: &Visit, statistics: &Statistics) -> Markup {
    let lang = visit.lang;
    let months: Vec<(NaiveDate, &Counts)> =
        statistics.months.iter().map(|month| (month.month, &month.counts)).collect();
    let name = place(visit, statistics.division);
    let size = statistics.log_size.to_string();
    html! {
        p.soft { (lang.fill("statistics.as-of", &[("division", &name), ("size", &size)])) }
        (charts(lang, &months))
        h2 { (lang.t("statistics.by-month")) }
        (by_month(lang, &months, NONE))
        (downloads(lang, statistics.asked, Some(statistics.division)))
        h2 { (lang.t("statistics.by-county")) }
        @let counties = statistics.counties();
        (by_county(visit, lang.t("statistics.by-county"), counties.iter(), NONE))
        h2 { (lang.t("statistics.by-rule")) }
        (by_rule(lang, statistics))
        h2 { (lang.t("statistics.cases")) }
        (cases(lang, &statistics.months))
    }
}

/// The same as files: sheets for people, Parquet for programs.
fn downloads(lang: Lang, asked: Months, division: Option<Division>) -> Markup {
    let (from, to) = (month_text(asked.from()), month_text(asked.to()));
    let within = division.map(|division| format!("&division={division}")).unwrap_or_default();
    let path = |ending: &str| format!("/statistics/{ending}?from={from}&to={to}{within}");
    let link = |form: StatisticsForm| html! { a href=(path(form.ending())) download { (lang.fill("duty.download", &[("form", form.ending())])) } };
    html! { p.small { @for form in StatisticsForm::ALL { (link(form)) " " } } }
}

/// What everybody is told.
fn told(visit: &Visit, statistics: &PublicStatistics, division: Option<Division>) -> Markup {
    let (lang, months) = (visit.lang, &statistics.months);
    let sums: Vec<(NaiveDate, Counts)> = months.iter().map(|month| (month.month, month.told())).collect();
    let sums: Vec<(NaiveDate, &Counts)> = sums.iter().map(|(month, counts)| (*month, counts)).collect();
    html! {
        (charts(lang, &sums))
        h2 { (lang.t("statistics.by-month")) }
        p.soft { (lang.t("statistics.told-sums")) }
        (by_month(lang, &sums, UNTOLD))
        (downloads(lang, statistics.asked, division))
        @for month in months.iter().rev().filter(|month| !month.counties.is_empty()) {
            h2 { (month_text(month.month)) }
            (by_county(visit, &month_text(month.month), month.counties.iter(), UNTOLD))
            p.soft.small { (lang.t("statistics.counted-at")) (lang.t("sign.separator")) (moment(visit.zone(), month.counted_at)) }
        }
    }
}

/// A drawing each of manifests, tonnes loaded and findings.
fn charts(lang: Lang, months: &[(NaiveDate, &Counts)]) -> Markup {
    let chart = |counted: Counted| {
        let bar = |(month, counts): &(NaiveDate, &Counts)| {
            let size = u64::try_from(of(counts, counted)).unwrap_or_default();
            let shown = if counted.is_mass() { count((size + TONNE_G / 2) / TONNE_G) } else { count(size) };
            Bar { name: month_text(*month), size, shown }
        };
        let title = name_of(lang, counted);
        let text = lang.fill("statistics.chart", &[("what", title)]);
        html! { h3 { (title) } (bars::draw(&months.iter().map(bar).collect::<Vec<_>>(), counted.name(), title, &text)) }
    };
    html! { @for counted in [Counted::Registered, Counted::Shipped, Counted::FindingsOpened] { (chart(counted)) } }
}

const FIGURES: [Column; 9] = [
    number("counted.registered"),
    number("counted.completed"),
    number("counted.generated"),
    number("counted.shipped"),
    number("counted.received"),
    number("counted.used"),
    number("counted.disposed"),
    number("counted.findings-opened"),
    number("counted.findings-closed"),
];

fn columns(first: Column) -> Vec<Column> {
    std::iter::once(first).chain(FIGURES).collect()
}

fn by_month(lang: Lang, months: &[(NaiveDate, &Counts)], absent: &str) -> Markup {
    let row = |(month, counts): &(NaiveDate, &Counts)| {
        std::iter::once(html! { span.nowrap { (month_text(*month)) } })
            .chain(figures(counts, absent))
            .collect()
    };
    table(
        lang,
        lang.t("statistics.by-month"),
        &columns(text("statistics.month")),
        months.iter().map(row).collect(),
    )
}

fn by_county<'a>(
    visit: &Visit,
    name: &str,
    counties: impl Iterator<Item = (&'a Division, &'a Counts)>,
    absent: &str,
) -> Markup {
    let lang = visit.lang;
    let row = |(division, counts): (&Division, &Counts)| {
        let own = visit.app.rulebook().catalogue.division_name(*division).unwrap_or_default();
        let first = html! { span.nowrap { (own) } " " span.soft.mono { (division) } };
        std::iter::once(first).chain(figures(counts, absent)).collect()
    };
    let rows: Vec<Vec<Markup>> = counties.map(row).collect();
    html! {
        @if rows.is_empty() { p { (lang.t("statistics.nothing")) } } @else { (table(lang, name, &columns(text("statistics.county")), rows)) }
    }
}

/// A cell each; `absent` where there is no figure.
fn figures(counts: &Counts, absent: &str) -> Vec<Markup> {
    let cell = |counted: Counted| match counts.get(&counted) {
        None => html! { (absent) },
        Some(mass_g) if counted.is_mass() => html! { (tonnes(*mass_g)) },
        Some(n) => html! { (count(u64::try_from(*n).unwrap_or_default())) },
    };
    Counted::ALL.into_iter().map(cell).collect()
}

fn by_rule(lang: Lang, statistics: &Statistics) -> Markup {
    let mut findings: Vec<_> = statistics.findings().into_iter().collect();
    findings.sort_by_key(|((rule, severity), _)| (std::cmp::Reverse(*severity), rule.clone()));
    let row = |((id, severity), of): ((String, _), crate::app::query::RuleCount)| {
        let title = Rule::named(&id).map_or(id.as_str(), |rule| lang.pick(rule.title_zh, rule.title_en));
        vec![
            html! { a href=(rule_path(&id)) { (title) } },
            severity_tag(lang, severity),
            html! { (count(of.opened)) },
            html! { (count(of.closed)) },
        ]
    };
    let rows: Vec<Vec<Markup>> = findings.into_iter().map(row).collect();
    let columns = [
        text("col.rule"),
        text("col.severity"),
        number("counted.findings-opened"),
        number("counted.findings-closed"),
    ];
    html! {
        @if rows.is_empty() { p { (lang.t("statistics.nothing")) } } @else { (table(lang, lang.t("statistics.by-rule"), &columns, rows)) }
    }
}

fn cases(lang: Lang, months: &[MonthStatistics]) -> Markup {
    let row = |month: &MonthStatistics| {
        vec![
            html! { span.nowrap { (month_text(month.month)) } },
            html! { (count(month.cases.opened)) },
            html! { (count(month.cases.answered)) },
            html! { @if let Some(days) = month.cases.median_days { (days) } },
        ]
    };
    let columns = [
        text("statistics.month"),
        number("statistics.cases-opened"),
        number("statistics.cases-answered"),
        number("statistics.median-days"),
    ];
    table(lang, lang.t("statistics.cases"), &columns, months.iter().map(row).collect())
}

fn of(counts: &Counts, counted: Counted) -> i64 {
    counts.get(&counted).copied().unwrap_or_default()
}

fn name_of(lang: Lang, counted: Counted) -> &'static str {
    lang.of("counted", counted.name()).unwrap_or(counted.name())
}

fn place(visit: &Visit, division: Division) -> String {
    visit.app.rulebook().catalogue.full_name(division).unwrap_or_else(|| division.to_string())
}
