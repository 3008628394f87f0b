//! Types, formats and patterns.

use serde_json::Value as Schema;

use crate::custody::document::json::{Decimal, Node, Value};
use crate::custody::document::moment::Moment;

/// True where a value is of a type of JSON Schema.
pub(super) fn is_of_type(value: &Value, kind: &str) -> bool {
    match (kind, value) {
        ("object", Value::Object(_))
        | ("array", Value::List(_))
        | ("string", Value::Text(_))
        | ("number", Value::Number(_))
        | ("boolean", Value::Bool(_))
        | ("null", Value::Null) => true,
        ("integer", Value::Number(text)) => Decimal::read(text).is_some_and(|number| number.decimals() == 0),
        _ => false,
    }
}

/// True where a value is a choice of the schema; choices are texts, numbers and the like.
pub(super) fn equals(value: &Value, choice: &Schema) -> bool {
    match (value, choice) {
        (Value::Text(text), Schema::String(choice)) => **text == **choice,
        (Value::Bool(flag), Schema::Bool(choice)) => flag == choice,
        (Value::Null, Schema::Null) => true,
        (Value::Number(text), Schema::Number(choice)) => {
            Decimal::read(text).is_some() && Decimal::read(text) == Decimal::read(&choice.to_string())
        }
        _ => false,
    }
}

/// The formats that are known; another one asks nothing.
pub(super) fn has_format(text: &str, name: &str) -> bool {
    match name {
        "uri" => is_uri(text),
        "date-time" => is_date_time(text),
        _ => true,
    }
}

/// An absolute URI (RFC 3986): a scheme, and behind it only the signs of URIs.
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let bytes = rest.as_bytes();
    let is_sign = |(at, byte): (usize, &u8)| match byte {
        b'%' => bytes.get(at + 1..at + 3).is_some_and(|two| two.iter().all(u8::is_ascii_hexdigit)),
        _ => byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=".contains(byte),
    };
    is_scheme && !rest.is_empty() && bytes.iter().enumerate().all(is_sign)
}

/// A moment of RFC 3339: date, time with seconds, and an offset.
pub(super) fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.split_once(['T', 't']) else { return false };
    let time = time.strip_suffix('z').map(|time| format!("{time}Z")).unwrap_or_else(|| time.to_owned());
    let (clock, offset) = match time.strip_suffix('Z') {
        Some(clock) => (clock, None),
        None => match time.rfind(['+', '-']) {
            Some(at) => (&time[..at], Some(&time[at..])),
            None => return false,
        },
    };
    let has_seconds = clock.len() == 8 || (clock.len() > 9 && clock.as_bytes()[8] == b'.');
    let whole = clock.get(..8).unwrap_or_default();
    let fraction = clock.get(9..).unwrap_or_default();
    let is_offset = offset.is_none_or(|offset| offset.len() == 6 && offset.as_bytes()[3] == b':');
    has_seconds
        && is_offset
        && fraction.bytes().all(|byte| byte.is_ascii_digit())
        && Moment::read(&format!("{date}T{whole}{}", offset.unwrap_or("Z"))).is_ok()
}

/// The patterns that the schemas use, each by hand: a schema with another one is refused by a test.
pub(super) fn has_pattern(text: &str, pattern: &str) -> bool {
    let all = |test: fn(u8) -> bool| !text.is_empty() && text.bytes().all(test);
    match pattern {
        "^ADD$" => text == "ADD",
        "^DELETE$" => text == "DELETE",
        "^OBSERVE$" => text == "OBSERVE",
        "^[A-Z0-9]{2,3}$" => {
            matches!(text.len(), 2 | 3) && all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        }
        "^[A-Fa-f0-9]+$" => all(|byte| byte.is_ascii_hexdigit()),
        r"^\d+(\.\d+)*$" => {
            let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            text.split('.').all(is_number)
        }
        "^([+]|[-])((0[0-9]|1[0-3]):([0-5][0-9])|14:00)$" => is_zone(text),
        r"^(?!(urn:epcglobal:cbv|https?:\/\/ns\.gs1\.org/cbv\/))" => {
            !starts(text, &["urn:epcglobal:cbv", "http://ns.gs1.org/cbv/", "https://ns.gs1.org/cbv/"])
        }
        r"^(?!(https?:\/\/gs1\.org\/voc\/|https?:\/\/www\.gs1\.org\/voc\/))" => {
            let heads = [
                "http://gs1.org/voc/",
                "https://gs1.org/voc/",
                "http://www.gs1.org/voc/",
                "https://www.gs1.org/voc/",
            ];
            !starts(text, &heads)
        }
        _ => false,
    }
}

fn starts(text: &str, heads: &[&str]) -> bool {
    heads.iter().any(|head| text.starts_with(head))
}

/// `+08:00`, up to fourteen hours.
fn is_zone(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 6 || !matches!(bytes[0], b'+' | b'-') || bytes[3] != b':' {
        return false;
    }
    let number = |part: &[u8]| {
        part.iter().try_fold(0_u32, |sum, byte| Some(sum * 10 + char::from(*byte).to_digit(10)?))
    };
    match (number(&bytes[1..3]), number(&bytes[4..])) {
        (Some(hours), Some(minutes)) => (hours <= 13 && minutes <= 59) || (hours == 14 && minutes == 0),
        _ => false,
    }
}

/// A value in one spelling, to tell whether two are the same: members by name, numbers by their value.
pub(super) fn spelled(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(text) => {
            Decimal::read(text).map_or_else(|| text.to_string(), |number| number.to_string())
        }
        Value::Text(text) => format!("{text:?}"),
        Value::List(items) => format!("[{}]", items.iter().map(spelled).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut members: Vec<String> =
                members.iter().map(|member| format!("{:?}:{}", member.name, spelled(&member.node))).collect();
            members.sort_unstable();
            format!("{{{}}}", members.join(","))
        }
    }
}
