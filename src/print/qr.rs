//! QR codes (GB/T 18284) as squares.

use fast_qr::{ECL, QRBuilder};

/// Light squares that must surround a code for scanners to find it.
pub const QUIET: usize = 4;

/// The squares of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Squares {
    /// How many a side, without the quiet zone.
    pub size: usize,
    dark: Vec<bool>,
}

impl Squares {
    /// The code of a text, of the middle level of correction; `None` for a text that no code can hold.
    pub fn of(text: &str) -> Option<Self> {
        Self::corrected(text, ECL::M)
    }

    /// The same for what is read from a screen, which no dirt covers: as few squares as the text allows.
    pub fn dense(text: &str) -> Option<Self> {
        Self::corrected(text, ECL::L)
    }

    fn corrected(text: &str, level: ECL) -> Option<Self> {
        let code = QRBuilder::new(text).ecl(level).build().ok()?;
        let size = code.size;
        let dark = (0..size).flat_map(|y| (0..size).map(move |x| (x, y)));
        let dark = dark.map(|(x, y)| code[y][x].value()).collect();
        Some(Self { size, dark })
    }

    /// How many squares a side, with the quiet zone.
    pub fn whole(&self) -> usize {
        self.size + 2 * QUIET
    }

    /// Whether a square of the code is dark.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        self.dark[y * self.size + x]
    }

    /// The dark runs of the code: where each begins, with the quiet zone, and how long it is. One box for a run: seams between squares would
    /// show in print.
    pub fn runs(&self) -> Vec<(usize, usize, usize)> {
        let mut runs = Vec::new();
        for y in 0..self.size {
            let mut x = 0;
            while x < self.size {
                let length = (x..self.size).take_while(|x| self.is_dark(*x, y)).count();
                if length > 0 {
                    runs.push((x + QUIET, y + QUIET, length));
                }
                x += length.max(1);
            }
        }
        runs
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_code_begins_with_its_finder() {
        let squares = Squares::of("91371302MA3ACME01X9000414920260601001").unwrap();
        assert_eq!((squares.size, squares.whole()), (25, 33), "version 2 has 25 squares a side");
        assert_eq!(squares.runs()[0], (4, 4, 7));
        assert!(squares.is_dark(0, 0) && !squares.is_dark(1, 1));
        assert_eq!(Squares::of(&"x".repeat(4_000)), None);
    }
}
