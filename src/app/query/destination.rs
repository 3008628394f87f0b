//! Where waste of a site can go and who can carry it: what a consignor looks at before it registers a manifest.
//!
//! Of other firms this tells what their authorities publish, permits and transport licences, and nothing of what they did.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate};

use super::manifest::names_of;
use super::manifests::{ManifestFilter, PartyRole};
use super::stock::visible_site;
use crate::app::access::{PartyName, Viewer};
use crate::app::{App, Fault};
use crate::catalogue::{Division, Profile, TreatmentCode, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::paper::{Paper, PaperKind, Written};
use crate::custody::papers::Papers;
use crate::custody::rules::{Covered, Departure};
use crate::id::{ApprovalId, ContractId, PlanId, SiteId};
use crate::registry::permit::answer;
use crate::registry::standing::{ApprovalGranted, ContractFiled, PermitItem};
use crate::registry::{Asked, PermitAnswer, PermitRecord, PermitState, Registry, SiteRecord};
use crate::store::{ReadTx, carrier, paper, registry};

/// Most parties that are named as receivers.
pub const MAX_RECEIVERS: usize = 60;
/// Most parties that are named as carriers.
pub const MAX_CARRIERS: u64 = 200;
/// Most permits that are looked through for receivers.
const MAX_PERMITS: u64 = 1_000;
/// Most papers of a kind between the consignor and others that are looked at.
const MAX_PAPERS: u64 = 500;
/// Most sites of one receiver that are named.
const MAX_SITES: u64 = 20;
/// Of so many of its last manifests the carriers are named first.
const LAST_MANIFESTS: u64 = 30;

/// Where waste of a site can go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destinations {
    /// The plan of the site for this year.
    pub plan: Option<PlanId>,
    /// Sites of others that may take it, those under contract first.
    pub receivers: Vec<Receiver>,
}

/// A site that waste can go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiver {
    /// Whose it is.
    pub party: PartyName,
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub site_name: String,
    /// Where it lies.
    pub division: Division,
    /// Permits that are good for the site, and how they stand today.
    pub permits: Vec<PermitShown>,
    /// A contract with it that covers some of the waste, and its last day.
    pub contract: Option<(ContractId, NaiveDate)>,
    /// An approval for going there that is good today.
    pub approval: Option<ApprovalId>,
    /// What is to be known of each waste, in the order they were asked for.
    pub lines: Vec<ReceiverLine>,
}

impl Receiver {
    /// The rules that sending all of it there today would break, each once.
    pub fn against(&self) -> BTreeSet<&'static str> {
        self.lines.iter().flat_map(|line| line.against.iter().copied()).collect()
    }
}

/// A permit as it is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermitShown {
    /// The number printed on it.
    pub number: String,
    /// How it stands today.
    pub state: PermitState,
    /// The last day of its terms.
    pub valid_to: Option<NaiveDate>,
}

/// One waste at one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiverLine {
    /// The waste.
    pub code: WasteCode,
    /// Treatments that its permits allow; where none allows any, those that they name for it all the same.
    pub methods: Vec<TreatmentCode>,
    /// What they allow in a year of whatever is covered along with it, in grams.
    pub yearly_g: i64,
    /// Rules that sending it there today would break, as far as papers tell.
    pub against: Vec<&'static str>,
}

/// A party that can carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarrierChoice {
    /// Who it is.
    pub party: PartyName,
    /// Vehicles of it that hold a licence which is not over.
    pub vehicles: u64,
    /// The last day of the licence that holds longest.
    pub licensed_until: Option<NaiveDate>,
    /// True when it carried for the viewer's party lately.
    pub is_known: bool,
}

/// What receivers are judged by.
struct Ground<'a> {
    profile: &'a Profile,
    at: Timestamp,
    today: NaiveDate,
    origin: &'a SiteRecord,
    codes: &'a [WasteCode],
    papers: Papers,
}

impl App {
    /// Where these wastes of a site of the viewer's party can go today; `also` is named whatever papers it has.
    pub async fn destinations(
        &self,
        viewer: &Viewer,
        site: SiteId,
        codes: &[WasteCode],
        also: Option<Uscc>,
    ) -> Result<Option<Destinations>, Fault> {
        let mut tx = self.reading().await?;
        let origin = visible_site(&mut tx, viewer, site).await?;
        let Some(origin) = origin.filter(|site| viewer.party() == Some(site.party)) else { return Ok(None) };
        let mut papers = Papers::default();
        for kind in [PaperKind::Contract, PaperKind::Approval] {
            let newest = paper::newest(&mut tx, kind, origin.party, MAX_PAPERS).await?;
            newest.into_iter().for_each(|paper| papers.put(paper));
        }
        let plans = paper::plans_of(&mut tx, &[site]).await?;
        plans.into_iter().for_each(|paper| papers.put(paper));
        let (profile, at) = (self.rulebook().profile, self.inner.clock.now());
        let ground = Ground { profile, at, today: self.today(), origin: &origin, codes, papers };
        let mut receivers = Vec::new();
        let candidates = ground.candidates(&mut tx, also).await?;
        let permits = registry::permits(&mut tx, &candidates).await?;
        for name in in_order(&candidates, names_of(&mut tx, candidates.iter().copied()).await?) {
            let its_own: Vec<_> =
                permits.iter().filter(|permit| permit.party == name.party).cloned().collect();
            let sites = registry::sites_after(&mut tx, Some(name.party), -1, MAX_SITES).await?;
            receivers.extend(sites.iter().filter_map(|site| ground.receiver(&name, site, &its_own)));
        }
        receivers.sort_by_key(|it| (it.contract.is_none(), it.against().len()));
        Ok(Some(Destinations { plan: ground.plan(), receivers }))
    }

    /// Who can carry for the viewer's party: those that did lately, then others that are registered as carriers.
    pub async fn carriers(&self, viewer: &Viewer) -> Result<Vec<CarrierChoice>, Fault> {
        let Some(party) = viewer.party().filter(|party| viewer.may_see_records_of(*party)) else {
            return Ok(Vec::new());
        };
        let mut tx = self.reading().await?;
        let own = ManifestFilter { role: Some(PartyRole::Consignor), ..ManifestFilter::default() };
        let last = self.searched(&mut tx, viewer, &own, None, LAST_MANIFESTS).await?.items;
        let registered = last.iter().filter_map(|seen| seen.state.registration.as_ref());
        let mut known: Vec<Uscc> = Vec::new();
        for carrier in registered.flat_map(|registration| registration.carriers()) {
            if carrier != party && !known.contains(&carrier) {
                known.push(carrier);
            }
        }
        let others = carrier::registered(&mut tx, MAX_CARRIERS).await?;
        let mut named = known.clone();
        named.extend(others.iter().map(|record| record.party).filter(|party| !known.contains(party)));
        let licensed = carrier::licensed(&mut tx, &named, first_day(self.today())).await?;
        let names = names_of(&mut tx, named.iter().copied()).await?;
        let choice = |party: PartyName| {
            let licence = licensed.get(&party.party);
            CarrierChoice {
                vehicles: licence.map_or(0, |(vehicles, _)| *vehicles),
                licensed_until: licence.and_then(|(_, last)| day_of(*last)),
                is_known: known.contains(&party.party),
                party,
            }
        };
        Ok(in_order(&named, names).map(choice).collect())
    }
}

impl Ground<'_> {
    /// Who has a permit for some of the waste, or a contract about it: partners first, then those nearby.
    async fn candidates(&self, tx: &mut ReadTx, also: Option<Uscc>) -> Result<Vec<Uscc>, Fault> {
        let covers = |item: &PermitItem| self.codes.iter().any(|code| covers_code(item, code));
        let permits = registry::permits_after(tx, -1, MAX_PERMITS).await?;
        let holders = permits.iter().filter(|permit| self.items(permit).iter().any(covers));
        let holders: BTreeSet<Uscc> = holders.map(|permit| permit.party).collect();
        let partners = self.contracts().filter_map(|(paper, _)| self.partner(paper));
        let partners: BTreeSet<Uscc> = partners.chain(also).collect();
        let parties: Vec<Uscc> = holders.union(&partners).copied().collect();
        let records = registry::parties(tx, &parties).await?;
        let mut nearest: Vec<_> = records
            .iter()
            .map(|record| {
                let here = self.origin.division;
                let is_far =
                    [record.division.city() != here.city(), record.division.province() != here.province()];
                (!partners.contains(&record.party), is_far[1], is_far[0], record.party)
            })
            .collect();
        nearest.sort_unstable();
        nearest.truncate(MAX_RECEIVERS);
        Ok(nearest.into_iter().map(|(.., party)| party).collect())
    }

    /// What a permit allows by its terms of today, though they may be over.
    fn items<'p>(&self, permit: &'p PermitRecord) -> &'p [PermitItem] {
        permit.terms_on(self.today).map(|terms| terms.items.as_slice()).unwrap_or_default()
    }

    /// The contracts that cover some of the waste, with what they say.
    fn contracts(&self) -> impl Iterator<Item = (&Paper, &ContractFiled)> {
        self.papers.values().filter_map(|paper| {
            let Written::Contract(contract) = &paper.written else { return None };
            let is_about = |code| contract.codes.iter().any(|pattern| pattern.covers(code));
            self.codes.iter().any(is_about).then_some((paper, contract))
        })
    }

    /// The other side of a paper.
    fn partner(&self, paper: &Paper) -> Option<Uscc> {
        let sides = [paper.belongs.party, paper.belongs.other];
        sides.into_iter().flatten().find(|side| *side != self.origin.party)
    }

    /// The plan of the site for this year.
    fn plan(&self) -> Option<PlanId> {
        self.papers.values().find_map(|paper| match &paper.written {
            Written::Plan(plan) if i32::from(plan.year) == self.today.year() => Some(plan.plan),
            _ => None,
        })
    }

    /// A site of a candidate, unless it is closed, the very site, or one that its permits are not for.
    fn receiver(&self, party: &PartyName, site: &SiteRecord, permits: &[PermitRecord]) -> Option<Receiver> {
        let here: Vec<&PermitRecord> =
            permits.iter().filter(|permit| permit.site.is_none_or(|granted| granted == site.site)).collect();
        let is_left_out = here.is_empty() && !permits.is_empty();
        if site.closed_on.is_some() || site.site == self.origin.site || is_left_out {
            return None;
        }
        let mut registry = Registry::default();
        registry.put_site(self.origin.clone());
        registry.put_site(site.clone());
        let shown = |permit: &&PermitRecord| PermitShown {
            number: permit.number.clone(),
            state: permit.state_on(self.today),
            valid_to: permit.terms_on(self.today).map(|terms| terms.valid_to),
        };
        Some(Receiver {
            party: party.clone(),
            site: site.site,
            site_name: site.name.clone(),
            division: site.division,
            permits: here.iter().map(shown).collect(),
            contract: self.contract_with(party.party),
            approval: self.approval_for(party.party),
            lines: self.codes.iter().map(|code| self.line(*code, site, permits, &here, &registry)).collect(),
        })
    }

    fn line(
        &self,
        code: WasteCode,
        site: &SiteRecord,
        permits: &[PermitRecord],
        here: &[&PermitRecord],
        registry: &Registry,
    ) -> ReceiverLine {
        let items = here.iter().flat_map(|permit| self.items(permit));
        let items: Vec<&PermitItem> = items.filter(|item| covers_code(item, &code)).collect();
        let named: BTreeSet<TreatmentCode> =
            items.iter().flat_map(|item| item.methods.iter().copied()).collect();
        let answer_for = |method| {
            answer(permits, &Asked { site: site.site, on: self.today, at: self.at, code: &code, method })
        };
        let allowed: Vec<_> =
            named.iter().copied().filter(|method| answer_for(*method) == PermitAnswer::Allowed).collect();
        let by_permit = match named.first().map(|method| answer_for(*method)) {
            _ if !allowed.is_empty() => None,
            Some(PermitAnswer::Suspended) => Some("permit-suspended"),
            Some(PermitAnswer::Expired) => Some("permit-expired"),
            Some(_) => Some("permit-scope"),
            None if here.is_empty() => Some("permit-missing"),
            None => Some("permit-scope"),
        };
        let methods = if allowed.is_empty() { named.into_iter().collect() } else { allowed };
        let departure = Departure {
            consignor: self.origin.party,
            site: self.origin.site,
            consignee: site.party,
            destination: site.site,
            at: self.at,
            code,
            treatment: methods.first().copied(),
        };
        let against = by_permit.into_iter().chain(self.by_papers(&departure, registry)).collect();
        let yearly_g = items.iter().map(|item| item.yearly_g.get()).fold(0, i64::wrapping_add);
        ReceiverLine { code, methods, yearly_g, against }
    }

    fn by_papers(&self, departure: &Departure, registry: &Registry) -> impl Iterator<Item = &'static str> {
        let is_planned = departure.is_planned(&self.papers, registry, self.profile);
        let contract = match departure.is_contracted(&self.papers, self.profile) {
            Covered::No => Some("contract-missing"),
            Covered::OtherDays => Some("contract-expired"),
            Covered::Yes | Covered::OtherTreatment => None,
        };
        let approval = match departure.is_approved(&self.papers, registry, self.profile) {
            Covered::Yes => None,
            Covered::No => Some("approval-missing"),
            Covered::OtherDays => Some("approval-expired"),
            Covered::OtherTreatment => Some("approval-exceeded"),
        };
        let plan = (!is_planned).then_some("plan-missing");
        plan.into_iter().chain(contract).chain(approval)
    }

    /// The contract with a party that ends last.
    fn contract_with(&self, party: Uscc) -> Option<(ContractId, NaiveDate)> {
        let of_party = self.contracts().filter(|(paper, _)| self.partner(paper) == Some(party));
        of_party.map(|(_, contract)| (contract.contract, contract.valid_to)).max_by_key(|(_, to)| *to)
    }

    fn approval_for(&self, party: Uscc) -> Option<ApprovalId> {
        let fits = |approval: &&ApprovalGranted| {
            let is_theirs = (approval.consignor, approval.consignee) == (self.origin.party, party);
            let is_about = approval.lines.iter().any(|line| self.codes.contains(&line.code));
            is_theirs && is_about && (approval.valid_from..=approval.valid_to).contains(&self.today)
        };
        let approvals = self.papers.values().filter(|paper| paper.end.is_none());
        let approvals = approvals.filter_map(|paper| match &paper.written {
            Written::Approval(approval) => Some(approval),
            _ => None,
        });
        approvals.into_iter().find(fits).map(|approval| approval.approval)
    }
}

fn covers_code(item: &PermitItem, code: &WasteCode) -> bool {
    item.codes.iter().any(|pattern| pattern.covers(code))
}

/// Names in the order of codes; who has none is left out.
fn in_order(codes: &[Uscc], names: Vec<PartyName>) -> impl Iterator<Item = PartyName> {
    let mut names: BTreeMap<Uscc, PartyName> = names.into_iter().map(|name| (name.party, name)).collect();
    codes.iter().filter_map(move |code| names.remove(code)).collect::<Vec<_>>().into_iter()
}

/// A day as the store counts them.
fn first_day(day: NaiveDate) -> i64 {
    i64::from(day.to_epoch_days())
}

fn day_of(days: i64) -> Option<NaiveDate> {
    NaiveDate::from_epoch_days(i32::try_from(days).ok()?)
}
