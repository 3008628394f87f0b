//! Every script of `seeds/` does what is written below its line, and does so in whatever order its facts arrive.

use std::path::Path;

use liandan::catalogue::{Catalogue, Profile};
use liandan::clock::Timestamp;
use liandan::custody::Event;
use liandan::custody::books::Rulebook;
use liandan::custody::correction::event_named_by;
use liandan::ledger::{EventId, SigningKey};
use liandan::scenario::{DEMO_LATER, DEMO_WEEK, Model, Played, Report, Script, Scripted, World};

pub(crate) const LOG: &str = "scenarios.example/liandan";
const PERMUTATIONS: u64 = 20;
/// Rules about when an entry arrived: another order of arrival is another finding.
const BY_ARRIVAL: [&str; 4] = ["late-entry", "clock-skew", "declaration-overdue", "ledger-silent"];

/// Every committed script, by name: what the model runs here, and what any other reader of the language must run.
pub(crate) fn all_scripts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let scripts = files.filter(|path| path.extension().is_some_and(|extension| extension == "txt"));
    let mut scripts: Vec<(String, String)> = scripts
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    scripts.push(("week".to_owned(), DEMO_WEEK.to_owned()));
    scripts.sort();
    scripts
}

pub(crate) fn founded() -> Model {
    founded_at("2026-01-05T08:00:00+08:00".parse().unwrap())
}

fn founded_at(at: Timestamp) -> Model {
    founded_for(World::embedded(), at)
}

/// A ledger in memory that was founded for a world.
pub(crate) fn founded_for(world: &World, at: Timestamp) -> Model {
    let profile = Profile::embedded("cn").unwrap();
    let mut model = Model::new(Rulebook { profile, catalogue: Catalogue::embedded() });
    let log_key = SigningKey::from_seed([9; 32]).public();
    for event in world.founding(LOG, at, log_key).unwrap() {
        model.submit(&event).unwrap_or_else(|objections| panic!("{}: {objections:?}", event.actor));
    }
    model
}

fn play(name: &str, text: &str) -> (Script, Played) {
    let script = Script::parse(name, text).unwrap_or_else(|error| panic!("{error}"));
    let played = script.play(World::embedded(), LOG).unwrap_or_else(|error| panic!("{error}"));
    (script, played)
}

/// Submit everything; what the script says is refused must be, and for that reason.
pub(crate) fn run(name: &str, model: &mut Model, acts: &[Scripted]) -> Result<(), String> {
    for act in acts {
        match (model.submit(act), &act.refused) {
            (Ok(_), None) => {}
            (Err(objections), Some(code)) if objections.iter().any(|objection| objection.code == *code) => {}
            (Ok(_), Some(code)) => return Err(format!("{name}:{}: not refused with {code}", act.line)),
            (Err(objections), _) => return Err(format!("{name}:{}: refused: {objections:?}", act.line)),
        }
    }
    Ok(())
}

fn report(name: &str, founded: &Model, acts: &[Scripted], played: &Played) -> Result<Report, String> {
    let mut model = founded.clone();
    run(name, &mut model, acts)?;
    model.pass_time(played.ends_at);
    Ok(model.report(&played.names))
}

fn fail_on(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n\n"));
}

#[test]
fn every_script_comes_out_as_it_is_written() {
    let founded = founded();
    let check = |(name, text): (String, String)| {
        let (_, played) = play(&name, &text);
        let seen = report(&name, &founded, &played.acts, &played)?;
        seen.compare(&played.expected).map_err(|difference| format!("{name}: {difference}"))
    };
    let complaints: Vec<String> =
        all_scripts().into_iter().filter_map(|script| check(script).err()).collect();
    fail_on(&complaints);
}

#[test]
fn the_order_in_which_facts_arrive_does_not_matter() {
    let founded = founded();
    let mut complaints = Vec::new();
    let mut moved = 0;
    for (name, text) in all_scripts() {
        let (script, played) = play(&name, &text);
        if !script.is_free_of_order() {
            continue;
        }
        let as_written = without_arrival(report(&name, &founded, &played.acts, &played).unwrap());
        for seed in 0..PERMUTATIONS {
            let acts = permuted(&played, seed);
            moved += usize::from(acts != played.acts);
            let result = report(&name, &founded, &acts, &played).and_then(|seen| {
                let seen = without_arrival(seen);
                seen.compare(&as_written.lines())?;
                let same = seen.balances == as_written.balances;
                if same { Ok(()) } else { Err(format!("{:?}, not {:?}", seen.balances, as_written.balances)) }
            });
            if let Err(difference) = result {
                let order: Vec<usize> = acts.iter().map(|act| act.line).collect();
                complaints.push(format!("{name}, permutation {seed}, lines {order:?}: {difference}"));
                break;
            }
        }
    }
    fail_on(&complaints);
    assert!(moved > 100, "only {moved} permutations changed anything");
}

fn without_arrival(mut report: Report) -> Report {
    report.findings.retain(|finding| !BY_ARRIVAL.iter().any(|rule| finding.contains(rule)));
    report.cleared = None;
    report
}

/// Half of the facts reach the ledger at some other of the script's moments, never before they truly happened: nobody names
/// a predecessor that is still to come. Declarations stay where they are, and facts by clocks that run ahead, because those
/// are held back to the time they are recorded. A fact that a correction names is in the log before it. Facts of one moment arrive
/// in any order.
pub(crate) fn permuted(played: &Played, seed: u64) -> Vec<Scripted> {
    let mut random = SplitMix(seed);
    let mut moments: Vec<Timestamp> = played.acts.iter().map(|act| act.recorded_at).collect();
    moments.push(played.ends_at);
    moments.retain(|moment| *moment <= played.ends_at);
    let said = played.acts.iter().map(|act| Event::parse(act.envelope.payload()).unwrap().statement);
    let corrected: Vec<EventId> = said.filter_map(|statement| event_named_by(&statement)).collect();
    let mut acts: Vec<(Timestamp, u64, Scripted)> = Vec::new();
    for act in &played.acts {
        let mut act = act.clone();
        let mut rank = 0;
        let is_named = corrected.contains(&act.envelope.event_id());
        if act.is_fact && act.occurred_at <= act.recorded_at && !is_named {
            let happened_at = act.occurred_at.plus_millis(-act.skew_ms);
            let possible: Vec<Timestamp> =
                moments.iter().copied().filter(|moment| happened_at <= *moment).collect();
            if random.below(2) == 0 && !possible.is_empty() {
                act.recorded_at = possible[random.below(possible.len())];
            }
            rank = 1 + random.next() / 2;
        }
        acts.push((act.recorded_at, rank, act));
    }
    acts.sort_by_key(|(at, rank, _)| (*at, *rank));
    acts.into_iter().map(|(_, _, act)| act).collect()
}

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same on every machine.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

#[test]
fn time_alone_adds_what_later_says() {
    let (_, week) = play("week", DEMO_WEEK);
    let (_, later) = play("later", DEMO_LATER);
    assert!(later.acts.is_empty() && later.ends_at > week.ends_at);
    // As the demonstration does it: what a site owes depends on since when it is known.
    let mut model = founded_at(week.acts[0].recorded_at.plus_hours(-24));
    run("week", &mut model, &week.acts).unwrap();
    model.pass_time(week.ends_at);
    let before = model.report(&week.names).findings;
    model.pass_time(later.ends_at);
    let mut added = model.report(&week.names);
    added.manifests.clear();
    added.findings.retain(|finding| !before.contains(finding));
    added.compare(&later.expected).unwrap_or_else(|difference| panic!("later: {difference}"));
}

#[test]
fn playing_twice_gives_the_same_bytes() {
    let (_, once) = play("week", DEMO_WEEK);
    let (_, again) = play("week", DEMO_WEEK);
    assert_eq!(once.acts, again.acts);
    assert_ne!(once.acts[0].envelope, play("other", DEMO_WEEK).1.acts[0].envelope);
}
