//! The command line: one file per verb. It composes everything and decides nothing.

mod backup;
mod bench;
mod check;
mod demo;
mod doctor;
mod export;
#[cfg(debug_assertions)]
mod halt;
mod import;
mod init;
mod invite;
mod keyfile;
mod keygen;
mod ledger;
mod monitor;
mod open;
mod openapi;
mod policy;
mod profile;
mod progress;
mod rebuild;
mod roster;
mod serve;
mod sidecar;
mod sign;
mod track;
mod verify;
mod witness;
mod words;

use std::io::Write;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

/// liandan (联单): a ledger that hazardous waste cannot slip through.
#[derive(Parser)]
#[command(name = "liandan", version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Found a ledger in a database and make its keys beside it.
    Init(init::Args),
    /// Serve the interface and the pages.
    Serve(Box<serve::Args>),
    /// Found a Linyi ledger, play a week of life, show what was found, and serve it.
    Demo(demo::Args),
    /// Look at everything that `serve` would be started with, and at the machine; it takes the same arguments and changes nothing. Exit 1 when something
    /// would stop a start or lose what is recorded.
    Doctor(Box<serve::Args>),
    /// Check everything again from the bytes.
    Verify(verify::Args),
    /// Judge documents of other systems, or events and bundles of a ledger; `--list` names the formats. Exit 0 when they are clean, 1 with findings, 2 when they cannot be
    /// read.
    Check(check::Args),
    /// Write a bundle as a document of another system: EPCIS 2.0, or the e-Manifest that was imported.
    Export(export::Args),
    /// Throw away everything that is computed from the log and compute it again.
    Rebuild(rebuild::Args),
    /// Write the log into one file, while it may be served.
    Backup(backup::BackupArgs),
    /// Put a backup into an empty database, check it and fold it.
    Restore(backup::RestoreArgs),
    /// Take in documents of other systems.
    Import(import::Args),
    /// Read a sheet of firms into registrations to be signed, one a line.
    Roster(roster::Args),
    /// Sign invitations for a sheet of firms or people; each enrols one key, with a code that goes another way.
    Invite(invite::Args),
    /// Try a profile before it is adopted, and print the statement that adopts it.
    Profile(profile::Args),
    /// Measure this program on this machine against its targets, and check that a made-up city's faults are found, and nothing else.
    Bench(bench::Args),
    /// The server that is measured.
    #[command(hide = true)]
    BenchServer(bench::ServerArgs),
    /// Print the OpenAPI document.
    Openapi(openapi::Args),
    /// Make a signing key.
    Keygen(keygen::Args),
    /// Sign a payload, or make a caller's token.
    Sign(sign::Args),
    /// Make of the points of a vehicle what is signed of them, for `POST /api/v1/events/prepare`.
    Track(track::Args),
    /// Sign on this machine for a program that cannot: plain JSON in, an envelope out; watch a folder and send what is put there.
    Sidecar(sidecar::Args),
    /// Witness other ledgers: cosign their heads as long as they only grow.
    Witness(witness::Args),
    /// Follow a remote log by its public files and keep what it showed. Exit 0 when it fits, 1 when it does not, 3 when it cannot tell.
    Monitor(monitor::Args),
}

/// Run the program with the process's arguments.
pub fn run() -> ExitCode {
    let matches = words::bilingual(Cli::command()).get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    crate::telemetry::start();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    let result = runtime.block_on(async {
        match cli.verb {
            Verb::Init(args) => init::run(args).await,
            Verb::Serve(args) => serve::run(*args).await,
            Verb::Demo(args) => demo::run(args).await,
            Verb::Doctor(args) => return doctor::run(*args).await,
            Verb::Verify(args) => return verify::run(args).await,
            Verb::Check(args) => return Ok(check::run(&args)),
            Verb::Export(args) => export::run(&args),
            Verb::Rebuild(args) => rebuild::run(args).await,
            Verb::Backup(args) => backup::backup(args).await,
            Verb::Restore(args) => backup::restore(args).await,
            Verb::Import(args) => import::run(args).await,
            Verb::Roster(args) => roster::run(&args),
            Verb::Invite(args) => invite::run(&args),
            Verb::Profile(args) => profile::run(args).await,
            Verb::Bench(args) => bench::run(args).await,
            Verb::BenchServer(args) => bench::serve(args).await,
            Verb::Openapi(args) => openapi::run(args),
            Verb::Keygen(args) => keygen::run(args),
            Verb::Sign(args) => sign::run(args),
            Verb::Track(args) => track::run(&args),
            Verb::Sidecar(args) => sidecar::run(args).await,
            Verb::Witness(args) => witness::run(args).await,
            Verb::Monitor(args) => return monitor::run(args).await,
        }
        .map(|()| ExitCode::SUCCESS)
    });
    result.unwrap_or_else(|error| fail(&error))
}

/// Every verb and its arguments, in Markdown, Chinese and English: docs/configuration.md.
pub fn reference() -> String {
    words::reference(Cli::command())
}

/// Any error on its way to the person at the terminal.
type Error = Box<dyn std::error::Error + Send + Sync>;

fn fail(error: &Error) -> ExitCode {
    let mut text = format!("liandan: {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(&format!("\n  because: {cause_text}"));
        }
        source = cause.source();
    }
    drop(writeln!(std::io::stderr(), "{text}"));
    ExitCode::from(2)
}

/// Write a line for the person at the terminal. A closed pipe ends nothing.
fn say(line: impl AsRef<str>) {
    drop(writeln!(std::io::stdout(), "{}", line.as_ref()));
}

/// Write text as it is.
fn print(text: &str) {
    drop(write!(std::io::stdout(), "{text}"));
}

/// Write progress, apart from what the command prints as its result.
fn note(line: impl AsRef<str>) {
    drop(writeln!(std::io::stderr(), "{}", line.as_ref()));
}
