//! `GET /parties/{uscc}/permits`: the operating permits (经营许可证) of a firm, what became of each, and for who keeps the records of its
//! place the forms to issue and change them.

use axum::extract::Path;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::answering::act;
use super::firm;
use super::oversight::keeps_records_in;
use super::papers::{MAX_NUMBER, days, methods};
use crate::app::access::PartyName;
use crate::app::query::{FirmRecord, PermitLine, PermitRecord};
use crate::catalogue::Uscc;
use crate::custody::Kind;
use crate::registry::permit::{MAX_PERMIT_STEPS, PermitStep, PermitTerms};
use crate::registry::standing::PermitItem;
use crate::registry::{PermitChange, SiteRecord};
use crate::web::components::{number, pairs, table, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::signing::{self, Choice, Field, Statement, hidden, part};
use crate::web::visit::Visit;
use crate::web::words::{moment, name_of, tonnes};

/// How many items a form has room for beside those that stand in it.
const MORE_ITEMS: usize = 3;
/// Longest reason, in characters.
const MAX_REASON: usize = 500;

/// The permits of one firm.
pub(in crate::web) async fn show(visit: Visit, Path(code): Path<String>) -> Result<Response, Failure> {
    visit.signed_in()?;
    let code: Uscc = code.parse().map_err(|_| Failure::NotFound)?;
    let record = visit.app.firm(&visit.viewer, code).await?.ok_or(Failure::NotFound)?;
    let lang = visit.lang;
    let title = lang.fill("permit.title", &[("party", &name_of(lang, &PartyName::of(&record.party)))]);
    let mut listed = Vec::new();
    for line in &record.permits {
        listed.push(one(&visit, &record, line).await?);
    }
    let issuing = issuing(&visit, &record).await?;
    let body = html! {
        h1 { (title) }
        p { a href={ "/parties/" (code) } { (lang.t("permit.to-firm")) } }
        (issuing)
        @if listed.is_empty() { p { (lang.t("permit.none")) } }
        @for permit in &listed { (permit) }
    };
    Ok(signing::page(&visit, &title, body))
}

async fn one(visit: &Visit, record: &FirmRecord, line: &PermitLine) -> Result<Markup, Failure> {
    let (lang, permit) = (visit.lang, &line.permit);
    let site = site_of(record, permit);
    let terms = permit.terms_on(record.today);
    let days = terms.map(|terms| format!("{}–{}", terms.valid_from, terms.valid_to)).unwrap_or_default();
    let division = site.map_or(record.party.division, |site| site.division);
    let acts = if keeps_records_in(visit, division).await? {
        changes(visit, permit)
    } else {
        html! {}
    };
    let here = site.map_or(lang.t("permit.all-sites"), |site| &site.name);
    Ok(html! {
        section {
            h2 { (permit.number) " " (firm::state(lang, line)) }
            (pairs(&[(lang.t("firm.site"), html! { (here) }), (lang.t("firm.days"), html! { (days) })]))
            @if let Some(terms) = terms { (items(lang, terms)) }
            (life(visit, permit))
            (acts)
        }
    })
}

fn site_of<'a>(record: &'a FirmRecord, permit: &PermitRecord) -> Option<&'a SiteRecord> {
    record.sites.iter().map(|line| &line.site).find(|site| Some(site.site) == permit.site)
}

fn items(lang: Lang, terms: &PermitTerms) -> Markup {
    let row = |item: &PermitItem| {
        let collected = item.collection.is_some();
        vec![
            html! { (texts(&item.codes).join(" ")) },
            html! { (texts(&item.methods).join(" ")) @if collected { " " (lang.t("permit.collects")) } },
            html! { (tonnes(item.yearly_g.get())) },
        ]
    };
    let columns = [text("firm.codes"), text("papers.methods"), number("firm.yearly")];
    table(lang, lang.t("permit.items"), &columns, terms.items.iter().map(row).collect())
}

fn texts<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

/// What became of it, in the order in which it was recorded.
fn life(visit: &Visit, permit: &PermitRecord) -> Markup {
    let lang = visit.lang;
    let row = |step: &PermitStep| {
        let kind = format!("permit.{}", step.name());
        let from = match &step.change {
            PermitChange::Terms(terms) => terms.valid_from.to_string(),
            change => change.from().map(|day| day.to_string()).unwrap_or_default(),
        };
        vec![
            moment(visit.zone(), step.recorded_at),
            html! { (lang.of("kind", &kind).unwrap_or_default()) },
            html! { span.nowrap { (from) } },
            html! { (step.reason.as_deref().unwrap_or_default()) },
        ]
    };
    let columns = [text("firm.when"), text("permit.step"), text("permit.from"), text("deed.reason")];
    html! {
        details {
            summary { (lang.t("permit.life")) }
            (table(lang, lang.t("permit.life"), &columns, permit.life.iter().map(row).collect()))
        }
    }
}

/// What may become of a permit: nothing more once it is revoked, and it is suspended and reinstated by turns.
fn changes(visit: &Visit, permit: &PermitRecord) -> Markup {
    let last = permit.last_standing();
    if matches!(last, Some(PermitChange::Revoked(_))) || permit.life.len() >= MAX_PERMIT_STEPS {
        return html! {};
    }
    let turn = match last {
        Some(PermitChange::Suspended(_)) => Kind::PermitReinstated,
        _ => Kind::PermitSuspended,
    };
    html! {
        (amending(visit, permit))
        @for kind in [turn, Kind::PermitRevoked] { (standing(visit, permit, kind)) }
    }
}

fn stating(visit: &Visit, party: Uscc, kind: Kind, data: Value, fields: Markup) -> Markup {
    let then = format!("/parties/{party}/permits");
    let statement = Statement { kind, data, then: &then, button: "signing.prepare" };
    act(visit, kind, statement.form(visit, fields))
}

fn standing(visit: &Visit, permit: &PermitRecord, kind: Kind) -> Markup {
    let fields = html! {
        (Field::needed("/from", "permit.from").day(visit.lang, &visit.app.today().to_string()))
        (Field::needed("/reason", "deed.reason").lines(visit.lang, "", MAX_REASON))
    };
    stating(visit, permit.party, kind, json!({ "permit": permit.permit }), fields)
}

fn amending(visit: &Visit, permit: &PermitRecord) -> Markup {
    let lang = visit.lang;
    let Some(terms) = permit.life.iter().rev().find_map(PermitStep::terms) else { return html! {} };
    let fields = html! {
        (item_fields(lang, &permit.permit.to_string(), &terms.items))
        (days(lang, &terms.valid_from.to_string(), &terms.valid_to.to_string()))
        (Field::needed("/reason", "deed.reason").lines(lang, "", MAX_REASON))
    };
    stating(visit, permit.party, Kind::PermitAmended, json!({ "permit": permit.permit }), fields)
}

/// A new permit, for one of the sites that whoever looks keeps the records of, or for all sites of the firm.
async fn issuing(visit: &Visit, record: &FirmRecord) -> Result<Markup, Failure> {
    let mut sites = Vec::new();
    for site in record.sites.iter().map(|line| &line.site) {
        if keeps_records_in(visit, site.division).await? {
            sites.push(Choice { value: site.site.to_string(), shown: site.name.clone() });
        }
    }
    let for_all = keeps_records_in(visit, record.party.division).await?;
    if sites.is_empty() && !for_all {
        return Ok(html! {});
    }
    let lang = visit.lang;
    let site = if for_all {
        Field::optional("/site", "firm.site").hint("permit.site-hint")
    } else {
        Field::needed("/site", "firm.site")
    };
    let fields = html! {
        (Field::needed("/number", "permit.number").text(lang, "", MAX_NUMBER))
        @if !sites.is_empty() { (site.choice(lang, &sites, "")) }
        (item_fields(lang, "new", &[]))
        (days(lang, &record.today.to_string(), ""))
    };
    let data = json!({ "permit": "new:permit", "party": record.party.party });
    Ok(stating(visit, record.party.party, Kind::PermitIssued, data, fields))
}

/// Items that are known, each of which can be taken away, and room for more. `form` tells forms of one page apart.
fn item_fields(lang: Lang, form: &str, known: &[PermitItem]) -> Markup {
    let title = |n: usize| lang.fill("permit.item", &[("n", &(n + 1).to_string())]);
    html! {
        @for n in 0..known.len() + MORE_ITEMS {
            @let id = format!("item-{form}-{n}");
            // A permit without items allows nothing.
            (part(&id, &title(n), n == 0 || n < known.len(), item(lang, &id, n, known.get(n))))
        }
    }
}

fn item(lang: Lang, id: &str, n: usize, item: Option<&PermitItem>) -> Markup {
    let at = |member: &str| format!("/items/{n}/{member}");
    let codes = item.map(|item| texts(&item.codes)).unwrap_or_default();
    let known = item.map(|item| texts(&item.methods)).unwrap_or_default();
    let collection = item.and_then(|item| item.collection);
    let working_days = collection.and_then(|terms| terms.working_days).map(u64::from);
    let collecting = html! {
        (hidden(&at("collection"), &json!({})))
        (Field::optional(&at("collection/working_days"), "permit.working-days").count(lang, working_days))
    };
    html! {
        (Field::needed(&at("codes"), "firm.codes").hint("papers.codes-hint").codes(lang, &codes))
        (methods(lang, &at("methods"), &known))
        (Field::needed(&at("yearly_g"), "plan.yearly-mass").tonnes(lang, item.map(|item| item.yearly_g.get())))
        (part(&format!("{id}-collection"), lang.t("permit.collects"), collection.is_some(), collecting))
    }
}
