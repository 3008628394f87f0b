//! Reading what a platform answers. Nothing in it is believed further than it goes: what is not said clearly is not known.

use serde_json::Value;

use crate::catalogue::platform::Mapping;
use crate::custody::document::json;

/// The longest text of a platform that is kept, in characters.
const MAX_SAID_CHARS: usize = 500;
/// The longest code or number of one that is a code or a number, in characters.
const MAX_CODE_CHARS: usize = 64;
/// Statuses by which a server says that it did nothing: come again, or not with this token.
const NOT_TAKEN: [u16; 4] = [401, 403, 425, 429];
/// What a name that stands twice is called by who reads the text.
const TWICE: &str = "duplicate-key";
/// Statuses by which a server says that it does not take what was sent.
const REFUSED: [u16; 4] = [400, 404, 409, 422];

/// What an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// What became of each line.
    Told(Told),
    /// It knows no such message, or number: to a question that it has nothing of it, to a message that it refuses it.
    NotKnown(Told),
    /// It did nothing, and may later.
    Later,
    /// It may have taken it, or not.
    Unclear(Unclear),
}

/// Why an answer says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// By its status.
    Status,
    /// Not JSON, or JSON that two programs may read differently.
    NotJson,
    /// Without a code.
    NoCode,
    /// About other lines than were sent.
    Lines,
    /// A number that is none.
    Number,
}

impl Unclear {
    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "unclear-status",
            Self::NotJson => "not-json",
            Self::NoCode => "no-code",
            Self::Lines => "other-lines",
            Self::Number => "no-number",
        }
    }
}

/// A clear answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its code.
    pub code: String,
    /// In words: the platform's, else what the mapping says the code means.
    pub text: Option<String>,
    /// The number it gave the manifest.
    pub number: Option<String>,
    /// What became of each line, in the order sent.
    pub lines: Vec<LineTold>,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineTold {
    /// The line.
    pub line: u16,
    /// True when it was taken.
    pub accepted: bool,
    /// Its code.
    pub code: String,
    /// In words.
    pub text: Option<String>,
}

pub(super) fn read(mapping: &Mapping, status: u16, body: &[u8], lines: &[u16]) -> Reading {
    if NOT_TAKEN.contains(&status) {
        return Reading::Later;
    }
    let is_answer = (200..300).contains(&status) || REFUSED.contains(&status);
    if !is_answer {
        return Reading::Unclear(Unclear::Status);
    }
    let Some(json) = plain_json(body) else { return Reading::Unclear(Unclear::NotJson) };
    let places = &mapping.answer;
    let Some(code) = code_at(&json, &places.code) else { return Reading::Unclear(Unclear::NoCode) };
    let is_taken = places.accepted.contains(&code) && (200..300).contains(&status);
    let said = |json: &Value, place: &str, code: &str| {
        text_at(json, place).or_else(|| mapping.codes.get(code).cloned())
    };
    let text = said(&json, &places.text, &code);
    let number = match json.pointer(&places.number) {
        None | Some(Value::Null) => None,
        Some(_) => match code_at(&json, &places.number) {
            Some(number) => Some(number),
            None => return Reading::Unclear(Unclear::Number),
        },
    };
    let all = |accepted: bool| {
        let one = |line: &u16| LineTold { line: *line, accepted, code: code.clone(), text: text.clone() };
        lines.iter().map(one).collect::<Vec<_>>()
    };
    if places.unknown.contains(&code) {
        let lines = all(false);
        return Reading::NotKnown(Told { code, text, number: None, lines });
    }
    let told = match json.pointer(&places.lines) {
        None | Some(Value::Null) => all(is_taken),
        // What is refused as a whole is refused in each line.
        Some(_) if !is_taken => all(false),
        Some(Value::Array(entries)) => {
            let mut told = Vec::with_capacity(lines.len());
            for (at, entry) in entries.iter().enumerate() {
                let line = match &places.line {
                    Some(place) => code_at(entry, place).and_then(|line| line.parse().ok()),
                    None => lines.get(at).copied(),
                };
                let (Some(line), Some(code)) = (line, code_at(entry, &places.line_code)) else {
                    return Reading::Unclear(Unclear::Lines);
                };
                let text = said(entry, &places.line_text, &code);
                told.push(LineTold { line, accepted: places.accepted.contains(&code), code, text });
            }
            told.sort_by_key(|told| told.line);
            let mut wanted = lines.to_vec();
            wanted.sort_unstable();
            if told.iter().map(|told| told.line).ne(wanted) {
                return Reading::Unclear(Unclear::Lines);
            }
            told
        }
        Some(_) => return Reading::Unclear(Unclear::Lines),
    };
    Reading::Told(Told { code, text, number, lines: told })
}

/// JSON in which no name stands twice: two codes in one answer say nothing.
fn plain_json(body: &[u8]) -> Option<Value> {
    let text = std::str::from_utf8(body).ok()?;
    let is_twice = json::read(text).flaws.iter().any(|flaw| flaw.code == TWICE);
    (!is_twice).then(|| serde_json::from_str(text).ok()).flatten()
}

/// A short text or whole number.
fn code_at(json: &Value, place: &str) -> Option<String> {
    let code = match json.pointer(place)? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) if number.is_u64() => number.to_string(),
        _ => return None,
    };
    let is_good =
        !code.is_empty() && code.chars().count() <= MAX_CODE_CHARS && !code.chars().any(char::is_control);
    is_good.then_some(code)
}

fn text_at(json: &Value, place: &str) -> Option<String> {
    let text = json.pointer(place)?.as_str()?;
    let plain = text.chars().filter(|c| !c.is_control());
    let text: String = plain.take(MAX_SAID_CHARS).collect();
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn told(status: u16, body: &str) -> Reading {
        read(&Mapping::embedded("cn-manifest-2017").unwrap(), status, body.as_bytes(), &[1, 3])
    }

    #[test]
    fn what_is_not_said_clearly_is_not_known() {
        for (status, body, wanted) in [
            (200, "<html>", Unclear::NotJson),
            (200, "", Unclear::NotJson),
            (200, r#"{"code":"05","code":"01"}"#, Unclear::NotJson),
            (200, "\u{feff}{\"code\":\"01\"}", Unclear::NotJson),
            (200, "[]", Unclear::NoCode),
            (200, r#"{"code":{}}"#, Unclear::NoCode),
            (200, r#"{"code":"01","ldbh":["x"]}"#, Unclear::Number),
            (200, r#"{"code":"01","wxfw":{}}"#, Unclear::Lines),
            (200, r#"{"code":"01","wxfw":[{"hh":1,"code":"01"}]}"#, Unclear::Lines),
            (200, r#"{"code":"01","wxfw":[{"hh":1,"code":"01"},{"hh":2,"code":"01"}]}"#, Unclear::Lines),
            (200, r#"{"code":"01","wxfw":[{"hh":1,"code":"01"},{"hh":1,"code":"01"}]}"#, Unclear::Lines),
            (200, r#"{"code":"01","wxfw":[{"hh":"1","code":"01"},{"hh":"x","code":"01"}]}"#, Unclear::Lines),
            (302, r#"{"code":"01"}"#, Unclear::Status),
            (500, r#"{"code":"01"}"#, Unclear::Status),
            (503, "", Unclear::Status),
        ] {
            assert_eq!(told(status, body), Reading::Unclear(wanted), "{status} {body}");
        }
        for status in NOT_TAKEN {
            assert_eq!(told(status, r#"{"code":"01"}"#), Reading::Later);
        }
        assert!(matches!(told(404, r#"{"code":"04"}"#), Reading::NotKnown(_)));
        assert_eq!(
            told(404, "no such page"),
            Reading::Unclear(Unclear::NotJson),
            "a proxy that has no such page knows nothing"
        );
    }

    #[test]
    fn each_line_is_told_apart_and_codes_are_told_in_words() {
        let body = r#"{"code":"01","ldbh":2026350200000001,"wxfw":[{"hh":3,"code":"14-1"},{"hh":"1","code":"01","text":"好\u0000"}]}"#;
        let Reading::Told(told) = told(200, body) else { panic!() };
        assert_eq!(told.number.as_deref(), Some("2026350200000001"));
        let lines: Vec<_> = told.lines.iter().map(|l| (l.line, l.accepted, l.text.as_deref())).collect();
        assert_eq!(lines, [(1, true, Some("好")), (3, false, Some("转移数量不是数字"))]);
    }

    #[test]
    fn a_message_that_is_refused_is_refused_in_each_line() {
        for status in [200, 400, 409, 422] {
            let Reading::Told(told) = told(status, r#"{"code":"05","wxfw":[{"hh":1,"code":"01"}]}"#) else {
                panic!()
            };
            assert!(told.lines.iter().all(|line| !line.accepted) && told.lines.len() == 2);
            assert_eq!(told.text.as_deref(), Some("上传失败"));
        }
        let Reading::Told(told) = told(422, r#"{"code":"01"}"#) else { panic!() };
        assert!(!told.lines[0].accepted, "a status of refusal is no acceptance");
    }
}
