//! Texts: one file per language, every text by a key. Chinese is the language of the house, English comes by a switch.

use std::collections::HashMap;
use std::sync::OnceLock;

const ZH: &str = include_str!("locales/zh.toml");
const EN: &str = include_str!("locales/en.toml");

/// A language pages are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    /// Chinese.
    Zh,
    /// English.
    En,
}

impl Lang {
    /// Both, the first one being the default.
    pub const ALL: [Lang; 2] = [Self::Zh, Self::En];

    /// Name in the cookie and in `?lang=`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// Language tag (RFC 5646) of the `lang` attribute.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The language with this code.
    pub fn named(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// The language an `Accept-Language` header (RFC 9110 §12.5.4) likes best, if it names one of ours. Of equals the first.
    pub fn accepted(header: &str) -> Option<Self> {
        let mut best: Option<(Self, u16)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let primary = parts.next().unwrap_or("").split('-').next().unwrap_or("").to_ascii_lowercase();
            let Some(lang) = Self::named(&primary) else { continue };
            let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1000), permille);
            let weight = weight.unwrap_or(0);
            if weight > 0 && best.is_none_or(|(_, known)| weight > known) {
                best = Some((lang, weight));
            }
        }
        best.map(|(lang, _)| lang)
    }

    /// One of two texts that stand in code in both languages, such as those of rules.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// The text of a key. A test sees to it that there is one; if not, the key is shown.
    pub fn t(self, key: &'static str) -> &'static str {
        self.find(key).unwrap_or(key)
    }

    /// The text of a name inside a group, such as the status `in-transit`; `None` when the language does not know the name.
    pub fn of(self, group: &str, name: &str) -> Option<&'static str> {
        self.find(&format!("{group}.{name}"))
    }

    /// The text of a key with `{name}` replaced by values.
    pub fn fill(self, key: &'static str, values: &[(&str, &str)]) -> String {
        fill(self.t(key), values)
    }

    fn find(self, key: &str) -> Option<&'static str> {
        texts(self).get(key).map(String::as_str)
    }
}

/// A weight `0.8` in thousandths.
fn permille(text: &str) -> Option<u16> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() > 3 {
        return None;
    }
    let thousandths: u16 = format!("{rest:0<3}").parse().ok()?;
    Some(whole.parse::<u16>().ok()?.checked_mul(1000)?.checked_add(thousandths)?.min(1000))
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
