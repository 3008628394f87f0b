//! The order of the events of one subject, whatever order they arrived in.
//!
//! An event's place is (effective time, depth along `prev` at equal time, rank of its kind, event id). The log index never
//! enters. An event that arrives late therefore takes the place it would have had, and what follows is folded again.

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::event::Recorded;
use super::kind::{Class, Statement};
use crate::clock::Timestamp;
use crate::ledger::EventId;

/// The place of an event in a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// When it is effective.
    pub effective: Timestamp,
    /// Number of predecessors in a row at the same effective time.
    pub depth: u32,
    /// Rank of its kind.
    pub rank: i64,
    /// Event id, so that no two places are equal.
    pub id: EventId,
}

impl Place {
    /// The place of an event none of whose predecessors is effective as late as itself.
    pub fn alone(recorded: &Recorded) -> Self {
        Self { effective: recorded.base_time(), depth: 0, rank: recorded.kind().rank(), id: recorded.id }
    }
}

/// Put the events of one subject in order. Predecessors outside `events` make no edge.
///
/// A fact is effective no earlier than the predecessors it names: who knew an event cannot have acted before it.
pub fn order(events: &[Arc<Recorded>]) -> Vec<(Place, Arc<Recorded>)> {
    let position: HashMap<EventId, usize> =
        events.iter().enumerate().map(|(n, event)| (event.id, n)).collect();
    let edges: Vec<Vec<usize>> = events
        .iter()
        .map(|event| event.predecessors().filter_map(|id| position.get(id).copied()).collect())
        .collect();
    let mut placed: Vec<(Place, Arc<Recorded>)> = Vec::with_capacity(events.len());
    let mut places: Vec<Option<Place>> = vec![None; events.len()];
    for n in predecessors_first(&edges) {
        let place = place_after(&events[n], edges[n].iter().filter_map(|p| places[*p]));
        places[n] = Some(place);
        placed.push((place, Arc::clone(&events[n])));
    }
    placed.sort_unstable_by_key(|(place, _)| *place);
    placed
}

/// One thing to fold, at its place: an event, or one handover of a paper that was filled in later.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Where it stands.
    pub place: Place,
    /// Which handover of the paper, from 1; 0 for the event itself.
    pub part: u8,
    /// The event.
    pub event: Arc<Recorded>,
}

impl Moment {
    /// An event at its place.
    pub fn of(place: Place, event: &Arc<Recorded>) -> Self {
        Self { place, part: 0, event: Arc::clone(event) }
    }
}

/// What to fold, in order. What ran on paper happened when the paper says, and not when it was filled in.
pub fn moments(ordered: &[(Place, Arc<Recorded>)]) -> Vec<Moment> {
    let mut moments: Vec<Moment> = Vec::with_capacity(ordered.len());
    for (place, event) in ordered {
        moments.push(Moment::of(*place, event));
        let Statement::PaperBackfilled(paper) = &event.event.statement else { continue };
        for (part, handed) in (1_u8..).zip(paper.handovers.iter()) {
            let effective = handed.at.min(event.recorded_at);
            let place = Place { effective, depth: 0, rank: handed.step.kind().rank(), id: event.id };
            moments.push(Moment { place, part, event: Arc::clone(event) });
        }
    }
    moments.sort_by_key(|moment| (moment.place, moment.part));
    moments
}

fn place_after(event: &Recorded, predecessors: impl Iterator<Item = Place> + Clone) -> Place {
    let mut place = Place::alone(event);
    if event.kind().class() == Class::Fact {
        place.effective = predecessors.clone().map(|p| p.effective).fold(place.effective, Ord::max);
    }
    place.depth =
        predecessors.filter(|p| p.effective == place.effective).map(|p| p.depth + 1).max().unwrap_or(0);
    place
}

/// Positions so that each comes after its predecessors. An id is a hash over the ids it names, so there are no cycles.
fn predecessors_first(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut followers: Vec<Vec<usize>> = vec![Vec::new(); edges.len()];
    let mut open: Vec<usize> = edges.iter().map(Vec::len).collect();
    for (n, predecessors) in edges.iter().enumerate() {
        for p in predecessors {
            followers[*p].push(n);
        }
    }
    let mut ready: Vec<usize> = (0..edges.len()).filter(|n| open[*n] == 0).collect();
    let mut next = 0;
    while next < ready.len() {
        for follower in &followers[ready[next]] {
            open[*follower] -= 1;
            if open[*follower] == 0 {
                ready.push(*follower);
            }
        }
        next += 1;
    }
    ready
}
