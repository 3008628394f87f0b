//! `liandan keygen`: make a signing key.

use std::path::PathBuf;

use super::{Error, keyfile, say};

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// File to write, PKCS#8 PEM; must not exist.
    #[arg(long)]
    out: PathBuf,
}

pub(super) fn run(args: Args) -> Result<(), Error> {
    let key = keyfile::fresh()?;
    keyfile::save(&args.out, &key)?;
    say(format!("kid {}\nkey {}", key.kid(), key.public()));
    Ok(())
}
