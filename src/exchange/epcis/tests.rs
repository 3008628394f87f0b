use serde_json::{Value, json};

use super::*;
use crate::exchange::document::{CheckVerdict, check};

/// Every keyword, format and pattern of the schema that is carried: what is not known here would be passed over in silence.
#[test]
fn the_schema_asks_nothing_that_is_not_judged() {
    fn walk(schema: &Value) {
        const KNOWN: [&str; 21] = [
            "$id",
            "$ref",
            "$schema",
            "additionalProperties",
            "allOf",
            "anyOf",
            "definitions",
            "enum",
            "format",
            "if",
            "items",
            "minItems",
            "not",
            "oneOf",
            "pattern",
            "properties",
            "propertyNames",
            "required",
            "then",
            "type",
            "uniqueItems",
        ];
        let Value::Object(members) = schema else { return };
        for (name, inner) in members {
            assert!(KNOWN.contains(&name.as_str()), "{name}");
            match name.as_str() {
                "properties" | "definitions" => inner.as_object().unwrap().values().for_each(walk),
                "anyOf" | "allOf" | "oneOf" => inner.as_array().unwrap().iter().for_each(walk),
                "format" => assert!(["uri", "date-time"].contains(&inner.as_str().unwrap())),
                _ => walk(inner),
            }
        }
    }
    assert_eq!(gs1_schema()["$id"], "https://gs1.github.io/EPCIS/EPCIS-JSON-Schema.json");
    walk(gs1_schema());
}

fn document() -> Value {
    json!({
        "@context": [
            "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
            {"example": "https://ns.example.com/epcis/"}
        ],
        "id": "https://id.example.org/document1",
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2005-07-11T11:30:47.0Z",
        "epcisBody": {"eventList": [{
            "eventID": "urn:uuid:374d95fc-9457-4a51-bd6a-0bba133845a8",
            "type": "ObjectEvent",
            "action": "OBSERVE",
            "bizStep": "shipping",
            "disposition": "in_transit",
            "quantityList": [
                {"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 200.5, "uom": "KGM"},
                {"epcClass": "urn:epc:class:lgtin:4012345.012345.998878", "quantity": 3, "uom": "LTR"}
            ],
            "eventTime": "2005-04-03T20:33:31.116-06:00",
            "eventTimeZoneOffset": "-06:00",
            "recordTime": "2005-04-05T02:33:31.116Z",
            "readPoint": {"id": "urn:epc:id:sgln:0614141.07346.1234"},
            "bizTransactionList": [{"type": "po", "bizTransaction": "http://transaction.acme.com/po/12345678"}],
            "sourceList": [{"type": "possessing_party", "source": "urn:epc:id:pgln:4012345.00225"}],
            "destinationList": [{"type": "owning_party", "destination": "urn:epc:id:pgln:0614141.00777"}],
            "example:myField": "Example of a vendor/user extension"
        }]}
    })
}

fn judged(value: &Value) -> Checked {
    check(value.to_string().as_bytes(), "epcis", None, Timestamp::from_millis(0)).unwrap()
}

/// Codes and pointers of what is found where one member is changed, `None` to take it away.
fn change(pointer: &str, to: Option<Value>) -> Vec<(String, String)> {
    let mut value = document();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let members = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match to {
        Some(to) => drop(members.insert(name.replace("~1", "/"), to)),
        None => drop(members.remove(name)),
    }
    let found = judged(&value).findings;
    found.into_iter().map(|found| (found.code, found.pointer)).collect()
}

#[test]
fn a_document_of_the_standard_is_clean_and_read() {
    let checked = judged(&document());
    assert_eq!(checked.verdict(), CheckVerdict::Clean, "{:?}", checked.findings);
    let [read] = &checked.notices[..] else { panic!("{:?}", checked.notices) };
    let figures = serde_json::to_value(&read.figures).unwrap();
    let expected = json!({
        "as": "waste.collected", "biz_step": "shipping", "mass_g": 200_500, "volume_ml": 3000,
        "from": "urn:epc:id:pgln:4012345.00225", "to": "urn:epc:id:pgln:0614141.00777",
    });
    assert_eq!((read.code.as_str(), figures), ("read-as", expected));
}

#[test]
fn what_the_schema_and_the_standard_refuse() {
    let event = "/epcisBody/eventList/0";
    let at = |name: &str| format!("{event}/{name}");
    for (pointer, to, code, place) in [
        ("/schemaVersion".to_owned(), None, "required", "/schemaVersion".to_owned()),
        ("/schemaVersion".into(), Some(json!("two")), "pattern", "/schemaVersion".into()),
        ("/creationDate".into(), Some(json!("yesterday")), "format", "/creationDate".into()),
        ("/stranger".into(), Some(json!(1)), "property-names", "/stranger".into()),
        ("/epcisBody".into(), Some(json!({})), "required", "/epcisBody/eventList".into()),
        (at("eventTime"), None, "required", at("eventTime")),
        (at("eventTime"), Some(json!("2005-04-03T20:33:31.116")), "format", at("eventTime")),
        (at("eventTimeZoneOffset"), None, "required", at("eventTimeZoneOffset")),
        (at("eventTimeZoneOffset"), Some(json!("+15:00")), "pattern", at("eventTimeZoneOffset")),
        (at("action"), Some(json!("LOOK")), "enum", at("action")),
        (at("action"), None, "required", at("action")),
        (at("bizStep"), Some(json!("teleporting")), "any-of", at("bizStep")),
        (at("disposition"), Some(json!("lost")), "any-of", at("disposition")),
        (at("type"), Some(json!("ThingEvent")), "format", at("type")),
        (at("quantityList"), None, "any-of", event.to_owned()),
        (
            at("quantityList"),
            Some(json!([{"epcClass": "a b", "quantity": 1}])),
            "format",
            at("quantityList/0/epcClass"),
        ),
        (
            at("quantityList"),
            Some(json!([{"epcClass": "a:b", "quantity": "1"}])),
            "type",
            at("quantityList/0/quantity"),
        ),
        (
            at("quantityList"),
            Some(json!([{"epcClass": "a:b", "uom": "KGM"}])),
            "unit-without-quantity",
            at("quantityList/0/uom"),
        ),
        (
            at("quantityList"),
            Some(json!([{"epcClass": "a:b", "quantity": 0}])),
            "quantity-not-positive",
            at("quantityList/0/quantity"),
        ),
        (at("sourceList"), Some(json!([{"type": "location"}])), "required", at("sourceList/0/source")),
        (at("readPoint"), Some(json!({})), "required", at("readPoint/id")),
        (at("ilmd"), Some(json!({"ex:a": 1})), "not", at("ilmd")),
        (at("myField"), Some(json!(1)), "property-names", at("myField")),
        (at("other:field"), Some(json!(1)), "prefix-undeclared", at("other:field")),
        (
            "/@context".into(),
            Some(
                json!(["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"example": "https://x.example/", "action": "https://evil.example/"}]),
            ),
            "context-redefines",
            "/@context/1/action".into(),
        ),
    ] {
        let found = change(&pointer, to.clone());
        assert!(found.contains(&(code.to_owned(), place.clone())), "{pointer} {to:?}: {found:?}");
    }
    assert_eq!(
        change("/@context", Some(json!("https://evil.example/context.jsonld"))).len(),
        1,
        "example: is undeclared then"
    );
}

#[test]
fn the_other_kinds_of_events() {
    let alone = |mut event: Value| {
        let members = event.as_object_mut().unwrap();
        members.insert(
            "@context".into(),
            json!("https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"),
        );
        members.insert("eventTime".into(), json!("2026-01-01T00:00:00Z"));
        members.insert("eventTimeZoneOffset".into(), json!("+00:00"));
        let found = judged(&event).findings;
        found.into_iter().map(|found| found.code).collect::<Vec<_>>()
    };
    let some = json!([{"epcClass": "a:b", "quantity": 1, "uom": "KGM"}]);
    assert!(
        alone(
            json!({"type": "AggregationEvent", "action": "ADD", "parentID": "a:b", "childQuantityList": some})
        )
        .is_empty()
    );
    assert_eq!(
        alone(json!({"type": "AggregationEvent", "action": "ADD", "childQuantityList": some})),
        ["parent-missing"]
    );
    assert_eq!(alone(json!({"type": "AggregationEvent", "action": "ADD", "parentID": "a:b"})), ["any-of"]);
    assert!(
        alone(json!({"type": "TransformationEvent", "inputQuantityList": some, "outputQuantityList": some}))
            .is_empty()
    );
    assert_eq!(alone(json!({"type": "TransformationEvent", "inputQuantityList": some})), ["any-of"]);
    assert!(alone(json!({"type": "TransactionEvent", "action": "ADD", "epcList": ["a:b"], "bizTransactionList": [{"bizTransaction": "a:b"}]})).is_empty());
    assert!(alone(json!({"type": "ex:Own"})).is_empty());
}

#[test]
fn strangers_and_hostile_texts_end() {
    for text in ["", "[]", "7", "{\"a\":1,\"a\":2}", "{\"type\":NaN}"] {
        let checked = check(text.as_bytes(), "epcis", None, Timestamp::from_millis(0)).unwrap();
        assert_eq!(checked.verdict(), CheckVerdict::Unreadable, "{text}");
    }
    let mut value = document();
    value["epcisBody"]["eventList"] = json!(vec![json!({}); 20_000]);
    let checked = judged(&value);
    assert_eq!(checked.verdict(), CheckVerdict::Findings);
    assert!(checked.findings.len() <= crate::exchange::document::MAX_TOLD);
    let mut deep = json!(1);
    for _ in 0..40 {
        deep = json!({"ex:a": [deep]});
    }
    assert_eq!(judged(&deep).verdict(), CheckVerdict::Unreadable, "nested deeper than is read");
}
