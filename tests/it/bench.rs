//! `liandan bench`, small: everything but the speeds. The ledger finds what was planted and nothing else, two orders end the same, and
//! the report has every measure.

use std::path::Path;
use std::process::Command;

use liandan::scenario::city::{City, Size};

use crate::support::ledger::{Folder, databases};

/// Events of a small run, about: those of the smallest city.
const EVENTS: &str = "200";
/// Its manifests.
const MANIFESTS: usize = 25;
const REPORT: &str = "# Benchmarks\n\n## Another\n\nof somebody else\n";

/// What it prints; what was planted and not found would have ended it.
fn bench(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_liandan"))
        .arg("bench")
        .args(args)
        .args(["--runs", "1", "--seed", "3", "--folder"])
        .arg(folder)
        .output()
        .unwrap();
    let (said, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{why}");
    said.into_owned()
}

/// The cells of the rows of a measure: its figure, smallest, middle, largest, target, whether that is reached.
fn rows(report: &str, measure: &str) -> Vec<Vec<String>> {
    let rows = report.lines().filter_map(|line| line.strip_prefix(&format!("| {measure} | ")));
    rows.map(|row| row.trim_end_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

fn is_measured(report: &str, measure: &str) {
    let rows = rows(report, measure);
    assert!(!rows.is_empty(), "{measure} is missing in {report}");
    for row in rows {
        let middle: f64 = row[2].parse().unwrap_or_else(|_| panic!("{measure} has no figure: {row:?}"));
        assert!(middle.is_finite() && middle > 0.0, "{row:?}");
        assert!(!row[4].is_empty() && ["yes", "no"].contains(&row[5].as_str()), "{row:?}");
    }
}

/// Small as it is, something is wrong in it, several times.
#[test]
fn there_is_something_to_find_in_the_smallest_city() {
    let size = Size { manifests: MANIFESTS, chunks_a_week: 300, with_faults: true };
    let city = City::make(3, size).unwrap();
    assert!(city.chunk("bench.example/liandan", 0).unwrap().expected.len() >= 4);
}

#[test]
fn a_small_run_measures_everything_and_finds_what_was_planted() {
    let folder = Folder::new();
    let path = folder.path().join("benchmarks.md");
    std::fs::write(&path, REPORT).unwrap();
    let said = bench(&folder.path().join("run"), &["--events", EVENTS, "--write", path.to_str().unwrap()]);
    for measure in ["P1", "P2", "P4", "P5", "P6", "P7", "P8", "P10", "P12"] {
        is_measured(&said, measure);
    }
    for row in rows(&said, "overload").iter().take(3) {
        assert!(row[2].parse::<f64>().is_ok(), "{row:?}");
    }
    assert_eq!(rows(&said, "overload").len(), 16, "{said}");
    for elsewhere in ["P3", "P9", "P11"] {
        assert_eq!(rows(&said, elsewhere)[0][2], "n/a", "{elsewhere}");
    }
    assert!(
        said.contains(&format!("`liandan bench --events {EVENTS} --runs 1 --seed 3`"))
            && said.contains("SQLite 3."),
        "{said}"
    );
    let report = std::fs::read_to_string(&path).unwrap();
    assert!(report.starts_with(REPORT.trim_end()) && report.contains(said.trim_end()), "{report}");
    assert_eq!(std::fs::read_dir(folder.path().join("run")).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn two_servers_on_one_postgres_find_together_what_was_planted() {
    let Some(database) = databases().into_iter().nth(1) else { return };
    let folder = Folder::new();
    let said = bench(folder.path(), &["--events", EVENTS, "--only", "P1,P11", "--database", &database.url]);
    ["P1", "P11"].iter().for_each(|measure| is_measured(&said, measure));
    assert!(rows(&said, "P2").is_empty() && said.contains("Postgres 1"), "{said}");
}

#[test]
fn a_ledger_that_grew_stays_and_is_measured_again() {
    let folder = Folder::new();
    let report = folder.path().join("report.md");
    for more in [&[][..], &["P6"]] {
        let said = bench(folder.path(), &["--grow", EVENTS, "--write", report.to_str().unwrap()]);
        ["P3", "P4", "P10"].iter().chain(more).for_each(|measure| is_measured(&said, measure));
    }
    assert!(std::fs::read_to_string(report).unwrap().starts_with("# Benchmarks\n\n## Growth"));
    assert!(folder.path().join("grown/ledger.sqlite").exists());
}
