//! What is said of findings, and what becomes of cases.

use chrono::NaiveDate;

use super::Stop;
use crate::custody::payload::oversight::CaseSource;
use crate::ledger::Digest;
use crate::shape::Text;

/// What is said of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::scenario) enum FindingDeed {
    Explains,
    Closes,
    Upholds,
}

/// What becomes of a case.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::scenario) enum CaseDeed {
    /// Opened on a party, at a site where one is named, from findings (rule and subject) or by hand.
    Opens {
        on: Stop,
        source: Option<CaseSource>,
        text: Text<2000>,
        due: Option<NaiveDate>,
        findings: Vec<(String, String)>,
    },
    /// Given to the office of an authority.
    Assigns {
        to: String,
    },
    Answers {
        text: Text<2000>,
        pictures: Vec<Digest>,
    },
    Closes {
        text: Text<2000>,
    },
}
