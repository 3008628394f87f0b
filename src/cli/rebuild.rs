//! `liandan rebuild`: everything that is computed from the log is thrown away and computed again.

use super::{Error, open, progress, say};
use crate::app::{audit, rebuild};

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Database: sqlite:PATH or postgres://…
    #[arg(long)]
    database: String,
}

pub(super) async fn run(args: Args) -> Result<(), Error> {
    let store = open::store(&args.database).await?;
    let audited = rebuild::rebuild(&store, audit::PAGE, progress::entries()).await?;
    store.close().await;
    say(format!("Rebuilt from {} entries. 已由 {0} 条记录重新推算。", audited.entries));
    Ok(())
}
