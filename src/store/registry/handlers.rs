//! Keys that may sign for a party on the road and at the gate.

use super::{key_of, texts};
use crate::catalogue::Uscc;
use crate::registry::KeyRecord;
use crate::store::log::signed;
use crate::store::{ReadTx, SqlIn, StoreError, params};

/// The keys in force that may hand waste over for these parties: of each party the `limit` last enrolled, those first.
pub async fn handler_keys(
    tx: &mut ReadTx,
    parties: &[Uscc],
    limit: u64,
) -> Result<Vec<KeyRecord>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select k.kid, k.public_key, k.party, k.role, k.invitation, k.enrolled_idx, k.revoked_idx, k.revoked_at_ms,
                k.suspected_from_idx, k.replaces, k.replaced_by from (
           select kid, public_key, party, role, invitation, enrolled_idx, revoked_idx, revoked_at_ms,
                  suspected_from_idx, replaces, replaced_by,
                  row_number() over (partition by party order by enrolled_idx desc, kid) as n
             from signing_key
            where party in ({keys}) and revoked_idx is null
              and role in ('administrator', 'operator', 'driver', 'escort')) k
          where k.n <= $1 order by k.party, k.n",
    );
    tx.fetch_in(&SQL, texts(parties), params![signed(limit)]).await?.iter().map(key_of).collect()
}
