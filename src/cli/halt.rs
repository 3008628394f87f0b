//! Halting a server at a step, for the tests that kill it exactly there. Not part of a released program.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::say;
use crate::app::steps::{Interrupt, Side, Step};

/// The N-th time on one side of a step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    step: Step,
    side: Side,
    occurrence: u64,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = || "write STEP:before:N or STEP:after:N, for example commit:after:1".to_owned();
        let mut parts = text.split(':');
        let mut next = || parts.next().ok_or_else(wanted);
        let (step, side, occurrence) = (next()?, next()?, next()?);
        Ok(Self {
            step: Step::ALL.into_iter().find(|known| known.name() == step).ok_or_else(wanted)?,
            side: match side {
                "before" => Side::Before,
                "after" => Side::After,
                _ => return Err(wanted()),
            },
            occurrence: occurrence.parse().map_err(|_| wanted())?,
        })
    }
}

impl Place {
    /// Says that it halts, and never goes on.
    pub(super) fn interrupt(self) -> Interrupt {
        let left = AtomicU64::new(self.occurrence);
        Arc::new(move |step, side| {
            if (step, side) == (self.step, self.side) && left.fetch_sub(1, Ordering::Relaxed) == 1 {
                say("halted");
                loop {
                    std::thread::park();
                }
            }
            false
        })
    }
}
