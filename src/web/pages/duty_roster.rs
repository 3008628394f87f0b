//! `GET /duty-roster`: who is on duty in a division, day by day, and for officers the form to arrange it.

use axum::extract::Query;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::cases::owner;
use super::oversight::is_officer;
use crate::app::query::KeyRecord;
use crate::app::roster::{MAX_ON_DUTY, Roster};
use crate::registry::Role;
use crate::shape::parse_day;
use crate::web::components::{short, table, text};
use crate::web::failure::Failure;
use crate::web::signing::{self, Call, Field};
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
pub(in crate::web) async fn show(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
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
        (arranging(&visit, &roster).await?)
        @if roster.on_duty.is_empty() { p { (lang.t("roster.none")) } } @else { (table(lang, &title, &columns, rows.collect())) }
    };
    Ok(signing::page(&visit, &title, body))
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

/// The form of an officer: whom it ticks is on duty on all days of a span, and nobody else.
async fn arranging(visit: &Visit, roster: &Roster) -> Result<Markup, Failure> {
    if !is_officer(visit) {
        return Ok(html! {});
    }
    let lang = visit.lang;
    let officers = officers(visit).await?;
    // Days that are over stand as they were.
    let from = roster.days.0.max(visit.app.today());
    let to = roster.days.1.max(from);
    let data = json!({ "division": roster.division, "officers": [] });
    let then = format!("/duty-roster?division={}&from={from}&to={to}", roster.division);
    let call = Call { method: "PUT", path: "/duty-roster", then: &then, button: "roster.arrange" };
    let most = lang.fill("roster.arrange-text", &[("most", &MAX_ON_DUTY.to_string())]);
    let fields = html! {
        p.soft { (most) }
        div.side-by-side {
            (Field::needed("/from", "roster.from").day(lang, &from.to_string()))
            (Field::needed("/to", "roster.to").day(lang, &to.to_string()))
        }
        fieldset {
            legend { (lang.t("roster.officers")) }
            ul.ticks {
                @for (n, (kid, name)) in officers.iter().enumerate() {
                    li { label.inline { input type="checkbox" name={ "/officers/" (n) } value=(kid); span { (name) } } }
                }
            }
        }
    };
    Ok(html! {
        details.act { summary { (lang.t("roster.arrange")) } (call.form(visit, &data, fields)) }
    })
}

/// The officers of the visitor's authority: their good keys, each with the name of who holds it, where that is told, and its end.
async fn officers(visit: &Visit) -> Result<Vec<(String, String)>, Failure> {
    let keys = visit.app.keys(&visit.viewer, visit.viewer.party()).await?;
    let is_good = |key: &&KeyRecord| key.role == Role::Officer && key.revoked_index.is_none();
    let kids: Vec<_> = keys.iter().filter(is_good).map(|key| key.kid).collect();
    let holders = visit.app.holders(&visit.viewer, &kids).await?;
    let shown = |kid| {
        let end = short(&format!("{kid}"));
        holders.get(kid).map_or_else(|| end.clone(), |name| format!("{name} {end}"))
    };
    Ok(kids.iter().map(|kid| (kid.to_string(), shown(kid))).collect())
}
