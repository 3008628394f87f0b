//! The rules and the names of their figures. The figures themselves are data, in `seeds/jurisdictions/`.
//!
//! A profile is refused unless it has every rule with exactly these thresholds, so that asking for one never misses. The unit is the
//! end of the name: `hours`, `days`, `working_days`, `minutes`, `_g` grams, `_permille`, `litres`, `_km`, `_count`, `_per_hour`;
//! `_month` and `_day` are dates in a year.

/// Rule id and the thresholds a profile must give for it.
pub const REQUIRED_RULES: &[(&str, &[&str])] = &[
    ("custody-broken", &[]),
    ("custody-unknown", &[]),
    ("two-holders", &[]),
    ("fork", &[]),
    ("treated-twice", &[]),
    ("handover-one-sided", &["hours"]),
    ("moved-without-manifest", &[]),
    ("unconfirmed-collection", &[]),
    ("void-after-collection", &[]),
    ("wrong-consignee", &[]),
    ("unplanned-carrier", &[]),
    ("in-transit-overdue", &["city_hours", "province_hours", "beyond_hours"]),
    ("receipt-unconfirmed", &["working_days"]),
    ("rejected-unresolved", &["working_days"]),
    ("follow-up-mismatch", &[]),
    ("fate-open", &["days"]),
    ("hold-violated", &[]),
    (
        "mass-discrepancy",
        &["bulk_floor_g", "bulk_permille", "container_floor_g", "container_permille", "container_max_litres"],
    ),
    ("mass-bias", &["total_g", "days", "lean_permille", "criminal_g"]),
    ("kind-discrepancy", &[]),
    ("discrepancy-undeclared", &[]),
    ("container-mismatch", &[]),
    ("label-reused", &[]),
    ("sub-items-exceed", &[]),
    ("balance-gap", &["minor_permille", "major_permille", "repeat_count", "critical_g"]),
    ("stock-negative", &[]),
    ("count-differs", &["floor_g", "permille"]),
    ("not-stored", &[]),
    ("quantity-outlier", &["median_permille", "history_count"]),
    ("residue-missing", &["min_permille", "max_permille"]),
    ("permit-missing", &[]),
    ("permit-expired", &[]),
    ("permit-suspended", &[]),
    ("permit-scope", &[]),
    ("permit-capacity", &["major_permille", "critical_permille", "new_permit_permille"]),
    ("carrier-unlicensed", &[]),
    ("vehicle-unlicensed", &[]),
    ("driver-unqualified", &[]),
    ("escort-missing", &[]),
    ("vehicle-overloaded", &["rated_permille"]),
    ("plan-missing", &["grace_until_month", "grace_until_day"]),
    ("plan-exceeded", &["planned_permille"]),
    ("contract-missing", &[]),
    ("contract-expired", &[]),
    ("approval-missing", &[]),
    ("approval-expired", &[]),
    ("approval-exceeded", &[]),
    ("number-unbound", &[]),
    ("same-party-both-ends", &[]),
    ("mandate-exceeded", &[]),
    ("signed-after-revocation", &[]),
    ("expiring", &["first_days", "second_days", "last_days"]),
    ("stored-too-long", &["notice_days", "minor_days", "critical_days", "medical_hours"]),
    ("storage-over-capacity", &["minor_permille", "major_permille", "point_g"]),
    ("collector-overdue", &["working_days"]),
    ("incompatible-together", &[]),
    ("over-throughput", &["day_permille"]),
    ("ledger-silent", &["working_days"]),
    ("video-too-short", &["days"]),
    (
        "declaration-overdue",
        &["month_due_day", "quarter_due_day", "year_due_month", "year_due_day", "start_days"],
    ),
    ("declaration-differs", &["tolerance_g"]),
    ("late-entry", &["fact_hours"]),
    ("back-fill-overdue", &["working_days"]),
    ("clock-skew", &["minutes"]),
    ("time-order", &[]),
    ("impossible-travel", &["distance_km", "minutes", "speed_km_per_hour"]),
    ("both-ways", &["minutes"]),
    ("track-gap", &["minutes", "hours"]),
    ("route-deviation", &["distance_km", "permille"]),
    ("id-conflict", &[]),
    ("act-conflict", &[]),
    ("code-edition-unverified", &[]),
    ("imported-unsigned", &[]),
    ("anchor-invalid", &[]),
    ("document-number", &[]),
    ("document-sum", &[]),
    ("document-date", &[]),
    ("document-transporter", &[]),
    ("document-quantity", &["bulk_permille"]),
    ("document-code", &[]),
    ("document-incomplete", &[]),
    ("document-contradiction", &[]),
];

/// The thresholds of a rule; none for an id that is no rule.
pub(super) fn thresholds_of(rule: &str) -> Option<&'static [&'static str]> {
    REQUIRED_RULES.iter().find(|(id, _)| *id == rule).map(|(_, thresholds)| *thresholds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNITS: [&str; 13] = [
        "hours",
        "working_days",
        "days",
        "minutes",
        "_g",
        "permille",
        "litres",
        "_km",
        "_count",
        "_per_hour",
        "_month",
        "_day",
        "km",
    ];

    #[test]
    fn every_threshold_ends_in_its_unit() {
        for (rule, thresholds) in REQUIRED_RULES {
            for name in *thresholds {
                assert!(UNITS.iter().any(|unit| name.ends_with(unit)), "{rule}.{name}");
            }
        }
    }

    #[test]
    fn no_rule_is_named_twice() {
        for (position, (rule, _)) in REQUIRED_RULES.iter().enumerate() {
            assert!(REQUIRED_RULES[..position].iter().all(|(other, _)| other != rule), "{rule}");
        }
        assert_eq!(REQUIRED_RULES.len(), 82);
    }
}
