//! Lists of lots and their edges.

use super::log::signed;
use super::{Param, ReadTx, Row, Sql, StoreError, params};
use crate::catalogue::Uscc;
use crate::id::LotId;

/// A lot in a list: an unverified view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotRow {
    /// Its id.
    pub id: LotId,
    /// Log index of its first event; the cursor of lists.
    pub first_index: i64,
    /// Its lot code, if one was allotted.
    pub lot_code: Option<String>,
    /// Its waste code, if its origin states one.
    pub waste_code: Option<String>,
    /// Grams held, over all holders.
    pub held_g: i64,
}

/// Up to `limit` lots that a party (or anybody) held, whose first event comes before log index `before`, newest first.
pub async fn list(
    tx: &mut ReadTx,
    party: Option<Uscc>,
    before: i64,
    limit: u64,
) -> Result<Vec<LotRow>, StoreError> {
    const ALL: Sql = Sql::both(
        "select lot, first_idx, lot_code, waste_code, held_g from lot where first_idx < $1
          order by first_idx desc, lot limit $2",
    );
    const OF_PARTY: Sql = Sql::both(
        "select l.lot, l.first_idx, l.lot_code, l.waste_code, l.held_g from lot_party p join lot l on l.lot = p.lot
          where p.party = $3 and p.first_idx < $1 order by p.first_idx desc, p.lot limit $2",
    );
    let mut values = params![before, signed(limit)];
    let rows = match party {
        Some(party) => {
            values.push(Param::Text(party.to_string()));
            tx.fetch_all(&OF_PARTY, values).await?
        }
        None => tx.fetch_all(&ALL, values).await?,
    };
    rows.iter().map(row_of).collect()
}

fn row_of(row: &Row) -> Result<LotRow, StoreError> {
    Ok(LotRow {
        id: LotId::from_uuid(row.uuid("lot")?),
        first_index: row.i64("first_idx")?,
        lot_code: row.opt_text("lot_code")?,
        waste_code: row.opt_text("waste_code")?,
        held_g: row.i64("held_g")?,
    })
}
