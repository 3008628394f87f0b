//! What a party says of its own earlier event, once the key that signed it is doubted, had ended, or was another party's beyond its
//! mandate.
//!
//! The last word counts, in log order. An event is never rewritten: its verdict under the last word follows from what
//! admission found and from that word, so nothing but its own subjects is folded again.

use std::sync::Arc;

use super::admit::Circumstances;
use super::event::{Recorded, Verdict};
use super::kind::Statement;
use crate::ledger::{EventId, Kid};

/// What is said of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stance {
    /// It is the party's own statement: it counts at its own time, and no longer is in doubt.
    Reaffirmed,
    /// It is not: it moves nothing.
    Disavowed,
}

impl Stance {
    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reaffirmed => "reaffirmed",
            Self::Disavowed => "disavowed",
        }
    }

    /// The stance with this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Reaffirmed, Self::Disavowed].into_iter().find(|stance| stance.name() == name)
    }

    /// The stance that a statement takes, and the event it is about.
    pub fn of(statement: &Statement) -> Option<(Self, EventId)> {
        match statement {
            Statement::EventReaffirmed(s) => Some((Self::Reaffirmed, s.event)),
            Statement::EventDisavowed(s) => Some((Self::Disavowed, s.event)),
            _ => None,
        }
    }
}

/// The last word of a party on one of its events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastWord {
    /// The event it is about.
    pub event: EventId,
    /// What is said of it.
    pub stance: Stance,
    /// The act that says so.
    pub by: EventId,
    /// Log index of that act.
    pub by_index: u64,
    /// Key that signed that act.
    pub by_kid: Kid,
    /// What the event counted for before anything was said of it: its receipt says so for ever.
    pub first_verdict: Verdict,
    /// Steps so far of its findings about who signed it, which open and close together.
    pub steps: u32,
}

/// An earlier event that acts at hand may be about.
#[derive(Clone, Debug)]
pub struct Target {
    /// The event, with the verdict in force.
    pub recorded: Arc<Recorded>,
    /// What admission found around it.
    pub circumstances: Circumstances,
    /// What was last said of it.
    pub last_word: Option<LastWord>,
    /// How many corrections of it there are, whatever became of them.
    pub corrections: usize,
}

/// The verdict as it is shown. A suspicion is cast backwards over any number of events and moves none of them, so it is
/// not stored with each: it follows from the key's record. A reaffirmation takes the mark away, unless the key that signed
/// it is itself in doubt there.
pub fn shown(
    in_force: Verdict,
    is_suspected: bool,
    last_word: Option<&LastWord>,
    is_word_suspected: bool,
) -> Verdict {
    let is_doubtful = match last_word.map(|word| word.stance) {
        Some(Stance::Reaffirmed) => is_word_suspected,
        Some(Stance::Disavowed) | None => is_suspected,
    };
    if in_force == Verdict::Counts && is_doubtful { Verdict::Disputed } else { in_force }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn word(stance: Stance) -> LastWord {
        let id = EventId::from_bytes([1; 32]);
        LastWord {
            event: id,
            stance,
            by: id,
            by_index: 9,
            by_kid: Kid::from_bytes([2; 32]),
            first_verdict: Verdict::Counts,
            steps: 0,
        }
    }

    #[test]
    fn a_mark_falls_on_what_counts_and_goes_with_a_word_nobody_doubts() {
        let reaffirmed = word(Stance::Reaffirmed);
        for (in_force, suspected, last_word, word_suspected, wanted) in [
            (Verdict::Counts, false, None, false, Verdict::Counts),
            (Verdict::Counts, true, None, false, Verdict::Disputed),
            (Verdict::OneSided, true, None, false, Verdict::OneSided),
            (Verdict::EvidenceOnly, true, None, false, Verdict::EvidenceOnly),
            (Verdict::Counts, true, Some(&reaffirmed), false, Verdict::Counts),
            (Verdict::Counts, true, Some(&reaffirmed), true, Verdict::Disputed),
            (Verdict::Counts, false, Some(&reaffirmed), true, Verdict::Disputed),
            (Verdict::EvidenceOnly, true, Some(&word(Stance::Disavowed)), false, Verdict::EvidenceOnly),
        ] {
            assert_eq!(shown(in_force, suspected, last_word, word_suspected), wanted);
        }
    }

    #[test]
    fn names_come_back() {
        for stance in [Stance::Reaffirmed, Stance::Disavowed] {
            assert_eq!(Stance::named(stance.name()), Some(stance));
        }
        assert_eq!(Stance::named("doubted"), None);
    }
}
