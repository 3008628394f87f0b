//! What printers of labels are sent: a label as a picture in ZPL II or TSPL.
//!
//! No text of a label ever stands in a command: a `^` or `~` in a name is dots like every other letter.

use std::fmt::Write;

use super::raster::Bitmap;

/// The longest run of one digit that ZPL counts: `zY`, 400 and 19.
const MAX_RUN: usize = 419;
/// Between labels on their roll, in millimetres; the printer's sensor finds where exactly.
const GAP_MM: u16 = 3;

/// A language of label printers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// ZPL II, of Zebra and many others.
    Zpl,
    /// TSPL, of TSC and many others.
    Tspl,
}

impl Language {
    /// Media type of its jobs.
    pub fn media(self) -> &'static str {
        match self {
            Self::Zpl => "application/vnd.zebra-zpl",
            Self::Tspl => "application/vnd.tspl",
        }
    }

    /// Ending of files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Zpl => "zpl",
            Self::Tspl => "tspl",
        }
    }

    /// A job that prints a label of a size in millimetres once.
    pub fn job(self, label: &Bitmap, side_mm: u16) -> Vec<u8> {
        match self {
            Self::Zpl => zpl(label).into_bytes(),
            Self::Tspl => tspl(label, side_mm),
        }
    }
}

/// `^GFA`: hexadecimal digits, with runs of one digit and rows that repeat in short.
fn zpl(label: &Bitmap) -> String {
    let (total, row_bytes) = (label.row_bytes() * label.height, label.row_bytes());
    let mut job = format!(
        "^XA\n^PW{}\n^LL{}\n^LH0,0\n^FO0,0^GFA,{total},{total},{row_bytes},",
        label.width, label.height
    );
    let mut before: Option<&[u8]> = None;
    for row in label.rows() {
        if before == Some(row) {
            job.push(':');
        } else {
            job.push_str(&packed(row));
        }
        before = Some(row);
    }
    job.push_str("^FS\n^PQ1\n^XZ\n");
    job
}

/// One row: `G`…`Y` repeat the next digit 1…19 times, `g`…`z` 20, 40…400 times; `,` fills the row with white.
fn packed(row: &[u8]) -> String {
    let digits: String = row.iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02X}");
        digits
    });
    let shown = digits.trim_end_matches('0');
    let mut text = String::new();
    for run in shown.as_bytes().chunk_by(|one, next| one == next) {
        let mut left = run.len();
        while left > 0 {
            let taken = left.min(MAX_RUN);
            left -= taken;
            if taken == 1 {
                break;
            }
            if taken >= 20 {
                text.push(char::from(b'f' + (taken / 20) as u8));
            }
            if !taken.is_multiple_of(20) {
                text.push(char::from(b'F' + (taken % 20) as u8));
            }
            if left > 0 {
                text.push(char::from(run[0]));
            }
        }
        text.push(char::from(run[0]));
    }
    if shown.len() < digits.len() {
        text.push(',');
    }
    text
}

/// `BITMAP`: the bytes as they are, where 0 is black.
fn tspl(label: &Bitmap, side_mm: u16) -> Vec<u8> {
    let head = format!(
        "SIZE {side_mm} mm,{side_mm} mm\r\nGAP {GAP_MM} mm,0 mm\r\nDIRECTION 0\r\nREFERENCE 0,0\r\nCLS\r\nBITMAP 0,0,{},{},0,",
        label.row_bytes(),
        label.height
    );
    let mut job = head.into_bytes();
    job.extend(label.rows().flatten().map(|byte| !byte));
    job.extend_from_slice(b"\r\nPRINT 1,1\r\n");
    job
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What a printer makes of one packed row.
    fn unpacked(text: &str, digits: usize) -> String {
        let (mut row, mut times) = (String::new(), 0);
        for char in text.chars() {
            match char {
                'G'..='Y' => times += usize::from(char as u8 - b'F'),
                'g'..='z' => times += 20 * usize::from(char as u8 - b'f'),
                ',' => row.push_str(&"0".repeat(digits - row.len())),
                digit => {
                    row.push_str(&digit.to_string().repeat(times.max(1)));
                    times = 0;
                }
            }
        }
        row
    }

    #[test]
    fn rows_come_back_from_their_short_form() {
        let rows: [Vec<u8>; 8] = [
            vec![0; 100],
            vec![0xff; 100],
            vec![0xff; 300],
            vec![0x0f, 0xf0, 0x12, 0x22, 0x22, 0x20, 0],
            vec![0, 0, 1],
            [vec![0xaa; 10], vec![0; 5], vec![0x80]].concat(),
            [vec![0x11; 10], vec![0xff; 209], vec![0x10]].concat(),
            [vec![0x33; 210], vec![0x34]].concat(),
        ];
        for row in rows {
            let digits: String = row.iter().map(|byte| format!("{byte:02X}")).collect();
            assert_eq!(unpacked(&packed(&row), digits.len()), digits, "{}", packed(&row));
        }
    }
}
