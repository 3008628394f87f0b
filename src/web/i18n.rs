//! Texts: one file per language, every text by a key. Chinese is the language of the house, English comes by a switch.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

const ZH: &str = include_str!("locales/zh.toml");
const EN: &str = include_str!("locales/en.toml");

pub use crate::shape::Lang;

impl Lang {
    /// The text of a key. A test sees to it that there is one; if not, the key is shown.
    pub fn t(self, key: &'static str) -> &'static str {
        self.find(key).unwrap_or(key)
    }

    /// The text of a name inside a group, such as the status `in-transit`; `None` when the language does not know the name.
    pub fn of(self, group: &str, name: &str) -> Option<&'static str> {
        self.find(&format!("{group}.{name}"))
    }

    /// All texts of a group, by their names in it.
    pub fn group(self, group: &str) -> BTreeMap<String, &'static str> {
        let named = texts(self).iter().filter_map(|(key, text)| {
            Some((key.strip_prefix(group)?.strip_prefix('.')?.to_owned(), text.as_str()))
        });
        named.collect()
    }

    /// The text of a key with `{name}` replaced by values.
    pub fn fill(self, key: &'static str, values: &[(&str, &str)]) -> String {
        fill(self.t(key), values)
    }

    fn find(self, key: &str) -> Option<&'static str> {
        texts(self).get(key).map(String::as_str)
    }
}

/// Replace every `{name}` by its value; what has no value stays. Values are not looked at again.
pub(super) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(length) = rest[open..].find('}') else { break };
        let name = &rest[open + 1..open + length];
        filled.push_str(&rest[..open]);
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => filled.push_str(value),
            None => filled.push_str(&rest[open..=open + length]),
        }
        rest = &rest[open + length + 1..];
    }
    filled + rest
}

fn texts(lang: Lang) -> &'static HashMap<String, String> {
    static TEXTS: OnceLock<[HashMap<String, String>; 2]> = OnceLock::new();
    let [zh, en] = TEXTS.get_or_init(|| [read(ZH), read(EN)]);
    lang.pick(zh, en)
}

/// A file of texts, its tables joined with dots.
fn read(file: &str) -> HashMap<String, String> {
    let table: toml::Table = file.parse().expect("the compiled-in texts parse, a test reads them");
    let mut texts = HashMap::new();
    flatten("", &table, &mut texts);
    texts
}

fn flatten(prefix: &str, table: &toml::Table, texts: &mut HashMap<String, String>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match value {
            toml::Value::Table(inner) => flatten(&key, inner, texts),
            toml::Value::String(text) => {
                texts.insert(key, text.clone());
            }
            // A test compares the keys of both languages; a number here would be missing there.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
