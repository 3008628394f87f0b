//! `liandan verify`: check everything again from the bytes. Exit 0 when it fits, 1 when it does not, 2 when it cannot tell.

use std::process::ExitCode;

use clap::Subcommand;

use super::{Error, note, open, say};
use crate::app::audit::{self, AuditError};

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Every entry, signature, leaf, tile and checkpoint of a log.
    Ledger {
        /// Database: sqlite:PATH or postgres://…
        #[arg(long)]
        database: String,
    },
}

pub(super) async fn run(args: Args) -> Result<ExitCode, Error> {
    let What::Ledger { database } = args.what;
    let store = open::read_only(&database).await?;
    let progress = |done: u64, size: u64| {
        if done.is_multiple_of(100_000) {
            note(format!("{done} of {size} entries"));
        }
    };
    match audit::verify(&store, progress).await {
        Ok(audited) => {
            say(format!(
                "The log is whole. 账本完整。 {} entries (bytes, signatures, leaves), {} tiles, {} checkpoints.",
                audited.entries, audited.tiles, audited.checkpoints
            ));
            Ok(ExitCode::SUCCESS)
        }
        Err(AuditError::Broken(broken)) => {
            say(format!("The log is broken. 账本已被改动。 {broken}"));
            Ok(ExitCode::from(1))
        }
        Err(AuditError::Fault(fault)) => Err(fault.into()),
    }
}
