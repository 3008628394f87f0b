//! Offers that the releasing side left for whoever shall take over. No part of the log, and not computed from it: what was taken over is said by the
//! event that embeds the offer.

use super::log::{blob, event_id, signed, timestamp};
use super::{ColType, Param, ReadTx, Row, Sql, StoreError, Table, WriteTx, params};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::id::ManifestId;
use crate::ledger::{EventId, Kid};

/// An offer as it was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredOffer {
    /// SHA-256 of what was signed, as ids of events are made.
    pub id: EventId,
    /// The manifest.
    pub manifest: ManifestId,
    /// Who lets go.
    pub from: Uscc,
    /// Who may take it.
    pub to: Uscc,
    /// The `waste-offer+jws` in the compact form, as it was signed.
    pub compact: String,
    /// The key that signed it.
    pub kid: Kid,
    /// When it was left.
    pub left_at: Timestamp,
    /// Until when it waits.
    pub expires_at: Timestamp,
}

const OFFER: Table = Table { name: "offer", columns: &[("offer", ColType::Blob)], key: &["offer"] };

/// A place in a list of offers: when one was left, and its id.
pub type OfferSpot = (Timestamp, EventId);

fn offer_of(row: &Row) -> Result<StoredOffer, StoreError> {
    let party = |column| row.text(column)?.parse().map_err(|_| row.corrupt(column, "not a credit code"));
    Ok(StoredOffer {
        id: event_id(row, "offer")?,
        manifest: ManifestId::from_uuid(row.uuid("manifest")?),
        from: party("from_party")?,
        to: party("to_party")?,
        compact: row.text("jws")?,
        kid: Kid::from_bytes(row.digest("kid")?),
        left_at: timestamp(row, "left_at_ms")?,
        expires_at: timestamp(row, "expires_at_ms")?,
    })
}

/// Keep an offer. What has expired goes at the same time, so that the table stays as small as what waits.
pub async fn save(tx: &mut WriteTx, offer: &StoredOffer) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "insert into offer (offer, manifest, from_party, to_party, jws, kid, left_at_ms, expires_at_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    const EXPIRED: Sql = Sql::both("delete from offer where expires_at_ms <= $1");
    tx.execute(&EXPIRED, params![offer.left_at.as_millis()]).await?;
    let values = params![
        blob(&offer.id),
        offer.manifest.as_uuid(),
        offer.from.to_string(),
        offer.to.to_string(),
        offer.compact.clone(),
        Param::Blob(offer.kid.as_bytes().to_vec()),
        offer.left_at.as_millis(),
        offer.expires_at.as_millis()
    ];
    tx.execute(&SQL, values).await.map(drop)
}

/// These offers were taken, and wait no longer.
pub async fn take(tx: &mut WriteTx, offers: &[EventId]) -> Result<(), StoreError> {
    tx.delete_many(&OFFER, offers.iter().map(|offer| vec![blob(offer)]).collect()).await.map(drop)
}

/// Take an offer back; true when it waited.
pub async fn withdraw(tx: &mut WriteTx, id: EventId, from: Uscc, now: Timestamp) -> Result<bool, StoreError> {
    const SQL: Sql =
        Sql::both("delete from offer where offer = $1 and from_party = $2 and expires_at_ms > $3");
    let values = params![blob(&id), from.to_string(), now.as_millis()];
    Ok(tx.execute(&SQL, values).await? > 0)
}

/// What was offered on a manifest that was erased goes with it.
pub(super) async fn forget(tx: &mut WriteTx, manifest: ManifestId) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("delete from offer where manifest = $1");
    tx.execute(&SQL, params![manifest.as_uuid()]).await.map(drop)
}

/// An offer that waits.
pub async fn offer(tx: &mut ReadTx, id: EventId, now: Timestamp) -> Result<Option<StoredOffer>, StoreError> {
    const SQL: Sql = Sql::both(
        "select offer, manifest, from_party, to_party, jws, kid, left_at_ms, expires_at_ms from offer
          where offer = $1 and expires_at_ms > $2",
    );
    let row = tx.fetch_optional(&SQL, params![blob(&id), now.as_millis()]).await?;
    row.map(|row| offer_of(&row)).transpose()
}

/// How many offers of a party wait.
pub async fn count_waiting(tx: &mut ReadTx, from: Uscc, now: Timestamp) -> Result<u64, StoreError> {
    const SQL: Sql =
        Sql::both("select count(*) as n from offer where from_party = $1 and expires_at_ms > $2");
    super::log::unsigned(&tx.fetch_one(&SQL, params![from.to_string(), now.as_millis()]).await?, "n")
}

/// Up to `limit` offers that wait and were left before `before`, the last left first: those made to a party, or those it made.
pub async fn waiting(
    tx: &mut ReadTx,
    party: Uscc,
    is_taker: bool,
    now: Timestamp,
    before: Option<OfferSpot>,
    limit: u64,
) -> Result<Vec<StoredOffer>, StoreError> {
    const TO: Sql = Sql::both(
        "select offer, manifest, from_party, to_party, jws, kid, left_at_ms, expires_at_ms from offer
          where to_party = $1 and expires_at_ms > $2 and (left_at_ms, offer) < ($3, $4)
          order by left_at_ms desc, offer desc limit $5",
    );
    const FROM: Sql = Sql::both(
        "select offer, manifest, from_party, to_party, jws, kid, left_at_ms, expires_at_ms from offer
          where from_party = $1 and expires_at_ms > $2 and (left_at_ms, offer) < ($3, $4)
          order by left_at_ms desc, offer desc limit $5",
    );
    let (at, id) = before.unwrap_or((Timestamp::from_millis(i64::MAX), EventId::from_bytes([0; 32])));
    let values = params![party.to_string(), now.as_millis(), at.as_millis(), blob(&id), signed(limit)];
    tx.fetch_all(if is_taker { &TO } else { &FROM }, values).await?.iter().map(offer_of).collect()
}
