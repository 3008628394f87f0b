//! `liandan openapi`: print the OpenAPI document, as it is committed in `openapi/v1.json`.

use super::Error;

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {}

pub(super) fn run(_: Args) -> Result<(), Error> {
    super::print(&crate::api::openapi_json());
    Ok(())
}
