//! `liandan verify`: check everything again from the bytes. Exit 0 when it fits, 1 when it does not, 2 when a bundle fits and the
//! policy wants more witnesses, 3 when it cannot tell.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use super::{Error, fail, ledger, policy, say};
use crate::custody::bundle::{MAX_BUNDLE_BYTES, Mark, Outcome, Report, Shown, check, check_with_head};
use crate::ledger::envelope::MAX_ENVELOPE_BYTES;

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Every entry, signature, leaf, tile and checkpoint of a log, and every row that is computed from it. The database may be
    /// served meanwhile.
    Ledger(ledger::Args),
    /// A bundle, offline: signatures, keys, places in the log, witnesses, and that nothing is missing.
    Bundle {
        /// The bundle, as the interface gave it.
        file: PathBuf,
        /// Whom to trust: a policy (C2SP tlog-policy) that names the log's key and the witnesses. Bring your own.
        #[arg(long)]
        policy: PathBuf,
        /// A head statement of the manifest that you were given at another time: whether the bundle contradicts it.
        #[arg(long)]
        head: Option<PathBuf>,
        /// Print the report as JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) async fn run(args: Args) -> Result<ExitCode, Error> {
    let verdict = match args.what {
        What::Ledger(args) => ledger::verify(args).await,
        What::Bundle { file, policy, head, json } => bundle(&file, &policy, head.as_deref(), json),
    };
    // What cannot be read at all cannot be told either.
    Ok(verdict.unwrap_or_else(|error| {
        fail(&error);
        ExitCode::from(Outcome::CannotTell.exit_code())
    }))
}

fn bundle(file: &Path, policy: &Path, head: Option<&Path>, json: bool) -> Result<ExitCode, Error> {
    let policy = policy::load(policy)?;
    // One byte more than a bundle may have: the checker then says that it is too long.
    let bytes = read(file, MAX_BUNDLE_BYTES + 1)?;
    let report = match head {
        Some(head) => check_with_head(&bytes, &policy, &String::from_utf8(read(head, MAX_ENVELOPE_BYTES)?)?),
        None => check(&bytes, &policy),
    };
    if json {
        say(serde_json::to_string_pretty(&report)?);
    } else {
        print_report(&report);
    }
    Ok(ExitCode::from(report.outcome.exit_code()))
}

fn read(path: &Path, limit: usize) -> Result<Vec<u8>, Error> {
    let shown = path.display();
    let file = std::fs::File::open(path).map_err(|error| format!("{shown}: {error}"))?;
    let mut bytes = Vec::new();
    file.take(limit as u64).read_to_end(&mut bytes).map_err(|error| format!("{shown}: {error}"))?;
    Ok(bytes)
}

fn print_report(report: &Report) {
    for check in &report.checks {
        let sign = match check.mark {
            Mark::Holds => "✓",
            Mark::Noted | Mark::Short => "!",
            Mark::Unknown => "?",
            Mark::Fails => "✗",
        };
        let at = if check.at.is_empty() { String::new() } else { format!(" [{}]", check.at) };
        say(format!("{sign} {}\n  {}{at}", check.zh, check.en));
    }
    if !report.events.is_empty() {
        say("");
    }
    report.events.iter().for_each(print_event);
    let (zh, en) = report.outcome.words();
    say(format!("\n{zh} — {en}"));
}

fn print_event(event: &Shown) {
    let time = |at: Option<crate::clock::Timestamp>| at.map_or_else(|| "…".to_owned(), |at| at.to_string());
    let kind = event.kind.unwrap_or("erased");
    say(format!(
        "{:>8}  {} {}  {}\n          签署人所称时间 occurred {}，收录 recorded {}",
        event.index,
        event.kind_zh.unwrap_or("已删除"),
        kind,
        event.party.as_deref().unwrap_or_default(),
        time(event.occurred_at),
        time(event.recorded_at),
    ));
    for note in &event.notes {
        let (zh, en) = note.words();
        say(format!("          {zh} {en}"));
    }
}
