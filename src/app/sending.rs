//! What goes out to others on its own: looked after whenever something was committed, and tried again with growing pauses.

use std::time::Duration;

use super::deadlines::pause_for;
use super::{App, Fault};
use crate::clock::{Clock, HOUR_MS, MINUTE_MS, Timestamp};

/// Pauses after the first failures, in milliseconds; the last one again and again.
const PAUSES_MS: [i64; 7] =
    [5_000, 30_000, 2 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, 2 * HOUR_MS];
/// After so long without an answer what is to be sent is parked.
pub(super) const PARKED_AFTER_HOURS: i64 = 24;
/// Another process may have committed what this one is not told of.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How long to wait after so many failures before this one, in milliseconds.
pub(super) fn pause_ms(failures: u64) -> i64 {
    let failures = usize::try_from(failures).unwrap_or(usize::MAX);
    PAUSES_MS[failures.min(PAUSES_MS.len() - 1)]
}

/// True when what has failed since then is to be parked.
pub(super) fn is_given_up(since: Timestamp, now: Timestamp) -> bool {
    now.since(since) >= PARKED_AFTER_HOURS * HOUR_MS
}

impl App {
    /// Do a piece of work whenever something was committed, and at once again while it finds something to do, until the app is gone. `what` is
    /// said of it when it fails. A clock that stands still is not watched: whoever sets it does the work.
    pub(super) fn whenever_changed<W>(&self, what: &'static str, work: fn(App) -> W)
    where
        W: Future<Output = Result<usize, Fault>> + Send + 'static,
    {
        if matches!(self.inner.clock, Clock::Manual(_)) {
            return;
        }
        let weak = std::sync::Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            loop {
                let Some(inner) = weak.upgrade() else { return };
                let app = App { inner };
                let mut bell = app.changed();
                let done = work(app).await;
                if let Err(fault) = &done {
                    tracing::error!(error = %fault, "{what}; trying again");
                }
                if matches!(done, Ok(done) if done > 0) {
                    continue;
                }
                tokio::select! {
                    _ = bell.changed() => pause_for(Duration::ZERO).await,
                    () = pause_for(LOOK_AGAIN) => {}
                }
            }
        });
    }
}
