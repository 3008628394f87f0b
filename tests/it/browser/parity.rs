//! What the scripts say of a bundle is what the program says: the outcome, and every check by name, mark and place.

use std::collections::{BTreeMap, BTreeSet};

use liandan::custody::Event;
use liandan::custody::bundle::{Report, check};
use liandan::custody::subject::Subject;
use liandan::ledger::b64;
use liandan::ledger::policy::Policy;
use serde_json::Value;

use super::cases::{self, Case, Week};
use super::scripts;
use crate::support::ledger::Folder;

/// Copies of bundles with bytes changed by chance.
const BY_CHANCE: usize = 300;
const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");

/// Name, mark and place of a check.
type Said = BTreeSet<(String, String, String)>;

/// What the program says; `None` for a policy that cannot be read, where it says nothing of the bundle.
fn ours(case: &Case) -> Option<Report> {
    Some(check(&case.bundle, &Policy::parse(&case.policy).ok()?))
}

fn said_by_us(report: &Report) -> Said {
    let mark = |mark| serde_json::to_value(mark).unwrap().as_str().unwrap().to_owned();
    report.checks.iter().map(|check| (check.code.to_owned(), mark(check.mark), check.at.clone())).collect()
}

fn said_by_scripts(report: &Value) -> Said {
    let text = |check: &Value, member: &str| check[member].as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap().iter();
    // That the document can be read is said by the page only.
    let checks = checks.filter(|check| !(check["code"] == "form" && check["mark"] == "holds"));
    checks.map(|check| (text(check, "code"), text(check, "mark"), text(check, "at"))).collect()
}

/// Compares the verdicts on all cases; how often each outcome came.
fn compare(cases: &[Case]) -> Option<BTreeMap<String, usize>> {
    let folder = Folder::new();
    for case in cases {
        std::fs::write(folder.path().join(format!("{}.bundle", case.name)), &case.bundle).unwrap();
        std::fs::write(folder.path().join(format!("{}.policy", case.name)), &case.policy).unwrap();
    }
    let theirs = scripts::reports(folder.path())?;
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases {
        let theirs = &theirs[&case.name];
        let outcome = theirs["outcome"].as_str().unwrap().to_owned();
        match ours(case) {
            // Bare keys are a convenience of the page: all of the witnesses must have signed.
            None if case.name.contains("bare-keys") => {
                let wanted = if case.name.starts_with('2') { "valid" } else { "below-policy" };
                assert_eq!(outcome, wanted, "{}", case.name);
            }
            None => assert_eq!(outcome, "cannot-tell", "{}: the policy cannot be read", case.name),
            Some(report) => agree(case, theirs, &report),
        }
        *outcomes.entry(outcome).or_default() += 1;
    }
    Some(outcomes)
}

/// The scripts do not read inside `data` what no check needs. Where the program cannot read an edited payload, the scripts may
/// find what else is wrong with it; holding it is allowed to neither.
fn agree(case: &Case, theirs: &Value, report: &Report) {
    let outcome = theirs["outcome"].as_str().unwrap();
    let (mut ours, mut scripts) = (said_by_us(report), said_by_scripts(theirs));
    let unreadable: Vec<_> = ours.iter().filter(|(code, ..)| code == "payload").cloned().collect();
    for (_, _, at) in &unreadable {
        assert!(
            scripts.iter().any(|(_, mark, place)| place == at && mark != "holds"),
            "{}: {theirs}",
            case.name
        );
        ours.retain(|(_, _, place)| place != at);
        scripts.retain(|(_, _, place)| place != at);
    }
    assert_eq!(scripts, ours, "{}: {theirs}", case.name);
    let wanted = serde_json::to_value(report.outcome).unwrap();
    let is_alike =
        outcome == wanted || !unreadable.is_empty() && ["cannot-tell", "invalid"].contains(&outcome);
    assert!(is_alike, "{}: {outcome}, the program says {wanted}", case.name);
}

#[test]
fn the_scripts_judge_bundles_as_the_program_does() {
    let week = Week::play();
    assert!(week.manifests.len() > 10 && week.events.len() > 10);
    let Some(outcomes) = compare(&cases::good(&week)) else { return };
    let all: Vec<&str> = outcomes.keys().map(String::as_str).collect();
    assert_eq!(all, ["below-policy", "cannot-tell", "invalid", "valid"], "{outcomes:?}");
    assert!(outcomes["valid"] >= week.manifests.len() + week.events.len(), "{outcomes:?}");

    let edited = compare(&cases::edited(&week)).expect("Node was there a moment ago");
    assert!(edited["invalid"] > 30 && edited["cannot-tell"] > 10, "{edited:?}");
    let by_chance = compare(&cases::by_chance(&week, BY_CHANCE)).expect("Node was there a moment ago");
    // A byte of white space, or one more on a line that nobody judges, changes nothing.
    assert!(by_chance.get("valid").copied().unwrap_or(0) < BY_CHANCE / 10, "{by_chance:?}");
}

#[test]
fn the_scripts_judge_the_vectors_as_the_program_does() {
    let path = format!("{VECTORS}/ledger.json");
    let Some(text) = scripts::run(&["vectors", &path]) else { return };
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let mut judged = 0;
    for line in text.lines() {
        let [section, number, verdict] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let vector = &vectors.pointer(&format!("/{}/{number}", section.replace('.', "/"))).unwrap();
        let is_good = vector["valid"].as_bool().unwrap_or(section.ends_with("good"));
        assert_eq!(verdict == "accepted", is_good, "{section} {number}: {}", vector["comment"]);
        judged += 1;
    }
    assert!(judged > 150, "{judged} vectors");
}

#[test]
fn the_scripts_accept_no_hostile_key_or_signature_whatever_webcrypto_says() {
    let path = format!("{VECTORS}/hostile.json");
    for webcrypto in [&[][..], &["yes"]] {
        let Some(text) = scripts::run(&[&["hostile", &path], webcrypto].concat()) else { return };
        let accepted: Vec<&str> = text.lines().filter(|line| !line.ends_with(" refused")).collect();
        assert_eq!(accepted, Vec::<&str>::new(), "{webcrypto:?}");
        assert!(text.lines().count() > 140, "{} vectors", text.lines().count());
    }
}

#[test]
fn the_scripts_find_the_manifests_that_events_touch() {
    let path = format!("{VECTORS}/events.json");
    let Some(text) = scripts::run(&["events", &path]) else { return };
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    let events = vectors["events"].as_array().unwrap();
    assert_eq!(text.lines().count(), events.len());
    for (line, vector) in text.lines().zip(events) {
        let payload = vector["compact"].as_str().unwrap().split('.').nth(1).unwrap();
        let event = Event::parse(&b64::decode(payload).unwrap()).unwrap();
        let touched = event.touches();
        let ours: BTreeSet<String> =
            touched.iter().filter_map(Subject::manifest).map(|id| id.to_string()).collect();
        let theirs: BTreeSet<String> = line.split(' ').skip(1).map(str::to_owned).collect();
        assert_eq!(theirs, ours, "{}", vector["comment"]);
    }
}

/// The bundle that docs/benchmarks.md measures; it is left in the build folder for that.
#[test]
fn a_bundle_of_fifty_records_is_checked() {
    let (bundle, policy) = cases::fifty();
    let left = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(left.join("fifty.json"), &bundle).unwrap();
    std::fs::write(left.join("fifty.policy"), &policy).unwrap();
    let report = check(bundle.as_bytes(), &Policy::parse(&policy).unwrap());
    assert_eq!((report.events.len(), report.outcome.exit_code()), (50, 0), "{report:?}");
    let case = Case { name: "fifty".to_owned(), bundle: bundle.into_bytes(), policy };
    if let Some(outcomes) = compare(&[case]) {
        assert_eq!(outcomes, BTreeMap::from([("valid".to_owned(), 1)]));
    }
}
