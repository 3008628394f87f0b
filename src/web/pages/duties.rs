//! `GET /duties`: what is due, over all sites of the viewer, or in an authority's division.

use axum::extract::Query;
use chrono::NaiveDate;
use maud::{Markup, html};
use serde::Deserialize;

use super::approvals::paper_path;
use super::declarations::{declarations_path, period_text, reasons, state_tag};
use super::firm::{next_stage, stage_tag, what};
use crate::app::query::{DEFAULT_PAGE, DutyItem, Paper, PaperKind};
use crate::shape::parse_day;
use crate::web::components::{check, firm_link, table, text};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::name_of;

/// Which day, as the form sends it; empty means today.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    on: String,
    after: Option<String>,
}

/// What is due.
pub(in crate::web) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let (_, on) = visit.app.days(None, parse_day(&asked.on).ok());
    let after = asked.after.as_deref().and_then(|after| after.parse().ok());
    let page = visit.app.duties(&visit.viewer, Some(on), after, DEFAULT_PAGE).await?;
    let going_on =
        if after.is_none() { visit.app.applications_going_on(&visit.viewer).await? } else { Vec::new() };
    let lang = visit.lang;
    let title = lang.t("duty.title");
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("duty.text")) }
        form.filter method="get" action=(visit.path) aria-label=(title) {
            label {
                (lang.t("duty.on"))
                input type="date" name="on" value=(on) min="1970-01-01" max="9999-12-31";
            }
            button { (lang.t("manifests.apply")) }
        }
        @if page.items.is_empty() { p { (lang.t("duty.nothing-due")) } } @else { (rows(&visit, &page.items)) }
        nav.pager aria-label=(title) {
            @if after.is_some() { a href=(visit.here_without("after")) { (lang.t("findings.first")) } }
            @if let Some(next) = page.next {
                a href=(visit.here_with("after", &next.to_string())) rel="next" { (lang.t("findings.more")) }
            }
        }
    };
    let body = html! { (body) (applications(&visit, &going_on, on)) };
    Ok(layout::page(&visit, title, body))
}

/// The applications that go on; nothing where there are none.
fn applications(visit: &Visit, going_on: &[Paper], on: NaiveDate) -> Markup {
    let lang = visit.lang;
    let columns = [
        text("duty.applicant"),
        text("firm.other"),
        text("col.code"),
        text("col.status"),
        text("duty.due-on"),
    ];
    let row = |paper: &Paper| {
        let [applicant, consignee] = [paper.belongs.party, paper.belongs.other].map(|side| {
            let opens =
                side == visit.viewer.party() || visit.viewer.is_authority() && side == paper.belongs.party;
            let code = side.map(|side| side.to_string()).unwrap_or_default();
            side.filter(|_| opens).map_or_else(|| html! { (code) }, |side| firm_link(side, &code))
        });
        vec![
            html! { span.mono { (applicant) } },
            html! { span.mono { (consignee) } },
            html! { (what(paper)) },
            html! { a href=(paper_path(&paper.id)) { (stage_tag(lang, paper)) } },
            html! { (next_stage(visit, paper, on)) },
        ]
    };
    let name = lang.of("paper", PaperKind::Application.name()).unwrap_or_default();
    html! {
        @if !going_on.is_empty() {
            h2 { (name) }
            p.soft { (lang.t("duty.applications-text")) }
            (table(lang, name, &columns, going_on.iter().map(row).collect()))
        }
    }
}

/// Duties, a row each.
pub(super) fn rows(visit: &Visit, items: &[DutyItem]) -> Markup {
    let lang = visit.lang;
    let columns = [
        text("col.party"),
        text("col.site"),
        text("duty.class"),
        text("duty.period"),
        text("duty.due-on"),
        text("col.status"),
        text("duty.against-ledger"),
    ];
    let row = |item: &DutyItem| {
        let slot = &item.duty.slot;
        let class = item.class.and_then(|class| lang.of("class", class.name()));
        let address = declarations_path(slot.site, slot.period, slot.from);
        // What lies behind is its party's: who declares for it reads that in its name, and not here.
        let is_open = visit.viewer.may_see_stock_of(&item.site);
        let period = period_text(lang, slot.period, slot.from);
        vec![
            html! { @if let Some(party) = &item.party { (firm_link(party.party, &name_of(lang, party))) } },
            html! {
                @if is_open { a href={ "/sites/" (item.site.site) } { (item.site.name) } } @else { (item.site.name) }
            },
            html! { (class.unwrap_or_default()) },
            html! { @if is_open { a href=(address) { (period) } } @else { (period) } },
            html! { span.nowrap { (item.duty.due_on) } },
            html! {
                (state_tag(lang, item.state.name()))
                @if let Some(record) = &item.filing { (reasons(lang, record)) }
            },
            html! {
                @match item.differing {
                    None => {}
                    Some(0) => { (check("good", lang.t("duty.fits"))) }
                    Some(n) => { (check("bad", &lang.fill("duty.n-differ", &[("n", &n.to_string())]))) }
                }
            },
        ]
    };
    table(lang, lang.t("duty.title"), &columns, items.iter().map(row).collect())
}
