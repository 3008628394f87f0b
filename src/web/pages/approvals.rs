//! `GET /papers/{kind}/{id}`: one application for an interprovincial transfer (跨省转移申请) or one approval: what it asks for or allows, the
//! stages it went through, and for the authority whose turn it is the forms to go on with it.

use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::answering::act;
use super::attachments::Enclosed;
use super::firm::{next_stage, stage_tag};
use super::oversight::keeps_records;
use super::papers::{MAX_NUMBER, days, methods};
use super::plans::{self, Meant};
use crate::app::access::PartySeen;
use crate::app::query::{Paper, PaperId, PaperKind, Stage};
use crate::catalogue::{Division, TreatmentCode, Uscc};
use crate::custody::Kind;
use crate::custody::paper::Written;
use crate::registry::standing::{ApprovalRequested, PlanLine};
use crate::web::components::{number, pairs, table, tag, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::signing::{self, Choice, Field, Statement};
use crate::web::visit::Visit;
use crate::web::words::{Names, moment, tonnes};

/// Longest reason, in characters.
const MAX_REASON: usize = 500;

/// Address of an application or approval.
pub(super) fn paper_path(paper: &PaperId) -> String {
    format!("/papers/{}/{}", paper.kind.name(), paper.id)
}

/// What an application and an approval have in common.
struct Terms<'a> {
    consignor: Option<Uscc>,
    consignee: Uscc,
    lines: &'a [PlanLine],
    methods: &'a [TreatmentCode],
    number: Option<&'a str>,
    days: [String; 2],
}

impl<'a> Terms<'a> {
    fn of(paper: &'a Paper) -> Option<Self> {
        Some(match &paper.written {
            Written::Application(s) => Self {
                consignor: paper.belongs.party,
                consignee: s.consignee,
                lines: &s.lines,
                methods: &s.methods,
                number: None,
                days: [s.valid_from, s.valid_to].map(|day| day.to_string()),
            },
            Written::Approval(s) => Self {
                consignor: Some(s.consignor),
                consignee: s.consignee,
                lines: &s.lines,
                methods: &s.methods,
                number: Some(&s.number),
                days: [s.valid_from, s.valid_to].map(|day| day.to_string()),
            },
            _ => return None,
        })
    }
}

/// One of them.
pub(in crate::web) async fn show(
    visit: Visit,
    Path((kind, id)): Path<(String, String)>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let kind = PaperKind::named(&kind).ok_or(Failure::NotFound)?;
    let id = PaperId { kind, id: id.parse().map_err(|_| Failure::NotFound)? };
    let paper = visit.app.paper(&visit.viewer, id).await?.ok_or(Failure::NotFound)?;
    let terms = Terms::of(&paper).ok_or(Failure::NotFound)?;
    let names =
        Names::load(&visit.app, &visit.viewer, terms.consignor.into_iter().chain([terms.consignee])).await?;
    let files = Enclosed::of(&visit.app, &[paper.index]).await?;
    let receiving = division_of(&visit, terms.consignee).await?;
    let lang = visit.lang;
    let title = lang.of("paper", kind.name()).unwrap_or(kind.name());
    let body = html! {
        h1 { (title) " " (stage_tag(lang, &paper)) }
        @if let Some(end) = &paper.end {
            p { (tag("bad", lang.t("firm.ended"))) " " (end.reason) " · " (moment(visit.zone(), end.at)) }
        }
        (facts(&visit, &names, &paper, &terms))
        (lines(lang, terms.lines))
        (files.list(lang, paper.index, None, paper.written.files()))
        (steps(&visit, &paper))
        (acts(&visit, &paper, receiving))
    };
    Ok(signing::page(&visit, title, body))
}

/// Where a party is registered, as far as the visitor may know.
async fn division_of(visit: &Visit, party: Uscc) -> Result<Option<Division>, Failure> {
    Ok(match visit.app.party(&visit.viewer, party).await? {
        Some(PartySeen::Full(record)) => Some(record.division),
        _ => None,
    })
}

fn facts(visit: &Visit, names: &Names, paper: &Paper, terms: &Terms<'_>) -> Markup {
    let lang = visit.lang;
    let methods: Vec<String> = terms.methods.iter().map(ToString::to_string).collect();
    let mut items = vec![
        (
            lang.t("duty.applicant"),
            html! { @if let Some(party) = &terms.consignor { (names.link(lang, party)) } },
        ),
        (lang.t("papers.consignee"), names.link(lang, &terms.consignee)),
        (lang.t("papers.methods"), html! { (methods.join(lang.t("sign.list"))) }),
        (lang.t("firm.days"), html! { (terms.days[0]) "–" (terms.days[1]) }),
        (lang.t("papers.recorded"), moment(visit.zone(), paper.recorded_at)),
    ];
    if let Some(number) = terms.number {
        items.insert(0, (lang.t("col.number"), html! { (number) }));
    }
    if paper.next_stage_due(visit.profile()).is_some() {
        items.push((lang.t("duty.due-on"), next_stage(visit, paper, visit.app.today())));
    }
    pairs(&items)
}

fn lines(lang: Lang, lines: &[PlanLine]) -> Markup {
    let row = |line: &PlanLine| {
        vec![html! { span.nowrap { (line.code) } }, html! { (tonnes(line.yearly_g.get())) }]
    };
    let columns = [text("col.code"), number("plan.yearly")];
    table(lang, lang.t("col.code"), &columns, lines.iter().map(row).collect())
}

/// The stages it reached after it was asked for.
fn steps(visit: &Visit, paper: &Paper) -> Markup {
    let lang = visit.lang;
    let rows = paper.steps.iter().map(|step| {
        vec![
            moment(visit.zone(), step.at),
            html! { (stage_name(lang, step.stage)) },
            html! { (step.number.as_deref().unwrap_or_default()) },
            html! { (step.reason.as_deref().unwrap_or_default()) },
        ]
    });
    let columns = [text("firm.when"), text("papers.stage"), text("col.number"), text("deed.reason")];
    html! {
        @if !paper.steps.is_empty() {
            h2 { (lang.t("papers.stages")) }
            (table(lang, lang.t("papers.stages"), &columns, rows.collect()))
        }
    }
}

fn stage_name(lang: Lang, stage: Stage) -> &'static str {
    lang.of("stage", stage.name()).unwrap_or(stage.name())
}

/// What whoever looks may do about it: the authority over whom the waste leaves says all of it, that of the receiving place may answer.
fn acts(visit: &Visit, paper: &Paper, receiving: Option<Division>) -> Markup {
    if !keeps_records(visit) || paper.end.is_some() {
        return html! {};
    }
    let is_theirs = visit.viewer.supervises(paper.belongs.division.as_slice());
    let answers = receiving.is_some_and(|division| visit.viewer.supervises(&[division]));
    let may_say = |next: &Stage| is_theirs || (answers && next.is_answer());
    match (&paper.written, paper.stage()) {
        (Written::Application(asked), Some(stage)) => {
            let next = Stage::ALL.into_iter().filter(|next| stage.may_become(*next)).filter(may_say);
            going_on(visit, paper, asked, &next.collect::<Vec<_>>())
        }
        _ if is_theirs => revoking(visit, paper),
        _ => html! {},
    }
}

fn stating(visit: &Visit, kind: Kind, data: Value, then: &PaperId, fields: Markup) -> Markup {
    let then = paper_path(then);
    let statement = Statement { kind, data, then: &then, button: "signing.prepare" };
    act(visit, kind, statement.form(visit, fields))
}

fn going_on(visit: &Visit, paper: &Paper, asked: &ApprovalRequested, next: &[Stage]) -> Markup {
    let lang = visit.lang;
    let choices = next.iter().filter(|stage| **stage != Stage::Granted);
    let choices = choices
        .map(|stage| Choice { value: stage.name().to_owned(), shown: stage_name(lang, *stage).to_owned() });
    let choices: Vec<Choice> = choices.collect();
    let advancing = html! {
        (Field::needed("/stage", "papers.stage").choice(lang, &choices, ""))
        (Field::optional("/number", "papers.letter").text(lang, "", MAX_NUMBER))
        (Field::optional("/reason", "deed.reason").hint("papers.reason-hint").lines(lang, "", MAX_REASON))
    };
    html! {
        @if !next.is_empty() { h2 { (lang.t("answer-form.title")) } }
        @if next.contains(&Stage::Granted) { (granting(visit, paper, asked)) }
        @if !choices.is_empty() {
            (stating(visit, Kind::ApprovalAdvanced, json!({ "approval": asked.approval }), &paper.id, advancing))
        }
    }
}

/// An approval keeps to what was asked for, so that is what the form begins with.
fn granting(visit: &Visit, paper: &Paper, asked: &ApprovalRequested) -> Markup {
    let lang = visit.lang;
    let data =
        json!({ "approval": asked.approval, "consignor": paper.belongs.party, "consignee": asked.consignee });
    let known: Vec<String> = asked.methods.iter().map(ToString::to_string).collect();
    let fields = html! {
        (Field::needed("/number", "papers.number").text(lang, "", MAX_NUMBER))
        (plans::lines(lang, "approval", &asked.lines, 0, Meant::Kept))
        (methods(lang, "/methods", &known))
        (days(lang, &asked.valid_from.to_string(), &asked.valid_to.to_string()))
    };
    let approval = PaperId { kind: PaperKind::Approval, id: paper.id.id };
    stating(visit, Kind::ApprovalGranted, data, &approval, fields)
}

fn revoking(visit: &Visit, paper: &Paper) -> Markup {
    let data = json!({ "approval": paper.id.id });
    let fields = Field::needed("/reason", "deed.reason").lines(visit.lang, "", MAX_REASON);
    stating(visit, Kind::ApprovalRevoked, data, &paper.id, fields)
}
