//! `liandan bench`: how fast this program is on this machine, and whether it found what it should.

use std::path::PathBuf;

use super::{Error, note, print};
use crate::bench::{self, Options, Serving};
use crate::clock::Timestamp;

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Events of the made-up city, about.
    #[arg(long, default_value_t = 50_000)]
    events: usize,
    /// Seed of the city: the same one makes the same events.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often each speed is taken; the one in the middle counts.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// A Postgres server on which databases may be made and thrown away: postgres://…; SQLite files when absent.
    #[arg(long)]
    database: Option<String>,
    /// Only these measures, such as P1,P2; all when absent.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Folder for requests and databases; one that is thrown away, in that for temporary files, when absent.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// Grow a SQLite ledger to so many events instead (P3, P4, P6, P10). It stays in the folder, and goes on where it stopped.
    #[arg(long, requires = "folder", conflicts_with = "database")]
    grow: Option<usize>,
    /// The report whose section is written anew, such as docs/benchmarks.md.
    #[arg(long)]
    write: Option<PathBuf>,
}

/// Arguments of the server that is measured: the bench starts it.
#[derive(clap::Args)]
pub(super) struct ServerArgs {
    /// Database.
    #[arg(long)]
    database: String,
    /// What the clock shows.
    #[arg(long)]
    at: Timestamp,
    /// High-water mark.
    #[arg(long)]
    mark: PathBuf,
}

pub(super) async fn run(args: Args) -> Result<(), Error> {
    let command = command(&args);
    let thrown_away = std::env::temp_dir().join(format!("liandan-bench-{}", std::process::id()));
    let options = Options {
        events: args.events,
        seed: args.seed,
        runs: args.runs.max(1),
        postgres: args.database,
        only: args.only,
        folder: args.folder.clone().unwrap_or_else(|| thrown_away.clone()),
        grow: args.grow,
        write: args.write,
        command,
    };
    let section = bench::run(&options, &|line| note(line)).await;
    if args.folder.is_none() {
        drop(std::fs::remove_dir_all(&thrown_away));
    }
    print(&section?);
    Ok(())
}

/// As somebody would type it again; where databases and folders lie is left out.
fn command(args: &Args) -> String {
    let mut command = "liandan bench".to_owned();
    match args.grow {
        Some(grow) => command.push_str(&format!(" --grow {grow} --folder DIR")),
        None => command.push_str(&format!(" --events {} --runs {}", args.events, args.runs)),
    }
    command.push_str(&format!(" --seed {}", args.seed));
    if args.database.is_some() {
        command.push_str(" --database postgres://…");
    }
    if !args.only.is_empty() {
        command.push_str(&format!(" --only {}", args.only.join(",")));
    }
    command
}

pub(super) async fn serve(args: ServerArgs) -> Result<(), Error> {
    bench::serve(Serving { database: args.database, at: args.at, mark: args.mark }).await
}
