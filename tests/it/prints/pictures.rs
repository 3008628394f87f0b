//! Documents as pictures: drawn by poppler at 300 dots an inch, measured, and their codes read by another program than the one that wrote them.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// How fine pages are looked at.
const DPI: f32 = 300.0;
/// Darker than this is ink.
const INK: u8 = 128;

/// A grey picture.
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    dots: Vec<u8>,
}

/// A word on a page, with the upper left corner of its box in points.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) x: f32,
    pub(super) y: f32,
}

/// Points in millimetres.
pub(super) fn mm(points: f32) -> f32 {
    points * 25.4 / 72.0
}

/// Whether poppler is here; its absence is an error where nothing may be skipped.
#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
pub(super) fn are_there_tools() -> bool {
    let probed = ["pdftotext", "pdftoppm"].map(|tool| Command::new(tool).arg("-v").output().is_ok());
    let is_demanded = std::env::var("LIANDAN_REQUIRE_INTEROP").as_deref() == Ok("1");
    assert!(probed == [true; 2] || !is_demanded, "pdftotext and pdftoppm (poppler-utils) cannot be run");
    if probed != [true; 2] {
        let _ = writeln!(std::io::stderr(), "\nPRINTS SKIPPED: poppler-utils is not installed\n");
    }
    probed == [true; 2]
}

/// What a tool of poppler makes of a document.
fn made(tool: &str, args: &[&str], pdf: &[u8]) -> Vec<u8> {
    let mut command = Command::new(tool);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    let mut input = running.stdin.take().unwrap();
    let bytes = pdf.to_vec();
    let writing = std::thread::spawn(move || input.write_all(&bytes));
    let output = running.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{tool}: {errors}");
    output.stdout
}

/// The text of a document, as somebody searches it.
pub(super) fn text_of(pdf: &[u8]) -> String {
    String::from_utf8(made("pdftotext", &["-enc", "UTF-8", "-", "-"], pdf)).unwrap()
}

/// Words and where they stand on the first page.
pub(super) fn words_of(pdf: &[u8]) -> Vec<Word> {
    let html = String::from_utf8(made("pdftotext", &["-bbox", "-l", "1", "-", "-"], pdf)).unwrap();
    let number = |line: &str, name: &str| -> f32 {
        let (_, rest) = line.split_once(&format!("{name}=\"")).unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    };
    let words = html.lines().filter(|line| line.trim_start().starts_with("<word "));
    words
        .map(|line| Word {
            text: line.split('>').nth(1).unwrap().split('<').next().unwrap().to_owned(),
            x: number(line, "xMin"),
            y: number(line, "yMin"),
        })
        .collect()
}

/// The pages of a document as pictures. They are kept in `target/prints/`, to be looked at.
pub(super) fn pages_of(name: &str, pdf: &[u8]) -> Vec<Picture> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prints");
    std::fs::create_dir_all(&folder).unwrap();
    drop(std::fs::write(folder.join(format!("{name}.pdf")), pdf));
    let all = made("pdftoppm", &["-r", "300", "-gray", "-"], pdf);
    let mut rest = &all[..];
    let mut pages = Vec::new();
    while !rest.is_empty() {
        let (picture, behind) = Picture::of_pgm(rest);
        assert!(picture.ink(0.0, 0.0, 90.0, 90.0) > 0.01, "{name}: nothing is on page {}", pages.len() + 1);
        pages.push(picture);
        rest = behind;
    }
    assert!(!pages.is_empty(), "{name}");
    pages
}

impl Picture {
    /// The first picture of some, and what is behind it.
    fn of_pgm(bytes: &[u8]) -> (Self, &[u8]) {
        let mut lines = bytes.splitn(4, |byte| *byte == b'\n');
        let head: Vec<&str> = lines.by_ref().take(3).map(|line| std::str::from_utf8(line).unwrap()).collect();
        assert_eq!((head[0], head[2]), ("P5", "255"));
        let (width, height) = head[1].split_once(' ').unwrap();
        let (width, height): (usize, usize) = (width.parse().unwrap(), height.parse().unwrap());
        let (dots, behind) = lines.next().unwrap().split_at(width * height);
        (Self { width, height, dots: dots.to_vec() }, behind)
    }

    /// What a printer of labels makes of a job with one label: the dots of `^GFA` (ZPL II Programming Guide, Alternative Data Compression Scheme).
    pub(super) fn of_zpl(job: &str) -> Self {
        let number = |command: &str| -> usize {
            job.split_once(command).unwrap().1.lines().next().unwrap().parse().unwrap()
        };
        let (width, height) = (number("^PW"), number("^LL"));
        let field = job.split_once("^GFA,").unwrap().1.split('^').next().unwrap();
        let parts: Vec<&str> = field.splitn(4, ',').collect();
        let row_bytes: usize = parts[2].parse().unwrap();
        assert_eq!(parts[0].parse::<usize>().unwrap(), row_bytes * height);
        let (mut rows, mut row, mut times) = (Vec::<String>::new(), String::new(), 0);
        for char in parts[3].chars() {
            match char {
                'G'..='Y' => times += usize::from(char as u8 - b'F'),
                'g'..='z' => times += 20 * usize::from(char as u8 - b'f'),
                ',' => row.push_str(&"0".repeat(2 * row_bytes - row.len())),
                ':' => row = rows.last().unwrap().clone(),
                digit => {
                    row.push_str(&digit.to_string().repeat(times.max(1)));
                    times = 0;
                }
            }
            if row.len() == 2 * row_bytes {
                rows.push(std::mem::take(&mut row));
            }
        }
        assert_eq!((rows.len(), row.as_str()), (height, ""), "as many rows as were said");
        let digit = |row: &str, x: usize| u8::from_str_radix(&row[x / 4..=x / 4], 16).unwrap();
        let dot = |row: &String, x: usize| if digit(row, x) & (8 >> (x % 4)) != 0 { 0 } else { 255 };
        let dots = rows.iter().flat_map(|row| (0..width).map(move |x| dot(row, x))).collect();
        Self { width, height, dots }
    }

    /// That it is a page of this size in millimetres, to the dot.
    pub(super) fn is_of(&self, width_mm: f32, height_mm: f32) {
        let dots = |mm: f32| mm * DPI / 25.4;
        let apart = [self.width as f32 - dots(width_mm), self.height as f32 - dots(height_mm)];
        // Poppler rounds up.
        assert!(apart.iter().all(|by| (-0.01..1.01).contains(by)), "{width_mm} × {height_mm}: {apart:?}");
    }

    fn at(&self, x: usize, y: usize) -> u8 {
        self.dots[y * self.width + x]
    }

    /// The part of a box, in millimetres, that is ink.
    pub(super) fn ink(&self, x: f32, y: f32, width: f32, height: f32) -> f32 {
        let dot = |mm: f32, most: usize| ((mm * DPI / 25.4).round() as usize).min(most);
        let (left, right) = (dot(x, self.width), dot(x + width, self.width));
        let (top, bottom) = (dot(y, self.height), dot(y + height, self.height));
        let dark = (top..bottom).flat_map(|y| (left..right).map(move |x| (x, y)));
        let dark = dark.filter(|(x, y)| self.at(*x, *y) < INK).count();
        dark as f32 / ((right - left) * (bottom - top)).max(1) as f32
    }

    /// Whether a ruled line runs closely above a place, over 40 mm.
    pub(super) fn has_rule_above(&self, x: f32, y: f32) -> bool {
        (0..40).any(|n| self.ink(x, y - n as f32 * 0.08, 40.0, 0.1) > 0.98)
    }

    /// What the codes on it say.
    pub(super) fn codes(&self) -> Vec<String> {
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(self.width, self.height, |x, y| self.at(x, y));
        image.detect_grids().iter().map(|grid| grid.decode().unwrap().1).collect()
    }
}
