//! Progress on the way through a log.

use std::cell::Cell;

use super::note;

/// Entries between two lines of progress.
const EVERY: u64 = 100_000;

/// Says now and then how many entries are done, and of how many.
pub(super) fn entries() -> impl Fn(u64, u64) {
    let said = Cell::new(0);
    move |done, size| {
        if done / EVERY > said.get() {
            said.set(done / EVERY);
            note(format!("{done} of {size} entries 条记录"));
        }
    }
}
