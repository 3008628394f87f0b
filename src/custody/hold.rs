//! Holds (查封): what an officer stopped, from when until when, by what it is on.
//!
//! What is read here are papers. A hold is effective when it is recorded, and nothing that was recorded before it can break it.

use std::collections::HashMap;

use super::paper::{Paper, PaperId, Written};
use super::payload::oversight::HoldOn;
use crate::clock::Timestamp;

/// A hold, as long as it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// The paper.
    pub paper: PaperId,
    /// Log index of the act that placed it.
    pub index: u64,
    /// When it was placed.
    pub from: Timestamp,
    /// When it was lifted, if it was.
    pub until: Option<Timestamp>,
}

/// The holds at hand.
#[derive(Clone, Debug, Default)]
pub struct Holds(HashMap<HoldOn, Vec<Hold>>);

impl Holds {
    /// Take in a paper, if it is a hold.
    pub fn add(&mut self, paper: &Paper) {
        let Written::Hold(placed) = &paper.written else { return };
        let holds = self.0.entry(placed.on.clone()).or_default();
        holds.retain(|known| known.paper != paper.id);
        let until = paper.end.as_ref().map(|end| end.at);
        holds.push(Hold { paper: paper.id, index: paper.index, from: paper.recorded_at, until });
    }

    /// True while a hold on it stands that nobody lifted.
    pub fn stand(&self, on: &HoldOn) -> bool {
        self.on(on).any(|hold| hold.until.is_none())
    }

    /// The holds on it that stood at a moment and were in the log before an entry.
    pub fn over(&self, on: &HoldOn, at: Timestamp, index: u64) -> impl Iterator<Item = &Hold> {
        let stood = move |hold: &&Hold| hold.from < at && hold.until.is_none_or(|until| at < until);
        self.on(on).filter(move |hold| hold.index < index).filter(stood)
    }

    fn on(&self, on: &HoldOn) -> impl Iterator<Item = &Hold> {
        self.0.get(on).into_iter().flatten()
    }
}
