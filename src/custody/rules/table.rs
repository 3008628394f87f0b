//! The table of rules, part by part. Thresholds stand in the jurisdiction profile; texts stand here.

mod custody;
mod log;
mod mass;
mod reporting;
mod standing;
mod storage;

use super::{Rule, document};

/// The parts of the table, in the order pages show them.
const PARTS: [&[Rule]; 7] = [
    custody::RULES,
    mass::RULES,
    storage::RULES,
    standing::RULES,
    reporting::RULES,
    log::RULES,
    document::RULES,
];

/// Every rule of this version, in the order pages show them.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    PARTS.into_iter().flatten()
}
