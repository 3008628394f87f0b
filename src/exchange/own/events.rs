//! A stream of events, one a line.

use super::{Lint, Problem, SYSTEM, Spot, Taken};
use crate::clock::Timestamp;
use crate::custody::Observation;
use crate::custody::document::json::{self, Node, Value};
use crate::exchange::document::{Checked, Format, Schema};

/// Name of the format.
const NAME: &str = "liandan-events";

/// Whether an anchor fits, only the tree of the log can tell.
fn is_told(seen: &Observation) -> bool {
    seen.rule != "anchor-invalid"
}

/// The format.
pub struct OwnEvents;

impl Format for OwnEvents {
    fn name(&self) -> &'static str {
        NAME
    }

    fn media(&self) -> &'static str {
        "application/json"
    }

    fn schema(&self) -> Schema {
        Schema { version: "1", origin: "this project, docs/formats.md" }
    }

    fn profile(&self) -> &'static str {
        SYSTEM
    }

    fn fits(&self, _bytes: &[u8]) -> bool {
        true
    }

    fn check(&self, bytes: &[u8], as_of: Option<Timestamp>, _now: Timestamp) -> Checked {
        let text = match json::text_of(bytes) {
            Ok(text) => text,
            Err(flaws) => return Checked::unreadable(bytes, flaws),
        };
        let Some(mut lint) = Lint::new() else { return Checked::default() };
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let line = line.trim_end_matches(['\n', '\r']).trim_start_matches(json::BYTE_ORDER_MARK);
            if !line.trim().is_empty() {
                take(&mut lint, start, line);
            }
        }
        lint.checked(bytes, self.name(), as_of, is_told)
    }
}

/// One line: an envelope in either form, or an opening.
fn take(lint: &mut Lint, at: usize, line: &str) {
    let spot = Spot { at, pointer: String::new() };
    if !line.trim_start().starts_with('{') {
        return lint.event(spot, line.as_bytes(), None);
    }
    let json::Reading { root, flaws } = json::read(line);
    if !flaws.is_empty() {
        for flaw in flaws {
            let spot = Spot { at: at + flaw.at, pointer: String::new() };
            lint.errors.push((spot, Problem::new(flaw.code, &flaw.pointer, flaw.zh, flaw.en)));
        }
        return;
    }
    match root.as_ref().and_then(opening) {
        Some(Ok((event, taken))) => lint.event(spot, event.as_bytes(), Some(taken)),
        Some(Err(pointer)) => {
            let (zh, en) =
                ("开启项的成员不完整或类型不对", "a member of the opening is missing or of another type");
            lint.errors.push((spot, Problem::new("opening-malformed", pointer, zh, en)));
        }
        None => lint.event(spot, line.as_bytes(), None),
    }
}

/// An opening, as a ledger hands it out: event and times. `None` for an envelope.
fn opening(root: &Node) -> Option<Result<(&str, Taken), &'static str>> {
    let event = root.member("event")?;
    let whole = |name| match &root.member(name)?.value {
        Value::Number(number) => number.parse::<i64>().ok(),
        _ => None,
    };
    let Value::Text(event) = &event.value else { return Some(Err("/event")) };
    let Some(recorded_at_ms) = whole("recorded_at_ms") else { return Some(Err("/recorded_at_ms")) };
    let Some(skew_ms) = whole("skew_ms") else { return Some(Err("/skew_ms")) };
    Some(Ok((event, Taken { recorded_at: Timestamp::from_millis(recorded_at_ms), skew_ms })))
}
