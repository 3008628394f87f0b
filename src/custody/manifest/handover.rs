//! Folding handovers: what changes hands, who signed, which containers travel.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::handed::{HandedContainers, HandoverRecord, Side, handover_record, offer_of};
use super::state::{ManifestState, Mark};
use crate::catalogue::Uscc;
use crate::custody::event::Recorded;
use crate::custody::passage::Passage;
use crate::custody::payload::handover::{ContainerSet, Countersigned, HandedLine, Handover, SeenLine, Step};
use crate::custody::payload::manifest::{MAX_CONTAINERS, MAX_LINES};
use crate::id::{ContainerId, LotId};
use crate::ledger::EventId;

/// The releasing side's own statement of a handover that the taking side states too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The event.
    pub mark: Mark,
    /// What it is about.
    pub passage: Passage,
    /// Masses as this side saw them, sorted by line.
    pub lines: Vec<(u16, i64)>,
    /// The containers it loaded, where it names them.
    pub containers: Option<ContainerSet>,
}

/// A countersignature, matched to its handover when rules are checked, so that either may come first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Countersign {
    /// The countersigning event.
    pub mark: Mark,
    /// The handover it is for.
    pub handover: EventId,
    /// Masses as this side saw them, sorted by line.
    pub lines: Vec<(u16, i64)>,
    /// Containers as this side saw them.
    pub containers: Option<ContainerSet>,
}

impl Countersign {
    pub(super) fn of(mark: Mark, s: &Countersigned) -> Self {
        let mut lines: Vec<(u16, i64)> =
            s.lines.iter().map(|l: &SeenLine| (l.line, l.mass_g.get())).collect();
        lines.sort_unstable();
        Self { mark, handover: s.event, lines, containers: s.containers }
    }

    /// True when it is that of a party for a handover, and sees what was signed there. Whoever countersigned has to agree to a
    /// correction, but its signature stays on what it saw.
    pub fn signs(&self, handover: &HandoverRecord, party: Uscc) -> bool {
        let same_containers = match (self.containers, handover.containers.taken) {
            (Some(seen), Some(taken)) => seen == taken || handover.signed_lines.is_some(),
            _ => true,
        };
        self.handover == handover.mark.event
            && self.mark.party == party
            && self.lines == handover.signed_masses()
            && same_containers
    }
}

impl ManifestState {
    /// Fold one handover.
    pub(super) fn hand_over(&mut self, recorded: &Recorded, mark: Mark, step: Step, s: &Handover) {
        let refused = self.refused_before(step);
        let position = u16::try_from(self.handovers.len()).ok();
        for handed in s.lines.iter() {
            self.pass_custody(mark, step, s, handed.line);
            let line = self.lines.entry(handed.line).or_default();
            line.code = line.code.or(Some(handed.code));
            line.exemptions.extend(handed.exemptions.iter().map(ToString::to_string));
            line.entered_by = None;
            line.on_the_way = s.to_site.is_none() && step != Step::Delivered;
            line.on_the_way_back = step == Step::Returned && line.on_the_way;
            line.refused_at_gate = false;
            match step {
                Step::Collected => {
                    line.shipped_g = line.shipped_g.wrapping_add(handed.quantity.grams());
                    line.strange_g = line.strange_g.wrapping_add(strange_g(handed, refused.as_ref()));
                    line.unreceived_g = line.unreceived_g.wrapping_add(handed.quantity.grams());
                    line.collected_by.push(recorded.id);
                    line.entered_by = position.filter(|_| s.to_site.is_some());
                }
                Step::Transferred => line.entered_by = position.filter(|_| s.to_site.is_some()),
                Step::Delivered => {}
                Step::Returned if s.to_site.is_some() => {
                    line.returned_g = line.returned_g.wrapping_add(handed.quantity.grams());
                }
                Step::Returned => {}
            }
        }
        let containers = self.pass_containers(recorded, step, s);
        let mut record = handover_record(recorded, mark, step, s, containers);
        if record.is_confirmable() && !self.confirmations.is_empty() {
            let passage = record.passage();
            let before = self.handovers.iter().filter(|other| other.is_taking_of(&passage)).count();
            let said = (0..).zip(&self.confirmations).filter(|(_, said)| said.passage == passage);
            record.confirmed_by = said.map(|(position, _)| position).nth(before);
        }
        self.handovers.push(record);
    }

    /// What a load of this manifest may be drawn from, where it follows another: the lots refused there.
    fn refused_before(&self, step: Step) -> Option<BTreeSet<LotId>> {
        let follows = self.registration.as_ref()?.follows.filter(|_| step == Step::Collected)?;
        let lines = 1..=u16::try_from(MAX_LINES).unwrap_or(u16::MAX);
        Some(lines.map(|line| LotId::rejected_of_line(follows, line)).collect())
    }

    /// Note what the releasing side says of a handover that the taking side states too: it moves nothing.
    pub(super) fn confirm_handover(&mut self, mark: Mark, step: Step, s: &Handover) {
        let loaded: Vec<ContainerId> =
            s.lines.iter().flat_map(|line| line.containers.iter().copied()).collect();
        let mut lines: Vec<(u16, i64)> = s.lines.iter().map(|l| (l.line, l.quantity.grams())).collect();
        lines.sort_unstable();
        let containers = (!loaded.is_empty()).then(|| ContainerSet::of(&loaded));
        let passage = Passage::of(step, s);
        let before = self.confirmations.iter().filter(|said| said.passage == passage).count();
        if let Some(record) =
            self.handovers.iter_mut().filter(|other| other.is_taking_of(&passage)).nth(before)
        {
            record.confirmed_by = u16::try_from(self.confirmations.len()).ok();
        }
        self.confirmations.push(Confirmation { mark, passage, lines, containers });
    }

    /// The releasing side's own statement of a handover, if it made one. Which belongs to which is decided when the later of the
    /// two is folded: the first of a passage belongs to the first, and so on, whichever side's comes first.
    pub fn confirmation(&self, handover: &HandoverRecord) -> Option<&Confirmation> {
        self.confirmations.get(usize::from(handover.confirmed_by?))
    }

    /// True when a side of a passage stated it alone: the taking side where `takes`, else the releasing one.
    pub fn has_stated_alone(&self, passage: &Passage, takes: bool) -> bool {
        let side = if takes { Side::Releasing } else { Side::Taking };
        let stated = self.handovers.iter().filter(|handover| !handover.is_on_paper());
        let mut stated = stated.filter(|handover| handover.unsigned == [side]);
        stated.any(|handover| handover.passage() == *passage)
            || !takes && self.confirmations.iter().any(|confirmation| confirmation.passage == *passage)
    }

    /// The sides of a handover whose signatures are still missing: nobody countersigned for them, or said the same.
    pub fn missing_sides(&self, handover: &HandoverRecord) -> Vec<Side> {
        if handover.unsigned.is_empty() || self.confirmation(handover).is_some() {
            return Vec::new();
        }
        let signed = |side: &Side| {
            self.countersigns.iter().any(|countersign| countersign.signs(handover, handover.party(*side)))
        };
        handover.unsigned.iter().copied().filter(|side| !signed(side)).collect()
    }

    /// Move the containers of a handover. What the taker does not name travels on.
    fn pass_containers(&mut self, recorded: &Recorded, step: Step, s: &Handover) -> HandedContainers {
        let lines: BTreeSet<u16> = s.lines.iter().map(|line| line.line).collect();
        let loaded = s.lines.iter().flat_map(|line| line.containers.iter().map(|id| (*id, line.line)));
        let before: BTreeSet<ContainerId> = if step == Step::Collected {
            loaded.clone().map(|(id, _)| id).collect()
        } else {
            self.containers.iter().filter(|(_, line)| lines.contains(line)).map(|(id, _)| *id).collect()
        };
        let missing: BTreeSet<ContainerId> = s.missing.iter().copied().collect();
        let extra: BTreeSet<ContainerId> = s.extra.iter().copied().collect();
        let first = lines.first().copied().unwrap_or_default();
        for (id, line) in loaded.chain(extra.iter().map(|id| (*id, first))) {
            if self.containers.len() < MAX_CONTAINERS {
                self.containers.insert(id, line);
            }
        }
        self.containers.retain(|id, _| !missing.contains(id));
        // A part that goes back is not what came: nobody told which containers it is.
        let is_known =
            step != Step::Returned && !(before.is_empty() && missing.is_empty() && extra.is_empty());
        let set = |ids: BTreeSet<ContainerId>| ContainerSet::of(&ids.into_iter().collect::<Vec<_>>());
        let taken = || set(before.union(&extra).filter(|id| !missing.contains(id)).copied().collect());
        let expected = || set(before.union(&missing).filter(|id| !extra.contains(id)).copied().collect());
        let must_name = step == Step::Collected || is_known;
        HandedContainers {
            taken: is_known.then(taken),
            expected: (must_name && step != Step::Returned).then(expected),
            offered: offer_of(recorded).and_then(|offer| offer.containers),
            missing: u16::try_from(missing.len()).unwrap_or(u16::MAX),
            extra: u16::try_from(extra.len()).unwrap_or(u16::MAX),
        }
    }
}

/// How much of a load was drawn from nothing that was refused before, where it has to be.
fn strange_g(handed: &HandedLine, refused: Option<&BTreeSet<LotId>>) -> i64 {
    let Some(refused) = refused else { return 0 };
    let drawn = handed.drawn.iter().filter(|draw| refused.contains(&draw.lot));
    handed.quantity.grams().wrapping_sub(drawn.map(|draw| draw.mass_g.get()).sum())
}
