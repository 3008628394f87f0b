//! Openings: what seals the leaves, given to a monitor that says "every leaf below this size was opened to me". An operator who
//! logs what it never shows to anybody gets no such cosignature.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::app::outward::{Outward, OutwardError};
use crate::clock::Clock;
use crate::custody::Event;
use crate::custody::leaf::leaf_of;
use crate::ledger::cosignature::Cosigner;
use crate::ledger::envelope::MAX_ENVELOPE_BYTES;
use crate::ledger::leaf::commitment;
use crate::ledger::note::NoteError;
use crate::ledger::{Envelope, Salt, Typ, b64};

/// The longest line: the longest event, and the figures beside it.
pub const MAX_OPENING_BYTES: usize = MAX_ENVELOPE_BYTES + 1024;
/// Most leaves that may wait for their opening.
pub const MAX_UNOPENED: usize = 10_000;
/// Openings asked for at once.
const PAGE_LINES: u64 = 200;
/// The longest page.
const MAX_PAGE_BYTES: usize = PAGE_LINES as usize * MAX_OPENING_BYTES;

/// What opens one leaf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// Log index.
    pub index: u64,
    /// The compact JWS.
    pub event: String,
    /// The salt of the commitment.
    pub salt: Salt,
    /// When it was recorded, in milliseconds since 1970.
    pub recorded_at_ms: i64,
    /// Measured skew of the uploading device in milliseconds.
    pub skew_ms: i64,
}

/// Why openings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// An opening that does not open its leaf.
    #[error("the opening of leaf {index} does not open it: {what}")]
    Wrong {
        /// Log index.
        index: u64,
        /// What does not fit.
        what: String,
    },
    /// A line that is not one.
    #[error("not a line of openings: {0}")]
    Line(String),
    /// Openings not in the order of the log.
    #[error("openings must ascend: {after} comes after {before}")]
    Order {
        /// An index.
        before: u64,
        /// The index behind it.
        after: u64,
    },
    /// The file.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        error: std::io::Error,
    },
    /// The address.
    #[error(transparent)]
    Outward(#[from] OutwardError),
    /// The address answers otherwise.
    #[error("the openings are answered with status {0}")]
    Status(u16),
    /// The monitor's name cannot cosign.
    #[error(transparent)]
    Name(#[from] NoteError),
}

/// Makes a token for each request, or none.
pub type Tokens = Box<dyn Fn() -> Option<String> + Send>;

/// Where openings come from.
pub enum Source {
    /// A file of lines in the order of the log.
    File(PathBuf),
    /// An address that gives such lines for `?from=<index>&limit=<lines>`, with a token where it wants one.
    Url(String, Tokens),
}

/// The openings at hand, in the order of the log, and the key that says so when nothing is missing.
pub struct Openings {
    source: Source,
    cosigner: Cosigner,
    clock: Clock,
    lines: Lines,
    /// Read and not used yet.
    next: Option<Opening>,
    last_index: Option<u64>,
}

/// Where the reading stands.
enum Lines {
    File(BufReader<File>),
    /// The lines of a page, last first, and where the next page begins; `None` at the end.
    Pages(Outward, Vec<Opening>, Option<u64>),
    Nothing,
}

impl Openings {
    /// Openings from a source, vouched for by a cosigner of its own name and key.
    pub fn new(source: Source, cosigner: Cosigner, clock: Clock) -> Self {
        Self { source, cosigner, clock, lines: Lines::Nothing, next: None, last_index: None }
    }

    /// Begin a round: openings from this index on are of use.
    pub(super) async fn begin(&mut self, from: u64) -> Result<(), OpeningError> {
        (self.next, self.last_index) = (None, None);
        self.lines = match &self.source {
            Source::File(path) => {
                let file =
                    File::open(path).map_err(|error| OpeningError::Io { path: path.clone(), error })?;
                Lines::File(BufReader::new(file))
            }
            Source::Url(..) => Lines::Pages(Outward::new()?, Vec::new(), Some(from)),
        };
        Ok(())
    }

    /// Open the leaf at an index; false when there is no opening for it. Openings of earlier leaves that waited are used on
    /// the way.
    pub(super) async fn open(
        &mut self,
        index: u64,
        leaf: &[u8],
        waiting: &mut BTreeMap<u64, String>,
    ) -> Result<bool, OpeningError> {
        loop {
            if self.next.is_none() {
                self.next = self.read().await?;
            }
            let Some(opening) = self.next.take() else { return Ok(false) };
            if opening.index > index {
                self.next = Some(opening);
                return Ok(false);
            }
            if opening.index == index {
                check(&opening, leaf)?;
                return Ok(true);
            }
            use_for_waiting(&opening, waiting)?;
        }
    }

    /// At the end of a round: openings of leaves below `size` that still wait.
    pub(super) async fn settle(
        &mut self,
        size: u64,
        waiting: &mut BTreeMap<u64, String>,
    ) -> Result<(), OpeningError> {
        while !waiting.is_empty() {
            let opening = match self.next.take() {
                Some(opening) => opening,
                None => match self.read().await? {
                    Some(opening) => opening,
                    None => return Ok(()),
                },
            };
            if opening.index >= size {
                self.next = Some(opening);
                return Ok(());
            }
            use_for_waiting(&opening, waiting)?;
        }
        Ok(())
    }

    /// The cosignature of a head below which everything was opened.
    pub(super) fn cosign(&self, text: &str) -> Result<String, OpeningError> {
        let at_s = self.clock.now().as_millis().unsigned_abs() / 1_000;
        Ok(self.cosigner.cosign(text, at_s)?)
    }

    async fn read(&mut self) -> Result<Option<Opening>, OpeningError> {
        let opening = match (&mut self.lines, &self.source) {
            (Lines::File(file), Source::File(path)) => read_line(file, path)?,
            (Lines::Pages(outward, page, next), Source::Url(url, tokens)) => {
                if let (true, Some(from)) = (page.is_empty(), *next) {
                    *page = fetch(outward, url, tokens().as_deref(), from).await?;
                    *next = page.last().map(|opening| opening.index.saturating_add(1));
                    page.reverse();
                }
                page.pop()
            }
            _ => None,
        };
        if let (Some(before), Some(opening)) = (self.last_index, &opening)
            && opening.index <= before
        {
            return Err(OpeningError::Order { before, after: opening.index });
        }
        self.last_index = opening.as_ref().map(|opening| opening.index).or(self.last_index);
        Ok(opening)
    }
}

fn read_line(file: &mut BufReader<File>, path: &std::path::Path) -> Result<Option<Opening>, OpeningError> {
    let mut line = Vec::new();
    let read = file.take(MAX_OPENING_BYTES as u64 + 1).read_until(b'\n', &mut line);
    read.map_err(|error| OpeningError::Io { path: path.to_owned(), error })?;
    if line.is_empty() { Ok(None) } else { parse(&line).map(Some) }
}

fn parse(line: &[u8]) -> Result<Opening, OpeningError> {
    if line.len() > MAX_OPENING_BYTES {
        return Err(OpeningError::Line(format!("more than {MAX_OPENING_BYTES} bytes")));
    }
    serde_json::from_slice(line).map_err(|error| OpeningError::Line(error.to_string()))
}

async fn fetch(
    outward: &Outward,
    url: &str,
    token: Option<&str>,
    from: u64,
) -> Result<Vec<Opening>, OpeningError> {
    let url = Outward::asking(url, &format!("from={from}&limit={PAGE_LINES}"))?;
    let answer = outward.get(url, token, MAX_PAGE_BYTES).await?;
    if answer.status != 200 {
        return Err(OpeningError::Status(answer.status));
    }
    answer.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(parse).collect()
}

/// Open a leaf that was read without its opening.
fn use_for_waiting(opening: &Opening, waiting: &mut BTreeMap<u64, String>) -> Result<(), OpeningError> {
    let Some(leaf) = waiting.get(&opening.index) else { return Ok(()) };
    check(opening, &b64::decode(leaf).unwrap_or_default())?;
    waiting.remove(&opening.index);
    Ok(())
}

/// The opening must give the leaf: the commitment, and what the leaf shows in public of such an event. A revocation that the
/// log shows as an ordinary sealed event is caught here.
fn check(opening: &Opening, leaf: &[u8]) -> Result<(), OpeningError> {
    let wrong = |what: String| OpeningError::Wrong { index: opening.index, what };
    let envelope =
        Envelope::parse(opening.event.as_bytes(), Typ::Event).map_err(|error| wrong(error.to_string()))?;
    let event = Event::parse(envelope.payload()).map_err(|error| wrong(error.to_string()))?;
    let sealed = commitment(&opening.salt, opening.recorded_at_ms, opening.skew_ms, envelope.compact());
    if leaf_of(&event.statement, sealed).to_bytes() == leaf {
        return Ok(());
    }
    Err(wrong("another event, salt or time was committed to".to_owned()))
}
