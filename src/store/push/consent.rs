//! Who lets the ledger tell which platform.

use super::super::log::timestamp;
use super::super::registry::parse;
use super::super::{ReadTx, Row, Sql, StoreError, WriteTx, params};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::ledger::Kid;

/// A firm's word that a platform may be told of its manifests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Whose.
    pub party: Uscc,
    /// Which platform.
    pub platform: String,
    /// Since when.
    pub since: Timestamp,
    /// The key that gave it.
    pub kid: Kid,
    /// What the firm's plan is called on that platform.
    pub plan_number: Option<String>,
    /// When it ended, and the key that ended it.
    pub ended: Option<(Timestamp, Kid)>,
}

/// Keep a word that was given.
pub async fn agree(tx: &mut WriteTx, consent: &Consent) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "insert into push_consent (party, platform, since_ms, kid, plan_number) values ($1, $2, $3, $4, $5)
         on conflict (party, platform, since_ms) do update set kid = excluded.kid, plan_number = excluded.plan_number,
             ended_at_ms = null, ended_by_kid = null",
    );
    let values = params![
        consent.party.to_string(),
        consent.platform.clone(),
        consent.since.as_millis(),
        consent.kid.as_bytes().to_vec(),
        consent.plan_number.clone()
    ];
    tx.execute(&SQL, values).await.map(drop)
}

/// Say what the plan is called from now on.
pub async fn name_plan(
    tx: &mut WriteTx,
    party: Uscc,
    platform: &str,
    plan_number: Option<&str>,
) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "update push_consent set plan_number = $3 where party = $1 and platform = $2 and ended_at_ms is null",
    );
    let values = params![party.to_string(), platform.to_owned(), plan_number.map(str::to_owned)];
    tx.execute(&SQL, values).await.map(drop)
}

/// End it; what waits is told no more.
pub async fn end_consent(
    tx: &mut WriteTx,
    party: Uscc,
    platform: &str,
    at: Timestamp,
    kid: Kid,
) -> Result<(), StoreError> {
    const CONSENT: Sql = Sql::both(
        "update push_consent set ended_at_ms = $3, ended_by_kid = $4 where party = $1 and platform = $2 and ended_at_ms is null",
    );
    const ITEMS: Sql = Sql::both(
        "update push_item set state = 'superseded', why = 'withdrawn'
          where party = $1 and platform = $2 and state in ('waiting', 'refused') and leased_until_ms <= $3",
    );
    let kid = kid.as_bytes().to_vec();
    let values = params![party.to_string(), platform.to_owned(), at.as_millis(), kid];
    tx.execute(&CONSENT, values).await?;
    let values = params![party.to_string(), platform.to_owned(), at.as_millis()];
    tx.execute(&ITEMS, values).await.map(drop)
}

/// The word that stands.
pub async fn consent(tx: &mut ReadTx, party: Uscc, platform: &str) -> Result<Option<Consent>, StoreError> {
    const SQL: Sql = Sql::both(
        "select * from push_consent where party = $1 and platform = $2 and ended_at_ms is null order by since_ms desc limit 1",
    );
    let values = params![party.to_string(), platform.to_owned()];
    tx.fetch_optional(&SQL, values).await?.as_ref().map(consent_of).transpose()
}

/// Every word a firm gave, the last first.
pub async fn consents(tx: &mut ReadTx, party: Uscc) -> Result<Vec<Consent>, StoreError> {
    const SQL: Sql =
        Sql::both("select * from push_consent where party = $1 order by since_ms desc, platform limit 200");
    tx.fetch_all(&SQL, params![party.to_string()]).await?.iter().map(consent_of).collect()
}

fn consent_of(row: &Row) -> Result<Consent, StoreError> {
    let ended = match (row.opt_i64("ended_at_ms")?, row.opt_digest("ended_by_kid")?) {
        (Some(at), Some(kid)) => Some((Timestamp::from_millis(at), Kid::from_bytes(kid))),
        _ => None,
    };
    Ok(Consent {
        party: parse(row, "party")?,
        platform: row.text("platform")?,
        since: timestamp(row, "since_ms")?,
        kid: Kid::from_bytes(row.digest("kid")?),
        plan_number: row.opt_text("plan_number")?,
        ended,
    })
}
