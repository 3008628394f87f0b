//! Documents on paper: what a viewer may read, laid out by [`crate::print`] with a font of the machine.
//!
//! A document is made on a thread of its own, a few at once, and kept nowhere: the same content gives the same bytes, and the date in it is one
//! of the record.

mod font;
mod labels;
mod manifest;
mod register;
mod store;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use chrono::{Datelike, FixedOffset, NaiveDate};

use super::access::PartyName;
use super::sheets::Readers;
use super::{App, Fault};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::ledger::Digest;
use crate::print::{About, PrintError, Typeface};
use crate::shape::mass::{KILOGRAM_G, TONNE_G, decimal};

pub use crate::print::command::Language as PrinterLanguage;
pub use crate::print::label::LabelSize;
pub use crate::print::raster::Resolution;
pub use font::FontError;
pub use labels::{LabelWords, LabelsAsked, LabelsForm, LabelsPrinted, MAX_LABELS};
pub use store::{MAX_STORE_ROWS, StoreAsked};

/// The name of the font that documents are printed with: that of the file, or the best one of this machine.
pub fn check_font(path: Option<&Path>) -> Result<String, FontError> {
    let typeface = path.map_or_else(font::found, font::read)?;
    Ok(typeface.name().to_owned())
}

/// Most documents made at the same time: each takes a core.
const MAX_PRINTED_AT_ONCE: usize = 2;
/// Most rows of a table on paper.
pub const MAX_PRINTED_ROWS: usize = 5_000;
/// Characters of the code by which a sheet is told to be the one of a page, and how many stand together.
const CODE_CHARS: usize = 16;
const GROUP_CHARS: usize = 4;

/// What documents are printed with.
pub(super) struct Prints {
    places: Readers,
    /// The font that the operator names.
    font: OnceLock<PathBuf>,
    /// The font, once it was needed.
    typeface: OnceLock<Typeface>,
    /// Set where everything is invented.
    invented: OnceLock<()>,
}

impl Default for Prints {
    fn default() -> Self {
        Self {
            places: Readers::new(MAX_PRINTED_AT_ONCE),
            font: OnceLock::new(),
            typeface: OnceLock::new(),
            invented: OnceLock::new(),
        }
    }
}

/// What a document is asked for with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printing {
    /// The address that its code leads to.
    pub link: String,
    /// It was printed before: it says so.
    pub again: bool,
}

/// Why there is no document.
#[derive(Debug)]
pub enum NoPrint {
    /// There is no font with Chinese letters.
    Font(FontError),
    /// More rows than a table on paper holds.
    TooManyRows,
    /// More than is looked through for an opening balance.
    TooManyBefore,
    /// More than one document holds, or it cannot be written.
    Print(PrintError),
    /// We are wrong.
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for NoPrint {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

impl App {
    /// Print with the font in this file. It is read now, so that one that does not serve is told at the start. Once in the life of a process.
    pub fn use_font(&self, path: PathBuf) -> Result<(), FontError> {
        let typeface = font::read(&path)?;
        self.inner.prints.typeface.get_or_init(|| typeface);
        self.inner.prints.font.get_or_init(|| path);
        Ok(())
    }

    /// Print with what is found in these folders only: for tests.
    #[doc(hidden)]
    pub fn look_for_fonts_in(&self, folder: PathBuf) {
        self.inner.prints.font.get_or_init(|| folder);
    }

    /// Say on every document that all of it is invented: it is a demonstration.
    pub fn mark_invented(&self) {
        let _ = self.inner.prints.invented.set(());
    }

    fn is_invented(&self) -> bool {
        self.inner.prints.invented.get().is_some()
    }

    /// The font: found when it is first needed, and kept. One that is not there may be installed while the process runs.
    fn typeface(&self) -> Result<Typeface, FontError> {
        let prints = &self.inner.prints;
        if let Some(typeface) = prints.typeface.get() {
            return Ok(typeface.clone());
        }
        let found = match prints.font.get() {
            Some(folder) => font::found_in(std::slice::from_ref(folder)),
            None => font::found(),
        }?;
        tracing::info!(font = found.name(), "documents are printed with this font");
        Ok(prints.typeface.get_or_init(|| found).clone())
    }

    /// Make a document on a thread of its own, when a place is free.
    async fn printed<T: Send + 'static>(
        &self,
        make: impl FnOnce(&Typeface) -> Result<T, PrintError> + Send + 'static,
    ) -> Result<T, NoPrint> {
        let app = self.clone();
        let made = self.inner.prints.places.read(move || {
            let typeface = app.typeface().map_err(NoPrint::Font)?;
            make(&typeface).map_err(NoPrint::Print)
        });
        made.await?
    }

    fn moment(&self, at: Timestamp) -> String {
        at.to_utc().with_timezone(&self.zone()).format("%Y-%m-%d %H:%M").to_string()
    }

    fn zone(&self) -> FixedOffset {
        self.rulebook().profile.offset()
    }
}

/// What a document says of itself.
fn about(title: String, day: NaiveDate) -> About {
    let id = Digest::sha256(&[title.as_bytes()]).to_string();
    let year = u16::try_from(day.year().clamp(0, 9_999)).unwrap_or_default();
    let (month, day) = (u8::try_from(day.month()), u8::try_from(day.day()));
    About { title, id, day: (year, month.unwrap_or(1), day.unwrap_or(1)) }
}

/// The beginning of a digest, in groups.
fn code_of(digest: &str) -> String {
    let chars: Vec<char> = digest.chars().take(CODE_CHARS).collect();
    chars.chunks(GROUP_CHARS).map(String::from_iter).collect::<Vec<_>>().join(" ")
}

/// The name of a party, Chinese first; its code where it has none.
fn name_of(names: &[PartyName], party: &Uscc) -> String {
    let found = names.iter().find(|name| name.party == *party);
    found.map(|name| name.name.clone()).filter(|name| !name.is_empty()).unwrap_or_else(|| party.to_string())
}

/// Grams in tonnes.
fn tonnes(mass_g: i64) -> String {
    decimal(mass_g, TONNE_G, 3)
}

/// Grams in kilograms.
fn kilograms(mass_g: i64) -> String {
    decimal(mass_g, KILOGRAM_G, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_in_groups() {
        assert_eq!(code_of("uHkqv0YcQJ1G3yR8n4w0"), "uHkq v0Yc QJ1G 3yR8");
    }
}
