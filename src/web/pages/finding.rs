//! `GET /findings/{id}`: one finding, its figures, its evidence, its life.

use axum::extract::{Path, Query};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::answering;
use super::attachments::Enclosed;
use super::cases::stated;
use super::chain::{anchor, kind_name};
use crate::app::query::{ChainStep, FindingDetail};
use crate::custody::answer::{Answer, AnswerKind};
use crate::custody::finding::{Figure, Figures};
use crate::custody::{Observation, Subject};
use crate::id::{FindingId, ManifestId};
use crate::ledger::EventId;
use crate::web::components::{
    case_path, life_tag, manifest_path, pairs, rule_path, rule_title, severity_tag, signature_check,
    stage_tag, subject_link, table, text,
};
use crate::web::failure::Failure;
use crate::web::signing;
use crate::web::visit::{Open, Visit};
use crate::web::words::{Names, Speaker, basis, moment};

/// One piece of evidence: an event, as far as the viewer may see it.
struct Evidence {
    id: EventId,
    seen: Option<(ChainStep, Option<ManifestId>)>,
}

/// Which steps of it to show: those before this one.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    before: Option<String>,
}

/// One finding.
pub(in crate::web) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: FindingId = id.parse().map_err(|_| Failure::NotFound)?;
    let before = asked.before.as_deref().and_then(|before| before.parse().ok());
    let finding = visit.app.finding(&visit.viewer, id, before).await?.ok_or(Failure::NotFound)?;
    let row = &finding.item.row;
    let evidence = evidence_of(&visit, &row.seen).await?;
    let signers =
        evidence.iter().filter_map(|one| one.seen.as_ref()?.0.content.said()).map(|said| said.event.party);
    let seen: Vec<&Observation> = finding.steps.iter().map(|step| &step.seen).chain([&row.seen]).collect();
    let answering = finding.answers.iter().map(|answer| answer.stated.party);
    let named: Vec<_> = row.seen.concerns.iter().copied().chain(signers).chain(answering).collect();
    let names = Names::load_seen(&visit.app, &visit.viewer, named, seen).await?;

    let about = row.manifest.map(Subject::Manifest);
    let pieces = evidence.iter().filter_map(|one| one.seen.as_ref()?.1).map(Subject::Manifest);
    let subjects: Vec<Subject> = about.into_iter().chain([row.seen.subject]).chain(pieces).collect();
    let open = visit.open_among(subjects).await?;

    let answered: Vec<u64> = finding.answers.iter().map(|answer| answer.stated.index).collect();
    let files = Enclosed::of(&visit.app, &answered).await?;
    let (lang, zone) = (visit.lang, visit.zone());
    let speaker = Speaker { lang, zone, names: &names };
    let title = lang.fill("finding.title", &[("rule", &rule_title(lang, &finding.item))]);
    let body = html! {
        h1 { (title) " " (life_tag(lang, row.life)) " " (stage_tag(lang, row.stage)) " " (severity_tag(lang, row.severity)) }
        p { (speaker.sentence(&row.seen)) }
        (facts(&speaker, &open, &finding))
        h2 { (lang.t("finding.figures")) }
        (figures(&speaker, &row.seen))
        h2 { (lang.t("finding.evidence")) }
        p.soft { (lang.t("finding.evidence-text")) }
        ul { @for one in &evidence { li { (piece(&speaker, &open, one)) } } }
        h2 { (lang.t("finding.answers")) }
        (answers(&speaker, &files, &finding.answers))
        (answering::of_finding(&visit, &names, &finding))
        h2 { (lang.t("finding.steps")) }
        (history(&speaker, &finding))
        nav.pager aria-label=(lang.t("finding.steps")) {
            @if before.is_some() { a href=(visit.here_without("before")) { (lang.t("finding.last-steps")) } }
            @if let Some(earlier) = finding.earlier_than {
                a href=(visit.here_with("before", &earlier.to_string())) { (lang.t("finding.earlier-steps")) }
            }
        }
    };
    Ok(signing::page(&visit, &title, body))
}

async fn evidence_of(visit: &Visit, seen: &Observation) -> Result<Vec<Evidence>, Failure> {
    let mut evidence = Vec::new();
    for id in &seen.evidence {
        let detail = visit.app.event(&visit.viewer, *id).await?;
        let seen = detail.map(|detail| {
            let manifest = detail.touches.iter().find_map(Subject::manifest);
            (detail.step, manifest)
        });
        evidence.push(Evidence { id: *id, seen });
    }
    Ok(evidence)
}

fn facts(speaker: &Speaker<'_>, open: &Open, finding: &FindingDetail) -> Markup {
    let (lang, row) = (speaker.lang, &finding.item.row);
    let mut items = Vec::new();
    if let Some(rule) = finding.item.rule {
        let title = lang.pick(rule.title_zh, rule.title_en);
        items.push((lang.t("col.rule"), html! { a href=(rule_path(rule.id)) { (title) } }));
        items.push((lang.t("col.basis"), html! { (basis(lang, rule.basis)) }));
    }
    items.push((lang.t("col.subject"), subject_link(lang, &row.seen.subject, open)));
    if let Some(manifest) = row.manifest.filter(|manifest| row.seen.subject.manifest() != Some(*manifest)) {
        let subject = Subject::Manifest(manifest);
        items.push((lang.t("finding.about"), subject_link(lang, &subject, open)));
    }
    let concerned: Vec<String> =
        row.seen.concerns.iter().map(|party| speaker.names.of(lang, party)).collect();
    items.push((lang.t("finding.concerns"), html! { (concerned.join(lang.t("sign.list"))) }));
    pairs(&items)
}

fn figures(speaker: &Speaker<'_>, seen: &Observation) -> Markup {
    let lang = speaker.lang;
    let rows: Vec<Vec<Markup>> = seen
        .figures
        .0
        .iter()
        .map(|(name, figure)| vec![html! { (speaker.label(name)) }, html! { (speaker.figure(name, figure)) }])
        .collect();
    if rows.is_empty() {
        return html! { p { (lang.t("finding.no-figures")) } };
    }
    table(lang, lang.t("finding.figures"), &[text("col.figure"), text("col.value")], rows)
}

fn piece(speaker: &Speaker<'_>, open: &Open, evidence: &Evidence) -> Markup {
    let lang = speaker.lang;
    let Some((step, manifest)) = &evidence.seen else { return html! { span.mono { (evidence.id) } } };
    let said = step.content.said();
    let name = said.map_or(lang.t("event.unreadable"), |said| kind_name(lang, &said.event));
    html! {
        @match manifest.filter(|manifest| open.contains(&Subject::Manifest(*manifest))) {
            Some(manifest) => a href={ (manifest_path(manifest)) "#" (anchor(step)) } { (name) },
            None => (name),
        }
        @if let Some(said) = said {
            " · " (speaker.names.of(lang, &said.event.party))
            " · " (moment(speaker.zone, said.event.occurred_at))
            " · " (signature_check(lang, &said.signature))
        }
        " " span.soft { (lang.fill("event.index", &[("index", &step.index.to_string())])) }
    }
}

/// What people said of it; a closing with the figures it holds for.
fn answers(speaker: &Speaker<'_>, files: &Enclosed, answers: &[Answer]) -> Markup {
    let lang = speaker.lang;
    if answers.is_empty() {
        return html! { p { (lang.t("finding.no-answers")) } };
    }
    html! {
        p.soft { (lang.t("finding.closing")) }
        @for answer in answers {
            (stated(speaker, files, lang.of("answer", answer.kind.name()).unwrap_or_default(), &answer.stated))
            @match &answer.kind {
                AnswerKind::Closed(quoted) if !quoted.figures.0.is_empty() => {
                    p.soft { (lang.t("finding.quoted")) (lang.t("sign.separator")) (quoted_figures(speaker, &quoted.figures)) }
                }
                AnswerKind::Case(case) => p { a href=(case_path(*case)) { (lang.t("finding.to-case")) } },
                _ => {}
            }
        }
    }
}

fn quoted_figures(speaker: &Speaker<'_>, quoted: &Figures) -> String {
    let figure = |(name, figure): (&String, &Figure)| {
        let (label, separator) = (speaker.label(name), speaker.lang.t("sign.separator"));
        format!("{label}{separator}{}", speaker.figure(name, figure))
    };
    quoted.0.iter().map(figure).collect::<Vec<_>>().join(speaker.lang.t("sign.comma"))
}

fn history(speaker: &Speaker<'_>, finding: &FindingDetail) -> Markup {
    let lang = speaker.lang;
    let rows = finding.steps.iter().map(|step| {
        let cause = match step.index {
            Some(index) => lang.fill("finding.caused", &[("index", &index.to_string())]),
            None => lang.t("finding.by-time").to_owned(),
        };
        vec![
            html! { (lang.of("step", step.kind.name()).unwrap_or(step.kind.name())) },
            moment(speaker.zone, step.at),
            html! { (cause) },
            html! { (speaker.sentence(&step.seen)) },
        ]
    });
    let columns = [text("col.step"), text("col.when"), text("col.entry"), text("col.what")];
    table(lang, lang.t("finding.steps"), &columns, rows.collect())
}
