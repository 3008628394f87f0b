//! What the events and states at hand refer to, loaded in a few queries for all of them.

use std::collections::BTreeSet;

use super::references::References;
use crate::app::error::Fault;
use crate::catalogue::Uscc;
use crate::custody::books::{Books, Change};
use crate::custody::paper::PaperId;
use crate::id::{DeclarationId, InvitationId, MandateId, SiteId};
use crate::ledger::Kid;
use crate::registry::Slot;
use crate::store::{ReadTx, carrier, declaration, mandate, paper, registry};

impl References {
    pub(super) async fn load_papers(&self, tx: &mut ReadTx, books: &mut Books) -> Result<(), Fault> {
        let ids: Vec<PaperId> = self.papers.iter().copied().collect();
        let planned: Vec<SiteId> = self.planned.iter().copied().collect();
        let plans = paper::plans_of(tx, &planned).await?;
        let consignors: Vec<Uscc> = self.consignors.iter().copied().collect();
        let consignees: Vec<Uscc> = self.consignees.iter().copied().collect();
        let agreed = paper::between(tx, &consignors, &consignees).await?;
        let papers = paper::papers(tx, &ids).await?;
        // The authority of the other side answers an application.
        let others: Vec<Uscc> = papers.iter().filter_map(|paper| paper.belongs.other).collect();
        for record in registry::parties(tx, &others).await? {
            books.put(Change::Party(record));
        }
        for paper in papers.into_iter().chain(plans).chain(agreed) {
            books.put_missing(Change::Paper(Box::new(paper)));
        }
        Ok(())
    }

    /// What rules about lots and running totals look at, brought while a batch is recorded.
    pub(super) async fn load_standing(&self, tx: &mut ReadTx, books: &mut Books) -> Result<(), Fault> {
        let sites: Vec<SiteId> = self.sites.iter().copied().collect();
        for record in registry::sites(tx, &sites).await? {
            books.put_missing(Change::Site(record));
        }
        let permits_of: Vec<Uscc> = self.permits_of.iter().copied().collect();
        for record in registry::permits(tx, &permits_of).await? {
            books.put_missing(Change::Permit(record));
        }
        self.load_papers(tx, books).await
    }

    pub(super) async fn load_registry(&self, tx: &mut ReadTx, books: &mut Books) -> Result<(), Fault> {
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
        for (vehicles, span) in self.rides.lookups() {
            for change in carrier::assignments(tx, &vehicles, span).await? {
                books.put(change);
            }
        }
        Ok(())
    }

    /// The mandates that events grant and revoke, and all that parties ever granted who grant one more or for whom another party's
    /// key speaks.
    pub(super) async fn load_mandates(&self, tx: &mut ReadTx, books: &mut Books) -> Result<(), Fault> {
        let ids: Vec<MandateId> = self.mandates.iter().copied().collect();
        let is_anothers =
            |(kid, party): &&(Kid, Uscc)| books.registry.key(kid).is_some_and(|key| key.party != *party);
        let principals = self.speakers.iter().filter(is_anothers).map(|(_, party)| *party);
        let principals: BTreeSet<Uscc> = principals.chain(self.granting.iter().copied()).collect();
        let principals: Vec<Uscc> = principals.into_iter().collect();
        let named = mandate::mandates(tx, &ids).await?;
        for record in named.into_iter().chain(mandate::granted_by(tx, &principals).await?) {
            books.put(Change::Mandate(record));
        }
        Ok(())
    }
}
