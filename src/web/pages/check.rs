//! `GET /check`: a check at the road (路检), and the ledger's word for what was found.

use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

use super::oversight::notice;
use crate::app::query::CheckAnswer;
use crate::custody::check::{Asked, Found};
use crate::custody::label::id_of;
use crate::custody::payload::oversight::HoldOn;
use crate::custody::rules::Rule;
use crate::shape::{Plate, Text};
use crate::web::components::{finding_path, manifest_path, short, status_tag, table, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::moment;

/// What the form asks for: the first field that is filled in.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Form {
    #[serde(default)]
    plate: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    container: String,
    #[serde(default)]
    label: String,
}

impl Form {
    /// The question; `None` for an empty form, and what cannot be asked for as an error.
    fn asked(&self) -> Option<Result<Asked, ()>> {
        let filled = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let plate = filled(&self.plate).map(|text| Plate::parse_loose(&text).map(Asked::Plate).map_err(drop));
        let number = || filled(&self.number).map(|text| Text::new(text).map(Asked::Number).map_err(drop));
        let container =
            || filled(&self.container).map(|text| text.parse().map(Asked::Container).map_err(drop));
        let label = || filled(&self.label).map(|text| Ok(Asked::Label(id_of(&text))));
        plate.or_else(number).or_else(container).or_else(label)
    }
}

/// The form, and the answer below it.
pub(in crate::web) async fn show(visit: Visit, Query(form): Query<Form>) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let lang = visit.lang;
    let (answer, is_wrong) = match form.asked() {
        None => (None, false),
        Some(Err(())) => (None, true),
        Some(Ok(asked)) => (visit.app.check_at_the_road(&visit.viewer, asked).await?, false),
    };
    let hold = match Plate::parse_loose(&form.plate) {
        Ok(plate) if visit.viewer.is_authority() => notice(&visit, &HoldOn::Vehicle(plate), &[]).await?,
        _ => html! {},
    };
    let title = lang.t("check.title");
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("check.text")) }
        form.filter method="get" action="/check" role="search" aria-label=(title) {
            @for (name, value) in [
                ("plate", &form.plate), ("number", &form.number), ("container", &form.container), ("label", &form.label),
            ] {
                label { (lang.of("check-by", name).unwrap_or(name)) input name=(name) value=(value) maxlength="200"; }
            }
            button { (lang.t("check.ask")) }
        }
        @if is_wrong { p role="alert" { (lang.t("check.wrong")) } }
        (hold)
        @if let Some(answer) = answer { (found(&visit, &answer)) }
    };
    Ok(layout::page(&visit, title, body))
}

fn found(visit: &Visit, answer: &CheckAnswer) -> Markup {
    let (lang, said) = (visit.lang, &answer.said);
    let columns = [text("col.number"), text("col.status"), text("col.open")];
    html! {
        @if said.found.is_empty() {
            @if !said.more { p { strong { (lang.t("check.nothing")) } } }
        } @else {
            (table(lang, lang.t("check.title"), &columns, said.found.iter().map(|one| row(lang, one)).collect()))
        }
        @if said.more { p role="alert" { (lang.t("check.more")) } }
        p {
            (lang.fill("check.as-of", &[("size", &said.size.to_string())])) " " (moment(visit.zone(), said.at))
        }
        details {
            summary { (lang.t("check.signed")) }
            pre.mono { (answer.signed) }
        }
    }
}

fn row(lang: Lang, found: &Found) -> Vec<Markup> {
    let name = found.number.as_ref().map_or_else(|| short(&found.manifest.to_string()), ToString::to_string);
    let title = |rule: &str| {
        Rule::named(rule).map_or(rule.to_owned(), |rule| lang.pick(rule.title_zh, rule.title_en).to_owned())
    };
    vec![
        html! { a href=(manifest_path(found.manifest)) { (name) } },
        status_tag(lang, &found.status),
        html! {
            @if found.findings.is_empty() { (lang.t("sign.none")) } @else {
                ul { @for one in found.findings.iter() { li { a href=(finding_path(one.finding)) { (title(&one.rule)) } } } }
            }
        },
    ]
}
