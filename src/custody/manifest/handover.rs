//! Folding handovers: what changes hands, who signed, which containers travel.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::state::{ManifestState, Mark};
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::admit::handover;
use crate::custody::event::{Event, Recorded, Verdict};
use crate::custody::kind::Statement;
use crate::custody::passage::Passage;
use crate::custody::payload::handover::{
    ContainerSet, Countersigned, HandedLine, Handover, OfferedLine, Step,
};
use crate::custody::payload::manifest::MAX_CONTAINERS;
use crate::id::{ContainerId, SiteId};
use crate::ledger::EventId;
use crate::shape::Plate;

/// A side of a handover that has not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Who lets go.
    Releasing,
    /// Who takes over.
    Taking,
}

/// Mass of one line in one handover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedMass {
    /// Line number.
    pub line: u16,
    /// Grams as the event states them.
    pub mass_g: i64,
    /// Grams as the offer states them, where it names the line.
    pub offered_g: Option<i64>,
}

/// The containers of one handover. A set is `None` where nobody told which containers there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandedContainers {
    /// What was taken over.
    pub taken: Option<ContainerSet>,
    /// What the other side must have offered: what was taken, with what was missing and without what was extra.
    pub expected: Option<ContainerSet>,
    /// What the offer says.
    pub offered: Option<ContainerSet>,
    /// Number of containers offered that were not there.
    pub missing: u16,
    /// Number of containers that were there and not offered.
    pub extra: u16,
}

/// One handover.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoverRecord {
    /// The event.
    pub mark: Mark,
    /// Log index.
    pub index: u64,
    /// Size of the log the signer had seen, by an anchor that fits the log.
    pub anchor_size: Option<u64>,
    /// Which step.
    pub step: Step,
    /// Who let go.
    pub from: Uscc,
    /// Site it left.
    pub from_site: Option<SiteId>,
    /// Who took over.
    pub to: Uscc,
    /// Site it entered.
    pub to_site: Option<SiteId>,
    /// Vehicle that took it.
    pub vehicle: Option<Plate>,
    /// Masses.
    pub lines: Vec<HandedMass>,
    /// Codes as handed over, by line.
    pub codes: BTreeMap<u16, WasteCode>,
    /// The sides that have not validly signed.
    pub unsigned: Vec<Side>,
    /// When it was stated, for one that ran on paper: its other sides may countersign from then on.
    pub stated_at: Timestamp,
    /// Its containers.
    pub containers: HandedContainers,
    /// Its lines with the masses that were signed, sorted by line, where a correction changed what the handover says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_lines: Option<Vec<(u16, i64)>>,
    /// Where among the confirmations the releasing side's own statement of it stands, if that side made one.
    pub confirmed_by: Option<u16>,
}

impl HandoverRecord {
    /// Its lines with the masses it states, sorted by line.
    pub fn masses(&self) -> Vec<(u16, i64)> {
        let mut lines: Vec<(u16, i64)> = self.lines.iter().map(|line| (line.line, line.mass_g)).collect();
        lines.sort_unstable();
        lines
    }

    /// Its lines with the masses that its signatures are on, sorted by line.
    pub fn signed_masses(&self) -> Vec<(u16, i64)> {
        self.signed_lines.clone().unwrap_or_else(|| self.masses())
    }

    /// The party on a side.
    pub fn party(&self, side: Side) -> Uscc {
        if side == Side::Releasing { self.from } else { self.to }
    }

    /// True for a handover that ran on paper.
    pub fn is_on_paper(&self) -> bool {
        self.mark.part > 0
    }

    /// What it has in common with the other side's statement of it.
    fn passage(&self) -> Passage {
        let mut lines: Vec<u16> = self.lines.iter().map(|line| line.line).collect();
        lines.sort_unstable();
        Passage {
            step: self.step,
            from: self.from,
            from_site: self.from_site,
            to: self.to,
            to_site: self.to_site,
            lines,
        }
    }

    /// True for the taking side's own statement: the other side may confirm it by one of its own.
    fn is_confirmable(&self) -> bool {
        !self.is_on_paper() && self.unsigned == [Side::Releasing]
    }

    /// True when it is the taking side's own statement of a passage.
    fn is_taking_of(&self, passage: &Passage) -> bool {
        self.is_confirmable()
            && (self.from, self.to) == (passage.from, passage.to)
            && self.passage() == *passage
    }
}

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
            s.lines.iter().map(|l: &OfferedLine| (l.line, l.mass_g.get())).collect();
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

/// The offer inside a handover that both sides signed.
fn offer_of(recorded: &Recorded) -> Option<&crate::custody::payload::handover::Offer> {
    recorded.offer.as_ref().filter(|_| recorded.verdict != Verdict::OneSided)
}

fn handover_record(
    recorded: &Recorded,
    mark: Mark,
    step: Step,
    s: &Handover,
    containers: HandedContainers,
) -> HandoverRecord {
    let signed_lines = recorded.signed.as_deref().and_then(|signed| signed_lines(signed, mark.part));
    // What the offer says was agreed to anew, or ordered, where the mass beside it was corrected.
    let is_corrected = |line: &HandedLine| {
        let signed = signed_lines.iter().flatten().find(|(number, _)| *number == line.line);
        signed.is_some_and(|(_, mass_g)| *mass_g != line.quantity.grams())
    };
    let offered_g = |line: &HandedLine| {
        let line = Some(line).filter(|line| !is_corrected(line))?.line;
        let offered = offer_of(recorded)?.lines.iter().find(|offered| offered.line == line);
        offered.map(|offered| offered.mass_g.get())
    };
    let lines = s.lines.iter().map(|l| HandedMass {
        line: l.line,
        mass_g: l.quantity.grams(),
        offered_g: offered_g(l),
    });
    HandoverRecord {
        mark,
        index: recorded.index,
        anchor_size: recorded.anchor_size(),
        step,
        from: s.from,
        from_site: s.from_site,
        to: s.to,
        to_site: s.to_site,
        vehicle: s.vehicle.clone(),
        lines: lines.collect(),
        codes: s.lines.iter().map(|l| (l.line, l.code)).collect(),
        unsigned: unsigned(recorded, mark, s),
        stated_at: mark.at,
        containers,
        signed_lines,
        confirmed_by: None,
    }
}

/// The lines of a handover as it was signed, or of one on a paper.
fn signed_lines(signed: &Event, part: u8) -> Option<Vec<(u16, i64)>> {
    let lines = match &signed.statement {
        Statement::PaperBackfilled(paper) => &paper.handovers.get(usize::from(part).checked_sub(1)?)?.lines,
        _ => &handover(signed)?.1.lines,
    };
    let mut lines: Vec<(u16, i64)> = lines.iter().map(|line| (line.line, line.quantity.grams())).collect();
    lines.sort_unstable();
    Some(lines)
}

/// Who has not signed. What ran on paper bears the signature of nobody but who filled it in.
fn unsigned(recorded: &Recorded, mark: Mark, s: &Handover) -> Vec<Side> {
    let by = recorded.event.party;
    if mark.part > 0 {
        let sides = [(s.from, Side::Releasing), (s.to, Side::Taking)];
        return sides.into_iter().filter(|(party, _)| *party != by).map(|(_, side)| side).collect();
    }
    if recorded.verdict != Verdict::OneSided {
        return Vec::new();
    }
    vec![if by == s.to { Side::Releasing } else { Side::Taking }]
}
