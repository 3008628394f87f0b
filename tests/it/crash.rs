//! The crash table: whatever fails between an upload and its answer, nothing acknowledged is lost, nothing stands twice, no
//! checkpoint covers what is not there, and whoever sends again gets the first receipt.

mod disk;
mod kill;
mod lost;
mod steps;

use std::sync::{Arc, Mutex};

use liandan::app::steps::{Interrupt, Side, Step};

/// Fails a step a number of times.
#[derive(Clone, Default)]
pub(crate) struct FailAt(Arc<Mutex<Option<(Step, Side, u32)>>>);

impl FailAt {
    pub(crate) fn set(&self, step: Step, side: Side, times: u32) {
        *self.0.lock().unwrap() = Some((step, side, times));
    }

    /// How often it would still fail; nothing fails any more.
    pub(crate) fn clear(&self) -> u32 {
        self.0.lock().unwrap().take().map_or(0, |(_, _, left)| left)
    }

    pub(crate) fn interrupt(&self) -> Interrupt {
        let shared = Arc::clone(&self.0);
        Arc::new(move |step, side| match &mut *shared.lock().unwrap() {
            Some((at, on, left)) if (*at, *on) == (step, side) && *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        })
    }
}
