//! Rules over many loads: what no script of a day shows.

use liandan::custody::shelf::Life;
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
    let script = Script::parse("sixty-loads", text).unwrap_or_else(|error| panic!("{error}"));
    let played = script.play(World::embedded(), LOG).unwrap();
    let mut model: Model = founded();
    run("sixty-loads", &mut model, &played.acts).unwrap();
    model.pass_time(played.ends_at);
    let seen = model.report(&played.names);
    let of_tallies = model.books().tallies().flat_map(|tally| tally.shelf.findings.all().values());
    let open = of_tallies.filter(|standing| standing.life == Life::Open).map(|standing| &standing.seen);
    let told = open
        .map(|seen| (seen.rule.clone(), seen.figures.number("difference_g"), seen.figures.number("loads")));
    let told: Vec<_> = told.collect();
    assert_eq!(seen.findings.len(), told.len(), "{:#?}", seen.findings);
    told
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
