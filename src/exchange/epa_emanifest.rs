//! e-Manifest JSON as a file: one manifest, several in a list, wrapped as client programs wrap them, or an answer of the interface.

use super::document::gather::byte_order_mark;
use super::document::{
    CheckVerdict, Checked, CheckedDocument, Format, NoDocument, Schema, Unreadable, Writing, found,
};
use crate::catalogue::Profile;
use crate::clock::Timestamp;
use crate::custody::bundle::Bundle;
use crate::custody::document::emanifest::{self, MANIFEST};
use crate::custody::document::json::{self, Node, Place, Value, places, push_name};
use crate::custody::document::{Judged, Marked};

mod answer;
mod export;
mod import;

pub use import::{EpaManifest, NotTaken, Readied, ready, rows};

/// Name of the format.
pub const NAME: &str = "epa-emanifest";
/// Name of an answer of the interface.
const ANSWER: &str = "epa-emanifest-answer";
/// The profile that judges it.
const SYSTEM: &str = "us";
/// Members under which client programs put manifests.
const WRAPPERS: [&str; 4] = ["manifest", "emanifest", "Emanifest", "eManifest"];
/// The same, for several.
const LISTS: [&str; 3] = ["manifests", "emanifests", "items"];
/// Most wrappers and lists that are opened around a manifest.
const MAX_WRAPPERS: usize = 3;

/// The format.
pub struct EpaEmanifest;

impl Format for EpaEmanifest {
    fn name(&self) -> &'static str {
        NAME
    }

    fn media(&self) -> &'static str {
        emanifest::MEDIA
    }

    fn schema(&self) -> Schema {
        Schema { version: "1.3", origin: "USEPA/e-manifest, Services-Information/Schema/emanifest.json" }
    }

    fn profile(&self) -> &'static str {
        SYSTEM
    }

    fn fits(&self, bytes: &[u8]) -> bool {
        let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | 0xef | 0xbb | 0xbf);
        matches!(bytes.iter().find(|byte| !is_blank(byte)), Some(b'{' | b'['))
    }

    fn is_written(&self) -> bool {
        true
    }

    fn write(&self, bundle: &Bundle, _: &Writing<'_>) -> Option<Result<String, NoDocument>> {
        Some(export::document(bundle))
    }

    fn check(&self, bytes: &[u8], as_of: Option<Timestamp>, now: Timestamp) -> Checked {
        let text = match json::text_of(bytes) {
            Ok(text) => text,
            Err(flaws) => return Checked::unreadable(bytes, flaws),
        };
        let json::Reading { root, flaws } = json::read(text);
        let Some(root) = root else { return Checked::unreadable(bytes, flaws) };
        let Some(profile) = Profile::embedded(SYSTEM) else { return Checked::default() };
        let mut parts = Vec::new();
        unwrap(&root, String::new(), 0, &mut parts);
        let mut checked = Gathered::default();
        for part in parts {
            checked.add(part, profile, as_of.unwrap_or(now));
        }
        checked.with_flaws(flaws).place(bytes, profile)
    }
}

/// One thing in the file that is judged by itself.
struct Part<'a> {
    node: &'a Node,
    pointer: String,
    what: What,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    Manifest,
    Answer,
    Stranger,
}

/// The documents of a file: wrappers and lists are opened, so many in each other at most.
fn unwrap<'a>(node: &'a Node, pointer: String, depth: usize, parts: &mut Vec<Part<'a>>) {
    let below = |name: &str| {
        let mut below = pointer.clone();
        push_name(&mut below, name);
        below
    };
    if depth < MAX_WRAPPERS {
        if let Value::List(items) = &node.value {
            if items.is_empty() {
                parts.push(Part { node, pointer, what: What::Stranger });
                return;
            }
            for (n, item) in items.iter().enumerate() {
                unwrap(item, below(&n.to_string()), depth + 1, parts);
            }
            return;
        }
        if !is_manifest(node) && !answer::is_answer(node) {
            let inner = WRAPPERS.iter().chain(&LISTS).find_map(|name| Some((*name, node.member(name)?)));
            if let Some((name, inner)) = inner {
                return unwrap(inner, below(name), depth + 1, parts);
            }
        }
    }
    let what = if is_manifest(node) {
        What::Manifest
    } else if answer::is_answer(node) {
        What::Answer
    } else {
        What::Stranger
    };
    parts.push(Part { node, pointer, what });
}

/// True where an object has what only a manifest has.
fn is_manifest(node: &Node) -> bool {
    const OWN: [&str; 6] =
        ["submissionType", "wastes", "generator", "transporters", "designatedFacility", "rejectionInfo"];
    OWN.iter()
        .any(|name| MANIFEST.fields.iter().any(|field| field.name == *name) && node.member(name).is_some())
}

/// What was found before lines and columns are known.
#[derive(Default)]
struct Gathered {
    documents: Vec<CheckedDocument>,
    marked: Vec<(usize, Marked)>,
    flaws: Vec<(Option<usize>, json::Flaw)>,
}

impl Gathered {
    fn add(&mut self, part: Part<'_>, profile: &Profile, as_of: Timestamp) {
        let n = self.documents.len();
        let number = part.node.member("manifestTrackingNumber").and_then(|number| match &number.value {
            Value::Text(text) => Some(text.to_string()),
            _ => None,
        });
        let kind = if part.what == What::Answer { ANSWER } else { NAME };
        let Judged { marked, unread } = match part.what {
            What::Manifest => emanifest::judge(part.node, profile, as_of),
            What::Answer => answer::judge(part.node),
            What::Stranger => stranger(part.node),
        };
        self.marked.extend(marked.into_iter().map(|marked| (n, marked)));
        self.flaws.extend(unread.into_iter().map(|mut flaw| {
            flaw.pointer = format!("{}{}", part.pointer, flaw.pointer);
            (Some(n), flaw)
        }));
        let verdict = CheckVerdict::Clean;
        self.documents.push(CheckedDocument { kind, number, pointer: part.pointer, verdict });
    }

    /// The flaws of the text, each to the document it lies in.
    fn with_flaws(mut self, flaws: Vec<json::Flaw>) -> Self {
        for flaw in flaws {
            let lies_in = |document: &CheckedDocument| {
                let rest = flaw.pointer.strip_prefix(&document.pointer);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let document = self.documents.iter().position(lies_in);
            self.flaws.push((document, flaw));
        }
        self.flaws.sort_by_key(|(_, flaw)| flaw.at);
        self
    }

    fn place(self, bytes: &[u8], profile: &Profile) -> Checked {
        let offsets: Vec<usize> = self
            .marked
            .iter()
            .map(|(_, marked)| marked.at)
            .chain(self.flaws.iter().map(|(_, flaw)| flaw.at))
            .collect();
        let mut places = places(bytes, &offsets).into_iter();
        let mut checked = Checked { documents: self.documents, ..Checked::default() };
        for (n, marked) in self.marked {
            let place = places.next().unwrap_or(Place { line: 1, column: 1 });
            let document = &checked.documents[n];
            let field = field_of(&document.pointer, &format!("{}{}", document.pointer, marked.pointer));
            let list = if marked.is_fault() { &mut checked.findings } else { &mut checked.notices };
            list.push(found(marked, n, &checked.documents[n].pointer, field, place, profile));
        }
        for ((document, flaw), place) in self.flaws.into_iter().zip(places) {
            let prefix = document.map_or("", |n| &checked.documents[n].pointer);
            let field = field_of(prefix, &flaw.pointer);
            let json::Flaw { code, pointer, zh, en, .. } = flaw;
            let place = Some(place);
            checked.errors.push(Unreadable {
                document,
                code: code.to_owned(),
                pointer,
                field,
                place,
                zh,
                en,
            });
        }
        if bytes.starts_with(json::BYTE_ORDER_MARK.to_string().as_bytes()) {
            checked.notices.insert(0, byte_order_mark());
        }
        checked.judged()
    }
}

/// The name that the interface gives a member in its answers: `Emanifest.wastes.0.br`.
fn field_of(document: &str, pointer: &str) -> Option<String> {
    let inside = pointer.strip_prefix(document)?;
    Some(format!("Emanifest{}", inside.replace('/', ".").replace("~1", "/").replace("~0", "~")))
}

fn stranger(node: &Node) -> Judged {
    let (zh, en) = node.value.kind();
    let flaw = json::Flaw {
        code: "not-a-manifest",
        at: node.at,
        pointer: String::new(),
        zh: format!("此处不是联单：{zh}，没有联单的任何成员"),
        en: format!("this is no manifest: {en} with none of the members of one"),
    };
    Judged { marked: Vec::new(), unread: vec![flaw] }
}
