//! `liandan doctor`: looks at everything that `serve` would be started with, and at the machine, and changes nothing.
//!
//! It takes the arguments of `serve`, so what is checked is what would run. A ledger that is being served is looked at beside its server.

mod configuration;
mod ledger;
mod machine;
mod report;

use std::path::Path;
use std::process::ExitCode;

use super::{Error, keyfile, open, serve};
use crate::clock::Clock;
use report::Report;

/// Exit 0 when nothing would stop a start or lose what is recorded, 1 otherwise; remarks do not count.
pub(super) async fn run(args: serve::Args) -> Result<ExitCode, Error> {
    let (clock, mut report) = (Clock::System, Report::default());
    match open::look(&args.database).await {
        Ok(store) => {
            ledger::check(&mut report, &store, &args, clock.now()).await;
            store.close().await;
        }
        Err(error) => report.fault("database 数据库", format!("{error}{}", hint(&args.database))),
    }
    configuration::check(&mut report, &args);
    machine::check(&mut report, &args);
    Ok(report.end())
}

/// What makes a SQLite file that is not there.
fn hint(database: &str) -> &'static str {
    match keyfile::sqlite_file(database).is_some_and(|path| !Path::new(path).exists()) {
        true => {
            ". There is no such file; `liandan init` founds a ledger in it. 没有这个文件，用 liandan init 建账"
        }
        false => "",
    }
}
