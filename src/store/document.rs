//! Imported documents and the figures of their lines.

use super::log::signed;
use super::{ColType, ReadTx, Row, Sql, StoreError, Table, WriteTx, params};
use crate::custody::{Recorded, Statement};
use crate::exchange::us_lines;

const DOCUMENT: Table = Table {
    name: "document",
    columns: &[
        ("document", ColType::Uuid),
        ("idx", ColType::I64),
        ("importer", ColType::Text),
        ("profile", ColType::Text),
        ("source", ColType::Text),
        ("number", ColType::Text),
    ],
    key: &["document"],
};

const LINE: Table = Table {
    name: "document_line",
    columns: &[
        ("document", ColType::Uuid),
        ("row", ColType::I64),
        ("line", ColType::I64),
        ("unit", ColType::Text),
        ("quantity_milli", ColType::I64),
        ("mass_g", ColType::I64),
        ("volume_ml", ColType::I64),
    ],
    key: &["document", "row"],
};

/// Write the documents a batch imported, with the figures of their lines; those that only stand as evidence are left out.
pub async fn save<'a>(
    tx: &mut WriteTx,
    recorded: impl Iterator<Item = &'a Recorded>,
) -> Result<(), StoreError> {
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    for event in recorded.filter(|event| event.verdict.moves()) {
        let Statement::DocumentImported(document) = &event.event.statement else { continue };
        rows.push(params![
            document.document.as_uuid(),
            signed(event.index),
            event.event.party.to_string(),
            document.profile.to_string(),
            document.source.to_string(),
            document.number.to_string()
        ]);
        if &*document.profile == "us" && &*document.media == us_lines::MEDIA {
            // Content that is not what it says has no figures; the document itself is kept.
            let read = us_lines::rows(&document.content).unwrap_or_default();
            lines.extend(read.into_iter().map(|line| {
                params![
                    document.document.as_uuid(),
                    line.row,
                    line.line,
                    line.unit,
                    line.quantity_milli,
                    line.mass_g,
                    line.volume_ml
                ]
            }));
        }
    }
    tx.insert_many(&DOCUMENT, rows).await?;
    tx.insert_many(&LINE, lines).await?;
    Ok(())
}

/// Totals of the imported lines of one unit. Lines without a figure are counted and not summed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitTotal {
    /// The unit as written.
    pub unit: String,
    /// Number of lines.
    pub lines: i64,
    /// Sum of quantities in thousandths of the unit.
    pub quantity_milli: i64,
    /// Sum of masses in grams, each line rounded by itself; `None` for a volume.
    pub mass_g: Option<i64>,
    /// Sum of volumes in millilitres, each line rounded by itself; `None` for a mass.
    pub volume_ml: Option<i64>,
}

/// Totals of all imported lines per unit, by unit.
pub async fn totals(tx: &mut ReadTx) -> Result<Vec<UnitTotal>, StoreError> {
    const SQL: Sql = Sql::both(
        "select unit, count(*) as n, cast(coalesce(sum(quantity_milli), 0) as bigint) as quantity_milli,
                cast(sum(mass_g) as bigint) as mass_g, cast(sum(volume_ml) as bigint) as volume_ml
           from document_line group by unit",
    );
    let rows = tx.fetch_all(&SQL, params![]).await?;
    let mut totals: Vec<UnitTotal> = rows.iter().map(total_of).collect::<Result<_, _>>()?;
    totals.sort_unstable_by(|a, b| a.unit.cmp(&b.unit));
    Ok(totals)
}

fn total_of(row: &Row) -> Result<UnitTotal, StoreError> {
    Ok(UnitTotal {
        unit: row.text("unit")?,
        lines: row.i64("n")?,
        quantity_milli: row.i64("quantity_milli")?,
        mass_g: row.opt_i64("mass_g")?,
        volume_ml: row.opt_i64("volume_ml")?,
    })
}
