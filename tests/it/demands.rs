//! What a jurisdiction may ask for beyond the law: rules that act only where its profile demands something.

use liandan::catalogue::{Catalogue, Profile};
use liandan::custody::books::Rulebook;
use liandan::ledger::SigningKey;
use liandan::scenario::{Model, Script, World};

const LOG: &str = "scenarios.example/liandan";

/// Profile cn with one of its demands written otherwise.
fn profile_with(before: &str, after: &str) -> &'static Profile {
    let text = include_str!("../../seeds/jurisdictions/cn.toml");
    assert!(text.contains(before), "{before}");
    Box::leak(Box::new(Profile::parse(&text.replace(before, after)).unwrap()))
}

/// What comes out of a script under a profile, compared with what stands below its line; with the severities of what is open.
fn severities(profile: &'static Profile, text: &str) -> Vec<String> {
    let mut model = Model::new(Rulebook { profile, catalogue: Catalogue::embedded() });
    let at = "2026-01-05T08:00:00+08:00".parse().unwrap();
    let founding = World::embedded().founding(LOG, at, SigningKey::from_seed([9; 32]).public()).unwrap();
    // The second entry adopts the profile that is compiled in, which is another: it is left out.
    for (_, event) in founding.iter().enumerate().filter(|(n, _)| *n != 1) {
        model.submit(event).unwrap_or_else(|objections| panic!("{objections:?}"));
    }
    let played = Script::parse("demands", text).unwrap().play(World::embedded(), LOG).unwrap();
    let mut severities = Vec::new();
    for act in &played.acts {
        for step in model.submit(act).unwrap_or_else(|objections| panic!("{objections:?}")).steps {
            severities.push(format!("{:?} {} {:?}", step.step, step.seen.rule, step.seen.severity));
        }
    }
    model.pass_time(played.ends_at);
    model.report(&played.names).compare(&played.expected).unwrap_or_else(|differs| panic!("{differs}"));
    severities
}

/// A load that leaves, is received, and gets its national number after that, or before it left.
fn trip(before: &str, after: &str, findings: &str) -> String {
    format!(
        "08:00 acme opens 900-041-49 1200 kg
09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
{before}
09:20 acme hands M1 to swift
11:00 swift hands M1 to phoenix
11:30 phoenix receives M1 all
{after}
=====
M1 received at phoenix
{findings}
"
    )
}

#[test]
fn a_national_number_is_asked_for_where_the_profile_demands_it() {
    let bind = |at: &str| format!("{at} acme binds M1 20263713000001");
    let demanded = profile_with("national_number = false", "national_number = true");
    let unbound = severities(demanded, &trip("", "", "finding number-unbound M1"));
    assert_eq!(unbound, ["Opened number-unbound None", "Revised number-unbound Some(Major)"]);
    let bound = severities(demanded, &trip(&bind("09:10"), "", ""));
    assert_eq!(bound, Vec::<String>::new());
    let late = severities(demanded, &trip("", &bind("12:00"), "cleared number-unbound M1"));
    assert_eq!(late[2..], ["Closed number-unbound Some(Major)"]);
    let silent = profile_with("national_number = false", "national_number = false # as it is");
    assert_eq!(severities(silent, &trip("", "", "")), Vec::<String>::new());
}

#[test]
fn nobody_confirms_where_no_confirmation_is_demanded() {
    let script = trip("", "", "").replace("acme > swift > phoenix", "acme > swift > phoenix unconfirmed");
    let silent = profile_with("consignee_confirmation = true", "consignee_confirmation = false");
    assert_eq!(severities(silent, &script), Vec::<String>::new());
}

/// A load that is collected and delivered, with a position where there is one.
fn drive(collected: &str, delivered: &str, findings: &str) -> String {
    format!(
        "08:00 acme opens 900-041-49 1200 kg
09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
09:20 acme hands M1 to swift {collected}
11:00 swift hands M1 to phoenix {delivered}
=====
M1 delivered to phoenix
{findings}
"
    )
}

#[test]
fn a_position_is_asked_for_where_the_profile_demands_it() {
    let (start, end) = ("gps 35.100000 118.350000", "gps 35.050000 118.300000");
    let demanded = profile_with("positions = false", "positions = true");
    let nowhere = severities(demanded, &drive(start, "", "finding track-gap M1"));
    assert_eq!(nowhere, ["Opened track-gap None"]);
    assert_eq!(severities(demanded, &drive(start, end, "")), Vec::<String>::new());
    let silent = profile_with("positions = false", "positions = false # as it is");
    assert_eq!(severities(silent, &drive("", "", "")), Vec::<String>::new());
}

#[test]
fn a_track_is_asked_for_where_the_profile_demands_it() {
    let day_after = |findings: &str, track: &str| {
        drive("", "", findings).replace("=====", &format!("{track}until 2026-03-03 11:01\n====="))
    };
    let demanded = profile_with("\ntracks = false", "\ntracks = true");
    severities(demanded, &day_after("finding track-gap M1 100 min", ""));
    let track = "11:30 swift tracks M1 on 鲁Q10001 09:20 35.10 118.35 > 11:00 35.05 118.30\n";
    assert_eq!(severities(demanded, &day_after("", track)), Vec::<String>::new());
    let early = drive("", "", "").replace("=====", "until 2026-03-03 10:59\n=====");
    assert_eq!(severities(demanded, &early), Vec::<String>::new(), "it may still come");
    let silent = profile_with("\ntracks = false", "\ntracks = false # as it is");
    assert_eq!(severities(silent, &day_after("", "")), Vec::<String>::new());
}

/// A lot that arises and leaves, with what its plant records of it.
fn leaves(arises: &str, recorded: &str, findings: &str) -> String {
    format!(
        "08:00 acme generates L1 900-041-49 {arises}
08:10 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
09:20 acme hands M1 to swift 1200 kg from L1 1200 kg
11:00 swift hands M1 to phoenix
{recorded}
=====
M1 delivered to phoenix
{findings}
"
    )
}

#[test]
fn what_leaves_was_weighed_labelled_and_stored_where_the_profile_demands_it() {
    let demanded = profile_with("stored_before_leaving = false", "stored_before_leaving = true");
    let nothing = "finding not-stored L1 1200 kg not weighed,labelled,stored";
    severities(demanded, &leaves("about 1200 kg in 6 drums", "", nothing));
    severities(
        demanded,
        &leaves("1200 kg in 6 drums", "", "finding not-stored L1 1200 kg not labelled,stored"),
    );
    severities(demanded, &leaves("1200 kg", "", "finding not-stored L1 1200 kg not stored"));
    let late = "12:00 acme stores L1 1200 kg in TS001";
    let cleared = severities(demanded, &leaves("1200 kg", late, "cleared not-stored L1"));
    assert_eq!(cleared.len(), 2, "{cleared:?}");
    let silent = profile_with("stored_before_leaving = false", "stored_before_leaving = false # as it is");
    assert_eq!(severities(silent, &leaves("1200 kg", "", "")), Vec::<String>::new());
}
