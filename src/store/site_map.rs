//! What a map of a division is drawn from: sites that say where they lie, what is open about their parties, what went between them lately.

use std::collections::HashMap;

use super::log::{signed, unsigned};
use super::registry::{parse, site_of, texts};
use super::{ReadTx, Row, Sql, SqlIn, StoreError, params};
use crate::catalogue::{Division, Uscc};
use crate::id::SiteId;
use crate::registry::SiteRecord;

/// Up to `limit` sites of divisions that are open and say where they lie, in the order of their divisions.
pub async fn placed_sites(
    tx: &mut ReadTx,
    divisions: (Division, Division),
    limit: u64,
) -> Result<Vec<SiteRecord>, StoreError> {
    const SQL: Sql = Sql::both(
        "select site, party, name, division, place, classes, facilities, registered_at_ms, closed_day, idx
           from site where division >= $1 and division <= $2 and place is not null and closed_day is null
          order by division, party, site limit $3",
    );
    let values = params![divisions.0.to_string(), divisions.1.to_string(), signed(limit)];
    tx.fetch_all(&SQL, values).await?.iter().map(site_of).collect()
}

/// How many open findings concern each of these parties; a party that none concerns is left out.
pub async fn open_findings(tx: &mut ReadTx, parties: &[Uscc]) -> Result<HashMap<Uscc, u64>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select queue, count(*) as n from finding_queue where queue in ({keys}) and life = 'open' group by queue",
    );
    let rows = tx.fetch_in(&SQL, texts(parties), params![]).await?;
    rows.iter().map(|row| Ok((parse(row, "queue")?, unsigned(row, "n")?))).collect()
}

/// How many manifests went from one site to another since a day (in days since 1970-01-01), or were on their way.
pub async fn movements(tx: &mut ReadTx, since_day: i64) -> Result<Vec<((SiteId, SiteId), u64)>, StoreError> {
    const SQL: Sql = Sql::both(
        "select from_site, to_site, count(*) as n from manifest
          where leaves_day >= $1 and from_site is not null and to_site is not null
            and status in ('in-transit', 'delivered', 'received', 'partly', 'rejected', 'returned')
          group by from_site, to_site",
    );
    let rows = tx.fetch_all(&SQL, params![since_day]).await?;
    let site = |row: &Row, name| row.uuid(name).map(SiteId::from_uuid);
    let movement = |row: &Row| Ok(((site(row, "from_site")?, site(row, "to_site")?), unsigned(row, "n")?));
    rows.iter().map(movement).collect()
}
