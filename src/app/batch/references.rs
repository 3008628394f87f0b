//! What the events and states at hand refer to: read out of them first, then loaded in a few queries for all of them.

use std::collections::BTreeSet;

use super::rides::Rides;
use super::targets::Earlier;
use crate::app::error::Fault;
use crate::app::prepare::Prepared;
use crate::catalogue::{Profile, Uscc};
use crate::clock::Timestamp;
use crate::custody::admit::handover;
use crate::custody::books::Books;
use crate::custody::lot::{Holding, LotState};
use crate::custody::paper::PaperId;
use crate::custody::payload::manifest::{Assigned, PartyAt};
use crate::custody::payload::oversight::HoldOn;
use crate::custody::payload::statement::CorrectedValue;
use crate::custody::residue::Way;
use crate::custody::review::OwnRow;
use crate::custody::tally::TallyKey;
use crate::custody::{Event, Statement, Subject};
use crate::id::{DeclarationId, InvitationId, LotId, MandateId, PermitId, SiteId};
use crate::ledger::{EventId, Kid};
use crate::registry::Slot;
use crate::shape::Plate;
use crate::store::{ReadTx, registry};

/// What the events and states at hand refer to.
#[derive(Default)]
pub(super) struct References {
    pub(super) kids: BTreeSet<Kid>,
    /// Which key speaks for which party.
    pub(super) speakers: BTreeSet<(Kid, Uscc)>,
    pub(super) mandates: BTreeSet<MandateId>,
    /// Who grants a mandate.
    pub(super) granting: BTreeSet<Uscc>,
    pub(super) numbers: BTreeSet<(String, String)>,
    pub(super) invitations: BTreeSet<InvitationId>,
    pub(super) parties: BTreeSet<Uscc>,
    pub(super) permits_of: BTreeSet<Uscc>,
    /// Whose permits or papers change.
    pub(super) permitted: BTreeSet<Uscc>,
    /// From where to where waste is planned to go.
    pub(super) ways: Vec<(PartyAt, PartyAt)>,
    /// Where what lies or is treated there changes.
    pub(super) stores: Vec<PartyAt>,
    /// Whom waste leaves, and whom it goes to: what they agreed is at hand.
    pub(super) consignors: BTreeSet<Uscc>,
    pub(super) consignees: BTreeSet<Uscc>,
    pub(super) sites: BTreeSet<SiteId>,
    pub(super) permits: BTreeSet<PermitId>,
    pub(super) papers: BTreeSet<PaperId>,
    pub(super) planned: BTreeSet<SiteId>,
    pub(super) held: BTreeSet<LotId>,
    pub(super) vehicles: BTreeSet<Plate>,
    /// When they rode: assignments that ended before or began later explain none of it.
    pub(super) rides: Rides,
    /// Keys of drivers and escorts.
    pub(super) persons: BTreeSet<Kid>,
    pub(super) declarations: BTreeSet<DeclarationId>,
    pub(super) slots: BTreeSet<Slot>,
    pub(super) subjects: BTreeSet<Subject>,
    pub(super) predecessors: BTreeSet<EventId>,
}

impl References {
    pub(super) fn read_event(&mut self, prepared: &Prepared) {
        self.kids.insert(prepared.kid);
        self.speakers.insert((prepared.kid, prepared.event.party));
        self.kids.extend(prepared.offer.as_ref().map(|offer| offer.kid));
        self.predecessors.extend(prepared.event.prev.iter().copied());
        self.predecessors.extend(prepared.offer.iter().flat_map(|offer| offer.body.prev.iter().copied()));
        if let Some(invitation) = &prepared.invitation {
            self.kids.insert(invitation.kid);
            self.invitations.insert(invitation.body.invitation);
        }
        self.subjects.extend(prepared.event.touches());
        self.parties.insert(prepared.event.party);
        self.read_statement(&prepared.event);
    }

    pub(super) fn read_target(&mut self, target: &Earlier, profile: &Profile) {
        self.kids.extend(target.kids());
        // Whether its mandate covered it decides who may disavow it.
        self.speakers.insert((target.recorded.kid, target.recorded.event.party));
        self.subjects.extend(target.recorded.event.touches());
        self.parties.insert(target.recorded.event.party);
        for row in OwnRow::of(&target.recorded, profile) {
            self.sites.insert(row.site);
            self.slots.extend(row.slots());
        }
        self.read_statement(&target.recorded.event);
    }

    pub(super) fn read_statement(&mut self, event: &Event) {
        let store = store_of(event);
        self.sites.extend(store.map(|at| at.site));
        self.stores.extend(store);
        if let Some((_, s)) = handover(event) {
            self.read_passing((s.from, s.from_site), s.to);
            self.read_ride(s.vehicle.as_ref(), event.occurred_at);
            return;
        }
        match &event.statement {
            Statement::PartyRegistered(s) | Statement::PartyUpdated(s) => drop(self.parties.insert(s.party)),
            Statement::SiteClosed(s) => drop(self.sites.insert(s.site)),
            Statement::SiteRegistered(s) | Statement::SiteUpdated(s) => {
                self.parties.insert(s.party);
                self.sites.insert(s.site);
            }
            Statement::PermitIssued(s) => {
                self.parties.insert(s.party);
                self.permitted.insert(s.party);
                self.permits.insert(s.permit);
                self.sites.extend(s.site);
            }
            Statement::PermitAmended(s) => drop(self.permits.insert(s.permit)),
            Statement::PermitSuspended(s) | Statement::PermitReinstated(s) | Statement::PermitRevoked(s) => {
                self.permits.insert(s.permit);
            }
            Statement::DeclarationFiled(s) => {
                self.sites.insert(s.site);
                self.declarations.insert(s.declaration);
                self.slots.insert(Slot { site: s.site, period: s.period, from: s.from });
            }
            Statement::DeclarationReturned(s) => drop(self.declarations.insert(s.declaration)),
            Statement::DeclarationAccepted(s) => drop(self.declarations.insert(s.declaration)),
            Statement::WasteReceived(_) => drop(self.permits_of.insert(event.party)),
            Statement::ManifestRegistered(s) => {
                self.read_way(PartyAt { party: event.party, site: s.site }, s.consignee);
                self.parties.extend(s.legs.iter().map(|leg| leg.carrier));
                self.subjects.extend(s.follows.map(Subject::Manifest));
            }
            Statement::ManifestAmended(s) => {
                if let Some(consignee) = &s.consignee {
                    self.sites.insert(consignee.site);
                    self.parties.insert(consignee.party);
                    self.permits_of.insert(consignee.party);
                    self.consignees.insert(consignee.party);
                }
                self.parties.extend(s.legs.iter().flat_map(|legs| legs.iter()).map(|leg| leg.carrier));
            }
            Statement::ManifestAssigned(s) => self.read_assigned(s),
            Statement::PaperBackfilled(s) => {
                for handed in s.handovers.iter() {
                    self.read_passing((handed.from, handed.from_site), handed.to);
                    self.read_ride(handed.vehicle.as_ref(), handed.at);
                }
            }
            Statement::CaseOpened(s) => {
                self.parties.insert(s.party);
                self.sites.extend(s.site);
            }
            Statement::CaseAssigned(s) => drop(self.kids.insert(s.to)),
            Statement::CorrectionProposed(s) | Statement::CorrectionOrdered(s) => {
                self.read_corrected(&s.value);
            }
            other => {
                self.read_keys(event);
                self.read_paper(event.party, other);
            }
        }
    }

    /// Keys, whom they may speak for, and the numbers of other systems.
    fn read_keys(&mut self, event: &Event) {
        match &event.statement {
            Statement::KeyEnrolled(s) => drop(self.kids.insert(s.key.kid())),
            Statement::KeyRotated(s) => self.kids.extend([s.key.kid(), s.replaces]),
            Statement::KeyRevoked(s) => drop(self.kids.insert(s.key)),
            Statement::MandateGranted(s) => {
                self.mandates.insert(s.mandate);
                self.granting.insert(event.party);
                self.parties.insert(s.to);
                self.kids.extend(s.key);
            }
            Statement::MandateRevoked(s) => drop(self.mandates.insert(s.mandate)),
            Statement::NumberBound(s) => {
                self.numbers.insert((s.system.to_string(), s.number.to_string()));
            }
            _ => {}
        }
    }

    /// The vehicle that took it after all is looked at as if it had been named at once.
    fn read_corrected(&mut self, value: &CorrectedValue) {
        match value {
            CorrectedValue::Vehicle(plate) => {
                self.vehicles.insert(plate.clone());
                self.rides.was_with(plate);
            }
            CorrectedValue::Time(at) => self.rides.was_at(*at),
            _ => {}
        }
    }

    fn read_ride(&mut self, vehicle: Option<&Plate>, at: Timestamp) {
        self.vehicles.extend(vehicle.cloned());
        self.rides.read(vehicle, at);
    }

    /// Who drives and goes along with which vehicle.
    fn read_assigned(&mut self, s: &Assigned) {
        self.vehicles.insert(s.vehicle.clone());
        self.persons.extend(s.driver.iter().chain(&s.escort));
    }

    /// From where to where waste is planned to go.
    fn read_way(&mut self, from: PartyAt, to: PartyAt) {
        self.ways.push((from, to));
        self.sites.extend([from.site, to.site]);
        self.planned.insert(from.site);
        self.consignors.insert(from.party);
        self.consignees.insert(to.party);
        self.parties.insert(to.party);
        self.permits_of.insert(to.party);
    }

    /// Who lets go, where, and who takes over.
    fn read_passing(&mut self, (from, from_site): (Uscc, Option<SiteId>), to: Uscc) {
        self.permits_of.insert(to);
        self.consignors.insert(from);
        self.sites.extend(from_site);
        self.planned.extend(from_site);
    }

    pub(super) fn read_paper(&mut self, by: Uscc, statement: &Statement) {
        self.papers.extend(PaperId::of(statement));
        self.papers.extend(PaperId::decided_by(statement));
        match statement {
            Statement::VehicleLicensed(s) => {
                self.parties.insert(s.carrier);
                self.permitted.insert(s.carrier);
            }
            Statement::PersonQualified(s) => {
                self.parties.insert(s.carrier);
                self.permitted.insert(s.carrier);
                self.kids.insert(s.key);
            }
            Statement::PlanFiled(s) | Statement::PlanAmended(s) => {
                self.sites.insert(s.site);
                self.planned.insert(s.site);
                self.permitted.insert(by);
            }
            Statement::ApprovalGranted(s) => {
                self.parties.extend([s.consignor, s.consignee]);
                self.permitted.insert(s.consignor);
            }
            Statement::ContractFiled(s) => {
                self.parties.insert(s.with);
                self.permitted.insert(by);
            }
            Statement::ApprovalRequested(s) => drop(self.parties.insert(s.consignee)),
            Statement::InspectionRecorded(s) => drop(self.sites.insert(s.site)),
            Statement::PenaltyRecorded(s) => drop(self.parties.insert(s.party)),
            Statement::HoldPlaced(s) => match &s.on {
                HoldOn::Site(site) => drop(self.sites.insert(*site)),
                HoldOn::Lot(lot) => {
                    self.held.insert(*lot);
                    self.subjects.insert(Subject::Lot(*lot));
                }
                HoldOn::Manifest(manifest) => drop(self.subjects.insert(Subject::Manifest(*manifest))),
                HoldOn::Vehicle(_) => {}
            },
            _ => {}
        }
    }

    /// The permits that are named by their id: whose they are, and where.
    pub(super) async fn read_permits(&mut self, tx: &mut ReadTx) -> Result<(), Fault> {
        let ids: Vec<PermitId> = self.permits.iter().copied().collect();
        for permit in registry::permits_by_id(tx, &ids).await? {
            self.parties.insert(permit.party);
            self.permitted.insert(permit.party);
            self.sites.extend(permit.site);
        }
        Ok(())
    }

    /// What the manifests and lots at hand refer to.
    pub(super) fn read_states(&mut self, books: &Books) {
        let corrected = books.corrections().filter_map(|correction| correction.value.as_ref());
        corrected.for_each(|value| self.read_corrected(value));
        let held = self.held.iter().filter_map(|lot| books.lot(lot));
        self.sites.extend(held.flat_map(|shelf| &shelf.state.holdings).map(|holding| holding.site));
        self.read_lots(books.lots().map(|(_, shelf)| &shelf.state));
        for (_, shelf) in books.manifests() {
            if let Some(registration) = &shelf.state.registration {
                self.sites.extend([registration.consignor.site, registration.consignee.site]);
                self.planned.insert(registration.consignor.site);
                self.consignors.insert(registration.consignor.party);
                self.consignees.insert(registration.consignee.party);
                self.permits_of.insert(registration.consignee.party);
                // Not all of them may be named again by an amendment.
                self.parties.extend(registration.carriers());
            }
            for handover in &shelf.state.handovers {
                self.read_passing((handover.from, handover.from_site), handover.to);
                self.read_ride(handover.vehicle.as_ref(), handover.mark.at);
            }
            for assignment in &shelf.state.assignments {
                self.vehicles.insert(assignment.vehicle.clone());
                self.persons.extend(assignment.driver.iter().chain(&assignment.escort));
            }
            self.permits_of.extend(shelf.state.receipts.iter().map(|receipt| receipt.mark.party));
        }
    }

    /// Who accepted some of these lots: their permits say for how long they may keep it.
    pub(super) fn read_lots<'a>(&mut self, lots: impl Iterator<Item = &'a LotState>) {
        let holdings = lots.flat_map(|state| &state.holdings);
        let accepted = |holding: &&Holding| holding.arrivals.iter().any(|one| one.way == Way::Received);
        self.permits_of.extend(holdings.filter(accepted).map(|holding| holding.party));
    }

    /// What rules about these running totals look at.
    pub(super) fn read_tallies(&mut self, keys: impl Iterator<Item = TallyKey>) {
        for key in keys {
            self.sites.extend(key.site());
            match key {
                TallyKey::Intake { party, .. } => drop(self.permits_of.insert(party)),
                TallyKey::Shipped { site, .. } => drop(self.planned.insert(site)),
                TallyKey::Between { consignor, consignee, .. } => {
                    self.consignors.insert(consignor);
                    self.consignees.insert(consignee);
                }
                TallyKey::Treated { .. }
                | TallyKey::Balance { .. }
                | TallyKey::Measured { .. }
                | TallyKey::Road { .. }
                | TallyKey::Store { .. } => {}
            }
        }
    }
}

/// The place where an event changes what lies or is treated there.
fn store_of(event: &Event) -> Option<PartyAt> {
    let site = match &event.statement {
        Statement::StockOpened(s) => s.site,
        Statement::WasteGenerated(s) => s.site,
        Statement::WasteUsed(s) | Statement::WasteDisposed(s) => s.site,
        Statement::WasteRepacked(s) => s.site,
        Statement::WasteReceived(s) => s.site,
        Statement::StockCounted(s) => s.site,
        _ => return None,
    };
    Some(PartyAt { party: event.party, site })
}
