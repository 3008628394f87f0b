//! What each party has seen of a manifest, and therefore names as the predecessors of what it signs.

use std::collections::HashSet;

use super::Player;
use crate::clock::Timestamp;
use crate::custody::Event;
use crate::custody::event::MAX_PREV;
use crate::id::ManifestId;
use crate::ledger::EventId;
use crate::registry::Role;
use crate::scenario::deed::How;

/// An event that was said, and who has seen it.
pub(super) struct Said {
    pub(super) id: EventId,
    pub(super) event: Event,
    pub(super) role: Role,
    label: Option<String>,
    sent_at: Timestamp,
    seen_by: Vec<String>,
    predecessors: Vec<EventId>,
    refused: bool,
}

impl Said {
    pub(super) fn new(
        id: EventId,
        event: Event,
        sent_at: Timestamp,
        seen_by: Vec<String>,
        role: Role,
        how: &How,
    ) -> Self {
        let predecessors = event.prev.to_vec();
        let (label, refused) = (how.label.clone(), how.refused.is_some());
        Self { id, event, role, label, sent_at, seen_by, predecessors, refused }
    }

    /// The offer inside the event names predecessors too.
    pub(super) fn also_names(&mut self, offered: &[EventId]) {
        self.predecessors.extend(offered);
    }

    /// Everybody sees what is on the ledger; before that, who was there.
    fn is_seen(&self, party: &str, at: Timestamp) -> bool {
        !self.refused && (self.sent_at <= at || self.seen_by.iter().any(|witness| witness == party))
    }
}

impl Player<'_> {
    /// The event that a line said under a label.
    pub(super) fn said_under(&self, label: &str) -> Result<&Said, String> {
        let labelled = |said: &&Said| said.label.as_deref() == Some(label);
        self.said
            .iter()
            .rev()
            .find(labelled)
            .ok_or_else(|| format!("no line before this one is labelled {label}"))
    }

    /// The heads of a manifest that one of the parties knows at `at`: what it has seen and nothing else it has seen names.
    pub(super) fn heads(
        &self,
        parties: &[&str],
        manifest: ManifestId,
        at: Timestamp,
        how: &How,
    ) -> Vec<EventId> {
        if how.knows_nothing {
            return Vec::new();
        }
        let is_known = |said: &&Said| {
            said.event.manifest() == Some(manifest)
                && parties.iter().any(|party| said.is_seen(party, at))
                && said.label.as_ref().is_none_or(|label| !how.unaware_of.contains(label))
        };
        let known: Vec<&Said> = self.said.iter().filter(is_known).collect();
        let named: HashSet<EventId> =
            known.iter().flat_map(|said| said.predecessors.iter().copied()).collect();
        known.iter().map(|said| said.id).filter(|id| !named.contains(id)).take(MAX_PREV).collect()
    }
}
