//! A font with Chinese letters: read once, measured, embedded as a subset and, for printers of labels, taken as outlines.

use std::sync::Arc;

use krilla::text::{Font, Tag};
use skrifa::charmap::Charmap;
use skrifa::instance::{Location, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::raw::FileRef;
use skrifa::string::StringId;
use skrifa::{FontRef, GlyphId, MetadataProvider, OutlineGlyphCollection};

/// Most bytes of a font file: the largest of Noto Sans CJK for one weight has twenty million, its variable form thirty-five.
pub const MAX_FONT_BYTES: u64 = 64 * 1024 * 1024;
/// Letters that a font must have to print forms of the law.
const NEEDED: &str = "危险废物转移联单移出承运接受人盖章";
/// The weight that is taken of a variable font, whose own default may be the thinnest.
const REGULAR: f32 = 400.0;
/// How wide the box is that stands for a letter the font lacks, in ems.
const BOX_EM: f32 = 0.8;

/// Why a font file does not serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TypefaceError {
    /// Larger than any font of one weight.
    #[error("a font file of more than {MAX_FONT_BYTES} bytes is not read: choose one of a single weight")]
    TooLarge,
    /// No OpenType font.
    #[error("not an OpenType font or a collection of them")]
    Unreadable,
    /// Without the letters that are needed.
    #[error("the font lacks Chinese letters, such as {0}")]
    Lacks(char),
}

impl TypefaceError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Self::TooLarge => format!("字体文件超过 {MAX_FONT_BYTES} 字节，请选用单一字重的字体"),
            Self::Unreadable => "不是 OpenType 字体或字体集".to_owned(),
            Self::Lacks(letter) => format!("字体缺少中文字，例如“{letter}”"),
        }
    }
}

/// A font. Cloning is cheap: there is one copy of its bytes.
#[derive(Clone)]
pub struct Typeface {
    data: Arc<Vec<u8>>,
    index: u32,
    location: Location,
    font: Font,
    name: String,
}

impl Typeface {
    /// Read a font file; of a collection, the face for simplified Chinese, else the first that serves.
    pub fn read(bytes: Vec<u8>) -> Result<Self, TypefaceError> {
        if bytes.len() as u64 > MAX_FONT_BYTES {
            return Err(TypefaceError::TooLarge);
        }
        let data = Arc::new(bytes);
        let faces: Vec<FontRef> = match FileRef::new(&data).map_err(|_| TypefaceError::Unreadable)? {
            FileRef::Font(font) => vec![font],
            FileRef::Collection(all) => (0..all.len()).filter_map(|n| all.get(n).ok()).collect(),
        };
        let mut best: Option<(u8, u32, String)> = None;
        let mut error = TypefaceError::Unreadable;
        for (index, face) in (0_u32..).zip(&faces) {
            match lacking(face) {
                Some(letter) => error = TypefaceError::Lacks(letter),
                None => {
                    let name = name_of(face);
                    let rank = rank_of(&name);
                    if best.as_ref().is_none_or(|(known, ..)| rank < *known) {
                        best = Some((rank, index, name));
                    }
                }
            }
        }
        let (_, index, name) = best.ok_or(error)?;
        let face = faces.get(index as usize).ok_or(TypefaceError::Unreadable)?;
        let weighs = face.axes().iter().any(|axis| axis.tag() == skrifa::Tag::new(b"wght"));
        let weight: &[(Tag, f32)] = if weighs { &[(Tag::new(b"wght"), REGULAR)] } else { &[] };
        let location = match weighs {
            true => face.axes().location([(skrifa::Tag::new(b"wght"), REGULAR)]),
            false => Location::default(),
        };
        let font = Font::new_variable(data.clone().into(), index, weight);
        let font = font.ok_or(TypefaceError::Unreadable)?;
        Ok(Self { data, index, location, font, name })
    }

    /// What it calls itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The font as it is embedded.
    pub(super) fn font(&self) -> Font {
        self.font.clone()
    }

    /// Its letters, to measure and to draw with.
    pub fn face(&self) -> Result<Face<'_>, TypefaceError> {
        let font = FontRef::from_index(&self.data, self.index).map_err(|_| TypefaceError::Unreadable)?;
        let per_em = f32::from(font.metrics(Size::unscaled(), &self.location).units_per_em.max(1));
        Ok(Face {
            charmap: font.charmap(),
            metrics: font.glyph_metrics(Size::unscaled(), &self.location),
            outlines: font.outline_glyphs(),
            location: &self.location,
            per_em,
        })
    }
}

/// The first needed letter that a face lacks.
fn lacking(face: &FontRef) -> Option<char> {
    let charmap = face.charmap();
    NEEDED.chars().find(|letter| charmap.map(*letter).is_none_or(|glyph| glyph == GlyphId::NOTDEF))
}

fn name_of(face: &FontRef) -> String {
    let name = face.localized_strings(StringId::FULL_NAME).english_or_first();
    name.map_or_else(|| "?".to_owned(), |name| name.to_string())
}

/// Simplified Chinese first; figures of one width last.
fn rank_of(name: &str) -> u8 {
    let is_mono = u8::from(name.contains("Mono"));
    let is_other = u8::from(!(name.contains(" SC") || name.contains(" CN") || name.contains("Simplified")));
    is_mono * 2 + is_other
}

/// A letter as a font draws it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Letter {
    /// The letter.
    pub char: char,
    /// Its glyph; `None` for what is shown as a box.
    pub glyph: Option<GlyphId>,
    /// How far it moves on, in ems.
    pub advance: f32,
}

/// The letters of a font.
pub struct Face<'a> {
    charmap: Charmap<'a>,
    metrics: GlyphMetrics<'a>,
    outlines: OutlineGlyphCollection<'a>,
    location: &'a Location,
    per_em: f32,
}

impl Face<'_> {
    /// A letter: what the font lacks, and what would do something instead of being read, is a box.
    pub fn letter(&self, char: char) -> Letter {
        let glyph = Some(char).filter(|char| is_letter(*char)).and_then(|char| self.charmap.map(char));
        let glyph = glyph.filter(|glyph| *glyph != GlyphId::NOTDEF);
        let advance = glyph.and_then(|glyph| self.metrics.advance_width(glyph));
        Letter { char, glyph, advance: advance.map_or(BOX_EM, |units| units / self.per_em) }
    }

    /// How wide a text is, in ems.
    pub fn width(&self, text: &str) -> f32 {
        text.chars().map(|char| self.letter(char).advance).sum()
    }

    /// The outline of a glyph, in ems, upwards from its base line.
    pub(super) fn outline(&self, glyph: GlyphId, pen: &mut impl OutlinePen) {
        if let Some(outline) = self.outlines.get(glyph) {
            // A glyph that cannot be drawn leaves a gap, as in any reader of PDF.
            let _ = outline.draw(DrawSettings::unhinted(Size::new(1.0), self.location), pen);
        }
    }
}

/// Whether a character is something to be read: no control character, no sign that turns the direction or joins letters, nothing of private use.
fn is_letter(char: char) -> bool {
    let is_format = matches!(char, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e0fff}');
    let is_private = matches!(char, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    !(char.is_control() || is_format || is_private || u32::from(char) & 0xfffe == 0xfffe)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_instead_of_being_read_is_no_letter() {
        for char in ['\0', '\n', '\u{202e}', '\u{200b}', '\u{feff}', '\u{e000}', '\u{1fffe}', '\u{10fffd}'] {
            assert!(!is_letter(char), "{char:?}");
        }
        for char in ['废', 'a', ' ', '　', '^', '~', '𠮷', '（', '\u{301}'] {
            assert!(is_letter(char), "{char:?}");
        }
    }

    #[test]
    fn the_face_for_simplified_chinese_comes_first() {
        let mut names =
            ["Noto Sans Mono CJK SC", "Noto Sans CJK JP", "Noto Sans Mono CJK JP", "Noto Sans CJK SC"];
        names.sort_by_key(|name| rank_of(name));
        assert_eq!(names[0], "Noto Sans CJK SC");
        assert!(names[3].contains("Mono"));
    }

    #[test]
    fn what_is_no_font_is_told() {
        assert!(matches!(Typeface::read(b"%PDF-1.7".to_vec()), Err(TypefaceError::Unreadable)));
        assert!(matches!(Typeface::read(Vec::new()), Err(TypefaceError::Unreadable)));
    }
}
