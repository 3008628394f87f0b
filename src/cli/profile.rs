//! `liandan profile`: what a profile would change before an authority adopts it, and the statement that adopts it.

use std::path::{Path, PathBuf};

use super::{Error, open, progress, say};
use crate::app;
use crate::app::trial::{self, Trial};
use crate::catalogue::{Profile, Uscc};
use crate::clock::Clock;
use crate::custody::{Event, Observation, Statement};
use crate::id::{ActId, derived};
use crate::registry::standing::MAX_PROFILE_CHARS;
use crate::shape::{List, Text};

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(clap::Subcommand)]
enum Step {
    /// Fold everything by the profile and say which findings would open, close and change. Nothing is kept; nobody else can write
    /// meanwhile, so try it on a restored backup of a ledger that is served.
    DryRun {
        /// The profile (TOML).
        file: PathBuf,
        /// Database: sqlite:PATH or postgres://…
        #[arg(long)]
        database: String,
    },
    /// Print the statement that adopts the profile, for `liandan sign`.
    Payload {
        /// The profile (TOML).
        file: PathBuf,
        /// Origin of the ledger.
        #[arg(long, value_name = "ORIGIN")]
        log: String,
        /// Credit code of the authority that will sign it.
        #[arg(long, value_name = "USCC")]
        authority: Uscc,
    },
}

pub(super) async fn run(args: Args) -> Result<(), Error> {
    match args.step {
        Step::DryRun { file, database } => dry_run(&file, &database).await,
        Step::Payload { file, log, authority } => payload(&file, log, authority),
    }
}

async fn dry_run(file: &Path, database: &str) -> Result<(), Error> {
    let profile = Profile::adopted(&read(file)?)?;
    let store = open::store(database).await?;
    let trial = trial::profile(&store, profile, progress::entries()).await?;
    store.close().await;
    report(&trial);
    Ok(())
}

fn report(trial: &Trial) {
    let Trial { opened, closed, changed } = trial;
    say(format!(
        "若一直采用该版本：新增预警 {0} 条，消失 {1} 条，内容变化 {2} 条。\nHad it been in force all along: {0} findings more, {1} fewer, {2} with other figures.",
        opened.len(),
        closed.len(),
        changed.len()
    ));
    opened.iter().for_each(|seen| say(format!("+ {}", line(seen))));
    closed.iter().for_each(|seen| say(format!("- {}", line(seen))));
    for (was, now) in changed {
        say(format!("~ {}\n  → {}", line(was), line(now)));
    }
}

fn line(seen: &Observation) -> String {
    let figures = serde_json::json!(seen.figures);
    format!("{}  {}  {}  {figures}", seen.rule, seen.subject, seen.discriminator)
}

fn payload(file: &Path, log: String, authority: Uscc) -> Result<(), Error> {
    let text: Text<MAX_PROFILE_CHARS> = Text::new(read(file)?)?;
    let rulebook = app::rulebook(Profile::adopted(&text)?.id())?;
    let (log, at) = (Text::new(log)?, Clock::System.now());
    let act: [&[u8]; 3] = [b"liandan/adoption-act/v1", log.as_bytes(), text.as_bytes()];
    let event = Event {
        log: log.clone(),
        act: ActId::from_uuid(derived(&act)),
        party: authority,
        mandate: None,
        prev: List::default(),
        anchor: None,
        occurred_at: at,
        place: None,
        statement: Statement::ProfileAdopted(rulebook.pinned_with(&text)?),
    };
    say(event.to_json().to_string());
    Ok(())
}

/// The text of a profile as it is adopted: without blank ends.
fn read(file: &Path) -> Result<String, Error> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text.trim().to_owned())
}
