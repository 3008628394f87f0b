//! Shipments that are planned: each row a waste line. Rows that bear one business key are lines of one manifest, and say the same of it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Asked, Desk, code, mass, moment, own_site, statement};
use crate::catalogue::{TreatmentCode, Uscc};
use crate::custody::Kind;
use crate::exchange::table::{CellError, Cells, Column, Table, Why, parsed, words};
use crate::id::SiteId;

pub(super) const COLUMNS: [Column; 14] = [
    Column::optional("erp_no", "业务编号"),
    Column::wanted("site", "移出场所"),
    Column::wanted("consignee", "接受单位代码"),
    Column::wanted("consignee_site", "接受场所编号"),
    Column::wanted("carrier", "承运单位代码"),
    Column::wanted("code", "废物代码"),
    Column::optional("name", "废物名称"),
    Column::optional("form", "形态"),
    Column::optional("packaging", "包装方式"),
    Column::optional("containers", "容器数量"),
    Column::wanted("mass", "计划数量"),
    Column::wanted("unit", "计量单位"),
    Column::wanted("treatment", "处置方式"),
    Column::wanted("departure", "计划移出时间"),
];
/// What a party is named by.
const NO_PARTY: &str = "不是统一社会信用代码";
/// When it shall arrive: the same day, where nobody says otherwise.
const ARRIVAL_HOURS: i64 = 12;

const FORMS: [(&str, &str); 4] =
    [("solid", "固态"), ("semi-solid", "半固态"), ("liquid", "液态"), ("gas", "气态")];
const PACKAGINGS: [(&str, &str); 6] =
    [("drum", "桶"), ("bag", "袋"), ("box", "箱"), ("tank", "罐"), ("bulk", "散装"), ("other", "其他")];

/// What the rows of one manifest say of it, and its lines.
struct Planned {
    rows: Vec<u32>,
    head: Value,
    lines: Vec<Value>,
    is_whole: bool,
}

pub(super) fn read(table: &Table, desk: &mut Desk<'_>) -> (Vec<Asked>, Vec<CellError>) {
    let (mut planned, mut keyed): (Vec<Planned>, BTreeMap<String, usize>) = (Vec::new(), BTreeMap::new());
    let mut errors = Vec::new();
    for mut cells in table.rows() {
        let row = row(&mut cells, desk);
        let key = cells.text(0).to_owned();
        let place = if key.is_empty() { None } else { keyed.get(&key).copied() };
        match (row, place) {
            (Some((head, line)), Some(place)) => add(&mut planned[place], &mut cells, &head, line),
            (None, Some(place)) => planned[place].is_whole = false,
            (row, None) => {
                if !key.is_empty() {
                    keyed.insert(key, planned.len());
                }
                let is_whole = row.is_some();
                let (head, line) = row.unwrap_or_default();
                planned.push(Planned { rows: vec![cells.row], head, lines: vec![line], is_whole });
            }
        }
        errors.append(&mut cells.errors);
    }
    let whole = planned.into_iter().filter(|planned| planned.is_whole);
    let asked = whole.filter_map(|planned| registered(planned, desk, &mut errors)).collect();
    (asked, errors)
}

/// Another row of a manifest that has one already.
fn add(planned: &mut Planned, cells: &mut Cells<'_>, head: &Value, line: Value) {
    if planned.is_whole && planned.head != *head {
        let first = planned.rows.first().copied().unwrap_or_default();
        cells.wrong(
            0,
            &format!("与第 {first} 行同一业务编号，但场所、单位或时间不一致"),
            &format!("row {first} has the same key, and other sites, parties or times"),
        );
        planned.is_whole = false;
    }
    planned.rows.push(cells.row);
    planned.lines.push(line);
}

/// What a row says of its manifest, and its line.
fn row(cells: &mut Cells<'_>, desk: &Desk<'_>) -> Option<(Value, Value)> {
    let erp_no = cells.optional(0, words::<64>);
    let site = cells.wanted(1, |text| own_site(text, desk));
    let consignee = cells.wanted(2, parsed::<Uscc>(NO_PARTY));
    let consignee_site = cells.wanted(3, parsed::<SiteId>("不是场所编号（UUID）"));
    let carrier = cells.wanted(4, parsed::<Uscc>(NO_PARTY));
    let departure = cells.wanted(13, |text| moment(text, desk.zone));
    let line = line(cells);
    if !cells.errors.is_empty() {
        return None;
    }
    let departure = departure?;
    let mut head = json!({
        "site": site?,
        "consignee": { "party": consignee?, "site": consignee_site? },
        "legs": [{ "carrier": carrier?, "mode": "vehicle" }],
        "planned_departure": departure,
        "planned_arrival": departure.plus_hours(ARRIVAL_HOURS),
    });
    if let Some(erp_no) = erp_no {
        head["erp_no"] = json!(erp_no);
    }
    Some((head, line?))
}

fn line(cells: &mut Cells<'_>) -> Option<Value> {
    let code = cells.wanted(5, code);
    let name = cells.optional(6, words::<100>);
    let form = cells.optional(7, |text| word(text, &FORMS));
    let packaging = cells.optional(8, |text| word(text, &PACKAGINGS));
    let containers = cells.optional(9, parsed::<u16>("不是容器个数"));
    let unit = cells.wanted(11, |text| Ok(text.to_owned()));
    let planned = cells.wanted(10, |text| mass(text, unit.as_deref().unwrap_or("kg")));
    let treatment = cells.wanted(12, parsed::<TreatmentCode>("不是利用处置方式代码，应类似 D10"));
    let mut line = json!({ "code": code?, "planned": planned?, "treatment": treatment? });
    for (name, said) in [
        ("name", name.map(|name| json!(name))),
        ("form", form.map(|form| json!(form))),
        ("packaging", packaging.map(|packaging| json!(packaging))),
        ("containers", containers.map(|containers| json!(containers))),
    ] {
        if let Some(said) = said {
            line[name] = said;
        }
    }
    Some(line)
}

fn word(text: &str, known: &[(&'static str, &str)]) -> Result<&'static str, Why> {
    let found = known.iter().find(|(en, zh)| *en == text || *zh == text).map(|(en, _)| *en);
    found.ok_or_else(|| {
        let (en, zh): (Vec<&str>, Vec<&str>) = known.iter().copied().unzip();
        let en = format!("{text:?} is none of {}", en.join(", "));
        Why::new(format!("“{text}”不是{}之一", zh.join("、")), en)
    })
}

fn registered(planned: Planned, desk: &mut Desk<'_>, errors: &mut Vec<CellError>) -> Option<Asked> {
    let mut data = planned.head;
    data["manifest"] = json!((desk.new_id)()?);
    let numbered = (1..).zip(planned.lines).map(|(number, mut line)| {
        line["line"] = json!(number);
        line
    });
    data["lines"] = Value::Array(numbered.collect());
    match statement(Kind::ManifestRegistered, &data) {
        Ok(statement) => Some(Asked { rows: planned.rows, statement, occurred_at: None }),
        Err((zh, en)) => {
            let row = planned.rows.first().copied().unwrap_or_default();
            errors.push(CellError { row, column: "", zh, en });
            None
        }
    }
}
