//! Statistics: what happened in each month, for officers in their division, and for everybody without what would tell of single parties.
//!
//! Every figure is read for one month at a time, from rows of that month, so that an answer costs what was asked for, however long the ledger
//! is (`docs/adr/0038-*`). Months are local ones of the profile.

mod kept;
mod months;
mod public;
mod table;

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::catalogue::{DeclarationPeriod, Division, Profile, Severity};
use crate::clock::{MINUTE_MS, Timestamp};
use crate::custody::case::CaseState;
use crate::custody::finding::StepKind;
use crate::custody::measure::Measure;
use crate::store::statistics::{self, Cell, Within};
use crate::store::{ReadTx, log};

/// Months that were counted for officers, by division and first day.
pub(in crate::app) type OfficersMonths = kept::KeptMonths<(Division, NaiveDate), MonthStatistics>;

/// Months that are counted for the first pages of officers at a time: half of the connections that all read by.
pub(in crate::app) const OFFICERS_MONTHS_AT_ONCE: usize = 4;
/// A first page shows figures that are at most so old.
const LATELY_MS: i64 = 10 * MINUTE_MS;

pub use months::{MAX_STATISTICS_MONTHS, Months, NoMonths};
pub use public::{MIN_TOLD_PARTIES, PublicMonth, PublicStatistics};
pub(in crate::app) use public::{PUBLIC_MONTHS_AT_ONCE, PublicMonths};
pub use table::StatisticsForm;

/// What is counted or summed up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Counted {
    /// Manifests registered in the month.
    Registered,
    /// Those of them of which the consignee has by now decided about all that came: received, in part or not at all.
    Completed,
    /// Waste that arose, in grams.
    Generated,
    /// Waste loaded, in grams.
    Shipped,
    /// Waste that came off the road, in grams.
    Received,
    /// Waste used, in grams.
    Used,
    /// Waste disposed of, in grams.
    Disposed,
    /// Findings that opened.
    FindingsOpened,
    /// Findings that closed.
    FindingsClosed,
}

impl Counted {
    /// Everything that is counted, in the order of columns.
    pub const ALL: [Self; 9] = [
        Self::Registered,
        Self::Completed,
        Self::Generated,
        Self::Shipped,
        Self::Received,
        Self::Used,
        Self::Disposed,
        Self::FindingsOpened,
        Self::FindingsClosed,
    ];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Completed => "completed",
            Self::Generated => "generated",
            Self::Shipped => "shipped",
            Self::Received => "received",
            Self::Used => "used",
            Self::Disposed => "disposed",
            Self::FindingsOpened => "findings-opened",
            Self::FindingsClosed => "findings-closed",
        }
    }

    /// True for what is told in grams.
    pub fn is_mass(self) -> bool {
        matches!(self, Self::Generated | Self::Shipped | Self::Received | Self::Used | Self::Disposed)
    }

    fn of_measure(measure: Measure) -> Option<Self> {
        Some(match measure {
            Measure::Generated => Self::Generated,
            Measure::SentOn => Self::Shipped,
            Measure::Received => Self::Received,
            Measure::Used => Self::Used,
            Measure::Disposed => Self::Disposed,
            _ => return None,
        })
    }

    fn of_step(step: StepKind) -> Option<Self> {
        match step {
            StepKind::Opened => Some(Self::FindingsOpened),
            StepKind::Closed => Some(Self::FindingsClosed),
            StepKind::Revised => None,
        }
    }
}

/// Figures by what they count; what is not there is 0.
pub type Counts = BTreeMap<Counted, i64>;

/// The figures of the counties of one month, each with how many parties it is of.
pub(super) type Cells = BTreeMap<Division, BTreeMap<Counted, Cell>>;

/// Findings of one rule and severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RuleCount {
    /// How many opened.
    pub opened: u64,
    /// How many closed.
    pub closed: u64,
}

/// Findings by rule and severity.
pub type RuleCounts = BTreeMap<(String, Severity), RuleCount>;

/// Cases that were opened in a month.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaseCounts {
    /// How many.
    pub opened: u64,
    /// How many of them are answered by now.
    pub answered: u64,
    /// How many local days the first answer took, of half of the answered ones at most: the lower of two in the middle.
    pub median_days: Option<i64>,
}

/// What happened in one month.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthStatistics {
    /// Its first day.
    pub month: NaiveDate,
    /// Its figures over all counties asked for, each finding counted once.
    pub counts: Counts,
    /// Its figures by county: manifests by the site where they begin, masses by the site, findings by the parties that they concern.
    pub counties: BTreeMap<Division, Counts>,
    /// Findings by rule and severity.
    pub findings: RuleCounts,
    /// Cases opened in it.
    pub cases: CaseCounts,
}

/// What happened in some months.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statistics {
    /// The months asked for.
    pub asked: Months,
    /// Where.
    pub division: Division,
    /// Number of entries in the log that these figures are computed from.
    pub log_size: u64,
    /// Month by month.
    pub months: Vec<MonthStatistics>,
}

impl Statistics {
    /// The figures of each county over all months.
    pub fn counties(&self) -> BTreeMap<Division, Counts> {
        counties_of(&self.months)
    }

    /// Findings by rule and severity over all months.
    pub fn findings(&self) -> RuleCounts {
        let mut findings = RuleCounts::new();
        for (of, count) in self.months.iter().flat_map(|month| &month.findings) {
            let sum = findings.entry(of.clone()).or_default();
            sum.opened += count.opened;
            sum.closed += count.closed;
        }
        findings
    }
}

/// The figures of each county over these months.
pub fn counties_of<'a>(months: impl IntoIterator<Item = &'a MonthStatistics>) -> BTreeMap<Division, Counts> {
    let mut counties: BTreeMap<Division, Counts> = BTreeMap::new();
    for (division, counts) in months.into_iter().flat_map(|month| &month.counties) {
        let sums = counties.entry(*division).or_default();
        counts.iter().for_each(|(counted, value)| add(sums, *counted, *value));
    }
    counties
}

impl App {
    /// What happened in some months in a division, that of the viewer when nothing is said; for the authorities over it.
    pub async fn statistics(
        &self,
        viewer: &Viewer,
        asked: Months,
        division: Option<Division>,
    ) -> Result<Option<Statistics>, Fault> {
        let Viewer::Authority { division: own, .. } = viewer else { return Ok(None) };
        let division = division.unwrap_or(*own);
        if !division.is_within(*own) {
            return Ok(None);
        }
        let mut tx = self.reading().await?;
        let log_size = log::head(&mut tx).await?.ok_or(Fault::NotFounded)?.size;
        let profile = self.rulebook().profile;
        let mut months = Vec::new();
        for month in asked.iter() {
            let within = within(&mut tx, profile, month, division.range(), log_size).await?;
            months.push(of_month(&mut tx, profile, month, &within).await?);
        }
        Ok(Some(Statistics { asked, division, log_size, months }))
    }
}

impl App {
    /// The same of the viewer's division, as it was counted ten minutes ago at most: for the first page, which is opened again and again.
    pub async fn statistics_lately(
        &self,
        viewer: &Viewer,
        asked: Months,
    ) -> Result<Option<Vec<Arc<MonthStatistics>>>, Fault> {
        let Viewer::Authority { division, .. } = viewer else { return Ok(None) };
        let (now, kept) = (self.inner.clock.now(), &self.inner.officers_months);
        let mut months = Vec::new();
        for month in asked.iter() {
            let count = async || {
                let mut tx = self.reading().await?;
                let log_size = log::head(&mut tx).await?.ok_or(Fault::NotFounded)?.size;
                let profile = self.rulebook().profile;
                let within = within(&mut tx, profile, month, division.range(), log_size).await?;
                of_month(&mut tx, profile, month, &within).await
            };
            months.push(kept.kept_or_counted((*division, month), (now, LATELY_MS), count).await?);
        }
        Ok(Some(months))
    }
}

/// Where a local month lies in time and in the log.
async fn within(
    tx: &mut ReadTx,
    profile: &Profile,
    month: NaiveDate,
    divisions: (Division, Division),
    log_size: u64,
) -> Result<Within, Fault> {
    let next = DeclarationPeriod::Month.next(month);
    let begins = |day: NaiveDate| {
        let before = day.pred_opt().unwrap_or(day);
        Timestamp::from_millis(profile.end_of_local_day_ms(before))
    };
    let (from, until) = (begins(month), begins(next));
    Ok(Within {
        from,
        until,
        from_index: statistics::first_index_at(tx, from, log_size).await?,
        until_index: statistics::first_index_at(tx, until, log_size).await?,
        first_day: i64::from(month.to_epoch_days()),
        divisions,
    })
}

async fn of_month(
    tx: &mut ReadTx,
    profile: &Profile,
    month: NaiveDate,
    within: &Within,
) -> Result<MonthStatistics, Fault> {
    let cells = cells(tx, within).await?;
    let findings = findings(tx, within).await?;
    let mut counts = Counts::new();
    for (counted, cell) in cells.values().flatten() {
        add(&mut counts, *counted, cell.value);
    }
    // A finding that concerns two counties is one finding.
    let total =
        |of: fn(&RuleCount) -> u64| i64::try_from(findings.values().map(of).sum::<u64>()).unwrap_or(i64::MAX);
    counts.insert(Counted::FindingsOpened, total(|count| count.opened));
    counts.insert(Counted::FindingsClosed, total(|count| count.closed));
    let values =
        |cells: BTreeMap<Counted, Cell>| cells.into_iter().map(|(counted, cell)| (counted, cell.value));
    Ok(MonthStatistics {
        month,
        counts,
        counties: cells.into_iter().map(|(county, cells)| (county, values(cells).collect())).collect(),
        findings,
        cases: case_counts(&statistics::cases(tx, within).await?, profile),
    })
}

/// Every figure of a month by county.
async fn cells(tx: &mut ReadTx, within: &Within) -> Result<Cells, Fault> {
    let mut cells = Cells::new();
    let mut put = |county: Division, counted: Option<Counted>, cell: Cell| {
        if let Some(counted) = counted
            && cell != Cell::default()
        {
            cells.entry(county).or_default().insert(counted, cell);
        }
    };
    for (county, registered, completed) in statistics::manifests(tx, within).await? {
        put(county, Some(Counted::Registered), registered);
        put(county, Some(Counted::Completed), completed);
    }
    for (county, measure, sum) in statistics::masses(tx, within).await? {
        put(county, Counted::of_measure(measure), sum);
    }
    for (county, step, count) in statistics::findings_by_county(tx, within).await? {
        put(county, Counted::of_step(step), count);
    }
    Ok(cells)
}

async fn findings(tx: &mut ReadTx, within: &Within) -> Result<RuleCounts, Fault> {
    let mut findings = RuleCounts::new();
    for of in statistics::findings_by_rule(tx, within).await? {
        let count = findings.entry((of.rule, of.severity)).or_default();
        match of.step {
            StepKind::Opened => count.opened += of.count,
            StepKind::Closed => count.closed += of.count,
            StepKind::Revised => {}
        }
    }
    Ok(findings)
}

fn case_counts(cases: &[CaseState], profile: &Profile) -> CaseCounts {
    let day = |at: Timestamp| profile.local_date(at.as_millis());
    let answers = cases.iter().filter_map(|case| Some((case.opened.at, case.answers.first()?.at)));
    let mut days: Vec<i64> =
        answers.map(|(opened, answered)| (day(answered) - day(opened)).num_days()).collect();
    days.sort_unstable();
    CaseCounts {
        opened: cases.len() as u64,
        answered: days.len() as u64,
        median_days: days.get(days.len().saturating_sub(1) / 2).copied(),
    }
}

fn add(sums: &mut Counts, counted: Counted, value: i64) {
    let sum = sums.entry(counted).or_default();
    *sum = sum.saturating_add(value);
}
