//! `GET` and `POST /reconcile`: a list of another system is compared with the numbers bound here. Nothing of it is kept.

use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use axum::http::StatusCode;
use chrono::NaiveDate;
use maud::{Markup, html};

use crate::app::query::{BoundHere, Compared, MAX_COMPARED, NoReconciliation, Period, Reconciliation};
use crate::app::query::{ListedNumber, MAX_SHEET_BYTES, SheetFault};
use crate::clock::Timestamp;
use crate::shape::parse_day;
use crate::web::components::{Column, manifest_path, number, table, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::{mass, tonnes};

/// Longest form with a sheet in it, in bytes.
pub(in crate::web) const MAX_FORM_BYTES: usize = MAX_SHEET_BYTES + 64 * 1024;
/// Days of the period that the form proposes.
const PROPOSED_DAYS: i64 = 30;

/// What the form sends.
#[derive(Default)]
struct Form {
    from: String,
    to: String,
    sheet: Vec<u8>,
}

/// The form.
pub(in crate::web) async fn ask(visit: Visit) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let day = |at: Timestamp| visit.profile().local_date(at.as_millis()).to_string();
    let now = visit.app.clock().now();
    let form = Form { from: day(now.plus_hours(-24 * PROPOSED_DAYS)), to: day(now), sheet: Vec::new() };
    Ok(page(&visit, &form, html! {}))
}

/// The comparison.
pub(in crate::web) async fn compare(visit: Visit, body: Multipart) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let lang = visit.lang;
    let mut form = match read(body).await {
        Ok(form) => form,
        Err(error) => {
            let key = match error.status() {
                StatusCode::PAYLOAD_TOO_LARGE => "reconcile.too-large",
                _ => "reconcile.broken",
            };
            return Ok(page(&visit, &Form::default(), html! { p { strong { (lang.t(key)) } } }));
        }
    };
    let Some((from, to)) = days(&form) else {
        return Ok(page(&visit, &form, html! { p { strong { (lang.t("reconcile.days")) } } }));
    };
    let sheet = std::mem::take(&mut form.sheet);
    let period = Period { system: None, from, to };
    let result = match visit.app.reconcile(&visit.viewer, &period, sheet).await {
        Ok(Some(reconciled)) => groups(lang, &reconciled),
        Ok(None) => return Err(Failure::NotFound),
        Err(NoReconciliation::Sheet(faults)) => wrong(lang, &faults),
        Err(NoReconciliation::TooMany) => {
            let most = MAX_COMPARED.to_string();
            html! { p { strong { (lang.fill("reconcile.too-many", &[("most", &most)])) } } }
        }
        Err(NoReconciliation::UnknownSystem | NoReconciliation::Backwards) => {
            html! { p { strong { (lang.t("reconcile.days")) } } }
        }
        Err(NoReconciliation::Fault(fault)) => return Err(fault.into()),
    };
    Ok(page(&visit, &form, result))
}

async fn read(mut body: Multipart) -> Result<Form, MultipartError> {
    let mut form = Form::default();
    while let Some(field) = body.next_field().await? {
        match field.name() {
            Some("from") => form.from = field.text().await?,
            Some("to") => form.to = field.text().await?,
            Some("sheet") => form.sheet = field.bytes().await?.to_vec(),
            _ => {}
        }
    }
    Ok(form)
}

fn days(form: &Form) -> Option<(NaiveDate, NaiveDate)> {
    let day = |text: &str| parse_day(text.trim()).ok();
    day(&form.from).zip(day(&form.to))
}

fn page(visit: &Visit, form: &Form, result: Markup) -> Markup {
    let lang = visit.lang;
    let title = lang.t("reconcile.title");
    let limit = (MAX_SHEET_BYTES / 1_048_576).to_string();
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("reconcile.text")) }
        form.filter method="post" action="/reconcile" enctype="multipart/form-data" aria-label=(title) {
            label {
                (lang.fill("reconcile.sheet", &[("limit", &limit)]))
                input type="file" name="sheet" required accept=".xlsx,.csv,text/csv";
            }
            label { (lang.t("reconcile.from")) input type="date" name="from" required value=(form.from); }
            label { (lang.t("reconcile.to")) input type="date" name="to" required value=(form.to); }
            button { (lang.t("reconcile.compare")) }
        }
        (result)
    };
    layout::page(visit, title, body)
}

/// What is wrong with the sheet, row by row.
fn wrong(lang: Lang, faults: &[SheetFault]) -> Markup {
    html! {
        h2 { (lang.t("reconcile.wrong")) }
        p { (lang.t("reconcile.wrong-text")) }
        ul { @for fault in faults { li { (lang.pick(&fault.zh, &fault.en)) } } }
    }
}

fn groups(lang: Lang, reconciled: &Reconciliation) -> Markup {
    let counts = [
        ("rows", reconciled.rows),
        ("both", reconciled.both.len()),
        ("differs", reconciled.mass_differs.len()),
        ("there", reconciled.only_there.len()),
        ("here", reconciled.only_here.len()),
        ("outside", reconciled.outside),
        ("unbound", reconciled.unbound),
    ];
    let counts = counts.map(|(name, count)| (name, count.to_string()));
    let counts = counts.each_ref().map(|(name, count)| (*name, count.as_str()));
    let differing = &reconciled.mass_differs;
    let odd: Vec<&Compared> = reconciled.both.iter().filter(|pair| !remarks(lang, pair).is_empty()).collect();
    html! {
        h2 { (lang.t("reconcile.result")) }
        p { (lang.fill("reconcile.summary", &counts)) }
        (group(lang, "reconcile.mass-differs", &PAIR, differing.iter().map(|pair| of_pair(lang, pair))))
        (group(lang, "reconcile.only-there", &THERE, reconciled.only_there.iter().map(of_listed)))
        (group(lang, "reconcile.only-here", &HERE, reconciled.only_here.iter().map(of_bound)))
        (group(lang, "reconcile.odd", &PAIR, odd.iter().map(|pair| of_pair(lang, pair))))
        details {
            summary { (lang.t("reconcile.both")) }
            (group(lang, "reconcile.both", &HERE, reconciled.both.iter().map(|pair| of_bound(&pair.here))))
        }
    }
}

const PAIR: [Column; 5] = [
    text("col.number"),
    number("reconcile.mass-there"),
    number("reconcile.mass-here"),
    text("reconcile.difference"),
    text("reconcile.remarks"),
];
const THERE: [Column; 3] = [text("col.number"), number("reconcile.mass-there"), text("reconcile.row")];
const HERE: [Column; 2] = [text("col.number"), number("reconcile.mass-here")];

fn group(
    lang: Lang,
    key: &'static str,
    columns: &[Column],
    rows: impl Iterator<Item = Vec<Markup>>,
) -> Markup {
    let rows: Vec<Vec<Markup>> = rows.collect();
    html! {
        h3 { (lang.t(key)) " (" (rows.len()) ")" }
        @if !rows.is_empty() { (table(lang, lang.t(key), columns, rows)) }
    }
}

fn of_pair(lang: Lang, pair: &Compared) -> Vec<Markup> {
    vec![
        linked(&pair.here),
        html! { (tonnes(pair.there.mass_g())) },
        html! { (tonnes(pair.here.mass_g)) },
        html! { @if pair.difference_g() != 0 { (difference(lang, pair.difference_g())) } },
        html! { (remarks(lang, pair).join(lang.t("sign.comma"))) },
    ]
}

fn difference(lang: Lang, grams: i64) -> String {
    let key = if grams < 0 { "reconcile.less-here" } else { "reconcile.more-here" };
    lang.fill(key, &[("mass", &mass(lang, grams.saturating_abs()))])
}

/// In what else than mass the two differ.
fn remarks(lang: Lang, pair: &Compared) -> Vec<&'static str> {
    let differing = [
        ("reconcile.other-codes", pair.is_of_other_codes()),
        ("reconcile.other-consignor", pair.is_of_other_consignor()),
        ("reconcile.other-consignee", pair.is_of_other_consignee()),
    ];
    differing.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| lang.t(key)).collect()
}

fn of_listed(listed: &ListedNumber) -> Vec<Markup> {
    let rows: Vec<String> = listed.rows.iter().map(ToString::to_string).collect();
    vec![
        html! { span.mono { (listed.number) } },
        html! { (tonnes(listed.mass_g())) },
        html! { (rows.join(", ")) },
    ]
}

fn of_bound(bound: &BoundHere) -> Vec<Markup> {
    vec![linked(bound), html! { (tonnes(bound.mass_g)) }]
}

fn linked(bound: &BoundHere) -> Markup {
    html! { a.mono.nowrap href=(manifest_path(bound.manifest)) { (bound.number) } }
}
