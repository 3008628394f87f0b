//! Imported documents and the figures of their lines.

use super::log::signed;
use super::{ColType, ReadTx, Row, Sql, StoreError, Table, WriteTx, params};
use crate::catalogue::Uscc;
use crate::id::DocumentId;

pub(super) const DOCUMENT: Table = Table {
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

pub(super) const LINE: Table = Table {
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

/// The figures of one line of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFigures {
    /// Row in the content, from 1.
    pub row: i64,
    /// Line number as written, if it can be read.
    pub line: Option<i64>,
    /// Unit as written.
    pub unit: String,
    /// Quantity in thousandths of the unit, if it can be read.
    pub quantity_milli: Option<i64>,
    /// Mass in grams, for a unit of mass.
    pub mass_g: Option<i64>,
    /// Volume in millilitres, for a unit of volume.
    pub volume_ml: Option<i64>,
}

/// A document of another system, as it was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Its id.
    pub document: DocumentId,
    /// Log index of the event.
    pub index: u64,
    /// Who attests it.
    pub importer: Uscc,
    /// Profile that judges it.
    pub profile: String,
    /// Source.
    pub source: String,
    /// Its number there.
    pub number: String,
    /// Figures of its lines.
    pub lines: Vec<LineFigures>,
}

/// Write the documents a batch imported.
pub async fn save(tx: &mut WriteTx, documents: &[Imported]) -> Result<(), StoreError> {
    let (mut rows, mut lines) = (Vec::new(), Vec::new());
    for document in documents {
        rows.push(params![
            document.document.as_uuid(),
            signed(document.index),
            document.importer.to_string(),
            document.profile.clone(),
            document.source.clone(),
            document.number.clone()
        ]);
        lines.extend(document.lines.iter().map(|line| {
            params![
                document.document.as_uuid(),
                line.row,
                line.line,
                line.unit.clone(),
                line.quantity_milli,
                line.mass_g,
                line.volume_ml
            ]
        }));
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
