//! What a schema asks for, in words.

use serde_json::{Map, Value as Schema};

use super::Judge;

/// Most choices that are named one by one.
const MAX_CHOICES: usize = 60;

/// A type in Chinese and English.
pub(super) fn of_type(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "object" => ("对象", "an object"),
        "array" => ("列表", "a list"),
        "string" => ("文本", "a text"),
        "number" => ("数值", "a number"),
        "integer" => ("整数", "a whole number"),
        "boolean" => ("真假值", "true or false"),
        _ => ("空值", "null"),
    }
}

/// A format in Chinese and English.
pub(super) fn of_format(name: &str) -> (&'static str, &'static str) {
    match name {
        "uri" => ("URI（含前缀和冒号）", "a URI, or a name with a prefix and a colon"),
        _ => ("RFC 3339 时间（含秒和时区）", "a moment of RFC 3339, with seconds and an offset"),
    }
}

/// Choices, one by one.
pub(super) fn choices(choices: &[Schema]) -> String {
    let mut names: Vec<String> = choices
        .iter()
        .take(MAX_CHOICES)
        .map(|choice| choice.as_str().map_or_else(|| choice.to_string(), str::to_owned))
        .collect();
    if choices.len() > MAX_CHOICES {
        names.push("…".to_owned());
    }
    names.join(", ")
}

/// What a schema asks for, in one line.
pub(super) fn alternatives(judge: &Judge<'_>, schema: &Schema) -> (String, String) {
    judge
        .resolved(schema, 0)
        .map_or_else(|| ("其他".to_owned(), "something else".to_owned()), |schema| of(judge, schema))
}

fn of(judge: &Judge<'_>, schema: &Map<String, Schema>) -> (String, String) {
    if let Some(Schema::Array(all)) = schema.get("enum") {
        let all = choices(all);
        return (format!("以下之一：{all}"), format!("one of {all}"));
    }
    if let Some(Schema::Array(names)) = schema.get("required") {
        let names: Vec<&str> = names.iter().filter_map(Schema::as_str).collect();
        let names = names.join(", ");
        return (format!("含 {names}（不为空）"), format!("with {names}, not empty"));
    }
    for (keyword, zh_joint, en_joint) in
        [("anyOf", "，或", ", or "), ("oneOf", "，或", ", or "), ("allOf", "，且", ", and ")]
    {
        if let Some(Schema::Array(parts)) = schema.get(keyword) {
            let parts: Vec<(String, String)> = parts.iter().map(|part| alternatives(judge, part)).collect();
            let (zh, en): (Vec<String>, Vec<String>) = parts.into_iter().unzip();
            return (zh.join(zh_joint), en.join(en_joint));
        }
    }
    if let Some(Schema::Object(members)) = schema.get("properties") {
        let parts: Vec<String> = members
            .iter()
            .filter_map(|(name, inner)| {
                let inner = judge.resolved(inner, 0)?;
                let pattern = inner.get("pattern").and_then(Schema::as_str);
                let is_barred = inner.get("not").is_some();
                let wanted = pattern.map(|pattern| pattern.trim_matches(['^', '$']).to_owned());
                wanted.or_else(|| is_barred.then(|| "-".to_owned())).map(|wanted| format!("{name}: {wanted}"))
            })
            .collect();
        if !parts.is_empty() {
            let parts = parts.join(", ");
            return (format!("（{parts}）"), format!("({parts})"));
        }
    }
    if let Some(Schema::String(name)) = schema.get("format") {
        let (zh, en) = of_format(name);
        return (zh.to_owned(), en.to_owned());
    }
    let kind = schema.get("type").and_then(Schema::as_str).unwrap_or("object");
    let (zh, en) = of_type(kind);
    (zh.to_owned(), en.to_owned())
}
