//! Who may act: parties, sites, keys, mandates, permits. All of it is folded from signed registry events.
//!
//! [`Registry`] is a plain value that holds some or all of these records. The tests hold all of them in memory; the
//! server loads the few a batch needs. Both fold the same statements with the same functions.

pub mod declaration;
pub mod duty;
pub mod key;
pub mod mandate;
pub mod party;
pub mod permit;
pub mod sought;
pub mod standing;

use std::collections::HashMap;

use chrono::NaiveDate;

use crate::catalogue::{Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::id::{DeclarationId, InvitationId, MandateId, PermitId, SiteId};
use crate::ledger::Kid;
use crate::registry::standing::Collection;

pub use declaration::{Decision, DeclarationRecord, FilingState, Slot};
pub use key::{KeyEnd, KeyRecord, KeyStanding, Role};
pub use mandate::{Excess, MandateRecord, SignedFor};
pub use party::{PartyKind, PartyRecord, SiteRecord};
pub use permit::{Asked, PermitAnswer, PermitChange, PermitRecord, PermitState, PermitStep, PermitTerms};

/// The registry records at hand.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    parties: HashMap<Uscc, PartyRecord>,
    sites: HashMap<SiteId, SiteRecord>,
    keys: HashMap<Kid, KeyRecord>,
    permits: HashMap<Uscc, Vec<PermitRecord>>,
    holders: HashMap<PermitId, Uscc>,
    mandates: HashMap<MandateId, MandateRecord>,
    spent_invitations: HashMap<InvitationId, Kid>,
    declarations: HashMap<DeclarationId, DeclarationRecord>,
}

impl Registry {
    /// The party with this code.
    pub fn party(&self, party: &Uscc) -> Option<&PartyRecord> {
        self.parties.get(party)
    }

    /// The site with this id.
    pub fn site(&self, site: &SiteId) -> Option<&SiteRecord> {
        self.sites.get(site)
    }

    /// The key with this thumbprint.
    pub fn key(&self, kid: &Kid) -> Option<&KeyRecord> {
        self.keys.get(kid)
    }

    /// The key that already used this invitation.
    pub fn invitation_spent_by(&self, invitation: &InvitationId) -> Option<&Kid> {
        self.spent_invitations.get(invitation)
    }

    /// The permits of a party, in the order they were recorded.
    pub fn permits(&self, party: &Uscc) -> &[PermitRecord] {
        self.permits.get(party).map_or(&[], Vec::as_slice)
    }

    /// The mandate with this id.
    pub fn mandate(&self, mandate: &MandateId) -> Option<&MandateRecord> {
        self.mandates.get(mandate)
    }

    /// True when one party ever mandated another.
    pub fn is_mandated(&self, party: &Uscc, to: &Uscc) -> bool {
        self.mandates.values().any(|record| record.party == *party && record.to == *to)
    }

    /// How many mandates a party ever granted, as far as they are at hand.
    pub fn mandates_of(&self, party: &Uscc) -> usize {
        self.mandates.values().filter(|record| record.party == *party).count()
    }

    /// True when the party is registered as an authority.
    pub fn is_authority(&self, party: &Uscc) -> bool {
        self.party(party).is_some_and(|record| record.kinds.contains(&PartyKind::Authority))
    }

    /// Whether the party may treat a waste in a way at a site, on a day of the profile's zone.
    pub fn may_treat(&self, party: &Uscc, asked: &Asked<'_>) -> PermitAnswer {
        permit::answer(self.permits(party), asked)
    }

    /// The terms under which waste came in at a site of a party that may only collect it.
    pub fn collection(
        &self,
        party: &Uscc,
        site: SiteId,
        (at, on): (Timestamp, NaiveDate),
        code: &WasteCode,
    ) -> Option<Collection> {
        permit::collection(self.permits(party), site, at, on, code)
    }

    /// Put a party record in, or replace it.
    pub fn put_party(&mut self, record: PartyRecord) {
        self.parties.insert(record.party, record);
    }

    /// Put a site record in, or replace it.
    pub fn put_site(&mut self, record: SiteRecord) {
        self.sites.insert(record.site, record);
    }

    /// Put a key record in, or replace it, and mark its invitation as spent.
    pub fn put_key(&mut self, record: KeyRecord) {
        if let Some(invitation) = record.invitation {
            self.spent_invitations.insert(invitation, record.kid);
        }
        self.keys.insert(record.kid, record);
    }

    /// Put a permit record in, or replace the one with the same id.
    pub fn put_permit(&mut self, record: PermitRecord) {
        self.holders.insert(record.permit, record.party);
        let permits = self.permits.entry(record.party).or_default();
        match permits.iter_mut().find(|known| known.permit == record.permit) {
            Some(known) => *known = record,
            None => permits.push(record),
        }
    }

    /// Put a mandate record in, or replace it.
    pub fn put_mandate(&mut self, record: MandateRecord) {
        self.mandates.insert(record.mandate, record);
    }

    /// A permit by its id.
    pub fn permit(&self, permit: &PermitId) -> Option<&PermitRecord> {
        let party = self.holders.get(permit)?;
        self.permits(party).iter().find(|record| record.permit == *permit)
    }

    /// A filing by its id.
    pub fn declaration(&self, declaration: &DeclarationId) -> Option<&DeclarationRecord> {
        self.declarations.get(declaration)
    }

    /// The last filing for a period of a site.
    pub fn last_filed(&self, slot: &Slot) -> Option<&DeclarationRecord> {
        self.declarations.values().filter(|record| record.slot() == *slot).max_by_key(|record| record.index)
    }

    /// Put a filing in, or replace it.
    pub fn put_declaration(&mut self, record: DeclarationRecord) {
        self.declarations.insert(record.filed.declaration, record);
    }

    /// End a key, if it is at hand; gives its record.
    pub fn end_key(&mut self, kid: &Kid, end: KeyEnd) -> Option<KeyRecord> {
        let record = self.keys.get_mut(kid)?;
        record.end(end);
        Some(record.clone())
    }
}
