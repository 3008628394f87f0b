//! `GET /sites/{id}/plan`: the yearly management plans (管理计划) of a site, and for its firm the forms to file and amend them.

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::response::Response;
use chrono::Datelike;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::answering::act;
use super::lots_new::{code_list, known_codes};
use super::manifests_new::own_party;
use crate::app::access::PartyName;
use crate::app::query::{MAX_PAGE, Paper, PaperKind, SiteRecord};
use crate::catalogue::WasteCode;
use crate::custody::Kind;
use crate::custody::paper::Written;
use crate::id::SiteId;
use crate::registry::standing::{Plan, PlanLine};
use crate::web::components::{number, table, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::signing::{self, Choice, Field, Statement, hidden, part};
use crate::web::visit::Visit;
use crate::web::words::{Names, moment, name_of, tonnes};

/// How many wastes a form has room for beside those that stand in it.
pub(super) const MORE_LINES: usize = 4;
/// How many receivers a line has room for beside those that stand in it.
const MORE_CONSIGNEES: usize = 3;
/// Most receivers of a line.
const MAX_CONSIGNEES: usize = 32;
/// Where a form of lines finds the codes that are offered.
pub(super) const KNOWN_CODES: &str = "known-codes";
/// Where it finds the receivers.
const KNOWN_RECEIVERS: &str = "known-receivers";

/// The plans of one site.
pub(in crate::web) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: SiteId = id.parse().map_err(|_| Failure::NotFound)?;
    let site = visit.app.site(&visit.viewer, id).await?;
    let site = site.filter(|site| visit.viewer.may_see_stock_of(site)).ok_or(Failure::NotFound)?;
    let papers = plans_of(&visit, &site).await?;
    let plans: Vec<(&Paper, &Plan)> =
        papers.iter().filter_map(|paper| Some((paper, plan_in(paper)?))).collect();
    let is_own = own_party(&visit.viewer) == Some(site.party);
    let known = if is_own { known_codes(&visit, id).await? } else { Vec::new() };
    let meant = plans.iter().flat_map(|(_, plan)| plan.lines.iter()).flat_map(|line| line.consignees.iter());
    let names = Names::load(&visit.app, &visit.viewer, meant.copied()).await?;
    let lang = visit.lang;
    let title = lang.fill("plan.title", &[("site", &site.name)]);
    let body = html! {
        h1 { (title) }
        p { (lang.t("plan.text")) " " a href={ "/sites/" (id) } { (lang.t("duty.to-stock")) } }
        @if is_own {
            (code_list(KNOWN_CODES, &known))
            (receiver_list(lang, &receivers(&visit, id, &known).await?))
            (filing(&visit, &site, &plans))
        }
        @if plans.is_empty() { p { (lang.t("plan.none")) } }
        @for (paper, plan) in &plans { (one(&visit, &names, paper, plan, is_own)) }
    };
    Ok(signing::page(&visit, &title, body))
}

/// The plans of a site that are on record, the last year first.
async fn plans_of(visit: &Visit, site: &SiteRecord) -> Result<Vec<Paper>, Failure> {
    let page = visit.app.papers(&visit.viewer, PaperKind::Plan, Some(site.party), None, MAX_PAGE).await?;
    let mut papers = page.items;
    papers.retain(|paper| plan_in(paper).is_some_and(|plan| plan.site == site.site));
    papers.sort_by_key(|paper| std::cmp::Reverse(plan_in(paper).map(|plan| plan.year)));
    Ok(papers)
}

/// Whom waste of these codes could go to today: under contract with the firm, or with a permit for some of it.
async fn receivers(visit: &Visit, site: SiteId, codes: &[WasteCode]) -> Result<Vec<PartyName>, Failure> {
    let found = visit.app.destinations(&visit.viewer, site, codes, None).await?;
    let mut named = BTreeSet::new();
    let parties = found.map(|found| found.receivers).unwrap_or_default().into_iter().map(|it| it.party);
    Ok(parties.filter(|party| named.insert(party.party)).collect())
}

/// Receivers to choose from while typing, found by name or code.
fn receiver_list(lang: Lang, receivers: &[PartyName]) -> Markup {
    html! {
        datalist id=(KNOWN_RECEIVERS) {
            @for party in receivers { option value=(party.party) { (name_of(lang, party)) } }
        }
    }
}

fn plan_in(paper: &Paper) -> Option<&Plan> {
    if let Written::Plan(plan) = &paper.written { Some(plan) } else { None }
}

fn one(visit: &Visit, names: &Names, paper: &Paper, plan: &Plan, is_own: bool) -> Markup {
    let lang = visit.lang;
    let columns = [text("col.code"), number("plan.yearly"), text("plan.consignees")];
    let row = |line: &PlanLine| {
        vec![
            html! { span.nowrap { (line.code) } },
            html! { (tonnes(line.yearly_g.get())) },
            html! {
                @for (n, consignee) in line.consignees.iter().enumerate() {
                    @if n > 0 { br; }
                    (names.link(lang, consignee)) " " span.soft.mono.nowrap { (consignee) }
                }
            },
        ]
    };
    let year = lang.fill("plan.of-year", &[("year", &plan.year.to_string())]);
    html! {
        section {
            h2 { (year) }
            p.soft {
                (lang.t("plan.filed-at")) (lang.t("sign.separator")) (moment(visit.zone(), paper.recorded_at))
                @if paper.amended_index.is_some() { " · " (lang.t("plan.amended")) }
            }
            (table(lang, &year, &columns, plan.lines.iter().map(row).collect()))
            @if is_own { (amending(visit, plan)) }
        }
    }
}

/// A plan for this year or the next, where there is none.
fn filing(visit: &Visit, site: &SiteRecord, plans: &[(&Paper, &Plan)]) -> Markup {
    let lang = visit.lang;
    let this_year = visit.app.today().year();
    let is_open = |year: &i32| plans.iter().all(|(_, plan)| i32::from(plan.year) != *year);
    let years = [this_year, this_year + 1].into_iter().filter(is_open).map(|year| year.to_string());
    let years: Vec<Choice> = years.map(|year| Choice { shown: year.clone(), value: year }).collect();
    if years.is_empty() {
        return html! {};
    }
    let first = years[0].value.clone();
    let data = json!({ "plan": "new:plan", "site": site.site });
    let fields = html! {
        (Field::needed("/year", "plan.year").choice_of_json(lang, &years, &first))
        (lines(lang, "new", &[], MORE_LINES, Meant::Asked))
    };
    stating(visit, Kind::PlanFiled, data, site.site, fields)
}

/// The same plan with other lines.
fn amending(visit: &Visit, plan: &Plan) -> Markup {
    let data = json!({ "plan": plan.plan, "site": plan.site, "year": plan.year });
    let fields = lines(visit.lang, &plan.year.to_string(), &plan.lines, MORE_LINES, Meant::Asked);
    stating(visit, Kind::PlanAmended, data, plan.site, fields)
}

fn stating(visit: &Visit, kind: Kind, data: Value, site: SiteId, fields: Markup) -> Markup {
    let then = format!("/sites/{site}/plan");
    let statement = Statement { kind, data, then: &then, button: "signing.prepare" };
    act(visit, kind, statement.form(visit, fields))
}

/// Whether a form of lines asks whom each is meant for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// It does.
    Asked,
    /// It does not: the receiver of all lines stands elsewhere, and what lines say of theirs stays.
    Kept,
}

/// Lines of codes with masses a year, at `/lines`: those that are known, each of which can be taken away, and room for so many `more`. `form`
/// tells forms of one page apart.
pub(super) fn lines(lang: Lang, form: &str, known: &[PlanLine], more: usize, meant: Meant) -> Markup {
    let title = |n: usize| lang.fill("plan.line", &[("n", &(n + 1).to_string())]);
    let id = |n: usize| format!("line-{form}-{n}");
    html! {
        p.soft {
            (lang.t("plan.lines-text"))
            @if meant == Meant::Asked { " " (lang.t("plan.consignees-text")) }
        }
        @for (n, line) in known.iter().enumerate() { (part(&id(n), &title(n), true, fields(lang, n, Some(line), meant))) }
        @for n in known.len()..known.len() + more {
            // A list without lines is none.
            (part(&id(n), &title(n), n == 0, fields(lang, n, None, meant)))
        }
    }
}

fn fields(lang: Lang, n: usize, line: Option<&PlanLine>, meant: Meant) -> Markup {
    let at = |member: &str| format!("/lines/{n}/{member}");
    let code = line.map(|line| line.code.to_string()).unwrap_or_default();
    html! {
        @if let Some(line) = line.filter(|line| meant == Meant::Kept && !line.consignees.is_empty()) {
            (hidden(&at("consignees"), &json!(line.consignees)))
        }
        div.side-by-side {
            (Field::needed(&at("code"), "col.code").code(lang, &code, Some(KNOWN_CODES)))
            (Field::needed(&at("yearly_g"), "plan.yearly-mass").tonnes(lang, line.map(|line| line.yearly_g.get())))
        }
        @if meant == Meant::Asked { (consignees(lang, &at("consignees"), line)) }
    }
}

/// Whom a line is meant for, each by its code: those that are known, and room for some more. One that is emptied is left out.
fn consignees(lang: Lang, name: &str, line: Option<&PlanLine>) -> Markup {
    let known: Vec<String> =
        line.iter().flat_map(|line| line.consignees.iter()).map(ToString::to_string).collect();
    let fields = (known.len() + MORE_CONSIGNEES).min(MAX_CONSIGNEES);
    html! {
        div.side-by-side {
            @for n in 0..fields {
                @let value = known.get(n).map_or("", String::as_str);
                (Field::optional(&format!("{name}/{n}"), "plan.consignees").party(lang, value, Some(KNOWN_RECEIVERS)))
            }
        }
    }
}
