//! `liandan demo` as everyone meets it: what it prints equals the list written by hand, and ninety days later only what time adds.

use std::process::Command;

use liandan::scenario::{DEMO_LATER, DEMO_WEEK, Report, Script};

use crate::support::ledger::Folder;

fn demo(folder: &Folder, now: Option<String>) -> Report {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
    command.args(["demo", "--no-serve", "--data"]).arg(folder.path());
    if let Some(now) = now {
        command.args(["--now", &now]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = || text.lines().map(str::trim);
    let is_manifest =
        |word: &str| word.len() == 3 && word.starts_with(['M', 'T']) && word[1..].parse::<u8>().is_ok();
    let manifests = lines().filter_map(|line| line.split_once(' ')).filter(|(word, _)| is_manifest(word));
    Report {
        manifests: manifests.map(|(label, text)| (label.to_owned(), text.to_owned())).collect(),
        findings: lines().filter(|line| line.starts_with("finding ")).map(str::to_owned).collect(),
        cleared: None,
    }
}

#[test]
fn the_week_and_ninety_days_later() {
    let folder = Folder::new();
    let week = Script::parse("week", DEMO_WEEK).unwrap();
    let seen = demo(&folder, None);
    assert!(seen.findings.len() >= 21 && seen.manifests.len() > 30, "{seen:?}");
    seen.compare(week.expected()).unwrap();

    let later = Script::parse("later", DEMO_LATER).unwrap();
    let days = later.ends_at().since(week.ends_at()) / 86_400_000;
    assert!(days >= 90, "{days} days");
    let mut added = demo(&folder, Some(later.ends_at().to_string()));
    added.manifests.clear();
    added.findings.retain(|finding| !seen.findings.contains(finding));
    added.compare(later.expected()).unwrap();
}
