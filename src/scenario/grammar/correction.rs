//! Verbs about what an earlier line should have said.

use super::{Words, label};
use crate::clock::Timestamp;
use crate::custody::payload::statement::CorrectedValue;
use crate::scenario::deed::Deed;
use crate::shape::Plate;

/// Reads the words behind `corrects`, `orders`, `agrees` or `refuses`.
pub(super) fn deed(verb: &str, words: &mut Words, at: Timestamp) -> Result<Deed, String> {
    let label = label(words)?;
    if matches!(verb, "agrees" | "refuses") {
        return Ok(Deed::Answers { agrees: verb == "agrees", label, reason: words.quoted()? });
    }
    let (field, value) = field_and_value(words, at)?;
    Ok(Deed::Corrects { orders: verb == "orders", label, pointer: field, value, reason: words.quoted()? })
}

/// Reads `line 1 to 1250 kg`, `lot 2 to 900-039-49`, `vehicle to 鲁Q10002`, `time to 2026-03-02 09:20`: the JSON pointer of the field,
/// and the value.
fn field_and_value(words: &mut Words, at: Timestamp) -> Result<(String, CorrectedValue), String> {
    const FIELDS: &str = "line, accepted, rejected, drawn, lot, input, output, vehicle or time";
    let field = words.next(FIELDS)?;
    match field.as_str() {
        "vehicle" => {
            words.expect("to")?;
            let plate = Plate::new(&words.next("a plate")?)?;
            return Ok(("/data/vehicle".to_owned(), CorrectedValue::Vehicle(plate)));
        }
        "time" => {
            words.expect("to")?;
            return Ok(("/occurred_at".to_owned(), CorrectedValue::Time(words.moment(at)?)));
        }
        _ => {}
    }
    let number: usize = words.parsed("its number, from 1")?;
    let place = number.checked_sub(1).ok_or("numbers begin with 1")?;
    words.expect("to")?;
    let (of, quantity) = match field.as_str() {
        "line" => (format!("/data/lines/{place}"), "/quantity"),
        "accepted" => (format!("/data/lines/{place}"), "/accepted"),
        "rejected" => (format!("/data/lines/{place}"), "/rejected"),
        "drawn" => (format!("/data/lines/{place}"), "/drawn/0"),
        "lot" => (format!("/data/lots/{place}"), "/quantity"),
        "input" => (format!("/data/inputs/{place}"), ""),
        "output" => (format!("/data/outputs/{place}"), "/quantity"),
        other => return Err(format!("expected {FIELDS}, found `{other}`")),
    };
    if words.has_mass() {
        return Ok((format!("{of}{quantity}/mass_g"), CorrectedValue::MassG(words.mass()?)));
    }
    Ok((format!("{of}/code"), CorrectedValue::Code(words.parsed("a mass or a waste code")?)))
}
