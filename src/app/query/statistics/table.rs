//! Statistics as a sheet for people and as a data set for programs: a row each month and county.

use chrono::NaiveDate;

use super::{Counted, Counts, PublicStatistics, Statistics};
use crate::app::query::sheet::write;
use crate::app::{App, Fault};
use crate::catalogue::{Division, MassUnit};
use crate::exchange::dataset::{Column, Dataset, PARQUET, Values};
use crate::exchange::sheet::{Cell, Sheet, SheetForm};
use crate::shape::month_text;

/// As what statistics are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatisticsForm {
    /// A sheet; masses in tonnes, to the gram.
    Sheet(SheetForm),
    /// Apache Parquet; masses in grams, columns by the names that the interface has for figures.
    Parquet,
}

impl StatisticsForm {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sheet(SheetForm::Csv), Self::Sheet(SheetForm::Xlsx), Self::Parquet];

    /// The end of its file names, by which it is asked for.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Sheet(form) => form.ending(),
            Self::Parquet => "parquet",
        }
    }

    /// Its media type.
    pub fn media(self) -> &'static str {
        match self {
            Self::Sheet(form) => form.media(),
            Self::Parquet => PARQUET,
        }
    }
}

/// A month of a county. A figure that is not told is absent.
struct Row<'a> {
    month: NaiveDate,
    county: Division,
    counts: &'a Counts,
    /// What is not among the counts is nothing, else it is not told.
    is_whole: bool,
}

impl Row<'_> {
    fn figure(&self, counted: Counted) -> Option<i64> {
        self.counts.get(&counted).copied().or(self.is_whole.then_some(0))
    }
}

impl App {
    /// The figures of officers by month and county, as a file.
    pub fn statistics_file(&self, statistics: &Statistics, form: StatisticsForm) -> Result<Vec<u8>, Fault> {
        let counties = statistics.months.iter().flat_map(|month| {
            month.counties.iter().map(|(county, counts)| Row {
                month: month.month,
                county: *county,
                counts,
                is_whole: true,
            })
        });
        self.file_of(&counties.collect::<Vec<_>>(), form)
    }

    /// What everybody may know, as a file: figures of fewer than three parties are left out, none can be computed from the others.
    pub fn public_statistics_file(
        &self,
        statistics: &PublicStatistics,
        form: StatisticsForm,
    ) -> Result<Vec<u8>, Fault> {
        let counties = statistics.months.iter().flat_map(|month| {
            month.counties.iter().map(|(county, counts)| Row {
                month: month.month,
                county: *county,
                counts,
                is_whole: false,
            })
        });
        self.file_of(&counties.collect::<Vec<_>>(), form)
    }

    fn file_of(&self, rows: &[Row<'_>], form: StatisticsForm) -> Result<Vec<u8>, Fault> {
        match form {
            StatisticsForm::Sheet(form) => write(&self.sheet_of(rows), form),
            StatisticsForm::Parquet => {
                dataset(rows).parquet().map_err(|error| Fault::Tree(error.to_string()))
            }
        }
    }

    fn sheet_of(&self, rows: &[Row<'_>]) -> Sheet {
        let mut heads = vec!["月份 Month".to_owned(), "行政区划 Division".to_owned(), "名称 Name".to_owned()];
        heads.extend(Counted::ALL.map(|counted| head_of(counted).to_owned()));
        let catalogue = self.rulebook().catalogue;
        let rows = rows.iter().map(|row| {
            let mut cells = vec![
                Cell::Text(month_text(row.month)),
                Cell::Text(row.county.to_string()),
                Cell::Text(catalogue.full_name(row.county).unwrap_or_default()),
            ];
            cells.extend(Counted::ALL.map(|counted| match row.figure(counted) {
                None => Cell::Text(String::new()),
                Some(value) if counted.is_mass() => Cell::Mass(value, MassUnit::T),
                Some(value) => Cell::Count(value),
            }));
            cells
        });
        Sheet { name: "统计 Statistics".to_owned(), rows: rows.collect(), heads }
    }
}

fn dataset(rows: &[Row<'_>]) -> Dataset {
    let texts = |name: &str, of: &dyn Fn(&Row<'_>) -> String| Column {
        name: name.to_owned(),
        values: Values::Texts(rows.iter().map(of).collect()),
    };
    let mut columns =
        vec![texts("month", &|row| month_text(row.month)), texts("division", &|row| row.county.to_string())];
    columns.extend(Counted::ALL.map(|counted| Column {
        name: counted.name().replace('-', "_"),
        values: Values::Whole(rows.iter().map(|row| row.figure(counted)).collect()),
    }));
    Dataset { name: "month_of_county", columns }
}

fn head_of(counted: Counted) -> &'static str {
    match counted {
        Counted::Registered => "登记联单 Manifests registered",
        Counted::Completed => "其中已办结 of them completed",
        Counted::Generated => "产生（吨）Generated (t)",
        Counted::Shipped => "移出（吨）Shipped (t)",
        Counted::Received => "接收（吨）Received (t)",
        Counted::Used => "利用（吨）Used (t)",
        Counted::Disposed => "处置（吨）Disposed (t)",
        Counted::FindingsOpened => "预警产生 Findings opened",
        Counted::FindingsClosed => "预警解除 Findings closed",
    }
}
