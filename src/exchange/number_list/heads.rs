//! Which column is which, by what stands above it, in Chinese or English.

use std::collections::BTreeMap;

use super::fault::SheetFault;
use super::plain;
use super::sheet::Sheet;
use crate::catalogue::{Catalogue, Dimension, Unit};

/// Rows in which heads are looked for; titles may stand above them.
const MAX_TITLE_ROWS: usize = 10;
/// The system of units that Chinese lists are written in.
const UNITS: &str = "cn";

/// What a column says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Column {
    Number,
    Consignor,
    Consignee,
    Code,
    Mass,
    Unit,
    Day,
}

/// Every column and what may stand above it, without blanks, underscores and what is in brackets.
const NAMES: [(Column, &[&str]); 7] = [
    (
        Column::Number,
        &["联单编号", "联单号", "转移联单编号", "国家联单编号", "number", "manifestnumber", "manifestno"],
    ),
    (Column::Consignor, &["移出单位", "移出人", "移出单位代码", "移出单位统一社会信用代码", "consignor"]),
    (
        Column::Consignee,
        &[
            "接受单位",
            "接收单位",
            "接受人",
            "接受单位代码",
            "接收单位代码",
            "接受单位统一社会信用代码",
            "consignee",
        ],
    ),
    (Column::Code, &["废物代码", "危险废物代码", "危废代码", "code", "wastecode"]),
    (Column::Mass, &["数量", "转移量", "转移数量", "重量", "mass", "quantity", "weight"]),
    (Column::Unit, &["单位", "计量单位", "unit"]),
    (Column::Day, &["日期", "转移日期", "移出日期", "转移时间", "移出时间", "date", "day"]),
];

/// Where the columns are.
#[derive(Debug)]
pub(super) struct Heads {
    /// The row they stand in.
    pub(super) row: u32,
    /// Place from the left, and what stands above, as it is written.
    places: BTreeMap<Column, (usize, String)>,
    /// The unit that stands above the masses.
    pub(super) unit: Option<&'static Unit>,
}

impl Heads {
    /// The heads of a sheet: the first row that names numbers and masses.
    pub(super) fn find(sheet: &Sheet) -> Result<Heads, Vec<SheetFault>> {
        for (row, cells) in sheet.rows().take(MAX_TITLE_ROWS) {
            let heads = Self::read(row, cells)?;
            let is_there = |column| heads.places.contains_key(column);
            if [Column::Number, Column::Mass].iter().all(is_there) {
                return heads.with_unit();
            }
        }
        let (zh, en) = (
            "前十行没有同时含「联单编号」和「数量」的表头",
            "no row of the first ten names both a column number and a column mass",
        );
        Err(vec![SheetFault::whole("sheet-heads", zh, en)])
    }

    fn read(row: u32, cells: &[String]) -> Result<Heads, Vec<SheetFault>> {
        let mut heads = Heads { row, places: BTreeMap::new(), unit: None };
        for (place, cell) in cells.iter().enumerate() {
            let (name, bracket) = parted(cell);
            let Some((column, _)) = NAMES.iter().find(|(_, names)| names.contains(&name.as_str())) else {
                continue;
            };
            if *column == Column::Mass {
                heads.unit = bracket.and_then(|code| unit(&code));
            }
            if heads.places.insert(*column, (place, cell.clone())).is_some() {
                let (zh, en) = ("这一栏出现了两次", "this column is there twice");
                return Err(vec![SheetFault::cell("sheet-column-twice", row, cell, zh, en)]);
            }
        }
        Ok(heads)
    }

    fn with_unit(self) -> Result<Heads, Vec<SheetFault>> {
        if self.unit.is_some() || self.places.contains_key(&Column::Unit) {
            return Ok(self);
        }
        let (zh, en) = (
            "没有计量单位：请写在表头，如「数量（吨）」，或另设「单位」一栏",
            "no unit: write it above, as in \"mass (kg)\", or give it a column of its own",
        );
        Err(vec![SheetFault::cell("sheet-unit", self.row, self.name(Column::Mass), zh, en)])
    }

    /// The text of a column in a row; empty where the list has no such column.
    pub(super) fn text(&self, column: Column, cells: &[String]) -> String {
        let cell = self.places.get(&column).and_then(|(place, _)| cells.get(*place));
        cell.map(|cell| plain(cell)).unwrap_or_default()
    }

    /// True when the list has the column.
    pub(super) fn has(&self, column: Column) -> bool {
        self.places.contains_key(&column)
    }

    /// What stands above a column.
    pub(super) fn name(&self, column: Column) -> &str {
        self.places.get(&column).map_or("", |(_, name)| name)
    }
}

/// A unit of mass by its code.
pub(in crate::exchange) fn unit(code: &str) -> Option<&'static Unit> {
    let catalogue = Catalogue::embedded();
    let known = catalogue.unit(UNITS, code).or_else(|| catalogue.unit(UNITS, &code.to_lowercase()));
    known.filter(|unit| unit.dimension == Dimension::Mass)
}

/// A head without blanks and underscores, in small letters, and what stands in brackets behind it.
fn parted(head: &str) -> (String, Option<String>) {
    let head: String = plain(head).chars().filter(|c| !c.is_whitespace() && *c != '_' && *c != '*').collect();
    match head.split_once('(') {
        Some((name, rest)) => (name.to_lowercase(), Some(rest.trim_end_matches(')').to_owned())),
        None => (head.to_lowercase(), None),
    }
}
