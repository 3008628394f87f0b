//! Columns of the sheets that registers and declarations are written as: which there are, and in which orders authorities want them.
//!
//! An order is data: of the profile, or of a file of the operator. It decides nothing but how a sheet looks.

use serde::Deserialize;

/// Longest `id` and names of an order, in characters.
const MAX_NAME_CHARS: usize = 64;
/// Most orders of one file.
pub const MAX_COLUMN_ORDERS: usize = 64;

/// A column of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegisterColumn {
    /// Lot code, else lot id (批次编码).
    Lot,
    /// The local day.
    Day,
    /// Category of the waste.
    Category,
    /// Waste code.
    Code,
    /// What the catalogue calls it.
    Waste,
    /// Mass, in the unit of the order.
    Mass,
    /// That unit.
    Unit,
    /// How many containers.
    Containers,
    /// By which way it came or went.
    Way,
    /// Storage facility.
    Facility,
    /// Treatment code.
    Method,
    /// Number of the manifest.
    Manifest,
    /// Name of the party at the other end.
    Other,
    /// Credit code of that party.
    OtherUscc,
    /// Permits of the receiver.
    Permits,
    /// The event behind the row.
    Event,
}

/// A column of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeclarationColumn {
    /// Credit code of the party.
    Uscc,
    /// Name of the site.
    Site,
    /// First day of the period.
    From,
    /// Last day of the period.
    Until,
    /// Category of the waste.
    Category,
    /// Waste code.
    Code,
    /// What the catalogue calls it.
    Waste,
    /// Which figure.
    Measure,
    /// Mass, in the unit of the order.
    Mass,
    /// That unit.
    Unit,
}

/// The unit in which an order shows masses; none loses a gram.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MassUnit {
    /// Grams.
    #[default]
    G,
    /// Kilograms, with three decimals.
    Kg,
    /// Tonnes, with six decimals.
    T,
}

impl MassUnit {
    /// Its sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::G => "g",
            Self::Kg => "kg",
            Self::T => "t",
        }
    }

    /// Its name in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::G => "克",
            Self::Kg => "千克",
            Self::T => "吨",
        }
    }

    /// How many digits stand behind the point.
    pub fn decimals(self) -> usize {
        match self {
            Self::G => 0,
            Self::Kg => 3,
            Self::T => 6,
        }
    }
}

/// The languages of heads and words in a sheet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SheetWords {
    /// Chinese, then English.
    #[default]
    Both,
    /// Chinese only.
    Zh,
    /// English only.
    En,
}

impl SheetWords {
    /// A text in these languages.
    pub fn pick(self, zh: &str, en: &str) -> String {
        match self {
            Self::Both => format!("{zh} {en}"),
            Self::Zh => zh.to_owned(),
            Self::En => en.to_owned(),
        }
    }
}

/// The columns of every table, in the order that somebody wants them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ColumnOrder {
    /// Names it in addresses: a-z, 0-9 and hyphens.
    pub id: String,
    /// What it is called, in Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Unit of its masses.
    #[serde(default)]
    pub unit: MassUnit,
    /// Languages of its heads and words.
    #[serde(default)]
    pub words: SheetWords,
    /// B.1 产生环节
    pub generation: Vec<RegisterColumn>,
    /// B.2 入库环节
    pub inbound: Vec<RegisterColumn>,
    /// B.3 出库环节
    pub outbound: Vec<RegisterColumn>,
    /// B.4 自行利用/处置
    pub own_treatment: Vec<RegisterColumn>,
    /// B.5 委外利用/处置
    pub outside_treatment: Vec<RegisterColumn>,
    /// The figures of a declaration.
    pub declaration: Vec<DeclarationColumn>,
}

/// The file of an operator: orders like those of a profile.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "columns")]
    orders: Vec<ColumnOrder>,
}

/// Why orders of columns are refused.
#[derive(Debug, thiserror::Error)]
pub enum ColumnsError {
    /// Not well-formed, or with an unknown key, table or column.
    #[error("orders of columns cannot be read 列序无法读取: {0}")]
    Toml(#[from] toml::de::Error),
    /// More than fit.
    #[error("{0} orders of columns; at most {MAX_COLUMN_ORDERS} 列序过多")]
    TooMany(usize),
    /// An id or a name that is empty, too long, or not made of what it may be.
    #[error(
        "columns {0:?}: an id is made of a-z, 0-9 and hyphens; it and both names have 1 to {MAX_NAME_CHARS} characters 编号或名称不合规定"
    )]
    Name(String),
    /// Two orders of one id.
    #[error("columns {0:?} is there twice; give each order its own id 编号重复")]
    Twice(String),
    /// A table without columns, or one with the same column twice.
    #[error("columns {id:?}: {table} should name each of its columns once, and one at least 列缺失或重复")]
    Table {
        /// The order.
        id: String,
        /// The table.
        table: &'static str,
    },
}

impl ColumnOrder {
    /// Read a file of orders, which stand beside `known` ones.
    pub fn parse(text: &str, known: &[Self]) -> Result<Vec<Self>, ColumnsError> {
        let File { orders } = toml::from_str(text)?;
        check(&orders)?;
        match orders.iter().find(|order| known.iter().any(|known| known.id == order.id)) {
            Some(order) => Err(ColumnsError::Twice(order.id.clone())),
            None => Ok(orders),
        }
    }

    fn check(&self) -> Result<(), ColumnsError> {
        let is_long = |text: &str| text.is_empty() || text.chars().count() > MAX_NAME_CHARS;
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if [&self.id, &self.zh, &self.en].into_iter().any(|text| is_long(text))
            || !self.id.chars().all(is_plain)
        {
            return Err(ColumnsError::Name(self.id.clone()));
        }
        let tables = [
            ("generation", is_list(&self.generation)),
            ("inbound", is_list(&self.inbound)),
            ("outbound", is_list(&self.outbound)),
            ("own-treatment", is_list(&self.own_treatment)),
            ("outside-treatment", is_list(&self.outside_treatment)),
            ("declaration", is_list(&self.declaration)),
        ];
        match tables.into_iter().find(|(_, is_list)| !is_list) {
            Some((table, _)) => Err(ColumnsError::Table { id: self.id.clone(), table }),
            None => Ok(()),
        }
    }
}

/// Every order is well-formed and has an id of its own.
pub(super) fn check(orders: &[ColumnOrder]) -> Result<(), ColumnsError> {
    if orders.len() > MAX_COLUMN_ORDERS {
        return Err(ColumnsError::TooMany(orders.len()));
    }
    for (n, order) in orders.iter().enumerate() {
        order.check()?;
        if orders[..n].iter().any(|earlier| earlier.id == order.id) {
            return Err(ColumnsError::Twice(order.id.clone()));
        }
    }
    Ok(())
}

/// True for one column at least, and none twice.
fn is_list<T: PartialEq>(columns: &[T]) -> bool {
    !columns.is_empty() && (1..columns.len()).all(|n| !columns[..n].contains(&columns[n]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const OWN: &str = r#"
        [[columns]]
        id = "own"
        zh = "本单位"
        en = "Own"
        unit = "t"
        words = "zh"
        generation = ["day", "code", "mass"]
        inbound = ["day", "mass"]
        outbound = ["day", "mass"]
        own-treatment = ["day", "mass"]
        outside-treatment = ["day", "mass"]
        declaration = ["code", "measure", "mass"]
    "#;

    #[test]
    fn an_operator_loads_an_order_of_its_own() {
        let orders = ColumnOrder::parse(OWN, &[]).unwrap();
        let [own] = &orders[..] else { panic!() };
        assert_eq!((own.unit, own.words, own.id.as_str()), (MassUnit::T, SheetWords::Zh, "own"));
        assert_eq!(own.generation, [RegisterColumn::Day, RegisterColumn::Code, RegisterColumn::Mass]);
        assert!(matches!(ColumnOrder::parse(OWN, &orders), Err(ColumnsError::Twice(id)) if id == "own"));
    }

    #[test]
    fn what_is_wrong_with_an_order_is_named() {
        for (from, to, says) in [
            ("\"own\"", "\"Own\"", "a-z, 0-9"),
            ("\"本单位\"", "\"\"", "1 to 64"),
            ("[\"day\", \"code\", \"mass\"]", "[]", "generation"),
            ("[\"code\", \"measure\", \"mass\"]", "[\"code\", \"code\"]", "declaration"),
            ("\"measure\"", "\"facility\"", "facility"),
            ("unit = \"t\"", "unit = \"lb\"", "lb"),
            ("words", "language", "language"),
            ("outbound =", "storage =", "storage"),
        ] {
            assert!(OWN.contains(from));
            let error = ColumnOrder::parse(&OWN.replacen(from, to, 1), &[]).unwrap_err().to_string();
            assert!(error.contains(says), "{says}: {error}");
        }
        assert!(matches!(ColumnOrder::parse(&OWN.repeat(2), &[]), Err(ColumnsError::Twice(_))));
    }
}
