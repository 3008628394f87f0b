//! The waste items of a request.

use super::judge::{Class, Judge, below, member};
use super::lists::lists;
use crate::custody::document::json::Value;
use crate::custody::document::spot::Spot;

/// Most waste codes of one item.
const MAX_EWC_CODES: usize = 5;

/// The two halves of an item that say what it contains, which have the same rules.
struct Part {
    /// The member that says whether.
    contains: &'static str,
    /// The member that says what.
    details: &'static str,
    /// What of a component names it.
    names: &'static str,
    /// The signs that may stand before a concentration: regulators record "below" for POPs only.
    operators: &'static [&'static str],
}

const POPS: Part = Part { contains: "containsPops", details: "pops", names: "code", operators: &[">", "<"] };
const HAZARDOUS: Part =
    Part { contains: "containsHazardous", details: "hazardous", names: "name", operators: &[">"] };

/// True where any item has a waste code that counts as hazardous.
pub(super) fn has_hazardous(root: &Spot<'_>) -> bool {
    let codes = root.list("wasteItems").into_iter().flat_map(|item| item.list("ewcCodes"));
    codes.into_iter().any(|code| code.text().and_then(|code| lists().ewc(code)) == Some(true))
}

/// The list of items.
pub(super) fn items(judge: &mut Judge, spot: &Spot<'_>) {
    let Some(items) = judge.list(spot) else { return };
    if items.is_empty() {
        judge.tell(Class::OutOfRange, spot, "至少应有一项", "must contain at least 1 items");
    }
    for item in items {
        self::item(judge, &item);
    }
}

fn item(judge: &mut Judge, spot: &Spot<'_>) {
    const MEMBERS: &[&str] = &[
        "ewcCodes",
        "wasteDescription",
        "physicalForm",
        "numberOfContainers",
        "typeOfContainers",
        "weight",
        "containsPops",
        "pops",
        "containsHazardous",
        "hazardous",
        "disposalOrRecoveryCodes",
    ];
    let Some(spot) = judge.object(spot, MEMBERS) else { return };
    if let Some(codes) = judge.required(&spot, "ewcCodes") {
        ewc_codes(judge, &codes);
    }
    judge.required_text(&spot, "wasteDescription");
    if let Some(form) = judge.required(&spot, "physicalForm") {
        judge.choice(&form, lists().codes("physical-form"));
    }
    if let Some(containers) = judge.required(&spot, "numberOfContainers")
        && let Some(number) = judge.number(&containers)
    {
        judge.whole(&containers, number);
        if number.is_negative() {
            judge.tell(Class::OutOfRange, &containers, "不能小于零", "must be greater than or equal to 0");
        }
    }
    if let Some(kind) = judge.required(&spot, "typeOfContainers")
        && judge.text(&kind).is_some_and(|text| !lists().codes("container").contains(&text))
    {
        judge.tell(Class::InvalidValue, &kind, "不是接口的容器类型代码", "must be a valid container type");
    }
    if let Some(weight) = member(&spot, "weight") {
        self::weight(judge, &weight);
    }
    for part in [&POPS, &HAZARDOUS] {
        if let Some(contains) = judge.required(&spot, part.contains) {
            judge.flag(&contains);
        }
        details(judge, &spot, part);
    }
    if let Some(codes) = member(&spot, "disposalOrRecoveryCodes") {
        for code in judge.list(&codes).unwrap_or_default() {
            treatment(judge, &code);
        }
    }
}

fn ewc_codes(judge: &mut Judge, spot: &Spot<'_>) {
    let Some(codes) = judge.list(spot) else { return };
    for code in &codes {
        let Some(text) = judge.text(code) else { continue };
        if text.len() != 6 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            judge.tell(Class::InvalidFormat, code, "应为六位数字", "must be a valid 6-digit numeric code");
        } else if lists().ewc(text).is_none() {
            let zh = "不在欧洲废物名录（EWC）中";
            judge.tell(Class::InvalidValue, code, zh, "must be a valid EWC code from the official list");
        }
    }
    if codes.is_empty() {
        judge.tell(Class::OutOfRange, spot, "至少应有一项", "must contain at least 1 items");
    }
    if codes.len() > MAX_EWC_CODES {
        let zh = format!("不能超过 {MAX_EWC_CODES} 个废物代码");
        let en = format!("must contain no more than {MAX_EWC_CODES} EWC codes");
        judge.tell(Class::OutOfRange, spot, &zh, &en);
    }
}

fn weight(judge: &mut Judge, spot: &Spot<'_>) {
    let Some(spot) = judge.object(spot, &["metric", "amount", "isEstimate"]) else { return };
    if let Some(metric) = judge.required(&spot, "metric") {
        judge.choice(&metric, lists().codes("metric"));
    }
    if let Some(amount) = judge.required(&spot, "amount") {
        judge.positive(&amount);
    }
    if let Some(estimate) = judge.required(&spot, "isEstimate") {
        judge.flag(&estimate);
    }
}

fn treatment(judge: &mut Judge, spot: &Spot<'_>) {
    let Some(spot) = judge.object(spot, &["code", "weight"]) else { return };
    if let Some(code) = judge.required(&spot, "code") {
        judge.choice(&code, lists().codes("treatment"));
    }
    if let Some(weight) = judge.required(&spot, "weight") {
        self::weight(judge, &weight);
    }
}

/// What an item contains; `null` is the same as absent. The rules over it all are asked where nothing inside is wrong.
fn details(judge: &mut Judge, item: &Spot<'_>, part: &Part) {
    let Some(spot) = item.get(part.details) else { return };
    let known = if part.details == HAZARDOUS.details {
        &["sourceOfComponents", "hazCodes", "components"][..]
    } else {
        &["sourceOfComponents", "components"][..]
    };
    let mark = judge.mark();
    let Some(spot) = judge.object(&spot, known) else { return };
    if let Some(source) = member(&spot, "sourceOfComponents") {
        judge.choice(&source, lists().codes("component-source"));
    }
    if let Some(codes) = member(&spot, "hazCodes").filter(|_| known.contains(&"hazCodes")) {
        for code in judge.list(&codes).unwrap_or_default() {
            judge.choice(&code, lists().codes("haz-code"));
        }
    }
    if let Some(list) = spot.get("components")
        && let Some(components) = judge.list(&list)
    {
        for component in &components {
            self::component(judge, component, part);
        }
        not_wanted(judge, item, &spot, &list, components.len(), part);
    }
    if judge.mark() == mark {
        wanted(judge, item, &spot, part);
    }
}

fn component(judge: &mut Judge, spot: &Spot<'_>, part: &Part) {
    let known = [part.names, "concentration", "concentrationOperator"];
    let Some(spot) = judge.object(spot, &known) else { return };
    // An empty name is the same as none.
    match spot.get(part.names).filter(|name| name.text() != Some("")) {
        None => judge.absent(&spot, part.names),
        Some(name) => {
            let known = judge.text(&name).is_none_or(|code| lists().codes("pop-code").contains(&code));
            if part.names == POPS.names && !known {
                judge.tell(Class::InvalidValue, &name, "不是接口的 POP 代码", "contains an invalid POP code");
            }
        }
    }
    let operator = member(&spot, "concentrationOperator");
    match (member(&spot, "concentration"), &operator) {
        (None, Some(_)) => judge.absent(&spot, "concentration"),
        (Some(amount), None) if amount.node().value == Value::Null => {}
        (Some(amount), _) => judge.positive(&amount),
        (None, None) => {}
    }
    if let Some(operator) = operator {
        judge.choice(&operator, part.operators);
    }
}

/// Components that must not be there.
fn not_wanted(
    judge: &mut Judge,
    item: &Spot<'_>,
    details: &Spot<'_>,
    list: &Spot<'_>,
    components: usize,
    part: &Part,
) {
    if components == 0 {
        return;
    }
    match item.flag_of(part.contains) {
        Some(true) if details.text_of("sourceOfComponents") == Some("NOT_PROVIDED") => {
            let zh = "sourceOfComponents 为 NOT_PROVIDED 时不能列出成分";
            let en = "must not be provided when sourceOfComponents is NOT_PROVIDED";
            judge.tell(Class::BusinessRuleViolation, list, zh, en);
        }
        Some(false) => {
            let zh = format!("{} 为 false 时不能列出成分", part.contains);
            let en = format!("must not be provided when {} is false", part.contains);
            judge.tell(Class::BusinessRuleViolation, list, &zh, &en);
        }
        _ => {}
    }
}

/// What must be said where an item contains some.
fn wanted(judge: &mut Judge, item: &Spot<'_>, details: &Spot<'_>, part: &Part) {
    if item.flag_of(part.contains) != Some(true) {
        return;
    }
    let at = details.node().at;
    let zh = format!("{} 为 true 时必填", part.contains);
    let en = format!("is required when {} is true", part.contains);
    let source = details.text_of("sourceOfComponents").filter(|source| !source.is_empty());
    if part.details == HAZARDOUS.details && source.is_some() && details.list("hazCodes").is_empty() {
        judge.tell_at(Class::BusinessRuleViolation, below(details, "hazCodes"), at, &zh, &en);
        // The service names the object for this one, not the member.
        judge.reword(|told| {
            told.key = super::judge::key_and_label(details.pointer()).0;
        });
    }
    match source {
        None => {
            judge.tell_at(Class::BusinessRuleViolation, below(details, "sourceOfComponents"), at, &zh, &en)
        }
        Some("GUIDANCE" | "OWN_TESTING") if details.get("components").is_none() => {
            judge.tell_at(Class::BusinessRuleViolation, below(details, "components"), at, &zh, &en);
        }
        Some(_) => {}
    }
}
