//! What a handover is: which step, who, where, how much. It follows from the sheet and from who the two are.

use super::Player;
use super::sheet::Sheet;
use crate::custody::payload::handover::{OfferedLine, Step};
use crate::id::{ManifestId, SiteId};
use crate::registry::PartyKind;
use crate::scenario::deed::{How, Load, Stop, Weight};
use crate::shape::List;
use crate::shape::{Grams, Plate};

/// A handover as both sides see it.
pub(super) struct Passing {
    pub(super) id: ManifestId,
    pub(super) step: Step,
    pub(super) from: Stop,
    pub(super) from_site: Option<SiteId>,
    pub(super) to: Stop,
    pub(super) to_site: Option<SiteId>,
    pub(super) vehicle: Option<Plate>,
    pub(super) offered: Vec<OfferedLine>,
    pub(super) taken: Vec<Taken>,
}

/// One line as its taker sees it.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    pub(super) line: u16,
    pub(super) weight: Weight,
}

impl Player<'_> {
    pub(super) fn passing(
        &self,
        how: &How,
        manifest: &str,
        from: &Stop,
        to: &Stop,
        loads: &[Load],
    ) -> Result<Passing, String> {
        let sheet = self.sheet(manifest)?;
        let step = self.step(sheet, from, to)?;
        let mut lines = sheet.handed(step);
        if !loads.is_empty() {
            let loaded: Vec<Weight> = loads.iter().map(|load| load.weight).collect();
            lines = weighed(&lines, &loaded)?;
        }
        let offered = lines.iter().map(|(line, weight)| {
            // Who plays knows the lots of both sides; the taking side names them without being told.
            OfferedLine { line: *line, mass_g: weight.mass, drawn: List::default() }
        });
        let offered = offered.collect();
        if let Some(masses) = &how.masses {
            let masses: Vec<Weight> = masses.iter().copied().map(on_a_scale).collect();
            lines = weighed(&lines, &masses)?;
        }
        let (leaves, enters) = self.crosses(sheet, step, from, to);
        let vehicle = how.vehicle.clone().or(sheet.plates.get(&to.party).cloned());
        Ok(Passing {
            id: sheet.id,
            step,
            from_site: if leaves { Some(self.left(manifest, from)?) } else { None },
            to_site: if enters { Some(self.entered(manifest, to)?) } else { None },
            from: from.clone(),
            to: to.clone(),
            vehicle: vehicle.filter(|_| !enters),
            offered,
            taken: lines.into_iter().map(|(line, weight)| Taken { line, weight }).collect(),
        })
    }

    /// Which step it is follows from who the two are.
    fn step(&self, sheet: &Sheet, from: &Stop, to: &Stop) -> Result<Step, String> {
        let to_carrier = self.party(&to.party)?.kinds.contains(&PartyKind::Carrier);
        let from_consignor = from.party == sheet.consignor.party;
        // A consignor that carries its own waste collects it from itself, and then hands over as a carrier.
        let drives_itself = from_consignor && sheet.departed && sheet.carriers.contains(&from.party);
        // What was refused at the gate may wait in the carrier's own yard.
        let parks = sheet.rows.iter().any(|row| row.at_gate) && to.site.is_some();
        let comes_home = to.party == sheet.consignor.party && !sheet.is_consignee(&to.party);
        let goes_back =
            sheet.departed && comes_home || sheet.is_rejected() && (sheet.is_consignee(&from.party) || parks);
        Ok(if goes_back {
            Step::Returned
        } else if from_consignor && !drives_itself {
            Step::Collected
        } else if to_carrier && !sheet.is_consignee(&to.party) {
            Step::Transferred
        } else {
            Step::Delivered
        })
    }

    /// Whether it leaves a site, and whether it enters one.
    fn crosses(&self, sheet: &Sheet, step: Step, from: &Stop, to: &Stop) -> (bool, bool) {
        let came_in = sheet.is_consignee(&from.party) && sheet.rows.iter().all(|row| !row.at_gate);
        match step {
            Step::Collected => (true, to.site.is_some() || sheet.piped && sheet.is_consignee(&to.party)),
            Step::Transferred => (from.site.is_some(), to.site.is_some()),
            Step::Delivered => (false, true),
            Step::Returned => {
                (came_in || from.site.is_some(), to.site.is_some() || to.party == sheet.consignor.party)
            }
        }
    }

    /// The site it leaves: as the line names it, else as the sheet does.
    fn left(&self, manifest: &str, from: &Stop) -> Result<SiteId, String> {
        let sheet = self.sheet(manifest)?;
        self.named_or_on_sheet(from, [Some(&sheet.consignor), sheet.consignee.as_ref()])
    }

    /// The site it enters: as the line names it, else as the sheet does.
    pub(super) fn entered(&self, manifest: &str, to: &Stop) -> Result<SiteId, String> {
        let sheet = self.sheet(manifest)?;
        self.named_or_on_sheet(to, [sheet.consignee.as_ref(), Some(&sheet.consignor)])
    }

    fn named_or_on_sheet(&self, stop: &Stop, ends: [Option<&Stop>; 2]) -> Result<SiteId, String> {
        let is_meant = |end: &&Stop| stop.site.is_none() && end.party == stop.party;
        Ok(self.site(ends.into_iter().flatten().find(is_meant).unwrap_or(stop))?.site)
    }
}

fn on_a_scale(mass: Grams) -> Weight {
    Weight { mass, about: false }
}

/// The same lines with other masses, in their order.
fn weighed(lines: &[(u16, Weight)], masses: &[Weight]) -> Result<Vec<(u16, Weight)>, String> {
    if lines.len() != masses.len() {
        return Err(format!("expected {} masses with + between them, found {}", lines.len(), masses.len()));
    }
    Ok(lines.iter().zip(masses).map(|((line, _), weight)| (*line, *weight)).collect())
}
