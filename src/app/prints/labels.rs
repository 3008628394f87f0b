//! Labels for the containers of a lot (HJ 1276-2022).

use super::{NoPrint, about, kilograms, name_of};
use crate::app::App;
use crate::app::access::Viewer;
use crate::app::query::{Labelled, LotDetail};
use crate::catalogue::LabelCode;
use crate::id::LotId;
use crate::print::command::Language;
use crate::print::label::{Label, LabelSize};
use crate::print::raster::{Bitmap, Resolution};
use crate::print::{PrintError, pdf};

/// Most labels of one print.
pub const MAX_LABELS: usize = 200;
/// Most dots of one job for a printer of labels: what 200 labels of 100 mm have at 300 dots an inch. Finer and larger ones come in more jobs.
const MAX_JOB_DOTS: f32 = 280.0e6;
/// How much of the id of a container without a label is written on it.
const ID_CHARS: usize = 8;

/// What labels are made as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelsForm {
    /// One a page.
    Pdf,
    /// Commands for a printer of labels.
    Printer(Language, Resolution),
}

impl LabelsForm {
    /// Its media type.
    pub fn media(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Printer(language, _) => language.media(),
        }
    }

    /// How many labels of a size come at once.
    fn most(self, size: LabelSize) -> usize {
        match self {
            Self::Pdf => MAX_LABELS,
            Self::Printer(_, resolution) => {
                let side = f32::from(size.side_mm()) * resolution.per_mm();
                ((MAX_JOB_DOTS / (side * side)) as usize).clamp(1, MAX_LABELS)
            }
        }
    }

    /// Ending of files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Printer(language, _) => language.ending(),
        }
    }
}

/// What is written on all of them beside what the ledger knows; empty means nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelWords {
    /// What the waste is called; as the catalogue has it when empty.
    pub name: String,
    /// Its form.
    pub form: String,
    /// What it is mainly made of.
    pub main: String,
    /// What in it is harmful.
    pub harmful: String,
    /// What to take care of.
    pub care: String,
    /// Whom to ask.
    pub contact: String,
}

/// How labels are printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelsAsked {
    /// As what.
    pub form: LabelsForm,
    /// Their size; by the container when absent. Printers of labels have one size in them: the smallest when absent.
    pub size: Option<LabelSize>,
    /// They were printed before: they say so.
    pub again: bool,
    /// The orange ground is printed too.
    pub colour: bool,
    /// How many of the lot's containers are left out before the first.
    pub from: usize,
    /// What is written on all of them.
    pub words: LabelWords,
}

/// Labels, and how many there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelsPrinted {
    /// The file.
    pub bytes: Vec<u8>,
    /// How many labels the lot has in all.
    pub all: usize,
    /// Behind which one the next print begins, if there are more.
    pub next: Option<usize>,
}

impl App {
    /// Labels of the containers of a lot, at most [`MAX_LABELS`]. `None` where the viewer may not see the lot, or nobody said its code.
    pub async fn print_labels(
        &self,
        viewer: &Viewer,
        id: LotId,
        asked: LabelsAsked,
    ) -> Result<Option<LabelsPrinted>, NoPrint> {
        let Some(lot) = self.lot(viewer, id).await? else { return Ok(None) };
        let Some(origin) = lot.state.origin.as_ref().filter(|origin| origin.code.is_some()) else {
            return Ok(None);
        };
        let labels: Vec<(Label, LabelSize)> = self.labels_of(&lot, &asked);
        let all = labels.len();
        let most = asked.form.most(asked.size.unwrap_or(LabelSize::Small));
        let labels: Vec<_> = labels.into_iter().skip(asked.from).take(most).collect();
        if labels.is_empty() {
            return Ok(None);
        }
        let next = Some(asked.from + labels.len()).filter(|next| *next < all);
        let day = self.rulebook().profile.local_date(origin.at.as_millis());
        let about =
            about(format!("危险废物标签 {}", lot.lot_code.as_deref().unwrap_or(&id.to_string())), day);
        let made = self.printed(move |typeface| {
            let face = typeface.face().map_err(|error| PrintError::Font(error.to_string()))?;
            match asked.form {
                LabelsForm::Pdf => {
                    let pages: Vec<_> = labels.iter().map(|(label, size)| label.page(&face, *size)).collect();
                    pdf::write(&about, &pages, typeface)
                }
                LabelsForm::Printer(language, resolution) => {
                    let jobs = labels.iter().flat_map(|(label, size)| {
                        let bitmap = Bitmap::of(&label.page(&face, *size), &face, resolution);
                        language.job(&bitmap, size.side_mm())
                    });
                    Ok(jobs.collect())
                }
            }
        });
        Ok(Some(LabelsPrinted { bytes: made.await?, all, next }))
    }

    fn labels_of(&self, lot: &LotDetail, asked: &LabelsAsked) -> Vec<(Label, LabelSize)> {
        let of_lot = self.label_of_lot(lot, asked);
        let size = |litres| match asked.form {
            LabelsForm::Pdf => asked.size.unwrap_or(LabelSize::of_litres(litres)),
            LabelsForm::Printer(..) => asked.size.unwrap_or(LabelSize::Small),
        };
        let label = |Labelled { text, container, mass_g }| {
            let is_unlabelled = container.is_some_and(|row| row.label.is_none());
            let number = match is_unlabelled {
                true => format!("…{}", &text[text.len().saturating_sub(ID_CHARS)..]),
                false => text.clone(),
            };
            let day = text.parse::<LabelCode>().ok().map(|code| code.on().to_string());
            let label = Label {
                day: day.unwrap_or_else(|| of_lot.day.clone()),
                mass: mass_g.map(mass_of).unwrap_or_default(),
                number,
                text,
                ..of_lot.clone()
            };
            (label, size(container.and_then(|row| row.litres)))
        };
        lot.labelled().into_iter().map(label).collect()
    }

    fn label_of_lot(&self, lot: &LotDetail, asked: &LabelsAsked) -> Label {
        let rulebook = self.rulebook();
        let origin = lot.state.origin.as_ref();
        let code = origin.and_then(|origin| origin.code);
        let entry = code.and_then(|code| rulebook.catalogue.waste(&code));
        let words = asked.words.clone();
        let known = || entry.map(|entry| entry.description.clone()).unwrap_or_default();
        let day = origin.map(|origin| rulebook.profile.local_date(origin.at.as_millis()).to_string());
        Label {
            name: if words.name.trim().is_empty() { known() } else { words.name },
            category: entry
                .map(|entry| format!("{} {}", entry.category, entry.category_name))
                .unwrap_or_default(),
            code: code.map(|code| code.to_string()).unwrap_or_default(),
            hazards: entry.map(|entry| entry.hazards.clone()).unwrap_or_default(),
            form: words.form,
            main: words.main,
            harmful: words.harmful,
            care: words.care,
            contact: words.contact,
            by: origin.map(|origin| name_of(&lot.parties, &origin.party)).unwrap_or_default(),
            day: day.unwrap_or_default(),
            remarks: lot.lot_code.clone().unwrap_or_default(),
            colour: asked.colour,
            again: asked.again,
            invented: self.is_invented(),
            ..Label::default()
        }
    }
}

fn mass_of(mass_g: i64) -> String {
    format!("{} kg", kilograms(mass_g))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_has_no_more_dots_than_a_printer_should_wait_for() {
        let most = |size, resolution| LabelsForm::Printer(Language::Zpl, resolution).most(size);
        assert_eq!(most(LabelSize::Small, Resolution::D203), MAX_LABELS);
        assert_eq!(most(LabelSize::Small, Resolution::D300), MAX_LABELS);
        assert_eq!(most(LabelSize::Small, Resolution::D600), 50);
        assert_eq!(most(LabelSize::Large, Resolution::D600), 12);
        assert_eq!(LabelsForm::Pdf.most(LabelSize::Large), MAX_LABELS);
    }
}
