//! The shape of one handover as a manifest keeps it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::state::Mark;
use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::admit::handover;
use crate::custody::event::{Event, Recorded, Verdict};
use crate::custody::kind::Statement;
use crate::custody::passage::Passage;
use crate::custody::payload::handover::{ContainerSet, GivenWord, HandedLine, Handover, Offer, Step};
use crate::id::{LotId, ManifestId, SiteId};
use crate::shape::{Place, PlaceSource, Plate};

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
    /// Where it happened, by satellite positioning of the device that states it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Masses.
    pub lines: Vec<HandedMass>,
    /// Codes as handed over, by line.
    pub codes: BTreeMap<u16, WasteCode>,
    /// The lots it was drawn from, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drawn: Vec<LotId>,
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
    /// How the other side gave its word, where it did and one key signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<GivenBy>,
}

/// How somebody without a key gave the other side's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GivenBy {
    /// By hand, on a sheet that was photographed.
    Handwriting,
    /// By a code that came to a telephone.
    Code,
}

impl GivenBy {
    /// How a handover says it was given.
    pub fn of(confirmed: &GivenWord) -> Self {
        match confirmed {
            GivenWord::Handwriting(_) => Self::Handwriting,
            GivenWord::Code(_) => Self::Code,
        }
    }

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Handwriting => "handwriting",
            Self::Code => "code",
        }
    }
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

    /// The lots that it moves on this manifest: those of its lines, and those it was drawn from.
    pub fn lots(&self, manifest: ManifestId) -> Vec<LotId> {
        let of_line = |line: &HandedMass| match self.step {
            Step::Returned => LotId::rejected_of_line(manifest, line.line),
            _ => LotId::of_line(manifest, line.line),
        };
        self.lines.iter().map(of_line).chain(self.drawn.iter().copied()).collect()
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
    pub(super) fn passage(&self) -> Passage {
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
    pub(super) fn is_confirmable(&self) -> bool {
        !self.is_on_paper() && self.unsigned == [Side::Releasing]
    }

    /// True when it is the taking side's own statement of a passage.
    pub(super) fn is_taking_of(&self, passage: &Passage) -> bool {
        self.is_confirmable()
            && (self.from, self.to) == (passage.from, passage.to)
            && self.passage() == *passage
    }
}

/// The offer inside a handover that both sides signed.
pub(super) fn offer_of(recorded: &Recorded) -> Option<&Offer> {
    recorded.offer.as_ref().filter(|_| recorded.verdict != Verdict::OneSided)
}

pub(super) fn handover_record(
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
    let drawn: BTreeSet<LotId> =
        s.lines.iter().flat_map(|line| line.drawn.iter().map(|draw| draw.lot)).collect();
    let place = recorded.event.place;
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
        // What ran on paper was filled in elsewhere.
        place: place.filter(|place| mark.part == 0 && place.source == PlaceSource::Gps),
        lines: lines.collect(),
        codes: s.lines.iter().map(|l| (l.line, l.code)).collect(),
        drawn: drawn.into_iter().collect(),
        unsigned: unsigned(recorded, mark, s),
        stated_at: mark.at,
        containers,
        signed_lines,
        confirmed_by: None,
        confirmed: s.confirmed.as_ref().map(GivenBy::of).filter(|_| mark.part == 0),
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
