//! The modifiers at the end of a line.

use super::waste::packed;
use super::{drawn, label, name, plate, several};
use crate::clock::Timestamp;
use crate::custody::payload::handover::{GivenWord, Handwriting};
use crate::custody::payload::manifest::Mode;
use crate::scenario::deed::{FalseAnchor, How};
use crate::scenario::picture;
use crate::scenario::words::Words;
use crate::shape::{Place, PlaceSource, Text};

/// The modifiers, as errors list them.
const MODIFIERS: &str = "a modifier (alone, releasing alone, confirmed by hand, mass, vehicle, from, sent, skew, gps, \
    knows nothing, unaware of, same act as, same id as, same drums as, unconfirmed, unassigned, unescorted, because, claiming, due, drums, in, labelled, missing, \
    extra, trip, follows, by pipeline, by rail, by ship, by old key, through, unnamed, anchor, refused, #label)";

/// Read the modifiers up to the end of the line, or up to a text in quotes that nothing asked for.
pub(in crate::scenario) fn how(words: &mut Words, at: Timestamp) -> Result<How, String> {
    let mut how = How::default();
    while let Some(word) = words.peek().map(str::to_owned) {
        if word.starts_with('#') {
            how.label = Some(label(words)?);
            continue;
        }
        words.skip(&word);
        let is_read = about_signing(&word, words, at, &mut how)?
            || about_load(&word, words, at, &mut how)?
            || about_statement(&word, words, &mut how)?;
        if !is_read {
            return Err(format!("expected {MODIFIERS} or the end of the line, found `{word}`"));
        }
    }
    Ok(how)
}

/// Who signs, with which key, knowing what, and when it reaches the ledger.
fn about_signing(word: &str, words: &mut Words, at: Timestamp, how: &mut How) -> Result<bool, String> {
    match word {
        "alone" => how.alone = true,
        "releasing" => {
            words.expect("alone")?;
            how.releasing_alone = true;
        }
        "confirmed" => how.confirmed = Some(by_hand(words)?),
        "sent" => how.sent = Some(words.moment(at)?),
        "skew" => how.skew_ms = words.span_ms()?,
        "gps" => how.place = Some(place(words)?),
        "knows" => {
            words.expect("nothing")?;
            how.knows_nothing = true;
        }
        "unaware" => {
            words.expect("of")?;
            how.unaware_of.push(label(words)?);
        }
        "by" => by(words, how)?,
        "through" => how.through = Some(words.next("who signs for the actor")?),
        "unnamed" => how.unnamed = true,
        "anchor" => how.anchor = Some(anchor(words)?),
        _ => return Ok(false),
    }
    Ok(true)
}

/// What is loaded, on what, and how it is packed.
fn about_load(word: &str, words: &mut Words, at: Timestamp, how: &mut How) -> Result<bool, String> {
    match word {
        "mass" => how.masses = Some(several(words, Words::mass)?),
        "vehicle" => how.vehicle = Some(plate(words)?),
        "from" if words.skip("nothing") => how.drawn = Some(Vec::new()),
        "from" => how.drawn = Some(drawn(words)?),
        "due" => how.due = Some(words.moment(at)?),
        "drums" => {
            words.expect("of")?;
            how.litres = Some(words.parsed("a number of litres")?);
            words.expect("l")?;
        }
        "in" => {
            let packed = packed(words)?;
            how.litres = packed.litres;
            how.packed = Some(packed);
        }
        "labelled" => how.labelled = Some(words.parsed("the serial number of the first label")?),
        "missing" => how.missing = words.parsed("a number of containers")?,
        "extra" => how.extra = words.parsed("a number of containers")?,
        "trip" => how.trip = Some(name(words)?),
        _ => return Ok(false),
    }
    Ok(true)
}

/// What the statement says besides, and what becomes of it.
fn about_statement(word: &str, words: &mut Words, how: &mut How) -> Result<bool, String> {
    match word {
        "unconfirmed" => how.unconfirmed = true,
        "unassigned" => how.unassigned = true,
        "unescorted" => how.unescorted = true,
        "same" => same(words, how)?,
        "because" => {
            let rule = Text::new(words.next("the rule that objects")?)?;
            let reason = words.quoted()?.ok_or("expected the reason in quotes after the rule")?;
            how.reasons.push((rule, reason));
        }
        "claiming" => how.claims.push(Text::new(words.next("the exemption claimed")?)?),
        "follows" => how.follows = Some(name(words)?),
        "refused" => how.refused = Some(words.next("the code of the objection")?),
        _ => return Ok(false),
    }
    Ok(true)
}

fn by(words: &mut Words, how: &mut How) -> Result<(), String> {
    let what = words.next("`old key`, `pipeline`, `rail` or `ship`")?;
    match what.as_str() {
        "pipeline" => how.mode = Some(Mode::Pipeline),
        "rail" => how.mode = Some(Mode::Rail),
        "ship" => how.mode = Some(Mode::Ship),
        "old" => {
            words.expect("key")?;
            how.by_old_key = true;
        }
        _ => return Err(format!("expected `old key`, `pipeline`, `rail` or `ship`, found `{what}`")),
    }
    Ok(())
}

/// Reads `35.104711 118.356448`: degrees north and east.
pub(super) fn place(words: &mut Words) -> Result<Place, String> {
    let (lat_udeg, lon_udeg) = (degrees(words)?, degrees(words)?);
    Ok(Place { lat_udeg, lon_udeg, accuracy_m: None, source: PlaceSource::Gps })
}

/// Degrees in millionths.
fn degrees(words: &mut Words) -> Result<i32, String> {
    let word = words.next("degrees such as 35.104711")?;
    let wrong = || format!("expected degrees such as 35.104711, found `{word}`");
    let (whole, part) = word.split_once('.').unwrap_or((&word, ""));
    let digits = format!("{whole}{part:0<6}");
    if part.len() > 6 { Err(wrong()) } else { digits.parse().map_err(|_| wrong()) }
}

/// Reads `by hand "Zhang San"`: the sheet that was signed is the picture of the weighbridge.
fn by_hand(words: &mut Words) -> Result<GivenWord, String> {
    words.expect("by")?;
    words.expect("hand")?;
    let name = words.quoted()?.ok_or("expected in quotes who signed by hand")?;
    let sha256 = picture("weighbridge").ok_or("there is no picture weighbridge")?;
    Ok(GivenWord::Handwriting(Handwriting { name, sha256 }))
}

fn anchor(words: &mut Words) -> Result<FalseAnchor, String> {
    let what = words.next("`ahead` or `other`")?;
    match what.as_str() {
        "ahead" => Ok(FalseAnchor::Ahead),
        "other" => Ok(FalseAnchor::Other),
        _ => Err(format!("expected `ahead` or `other`, found `{what}`")),
    }
}

fn same(words: &mut Words, how: &mut How) -> Result<(), String> {
    let what = words.next("`act`, `id` or `drums`")?;
    words.expect("as")?;
    match what.as_str() {
        "act" => how.same_act = Some(label(words)?),
        "id" => how.same_id = Some(name(words)?),
        "drums" => how.same_drums = Some(name(words)?),
        _ => return Err(format!("expected `act`, `id` or `drums`, found `{what}`")),
    }
    Ok(())
}
