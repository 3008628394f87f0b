//! Reading the rows, and putting those of one number together.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::NaiveDate;

use super::fault::SheetFault;
use super::heads::{Column, Heads, unit};
use super::sheet::Sheet;
use super::{ListedNumber, MAX_FAULTS, NumberList};
use crate::catalogue::{ExternalNumber, NumberForm, Unit, Uscc, WasteCode, convert};

/// What stands in place of a number where a list adds up.
const TOTALS: [&str; 4] = ["合计", "总计", "小计", "total"];

/// Read every row below the heads.
pub(super) fn read(
    sheet: &Sheet,
    heads: &Heads,
    form: &ExternalNumber,
) -> Result<NumberList, Vec<SheetFault>> {
    let mut faults = Vec::new();
    let mut numbers: BTreeMap<String, ListedNumber> = BTreeMap::new();
    let mut count = 0;
    for (row, cells) in sheet.rows().filter(|(row, _)| *row > heads.row) {
        let number = heads.text(Column::Number, cells);
        if TOTALS.contains(&number.to_lowercase().as_str()) {
            continue;
        }
        count += 1;
        let mut reader = RowReader { row, cells, heads, faults: Vec::new() };
        if let Some(listed) = reader.listed(form) {
            reader.faults.extend(add(&mut numbers, listed, heads));
        }
        faults.append(&mut reader.faults);
        if faults.len() >= MAX_FAULTS {
            faults.truncate(MAX_FAULTS);
            break;
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(NumberList { rows: count, numbers: numbers.into_values().collect() })
}

struct RowReader<'a> {
    row: u32,
    cells: &'a [String],
    heads: &'a Heads,
    faults: Vec<SheetFault>,
}

impl RowReader<'_> {
    /// What a row says; `None` when anything in it cannot be read.
    fn listed(&mut self, form: &ExternalNumber) -> Option<ListedNumber> {
        let number = self.heads.text(Column::Number, self.cells).to_uppercase();
        if form.judge(&number) == NumberForm::Irregular {
            let zh = format!("不符合{}的格式 {}", form.zh, form.pattern);
            let en = format!("not a {} of the form {}", form.en, form.pattern);
            self.fault("sheet-number", Column::Number, &zh, &en);
        }
        let mass_g = self.mass_g();
        let code = self.parsed::<WasteCode>(
            Column::Code,
            &hyphenated,
            ("sheet-code", "不是废物代码，应类似 900-041-49", "not a waste code such as 900-041-49"),
        );
        let party = ("sheet-party", "不是统一社会信用代码", "not a unified social credit code");
        let consignor = self.parsed::<Uscc>(Column::Consignor, &str::to_uppercase, party);
        let consignee = self.parsed::<Uscc>(Column::Consignee, &str::to_uppercase, party);
        let day = self.day();
        if !self.faults.is_empty() {
            return None;
        }
        Some(ListedNumber {
            number,
            rows: vec![self.row],
            masses_g: BTreeMap::from([(code, mass_g?)]),
            consignor,
            consignee,
            day,
        })
    }

    fn fault(&mut self, code: &'static str, column: Column, zh: &str, en: &str) {
        self.faults.push(SheetFault::cell(code, self.row, self.heads.name(column), zh, en));
    }

    /// A cell that was filled in, parsed.
    fn parsed<T: std::str::FromStr>(
        &mut self,
        column: Column,
        spell: &dyn Fn(&str) -> String,
        (code, zh, en): (&'static str, &str, &str),
    ) -> Option<T> {
        let text = self.heads.text(column, self.cells);
        if text.is_empty() {
            return None;
        }
        let parsed = spell(&text).parse().ok();
        if parsed.is_none() {
            self.fault(code, column, zh, en);
        }
        parsed
    }

    fn unit(&mut self) -> Option<&'static Unit> {
        if !self.heads.has(Column::Unit) {
            return self.heads.unit;
        }
        let own = self.heads.text(Column::Unit, self.cells);
        let known = if own.is_empty() { self.heads.unit } else { unit(&own) };
        if known.is_none() {
            self.fault(
                "sheet-unit",
                Column::Unit,
                "应为吨或千克",
                "tonnes or kilograms are wanted, 吨 or 千克",
            );
        }
        known
    }

    fn mass_g(&mut self) -> Option<i64> {
        let unit = self.unit()?;
        let text = self.heads.text(Column::Mass, self.cells);
        match convert(&text, unit) {
            Ok(converted) if converted.exact => Some(converted.amount),
            Ok(_) => {
                self.fault("sheet-mass", Column::Mass, "不是整克", "not a whole number of grams");
                None
            }
            Err(error) => {
                let en = error.to_string();
                self.fault("sheet-mass", Column::Mass, "不是普通的十进制数，例如 1.25", &en);
                None
            }
        }
    }

    fn day(&mut self) -> Option<NaiveDate> {
        let text = self.heads.text(Column::Day, self.cells);
        if text.is_empty() {
            return None;
        }
        let day = read_day(&text);
        if day.is_none() {
            let (zh, en) = ("不是日期，应类似 2026-03-02", "not a day such as 2026-03-02");
            self.fault("sheet-day", Column::Day, zh, en);
        }
        day
    }
}

/// `90004149` is `900-041-49`.
fn hyphenated(text: &str) -> String {
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{}-{}-{}", &text[..3], &text[3..6], &text[6..])
    } else {
        text.to_owned()
    }
}

/// `2026-03-02`, `2026/3/2`, `2026年3月2日`, `20260302`, each with a time behind it or without.
fn read_day(text: &str) -> Option<NaiveDate> {
    let text = text.split([' ', 'T']).next().unwrap_or_default();
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return NaiveDate::parse_from_str(text, "%Y%m%d").ok();
    }
    let text = text.replace(['/', '.', '年', '月'], "-");
    NaiveDate::parse_from_str(text.trim_end_matches('日'), "%Y-%m-%d").ok()
}

/// Another row of a number adds a waste to it. What is the same number and waste twice is a fault, and so are two parties or days.
fn add(
    numbers: &mut BTreeMap<String, ListedNumber>,
    listed: ListedNumber,
    heads: &Heads,
) -> Option<SheetFault> {
    let known = match numbers.entry(listed.number.clone()) {
        Entry::Vacant(place) => {
            place.insert(listed);
            return None;
        }
        Entry::Occupied(known) => known.into_mut(),
    };
    let (first, row) = (known.rows[0], listed.rows[0]);
    let is_one =
        known.consignor == listed.consignor && known.consignee == listed.consignee && known.day == listed.day;
    let is_new = listed.masses_g.keys().all(|code| code.is_some() && !known.masses_g.contains_key(code))
        && !known.masses_g.contains_key(&None);
    if !is_one || !is_new {
        let zh = format!("该编号已出现在第 {first} 行，且不是同一联单的另一种废物");
        let en = format!("row {first} has this number, and this is not another waste of the same manifest");
        return Some(SheetFault::cell("sheet-number-twice", row, heads.name(Column::Number), &zh, &en));
    }
    known.rows.push(row);
    known.masses_g.extend(listed.masses_g);
    None
}
