//! Tests of the profiles that are compiled in, and of what `parse` refuses.
#![allow(clippy::unwrap_used)]

use super::super::exemption::Duty;
use super::*;

fn cn() -> &'static Profile {
    Profile::embedded("cn").unwrap()
}

fn code(text: &str) -> WasteCode {
    text.parse().unwrap()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

#[test]
fn both_profiles_are_there() {
    let us = Profile::embedded("us").unwrap();
    assert_eq!((cn().id(), cn().documents_only(), cn().mass_required()), ("cn", false, true));
    assert_eq!((us.id(), us.documents_only(), us.mass_required()), ("us", true, false));
    assert!(Profile::embedded("atlantis").is_none());
    assert_ne!(cn().digest(), us.digest());
    assert_eq!(cn().retention().manifest_years, 10);
    assert_eq!(cn().unlisted_codes(), UnlistedCode::Notice);
    assert_eq!(cn().zone().name, "Asia/Shanghai");
}

#[test]
fn the_figures_that_rules_ask_for_by_name() {
    for (rule, name, figure) in [
        ("handover-one-sided", "hours", 24),
        ("in-transit-overdue", "city_hours", 2),
        ("in-transit-overdue", "province_hours", 6),
        ("in-transit-overdue", "beyond_hours", 24),
        ("receipt-unconfirmed", "working_days", 5),
        ("rejected-unresolved", "working_days", 5),
        ("fate-open", "days", 90),
        ("mass-discrepancy", "bulk_floor_g", 40_000),
        ("mass-discrepancy", "bulk_permille", 5),
        ("mass-discrepancy", "container_floor_g", 2_000),
        ("mass-discrepancy", "container_permille", 20),
        ("mass-discrepancy", "container_max_litres", 450),
        ("late-entry", "fact_hours", 24),
        ("clock-skew", "minutes", 5),
        ("back-fill-overdue", "working_days", 10),
        ("permit-capacity", "new_permit_permille", 1_200),
        ("stored-too-long", "critical_days", 365),
        ("collector-overdue", "working_days", 90),
    ] {
        assert_eq!(cn().threshold(rule, name), figure, "{rule}.{name}");
    }
}

#[test]
fn every_rule_has_a_disposition_in_china() {
    assert!(REQUIRED_RULES.iter().all(|(rule, _)| cn().has_rule(rule)));
    for rule in ["permit-missing", "permit-scope", "permit-expired", "permit-suspended"] {
        assert_eq!(cn().disposition(rule), Disposition::Reason, "{rule}");
    }
    assert_eq!(cn().disposition("hold-violated"), Disposition::Refuse);
    assert_eq!(cn().disposition("mass-discrepancy"), Disposition::Finding);
}

/// A profile outlives the program that adopted it: a rule got a figure since, or there was no such rule.
#[test]
fn what_was_adopted_before_a_rule_got_a_figure_is_read_with_the_figure_of_the_program() {
    let before = CN.replace("start_days = 60\n", "").replace("version = 1", "version = 2");
    assert!(before.len() < CN.len());
    let refused = Profile::of_any_age(&before).err().unwrap().to_string();
    assert!(refused.contains("\"declaration-overdue\" needs the threshold \"start_days\""), "{refused}");
    let adopted = Profile::adopted(&before).unwrap();
    assert_eq!(adopted.threshold("declaration-overdue", "start_days"), 60);
    assert_eq!((adopted.version(), adopted.digest()), (2, Sha256::digest(before.as_bytes()).into()));
    assert!(Profile::adopted(&before.replace("hours = 24", "hours = -1")).is_err());
}

#[test]
fn a_documents_profile_never_trips_over_a_rule_it_lacks() {
    let us = Profile::embedded("us").unwrap();
    assert!(!us.has_rule("mass-discrepancy"));
    assert_eq!(us.threshold("mass-discrepancy", "bulk_floor_g"), i64::MAX);
    assert_eq!(us.threshold("document-quantity", "bulk_permille"), 100);
    assert_eq!(us.severity("document-sum"), Some(Severity::Major));
    let documents = us.documents().unwrap();
    assert_eq!(documents.units.len(), 8);
    assert_eq!(documents.containers.len(), 13);
    assert_eq!(
        documents.exception_report.map(|report| (report.contact_days, report.report_days)),
        Some((45, 60))
    );
}

#[test]
fn every_unit_of_a_document_can_be_converted() {
    let catalogue = super::super::Catalogue::embedded();
    let units = &Profile::embedded("us").unwrap().documents().unwrap().units;
    assert!(units.iter().all(|code| catalogue.unit("us", code).is_some()));
}

#[test]
fn treatment_lists_are_those_of_the_catalogue() {
    for treatment in super::super::Catalogue::embedded().treatments() {
        assert!(cn().treatments().lists.contains(&treatment.code.list()), "{}", treatment.code);
    }
}

#[test]
fn days_and_years_begin_at_midnight_in_beijing() {
    let new_year_ms = 1_798_732_800_000; // 2026-12-31T16:00:00Z
    assert_eq!(cn().local_date(new_year_ms), date("2027-01-01"));
    assert_eq!(cn().local_date(new_year_ms - 1), date("2026-12-31"));
    assert_eq!((cn().local_year(new_year_ms - 1), cn().local_year(new_year_ms)), (2026, 2027));
    assert_eq!(cn().end_of_local_day_ms(date("2026-12-31")), new_year_ms);
    assert_eq!(cn().offset().local_minus_utc(), 8 * 3600);
    assert_eq!(cn().local_date(-1), date("1970-01-01"));
}

#[test]
fn times_beyond_all_dates_are_cut_not_wrapped() {
    assert_eq!(cn().local_date(i64::MAX), NaiveDate::MAX);
    assert_eq!(cn().local_date(i64::MIN), NaiveDate::MIN);
    assert!(cn().end_of_local_day_ms(NaiveDate::MAX) > cn().end_of_local_day_ms(date("9999-12-31")));
}

#[test]
fn exemptions_are_found_by_code_and_link() {
    let battery = cn().exempt(&code("900-052-31"), Link::Transport).unwrap();
    assert_eq!(battery.id, "lead-battery-transport");
    assert!(battery.waives(Duty::TransportLicence) && !battery.waives(Duty::Manifest) && battery.needs_claim);
    assert!(cn().exempt(&code("900-052-31"), Link::Disposal).is_none());
    let clinic = cn().exempt(&code("841-001-01"), Link::Collection).unwrap();
    assert!(clinic.waives(Duty::Manifest) && clinic.needs_claim);
    for link in [Link::Collection, Link::Transport, Link::Storage, Link::Use, Link::Disposal] {
        assert!(
            cn().exempt(&code("900-041-49"), link).is_none(),
            "the commonest code is never exempt: {link:?}"
        );
    }
}

#[test]
fn every_exempt_code_is_in_the_catalogue() {
    let wastes = super::super::Catalogue::embedded().wastes();
    for exemption in cn().exemptions() {
        assert!(wastes.iter().any(|entry| exemption.code.covers(&entry.code)), "{}", exemption.id);
        assert!(
            !exemption.waives.is_empty() && !exemption.zh.is_empty() && !exemption.en.is_empty(),
            "{}",
            exemption.id
        );
    }
}

#[test]
fn a_relaxed_level_holds_in_its_place_class_and_time() {
    let text = CN.replace(
        "default = \"two-keys\"",
        "default = \"two-keys\"\n[[levels.relaxed]]\ndivision = \"371300\"\nclass = \"registered\"\nlevel = \"one-side\"\nuntil = \"2027-06-30\"",
    );
    let profile = Profile::parse(&text).unwrap();
    let level = |division: &str, class, on: &str| {
        profile.signature_level(division.parse().ok(), Some(class), date(on))
    };
    assert_eq!(level("371302", UnitClass::Registered, "2027-06-30"), SignatureLevel::OneSide);
    assert_eq!(level("371302", UnitClass::Registered, "2027-07-01"), SignatureLevel::TwoKeys);
    assert_eq!(level("371302", UnitClass::Key, "2027-01-01"), SignatureLevel::TwoKeys);
    assert_eq!(level("370102", UnitClass::Registered, "2027-01-01"), SignatureLevel::TwoKeys);
    assert_eq!(profile.signature_level(None, None, date("2027-01-01")), SignatureLevel::TwoKeys);
    assert!(
        SignatureLevel::OneSide < SignatureLevel::KeyAndCode
            && SignatureLevel::KeyAndCode < SignatureLevel::TwoKeys
    );
}

#[test]
fn a_faulty_profile_is_refused_with_the_place_named() {
    for (from, to, expected) in [
        ("+08:00", "8 hours", "utc_offset"),
        ("[rules.fork]", "[rules.spoon]", "spoon"),
        ("[rules.fork]\ndisposition = \"finding\"\n", "", "fork"),
        ("fact_hours = 24", "fact_hour = 24", "fact_hour"),
        ("fact_hours = 24", "", "fact_hours"),
        ("fact_hours = 24", "fact_hours = -1", "late-entry.fact_hours"),
        ("fact_hours = 24", "fact_hours = 2.5", "profile cannot be read"),
        ("mass_required = true", "mass_required = true\ncolour = \"red\"", "colour"),
        ("disposition = \"refuse\"", "disposition = \"ignore\"", "ignore"),
        ("id = \"small-clinic-transport\"", "id = \"small-clinic-collection\"", "small-clinic-collection"),
        ("pattern = \"99999999999999\"", "pattern = \"2026999999\"", "2026999999"),
        ("code = \"900-052-31\"", "code = \"900-052-99\"", "900-052-99"),
    ] {
        assert!(CN.contains(from), "{from}");
        let error = Profile::parse(&CN.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(expected), "{from} -> {to}: {error}");
    }
}

#[test]
fn external_numbers_are_found_by_kind() {
    assert_eq!(cn().external_number("cn-national").unwrap().pattern.len(), 14);
    assert!(cn().external_number("us-mtn").is_none());
    assert_eq!(cn().numbering().own.as_deref(), Some("LD{year}-{division}-{serial}"));
}

/// HJ 1259-2022, 7.2: what each class declares, and until when.
#[test]
fn classes_declare_their_periods_and_due_days_are_those_of_the_profile() {
    use DeclarationPeriod::{Month, Quarter, Year};
    assert_eq!(cn().declared_by(UnitClass::Key), [Month, Year]);
    assert_eq!(cn().declared_by(UnitClass::Simplified), [Quarter, Year]);
    assert_eq!(cn().declared_by(UnitClass::Registered), [Year]);
    assert!(Profile::embedded("us").unwrap().declared_by(UnitClass::Key).is_empty());
    for (period, of, due) in [
        (Month, "2026-12-03", "2027-01-15"),
        (Quarter, "2026-03-31", "2026-04-15"),
        (Year, "2026-01-01", "2027-03-31"),
    ] {
        assert_eq!(cn().due_day(period, date(of)), date(due));
    }
}

#[test]
fn a_profile_that_leaves_open_who_declares_what_or_until_when_is_refused() {
    let refused = |from: &str, to: &str| {
        assert!(CN.contains(from), "{from}");
        Profile::parse(&CN.replacen(from, to, 1)).unwrap_err().to_string()
    };
    let twice = refused("key = [\"month\", \"year\"]", "key = [\"month\", \"month\"]");
    assert!(twice.contains("declarations.key"), "{twice}");
    let nothing = refused("registered = [\"year\"]", "registered = []");
    assert!(nothing.contains("declarations.registered"), "{nothing}");
    let never = refused("month_due_day = 15", "month_due_day = 30");
    assert!(never.contains("month 2, day 30"), "{never}");
    let never = refused("year_due_month = 3", "year_due_month = 13");
    assert!(never.contains("month 13"), "{never}");
}
