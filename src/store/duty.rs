//! The sites whose duties are listed.

use super::log::signed;
use super::registry::{site_of, texts};
use super::{ReadTx, Sql, SqlIn, StoreError, params};
use crate::catalogue::Uscc;
use crate::registry::SiteRecord;

/// Up to `limit` sites of these parties after a log index.
pub async fn sites_of_parties(
    tx: &mut ReadTx,
    parties: &[Uscc],
    after: i64,
    limit: u64,
) -> Result<Vec<SiteRecord>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select site, party, name, division, place, classes, facilities, registered_at_ms, closed_day, idx from site
          where party in ({keys}) and idx > $1 order by idx limit $2",
    );
    let rows = tx.fetch_in(&SQL, texts(parties), params![after, signed(limit)]).await?;
    let mut sites = rows.iter().map(site_of).collect::<Result<Vec<_>, _>>()?;
    // Of many parties the statement is asked more than once.
    sites.sort_unstable_by_key(|site| site.index);
    sites.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(sites)
}

/// Up to `limit` sites after a log index whose division lies in a range, both ends included.
pub async fn sites_within(
    tx: &mut ReadTx,
    divisions: (&str, &str),
    after: i64,
    limit: u64,
) -> Result<Vec<SiteRecord>, StoreError> {
    const SQL: Sql = Sql::both(
        "select site, party, name, division, place, classes, facilities, registered_at_ms, closed_day, idx from site
          where division >= $1 and division <= $2 and idx > $3 order by idx limit $4",
    );
    let values = params![divisions.0.to_owned(), divisions.1.to_owned(), after, signed(limit)];
    tx.fetch_all(&SQL, values).await?.iter().map(site_of).collect()
}
