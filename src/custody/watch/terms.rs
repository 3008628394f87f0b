//! Terms: from which day to which a paper is good, and which other paper renews it.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::catalogue::{CodePattern, Uscc};
use crate::clock::Timestamp;
use crate::ledger::EventId;

/// Most terms kept of papers that may renew each other; of more, those that end first go. Each is held against each, code by code, so few
/// are kept: two firms never need so many contracts at a time, unless they want to keep the ledger busy.
const MAX_TERMS: usize = 32;

/// What a paper is for, as far as another one must cover it to renew it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Waste codes.
    pub codes: Vec<CodePattern>,
    /// Treatments, or kinds of events.
    pub ways: BTreeSet<String>,
}

impl Scope {
    /// True when everything another scope holds is in this one.
    fn includes(&self, other: &Scope) -> bool {
        let is_covered = |code: &CodePattern| self.codes.iter().any(|own| own.includes(code));
        other.codes.iter().all(is_covered) && other.ways.is_subset(&self.ways)
    }
}

/// The days for which a paper is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Term {
    /// The paper.
    pub paper: Uuid,
    /// Whose it is.
    pub holder: Uscc,
    /// Its number, where it has one.
    pub number: String,
    /// What it is for.
    pub scope: Scope,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
    /// The event that says so.
    pub event: EventId,
    /// When that was recorded.
    pub known_at: Timestamp,
}

impl Term {
    /// True when both say the same, whoever says it.
    fn says_the_same(&self, other: &Term) -> bool {
        let said = |term: &Term| (term.number.clone(), term.scope.clone(), term.from, term.to);
        said(self) == said(other)
    }

    /// True when what this one is good for goes on under another one: without a day between, and for longer.
    fn is_renewed_by(&self, other: &Term) -> bool {
        let follows = self.to.succ_opt().is_some_and(|next| other.from <= next);
        other.paper != self.paper && other.to > self.to && follows && other.scope.includes(&self.scope)
    }
}

/// The terms of papers that may renew each other, by last day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Terms(Vec<Term>);

impl Terms {
    /// The terms that no other one renews.
    pub fn ending(&self) -> impl Iterator<Item = &Term> {
        self.0.iter().filter(|term| !self.is_renewed(term))
    }

    fn is_renewed(&self, term: &Term) -> bool {
        self.0.iter().any(|other| term.is_renewed_by(other))
    }

    /// Put a term in, recorded on a local day. What is over and renewed is forgotten.
    pub(super) fn put(&mut self, term: Term, on: NaiveDate) {
        if self.0.iter().any(|known| known.paper == term.paper && known.says_the_same(&term)) {
            return;
        }
        self.end(&term.paper);
        self.0.push(term);
        let all = self.clone();
        self.0.retain(|term| term.to >= on || !all.is_renewed(term));
        self.0.sort_unstable_by_key(|term| (term.to, term.paper));
        let too_many = self.0.len().saturating_sub(MAX_TERMS);
        self.0.drain(..too_many);
    }

    /// Forget a paper that somebody ended.
    pub(super) fn end(&mut self, paper: &Uuid) {
        self.0.retain(|term| term.paper != *paper);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::id::derived;

    fn term(paper: &str, codes: &[&str], from: &str, to: &str) -> Term {
        Term {
            paper: derived(&[paper.as_bytes()]),
            holder: "91371300MA3C000019".parse().unwrap(),
            number: paper.to_owned(),
            scope: Scope {
                codes: codes.iter().map(|code| code.parse().unwrap()).collect(),
                ways: BTreeSet::from(["D10".to_owned()]),
            },
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
            event: EventId::from_bytes([1; 32]),
            known_at: Timestamp::from_millis(0),
        }
    }

    fn ending(all: &[Term]) -> Vec<String> {
        let mut terms = Terms::default();
        all.iter().for_each(|term| terms.put(term.clone(), "2026-01-01".parse().unwrap()));
        terms.ending().map(|term| term.number.clone()).collect()
    }

    #[test]
    fn a_term_is_renewed_by_one_that_goes_on_without_a_gap_for_the_same() {
        let old = term("old", &["900-041-49", "900-25"], "2025-01-01", "2026-06-30");
        let renewing = term("new", &["HW49", "900-2"], "2026-07-01", "2027-06-30");
        assert_eq!(ending(&[old.clone(), renewing.clone()]), ["new"]);
        assert_eq!(ending(&[renewing.clone(), old.clone()]), ["new"], "in any order");
        let late = Term { from: "2026-07-02".parse().unwrap(), ..renewing.clone() };
        assert_eq!(ending(&[old.clone(), late]), ["old", "new"], "a day between");
        let narrow = term("new", &["900-041-49"], "2026-07-01", "2027-06-30");
        assert_eq!(ending(&[old.clone(), narrow]), ["old", "new"], "not for all of it");
        let mut other_way = renewing;
        other_way.scope.ways = BTreeSet::from(["R4".to_owned()]);
        assert_eq!(ending(&[old, other_way]), ["old", "new"], "for another treatment");
    }

    #[test]
    fn of_very_many_terms_those_that_end_last_are_kept() {
        let mut terms = Terms::default();
        for n in 0..u64::try_from(MAX_TERMS).unwrap() + 10 {
            let one = term(&n.to_string(), &["HW49"], "2026-01-01", "2026-06-30");
            let to = one.to.checked_add_days(chrono::Days::new(n)).unwrap();
            let from = to;
            terms.put(Term { from, to, ..one }, "2026-01-01".parse().unwrap());
        }
        assert_eq!(terms.0.len(), MAX_TERMS);
        assert_eq!(terms.0[0].number, "10");
    }
}
