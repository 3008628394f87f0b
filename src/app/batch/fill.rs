//! Filling the books with everything a batch may look at, in a few queries, whatever its size.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::targets::{self, Earlier};
use crate::app::anchor::anchored;
use crate::app::error::Fault;
use crate::app::prepare::Prepared;
use crate::app::receipt::event_of;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::admit::{Candidate, Objection, handover};
use crate::custody::books::{Books, Change, Needs, Outcome};
use crate::custody::event::Anchored;
use crate::custody::form;
use crate::custody::paper::PaperId;
use crate::custody::payload::oversight::HoldOn;
use crate::custody::residue::Residue;
use crate::custody::{Event, Recorded, Statement, Subject, Verdict};
use crate::id::{DeclarationId, InvitationId, LotId, MandateId, ManifestId, PermitId, SiteId};
use crate::ledger::{Envelope, EventId, Kid, Typ};
use crate::registry::Slot;
use crate::shape::Plate;
use crate::store::residue::{self, StoredResidue};
use crate::store::{
    ReadTx, WriteTx, books as shelves, correction, declaration, external_number, finding, log, mandate,
    paper, registry, timeline,
};

/// What the events and states at hand refer to.
#[derive(Default)]
struct References {
    kids: BTreeSet<Kid>,
    /// Which key speaks for which party.
    speakers: BTreeSet<(Kid, Uscc)>,
    mandates: BTreeSet<MandateId>,
    numbers: BTreeSet<(String, String)>,
    invitations: BTreeSet<InvitationId>,
    parties: BTreeSet<Uscc>,
    permits_of: BTreeSet<Uscc>,
    permitted: BTreeSet<Uscc>,
    sites: BTreeSet<SiteId>,
    permits: BTreeSet<PermitId>,
    papers: BTreeSet<PaperId>,
    planned: BTreeSet<SiteId>,
    held: BTreeSet<LotId>,
    vehicles: BTreeSet<Plate>,
    declarations: BTreeSet<DeclarationId>,
    slots: BTreeSet<Slot>,
    subjects: BTreeSet<Subject>,
    predecessors: BTreeSet<EventId>,
}

/// Fill the books for events that are recorded one after the other from log index `from` on, each at its time.
pub(in crate::app) async fn fill(
    tx: &mut WriteTx,
    books: &mut Books,
    from: u64,
    events: &[(&Prepared, Timestamp)],
) -> Result<(), Fault> {
    let mut refs = References::default();
    for (prepared, _) in events {
        refs.read_event(prepared);
    }
    targets::corrections(tx, books, events).await?;
    let targets = targets::earlier(tx, books, from, events).await?;
    for target in &targets {
        refs.read_target(target);
    }
    refs.read_permits(tx).await?;
    let permitted: Vec<Uscc> = refs.permitted.iter().copied().collect();
    let again = finding::open_permit_findings(tx, &permitted).await?;
    refs.subjects.extend(again.into_iter().map(Subject::Manifest));
    shelves::load_subjects(tx, books, &refs.subjects).await?;
    let predecessors: Vec<EventId> = refs.predecessors.iter().copied().collect();
    let arriving: Vec<EventId> = events.iter().map(|(prepared, _)| prepared.id).collect();
    shelves::load_predecessors(tx, books, from, &predecessors, &arriving).await?;
    refs.read_states(books);
    refs.load_registry(tx, books).await?;
    refs.load_papers(tx, books).await?;
    let numbers: Vec<_> = refs.numbers.iter().cloned().collect();
    external_number::load(tx, books, &numbers).await?;
    let restated = targets.iter().flat_map(|target| books.counters_of(&target.recorded));
    let arriving = events.iter().flat_map(|(event, at)| books.counters_of(&provisional(event, *at)));
    let counters = arriving.chain(restated).collect();
    targets.into_iter().for_each(|target| target.put(books));
    shelves::load_counters(tx, books, &counters).await?;
    Ok(())
}

/// Fill the books for erased entries that are folded again from log index `from` on, and with the residues that the notices
/// among these events name.
pub(in crate::app) async fn fill_residues(
    tx: &mut WriteTx,
    books: &mut Books,
    from: u64,
    residues: &[&Residue],
    events: &[(&Prepared, Timestamp)],
) -> Result<(), Fault> {
    let lots = residues.iter().flat_map(|residue| &residue.lots).copied().map(Subject::Lot).collect();
    shelves::load_subjects(tx, books, &lots).await?;
    let arriving: Vec<EventId> = residues.iter().map(|residue| residue.event).collect();
    shelves::load_predecessors(tx, books, from, &[], &arriving).await?;
    let counters = residues.iter().filter_map(|residue| books.counter_of(residue)).collect();
    shelves::load_counters(tx, books, &counters).await?;
    let named = events.iter().filter_map(|(prepared, _)| match &prepared.event.statement {
        Statement::ErasureNoticed(notice) => Some(&notice.indexes),
        _ => None,
    });
    let named: Vec<u64> = named.flat_map(|indexes| indexes.iter().copied()).collect();
    for stored in residue::at(tx, &named).await? {
        books.put_residue(residue_of(&stored)?);
    }
    Ok(())
}

/// What a stored residue says. Its signature was checked when the log was walked.
fn residue_of(stored: &StoredResidue) -> Result<Residue, Fault> {
    let wrong = |what: String| Fault::Entry { index: stored.index, what };
    let envelope = Envelope::parse(stored.jws.as_bytes(), Typ::Residue);
    let envelope = envelope.map_err(|error| wrong(error.to_string()))?;
    Residue::parse(envelope.payload()).map_err(|error| wrong(error.to_string()))
}

/// The event as it would be recorded, as far as counters depend on it.
fn provisional(prepared: &Prepared, recorded_at: Timestamp) -> Recorded {
    Recorded {
        index: 0,
        id: prepared.id,
        recorded_at,
        skew_ms: 0,
        kid: prepared.kid,
        verdict: Verdict::Counts,
        anchored: Anchored::None,
        event: prepared.event.clone(),
        signed: None,
        offer: None,
    }
}

impl References {
    fn read_event(&mut self, prepared: &Prepared) {
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

    fn read_target(&mut self, target: &Earlier) {
        self.kids.extend(target.kids());
        self.subjects.extend(target.recorded.event.touches());
        self.read_statement(&target.recorded.event);
    }

    fn read_statement(&mut self, event: &Event) {
        if let Some((_, s)) = handover(event) {
            self.permits_of.insert(s.to);
            self.vehicles.extend(s.vehicle.clone());
            return;
        }
        match &event.statement {
            Statement::PartyRegistered(s) | Statement::PartyUpdated(s) => drop(self.parties.insert(s.party)),
            Statement::SiteClosed(s) => drop(self.sites.insert(s.site)),
            Statement::SiteRegistered(s) | Statement::SiteUpdated(s) => {
                self.parties.insert(s.party);
                self.sites.insert(s.site);
            }
            Statement::KeyEnrolled(s) => drop(self.kids.insert(s.key.kid())),
            Statement::KeyRotated(s) => self.kids.extend([s.key.kid(), s.replaces]),
            Statement::KeyRevoked(s) => drop(self.kids.insert(s.key)),
            Statement::MandateGranted(s) => {
                self.mandates.insert(s.mandate);
                self.parties.insert(s.to);
                self.kids.extend(s.key);
            }
            Statement::MandateRevoked(s) => drop(self.mandates.insert(s.mandate)),
            Statement::NumberBound(s) => {
                self.numbers.insert((s.system.to_string(), s.number.to_string()));
            }
            Statement::PermitIssued(s) => {
                self.parties.insert(s.party);
                self.permitted.insert(s.party);
                self.permits.insert(s.permit);
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
            Statement::ManifestRegistered(s) => {
                self.sites.extend([s.site, s.consignee.site]);
                self.parties.insert(s.consignee.party);
                self.parties.extend(s.legs.iter().map(|leg| leg.carrier));
                self.permits_of.insert(s.consignee.party);
            }
            Statement::ManifestAmended(s) => {
                if let Some(consignee) = &s.consignee {
                    self.sites.insert(consignee.site);
                    self.parties.insert(consignee.party);
                    self.permits_of.insert(consignee.party);
                }
                self.parties.extend(s.legs.iter().flat_map(|legs| legs.iter()).map(|leg| leg.carrier));
            }
            Statement::PaperBackfilled(s) => {
                self.permits_of.extend(s.handovers.iter().map(|handed| handed.to))
            }
            other => self.read_paper(other),
        }
    }

    fn read_paper(&mut self, statement: &Statement) {
        self.papers.extend(PaperId::of(statement));
        match statement {
            Statement::VehicleLicensed(s) => drop(self.parties.insert(s.carrier)),
            Statement::PersonQualified(s) => {
                self.parties.insert(s.carrier);
                self.kids.insert(s.key);
            }
            Statement::PlanFiled(s) | Statement::PlanAmended(s) => {
                self.sites.insert(s.site);
                self.planned.insert(s.site);
            }
            Statement::ApprovalGranted(s) => self.parties.extend([s.consignor, s.consignee]),
            Statement::ContractFiled(s) => drop(self.parties.insert(s.with)),
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
    async fn read_permits(&mut self, tx: &mut ReadTx) -> Result<(), Fault> {
        let ids: Vec<PermitId> = self.permits.iter().copied().collect();
        for permit in registry::permits_by_id(tx, &ids).await? {
            self.parties.insert(permit.party);
            self.permitted.insert(permit.party);
            self.sites.extend(permit.site);
        }
        Ok(())
    }

    /// What the manifests at hand refer to.
    fn read_states(&mut self, books: &Books) {
        let held = self.held.iter().filter_map(|lot| books.lot(lot));
        self.sites.extend(held.flat_map(|shelf| &shelf.state.holdings).map(|holding| holding.site));
        for (_, shelf) in books.manifests() {
            if let Some(registration) = &shelf.state.registration {
                self.sites.extend([registration.consignor.site, registration.consignee.site]);
                self.permits_of.insert(registration.consignee.party);
                // Not all of them may be named again by an amendment.
                self.parties.extend(registration.carriers());
            }
            for handover in &shelf.state.handovers {
                self.permits_of.insert(handover.to);
                self.vehicles.extend(handover.vehicle.clone());
            }
        }
    }

    async fn load_papers(&self, tx: &mut ReadTx, books: &mut Books) -> Result<(), Fault> {
        let ids: Vec<PaperId> = self.papers.iter().copied().collect();
        let planned: Vec<SiteId> = self.planned.iter().copied().collect();
        let plans = paper::plans_of(tx, &planned).await?;
        for paper in paper::papers(tx, &ids).await?.into_iter().chain(plans) {
            books.put(Change::Paper(Box::new(paper)));
        }
        Ok(())
    }

    async fn load_registry(&self, tx: &mut ReadTx, books: &mut Books) -> Result<(), Fault> {
        let parties: Vec<Uscc> = self.parties.iter().copied().collect();
        for record in registry::parties(tx, &parties).await? {
            books.put(Change::Party(record));
        }
        let declarations: Vec<DeclarationId> = self.declarations.iter().copied().collect();
        let slots: Vec<Slot> = self.slots.iter().copied().collect();
        let filed = declaration::by_ids(tx, &declarations).await?;
        let filed: Vec<_> = filed.into_iter().chain(declaration::last_of_slots(tx, &slots).await?).collect();
        let of_filed = filed.iter().map(|record| record.filed.site);
        let sites: Vec<SiteId> = self.sites.iter().copied().chain(of_filed).collect();
        for record in filed {
            books.put(Change::Declaration(record));
        }
        for record in registry::sites(tx, &sites).await? {
            books.put(Change::Site(record));
        }
        let invitations: Vec<InvitationId> = self.invitations.iter().copied().collect();
        let kids: Vec<Kid> = self.kids.iter().copied().collect();
        let spent = registry::keys_by_invitation(tx, &invitations).await?;
        for record in registry::keys(tx, &kids).await?.into_iter().chain(spent) {
            books.put(Change::Key(record));
        }
        // A speaker may be an authority, which its party record tells; the keys tell the party.
        let speakers: Vec<Uscc> =
            kids.iter().filter_map(|kid| books.registry.key(kid)).map(|key| key.party).collect();
        let unknown: Vec<Uscc> =
            speakers.into_iter().filter(|party| books.registry.party(party).is_none()).collect();
        for record in registry::parties(tx, &unknown).await? {
            books.put(Change::Party(record));
        }
        self.load_mandates(tx, books).await?;
        let permits_of: Vec<Uscc> = self.permits_of.union(&self.permitted).copied().collect();
        for record in registry::permits(tx, &permits_of).await? {
            books.put(Change::Permit(record));
        }
        let vehicles: Vec<Plate> = self.vehicles.iter().cloned().collect();
        for change in registry::assignments(tx, &vehicles).await? {
            books.put(change);
        }
        Ok(())
    }
}

impl References {
    /// The mandates that events grant and revoke, and all that parties granted for whom another party's key speaks.
    async fn load_mandates(&self, tx: &mut ReadTx, books: &mut Books) -> Result<(), Fault> {
        let ids: Vec<MandateId> = self.mandates.iter().copied().collect();
        let is_anothers =
            |(kid, party): &&(Kid, Uscc)| books.registry.key(kid).is_some_and(|key| key.party != *party);
        let principals: BTreeSet<Uscc> =
            self.speakers.iter().filter(is_anothers).map(|(_, party)| *party).collect();
        let principals: Vec<Uscc> = principals.into_iter().collect();
        let named = mandate::mandates(tx, &ids).await?;
        for record in named.into_iter().chain(mandate::granted_by(tx, &principals).await?) {
            books.put(Change::Mandate(record));
        }
        Ok(())
    }
}

/// Judge and record one event, with what it needs besides: the history of the manifests it comes late to, and counters that
/// an earlier event of the same books made known.
pub(in crate::app) async fn record(
    tx: &mut ReadTx,
    books: &mut Books,
    candidate: Candidate,
) -> Result<Result<(Arc<Recorded>, Outcome), Vec<Objection>>, Fault> {
    let (recorded, circumstances) = match books.admit(candidate) {
        Ok(admitted) => admitted,
        Err(objections) => return Ok(Err(objections)),
    };
    let counters = books.counters_of(&recorded).into_iter().collect();
    shelves::load_counters(tx, books, &counters).await?;
    let recorded = Arc::new(recorded);
    while let Some(needs) = books.needs(&recorded) {
        match needs {
            Needs::History(manifest) => {
                let history = history(tx, manifest).await?;
                books.put_history(manifest, history);
            }
            Needs::Lots(lots) => {
                let lots = lots.into_iter().map(Subject::Lot).collect();
                shelves::load_subjects(tx, books, &lots).await?;
                books.have_lots(&lots);
            }
        }
    }
    let outcome = books
        .record(Arc::clone(&recorded), circumstances)
        .map_err(|needs| Fault::Tree(format!("{needs} and is not stored")))?;
    Ok(Ok((recorded, outcome)))
}

/// Bring one manifest and everything its rules look at.
pub(in crate::app) async fn fill_manifests(
    tx: &mut WriteTx,
    books: &mut Books,
    ids: &[ManifestId],
) -> Result<(), Fault> {
    let subjects = ids.iter().copied().map(Subject::Manifest).collect();
    shelves::load_subjects(tx, books, &subjects).await?;
    Ok(())
}

/// Every event of a manifest, as recorded.
pub(in crate::app) async fn history(
    tx: &mut ReadTx,
    manifest: ManifestId,
) -> Result<Vec<Arc<Recorded>>, Fault> {
    let rows = timeline::of(tx, &Subject::Manifest(manifest)).await?;
    let indexes: Vec<u64> = rows.iter().map(|row| row.index).collect();
    let mut history = Vec::with_capacity(indexes.len());
    for entry in log::entries_at(tx, &indexes).await? {
        let verdict =
            rows.iter().find(|row| row.index == entry.index).map_or(Verdict::Counts, |row| row.verdict);
        history.push(Arc::new(recorded_of(tx, &entry, verdict).await?));
    }
    Ok(history)
}

/// A stored entry as it was recorded, with the verdict and the corrections in force.
pub(in crate::app) async fn recorded_of(
    tx: &mut ReadTx,
    entry: &log::Entry,
    verdict: Verdict,
) -> Result<Recorded, Fault> {
    let corrections = correction::in_force(tx, entry.event_id, u64::MAX).await?;
    Ok(signed_of(tx, entry, verdict).await?.corrected_by(corrections.iter()))
}

/// A stored entry as it was recorded and signed.
pub(super) async fn signed_of(
    tx: &mut ReadTx,
    entry: &log::Entry,
    verdict: Verdict,
) -> Result<Recorded, Fault> {
    let event = event_of(entry)?;
    let jws = entry.jws.as_deref().unwrap_or_default();
    let envelope = Envelope::parse(jws.as_bytes(), Typ::Event);
    let envelope = envelope.map_err(|error| Fault::Entry { index: entry.index, what: error.to_string() })?;
    let offer = handover(&event)
        .and_then(|(_, s)| form::read_offer(&form::embedded(s.offer.as_deref()?, Typ::Offer)?));
    Ok(Recorded {
        kid: envelope.kid(),
        anchored: anchored(tx, event.anchor.as_ref(), entry.index).await?,
        offer,
        ..bare(entry, event, verdict)
    })
}

/// A stored entry with its event, without what its envelope and its anchor say.
pub(in crate::app) fn bare(entry: &log::Entry, event: Event, verdict: Verdict) -> Recorded {
    Recorded {
        index: entry.index,
        id: entry.event_id,
        recorded_at: entry.recorded_at,
        skew_ms: entry.skew_ms,
        kid: Kid::from_bytes([0; 32]),
        verdict,
        anchored: Anchored::None,
        event,
        signed: None,
        offer: None,
    }
}

/// Fold some entries of the log, in its order, into books that hold nothing else: what they make of their subjects without the rest
/// of the log. What was erased makes nothing.
pub(in crate::app) async fn fold_alone(
    tx: &mut ReadTx,
    books: &mut Books,
    entries: &[log::Entry],
) -> Result<Vec<Outcome>, Fault> {
    let mut refs = References::default();
    let mut earlier = Vec::with_capacity(entries.len());
    for entry in entries.iter().filter(|entry| entry.jws.is_some()) {
        let target = Earlier::alone(tx, entry).await?;
        refs.read_target(&target);
        earlier.push(target);
    }
    refs.load_registry(tx, books).await?;
    let mut outcomes = Vec::with_capacity(earlier.len());
    for target in earlier {
        let candidate = target.candidate(books);
        // What was admitted once is never refused when it is folded again.
        let Ok((recorded, circumstances)) = books.admit(candidate) else { continue };
        let recorded = Arc::new(recorded);
        while let Some(Needs::Lots(lots)) = books.needs(&recorded) {
            books.have_lots(&lots.into_iter().map(Subject::Lot).collect());
        }
        let outcome = books.record(recorded, circumstances);
        outcomes.push(outcome.map_err(|needs| Fault::Tree(format!("{needs} and is not at hand")))?);
    }
    Ok(outcomes)
}
