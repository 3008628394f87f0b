//! One handover that both of its sides state, each in an event of its own: counted once.
//!
//! It happens where there is no signal at the gate: each device keeps what its side did. The statement of the side that takes
//! over moves custody and mass; that of the side that lets go confirms it, and is the signature that was missing. Which
//! confirms which follows from the events of the manifest alone: among those of one passage, the first that lets go
//! belongs to the first that takes over, in the order of the timeline, and so on.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::admit::handover;
use super::event::{Recorded, Verdict};
use super::payload::handover::{Handover, Step};
use crate::catalogue::Uscc;
use crate::id::SiteId;
use crate::ledger::EventId;

/// What two statements must have in common to be about one handover. Masses may differ: that is a discrepancy.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Passage {
    /// Which step.
    pub step: Step,
    /// Who lets go.
    pub from: Uscc,
    /// The site it leaves.
    pub from_site: Option<SiteId>,
    /// Who takes over.
    pub to: Uscc,
    /// The site it enters.
    pub to_site: Option<SiteId>,
    /// Numbers of the lines, sorted.
    pub lines: Vec<u16>,
}

impl Passage {
    /// What a handover has in common with the other side's statement of it.
    pub fn of(step: Step, s: &Handover) -> Self {
        let mut lines: Vec<u16> = s.lines.iter().map(|line| line.line).collect();
        lines.sort_unstable();
        Self { step, from: s.from, from_site: s.from_site, to: s.to, to_site: s.to_site, lines }
    }

    /// The passage that an event states for one side alone, and whether that side takes over.
    pub fn stated_alone(recorded: &Recorded) -> Option<(Self, bool)> {
        if !recorded.verdict.is_of_one_side() {
            return None;
        }
        let (step, s) = handover(&recorded.event)?;
        Some((Self::of(step, s), recorded.event.party == s.to))
    }
}

/// The statements that confirm another one, of the events of a manifest in the order of its timeline.
pub fn confirming<'a>(events: impl Iterator<Item = &'a Recorded>) -> BTreeSet<EventId> {
    let mut sides: HashMap<Passage, (Vec<EventId>, usize)> = HashMap::new();
    for event in events {
        let Some((passage, takes)) = Passage::stated_alone(event) else { continue };
        let (releasing, taking) = sides.entry(passage).or_default();
        if takes {
            *taking += 1;
        } else {
            releasing.push(event.id);
        }
    }
    sides.into_values().flat_map(|(releasing, taking)| releasing.into_iter().take(taking)).collect()
}

/// What an event counts for beside those that confirm another one.
pub fn verdict(recorded: &Recorded, confirming: &BTreeSet<EventId>) -> Verdict {
    let by_itself = recorded.verdict.by_itself();
    if confirming.contains(&recorded.id) { Verdict::Confirms } else { by_itself }
}
