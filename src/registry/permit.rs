//! Operating permits (经营许可证): which codes, which operations, from when to when.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::standing::PermitItem;
use crate::catalogue::{TreatmentCode, Uscc, WasteCode};
use crate::id::{PermitId, SiteId};

/// A permit, as folded from the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermitRecord {
    /// Names the permit.
    pub permit: PermitId,
    /// Number printed on it.
    pub number: String,
    /// Who holds it.
    pub party: Uscc,
    /// The site it is for; `None` for all sites of the party.
    pub site: Option<SiteId>,
    /// What it allows.
    pub items: Vec<PermitItem>,
    /// First day it is good.
    pub valid_from: NaiveDate,
    /// Last day it is good.
    pub valid_to: NaiveDate,
    /// Log index of its issue.
    pub index: u64,
}

/// Whether a treatment was allowed on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermitAnswer {
    /// A permit valid on the day has an item for code and method.
    Allowed,
    /// A permit is valid on the day, but no item of it covers code and method.
    OutOfScope,
    /// There are permits, but none is valid on the day.
    Expired,
    /// No permit was ever recorded for the site.
    Missing,
}

/// Judge a treatment by the permits of its doer (Solid Waste Law 2020 art. 80: a permit, valid, for this waste and way).
pub fn answer(
    permits: &[PermitRecord],
    site: SiteId,
    on: NaiveDate,
    code: &WasteCode,
    method: TreatmentCode,
) -> PermitAnswer {
    let here = || permits.iter().filter(|permit| permit.site.is_none_or(|granted| granted == site));
    if here().next().is_none() {
        return PermitAnswer::Missing;
    }
    let mut valid = here().filter(|permit| permit.valid_from <= on && on <= permit.valid_to).peekable();
    if valid.peek().is_none() {
        return PermitAnswer::Expired;
    }
    let covers = |item: &PermitItem| {
        item.codes.iter().any(|pattern| pattern.covers(code)) && item.methods.contains(&method)
    };
    if valid.any(|permit| permit.items.iter().any(covers)) {
        PermitAnswer::Allowed
    } else {
        PermitAnswer::OutOfScope
    }
}
