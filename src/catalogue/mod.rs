//! Reference data with validity dates: waste codes, treatments, divisions, units, the calendar, jurisdiction profiles, and the
//! codes on containers.
//!
//! Pure: no clock, no environment, no files at run time. The data lies in `seeds/` and is compiled in; each file there names its
//! source. No figure of a law stands in this code, only the names of the figures (`thresholds.rs`).

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

/// Reads and writes a type as its text form in every serde format: `Display` one way, `FromStr` the other.
macro_rules! serde_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

mod calendar;
mod columns;
mod division;
mod exemption;
mod gs1;
pub mod label;
mod numbering;
mod period;
pub mod platform;
mod profile;
mod profile_body;
mod profile_error;
mod thresholds;
mod treatment;
mod unit;
pub mod us;
mod uscc;
mod waste;

pub use calendar::{Calendar, CalendarError, Day, Deadline, MAX_WORKING_DAYS};
pub use columns::{
    ColumnOrder, ColumnsError, DeclarationColumn, MAX_COLUMN_ORDERS, MassUnit, RegisterColumn, SheetWords,
};
pub use division::{Division, DivisionError};
pub use exemption::{CodePattern, CodePatternError, Duty, Exemption, Link};
pub use gs1::{Element, ElementError, ElementFault, Elements, MAX_ELEMENT_TEXT};
pub use label::{LabelCode, LabelError, Scan, ScanError};
pub use numbering::{ExternalNumber, NumberForm, Numbering};
pub use period::{DeclarationPeriod, NoPeriod};
pub use profile::Profile;
pub use profile_body::{
    ApprovalTerms, CaseDays, Container, Declared, Demands, Disposition, Documents, ExceptionReport, Levels,
    Names, RelaxedLevel, Retention, Severity, SignatureLevel, Treatments, UnitClass, UnlistedCode,
    WasteCodes, Zone,
};
pub use profile_error::ProfileError;
pub use thresholds::REQUIRED_RULES;
pub use treatment::{Operation, Treatment, TreatmentCode, TreatmentCodeError};
pub use unit::{Converted, Dimension, MAX_AMOUNT, MAX_SIGNIFICANT_DIGITS, Unit, UnitError, convert};
pub use us::{is_management_method, judge};
pub use uscc::{Uscc, UsccError};
pub use waste::{Edition, Standing, WasteCode, WasteCodeError, WasteEntry};

const WASTE_2021: &str = include_str!("../../seeds/catalogue/waste-2021.csv");
const EDITIONS: &str = include_str!("../../seeds/catalogue/editions.toml");
const DIVISIONS: &str = include_str!("../../seeds/catalogue/divisions.csv");
const TREATMENTS: &str = include_str!("../../seeds/catalogue/treatments.csv");
const UNITS: &str = include_str!("../../seeds/catalogue/units.csv");

/// All reference data except calendar and profiles, which have versions of their own.
#[derive(Debug)]
pub struct Catalogue {
    editions: Vec<Edition>,
    wastes: Vec<WasteEntry>,
    waste_positions: HashMap<WasteCode, usize>,
    division_names: BTreeMap<Division, String>,
    treatments: Vec<Treatment>,
    units: Vec<Unit>,
}

/// Why reference data could not be read. For the embedded data this is a bug that the tests of this module find.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// A table is not well-formed or a cell is not what its column holds.
    #[error("table {table} cannot be read: {source}; compare its rows with its header line")]
    Table {
        /// File name of the table.
        table: &'static str,
        /// What the reader met.
        source: csv::Error,
    },
    /// The list of editions is not well-formed.
    #[error("editions.toml cannot be read: {0}")]
    Editions(#[from] toml::de::Error),
    /// There is no edition, so no code could be judged.
    #[error("editions.toml names no edition; name at least one")]
    NoEdition,
}

impl Catalogue {
    /// The data compiled into this program, read once.
    pub fn embedded() -> &'static Catalogue {
        static EMBEDDED: OnceLock<Catalogue> = OnceLock::new();
        EMBEDDED.get_or_init(|| {
            Catalogue::read_seeds().expect("the compiled-in seeds parse, a test reads them all")
        })
    }

    fn read_seeds() -> Result<Catalogue, CatalogueError> {
        let wastes: Vec<WasteEntry> = read_table("waste-2021.csv", WASTE_2021)?;
        let waste_positions =
            wastes.iter().enumerate().map(|(position, entry)| (entry.code, position)).collect();
        let divisions: Vec<division::Row> = read_table("divisions.csv", DIVISIONS)?;
        Ok(Catalogue {
            editions: waste::read_editions(EDITIONS)?,
            wastes,
            waste_positions,
            division_names: divisions.into_iter().map(|row| (row.code, row.name)).collect(),
            treatments: read_table("treatments.csv", TREATMENTS)?,
            units: read_table("units.csv", UNITS)?,
        })
    }

    /// SHA-256 over the texts of all tables, for `profile.adopted`: it changes whenever a cell or a header line does.
    pub fn digest() -> [u8; 32] {
        let mut hasher = Sha256::new();
        for text in [WASTE_2021, EDITIONS, DIVISIONS, TREATMENTS, UNITS] {
            hasher.update((text.len() as u64).to_be_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.finalize().into()
    }
}

/// Reads a CSV table with a header line; lines that begin with `#` are comments (they name the source).
fn read_table<Row: serde::de::DeserializeOwned>(
    table: &'static str,
    text: &str,
) -> Result<Vec<Row>, CatalogueError> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let rows: Result<Vec<Row>, csv::Error> = reader.deserialize().collect();
    rows.map_err(|source| CatalogueError::Table { table, source })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_seed_parses_completely() {
        let catalogue = Catalogue::read_seeds().unwrap();
        assert_eq!(catalogue.wastes.len(), 467);
        assert_eq!(catalogue.waste_positions.len(), 467, "no code twice");
        assert_eq!(catalogue.division_names.len(), 3_351);
        assert_eq!(catalogue.treatments.len(), 22);
        assert_eq!(catalogue.units.len(), 17);
        assert_eq!(catalogue.editions.len(), 2);
    }

    #[test]
    fn a_broken_table_is_named_in_the_error() {
        let error =
            read_table::<Treatment>("treatments.csv", "code,zh,en,group\nR1,a,b,nonsense\n").unwrap_err();
        assert!(error.to_string().contains("treatments.csv"), "{error}");
    }
}
