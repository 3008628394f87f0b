//! A freshly built log of more than 2,000 entries, and tampered copies of it, before tools that this project did not write:
//! joserfc and cryptography (Python), jose and WebCrypto (Node), the openssl command line, the crates `signed_note` and
//! `tlog_tiles`, and Go's `sumdb` where there is a Go. Each must find exactly what is wrong, and nothing in the good log.
//!
//! `bin/test` installs the tools and sets `LIANDAN_REQUIRE_INTEROP=1`; without it a missing tool is skipped, and that is said.

mod crates;
mod export;
mod kinds;
mod signatures;
mod tamper;
pub(crate) mod tools;
mod vectors;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::support::ledger::Folder;
use export::Export;
use tools::{GO, NODE, OPENSSL, PYTHON, Report, Tool};

/// The issue asks for at least so many leaves.
const LEAST_ENTRIES: usize = 2_000;

/// The log that every test here looks at, built once.
fn log() -> &'static Export {
    static LOG: OnceLock<Export> = OnceLock::new();
    LOG.get_or_init(Export::build)
}

/// What a tool that sees only the tree can say: nothing of events.
fn of_the_tree(faults: &BTreeSet<String>) -> BTreeSet<String> {
    let about_events = ["event ", "leaf ", "signature "];
    faults
        .iter()
        .filter(|fault| !about_events.iter().any(|start| fault.starts_with(start)))
        .cloned()
        .collect()
}

/// Every copy, good and tampered, before one tool.
fn judge(check: impl Fn(&Export) -> Option<Report>, knows: impl Fn(&BTreeSet<String>) -> BTreeSet<String>) {
    for copy in tamper::copies(log()) {
        let Some(report) = check(&copy.export) else { return };
        assert_eq!(report.faults, knows(&copy.faults), "{}", copy.name);
        if copy.faults.is_empty() {
            assert_eq!(report.counts["events"], log().events.len() as u64, "every event was looked at");
            for counted in ["inclusion", "consistency"] {
                assert!(report.counts[counted] > 50, "{counted}: {:?}", report.counts);
            }
        }
    }
}

/// A tool of tests/interop before a copy written as files.
fn before(tool: &Tool) -> impl Fn(&Export) -> Option<Report> + '_ {
    move |export| {
        let folder = Folder::new();
        export.write(folder.path());
        tool.check_log(folder.path())
    }
}

#[test]
fn the_log_is_long_enough() {
    assert!(log().leaves.len() >= LEAST_ENTRIES, "{} entries", log().leaves.len());
    assert_eq!(log().events.len(), log().leaves.len());
}

#[test]
fn python_finds_what_is_wrong_and_nothing_else() {
    judge(before(&PYTHON), Clone::clone);
}

#[test]
fn node_finds_what_is_wrong_and_nothing_else() {
    judge(before(&NODE), Clone::clone);
}

#[test]
fn go_finds_what_is_wrong_and_nothing_else() {
    judge(before(&GO), of_the_tree);
}

#[test]
fn the_crates_find_what_is_wrong_and_nothing_else() {
    judge(|export| Some(crates::check(export)), of_the_tree);
    crates::reads_every_leaf_through_tiles(log());
}

#[test]
fn openssl_verifies_every_event_of_the_log_and_no_edited_one() {
    let folder = Folder::new();
    signatures::write_events(folder.path(), &log().events);
    let Some(report) = OPENSSL.check_log(folder.path()) else { return };
    assert_eq!(report.faults, BTreeSet::new());
    assert_eq!(report.counts["signatures"], log().events.len() as u64);

    let folder = Folder::new();
    let edited: Vec<_> = log().events[..20].iter().map(tamper::with_another_byte).collect();
    signatures::write_events(folder.path(), &edited);
    let report = OPENSSL.check_log(folder.path()).expect("it was there a moment ago");
    assert_eq!(report.faults, (0..20).map(|index| format!("signature {index}")).collect());
}

#[test]
fn the_vectors_are_judged_alike_but_for_what_is_listed() {
    vectors::compare();
}

#[expect(
    clippy::disallowed_methods,
    reason = "a switch for whoever runs the tests, not a setting of the program"
)]
fn bless() -> bool {
    std::env::var_os("LIANDAN_BLESS").is_some()
}
