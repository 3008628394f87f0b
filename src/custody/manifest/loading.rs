//! Loading: when waste goes on a vehicle, and on which.

use super::handed::HandoverRecord;
use super::state::{Assignment, ManifestState};
use crate::catalogue::Uscc;
use crate::custody::payload::handover::Step;
use crate::custody::payload::manifest::Mode;
use crate::shape::Plate;

impl ManifestState {
    /// True where the waste goes on a vehicle: not into a site, and not through a pipeline.
    pub fn is_loading(&self, handover: &HandoverRecord) -> bool {
        let is_taken_on = match handover.step {
            Step::Collected => !self.is_arrival(handover),
            Step::Transferred | Step::Returned => handover.to_site.is_none(),
            Step::Delivered => false,
        };
        is_taken_on && self.goes_by_road(handover.to)
    }

    /// The vehicle that takes it, where anybody says which.
    pub fn plate<'a>(&'a self, handover: &'a HandoverRecord) -> Option<&'a Plate> {
        handover.vehicle.as_ref().or_else(|| self.assigned(handover).map(|assignment| &assignment.vehicle))
    }

    /// False where the carrier's legs go by pipeline, rail or ship.
    pub fn goes_by_road(&self, carrier: Uscc) -> bool {
        let legs = self.registration.iter().flat_map(|registration| &registration.legs);
        let mut own = legs.filter(|leg| leg.carrier == carrier).peekable();
        own.peek().is_none() || own.any(|leg| leg.mode == Mode::Vehicle)
    }

    /// The last assignment of the vehicle before it was loaded; one that came late all the same tells who was to ride along. Nobody
    /// assigns in the ledger what ran on paper.
    pub fn assigned(&self, handover: &HandoverRecord) -> Option<&Assignment> {
        let is_of_it = |assignment: &&Assignment| {
            assignment.mark.party == handover.to
                && handover.vehicle.as_ref().is_none_or(|vehicle| *vehicle == assignment.vehicle)
        };
        let mut own = self.assignments.iter().filter(is_of_it).filter(|_| !handover.is_on_paper());
        let before = own.clone().rfind(|assignment| assignment.mark.at <= handover.mark.at);
        before.or_else(|| own.next())
    }

    /// When a carrier had passed on everything that it took on by one of the handovers: of each line by the next that has it. `None`
    /// while anything of it is still on the way.
    pub fn passed_on(&self, n: usize) -> Option<&HandoverRecord> {
        let loaded = self.handovers.get(n)?;
        let next = |line: u16| {
            let mut later = self.handovers.iter().skip(n + 1);
            later.find(|next| next.from == loaded.to && next.lines.iter().any(|handed| handed.line == line))
        };
        let ends = loaded.lines.iter().map(|handed| next(handed.line)).collect::<Option<Vec<_>>>()?;
        ends.into_iter().max_by_key(|end| (end.mark.at, end.mark.event))
    }
}
