//! tests/vectors/optical.json: signed texts of tests/vectors/events.json as the codes that carry them, and codes that come to nothing. The
//! program and the scripts of the pages are both held to it, in both directions.
//!
//! After a deliberate change: `LIANDAN_BLESS=1 cargo test --test it optical_vectors`, then read the difference. What version 1 says of a text
//! never changes.

use liandan::ledger::optical::{codes, read};
use serde_json::{Value, json};

use crate::event_vectors::bless;
use crate::interop::tools::NODE_ALONE;

const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/events.json");
const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/optical.json");

fn parsed(file: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// Compact forms, each with where it stands in the other file.
fn compacts() -> Vec<(String, String)> {
    let events = parsed(EVENTS);
    let of = |section: &str| {
        let all = events.pointer(section).unwrap().as_array().unwrap().iter().enumerate();
        let all = all
            .map(|(n, one)| (format!("{section}/{n}/compact"), one["compact"].as_str().unwrap().to_owned()));
        all.collect::<Vec<_>>()
    };
    ["/events", "/offers/good", "/invitations/good", "/codes/good"].into_iter().flat_map(of).collect()
}

/// A good code of one part, spoilt in one way each.
fn spoilt() -> Vec<Value> {
    let (_, offer) = compacts().into_iter().find(|(at, _)| at.starts_with("/offers/")).unwrap();
    let good = codes(&offer).unwrap().remove(0);
    let with = |at: usize, sign: &str| format!("{}{sign}{}", &good[..at], &good[at + 1..]);
    let other_name = if &good[3..4] == "A" { "B" } else { "A" };
    let half = |n: usize| format!("1{n}2{}", &good[3..60]);
    vec![
        json!({ "why": "another version", "codes": [with(0, "2")] }),
        json!({ "why": "part 0", "codes": [with(1, "0")] }),
        json!({ "why": "part 2 of 1", "codes": [with(1, "2")] }),
        json!({ "why": "of more parts than there may be", "codes": [with(2, "9")] }),
        json!({ "why": "another name", "codes": [with(3, other_name)] }),
        json!({ "why": "one character less", "codes": [good[..good.len() - 1]] }),
        json!({ "why": "one character more", "codes": [format!("{good}A")] }),
        json!({ "why": "a blank within", "codes": [with(20, " ")] }),
        json!({ "why": "nothing in it", "codes": [good[..7]] }),
        json!({ "why": "one of two", "codes": [half(1)] }),
        json!({ "why": "two halves of different documents", "codes": [half(1), with(2, "2")] }),
        json!({ "why": "no code at all", "codes": [] }),
    ]
}

#[test]
fn the_committed_codes_are_what_the_program_makes() {
    let carried: Vec<Value> =
        compacts().into_iter().map(|(at, compact)| json!({ "of": at, "codes": codes(&compact) })).collect();
    let made = json!({
        "comment": "The optical form (docs/formats.md). carried: the signed text at a place of events.json, and the texts of the codes that \
            carry it; null for what does not travel so. refused: codes that come to no signed text.",
        "carried": carried,
        "refused": spoilt(),
    });
    if bless() {
        std::fs::write(FILE, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
    }
    assert!(parsed(FILE) == made, "see the head of this file for how to renew the vectors");
}

#[test]
fn every_code_comes_back_to_the_byte_and_spoilt_ones_to_nothing() {
    let mut of_parts = [0; 5];
    for (at, compact) in compacts() {
        let Some(codes) = codes(&compact) else {
            of_parts[0] += 1;
            continue;
        };
        of_parts[codes.len()] += 1;
        assert_eq!(read(codes.iter().map(String::as_str)).unwrap(), compact, "{at}");
        if at.starts_with("/offers/") {
            assert!(codes.len() <= 2, "{at}");
        }
    }
    assert!(of_parts[1] > 50 && of_parts[2] > 0, "{of_parts:?}");
    for one in spoilt() {
        let texts: Vec<&str> =
            one["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
        assert!(read(texts).is_err(), "{}", one["why"]);
    }
}

#[test]
fn the_scripts_of_the_pages_make_and_read_the_same_codes() {
    let Some(said) = NODE_ALONE.run(&["tests/interop/browser.mjs", "optical", FILE, EVENTS]) else { return };
    let vectors = parsed(FILE);
    let all = vectors["carried"].as_array().unwrap().len() + vectors["refused"].as_array().unwrap().len();
    let bad: Vec<&str> = said.lines().filter(|line| !line.ends_with(" ok")).collect();
    assert!(bad.is_empty(), "{bad:?}");
    assert_eq!(said.lines().count(), all);
}
