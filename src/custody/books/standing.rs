//! Folding what is declared of parties, sites and permits: each gets the record that stands from this entry on.

use super::{Books, Change};
use crate::clock::Timestamp;
use crate::custody::event::Recorded;
use crate::custody::kind::Statement;
use crate::id::PermitId;
use crate::registry::permit::MAX_PERMIT_STEPS;
use crate::registry::sought;
use crate::registry::standing::{Party, PermitIssued, PermitStanding, Site};
use crate::registry::{PartyRecord, PermitChange, PermitRecord, PermitStep, PermitTerms, SiteRecord};

impl Books {
    /// The record of a party, site or permit as an event leaves it.
    pub(super) fn fold_standing(&self, recorded: &Recorded) -> Option<Change> {
        let index = recorded.index;
        Some(match &recorded.event.statement {
            Statement::PartyRegistered(s) => Change::Party(party_record(s, index)),
            Statement::PartyUpdated(s) => {
                Change::Party(party_record(s, self.registry.party(&s.party)?.index))
            }
            Statement::SiteRegistered(s) => Change::Site(site_record(s, index, recorded.recorded_at)),
            Statement::SiteUpdated(s) => {
                let known = self.registry.site(&s.site)?;
                let (party, closed_on) = (known.party, known.closed_on);
                let said = site_record(s, known.index, known.registered_at);
                Change::Site(SiteRecord { party, closed_on, ..said })
            }
            Statement::SiteClosed(s) => {
                let known = self.registry.site(&s.site)?;
                let closed_on = known.closed_on.or(Some(s.on));
                Change::Site(SiteRecord { closed_on, ..known.clone() })
            }
            Statement::PermitIssued(s) if self.registry.permit(&s.permit).is_none() => {
                Change::Permit(issued(s, recorded))
            }
            Statement::PermitAmended(s) => {
                let (items, valid_from, valid_to) = (s.items.to_vec(), s.valid_from, s.valid_to);
                let terms = PermitChange::Terms(PermitTerms { items, valid_from, valid_to });
                self.permit_after(s.permit, recorded, &s.reason, terms)?
            }
            Statement::PermitSuspended(s) => {
                self.permit_stands(s, recorded, PermitChange::Suspended(s.from))?
            }
            Statement::PermitReinstated(s) => {
                self.permit_stands(s, recorded, PermitChange::Reinstated(s.from))?
            }
            Statement::PermitRevoked(s) => self.permit_stands(s, recorded, PermitChange::Revoked(s.from))?,
            _ => return None,
        })
    }

    fn permit_stands(&self, s: &PermitStanding, recorded: &Recorded, change: PermitChange) -> Option<Change> {
        self.permit_after(s.permit, recorded, &s.reason, change)
    }

    /// A permit with one more step in its life.
    fn permit_after(
        &self,
        permit: PermitId,
        recorded: &Recorded,
        reason: &str,
        change: PermitChange,
    ) -> Option<Change> {
        let known = self.registry.permit(&permit).filter(|known| known.life.len() < MAX_PERMIT_STEPS)?;
        let mut permit = known.clone();
        permit.life.push(step(recorded, Some(reason.to_owned()), change));
        Some(Change::Permit(permit))
    }
}

pub(super) fn party_record(s: &Party, index: u64) -> PartyRecord {
    PartyRecord {
        party: s.party,
        name: s.name.to_string(),
        name_en: s.name_en.as_ref().map(ToString::to_string),
        kinds: s.kinds.to_vec(),
        division: s.division,
        sought: sought::by_anybody(s),
        sought_by_authorities: sought::by_authorities(s),
        index,
    }
}

fn site_record(s: &Site, index: u64, registered_at: Timestamp) -> SiteRecord {
    SiteRecord {
        site: s.site,
        party: s.party,
        name: s.name.to_string(),
        division: s.division,
        place: s.place,
        classes: s.classes.to_vec(),
        facilities: s.facilities.to_vec(),
        registered_at,
        closed_on: None,
        index,
    }
}

fn issued(s: &PermitIssued, recorded: &Recorded) -> PermitRecord {
    let (items, valid_from, valid_to) = (s.items.to_vec(), s.valid_from, s.valid_to);
    let terms = PermitTerms { items, valid_from, valid_to };
    PermitRecord {
        permit: s.permit,
        number: s.number.to_string(),
        party: s.party,
        site: s.site,
        index: recorded.index,
        life: vec![step(recorded, None, PermitChange::Terms(terms))],
    }
}

fn step(recorded: &Recorded, reason: Option<String>, change: PermitChange) -> PermitStep {
    PermitStep { index: recorded.index, recorded_at: recorded.recorded_at, reason, change }
}
