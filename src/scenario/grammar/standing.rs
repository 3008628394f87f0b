//! Verbs about permits and papers: who may do what, what was planned, agreed, seen and punished.

use super::{code, name, plate, several};
use crate::catalogue::TreatmentCode;
use crate::registry::PermitChange;
use crate::registry::standing::{Advance, Collection, Qualification};
use crate::scenario::deed::{Deed, Held, PaperDeed, PermitDeed};
use crate::scenario::words::{Words, read_day};
use crate::shape::{List, Text};

const DAYS: &str = "days such as 2024-01-01..2028-12-31";

/// Read what follows one of these verbs; `None` for any other.
pub(super) fn deed(verb: &str, words: &mut Words) -> Result<Option<Deed>, String> {
    Ok(Some(match verb {
        "permits" => {
            let party = words.next("who gets the permit")?;
            Deed::Permit { party, deed: terms(words)? }
        }
        "suspends" | "reinstates" => {
            words.expect("permit")?;
            stands(verb, words)?
        }
        "plans" => plans(words, false)?,
        "contracts" => {
            let with = words.next("the other side")?;
            let mut codes = Vec::new();
            while words.peek().is_some_and(|word| !word.contains("..")) {
                codes.push(words.parsed("a code or category such as HW49")?);
            }
            Deed::Paper(PaperDeed::Contracts { with, codes: List::new(codes)?, days: days(words)? })
        }
        "licenses" => {
            let vehicle = plate(words)?;
            words.expect("for")?;
            let (carrier, days) = (words.next("the carrier")?, days(words)?);
            let rated = if words.skip("rated") { Some(words.mass()?) } else { None };
            Deed::Paper(PaperDeed::Licenses { vehicle, carrier, days, rated })
        }
        "qualifies" => {
            let qualification = match words.next("`driver` or `escort`")?.as_str() {
                "driver" => Qualification::Driver,
                "escort" => Qualification::Escort,
                other => return Err(format!("expected `driver` or `escort`, found `{other}`")),
            };
            words.expect("of")?;
            let carrier = words.next("the carrier")?;
            Deed::Paper(PaperDeed::Qualifies { qualification, carrier, days: days(words)? })
        }
        "applies" | "advances" | "grants" => Deed::Paper(application(verb, words)?),
        "inspects" => {
            Deed::Paper(PaperDeed::Inspects { at: super::stop(&words.next("where")?), text: text(words)? })
        }
        "fines" => {
            let party = words.next("who is fined")?;
            let number = Text::new(words.next("the number of the decision")?)?;
            Deed::Paper(PaperDeed::Fines { party, number, text: text(words)? })
        }
        "holds" => {
            let hold = name(words)?;
            words.expect("on")?;
            Deed::Paper(PaperDeed::Holds { hold, on: held(words)?, reason: text(words)? })
        }
        "lifts" => Deed::Paper(PaperDeed::Lifts { hold: name(words)?, reason: text(words)? }),
        "lies" => Deed::Lies,
        "films" => {
            let facility = Text::new(words.next("a facility such as TS001")?)?;
            words.expect("keeps")?;
            let keeps_days = words.parsed("a number of days")?;
            words.expect("days")?;
            Deed::Paper(PaperDeed::Films { facility, keeps_days })
        }
        "closes" => Deed::Closes { on: read_day(&words.next("the last day")?)?, reason: text(words)? },
        _ => return Ok(None),
    }))
}

/// Reads `acme/paint`, `lot L1`, `manifest M1` or `vehicle 鲁Q10001`.
fn held(words: &mut Words) -> Result<Held, String> {
    Ok(match words.next("what is held")?.as_str() {
        "lot" => Held::Lot(words.next("a lot")?),
        "manifest" => Held::Manifest(name(words)?),
        "vehicle" => Held::Vehicle(super::plate(words)?),
        site => Held::Site(super::stop(site)),
    })
}

/// Reads `2026 900-041-49 20 t + 900-252-12 6 t` behind `plans`, `amends plan`.
pub(super) fn plans(words: &mut Words, amends: bool) -> Result<Deed, String> {
    let year = words.parsed("a year")?;
    let lines = several(words, |words| Ok((code(words)?, words.mass()?)))?;
    Ok(Deed::Paper(PaperDeed::Plans { year, lines, amends }))
}

/// Reads `of mirage from 2026-03-04 "why"` behind `suspends permit`, `reinstates permit`, `revokes permit`.
pub(super) fn stands(verb: &str, words: &mut Words) -> Result<Deed, String> {
    words.expect("of")?;
    let party = words.next("whose permit")?;
    words.expect("from")?;
    let from = read_day(&words.next("a day")?)?;
    let change = match verb {
        "suspends" => PermitChange::Suspended(from),
        "reinstates" => PermitChange::Reinstated(from),
        _ => PermitChange::Revoked(from),
    };
    Ok(Deed::Permit { party, deed: PermitDeed::Stands { change, reason: text(words)? } })
}

/// Reads `of mirage HW49 by R15 2026-01-01..2026-12-31 "why"` behind `amends permit`.
pub(super) fn amends(words: &mut Words) -> Result<Deed, String> {
    words.expect("of")?;
    let party = words.next("whose permit")?;
    let PermitDeed::Terms { codes, methods, yearly_g, days, collection, .. } = terms(words)? else {
        unreachable!("terms are terms")
    };
    let amends = Some(text(words)?);
    let deed = PermitDeed::Terms { codes, methods, yearly_g, days, collection, amends };
    Ok(Deed::Permit { party, deed })
}

/// Reads `A1 harbor 900-041-49 20 t + 900-252-12 1 t by D10 2026-04-01..2026-12-31` behind `applies`, `A1 accepted` or `A1 refused "why"`
/// behind `advances`, `A1 No.1` behind `grants`.
fn application(verb: &str, words: &mut Words) -> Result<PaperDeed, String> {
    let application = name(words)?;
    Ok(match verb {
        "applies" => {
            let consignee = words.next("who is to get it")?;
            let lines = several(words, |words| Ok((code(words)?, words.mass()?)))?;
            words.expect("by")?;
            let (methods, days) = (List::new(methods(words)?)?, days(words)?);
            PaperDeed::Applies { application, consignee, lines, methods, days }
        }
        "advances" => {
            let stage = stage(&words.next("a stage such as accepted")?)?;
            PaperDeed::Advances { application, stage, reason: words.quoted()? }
        }
        _ => PaperDeed::Grants { application, number: Text::new(words.next("the number of the approval")?)? },
    })
}

fn stage(word: &str) -> Result<Advance, String> {
    serde_json::from_value(word.into()).map_err(|_| format!("`{word}` is no stage of an application"))
}

fn terms(words: &mut Words) -> Result<PermitDeed, String> {
    let mut codes = Vec::new();
    while words.peek().is_some_and(|word| word != "by") {
        codes.push(words.parsed("a code or category such as HW49")?);
    }
    words.expect("by")?;
    let (codes, methods) = (List::new(codes)?, List::new(methods(words)?)?);
    let names_amount = words.peek().is_some_and(|word| !word.contains(".."));
    let yearly_g = if names_amount { Some(words.mass()?) } else { None };
    let (days, collection) = (days(words)?, collection(words)?);
    Ok(PermitDeed::Terms { codes, methods, yearly_g, days, collection, amends: None })
}

/// Treatment codes, up to an amount or days.
fn methods(words: &mut Words) -> Result<Vec<TreatmentCode>, String> {
    let mut methods = vec![words.parsed("a treatment code such as D10")?];
    while words.peek().is_some_and(|word| word.starts_with(char::is_alphabetic)) {
        methods.push(words.parsed("a treatment code, or days such as 2024-01-01..2028-12-31")?);
    }
    Ok(methods)
}

/// Reads `collecting`, or `collecting within 30`, working days: it may only be collected, and is passed on.
fn collection(words: &mut Words) -> Result<Option<Collection>, String> {
    if !words.skip("collecting") {
        return Ok(None);
    }
    let working_days =
        if words.skip("within") { Some(words.parsed("a number of working days")?) } else { None };
    Ok(Some(Collection { working_days }))
}

fn days(words: &mut Words) -> Result<(chrono::NaiveDate, chrono::NaiveDate), String> {
    let days = words.next(DAYS)?;
    let (from, to) = days.split_once("..").ok_or(format!("expected {DAYS}"))?;
    Ok((read_day(from)?, read_day(to)?))
}

fn text<const MAX: usize>(words: &mut Words) -> Result<Text<MAX>, String> {
    words.quoted()?.ok_or_else(|| "expected a text in quotes".to_owned())
}
