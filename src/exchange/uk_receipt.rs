//! Receipts of waste of the United Kingdom's Digital Waste Tracking service (Receipt of Waste API), judged as that service judges them: what it
//! refuses is a finding, what it warns of is a notice, each with the words of the service. One rule is ours: what was treated against what came in.
//!
//! `docs/formats/uk-waste-tracking.md` names the version of everything.

mod judge;
mod lists;
mod mass;
mod pattern;
mod request;
mod warn;
mod waste;

use super::document::gather::{Gather, Sighting};
use super::document::{Checked, Format, Publisher, PublisherLevel, Schema};
use crate::catalogue::Severity;
use crate::clock::Timestamp;
use crate::custody::document::json::{self, Flaw, Node, Value, push_name};
use crate::custody::document::spot::Spot;
use crate::custody::finding::Figures;
use judge::{Judge, Told};
use mass::Balance;

/// Name of the format.
pub const NAME: &str = "uk-receipt";
/// The profile that judges it.
const PROFILE: &str = "uk";
/// The rule of ours.
const MASS: &str = "uk-receipt-mass";
/// The rules of the service.
const SERVICE: &str = "uk-receipt-api";
/// Members under which requests are wrapped where they are stored or listed.
const WRAPPERS: [&str; 2] = ["movement", "movements"];
/// Most wrappers and lists that are opened around a request.
const MAX_WRAPPERS: usize = 3;

/// The format.
pub struct UkReceipt;

impl Format for UkReceipt {
    fn name(&self) -> &'static str {
        NAME
    }

    fn media(&self) -> &'static str {
        "application/json"
    }

    fn schema(&self) -> Schema {
        Schema {
            version: "Receipt API 1.0 (2026), waste-movement-utils 22d46b5998a1",
            origin: "DEFRA/waste-movement-utils, src/schemas/receipt.js; OGL v3.0",
        }
    }

    fn profile(&self) -> &'static str {
        PROFILE
    }

    fn fits(&self, _: &[u8]) -> bool {
        true
    }

    fn check(&self, bytes: &[u8], _: Option<Timestamp>, _: Timestamp) -> Checked {
        let text = match json::text_of(bytes) {
            Ok(text) => text,
            Err(flaws) => return Checked::unreadable(bytes, flaws),
        };
        let json::Reading { root, flaws } = json::read(text);
        let Some(root) = root else { return Checked::unreadable(bytes, flaws) };
        let mut gather = Gather::default();
        open(&mut gather, &root, String::new(), 0);
        gather.flaws(flaws);
        gather.finish(bytes)
    }
}

/// Judges every request of a file; lists and wrappers are opened, so many in each other at most.
fn open(gather: &mut Gather, node: &Node, pointer: String, depth: usize) {
    let below = |name: &str| {
        let mut below = pointer.clone();
        push_name(&mut below, name);
        below
    };
    if depth < MAX_WRAPPERS {
        if let Value::List(items) = &node.value
            && !items.is_empty()
        {
            for (n, item) in items.iter().enumerate() {
                open(gather, item, below(&n.to_string()), depth + 1);
            }
            return;
        }
        if !request::is_request(node)
            && let Some((name, inner)) = WRAPPERS.iter().find_map(|name| Some((*name, node.member(name)?)))
        {
            return open(gather, inner, below(name), depth + 1);
        }
    }
    one(gather, node, pointer);
}

fn one(gather: &mut Gather, node: &Node, pointer: String) {
    let root = Spot::root(node);
    let number = root.text_of("yourUniqueReference").map(str::to_owned);
    let document = gather.document(NAME, number, pointer.clone());
    if !matches!(node.value, Value::Object(_)) {
        let (zh, en) = node.value.kind();
        gather.flaws([Flaw {
            code: "not-a-receipt",
            at: node.at,
            pointer,
            zh: format!("此处不是接收记录，而是{zh}"),
            en: format!("this is no receipt but {en}"),
        }]);
        return;
    }
    let mut judge = Judge::default();
    request::judge(&mut judge, &root);
    warn::warn(&mut judge, &root);
    gather.left_off(judge.left_off);
    for told in judge.told {
        gather.found(sighting(told, document, &pointer));
    }
    for item in root.list("wasteItems") {
        if let Some(balance) = mass::balance(&item) {
            gather.found(weighed(balance, &item, document, &pointer));
        }
    }
}

/// An error or a warning of the service.
fn sighting(told: Told, document: usize, prefix: &str) -> Sighting {
    let (error_type, code) = told.class.names();
    let (level, severity) = if told.is_warning {
        (PublisherLevel::Warning, Severity::Notice)
    } else {
        (PublisherLevel::Error, Severity::Major)
    };
    Sighting {
        document: Some(document),
        rule: Some(SERVICE),
        code: code.to_owned(),
        severity,
        pointer: format!("{prefix}{}", told.pointer),
        at: told.at,
        zh: told.zh,
        en: told.en.clone(),
        figures: Figures::none(),
        publisher: Some(Publisher { level, key: told.key, error_type, message: told.en }),
    }
}

/// What an item comes to.
fn weighed(balance: Balance, item: &Spot<'_>, document: usize, prefix: &str) -> Sighting {
    let (code, severity, zh, en, figures) = match balance {
        Balance::Exceeds(figures) => (
            "treated-exceeds-received",
            Severity::Major,
            "处置和利用的重量之和大于接收的重量",
            "more was disposed of or recovered than was received",
            figures,
        ),
        Balance::OnHand(figures) => (
            "on-hand",
            Severity::Notice,
            "处置和利用的重量之和小于接收的重量，余量在场",
            "less was disposed of or recovered than was received; the rest is on hand",
            figures,
        ),
    };
    let weight = item.get("weight").unwrap_or_else(|| item.clone());
    Sighting {
        document: Some(document),
        rule: Some(MASS),
        code: code.to_owned(),
        severity,
        pointer: format!("{prefix}{}", weight.pointer()),
        at: weight.node().at,
        zh: zh.to_owned(),
        en: en.to_owned(),
        figures,
        publisher: None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
