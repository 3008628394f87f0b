//! Payloads that are refused, each with the member the program names: of a member that is twice, missing or a choice that is none,
//! the record around it. They are edited as text: most could not be written by a JSON writer.

mod cameras;
mod forms;
mod limits;
mod texts;
mod track;
mod waste;

use liandan::custody::Event;
use liandan::ledger::b64;
use serde_json::{Value, json};

use super::{LOG, id};

/// Kind, party and data of a good payload to edit.
pub(super) type Base = (&'static str, &'static str, &'static str);

pub(super) const CLOSED: Base = (
    "site.closed",
    super::CONSIGNOR,
    r#"{"site":"01890a5d-ac96-774b-bcce-b302099a8014","on":"2026-12-31","reason":"停产"}"#,
);
const STOCK: Base = (
    "stock.opened",
    super::CONSIGNOR,
    r#"{"site":"01890a5d-ac96-774b-bcce-b302099a8014","lots":[{"lot":"01890a5d-ac96-774b-bcce-b302099a8032","code":"900-041-49","quantity":{"mass_g":1200000,"basis":"measured"}}]}"#,
);
const COLLECTED: Base = (
    "waste.collected",
    super::CARRIER,
    r#"{"manifest":"01890a5d-ac96-774b-bcce-b302099a8028","from":"91370000DEM000001A","from_site":"01890a5d-ac96-774b-bcce-b302099a8014","to":"91370000DEM000002D","lines":[{"line":1,"code":"900-041-49","quantity":{"mass_g":1200000,"basis":"measured"},"drawn":[{"lot":"01890a5d-ac96-774b-bcce-b302099a8032","mass_g":1200000}]}]}"#,
);
const RECEIVED: Base = (
    "waste.received",
    super::CONSIGNEE,
    r#"{"manifest":"01890a5d-ac96-774b-bcce-b302099a8028","site":"01890a5d-ac96-774b-bcce-b302099a8015","lines":[{"line":1,"code":"900-041-49","outcome":"accepted","accepted":{"mass_g":1200000,"basis":"measured"}}]}"#,
);
const CORRECTED: Base = (
    "correction.proposed",
    super::CONSIGNEE,
    r#"{"correction":"01890a5d-ac96-774b-bcce-b302099a8046","event":"AwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM","pointer":"/data/vehicle","value":{"mass-g":1120000},"reason":"录入错误"}"#,
);

/// The text of a good payload.
pub(super) fn text((kind, party, data): Base) -> String {
    let act = id(1);
    format!(
        r#"{{"v":1,"log":"{LOG}","kind":"{kind}","act":"{act}","for":"{party}","prev":[],"anchor":null,"occurred_at":"2026-03-02T01:20:00.000Z","data":{data}}}"#
    )
}

/// The text with its only `from` replaced.
pub(super) fn swap(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from} is not once in {text}");
    text.replace(from, to)
}

/// A good payload with its only `from` replaced.
fn with(base: Base, from: &str, to: &str) -> String {
    swap(&text(base), from, to)
}

/// What is refused: comment, bytes in some form, pointer.
#[derive(Clone)]
struct Refused {
    comment: String,
    parts: Vec<(Vec<u8>, usize)>,
    pointer: &'static str,
}

fn refused(comment: &str, text: impl Into<Vec<u8>>, pointer: &'static str) -> Refused {
    Refused { comment: comment.to_owned(), parts: vec![(text.into(), 1)], pointer }
}

/// A text of parts, each repeated so many times.
fn repeated(comment: &str, parts: &[(&str, usize)], pointer: &'static str) -> Refused {
    let parts = parts.iter().map(|(text, times)| (text.as_bytes().to_vec(), *times)).collect();
    Refused { comment: comment.to_owned(), parts, pointer }
}

impl Refused {
    fn bytes(&self) -> Vec<u8> {
        self.parts.iter().flat_map(|(part, times)| part.repeat(*times)).collect()
    }

    /// What the program does otherwise than it is written here.
    fn surprise(&self) -> Option<String> {
        let (comment, pointer) = (&self.comment, self.pointer);
        match Event::parse(&self.bytes()) {
            Ok(_) => Some(format!("{comment}: taken, not refused at {pointer:?}")),
            Err(error) if error.pointer == pointer => None,
            Err(error) => Some(format!("{comment}: {:?}, not {pointer:?}: {}", error.pointer, error.message)),
        }
    }

    fn vector(&self) -> Value {
        let (comment, bytes) = (&self.comment, self.bytes());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec());
        match (&self.parts[..], text(&bytes)) {
            ([_], Ok(payload)) => json!({ "comment": comment, "payload": payload, "pointer": self.pointer }),
            (_, Err(_)) => json!({
                "comment": comment, "payload_base64url": b64::encode(&bytes), "pointer": self.pointer,
            }),
            (parts, Ok(_)) => {
                let parts: Vec<Value> =
                    parts.iter().map(|(part, times)| json!([text(part).unwrap(), times])).collect();
                json!({ "comment": comment, "payload_parts": parts, "pointer": self.pointer })
            }
        }
    }
}

pub(super) fn vectors() -> Vec<Value> {
    let of_waste = [waste::REPACKED, waste::COUNTED, waste::FED, waste::WEIGHED];
    for base in [CLOSED, STOCK, COLLECTED, RECEIVED, CORRECTED].into_iter().chain(of_waste) {
        assert!(Event::parse(text(base).as_bytes()).is_ok(), "{}: what is edited must be good", base.0);
    }
    let refused = [
        forms::vectors(),
        texts::vectors(),
        limits::vectors(),
        waste::vectors(),
        track::vectors(),
        cameras::vectors(),
    ]
    .concat();
    let surprises: Vec<String> = refused.iter().filter_map(Refused::surprise).collect();
    assert!(surprises.is_empty(), "{}", surprises.join("\n"));
    refused.iter().map(Refused::vector).collect()
}
