//! What manifests are looked up by: terms, each one thing that is true of a manifest.
//!
//! They are a view of the state like its status. A term is written down once, whoever asks: a party's search goes along the list of its own manifests
//! or along that of a term, whichever is shorter. What only one party is told of, and what it has still to do, names that party.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};

use super::manifest::{ManifestState, Status};
use super::shelf::Shelf;
use crate::catalogue::{Profile, Uscc, WasteCode};
use crate::id::ManifestId;
use crate::ledger::Kid;
use crate::shape::{Plate, half_width};

/// So many characters at the end of a number are looked up by: the last four digits of a number are what people remember.
pub const NUMBER_END_CHARS: usize = 4;

/// One thing that is true of a manifest. The order is that in which they tell most.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Term {
    /// A number of it, its own or another system's, ends in these characters.
    NumberEnd(String),
    /// The business key that this consignor gave it.
    ErpNo(Uscc, String),
    /// A driver or escort was named for it by this key, by this carrier.
    Crew(Uscc, Kid),
    /// A handover of it waits for the signature of this party.
    Unsigned(Uscc),
    /// Something is still to be done, and this party has a role on it.
    UnderWayFor(Uscc),
    /// A vehicle was assigned to it or carried it.
    Plate(Plate),
    /// A carrier of it, by its registration.
    Carrier(Uscc),
    /// Waste of this code is on it.
    Code(WasteCode),
    /// Waste of this category (HW01 to HW50) is on it.
    Category(u8),
    /// It leaves in this month: the year, and the month from 1.
    Month(i32, u32),
    /// Something is still to be done.
    UnderWay,
    /// It ended otherwise than most do, which are received.
    Ended(Status),
}

impl Term {
    /// What a number that ends so is looked up by; `None` where too few characters are known.
    pub fn number_end(number: &str) -> Option<Self> {
        let chars: Vec<char> = number.chars().collect();
        let from = chars.len().checked_sub(NUMBER_END_CHARS)?;
        Some(Self::NumberEnd(chars[from..].iter().collect()))
    }

    /// How far a manifest of a status is; nothing of one that was received, as that tells too little to be written down.
    pub fn progress(status: Status) -> Option<Self> {
        match status {
            Status::Received => None,
            Status::Returned | Status::Declined | Status::Voided => Some(Self::Ended(status)),
            _ => Some(Self::UnderWay),
        }
    }

    /// The month of a day.
    pub fn month_of(day: NaiveDate) -> Self {
        Self::Month(day.year(), day.month())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NumberEnd(end) => write!(f, "number:{end}"),
            Self::ErpNo(party, key) => write!(f, "erp:{party}:{key}"),
            Self::Crew(party, kid) => write!(f, "crew:{party}:{kid}"),
            Self::Unsigned(party) => write!(f, "unsigned:{party}"),
            Self::UnderWayFor(party) => write!(f, "under-way:{party}"),
            Self::Plate(plate) => write!(f, "plate:{}", &**plate),
            Self::Carrier(party) => write!(f, "carrier:{party}"),
            Self::Code(code) => write!(f, "code:{code}"),
            Self::Category(category) => write!(f, "category:{category:02}"),
            Self::Month(year, month) => write!(f, "month:{year:04}-{month:02}"),
            Self::UnderWay => f.write_str("under-way"),
            Self::Ended(status) => write!(f, "ended:{}", status.name()),
        }
    }
}

/// A waste code, or a whole category of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WasteAsked {
    /// One code.
    Code(WasteCode),
    /// The category.
    Category(u8),
}

/// The text names no waste.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither a waste code such as 900-041-49 nor a category from HW01 to HW50")]
pub struct NoWaste;

impl WasteAsked {
    /// What is looked up for it.
    pub fn term(self) -> Term {
        match self {
            Self::Code(code) => Term::Code(code),
            Self::Category(category) => Term::Category(category),
        }
    }
}

impl FromStr for WasteAsked {
    type Err = NoWaste;

    /// As people type it: `900-041-49`, `90004149`, `HW49`, `ｈｗ４９`.
    fn from_str(text: &str) -> Result<Self, NoWaste> {
        let upper: String = text.trim().chars().map(|c| half_width(c).to_ascii_uppercase()).collect();
        let Some(category) = upper.strip_prefix("HW") else {
            return WasteCode::parse_loose(text).map(Self::Code).map_err(|_| NoWaste);
        };
        let is_number = category.len() == 2 && category.bytes().all(|digit| digit.is_ascii_digit());
        let category = category.parse().ok().filter(|category| is_number && (1..=50).contains(category));
        category.map(Self::Category).ok_or(NoWaste)
    }
}

impl fmt::Display for WasteAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => code.fmt(f),
            Self::Category(category) => write!(f, "HW{category:02}"),
        }
    }
}

/// A term that became true of a manifest, or is no longer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermChange {
    /// The manifest.
    pub manifest: ManifestId,
    /// What.
    pub term: Term,
    /// Whether it is so from now on.
    pub holds: bool,
}

/// Everything a manifest is looked up by, beside the parties with a role on it.
pub fn terms(shelf: &Shelf<ManifestState>, profile: &Profile) -> BTreeSet<Term> {
    let state = &shelf.state;
    let mut terms: BTreeSet<Term> = Term::progress(state.status()).into_iter().collect();
    if terms.contains(&Term::UnderWay) {
        terms.extend(state.parties().into_iter().map(Term::UnderWayFor));
    }
    let external = state.numbers.iter().map(|bound| bound.number.as_str());
    terms.extend(shelf.label.as_deref().into_iter().chain(external).filter_map(Term::number_end));
    let registration = || state.registration.iter();
    terms.extend(registration().filter_map(|r| Some(Term::ErpNo(r.consignor.party, r.erp_no.clone()?))));
    terms.extend(registration().flat_map(|r| r.carriers()).map(Term::Carrier));
    for handover in &state.handovers {
        let missing = state.missing_sides(handover).into_iter();
        terms.extend(missing.map(|side| Term::Unsigned(handover.party(side))));
    }
    for assignment in &state.assignments {
        let crew = [assignment.driver, assignment.escort].into_iter().flatten();
        terms.extend(crew.map(|kid| Term::Crew(assignment.mark.party, kid)));
    }
    let assigned = state.assignments.iter().map(|assignment| &assignment.vehicle);
    let carried = state.handovers.iter().filter_map(|handover| handover.vehicle.as_ref());
    terms.extend(assigned.chain(carried).cloned().map(Term::Plate));
    let handed = state.handovers.iter().flat_map(|handover| handover.codes.values());
    let found = state.receipts.iter().flat_map(|receipt| receipt.codes.values());
    let planned = state.lines.values().filter_map(|line| line.code.as_ref());
    for code in planned.chain(handed).chain(found) {
        terms.extend([Term::Code(*code), Term::Category(code.category())]);
    }
    let leaves = state.leaves_at().map(|at| profile.local_date(at.as_millis()));
    terms.extend(leaves.map(Term::month_of));
    terms
}

/// What a manifest is looked up by since an event, and was not before or the other way round.
pub fn changes(manifest: ManifestId, before: &BTreeSet<Term>, now: &BTreeSet<Term>) -> Vec<TermChange> {
    let change = |holds| move |term: &Term| TermChange { manifest, term: term.clone(), holds };
    let gone = before.difference(now).map(change(false));
    gone.chain(now.difference(before).map(change(true))).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn wastes_are_asked_for_as_people_type_them() {
        for (typed, meant) in [
            ("900-041-49", "900-041-49"),
            ("９０００４１４９", "900-041-49"),
            (" hw08 ", "HW08"),
            ("ＨＷ４９", "HW49"),
            ("HW50", "HW50"),
        ] {
            assert_eq!(typed.parse::<WasteAsked>().unwrap().to_string(), meant, "{typed}");
        }
        for bad in ["", "HW", "HW0", "HW00", "HW51", "HW049", "HW+1", "900-041", "900-041-51"] {
            assert_eq!(bad.parse::<WasteAsked>(), Err(NoWaste), "{bad}");
        }
    }

    #[test]
    fn numbers_are_looked_up_by_their_last_four_characters() {
        assert_eq!(Term::number_end("2026-000123"), Some(Term::NumberEnd("0123".to_owned())));
        assert_eq!(Term::number_end("危0123"), Some(Term::NumberEnd("0123".to_owned())));
        assert_eq!(Term::number_end("123"), None);
    }

    #[test]
    fn only_what_differs_is_a_change() {
        let manifest = ManifestId::from_uuid(crate::id::derived(&[b"m"]));
        let of = |terms: &[Term]| terms.iter().cloned().collect();
        let (before, now) =
            (of(&[Term::Category(8), Term::Month(2026, 3)]), of(&[Term::Category(8), Term::Category(49)]));
        let changed = changes(manifest, &before, &now);
        let changed: Vec<(String, bool)> =
            changed.into_iter().map(|change| (change.term.to_string(), change.holds)).collect();
        assert_eq!(changed, [("month:2026-03".to_owned(), false), ("category:49".to_owned(), true)]);
    }
}
