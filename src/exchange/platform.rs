//! Telling platforms of the state what became of a manifest: messages and answers, without the way between. Pure.
//!
//! An [`Adapter`] says what a step of a manifest is in the words of its platform, writes the request that tells of it, and reads what comes
//! back. [`Mapped`] does so by a [`Mapping`], which is data.

mod answer;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::escaped;
use crate::catalogue::platform::{Encoding, Field, Mapping, PushStep};
use crate::ledger::Digest;

pub use answer::{LineTold, Reading, Told, Unclear};

/// Line of a message that has none.
pub const NO_LINE: u16 = 0;
/// Facts that are put in when a message is sent, so that they make it no other message.
const LATE: [&str; 2] = ["number", "plan-number"];

/// What is known of a manifest, by the names of [`crate::catalogue::platform`]. What is not known is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Of the whole.
    pub head: BTreeMap<&'static str, String>,
    /// Of each line that the step is about.
    pub lines: BTreeMap<u16, BTreeMap<&'static str, String>>,
    /// What its reader should know of them, by name.
    pub notes: BTreeSet<String>,
}

/// A step in the words of a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// Digest of what it says of the whole.
    pub head: Digest,
    /// Digest of what it says of each line; of [`NO_LINE`] alone where it has none.
    pub lines: BTreeMap<u16, Digest>,
    /// Why something was left out, by name.
    pub notes: BTreeSet<String>,
    fields: Map<String, Value>,
    of_lines: BTreeMap<u16, Map<String, Value>>,
    /// Fields whose fact is not known and that the platform wants.
    missing: BTreeSet<String>,
}

/// What is put in when a message is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Late {
    /// The number the platform gave the manifest.
    pub number: Option<String>,
    /// What the plan is called there.
    pub plan_number: Option<String>,
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Which step.
    pub step: PushStep,
    /// True where it puts right what was taken.
    pub corrects: bool,
    /// The step in the platform's words.
    pub content: &'a Content,
    /// The lines it tells of.
    pub lines: &'a [u16],
    /// What is put in now.
    pub late: &'a Late,
}

/// One request. `body` is absent for a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Below the platform's address, with its query.
    pub path: String,
    /// Media type of the body.
    pub media_type: &'static str,
    /// The body.
    pub body: Option<String>,
}

/// What a platform is like.
pub trait Adapter: Send + Sync {
    /// A step in its words; `None` where it has none for it.
    fn content(&self, step: PushStep, facts: &Facts) -> Option<Content>;
    /// True where what was taken of a step can be put right.
    fn corrects(&self, step: PushStep) -> bool;
    /// The request that tells of a step, or the fields that are missing.
    fn request(&self, message: Message<'_>) -> Result<Request, Vec<String>>;
    /// The request that asks what became of a message.
    fn question(&self, key: &str) -> Request;
    /// What an answer says of these lines.
    fn read(&self, status: u16, body: &[u8], lines: &[u16]) -> Reading;
}

/// An adapter by a mapping.
#[derive(Clone, Debug)]
pub struct Mapped {
    mapping: Mapping,
}

impl Mapped {
    /// The adapter of a mapping.
    pub fn new(mapping: Mapping) -> Self {
        Self { mapping }
    }

    /// Its mapping.
    pub fn mapping(&self) -> &Mapping {
        &self.mapping
    }
}

impl Adapter for Mapped {
    fn content(&self, step: PushStep, facts: &Facts) -> Option<Content> {
        let mapped = self.mapping.step(step)?;
        let mut notes = facts.notes.clone();
        let mut missing = BTreeSet::new();
        let fields = written(&mapped.fields, &facts.head, &mut notes, &mut missing);
        let mut of_lines = BTreeMap::new();
        if mapped.lines.is_some() {
            for (line, known) in &facts.lines {
                of_lines.insert(*line, written(&mapped.line_fields, known, &mut notes, &mut missing));
            }
        }
        // Notes on treatment matter where it would be sent.
        if !mapped.line_fields.iter().any(|field| field.from.as_deref() == Some("treatment")) {
            notes.remove("treatment-not-stated");
        }
        let mut lines: BTreeMap<u16, Digest> =
            of_lines.iter().map(|(line, fields)| (*line, digest_of(fields))).collect();
        if mapped.lines.is_none() {
            lines.insert(NO_LINE, digest_of(&Map::new()));
        }
        Some(Content { head: digest_of(&fields), lines, notes, fields, of_lines, missing })
    }

    fn corrects(&self, step: PushStep) -> bool {
        self.mapping.step(step).is_some_and(|mapped| mapped.correct.is_some())
    }

    fn request(&self, message: Message<'_>) -> Result<Request, Vec<String>> {
        let Message { step, corrects, content, lines, late } = message;
        let mapped = self.mapping.step(step).ok_or_else(|| vec![step.name().to_owned()])?;
        let path = if corrects { mapped.correct.as_ref() } else { Some(&mapped.path) };
        let path = path.ok_or_else(|| vec![format!("{} correct", step.name())])?;
        let (mut body, mut missing) = (content.fields.clone(), content.missing.clone());
        for field in &mapped.fields {
            let value = match field.from.as_deref() {
                Some("number") => &late.number,
                Some("plan-number") => &late.plan_number,
                _ => continue,
            };
            match value {
                Some(value) => drop(body.insert(field.name.clone(), Value::String(value.clone()))),
                None if field.must => drop(missing.insert(field.name.clone())),
                None => {}
            }
        }
        if !missing.is_empty() {
            return Err(missing.into_iter().collect());
        }
        if let Some(name) = &mapped.lines {
            let lines = lines.iter().filter_map(|line| content.of_lines.get(line).cloned());
            body.insert(name.clone(), Value::Array(lines.map(Value::Object).collect()));
        }
        let json = Value::Object(body).to_string();
        let (media_type, body) = match self.mapping.encoding {
            Encoding::Json => ("application/json", json),
            Encoding::Form => {
                ("application/x-www-form-urlencoded", format!("jsonParam={}", escaped(&json, "")))
            }
        };
        Ok(Request { path: path.clone(), media_type, body: Some(body) })
    }

    fn question(&self, key: &str) -> Request {
        let path = format!("{}?key={}", self.mapping.ask, escaped(key, ""));
        Request { path, media_type: "application/json", body: None }
    }

    fn read(&self, status: u16, body: &[u8], lines: &[u16]) -> Reading {
        answer::read(&self.mapping, status, body, lines)
    }
}

/// Fields that say what is known, under the platform's names. Which of them are wanted and not known is told.
fn written(
    fields: &[Field],
    known: &BTreeMap<&'static str, String>,
    notes: &mut BTreeSet<String>,
    missing: &mut BTreeSet<String>,
) -> Map<String, Value> {
    let mut said = Map::new();
    for field in fields {
        let value = match (&field.text, &field.from) {
            (Some(text), _) => Some(text.clone()),
            (None, Some(from)) if LATE.contains(&from.as_str()) => continue,
            (None, Some(from)) => known.get(from.as_str()).cloned(),
            (None, None) => None,
        };
        let named = match value {
            Some(value) if !field.values.is_empty() => {
                let there = field.values.get(&value).cloned();
                if there.is_none() {
                    notes.insert(format!("value-unknown {}={value}", field.name));
                }
                there
            }
            value => value,
        };
        match named {
            Some(value) => drop(said.insert(field.name.clone(), Value::String(value))),
            None if field.must => drop(missing.insert(field.name.clone())),
            None => {}
        }
    }
    said
}

fn digest_of(fields: &Map<String, Value>) -> Digest {
    // Keys of a map stand in their order.
    Digest::sha256(&[Value::Object(fields.clone()).to_string().as_bytes()])
}

/// Grams as tonnes with three decimals, half a kilogram up; true beside it where grams were left out.
pub fn tonnes(grams: i64) -> (String, bool) {
    let grams = grams.max(0);
    let kilograms = grams / 1_000 + i64::from(grams % 1_000 >= 500);
    (format!("{}.{:03}", kilograms / 1_000, kilograms % 1_000), grams % 1_000 != 0)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn adapter() -> Mapped {
        Mapped::new(Mapping::embedded("cn-manifest-2017").unwrap())
    }

    fn facts() -> Facts {
        let head = [
            ("consignor-division", "350206"),
            ("departed-on", "2026-03-02"),
            ("consignor-uscc", "91350200M0001H1N0K"),
            ("consignor-name", "甲"),
            ("consignee-division", "350211"),
            ("received-on", "2026-03-02"),
            ("discrepancy", "yes"),
        ];
        let line = |n: &str| {
            BTreeMap::from([
                ("line", n.to_owned()),
                ("waste-name", "废包装".to_owned()),
                ("waste-code", "900-041-49".to_owned()),
                ("moved-t", "1.200".to_owned()),
                ("accepted-t", "1.190".to_owned()),
            ])
        };
        Facts {
            head: head.into_iter().map(|(name, value)| (name, value.to_owned())).collect(),
            lines: BTreeMap::from([(1, line("1")), (2, line("2"))]),
            notes: BTreeSet::from(["treatment-not-stated".to_owned()]),
        }
    }

    #[test]
    fn tonnes_are_exact_to_the_kilogram() {
        for (grams, said) in [
            (0, ("0.000", false)),
            (1, ("0.000", true)),
            (499, ("0.000", true)),
            (500, ("0.001", true)),
            (1_000, ("0.001", false)),
            (999_499, ("0.999", true)),
            (999_500, ("1.000", true)),
            (1_200_000, ("1.200", false)),
            (9_007_199_254_740_993_000, ("9007199254740.993", false)),
            (i64::MAX, ("9223372036854.776", true)),
        ] {
            assert_eq!(tonnes(grams), (said.0.to_owned(), said.1), "{grams}");
        }
    }

    #[test]
    fn a_step_is_written_in_the_names_of_the_platform_and_nothing_is_guessed() {
        let content = adapter().content(PushStep::Departed, &facts()).unwrap();
        let late = Late { plan_number: Some("2026350200004242".to_owned()), number: None };
        let message = |lines, late| Message {
            step: PushStep::Departed,
            corrects: false,
            content: &content,
            lines,
            late,
        };
        let request = adapter().request(message(&[2], &late)).unwrap();
        assert_eq!((request.path.as_str(), request.media_type), ("saveZyld", "application/json"));
        let said: Value = serde_json::from_str(&request.body.unwrap()).unwrap();
        let wanted = serde_json::json!({
            "zyjhbh": "2026350200004242", "ycsxzqhdm": "350206", "wfycrq": "2026-03-02", "wfycdwbm": "91350200M0001H1N0K",
            "wfycdwmc": "甲", "yrsxzqhdm": "350211",
            "wxfw": [{ "hh": "2", "wxfwmc": "废包装", "wxfwdm": "900-041-49", "zysl": "1.200", "jldw": "吨" }]
        });
        assert_eq!(said, wanted);
        assert_eq!(adapter().request(message(&[1], &Late::default())).unwrap_err(), ["zyjhbh"]);

        let content = adapter().content(PushStep::Received, &facts()).unwrap();
        let notes: Vec<&str> = content.notes.iter().map(String::as_str).collect();
        assert_eq!(notes, ["treatment-not-stated", "value-unknown sfczzdcy=yes"]);
        let late = Late { number: Some("2026350200000001".to_owned()), plan_number: None };
        let message = Message {
            step: PushStep::Received,
            corrects: false,
            content: &content,
            lines: &[1],
            late: &late,
        };
        let body = adapter().request(message).unwrap().body.unwrap();
        assert!(!body.contains("lyczfs") && !body.contains("sfczzdcy"), "{body}");
        assert!(body.contains(r#""jssl":"1.190""#), "{body}");
        assert_eq!(adapter().content(PushStep::Voided, &facts()), None);
    }

    #[test]
    fn a_form_says_the_same_escaped() {
        let mapping = Mapping { encoding: Encoding::Form, ..adapter().mapping };
        let adapter = Mapped::new(mapping);
        let content = adapter.content(PushStep::Departed, &facts()).unwrap();
        let late = Late { plan_number: Some("1&b=2".to_owned()), number: None };
        let message = Message {
            step: PushStep::Departed,
            corrects: false,
            content: &content,
            lines: &[1],
            late: &late,
        };
        let body = adapter.request(message).unwrap().body.unwrap();
        assert!(body.starts_with("jsonParam=%7B%22") && !body.contains('&'), "{body}");
        assert_eq!(adapter.question("a b").path, "getZyldByKey?key=a%20b");
    }
}
