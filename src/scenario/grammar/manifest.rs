//! Verbs about a manifest, from its registration to its receipt, and what is reported of it.

use super::{code, has_digit, name, plate, several, stop, weight};
use crate::clock::Timestamp;
use crate::custody::payload::waste::DiscrepancyType;
use crate::scenario::deed::{Deed, Found, Load, OnPaper, Share, Stop};
use crate::scenario::words::Words;
use crate::shape::{Grams, Text};

/// `None` when the verb is none of these.
pub(super) fn deed(verb: &str, words: &mut Words, at: Timestamp) -> Result<Option<Deed>, String> {
    Ok(Some(match verb {
        "registers" => {
            let manifest = name(words)?;
            Deed::Registers { manifest, loads: loads(words)?, route: route(words)? }
        }
        "amends" => amends(words)?,
        "confirms" => Deed::Confirms { manifest: name(words)? },
        "declines" => Deed::Declines { manifest: name(words)?, reason: words.quoted()? },
        "assigns" => Deed::Assigns { manifest: name(words)?, plate: plate(words)? },
        "voids" => Deed::Voids { manifest: name(words)?, reason: words.quoted()? },
        "hands" => {
            let manifest = name(words)?;
            words.expect("to")?;
            let to = stop(&words.next("who takes it over")?);
            Deed::Hands { manifest, to, loads: loads_if_any(words)? }
        }
        "receives" => Deed::Receives { manifest: name(words)?, found: several(words, found)? },
        "rejects" => {
            let manifest = name(words)?;
            let at_gate = at_gate(words)?;
            let reason = words.quoted()?;
            let (accepted, rejected) = (Share::Nothing, Share::All);
            let found = Found { accepted, code: None, rejected, at_gate, reason, more: false };
            Deed::Receives { manifest, found: vec![found] }
        }
        "weighs" => {
            let (trip, mass) = (name(words)?, words.mass()?);
            words.expect("over")?;
            Deed::Weighs { trip, mass, manifests: several(words, name)? }
        }
        "tracks" => super::track::deed(words, at)?,
        "binds" => {
            let manifest = name(words)?;
            let system = if words.skip("system") { Some(words.next("a numbering system")?) } else { None };
            let number = Text::new(words.next("a number of another system")?)?;
            Deed::Binds { manifest, system: system.map(Text::new).transpose()?, number }
        }
        "countersigns" => Deed::Countersigns { manifest: name(words)? },
        "backfills" => {
            let manifest = name(words)?;
            let handovers = several(words, |words| on_paper(words, at))?;
            Deed::BackFills { manifest, handovers, reason: words.quoted()? }
        }
        "declares" => declares(words)?,
        "reports" => {
            let (manifest, cause) = (name(words)?, words.quoted()?);
            let measures = if words.skip("measures") { words.quoted()? } else { None };
            Deed::Reports { manifest, cause, measures, pictures: super::answer::pictures(words)? }
        }
        _ => return Ok(None),
    }))
}

/// Reads `M1 900-041-49 1000 kg to crane via heron > badger "why"`; what is left out stays as it was.
fn amends(words: &mut Words) -> Result<Deed, String> {
    let (manifest, loads) = (name(words)?, loads_if_any(words)?);
    let to = if words.skip("to") { Some(stop(&words.next("the new consignee")?)) } else { None };
    let mut via = Vec::new();
    if words.skip("via") {
        via.push(stop(&words.next("the new carrier")?));
        while words.skip(">") {
            via.push(stop(&words.next("the next carrier")?));
        }
    }
    Ok(Deed::Amends { manifest, loads, to, via, reason: words.quoted()? })
}

/// Reads `M1 "why"` or `M1/2 kind "why"`: a discrepancy is about the mass unless it says otherwise.
fn declares(words: &mut Words) -> Result<Deed, String> {
    let word = name(words)?;
    let (manifest, line) = match word.split_once('/') {
        Some((manifest, line)) => {
            let line = line.parse().map_err(|_| format!("expected a line such as M1/2, found `{word}`"))?;
            (manifest.to_owned(), Some(line))
        }
        None => (word, None),
    };
    let kinds = [
        ("quantity", DiscrepancyType::Quantity),
        ("kind", DiscrepancyType::Kind),
        ("packaging", DiscrepancyType::Packaging),
        ("other", DiscrepancyType::Other),
    ];
    let about = kinds.into_iter().find(|(word, _)| words.skip(word));
    let about = about.map_or(DiscrepancyType::Quantity, |(_, about)| about);
    Ok(Deed::Declares { manifest, line, about, text: words.quoted()? })
}

/// Reads `acme > swift 09:20` or `acme > swift 09:20 1100 kg`.
fn on_paper(words: &mut Words, at: Timestamp) -> Result<OnPaper, String> {
    let from = stop(&words.next("who let go")?);
    words.expect(">")?;
    let to = stop(&words.next("who took over")?);
    let at = words.moment(at)?;
    Ok(OnPaper { from, to, at, loads: loads_if_any(words)? })
}

fn found(words: &mut Words) -> Result<Found, String> {
    let accepted = share(words)?;
    let code = if words.skip("as") { Some(code(words)?) } else { None };
    let rejects = words.skip("rejects");
    let rejected = if rejects { share(words)? } else { Share::Nothing };
    let at_gate = rejects && at_gate(words)?;
    let reason = if rejects { words.quoted()? } else { None };
    Ok(Found { accepted, code, rejected, at_gate, reason, more: words.skip("more") })
}

fn at_gate(words: &mut Words) -> Result<bool, String> {
    let at = words.skip("at");
    if at {
        words.expect("gate")?;
    }
    Ok(at)
}

fn share(words: &mut Words) -> Result<Share, String> {
    for (word, share) in [("all", Share::All), ("nothing", Share::Nothing), ("share", Share::OfTrip)] {
        if words.skip(word) {
            return Ok(share);
        }
    }
    words.mass().map(Share::Of).map_err(|why| format!("{why} (or `all`, or `nothing`, or `share`)"))
}

fn loads(words: &mut Words) -> Result<Vec<Load>, String> {
    several(words, |words| {
        let code = if words.has_mass() || words.peek() == Some("about") { None } else { Some(code(words)?) };
        let weight = weight(words)?;
        let by = if words.skip("by") { Some(words.parsed("a treatment code such as D10")?) } else { None };
        Ok(Load { code, weight, by })
    })
}

fn loads_if_any(words: &mut Words) -> Result<Vec<Load>, String> {
    if has_digit(words) || words.peek() == Some("about") { loads(words) } else { Ok(Vec::new()) }
}

fn route(words: &mut Words) -> Result<Vec<Stop>, String> {
    let mut stops = vec![stop(&words.next("a route such as acme > swift > phoenix")?)];
    while words.skip(">") {
        stops.push(stop(&words.next("the next party of the route")?));
    }
    if stops.len() < 3 {
        return Err(
            "expected a route of consignor, carriers and consignee such as acme > swift > phoenix".to_owned()
        );
    }
    Ok(stops)
}

/// The mass of a share when `all_g` is all there is and `trip_g` what a weighing of the trip gave; `None` for nothing.
pub(in crate::scenario) fn grams(share: Share, all_g: i64, trip_g: Option<i64>) -> Option<Grams> {
    match share {
        Share::All => Grams::new(all_g),
        Share::Nothing => None,
        Share::Of(mass) => Some(mass),
        Share::OfTrip => trip_g.and_then(Grams::new),
    }
}
