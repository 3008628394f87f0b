//! What the benches share: their arguments, the day they play, and their sections of the report.

#![allow(dead_code, clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use std::path::PathBuf;

use liandan::app::{App, Settings, genesis};
use liandan::bench::write_section;
use liandan::clock::{Clock, Timestamp};
use liandan::ledger::SigningKey;
use liandan::scenario::{Played, Script, World};
use liandan::store::{ConnectOptions, Store, migrate};

/// The log the benches write.
pub(crate) const LOG: &str = "bench.example/liandan";

/// `--manifests N`, `--runs N`, `--write FILE`.
pub(crate) struct Plan {
    pub(crate) manifests: usize,
    pub(crate) runs: usize,
    pub(crate) write: Option<PathBuf>,
}

impl Plan {
    /// These, where the command line says nothing else; cargo's own arguments are passed over.
    pub(crate) fn read(manifests: usize, runs: usize) -> Self {
        let mut plan = Self { manifests, runs, write: None };
        let mut args = std::env::args().skip(1);
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--manifests" => plan.manifests = args.next().unwrap().parse().unwrap(),
                "--runs" => plan.runs = args.next().unwrap().parse().unwrap(),
                "--write" => plan.write = args.next().map(PathBuf::from),
                _ => {}
            }
        }
        plan
    }

    /// Prints a section, and puts it in its place where the plan says so.
    pub(crate) fn report(&self, title: &str, body: &str) {
        let section = format!("## {title}\n\n{body}");
        println!("\n{section}");
        if let Some(path) = &self.write {
            write_section(path, title, body).unwrap();
        }
    }
}

/// A day of manifests: registered, confirmed, assigned, collected, delivered, received, disposed of; offers embedded.
pub(crate) fn day(manifests: usize) -> Played {
    let mut script = String::from("08:00  acme  opens  900-041-49 90000000 kg\n");
    let mut each = |line: &dyn Fn(usize) -> String| (0..manifests).for_each(|n| script.push_str(&line(n)));
    each(&|n| format!("08:10  acme  registers  M{n}  900-041-49 1200 kg  acme > swift > phoenix\n"));
    each(&|n| format!("09:00  acme  hands  M{n}  to swift\n"));
    each(&|n| format!("11:00  swift  hands  M{n}  to phoenix\n"));
    each(&|n| format!("11:30  phoenix  receives  M{n}  all\n"));
    each(&|n| format!("15:00  phoenix  disposes  900-041-49 1200 kg  from M{n}  by D10\n"));
    script.push_str("=====\n");
    Script::parse("bench", &script).unwrap().play(World::embedded(), LOG).unwrap()
}

/// Cores the machine gives us.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Cells of the report: smallest, median and largest of several runs, with so many decimals.
pub(crate) fn spread(mut values: Vec<f64>, decimals: usize) -> String {
    values.sort_by(f64::total_cmp);
    let [smallest, median, largest] = [values[0], values[values.len() / 2], values[values.len() - 1]];
    format!("{smallest:.decimals$} | {median:.decimals$} | {largest:.decimals$}")
}

/// A folder that goes when it is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("liandan-bench-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// An empty SQLite database in it.
    pub(crate) async fn store(&self) -> Store {
        let url = format!("sqlite:{}", self.0.join("ledger.sqlite").display());
        let store = Store::connect(&url, &ConnectOptions::default()).await.unwrap();
        migrate::migrate(&store).await.unwrap();
        store
    }

    /// A ledger in it, founded two days before `at`, at which its clock stands.
    pub(crate) async fn ledger(&self, at: Timestamp) -> App {
        let store = self.store().await;
        let log_key = SigningKey::from_seed([9; 32]);
        let founding = World::embedded().founding(LOG, at.plus_hours(-48), log_key.public()).unwrap();
        let (first, rest) = founding.split_first().unwrap();
        genesis::found(&store, first.envelope.compact().as_bytes(), first.recorded_at).await.unwrap();
        let clock = Clock::manual(rest.last().unwrap().recorded_at);
        let mark = self.0.join("mark");
        let settings = Settings {
            store,
            clock: clock.clone(),
            log_key,
            mark,
            webhooks: Default::default(),
            interrupt: None,
        };
        let app = App::open(settings).await.unwrap();
        let lines = rest.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
        for answer in app.submit_many(lines, None).await.unwrap() {
            answer.unwrap();
        }
        clock.set(at);
        app
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
