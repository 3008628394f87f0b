//! Verbs about findings and cases: explained, closed, upheld; opened, assigned, answered.

use super::{name, stop};
use crate::custody::payload::oversight::CaseSource;
use crate::ledger::Digest;
use crate::scenario::deed::{CaseDeed, Deed, FindingDeed};
use crate::scenario::picture;
use crate::scenario::words::{Words, read_day};
use crate::shape::Text;

/// Reads `mass-discrepancy M1 "why" with picture weighbridge` behind `explains`, `upholds` and `closes finding`.
pub(super) fn of_finding(does: FindingDeed, words: &mut Words) -> Result<Deed, String> {
    let (rule, subject) = finding(words)?;
    Ok(Deed::Finding { does, rule, subject, text: text(words)?, pictures: pictures(words)? })
}

/// Reads `C1 on acme/paint complaint "what" due 2026-03-10 from mass-discrepancy M1` behind `opens case`.
pub(super) fn opens(words: &mut Words) -> Result<Deed, String> {
    let case = name(words)?;
    words.expect("on")?;
    let on = stop(&words.next("whose case it is")?);
    let source = match words.peek() {
        Some("complaint") => Some(CaseSource::Complaint),
        Some("patrol") => Some(CaseSource::Patrol),
        Some("hotline") => Some(CaseSource::Hotline),
        _ => None,
    };
    if source.is_some() {
        words.next("where it comes from")?;
    }
    let text = text(words)?;
    let due = if words.skip("due") { Some(read_day(&words.next("a day")?)?) } else { None };
    let findings = if words.skip("from") { super::several(words, finding)? } else { Vec::new() };
    Ok(Deed::Case { case, deed: CaseDeed::Opens { on, source, text, due, findings } })
}

/// Reads `C1 to city` behind `assigns case`.
pub(super) fn assigns(words: &mut Words) -> Result<Deed, String> {
    let case = name(words)?;
    words.expect("to")?;
    Ok(Deed::Case { case, deed: CaseDeed::Assigns { to: words.next("whose office")? } })
}

/// Reads `C1 "what was done" with picture weighbridge` behind `answers`.
pub(super) fn answers(words: &mut Words) -> Result<Deed, String> {
    let case = name(words)?;
    Ok(Deed::Case { case, deed: CaseDeed::Answers { text: text(words)?, pictures: pictures(words)? } })
}

/// Reads `C1 "how it ended"` behind `closes case`.
pub(super) fn closes(words: &mut Words) -> Result<Deed, String> {
    Ok(Deed::Case { case: name(words)?, deed: CaseDeed::Closes { text: text(words)? } })
}

fn finding(words: &mut Words) -> Result<(String, String), String> {
    Ok((words.next("a rule such as mass-discrepancy")?, words.next("a subject such as M1 or M1/1")?))
}

/// Pictures by name, none where none are named.
pub(super) fn pictures(words: &mut Words) -> Result<Vec<Digest>, String> {
    if words.peek() != Some("with") {
        return Ok(Vec::new());
    }
    words.expect("with")?;
    words.expect("picture")?;
    let name = words.next("a picture")?;
    Ok(vec![picture(&name).ok_or_else(|| format!("there is no picture {name}"))?])
}

fn text(words: &mut Words) -> Result<Text<2000>, String> {
    words.quoted()?.ok_or_else(|| "expected a text in quotes".to_owned())
}
