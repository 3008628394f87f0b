//! Verbs about waste in store: it is there, arises, is put away, counted, repacked, treated.

use super::{code, drawn, has_digit, name, several, weight};
use crate::custody::payload::waste::{Loss, VarianceCause};
use crate::scenario::deed::{Count, Deed, Fed, Feed, Fresh, Fuel, Given, Packed};
use crate::scenario::words::Words;
use crate::shape::Text;

pub(super) fn deed(verb: &str, words: &mut Words) -> Result<Deed, String> {
    Ok(match verb {
        "opens" | "generates" => Deed::Appears { opening: verb == "opens", fresh: several(words, fresh)? },
        "stores" | "withdraws" => {
            let withdraws = verb == "withdraws";
            let lots = drawn(words)?;
            words.expect(if withdraws { "from" } else { "in" })?;
            Deed::Stores { withdraws, lots, facility: Text::new(words.next("a storage facility")?)? }
        }
        "counts" => Deed::Counts { counts: several(words, count)? },
        "repacks" => {
            let fed = several(words, fed)?;
            words.expect("gives")?;
            let given = several(words, given)?;
            let losses = if words.skip("losing") { several(words, loss)? } else { Vec::new() };
            Deed::Repacks { fed, given, losses }
        }
        _ => treats(words, verb == "disposes")?,
    })
}

/// Reads `L1 900-041-49 1200 kg in 6 drums`; the name may be left out.
fn fresh(words: &mut Words) -> Result<Fresh, String> {
    let lot = if has_digit(words) { None } else { Some(name(words)?) };
    let (code, weight) = (code(words)?, weight(words)?);
    Ok(Fresh { lot, code, weight, packed: in_drums(words)? })
}

fn in_drums(words: &mut Words) -> Result<Option<Packed>, String> {
    if words.skip("in") { packed(words).map(Some) } else { Ok(None) }
}

/// Reads `6 drums` or `6 drums of 200 l`.
pub(super) fn packed(words: &mut Words) -> Result<Packed, String> {
    let drums = words.parsed("a number of drums")?;
    words.expect("drums")?;
    let mut litres = None;
    if words.skip("of") {
        litres = Some(words.parsed("a number of litres")?);
        words.expect("l")?;
    }
    Ok(Packed { drums, litres })
}

/// Reads `900-041-49 500 kg from L1`.
fn fed(words: &mut Words) -> Result<Fed, String> {
    let (code, mass) = (code(words)?, words.mass()?);
    words.expect("from")?;
    Ok(Fed { code, mass, from: words.next("a lot, a manifest or a line such as M1/2")? })
}

fn treats(words: &mut Words, disposes: bool) -> Result<Deed, String> {
    let feed = if words.has_mass() {
        let mass = words.mass()?;
        words.expect("of")?;
        let of = several(words, fuel)?;
        words.expect("in")?;
        words.expect("proportion")?;
        Feed::Shared { mass, of }
    } else {
        Feed::Each(several(words, fed)?)
    };
    words.expect("by")?;
    let by = words.parsed("a treatment code such as D10")?;
    let given = if words.skip("gives") { several(words, given)? } else { Vec::new() };
    Ok(Deed::Treats { disposes, feed, by, given })
}

fn fuel(words: &mut Words) -> Result<Fuel, String> {
    if has_digit(words) { code(words).map(Fuel::Code) } else { name(words).map(Fuel::Lot) }
}

/// Reads `90 kg 772-003-18`, `L3 780 kg 900-041-49 in 4 drums` or `600 kg "base oil"`.
fn given(words: &mut Words) -> Result<Given, String> {
    let lot = if words.has_mass() { None } else { Some(name(words)?) };
    let mass = words.mass()?;
    let name = words.quoted()?;
    let code = if name.is_none() { Some(code(words)?) } else { None };
    Ok(Given { lot, mass, code, name, packed: in_drums(words)? })
}

/// Reads `20 kg spill`, with a text in quotes where somebody says more.
fn loss(words: &mut Words) -> Result<Loss, String> {
    let mass_g = words.mass()?;
    Ok(Loss { cause: cause(words)?, mass_g, note: words.quoted()? })
}

/// Reads `L1 1190 kg less 10 kg water-loss`, `L1 1205 kg more 5 kg unexplained` or `900-041-49 nothing`.
fn count(words: &mut Words) -> Result<Count, String> {
    let of = fuel(words)?;
    let mass_g = if words.skip("nothing") { 0 } else { words.mass()?.get() };
    let sign = if words.skip("less") {
        -1
    } else if words.skip("more") {
        1
    } else {
        return Ok(Count { of, mass_g, differs_g: None, cause: None, reason: words.quoted()? });
    };
    let differs_g = Some(sign * words.mass()?.get());
    let cause = if words.skip("unexplained") { None } else { Some(cause(words)?) };
    Ok(Count { of, mass_g, differs_g, cause, reason: words.quoted()? })
}

fn cause(words: &mut Words) -> Result<VarianceCause, String> {
    const CAUSES: &str = "a cause (water-loss, rinsing, tare, weighing, spill, other)";
    let word = words.next(CAUSES)?;
    serde_json::from_value(serde_json::json!(word)).map_err(|_| format!("expected {CAUSES}, found `{word}`"))
}
