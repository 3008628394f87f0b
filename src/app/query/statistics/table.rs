//! Statistics as a sheet: a row each month and county.

use super::{Counted, Statistics};
use crate::app::query::sheet::write;
use crate::app::{App, Fault};
use crate::catalogue::MassUnit;
use crate::exchange::sheet::{Cell, Sheet, SheetForm};

impl App {
    /// The figures by month and county, as a file; masses in tonnes, to the gram.
    pub fn statistics_sheet(&self, statistics: &Statistics, form: SheetForm) -> Result<Vec<u8>, Fault> {
        let mut heads = vec!["月份 Month".to_owned(), "行政区划 Division".to_owned(), "名称 Name".to_owned()];
        heads.extend(Counted::ALL.map(|counted| head_of(counted).to_owned()));
        let catalogue = self.rulebook().catalogue;
        let counties = statistics.months.iter().flat_map(|month| {
            month.counties.iter().map(move |(county, counts)| (month.month, *county, counts))
        });
        let rows = counties.map(|(month, county, counts)| {
            let mut row = vec![
                Cell::Text(month.format("%Y-%m").to_string()),
                Cell::Text(county.to_string()),
                Cell::Text(catalogue.full_name(county).unwrap_or_default()),
            ];
            row.extend(Counted::ALL.map(|counted| {
                let value = counts.get(&counted).copied().unwrap_or_default();
                match counted.is_mass() {
                    true => Cell::Mass(value, MassUnit::T),
                    false => Cell::Count(value),
                }
            }));
            row
        });
        write(&Sheet { name: "统计 Statistics".to_owned(), rows: rows.collect(), heads }, form)
    }
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
