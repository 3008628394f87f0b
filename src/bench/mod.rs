//! `liandan bench`: how fast the ledger is, how much it needs, and whether it found what it should, on the machine that it runs on.
//!
//! A made-up city ([`crate::scenario::city`]) sends its year to a server that is a process of its own: the same binary, the real router
//! behind the real listener, a clock that is told from here. What is sent was signed before the clock starts and lies in files. Every speed
//! is a ratio to a yardstick of the same run, for machines drift; limits in time and memory stand beside the machine.

mod audits;
mod bulk;
mod child;
mod client;
mod figures;
mod ground;
mod growth;
mod late;
mod machine;
mod overload;
mod reads;
mod server;
mod single;
mod spool;
mod suite;
mod yardstick;

use std::path::PathBuf;

use crate::ledger::SigningKey;
use crate::scenario::city::{City, Size};
use figures::{Row, table};
use ground::Ground;

pub use child::VERB;
pub use figures::write_section;
pub use server::{Serving, serve};

/// Any error on its way to the person at the terminal.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The log that is written.
const LOG: &str = "bench.example/liandan";
/// Chunks of a week of the city: about 60,000 events on a working day, ten million in a year.
const CHUNKS_A_WEEK: usize = 300;
/// Events of a manifest, as many as they are in the middle.
const EVENTS_A_MANIFEST: usize = 8;
/// Manifests of the smallest city: of fewer, hardly any has a fault.
const FEWEST_MANIFESTS: usize = 25;
/// What a device's clock tells: a bulk upload says no time with its events.
const TOLD_BY_DEVICES: [&str; 1] = ["clock-skew"];
/// Title of the section of the report.
const TITLE: &str = "The suite (P1–P12)";

/// The measures there are.
pub const MEASURES: [&str; 13] =
    ["P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P11", "P12", overload::MEASURE];

/// What is measured.
#[derive(Clone, Debug)]
pub struct Options {
    /// Events of the city, about.
    pub events: usize,
    /// The seed of the city.
    pub seed: u64,
    /// How often each speed is taken.
    pub runs: usize,
    /// A Postgres server on which databases may be made; SQLite where there is none.
    pub postgres: Option<String>,
    /// Only these; all where there are none.
    pub only: Vec<String>,
    /// Where requests, databases and what has grown lie.
    pub folder: PathBuf,
    /// Grow a ledger to so many events.
    pub grow: Option<usize>,
    /// The report to write the table into.
    pub write: Option<PathBuf>,
    /// How the program was called.
    pub command: String,
}

/// One run of the suite.
struct Run<'a> {
    options: &'a Options,
    ground: Ground,
    rows: Vec<Row>,
    /// What stands below the table.
    appendix: String,
    tell: &'a (dyn Fn(&str) + Sync),
}

/// Measure, and write the report; its section. Fails where the ledger did not find what it should, or two orders end differently.
pub async fn run(options: &Options, tell: &(dyn Fn(&str) + Sync)) -> Result<String, Error> {
    if let Some(unknown) = options.only.iter().find(|only| !MEASURES.contains(&only.as_str())) {
        return Err(format!("{unknown} is none of {}", MEASURES.join(", ")).into());
    }
    let ground = Ground::new(&options.folder, options.postgres.clone())?;
    let mut run = Run { options, ground, rows: Vec::new(), appendix: String::new(), tell };
    let machine = machine::described(&run.ground).await?;
    let measured = match options.grow {
        Some(target) => growth::measure(&mut run, target).await,
        None => run.all().await,
    };
    run.ground.clear().await?;
    measured?;
    let body = format!(
        "Made by `{}` on a shared machine: {machine}.\n\n{}\n{}",
        options.command,
        table(&run.rows),
        run.appendix
    );
    let title = match options.grow {
        Some(_) => "Growth (P3, P4, P6, P10)".to_owned(),
        None => format!("{TITLE}, {}", run.ground.name()),
    };
    if let Some(path) = &options.write {
        write_section(path, &title, &body)?;
    }
    Ok(format!("## {title}\n\n{body}"))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The key that signs the checkpoints of ledgers that are measured. Anybody knows it.
fn log_key() -> SigningKey {
    SigningKey::from_seed([9; 32])
}

fn manifests_of(events: usize) -> usize {
    (events / EVENTS_A_MANIFEST).max(FEWEST_MANIFESTS)
}

fn city_of(seed: u64, manifests: usize) -> Result<City, Error> {
    Ok(City::make(seed, Size { manifests, chunks_a_week: CHUNKS_A_WEEK, with_faults: true })?)
}

impl Run<'_> {
    fn wants(&self, measure: &str) -> bool {
        self.options.only.is_empty() || self.options.only.iter().any(|only| only == measure)
    }
}
