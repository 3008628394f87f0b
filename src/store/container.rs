//! Containers: one row for each time an event fills one.

use std::collections::BTreeMap;

use super::log::{signed, unsigned};
use super::registry::parse;
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::Uscc;
use crate::custody::books::Outcome;
use crate::custody::label::StatedContainer;
use crate::custody::stock::StockCode;
use crate::id::{ContainerId, LabelId, LotId, ManifestId, SiteId};

pub(super) const CONTAINER: Table = Table {
    name: "container",
    columns: &[
        ("container", ColType::Uuid),
        ("idx", ColType::I64),
        ("label", ColType::Uuid),
        ("lot", ColType::Uuid),
        ("party", ColType::Text),
        ("site", ColType::Uuid),
        ("mass_g", ColType::I64),
        ("litres", ColType::I64),
    ],
    key: &["container", "idx"],
};

/// Write what a batch says of containers; what no longer counts goes.
pub(super) async fn save(tx: &mut WriteTx, outcomes: &[(u64, Outcome)]) -> Result<(), StoreError> {
    let mut last: BTreeMap<(ContainerId, u64), &StatedContainer> = BTreeMap::new();
    for stated in outcomes.iter().flat_map(|(_, outcome)| &outcome.containers) {
        last.insert((stated.container, stated.index), stated);
    }
    let (mut rows, mut gone) = (Vec::new(), Vec::new());
    for ((container, index), stated) in last {
        let mut row: Vec<Param> = params![container.as_uuid(), signed(index)];
        if !stated.counts {
            gone.push(row);
            continue;
        }
        row.extend(params![
            stated.label.map(|label| label.as_uuid()),
            stated.lot.as_uuid(),
            stated.party.to_string(),
            stated.site.as_uuid(),
            stated.mass_g,
            stated.litres
        ]);
        rows.push(row);
    }
    tx.delete_many(&CONTAINER, gone).await?;
    tx.upsert_many(&CONTAINER, rows).await?;
    Ok(())
}

/// A container as an event filled it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerRow {
    /// The container.
    pub container: ContainerId,
    /// Log index of the event.
    pub index: u64,
    /// Its label.
    pub label: Option<String>,
    /// The lot in it.
    pub lot: LotId,
    /// Who filled it.
    pub party: Uscc,
    /// The site it was at.
    pub site: SiteId,
    /// Net mass in it, in grams.
    pub mass_g: Option<i64>,
    /// Its volume in litres.
    pub litres: Option<i64>,
}

fn row_of(row: &Row) -> Result<ContainerRow, StoreError> {
    Ok(ContainerRow {
        container: ContainerId::from_uuid(row.uuid("container")?),
        index: unsigned(row, "idx")?,
        label: row.opt_text("text")?,
        lot: LotId::from_uuid(row.uuid("lot")?),
        party: row.text("party")?.parse().map_err(|_| row.corrupt("party", "not a credit code"))?,
        site: SiteId::from_uuid(row.uuid("site")?),
        mass_g: row.opt_i64("mass_g")?,
        litres: row.opt_i64("litres")?,
    })
}

/// The first `limit` containers of a lot, in log order.
pub async fn of_lot(tx: &mut ReadTx, lot: LotId, limit: u64) -> Result<Vec<ContainerRow>, StoreError> {
    const SQL: Sql = Sql::both(
        "select c.container, c.idx, l.text, c.lot, c.party, c.site, c.mass_g, c.litres
           from container c left join label l on l.label = c.label
          where c.lot = $1 order by c.idx, c.container limit $2",
    );
    tx.fetch_all(&SQL, params![lot.as_uuid(), signed(limit)]).await?.iter().map(row_of).collect()
}

/// The first `limit` containers under a label, and the first `limit` of those that `own` filled, in log order.
pub async fn under_label(
    tx: &mut ReadTx,
    label: LabelId,
    own: Uscc,
    limit: u64,
) -> Result<Vec<ContainerRow>, StoreError> {
    const FIRST: Sql = Sql::both(
        "select c.container, c.idx, l.text, c.lot, c.party, c.site, c.mass_g, c.litres
           from container c join label l on l.label = c.label
          where c.label = $1 order by c.idx, c.container limit $2",
    );
    const OWN: Sql = Sql::both(
        "select c.container, c.idx, l.text, c.lot, c.party, c.site, c.mass_g, c.litres
           from container c join label l on l.label = c.label
          where c.label = $1 and c.party = $2 order by c.idx, c.container limit $3",
    );
    let mut rows = tx.fetch_all(&FIRST, params![label.as_uuid(), signed(limit)]).await?;
    rows.extend(tx.fetch_all(&OWN, params![label.as_uuid(), own.to_string(), signed(limit)]).await?);
    let mut rows = rows.iter().map(row_of).collect::<Result<Vec<_>, _>>()?;
    rows.sort_unstable_by_key(|row| (row.index, row.container));
    rows.dedup_by_key(|row| (row.index, row.container));
    Ok(rows)
}

/// Up to `limit` manifests that drew on a lot this container was filled with, the newest first: it may be on them.
pub async fn drawn_on(
    tx: &mut ReadTx,
    container: ContainerId,
    limit: u64,
) -> Result<Vec<ManifestId>, StoreError> {
    // Kinds of subjects: 1 is a manifest, 2 a lot.
    const SQL: Sql = Sql::both(
        "select m.manifest from manifest m where m.manifest in (
           select on_manifest.subject from container c cross join timeline on_lot cross join timeline on_manifest
            where c.container = $1 and on_lot.subject_kind = 2 and on_lot.subject = c.lot
              and on_manifest.idx = on_lot.idx and on_manifest.subject_kind = 1)
          order by m.first_idx desc, m.manifest limit $2",
    );
    let rows = tx.fetch_all(&SQL, params![container.as_uuid(), signed(limit)]).await?;
    rows.iter().map(|row| Ok(ManifestId::from_uuid(row.uuid("manifest")?))).collect()
}

/// A container that stands ready to be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Whose waste is in it.
    pub party: Uscc,
    /// Where that lies.
    pub site: SiteId,
    /// What it counts as.
    pub code: StockCode,
    /// The container.
    pub container: ContainerId,
    /// Its label.
    pub label: Option<String>,
}

/// Containers that the consignors of these manifests filled with lots they have on hand at the registered site: of each code at each site the
/// first `limit`, those of the oldest lots. Which of them left already nobody can tell from a lot that is partly gone.
pub async fn ready_for(
    tx: &mut ReadTx,
    manifests: &[ManifestId],
    limit: u64,
) -> Result<Vec<Ready>, StoreError> {
    // A container that was filled again holds what it was filled with last.
    const SQL: SqlIn = SqlIn::new(
        "select r.party, r.site, r.code, r.container, r.text from (
           select s.party, s.site, s.code, c.container, l.text,
                  row_number() over (partition by s.party, s.site, s.code
                                     order by s.first_idx, s.lot, c.idx, c.container) as n
             from (select distinct m.consignor, m.from_site from manifest m where m.manifest in ({keys})) w
             join stock_lot s on s.party = w.consignor and s.site = w.from_site
             join container c on c.lot = s.lot and c.party = s.party
             left join label l on l.label = c.label
            where s.balance_g > 0
              and not exists (select 1 from container later
                    where later.container = c.container and later.party = c.party and later.idx > c.idx)) r
          where r.n <= $1 order by r.party, r.site, r.code, r.n",
    );
    let rows = tx.fetch_in(&SQL, keys_of(manifests), params![signed(limit)]).await?;
    rows.iter()
        .map(|row| {
            Ok(Ready {
                party: parse(row, "party")?,
                site: SiteId::from_uuid(row.uuid("site")?),
                code: parse(row, "code")?,
                container: ContainerId::from_uuid(row.uuid("container")?),
                label: row.opt_text("text")?,
            })
        })
        .collect()
}

fn keys_of(manifests: &[ManifestId]) -> Vec<Param> {
    manifests.iter().map(|id| Param::Uuid(id.as_uuid())).collect()
}

/// The label that each party put on these containers when it last filled them.
pub async fn labels_by_filler(
    tx: &mut ReadTx,
    containers: &[ContainerId],
) -> Result<Vec<(ContainerId, Uscc, Option<String>)>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select c.container, c.party, l.text from container c left join label l on l.label = c.label
          where c.container in ({keys})
            and c.idx = (select max(last.idx) from container last
                          where last.container = c.container and last.party = c.party)",
    );
    let keys = containers.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    let rows = tx.fetch_in(&SQL, keys, params![]).await?;
    rows.iter()
        .map(|row| {
            let container = ContainerId::from_uuid(row.uuid("container")?);
            Ok((container, parse(row, "party")?, row.opt_text("text")?))
        })
        .collect()
}
