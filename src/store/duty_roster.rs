//! Who is on duty where and when. No part of the log and not computed from it: an authority's own arrangement, which changes without being
//! history.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::label_block::day_of;
use super::registry::parse;
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::{Division, Uscc};
use crate::clock::Timestamp;
use crate::ledger::Kid;

const ROSTER: Table = Table {
    name: "duty_roster",
    columns: &[
        ("division", ColType::Text),
        ("day", ColType::I64),
        ("kid", ColType::Blob),
        ("at_ms", ColType::I64),
        ("by_kid", ColType::Blob),
    ],
    key: &["division", "day", "kid"],
};

/// Put these officers on duty on every day of a span (both ends included) and nobody else; with none of them, nobody.
pub async fn replace(
    tx: &mut WriteTx,
    division: Division,
    days: (NaiveDate, NaiveDate),
    officers: &[Kid],
    (by, at): (Kid, Timestamp),
) -> Result<(), StoreError> {
    const CLEAR: Sql = Sql::both("delete from duty_roster where division = $1 and day >= $2 and day <= $3");
    tx.execute(&CLEAR, params![division.to_string(), day_of(days.0), day_of(days.1)]).await?;
    let blob = |kid: &Kid| Param::Blob(kid.as_bytes().to_vec());
    let rows = days.0.iter_days().take_while(|day| *day <= days.1).flat_map(|day| {
        let row = move |officer: &Kid| {
            params![division.to_string(), day_of(day), blob(officer), at.as_millis(), blob(&by)]
        };
        officers.iter().map(row)
    });
    tx.insert_many(&ROSTER, rows.collect()).await.map(drop)
}

/// Put another officer on duty wherever one is, from a day on. Where the other one is on duty already, nothing is doubled.
pub async fn pass_on(tx: &mut WriteTx, from: Kid, to: Kid, since: NaiveDate) -> Result<(), StoreError> {
    const PASS: Sql = Sql::both(
        "insert into duty_roster (division, day, kid, at_ms, by_kid)
         select division, day, $2, at_ms, by_kid from duty_roster where kid = $1 and day >= $3
         on conflict (division, day, kid) do nothing",
    );
    const CLEAR: Sql = Sql::both("delete from duty_roster where kid = $1 and day >= $2");
    let blob = |kid: &Kid| kid.as_bytes().to_vec();
    tx.execute(&PASS, params![blob(&from), blob(&to), day_of(since)]).await?;
    tx.execute(&CLEAR, params![blob(&from), day_of(since)]).await.map(drop)
}

/// On how many days, from one on, an officer is on duty.
pub async fn count_days(tx: &mut ReadTx, officer: Kid, since: NaiveDate) -> Result<u64, StoreError> {
    const SQL: Sql = Sql::both("select count(*) as n from duty_roster where kid = $1 and day >= $2");
    let row = tx.fetch_one(&SQL, params![officer.as_bytes().to_vec(), day_of(since)]).await?;
    super::log::unsigned(&row, "n")
}

/// Forget what was arranged for days before one, in every division.
pub async fn forget_before(tx: &mut WriteTx, day: NaiveDate) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("delete from duty_roster where day < $1");
    tx.execute(&SQL, params![day_of(day)]).await.map(drop)
}

/// Who is on duty in one division on each day of a span, both ends included.
pub async fn between(
    tx: &mut ReadTx,
    division: Division,
    days: (NaiveDate, NaiveDate),
) -> Result<BTreeMap<NaiveDate, Vec<Kid>>, StoreError> {
    const SQL: Sql = Sql::both(
        "select day, kid from duty_roster where division = $1 and day >= $2 and day <= $3 order by day, kid",
    );
    let rows = tx.fetch_all(&SQL, params![division.to_string(), day_of(days.0), day_of(days.1)]).await?;
    let mut on_duty: BTreeMap<NaiveDate, Vec<Kid>> = BTreeMap::new();
    for row in &rows {
        let day = i32::try_from(row.i64("day")?).ok().and_then(NaiveDate::from_epoch_days);
        let day = day.ok_or_else(|| row.corrupt("day", "not a day"))?;
        on_duty.entry(day).or_default().push(kid_of(row)?);
    }
    Ok(on_duty)
}

/// Who is on duty on a day, by the division that arranged it.
pub async fn on_day(tx: &mut ReadTx, day: NaiveDate) -> Result<BTreeMap<Division, Vec<Kid>>, StoreError> {
    const SQL: Sql = Sql::both("select division, kid from duty_roster where day = $1 order by division, kid");
    let mut on_duty: BTreeMap<Division, Vec<Kid>> = BTreeMap::new();
    for row in &tx.fetch_all(&SQL, params![day_of(day)]).await? {
        on_duty.entry(parse(row, "division")?).or_default().push(kid_of(row)?);
    }
    Ok(on_duty)
}

/// The authorities of these divisions, each of the very division.
pub async fn authorities(
    tx: &mut ReadTx,
    divisions: &[Division],
) -> Result<Vec<(Division, Uscc)>, StoreError> {
    // The condition of the index, word for word.
    const SQL: SqlIn = SqlIn::each(
        "select division, party from party where instr(kinds, 'authority') > 0 and division in ({keys})",
        "select division, party from party where position('authority' in kinds) > 0 and division in ({keys})",
    );
    let keys = divisions.iter().map(|division| Param::Text(division.to_string())).collect();
    let rows = tx.fetch_in(&SQL, keys, Vec::new()).await?;
    let mut found: Vec<(Division, Uscc)> = rows
        .iter()
        .map(|row| Ok((parse(row, "division")?, parse(row, "party")?)))
        .collect::<Result<_, StoreError>>()?;
    found.sort_unstable();
    Ok(found)
}

fn kid_of(row: &Row) -> Result<Kid, StoreError> {
    Ok(Kid::from_bytes(row.digest("kid")?))
}
