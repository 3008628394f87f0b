//! Corrections (更正): `/events/{id}/correct`, where a field of a record is proposed anew, and `/corrections`, where the other side agrees.

use axum::extract::{Path, Query};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::chain::{kind_name, plain};
use crate::app::query::DEFAULT_PAGE;
use crate::custody::correction::{CorrectionState, Stage};
use crate::custody::kind::Class;
use crate::custody::{Event, Kind, Subject};
use crate::ledger::EventId;
use crate::web::components::{check, manifest_path, pairs, short, tag};
use crate::web::failure::Failure;
use crate::web::signing::{self, Field, Statement};
use crate::web::visit::Visit;
use crate::web::words::{Names, moment_text};

/// Longest reason, in characters.
const MAX_REASON: usize = 500;
/// Longest waste code, in characters.
const MAX_CODE: usize = 20;

/// A field of a record that can be corrected from here.
struct Correctable {
    pointer: String,
    what: What,
    now: Value,
}

/// What sort of value a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Mass,
    Code,
    Vehicle,
    Time,
}

impl What {
    fn of(member: &str) -> Option<Self> {
        match member {
            "mass_g" => Some(Self::Mass),
            "code" => Some(Self::Code),
            "vehicle" => Some(Self::Vehicle),
            "at" => Some(Self::Time),
            _ => None,
        }
    }
}

/// The fields of a fact that can be corrected, in their order; the moment of the record itself is the last one.
fn correctable(event: &Event) -> Vec<Correctable> {
    if event.kind().class() != Class::Fact || event.kind() == Kind::DocumentImported {
        return Vec::new();
    }
    let payload = event.to_json();
    let mut found = Vec::new();
    walk(&payload["data"], "/data", &mut found);
    let now = payload["occurred_at"].clone();
    found.push(Correctable { pointer: "/occurred_at".to_owned(), what: What::Time, now });
    found
}

fn walk(value: &Value, pointer: &str, found: &mut Vec<Correctable>) {
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                let pointer = format!("{pointer}/{member}");
                match What::of(member).filter(|_| value.is_string() || value.is_i64()) {
                    Some(what) => found.push(Correctable { pointer, what, now: value.clone() }),
                    None => walk(value, &pointer, found),
                }
            }
        }
        Value::Array(items) => {
            for (n, item) in items.iter().enumerate() {
                walk(item, &format!("{pointer}/{n}"), found);
            }
        }
        _ => {}
    }
}

/// `GET /events/{id}/correct`
pub(in crate::web) async fn propose(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: EventId = id.parse().map_err(|_| Failure::NotFound)?;
    let detail = visit.app.event(&visit.viewer, id).await?.ok_or(Failure::NotFound)?;
    let said = detail.step.content.said().ok_or(Failure::NotFound)?;
    let fields = correctable(&said.event);
    let manifest = detail.touches.iter().find_map(Subject::manifest);
    let then = manifest.map_or_else(|| "/corrections".to_owned(), manifest_path);
    let lang = visit.lang;
    let title = lang.fill("correction.title", &[("what", kind_name(lang, &said.event))]);
    let body = html! {
        h1 { (title) }
        p { (lang.t("correction.text")) }
        @if fields.is_empty() { p { (lang.t("correction.none")) } }
        @for field in &fields { (form(&visit, id, &then, field)) }
    };
    Ok(signing::page(&visit, &title, body))
}

fn form(visit: &Visit, event: EventId, then: &str, field: &Correctable) -> Markup {
    let lang = visit.lang;
    let kind = if visit.viewer.is_authority() { Kind::CorrectionOrdered } else { Kind::CorrectionProposed };
    let data = json!({ "correction": "new:correction", "event": event, "pointer": field.pointer });
    let now = field.now.as_str().unwrap_or_default();
    let (shown, value) = match field.what {
        What::Mass => {
            let grams = field.now.as_i64();
            let said = grams.map(|grams| crate::web::words::mass(lang, grams)).unwrap_or_default();
            (said, Field::needed("/value/mass-g", "correction.mass").kilograms(lang, grams))
        }
        What::Code => {
            (now.to_owned(), Field::needed("/value/code", "correction.code").text(lang, now, MAX_CODE))
        }
        What::Vehicle => {
            (now.to_owned(), Field::needed("/value/vehicle", "correction.vehicle").plate(lang, now, &[]))
        }
        What::Time => {
            let at = now.parse().ok();
            let said = at.map(|at| moment_text(visit.zone(), at)).unwrap_or_default();
            (said, Field::needed("/value/time", "correction.time").moment(visit, at))
        }
    };
    let statement = Statement { kind, data, then, button: "signing.prepare" };
    html! {
        details.act name="act" {
            summary { span.mono { (field.pointer) } " · " (shown) }
            (statement.form(visit, html! {
                (value)
                (Field::needed("/reason", "deed.reason").lines(lang, "", MAX_REASON))
            }))
        }
    }
}

/// Where the list begins.
#[derive(Default, Deserialize)]
pub(in crate::web) struct Asked {
    before: Option<u64>,
}

/// `GET /corrections`
pub(in crate::web) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    visit.signed_in()?;
    let page = visit.app.corrections(&visit.viewer, asked.before, DEFAULT_PAGE).await?;
    let mut parties = Vec::new();
    for state in &page.items {
        parties.extend(state.proposed.iter().chain(&state.requested).map(|said| said.party));
    }
    let names = Names::load(&visit.app, &visit.viewer, parties).await?;
    let lang = visit.lang;
    let title = lang.t("correction.list");
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("correction.list-text")) }
        @if page.items.is_empty() { p { (lang.t("correction.no-others")) } }
        @for state in &page.items { (one(&visit, &names, state)) }
        @if let Some(next) = page.next {
            nav.pager aria-label=(title) { a href=(visit.here_with("before", &next.to_string())) rel="next" { (lang.t("findings.more")) } }
        }
    };
    Ok(signing::page(&visit, title, body))
}

fn one(visit: &Visit, names: &Names, state: &CorrectionState) -> Markup {
    let lang = visit.lang;
    let waits =
        visit.viewer.party().is_some_and(|party| state.waits_for.contains(&party)) && state.refused.is_none();
    let stage = state.stage();
    let class = if stage == Stage::InForce { "good" } else { "warn" };
    let by = state.proposed.as_ref().or(state.requested.as_ref()).map(|said| names.of(lang, &said.party));
    let was = state.was.as_ref().map(plain).unwrap_or_default();
    let value = state.value.as_ref().map(|value| plain(&json!(value))).unwrap_or_default();
    html! {
        section {
            h2 { span.mono { (state.pointer) } " " (tag(class, lang.pick(stage.name_zh(), stage.name()))) }
            (pairs(&[
                (lang.t("event.by"), html! { (by.unwrap_or_default()) }),
                (lang.t("correction.was"), html! { del { (was) } " → " strong { (value) } }),
                (lang.t("event.reason"), html! { (state.reason) }),
                (lang.t("event.id"), html! { span.mono { (short(&state.event.to_string())) } }),
            ]))
            @if waits { (answers(visit, state)) }
        }
    }
}

fn answers(visit: &Visit, state: &CorrectionState) -> Markup {
    let lang = visit.lang;
    html! {
        p { (check("warn", lang.t("correction.waits"))) }
        @for kind in [Kind::CorrectionAgreed, Kind::CorrectionRefused] {
            @let data = json!({ "correction": state.correction });
            @let statement = Statement { kind, data, then: "/corrections", button: "signing.prepare" };
            (super::answering::act(visit, kind, statement.form(visit, html! {
                @if kind == Kind::CorrectionRefused { (Field::needed("/reason", "deed.reason").lines(lang, "", MAX_REASON)) }
            })))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_hold_one_value_are_found_wherever_they_stand() {
        let data = json!({
            "site": "x", "vehicle": "鲁Q10001",
            "lines": [{ "line": 1, "code": "900-041-49", "quantity": { "mass_g": 5, "basis": "measured" } }],
            "drawn": [{ "lot": "x", "mass_g": 5 }]
        });
        let mut found = Vec::new();
        walk(&data, "/data", &mut found);
        let seen: Vec<(&str, What)> = found.iter().map(|one| (one.pointer.as_str(), one.what)).collect();
        let wanted = [
            ("/data/drawn/0/mass_g", What::Mass),
            ("/data/lines/0/code", What::Code),
            ("/data/lines/0/quantity/mass_g", What::Mass),
            ("/data/vehicle", What::Vehicle),
        ];
        assert_eq!(seen, wanted);
    }
}
