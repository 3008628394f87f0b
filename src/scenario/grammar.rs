//! What may stand after the actor: the verbs with their words. The modifiers at the end of a line stand in `how.rs`.

mod answer;
mod correction;
mod declaration;
mod how;
mod manifest;
mod standing;
mod track;
mod waste;

use super::deed::{Deed, Drawn, FindingDeed, Stop, Weight};
use super::words::{Words, read_day};
use crate::catalogue::WasteCode;
use crate::clock::Timestamp;
use crate::shape::{List, Plate, Text};
pub(super) use how::how;
pub(super) use manifest::grams;

const VERBS: &str = "opens, generates, stores, withdraws, counts, repacks, registers, amends, confirms, declines, assigns, \
    voids, hands, receives, rejects, weighs, tracks, uses, disposes, countersigns, backfills, declares, reports, imports, again, \
    revokes, enrols, rotates, reaffirms, disavows, permits, suspends, \
    reinstates, licenses, qualifies, plans, contracts, applies, advances, grants, inspects, fines, holds, lifts, lies, films, closes, corrects, orders, agrees, refuses, files, returns, accepts, mandates, binds, \
    explains, upholds, answers";

/// Reads `acme` or `acme/paint`.
pub(super) fn stop(word: &str) -> Stop {
    match word.split_once('/') {
        Some((party, site)) => Stop { party: party.to_owned(), site: Some(site.to_owned()) },
        None => Stop { party: word.to_owned(), site: None },
    }
}

/// Read the verb and its words; `at` is the moment of the line.
pub(super) fn deed(words: &mut Words, at: Timestamp) -> Result<Deed, String> {
    let verb = words.next(&format!("a verb ({VERBS})"))?;
    match verb.as_str() {
        "explains" => answer::of_finding(FindingDeed::Explains, words),
        "upholds" => answer::of_finding(FindingDeed::Upholds, words),
        "closes" if words.skip("finding") => answer::of_finding(FindingDeed::Closes, words),
        "opens" if words.skip("case") => answer::opens(words),
        "assigns" if words.skip("case") => answer::assigns(words),
        "closes" if words.skip("case") => answer::closes(words),
        "answers" => answer::answers(words),
        "opens" | "generates" | "stores" | "withdraws" | "counts" | "repacks" | "uses" | "disposes" => {
            waste::deed(&verb, words)
        }
        "files" | "returns" | "accepts" => declaration::deed(&verb, words),
        "corrects" | "orders" | "agrees" | "refuses" => correction::deed(&verb, words, at),
        "again" | "revokes" | "enrols" | "rotates" | "reaffirms" | "disavows" | "mandates" => {
            of_keys(&verb, words)
        }
        "amends" if words.skip("permit") => standing::amends(words),
        "amends" if words.skip("plan") => standing::plans(words, true),
        "imports" => {
            let document = name(words)?;
            let source = Text::new(words.next("the system it comes from")?)?;
            Ok(Deed::Imports { document, source, number: Text::new(words.next("its number there")?)? })
        }
        _ => {
            let read = match standing::deed(&verb, words)? {
                Some(deed) => Some(deed),
                None => manifest::deed(&verb, words, at)?,
            };
            read.ok_or(format!("expected a verb ({VERBS}), found `{verb}`"))
        }
    }
}

/// Verbs about what was said, and about keys.
fn of_keys(verb: &str, words: &mut Words) -> Result<Deed, String> {
    Ok(match verb {
        "again" => Deed::SendsAgain { label: label(words)? },
        "revokes" if words.skip("permit") => standing::stands(verb, words)?,
        "revokes" if words.skip("mandate") => {
            words.expect("of")?;
            Deed::RevokesMandate { to: words.next("whose mandate")? }
        }
        "revokes" => {
            let party = key_of(words)?;
            let suspected_from = if words.skip("suspected") { Some(suspected_from(words)?) } else { None };
            Deed::RevokesKey { party, suspected_from }
        }
        "enrols" => Deed::EnrolsKey { party: key_of(words)? },
        "rotates" => {
            words.expect("key")?;
            Deed::RotatesKey
        }
        "mandates" => mandates(words)?,
        _ => {
            let reaffirms = verb == "reaffirms";
            Deed::Restates { reaffirms, label: label(words)?, reason: words.quoted()? }
        }
    })
}

fn key_of(words: &mut Words) -> Result<String, String> {
    words.expect("key")?;
    words.expect("of")?;
    words.next("whose key")
}

fn suspected_from(words: &mut Words) -> Result<String, String> {
    words.expect("from")?;
    label(words)
}

/// Reads `phoenix for waste.generated + manifest.registered from 2026-03-03 until 2026-12-31`.
fn mandates(words: &mut Words) -> Result<Deed, String> {
    let to = words.next("who may sign")?;
    words.expect("for")?;
    let kinds = several(words, |words| Text::new(words.next("a kind such as manifest.registered")?))?;
    let day = |words: &mut Words| read_day(&words.next("a day such as 2026-12-31")?);
    let from = if words.skip("from") { Some(day(words)?) } else { None };
    words.expect("until")?;
    Ok(Deed::Mandates { to, kinds: List::new(kinds)?, from, until: day(words)? })
}

/// Reads `L1 700 kg + L2 500 kg`.
fn drawn(words: &mut Words) -> Result<Vec<Drawn>, String> {
    several(words, |words| Ok(Drawn { lot: name(words)?, mass: words.mass()? }))
}

/// Reads `206 kg` or `about 206 kg`.
fn weight(words: &mut Words) -> Result<Weight, String> {
    let about = words.skip("about");
    Ok(Weight { mass: words.mass()?, about })
}

/// One or more of something with `+` between them.
fn several<T>(words: &mut Words, one: impl Fn(&mut Words) -> Result<T, String>) -> Result<Vec<T>, String> {
    let mut all = vec![one(words)?];
    while words.skip("+") {
        all.push(one(words)?);
    }
    Ok(all)
}

fn name(words: &mut Words) -> Result<String, String> {
    let word = words.next("a name such as M1 or L1")?;
    let begins = word.starts_with(|c: char| c.is_ascii_alphabetic());
    if begins { Ok(word) } else { Err(format!("expected a name such as M1 or L1, found `{word}`")) }
}

fn label(words: &mut Words) -> Result<String, String> {
    let word = words.next("a label such as #k1")?;
    if word.starts_with('#') {
        Ok(word)
    } else {
        Err(format!("expected a label such as #k1, found `{word}`"))
    }
}

/// True when a waste code or a number comes.
fn has_digit(words: &Words) -> bool {
    words.peek().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

fn code(words: &mut Words) -> Result<WasteCode, String> {
    words.parsed("a waste code such as 900-041-49")
}

fn plate(words: &mut Words) -> Result<Plate, String> {
    Plate::new(&words.next("a plate such as 鲁Q12345")?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::deed::{Count, Feed, Fuel, How, Share};
    use super::*;
    use crate::custody::payload::manifest::Mode;
    use crate::custody::payload::waste::{DiscrepancyType, VarianceCause};

    fn read(line: &str) -> Result<(Deed, How), String> {
        let mut words = Words::of(line).unwrap();
        let at = "2026-03-02T09:20:00+08:00".parse().unwrap();
        let deed = deed(&mut words, at)?;
        let how = how(&mut words, at)?;
        if words.is_empty() { Ok((deed, how)) } else { Err("something is left".to_owned()) }
    }

    #[test]
    fn every_verb_about_waste_in_store_is_read() {
        for line in [
            "generates L1 900-041-49 about 1200 kg in 6 drums of 200 l",
            "stores L1 700 kg + L2 500 kg in TS001",
            "withdraws L1 700 kg from TS001",
            "repacks 900-041-49 500 kg from L1 + 900-041-49 300 kg from M1/2 gives L3 780 kg 900-041-49 in 4 drums losing 20 kg spill \"fell over\" #k1",
            "disposes 5 t of 900-041-49 + L2 in proportion by D10 gives 900 kg 772-003-18 + 3 kg \"steam\"",
        ] {
            assert!(read(line).is_ok(), "{line}: {:?}", read(line));
        }
        let (Deed::Counts { counts }, _) =
            read("counts L1 1190 kg less 10 kg water-loss \"dry\" + 900-041-49 nothing").unwrap()
        else {
            panic!("not a count")
        };
        let [Count { differs_g: Some(-10_000), cause: Some(VarianceCause::WaterLoss), .. }, by_code] =
            &counts[..]
        else {
            panic!("{counts:?}")
        };
        assert!(matches!(by_code, Count { of: Fuel::Code(_), mass_g: 0, differs_g: None, .. }));
    }

    #[test]
    fn every_verb_about_a_manifest_is_read() {
        for line in [
            "registers M1 900-041-49 1200 kg acme > acme > phoenix by pipeline trip R1 follows M0 in 6 drums of 200 l",
            "amends M1 900-041-49 1000 kg by D10 to crane via heron > badger \"why\" due 18:00",
            "hands M1 to swift about 206 kg missing 1 extra 2",
            "receives M1 share + 1000 kg rejects 200 kg at gate \"wet\" + all",
            "rejects M1 at gate \"no label\"",
            "weighs R1 1840 kg over M1 + M2",
            "tracks M1 + M2 on 鲁Q10001 09:20 35.1 118.35 > 10:00 35.2 118.35 silent 10:40 35.25 118.35 alarm speeding 09:50",
            "backfills M1 acme > swift 09:20 + swift > phoenix 2026-03-03 16:05 1100 kg \"no signal\"",
            "reports M1 \"crash\" measures \"sand\"",
        ] {
            assert!(read(line).is_ok(), "{line}: {:?}", read(line));
        }
        let (declared, _) = read("declares M1/2 kind \"acid\"").unwrap();
        let Deed::Declares { line: Some(2), about: DiscrepancyType::Kind, .. } = declared else {
            panic!("{declared:?}")
        };
        let (Deed::Receives { found, .. }, _) = read("receives M1 1 t rejects all at gate").unwrap() else {
            panic!("not a receipt")
        };
        assert!(found[0].at_gate && found[0].rejected == Share::All);
        let (_, how) = read("hands M1 to swift by old key by rail").unwrap();
        assert!(how.by_old_key && how.mode == Some(Mode::Rail));
    }

    #[test]
    fn declarations_are_read_by_their_periods() {
        for (line, first) in [
            ("files month 2026-02 900-041-49 opened 12 t + 900-041-49 closing 12 t #d1", "2026-02-01"),
            ("files quarter 2026-Q4 zero", "2026-10-01"),
            ("files year 2026 shutdown", "2026-01-01"),
        ] {
            let (Deed::Files { from, .. }, _) = read(line).unwrap() else { panic!("{line}") };
            assert_eq!(from.to_string(), first, "{line}");
        }
        assert!(matches!(read("accepts #d1").unwrap(), (Deed::Accepts { .. }, _)));
    }

    #[test]
    fn a_feed_is_weighed_in_parts_or_as_a_whole() {
        let feed = |line: &str| match read(line).unwrap() {
            (Deed::Treats { feed, .. }, _) => feed,
            other => panic!("{other:?}"),
        };
        assert!(matches!(feed("uses 900-214-08 5 t from M1 by R9"), Feed::Each(fed) if fed.len() == 1));
        let shared = feed("uses 5 t of 900-214-08 in proportion by R9");
        assert!(matches!(shared, Feed::Shared { of, .. } if matches!(of[..], [Fuel::Code(_)])));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, says) in [
            ("counts L1 1190 kg less 10 kg magic", "a cause (water-loss"),
            ("stores L1 700 kg from TS001", "expected `in`"),
            ("repacks 900-041-49 1 kg from L1", "expected `gives`"),
            ("disposes 5 t of 900-041-49 by D10", "expected `in`"),
            ("weighs R1 1840 kg", "expected `over`"),
            ("rejects M1 at home", "expected `gate`"),
            ("declares M1/x \"why\"", "expected a line such as M1/2"),
            ("backfills M1 acme swift 09:20", "expected `>`"),
            ("hands M1 to swift missing some", "a number of containers"),
            ("hands M1 to swift by balloon", "`pipeline`"),
            ("registers M1 900-041-49 1 t acme > swift > phoenix in 6 bags", "expected `drums`"),
            ("files week 2026-02 zero", "neither month, quarter nor year"),
            ("files month 2026-13 zero", "a period such as 2026-02"),
            ("files quarter 2026-Q0 zero", "a period such as 2026-02"),
            ("returns #d1 /lines/0/mass_g", "in quotes"),
        ] {
            let error = read(line).unwrap_err();
            assert!(error.contains(says), "{line}: {error}");
        }
    }
}
