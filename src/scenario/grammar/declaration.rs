//! Verbs about declarations to the authority: filed, returned, accepted.

use chrono::NaiveDate;

use super::{code, label, several};
use crate::catalogue::DeclarationPeriod;
use crate::registry::standing::{DeclarationLine, DeclarationNature};
use crate::scenario::deed::Deed;
use crate::scenario::words::Words;
use crate::shape::{List, Text};

pub(super) fn deed(verb: &str, words: &mut Words) -> Result<Deed, String> {
    Ok(match verb {
        "files" => {
            let period = words.parsed::<DeclarationPeriod>("month, quarter or year")?;
            let from = first_day(period, &words.next("a period such as 2026-02, 2026-Q1 or 2026")?)?;
            let (nature, lines) = if words.skip("zero") {
                (DeclarationNature::Zero, Vec::new())
            } else if words.skip("shutdown") {
                (DeclarationNature::Shutdown, Vec::new())
            } else {
                (DeclarationNature::Figures, several(words, figure)?)
            };
            Deed::Files { period, from, nature, lines: List::new(lines)? }
        }
        "returns" => {
            let label = label(words)?;
            let pointer = Text::new(words.next("a field such as /lines/0/mass_g")?)?;
            let reason = words.quoted()?.ok_or("expected why it goes back, in quotes")?;
            Deed::Returns { label, pointer, reason }
        }
        _ => Deed::Accepts { label: label(words)? },
    })
}

/// Reads `2026-02`, `2026-Q1` or `2026`.
fn first_day(period: DeclarationPeriod, word: &str) -> Result<NaiveDate, String> {
    let wrong = || format!("expected a period such as 2026-02, 2026-Q1 or 2026, found `{word}`");
    let (year, part) = word.split_once('-').unwrap_or((word, ""));
    let month0: u32 = match (period, part) {
        (DeclarationPeriod::Year, "") => 0,
        (DeclarationPeriod::Quarter, part) => {
            let quarter: u32 = part.strip_prefix('Q').and_then(|n| n.parse().ok()).ok_or_else(wrong)?;
            quarter.checked_sub(1).ok_or_else(wrong)? * 3
        }
        (DeclarationPeriod::Month, part) => {
            part.parse::<u32>().ok().and_then(|month| month.checked_sub(1)).ok_or_else(wrong)?
        }
        _ => return Err(wrong()),
    };
    NaiveDate::from_ymd_opt(year.parse().map_err(|_| wrong())?, month0 + 1, 1).ok_or_else(wrong)
}

/// Reads `900-041-49 generated 1200 kg`.
fn figure(words: &mut Words) -> Result<DeclarationLine, String> {
    let code = code(words)?;
    let measure = Text::new(words.next("a measure such as generated")?)?;
    Ok(DeclarationLine { code, measure, mass_g: words.mass()?.get().unsigned_abs() })
}
