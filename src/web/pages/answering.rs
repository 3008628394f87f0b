//! What somebody may say of a finding or a case, as forms on their pages.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::cases::owner_choices;
use super::oversight;
use crate::app::query::{CaseItem, FindingDetail, FindingRow};
use crate::catalogue::Uscc;
use crate::custody::Kind;
use crate::custody::answer::Stage;
use crate::custody::case::CaseStage;
use crate::custody::shelf::Life;
use crate::web::components::{case_path, finding_path};
use crate::web::failure::Failure;
use crate::web::signing::{Choice, Field, Statement, chosen, files, many};
use crate::web::visit::Visit;
use crate::web::words::Names;

/// Longest text of an answer, in characters.
const MAX_TEXT: usize = 2_000;

/// One thing to do, folded away under what it is called.
pub(super) fn act(visit: &Visit, kind: Kind, form: Markup) -> Markup {
    let name = visit.lang.of("kind", kind.name()).unwrap_or(kind.name());
    html! { details.act name="act" { summary { (name) } (form) } }
}

/// What may be said of a finding by whoever looks.
pub(super) fn of_finding(visit: &Visit, names: &Names, finding: &FindingDetail) -> Markup {
    let row = &finding.item.row;
    let is_over = row.life != Life::Open || row.stage == Stage::Closed;
    let may_say = match (visit.viewer.is_authority(), visit.viewer.party()) {
        (true, _) => vec![Kind::FindingClosed, Kind::FindingUpheld, Kind::CaseOpened],
        (false, Some(party)) if row.seen.concerns.contains(&party) => vec![Kind::FindingExplained],
        _ => Vec::new(),
    };
    let kinds: Vec<Kind> = may_say
        .into_iter()
        .filter(|kind| match kind {
            Kind::FindingUpheld => row.stage != Stage::Upheld,
            Kind::CaseOpened => true,
            _ => !is_over,
        })
        .collect();
    if kinds.is_empty() {
        return html! {};
    }
    html! {
        h2 { (visit.lang.t("answer-form.title")) }
        @for kind in kinds {
            @match kind {
                Kind::CaseOpened => (act(visit, kind, opening(visit, names, finding))),
                _ => (act(visit, kind, answer(visit, kind, finding))),
            }
        }
    }
}

/// What a closing says of a finding besides why: it is for the figures that stand on the page, not for those that stand when it is recorded.
fn closing(row: &FindingRow) -> Value {
    let figures = row.seen.figures.0.iter().map(|(name, value)| json!({ "name": name, "value": value }));
    json!({ "finding": row.id, "figures": figures.collect::<Value>() })
}

/// A box in a list of findings that chooses one to be closed; nothing for one that cannot be.
pub(super) fn closing_box(row: &FindingRow, name: &str) -> Markup {
    let is_over = row.life != Life::Open || row.stage == Stage::Closed;
    html! { @if !is_over { (chosen(Kind::FindingClosed, &closing(row), name)) } }
}

/// The form around a list of findings that closes those that are chosen, all for one reason.
pub(super) fn closing_many(visit: &Visit, then: &str, list: Markup) -> Markup {
    let reason = Field::needed("/text", "findings.close-reason").lines(visit.lang, "", MAX_TEXT);
    let rows = html! { (list) div data-shared { (reason) } };
    many(visit, Kind::FindingClosed, then, "findings.close-chosen", rows)
}

fn answer(visit: &Visit, kind: Kind, finding: &FindingDetail) -> Markup {
    let (lang, row) = (visit.lang, &finding.item.row);
    let data = if kind == Kind::FindingClosed { closing(row) } else { json!({ "finding": row.id }) };
    let then = finding_path(row.id);
    let statement = Statement { kind, data, then: &then, button: "signing.prepare" };
    statement.form(
        visit,
        html! {
            (Field::needed("/text", "answer-form.text").lines(lang, "", MAX_TEXT))
            (files(lang, "attachments", "answer-form.files"))
        },
    )
}

/// A case from a finding: about one of those whom it concerns.
fn opening(visit: &Visit, names: &Names, finding: &FindingDetail) -> Markup {
    let (lang, row) = (visit.lang, &finding.item.row);
    let concerned: Vec<Choice> =
        row.seen.concerns.iter().map(|party| party_choice(visit, names, party)).collect();
    let mut data = json!({ "case": "new:case", "findings": [row.id], "source": "finding" });
    if let Some(manifest) = row.manifest {
        data["manifest"] = json!(manifest);
    }
    let statement =
        Statement { kind: Kind::CaseOpened, data, then: "/cases/{case}", button: "signing.prepare" };
    statement.form(
        visit,
        html! {
            (Field::needed("/party", "answer-form.party").choice(lang, &concerned, ""))
            (Field::needed("/text", "answer-form.question").lines(lang, "", MAX_TEXT))
            (Field::optional("/due", "answer-form.due").day(lang, ""))
        },
    )
}

fn party_choice(visit: &Visit, names: &Names, party: &Uscc) -> Choice {
    Choice { value: party.to_string(), shown: names.of(visit.lang, party) }
}

/// What may be said of a case by whoever looks.
pub(super) async fn of_case(visit: &Visit, item: &CaseItem) -> Result<Markup, Failure> {
    let case = &item.state;
    if case.stage() == CaseStage::Closed {
        return Ok(html! {});
    }
    let kinds: &[Kind] = match visit.viewer.is_authority() {
        true => &[Kind::CaseClosed, Kind::CaseAssigned, Kind::PenaltyRecorded],
        false if visit.viewer.party() == Some(case.party) => &[Kind::CaseAnswered],
        false => &[],
    };
    if kinds.is_empty() {
        return Ok(html! {});
    }
    let (lang, then) = (visit.lang, case_path(case.case));
    let officers = owner_choices(visit, item).await?;
    let form = |kind: Kind| {
        if kind == Kind::PenaltyRecorded {
            return act(visit, kind, oversight::penalty(visit, item, &then));
        }
        let statement =
            Statement { kind, data: json!({ "case": case.case }), then: &then, button: "signing.prepare" };
        let fields = match kind {
            Kind::CaseAssigned => html! {
                (Field::needed("/to", "case.owner").choice(lang, &officers, ""))
            },
            _ => html! {
                (Field::needed("/text", "answer-form.text").lines(lang, "", MAX_TEXT))
                @if kind == Kind::CaseAnswered { (files(lang, "attachments", "answer-form.files")) }
            },
        };
        act(visit, kind, statement.form(visit, fields))
    };
    Ok(html! {
        h2 { (lang.t("answer-form.title")) }
        @for kind in kinds { (form(*kind)) }
    })
}
