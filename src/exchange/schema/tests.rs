use serde_json::json;

use super::*;
use crate::custody::document::json::read;

fn codes(schema: &Schema, text: &str) -> Vec<(String, &'static str)> {
    let root = read(text).root.unwrap();
    judge(schema, &root).into_iter().map(|miss| (miss.pointer, miss.code)).collect()
}

#[test]
fn keywords_one_by_one() {
    let schema = json!({
        "definitions": {"name": {"type": "string", "format": "uri"}},
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"$ref": "#/definitions/name"},
            "b": {"type": "array", "minItems": 2, "uniqueItems": true, "items": {"type": "number"}},
            "c": {"anyOf": [{"type": "string"}, {"type": "object", "required": ["x"], "properties": {"x": {"enum": ["y"]}}}]},
            "d": {"not": {"type": "null"}},
            "e": {"oneOf": [{"type": "number"}, {"type": "integer"}]},
            "f": {"if": {"type": "string"}, "then": {"enum": ["s"]}, "else": {"type": "boolean"}}
        },
        "additionalProperties": false
    });
    for (text, expected) in [
        (r#"{"a":"x:y"}"#, vec![]),
        (r#"{"a":"xy"}"#, vec![("/a", "format")]),
        (r#"{"a":7}"#, vec![("/a", "type")]),
        ("{}", vec![("/a", "required")]),
        ("[]", vec![("", "type")]),
        (r#"{"a":"x:y","z":1}"#, vec![("/z", "additional-properties")]),
        (r#"{"a":"x:y","b":[1,1.0]}"#, vec![("/b/1", "unique-items")]),
        (r#"{"a":"x:y","b":["1"]}"#, vec![("/b", "min-items"), ("/b/0", "type")]),
        (r#"{"a":"x:y","c":{"x":"n"}}"#, vec![("/c/x", "enum")]),
        (r#"{"a":"x:y","c":{}}"#, vec![("/c", "any-of")]),
        (r#"{"a":"x:y","c":5}"#, vec![("/c", "any-of")]),
        (r#"{"a":"x:y","d":null}"#, vec![("/d", "not")]),
        (r#"{"a":"x:y","e":1}"#, vec![("/e", "one-of")]),
        (r#"{"a":"x:y","e":1.5}"#, vec![]),
        (r#"{"a":"x:y","f":"t"}"#, vec![("/f", "enum")]),
        (r#"{"a":"x:y","f":1}"#, vec![("/f", "type")]),
    ] {
        let expected: Vec<(String, &str)> =
            expected.into_iter().map(|(pointer, code)| (pointer.to_owned(), code)).collect();
        assert_eq!(codes(&schema, text), expected, "{text}");
    }
}

#[test]
fn what_follows_from_a_member_that_is_missing_is_not_told() {
    let then = |name: &str, member: &str| json!({"if": {"properties": {"t": {"const": name}}}, "then": {"required": [member]}});
    let schema = json!({"type": "object", "required": ["t"], "allOf": [then("A", "x"), then("B", "y")]});
    for (text, expected) in
        [("{}", "/t"), (r#"{"x":1}"#, "/t"), (r#"{"t":"A"}"#, "/x"), (r#"{"t":"B","x":1}"#, "/y")]
    {
        assert_eq!(codes(&schema, text), [(expected.to_owned(), "required")], "{text}");
    }
    assert_eq!(codes(&schema, r#"{"t":"C"}"#), []);
}

#[test]
fn uris_moments_and_zones() {
    for text in
        ["urn:epc:id:sgtin:0614141.107346.2017", "https://id.gs1.org/01/0?x=%C3%A9", "ex:name", "geo:1.5,-2"]
    {
        assert!(form::is_uri(text), "{text}");
    }
    for text in ["", "name", ":x", "ex:", "ex:a b", "https://a/é", "ex:%4", "1x:y", "ex:<>"] {
        assert!(!form::is_uri(text), "{text}");
    }
    for text in ["2020-12-15T00:00:00.000+08:00", "2020-12-15T00:00:00Z", "2020-02-29t00:00:00.123456789z"] {
        assert!(form::is_date_time(text), "{text}");
    }
    for text in [
        "2020-12-15",
        "2020-12-15T00:00Z",
        "2020-12-15T00:00:00",
        "2021-02-29T00:00:00Z",
        "2020-12-15T00:00:00+0800",
        "2020-12-15T24:00:00Z",
        "2020-12-15 00:00:00Z",
        "T",
        "",
    ] {
        assert!(!form::is_date_time(text), "{text}");
    }
    let zone = "^([+]|[-])((0[0-9]|1[0-3]):([0-5][0-9])|14:00)$";
    assert!(form::has_pattern("+08:00", zone) && form::has_pattern("-14:00", zone));
    for text in ["08:00", "+14:01", "+8:00", "+08:60", "Z", "+０8:00"] {
        assert!(!form::has_pattern(text, zone), "{text}");
    }
}

#[test]
fn a_schema_that_leads_to_itself_ends() {
    let schema = json!({"definitions": {"a": {"$ref": "#/definitions/a"}}, "$ref": "#/definitions/a"});
    assert_eq!(codes(&schema, "1"), []);
}
