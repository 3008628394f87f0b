//! Mappings: how a platform of the state calls what this ledger knows of a manifest. Data with versions and sources, from `seeds/platforms/` or a file
//! of the operator's; what was not to be found stands there as unmapped.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

/// The mappings that are compiled in.
const EMBEDDED: [&str; 1] = [include_str!("../../seeds/platforms/cn-manifest-2017.toml")];
/// Most fields of one message, and most of anything else in a mapping.
const MAX_FIELDS: usize = 128;
/// The longest text in a mapping, in characters.
const MAX_CHARS: usize = 256;

/// What is known of a manifest as a whole. `number` is the platform's own, `plan-number` what the firm said its plan is called there.
pub const HEAD_FACTS: [&str; 20] = [
    "manifest",
    "manifest-number",
    "number",
    "plan-number",
    "consignor-name",
    "consignor-uscc",
    "consignor-site",
    "consignor-division",
    "carrier-names",
    "carrier-usccs",
    "vehicles",
    "consignee-name",
    "consignee-uscc",
    "consignee-site",
    "consignee-division",
    "consignee-permit",
    "planned-on",
    "departed-on",
    "received-on",
    "discrepancy",
];
/// What is known of one line. Masses are tonnes with three decimals; containers are counted (桶).
pub const LINE_FACTS: [&str; 10] = [
    "line",
    "waste-name",
    "waste-code",
    "category",
    "planned-t",
    "moved-t",
    "accepted-t",
    "rejected-t",
    "containers",
    "treatment",
];

/// A step of a manifest that a platform may be told of, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PushStep {
    /// It is planned.
    Registered,
    /// Waste left.
    Departed,
    /// Waste was accepted.
    Received,
    /// Waste was rejected.
    Rejected,
    /// The consignor withdrew it.
    Voided,
}

impl PushStep {
    /// All of them, in their order.
    pub const ALL: [Self; 5] =
        [Self::Registered, Self::Departed, Self::Received, Self::Rejected, Self::Voided];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Departed => "departed",
            Self::Received => "received",
            Self::Rejected => "rejected",
            Self::Voided => "voided",
        }
    }

    /// The step with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

/// How a message is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// A JSON body.
    Json,
    /// A form whose one field `jsonParam` is that JSON.
    Form,
}

/// A mapping.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Names it.
    pub id: String,
    /// Its edition.
    pub edition: String,
    /// What it is called, in Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// How messages are written.
    pub encoding: Encoding,
    /// Path that tells what became of a message, by its key.
    pub ask: String,
    /// Where answers say what.
    pub answer: AnswerPlaces,
    /// What the platform's codes mean.
    #[serde(default)]
    pub codes: BTreeMap<String, String>,
    /// The messages.
    pub steps: Vec<StepMapping>,
    /// What is sent nowhere, and why.
    #[serde(default)]
    pub unmapped: Vec<Unmapped>,
}

/// Where an answer says what: JSON pointers, those of lines within one of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerPlaces {
    /// The code.
    pub code: String,
    /// The codes of what was taken.
    pub accepted: Vec<String>,
    /// The codes by which it says that it knows no message of that key.
    pub unknown: Vec<String>,
    /// In words.
    pub text: String,
    /// The number it gave.
    pub number: String,
    /// The list of lines.
    pub lines: String,
    /// Our number of a line; without it they stand in the order sent.
    pub line: Option<String>,
    /// The code of a line.
    pub line_code: String,
    /// In words.
    pub line_text: String,
}

/// The message of one step.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepMapping {
    /// Which step.
    pub step: PushStep,
    /// Where it goes, below the platform's address.
    pub path: String,
    /// Where what it said earlier is put right; none where that is not known.
    pub correct: Option<String>,
    /// The field that holds the lines; without it the message has none.
    pub lines: Option<String>,
    /// Fields of the whole.
    pub fields: Vec<Field>,
    /// Fields of each line.
    #[serde(default)]
    pub line_fields: Vec<Field>,
}

/// One field.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// What the platform calls it.
    pub name: String,
    /// The fact it says.
    pub from: Option<String>,
    /// The text it always says.
    pub text: Option<String>,
    /// What the values of the fact are called there; those that are not named are not sent.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// True where the platform takes no message without it.
    #[serde(default)]
    pub must: bool,
    /// What it is, in Chinese.
    pub zh: String,
    /// What others call the same.
    #[serde(default)]
    pub also: String,
    /// The column of HJ 1259.
    #[serde(default)]
    pub hj1259: String,
    /// Where its name is from.
    pub source: String,
}

/// What is sent nowhere.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unmapped {
    /// A step, or fields.
    pub what: String,
    /// Why, in Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// Why a mapping is refused.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// Not well-formed, or with an unknown key.
    #[error("mapping cannot be read 映射无法读取: {0}")]
    Toml(#[from] toml::de::Error),
    /// Something in it that cannot be so.
    #[error("mapping {id:?}: {what}")]
    Wrong {
        /// The mapping.
        id: String,
        /// What is wrong.
        what: String,
    },
}

impl Mapping {
    /// The compiled-in mapping of this name.
    pub fn embedded(id: &str) -> Option<Self> {
        EMBEDDED.iter().filter_map(|text| Self::parse(text).ok()).find(|mapping| mapping.id == id)
    }

    /// Read one.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        let mapping: Self = toml::from_str(text)?;
        match mapping.flaw() {
            None => Ok(mapping),
            Some(what) => Err(MappingError::Wrong { id: mapping.id, what }),
        }
    }

    /// The message of a step.
    pub fn step(&self, step: PushStep) -> Option<&StepMapping> {
        self.steps.iter().find(|mapped| mapped.step == step)
    }

    /// Every field with its step.
    pub fn fields(&self) -> impl Iterator<Item = (PushStep, &Field)> {
        self.steps
            .iter()
            .flat_map(|step| step.fields.iter().chain(&step.line_fields).map(move |field| (step.step, field)))
    }

    fn flaw(&self) -> Option<String> {
        if self.id.is_empty() || self.id.chars().count() > MAX_CHARS {
            return Some(format!("its id has 1 to {MAX_CHARS} characters"));
        }
        let mut steps = BTreeSet::new();
        for step in &self.steps {
            if !steps.insert(step.step) {
                return Some(format!("{} is mapped twice", step.step.name()));
            }
            if step.lines.is_some() == step.line_fields.is_empty() {
                return Some(format!("{}: `lines` and `line_fields` go together", step.step.name()));
            }
            let flaw = flaw_of(&step.fields, &HEAD_FACTS).or_else(|| flaw_of(&step.line_fields, &LINE_FACTS));
            if let Some(flaw) = flaw {
                return Some(format!("{}: {flaw}", step.step.name()));
            }
        }
        let answer = &self.answer;
        let places = [&answer.code, &answer.text, &answer.number, &answer.lines];
        let of_lines = [Some(&answer.line_code), Some(&answer.line_text), answer.line.as_ref()];
        let mut places = places.into_iter().chain(of_lines.into_iter().flatten());
        if let Some(place) = places.find(|place| !place.starts_with('/')) {
            return Some(format!("{place:?} is no JSON pointer"));
        }
        let paths = self.steps.iter().flat_map(|step| [Some(&step.path), step.correct.as_ref()]).flatten();
        let is_path = |path: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
            !path.is_empty() && !path.starts_with('/') && !path.contains("..") && path.chars().all(plain)
        };
        let mut paths = paths.chain([&self.ask]);
        paths.find(|path| !is_path(path)).map(|path| format!("{path:?} is no path below an address"))
    }
}

fn flaw_of(fields: &[Field], facts: &[&str]) -> Option<String> {
    if fields.len() > MAX_FIELDS {
        return Some(format!("a message has at most {MAX_FIELDS} fields"));
    }
    let mut names = BTreeSet::new();
    for field in fields {
        let name = &field.name;
        if name.is_empty() || name.chars().count() > MAX_CHARS || !names.insert(name) {
            return Some(format!("field {name:?} is there twice, or has no good name"));
        }
        match (&field.from, &field.text) {
            (Some(from), None) if facts.contains(&from.as_str()) => {}
            (None, Some(text)) if text.chars().count() <= MAX_CHARS => {}
            _ => {
                return Some(format!(
                    "field {name:?} says one fact (`from`: {}) or one `text`",
                    facts.join(", ")
                ));
            }
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_in_is_good_and_names_its_sources() {
        for text in EMBEDDED {
            let mapping = Mapping::parse(text).unwrap();
            assert!(Mapping::embedded(&mapping.id).is_some());
            for (_, field) in mapping.fields() {
                assert!(["a", "b", "c", "l"].contains(&field.source.as_str()), "{}", field.name);
                assert!(!field.zh.is_empty(), "{}", field.name);
            }
            for step in PushStep::ALL {
                let is_said = mapping.unmapped.iter().any(|unmapped| unmapped.what == step.name());
                assert_ne!(mapping.step(step).is_some(), is_said, "{}", step.name());
            }
        }
    }

    #[test]
    fn a_mapping_that_cannot_be_is_refused() {
        let good = EMBEDDED[0];
        for (from, to, why) in [
            ("from = \"moved-t\"", "from = \"mass\"", "zysl"),
            ("path = \"saveZyld\"", "path = \"../x\"", "no path"),
            ("path = \"saveZyld\"", "path = \"https://x/\"", "no path"),
            ("step = \"received\"", "step = \"departed\"", "twice"),
            ("code = \"/code\"", "code = \"code\"", "pointer"),
            ("name = \"wxfwdm\"", "name = \"wxfwmc\"", "twice"),
            ("edition = \"1\"", "edition = \"1\"\npassword = \"x\"", "password"),
        ] {
            let error = Mapping::parse(&good.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
