//! The ledger at the door of a store (贮存台账), a month at a time: what came in, what went out, what is there.

use std::collections::BTreeMap;

use chrono::{Days, Months, NaiveDate};

use super::{NoPrint, Printing, kilograms};
use crate::app::App;
use crate::app::access::Viewer;
use crate::app::query::sheet::measure_words;
use crate::app::query::{MAX_PAGE, NoAsOf, RegisterAsked, RegisterItem};
use crate::catalogue::WasteCode;
use crate::custody::register::Register;
use crate::custody::stock::StockCode;
use crate::id::SiteId;
use crate::print::flow::{Name, Row};
use crate::print::register::Register as Table;
use crate::shape::month_text;

/// Most rows of a site's registers that are looked through for the ledger of one facility: what lay in it before the month is the sum of
/// all that moved through its door.
pub const MAX_STORE_ROWS: usize = 20_000;

/// Which store, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreAsked {
    /// The site.
    pub site: SiteId,
    /// One storage facility of it, as statements name it; all of the site when absent.
    pub facility: Option<String>,
    /// The first day of the month.
    pub month: NaiveDate,
}

impl StoreAsked {
    /// A month, from its text such as `2026-06`.
    pub fn month_named(text: &str) -> Option<NaiveDate> {
        let is_month = text.len() == 7 && text.as_bytes()[4] == b'-';
        NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok().filter(|_| is_month)
    }

    fn last_day(&self) -> NaiveDate {
        let next = self.month.checked_add_months(Months::new(1));
        next.and_then(|next| next.checked_sub_days(Days::new(1))).unwrap_or(self.month)
    }
}

/// What moves through the door.
struct Movement {
    item: RegisterItem,
    comes: bool,
}

impl Movement {
    fn signed_g(&self) -> i64 {
        if self.comes { self.item.row.mass_g } else { self.item.row.mass_g.wrapping_neg() }
    }
}

impl App {
    /// The ledger of a store for a month as a PDF. `None` where the viewer may not see the site's stock.
    pub async fn print_store(
        &self,
        viewer: &Viewer,
        asked: &StoreAsked,
        printing: &Printing,
    ) -> Result<Option<Vec<u8>>, NoPrint> {
        let found = match &asked.facility {
            Some(facility) => self.through_door(viewer, asked, facility).await?,
            None => self.through_gate(viewer, asked).await?,
        };
        let Some((opening, movements)) = found else { return Ok(None) };
        let month = month_text(asked.month);
        let facility = asked.facility.clone().unwrap_or_else(|| "本场所全部 whole site".to_owned());
        let table = Table {
            facts: vec![
                (Name::new("贮存设施", "Store"), facility.clone()),
                (Name::new("月份", "Month"), month.clone()),
            ],
            rows: rows_of(opening, &movements),
            ..empty()
        };
        let title = format!("贮存台账 {} {facility} {month}", asked.site);
        self.print_table(asked.site, table, (title, asked.last_day()), printing).await.map(Some)
    }

    /// What moved into and out of the whole site in the month, and what was there before it.
    async fn through_gate(
        &self,
        viewer: &Viewer,
        asked: &StoreAsked,
    ) -> Result<Option<(BTreeMap<WasteCode, i64>, Vec<Movement>)>, NoPrint> {
        let days = (Some(asked.month), Some(asked.last_day()));
        let stock = match self.stock(viewer, asked.site, days, None).await {
            Ok(stock) => stock,
            Err(NoAsOf::Fault(fault)) => return Err(fault.into()),
            Err(_) => None,
        };
        let Some(stock) = stock else { return Ok(None) };
        let of_waste = stock.codes.iter().filter_map(|row| match row.code {
            StockCode::Waste(code) => Some((code, row.opening_g)),
            StockCode::Product | StockCode::Unknown => None,
        });
        let mut movements = Vec::new();
        for register in [Register::Inbound, Register::Outbound] {
            let asked = RegisterAsked { site: asked.site, register, from: asked.month, to: asked.last_day() };
            let Some(items) = self.rows_to_print(viewer, &asked).await? else { return Ok(None) };
            // What only moved within the site passed no gate.
            let passed = items.into_iter().filter(|item| item.row.measure.is_some());
            movements.extend(passed.map(|item| Movement { item, comes: register == Register::Inbound }));
        }
        in_order(&mut movements);
        Ok(Some((of_waste.filter(|(_, mass_g)| *mass_g != 0).collect(), movements)))
    }

    /// What moved through the door of one facility in the month, and what lay in it before.
    async fn through_door(
        &self,
        viewer: &Viewer,
        asked: &StoreAsked,
        facility: &str,
    ) -> Result<Option<(BTreeMap<WasteCode, i64>, Vec<Movement>)>, NoPrint> {
        let (mut opening, mut movements) = (BTreeMap::new(), Vec::new());
        let mut looked_at = 0;
        for register in [Register::Inbound, Register::Outbound] {
            let from = NaiveDate::default();
            let rows = RegisterAsked { site: asked.site, register, from, to: asked.last_day() };
            let mut after = None;
            loop {
                let page = self.register(viewer, &rows, after, MAX_PAGE).await?;
                let Some(page) = page else { return Ok(None) };
                looked_at += page.items.len();
                if looked_at > MAX_STORE_ROWS {
                    return Err(NoPrint::TooManyBefore);
                }
                let comes = register == Register::Inbound;
                for item in page.items.into_iter().filter(|item| is_of(item, facility)) {
                    let movement = Movement { item, comes };
                    if movement.item.row.day < asked.month {
                        let sum: &mut i64 = opening.entry(movement.item.row.code).or_default();
                        *sum = sum.wrapping_add(movement.signed_g());
                    } else {
                        movements.push(movement);
                    }
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        in_order(&mut movements);
        opening.retain(|_, mass_g| *mass_g != 0);
        Ok(Some((opening, movements)))
    }
}

fn is_of(item: &RegisterItem, facility: &str) -> bool {
    let said = item.said.as_ref().and_then(|said| said.facility.as_deref());
    item.row.measure.is_none() && said == Some(facility)
}

fn in_order(movements: &mut [Movement]) {
    movements.sort_by_key(|movement| {
        let row = &movement.item.row;
        (row.day, row.index, row.n, !movement.comes)
    });
}

/// Balances at the beginning, every movement with the balance after it, and balances at the end.
fn rows_of(opening: BTreeMap<WasteCode, i64>, movements: &[Movement]) -> Vec<Row> {
    let mut balances = opening;
    let balance_row = |name: &str, (code, mass_g): (&WasteCode, &i64)| Row {
        cells: [name, &code.to_string(), "", "", "", "", &kilograms(*mass_g), "", ""]
            .map(str::to_owned)
            .to_vec(),
        strong: true,
    };
    let mut rows: Vec<Row> = balances.iter().map(|of| balance_row("期初结存 Opening", of)).collect();
    for movement in movements {
        let row = &movement.item.row;
        let balance = balances.entry(row.code).or_default();
        *balance = balance.wrapping_add(movement.signed_g());
        let mass = kilograms(row.mass_g);
        let through_door = if movement.comes { "入库" } else { "出库" };
        let way = row.measure.map_or(through_door, |measure| measure_words(measure).0);
        let other = movement.item.other.as_ref().map(|name| name.name.clone()).unwrap_or_default();
        let manifest = movement.item.number.clone().unwrap_or_default();
        let waste = movement.item.waste.map(|waste| waste.description.clone()).unwrap_or_default();
        let lot = row.lot_code.clone().unwrap_or_else(|| row.lot.to_string());
        let (comes, goes) = if movement.comes { (mass, String::new()) } else { (String::new(), mass) };
        let with = if manifest.is_empty() { other } else { format!("{manifest} {other}") };
        rows.push(Row {
            cells: vec![
                row.day.to_string(),
                row.code.to_string(),
                waste,
                lot,
                comes,
                goes,
                kilograms(*balance),
                way.to_owned(),
                with,
            ],
            strong: false,
        });
    }
    rows.extend(balances.iter().map(|of| balance_row("期末结存 Closing", of)));
    rows
}

fn empty() -> Table {
    let columns = [
        ("日期", "Day", false),
        ("废物代码", "Code", false),
        ("废物名称", "Waste", false),
        ("批次编码", "Batch", false),
        ("入库（kg）", "In (kg)", true),
        ("出库（kg）", "Out (kg)", true),
        ("结存（kg）", "Balance (kg)", true),
        ("方式", "How", false),
        ("联单与对方单位", "Manifest, other party", false),
    ];
    Table {
        title: Name::new("危险废物贮存出入库月台账", "Ledger of a store of hazardous waste, by month"),
        facts: Vec::new(),
        columns: columns.into_iter().map(|(zh, en, is_figure)| (Name::new(zh, en), is_figure)).collect(),
        rows: Vec::new(),
        notes: vec![
            "结存按废物代码逐行累计；本表由账本记录自动汇总，核验码为本表内容 SHA-256 摘要的开头。".to_owned(),
            "Balances run by waste code. Computed from the ledger; the code is the beginning of the SHA-256 of what the table says.".to_owned(),
        ],
        link: String::new(),
        code: String::new(),
        again: false,
        invented: false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn months_have_one_spelling_and_an_end() {
        let month = |text: &str| StoreAsked::month_named(text);
        let asked = |text: &str| StoreAsked {
            site: SiteId::from_uuid(crate::id::derived(&[b"site"])),
            facility: None,
            month: month(text).unwrap(),
        };
        assert_eq!(asked("2026-02").last_day().to_string(), "2026-02-28");
        assert_eq!(asked("2026-12").last_day().to_string(), "2026-12-31");
        for wrong in ["2026-13", "2026-6", "26-06", "2026-06-01", "", "2026年6"] {
            assert_eq!(month(wrong), None, "{wrong}");
        }
    }
}
