//! `GET /duty-roster`: who is on duty in a division, day by day.

use axum::extract::Query;
use maud::{Markup, html};
use serde::Deserialize;

use super::cases::owner;
use crate::app::roster::Roster;
use crate::shape::parse_day;
use crate::web::components::{table, text};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::Visit;

/// Where and which days, as the form sends them; empty means nothing is said.
#[derive(Debug, Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    division: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// The roster of one division.
pub(in crate::web) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let day = |text: &str| parse_day(text).ok();
    let division = asked.division.parse().ok();
    let found = visit.app.duty_roster(&visit.viewer, division, day(&asked.from), day(&asked.to)).await?;
    let roster = found.ok_or(Failure::NotFound)?;
    let lang = visit.lang;
    let name = visit.app.rulebook().catalogue.full_name(roster.division);
    let name = name.unwrap_or_else(|| roster.division.to_string());
    let title = lang.fill("roster.title", &[("division", &name)]);
    let columns = [text("roster.day"), text("roster.officers")];
    let rows = roster.on_duty.iter().map(|(day, officers)| {
        vec![
            html! { span.nowrap { (day) } },
            html! { @for officer in officers { (owner(&visit, officer)) " " } },
        ]
    });
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("roster.text")) }
        (form(&visit, &roster))
        @if roster.on_duty.is_empty() { p { (lang.t("roster.none")) } } @else { (table(lang, &title, &columns, rows.collect())) }
    };
    Ok(layout::page(&visit, &title, body))
}

fn form(visit: &Visit, roster: &Roster) -> Markup {
    let lang = visit.lang;
    html! {
        form.filter method="get" action="/duty-roster" aria-label=(lang.t("stock.period")) {
            label {
                (lang.t("case.division"))
                input name="division" inputmode="numeric" maxlength="6" value=(roster.division);
            }
            @for (key, name, day) in [("roster.from", "from", roster.days.0), ("roster.to", "to", roster.days.1)] {
                label { (lang.t(key)) input type="date" name=(name) value=(day) min="1970-01-01" max="9999-12-31"; }
            }
            button { (lang.t("manifests.apply")) }
        }
    }
}
