//! Whether every gram of a manifest has a final fate (去向已闭环).

use std::collections::BTreeSet;

use super::{Ending, Trace};

/// What became of everything a manifest moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// All of it, in grams.
    pub total_g: i64,
    /// What has a final fate, in grams.
    pub final_g: i64,
    /// Where something is still open. A share of less than a gram is open too.
    pub open: Vec<Ending>,
    /// Lines that are still to leave.
    pub waiting: BTreeSet<u16>,
}

impl Fate {
    /// What a trace downwards from all lots of a manifest says, while these lines are still to leave.
    pub fn of(trace: &Trace, waiting: BTreeSet<u16>) -> Self {
        let (closed, open): (Vec<&Ending>, Vec<&Ending>) =
            trace.ends.iter().partition(|end| end.kind.is_final());
        Self {
            total_g: trace.total_g,
            final_g: closed.iter().fold(0, |sum, end| sum.saturating_add(end.mass_g)),
            open: open.into_iter().copied().collect(),
            waiting,
        }
    }

    /// True when every gram of every line has a final fate (去向已闭环). What never moved has none.
    pub fn is_closed(&self) -> bool {
        self.total_g > 0 && self.open.is_empty() && self.waiting.is_empty()
    }
}
