//! Where holders of keys want to be told, and what is sent there. Addresses are personal data: beside the log, and gone when their holder says so.

use super::log::{signed, timestamp, unsigned};
use super::registry::parse;
use super::{ReadTx, Row, Sql, SqlIn, StoreError, WriteTx, params};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::id::NoticeId;
use crate::ledger::Kid;

/// Ended messages of one channel that are kept.
pub const MAX_SENT_KEPT: u64 = 200;

/// A way to somebody. `Debug` does not show the address.
#[derive(Clone, PartialEq, Eq)]
pub struct Channel {
    /// The key whose holder is told.
    pub kid: Kid,
    /// `email` or `phone`.
    pub way: String,
    /// The party of the key.
    pub party: Uscc,
    /// The address, in its one spelling.
    pub address: String,
    /// Code of the language.
    pub language: String,
    /// Nothing that matters less is sent.
    pub severity: String,
    /// Kinds of notices; all where it names none.
    pub kinds: Vec<String>,
    /// Nothing is sent for now.
    pub is_quiet: bool,
    /// When its holder showed that it is theirs.
    pub confirmed_at: Option<Timestamp>,
    /// When the code was made that is out.
    pub code_at: Option<Timestamp>,
    /// How often a code was guessed since.
    pub code_tries: u64,
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Channel").field("kid", &self.kid).field("way", &self.way).finish_non_exhaustive()
    }
}

/// A message that is to be sent, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The key whose holder is told.
    pub kid: Kid,
    /// `email` or `phone`.
    pub way: String,
    /// Its number in the channel.
    pub n: u64,
    /// The notice; `None` for a code.
    pub notice: Option<NoticeId>,
    /// When it was made.
    pub made_at: Timestamp,
    /// `waiting`, `sent`, `given-up` or `void`.
    pub state: String,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How often it was tried.
    pub attempts: u64,
    /// Why the last attempt failed.
    pub error: Option<String>,
}

/// Keep a channel, in the place of what stood there.
pub async fn put(tx: &mut WriteTx, channel: &Channel) -> Result<(), StoreError> {
    const OLD: Sql = Sql::both("delete from notice_channel where kid = $1 and way = $2");
    const SQL: Sql = Sql::both(
        "insert into notice_channel (kid, way, party, address, language, severity, kinds, is_quiet, confirmed_at_ms, code_at_ms, code_tries)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    );
    let kid = channel.kid.as_bytes().to_vec();
    tx.execute(&OLD, params![kid.clone(), channel.way.clone()]).await?;
    let values = params![
        kid,
        channel.way.clone(),
        channel.party.to_string(),
        channel.address.clone(),
        channel.language.clone(),
        channel.severity.clone(),
        channel.kinds.join(" "),
        channel.is_quiet,
        channel.confirmed_at.map(|at| at.as_millis()),
        channel.code_at.map(|at| at.as_millis()),
        signed(channel.code_tries)
    ];
    tx.execute(&SQL, values).await.map(drop)
}

/// The channels of a key.
pub async fn of_key(tx: &mut ReadTx, kid: Kid) -> Result<Vec<Channel>, StoreError> {
    const SQL: Sql = Sql::both("select * from notice_channel where kid = $1 order by way");
    tx.fetch_all(&SQL, params![kid.as_bytes().to_vec()]).await?.iter().map(channel_of).collect()
}

/// The confirmed channels of some parties, in the order of their keys.
pub async fn of_parties(tx: &mut ReadTx, parties: &[Uscc]) -> Result<Vec<Channel>, StoreError> {
    const SQL: SqlIn =
        SqlIn::new("select * from notice_channel where confirmed_at_ms is not null and party in ({keys})");
    let parties = parties.iter().map(|party| party.to_string().into()).collect();
    let rows = tx.fetch_in(&SQL, parties, params![]).await?;
    let mut found = rows.iter().map(channel_of).collect::<Result<Vec<_>, _>>()?;
    found.sort_by(|a: &Channel, b: &Channel| (a.kid, &a.way).cmp(&(b.kid, &b.way)));
    Ok(found)
}

/// Forget a channel, and what was and is to be sent there; false when there is none.
pub async fn erase(tx: &mut WriteTx, kid: Kid, way: &str) -> Result<bool, StoreError> {
    const CHANNEL: Sql = Sql::both("delete from notice_channel where kid = $1 and way = $2");
    const MESSAGES: Sql = Sql::both("delete from notice_message where kid = $1 and way = $2");
    let values = || params![kid.as_bytes().to_vec(), way.to_owned()];
    tx.execute(&MESSAGES, values()).await?;
    Ok(tx.execute(&CHANNEL, values()).await? > 0)
}

/// Forget every channel of a key: it has ended, and its holder can erase nothing any more.
pub async fn erase_all(tx: &mut WriteTx, kid: Kid) -> Result<(), StoreError> {
    const CHANNELS: Sql = Sql::both("delete from notice_channel where kid = $1");
    const MESSAGES: Sql = Sql::both("delete from notice_message where kid = $1");
    for sql in [&MESSAGES, &CHANNELS] {
        tx.execute(sql, params![kid.as_bytes().to_vec()]).await?;
    }
    Ok(())
}

/// One more guess at the code that was made at a moment; false when there were `most`.
pub async fn try_code(tx: &mut WriteTx, channel: &Channel, most: u64) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "update notice_channel set code_tries = code_tries + 1
          where kid = $1 and way = $2 and code_at_ms = $3 and code_tries < $4",
    );
    let values = params![
        channel.kid.as_bytes().to_vec(),
        channel.way.clone(),
        channel.code_at.map(|at| at.as_millis()),
        signed(most)
    ];
    Ok(tx.execute(&SQL, values).await? == 1)
}

/// A code is on its way. What is older than a day goes.
pub async fn note_code(
    tx: &mut WriteTx,
    kid: Kid,
    digest: [u8; 32],
    (at, since): (Timestamp, Timestamp),
) -> Result<(), StoreError> {
    const OLD: Sql = Sql::both("delete from notice_code where at_ms <= $1");
    const SQL: Sql = Sql::both("insert into notice_code (kid, digest, at_ms) values ($1, $2, $3)");
    tx.execute(&OLD, params![since.as_millis()]).await?;
    tx.execute(&SQL, params![kid.as_bytes().to_vec(), digest.to_vec(), at.as_millis()]).await.map(drop)
}

/// How many codes a key asked for after a moment, how many went to an address, and when the key's last one was.
pub async fn codes_since(
    tx: &mut ReadTx,
    kid: Kid,
    digest: [u8; 32],
    since: Timestamp,
) -> Result<(u64, u64, Option<Timestamp>), StoreError> {
    const OF_KEY: Sql =
        Sql::both("select count(*) as n, max(at_ms) as at_ms from notice_code where kid = $1 and at_ms > $2");
    const OF_ADDRESS: Sql =
        Sql::both("select count(*) as n from notice_code where digest = $1 and at_ms > $2");
    let of_key = tx.fetch_one(&OF_KEY, params![kid.as_bytes().to_vec(), since.as_millis()]).await?;
    let of_address = tx.fetch_one(&OF_ADDRESS, params![digest.to_vec(), since.as_millis()]).await?;
    let last = of_key.opt_i64("at_ms")?.map(Timestamp::from_millis);
    Ok((unsigned(&of_key, "n")?, unsigned(&of_address, "n")?, last))
}

/// Most messages of a channel since a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// So many; fewer than are kept.
    pub messages: u64,
    /// The moment.
    pub since: Timestamp,
}

/// Put a message at the end of a channel; a notice that stands in it already is not put there again, nor one too many.
pub async fn queue(
    tx: &mut WriteTx,
    (kid, way): (Kid, &str),
    notice: Option<NoticeId>,
    most: Most,
    at: Timestamp,
) -> Result<(), StoreError> {
    const NEXT: Sql =
        Sql::both("select coalesce(max(n), 0) + 1 as n from notice_message where kid = $1 and way = $2");
    const THERE: Sql =
        Sql::both("select 1 as there from notice_message where kid = $1 and way = $2 and notice = $3");
    const EARLIER: Sql =
        Sql::both("select made_at_ms from notice_message where kid = $1 and way = $2 and n = $3");
    const SQL: Sql = Sql::both(
        "insert into notice_message (kid, way, n, notice, made_at_ms, state, attempts, next_at_ms, leased_until_ms)
         values ($1, $2, $3, $4, $5, 'waiting', 0, $5, 0)",
    );
    const PRUNE: Sql = Sql::both(
        "delete from notice_message where kid = $1 and way = $2 and n <= $3 and state <> 'waiting'",
    );
    let kid = kid.as_bytes().to_vec();
    if let Some(id) = notice
        && tx.fetch_optional(&THERE, params![kid.clone(), way.to_owned(), id.as_uuid()]).await?.is_some()
    {
        return Ok(());
    }
    let n = unsigned(&tx.fetch_one(&NEXT, params![kid.clone(), way.to_owned()]).await?, "n")?;
    let earlier = params![kid.clone(), way.to_owned(), signed(n) - signed(most.messages)];
    if let Some(row) = tx.fetch_optional(&EARLIER, earlier).await?
        && timestamp(&row, "made_at_ms")? > most.since
    {
        return Ok(());
    }
    let values =
        params![kid.clone(), way.to_owned(), signed(n), notice.map(|id| id.as_uuid()), at.as_millis()];
    tx.execute(&SQL, values).await?;
    let oldest = n.saturating_sub(MAX_SENT_KEPT);
    tx.execute(&PRUNE, params![kid, way.to_owned(), signed(oldest)]).await.map(drop)
}

/// What waits in a channel need not be sent any more.
pub async fn void_waiting(
    tx: &mut WriteTx,
    (kid, way): (Kid, &str),
    at: Timestamp,
) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "update notice_message set state = 'void', ended_at_ms = $3 where kid = $1 and way = $2 and state = 'waiting'",
    );
    tx.execute(&SQL, params![kid.as_bytes().to_vec(), way.to_owned(), at.as_millis()]).await.map(drop)
}

/// The first messages of channels that may be tried at `now`, those that waited longest first.
pub async fn due(tx: &mut ReadTx, now: Timestamp, limit: u64) -> Result<Vec<Outgoing>, StoreError> {
    const SQL: Sql = Sql::both(
        "select m.* from notice_message m
          where m.state = 'waiting' and m.next_at_ms <= $1 and m.leased_until_ms <= $1
            and not exists (select 1 from notice_message e
                             where e.kid = m.kid and e.way = m.way and e.n < m.n and e.state = 'waiting')
          order by m.next_at_ms, m.kid, m.way limit $2",
    );
    tx.fetch_all(&SQL, params![now.as_millis(), signed(limit)]).await?.iter().map(outgoing_of).collect()
}

/// Take a message for oneself until a moment; false when another process has it, or it is no longer to be sent.
pub async fn lease(
    tx: &mut WriteTx,
    message: &Outgoing,
    (now, until): (Timestamp, Timestamp),
) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "update notice_message set leased_until_ms = $5
          where kid = $1 and way = $2 and n = $3 and state = 'waiting' and leased_until_ms <= $4",
    );
    let values = params![
        message.kid.as_bytes().to_vec(),
        message.way.clone(),
        signed(message.n),
        now.as_millis(),
        until.as_millis()
    ];
    Ok(tx.execute(&SQL, values).await? == 1)
}

/// Write what came of an attempt: its new state, and when it is tried next where it still waits.
pub async fn attempted(
    tx: &mut WriteTx,
    message: &Outgoing,
    state: &str,
    next_at: Timestamp,
    (at, error): (Timestamp, Option<String>),
) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "update notice_message set state = $4, ended_at_ms = $5, attempts = attempts + 1, next_at_ms = $6, leased_until_ms = 0, error = $7
          where kid = $1 and way = $2 and n = $3 and state = 'waiting'",
    );
    let ended_at = (state != "waiting").then(|| at.as_millis());
    let values = params![
        message.kid.as_bytes().to_vec(),
        message.way.clone(),
        signed(message.n),
        state.to_owned(),
        ended_at,
        next_at.as_millis(),
        error
    ];
    tx.execute(&SQL, values).await.map(drop)
}

/// The last messages of a channel, the last first.
pub async fn last(tx: &mut ReadTx, kid: Kid, way: &str, limit: u64) -> Result<Vec<Outgoing>, StoreError> {
    const SQL: Sql =
        Sql::both("select * from notice_message where kid = $1 and way = $2 order by n desc limit $3");
    let values = params![kid.as_bytes().to_vec(), way.to_owned(), signed(limit)];
    tx.fetch_all(&SQL, values).await?.iter().map(outgoing_of).collect()
}

/// What was sent of a notice to a key.
pub async fn of_notice(tx: &mut ReadTx, id: NoticeId, kid: Kid) -> Result<Vec<Outgoing>, StoreError> {
    const SQL: Sql = Sql::both("select * from notice_message where notice = $1 and kid = $2 order by way");
    let values = params![id.as_uuid(), kid.as_bytes().to_vec()];
    tx.fetch_all(&SQL, values).await?.iter().map(outgoing_of).collect()
}

fn channel_of(row: &Row) -> Result<Channel, StoreError> {
    let moment = |column| Ok::<_, StoreError>(row.opt_i64(column)?.map(Timestamp::from_millis));
    Ok(Channel {
        kid: Kid::from_bytes(row.digest("kid")?),
        way: row.text("way")?,
        party: parse(row, "party")?,
        address: row.text("address")?,
        language: row.text("language")?,
        severity: row.text("severity")?,
        kinds: row.text("kinds")?.split_whitespace().map(str::to_owned).collect(),
        is_quiet: row.bool("is_quiet")?,
        confirmed_at: moment("confirmed_at_ms")?,
        code_at: moment("code_at_ms")?,
        code_tries: unsigned(row, "code_tries")?,
    })
}

fn outgoing_of(row: &Row) -> Result<Outgoing, StoreError> {
    Ok(Outgoing {
        kid: Kid::from_bytes(row.digest("kid")?),
        way: row.text("way")?,
        n: unsigned(row, "n")?,
        notice: row.opt_uuid("notice")?.map(NoticeId::from_uuid),
        made_at: timestamp(row, "made_at_ms")?,
        state: row.text("state")?,
        ended_at: row.opt_i64("ended_at_ms")?.map(Timestamp::from_millis),
        attempts: unsigned(row, "attempts")?,
        error: row.opt_text("error")?,
    })
}
