//! Limits that may cover the same waste: an event does not say against which of them it counts.
//!
//! What several limits may cover counts against all of them together and against none alone, so that nothing is a finding which some
//! way of sharing out would allow. Limits that no waste joins are judged by themselves.

use std::collections::BTreeSet;

use crate::catalogue::WasteCode;

/// Limits, by their places in a list of them.
pub(super) type Limits = BTreeSet<usize>;

/// Waste and the limits that may cover it.
#[derive(Clone)]
pub(super) struct Load {
    pub(super) covering: Limits,
    pub(super) code: WasteCode,
    pub(super) mass_g: i64,
}

/// Limits that something joins, with all that counts against them.
pub(super) struct Group {
    pub(super) limits: Limits,
    loads: Vec<Load>,
}

/// What counts against some limits, and how much they allow.
pub(super) struct Measured {
    pub(super) taken_g: i64,
    pub(super) allowed_g: i64,
    pub(super) codes: BTreeSet<WasteCode>,
}

/// Sort loads into groups. What no limit covers is in none.
pub(super) fn groups(loads: impl Iterator<Item = Load>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for load in loads.filter(|load| !load.covering.is_empty()) {
        let is_apart = |group: &mut Group| group.limits.is_disjoint(&load.covering);
        let joined: Vec<Group> = groups.extract_if(.., |group| !is_apart(group)).collect();
        let mut group = Group { limits: load.covering.clone(), loads: vec![load] };
        for other in joined {
            group.limits.extend(other.limits);
            group.loads.extend(other.loads);
        }
        groups.push(group);
    }
    groups
}

impl Group {
    /// Of the group as a whole, and of what only some of its limits cover: that which takes the largest share of what is allowed.
    pub(super) fn tightest(&self, allowed_g: impl Fn(&Limits) -> i64) -> Option<Measured> {
        let mut choices: BTreeSet<&Limits> = self.loads.iter().map(|load| &load.covering).collect();
        choices.insert(&self.limits);
        let measured = choices.into_iter().map(|limits| {
            let only = self.loads.iter().filter(|load| load.covering.is_subset(limits));
            let taken_g = only.clone().fold(0_i64, |sum_g, load| sum_g.saturating_add(load.mass_g));
            Measured { taken_g, allowed_g: allowed_g(limits), codes: only.map(|load| load.code).collect() }
        });
        let share = |one: &Measured, other: &Measured| i128::from(one.taken_g) * i128::from(other.allowed_g);
        measured
            .filter(|one| one.allowed_g > 0)
            .max_by(|one, other| share(one, other).cmp(&share(other, one)))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn load(covering: &[usize], code: &str, mass_g: i64) -> Load {
        Load { covering: covering.iter().copied().collect(), code: code.parse().unwrap(), mass_g }
    }

    /// Mass and allowance of the tightest part of each group, where limit `n` allows so many grams.
    fn tightest(allowed_g: &[i64], loads: &[Load]) -> Vec<(i64, i64)> {
        let allowed = |limits: &Limits| limits.iter().map(|at| allowed_g[*at]).sum();
        let groups = groups(loads.iter().cloned());
        let mut found: Vec<_> = groups.iter().filter_map(|group| group.tightest(allowed)).collect();
        found.sort_unstable_by_key(|one| one.taken_g);
        found.iter().map(|one| (one.taken_g, one.allowed_g)).collect()
    }

    #[test]
    fn what_two_limits_cover_counts_against_both_together_and_what_one_covers_against_that_one() {
        let (oil, rag) = ("900-214-08", "900-041-49");
        assert_eq!(tightest(&[10, 5], &[load(&[0, 1], oil, 12)]), [(12, 15)]);
        assert_eq!(tightest(&[10, 5], &[load(&[0], oil, 9), load(&[1], rag, 3)]), [(3, 5), (9, 10)]);
        let mixed = [load(&[0, 1], oil, 1), load(&[0], rag, 11)];
        assert_eq!(tightest(&[10, 50], &mixed), [(11, 10)]);
        let mut turned = mixed.to_vec();
        turned.reverse();
        assert_eq!(tightest(&[10, 50], &turned), [(11, 10)]);
        assert_eq!(tightest(&[10], &[load(&[], oil, 99)]), []);
    }
}
