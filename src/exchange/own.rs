//! Our own events and bundles, for whoever writes them: a custody linter. It folds them by the functions of the server and says what the
//! rules find, without a ledger.
//!
//! A line is an envelope, as it is uploaded, or an opening, as a ledger hands it out. Signatures are checked by the keys that the file itself
//! enrols; what is signed by any other key is said to be unverified and is not folded.

use std::collections::HashMap;

use super::document::{CheckVerdict, Checked, CheckedDocument, Found, Unreadable, severity};
use crate::catalogue::{Catalogue, Profile, Severity};
use crate::clock::Timestamp;
use crate::custody::admit::Objection;
use crate::custody::books::Rulebook;
use crate::custody::document::json::{Place, places};
use crate::custody::finding::Figures;
use crate::custody::rules::Rule;
use crate::custody::{Class, Event, Observation, Statement};
use crate::ledger::{Envelope, EventId, PublicKey, Typ};
use crate::scenario::{Model, Scripted};

mod bundle;
mod events;

pub use bundle::OwnBundle;
pub use events::OwnEvents;

/// The profile that judges them.
const SYSTEM: &str = "cn";

/// Where something stands in the file: offset of its first byte and, in a bundle, a JSON pointer.
#[derive(Clone)]
struct Spot {
    at: usize,
    pointer: String,
}

/// What a ledger said of an entry that it has.
#[derive(Clone, Copy)]
struct Taken {
    recorded_at: Timestamp,
    skew_ms: i64,
}

/// A file being folded.
struct Lint {
    model: Model,
    profile: &'static Profile,
    spots: HashMap<EventId, Spot>,
    /// The ledger that the first event speaks to.
    log: Option<String>,
    last: Timestamp,
    folded: usize,
    errors: Vec<(Spot, Problem)>,
    notices: Vec<(Spot, Problem)>,
}

/// Something about one event, in words.
struct Problem {
    code: String,
    /// JSON pointer inside the envelope or its payload.
    pointer: String,
    zh: String,
    en: String,
}

impl Problem {
    fn new(code: &str, pointer: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code: code.to_owned(), pointer: pointer.to_owned(), zh: zh.into(), en: en.into() }
    }
}

impl From<Objection> for Problem {
    fn from(objection: Objection) -> Self {
        let Objection { code, pointer, zh, en } = objection;
        Self { code, pointer, zh, en }
    }
}

impl Lint {
    fn new() -> Option<Self> {
        let profile = Profile::embedded(SYSTEM)?;
        let rulebook = Rulebook { profile, catalogue: Catalogue::embedded() };
        Some(Self {
            model: Model::new(rulebook),
            profile,
            spots: HashMap::new(),
            log: None,
            last: Timestamp::default(),
            folded: 0,
            errors: Vec::new(),
            notices: Vec::new(),
        })
    }

    /// Take in one envelope; `taken` where a ledger has it already.
    fn event(&mut self, spot: Spot, envelope: &[u8], taken: Option<Taken>) {
        if let Err(problems) = self.fold(&spot, envelope, taken) {
            self.errors.extend(problems.into_iter().map(|problem| (spot.clone(), problem)));
        }
    }

    fn fold(&mut self, spot: &Spot, envelope: &[u8], taken: Option<Taken>) -> Result<(), Vec<Problem>> {
        let envelope = Envelope::parse(envelope, Typ::Event).map_err(|error| {
            vec![Problem::new(error.code(), error.pointer(), "签名信封无法读取", error.to_string())]
        })?;
        let event = Event::parse(envelope.payload()).map_err(|error| {
            vec![Problem::new("payload-invalid", &error.pointer, "内容有误", error.message)]
        })?;
        let log = self.log.get_or_insert_with(|| event.log.to_string());
        if *log != *event.log {
            let zh = format!("该事件属于另一账本：{}", &*event.log);
            let en = format!("it speaks to the ledger {}, the events before it to {log}", &*event.log);
            return Err(vec![Problem::new("other-ledger", "/log", zh, en)]);
        }
        let Some(key) = self.key_of(&event, &envelope) else {
            let zh = format!("签名密钥 {} 未在本文件中登记，签名未核实，未计入", envelope.kid());
            let en = format!(
                "its key {} is not enrolled in this file: unverified, and not folded",
                envelope.kid()
            );
            self.notices.push((spot.clone(), Problem::new("unverified", "/kid", zh, en)));
            return Ok(());
        };
        let envelope = envelope.verify(&key).map_err(|error| {
            vec![Problem::new(error.code(), error.pointer(), "签名无效", error.to_string())]
        })?;
        if matches!(event.statement, Statement::ErasureNoticed(_)) {
            let (zh, en) = (
                "删除告示未计入：所指内容不在文件中",
                "a notice of erasure is not folded: what it names is not here",
            );
            self.notices.push((spot.clone(), Problem::new("erasure", "", zh, en)));
            return Ok(());
        }
        let recorded_at = taken.map_or(event.occurred_at, |taken| taken.recorded_at).max(self.last);
        self.last = recorded_at;
        let scripted = Scripted {
            recorded_at,
            skew_ms: taken.map_or(0, |taken| taken.skew_ms),
            actor: String::new(),
            line: 0,
            is_fact: event.kind().class() == Class::Fact,
            occurred_at: event.occurred_at,
            refused: None,
            envelope,
        };
        let took = if taken.is_some() { self.model.keep(&scripted) } else { self.model.submit(&scripted) };
        let receipt =
            took.map_err(|objections| objections.into_iter().map(Problem::from).collect::<Vec<_>>())?;
        self.folded += 1;
        if receipt.is_new {
            self.spots.insert(receipt.event, spot.clone());
        } else {
            let (zh, en) = ("同一事件在前面已出现", "the same event stands before");
            self.notices.push((spot.clone(), Problem::new("known", "", zh, en)));
        }
        Ok(())
    }

    /// The key an event brings, or the one that is enrolled under the name in its header.
    fn key_of<S>(&self, event: &Event, envelope: &Envelope<S>) -> Option<PublicKey> {
        match &event.statement {
            Statement::LedgerFounded(s) => Some(s.key),
            Statement::KeyEnrolled(s) => Some(s.key),
            Statement::KeyRotated(s) => Some(s.key),
            _ => self.model.books().registry.key(&envelope.kid()).map(|key| key.public),
        }
    }

    /// Everything that was found and can be told from this file, as of the last event or a later moment.
    fn checked(
        mut self,
        bytes: &[u8],
        kind: &'static str,
        as_of: Option<Timestamp>,
        is_told: fn(&Observation) -> bool,
    ) -> Checked {
        if self.folded == 0 && self.errors.is_empty() {
            let (zh, en) = (
                "没有一个事件能核实签名：文件须含登记其密钥的事件",
                "not one event could be verified: the file must hold the events that enrol its keys",
            );
            self.errors
                .push((Spot { at: 0, pointer: String::new() }, Problem::new("nothing-verified", "", zh, en)));
        }
        self.model.pass_time(as_of.unwrap_or(self.last));
        let mut seen = self.model.open_findings();
        seen.retain(|seen| is_told(seen));
        let at = |seen: &Observation| {
            seen.evidence.iter().filter_map(|event| self.spots.get(event)).map(|s| s.at).min()
        };
        seen.sort_by_key(|seen| (at(seen), seen.rule.clone(), seen.subject.to_string()));
        let offsets: Vec<usize> = seen
            .iter()
            .map(|seen| at(seen).unwrap_or_default())
            .chain(self.errors.iter().chain(&self.notices).map(|(spot, _)| spot.at))
            .collect();
        let mut places = places(bytes, &offsets).into_iter();
        let mut checked = Checked::default();
        for seen in seen {
            let found = self.found(seen, places.next());
            let list =
                if found.severity == Severity::Notice { &mut checked.notices } else { &mut checked.findings };
            list.push(found);
        }
        for (spot, problem) in self.errors {
            checked.errors.push(unreadable(spot, problem, places.next()));
        }
        for (spot, problem) in self.notices {
            checked.notices.push(noticed(spot, problem, places.next()));
        }
        let (number, pointer, verdict) = (self.log, String::new(), CheckVerdict::Clean);
        checked.documents.push(CheckedDocument { kind, number, pointer, verdict });
        checked.judged()
    }

    fn found(&self, seen: &Observation, place: Option<Place>) -> Found {
        let rule = Rule::named(&seen.rule);
        let first = seen.evidence.iter().filter_map(|event| self.spots.get(event)).min_by_key(|spot| spot.at);
        let text = |of: fn(&Rule) -> (&'static str, &'static str)| {
            rule.map(of).map_or_else(|| seen.rule.clone(), |(title, text)| format!("{title}：{text}"))
        };
        Found {
            document: Some(0),
            rule: Some(seen.rule.clone()),
            code: seen.rule.clone(),
            severity: severity(Some(&seen.rule), self.profile),
            pointer: first.map(|spot| spot.pointer.clone()).unwrap_or_default(),
            field: None,
            place,
            zh: text(|rule| (rule.title_zh, rule.text_zh)),
            en: text(|rule| (rule.title_en, rule.text_en)).replace('：', ": "),
            figures: seen.figures.clone().with("subject", seen.subject.to_string()),
            publisher: None,
        }
    }
}

fn unreadable(spot: Spot, problem: Problem, place: Option<Place>) -> Unreadable {
    let Problem { code, pointer, zh, en } = problem;
    let field = Some(pointer).filter(|pointer| !pointer.is_empty());
    Unreadable { document: Some(0), code, pointer: spot.pointer, field, place, zh, en }
}

fn noticed(spot: Spot, problem: Problem, place: Option<Place>) -> Found {
    let Problem { code, pointer, zh, en } = problem;
    Found {
        document: Some(0),
        rule: None,
        code,
        severity: Severity::Notice,
        pointer: spot.pointer,
        field: Some(pointer).filter(|pointer| !pointer.is_empty()),
        place,
        zh,
        en,
        figures: Figures::none(),
        publisher: None,
    }
}
