//! Contexts: which one is named, whether it gives GS1's words another meaning, and whether prefixes are declared.

use std::collections::HashSet;

use super::Told;
use crate::custody::document::json::Value;
use crate::custody::document::spot::Spot;

/// Where GS1 keeps the context of EPCIS 2.0, and kept it before.
const HOMES: [&str; 3] = [
    "https://ref.gs1.org/standards/epcis/",
    "https://gs1.github.io/EPCIS/",
    "http://ref.gs1.org/standards/epcis/",
];
/// Prefixes that the context of GS1 brings.
const PREFIXES: [&str; 9] = ["epcis", "cbv", "cbvmda", "gs1", "rdfs", "rdf", "owl", "xsd", "dcterms"];
/// Words that have the meaning of GS1, whatever a context says.
const WORDS: [&str; 30] = [
    "type",
    "id",
    "eventTime",
    "recordTime",
    "eventTimeZoneOffset",
    "eventID",
    "action",
    "bizStep",
    "disposition",
    "persistentDisposition",
    "readPoint",
    "bizLocation",
    "epcList",
    "quantityList",
    "epcClass",
    "quantity",
    "uom",
    "parentID",
    "childEPCs",
    "childQuantityList",
    "inputEPCList",
    "inputQuantityList",
    "outputEPCList",
    "outputQuantityList",
    "bizTransactionList",
    "sourceList",
    "destinationList",
    "errorDeclaration",
    "eventList",
    "epcisBody",
];
/// Schemes of identifiers, which are no prefixes of a context.
const SCHEMES: [&str; 7] = ["http", "https", "urn", "ni", "geo", "tag", "did"];

/// Judges the context of a document.
pub(super) fn judge(root: &Spot<'_>, told: &mut Vec<Told>) {
    let Some(context) = root.get("@context") else { return };
    let parts =
        if matches!(context.node().value, Value::List(_)) { context.items() } else { vec![context.clone()] };
    let is_home = |text: &str| HOMES.iter().any(|home| text.starts_with(home));
    if !parts.iter().any(|part| part.text().is_some_and(is_home)) {
        let zh = "没有引用 GS1 的 EPCIS 2.0 上下文；上下文不会从网上读取，成员名仍按 GS1 的含义理解";
        let en = "the context of EPCIS 2.0 by GS1 is not named; no context is fetched, and names have the meaning that GS1 gives them";
        told.push(Told::notice("context-not-gs1", &context, zh, en));
    }
    for part in &parts {
        let Value::Object(members) = &part.node().value else { continue };
        for member in members {
            let means_other = WORDS.contains(&&*member.name) || &*member.name == "@vocab";
            if means_other {
                let spot = part.child(&member.name, &member.node);
                let zh = "上下文改变了 GS1 词语的含义";
                told.push(Told::finding(
                    "context-redefines",
                    &spot,
                    zh,
                    "the context gives a word of GS1 another meaning",
                ));
            }
        }
    }
}

/// The prefixes that a context declares.
pub(super) fn declared<'a>(of: &Spot<'a>) -> HashSet<&'a str> {
    let Some(context) = of.get("@context") else { return HashSet::new() };
    let is_list = matches!(context.node().value, Value::List(_));
    let parts = if is_list { context.items() } else { vec![context] };
    let mut declared = HashSet::new();
    for part in parts {
        if let Value::Object(members) = &part.node().value {
            declared.extend(members.iter().map(|member| &*member.name));
        }
    }
    declared
}

/// Judges the prefixes of extension members, which GS1, the context of the document or that of the event must declare.
pub(super) fn extensions(around: &HashSet<&str>, event: &Spot<'_>, told: &mut Vec<Told>) {
    let own = declared(event);
    let Value::Object(members) = &event.node().value else { return };
    for member in members {
        let Some((prefix, _)) = member.name.split_once(':') else { continue };
        let is_known = PREFIXES.contains(&prefix) || SCHEMES.contains(&prefix) || prefix.is_empty();
        if !is_known && !around.contains(prefix) && !own.contains(prefix) {
            let spot = event.child(&member.name, &member.node);
            let zh = "扩展成员的前缀没有在 @context 中声明";
            told.push(Told::finding(
                "prefix-undeclared",
                &spot,
                zh,
                "the prefix of an extension is not declared in @context",
            ));
        }
    }
}
