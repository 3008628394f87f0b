//! Logs for whoever operates the ledger: one line a fault, never the content of an event.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Start writing logs to standard error. `RUST_LOG` chooses what; warnings and faults when it is not set.
pub fn start() {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::WARN.into()).from_env_lossy();
    // A second start (in tests) keeps the first.
    drop(tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init());
}
