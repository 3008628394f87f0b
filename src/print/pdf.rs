//! Drawings as a PDF: one font, embedded as the subset that is used, with its text to be searched (PDF/A-2u).
//!
//! Nothing in it comes from a clock or from chance: the same drawings make the same bytes.

use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::error::KrillaError;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, Paint, Stroke};
use krilla::surface::Surface;
use krilla::text::{GlyphId, KrillaGlyph};
use krilla::{Document, SerializeSettings, color::rgb};

use super::drawing::{Area, Colour, Drawing, Mark, Style};
use super::qr::Squares;
use super::typeface::{Face, Letter, Typeface};
use super::{MAX_PRINTED_PAGES, PrintError};

/// Points of a millimetre.
const POINTS: f32 = 72.0 / 25.4;
/// How much thicker strokes of bold letters are, in ems.
const BOLD_EM: f32 = 0.028;

/// What a document says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// Its title.
    pub title: String,
    /// What tells it from others: the same content has the same.
    pub id: String,
    /// The day of what is in it: year, month, day. Never that of the printing.
    pub day: (u16, u8, u8),
}

/// Write a document.
pub fn write(about: &About, pages: &[Drawing], typeface: &Typeface) -> Result<Vec<u8>, PrintError> {
    if pages.len() > MAX_PRINTED_PAGES {
        return Err(PrintError::TooLong);
    }
    let face = typeface.face().map_err(|error| PrintError::Font(error.to_string()))?;
    let archival = ConfigurationBuilder::new().with_archival_validator(Archival::A2_U).finish();
    let configuration = archival.map_err(|error| PrintError::Writing(format!("{error:?}")))?;
    let settings = SerializeSettings { configuration, enable_tagging: false, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    document.set_metadata(metadata(about));
    for page in pages {
        let size = PageSettings::from_wh(page.width * POINTS, page.height * POINTS);
        let size = size.ok_or_else(|| PrintError::Writing("a page without a size".to_owned()))?;
        let mut sheet = document.start_page_with(size);
        let mut surface = sheet.surface();
        for mark in &page.marks {
            draw(&mut surface, mark, &face, typeface);
        }
        surface.finish();
        sheet.finish();
    }
    document.finish().map_err(|error| match error {
        KrillaError::Font(_, why) => PrintError::Font(why),
        KrillaError::Validation(errors) => {
            let first = errors.first().map(|(error, _)| format!("{error:?}")).unwrap_or_default();
            if first.contains("RestrictedLicense") {
                PrintError::Font("its licence forbids embedding".to_owned())
            } else {
                PrintError::Writing(first)
            }
        }
        other => PrintError::Writing(other.to_string()),
    })
}

fn metadata(about: &About) -> Metadata {
    let (year, month, day) = about.day;
    Metadata::new()
        .title(about.title.clone())
        .language("zh-CN".to_owned())
        .creator("liandan".to_owned())
        .document_id(about.id.clone())
        .creation_date(DateTime::new(year).month(month).day(day))
}

fn draw(surface: &mut Surface, mark: &Mark, face: &Face, typeface: &Typeface) {
    match mark {
        Mark::Fill(area, colour) => fill(surface, path_of(std::iter::once(*area)), *colour),
        Mark::Code(area, squares) => fill(surface, code_path(*area, squares), Colour::BLACK),
        Mark::Text { x, y, style, text } => letters(surface, (*x, *y), *style, text, face, typeface),
    }
}

fn paint(colour: Colour) -> Paint {
    rgb::Color::new(colour.0, colour.1, colour.2).into()
}

fn path_of(areas: impl Iterator<Item = Area>) -> Option<Path> {
    let mut path = PathBuilder::new();
    for area in areas {
        let Area { x, y, width, height } = area;
        let rect = Rect::from_xywh(x * POINTS, y * POINTS, width * POINTS, height * POINTS);
        rect.into_iter().for_each(|rect| path.push_rect(rect));
    }
    path.finish()
}

fn fill(surface: &mut Surface, path: Option<Path>, colour: Colour) {
    let Some(path) = path else { return };
    let fill = Fill { paint: paint(colour), opacity: NormalizedF32::ONE, rule: FillRule::NonZero };
    surface.set_stroke(None);
    surface.set_fill(Some(fill));
    surface.draw_path(&path);
}

fn code_path(area: Area, squares: &Squares) -> Option<Path> {
    let side = area.width.min(area.height) / squares.whole() as f32;
    let at = |n: usize| n as f32 * side;
    let runs = squares.runs().into_iter();
    path_of(runs.map(|(x, y, length)| Area::new(area.x + at(x), area.y + at(y), at(length), side)))
}

/// The box that stands for a letter, as its four sides.
pub(super) fn missing(x: f32, y: f32, size: f32, advance: f32) -> [Area; 4] {
    let (left, width) = (x + 0.08 * size, (advance - 0.16) * size);
    let (top, height, thick) = (y - 0.76 * size, 0.84 * size, 0.05 * size);
    [
        Area::new(left, top, width, thick),
        Area::new(left, top + height - thick, width, thick),
        Area::new(left, top, thick, height),
        Area::new(left + width - thick, top, thick, height),
    ]
}

/// A line of letters: runs of those that the font has, and boxes between them.
fn letters(
    surface: &mut Surface,
    at: (f32, f32),
    style: Style,
    text: &str,
    face: &Face,
    typeface: &Typeface,
) {
    let all: Vec<Letter> = text.chars().map(|char| face.letter(char)).collect();
    let mut x = at.0;
    for run in all.chunk_by(|one, next| one.glyph.is_some() == next.glyph.is_some()) {
        let start = x;
        x += run.iter().map(|letter| letter.advance).sum::<f32>() * style.size;
        if run[0].glyph.is_some() {
            run_of_letters(surface, (start, at.1), style, run, typeface);
            continue;
        }
        let boxes = run.iter().enumerate().flat_map(|(n, letter)| {
            missing(start + n as f32 * letter.advance * style.size, at.1, style.size, letter.advance)
        });
        fill(surface, path_of(boxes), style.colour);
    }
}

fn run_of_letters(surface: &mut Surface, at: (f32, f32), style: Style, run: &[Letter], typeface: &Typeface) {
    let mut text = String::new();
    let mut glyphs = Vec::new();
    for letter in run {
        let Some(glyph) = letter.glyph else { continue };
        let from = text.len();
        text.push(letter.char);
        let id = GlyphId::new(glyph.to_u32());
        glyphs.push(KrillaGlyph::new(id, letter.advance, 0.0, 0.0, 0.0, from..text.len(), None));
    }
    let thicker =
        Stroke { paint: paint(style.colour), width: BOLD_EM * style.size * POINTS, ..Stroke::default() };
    surface.set_fill(Some(Fill {
        paint: paint(style.colour),
        opacity: NormalizedF32::ONE,
        rule: FillRule::NonZero,
    }));
    surface.set_stroke(style.bold.then_some(thicker));
    let start = Point::from_xy(at.0 * POINTS, at.1 * POINTS);
    surface.draw_glyphs(start, &glyphs, typeface.font(), &text, style.size * POINTS, false);
}
