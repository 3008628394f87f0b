//! Rows of registers: an index of which event wrote what into which table of a site. Everything else about a row is read from
//! the lot, the manifest and the event when it is shown.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::log::{event_id, signed, unsigned};
use super::registry::{parse, texts};
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::{Uscc, WasteCode};
use crate::custody::books::Outcome;
use crate::custody::measure::Measure;
use crate::custody::register::{Register, RegisterRow, Registered};
use crate::id::{LotId, ManifestId, SiteId};
use crate::ledger::EventId;

pub(super) const ROW: Table = Table {
    name: "register_row",
    columns: &[
        ("party", ColType::Text),
        ("site", ColType::Uuid),
        ("register", ColType::Text),
        ("day", ColType::I64),
        ("idx", ColType::I64),
        ("n", ColType::I64),
        ("lot", ColType::Uuid),
        ("measure", ColType::Text),
        ("mass_g", ColType::I64),
        ("manifest", ColType::Uuid),
    ],
    key: &["party", "site", "register", "day", "idx", "n"],
};

/// Write the rows of a batch; those of an event that counts for something else now take the place of its earlier ones.
pub(super) async fn save(tx: &mut WriteTx, outcomes: &[(u64, Outcome)]) -> Result<(), StoreError> {
    const CLEAR: Sql = Sql::both("delete from register_row where idx = $1");
    let mut last: BTreeMap<u64, &Registered> = BTreeMap::new();
    for registered in outcomes.iter().flat_map(|(_, outcome)| &outcome.registered) {
        last.insert(registered.index, registered);
    }
    for registered in last.values().filter(|registered| !registered.is_new) {
        tx.execute(&CLEAR, params![signed(registered.index)]).await?;
    }
    let rows = last.values().flat_map(|registered| {
        (0_i64..).zip(&registered.rows).map(|(n, row)| row_params(registered.index, n, row))
    });
    tx.insert_many(&ROW, rows.collect()).await?;
    Ok(())
}

fn row_params(index: u64, n: i64, row: &RegisterRow) -> Vec<Param> {
    params![
        row.party.to_string(),
        row.site.as_uuid(),
        row.register.name().to_owned(),
        row.day,
        signed(index),
        n,
        row.lot.as_uuid(),
        row.measure.map(|measure| measure.name().to_owned()),
        row.mass_g,
        row.manifest.map(|manifest| manifest.as_uuid())
    ]
}

/// A row as it is stored, with what its lot counts as now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRow {
    /// The local day.
    pub day: NaiveDate,
    /// Log index of the event.
    pub index: u64,
    /// Which row of the event.
    pub n: u64,
    /// The event.
    pub event: EventId,
    /// The lot.
    pub lot: LotId,
    /// Its lot code, if one was allotted.
    pub lot_code: Option<String>,
    /// Its waste code.
    pub code: WasteCode,
    /// Which figure it adds to; `None` where it only moved into or out of a storage facility.
    pub measure: Option<Measure>,
    /// Grams.
    pub mass_g: i64,
    /// The manifest it moved on.
    pub manifest: Option<ManifestId>,
}

/// Which rows.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Whose, and of which site.
    pub place: (Uscc, SiteId),
    /// Of which register.
    pub register: Register,
    /// First and last day, in days since 1970-01-01.
    pub days: (i64, i64),
    /// Only those of a code and measure.
    pub figure: Option<(WasteCode, Measure)>,
}

/// The place of a row in its register: day, log index of the event, row of the event.
pub type RowPlace = (NaiveDate, u64, u64);

/// Up to `limit` rows of waste after the one at a place, by day and log index. Products and lots that nobody
/// said the code of are in no register.
pub async fn rows(
    tx: &mut ReadTx,
    wanted: &Wanted,
    after: Option<RowPlace>,
    limit: u64,
) -> Result<Vec<StoredRow>, StoreError> {
    const ALL: Sql = Sql::both(
        "select r.day, r.idx, r.n, e.event_id, r.lot, l.lot_code, l.waste_code, r.measure, r.mass_g, r.manifest
           from register_row r join lot l on l.lot = r.lot join log_entry e on e.idx = r.idx
          where r.party = $1 and r.site = $2 and r.register = $3 and r.day <= $4 and (r.day, r.idx, r.n) > ($5, $6, $7)
            and l.waste_code is not null
          order by r.day, r.idx, r.n limit $8",
    );
    const OF_FIGURE: Sql = Sql::both(
        "select r.day, r.idx, r.n, e.event_id, r.lot, l.lot_code, l.waste_code, r.measure, r.mass_g, r.manifest
           from register_row r join lot l on l.lot = r.lot join log_entry e on e.idx = r.idx
          where r.party = $1 and r.site = $2 and r.register = $3 and r.day <= $4 and (r.day, r.idx, r.n) > ($5, $6, $7)
            and l.waste_code = $9 and r.measure = $10
          order by r.day, r.idx, r.n limit $8",
    );
    let ((party, site), (from, to)) = (wanted.place, wanted.days);
    let (day, index, n) = after.map_or((from, -1, -1), |(day, index, n)| {
        (i64::from(day.to_epoch_days()).max(from), signed(index), signed(n))
    });
    let mut values = params![
        party.to_string(),
        site.as_uuid(),
        wanted.register.name().to_owned(),
        to,
        day,
        index,
        n,
        signed(limit)
    ];
    let rows = match wanted.figure {
        None => tx.fetch_all(&ALL, values).await?,
        Some((code, measure)) => {
            values.extend(params![code.to_string(), measure.name().to_owned()]);
            tx.fetch_all(&OF_FIGURE, values).await?
        }
    };
    rows.iter().map(row_of).collect()
}

fn row_of(row: &Row) -> Result<StoredRow, StoreError> {
    let measure = row.opt_text("measure")?.map(|name| name.parse()).transpose();
    let day = i32::try_from(row.i64("day")?).ok().and_then(NaiveDate::from_epoch_days);
    Ok(StoredRow {
        day: day.ok_or_else(|| row.corrupt("day", "not a day"))?,
        index: unsigned(row, "idx")?,
        n: unsigned(row, "n")?,
        event: event_id(row, "event_id")?,
        lot: LotId::from_uuid(row.uuid("lot")?),
        lot_code: row.opt_text("lot_code")?,
        code: parse(row, "waste_code")?,
        measure: measure.map_err(|_| row.corrupt("measure", "an unknown measure"))?,
        mass_g: row.i64("mass_g")?,
        manifest: row.opt_uuid("manifest")?.map(ManifestId::from_uuid),
    })
}

/// What left one party's sites for the road, on its way to another, on one local day as one code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Whose sites it left.
    pub from: Uscc,
    /// The consignee of its manifest.
    pub to: Uscc,
    /// The code of the lot it left.
    pub code: WasteCode,
    /// The local day, in days since 1970-01-01.
    pub day: i64,
    /// Grams.
    pub mass_g: i64,
}

/// What these parties sent to each other on a span of local days (days since 1970-01-01, both included), by day and code.
pub async fn sent_between(
    tx: &mut ReadTx,
    parties: &[Uscc],
    days: (i64, i64),
) -> Result<Vec<Sent>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select r.party, m.consignee, l.waste_code as code, r.day, cast(sum(r.mass_g) as bigint) as mass_g
           from site s
           join register_row r on r.party = s.party and r.site = s.site and r.register = 'outside-treatment'
            and r.day between $1 and $2
           join manifest m on m.manifest = r.manifest and m.consignee is not null
           join lot l on l.lot = r.lot and l.waste_code is not null
          where s.party in ({keys})
          group by r.party, m.consignee, l.waste_code, r.day",
    );
    let rows = tx.fetch_in(&SQL, texts(parties), params![days.0, days.1]).await?;
    rows.iter()
        .map(|row| {
            Ok(Sent {
                from: parse(row, "party")?,
                to: parse(row, "consignee")?,
                code: parse(row, "code")?,
                day: row.i64("day")?,
                mass_g: row.i64("mass_g")?,
            })
        })
        .collect()
}
