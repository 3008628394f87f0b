//! Folding papers: one is made, amended or ended. Whose it is and where is decided once, when it is recorded.

use super::{Books, Change};
use crate::catalogue::Uscc;
use crate::custody::Event;
use crate::custody::application::{Stage, StageStep};
use crate::custody::event::Recorded;
use crate::custody::kind::Statement;
use crate::custody::lot::Holding;
use crate::custody::paper::{Belongs, Paper, PaperEnd, PaperId, Written};
use crate::custody::papers::Papers;
use crate::custody::payload::oversight::HoldOn;
use crate::id::{LotId, ManifestId, SiteId};

impl Books {
    /// A paper at hand.
    pub fn paper(&self, id: &PaperId) -> Option<&Paper> {
        self.papers.get(id)
    }

    /// The papers at hand, as rules look at them.
    pub(in crate::custody) fn papers_at_hand(&self) -> &Papers {
        &self.papers
    }

    /// The papers at hand, in no order.
    pub fn papers(&self) -> impl Iterator<Item = &Paper> {
        self.papers.values()
    }

    /// What an event makes of a paper. A second making of the same is refused at the door and changes nothing here.
    pub(super) fn fold_paper(&self, recorded: &Recorded) -> Option<Change> {
        let id = PaperId::of(&recorded.event.statement)?;
        let known = self.paper(&id);
        let changed = match &recorded.event.statement {
            Statement::PlanAmended(s) => known?.amended(s, recorded.index, recorded.recorded_at),
            Statement::ApprovalAdvanced(s) => {
                let (number, reason) = (s.number.as_deref(), s.reason.as_deref());
                advanced(known?, recorded, s.stage.into(), (number, reason))
            }
            Statement::ApprovalRevoked(s) => ended(known?, recorded, &s.reason),
            Statement::HoldLifted(s) => ended(known?, recorded, &s.reason),
            made if known.is_none() => Paper {
                id,
                belongs: self.belongs(&recorded.event),
                index: recorded.index,
                recorded_at: recorded.recorded_at,
                by: recorded.event.party,
                written: written(made)?,
                amended_index: None,
                steps: Vec::new(),
                dropped: Vec::new(),
                end: None,
            },
            _ => return None,
        };
        Some(Change::Paper(Box::new(changed)))
    }

    /// What an approval makes of the application that it decides, besides being a paper itself.
    pub(super) fn decide_application(&self, recorded: &Recorded) -> Option<Change> {
        let Statement::ApprovalGranted(s) = &recorded.event.statement else { return None };
        let known = self.paper(&PaperId::decided_by(&recorded.event.statement)?)?;
        let decided = advanced(known, recorded, Stage::Granted, (Some(&*s.number), None));
        Some(Change::Paper(Box::new(decided)))
    }

    /// Whose a new paper is, and where.
    pub(in crate::custody) fn belongs(&self, event: &Event) -> Belongs {
        match &event.statement {
            Statement::VehicleLicensed(s) => self.of_party(s.carrier),
            Statement::PersonQualified(s) => self.of_party(s.carrier),
            Statement::PlanFiled(s) => self.of_site(s.site),
            Statement::ApprovalRequested(s) => self.of_two(event.party, s.consignee),
            Statement::ApprovalGranted(s) => self.of_two(s.consignor, s.consignee),
            Statement::ContractFiled(s) => self.of_two(event.party, s.with),
            Statement::InspectionRecorded(s) => self.of_site(s.site),
            Statement::PenaltyRecorded(s) => self.of_party(s.party),
            Statement::HoldPlaced(s) => match &s.on {
                HoldOn::Site(site) => self.of_site(*site),
                HoldOn::Lot(lot) => self.of_lot(lot),
                HoldOn::Manifest(manifest) => self.of_manifest(manifest),
                // Whose a plate is changes; every authority sees the hold.
                HoldOn::Vehicle(_) => Belongs::default(),
            },
            _ => Belongs::default(),
        }
    }

    fn of_party(&self, party: Uscc) -> Belongs {
        let division = self.registry.party(&party).map(|record| record.division);
        Belongs { party: Some(party), division, ..Belongs::default() }
    }

    /// A paper between two: its division is that of the first side the ledger knows.
    fn of_two(&self, party: Uscc, other: Uscc) -> Belongs {
        let one = self.of_party(party);
        let division = one.division.or_else(|| self.of_party(other).division);
        Belongs { other: Some(other), division, ..one }
    }

    fn of_site(&self, site: SiteId) -> Belongs {
        let Some(record) = self.registry.site(&site) else { return Belongs::default() };
        let (party, division) = (Some(record.party), Some(record.division));
        Belongs { party, division, other: None, site: Some(site) }
    }

    /// Of the lot's holders the one that has most of it when the hold is placed.
    fn of_lot(&self, lot: &LotId) -> Belongs {
        let holdings = self.lot(lot).into_iter().flat_map(|shelf| &shelf.state.holdings);
        let most = holdings.max_by_key(|held| (held.balance_g(), held.party, held.site));
        most.map_or_else(Belongs::default, |Holding { party, site, .. }| Belongs {
            site: Some(*site),
            division: self.registry.site(site).map(|record| record.division),
            ..self.of_party(*party)
        })
    }

    fn of_manifest(&self, manifest: &ManifestId) -> Belongs {
        let registration = self.manifest(manifest).and_then(|shelf| shelf.state.registration.as_ref());
        registration.map_or_else(Belongs::default, |registration| Belongs {
            other: Some(registration.consignee.party),
            site: Some(registration.consignor.site),
            division: self.registry.site(&registration.consignor.site).map(|record| record.division),
            ..self.of_party(registration.consignor.party)
        })
    }
}

fn ended(known: &Paper, recorded: &Recorded, reason: &str) -> Paper {
    let end = PaperEnd { index: recorded.index, at: recorded.recorded_at, reason: reason.to_owned() };
    // One that ended before keeps its end.
    Paper { end: known.end.clone().or(Some(end)), ..known.clone() }
}

/// An application one stage further, and at its end where nothing follows. What was decided stays so.
fn advanced(
    known: &Paper,
    recorded: &Recorded,
    stage: Stage,
    (number, reason): (Option<&str>, Option<&str>),
) -> Paper {
    if known.end.is_some() {
        return known.clone();
    }
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let (index, at) = (recorded.index, recorded.recorded_at);
    let mut paper = known.clone();
    paper.steps.push(StageStep { stage, index, at, number: owned(number), reason: owned(reason) });
    let why = reason.or(number).unwrap_or_default().to_owned();
    paper.end = stage.is_end().then_some(PaperEnd { index, at, reason: why });
    paper
}

fn written(statement: &Statement) -> Option<Written> {
    Some(match statement {
        Statement::VehicleLicensed(s) => Written::Vehicle(s.clone()),
        Statement::PersonQualified(s) => Written::Person(s.clone()),
        Statement::PlanFiled(s) => Written::Plan(s.clone()),
        Statement::ApprovalRequested(s) => Written::Application(s.clone()),
        Statement::ApprovalGranted(s) => Written::Approval(s.clone()),
        Statement::ContractFiled(s) => Written::Contract(s.clone()),
        Statement::HoldPlaced(s) => Written::Hold(s.clone()),
        Statement::InspectionRecorded(s) => Written::Inspection(s.clone()),
        Statement::PenaltyRecorded(s) => Written::Penalty(s.clone()),
        _ => return None,
    })
}
