//! `liandan openapi`: print the OpenAPI document.

use super::{Error, say};

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: Args) -> Result<(), Error> {
    say(crate::api::openapi().to_pretty_json()?);
    Ok(())
}
