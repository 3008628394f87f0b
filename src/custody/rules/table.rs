//! The table of rules, part by part. Thresholds stand in the jurisdiction profile; texts stand here.

mod custody;
mod log;
mod mass;
mod reporting;
mod standing;
mod storage;

use std::sync::LazyLock;

use super::{Look, Rule, document};

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

/// The rules by what they look at. An event changes several lots and running totals, and most rules look at neither.
static BY_LOOK: LazyLock<[Vec<&'static Rule>; Look::ALL.len()]> = LazyLock::new(|| {
    Look::ALL
        .map(|look| rules().filter(|rule| rule.checks.iter().any(|check| check.looks_at() == look)).collect())
});

/// The rules that look at one kind of thing, in the order of the table.
pub(super) fn rules_on(look: Look) -> &'static [&'static Rule] {
    &BY_LOOK[look as usize]
}

/// Every rule of this version, in the order pages show them.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    PARTS.into_iter().flatten()
}
