//! `liandan monitor`: follow a remote log by its public files. Exit 0 when it fits, 1 when it does not, 3 when it cannot tell.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use super::{Error, keyfile, note, policy, say, serve, sign};
use crate::app::monitor::{Monitor, MonitorError, Openings, Round, Source};
use crate::clock::Clock;
use crate::ledger::cosignature::Cosigner;

/// What the log did is wrong.
const WRONG: u8 = 1;
/// Nothing can be told.
const CANNOT_TELL: u8 = 3;

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Where the log's static files begin, for example https://ledger.example/api/v1/log
    url: String,
    #[command(flatten)]
    logs: policy::Logs,
    /// Folder for the heads that were seen, the keys of the log, and evidence.
    #[arg(long)]
    state: PathBuf,
    /// Look once and stop.
    #[arg(long)]
    once: bool,
    /// Seconds between two looks.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    interval: u64,
    /// What opens the leaves: a file, or an address such as https://ledger.example/api/v1/log/openings. With it the monitor
    /// cosigns a head when every leaf below it was opened or erased under a notice.
    #[arg(long, requires = "key", requires = "name")]
    openings: Option<String>,
    /// Key that cosigns for the opening monitor; it must serve no other purpose.
    #[arg(long, requires = "openings")]
    key: Option<PathBuf>,
    /// Name the opening monitor cosigns under.
    #[arg(long, requires = "openings")]
    name: Option<String>,
    /// Enrolled key of an auditor or officer, where the openings are behind a token.
    #[arg(long, requires = "openings")]
    token_key: Option<PathBuf>,
}

pub(super) async fn run(args: Args) -> Result<ExitCode, Error> {
    let policy = args.logs.policy()?;
    let origin = policy.logs().first().map(|log| log.key.name.clone()).unwrap_or_default();
    let openings = openings(&args, origin)?;
    let mut monitor = match Monitor::open(&args.url, policy, &args.state, openings) {
        Ok(monitor) => monitor,
        Err(error) => return Ok(failed(&error)),
    };
    if args.once {
        return Ok(match monitor.round().await {
            Ok(round) => told(&round),
            Err(error) => failed(&error),
        });
    }
    let interval = Duration::from_secs(args.interval);
    let following = monitor.follow(interval, |round| match round {
        Ok(round) => drop(told(round)),
        Err(error) => note(format!("{error}")),
    });
    tokio::select! {
        error = following => Ok(failed(&error)),
        () = serve::interrupted() => Ok(ExitCode::SUCCESS),
    }
}

fn openings(args: &Args, origin: String) -> Result<Option<Openings>, Error> {
    let (Some(from), Some(key), Some(name)) = (&args.openings, &args.key, &args.name) else {
        return Ok(None);
    };
    let cosigner = Cosigner { name: name.clone(), key: keyfile::load(key)? };
    let token_key = args.token_key.as_deref().map(keyfile::load).transpose()?;
    let source = if from.starts_with("http://") || from.starts_with("https://") {
        let tokens = move || token_key.as_ref().and_then(|key| sign::token(&origin, key).ok());
        Source::Url(from.clone(), Box::new(tokens))
    } else {
        Source::File(PathBuf::from(from))
    };
    Ok(Some(Openings::new(source, cosigner, Clock::System)))
}

fn told(round: &Round) -> ExitCode {
    say(format!("size 条数 {}, read 新读 {}, level 见证 {}", round.size, round.read, round.level.name()));
    for key in &round.keys {
        let kid = key.kid.map(|kid| kid.to_string()).unwrap_or_default();
        let odd = key.odd.as_ref().map(|odd| format!("  !! {odd} 不合常理")).unwrap_or_default();
        say(format!("  {} {} {kid}{odd}", key.index, key.action));
    }
    if let Some(unopened) = round.unopened.filter(|unopened| *unopened > 0) {
        say(format!("  not opened 未公开: {unopened}"));
    }
    if let Some(line) = &round.cosignature {
        super::print(line);
    }
    if round.odd_keys == 0 {
        return ExitCode::SUCCESS;
    }
    say(format!("key leaves that cannot be 不合常理的密钥记录: {}", round.odd_keys));
    ExitCode::from(WRONG)
}

fn failed(error: &MonitorError) -> ExitCode {
    if error.convicts() {
        say(format!("Do not trust this log. 请勿信任这个日志。 {error}"));
        ExitCode::from(WRONG)
    } else {
        note(format!("Nothing can be told. 无法判断。 {error}"));
        ExitCode::from(CANNOT_TELL)
    }
}
