//! Comparing a list of another system with the numbers bound here: what both have, what only one has, where the masses differ.
//!
//! Nothing of a list is kept. A party compares its own manifests, an authority those of its division; a number bound to a manifest that
//! the viewer may not see is one that is not here.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;

use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::catalogue::{Uscc, WasteCode};
use crate::custody::manifest::ManifestState;
use crate::exchange::number_list::{self, ListedNumber, NumberList, SheetFault};
use crate::id::ManifestId;
use crate::store::{ReadTx, external_number};

/// Most manifests of a period that are compared at once.
pub const MAX_COMPARED: usize = 20_000;
/// Manifests whose states are at hand at one time.
const AT_HAND: usize = 500;

/// What is compared: a system of numbers and local days, both included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// Numbering system of the profile; where none is named, its first.
    pub system: Option<String>,
    /// First day.
    pub from: NaiveDate,
    /// Last day.
    pub to: NaiveDate,
}

/// What is here of one number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundHere {
    /// The number.
    pub number: String,
    /// The manifest it is bound to.
    pub manifest: ManifestId,
    /// Grams at departure; before one as planned.
    pub mass_g: i64,
    /// Its waste codes, ascending.
    pub codes: Vec<WasteCode>,
    /// Whom the waste leaves.
    pub consignor: Option<Uscc>,
    /// Whom it goes to.
    pub consignee: Option<Uscc>,
}

/// A number that the list has and that is bound here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// What the list says.
    pub there: ListedNumber,
    /// What is here.
    pub here: BoundHere,
}

impl Compared {
    /// Grams here less grams there.
    pub fn difference_g(&self) -> i64 {
        self.here.mass_g.saturating_sub(self.there.mass_g())
    }

    /// True when the list names wastes, and they are others.
    pub fn is_of_other_codes(&self) -> bool {
        let codes = self.there.codes();
        !codes.is_empty() && codes != self.here.codes
    }

    /// True when the list names a consignor, and it is another.
    pub fn is_of_other_consignor(&self) -> bool {
        self.there.consignor.is_some_and(|party| Some(party) != self.here.consignor)
    }

    /// True when the list names a consignee, and it is another.
    pub fn is_of_other_consignee(&self) -> bool {
        self.there.consignee.is_some_and(|party| Some(party) != self.here.consignee)
    }
}

/// A list compared with what is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconciliation {
    /// Numbering system.
    pub system: String,
    /// Rows that were read.
    pub rows: usize,
    /// Numbers of the list whose day lies outside the period; they were not compared.
    pub outside: usize,
    /// In both, with the same mass.
    pub both: Vec<Compared>,
    /// In both, with another mass.
    pub mass_differs: Vec<Compared>,
    /// In the list, and bound to no manifest that the viewer may see.
    pub only_there: Vec<ListedNumber>,
    /// Bound to a manifest whose waste left in the period, and not in the list.
    pub only_here: Vec<BoundHere>,
    /// Manifests of the period that no number of the system is bound to.
    pub unbound: usize,
}

/// Why a list was not compared.
#[derive(Debug)]
pub enum NoReconciliation {
    /// The profile has no such system of numbers.
    UnknownSystem,
    /// The last day lies before the first.
    Backwards,
    /// More than [`MAX_COMPARED`] manifests left in the period.
    TooMany,
    /// The list cannot be read.
    Sheet(Vec<SheetFault>),
    /// We are wrong.
    Fault(Fault),
}

impl<E: Into<Fault>> From<E> for NoReconciliation {
    fn from(error: E) -> Self {
        Self::Fault(error.into())
    }
}

impl App {
    /// Compare a list (CSV or XLSX) with the manifests that the viewer may see; `None` for nobody.
    pub async fn reconcile(
        &self,
        viewer: &Viewer,
        period: &Period,
        sheet: Vec<u8>,
    ) -> Result<Option<Reconciliation>, NoReconciliation> {
        if *viewer == Viewer::Public {
            return Ok(None);
        }
        let numbering = self.rulebook().profile.numbering();
        let named = |kind: &String| period.system.as_ref().is_none_or(|wanted| wanted == kind);
        let form = numbering.external.iter().find(|form| named(&form.kind));
        let form = form.ok_or(NoReconciliation::UnknownSystem)?;
        if period.to < period.from {
            return Err(NoReconciliation::Backwards);
        }
        // Unpacking and reading may take a second of one core.
        let read = self.inner.readers.read(move || number_list::read(&sheet, form)).await?;
        let list = read.map_err(NoReconciliation::Sheet)?;
        self.compare_list(viewer, &form.kind, period, list).await.map(Some)
    }

    async fn compare_list(
        &self,
        viewer: &Viewer,
        system: &str,
        period: &Period,
        list: NumberList,
    ) -> Result<Reconciliation, NoReconciliation> {
        let mut tx = self.reading().await?;
        let listed: BTreeSet<String> = list.numbers.iter().map(|listed| listed.number.clone()).collect();
        let is_inside =
            |listed: &ListedNumber| listed.day.is_none_or(|day| (period.from..=period.to).contains(&day));
        let (inside, outside): (Vec<_>, Vec<_>) = list.numbers.into_iter().partition(is_inside);
        let there: Vec<String> = inside.iter().map(|listed| listed.number.clone()).collect();
        let bound = external_number::of_system(&mut tx, system, &there).await?;
        let leaving = self.leaving(&mut tx, viewer, system, period).await?;
        let ids: BTreeSet<ManifestId> =
            bound.values().copied().chain(leaving.iter().map(|(id, _)| *id)).collect();
        let seen = self.summaries(&mut tx, viewer, &ids.into_iter().collect::<Vec<_>>()).await?;
        let mut reconciled = Reconciliation {
            system: system.to_owned(),
            rows: list.rows,
            outside: outside.len(),
            both: Vec::new(),
            mass_differs: Vec::new(),
            only_there: Vec::new(),
            only_here: Vec::new(),
            unbound: 0,
        };
        for there in inside {
            let here = bound.get(&there.number).and_then(|id| Some(seen.get(id)?.bound(*id, &there.number)));
            match here.map(|here| Compared { there: there.clone(), here }) {
                None => reconciled.only_there.push(there),
                Some(pair) if pair.difference_g() == 0 => reconciled.both.push(pair),
                Some(pair) => reconciled.mass_differs.push(pair),
            }
        }
        for (id, number) in leaving {
            let Some(summary) = seen.get(&id).filter(|summary| !summary.is_over) else { continue };
            match number {
                None => reconciled.unbound += 1,
                Some(number) if listed.contains(&number) => {}
                Some(number) => reconciled.only_here.push(summary.bound(id, &number)),
            }
        }
        reconciled.only_here.sort_by(|one, other| one.number.cmp(&other.number));
        Ok(reconciled)
    }

    /// The manifests whose waste leaves in the period, with their numbers.
    async fn leaving(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        system: &str,
        period: &Period,
    ) -> Result<Vec<(ManifestId, Option<String>)>, NoReconciliation> {
        let party = viewer.party().filter(|_| !viewer.is_authority());
        let day = |day: NaiveDate| i64::from(day.to_epoch_days());
        let days = (day(period.from), day(period.to));
        let limit = MAX_COMPARED as u64 + 1;
        let leaving = external_number::leaving(tx, party, system, days, limit).await?;
        if leaving.len() > MAX_COMPARED {
            return Err(NoReconciliation::TooMany);
        }
        Ok(leaving)
    }

    /// What these manifests come to, those that the viewer may see. Few states are at hand at a time.
    async fn summaries(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        ids: &[ManifestId],
    ) -> Result<HashMap<ManifestId, Summary>, Fault> {
        let mut summaries = HashMap::new();
        for ids in ids.chunks(AT_HAND) {
            let seen = self.visible_states(tx, viewer, ids).await?;
            summaries.extend(seen.iter().map(|(id, state)| (*id, Summary::of(state))));
        }
        Ok(summaries)
    }
}

/// What a manifest comes to, for a comparison.
struct Summary {
    codes: BTreeSet<WasteCode>,
    mass_g: i64,
    consignor: Option<Uscc>,
    consignee: Option<Uscc>,
    /// Voided or declined: nobody expects it in a list.
    is_over: bool,
}

impl Summary {
    fn of(state: &ManifestState) -> Self {
        let has_left = state.lines.values().any(|line| line.shipped_g > 0);
        let (mut codes, mut mass_g) = (BTreeSet::new(), 0_i64);
        for line in state.lines.values() {
            let grams = if has_left { line.shipped_g } else { line.planned_g.unwrap_or(0) };
            mass_g = mass_g.saturating_add(grams);
            // What was planned and never left is not part of what left.
            codes.extend(line.code.filter(|_| grams > 0));
        }
        let registration = state.registration.as_ref();
        Self {
            codes,
            mass_g,
            consignor: registration.map(|registration| registration.consignor.party),
            consignee: registration.map(|registration| registration.consignee.party),
            is_over: state.voided.is_some() || state.declined.is_some(),
        }
    }

    fn bound(&self, manifest: ManifestId, number: &str) -> BoundHere {
        BoundHere {
            number: number.to_owned(),
            manifest,
            mass_g: self.mass_g,
            codes: self.codes.iter().copied().collect(),
            consignor: self.consignor,
            consignee: self.consignee,
        }
    }
}
