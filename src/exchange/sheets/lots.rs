//! Batches that arose: each row a lot at one of the signer's own sites.

use serde_json::json;

use super::{Asked, Desk, code, mass, moment, own_site, statement};
use crate::custody::Kind;
use crate::exchange::table::{CellError, Cells, Column, Table, words};

pub(super) const COLUMNS: [Column; 7] = [
    Column::wanted("site", "产生场所"),
    Column::wanted("code", "废物代码"),
    Column::wanted("mass", "数量"),
    Column::wanted("unit", "计量单位"),
    Column::wanted("time", "产生时间"),
    Column::optional("facility", "产生环节"),
    Column::optional("label", "标签码"),
];

pub(super) fn read(table: &Table, desk: &mut Desk<'_>) -> (Vec<Asked>, Vec<CellError>) {
    let (mut asked, mut errors) = (Vec::new(), Vec::new());
    for mut cells in table.rows() {
        asked.extend(lot(&mut cells, desk));
        errors.append(&mut cells.errors);
    }
    (asked, errors)
}

fn lot(cells: &mut Cells<'_>, desk: &mut Desk<'_>) -> Option<Asked> {
    let site = cells.wanted(0, |text| own_site(text, desk));
    let code = cells.wanted(1, code);
    let unit = cells.wanted(3, |text| Ok(text.to_owned()));
    let quantity = cells.wanted(2, |text| mass(text, unit.as_deref().unwrap_or("kg")));
    let at = cells.wanted(4, |text| moment(text, desk.zone));
    let facility = cells.optional(5, words::<100>);
    let label = cells.optional(6, words::<64>);
    if !cells.errors.is_empty() {
        return None;
    }
    let lot = (desk.new_id)()?;
    let mut one = json!({ "lot": lot, "code": code?, "quantity": quantity? });
    if let Some(label) = label {
        one["containers"] = json!([{ "container": (desk.new_id)()?, "label": label }]);
    }
    let mut data = json!({ "site": site?, "lots": [one] });
    if let Some(facility) = facility {
        data["facility"] = json!(facility);
    }
    match statement(Kind::WasteGenerated, &data) {
        Ok(statement) => Some(Asked { rows: vec![cells.row], statement, occurred_at: at }),
        Err((zh, en)) => {
            cells.wrong_row(zh, en);
            None
        }
    }
}
