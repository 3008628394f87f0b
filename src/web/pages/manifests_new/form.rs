//! The second step: masses, to whom, by whom, when, how often. It is read back and signed.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::receivers;
use super::{Draft, DraftLine};
use crate::app::query::{CarrierChoice, Destinations};
use crate::catalogue::{Disposition, Uscc, WasteCode};
use crate::custody::Kind;
use crate::custody::payload::manifest::{Leg, Mode};
use crate::custody::rules::rules;
use crate::shape::Basis;
use crate::web::components::{manifest_path, pairs};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::pages::lots_new::{basis_choices, described};
use crate::web::pages::registered::{FORMS, PACKAGINGS};
use crate::web::signing::{self, Choice, Field, Statement};
use crate::web::visit::Visit;
use crate::web::words::{mass, name_of};

/// Most shipments that are registered at once.
const MAX_COPIES: u32 = 50;
/// Longest business key and longest name of a waste, in characters.
const MAX_ERP_NO: usize = 64;
const MAX_NAME: usize = 100;
/// Longest reason, in characters.
pub(super) const MAX_REASON: usize = 500;
/// Where a reason stands that no receiver asks for: behind all that any does. Gaps are closed before it is signed.
const FREE_REASON: usize = 15;

/// The page.
pub(super) async fn page(visit: &Visit, draft: &Draft) -> Result<Response, Failure> {
    let lang = visit.lang;
    let codes: Vec<WasteCode> = draft.lines.iter().map(|line| line.code).collect();
    let also = draft.consignee.map(|consignee| consignee.party);
    let found = visit.app.destinations(&visit.viewer, draft.site.site, &codes, also).await?;
    let found = found.ok_or(Failure::NotFound)?;
    let title = lang.t(if draft.again.is_some() { "new-manifest.again" } else { "new-manifest.title" });
    let head = html! {
        h1 { (title) }
        p.steps { (lang.t("new-manifest.step-whom")) }
        (about(visit, draft))
    };
    if visit.signed.is_none() {
        let body = html! { (head) (signing_needed(visit)) (receivers::told(visit, draft, &found)) };
        return Ok(layout::page(visit, title, body).into_response());
    }
    let carriers = visit.app.carriers(&visit.viewer).await?;
    let statement = Statement {
        kind: Kind::ManifestRegistered,
        data: data(draft, &found),
        then: "/manifests/{manifest}",
        button: "signing.prepare",
    };
    let fields = html! {
        (lines(lang, draft))
        (receivers::choices(visit, draft, &found))
        fieldset {
            legend { (lang.t("new-manifest.by")) }
            (carrier_choice(visit, draft, &carriers))
            div.side-by-side {
                (Field::needed("/planned_departure", "manifest.departure").moment(visit, Some(draft.departs)))
                (Field::needed("/planned_arrival", "manifest.arrival").moment(visit, Some(draft.arrives)))
            }
            (Field::optional("/erp_no", "manifests.erp-no").text(lang, &draft.erp_no, MAX_ERP_NO))
        }
        (copies(lang))
        (free_reason(visit))
    };
    Ok(signing::page(visit, title, html! { (head) (statement.form(visit, fields)) }))
}

/// The form of somebody who only looks: the way to a key.
fn signing_needed(visit: &Visit) -> Markup {
    let nothing =
        Statement { kind: Kind::ManifestRegistered, data: Value::Null, then: "/", button: "signing.prepare" };
    nothing.form(visit, html! {})
}

/// What the page knows already. What is filled in is put beside it.
fn data(draft: &Draft, found: &Destinations) -> Value {
    let line = |(number, line): (u16, &DraftLine)| {
        let mut data = json!({ "line": number, "code": line.code, "planned": {} });
        if !line.exemptions.is_empty() {
            data["exemptions"] = json!(line.exemptions);
        }
        data
    };
    let lines: Vec<Value> = (1..).zip(&draft.lines).map(line).collect();
    let mut data = json!({ "manifest": "new:manifest", "site": draft.site.site, "lines": lines });
    if let Some(plan) = found.plan {
        data["plan"] = json!(plan);
    }
    data
}

/// Where it leaves, and what it repeats.
fn about(visit: &Visit, draft: &Draft) -> Markup {
    let lang = visit.lang;
    let total_g = draft.lines.iter().filter_map(|line| line.grams).fold(0, i64::wrapping_add);
    let repeated = draft.again.as_ref().map(|(id, number)| {
        let number = number.as_deref().unwrap_or(lang.t("manifests.unnumbered"));
        (lang.t("new-manifest.repeats"), html! { a href=(manifest_path(*id)) { (number) } })
    });
    let mut items = vec![
        (lang.t("new-manifest.from"), html! { (draft.site.name) }),
        (
            lang.t("new-manifest.what"),
            html! {
                (mass(lang, total_g)) " · " (draft.lines.iter().map(|line| line.code.to_string()).collect::<Vec<_>>().join(lang.t("sign.list")))
                " " a href={ "/manifests/new?site=" (draft.site.site) } { (lang.t("new-manifest.change")) }
            },
        ),
    ];
    items.extend(repeated);
    pairs(&items)
}

fn lines(lang: Lang, draft: &Draft) -> Markup {
    html! {
        @for (n, line) in draft.lines.iter().enumerate() {
            fieldset {
                legend.mono { (line.code) }
                p.soft { (described(line.code)) }
                (line_fields(lang, n, line))
            }
        }
    }
}

fn line_fields(lang: Lang, n: usize, line: &DraftLine) -> Markup {
    let at = |member: &str| format!("/lines/{n}/{member}");
    let basis = match line.basis {
        Basis::Measured => "measured",
        Basis::Estimated => "estimated",
        Basis::Computed => "computed",
    };
    let packaging = line.packaging.and_then(|known| PACKAGINGS.iter().find(|(one, ..)| *one == known));
    let form = line.form.and_then(|known| FORMS.iter().find(|(one, ..)| *one == known));
    let packagings: Vec<Choice> =
        PACKAGINGS.iter().map(|(_, value, key)| choice(value, lang.t(key))).collect();
    let forms: Vec<Choice> = FORMS.iter().map(|(_, value, key)| choice(value, lang.t(key))).collect();
    html! {
        div.side-by-side {
            (Field::needed(&at("planned/mass_g"), "new-manifest.mass").kilograms(lang, line.grams))
            (Field::needed(&at("planned/basis"), "new-lot.basis").choice(lang, &basis_choices(lang), basis))
            (Field::optional(&at("containers"), "new-manifest.containers").count(lang, line.containers.map(u64::from)))
            (Field::optional(&at("packaging"), "new-manifest.packaging")
                .choice(lang, &packagings, packaging.map_or("", |(_, value, _)| *value)))
        }
        details {
            summary { (lang.t("new-manifest.more")) }
            div.side-by-side {
                (Field::optional(&at("name"), "new-manifest.name").text(lang, &line.name, MAX_NAME))
                (Field::optional(&at("form"), "new-manifest.form").choice(lang, &forms, form.map_or("", |(_, value, _)| *value)))
                (Field::optional(&at("container_litres"), "new-lot.litres").count(lang, line.litres.map(u64::from)))
            }
        }
    }
}

fn choice(value: &str, shown: &str) -> Choice {
    Choice { value: value.to_owned(), shown: shown.to_owned() }
}

/// Who carries: whoever did lately first; the way of the manifest that is repeated is chosen.
fn carrier_choice(visit: &Visit, draft: &Draft, carriers: &[CarrierChoice]) -> Markup {
    let lang = visit.lang;
    let by = |carrier: Uscc| legs_json(&[Leg { carrier, mode: Mode::Vehicle }]);
    let mut choices: Vec<Choice> = carriers
        .iter()
        .map(|carrier| Choice { value: by(carrier.party.party), shown: carrier_shown(lang, carrier) })
        .collect();
    choices
        .push(Choice { value: by(draft.site.party), shown: lang.t("new-manifest.own-vehicle").to_owned() });
    let chosen = match &draft.legs {
        Some(legs) => legs_json(legs),
        None => {
            carriers.iter().find(|carrier| carrier.is_known).map(|it| by(it.party.party)).unwrap_or_default()
        }
    };
    if let Some(legs) = draft.legs.as_ref().filter(|_| choices.iter().all(|choice| choice.value != chosen)) {
        let named = |leg: &Leg| {
            let known = carriers.iter().find(|carrier| carrier.party.party == leg.carrier);
            known.map_or_else(|| leg.carrier.to_string(), |carrier| name_of(lang, &carrier.party))
        };
        let shown = legs.iter().map(named).collect::<Vec<_>>().join(" → ");
        choices.insert(0, Choice { value: chosen.clone(), shown });
    }
    Field::needed("/legs", "manifests.carrier").choice_of_json(lang, &choices, &chosen)
}

fn legs_json(legs: &[Leg]) -> String {
    json!(legs).to_string()
}

fn carrier_shown(lang: Lang, carrier: &CarrierChoice) -> String {
    let name = name_of(lang, &carrier.party);
    let licence = match carrier.licensed_until {
        Some(until) => lang.fill(
            "new-manifest.licensed",
            &[("vehicles", &carrier.vehicles.to_string()), ("until", &until.to_string())],
        ),
        None => lang.t("new-manifest.unlicensed").to_owned(),
    };
    format!("{name} · {licence}")
}

/// How many shipments alike, and how far apart they leave.
fn copies(lang: Lang) -> Markup {
    html! {
        fieldset {
            legend { (lang.t("new-manifest.often")) }
            div.side-by-side {
                label.field {
                    span data-label { (lang.t("new-manifest.copies")) }
                    input type="number" data-copies value="1" min="1" max=(MAX_COPIES) inputmode="numeric" autocomplete="off"
                        data-words=(lang.t("new-manifest.copies-words")) data-onward="/manifests?role=consignor";
                }
                label.field {
                    span data-label { (lang.t("new-manifest.apart")) }
                    select data-apart {
                        option value="0" { (lang.t("new-manifest.together")) }
                        option value="1" { (lang.t("new-manifest.daily")) }
                        option value="7" { (lang.t("new-manifest.weekly")) }
                    }
                }
            }
        }
    }
}

/// A reason for going on against a check that the page does not know of.
fn free_reason(visit: &Visit) -> Markup {
    let lang = visit.lang;
    let needs_reason = |id: &str| visit.profile().disposition(id) == Disposition::Reason;
    let choices: Vec<Choice> = rules()
        .filter(|rule| needs_reason(rule.id))
        .map(|rule| choice(rule.id, lang.pick(rule.title_zh, rule.title_en)))
        .collect();
    let at = |member: &str| format!("/reasons/{FREE_REASON}/{member}");
    html! {
        label.inline { input type="checkbox" data-opens="free-reason"; " " (lang.t("new-manifest.against")) }
        fieldset #free-reason hidden disabled {
            p.soft { (lang.t("new-manifest.against-text")) }
            (Field::needed(&at("rule"), "col.rule").choice(lang, &choices, ""))
            (Field::needed(&at("text"), "new-manifest.reason").lines(lang, "", MAX_REASON))
        }
    }
}
