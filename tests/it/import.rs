//! Real input: 19,322 lines of 9,896 US manifests through the program itself, killed in the middle, resumed, shuffled.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use liandan::store::{ConnectOptions, Store, document, log};

use crate::support::ledger::{Database, Folder, block_on, databases};
use crate::support::random::Random;

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/us/waste-lines.csv.gz");
/// The founding, the importer and its key.
const OTHER_ENTRIES: u64 = 3;
const MANIFESTS: u64 = 9_896;
/// A manifest that is not in the sample.
const ADDED: &str = "999999999ZZZ,1,ONE MORE DRUM,1,DM,200,P,D001,,,,,,H141";

fn import(file: &Path, url: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
    command.args(["import", "us-lines"]).arg(file).args(["--database", url]).current_dir(folder);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(file: &Path, url: &str, folder: &Path) -> String {
    let output = import(file, url, folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Start an import and kill it once part of it is acknowledged.
fn run_and_kill(file: &Path, url: &str, folder: &Path) {
    let mut child = import(file, url, folder).spawn().unwrap();
    let progress = BufReader::new(child.stderr.take().unwrap());
    let seen = progress.lines().map(Result::unwrap).any(|line| line.starts_with("3000 of"));
    assert!(seen, "the import ended before it could be killed");
    child.kill().unwrap();
    child.wait().unwrap();
}

async fn size_of(url: &str) -> u64 {
    let options = ConnectOptions { read_only: true, ..ConnectOptions::default() };
    let store = Store::connect(url, &options).await.unwrap();
    let head = log::head(&mut store.read().await.unwrap()).await.unwrap().unwrap();
    store.close().await;
    head.size
}

/// The sample with its lines shuffled, other line endings and one manifest more.
fn disturbed(folder: &Path) -> std::path::PathBuf {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(SAMPLE).unwrap()).read_to_string(&mut text).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    let header = lines.remove(0);
    lines.push(ADDED);
    let mut random = Random::new(7);
    for n in (1..lines.len()).rev() {
        lines.swap(n, random.below(n + 1));
    }
    let path = folder.join("disturbed.csv");
    let mut file = std::fs::File::create(&path).unwrap();
    for line in std::iter::once(header).chain(lines) {
        write!(file, "{line}\r\n").unwrap();
    }
    path
}

/// What an independent script makes of the file.
fn totals_by_script() -> serde_json::Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/us_totals.py");
    let output = Command::new("python3").args([script, SAMPLE]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn check(database: &Database) {
    let folder = Folder::new();
    let url = &database.url;
    run_and_kill(Path::new(SAMPLE), url, folder.path());
    let killed_at = block_on(size_of(url));
    assert!((OTHER_ENTRIES + 3_000..OTHER_ENTRIES + MANIFESTS).contains(&killed_at), "{killed_at}");
    let said = run(Path::new(SAMPLE), url, folder.path());
    assert_eq!(block_on(size_of(url)), OTHER_ENTRIES + MANIFESTS, "{said}");
    block_on(compare_totals(url));
    let said = run(&disturbed(folder.path()), url, folder.path());
    assert!(said.contains("1 new, 9896 already recorded"), "{said}");
    assert_eq!(block_on(size_of(url)), OTHER_ENTRIES + MANIFESTS + 1);
    let verify = Command::new(env!("CARGO_BIN_EXE_liandan"))
        .args(["verify", "ledger", "--database", url])
        .output()
        .unwrap();
    assert!(verify.status.success(), "{}", String::from_utf8_lossy(&verify.stdout));
}

async fn compare_totals(url: &str) {
    let options = ConnectOptions { read_only: true, ..ConnectOptions::default() };
    let store = Store::connect(url, &options).await.unwrap();
    let stored = document::totals(&mut store.read().await.unwrap()).await.unwrap();
    store.close().await;
    let script = totals_by_script();
    let units = script["units"].as_object().unwrap();
    assert_eq!(stored.len(), units.len());
    for total in stored {
        let unit = &units[&total.unit];
        assert_eq!(unit["lines"], total.lines, "{}", total.unit);
        assert_eq!(unit["quantity_milli"], total.quantity_milli, "{}", total.unit);
        assert_eq!(unit["amount"], total.mass_g.or(total.volume_ml).unwrap(), "{}", total.unit);
    }
}

#[test]
fn the_sample_killed_resumed_and_disturbed_sqlite() {
    check(&databases()[0]);
}

#[test]
fn the_sample_killed_resumed_and_disturbed_postgres() {
    if let Some(database) = databases().get(1) {
        check(database);
    }
}
