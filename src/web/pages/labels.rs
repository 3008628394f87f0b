//! `GET /lots/{id}/labels`: labels for the containers of a lot (HJ 1276-2022), one a sheet, for printers of labels.

use axum::extract::{Path, Query};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::prints;
use crate::app::prints::{LabelSize, LabelWords, LabelsAsked, LabelsForm, MAX_LABELS, Resolution};
use crate::app::query::{Labelled, LotDetail};
use crate::catalogue::{Catalogue, LabelCode, WasteEntry};
use crate::id::LotId;
use crate::web::components::{lot_path, short};
use crate::web::draw::qr::qr;
use crate::web::failure::Failure;
use crate::web::paper;
use crate::web::visit::Visit;
use crate::web::words::{Names, kilograms_input};

/// Longest text that is written on a label, in characters.
const MAX_WORDS: usize = 60;

/// How they are printed, and what is written on all of them; empty means nothing is said.
#[derive(Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    size: String,
    #[serde(default)]
    again: String,
    #[serde(default)]
    colour: String,
    #[serde(default)]
    from: usize,
    #[serde(default)]
    name: String,
    #[serde(default)]
    form: String,
    #[serde(default)]
    main: String,
    #[serde(default)]
    harmful: String,
    #[serde(default)]
    care: String,
    #[serde(default)]
    contact: String,
    #[serde(default)]
    dpi: String,
}

impl Asked {
    /// The side of a label: what was asked for, else by the container.
    fn side_mm(&self, litres: Option<i64>) -> u16 {
        LabelSize::of_side(&self.size).unwrap_or(LabelSize::of_litres(litres)).side_mm()
    }

    /// That of the printer of labels.
    pub(super) fn resolution(&self) -> Resolution {
        prints::RESOLUTIONS.into_iter().find(|one| one.name() == self.dpi).unwrap_or(Resolution::D203)
    }

    /// The same labels as a file. Texts are cut at what fields of the page hold.
    pub(super) fn asked(&self, form: LabelsForm) -> LabelsAsked {
        let words = |text: &str| text.chars().take(MAX_WORDS).collect::<String>();
        LabelsAsked {
            form,
            size: LabelSize::of_side(&self.size),
            again: !self.again.is_empty(),
            colour: !self.colour.is_empty(),
            from: self.from,
            words: LabelWords {
                name: words(&self.name),
                form: words(&self.form),
                main: words(&self.main),
                harmful: words(&self.harmful),
                care: words(&self.care),
                contact: words(&self.contact),
            },
        }
    }
}

/// The labels of one lot.
pub(in crate::web) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visit.signed_in()?;
    let id: LotId = id.parse().map_err(|_| Failure::NotFound)?;
    let lot = visit.app.lot(&visit.viewer, id).await?.ok_or(Failure::NotFound)?;
    let origin = lot.state.origin.as_ref().filter(|origin| origin.code.is_some()).ok_or(Failure::NotFound)?;
    let names = Names::load(&visit.app, &visit.viewer, [origin.party]).await?;
    let labels = lot.labelled();
    let lang = visit.lang;
    let title = lang.fill("label-sheet.title", &[("code", lot.lot_code.as_deref().unwrap_or_default())]);
    let page = LabelPage { visit: &visit, asked: &asked, lot: &lot, names: &names };
    let sheets = html! {
        @for label in labels.iter().skip(asked.from).take(MAX_LABELS) { (page.label(label)) }
    };
    Ok(paper::page(&visit, &title, &lot_path(id), page.tools(labels.len()), sheets))
}

struct LabelPage<'a> {
    visit: &'a Visit,
    asked: &'a Asked,
    lot: &'a LotDetail,
    names: &'a Names,
}

impl LabelPage<'_> {
    /// What can be chosen, above the labels.
    fn tools(&self, count: usize) -> Markup {
        let (lang, asked) = (self.visit.lang, self.asked);
        let (first, last) = (asked.from.min(count) + 1, (asked.from + MAX_LABELS).min(count));
        let words = [
            ("name", "new-manifest.name", &asked.name),
            ("form", "new-manifest.form", &asked.form),
            ("main", "label-sheet.main", &asked.main),
            ("harmful", "label-sheet.harmful", &asked.harmful),
            ("care", "label-sheet.care", &asked.care),
            ("contact", "label-sheet.contact", &asked.contact),
        ];
        html! {
            form method="get" action=(self.visit.path) {
                label { (lang.t("label-sheet.size"))
                    select name="size" {
                        option value="" { (lang.t("label-sheet.by-container")) }
                        @for size in LabelSize::ALL {
                            option value=(size.name()) selected[asked.size == size.name()] { (size.name()) " × " (size.name()) " mm" }
                        }
                    }
                }
                @for (name, key, value) in words {
                    label { (lang.t(key)) input name=(name) value=(value) maxlength=(MAX_WORDS) autocomplete="off"; }
                }
                label.inline { input type="checkbox" name="again" value="1" checked[!asked.again.is_empty()]; " " (lang.t("label-sheet.again-text")) }
                label.inline { input type="checkbox" name="colour" value="1" checked[!asked.colour.is_empty()]; " " (lang.t("label-sheet.colour")) }
                label { (lang.t("documents.dpi"))
                    select name="dpi" {
                        @for one in prints::RESOLUTIONS { option value=(one.name()) selected[asked.dpi == one.name()] { (one.name()) } }
                    }
                }
                button { (lang.t("label-sheet.apply")) }
            }
            p { @for (form, key) in [("pdf", "documents.pdf"), ("zpl", "documents.zpl"), ("tspl", "documents.tspl")] {
                a href=(self.visit.there_without(&format!("{}/{form}", self.visit.path), "")) download { (lang.t(key)) } " "
            } }
            @if count > 1 {
                p { (lang.fill("label-sheet.shown", &[("first", &first.to_string()), ("last", &last.to_string()), ("all", &count.to_string())]))
                    @if last < count { " " a href=(self.visit.here_with("from", &last.to_string())) { (lang.t("findings.more")) } }
                }
            }
        }
    }

    fn label(&self, label: &Labelled<'_>) -> Markup {
        let (lang, asked) = (self.visit.lang, self.asked);
        let Some(origin) = &self.lot.state.origin else { return html! {} };
        let entry = origin.code.and_then(|code| Catalogue::embedded().waste(&code));
        let side = asked.side_mm(label.container.and_then(|row| row.litres));
        let day = self.day(label);
        html! {
            article.label.{ "s" (side) }.colour[!asked.colour.is_empty()] {
                (paper::invented(self.visit))
                @if !asked.again.is_empty() { p.again { (lang.t("label-sheet.again")) } }
                p.title { (lang.t("label-sheet.hazardous")) }
                dl {
                    (pair(lang.t("new-manifest.name"), html! { span.two { (self.name(entry)) } }, "wide tall"))
                    (pair(lang.t("label-sheet.category"), html! { @if let Some(entry) = entry { (entry.category) " " (entry.category_name) } }, "wide"))
                    (pair(lang.t("col.code"), html! { @if let Some(code) = origin.code { (code) } }, ""))
                    (pair(lang.t("printed.hazards"), html! { (entry.map(|entry| entry.hazards.as_str()).unwrap_or_default()) }, ""))
                    (pair(lang.t("label-sheet.mass"), html! {
                        @if let Some(mass_g) = label.mass_g { (kilograms_input(mass_g)) " kg" }
                    }, ""))
                    (pair(lang.t("new-manifest.form"), html! { (asked.form) }, ""))
                    (pair(lang.t("label-sheet.main"), html! { (asked.main) }, "wide"))
                    (pair(lang.t("label-sheet.harmful"), html! { (asked.harmful) }, "wide"))
                    (pair(lang.t("label-sheet.care"), html! { (asked.care) }, "wide"))
                    (pair(lang.t("label-sheet.number"), html! { span.mono { (self.text(label)) } }, "wide"))
                    (pair(lang.t("label-sheet.by"), html! { (self.names.of(lang, &origin.party)) }, "wide"))
                    // Beside the code, which takes the right-hand corner.
                    (pair(lang.t("label-sheet.contact"), html! { (asked.contact) }, "left"))
                    (pair(lang.t("label-sheet.day"), html! { (day) }, "left"))
                    (pair(lang.t("label-sheet.remarks"), html! { (self.lot.lot_code.as_deref().unwrap_or_default()) }, "left"))
                }
                (qr(&label.text, lang.t("label-sheet.number")))
            }
        }
    }

    /// What it is called: as was asked for, else as the catalogue has it.
    fn name<'n>(&'n self, entry: Option<&'n WasteEntry>) -> &'n str {
        match self.asked.name.trim() {
            "" => entry.map(|entry| entry.description.as_str()).unwrap_or_default(),
            name => name,
        }
    }

    /// The code in figures: of a container without a label the end of its id.
    fn text(&self, label: &Labelled<'_>) -> String {
        let is_unlabelled = label.container.is_some_and(|row| row.label.is_none());
        if is_unlabelled { short(&label.text) } else { label.text.clone() }
    }

    /// The day on the label, else that on which the lot arose.
    fn day(&self, label: &Labelled<'_>) -> String {
        let of_lot = self
            .lot
            .state
            .origin
            .as_ref()
            .map(|origin| self.visit.profile().local_date(origin.at.as_millis()));
        let of_label = label.text.parse::<LabelCode>().ok().map(|code| code.on());
        of_label.or(of_lot).map(|day| day.to_string()).unwrap_or_default()
    }
}

fn pair(term: &str, value: Markup, class: &str) -> Markup {
    html! { div.(class) { dt { (term) } dd { (value) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_as_large_as_its_container_wants() {
        let side = |size: &str, litres| Asked { size: size.to_owned(), ..Asked::default() }.side_mm(litres);
        for (litres, wanted) in
            [(None, 100), (Some(50), 100), (Some(51), 150), (Some(450), 150), (Some(451), 200)]
        {
            assert_eq!(side("", litres), wanted, "{litres:?}");
        }
        assert_eq!((side("200", None), side("7", None)), (200, 100));
    }
}
