//! What the standard asks of a document and no schema can say.

use super::{Told, quantity};
use crate::custody::document::json::Value;
use crate::custody::document::spot::Spot;

/// Judges what stands around the events.
pub(super) fn document(root: &Spot<'_>, told: &mut Vec<Told>) {
    let Some(version) = root.get("schemaVersion") else { return };
    let is_two = version.text().is_some_and(|text| text == "2" || text.starts_with("2."));
    if version.text().is_some() && !is_two {
        let (zh, en) = ("JSON-LD 形式只属于 EPCIS 2", "JSON-LD is a form of EPCIS 2 only");
        told.push(Told::finding("schema-version", &version, zh, en));
    }
}

/// Judges an event.
pub(super) fn judge(event: &Spot<'_>, told: &mut Vec<Told>) {
    let kind = event.text_of("type").unwrap_or_default();
    if kind == "AggregationEvent"
        && event.get("parentID").is_none()
        && matches!(event.text_of("action"), Some("ADD" | "DELETE"))
    {
        let (zh, en) = (
            "action 为 ADD 或 DELETE 的聚合事件须有 parentID",
            "an aggregation with action ADD or DELETE has a parentID",
        );
        told.push(Told::finding("parent-missing", event, zh, en));
    }
    if matches!(kind, "ObjectEvent" | "TransactionEvent") {
        let something =
            ["epcList", "quantityList", "sensorElementList"].iter().any(|name| !event.list(name).is_empty());
        let deletes = kind == "TransactionEvent" && event.text_of("action") == Some("DELETE");
        let named = event.get("parentID").is_some();
        if !something && !deletes && !named && event.get("epcList").is_some() {
            let (zh, en) = ("事件没有说明涉及什么", "the event names nothing that it is about");
            told.push(Told::finding("about-nothing", event, zh, en));
        }
    }
    for name in quantity::LISTS {
        for element in event.list(name) {
            element_of(&element, told);
        }
    }
    let (made, recorded) = (event.get("eventTime"), event.get("recordTime"));
    if let (Some(made), Some(recorded)) = (made, recorded)
        && let (Some(from), Some(to)) = (made.moment(), recorded.moment())
        && to.is_before(from)
    {
        let (zh, en) = ("记录时间早于事件时间", "it was recorded before it happened");
        told.push(Told::notice("recorded-before", &recorded, zh, en));
    }
}

/// Judges one quantity.
fn element_of(element: &Spot<'_>, told: &mut Vec<Told>) {
    let amount = element.get("quantity");
    if let (None, Some(unit)) = (&amount, element.get("uom")) {
        let (zh, en) = ("没有数量时不能有单位", "a unit stands only where a quantity does");
        told.push(Told::finding("unit-without-quantity", &unit, zh, en));
    }
    let Some(amount) = amount.filter(|amount| matches!(amount.node().value, Value::Number(_))) else {
        return;
    };
    if amount.number().is_none_or(|number| !number.is_positive()) {
        let (zh, en) = ("数量应大于零", "a quantity is above zero");
        told.push(Told::finding("quantity-not-positive", &amount, zh, en));
    }
}
