//! The form of signed JSON: what only our parser would read is refused.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::kind::{PayloadError, parse_json};
use super::payload::handover::Offer;
use crate::ledger::{Envelope, Typ};
use crate::registry::key::Invitation;

/// Read the offer inside a handover, whoever signed it: version 1, in its form, each line once.
pub fn read_offer<S>(envelope: &Envelope<S>) -> Option<Offer> {
    read(envelope).filter(Offer::is_well_formed)
}

/// Read the invitation inside an enrolment, whoever signed it.
pub fn read_invitation<S>(envelope: &Envelope<S>) -> Option<Invitation> {
    read(envelope)
}

/// The envelope inside an event, if it is one of that type.
pub fn embedded(compact: &str, typ: Typ) -> Option<Envelope<crate::ledger::Unverified>> {
    Envelope::parse(compact.as_bytes(), typ).ok()
}

fn read<T: Serialize + DeserializeOwned, S>(envelope: &Envelope<S>) -> Option<T> {
    let text = std::str::from_utf8(envelope.payload()).ok()?;
    let body: T = parse_json(text, "").ok()?;
    same_form(text, &serde_json::to_value(&body).ok()?).ok()?;
    Some(body)
}

/// Refuse what only our parser would take: a record written as a list, a choice written as a record. Other languages read the
/// same bytes, and every reader must find the same fields in them.
pub(super) fn same_form(text: &str, meant: &serde_json::Value) -> Result<(), PayloadError> {
    let written: serde_json::Value = parse_json(text, "")?;
    compare_forms(&written, meant, &mut String::new()).map_err(|pointer| {
        PayloadError::new(pointer, "该字段的 JSON 写法不符合规定", "this is not the JSON form of this field")
    })
}

fn compare_forms(
    written: &serde_json::Value,
    meant: &serde_json::Value,
    pointer: &mut String,
) -> Result<(), String> {
    use serde_json::Value::{Array, Bool, Null, Number, Object, String as Str};
    let length = pointer.len();
    match (written, meant) {
        (Object(written), Object(meant)) => {
            for (name, value) in written {
                pointer.push('/');
                pointer.push_str(name);
                // What we leave out when it is empty may be written as empty.
                let other = meant.get(name).unwrap_or(value);
                compare_forms(value, other, pointer)?;
                pointer.truncate(length);
            }
            Ok(())
        }
        (Array(written), Array(meant)) => {
            for (n, (value, other)) in written.iter().zip(meant).enumerate() {
                pointer.push_str(&format!("/{n}"));
                compare_forms(value, other, pointer)?;
                pointer.truncate(length);
            }
            Ok(())
        }
        (Str(_), Str(_)) | (Number(_), Number(_)) | (Bool(_), Bool(_)) | (Null, Null) => Ok(()),
        _ => Err(pointer.clone()),
    }
}
