//! JSON Schema (draft 7) as far as the schemas use it that are compiled in: values are judged where they stand, and every miss is told with its
//! place. Nothing is fetched: a reference leads into the same schema or nowhere.

use std::collections::HashSet;

use serde_json::{Map, Value as Schema};

use crate::custody::document::json::{Node, Value, push_name};

mod form;
mod words;

/// Most misses that are kept of one text; the rest is not looked at any further.
pub const MAX_MISSES: usize = 10_000;
/// Deepest chain of references and alternatives at one value: no schema here has a loop.
const MAX_NESTING: usize = 64;

/// Something at which a value misses its schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The keyword of the schema, in kebab-case.
    pub code: &'static str,
    /// JSON pointer (RFC 6901) of the value.
    pub pointer: String,
    /// Offset of its first byte.
    pub at: usize,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// A value at its place.
#[derive(Clone, Copy)]
struct Here<'a> {
    node: &'a Node,
    pointer: &'a str,
}

impl Here<'_> {
    fn miss(self, code: &'static str, zh: String, en: String) -> Miss {
        Miss { code, pointer: self.pointer.to_owned(), at: self.node.at, zh, en }
    }
}

/// Judges a value by a schema that holds its own definitions; every miss, up to [`MAX_MISSES`].
pub fn judge(schema: &Schema, node: &Node) -> Vec<Miss> {
    let judge = Judge { root: schema };
    let mut misses = Vec::new();
    judge.value(schema, Here { node, pointer: "" }, 0, &mut misses);
    misses.sort_by(|a, b| (a.at, &a.pointer, a.code).cmp(&(b.at, &b.pointer, b.code)));
    misses.dedup();
    // Where a value is of the wrong type or none of the choices, what follows from it is not said again.
    let plain: HashSet<String> = misses
        .iter()
        .filter(|miss| matches!(miss.code, "type" | "enum"))
        .map(|miss| miss.pointer.clone())
        .collect();
    misses.retain(|miss| matches!(miss.code, "type" | "enum") || !plain.contains(&miss.pointer));
    misses
}

struct Judge<'s> {
    root: &'s Schema,
}

impl<'s> Judge<'s> {
    fn value(&self, schema: &'s Schema, here: Here<'_>, nesting: usize, misses: &mut Vec<Miss>) {
        if misses.len() >= MAX_MISSES {
            return;
        }
        let Some(schema) = self.resolved(schema, nesting) else {
            if schema == &Schema::Bool(false) {
                misses.push(here.miss("not-allowed", "不允许出现".to_owned(), "is not allowed".to_owned()));
            }
            return;
        };
        let before = misses.len();
        self.itself(schema, here, misses);
        if misses.len() > before {
            // Of the wrong type or outside its list: what else there is to say of it would mislead.
            return;
        }
        match &here.node.value {
            Value::Object(_) => self.object(schema, here, nesting, misses),
            Value::List(items) => self.list(schema, here, items, misses),
            _ => {}
        }
        self.combined(schema, here, nesting, misses);
    }

    /// The object of a schema, its reference followed; none for `true`, `false` and what leads nowhere.
    fn resolved(&self, schema: &'s Schema, nesting: usize) -> Option<&'s Map<String, Schema>> {
        let mut schema = schema.as_object()?;
        for _ in nesting..MAX_NESTING {
            let Some(Schema::String(reference)) = schema.get("$ref") else { return Some(schema) };
            schema = self.root.pointer(reference.strip_prefix('#')?)?.as_object()?;
        }
        None
    }

    /// What is asked of the value itself, whatever is in it.
    fn itself(&self, schema: &Map<String, Schema>, here: Here<'_>, misses: &mut Vec<Miss>) {
        if let Some(Schema::String(kind)) = schema.get("type")
            && !form::is_of_type(&here.node.value, kind)
        {
            let (zh, en) = words::of_type(kind);
            misses.push(here.miss("type", format!("应为{zh}"), format!("must be {en}")));
            return;
        }
        if let Some(Schema::Array(choices)) = schema.get("enum")
            && !choices.iter().any(|choice| form::equals(&here.node.value, choice))
        {
            let all = words::choices(choices);
            misses.push(here.miss("enum", format!("只能是：{all}"), format!("must be one of {all}")));
        }
        if let Some(choice) = schema.get("const")
            && !form::equals(&here.node.value, choice)
        {
            misses.push(here.miss("const", format!("只能是 {choice}"), format!("must be {choice}")));
        }
        let Value::Text(text) = &here.node.value else { return };
        if let Some(Schema::String(name)) = schema.get("format")
            && !form::has_format(text, name)
        {
            let (zh, en) = words::of_format(name);
            misses.push(here.miss("format", format!("应为{zh}"), format!("must be {en}")));
        }
        if let Some(Schema::String(pattern)) = schema.get("pattern")
            && !form::has_pattern(text, pattern)
        {
            let (zh, en) = (format!("不符合格式 {pattern}"), format!("must match the pattern {pattern}"));
            misses.push(here.miss("pattern", zh, en));
        }
    }

    fn object(
        &self,
        schema: &'s Map<String, Schema>,
        here: Here<'_>,
        nesting: usize,
        misses: &mut Vec<Miss>,
    ) {
        let Value::Object(members) = &here.node.value else { return };
        if let Some(Schema::Array(required)) = schema.get("required") {
            for name in
                required.iter().filter_map(Schema::as_str).filter(|name| here.node.member(name).is_none())
            {
                let mut pointer = here.pointer.to_owned();
                push_name(&mut pointer, name);
                let (code, at) = ("required", here.node.at);
                let (zh, en) = (format!("缺少必填项 {name}"), format!("the member {name} is required"));
                misses.push(Miss { code, pointer, at, zh, en });
            }
        }
        let known = schema.get("properties").and_then(Schema::as_object);
        for member in members {
            let mut pointer = here.pointer.to_owned();
            push_name(&mut pointer, &member.name);
            let name = Node { at: member.at, value: Value::Text(member.name.clone()) };
            let name = Here { node: &name, pointer: &pointer };
            if let Some(names) = schema.get("propertyNames")
                && !self.fits(names, name, nesting)
            {
                let (zh, en) = words::alternatives(self, names);
                let zh = format!("成员名不认识：应为{zh}");
                misses.push(name.miss(
                    "property-names",
                    zh,
                    format!("the name is not known: it must be {en}"),
                ));
            }
            let inside = Here { node: &member.node, pointer: &pointer };
            match (known.and_then(|known| known.get(&*member.name)), schema.get("additionalProperties")) {
                (Some(inner), _) => self.value(inner, inside, 0, misses),
                (None, Some(Schema::Bool(false))) => {
                    let (zh, en) = ("此处不允许其他成员", "no other members are allowed here");
                    misses.push(name.miss("additional-properties", zh.to_owned(), en.to_owned()));
                }
                (None, Some(inner)) => self.value(inner, inside, 0, misses),
                (None, None) => {}
            }
        }
    }

    fn list(&self, schema: &'s Map<String, Schema>, here: Here<'_>, items: &[Node], misses: &mut Vec<Miss>) {
        if let Some(least) = schema.get("minItems").and_then(Schema::as_u64)
            && (items.len() as u64) < least
        {
            let (zh, en) = (format!("至少应有 {least} 项"), format!("must have at least {least} items"));
            misses.push(here.miss("min-items", zh, en));
        }
        if schema.get("uniqueItems") == Some(&Schema::Bool(true)) {
            let mut seen = HashSet::new();
            for (n, item) in items.iter().enumerate().filter(|(_, item)| !seen.insert(form::spelled(item))) {
                let pointer = format!("{}/{n}", here.pointer);
                let (zh, en) = ("列表中出现两次".to_owned(), "stands twice in the list".to_owned());
                misses.push(Here { node: item, pointer: &pointer }.miss("unique-items", zh, en));
            }
        }
        if let Some(inner) = schema.get("items") {
            for (n, node) in items.iter().enumerate() {
                let pointer = format!("{}/{n}", here.pointer);
                self.value(inner, Here { node, pointer: &pointer }, 0, misses);
            }
        }
    }

    fn combined(
        &self,
        schema: &'s Map<String, Schema>,
        here: Here<'_>,
        nesting: usize,
        misses: &mut Vec<Miss>,
    ) {
        let of =
            |keyword: &str| schema.get(keyword).and_then(Schema::as_array).map_or(&[][..], Vec::as_slice);
        for inner in of("allOf") {
            self.value(inner, here, nesting + 1, misses);
        }
        for keyword in ["anyOf", "oneOf"] {
            let alternatives = of(keyword);
            if !alternatives.is_empty() {
                self.any_of(keyword, alternatives, here, nesting, misses);
            }
        }
        if let Some(inner) = schema.get("not")
            && self.fits(inner, here, nesting)
        {
            misses.push(here.miss("not", "此处不允许这样的值".to_owned(), "is not allowed here".to_owned()));
        }
        if let Some(condition) = schema.get("if")
            && !is_about_missing(condition, here, misses)
        {
            let branch = if self.fits(condition, here, nesting) { "then" } else { "else" };
            if let Some(inner) = schema.get(branch) {
                self.value(inner, here, nesting + 1, misses);
            }
        }
    }

    /// One of several at least (`anyOf`), or exactly one (`oneOf`).
    fn any_of(
        &self,
        keyword: &str,
        alternatives: &'s [Schema],
        here: Here<'_>,
        nesting: usize,
        misses: &mut Vec<Miss>,
    ) {
        let mut fitting = 0;
        let mut deepest: Vec<Miss> = Vec::new();
        for alternative in alternatives {
            let mut own = Vec::new();
            self.value(alternative, here, nesting + 1, &mut own);
            if own.is_empty() {
                fitting += 1;
            } else if deepest.is_empty() && own.iter().all(|miss| is_inside(miss, here)) {
                deepest = own;
            }
        }
        if fitting == 1 || (fitting > 1 && keyword == "anyOf") {
            return;
        }
        if fitting > 1 {
            let (zh, en) = ("同时符合几种互斥的形式", "fits several forms of which one only is allowed");
            misses.push(here.miss("one-of", zh.to_owned(), en.to_owned()));
        } else if deepest.is_empty() {
            let parts: Vec<(String, String)> =
                alternatives.iter().map(|schema| words::alternatives(self, schema)).collect();
            let (zh, en): (Vec<String>, Vec<String>) = parts.into_iter().unzip();
            let (zh, en) = (format!("应为{}", zh.join("，或")), format!("must be {}", en.join(", or ")));
            misses.push(here.miss("any-of", zh, en));
        } else {
            misses.extend(deepest);
        }
    }

    fn fits(&self, schema: &'s Schema, here: Here<'_>, nesting: usize) -> bool {
        let mut misses = Vec::new();
        self.value(schema, here, nesting + 1, &mut misses);
        misses.is_empty()
    }
}

/// True where a condition is about a member that is missing, and that was told: every branch would be taken, and nothing of it was meant.
fn is_about_missing(condition: &Schema, here: Here<'_>, misses: &[Miss]) -> bool {
    let is_told = |name: &String| {
        let pointer = format!("{}/{name}", here.pointer);
        misses.iter().any(|miss| miss.code == "required" && miss.pointer == pointer)
    };
    let about = condition.get("properties").and_then(Schema::as_object);
    about.is_some_and(|members| members.keys().any(is_told))
}

/// True where a miss is about something inside a value that is there, so that the alternative was the one that was meant.
fn is_inside(miss: &Miss, here: Here<'_>) -> bool {
    miss.pointer.len() > here.pointer.len() && !matches!(miss.code, "required" | "pattern")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
