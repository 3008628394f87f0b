//! The same statement in other bytes: all of these are one event.

use liandan::custody::Event;
use serde_json::{Value, json};

use super::refused::{CLOSED, swap, text};
use super::{CONSIGNOR, id};

pub(super) fn vectors() -> Vec<Value> {
    let plain = text(CLOSED);
    let spaced = plain.replace("\":", "\" :\r\n\t ").replace(",\"", " , \"");
    let (head, tail) = plain.split_once(r#","data":"#).unwrap();
    let turned = format!(r#"{{"data":{},{}}}"#, &tail[..tail.len() - 1], &head[1..]);
    let offset = swap(&plain, "2026-03-02T01:20:00.000Z", "2026-03-02T09:20:00+08:00");
    let same = [
        ("as it is written most plainly", plain.clone()),
        ("white space between everything", format!("\n {spaced}\n")),
        ("members in another order", turned),
        ("a member name with an escape", swap(&plain, r#""kind""#, r#""\u006bind""#)),
        ("a text with escapes", swap(&plain, "停产", r"\u505C\u4ea7")),
        (
            "optional members written as null",
            swap(&plain, r#""prev":[]"#, r#""prev":[],"mandate":null,"place":null"#),
        ),
        ("empty members left out", swap(&plain, r#""prev":[],"anchor":null,"#, "")),
        ("the time with another offset", offset),
        ("the time without fractions", swap(&plain, "00.000Z", "00Z")),
    ];
    let meant = Event::parse(plain.as_bytes()).unwrap();
    assert_eq!((meant.kind().name(), meant.party.as_str()), ("site.closed", CONSIGNOR));
    same.map(|(comment, text)| {
        let event = Event::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{comment}: {error:?}"));
        assert_eq!(event, meant, "{comment}");
        json!({ "comment": comment, "act": id(1), "kind": "site.closed", "payload": text })
    })
    .into()
}
