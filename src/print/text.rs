//! Lines of text: broken where Chinese and English may be broken, fitted into boxes.

use super::drawing::{Area, Drawing, Style};
use super::typeface::Face;

/// Never first in a line.
const NO_BEGIN: &str = "，。、；：？！）》」』】〕”’…—·%‰℃,.;:?!)]}>";
/// Never last in a line.
const NO_END: &str = "（《「『【〔“‘([{<";
/// Height of a line, in ems.
pub const LINE_EM: f32 = 1.28;
/// How high letters stand above their base line, in ems, where lines are centred.
const RISE_EM: f32 = 0.80;
/// Smallest size that text is shrunk to, as a part of its own.
const LEAST: f32 = 0.62;

/// What is left of the size at each step of that.
const SHRUNK: f32 = 0.94;

/// A text in one line: breaks of lines and tabs become blanks.
pub fn in_one_line(text: &str) -> String {
    let is_break = |char: char| matches!(char, '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' | '\u{202f}');
    text.chars().map(|char| if is_break(char) { ' ' } else { char }).collect()
}

fn is_wide(char: char) -> bool {
    matches!(char, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Whether a line may end between two characters.
fn may_break(before: char, after: char) -> bool {
    if NO_BEGIN.contains(after) || NO_END.contains(before) || after == ' ' {
        return false;
    }
    before == ' '
        || is_wide(before)
        || is_wide(after)
        || (matches!(before, '-' | '/') && after.is_alphabetic())
}

/// A text in lines of at most `width` ems. A word that is longer than a line is broken anywhere.
pub fn lines(face: &Face, text: &str, width: f32) -> Vec<String> {
    broken(text, width, |char| face.letter(char).advance)
}

/// The same by how far each character moves on.
fn broken(text: &str, width: f32, advance_of: impl Fn(char) -> f32) -> Vec<String> {
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0.0);
    let mut break_at = None;
    for char in in_one_line(text).chars() {
        let advance = advance_of(char);
        let can_end = line.chars().next_back().is_some_and(|before| may_break(before, char));
        if used + advance > width && !line.is_empty() {
            if char == ' ' {
                lines.push(std::mem::take(&mut line));
                (used, break_at) = (0.0, None);
                continue;
            }
            let at = if can_end { line.len() } else { break_at.unwrap_or(line.len()) };
            let rest = line.split_off(at);
            lines.push(line.trim_end().to_owned());
            line = rest;
            used = line.chars().map(&advance_of).sum();
            break_at = None;
        } else if can_end {
            break_at = Some(line.len());
        }
        line.push(char);
        used += advance;
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// The lines of a text in a box, and the size they are written in: shrunk until they fit, then cut with an ellipsis.
pub fn fitted(face: &Face, text: &str, style: Style, width: f32, height: f32) -> (Vec<String>, f32) {
    let mut size = style.size;
    loop {
        let most = ((height / (size * LINE_EM)) + 0.02).floor().max(1.0) as usize;
        let mut found = lines(face, text, width / size);
        if found.len() <= most {
            return (found, size);
        }
        if size <= style.size * LEAST {
            found.truncate(most);
            if let Some(last) = found.last_mut() {
                while face.width(last) + 1.0 > width / size && last.pop().is_some() {}
                last.push('…');
            }
            return (found, size);
        }
        size *= SHRUNK;
    }
}

/// Where text stands in its box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// At its left side.
    Left,
    /// In the middle.
    Centre,
    /// At its right side.
    Right,
}

/// Write a text into a box, in the middle of its height, shrunk where it must.
pub fn write(page: &mut Drawing, face: &Face, area: Area, style: Style, align: Align, text: &str) {
    if text.is_empty() {
        return;
    }
    let (lines, size) = fitted(face, text, style, area.width, area.height);
    let style = Style { size, ..style };
    let step = size * LINE_EM;
    // The letters of all lines together, in the middle.
    let block = step * (lines.len() as f32 - 1.0) + size * RISE_EM;
    let mut y = area.y + (area.height - block) / 2.0 + size * RISE_EM - size * 0.02;
    for line in lines {
        let free = area.width - face.width(&line) * size;
        let x = area.x
            + match align {
                Align::Left => 0.0,
                Align::Centre => free / 2.0,
                Align::Right => free,
            };
        page.text(x, y, style, line);
        y += step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chinese is as wide as it is high, other letters half of that.
    fn broken_at(text: &str, width: f32) -> Vec<String> {
        broken(text, width, |char| if is_wide(char) { 1.0 } else { 0.5 })
    }

    #[test]
    fn lines_break_where_chinese_and_english_may() {
        assert_eq!(broken_at("危险废物转移联单", 4.0), ["危险废物", "转移联单"]);
        assert_eq!(
            broken_at("危险废物，转移联单", 4.0),
            ["危险废", "物，转移", "联单"],
            "no comma begins a line"
        );
        assert_eq!(
            broken_at("废油（含水）桶", 3.0),
            ["废油", "（含", "水）桶"],
            "no bracket opens at an end"
        );
        assert_eq!(broken_at("used oil from the workshop", 5.0), ["used oil", "from the", "workshop"]);
        assert_eq!(broken_at("2026-03-02 09:20", 5.0), ["2026-03-02", "09:20"], "a day stays together");
        assert_eq!(broken_at(&"x".repeat(25), 5.0), ["x".repeat(10), "x".repeat(10), "x".repeat(5)]);
        assert_eq!(broken_at("", 5.0), [""]);
        assert_eq!(broken_at("a\r\nb\tc", 9.0), ["a  b c"], "a text cannot break its line by itself");
    }

    #[test]
    fn every_character_is_in_some_line() {
        for text in ["，。、，。、", "（（（（", "a，b。c", "　　　", "废 a 物 b"] {
            let lines = broken_at(text, 1.0);
            let kept = |text: &str| text.chars().filter(|char| !char.is_whitespace()).collect::<String>();
            assert_eq!(kept(&lines.concat()), kept(text), "{lines:?}");
        }
    }
}
