//! `liandan export`: a bundle as a document of another system, on this machine.

use std::path::PathBuf;

use super::{Error, check};
use crate::catalogue::Profile;
use crate::clock::Clock;
use crate::custody::bundle::Bundle;
use crate::exchange::document::{Writing, write, written};

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// A bundle, as `GET /api/v1/manifests/{id}/bundle` or `/events/{id}/bundle` gave it; `-` for standard input.
    bundle: PathBuf,
    /// The format: `epcis`, or `epa-emanifest` for an e-Manifest that was imported.
    #[arg(long)]
    format: String,
    /// Where to write it; standard output when absent. A file that is there is not overwritten.
    #[arg(long)]
    out: Option<PathBuf>,
    /// The profile whose zone times are told in.
    #[arg(long, default_value = "cn")]
    profile: String,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let bundle = Bundle::parse(&check::read(&args.bundle)?)?;
    let profile =
        Profile::embedded(&args.profile).ok_or_else(|| format!("there is no profile {:?}", args.profile))?;
    let zone = profile.offset().to_string();
    let moment = Writing { made: Clock::System.now(), zone: &zone };
    let written = write(&args.format, &bundle, &moment)
        .ok_or_else(|| format!("没有这种格式 there is no such format; there are {}", written().join(", ")))?;
    let (_, text) = written.map_err(|none| format!("{}\n{}", none.zh, none.en))?;
    match &args.out {
        None => super::print(&format!("{text}\n")),
        Some(path) => {
            let mut file =
                std::fs::File::create_new(path).map_err(|error| format!("{}: {error}", path.display()))?;
            std::io::Write::write_all(&mut file, format!("{text}\n").as_bytes())?;
        }
    }
    Ok(())
}
