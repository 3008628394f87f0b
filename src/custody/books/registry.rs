//! Folding the standing declarations into the registry, and looking again at what they may clear.

use super::standing::party_record;
use super::{Books, Change, Outcome};
use crate::catalogue::Uscc;
use crate::custody::event::Recorded;
use crate::custody::form::{embedded, read_invitation};
use crate::custody::kind::Statement;
use crate::custody::rules::{Rule, check_manifest};
use crate::custody::shelf::Life;
use crate::id::{InvitationId, ManifestId};
use crate::ledger::{Kid, PublicKey, Typ};
use crate::registry::key::Invitation;
use crate::registry::sought;
use crate::registry::standing::MandateGranted;
use crate::registry::{KeyEnd, KeyRecord, MandateRecord, PartyKind, PartyRecord, Role};

impl Books {
    pub(super) fn fold_registry(&mut self, recorded: &Recorded, outcome: &mut Outcome) {
        if !recorded.verdict.moves() {
            return;
        }
        let index = recorded.index;
        let change = match &recorded.event.statement {
            Statement::LedgerFounded(s) => {
                let authority = PartyRecord {
                    party: recorded.event.party,
                    name: s.authority_name.to_string(),
                    name_en: None,
                    kinds: vec![PartyKind::Authority],
                    division: s.division,
                    sought: sought::by_names([&*s.authority_name]),
                    sought_by_authorities: String::new(),
                    index,
                };
                self.registry.put_party(authority.clone());
                outcome.changes.push(Change::Party(authority));
                Change::Key(key_record(recorded, s.key, Role::Officer, None))
            }
            Statement::ProfileAdopted(s) => Change::Adopted { index, adopted: s.clone() },
            Statement::KeyEnrolled(s) => {
                let Some(invitation) = invitation_in(&s.invitation) else { return };
                if let Some(party) = &invitation.registers {
                    let registered = Change::Party(party_record(party, index));
                    self.put(registered.clone());
                    outcome.changes.push(registered);
                }
                Change::Key(enrolled(recorded, s.key, &invitation, None))
            }
            Statement::KeyRotated(s) => {
                let Some(invitation) = invitation_in(&s.invitation) else { return };
                let key = enrolled(recorded, s.key, &invitation, Some(s.replaces));
                self.end_key(&s.replaces, recorded, Some(key.kid), None, outcome);
                Change::Key(key)
            }
            Statement::KeyRevoked(s) => {
                return self.end_key(&s.key, recorded, None, s.suspected_from, outcome);
            }
            Statement::MandateGranted(s) => Change::Mandate(granted(recorded, s)),
            Statement::MandateRevoked(s) => {
                let Some(mandate) = self.registry.mandate(&s.mandate) else { return };
                let reason = s.reason.as_ref().map(ToString::to_string);
                Change::Mandate(MandateRecord { revoked_index: Some(index), reason, ..mandate.clone() })
            }
            _ => {
                let change = self.fold_standing(recorded).or_else(|| self.fold_paper(recorded));
                let Some(change) = change.or_else(|| self.declared(recorded)) else { return };
                change
            }
        };
        self.note_filed(&change, outcome);
        self.put(change.clone());
        let holder = holder_of(&change);
        if let Some(party) = holder.filter(|_| may_clear(&change)) {
            self.look_again(party, recorded, outcome);
        }
        outcome.reviewed.extend(holder);
        outcome.changes.push(change);
        if let Some(decided) = self.decide_application(recorded) {
            self.put(decided.clone());
            outcome.changes.push(decided);
        }
    }

    /// Put a registry record at hand, as an event changed it or the store holds it.
    pub fn put(&mut self, change: Change) {
        match change {
            Change::Party(record) => self.registry.put_party(record),
            Change::Site(record) => self.registry.put_site(record),
            Change::Key(record) => self.registry.put_key(record),
            Change::Permit(record) => self.registry.put_permit(record),
            Change::Paper(paper) => {
                self.fleet.add(&paper);
                self.holds.add(&paper);
                self.papers.put(*paper);
            }
            Change::Declaration(record) => self.registry.put_declaration(record),
            Change::Mandate(record) => self.registry.put_mandate(record),
            // In force from the next entry on. What this program cannot read was refused, or stood in the log before it knew better.
            Change::Adopted { adopted, .. } if self.adopts => {
                self.rulebook = self.rulebook.adopting(&adopted).unwrap_or(self.rulebook)
            }
            Change::Adopted { .. } => {}
            // What ended a key matters here by its record alone.
            Change::KeyEnded { .. } => {}
            Change::Assigned { carrier, vehicle, window, .. } => {
                self.assignments.add(carrier, vehicle, window)
            }
        }
    }

    /// Put a permit, site or paper at hand as the store holds it, unless it is at hand: an earlier event of the batch may have changed it.
    pub fn put_missing(&mut self, change: Change) {
        let is_at_hand = match &change {
            Change::Permit(record) => self.registry.permit(&record.permit).is_some(),
            Change::Site(record) => self.registry.site(&record.site).is_some(),
            Change::Paper(paper) => self.papers.get(&paper.id).is_some(),
            _ => false,
        };
        if !is_at_hand {
            self.put(change);
        }
    }

    /// Validity goes by log index: the key ends with this very entry.
    fn end_key(
        &mut self,
        kid: &Kid,
        recorded: &Recorded,
        replaced_by: Option<Kid>,
        suspected_from: Option<u64>,
        outcome: &mut Outcome,
    ) {
        let index = recorded.index;
        let end = KeyEnd { index, at: recorded.recorded_at, replaced_by, suspected_from };
        if let Some(record) = self.registry.end_key(kid, end) {
            outcome.changes.extend([Change::Key(record), Change::KeyEnded { kid: *kid, index }]);
        }
    }

    /// A permit or paper recorded late may clear what its absence had raised; it never raises anything itself. Only manifests with
    /// such an open finding are looked at.
    fn look_again(&mut self, party: Uscc, recorded: &Recorded, outcome: &mut Outcome) {
        let mut concerned: Vec<ManifestId> = self
            .manifests
            .iter()
            .filter(|(_, shelf)| {
                shelf.findings.all().values().any(|standing| {
                    standing.life == Life::Open
                        && asks_for_standing(&standing.seen.rule)
                        && standing.seen.concerns.contains(&party)
                })
            })
            .map(|(id, _)| *id)
            .collect();
        concerned.sort_unstable();
        for id in concerned {
            let Some(mut shelf) = self.manifests.remove(&id) else { continue };
            outcome.steps.extend(shelf.findings.open_due(recorded.recorded_at));
            shelf.updated_index = Some(recorded.index);
            let mut observed = check_manifest(&self.manifest_view(id, &shelf));
            observed.retain(|finding, _| shelf.findings.all().contains_key(finding));
            outcome.steps.extend(shelf.findings.update(observed, recorded.recorded_at, recorded.index));
            shelf.changed = true;
            self.manifests.insert(id, shelf);
        }
    }
}

/// True for what rules about manifests look for. Batches bring the manifests with such findings for just these.
fn may_clear(change: &Change) -> bool {
    match change {
        Change::Permit(_) => true,
        Change::Paper(paper) => paper.end.is_none() && paper.written.allows(),
        _ => false,
    }
}

/// Whose standing a record tells.
fn holder_of(change: &Change) -> Option<Uscc> {
    match change {
        Change::Permit(permit) => Some(permit.party),
        Change::Site(site) => Some(site.party),
        Change::Paper(paper) => paper.belongs.party,
        _ => None,
    }
}

fn granted(recorded: &Recorded, granted: &MandateGranted) -> MandateRecord {
    MandateRecord {
        mandate: granted.mandate,
        party: recorded.event.party,
        to: granted.to,
        key: granted.key,
        kinds: granted.kinds.iter().map(ToString::to_string).collect(),
        from: granted.from,
        until: granted.until,
        index: recorded.index,
        revoked_index: None,
        reason: None,
    }
}

fn invitation_in(compact: &str) -> Option<Invitation> {
    read_invitation(&embedded(compact, Typ::Invitation)?)
}

/// The record of a key that an invitation brings, in the role it names.
fn enrolled(
    recorded: &Recorded,
    public: PublicKey,
    invitation: &Invitation,
    replaces: Option<Kid>,
) -> KeyRecord {
    let record = key_record(recorded, public, invitation.role, Some(invitation.invitation));
    KeyRecord { replaces, ..record }
}

fn key_record(
    recorded: &Recorded,
    public: PublicKey,
    role: Role,
    invitation: Option<InvitationId>,
) -> KeyRecord {
    KeyRecord {
        kid: public.kid(),
        public,
        party: recorded.event.party,
        role,
        invitation,
        enrolled_index: recorded.index,
        replaces: None,
        revoked_index: None,
        revoked_at: None,
        replaced_by: None,
        suspected_from: None,
    }
}

/// True for a rule whose findings a later permit, paper or word about a site may clear.
pub fn asks_for_standing(rule: &str) -> bool {
    Rule::named(rule).is_some_and(|rule| rule.cleared_by_standing)
}
