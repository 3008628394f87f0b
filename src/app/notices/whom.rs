//! Whom a notice is for: the parties, and in an authority who is on duty.

use std::collections::{BTreeSet, HashMap};

use super::audience::{self, Posts};
use super::kinds::{Desk, NoticeKind, Whom};
use super::ladder;
use crate::app::access::{insiders, load_manifests};
use crate::app::receipt::event_of;
use crate::app::{App, Fault};
use crate::catalogue::{Division, Severity, Uscc};
use crate::custody::kind::Class;
use crate::custody::manifest::ManifestState;
use crate::custody::payload::oversight::HoldOn;
use crate::custody::{Event, Statement};
use crate::id::{DeclarationId, ManifestId};
use crate::ledger::{EventId, Kid};
use crate::store::outbox::Numbered;
use crate::store::{ReadTx, case, correction, declaration, finding, log, registry};

/// Whom a notice is for.
pub(super) struct ForWhom {
    pub(super) party: Uscc,
    pub(super) audiences: Vec<String>,
    /// Where it lies, for an authority: there it goes further up.
    pub(super) divisions: Vec<Division>,
}

impl ForWhom {
    /// Add audiences to those of the same party.
    fn add(into: &mut Vec<Self>, more: Vec<(Uscc, Vec<String>)>, divisions: &[Division]) {
        for (party, audiences) in more {
            let known = into.iter().position(|known| known.party == party);
            let at = known.unwrap_or_else(|| {
                into.push(Self { party, audiences: Vec::new(), divisions: Vec::new() });
                into.len() - 1
            });
            let one = &mut into[at];
            let new = audiences.into_iter().filter(|audience| !one.audiences.contains(audience));
            let new: Vec<String> = new.collect();
            one.audiences.extend(new);
            one.divisions.extend(divisions);
        }
    }
}

/// What is read once for all messages that are looked at together.
pub(super) struct Known {
    posts: Posts,
    manifests: HashMap<ManifestId, ManifestState>,
}

impl Known {
    /// What these events ask for.
    pub(super) async fn of(
        app: &App,
        tx: &mut ReadTx,
        events: impl Iterator<Item = &Event>,
    ) -> Result<Self, Fault> {
        let ids: Vec<ManifestId> = events.filter_map(Event::manifest).collect();
        let posts = Posts::on(tx, app.today()).await?;
        Ok(Self { posts, manifests: load_manifests(app, tx, &ids).await? })
    }

    fn manifest(&self, event: Option<&Event>) -> Option<&ManifestState> {
        self.manifests.get(&event?.manifest()?)
    }

    /// False for a fact about a manifest by somebody who is not on it: facts are never refused, and no stranger says that something is done.
    pub(super) fn may_end(&self, event: Option<&Event>) -> bool {
        let Some(event) = event.filter(|event| event.kind().class() == Class::Fact) else { return true };
        let is_inside = |state: &ManifestState| insiders(state).contains(&event.party);
        event.manifest().is_none() || self.manifest(Some(event)).is_some_and(is_inside)
    }

    /// True when what a notice asks for was done already, by events that were recorded in another order than they happened.
    pub(super) fn is_settled(&self, kind: &NoticeKind, event: Option<&Event>) -> bool {
        let Some(state) = self.manifest(event) else { return false };
        match kind.whom {
            Whom::Taker => !state.lines.values().any(|line| line.has_moved() && !line.is_received()),
            Whom::Consignee | Whom::Carriers => !state.handovers.is_empty(),
            _ => false,
        }
    }
}

impl App {
    /// Whom a notice is for: each party once.
    pub(super) async fn whom(
        &self,
        tx: &mut ReadTx,
        known: &Known,
        kind: &NoticeKind,
        severity: Severity,
        message: &Numbered,
        event: Option<&Event>,
    ) -> Result<Vec<ForWhom>, Fault> {
        let divisions = &message.message.divisions;
        let told = match kind.whom {
            Whom::OnDuty(least) => {
                let mut found = Vec::new();
                for division in divisions.iter().filter(|_| severity >= least) {
                    let first = ladder::first_rung(tx, &known.posts, *division).await?;
                    ForWhom::add(&mut found, first, &[*division]);
                }
                return Ok(found);
            }
            Whom::Named => {
                let named = event.map(|event| named_keys(&event.statement)).unwrap_or_default();
                let mut found = audience::of_keys(tx, &named).await?;
                // Nobody names the keys of others.
                found.retain(|(party, _)| event.is_some_and(|event| event.party == *party));
                found
            }
            Whom::CaseOwner => {
                let owner = case_of(tx, event).await?.map(|state| state.owner);
                let mut found = Vec::new();
                ForWhom::add(&mut found, audience::of_keys(tx, owner.as_slice()).await?, divisions);
                return Ok(found);
            }
            _ => {
                let audience = match kind.desk {
                    Desk::Office => audience::OFFICE,
                    Desk::Administrators => audience::ADMINISTRATORS,
                };
                let parties = self.parties_told(tx, kind.whom, message, event).await?;
                parties.into_iter().map(|party| (party, vec![audience.to_owned()])).collect()
            }
        };
        let mut found = Vec::new();
        ForWhom::add(&mut found, told, &[]);
        Ok(found)
    }

    /// The parties among them.
    async fn parties_told(
        &self,
        tx: &mut ReadTx,
        whom: Whom,
        message: &Numbered,
        event: Option<&Event>,
    ) -> Result<BTreeSet<Uscc>, Fault> {
        let readers = || message.message.readers.iter().copied();
        let Some(event) = event else { return Ok(readers().collect()) };
        use Statement::*;
        let mut found: BTreeSet<Uscc> = match (whom, &event.statement) {
            (Whom::Concerned, _) => readers().collect(),
            (Whom::Consignee, ManifestRegistered(s)) => BTreeSet::from([s.consignee.party]),
            (Whom::Carriers, ManifestRegistered(s)) => s.legs.iter().map(|leg| leg.carrier).collect(),
            (Whom::Taker, WasteDelivered(s)) => BTreeSet::from([s.to]),
            (Whom::Mandatary, MandateGranted(s)) => BTreeSet::from([s.to]),
            (Whom::Own, KeyRevoked(s)) => {
                registry::keys(tx, &[s.key]).await?.into_iter().map(|key| key.party).collect()
            }
            (Whom::FindingParties, FindingUpheld(s)) => {
                let row = finding::finding(tx, s.finding).await?;
                row.map(|row| row.seen.concerns).unwrap_or_default().into_iter().collect()
            }
            (Whom::CaseParty, _) => {
                case_of(tx, Some(event)).await?.map(|state| state.party).into_iter().collect()
            }
            (Whom::Correctors, CorrectionProposed(s)) => {
                let states = correction::by_ids(tx, &[s.correction]).await?;
                states.into_iter().flat_map(|state| state.waits_for).collect()
            }
            (Whom::Corrected, CorrectionOrdered(s)) => speaker_of(tx, s.event).await?,
            (Whom::Corrected, CorrectionRequested(s)) => speaker_of(tx, s.event).await?,
            (Whom::Declarant, DeclarationReturned(s)) => declarant(tx, s.declaration).await?,
            (Whom::Declarant, DeclarationAccepted(s)) => declarant(tx, s.declaration).await?,
            (Whom::Holder, PermitSuspended(s) | PermitRevoked(s)) => {
                let permits = registry::permits_by_id(tx, &[s.permit]).await?;
                permits.into_iter().map(|permit| permit.party).collect()
            }
            (Whom::Held, HoldPlaced(s)) => self.stopped_by(tx, &s.on).await?,
            (Whom::Own, _) => return Ok(BTreeSet::from([event.party])),
            _ => BTreeSet::new(),
        };
        // Nobody is told of its own doing; but who signs at the gate does not say at the desk what is accepted.
        if !matches!(whom, Whom::Own | Whom::Taker) {
            found.remove(&event.party);
        }
        // Whom a stranger names on somebody's manifest is not inside it by that, and hears nothing.
        if matches!(whom, Whom::Consignee | Whom::Carriers | Whom::Taker) {
            found.retain(|party| message.message.readers.contains(party));
        }
        Ok(found)
    }

    /// Whom a hold stops, as far as one finds it.
    async fn stopped_by(&self, tx: &mut ReadTx, on: &HoldOn) -> Result<BTreeSet<Uscc>, Fault> {
        Ok(match on {
            HoldOn::Site(site) => {
                registry::sites(tx, &[*site]).await?.into_iter().map(|site| site.party).collect()
            }
            HoldOn::Manifest(id) => {
                let states = load_manifests(self, tx, &[*id]).await?;
                states.get(id).map(insiders).unwrap_or_default()
            }
            HoldOn::Lot(_) | HoldOn::Vehicle(_) => BTreeSet::new(),
        })
    }
}

/// The keys that a statement names for somebody's work.
fn named_keys(statement: &Statement) -> Vec<Kid> {
    match statement {
        Statement::ManifestAssigned(s) => [s.driver, s.escort].into_iter().flatten().collect(),
        Statement::CaseAssigned(s) => vec![s.to],
        _ => Vec::new(),
    }
}

async fn case_of(
    tx: &mut ReadTx,
    event: Option<&Event>,
) -> Result<Option<crate::custody::case::CaseState>, Fault> {
    let Some(id) = event.and_then(|event| crate::custody::case::case_of(&event.statement)) else {
        return Ok(None);
    };
    Ok(case::by_ids(tx, &[id]).await?.pop())
}

/// Who said an event.
async fn speaker_of(tx: &mut ReadTx, id: EventId) -> Result<BTreeSet<Uscc>, Fault> {
    let indexes: Vec<u64> = log::indexes_of(tx, &[id]).await?.into_iter().map(|(_, index)| index).collect();
    let entries = log::entries_at(tx, &indexes).await?;
    let spoke = entries.iter().filter(|entry| entry.jws.is_some()).map(|entry| Ok(event_of(entry)?.party));
    spoke.collect()
}

async fn declarant(tx: &mut ReadTx, id: DeclarationId) -> Result<BTreeSet<Uscc>, Fault> {
    Ok(declaration::by_ids(tx, &[id]).await?.into_iter().map(|record| record.party).collect())
}
