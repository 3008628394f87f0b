//! Sheets that a desk keeps anyway, read into statements that somebody still has to sign: shipments that are planned, batches that arose. A row
//! that cannot be read spoils no other one; what is wrong can be written back into a copy of the sheet.

mod lots;
mod manifests;

use std::collections::BTreeMap;

use chrono::{FixedOffset, NaiveDateTime};
use serde_json::{Value, json, value::RawValue};
use uuid::Uuid;

use super::number_list::{heads, plain};
use super::sheet::{Cell, Sheet, SheetError, SheetForm};
use super::table::{CellError, Column, Table, Why};
use crate::catalogue::{WasteCode, convert};
use crate::clock::Timestamp;
use crate::custody::{Kind, Statement};
use crate::id::SiteId;

/// What a sheet holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SheetKind {
    /// Shipments that are planned (联单): a row each waste line; rows with one business key are one manifest.
    Manifests,
    /// Batches that arose (产生): a row each lot.
    Lots,
}

impl SheetKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Manifests, Self::Lots];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manifests => "manifests",
            Self::Lots => "lots",
        }
    }

    /// Its columns.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Manifests => &manifests::COLUMNS,
            Self::Lots => &lots::COLUMNS,
        }
    }
}

/// What the reading of a sheet depends on beside its bytes.
pub struct Desk<'a> {
    /// The sites of whoever will sign, by name.
    pub sites: &'a BTreeMap<String, SiteId>,
    /// The zone that times without one are written in.
    pub zone: FixedOffset,
    /// Makes ids of version 7 for what the statements name; `None` when it cannot.
    pub new_id: &'a mut dyn FnMut() -> Option<Uuid>,
}

/// One statement that a sheet asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The rows it was read from.
    pub rows: Vec<u32>,
    /// What is to be said.
    pub statement: Statement,
    /// When it happened, where the sheet says it.
    pub occurred_at: Option<Timestamp>,
}

/// What a sheet says.
#[derive(Debug)]
pub struct SheetRead {
    /// The statements of the rows that could be read, in their order.
    pub asked: Vec<Asked>,
    /// Everything that is wrong, by row.
    pub errors: Vec<CellError>,
    table: Table,
}

/// Read a sheet; an error where its columns cannot be found.
pub fn read(kind: SheetKind, bytes: &[u8], desk: &mut Desk<'_>) -> Result<SheetRead, Vec<CellError>> {
    let table = Table::read(bytes, kind.columns())?;
    let (asked, mut errors) = match kind {
        SheetKind::Manifests => manifests::read(&table, desk),
        SheetKind::Lots => lots::read(&table, desk),
    };
    errors.sort_by_key(|error| error.row);
    Ok(SheetRead { asked, errors, table })
}

impl SheetRead {
    /// A copy of the sheet with two columns more: what is wrong in each row, in Chinese and in English.
    pub fn with_errors(&self, form: SheetForm) -> Result<Vec<u8>, SheetError> {
        let mut wrong: BTreeMap<u32, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
        for error in &self.errors {
            let (zh, en) = wrong.entry(error.row).or_default();
            zh.push(&error.zh);
            en.push(&error.en);
        }
        let width = self.table.texts().map(|(_, texts)| texts.len()).max().unwrap_or_default();
        let filled = |texts: &[String]| -> Vec<String> {
            texts.iter().cloned().chain(std::iter::repeat(String::new())).take(width).collect()
        };
        let mut lines = self.table.texts();
        let mut heads = lines.next().map(|(_, head)| filled(head)).unwrap_or_default();
        heads.extend(["错误".to_owned(), "Errors".to_owned()]);
        let rows = lines.map(|(row, texts)| {
            let said = wrong.get(&row).map(|(zh, en)| [zh.join("；"), en.join("; ")]).unwrap_or_default();
            filled(texts).into_iter().chain(said).map(Cell::Text).collect()
        });
        Sheet { name: "Sheet1".to_owned(), heads, rows: rows.collect() }.write(form)
    }
}

/// A payload as events parse it, where it can be one; else what is wrong with it.
fn statement(kind: Kind, data: &Value) -> Result<Statement, (String, String)> {
    let wrong = |zh: String, en: String| (zh, en);
    let data = RawValue::from_string(data.to_string())
        .map_err(|error| wrong(error.to_string(), error.to_string()))?;
    Statement::parse(kind, 1, &data).map_err(|error| {
        wrong(format!("{}（{}）", error.zh, error.pointer), format!("{}: {}", error.pointer, error.message))
    })
}

/// A site of the signer's own, by its name or id.
fn own_site(text: &str, desk: &Desk<'_>) -> Result<SiteId, Why> {
    let named = desk.sites.get(text).copied();
    let by_id = || text.parse().ok().filter(|id| desk.sites.values().any(|own| own == id));
    let unknown = || Why::new(format!("本单位没有场所“{text}”"), format!("there is no own site {text:?}"));
    named.or_else(by_id).ok_or_else(unknown)
}

/// A mass in grams, written in a unit.
fn mass(text: &str, unit: &str) -> Result<Value, Why> {
    let (text, unit) = (plain(text), plain(unit));
    let no_unit = || {
        let en = format!("{unit:?} is no unit of mass; write t or kg, 吨 or 千克");
        Why::new("计量单位应为吨或千克", en)
    };
    let known = heads::unit(&unit).ok_or_else(no_unit)?;
    let converted =
        convert(&text, known).map_err(|error| Why::new("不是普通的十进制数，例如 1.25", error))?;
    if !converted.exact {
        return Err(Why::new("不是整克", "not a whole number of grams"));
    }
    Ok(json!({ "mass_g": converted.amount, "basis": "estimated", "written": text, "unit": unit }))
}

/// `900-041-49` as people type it.
fn code(text: &str) -> Result<WasteCode, Why> {
    WasteCode::parse_loose(text).map_err(|error| Why::new("不是废物代码，应类似 900-041-49", error))
}

/// `2026-03-02 09:20`, `2026/3/2 9:20`, a day alone, or RFC 3339 with an offset.
fn moment(text: &str, zone: FixedOffset) -> Result<Timestamp, Why> {
    let text = plain(text).replace('/', "-");
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let whole = if text.contains(':') { text } else { format!("{text} 00:00") };
    let read = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(&whole, form).ok()?.and_local_timezone(zone).single());
    // Years that no timestamp has are refused as any other text.
    let read = read.and_then(|at| at.to_rfc3339().parse().ok());
    read.ok_or_else(|| Why::new("不是时间，应类似 2026-03-02 09:20", "not a time such as 2026-03-02 09:20"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
