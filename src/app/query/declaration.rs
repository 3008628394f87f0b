//! Declarations of a site: what the ledger says of a period, what was filed for it, and where the two differ.

use std::collections::{BTreeMap, HashSet};

use chrono::NaiveDate;

use super::stock::{day_after, first_day, visible_site};
use super::{Page, cursor, page_of, page_size};
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::catalogue::{DeclarationPeriod, Uscc, WasteCode};
use crate::custody::measure::{Figures, Measure};
use crate::custody::register::Register;
use crate::custody::stock::StockCode;
use crate::id::{DeclarationId, SiteId};
use crate::registry::standing::DeclarationNature;
use crate::registry::{DeclarationRecord, FilingState, SiteRecord, Slot};
use crate::store::register::{StoredRow, Wanted};
use crate::store::{ReadTx, declaration, register, stock};

/// Most rows of a register that are named with one difference.
pub const MAX_ROWS_NAMED: u64 = 20;

/// What the ledger says of a period of a site: the figures to file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefill {
    /// The site.
    pub site: SiteRecord,
    /// The period.
    pub slot: Slot,
    /// The last day on which it is declared in time.
    pub due_on: NaiveDate,
    /// The figures.
    pub figures: Figures,
    /// What was filed last for the period, if anything was.
    pub last: Option<DeclarationRecord>,
}

impl Prefill {
    /// True where the period is over by a day, and nothing is filed for it that has not come back.
    pub fn is_to_file(&self, today: NaiveDate) -> bool {
        let came_back = |last: &DeclarationRecord| last.state() == FilingState::Returned;
        self.slot.last_day() < today && self.last.as_ref().is_none_or(came_back)
    }

    /// What to declare: figures, or nothing where nothing moved.
    pub fn nature(&self) -> DeclarationNature {
        if moved(&self.figures).iter().next().is_some() {
            DeclarationNature::Figures
        } else {
            DeclarationNature::Zero
        }
    }
}

/// A figure that was filed and is not what the ledger says now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Waste code.
    pub code: WasteCode,
    /// The figure.
    pub measure: Measure,
    /// What was filed, in grams.
    pub filed_g: i64,
    /// What the ledger says now, in grams.
    pub ledger_g: i64,
    /// The register whose rows add up to it; none for what was there at the beginning and at the end, which follows from the others.
    pub register: Option<Register>,
    /// The first rows of the ledger that add up to it, at most [`MAX_ROWS_NAMED`].
    pub rows: Vec<StoredRow>,
}

/// One filing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filing {
    /// What was filed, by whom, and what was made of it.
    pub record: DeclarationRecord,
    /// The last day on which the period is declared in time.
    pub due_on: NaiveDate,
    /// False when the period was filed again later.
    pub is_last: bool,
    /// Where it differs from what the ledger says now.
    pub differences: Vec<Difference>,
}

impl App {
    /// What the ledger says of the period that begins on `from`, to be filed. `None` where the viewer may not see the site's stock.
    pub async fn prefill(
        &self,
        viewer: &Viewer,
        id: SiteId,
        period: DeclarationPeriod,
        from: NaiveDate,
    ) -> Result<Option<Prefill>, Fault> {
        let mut tx = self.reading().await?;
        let Some(site) = visible_site(&mut tx, viewer, id).await? else { return Ok(None) };
        let slot = Slot { site: id, period, from: period.first_day(from) };
        let ledger = Ledger::load(&mut tx, &[site.party], &[slot]).await?;
        let figures = ledger.figures(site.party, &slot);
        let due_on = self.rulebook().profile.due_day(period, slot.from);
        let last = declaration::last_of_slots(&mut tx, &[slot]).await?.pop();
        Ok(Some(Prefill { site, slot, due_on, figures, last }))
    }

    /// A page of what was filed for a site, the newest first, from before log index `before` on.
    pub async fn declarations(
        &self,
        viewer: &Viewer,
        id: SiteId,
        before: Option<u64>,
        limit: u64,
    ) -> Result<Option<Page<Filing, u64>>, Fault> {
        let limit = page_size(limit);
        let mut tx = self.reading().await?;
        let Some(site) = visible_site(&mut tx, viewer, id).await? else { return Ok(None) };
        let before = before.map_or(i64::MAX, cursor);
        let records = declaration::of_site_before(&mut tx, id, before, limit + 1).await?;
        let page = page_of(records, limit, |record| record.index);
        let slots: Vec<Slot> = page.items.iter().map(DeclarationRecord::slot).collect();
        let last = declaration::last_of_slots(&mut tx, &slots).await?;
        let last: HashSet<DeclarationId> = last.into_iter().map(|record| record.filed.declaration).collect();
        let ledger = Ledger::load(&mut tx, &[site.party], &slots).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for record in page.items {
            let slot = record.slot();
            let mut differences = differences(&record, &ledger.figures(site.party, &slot));
            for difference in &mut differences {
                difference.rows = rows_behind(&mut tx, site.party, &slot, difference).await?;
            }
            items.push(Filing {
                due_on: self.rulebook().profile.due_day(slot.period, slot.from),
                is_last: last.contains(&record.filed.declaration),
                differences,
                record,
            });
        }
        Ok(Some(Page { items, next: page.next }))
    }
}

/// What moved at the sites of some parties, as far as some periods need it.
pub(super) struct Ledger(Vec<stock::Span>);

impl Ledger {
    /// Load it, in one statement for all.
    pub(super) async fn load(tx: &mut ReadTx, parties: &[Uscc], slots: &[Slot]) -> Result<Self, Fault> {
        let from = slots.iter().map(|slot| slot.from).min();
        let until = slots.iter().map(Slot::last_day).max();
        let Some((from, until)) = from.zip(until) else { return Ok(Self(Vec::new())) };
        Ok(Self(stock::totals_by_month(tx, parties, first_day(from), day_after(until)).await?))
    }

    /// The figures of a period that was asked for when it was loaded. Products and lots of no known code are in none.
    pub(super) fn figures(&self, party: Uscc, slot: &Slot) -> Figures {
        let (first, last) = (first_day(slot.from), first_day(slot.last_day()));
        let mut openings: BTreeMap<WasteCode, i64> = BTreeMap::new();
        let mut figures = Figures::default();
        for span in self.0.iter().filter(|span| (span.party, span.site) == (party, slot.site)) {
            let StockCode::Waste(code) = span.total.code else { continue };
            let (in_g, out_g) = (span.total.in_g, span.total.out_g);
            if span.start < first {
                let opening = openings.entry(code).or_default();
                *opening = opening.wrapping_add(in_g.wrapping_sub(out_g));
            } else if span.start <= last {
                figures.flow(code, &span.total.against, in_g, out_g);
            }
        }
        figures.open(&openings);
        figures
    }
}

/// Where a filing differs from what the ledger says. Who declares nothing says that nothing moved, and nothing of what lies there.
pub(super) fn differences(record: &DeclarationRecord, ledger: &Figures) -> Vec<Difference> {
    let mut filed = Figures::default();
    for line in record.filed.lines.iter() {
        let Ok(measure) = line.measure.parse() else { continue };
        filed.add(line.code, measure, i64::try_from(line.mass_g).unwrap_or(i64::MAX));
    }
    let differing = match record.filed.nature {
        DeclarationNature::Figures => filed.differences(ledger),
        DeclarationNature::Zero | DeclarationNature::Shutdown => filed.differences(&moved(ledger)),
    };
    let difference = |(code, measure, filed_g, ledger_g): (WasteCode, Measure, i64, i64)| Difference {
        code,
        measure,
        filed_g,
        ledger_g,
        register: (!measure.is_balance()).then(|| Register::of(measure)),
        rows: Vec::new(),
    };
    differing.into_iter().map(difference).collect()
}

/// The figures without what lies there.
fn moved(figures: &Figures) -> Figures {
    let mut moved = Figures::default();
    for (code, measure, mass_g) in figures.iter().filter(|(_, measure, _)| !measure.is_balance()) {
        moved.add(code, measure, mass_g);
    }
    moved
}

/// The first rows that add up to a figure.
async fn rows_behind(
    tx: &mut ReadTx,
    party: Uscc,
    slot: &Slot,
    difference: &Difference,
) -> Result<Vec<StoredRow>, Fault> {
    let Some(register) = difference.register else { return Ok(Vec::new()) };
    let wanted = Wanted {
        place: (party, slot.site),
        register,
        days: (first_day(slot.from), first_day(slot.last_day())),
        figure: Some((difference.code, difference.measure)),
    };
    Ok(register::rows(tx, &wanted, None, MAX_ROWS_NAMED).await?)
}
