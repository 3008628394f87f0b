//! What may stand after the actor: the verbs with their words, and the modifiers at the end of a line.

use super::script::{Deed, Drawn, FalseAnchor, Fed, Found, Given, How, Load, Share, Stop};
use super::words::{Words, read_day};
use crate::catalogue::WasteCode;
use crate::clock::Timestamp;
use crate::shape::{Grams, List, Plate, Text};

/// The modifiers, as errors list them.
pub(super) const MODIFIERS: &str = "a modifier (alone, releasing alone, mass, vehicle, from, sent, skew, knows nothing, \
    unaware of, same act as, same id as, unconfirmed, unassigned, because, claiming, due, drums, by old key, anchor, refused, \
    #label)";

const VERBS: &str = "opens, generates, registers, confirms, declines, assigns, voids, hands, receives, rejects, uses, \
    disposes, countersigns, imports, again, revokes, enrols, rotates, reaffirms, disavows, permits";

/// Reads `acme` or `acme/paint`.
pub(super) fn stop(word: &str) -> Stop {
    match word.split_once('/') {
        Some((party, site)) => Stop { party: party.to_owned(), site: Some(site.to_owned()) },
        None => Stop { party: word.to_owned(), site: None },
    }
}

/// Read the verb and its words.
pub(super) fn deed(words: &mut Words) -> Result<Deed, String> {
    let verb = words.next(&format!("a verb ({VERBS})"))?;
    Ok(match verb.as_str() {
        "opens" => appears(words, true)?,
        "generates" => appears(words, false)?,
        "registers" => {
            let manifest = name(words)?;
            Deed::Registers { manifest, loads: loads(words)?, route: route(words)? }
        }
        "confirms" => Deed::Confirms { manifest: name(words)? },
        "declines" => Deed::Declines { manifest: name(words)?, reason: words.quoted()? },
        "assigns" => Deed::Assigns { manifest: name(words)?, plate: plate(words)? },
        "voids" => Deed::Voids { manifest: name(words)?, reason: words.quoted()? },
        "hands" => {
            let manifest = name(words)?;
            words.expect("to")?;
            let to = stop(&words.next("who takes it over")?);
            Deed::Hands { manifest, to, loads: if has_load(words) { loads(words)? } else { Vec::new() } }
        }
        "receives" => Deed::Receives { manifest: name(words)?, found: several(words, found)? },
        "rejects" => {
            let manifest = name(words)?;
            let reason = words.quoted()?;
            let found = Found { accepted: Share::Nothing, rejected: Share::All, reason, more: false };
            Deed::Receives { manifest, found: vec![found] }
        }
        "uses" => treats(words, false)?,
        "disposes" => treats(words, true)?,
        "countersigns" => Deed::Countersigns { manifest: name(words)? },
        "imports" => {
            let document = name(words)?;
            let source = Text::new(words.next("the system it comes from")?)?;
            Deed::Imports { document, source, number: Text::new(words.next("its number there")?)? }
        }
        "again" => Deed::SendsAgain { label: label(words)? },
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
        "reaffirms" => Deed::Restates { reaffirms: true, label: label(words)?, reason: words.quoted()? },
        "disavows" => Deed::Restates { reaffirms: false, label: label(words)?, reason: words.quoted()? },
        "permits" => permits(words)?,
        _ => return Err(format!("expected a verb ({VERBS}), found `{verb}`")),
    })
}

/// Read the modifiers up to the end of the line or the first word that is none.
pub(super) fn how(words: &mut Words, at: Timestamp) -> Result<How, String> {
    let mut how = How::default();
    while let Some(word) = words.peek().map(str::to_owned) {
        if word.starts_with('#') {
            how.label = Some(label(words)?);
            continue;
        }
        if simple(&word, &mut how) {
            words.skip(&word);
        } else if !valued(&word, words, at, &mut how)? {
            break;
        }
    }
    Ok(how)
}

/// Modifiers of one word.
fn simple(word: &str, how: &mut How) -> bool {
    match word {
        "alone" => how.alone = true,
        "unconfirmed" => how.unconfirmed = true,
        "unassigned" => how.unassigned = true,
        _ => return false,
    }
    true
}

/// Modifiers that take further words.
fn valued(word: &str, words: &mut Words, at: Timestamp, how: &mut How) -> Result<bool, String> {
    const ALL: [&str; 16] = [
        "releasing",
        "mass",
        "vehicle",
        "from",
        "sent",
        "skew",
        "knows",
        "unaware",
        "same",
        "because",
        "claiming",
        "due",
        "drums",
        "by",
        "anchor",
        "refused",
    ];
    if !ALL.contains(&word) {
        return Ok(false);
    }
    words.skip(word);
    match word {
        "releasing" => {
            words.expect("alone")?;
            how.releasing_alone = true;
        }
        "mass" => how.masses = Some(several(words, Words::mass)?),
        "vehicle" => how.vehicle = Some(plate(words)?),
        "from" => how.drawn = Some(drawn(words)?),
        "sent" => how.sent = Some(words.moment(at)?),
        "skew" => how.skew_ms = words.span_ms()?,
        "knows" => {
            words.expect("nothing")?;
            how.knows_nothing = true;
        }
        "unaware" => {
            words.expect("of")?;
            how.unaware_of.push(label(words)?);
        }
        "same" => same(words, how)?,
        "because" => {
            let rule = Text::new(words.next("the rule that objects")?)?;
            let reason = words.quoted()?.ok_or("expected the reason in quotes after the rule")?;
            how.reasons.push((rule, reason));
        }
        "claiming" => how.claims.push(Text::new(words.next("the exemption claimed")?)?),
        "due" => how.due = Some(words.moment(at)?),
        "drums" => {
            words.expect("of")?;
            how.litres = Some(words.parsed("a number of litres")?);
            words.expect("l")?;
        }
        "by" => {
            words.expect("old")?;
            words.expect("key")?;
            how.by_old_key = true;
        }
        "anchor" => how.anchor = Some(anchor(words)?),
        _ => how.refused = Some(words.next("the code of the objection")?),
    }
    Ok(true)
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

fn anchor(words: &mut Words) -> Result<FalseAnchor, String> {
    let what = words.next("`ahead` or `other`")?;
    match what.as_str() {
        "ahead" => Ok(FalseAnchor::Ahead),
        "other" => Ok(FalseAnchor::Other),
        _ => Err(format!("expected `ahead` or `other`, found `{what}`")),
    }
}

fn same(words: &mut Words, how: &mut How) -> Result<(), String> {
    let what = words.next("`act` or `id`")?;
    words.expect("as")?;
    match what.as_str() {
        "act" => how.same_act = Some(label(words)?),
        "id" => how.same_id = Some(name(words)?),
        _ => return Err(format!("expected `act` or `id`, found `{what}`")),
    }
    Ok(())
}

fn appears(words: &mut Words, opening: bool) -> Result<Deed, String> {
    let is_code = words.peek().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    let lot = if is_code { None } else { Some(name(words)?) };
    Ok(Deed::Appears { opening, lot, code: code(words)?, mass: words.mass()? })
}

fn treats(words: &mut Words, disposes: bool) -> Result<Deed, String> {
    let fed = several(words, |words| {
        let (code, mass) = (code(words)?, words.mass()?);
        words.expect("from")?;
        Ok(Fed { code, mass, from: words.next("a lot, a manifest or a line such as M1/2")? })
    })?;
    words.expect("by")?;
    let by = words.parsed("a treatment code such as D10")?;
    let given = if words.skip("gives") { several(words, given)? } else { Vec::new() };
    Ok(Deed::Treats { disposes, fed, by, given })
}

fn given(words: &mut Words) -> Result<Given, String> {
    let lot = if words.has_mass() { None } else { Some(name(words)?) };
    let mass = words.mass()?;
    let name = words.quoted()?;
    let code = if name.is_none() { Some(code(words)?) } else { None };
    Ok(Given { lot, mass, code, name })
}

fn found(words: &mut Words) -> Result<Found, String> {
    let accepted = share(words)?;
    let rejects = words.skip("rejects");
    let rejected = if rejects { share(words)? } else { Share::Nothing };
    let reason = if rejects { words.quoted()? } else { None };
    Ok(Found { accepted, rejected, reason, more: words.skip("more") })
}

fn share(words: &mut Words) -> Result<Share, String> {
    if words.skip("all") {
        Ok(Share::All)
    } else if words.skip("nothing") {
        Ok(Share::Nothing)
    } else {
        words.mass().map(Share::Of).map_err(|why| format!("{why} (or `all`, or `nothing`)"))
    }
}

fn permits(words: &mut Words) -> Result<Deed, String> {
    let party = words.next("who gets the permit")?;
    let mut codes = Vec::new();
    while words.peek().is_some_and(|word| word != "by") {
        codes.push(words.parsed("a code or category such as HW49")?);
    }
    words.expect("by")?;
    let mut methods = vec![words.parsed("a treatment code such as D10")?];
    while words.peek().is_some_and(|word| !word.contains("..")) {
        methods.push(words.parsed("a treatment code, or days such as 2024-01-01..2028-12-31")?);
    }
    let days = words.next("days such as 2024-01-01..2028-12-31")?;
    let (from, to) = days.split_once("..").ok_or("expected days such as 2024-01-01..2028-12-31")?;
    let days = (read_day(from)?, read_day(to)?);
    Ok(Deed::Permits { party, codes: List::new(codes)?, methods: List::new(methods)?, days })
}

fn loads(words: &mut Words) -> Result<Vec<Load>, String> {
    several(words, |words| {
        let code = if words.has_mass() { None } else { Some(code(words)?) };
        let mass = words.mass()?;
        let by = if words.skip("by") { Some(words.parsed("a treatment code such as D10")?) } else { None };
        Ok(Load { code, mass, by })
    })
}

fn has_load(words: &Words) -> bool {
    words.peek().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()))
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

fn drawn(words: &mut Words) -> Result<Vec<Drawn>, String> {
    if words.skip("nothing") {
        return Ok(Vec::new());
    }
    several(words, |words| Ok(Drawn { lot: name(words)?, mass: words.mass()? }))
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

fn code(words: &mut Words) -> Result<WasteCode, String> {
    words.parsed("a waste code such as 900-041-49")
}

fn plate(words: &mut Words) -> Result<Plate, String> {
    Plate::new(&words.next("a plate such as 鲁Q12345")?)
}

/// The mass of a share when `all_g` is all there is; `None` for nothing.
pub(super) fn grams(share: Share, all_g: i64) -> Option<Grams> {
    match share {
        Share::All => Grams::new(all_g),
        Share::Nothing => None,
        Share::Of(mass) => Some(mass),
    }
}
