//! New ids by name: `"new:drum-1"` in a payload stands for an id that is made now, so that a caller need not make any.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::app::Fault;
use crate::app::error::{Refusal, SubmitError};
use crate::custody::kind::PayloadError;

/// Most ids that are made for one event.
pub const MAX_NEW_IDS: usize = 2_048;
/// The longest name of one, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// How the text of such an id begins.
const BEGINS: &str = "\"new:";

/// JSON text with ids in the places of their names, and which they are. A name has lower-case letters, digits and hyphens.
///
/// The text is changed, and not values read from it, so that members that stand in it twice are still found by who reads it next.
pub(super) fn filled(
    json: &str,
    mut make: impl FnMut() -> Result<Uuid, Fault>,
) -> Result<(String, BTreeMap<String, Uuid>), SubmitError> {
    let (mut text, mut ids) = (String::with_capacity(json.len()), BTreeMap::new());
    let mut rest = json;
    while let Some(at) = rest.find(BEGINS) {
        let (before, behind) = (&rest[..at], &rest[at + BEGINS.len()..]);
        text.push_str(before);
        let name = behind.split(|c: char| !is_of_name(c)).next().unwrap_or_default();
        let is_whole = behind[name.len()..].starts_with('"') && (1..=MAX_NAME_BYTES).contains(&name.len());
        if !is_whole || is_escaped(before) {
            text.push_str(BEGINS);
            rest = behind;
            continue;
        }
        let id = match ids.get(name) {
            Some(id) => *id,
            None if ids.len() == MAX_NEW_IDS => return Err(Refusal::from(too_many()).into()),
            None => *ids.entry(name.to_owned()).or_insert(make()?),
        };
        text.push_str(&format!("\"{id}\""));
        rest = &behind[name.len() + 1..];
    }
    text.push_str(rest);
    Ok((text, ids))
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'
}

/// True when a quotation mark behind this stands inside a text.
fn is_escaped(before: &str) -> bool {
    before.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

fn too_many() -> PayloadError {
    let zh = format!("一次最多生成 {MAX_NEW_IDS} 个编号");
    let en = format!("more than {MAX_NEW_IDS} new ids in one event");
    PayloadError::new("/data", zh, en)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn fill(json: &str) -> (String, BTreeMap<String, Uuid>) {
        let mut made = 0_u128;
        let make = || {
            made += 1;
            Ok(Uuid::from_u128(made))
        };
        filled(json, make).unwrap()
    }

    #[test]
    fn one_name_is_one_id() {
        let (text, ids) = fill(r#"{"a":"new:x","b":["new:x","new:y-2"]}"#);
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(text, format!(r#"{{"a":"{one}","b":["{one}","{two}"]}}"#));
        assert_eq!(ids.len(), 2);
    }

    #[test]
    fn what_is_no_name_stays_as_it_is() {
        for json in
            [r#"{"a":"new:"}"#, r#"{"a":"new:X"}"#, r#"{"a":"say \"new:x\" twice"}"#, r#"{"a":"re new:x"}"#]
        {
            assert_eq!(fill(json), (json.to_owned(), BTreeMap::new()), "{json}");
        }
    }

    #[test]
    fn not_more_than_are_made() {
        let many: Vec<String> = (0..=MAX_NEW_IDS).map(|n| format!("\"new:{n}\"")).collect();
        let refused = filled(&format!("[{}]", many.join(",")), || Ok(Uuid::nil()));
        assert!(matches!(refused, Err(SubmitError::Refused(_))));
    }
}
