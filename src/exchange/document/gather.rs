//! What a check found before lines and columns are known.

use std::collections::HashSet;

use super::{CheckVerdict, Checked, CheckedDocument, Found, MAX_TOLD, Publisher, Unreadable};
use crate::catalogue::Severity;
use crate::custody::document::json::{self, Flaw, Place, places};
use crate::custody::finding::Figures;

/// Most sightings of one file that are kept until it is read: findings and notices together.
const MAX_KEPT: usize = 2 * MAX_TOLD;

/// Something found at a place of the file.
pub(in crate::exchange) struct Sighting {
    /// Number of the document in the list.
    pub(in crate::exchange) document: Option<usize>,
    /// The rule; none for what belongs to none.
    pub(in crate::exchange) rule: Option<&'static str>,
    /// What of the rule.
    pub(in crate::exchange) code: String,
    /// How much it matters; what is a notice changes no verdict.
    pub(in crate::exchange) severity: Severity,
    /// Pointer into the file.
    pub(in crate::exchange) pointer: String,
    /// Offset of what the pointer names.
    pub(in crate::exchange) at: usize,
    /// In Chinese.
    pub(in crate::exchange) zh: String,
    /// In English.
    pub(in crate::exchange) en: String,
    /// What was compared.
    pub(in crate::exchange) figures: Figures,
    /// How the publisher of the format tells it.
    pub(in crate::exchange) publisher: Option<Publisher>,
}

/// Findings, notices and flaws of one file.
#[derive(Default)]
pub(in crate::exchange) struct Gather {
    documents: Vec<CheckedDocument>,
    sightings: Vec<Sighting>,
    flaws: Vec<Flaw>,
    /// The documents about which something is found, whether or not it is kept.
    faulty: HashSet<usize>,
    left_off: usize,
}

impl Gather {
    /// One more document; its number in the list.
    pub(in crate::exchange) fn document(
        &mut self,
        kind: &'static str,
        number: Option<String>,
        pointer: String,
    ) -> usize {
        self.documents.push(CheckedDocument { kind, number, pointer, verdict: CheckVerdict::Clean });
        self.documents.len() - 1
    }

    /// Something that was found. Beyond what an answer may hold it is counted and not kept.
    pub(in crate::exchange) fn found(&mut self, sighting: Sighting) {
        if sighting.severity != Severity::Notice {
            self.faulty.extend(sighting.document);
        }
        if self.sightings.len() < MAX_KEPT {
            self.sightings.push(sighting);
        } else {
            self.left_off += 1;
        }
    }

    /// Things that were found and are not kept.
    pub(in crate::exchange) fn left_off(&mut self, count: usize) {
        self.left_off += count;
    }

    /// Things that cannot be read.
    pub(in crate::exchange) fn flaws(&mut self, flaws: impl IntoIterator<Item = Flaw>) {
        self.flaws.extend(flaws);
    }

    /// The answer: everything at its line, in the order of the file.
    pub(in crate::exchange) fn finish(mut self, bytes: &[u8]) -> Checked {
        self.sightings.sort_by_key(|sighting| (sighting.document, sighting.at));
        self.flaws.sort_by_key(|flaw| flaw.at);
        let at = self.sightings.iter().map(|sighting| sighting.at);
        let offsets: Vec<usize> = at.chain(self.flaws.iter().map(|flaw| flaw.at)).collect();
        let mut places = places(bytes, &offsets).into_iter();
        let mut checked =
            Checked { documents: self.documents, left_off: self.left_off, ..Checked::default() };
        for sighting in self.sightings {
            let found = placed(sighting, places.next());
            let list =
                if found.severity == Severity::Notice { &mut checked.notices } else { &mut checked.findings };
            list.push(found);
        }
        for (flaw, place) in self.flaws.into_iter().zip(places) {
            let lies_in = |document: &CheckedDocument| {
                let rest = flaw.pointer.strip_prefix(&document.pointer);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let document = checked.documents.iter().position(lies_in);
            let Flaw { code, pointer, zh, en, .. } = flaw;
            let (code, place, field) = (code.to_owned(), Some(place), None);
            checked.errors.push(Unreadable { document, code, pointer, field, place, zh, en });
        }
        if bytes.starts_with(json::BYTE_ORDER_MARK.to_string().as_bytes()) {
            checked.notices.insert(0, byte_order_mark());
        }
        let unread: HashSet<usize> = checked.errors.iter().filter_map(|error| error.document).collect();
        for (n, document) in checked.documents.iter_mut().enumerate() {
            if unread.contains(&n) {
                document.verdict = CheckVerdict::Unreadable;
            } else if self.faulty.contains(&n) {
                document.verdict = CheckVerdict::Findings;
            }
        }
        checked
    }
}

fn placed(sighting: Sighting, place: Option<Place>) -> Found {
    let Sighting { document, rule, code, severity, pointer, zh, en, figures, publisher, .. } = sighting;
    let rule = rule.map(str::to_owned);
    let field = publisher.as_ref().map(|publisher| publisher.key.clone());
    Found { document, rule, code, severity, pointer, field, place, zh, en, figures, publisher }
}

/// The notice that a file begins with a byte order mark.
pub(in crate::exchange) fn byte_order_mark() -> Found {
    Found {
        document: None,
        rule: None,
        code: "byte-order-mark".to_owned(),
        severity: Severity::Notice,
        pointer: String::new(),
        field: None,
        place: Some(Place { line: 1, column: 1 }),
        zh: "文件以字节顺序标记开头，已略过".to_owned(),
        en: "the file begins with a byte order mark, which is passed over".to_owned(),
        figures: Figures::none(),
        publisher: None,
    }
}
