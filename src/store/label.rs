//! Labels on containers, as folded.

use chrono::NaiveDate;

use super::books::{from_json, to_json};
use super::label_block::day_of;
use super::log::{signed, unsigned};
use super::{ColType, Param, ReadTx, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::{LabelCode, Uscc, WasteCode};
use crate::custody::books::{Books, Shelves};
use crate::custody::label::LabelState;
use crate::custody::shelf::Shelf;
use crate::id::LabelId;

pub(super) const LABEL: Table = Table {
    name: "label",
    columns: &[
        ("label", ColType::Uuid),
        ("first_idx", ColType::I64),
        ("text", ColType::Text),
        ("party", ColType::Text),
        ("code", ColType::Text),
        ("on_day", ColType::I64),
        ("serial", ColType::I64),
        ("snapshot", ColType::Text),
    ],
    key: &["label"],
};

/// Bring the shelves of these labels, whose names are given as parameters.
pub(super) async fn load(tx: &mut ReadTx, books: &mut Books, labels: Vec<Param>) -> Result<(), StoreError> {
    const SQL: SqlIn = SqlIn::new("select label, snapshot from label where label in ({keys})");
    for row in tx.fetch_in(&SQL, labels, params![]).await? {
        let shelf: Shelf<LabelState> = from_json(&row, "snapshot")?;
        books.put_label(LabelId::from_uuid(row.uuid("label")?), shelf);
    }
    Ok(())
}

/// Write back labels that a batch changed.
pub(super) async fn save(tx: &mut WriteTx, labels: &Shelves<LabelId, LabelState>) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(labels.len());
    for (id, shelf) in labels {
        let code = shelf.state.text.parse::<LabelCode>().ok();
        rows.push(params![
            id.as_uuid(),
            signed(shelf.first_index.unwrap_or_default()),
            shelf.state.text.clone(),
            code.map(|code| code.uscc().to_string()),
            code.map(|code| code.code().to_string()),
            code.map(|code| day_of(code.on())),
            code.map(|code| i64::from(code.serial())),
            to_json("label", shelf)?
        ]);
    }
    tx.upsert_many(&LABEL, rows).await.map(drop)
}

/// One label's shelf, as folded.
pub async fn label(tx: &mut ReadTx, id: LabelId) -> Result<Option<Shelf<LabelState>>, StoreError> {
    const SQL: Sql = Sql::both("select snapshot from label where label = $1");
    tx.fetch_optional(&SQL, params![id.as_uuid()]).await?.map(|row| from_json(&row, "snapshot")).transpose()
}

/// The highest serial number that a party itself put on a container, among its labels of a waste code and day; 0 for none.
pub async fn last_serial(
    tx: &mut ReadTx,
    party: Uscc,
    code: WasteCode,
    on: NaiveDate,
) -> Result<u64, StoreError> {
    const SQL: Sql = Sql::both(
        "select coalesce(max(l.serial), 0) as n from label l
          where l.party = $1 and l.code = $2 and l.on_day = $3
            and exists (select 1 from container c where c.label = l.label and c.party = $1)",
    );
    let values = params![party.to_string(), code.to_string(), day_of(on)];
    unsigned(&tx.fetch_one(&SQL, values).await?, "n")
}
