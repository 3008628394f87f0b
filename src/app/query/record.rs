//! The one-page record of a firm (一企一档): everything the ledger can say of one party today.
//!
//! A bounded number of statements, whatever the firm did: of each kind of paper the newest, of sums those of whole years.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, NaiveDate, TimeDelta};

use super::incident::{Incident, MAX_INCIDENTS};
use super::paper::{Paper, PaperKind};
use super::registry::{PartyRecord, PermitRecord, SiteRecord};
use super::shipped::{self, Shipped};
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::catalogue::{CodePattern, Severity, UnitClass, Uscc, WasteCode};
use crate::custody::paper::Written;
use crate::custody::stock::StockCode;
use crate::id::SiteId;
use crate::registry::PermitState;
use crate::store::stock::YearTotal;
use crate::store::{ReadTx, finding, paper, registry, stock};

/// Most papers of one kind, and most sites, that a record shows.
pub const MAX_RECORD_ROWS: u64 = 50;
/// What expires within so many days is named.
pub const EXPIRING_DAYS: i64 = 90;

/// The record of one firm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirmRecord {
    /// Who it is.
    pub party: PartyRecord,
    /// The day it speaks of.
    pub today: NaiveDate,
    /// Its sites, the first ones registered.
    pub sites: Vec<SiteLine>,
    /// Its permits.
    pub permits: Vec<PermitLine>,
    /// Intake of the year by code, over all its sites, in grams: what came off the road.
    pub intake: BTreeMap<WasteCode, i64>,
    /// What its sites planned for the year, and what became of it.
    pub plan: Vec<PlanUse>,
    /// What is there now by code, over all its sites, in grams.
    pub stock: BTreeMap<StockCode, i64>,
    /// Open findings that concern it, by severity.
    pub findings: BTreeMap<Severity, u64>,
    /// Its papers by kind, the newest first, but for plans.
    pub papers: BTreeMap<PaperKind, Vec<Paper>>,
    /// What was shipped under its approvals and contracts that are good this year.
    pub shipped: Vec<Shipped>,
    /// The last incidents on its manifests that the viewer may see.
    pub incidents: Vec<Incident>,
    /// What ends within [`EXPIRING_DAYS`], the next first.
    pub expiring: Vec<Expiring>,
}

/// A site of the firm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteLine {
    /// The site.
    pub site: SiteRecord,
    /// Its management class this year, if somebody said it.
    pub class: Option<UnitClass>,
}

/// A permit of the firm today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermitLine {
    /// The permit.
    pub permit: PermitRecord,
    /// How it stands.
    pub state: PermitState,
    /// The items that count today, with what came in of them.
    pub items: Vec<ItemUse>,
}

/// What came in this year of what one item of a permit covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemUse {
    /// Codes and categories it covers.
    pub codes: Vec<CodePattern>,
    /// What it allows in a calendar year, in grams.
    pub yearly_g: i64,
    /// What came in this year of the codes it covers, in grams. Intake does not say by which method it will be treated: a code that
    /// several items cover counts in each of them.
    pub intake_g: i64,
    /// True when some of that counts in another item as well.
    pub is_shared: bool,
}

/// One row of a plan, beside what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanUse {
    /// The site.
    pub site: SiteId,
    /// The waste.
    pub code: WasteCode,
    /// Planned for the year, in grams; 0 for a waste that no plan names.
    pub planned_g: i64,
    /// Generated there this year, in grams.
    pub generated_g: i64,
    /// Loaded there this year, in grams.
    pub sent_g: i64,
}

/// Something that ends soon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expiring {
    /// Its last day.
    pub on: NaiveDate,
    /// What it is.
    pub what: ExpiringWhat,
}

/// What ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpiringWhat {
    /// A permit, by the number printed on it.
    Permit(String),
    /// A paper.
    Paper(Box<Paper>),
}

impl App {
    /// The record of a party: for itself, and for the authorities over it or one of its sites.
    pub async fn firm(&self, viewer: &Viewer, code: Uscc) -> Result<Option<FirmRecord>, Fault> {
        let mut tx = self.reading().await?;
        let Some(party) = registry::parties(&mut tx, &[code]).await?.pop() else { return Ok(None) };
        let sites = registry::sites_after(&mut tx, Some(code), -1, MAX_RECORD_ROWS).await?;
        let divisions: Vec<_> =
            std::iter::once(party.division).chain(sites.iter().map(|site| site.division)).collect();
        if viewer.party() != Some(code) && !viewer.supervises(&divisions) {
            return Ok(None);
        }
        self.record_of(tx, viewer, party, sites).await.map(Some)
    }

    /// What there is to say of a party with these sites, to whoever may know it.
    pub(super) async fn record_of(
        &self,
        mut tx: ReadTx,
        viewer: &Viewer,
        party: PartyRecord,
        sites: Vec<SiteRecord>,
    ) -> Result<FirmRecord, Fault> {
        let (code, today) = (party.party, self.today());
        let permits = registry::permits(&mut tx, &[code]).await?;
        let totals = stock::year_totals(&mut tx, code).await?;
        let this_year = NaiveDate::from_ymd_opt(today.year(), 1, 1).map(|day| i64::from(day.to_epoch_days()));
        let of_year: Vec<&YearTotal> = totals.iter().filter(|total| Some(total.start) == this_year).collect();
        let ids: Vec<SiteId> = sites.iter().map(|site| site.site).collect();
        let plans = paper::plans_of(&mut tx, &ids).await?;
        let mut papers = BTreeMap::new();
        for kind in PaperKind::ALL.into_iter().filter(|kind| *kind != PaperKind::Plan) {
            let newest = paper::newest(&mut tx, kind, code, MAX_RECORD_ROWS).await?;
            papers.insert(kind, newest);
        }
        let agreed = [PaperKind::Approval, PaperKind::Contract].iter().filter_map(|kind| papers.get(kind));
        let agreed: Vec<&Paper> = agreed.flatten().filter(|paper| is_of_year(paper, today.year())).collect();
        let shipped = shipped::under(&mut tx, &agreed).await?;
        let until = today + TimeDelta::days(EXPIRING_DAYS);
        let days = (i64::from(today.to_epoch_days()), i64::from(until.to_epoch_days()));
        let ending = paper::expiring(&mut tx, code, days, MAX_RECORD_ROWS).await?;
        let open_findings = finding::open_of_party(&mut tx, code).await?;
        drop(tx);
        let incidents = self.incidents(viewer, Some(code), None, MAX_INCIDENTS).await?.items;
        Ok(FirmRecord {
            sites: sites
                .into_iter()
                .map(|site| SiteLine { class: site.class_in(today.year()), site })
                .collect(),
            permits: permits.iter().map(|permit| permit_line(permit, today, &of_year)).collect(),
            intake: intake(&of_year, None),
            plan: plan_use(&plans, today.year(), &of_year),
            stock: on_hand(&totals),
            findings: open_findings,
            papers,
            shipped,
            incidents,
            expiring: expiring(&permits, ending, (today, until)),
            party,
            today,
        })
    }
}

/// What came off the road by code, at one site or at all.
fn intake(totals: &[&YearTotal], site: Option<SiteId>) -> BTreeMap<WasteCode, i64> {
    let mut intake = BTreeMap::new();
    let here = |total: &&&YearTotal| site.is_none_or(|site| total.site == site);
    for total in totals.iter().filter(here).filter(|total| total.total.against == "transit") {
        if let StockCode::Waste(code) = total.total.code
            && total.total.in_g != 0
        {
            add(intake.entry(code).or_default(), total.total.in_g);
        }
    }
    intake
}

/// True for a paper that is good on some day of a year.
fn is_of_year(paper: &Paper, year: i32) -> bool {
    paper.days().is_some_and(|(from, to)| from.year() <= year && to.year() >= year)
}

fn add(sum: &mut i64, mass_g: i64) {
    *sum = sum.wrapping_add(mass_g);
}

fn permit_line(permit: &PermitRecord, today: NaiveDate, totals: &[&YearTotal]) -> PermitLine {
    let intake = intake(totals, permit.site);
    let items = permit.terms_on(today).map(|terms| terms.items.as_slice()).unwrap_or_default();
    let covered = |code: &WasteCode| {
        items.iter().filter(|item| item.codes.iter().any(|pattern| pattern.covers(code))).count()
    };
    let items = items.iter().map(|item| {
        let of_item = intake.iter().filter(|(code, _)| item.codes.iter().any(|pattern| pattern.covers(code)));
        let of_item: Vec<(&WasteCode, &i64)> = of_item.collect();
        ItemUse {
            codes: item.codes.to_vec(),
            yearly_g: item.yearly_g.get(),
            intake_g: of_item.iter().map(|(_, mass_g)| **mass_g).fold(0, i64::wrapping_add),
            is_shared: of_item.iter().any(|(code, _)| covered(code) > 1),
        }
    });
    PermitLine { permit: permit.clone(), state: permit.state_on(today), items: items.collect() }
}

/// The rows of the year's plans, and after them what was generated without one.
fn plan_use(plans: &[Paper], year: i32, totals: &[&YearTotal]) -> Vec<PlanUse> {
    let mut rows: BTreeMap<(SiteId, WasteCode), PlanUse> = BTreeMap::new();
    let none = |site, code| PlanUse { site, code, planned_g: 0, generated_g: 0, sent_g: 0 };
    for paper in plans {
        if let Written::Plan(plan) = &paper.written
            && i32::from(plan.year) == year
        {
            for line in plan.lines.iter() {
                let row = rows.entry((plan.site, line.code)).or_insert_with(|| none(plan.site, line.code));
                row.planned_g = line.yearly_g.get();
            }
        }
    }
    let planned: BTreeSet<(SiteId, WasteCode)> = rows.keys().copied().collect();
    for total in totals {
        let StockCode::Waste(code) = total.total.code else { continue };
        let arose_g = total.total.in_g.wrapping_sub(total.total.out_g);
        let key = (total.site, code);
        match &*total.total.against {
            "generated" if arose_g != 0 => {
                add(&mut rows.entry(key).or_insert_with(|| none(total.site, code)).generated_g, arose_g);
            }
            "transit" if planned.contains(&key) => {
                add(&mut rows.entry(key).or_insert_with(|| none(total.site, code)).sent_g, total.total.out_g);
            }
            _ => {}
        }
    }
    rows.into_values().collect()
}

fn on_hand(totals: &[YearTotal]) -> BTreeMap<StockCode, i64> {
    let mut stock = BTreeMap::new();
    for YearTotal { total, .. } in totals {
        add(stock.entry(total.code).or_default(), total.in_g.wrapping_sub(total.out_g));
    }
    stock.retain(|_, mass_g| *mass_g != 0);
    stock
}

/// What ends between two days, the next first.
pub(super) fn expiring(
    permits: &[PermitRecord],
    papers: Vec<Paper>,
    (today, until): (NaiveDate, NaiveDate),
) -> Vec<Expiring> {
    let ends = |permit: &PermitRecord| {
        let to = permit.terms_on(today)?.valid_to;
        let is_soon = (today..=until).contains(&to) && permit.state_on(today) != PermitState::Revoked;
        // Terms that begin before these end continue it.
        let goes_on = permit.terms_on(to + TimeDelta::days(1)).is_some_and(|next| next.valid_to > to);
        let what = ExpiringWhat::Permit(permit.number.clone());
        (is_soon && !goes_on).then_some(Expiring { on: to, what })
    };
    let of_papers = papers.into_iter().filter_map(|paper| {
        let (_, on) = paper.days()?;
        Some(Expiring { on, what: ExpiringWhat::Paper(Box::new(paper)) })
    });
    let mut all: Vec<Expiring> = permits.iter().filter_map(ends).chain(of_papers).collect();
    all.sort_by_key(|expiring| expiring.on);
    all
}
