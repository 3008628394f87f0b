//! US waste lines: one CSV line per waste line of a Uniform Hazardous Waste Manifest (EPA form 8700-22), as in
//! `seeds/us/waste-lines.csv.gz`. The lines of one manifest become one document, kept as it is, faults and all.
//!
//! Reading is repeatable: line order, line ends, quoting, compression and a byte order mark do not change a byte of what comes out,
//! and neither clock nor chance takes part. So the same file imported twice by one party is the same events twice.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;
use serde::Serialize;
use uuid::Uuid;

use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::payload::waste::DocumentImported;
use crate::exchange::document::{Attested, DocumentLine};
use crate::id::{ActId, DocumentId, derived};
use crate::ledger::Digest;
use crate::shape::Text;

mod check;
mod csv_line;
mod fault;
mod judge;
mod report;
mod rows;

pub use check::UsLines;
pub use fault::{FLAGS, Fault, REFUSALS};
pub use judge::Flag;
pub use report::{FaultCount, Report, Tally, UnitTotal};
pub use rows::{RowsError, rows};

/// The columns, in their order; the header line names them.
pub const COLUMNS: [&str; 14] = [
    "mtn",
    "line",
    "description",
    "container_count",
    "container_type",
    "quantity",
    "unit",
    "waste_code_1",
    "waste_code_2",
    "waste_code_3",
    "waste_code_4",
    "waste_code_5",
    "waste_code_6",
    "management_method",
];

/// Positions in [`COLUMNS`].
mod column {
    pub(super) const MTN: usize = 0;
    pub(super) const LINE: usize = 1;
    pub(super) const CONTAINER_COUNT: usize = 3;
    pub(super) const CONTAINER_TYPE: usize = 4;
    pub(super) const QUANTITY: usize = 5;
    pub(super) const UNIT: usize = 6;
    pub(super) const WASTE_CODES: std::ops::Range<usize> = 7..13;
    pub(super) const METHOD: usize = 13;
}

/// Profile that judges the documents; also the system of their units.
const SYSTEM: &str = "us";
/// Name of the source, in every document and in the derivation of its ids.
pub const SOURCE: &str = "epa-emanifest-sample";
/// Media type of a document's content (RFC 7111).
pub const MEDIA: &str = "text/csv; header=present";

/// Most bytes of a file, uncompressed: a small archive must not fill the memory.
pub const MAX_INPUT_BYTES: u64 = 64 * 1024 * 1024;
/// Most lines of a file.
pub const MAX_LINES: usize = 500_000;
/// Most bytes of one line.
pub const MAX_LINE_BYTES: usize = 8192;
/// Most lines of one manifest.
pub const MAX_LINES_PER_MANIFEST: usize = 1000;
/// Most bytes of a document's content, escaped as a JSON string: signed and in base64url it must fit an envelope
/// (`MAX_ENVELOPE_BYTES`) with room for the rest of the event.
pub const MAX_CONTENT_BYTES: usize = 192_000;

/// The bytes every gzip stream begins with (RFC 1952 §2.3.1).
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why a file is not read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The bytes could not be had, or the gzip stream is damaged or cut off.
    #[error("the file cannot be read: {0}; a gzip file may be damaged, compare its digest")]
    Input(#[from] std::io::Error),
    /// Too large.
    #[error("the file has more than {MAX_INPUT_BYTES} bytes uncompressed; split it between manifests")]
    TooLarge,
    /// Too many lines.
    #[error("the file has more than {MAX_LINES} lines; split it between manifests")]
    TooManyLines,
    /// The first line is not the header.
    #[error("the first line must be the header {expected:?}, it is {found:?}", expected = COLUMNS.join(","))]
    Header {
        /// The first line, cut after 200 characters.
        found: String,
    },
}

/// A line that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Line of the file, from 1, the header counted.
    pub line_no: usize,
    /// Why.
    #[serde(flatten)]
    pub fault: &'static Fault,
}

/// One manifest, ready to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsDocument {
    /// Manifest tracking number as it was written.
    pub number: Text<64>,
    /// The header and the manifest's lines in their one spelling, by line number and then by text, with a line feed between two lines:
    /// a text of the ledger does not end with one.
    pub content: Text<196608>,
    /// SHA-256 of the content.
    pub sha256: Digest,
    /// The lines as rows, in the order of the content: the same as [`rows`] gives.
    pub lines: Vec<DocumentLine>,
    /// What is wrong with it, the manifest first, then row by row.
    pub flags: Vec<Flag>,
}

impl UsDocument {
    /// The id of the document, by importer, source and number.
    pub fn id(&self, importer: &Uscc) -> DocumentId {
        DocumentId::from_uuid(self.derive(b"liandan/us-lines-document/v1", importer))
    }

    fn derive(&self, purpose: &[u8], importer: &Uscc) -> Uuid {
        derived(&[purpose, importer.as_str().as_bytes(), SOURCE.as_bytes(), self.number.as_bytes()])
    }
}

impl Attested for UsDocument {
    /// 1970-01-01T00:00:00Z, the least there is. The sample has no dates and a signed field must not depend on
    /// when the import ran, or a second run would be other events. Any later date would look like one that is known; this one
    /// cannot be mistaken. When the ledger took the document in, `recorded_at` tells.
    fn occurred_at(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }

    /// The importer's name for the statement: the same for every import of this number, so that a repeated import is the same event,
    /// and a changed document an `act-conflict` that shows.
    fn act(&self, importer: &Uscc) -> ActId {
        ActId::from_uuid(self.derive(b"liandan/us-lines-act/v1", importer))
    }

    fn payload(&self, importer: &Uscc) -> DocumentImported {
        DocumentImported {
            document: self.id(importer),
            profile: Text::new(SYSTEM).expect("the constant keeps the limits, a test signs it"),
            source: Text::new(SOURCE).expect("the constant keeps the limits, a test signs it"),
            number: self.number.clone(),
            media: Text::new(MEDIA).expect("the constant keeps the limits, a test signs it"),
            content: self.content.clone(),
            sha256: self.sha256,
        }
    }
}

/// What was read from one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The documents, by number.
    pub documents: Vec<UsDocument>,
    /// The lines that were not taken, by line of the file.
    pub refused: Vec<Refused>,
    /// The figures.
    pub report: Report,
}

/// Reads a file of US waste lines, gzip (told by its first bytes) or plain. A manifest is taken whole or not at all: one refused line
/// refuses the others of its manifest, so that the corrected file can be imported under the same ids.
pub fn read(reader: impl Read) -> Result<Reading, ReadError> {
    let bytes = read_all(reader)?;
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    let mut lines = numbered_lines(text);
    check_header(lines.next().map_or(&[], |(_, line)| line))?;

    let mut manifests: BTreeMap<Text<64>, Vec<Line>> = BTreeMap::new();
    let mut incomplete: BTreeSet<String> = BTreeSet::new();
    let mut refused = Vec::new();
    for (position, (line_no, bytes)) in lines.enumerate() {
        if position == MAX_LINES {
            return Err(ReadError::TooManyLines);
        }
        match read_line(line_no, bytes) {
            Ok((number, line)) => manifests.entry(number).or_default().push(line),
            Err(fault) => {
                refused.push(Refused { line_no, fault });
                incomplete.extend(number_of_refused(bytes));
            }
        }
    }

    let manifest_count = manifests.len();
    let mut documents = Vec::new();
    for (number, lines) in manifests {
        let line_nos: Vec<usize> = lines.iter().map(|line| line.line_no).collect();
        let is_whole = !incomplete.contains(&*number);
        let built = if is_whole { document(number, lines) } else { Err(&fault::MANIFEST_INCOMPLETE) };
        match built {
            Ok(document) => documents.push(document),
            Err(fault) => refused.extend(line_nos.into_iter().map(|line_no| Refused { line_no, fault })),
        }
    }
    refused.sort_by_key(|refused| refused.line_no);
    let report = Report::of(&documents, &refused, manifest_count - documents.len());
    Ok(Reading { documents, refused, report })
}

/// One readable line: where it stood, its line number, and its one spelling.
struct Line {
    line_no: usize,
    number: Option<u16>,
    text: String,
}

/// All bytes of the input, uncompressed. More than the limit is never held.
fn read_all(mut reader: impl Read) -> Result<Vec<u8>, ReadError> {
    let mut magic = Vec::new();
    reader.by_ref().take(GZIP_MAGIC.len() as u64).read_to_end(&mut magic)?;
    let is_gzip = magic == GZIP_MAGIC;
    let whole = Cursor::new(magic).chain(reader).take(MAX_INPUT_BYTES + 1);
    let mut bytes = Vec::new();
    if is_gzip {
        MultiGzDecoder::new(whole).take(MAX_INPUT_BYTES + 1).read_to_end(&mut bytes)?;
    } else {
        let mut whole = whole;
        whole.read_to_end(&mut bytes)?;
    }
    if bytes.len() as u64 > MAX_INPUT_BYTES { Err(ReadError::TooLarge) } else { Ok(bytes) }
}

/// The lines that are not blank, with their numbers from 1, without line ends of either kind.
fn numbered_lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.enumerate().map(|(position, line)| (position + 1, line)).filter(|(_, line)| !line.is_empty())
}

fn check_header(line: &[u8]) -> Result<(), ReadError> {
    let short = &line[..line.len().min(MAX_LINE_BYTES)];
    let fields = std::str::from_utf8(short).ok().and_then(csv_line::split);
    if fields.is_some_and(|fields| fields == COLUMNS) {
        return Ok(());
    }
    Err(ReadError::Header { found: String::from_utf8_lossy(short).chars().take(200).collect() })
}

/// Reads one line and puts it into its one spelling.
fn read_line(line_no: usize, bytes: &[u8]) -> Result<(Text<64>, Line), &'static Fault> {
    if bytes.len() > MAX_LINE_BYTES {
        return Err(&fault::LINE_TOO_LONG);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| &fault::NOT_UTF8)?;
    let fields = csv_line::split(text).ok_or(&fault::QUOTING)?;
    if fields.len() != COLUMNS.len() {
        return Err(&fault::COLUMN_COUNT);
    }
    let text = csv_line::join(&fields);
    // A spelled line has no blank ends and, quoted anew, at most twice its length and two quotes a field; what is left is the characters.
    if Text::<{ 3 * MAX_LINE_BYTES }>::new(text.as_str()).is_err() {
        return Err(&fault::CHARACTERS);
    }
    let number = Text::new(fields[column::MTN].as_str()).map_err(|_| &fault::NUMBER_UNUSABLE)?;
    Ok((number, Line { line_no, number: rows::positive(&fields[column::LINE]), text }))
}

/// The manifest a refused line belongs to, as far as its bytes tell: what stands before the first comma.
fn number_of_refused(bytes: &[u8]) -> Option<String> {
    let first = bytes.split(|byte| *byte == b',').next()?;
    let number = std::str::from_utf8(first.get(..first.len().min(MAX_LINE_BYTES))?).ok()?;
    Some(number.trim_matches('"').to_owned())
}

/// One document out of the lines of one manifest.
fn document(number: Text<64>, mut lines: Vec<Line>) -> Result<UsDocument, &'static Fault> {
    if lines.len() > MAX_LINES_PER_MANIFEST {
        return Err(&fault::MANIFEST_TOO_LARGE);
    }
    // Lines without a good number come last.
    lines.sort_by(|a, b| {
        (a.number.is_none(), a.number, &a.text).cmp(&(b.number.is_none(), b.number, &b.text))
    });
    let mut content = COLUMNS.join(",");
    for line in &lines {
        content.push('\n');
        content.push_str(&line.text);
    }
    let escapes = content.bytes().filter(|byte| matches!(byte, b'\n' | b'"' | b'\\')).count();
    if content.len() + escapes > MAX_CONTENT_BYTES {
        return Err(&fault::MANIFEST_TOO_LARGE);
    }

    let mut flags: Vec<Flag> = judge::number_flag(&number).into_iter().collect();
    let mut rows = Vec::new();
    let mut seen = HashSet::new();
    for (position, line) in lines.iter().enumerate() {
        let fields = csv_line::split(&line.text).ok_or(&fault::QUOTING)?;
        let row = rows::row(position, &fields);
        flags.extend(judge::line_flags(&fields, &row, &mut seen));
        rows.push(row);
    }
    let sha256 = Digest::sha256(&[content.as_bytes()]);
    let content = Text::new(content).map_err(|_| &fault::CHARACTERS)?;
    Ok(UsDocument { number, content, sha256, lines: rows, flags })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
