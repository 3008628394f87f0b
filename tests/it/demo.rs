//! `liandan demo` as everyone meets it: what it prints equals the list written by hand, and ninety days later only what time adds.

use std::process::Command;

use liandan::scenario::{DEMO_LATER, DEMO_WEEK, Report, Script};

use crate::support::ledger::Folder;

/// What it prints, and the same as a report.
fn demo(folder: &Folder, now: Option<String>) -> (String, Report) {
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
    let report = Report {
        manifests: manifests.map(|(label, text)| (label.to_owned(), text.to_owned())).collect(),
        findings: lines().filter(|line| line.starts_with("finding ")).map(str::to_owned).collect(),
        cleared: None,
        balances: None,
    };
    (text, report)
}

#[test]
fn the_week_and_ninety_days_later() {
    let folder = Folder::new();
    let week = Script::parse("week", DEMO_WEEK).unwrap();
    let (text, seen) = demo(&folder, None);
    assert!(seen.findings.len() >= 21 && seen.manifests.len() > 30, "{seen:?}");
    seen.compare(week.expected()).unwrap();
    // Behind the findings stand the balances, as the week states them.
    let (_, balances) = text.split_once("批次余额\n").unwrap();
    let printed: Vec<&str> = balances.lines().take_while(|line| !line.is_empty()).collect();
    assert!(printed.len() > 10, "{printed:?}");
    let missing: Vec<_> =
        printed.iter().filter(|line| !week.expected().contains(&line.to_string())).collect();
    assert!(missing.is_empty(), "{missing:?}");

    let later = Script::parse("later", DEMO_LATER).unwrap();
    let days = later.ends_at().since(week.ends_at()) / 86_400_000;
    assert!(days >= 90, "{days} days");
    let (_, mut added) = demo(&folder, Some(later.ends_at().to_string()));
    added.manifests.clear();
    added.findings.retain(|finding| !seen.findings.contains(finding));
    added.compare(later.expected()).unwrap();
}
