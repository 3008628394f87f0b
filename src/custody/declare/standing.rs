//! Checks of who there is and what they may do: parties, sites, permits and what becomes of them.

use super::{backwards, taken};
use crate::catalogue::{Division, Uscc};
use crate::custody::admit::{Candidate, Objection};
use crate::custody::books::Books;
use crate::custody::kind::Statement;
use crate::id::{PermitId, SiteId};
use crate::registry::permit::MAX_PERMIT_STEPS;
use crate::registry::standing::{Party, PermitAmended, PermitIssued, PermitStanding, Site, SiteClosed};
use crate::registry::{PartyKind, PartyRecord, PermitChange, PermitRecord, SiteRecord};

impl Books {
    /// Everything that speaks against a declaration about parties, sites and permits.
    pub(super) fn standing_objections(&self, candidate: &Candidate, objections: &mut Vec<Objection>) {
        match &candidate.event.statement {
            Statement::PartyRegistered(s) => {
                if self.registry.party(&s.party).is_some() {
                    objections.push(taken("/data/party"));
                }
                objections.extend(self.not_theirs_to_register(candidate.event.party, s, "/data/division"));
            }
            Statement::PartyUpdated(s) => self.party_update(candidate, s, objections),
            Statement::SiteRegistered(s) => {
                if self.registry.site(&s.site).is_some() {
                    objections.push(taken("/data/site"));
                }
                self.known_party(&s.party, "/data/party", objections);
                objections.extend(self.beyond_registry(candidate, Some(s.division), "/data/division"));
            }
            Statement::SiteUpdated(s) => self.site_update(candidate, s, objections),
            Statement::SiteClosed(s) => self.site_closing(candidate, s, objections),
            Statement::PermitIssued(s) => self.permit_issue(candidate, s, objections),
            Statement::PermitAmended(s) => self.permit_amendment(candidate, s, objections),
            Statement::PermitSuspended(s) => {
                self.permit_step(candidate, s, PermitChange::Suspended(s.from), objections);
            }
            Statement::PermitReinstated(s) => {
                self.permit_step(candidate, s, PermitChange::Reinstated(s.from), objections);
            }
            Statement::PermitRevoked(s) => {
                self.permit_step(candidate, s, PermitChange::Revoked(s.from), objections);
            }
            _ => {}
        }
    }

    /// A party may say how it is called; what it is and where is for the authority.
    fn party_update(&self, candidate: &Candidate, s: &Party, objections: &mut Vec<Objection>) {
        let Some(known) = self.registry.party(&s.party) else {
            return self.known_party(&s.party, "/data/party", objections);
        };
        if self.is_official(candidate) {
            objections.extend(self.beyond_registry(candidate, Some(known.division), "/data/party"));
            objections.extend(self.not_theirs_to_register(candidate.event.party, s, "/data/division"));
            return;
        }
        if s.party != candidate.event.party {
            return objections.push(not_yours("/data/party"));
        }
        if *s.kinds != *known.kinds {
            objections.push(for_the_authority("/data/kinds"));
        }
        if s.division != known.division {
            objections.push(for_the_authority("/data/division"));
        }
    }

    /// A party may say what its site is called and where it stores; class and division are for the authority.
    fn site_update(&self, candidate: &Candidate, s: &Site, objections: &mut Vec<Objection>) {
        let Some(known) = self.own_site(candidate, &s.site, objections) else { return };
        if s.party != known.party {
            objections.push(Objection::new(
                "site-of-another",
                "/data/party",
                "场所不能改属别的单位；请关闭后由新单位登记",
                "a site never passes to another party; close it and let the other register its own",
            ));
        }
        if self.is_official(candidate) {
            objections.extend(self.beyond_registry(candidate, Some(s.division), "/data/division"));
            return;
        }
        if *s.classes != *known.classes {
            objections.push(for_the_authority("/data/classes"));
        }
        if s.division != known.division {
            objections.push(for_the_authority("/data/division"));
        }
    }

    fn site_closing(&self, candidate: &Candidate, s: &SiteClosed, objections: &mut Vec<Objection>) {
        let known = self.own_site(candidate, &s.site, objections);
        if known.is_some_and(|known| known.closed_on.is_some()) {
            objections.push(Objection::new(
                "site-closed",
                "/data/site",
                "场所已经关闭",
                "the site is closed already",
            ));
        }
    }

    /// A site that the acting party, or its authority, may speak about.
    pub(super) fn own_site(
        &self,
        candidate: &Candidate,
        site: &SiteId,
        objections: &mut Vec<Objection>,
    ) -> Option<&SiteRecord> {
        let known = self.registry.site(site);
        let objection = match known {
            None => Some(unknown_site("/data/site")),
            Some(known) if self.is_official(candidate) => {
                self.beyond_registry(candidate, Some(known.division), "/data/site")
            }
            Some(known) => (known.party != candidate.event.party).then(|| not_yours("/data/site")),
        };
        objections.extend(objection);
        known
    }

    fn permit_issue(&self, candidate: &Candidate, s: &PermitIssued, objections: &mut Vec<Objection>) {
        self.known_party(&s.party, "/data/party", objections);
        if let Some(site) = &s.site {
            self.site_of(site, &s.party, "/data/site", objections);
        }
        let (division, pointer) = (self.permitted_in(&s.party, s.site), "/data/party");
        objections.extend(self.beyond_registry(candidate, division, pointer));
        if self.registry.permit(&s.permit).is_some() {
            objections.push(taken("/data/permit"));
        }
        if s.valid_to < s.valid_from {
            objections.push(backwards("/data/valid_to"));
        }
    }

    fn permit_amendment(&self, candidate: &Candidate, s: &PermitAmended, objections: &mut Vec<Objection>) {
        self.living_permit(candidate, &s.permit, objections);
        if s.valid_to < s.valid_from {
            objections.push(backwards("/data/valid_to"));
        }
    }

    /// A permit goes from good to suspended and back, and from either to revoked; none of it for a day before the last step's.
    fn permit_step(
        &self,
        candidate: &Candidate,
        s: &PermitStanding,
        change: PermitChange,
        objections: &mut Vec<Objection>,
    ) {
        let Some(permit) = self.living_permit(candidate, &s.permit, objections) else { return };
        let last = permit.last_standing();
        let is_suspended = matches!(last, Some(PermitChange::Suspended(_)));
        match change {
            PermitChange::Suspended(_) if is_suspended => objections.push(Objection::new(
                "permit-suspended-already",
                "/data/permit",
                "许可证已经暂扣",
                "the permit is suspended already",
            )),
            PermitChange::Reinstated(_) if !is_suspended => objections.push(Objection::new(
                "permit-not-suspended",
                "/data/permit",
                "许可证没有暂扣，无从恢复",
                "the permit is not suspended, so it cannot be reinstated",
            )),
            _ => {}
        }
        if last.and_then(PermitChange::from).is_some_and(|from| s.from < from) {
            objections.push(Objection::new(
                "times-backwards",
                "/data/from",
                "起始日早于上一次暂扣或恢复的起始日",
                "the day lies before that of the last suspension or reinstatement",
            ));
        }
    }

    /// A permit that may still be changed by this officer.
    fn living_permit(
        &self,
        candidate: &Candidate,
        id: &PermitId,
        objections: &mut Vec<Objection>,
    ) -> Option<&PermitRecord> {
        let Some(permit) = self.registry.permit(id) else {
            objections.push(Objection::new(
                "permit-unknown",
                "/data/permit",
                "没有这份许可证",
                "no permit of this id was issued",
            ));
            return None;
        };
        let division = self.permitted_in(&permit.party, permit.site);
        objections.extend(self.beyond_registry(candidate, division, "/data/permit"));
        if matches!(permit.last_standing(), Some(PermitChange::Revoked(_))) {
            objections.push(Objection::new(
                "permit-revoked",
                "/data/permit",
                "许可证已吊销，不能再变更；请重新颁发",
                "the permit is revoked; nothing more becomes of it, issue another",
            ));
        }
        if permit.life.len() >= MAX_PERMIT_STEPS {
            objections.push(Objection::new(
                "permit-steps-spent",
                "/data/permit",
                format!("一份许可证最多有 {MAX_PERMIT_STEPS} 次变更；请重新颁发"),
                format!("a permit has at most {MAX_PERMIT_STEPS} steps; issue another"),
            ));
        }
        Some(permit)
    }

    /// Where a permit is good: at its site, else where its holder is registered.
    fn permitted_in(&self, party: &Uscc, site: Option<SiteId>) -> Option<Division> {
        let site = site.and_then(|site| self.registry.site(&site)).map(|site| site.division);
        site.or_else(|| self.registry.party(party).map(|party| party.division))
    }

    /// The objection to an authority that registers a party of another division, or an authority beside its own division.
    pub(super) fn not_theirs_to_register(
        &self,
        authority: Uscc,
        s: &Party,
        pointer: &str,
    ) -> Option<Objection> {
        let record = self.registry.party(&authority)?;
        let keeps_the_ledger = record.is_founder() && !s.kinds.contains(&PartyKind::Authority);
        if keeps_the_ledger { None } else { beyond(record.division, s.division, pointer) }
    }

    /// The objection to an authority that keeps records of what lies outside its division. The founding authority keeps them of
    /// whoever comes from elsewhere: no other authority of this ledger could.
    pub(super) fn beyond_registry(
        &self,
        candidate: &Candidate,
        division: Option<Division>,
        pointer: &str,
    ) -> Option<Objection> {
        let founds = self.registry.party(&candidate.event.party).is_some_and(PartyRecord::is_founder);
        if founds { None } else { self.outside(candidate, division, pointer) }
    }

    /// The objection to an authority that acts outside the division it supervises; what lies nowhere known is for every one.
    pub(super) fn outside(
        &self,
        candidate: &Candidate,
        division: Option<Division>,
        pointer: &str,
    ) -> Option<Objection> {
        let own = self.registry.party(&candidate.event.party)?.division;
        beyond(own, division?, pointer)
    }

    /// The objection to a registration from or to a site after its last day.
    pub(super) fn closed(&self, candidate: &Candidate, site: &SiteId, pointer: &str) -> Option<Objection> {
        let closed_on = self.registry.site(site)?.closed_on?;
        let today = self.rulebook.profile.local_date(candidate.recorded_at.as_millis());
        (closed_on < today).then(|| {
            Objection::new(
                "site-closed",
                pointer,
                format!("场所已于 {closed_on} 关闭"),
                format!("the site was closed on {closed_on}"),
            )
        })
    }

    /// The objection to a party that the ledger does not know.
    pub(super) fn known_party(&self, party: &Uscc, pointer: &str, objections: &mut Vec<Objection>) {
        if self.registry.party(party).is_none() {
            objections.push(Objection::new(
                "party-unknown",
                pointer,
                format!("单位 {party} 未登记"),
                format!("party {party} is not registered"),
            ));
        }
    }
}

/// The objection to what lies outside the division that an authority supervises.
fn beyond(own: Division, division: Division, pointer: &str) -> Option<Objection> {
    (!division.is_within(own)).then(|| {
        Objection::new(
            "not-your-division",
            pointer,
            format!("所在地 {division} 不在本部门的辖区 {own} 之内"),
            format!("it lies in {division}, outside the division {own} that the authority supervises"),
        )
    })
}

pub(super) fn unknown_site(pointer: &str) -> Objection {
    Objection::new("site-unknown", pointer, "没有登记这个场所", "no site of this id is registered")
}

pub(super) fn not_yours(pointer: &str) -> Objection {
    Objection::new(
        "not-your-own",
        pointer,
        "不属于本单位，也不由主管部门声明",
        "it belongs to another party; only that party or its authority may state this",
    )
}

fn for_the_authority(pointer: &str) -> Objection {
    Objection::new("authority-only", pointer, "这一项只能由主管部门变更", "only an authority may change this")
}
