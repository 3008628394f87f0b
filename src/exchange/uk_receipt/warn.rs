//! The warnings of the service: it takes the document all the same.

use super::judge::{Class, Judge, Told, below, key_and_label, member};
use crate::custody::document::json::Value;
use crate::custody::document::spot::Spot;

const SOURCES: &str = "PROVIDED_WITH_WASTE, GUIDANCE, OWN_TESTING";

/// Adds the warnings about a request. The service tells them only of what it takes; here they are told beside errors too.
pub(super) fn warn(judge: &mut Judge, root: &Spot<'_>) {
    for item in root.list("wasteItems") {
        if item.list("disposalOrRecoveryCodes").is_empty() {
            let zh = "为追踪和合规，应填写处置或利用代码";
            warning(
                judge,
                &item,
                "disposalOrRecoveryCodes",
                zh,
                "is required for proper waste tracking and compliance",
            );
        }
        components(judge, &item, "containsPops", "pops");
        components(judge, &item, "containsHazardous", "hazardous");
    }
    let Some(carrier) = root.get("carrier") else { return };
    let is_blank = |name| {
        member(&carrier, name).is_some_and(|spot| spot.node().value == Value::Null || spot.text() == Some(""))
    };
    let reason = "reasonForNoRegistrationNumber";
    if is_blank("registrationNumber") && is_blank(reason) {
        let zh = "没有登记号时应说明原因：ON_SITE、HOUSEHOLD、ONE_OFF、MARINE";
        warning(judge, &carrier, reason, zh, "must be one of: ON_SITE, HOUSEHOLD, ONE_OFF, MARINE");
    }
}

fn components(judge: &mut Judge, item: &Spot<'_>, contains: &str, name: &str) {
    let Some(details) = item.get(name) else { return };
    if item.flag_of(contains) == Some(false) || details.text_of("sourceOfComponents") == Some("NOT_PROVIDED")
    {
        return;
    }
    let components = details.list("components");
    if components.is_empty() {
        let zh = "成分来源已知时建议列出成分";
        let en = format!("are recommended when source of components is one of {SOURCES}");
        warning(judge, &details, "components", zh, &en);
    }
    for component in components.iter().filter(|component| component.get("concentration").is_none()) {
        let zh = "成分来源已知时建议填写浓度";
        let en = format!("is recommended when source of components is one of {SOURCES}");
        warning(judge, component, "concentration", zh, &en);
    }
}

fn warning(judge: &mut Judge, of: &Spot<'_>, name: &str, zh: &str, en: &str) {
    let pointer = below(of, name);
    let at = member(of, name).map_or(of.node().at, |spot| spot.node().at);
    let (key, label) = key_and_label(&pointer);
    let (zh, en) = (zh.to_owned(), format!("{label} {en}"));
    judge.keep(Told { class: Class::NotProvided, is_warning: true, pointer, at, key, zh, en });
}
