//! The sheet by which a site is evaluated (规范化环境管理评估): each indicator with what the ledger holds for it and against it.
//!
//! A bounded number of statements. What speaks for an indicator is named one by one, at most ten of a sort; what speaks against
//! it are the open findings that concern the firm, but for those about another of its sites and those that an officer closed.

use chrono::{Datelike, NaiveDate};
use uuid::Uuid;

use super::duty::{DutyItem, DutyState};
use super::finding::{FindingFilter, FindingItem};
use super::record::FirmRecord;
use super::stock::visible_site;
use super::{MAX_PAGE, MAX_ROUNDS};
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::custody::Subject;
use crate::custody::answer::Stage;
use crate::custody::evaluation::{Indicator, Proof, indicators};
use crate::custody::paper::{Paper, PaperKind};
use crate::custody::register::Register;
use crate::custody::shelf::Life;
use crate::id::{ManifestId, PermitId, SiteId};
use crate::ledger::EventId;
use crate::registry::{PartyKind, PartyRecord, PermitState, SiteRecord, Slot};
use crate::store::register::{StoredRow, Wanted};
use crate::store::{ReadTx, container, paper, register, registry, stock};

pub use crate::custody::evaluation::Standing;

/// Most things of one sort that are named for an indicator.
const MAX_PROOFS: usize = 10;
/// Most findings that are named against an indicator.
const MAX_AGAINST: usize = 20;

/// Something the ledger holds for an indicator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// A plan or contract.
    Paper {
        /// Which of them.
        kind: PaperKind,
        /// Its id.
        id: Uuid,
        /// The other side of it.
        with: Option<Uscc>,
        /// First and last day for which it is good.
        days: (NaiveDate, NaiveDate),
    },
    /// A permit, by the number printed on it.
    Permit(PermitId, String),
    /// A filing for a period.
    Declaration(Uuid, Slot),
    /// A row of a register: the event that wrote it, and its day.
    Row(Register, EventId, NaiveDate),
    /// A manifest.
    Manifest(ManifestId),
    /// A label on a container.
    Label(String),
    /// A facility, by its code.
    Facility(String),
}

/// One indicator of a site.
#[derive(Debug)]
pub struct Evaluated {
    /// The indicator.
    pub indicator: &'static Indicator,
    /// How it stands.
    pub standing: Standing,
    /// What speaks for it.
    pub held: Vec<Held>,
    /// What speaks against it, the gravest first.
    pub findings: Vec<FindingItem>,
}

/// The sheet of one site.
#[derive(Debug)]
pub struct Evaluation {
    /// The site.
    pub site: SiteRecord,
    /// Its party.
    pub party: PartyRecord,
    /// The day it speaks of; what is asked of a year is asked of this one's.
    pub today: NaiveDate,
    /// Every indicator that its party is asked.
    pub indicators: Vec<Evaluated>,
    /// False where more findings are open than were looked through.
    pub looked_through: bool,
}

/// What the ledger holds of a site that speaks for indicators.
struct Holdings {
    site: SiteRecord,
    today: NaiveDate,
    firm: FirmRecord,
    plans: Vec<Paper>,
    rows: Vec<(Register, StoredRow)>,
    labels: Vec<String>,
    duties: Vec<DutyItem>,
}

impl App {
    /// The sheet of a site as of today: for its party, and for the authorities over its division.
    pub async fn evaluation(&self, viewer: &Viewer, id: SiteId) -> Result<Option<Evaluation>, Fault> {
        let mut tx = self.reading().await?;
        let Some(site) = visible_site(&mut tx, viewer, id).await? else { return Ok(None) };
        let Some(party) = registry::parties(&mut tx, &[site.party]).await?.pop() else { return Ok(None) };
        let today = self.today();
        let plans = paper::plans_of(&mut tx, &[id]).await?;
        let rows = first_rows(&mut tx, &site, today).await?;
        let labels = labels_of(&mut tx, &site).await?;
        let duties = self.duties_of(&mut tx, std::slice::from_ref(&site), today).await?;
        let firm = self.record_of(tx, viewer, party.clone(), vec![site.clone()]).await?;
        let (findings, looked_through) = self.open_findings_of(viewer, &site).await?;
        let holdings = Holdings { site: site.clone(), today, firm, plans, rows, labels, duties };
        let [produces, operates] =
            [PartyKind::Producer, PartyKind::Operator].map(|kind| party.kinds.contains(&kind));
        let asked = indicators().iter().filter(|indicator| indicator.is_asked_of(produces, operates));
        let indicators = asked.map(|indicator| {
            let against = findings.iter().filter(|item| indicator.rules.contains(&&*item.row.seen.rule));
            let mut against: Vec<FindingItem> = against.cloned().collect();
            against
                .sort_by_key(|item| (std::cmp::Reverse(item.row.severity), item.row.opened_at, item.row.id));
            against.truncate(MAX_AGAINST);
            let held = holdings.of(indicator.proof);
            let standing = indicator.standing(!held.is_empty(), !against.is_empty(), looked_through);
            Evaluated { indicator, standing, held, findings: against }
        });
        Ok(Some(Evaluation { indicators: indicators.collect(), site, party, today, looked_through }))
    }

    /// Open findings that concern the firm of a site and not another of its sites, without those that an officer closed; and whether these
    /// are all.
    async fn open_findings_of(
        &self,
        viewer: &Viewer,
        site: &SiteRecord,
    ) -> Result<(Vec<FindingItem>, bool), Fault> {
        let filter =
            FindingFilter { party: Some(site.party), life: Some(Life::Open), ..FindingFilter::default() };
        let counts = |item: &FindingItem| {
            let is_elsewhere = matches!(item.row.seen.subject, Subject::Site(other) if other != site.site);
            item.row.stage != Stage::Closed && !is_elsewhere
        };
        let (mut items, mut after) = (Vec::new(), None);
        for _ in 0..MAX_ROUNDS {
            let page = self.findings(viewer, &filter, after, MAX_PAGE).await?;
            items.extend(page.items.into_iter().filter(counts));
            after = page.next;
            if after.is_none() {
                return Ok((items, true));
            }
        }
        Ok((items, false))
    }
}

impl Holdings {
    fn of(&self, proof: Proof) -> Vec<Held> {
        let mut held: Vec<Held> = match proof {
            Proof::OnSite => Vec::new(),
            Proof::Plan => self.plans.iter().filter_map(|plan| self.good(plan)).collect(),
            Proof::Contract => {
                let contracts = self.firm.papers.get(&PaperKind::Contract).into_iter().flatten();
                contracts.filter_map(|contract| self.good(contract)).collect()
            }
            Proof::Registers => self.rows_of(&Register::ALL).collect(),
            Proof::Treatment => self.rows_of(&[Register::OwnTreatment]).collect(),
            Proof::Manifests => {
                let manifests = self.rows.iter().filter_map(|(_, row)| row.manifest);
                let unique: std::collections::BTreeSet<ManifestId> = manifests.collect();
                unique.into_iter().map(Held::Manifest).collect()
            }
            Proof::Declarations => self.declarations(),
            Proof::Permit => self.permits().collect(),
            Proof::Labels => self.labels.iter().cloned().map(Held::Label).collect(),
            Proof::Facilities => {
                let stores =
                    self.site.facilities.iter().filter(|one| one.capacity_g.is_some() || one.is_point);
                stores.map(|facility| Held::Facility(facility.code.to_string())).collect()
            }
        };
        held.truncate(MAX_PROOFS);
        held
    }

    /// A paper that is good today and that nobody ended.
    fn good(&self, paper: &Paper) -> Option<Held> {
        let (from, to) = paper.days().filter(|_| paper.end.is_none())?;
        let is_good = (from..=to).contains(&self.today);
        let with = [paper.belongs.party, paper.belongs.other]
            .into_iter()
            .flatten()
            .find(|side| *side != self.site.party);
        is_good.then_some(Held::Paper { kind: paper.id.kind, id: paper.id.id, with, days: (from, to) })
    }

    /// The first row of the year in each of these registers.
    fn rows_of<'a>(&'a self, registers: &'a [Register]) -> impl Iterator<Item = Held> + 'a {
        let first = |of: &Register| self.rows.iter().find(|(register, _)| register == of);
        let rows = registers.iter().filter_map(first);
        rows.map(|(register, row)| Held::Row(*register, row.event, row.day))
    }

    fn permits(&self) -> impl Iterator<Item = Held> + '_ {
        let here =
            self.firm.permits.iter().filter(|line| line.permit.site.is_none_or(|at| at == self.site.site));
        let good = here.filter(|line| line.state == PermitState::Good);
        good.map(|line| Held::Permit(line.permit.permit, line.permit.number.clone()))
    }

    /// The filings, where none is missing or was sent back of all that was due.
    fn declarations(&self) -> Vec<Held> {
        let is_missing = |item: &&DutyItem| {
            let is_due = item.duty.due_on < self.today;
            matches!(item.state, DutyState::Overdue | DutyState::Returned)
                || item.state == DutyState::Due && is_due
        };
        if self.duties.iter().any(|item| is_missing(&item)) {
            return Vec::new();
        }
        let filed = self.duties.iter().rev().filter_map(|item| Some((item.filing.as_ref()?, item.duty.slot)));
        filed.map(|(filing, slot)| Held::Declaration(filing.filed.declaration.as_uuid(), slot)).collect()
    }
}

/// The first rows of the year in each register of a site.
async fn first_rows(
    tx: &mut ReadTx,
    site: &SiteRecord,
    today: NaiveDate,
) -> Result<Vec<(Register, StoredRow)>, Fault> {
    let first = NaiveDate::from_ymd_opt(today.year(), 1, 1).unwrap_or(today);
    let days = (i64::from(first.to_epoch_days()), i64::from(today.to_epoch_days()));
    let mut rows = Vec::new();
    for register in Register::ALL {
        let wanted = Wanted { place: (site.party, site.site), register, days, figure: None };
        let few = register::rows(tx, &wanted, None, MAX_PROOFS as u64).await?;
        rows.extend(few.into_iter().map(|row| (register, row)));
    }
    Ok(rows)
}

/// Labels on containers of some lots that are at a site.
async fn labels_of(tx: &mut ReadTx, site: &SiteRecord) -> Result<Vec<String>, Fault> {
    let lots = stock::on_hand(tx, (site.party, site.site), None, MAX_PROOFS as u64).await?;
    let mut labels = Vec::new();
    for lot in lots {
        let containers = container::of_lot(tx, lot.lot, MAX_PROOFS as u64).await?;
        labels.extend(containers.into_iter().filter_map(|one| one.label));
    }
    Ok(labels)
}
