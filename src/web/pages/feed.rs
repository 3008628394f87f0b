//! The feed of a furnace day on the page of a site: a form, and the proposal as it can be stated.

use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answering::act;
use super::site::code_name;
use crate::app::query::{FeedSheet, MAX_FEED_CODES, SiteRecord, StockShort};
use crate::catalogue::{Operation, WasteCode};
use crate::custody::Kind;
use crate::id::SiteId;
use crate::shape::Grams;
use crate::web::components::{check, lot_path, number, short, table, tag, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::signing::{Choice, Field, Statement, hidden, part};
use crate::web::visit::Visit;
use crate::web::words::{mass, tonnes};

/// Most residues and products of one treatment that the form has room for.
const MAX_OUTPUTS: usize = 3;

/// What the form sends; empty means nothing is asked.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    code: String,
    #[serde(default)]
    kg: String,
}

impl Asked {
    /// The codes, with commas, list commas or blanks between.
    fn codes(&self) -> Option<Vec<WasteCode>> {
        let parts = self.code.split([',', '，', '、', ' ']).filter(|part| !part.is_empty());
        let codes: Vec<WasteCode> = parts.map(str::parse).collect::<Result<_, _>>().ok()?;
        (1..=MAX_FEED_CODES).contains(&codes.len()).then_some(codes)
    }

    fn grams(&self) -> Option<Grams> {
        grams_of(&self.kg)
    }
}

/// The mass in a field: kilograms with at most three decimals, exact to the gram.
pub(super) fn grams_of(kilograms: &str) -> Option<Grams> {
    let kilograms = kilograms.trim();
    let (whole, rest) = kilograms.split_once('.').unwrap_or((kilograms, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(rest) || rest.len() > 3 {
        return None;
    }
    Grams::new(format!("{whole}{rest:0<3}").parse().ok()?)
}

/// What became of what was asked.
pub(super) enum Proposal {
    /// Nothing was asked.
    None,
    /// Codes or mass cannot be read.
    Unreadable,
    /// Less is there.
    Short(StockShort),
    /// It was shared out.
    Sheet(Box<FeedSheet>),
}

impl Proposal {
    /// Share out what the form asks for.
    pub(super) async fn of(visit: &Visit, site: SiteId, asked: &Asked) -> Result<Self, Failure> {
        if asked.code.is_empty() && asked.kg.is_empty() {
            return Ok(Self::None);
        }
        let (Some(codes), Some(grams)) = (asked.codes(), asked.grams()) else { return Ok(Self::Unreadable) };
        let sheet = visit.app.feed_sheet(&visit.viewer, site, &codes, grams).await?;
        Ok(match sheet.ok_or(Failure::NotFound)? {
            Ok(sheet) => Self::Sheet(Box::new(sheet)),
            Err(short) => Self::Short(short),
        })
    }

    /// The form, and the answer below it.
    pub(super) fn show(&self, visit: &Visit, site: &SiteRecord, asked: &Asked) -> Markup {
        let lang = visit.lang;
        html! {
            p.soft { (lang.t("feed.text")) }
            form.filter method="get" action=(visit.path) aria-label=(lang.t("feed.title")) {
                label {
                    (lang.t("feed.codes"))
                    input name="code" value=(asked.code) placeholder="900-041-49" maxlength="240" autocomplete="off" required;
                }
                label {
                    (lang.t("feed.kg"))
                    input name="kg" value=(asked.kg) inputmode="decimal" maxlength="20" autocomplete="off" required;
                }
                button { (lang.t("feed.propose")) }
            }
            @match self {
                Self::None => {}
                Self::Unreadable => p { (check("bad", lang.t("feed.unreadable"))) },
                Self::Short(short) => p { (check("bad", &lang.fill("feed.short", &[
                    ("wanted", &mass(lang, short.wanted_g)), ("there", &mass(lang, short.there_g)), ("lots", &short.lots.to_string())
                ]))) },
                Self::Sheet(sheet) => { (sheet_table(visit, site, sheet)) }
            }
        }
    }
}

fn sheet_table(visit: &Visit, site: &SiteRecord, sheet: &FeedSheet) -> Markup {
    let lang = visit.lang;
    let rows = sheet.parts.iter().map(|part| {
        let name = part.lot.lot_code.clone().unwrap_or_else(|| short(&part.lot.lot.to_string()));
        vec![
            html! { a.mono.nowrap href=(lot_path(part.lot.lot)) { (name) } },
            html! { span.nowrap { (code_name(lang, part.lot.code)) } },
            html! { (tonnes(part.lot.balance_g)) },
            html! { (tonnes(part.mass_g)) },
        ]
    });
    let mut rows: Vec<Vec<Markup>> = rows.collect();
    rows.push(vec![
        html! { strong { (lang.t("manifest.total")) } },
        html! {},
        html! { strong { (tonnes(sheet.there_g)) } },
        html! { strong { (tonnes(sheet.weighed_g)) } },
    ]);
    let columns = [text("col.lot"), text("col.code"), number("col.held"), number("feed.part")];
    html! {
        p { (tag("note", lang.t("feed.computed"))) " " (lang.t("feed.computed-text")) }
        (table(lang, lang.t("feed.title"), &columns, rows))
        @if visit.viewer.party() == Some(site.party) {
            h3 { (lang.t("feed.treat")) }
            @for kind in [Kind::WasteDisposed, Kind::WasteUsed] { (act(visit, kind, treating(visit, site.site, kind, sheet))) }
        }
    }
}

/// What was fed is used or disposed of, by a treatment of the permit, with what comes out of it.
fn treating(visit: &Visit, site: SiteId, kind: Kind, sheet: &FeedSheet) -> Markup {
    let lang = visit.lang;
    let other = if kind == Kind::WasteUsed { Operation::Disposal } else { Operation::Use };
    let methods = visit.app.rulebook().catalogue.treatments().iter();
    let methods = methods
        .filter(|treatment| treatment.operation != other && treatment.operation != Operation::Collection);
    let methods = methods.map(|treatment| Choice {
        value: treatment.code.to_string(),
        shown: format!("{} {}", treatment.code, lang.pick(&treatment.zh, &treatment.en)),
    });
    let methods: Vec<Choice> = methods.collect();
    let then = format!("/sites/{site}");
    let statement = Statement { kind, data: statement(site, sheet), then: &then, button: "signing.prepare" };
    statement.form(
        visit,
        html! {
            (Field::needed("/method", "col.treatment").choice(lang, &methods, ""))
            (Field::optional("occurred_at", "deed.when").hint("deed.when-hint").moment(visit, None))
            @for n in 0..MAX_OUTPUTS { (output(lang, kind, n)) }
        },
    )
}

/// A residue or product; without a name nothing came out.
fn output(lang: Lang, kind: Kind, n: usize) -> Markup {
    let at = |member: &str| format!("/outputs/{n}/{member}");
    let title = lang.fill("feed.output", &[("n", &(n + 1).to_string())]);
    let fields = html! {
        (hidden(&at("lot"), &json!(format!("new:output-{n}"))))
        (hidden(&at("quantity/basis"), &json!("measured")))
        (Field::needed(&at("name"), "feed.output-name").text(lang, "", 100))
        (Field::optional(&at("code"), "col.code").hint("feed.output-code").text(lang, "", 20))
        (Field::needed(&at("quantity/mass_g"), "deed.mass").kilograms(lang, None))
    };
    part(&format!("{}-{n}", kind.name()), &title, false, fields)
}

/// What `data` of a treatment says of its feed.
fn statement(site: SiteId, sheet: &FeedSheet) -> Value {
    let inputs = sheet.parts.iter().map(|part| json!({ "lot": part.lot.lot, "mass_g": part.mass_g }));
    json!({
        "site": site,
        "weighed": { "mass_g": sheet.weighed_g, "basis": "measured" },
        "inputs": inputs.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn kilograms_are_read_to_the_gram_and_codes_as_people_separate_them() {
        let grams = |kg: &str| Asked { kg: kg.to_owned(), ..Asked::default() }.grams().map(Grams::get);
        for (kg, wanted) in [
            ("12500", Some(12_500_000)),
            (" 0.001 ", Some(1)),
            ("1.5", Some(1_500)),
            ("1.", Some(1_000)),
            ("1.0005", None),
            (".5", None),
            ("-1", None),
            ("0", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(grams(kg), wanted, "{kg}");
        }
        let codes =
            |code: &str| Asked { code: code.to_owned(), ..Asked::default() }.codes().map(|codes| codes.len());
        for (code, wanted) in
            [("900-041-49", Some(1)), ("900-041-49，900-252-12、", Some(2)), ("x", None), ("", None)]
        {
            assert_eq!(codes(code), wanted, "{code}");
        }
    }
}
