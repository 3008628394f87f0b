//! Full vectors are full, minimal ones minimal, and every choice is made in some vector: asked from the program, which lists in
//! its error what it would have taken.

use std::collections::BTreeSet;

use liandan::custody::Event;
use serde_json::{Value, json};

use super::{Extent, numbered};

/// Pointers of every value of a document.
fn pointers(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| pointers(value, &format!("{here}/{name}"), found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, value)| pointers(value, &format!("{here}/{n}"), found));
        }
        _ => {}
    }
}

fn pointers_of(payload: &Value) -> Vec<String> {
    let mut found = vec![];
    pointers(payload, "", &mut found);
    found
}

fn refusal(payload: &Value) -> Option<String> {
    Event::parse(payload.to_string().as_bytes()).err().map(|error| error.message)
}

/// The names in backquotes behind the first one, which is the one that was refused.
fn expected_names(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).skip(1).collect()
}

#[test]
fn every_member_an_object_may_have_is_in_the_full_vectors() {
    for (n, said) in numbered().iter().filter(|(_, said)| said.extent == Extent::Full) {
        let payload = said.payload(*n);
        for pointer in pointers_of(&payload) {
            let mut asked = payload.clone();
            let Some(object) = asked.pointer_mut(&pointer).and_then(Value::as_object_mut) else { continue };
            let there: Vec<String> = object.keys().cloned().collect();
            object.insert("?".to_owned(), json!(0));
            let message = refusal(&asked)
                .unwrap_or_else(|| panic!("{}: an unknown member is taken at {pointer}", said.kind));
            if !message.starts_with("unknown variant") {
                let mut expected = expected_names(&message);
                let loads = loads(&payload, &pointer);
                expected.retain(|name| *name != "containers" || loads);
                expected.sort_unstable();
                assert_eq!(there, expected, "{} {pointer}: {message}", said.kind);
            }
        }
    }
}

/// Containers are named where they are loaded; in any other handover that is refused.
fn loads(payload: &Value, line: &str) -> bool {
    let on_paper = line.split_once("/lines").and_then(|(handover, _)| payload.pointer(handover)?.get("step"));
    let step = on_paper.unwrap_or(&payload["kind"]).as_str().unwrap();
    !["transferred", "delivered", "returned"].iter().any(|later| step.ends_with(later))
}

#[test]
fn nothing_can_be_left_out_of_the_minimal_vectors() {
    for (n, said) in numbered().iter().filter(|(_, said)| said.extent == Extent::Minimal) {
        let payload = said.payload(*n);
        for pointer in pointers_of(&payload) {
            let Some((parent, name)) = pointer.rsplit_once('/') else { continue };
            let mut less = payload.clone();
            let Some(object) = less.pointer_mut(parent).and_then(Value::as_object_mut) else { continue };
            object.remove(name);
            assert!(refusal(&less).is_some(), "{}: {pointer} can be left out", said.kind);
        }
    }
}

#[test]
fn every_choice_is_made_in_some_vector() {
    let (mut offered, mut made) = (BTreeSet::new(), BTreeSet::new());
    for (n, said) in numbered() {
        let payload = said.payload(n);
        for pointer in pointers_of(&payload) {
            let mut asked = payload.clone();
            let here = asked.pointer_mut(&pointer).unwrap();
            let choice = match here {
                Value::String(choice) => choice.clone(),
                Value::Object(members) if members.len() == 1 => members.keys().next().unwrap().clone(),
                _ => continue,
            };
            *here = if here.is_string() { json!("?") } else { json!({ "?": 0 }) };
            let Some(message) = refusal(&asked).filter(|message| message.starts_with("unknown variant"))
            else {
                continue;
            };
            let choices: Vec<String> = expected_names(&message).into_iter().map(str::to_owned).collect();
            made.insert((choices.clone(), choice));
            offered.extend(choices.iter().map(|choice| (choices.clone(), choice.clone())));
        }
    }
    assert!(offered.len() > 40, "the program no longer says what it would have taken: {}", offered.len());
    let missing: Vec<_> = offered.difference(&made).collect();
    assert!(missing.is_empty(), "no vector makes these choices: {missing:?}");
}
