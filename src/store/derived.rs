//! The derived tables as a whole: a function of the log and of the time that passed. They are emptied to be folded anew, and
//! compared with what a second folding gives.

use std::cmp::Ordering;

use futures::StreamExt;
use futures::stream::BoxStream;
use sqlx::AssertSqlSafe;

use super::{ColType, Kind, Param, ReadTx, Row, Sql, StoreError, Table, WriteTx, params};
use super::{
    answer, attachment, books, case, container, correction, declaration, document, external_number, finding,
    incident, label, mandate, paper, plate, register, registry, stance, stock, tally, term, timeline, watch,
};

/// Every derived table. What is not listed here is the log, or kept beside it: `schema_migration`, `refold_due`, `opened_until`, lent
/// label numbers, heartbeats of devices, and the tables of witnesses and erasures.
pub const TABLES: [&Table; 44] = [
    &registry::PARTY,
    &registry::SITE,
    &registry::KEY,
    &registry::KEY_END,
    &registry::ADOPTION,
    &registry::PERMIT,
    &paper::PAPER,
    &mandate::MANDATE,
    &registry::ASSIGNMENT,
    &declaration::DECLARATION,
    &books::COUNTER,
    &timeline::TIMELINE,
    &stance::WORD,
    &books::AWAITED,
    &books::MANIFEST,
    &books::MANIFEST_PARTY,
    &term::TERM,
    &external_number::EXTERNAL_NUMBER,
    &plate::PLATE,
    &books::LOT,
    &books::LOT_PARTY,
    &books::LOT_EDGE,
    &books::LOT_NODE,
    &container::CONTAINER,
    &correction::CORRECTION,
    &correction::CORRECTION_PARTY,
    &label::LABEL,
    &tally::TALLY,
    &watch::WATCH,
    &incident::INCIDENT,
    &document::DOCUMENT,
    &document::LINE,
    &timeline::POSTING,
    &stock::BUCKET,
    &stock::ON_HAND,
    &stock::COUNT,
    &stock::RECODED,
    &register::ROW,
    &answer::ANSWER,
    &attachment::ATTACHED,
    &case::CASE,
    &finding::FINDING,
    &finding::queue::QUEUE,
    &finding::FINDING_STEP,
];

/// Longest value quoted in a difference, in characters.
const MAX_QUOTED: usize = 80;

/// Delete every row of every derived table, so that they can be folded again; nothing asks for that any more then.
pub async fn empty(tx: &mut WriteTx) -> Result<(), StoreError> {
    for table in TABLES {
        tx.run_script(&format!("delete from \"{}\"", table.name)).await?;
    }
    tx.run_script("delete from refold_due").await
}

/// True when a migration changed what is derived, and the log was not folded again since.
pub async fn must_refold(tx: &mut ReadTx) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both("select migration from refold_due limit 1");
    Ok(tx.fetch_optional(&SQL, params![]).await?.is_some())
}

/// The first row that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The table.
    pub table: &'static str,
    /// The key of the row.
    pub key: String,
    /// What differs: a column with both values, or that the row is missing or too much.
    pub what: String,
}

/// Compare the derived tables row for row with those that should be there, whatever database either lies in. Memory is flat.
pub async fn first_difference(
    stored: &mut ReadTx,
    wanted: &mut ReadTx,
) -> Result<Option<Difference>, StoreError> {
    for table in TABLES {
        let difference = first_in(stored, wanted, table).await?;
        if difference.is_some() {
            return Ok(difference);
        }
    }
    Ok(None)
}

type Rows<'a> = BoxStream<'a, Result<Row, StoreError>>;

async fn first_in(
    stored: &mut ReadTx,
    wanted: &mut ReadTx,
    table: &'static Table,
) -> Result<Option<Difference>, StoreError> {
    let mut stored = rows(stored, table).await?;
    let mut wanted = rows(wanted, table).await?;
    loop {
        match (next(&mut stored, table).await?, next(&mut wanted, table).await?) {
            (None, None) => return Ok(None),
            (Some(stored), Some(wanted)) if stored == wanted => {}
            (stored, wanted) => return Ok(Some(difference(table, stored, wanted))),
        }
    }
}

/// The rows of a table in the order of its key, the same on both databases.
async fn rows<'a>(tx: &'a mut ReadTx, table: &'static Table) -> Result<Rows<'a>, StoreError> {
    let columns: Vec<String> = table.columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let is_text = |key: &str| table.columns.iter().any(|(name, kind)| *name == key && *kind == ColType::Text);
    let by_bytes = |key: &str| match tx.kind() {
        Kind::Postgres if is_text(key) => format!("\"{key}\" collate \"C\""),
        _ => format!("\"{key}\""),
    };
    let key: Vec<String> = table.key.iter().map(|key| by_bytes(key)).collect();
    let text = format!("select {} from \"{}\" order by {}", columns.join(", "), table.name, key.join(", "));
    tx.stream_text(AssertSqlSafe(text), table.name).await
}

async fn next(rows: &mut Rows<'_>, table: &Table) -> Result<Option<Vec<Param>>, StoreError> {
    let Some(row) = rows.next().await.transpose()? else { return Ok(None) };
    table.columns.iter().map(|(name, kind)| row.param(name, *kind)).collect::<Result<_, _>>().map(Some)
}

fn difference(table: &'static Table, stored: Option<Vec<Param>>, wanted: Option<Vec<Param>>) -> Difference {
    let order = match (&stored, &wanted) {
        (Some(stored), Some(wanted)) => by_key(table, stored, wanted),
        (Some(_), None) => Ordering::Less,
        _ => Ordering::Greater,
    };
    let (stored, wanted) = (stored.unwrap_or_default(), wanted.unwrap_or_default());
    let (row, what) = match order {
        Ordering::Less => (stored, "the row does not follow from the log".to_owned()),
        Ordering::Greater => (wanted, "the row is missing".to_owned()),
        Ordering::Equal => {
            let columns = table.columns.iter().zip(stored.iter().zip(&wanted));
            let differing =
                columns.filter(|(_, (stored, wanted))| stored != wanted).map(|((name, _), values)| {
                    format!(
                        "{name} is {}, the log gives {}",
                        quoted(values.0, values.1),
                        quoted(values.1, values.0)
                    )
                });
            let what = differing.collect::<Vec<_>>().join("; ");
            (stored, what)
        }
    };
    let key: Vec<String> = key_of(table, &row).map(plain).collect();
    Difference { table: table.name, key: key.join("/"), what }
}

fn key_of<'a>(table: &'a Table, row: &'a [Param]) -> impl Iterator<Item = &'a Param> {
    let values =
        |key: &&str| table.columns.iter().position(|(name, _)| name == key).and_then(|at| row.get(at));
    table.key.iter().filter_map(values)
}

fn by_key(table: &Table, one: &[Param], other: &[Param]) -> Ordering {
    let pairs = key_of(table, one).zip(key_of(table, other));
    let orders = pairs.map(|(one, other)| match (one, other) {
        (Param::I64(one), Param::I64(other)) => one.cmp(other),
        (Param::Text(one), Param::Text(other)) => one.as_bytes().cmp(other.as_bytes()),
        (Param::Blob(one), Param::Blob(other)) => one.cmp(other),
        (Param::Uuid(one), Param::Uuid(other)) => one.cmp(other),
        _ => Ordering::Equal,
    });
    orders.fold(Ordering::Equal, Ordering::then)
}

/// A value as people read it, cut around the first place where it differs from another.
fn quoted(value: &Param, other: &Param) -> String {
    let (text, other) = (plain(value), plain(other));
    let same = text.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let from = if text.chars().count() > MAX_QUOTED { same.saturating_sub(MAX_QUOTED / 2) } else { 0 };
    let cut: String = text.chars().skip(from).take(MAX_QUOTED).collect();
    if cut.len() == text.len() { text } else { format!("…{cut}…") }
}

fn plain(value: &Param) -> String {
    match value {
        Param::Null | Param::NullOf(_) => "NULL".to_owned(),
        Param::I64(value) => value.to_string(),
        Param::Bool(value) => i64::from(*value).to_string(),
        Param::Text(value) => value.clone(),
        Param::Blob(value) => value.iter().map(|byte| format!("{byte:02x}")).collect(),
        Param::Uuid(value) => value.to_string(),
    }
}
