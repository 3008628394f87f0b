//! Rules over many loads: what no script of a day shows.

use liandan::custody::shelf::Life;
use liandan::custody::{Observation, Severity};
use liandan::scenario::{Model, Script, World};

use crate::scenarios::{LOG, founded, run};

/// Sixty loads of 1,200 kg on twelve days, each of which comes out at what the scale of the day is off by.
fn sixty_loads(off_kg: impl Fn(usize) -> i64) -> String {
    let mut text = String::from("day 2026-03-02\n07:00  acme  opens  L1  900-041-49 80 t\n");
    for day in 0..12 {
        text.push_str(&format!("day 2026-03-{:02}\n", 2 + day));
        let loads: Vec<usize> = (day * 5..day * 5 + 5).collect();
        let line =
            |minute: usize, what: String| format!("{:02}:{:02}  {what}\n", 8 + minute / 60, minute % 60);
        for (n, load) in loads.iter().enumerate() {
            let what = format!("acme  registers  M{load:02}  900-041-49 1200 kg  acme > swift > phoenix");
            text.push_str(&line(4 * n, what));
        }
        for (n, load) in loads.iter().enumerate() {
            text.push_str(&line(30 + n, format!("acme  hands  M{load:02}  to swift")));
        }
        for (n, load) in loads.iter().enumerate() {
            text.push_str(&line(90 + n, format!("swift  hands  M{load:02}  to phoenix")));
        }
        for (n, load) in loads.iter().enumerate() {
            let found_kg = 1200 + off_kg(*load);
            text.push_str(&line(120 + n, format!("phoenix  receives  M{load:02}  {found_kg} kg")));
        }
    }
    text.push_str("=====\n");
    for load in 0..60 {
        text.push_str(&format!("M{load:02}  received at phoenix\n"));
    }
    text
}

/// The open findings, each with what it differs by in grams and over how many loads.
fn findings(text: &str) -> Vec<(String, Option<i64>, Option<i64>)> {
    let told = open_on_totals("sixty-loads", text).into_iter();
    told.map(|seen| (seen.rule, seen.figures.number("difference_g"), seen.figures.number("loads"))).collect()
}

/// What is open on running totals after a script; there must be nothing open elsewhere.
fn open_on_totals(name: &str, text: &str) -> Vec<Observation> {
    let script = Script::parse(name, text).unwrap_or_else(|error| panic!("{error}"));
    let played = script.play(World::embedded(), LOG).unwrap();
    let mut model: Model = founded();
    run(name, &mut model, &played.acts).unwrap();
    model.pass_time(played.ends_at);
    let seen = model.report(&played.names);
    let of_tallies = model.books().tallies().flat_map(|tally| tally.shelf.findings.all().values());
    let open = of_tallies.filter(|standing| standing.life == Life::Open);
    let open: Vec<Observation> = open.map(|standing| standing.seen.clone()).collect();
    assert_eq!(seen.findings.len(), open.len(), "{:#?}", seen.findings);
    open
}

#[test]
fn sixty_loads_that_all_fall_short_are_one_finding() {
    let wanted = ("mass-bias".to_owned(), Some(2_400_000), Some(60));
    assert_eq!(findings(&sixty_loads(|_| -40)), [wanted]);
}

#[test]
fn sixty_loads_that_err_both_ways_are_none() {
    assert_eq!(findings(&sixty_loads(|load| if load % 2 == 0 { -40 } else { 40 })), []);
}

/// What an intake of so many kilograms is under a permit for 1,000 kg a year: how much it matters, and from where on a new permit is
/// needed.
fn under_a_tonne(kg: i64) -> Option<(Option<Severity>, Option<i64>)> {
    let text = format!(
        "08:00  bureau  permits    mirage HW49 by R15 1000 kg 2026-01-01..2026-12-31\n\
         08:10  acme    opens      900-041-49 3 t\n\
         08:20  acme    registers  M1  900-041-49 {kg} kg  acme > swift > mirage  because permit-capacity \"once\"\n\
         09:00  acme    hands      M1  to swift\n\
         10:00  swift   hands      M1  to mirage\n\
         10:20  mirage  receives   M1  all\n=====\nM1  received at mirage\n"
    );
    let open = open_on_totals("under-a-tonne", &text);
    assert!(open.iter().all(|seen| seen.rule == "permit-capacity"), "{open:#?}");
    open.first().map(|seen| (seen.severity, seen.figures.number("new_permit_g")))
}

#[test]
fn a_permit_fills_up_in_three_steps() {
    assert_eq!(under_a_tonne(799), None);
    assert_eq!(under_a_tonne(800), Some((None, None)), "as much as the rule says: major");
    assert_eq!(under_a_tonne(1000), Some((None, None)));
    assert_eq!(under_a_tonne(1001), Some((Some(Severity::Critical), None)));
    assert_eq!(under_a_tonne(1199), Some((Some(Severity::Critical), None)));
    assert_eq!(under_a_tonne(1200), Some((Some(Severity::Critical), Some(1_200_000))));
}
