//! Checking documents before anybody signs or imports them: one trait, one file for each format, one form of answer for all.
//!
//! A check says everything at once. What contradicts itself is a finding with a JSON pointer; what cannot be read is an error with line and
//! column; what is merely worth knowing is a notice and changes no verdict.

use serde::Serialize;

use crate::catalogue::{Profile, Severity, Uscc};
use crate::clock::Timestamp;
use crate::custody::bundle::Bundle;
use crate::custody::document::json::{self, Place, places};
use crate::custody::document::{Fault, Marked};
use crate::custody::finding::Figures;
use crate::custody::payload::waste::DocumentImported;
use crate::custody::rules::Rule;
use crate::id::ActId;

pub(super) mod gather;
mod line;

pub use line::{DocumentLine, MAX_QUANTITY_MILLI, rows};

/// Name and version of the answer.
pub const FORMAT: &str = "liandan-check/v1";
/// Most findings, notices and errors of one answer, each.
pub const MAX_TOLD: usize = 10_000;

/// A format of documents that can be checked.
pub trait Format: Sync {
    /// Its name, as the kind of a document.
    fn name(&self) -> &'static str;
    /// Its media type.
    fn media(&self) -> &'static str;
    /// The schema it is judged by, and where that comes from.
    fn schema(&self) -> Schema;
    /// The profile that judges it.
    fn profile(&self) -> &'static str;
    /// True where the bytes begin as this format does. The first format of a profile that fits is taken, else the last.
    fn fits(&self, bytes: &[u8]) -> bool;
    /// Judges everything in the file, as of a moment after which dates lie in the future.
    fn check(&self, bytes: &[u8], as_of: Option<Timestamp>, now: Timestamp) -> Checked;
    /// What a bundle tells, as a document of this format; none where the format is only read.
    fn write(&self, _bundle: &Bundle, _moment: &Writing<'_>) -> Option<Result<String, NoDocument>> {
        None
    }
    /// True where the format is written too.
    fn is_written(&self) -> bool {
        false
    }
}

/// When and where a document is written.
#[derive(Clone, Copy, Debug)]
pub struct Writing<'a> {
    /// When it is made.
    pub made: Timestamp,
    /// Offset of the zone of the ledger's jurisdiction, for example `+08:00`.
    pub zone: &'a str,
}

/// Why a bundle gives no document of a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoDocument {
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl NoDocument {
    /// An event that this program cannot read, by its position in the bundle from 0.
    pub(super) fn unreadable(n: usize) -> Self {
        let zh = format!("证据包中第 {n} 个事件本程序读不懂（从 0 起）");
        Self { zh, en: format!("event {n} of the bundle, from 0, cannot be read by this program") }
    }
}

/// The media type and the document of a format that is written, by its name; `None`: no such format.
pub fn write(
    name: &str,
    bundle: &Bundle,
    moment: &Writing<'_>,
) -> Option<Result<(&'static str, String), NoDocument>> {
    let format = FORMATS.iter().find(|format| format.name() == name && format.is_written())?;
    let written = format.write(bundle, moment)?;
    Some(written.map(|text| (format.media(), text)))
}

/// The names of the formats that are written.
pub fn written() -> Vec<&'static str> {
    FORMATS.iter().filter(|format| format.is_written()).map(|format| format.name()).collect()
}

/// The schema of a format: nothing is fetched to judge by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Schema {
    /// Which version of it is carried.
    pub version: &'static str,
    /// Who published it, and where.
    pub origin: &'static str,
}

/// The formats that are checked, those of one profile in the order they are tried.
pub static FORMATS: &[&dyn Format] = &[
    &super::us_lines::UsLines,
    &super::epa_emanifest::EpaEmanifest,
    &super::own::OwnBundle,
    &super::own::OwnEvents,
    &super::uk_receipt::UkReceipt,
    &super::epcis::Epcis,
];

/// The profiles there are, each once.
pub fn profiles() -> Vec<&'static str> {
    let mut profiles: Vec<&str> = FORMATS.iter().map(|format| format.profile()).collect();
    profiles.sort_unstable();
    profiles.dedup();
    profiles
}

/// Checks a file under a profile. `as_of`: the moment to judge by, where it is not `now`. `None`: no such profile.
pub fn check(bytes: &[u8], profile: &str, as_of: Option<Timestamp>, now: Timestamp) -> Option<Checked> {
    let formats: Vec<&&dyn Format> = FORMATS.iter().filter(|format| format.profile() == profile).collect();
    let format = formats.iter().find(|format| format.fits(bytes)).or(formats.last())?;
    Some(format.check(bytes, as_of, now).bounded())
}

/// A document that somebody attests by signing it. Every field follows from importer and document, so that a second import says the same.
pub trait Attested {
    /// The importer's name for the statement.
    fn act(&self, importer: &Uscc) -> ActId;
    /// The time the event says.
    fn occurred_at(&self) -> Timestamp;
    /// The payload to sign.
    fn payload(&self, importer: &Uscc) -> DocumentImported;
}

/// What a check comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckVerdict {
    /// Read, and nothing is wrong.
    Clean,
    /// Read, and something is.
    Findings,
    /// Something cannot be read.
    Unreadable,
}

impl CheckVerdict {
    /// The exit code of the command.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Findings => 1,
            Self::Unreadable => 2,
        }
    }

    /// In Chinese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Clean => ("无问题", "clean"),
            Self::Findings => ("有问题", "findings"),
            Self::Unreadable => ("无法读取", "unreadable"),
        }
    }
}

/// One document in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckedDocument {
    /// Its format.
    pub kind: &'static str,
    /// Its number, as written.
    pub number: Option<String>,
    /// JSON pointer to it in the file; empty where it is the file.
    pub pointer: String,
    /// What it comes to.
    pub verdict: CheckVerdict,
}

/// Something that was found, or is worth knowing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// Number of the document in the list, from 0; none for the file as a whole.
    pub document: Option<usize>,
    /// The rule; none for a notice that belongs to none.
    pub rule: Option<String>,
    /// What of the rule, in kebab-case.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// JSON pointer (RFC 6901) into the file.
    pub pointer: String,
    /// The same as the interface of the other system names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Line and column of the file.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// What was compared.
    pub figures: Figures,
    /// How the publisher of the format tells it, where it is theirs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<Publisher>,
}

/// An error or a warning as the publisher of a format tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Publisher {
    /// Whether the publisher refuses the document for it.
    pub level: PublisherLevel,
    /// The place, as they name it.
    pub key: String,
    /// The class of it, as they name it.
    pub error_type: &'static str,
    /// Their message.
    pub message: String,
}

/// Whether the publisher of a format refuses a document for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PublisherLevel {
    /// Refused.
    Error,
    /// Taken all the same.
    Warning,
}

/// Something that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unreadable {
    /// Number of the document in the list, from 0; none for the file as a whole.
    pub document: Option<usize>,
    /// What, in kebab-case.
    pub code: String,
    /// JSON pointer (RFC 6901) into the file.
    pub pointer: String,
    /// The same as the interface of the other system names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Line and column of the file.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Unreadable {
    /// An error about the file as a whole.
    pub fn of_file(code: &str, zh: String, en: String) -> Self {
        let (document, field, place) = (None, None, None);
        Self { document, code: code.to_owned(), pointer: String::new(), field, place, zh, en }
    }
}

/// The answer of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// The documents, in the order of the file.
    pub documents: Vec<CheckedDocument>,
    /// What is wrong, by document and place.
    pub findings: Vec<Found>,
    /// What is worth knowing and changes no verdict.
    pub notices: Vec<Found>,
    /// What cannot be read, by place.
    pub errors: Vec<Unreadable>,
    /// How many of the three were left off, being too many.
    pub left_off: usize,
}

/// The answer as it is printed.
#[derive(Serialize)]
struct Answer<'a> {
    format: &'static str,
    profile: &'a str,
    verdict: CheckVerdict,
    documents: &'a [CheckedDocument],
    findings: &'a [Found],
    errors: &'a [Unreadable],
    notices: &'a [Found],
    left_off: usize,
}

impl Checked {
    /// An answer that consists of errors about the file.
    pub fn unreadable(bytes: &[u8], flaws: Vec<json::Flaw>) -> Self {
        let mut checked = Self::default();
        let offsets: Vec<usize> = flaws.iter().map(|flaw| flaw.at).collect();
        for (flaw, place) in flaws.into_iter().zip(places(bytes, &offsets)) {
            checked.errors.push(Unreadable {
                document: None,
                code: flaw.code.to_owned(),
                pointer: flaw.pointer,
                field: None,
                place: Some(place),
                zh: flaw.zh,
                en: flaw.en,
            });
        }
        checked
    }

    /// What the file comes to.
    pub fn verdict(&self) -> CheckVerdict {
        if !self.errors.is_empty() {
            CheckVerdict::Unreadable
        } else if !self.findings.is_empty() {
            CheckVerdict::Findings
        } else {
            CheckVerdict::Clean
        }
    }

    /// Give every document its verdict.
    pub(super) fn judged(mut self) -> Self {
        for (n, document) in self.documents.iter_mut().enumerate() {
            let of = |document: Option<usize>| document == Some(n);
            document.verdict = if self.errors.iter().any(|error| of(error.document)) {
                CheckVerdict::Unreadable
            } else if self.findings.iter().any(|found| of(found.document)) {
                CheckVerdict::Findings
            } else {
                CheckVerdict::Clean
            };
        }
        self
    }

    fn bounded(mut self) -> Self {
        for left in [self.findings.len(), self.notices.len(), self.errors.len()] {
            self.left_off += left.saturating_sub(MAX_TOLD);
        }
        self.findings.truncate(MAX_TOLD);
        self.notices.truncate(MAX_TOLD);
        self.errors.truncate(MAX_TOLD);
        self
    }

    /// The answer as JSON, one line to a member.
    pub fn to_json(&self, profile: &str) -> String {
        let answer = Answer {
            format: FORMAT,
            profile,
            verdict: self.verdict(),
            documents: &self.documents,
            findings: &self.findings,
            errors: &self.errors,
            notices: &self.notices,
            left_off: self.left_off,
        };
        serde_json::to_string_pretty(&answer).unwrap_or_default()
    }
}

/// A mark at its place in the file, with its severity by the profile.
pub(super) fn found(
    marked: Marked,
    document: usize,
    prefix: &str,
    field: Option<String>,
    place: Place,
    profile: &Profile,
) -> Found {
    let Fault { rule, code, zh, en } = *marked.fault;
    Found {
        document: Some(document),
        rule: rule.map(str::to_owned),
        code: code.to_owned(),
        severity: severity(rule, profile),
        pointer: format!("{prefix}{}", marked.pointer),
        field,
        place: Some(place),
        zh: zh.to_owned(),
        en: en.to_owned(),
        figures: marked.figures,
        publisher: None,
    }
}

/// How much a finding of a rule matters under a profile; without a rule it is a notice.
pub(super) fn severity(rule: Option<&str>, profile: &Profile) -> Severity {
    let rule = rule.and_then(Rule::named);
    rule.map_or(Severity::Notice, |rule| rule.severity_in(profile))
}
