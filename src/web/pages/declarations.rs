//! `GET /sites/{id}/declarations`: what to file for a period, and what was filed, with its state, the reasons it came back for and where
//! it differs from the ledger; for its firm the form to file it, for its authority those to decide on it.

mod forms;

use axum::extract::{Path, Query};
use axum::response::Response;
use chrono::NaiveDate;
use maud::{Markup, html};
use serde::Deserialize;

use super::sheets;
use super::site::grams_cell;
use crate::app::query::{DEFAULT_PAGE, Difference, Filing, Prefill};
use crate::catalogue::DeclarationPeriod;
use crate::id::SiteId;
use crate::registry::DeclarationRecord;
use crate::registry::standing::{DeclarationLine, DeclarationNature, FieldReason};
use crate::shape::parse_day;
use crate::web::components::{event_bundle_path, number, short, table, tag, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::signing;
use crate::web::visit::Visit;
use crate::web::words::{moment, tonnes};

/// Which period, as the form sends it; empty means nothing is said.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    period: String,
    #[serde(default)]
    from: String,
    after: Option<String>,
    columns: Option<String>,
}

impl Asked {
    /// The period that is asked for; the last month that is over when nothing is said.
    fn period(&self, visit: &Visit) -> (DeclarationPeriod, NaiveDate) {
        let period = self.period.parse().unwrap_or(DeclarationPeriod::Month);
        let (_, today) = visit.app.days(None, None);
        let over = || period.first_day(today).pred_opt().unwrap_or(today);
        (period, parse_day(&self.from).unwrap_or_else(|_| over()))
    }
}

/// The declarations of one site.
pub(in crate::web) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: SiteId = id.parse().map_err(|_| Failure::NotFound)?;
    let (period, from) = asked.period(&visit);
    let prefill = visit.app.prefill(&visit.viewer, id, period, from).await?.ok_or(Failure::NotFound)?;
    let before = asked.after.as_deref().and_then(|after| after.parse().ok());
    let filed = visit.app.declarations(&visit.viewer, id, before, DEFAULT_PAGE).await?;
    let filed = filed.ok_or(Failure::NotFound)?;

    let lang = visit.lang;
    let title = lang.fill("duty.declarations-of", &[("site", &prefill.site.name)]);
    let body = html! {
        h1 { (title) }
        p { a href={ "/sites/" (id) } { (lang.t("duty.to-stock")) } }
        h2 { (lang.t("duty.to-file")) }
        (period_form(&visit, &prefill))
        (figures(&visit, &prefill))
        (forms::filing(&visit, &prefill))
        h2 { (lang.t("duty.filed")) }
        @if filed.items.is_empty() { p { (lang.t("duty.none-filed")) } }
        @for filing in &filed.items { (one(&visit, filing)) }
        nav.pager aria-label=(lang.t("duty.filed")) {
            @if before.is_some() { a href=(visit.here_without("after")) { (lang.t("findings.first")) } }
            @if let Some(next) = filed.next {
                a href=(visit.here_with("after", &next.to_string())) rel="next" { (lang.t("findings.more")) }
            }
        }
    };
    Ok(signing::page(&visit, &title, body))
}

/// What to file for a period, as a file.
pub(in crate::web) async fn sheet(
    visit: Visit,
    Path((id, form)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: SiteId = id.parse().map_err(|_| Failure::NotFound)?;
    let (form, order) = sheets::asked(&visit, &form, asked.columns.as_deref())?;
    let (period, from) = asked.period(&visit);
    let prefill = visit.app.prefill(&visit.viewer, id, period, from).await?.ok_or(Failure::NotFound)?;
    let bytes = visit.app.declaration_sheet(&prefill, order, form)?;
    let name = format!("declaration-{}-{}", prefill.slot.period.name(), prefill.slot.from);
    Ok(sheets::file(&name, form, bytes))
}

fn period_form(visit: &Visit, prefill: &Prefill) -> Markup {
    let lang = visit.lang;
    html! {
        form.filter method="get" action=(visit.path) aria-label=(lang.t("duty.period")) {
            label {
                (lang.t("duty.period"))
                select name="period" {
                    @for period in DeclarationPeriod::ALL {
                        option value=(period.name()) selected[period == prefill.slot.period] {
                            (lang.of("period", period.name()).unwrap_or(period.name()))
                        }
                    }
                }
            }
            label {
                (lang.t("duty.day-in"))
                input type="date" name="from" value=(prefill.slot.from) min="1970-01-01" max="9999-12-31";
            }
            button { (lang.t("manifests.apply")) }
        }
    }
}

/// What the ledger says of the period.
fn figures(visit: &Visit, prefill: &Prefill) -> Markup {
    let lang = visit.lang;
    let days = [
        ("from", prefill.slot.from.to_string()),
        ("until", prefill.slot.last_day().to_string()),
        ("due", prefill.due_on.to_string()),
    ];
    let days = days.each_ref().map(|(name, value)| (*name, value.as_str()));
    let rows = prefill.figures.iter().map(|(code, measure, mass_g)| {
        let name = lang.of("measure", measure.name()).unwrap_or(measure.name());
        vec![html! { span.nowrap { (code) } }, html! { (name) }, html! { (tonnes(mass_g)) }]
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    html! {
        p.soft { (lang.fill("duty.prefill-text", &days)) }
        @if prefill.nature() == DeclarationNature::Zero { p { (lang.t("duty.nothing-moved")) } }
        @if !rows.is_empty() {
            (table(lang, lang.t("duty.to-file"), &[text("col.code"), text("duty.measure"), number("col.mass")], rows))
            (sheets::downloads(visit, &format!("period={}&from={}", prefill.slot.period.name(), prefill.slot.from)))
        }
    }
}

/// Address of the declarations of a site, with one period to file.
pub(super) fn declarations_path(site: SiteId, period: DeclarationPeriod, from: NaiveDate) -> String {
    format!("/sites/{site}/declarations?period={}&from={from}", period.name())
}

/// The state of a declaration or a duty, by its kebab-case name.
pub(super) fn state_tag(lang: Lang, state: &str) -> Markup {
    let class = match state {
        "accepted" => "good",
        "returned" | "overdue" => "bad",
        "due" => "warn",
        _ => "note",
    };
    tag(class, lang.of("filing", state).unwrap_or(state))
}

/// A period in words.
pub(super) fn period_text(lang: Lang, period: DeclarationPeriod, from: NaiveDate) -> String {
    let name = lang.of("period", period.name()).unwrap_or(period.name());
    lang.fill("duty.period-from", &[("period", name), ("from", &from.to_string())])
}

fn one(visit: &Visit, filing: &Filing) -> Markup {
    let (lang, record) = (visit.lang, &filing.record);
    let filed = &record.filed;
    let nature = match filed.nature {
        DeclarationNature::Figures => None,
        DeclarationNature::Zero => Some(lang.t("duty.zero")),
        DeclarationNature::Shutdown => Some(lang.t("duty.shutdown")),
    };
    html! {
        section {
            h3 {
                (period_text(lang, filed.period, filed.from)) " " (state_tag(lang, record.state().name()))
                @if let Some(nature) = nature { " " (tag("plain", nature)) }
                @if !filing.is_last { " " (tag("plain", lang.t("duty.filed-again"))) }
            }
            p.soft {
                (lang.t("duty.filed-at")) (lang.t("sign.separator")) (moment(visit.zone(), record.at)) " · "
                (lang.t("duty.due-on")) (lang.t("sign.separator")) (filing.due_on)
            }
            (reasons(lang, record))
            @if !filed.lines.is_empty() {
                details { summary { (lang.t("duty.figures")) } (filed_figures(lang, record)) }
            }
            @if filing.differences.is_empty() {
                p { (lang.t("duty.fits")) }
            } @else {
                p { (lang.t("duty.differs")) }
                (differences(lang, &filing.differences))
            }
            (forms::deciding(visit, record))
        }
    }
}

/// What was filed.
fn filed_figures(lang: Lang, record: &DeclarationRecord) -> Markup {
    let row = |line: &DeclarationLine| {
        let mass_g = i64::try_from(line.mass_g).unwrap_or(i64::MAX);
        vec![
            html! { span.nowrap { (line.code) } },
            html! { (measure_name(lang, &line.measure)) },
            html! { (tonnes(mass_g)) },
        ]
    };
    let columns = [text("col.code"), text("duty.measure"), number("duty.filed-mass")];
    table(lang, lang.t("duty.figures"), &columns, record.filed.lines.iter().map(row).collect())
}

/// What a measure is called.
fn measure_name(lang: Lang, measure: &str) -> &str {
    lang.of("measure", measure).unwrap_or(measure)
}

/// Why it came back, field by field.
pub(super) fn reasons(lang: Lang, record: &DeclarationRecord) -> Markup {
    html! {
        @if !record.reasons().is_empty() {
            ul {
                @for reason in record.reasons() {
                    li { strong { (field(lang, record, reason)) } (lang.t("sign.separator")) (&*reason.reason) }
                }
            }
        }
    }
}

/// What the field is called that a pointer names: a line, a member that a reason is usually about, or the pointer itself.
fn field(lang: Lang, record: &DeclarationRecord, reason: &FieldReason) -> String {
    let parts: Vec<&str> = reason.pointer.split('/').skip(1).collect();
    let line = match parts[..] {
        ["lines", n, ..] => n.parse().ok().and_then(|n: usize| Some((n, record.filed.lines.get(n)?))),
        _ => None,
    };
    match (line, &*reason.pointer) {
        (Some((n, line)), _) => line_text(lang, n, line),
        (None, forms::NATURE) => lang.t("duty.nature").to_owned(),
        (None, forms::LINES) => lang.t("duty.all-figures").to_owned(),
        (None, pointer) => pointer.to_owned(),
    }
}

/// A line of a declaration in words, by its place from 0.
fn line_text(lang: Lang, n: usize, line: &DeclarationLine) -> String {
    let (number, code) = ((n + 1).to_string(), line.code.to_string());
    let values = [("n", &*number), ("code", &*code), ("measure", measure_name(lang, &line.measure))];
    lang.fill("duty.line", &values)
}

/// Where it differs, with the rows of the ledger behind each figure.
fn differences(lang: Lang, differences: &[Difference]) -> Markup {
    let columns = [
        text("col.code"),
        text("duty.measure"),
        number("duty.filed-mass"),
        number("duty.ledger-mass"),
        number("duty.difference"),
        text("duty.rows"),
    ];
    let row = |difference: &Difference| {
        let measure = difference.measure.name();
        let by_g = difference.filed_g.wrapping_sub(difference.ledger_g);
        vec![
            html! { span.nowrap { (difference.code) } },
            html! { (lang.of("measure", measure).unwrap_or(measure)) },
            grams_cell(difference.filed_g),
            grams_cell(difference.ledger_g),
            html! { strong { (tonnes(by_g)) } },
            html! {
                @for row in &difference.rows {
                    div.nowrap.small {
                        (row.day) " " (tonnes(row.mass_g)) " "
                        a.mono href=(event_bundle_path(row.event)) { (short(&row.event.to_string())) }
                    }
                }
            },
        ]
    };
    table(lang, lang.t("duty.differs"), &columns, differences.iter().map(row).collect())
}
