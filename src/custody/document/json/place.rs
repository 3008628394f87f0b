//! Lines and columns of places in a text.

use serde::Serialize;

/// A place for people: line and column from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The character in it.
    pub column: usize,
}

/// The places of these offsets, in the order they are given: one walk over the text, however many there are. Bytes that are no UTF-8 count
/// as one character for each broken run.
pub fn places(bytes: &[u8], offsets: &[usize]) -> Vec<Place> {
    let mut order: Vec<usize> = (0..offsets.len()).collect();
    order.sort_by_key(|n| offsets[*n]);
    let mut found = vec![Place { line: 1, column: 1 }; offsets.len()];
    let (mut at, mut place) = (0, Place { line: 1, column: 1 });
    for n in order {
        let to = offsets[n].min(bytes.len());
        for byte in &bytes[at..to] {
            // Continuation bytes of UTF-8 belong to the character before them.
            match byte {
                b'\n' => place = Place { line: place.line + 1, column: 1 },
                0x80..0xc0 => {}
                _ => place.column += 1,
            }
        }
        at = to;
        found[n] = place;
    }
    found
}
