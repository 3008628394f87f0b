//! Attachments: files that events name by digest. Their bytes are kept beside the log, one copy for each party that sent them; which entries
//! name which digest is computed from the log.

use super::log::{event_id, signed, timestamp, unsigned};
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::ledger::{Digest, EventId, Kid};

pub(super) const ATTACHED: Table = Table {
    name: "attached",
    columns: &[
        ("digest", ColType::Blob),
        ("idx", ColType::I64),
        ("party", ColType::Text),
        ("points_at_ms", ColType::I64),
        ("remarkable", ColType::I64),
    ],
    key: &["digest", "idx", "party"],
};

/// A digest that an entry of the log names, and who may bring the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedDigest {
    /// The digest.
    pub digest: Digest,
    /// Log index of the entry.
    pub index: u64,
    /// The party that acts in it, or that of its signer.
    pub party: Uscc,
    /// The track whose points it is of; `None` for what stays as long as the entry.
    pub track: Option<TrackOf>,
}

/// A track, as far as it says how long its points are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrackOf {
    /// When it was recorded.
    pub at: Timestamp,
    /// True where it tells of alarms or silence.
    pub is_remarkable: bool,
}

/// What names a file of a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedBy {
    /// True where an entry does that is no track.
    pub others: bool,
    /// The last track that does, and the last remarkable one.
    pub tracks: Vec<TrackOf>,
}

/// The moments up to which points need not be kept any more, by when their tracks were recorded; `None` where they stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PointsOver {
    /// Of tracks as usual.
    pub plain: Option<Timestamp>,
    /// Of remarkable ones.
    pub remarkable: Option<Timestamp>,
}

/// A file that a party sent, without its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Who sent it.
    pub party: Uscc,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// What it is, as its bytes tell.
    pub media: String,
    /// How many bytes it has.
    pub bytes: u64,
    /// The key it came with.
    pub kid: Kid,
    /// When it came.
    pub at: Timestamp,
}

/// A digest that a party named, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedAt {
    /// The digest.
    pub digest: Digest,
    /// Log index of the entry.
    pub index: u64,
    /// Its event.
    pub event: EventId,
    /// True when one of those who may bring the file has done so.
    pub is_kept: bool,
}

/// A place in a list: a moment or log index, and a digest.
pub type Spot = (i64, Digest);

fn of_digest(digest: &Digest) -> Param {
    Param::Blob(digest.as_bytes().to_vec())
}

fn digest_of(row: &Row) -> Result<Digest, StoreError> {
    row.digest("digest").map(Digest)
}

fn party_of(row: &Row) -> Result<Uscc, StoreError> {
    row.text("party")?.parse().map_err(|_| row.corrupt("party", "not a credit code"))
}

fn attachment_of(row: &Row) -> Result<Attachment, StoreError> {
    Ok(Attachment {
        party: party_of(row)?,
        digest: digest_of(row)?,
        media: row.text("media")?,
        bytes: unsigned(row, "bytes")?,
        kid: Kid::from_bytes(row.digest("kid")?),
        at: timestamp(row, "at_ms")?,
    })
}

/// Write which digests the entries of a batch name.
pub async fn save_named(tx: &mut WriteTx, named: &[NamedDigest]) -> Result<(), StoreError> {
    let row = |named: &NamedDigest| {
        let figure = |figure: Option<i64>| figure.map_or(Param::NullOf(ColType::I64), Param::I64);
        vec![
            of_digest(&named.digest),
            Param::I64(signed(named.index)),
            Param::Text(named.party.to_string()),
            figure(named.track.map(|track| track.at.as_millis())),
            figure(named.track.map(|track| i64::from(track.is_remarkable))),
        ]
    };
    tx.upsert_many(&ATTACHED, named.iter().map(row).collect()).await.map(drop)
}

/// What an erased entry alone named goes with it: the copies of those for whom it was named, unless another entry names them too.
pub async fn forget_named(tx: &mut WriteTx, index: u64) -> Result<(), StoreError> {
    const NAMED: Sql = Sql::both("select digest, party from attached where idx = $1");
    const FORGET: Sql = Sql::both("delete from attached where idx = $1");
    let named = tx.fetch_all(&NAMED, params![signed(index)]).await?;
    tx.execute(&FORGET, params![signed(index)]).await?;
    for row in named {
        let (party, digest) = (party_of(&row)?, digest_of(&row)?);
        if !is_named(tx, party, digest).await? {
            remove(tx, party, digest).await?;
        }
    }
    Ok(())
}

/// True when an entry of the log names the digest for this party.
pub async fn is_named(tx: &mut ReadTx, party: Uscc, digest: Digest) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both("select idx from attached where digest = $1 and party = $2 limit 1");
    Ok(tx.fetch_optional(&SQL, params![of_digest(&digest), party.to_string()]).await?.is_some())
}

/// What of the log names the digest for this party.
pub async fn named_as(tx: &mut ReadTx, party: Uscc, digest: Digest) -> Result<NamedBy, StoreError> {
    const SQL: Sql = Sql::both(
        "select remarkable, max(points_at_ms) as at_ms from attached
          where digest = $1 and party = $2 group by remarkable",
    );
    let rows = tx.fetch_all(&SQL, params![of_digest(&digest), party.to_string()]).await?;
    let mut named = NamedBy { others: false, tracks: Vec::new() };
    for row in &rows {
        match track_of(row, "at_ms")? {
            Some(track) => named.tracks.push(track),
            None => named.others = true,
        }
    }
    Ok(named)
}

fn track_of(row: &Row, at: &'static str) -> Result<Option<TrackOf>, StoreError> {
    let (at_ms, remarkable) = (row.opt_i64(at)?, row.opt_i64("remarkable")?);
    let track = at_ms.zip(remarkable);
    Ok(track.map(|(at_ms, is)| TrackOf { at: Timestamp::from_millis(at_ms), is_remarkable: is == 1 }))
}

/// Keep a file; it goes at `due`, unless an entry names it by then.
pub async fn insert(
    tx: &mut WriteTx,
    attachment: &Attachment,
    content: Vec<u8>,
    due: Option<Timestamp>,
) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "insert into attachment (party, digest, media, bytes, kid, at_ms, due_ms)
         values ($1, $2, $3, $4, $5, $6, $7)",
    );
    const CONTENT: Sql =
        Sql::both("insert into attachment_content (party, digest, content) values ($1, $2, $3)");
    let values = params![
        attachment.party.to_string(),
        of_digest(&attachment.digest),
        attachment.media.clone(),
        signed(attachment.bytes),
        attachment.kid.as_bytes().to_vec(),
        attachment.at.as_millis(),
        due.map(|due| due.as_millis())
    ];
    tx.execute(&SQL, values).await?;
    let values = params![attachment.party.to_string(), of_digest(&attachment.digest), content];
    tx.execute(&CONTENT, values).await.map(drop)
}

/// Remove a file of a party.
pub async fn remove(tx: &mut WriteTx, party: Uscc, digest: Digest) -> Result<(), StoreError> {
    const FILE: Sql = Sql::both("delete from attachment where party = $1 and digest = $2");
    const CONTENT: Sql = Sql::both("delete from attachment_content where party = $1 and digest = $2");
    tx.execute(&FILE, params![party.to_string(), of_digest(&digest)]).await?;
    tx.execute(&CONTENT, params![party.to_string(), of_digest(&digest)]).await.map(drop)
}

/// A file of a party.
pub async fn get(tx: &mut ReadTx, party: Uscc, digest: Digest) -> Result<Option<Attachment>, StoreError> {
    const SQL: Sql = Sql::both(
        "select party, digest, media, bytes, kid, at_ms from attachment where party = $1 and digest = $2",
    );
    let row = tx.fetch_optional(&SQL, params![party.to_string(), of_digest(&digest)]).await?;
    row.map(|row| attachment_of(&row)).transpose()
}

/// The bytes of a file of a party.
pub async fn content(tx: &mut ReadTx, party: Uscc, digest: Digest) -> Result<Option<Vec<u8>>, StoreError> {
    const SQL: Sql = Sql::both("select content from attachment_content where party = $1 and digest = $2");
    let row = tx.fetch_optional(&SQL, params![party.to_string(), of_digest(&digest)]).await?;
    row.map(|row| row.blob("content")).transpose()
}

/// How many files a party keeps, and how many bytes.
pub async fn usage(tx: &mut ReadTx, party: Uscc) -> Result<(u64, u64), StoreError> {
    const SQL: Sql = Sql::both(
        "select count(*) as n, cast(coalesce(sum(bytes), 0) as bigint) as bytes from attachment where party = $1",
    );
    let row = tx.fetch_one(&SQL, params![party.to_string()]).await?;
    Ok((unsigned(&row, "n")?, unsigned(&row, "bytes")?))
}

/// Up to `limit` files of a party that came before a place, the last first.
pub async fn of_party(
    tx: &mut ReadTx,
    party: Uscc,
    before: Option<Spot>,
    limit: u64,
) -> Result<Vec<Attachment>, StoreError> {
    const SQL: Sql = Sql::both(
        "select party, digest, media, bytes, kid, at_ms from attachment
          where party = $1 and (at_ms, digest) < ($2, $3) order by at_ms desc, digest desc limit $4",
    );
    let (at_ms, digest) = before.unwrap_or((i64::MAX, Digest::default()));
    let values = params![party.to_string(), at_ms, of_digest(&digest), signed(limit)];
    tx.fetch_all(&SQL, values).await?.iter().map(attachment_of).collect()
}

/// Where a party named these digests: at most `most` entries for each, the first ones.
pub async fn places(
    tx: &mut ReadTx,
    party: Uscc,
    digests: &[Digest],
    most: u64,
) -> Result<Vec<NamedAt>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select n.digest, n.idx, e.event_id, cast(1 as bigint) as is_kept from (
             select digest, idx, row_number() over (partition by digest order by idx) as n from attached
              where party = $1 and digest in ({keys})) n
           join log_entry e on e.idx = n.idx where n.n <= $2 order by n.digest, n.idx",
    );
    let keys = digests.iter().map(of_digest).collect();
    let rows = tx.fetch_in(&SQL, keys, params![party.to_string(), signed(most)]).await?;
    rows.iter().map(named_at).collect()
}

fn named_at(row: &Row) -> Result<NamedAt, StoreError> {
    Ok(NamedAt {
        digest: digest_of(row)?,
        index: unsigned(row, "idx")?,
        event: event_id(row, "event_id")?,
        is_kept: row.i64("is_kept")? == 1,
    })
}

/// Up to `limit` digests that a party named before a place in the log, the last first; without points that need not be kept any more.
pub async fn named_by(
    tx: &mut ReadTx,
    party: Uscc,
    before: Option<Spot>,
    over: PointsOver,
    limit: u64,
) -> Result<Vec<NamedAt>, StoreError> {
    const SQL: Sql = Sql::both(
        "select a.digest, a.idx, e.event_id,
                cast(case when exists
                    (select 1 from attached b join attachment f on f.party = b.party and f.digest = b.digest
                      where b.digest = a.digest and b.idx = a.idx) then 1 else 0 end as bigint) as is_kept
           from attached a join log_entry e on e.idx = a.idx
          where a.party = $1 and (a.idx, a.digest) < ($2, $3)
            and (a.points_at_ms is null or a.points_at_ms > case when a.remarkable = 1 then $6 else $5 end)
          order by a.idx desc, a.digest desc limit $4",
    );
    let (index, digest) = before.unwrap_or((i64::MAX, Digest::default()));
    let [plain, remarkable] =
        [over.plain, over.remarkable].map(|over| over.map_or(i64::MIN, |at| at.as_millis()));
    let values = params![party.to_string(), index, of_digest(&digest), signed(limit), plain, remarkable];
    tx.fetch_all(&SQL, values).await?.iter().map(named_at).collect()
}

/// Up to `limit` copies of a file by the entries that name it, the first entry first: brought by those for whom it is named there.
pub async fn copies(
    tx: &mut ReadTx,
    digest: Digest,
    at: Option<u64>,
    limit: u64,
) -> Result<Vec<(u64, Attachment)>, StoreError> {
    const ANY: Sql = Sql::both(
        "select a.idx, f.party, f.digest, f.media, f.bytes, f.kid, f.at_ms from attached a
           join attachment f on f.party = a.party and f.digest = a.digest
          where a.digest = $1 order by a.idx, f.party limit $2",
    );
    const AT: Sql = Sql::both(
        "select a.idx, f.party, f.digest, f.media, f.bytes, f.kid, f.at_ms from attached a
           join attachment f on f.party = a.party and f.digest = a.digest
          where a.digest = $1 and a.idx = $3 order by f.party limit $2",
    );
    let mut values = params![of_digest(&digest), signed(limit)];
    values.extend(at.map(|index| Param::I64(signed(index))));
    let rows = tx.fetch_all(if at.is_some() { &AT } else { &ANY }, values).await?;
    rows.iter().map(|row| Ok((unsigned(row, "idx")?, attachment_of(row)?))).collect()
}

/// Which of the digests that these entries name somebody brought, with the entry.
pub async fn kept_at(tx: &mut ReadTx, indexes: &[u64]) -> Result<Vec<(u64, Digest)>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select distinct a.idx, a.digest from attached a join attachment f on f.party = a.party and f.digest = a.digest
          where a.idx in ({keys})",
    );
    let keys = indexes.iter().map(|index| Param::I64(signed(*index))).collect();
    let rows = tx.fetch_in(&SQL, keys, params![]).await?;
    rows.iter().map(|row| Ok((unsigned(row, "idx")?, digest_of(row)?))).collect()
}

/// Up to `limit` files whose time has come by `now`.
pub async fn due(tx: &mut ReadTx, now: Timestamp, limit: u64) -> Result<Vec<(Uscc, Digest)>, StoreError> {
    const SQL: Sql =
        Sql::both("select party, digest from attachment where due_ms <= $1 order by due_ms limit $2");
    let rows = tx.fetch_all(&SQL, params![now.as_millis(), signed(limit)]).await?;
    rows.iter().map(|row| Ok((party_of(row)?, digest_of(row)?))).collect()
}

/// Entries name it: it stays until then, or as long as they do.
pub async fn keep_until(
    tx: &mut WriteTx,
    party: Uscc,
    digest: Digest,
    until: Option<Timestamp>,
) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("update attachment set due_ms = $3 where party = $1 and digest = $2");
    let values = params![party.to_string(), of_digest(&digest), until.map(|until| until.as_millis())];
    tx.execute(&SQL, values).await.map(drop)
}

/// Up to `limit` files of everybody behind one, by party and digest; with when each goes. For backups and audits.
pub async fn all_after(
    tx: &mut ReadTx,
    after: Option<(Uscc, Digest)>,
    limit: u64,
) -> Result<Vec<(Attachment, Option<Timestamp>)>, StoreError> {
    const SQL: Sql = Sql::both(
        "select party, digest, media, bytes, kid, at_ms, due_ms from attachment
          where (party, digest) > ($1, $2) order by party, digest limit $3",
    );
    let (party, digest) = after.map_or((String::new(), Digest::default()), |(p, d)| (p.to_string(), d));
    let rows = tx.fetch_all(&SQL, params![party, of_digest(&digest), signed(limit)]).await?;
    let due = |row: &Row| Ok::<_, StoreError>(row.opt_i64("due_ms")?.map(Timestamp::from_millis));
    rows.iter().map(|row| Ok((attachment_of(row)?, due(row)?))).collect()
}

/// Bytes that no row tells of, if there are any.
pub async fn first_orphan(tx: &mut ReadTx) -> Result<Option<(Uscc, Digest)>, StoreError> {
    const SQL: Sql = Sql::both(
        "select c.party, c.digest from attachment_content c where not exists
             (select 1 from attachment f where f.party = c.party and f.digest = c.digest) limit 1",
    );
    let row = tx.fetch_optional(&SQL, params![]).await?;
    row.map(|row| Ok((party_of(&row)?, digest_of(&row)?))).transpose()
}
