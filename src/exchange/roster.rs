//! A sheet of firms, as an authority keeps one: each row a site, read into registrations that somebody still has to sign.
//!
//! The first row names the columns, in Chinese or English, in any order. Rows of one credit code are sites of one firm.

use std::collections::{BTreeMap, BTreeSet};

use super::number_list::{SheetFault, sheet};
use serde_json::{Value, json, value::RawValue};

use crate::catalogue::{Division, UnitClass, Uscc};
use crate::custody::{Kind, Statement};
use crate::id::{SiteId, derived};
use crate::shape::Text;

/// A column of a sheet: its English and Chinese names, and whether the sheet must have it.
pub type Column = (&'static str, &'static str, bool);

/// The columns; where one must be, each row must say something in it.
pub const COLUMNS: [Column; 7] = [
    ("uscc", "统一社会信用代码", true),
    ("name", "单位名称", true),
    ("kinds", "单位类型", true),
    ("division", "行政区划代码", true),
    ("site", "场所名称", false),
    ("year", "年度", false),
    ("class", "管理类别", false),
];
/// What a firm may be, with its Chinese word.
const KINDS: [(&str, &str); 5] = [
    ("producer", "产生单位"),
    ("operator", "经营单位"),
    ("carrier", "承运人"),
    ("authority", "主管部门"),
    ("other", "其他"),
];
/// Classes of units (HJ 1259-2022), with their Chinese words.
const CLASSES: [(&str, &str, UnitClass); 3] = [
    ("key", "重点", UnitClass::Key),
    ("simplified", "简化", UnitClass::Simplified),
    ("registered", "登记", UnitClass::Registered),
];

/// What is wrong in one cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellError {
    /// Row as a spreadsheet counts it: the head is row 1. 0: the sheet as a whole.
    pub row: u32,
    /// English name of the column; empty for the row or the sheet as a whole.
    pub column: &'static str,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// The registrations that a sheet asks for, each firm before its sites; or everything that is wrong in it. The sheet is the first of an
/// XLSX, or a CSV in UTF-8.
pub fn read(bytes: &[u8]) -> Result<Vec<Statement>, Vec<CellError>> {
    let table = sheet::read(bytes).map_err(|fault| {
        let SheetFault { zh, en, .. } = fault;
        vec![CellError { row: 0, column: "", zh, en }]
    })?;
    let mut rows = table.rows();
    let head = rows.next().map_or(&[][..], |(_, head)| head);
    let places = places(&COLUMNS, head.iter().map(String::as_str))?;
    let (mut sheet, mut errors) = (Sheet::default(), Vec::new());
    for (row, cells) in rows {
        let cell = |n: usize| places[n].and_then(|place| cells.get(place)).map_or("", String::as_str);
        match (Cells { row, cell: &cell }).firm() {
            Ok(firm) => errors.extend(sheet.add(row, firm)),
            Err(wrong) => errors.extend(wrong),
        }
    }
    if errors.is_empty() { Ok(sheet.statements) } else { Err(errors) }
}

/// Where each of these columns stands in a sheet with this head.
pub(super) fn places<'a, const N: usize>(
    columns: &[Column; N],
    head: impl Iterator<Item = &'a str>,
) -> Result<[Option<usize>; N], Vec<CellError>> {
    let head: Vec<&str> = head.collect();
    let place = |(en, zh, _): Column| head.iter().position(|name| *name == en || *name == zh);
    let places = columns.map(place);
    let missing = columns.iter().zip(places).filter(|((.., wanted), place)| *wanted && place.is_none());
    let missing: Vec<CellError> = missing
        .map(|((column, name, _), _)| CellError {
            row: 1,
            column,
            zh: format!("缺少“{name}”一列"),
            en: format!("the column {column:?} is missing"),
        })
        .collect();
    if missing.is_empty() { Ok(places) } else { Err(missing) }
}

/// One row, read.
struct Firm {
    party: Uscc,
    registered: Value,
    site: Option<Value>,
}

/// The cells of one row, by the place of their column in [`COLUMNS`].
struct Cells<'a> {
    row: u32,
    cell: &'a dyn Fn(usize) -> &'a str,
}

impl Cells<'_> {
    /// The firm and site of the row, or everything that is wrong in it.
    fn firm(&self) -> Result<Firm, Vec<CellError>> {
        let mut errors = Vec::new();
        let party = self.read(0, &mut errors, |text| text.parse::<Uscc>().map_err(|error| error.to_string()));
        let name = self.read(1, &mut errors, |text| Text::<100>::new(text));
        let kinds = self.read(2, &mut errors, kinds);
        let division =
            self.read(3, &mut errors, |text| text.parse::<Division>().map_err(|error| error.to_string()));
        let site = self.optional(4, &mut errors, |text| Text::<100>::new(text));
        let year =
            self.optional(5, &mut errors, |text| text.parse::<u16>().map_err(|error| error.to_string()));
        let class = self.optional(6, &mut errors, class);
        if class.is_some() != year.is_some() {
            errors.push(self.wrong(6, "管理类别与年度须一并填写", "class and year go together"));
        }
        let (Some(party), Some(name), Some(kinds), Some(division), true) =
            (party, name, kinds, division, errors.is_empty())
        else {
            return Err(errors);
        };
        let classes: Vec<Value> = year
            .zip(class)
            .map(|(year, class)| json!({ "year": year, "class": class }))
            .into_iter()
            .collect();
        let site = site.map(|site| {
            let id = derived(&[b"liandan/roster-site/v1", party.as_str().as_bytes(), site.as_bytes()]);
            json!({ "site": SiteId::from_uuid(id), "party": party, "name": site, "division": division.to_string(), "classes": classes })
        });
        let registered =
            json!({ "party": party, "name": name, "kinds": kinds, "division": division.to_string() });
        Ok(Firm { party, registered, site })
    }

    fn read<T>(
        &self,
        column: usize,
        errors: &mut Vec<CellError>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        if (self.cell)(column).is_empty() {
            errors.push(self.wrong(column, "不能为空", "must not be empty"));
            return None;
        }
        self.optional(column, errors, parse)
    }

    fn optional<T>(
        &self,
        column: usize,
        errors: &mut Vec<CellError>,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let text = Some((self.cell)(column)).filter(|text| !text.is_empty())?;
        parse(text).map_err(|why| errors.push(self.wrong(column, &format!("无法读取：{why}"), &why))).ok()
    }

    fn wrong(&self, column: usize, zh: &str, en: &str) -> CellError {
        let (column, name, _) = COLUMNS[column];
        CellError { row: self.row, column, zh: format!("{name}：{zh}"), en: format!("{column}: {en}") }
    }
}

/// What was read so far.
#[derive(Default)]
struct Sheet {
    statements: Vec<Statement>,
    firms: BTreeMap<Uscc, (u32, Value)>,
    sites: BTreeSet<String>,
}

impl Sheet {
    /// Take a row in; gives what contradicts an earlier one.
    fn add(&mut self, row: u32, firm: Firm) -> Option<CellError> {
        if let Some((first, known)) = self.firms.get(&firm.party) {
            if *known != firm.registered {
                return Some(CellError {
                    row,
                    column: "uscc",
                    zh: format!("与第 {first} 行同一单位的名称、类型或行政区划不一致"),
                    en: format!("name, kinds or division differ from those of the same firm in row {first}"),
                });
            }
        } else {
            self.statements.extend(statement(Kind::PartyRegistered, &firm.registered));
            self.firms.insert(firm.party, (row, firm.registered));
        }
        let site = firm.site?;
        if !self.sites.insert(site["site"].to_string()) {
            let (zh, en) =
                ("同一单位的场所名称重复".to_owned(), "the firm has a site of this name already".to_owned());
            return Some(CellError { row, column: "site", zh, en });
        }
        let made = statement(Kind::SiteRegistered, &site);
        let is_read = made.is_some();
        self.statements.extend(made);
        let (zh, en) = (
            "场所无法登记：请检查年度".to_owned(),
            "the site cannot be registered: look at the year".to_owned(),
        );
        (!is_read).then_some(CellError { row, column: "year", zh, en })
    }
}

/// A payload as events parse it; every limit is theirs.
fn statement(kind: Kind, data: &Value) -> Option<Statement> {
    let data = RawValue::from_string(data.to_string()).ok()?;
    Statement::parse(kind, 1, &data).ok()
}

fn kinds(text: &str) -> Result<Vec<&'static str>, String> {
    let words = text.split([',', '，', '、', ';', '；', ' ']).filter(|word| !word.is_empty());
    let kind = |word: &str| {
        let known = KINDS.iter().find(|(en, zh)| *en == word || *zh == word).map(|(en, _)| *en);
        known.ok_or_else(|| format!("{word:?} is none of producer, operator, carrier, authority, other"))
    };
    let kinds: BTreeSet<&str> = words.map(kind).collect::<Result<_, _>>()?;
    Ok(kinds.into_iter().collect())
}

fn class(text: &str) -> Result<UnitClass, String> {
    let known = CLASSES.iter().find(|(en, zh, _)| *en == text || text.starts_with(zh));
    known.map(|(.., class)| *class).ok_or_else(|| format!("{text:?} is none of key, simplified, registered"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HEAD: &str = "\u{feff}统一社会信用代码,单位名称,单位类型,行政区划代码,场所名称,年度,管理类别\n";

    fn sheet(rows: &str) -> Result<Vec<Statement>, Vec<CellError>> {
        read(format!("{HEAD}{rows}").as_bytes())
    }

    #[test]
    fn rows_of_one_firm_are_its_sites() {
        let read = sheet(
            "91350100M000100Y43,甲厂,产生单位、经营单位,371302,一车间,2026,重点监管\n91350100M000100Y43,甲厂,operator producer,371302,二车间,,\n91130200699229617X,\"<乙> & Co\",carrier,371311,,,\n",
        )
        .unwrap();
        let kinds: Vec<Kind> = read.iter().map(Statement::kind).collect();
        assert_eq!(
            kinds,
            [Kind::PartyRegistered, Kind::SiteRegistered, Kind::SiteRegistered, Kind::PartyRegistered]
        );
        let Statement::SiteRegistered(site) = &read[1] else { panic!("no site") };
        assert_eq!((site.classes[0].year, site.classes[0].class), (2026, UnitClass::Key));
    }

    #[test]
    fn everything_wrong_is_said_at_once_with_row_and_column() {
        let errors = sheet(
            "9135,,farmer,37130,一车间,2026,\n91350100M000100Y43,甲厂,producer,371302,一,2026,key\n91350100M000100Y43,乙厂,producer,371302,二,,\n91350100M000100Y43,甲厂,producer,371302,一,,\n91130200699229617X,丙,carrier,371311,三,99,key\n",
        )
        .unwrap_err();
        let places: Vec<(u32, &str)> = errors.iter().map(|error| (error.row, error.column)).collect();
        assert_eq!(
            places,
            [
                (2, "uscc"),
                (2, "name"),
                (2, "kinds"),
                (2, "division"),
                (2, "class"),
                (4, "uscc"),
                (5, "site"),
                (6, "year")
            ]
        );
        assert_eq!(read("uscc,name\n".as_bytes()).unwrap_err().len(), 2);
        assert_eq!(read("".as_bytes()).unwrap_err().len(), 4);
    }

    #[test]
    fn a_workbook_says_the_same_as_its_csv() {
        let rows = [
            ["uscc", "name", "kinds", "division", "site", "year", "class"],
            ["91350100M000100Y43", "甲厂", "producer", "371302", "一车间", "2026", "key"],
        ];
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        for (row, cells) in (0..).zip(rows) {
            for (column, cell) in (0..).zip(cells) {
                // What people type as a number stands as one.
                match cell.parse::<u32>() {
                    Ok(number) => sheet.write_number(row, column, number).unwrap(),
                    Err(_) => sheet.write_string(row, column, cell).unwrap(),
                };
            }
        }
        let csv = rows.map(|cells| cells.join(",")).join("\n");
        assert_eq!(read(&book.save_to_buffer().unwrap()), read(csv.as_bytes()));
        assert_eq!(read(csv.as_bytes()).unwrap().len(), 2);
        assert_eq!(read(b"PK\x03\x04 no workbook").unwrap_err()[0].row, 0);
    }
}
