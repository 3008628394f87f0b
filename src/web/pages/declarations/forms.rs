//! Filing a declaration, as its firm; accepting it or sending it back, as an officer of the authority over the site.

use maud::{Markup, html};
use serde_json::{Value, json};

use super::{declarations_path, line_text, measure_name, reasons};
use crate::app::query::Prefill;
use crate::catalogue::WasteCode;
use crate::custody::Kind;
use crate::custody::measure::Measure;
use crate::registry::standing::DeclarationNature;
use crate::registry::{DeclarationRecord, FilingState};
use crate::web::components::{number, table, text};
use crate::web::i18n::Lang;
use crate::web::pages::answering::act;
use crate::web::pages::manifests_new::own_party;
use crate::web::pages::oversight::is_officer;
use crate::web::signing::{Choice, Field, Statement, hidden, part};
use crate::web::visit::Visit;
use crate::web::words::mass;

/// Pointers into a declaration that a reason may be about besides its lines.
pub(super) const NATURE: &str = "/nature";
pub(super) const LINES: &str = "/lines";
/// How many figures may be added to those of the ledger.
const MORE_FIGURES: usize = 3;
/// How many fields are sent back at once.
const MAX_REASONS: usize = 5;
/// Longest reason, in characters.
const MAX_REASON: usize = 500;
/// The part of the form that has the figures.
const FIGURES: &str = "figures";

/// The form by which a firm files what stands above it; nothing for others, or where the ledger would take no filing of the period.
pub(super) fn filing(visit: &Visit, prefill: &Prefill) -> Markup {
    let is_own = own_party(&visit.viewer) == Some(prefill.site.party);
    if !is_own || !prefill.is_to_file(visit.app.today()) {
        return html! {};
    }
    let slot = &prefill.slot;
    let data = json!({ "declaration": "new:declaration", "site": slot.site, "period": slot.period, "from": slot.from });
    let then = declarations_path(slot.site, slot.period, slot.from);
    let statement = Statement { kind: Kind::DeclarationFiled, data, then: &then, button: "signing.prepare" };
    let fields = html! {
        @if let Some(last) = prefill.last.as_ref().filter(|last| !last.reasons().is_empty()) {
            div { p.check.warn { (visit.lang.t("duty.came-back")) } (reasons(visit.lang, last)) }
        }
        (natures(visit.lang, prefill.nature()))
        (figures(visit.lang, prefill))
    };
    act(visit, Kind::DeclarationFiled, statement.form(visit, fields))
}

/// With figures, or with none: the choice opens them.
fn natures(lang: Lang, chosen: DeclarationNature) -> Markup {
    let natures = [
        (DeclarationNature::Figures, "figures", "duty.with-figures", FIGURES),
        (DeclarationNature::Zero, "zero", "duty.zero", ""),
        (DeclarationNature::Shutdown, "shutdown", "duty.shutdown", ""),
    ];
    html! {
        fieldset {
            legend { (lang.t("duty.nature")) }
            div.choices {
                @for (nature, value, key, opens) in natures {
                    label.inline {
                        input type="radio" name=(NATURE) value=(value) data-opens=(opens) checked[nature == chosen];
                        (lang.t(key))
                    }
                }
            }
        }
    }
}

/// The figures of the ledger, which may be changed, and room for more.
fn figures(lang: Lang, prefill: &Prefill) -> Markup {
    let is_open = prefill.nature() == DeclarationNature::Figures;
    let rows = prefill.figures.iter().enumerate();
    let rows: Vec<Vec<Markup>> = rows.map(|(n, figure)| row(lang, n, figure)).collect();
    let known = rows.len();
    let columns = [text("col.code"), text("duty.measure"), number("duty.mass")];
    html! {
        fieldset #(FIGURES) hidden[!is_open] disabled[!is_open] {
            legend { (lang.t("duty.figures")) }
            p.soft { (lang.t("duty.figures-text")) }
            @if known > 0 { (table(lang, lang.t("duty.figures"), &columns, rows)) }
            @for more in 0..MORE_FIGURES { (added(lang, known + more, more + 1)) }
        }
    }
}

/// A figure of the ledger.
fn row(lang: Lang, n: usize, (code, measure, mass_g): (WasteCode, Measure, i64)) -> Vec<Markup> {
    let at = |member: &str| format!("{LINES}/{n}/{member}");
    let name = measure_name(lang, measure.name());
    let shown = format!("{code} {name}");
    vec![
        html! {
            span.nowrap { (code) }
            (hidden(&at("code"), &json!(code)))
            (hidden(&at("measure"), &json!(measure.name())))
        },
        html! { (name) },
        Field::needed(&at("mass_g"), "duty.mass").kilograms_cell(lang, mass_g, &shown),
    ]
}

/// A figure that the ledger does not have.
fn added(lang: Lang, n: usize, shown: usize) -> Markup {
    let at = |member: &str| format!("{LINES}/{n}/{member}");
    let measures: Vec<Choice> = Measure::ALL
        .into_iter()
        .map(|measure| Choice {
            value: measure.name().to_owned(),
            shown: measure_name(lang, measure.name()).to_owned(),
        })
        .collect();
    let fields = html! {
        div.side-by-side {
            (Field::needed(&at("code"), "col.code").code(lang, "", None))
            (Field::needed(&at("measure"), "duty.measure").choice(lang, &measures, ""))
            (Field::needed(&at("mass_g"), "duty.mass").kilograms(lang, None))
        }
    };
    part(&format!("figure-{n}"), &lang.fill("duty.one-more", &[("n", &shown.to_string())]), false, fields)
}

/// What an officer makes of a filing that is not decided; nothing for others.
pub(super) fn deciding(visit: &Visit, record: &DeclarationRecord) -> Markup {
    if !is_officer(visit) || record.state() != FilingState::Filed {
        return html! {};
    }
    let slot = record.slot();
    let then = declarations_path(slot.site, slot.period, slot.from);
    let form = |kind: Kind, data: Value, fields: Markup| {
        let statement = Statement { kind, data, then: &then, button: "signing.prepare" };
        act(visit, kind, statement.form(visit, fields))
    };
    let data = json!({ "declaration": record.filed.declaration });
    html! {
        (form(Kind::DeclarationAccepted, data.clone(), html! { p { (visit.lang.t("duty.accept-text")) } }))
        (form(Kind::DeclarationReturned, data, returning(visit.lang, record)))
    }
}

/// Fields that are sent back, each with its reason.
fn returning(lang: Lang, record: &DeclarationRecord) -> Markup {
    let fields = returnable(lang, record);
    let one = |n: usize| {
        html! {
            (Field::needed(&format!("/reasons/{n}/pointer"), "duty.returned-field").choice(lang, &fields, ""))
            (Field::needed(&format!("/reasons/{n}/reason"), "duty.why").lines(lang, "", MAX_REASON))
        }
    };
    let id = record.filed.declaration;
    html! {
        (one(0))
        @for n in 1..MAX_REASONS {
            (part(&format!("reason-{n}-{id}"), &lang.fill("duty.one-more-field", &[("n", &(n + 1).to_string())]), false, one(n)))
        }
    }
}

/// What of a declaration can be sent back: each figure, all of them, and its nature.
fn returnable(lang: Lang, record: &DeclarationRecord) -> Vec<Choice> {
    let whole = [(NATURE, "duty.nature"), (LINES, "duty.all-figures")];
    let whole =
        whole.map(|(pointer, key)| Choice { value: pointer.to_owned(), shown: lang.t(key).to_owned() });
    let lines = record.filed.lines.iter().enumerate().map(|(n, line)| {
        let mass_g = i64::try_from(line.mass_g).unwrap_or(i64::MAX);
        let shown = format!("{} {}", line_text(lang, n, line), mass(lang, mass_g));
        Choice { value: format!("{LINES}/{n}/mass_g"), shown }
    });
    lines.chain(whole).collect()
}
