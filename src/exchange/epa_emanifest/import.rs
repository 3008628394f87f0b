//! Manifests ready to be signed by whoever imports them.

use super::{NAME, Part, SYSTEM, What, unwrap};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::document::emanifest::MEDIA;
use crate::custody::document::json::{self, Node};
use crate::custody::document::moment::Moment;
use crate::custody::document::spot::Spot;
use crate::custody::payload::waste::DocumentImported;
use crate::exchange::document::{Attested, DocumentLine};
use crate::exchange::us_lines::MAX_CONTENT_BYTES;
use crate::id::{ActId, DocumentId, derived};
use crate::ledger::Digest;
use crate::shape::Text;

mod spelling;

/// One manifest, ready to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpaManifest {
    /// Manifest tracking number as it was written.
    pub number: Text<64>,
    /// The manifest in its one spelling: members by name, no blanks, ASCII only. Numbers and the order of lists stay as they are written.
    pub content: Text<196608>,
    /// SHA-256 of the content.
    pub sha256: Digest,
    /// What the system itself tells the states of one manifest apart by: status, version, time of the last update.
    pub state: [String; 3],
    /// The time of the last update; 1970 where none can be read.
    pub occurred_at: Timestamp,
}

/// Why a manifest that can be read is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotTaken {
    /// It has no tracking number yet, or one that cannot be kept.
    Number,
    /// It would not fit an envelope.
    TooLarge,
}

impl NotTaken {
    /// In Chinese and English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Number => (
                "没有可用的联单追踪号，无法重复导入，未导入",
                "it has no manifest tracking number that can be kept, so an import could not be repeated: not taken",
            ),
            Self::TooLarge => {
                ("联单太大，无法签名，未导入", "the manifest is too large to be signed: not taken")
            }
        }
    }
}

/// What became of each manifest of a file: one ready to be signed, or its pointer and why it is not taken.
pub type Readied = Vec<Result<EpaManifest, (String, NotTaken)>>;

/// The manifests of a file that was checked and can be read, each ready to be signed. Answers of the interface are passed over.
pub fn ready(bytes: &[u8]) -> Readied {
    let root = json::text_of(bytes).ok().and_then(|text| json::read(text).root);
    let mut parts = Vec::new();
    if let Some(root) = &root {
        unwrap(root, String::new(), 0, &mut parts);
    }
    let manifests = parts.into_iter().filter(|part| part.what == What::Manifest);
    manifests.map(|Part { node, pointer, .. }| manifest(node).map_err(|why| (pointer, why))).collect()
}

fn manifest(node: &Node) -> Result<EpaManifest, NotTaken> {
    let root = Spot::root(node);
    let number = root.text_of("manifestTrackingNumber").ok_or(NotTaken::Number)?;
    let number = Text::new(number).map_err(|_| NotTaken::Number)?;
    let content = spelling::spell(node);
    let escapes = content.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count();
    if content.len() + escapes > MAX_CONTENT_BYTES {
        return Err(NotTaken::TooLarge);
    }
    let version = root.find(&["correctionInfo", "versionNumber"]).and_then(|version| version.number());
    let updated = root.text_of("updatedDate").unwrap_or_default();
    Ok(EpaManifest {
        number,
        sha256: Digest::sha256(&[content.as_bytes()]),
        content: Text::new(content).map_err(|_| NotTaken::TooLarge)?,
        state: [
            root.text_of("status").unwrap_or_default().to_owned(),
            version.map(|version| version.to_string()).unwrap_or_default(),
            updated.to_owned(),
        ],
        occurred_at: Timestamp::from_millis(Moment::read(updated).map_or(0, |moment| moment.at_ms)),
    })
}

impl EpaManifest {
    fn derive(&self, purpose: &[u8], importer: &Uscc) -> uuid::Uuid {
        let [status, version, updated] = &self.state;
        let parts = [importer.as_str(), NAME, &self.number, status, version, updated];
        let parts: Vec<&[u8]> = std::iter::once(purpose).chain(parts.map(str::as_bytes)).collect();
        derived(&parts)
    }
}

impl Attested for EpaManifest {
    fn act(&self, importer: &Uscc) -> ActId {
        ActId::from_uuid(self.derive(b"liandan/epa-emanifest-act/v1", importer))
    }

    fn occurred_at(&self) -> Timestamp {
        self.occurred_at
    }

    fn payload(&self, importer: &Uscc) -> DocumentImported {
        let ours = |text| Text::new(text).expect("the constant keeps the limits, a test signs it");
        DocumentImported {
            document: DocumentId::from_uuid(self.derive(b"liandan/epa-emanifest-document/v1", importer)),
            profile: Text::new(SYSTEM).expect("the constant keeps the limits, a test signs it"),
            source: ours(NAME),
            number: self.number.clone(),
            media: ours(MEDIA),
            content: self.content.clone(),
            sha256: self.sha256,
        }
    }
}

/// The lines of a manifest in its one spelling, as rows of exact integers. A content that cannot be read has none.
pub fn rows(content: &str) -> Vec<DocumentLine> {
    let Some(root) = json::read(content).root else { return Vec::new() };
    let wastes = Spot::root(&root).list("wastes");
    wastes.iter().enumerate().map(|(position, waste)| row(position, waste)).collect()
}

fn row(position: usize, waste: &Spot<'_>) -> DocumentLine {
    let amount = waste.get("quantity");
    let number = amount.as_ref().and_then(|amount| amount.get("quantity")?.number());
    let unit = amount.as_ref().and_then(|amount| amount.code_of("unitOfMeasurement")).unwrap_or_default();
    let line = waste.get("lineNumber").and_then(|line| line.number()?.whole());
    DocumentLine::of_us(
        position,
        line.filter(|line| (1..=i64::from(u16::MAX)).contains(line)),
        unit,
        &number.map(|number| number.to_string()).unwrap_or_default(),
    )
}
