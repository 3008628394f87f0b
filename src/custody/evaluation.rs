//! Site evaluation (规范化环境管理评估): which indicators a site is looked at by, and what of each a ledger can say.
//!
//! The evaluation itself follows the ministry's scheme 「"十四五"全国危险废物规范化环境管理评估工作方案」(环办固体〔2021〕20号). Its indicators are
//! given here in this project's reading and words, each with the article it goes back to: before a score counts, hold the sheet against
//! the scheme. Scores are given by people, on paper or elsewhere; no event of this ledger holds one.

mod table;

pub use table::indicators;

/// Whom an indicator is asked of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedOf {
    /// Whoever produces waste.
    Producers,
    /// Whoever stores, uses or disposes of the waste of others under a permit.
    Operators,
    /// Both.
    Both,
}

/// What a ledger may hold that speaks for an indicator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Nothing: it is looked at on site.
    OnSite,
    /// A management plan of the site for the year.
    Plan,
    /// Rows of the year in the registers of the site.
    Registers,
    /// Filings for every period that is over.
    Declarations,
    /// Manifests of the year from or to the site.
    Manifests,
    /// A contract that is good today.
    Contract,
    /// A permit that is good today.
    Permit,
    /// Labels on containers of what is there.
    Labels,
    /// Storage facilities that the site has registered.
    Facilities,
    /// Rows of the year in the register of treatment.
    Treatment,
}

/// One indicator.
#[derive(Debug)]
pub struct Indicator {
    /// Kebab-case id.
    pub id: &'static str,
    /// Whom it is asked of.
    pub of: AskedOf,
    /// What it is called, in Chinese.
    pub title_zh: &'static str,
    /// What it is called, in English.
    pub title_en: &'static str,
    /// What is looked for, in Chinese.
    pub text_zh: &'static str,
    /// What is looked for, in English.
    pub text_en: &'static str,
    /// What it goes back to, as the basis of a rule is written.
    pub basis: &'static str,
    /// What speaks for it here.
    pub proof: Proof,
    /// True when that is enough; else it helps whoever looks, and decides nothing.
    pub is_enough: bool,
    /// Rules whose open findings speak against it.
    pub rules: &'static [&'static str],
}

/// How an indicator stands by what the ledger says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The ledger holds what is asked for, and no finding speaks against it.
    Met,
    /// Open findings speak against it.
    NotMet,
    /// The ledger cannot tell: somebody has to look.
    ToBeLookedAt,
}

impl Standing {
    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not-met",
            Self::ToBeLookedAt => "to-be-looked-at",
        }
    }
}

impl Indicator {
    /// True when it is asked of a site of a party that produces waste, or operates under a permit.
    pub fn is_asked_of(&self, produces: bool, operates: bool) -> bool {
        match self.of {
            AskedOf::Producers => produces,
            AskedOf::Operators => operates,
            AskedOf::Both => produces || operates,
        }
    }

    /// How it stands. That nothing was found proves nothing: without anything that speaks for it, it is looked at; and so it is where not
    /// every finding was looked through.
    pub fn standing(&self, has_proof: bool, has_findings: bool, looked_through: bool) -> Standing {
        match (has_findings, has_proof && self.is_enough && looked_through) {
            (true, _) => Standing::NotMet,
            (false, true) => Standing::Met,
            (false, false) => Standing::ToBeLookedAt,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::custody::rules::Rule;

    #[test]
    fn every_rule_named_is_a_rule_and_speaks_against_one_indicator_of_a_sheet() {
        let mut ids = BTreeSet::new();
        for indicator in indicators() {
            assert!(ids.insert(indicator.id), "{} is there twice", indicator.id);
            for rule in indicator.rules {
                assert!(Rule::named(rule).is_some(), "{}: there is no rule {rule}", indicator.id);
            }
            let texts = [
                indicator.title_zh,
                indicator.title_en,
                indicator.text_zh,
                indicator.text_en,
                indicator.basis,
            ];
            assert!(texts.iter().all(|text| !text.is_empty()), "{}", indicator.id);
            assert!(indicator.proof != Proof::OnSite || !indicator.is_enough, "{}", indicator.id);
        }
        for (produces, operates) in [(true, false), (false, true), (true, true)] {
            let asked = indicators().iter().filter(|one| one.is_asked_of(produces, operates));
            let named: Vec<&&str> = asked.flat_map(|one| one.rules).collect();
            let once: BTreeSet<&&str> = named.iter().copied().collect();
            assert_eq!(named.len(), once.len(), "a finding speaks against one indicator: {named:?}");
        }
    }

    #[test]
    fn that_nothing_was_found_proves_nothing() {
        for indicator in indicators() {
            assert_eq!(indicator.standing(false, false, true), Standing::ToBeLookedAt);
            assert_eq!(indicator.standing(true, false, false), Standing::ToBeLookedAt);
            assert_eq!(indicator.standing(true, true, true), Standing::NotMet);
            let with_proof = indicator.standing(true, false, true);
            assert_eq!(with_proof == Standing::Met, indicator.is_enough, "{}", indicator.id);
        }
    }

    #[test]
    fn a_carrier_alone_is_asked_nothing() {
        assert!(indicators().iter().all(|indicator| !indicator.is_asked_of(false, false)));
    }
}
