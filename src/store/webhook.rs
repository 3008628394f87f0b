//! Webhooks: where a party or authority wants to be told, how far it has been told, and what its receiver answered. Beside the log.

use super::log::{signed, timestamp, unsigned};
use super::{ReadTx, Row, Sql, StoreError, WriteTx, params};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::id::WebhookId;
use crate::ledger::Kid;

/// Attempts of one webhook that are kept.
pub const MAX_ATTEMPTS_KEPT: u64 = 200;

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its name.
    pub id: WebhookId,
    /// Whose it is.
    pub party: Uscc,
    /// True for an authority's: it reads everything and is told what it supervises.
    pub reads_all: bool,
    /// The key that answers for it: what that key may see is sent.
    pub kid: Kid,
    /// Where messages go.
    pub url: String,
    /// Which messages, by what happened; all where it names none.
    pub whats: Vec<String>,
    /// Why nothing is sent any more, until somebody starts it again.
    pub parked_for: Option<String>,
    /// Number of the last message that was delivered, or need not be.
    pub delivered: u64,
    /// When it was made.
    pub made_at: Timestamp,
    /// How many attempts there were in all.
    pub attempts: u64,
    /// Since when deliveries fail.
    pub failing_since: Option<Timestamp>,
    /// How many have failed since.
    pub failures: u64,
    /// No attempt before.
    pub next_at: Timestamp,
    /// Which secret messages are signed with: how often it was renewed.
    pub secret_n: u64,
    /// Until when they are signed with the one before it too.
    pub old_secret_until: Option<Timestamp>,
}

impl Webhook {
    /// Which secrets a message is signed with at a moment, the newest first.
    pub fn secrets_at(&self, at: Timestamp) -> Vec<u64> {
        let old =
            self.old_secret_until.filter(|until| at < *until).and_then(|_| self.secret_n.checked_sub(1));
        [self.secret_n].into_iter().chain(old).collect()
    }

    /// True when it wants to be told of this.
    pub fn wants(&self, what: &str) -> bool {
        self.whats.is_empty() || self.whats.iter().any(|wanted| wanted == what)
    }
}

/// What a receiver answered to one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Number of the attempt, from 1.
    pub n: u64,
    /// The message; 0 for a test call.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// HTTP status.
    pub status: Option<u16>,
    /// Why there was no answer.
    pub error: Option<String>,
}

/// Keep a new webhook.
pub async fn insert(tx: &mut WriteTx, hook: &Webhook) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "insert into webhook (webhook, party, kid, url, whats, state, parked_for, delivered, made_at_ms, attempts,
             failing_since_ms, failures, next_at_ms, leased_until_ms, reads_all)
         values ($1, $2, $3, $4, $5, 'active', null, $6, $7, 0, null, 0, $8, 0, $9)",
    );
    let values = params![
        hook.id.as_uuid(),
        hook.party.to_string(),
        hook.kid.as_bytes().to_vec(),
        hook.url.clone(),
        hook.whats.join(" "),
        signed(hook.delivered),
        hook.made_at.as_millis(),
        hook.next_at.as_millis(),
        hook.reads_all
    ];
    tx.execute(&SQL, values).await.map(drop)
}

/// A webhook that one process has to itself for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// When it was taken.
    pub now: Timestamp,
    /// When others may take it.
    pub until: Timestamp,
}

/// Take a webhook for oneself; false when another process has it, or it is parked.
pub async fn lease(tx: &mut WriteTx, id: WebhookId, lease: Lease) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "update webhook set leased_until_ms = $3 where webhook = $1 and leased_until_ms <= $2 and state = 'active'",
    );
    let values = params![id.as_uuid(), lease.now.as_millis(), lease.until.as_millis()];
    Ok(tx.execute(&SQL, values).await? == 1)
}

/// Write how far it has been told, and how that goes; false when the lease is gone: somebody started it again or deleted it.
pub async fn save(tx: &mut WriteTx, hook: &Webhook, lease: Lease) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "update webhook set state = $2, parked_for = $3, delivered = $4, failing_since_ms = $5, failures = $6, next_at_ms = $7
          where webhook = $1 and leased_until_ms = $8",
    );
    let state = if hook.parked_for.is_some() { "parked" } else { "active" };
    let values = params![
        hook.id.as_uuid(),
        state.to_owned(),
        hook.parked_for.clone(),
        signed(hook.delivered),
        hook.failing_since.map(|at| at.as_millis()),
        signed(hook.failures),
        hook.next_at.as_millis(),
        lease.until.as_millis()
    ];
    Ok(tx.execute(&SQL, values).await? == 1)
}

/// Let others take it.
pub async fn release(tx: &mut WriteTx, id: WebhookId) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("update webhook set leased_until_ms = 0 where webhook = $1");
    tx.execute(&SQL, params![id.as_uuid()]).await.map(drop)
}

/// Start it from `delivered`, under its key, whoever has it just now.
pub async fn start_again(tx: &mut WriteTx, hook: &Webhook) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "update webhook set kid = $2, state = 'active', parked_for = null, delivered = $3, failing_since_ms = null, failures = 0,
             next_at_ms = $4, leased_until_ms = 0 where webhook = $1",
    );
    let values = params![
        hook.id.as_uuid(),
        hook.kid.as_bytes().to_vec(),
        signed(hook.delivered),
        hook.next_at.as_millis()
    ];
    tx.execute(&SQL, values).await.map(drop)
}

/// Sign with another secret from now on, whoever has the webhook just now, and with the one before it too until a moment. False where that one is still
/// to be good while another is: a receiver that has not changed over yet would be left with neither.
pub async fn renew_secret(
    tx: &mut WriteTx,
    id: WebhookId,
    now: Timestamp,
    old_until: Timestamp,
) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "update webhook set secret_n = secret_n + 1, old_secret_until_ms = $3, leased_until_ms = 0
          where webhook = $1 and ($3 <= $2 or old_secret_until_ms is null or old_secret_until_ms <= $2)",
    );
    let values = params![id.as_uuid(), now.as_millis(), old_until.as_millis()];
    Ok(tx.execute(&SQL, values).await? == 1)
}

/// Let another key answer for what one answered for.
pub async fn pass_on(tx: &mut WriteTx, party: Uscc, from: Kid, to: Kid) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both("update webhook set kid = $3 where party = $1 and kid = $2");
    let blob = |kid: Kid| kid.as_bytes().to_vec();
    tx.execute(&SQL, params![party.to_string(), blob(from), blob(to)]).await.map(drop)
}

/// Forget a webhook and its attempts.
pub async fn delete(tx: &mut WriteTx, id: WebhookId) -> Result<(), StoreError> {
    const HOOK: Sql = Sql::both("delete from webhook where webhook = $1");
    const ATTEMPTS: Sql = Sql::both("delete from webhook_attempt where webhook = $1");
    tx.execute(&HOOK, params![id.as_uuid()]).await?;
    tx.execute(&ATTEMPTS, params![id.as_uuid()]).await.map(drop)
}

/// One webhook.
pub async fn get(tx: &mut ReadTx, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
    const SQL: Sql = Sql::both(
        "select webhook, party, kid, url, whats, parked_for, delivered, made_at_ms, attempts, failing_since_ms, failures, next_at_ms, reads_all,
                secret_n, old_secret_until_ms
           from webhook where webhook = $1",
    );
    tx.fetch_optional(&SQL, params![id.as_uuid()]).await?.map(|row| hook_of(&row)).transpose()
}

/// The webhooks of a party, in the order in which they were made.
pub async fn of_party(tx: &mut ReadTx, party: Uscc) -> Result<Vec<Webhook>, StoreError> {
    const SQL: Sql = Sql::both(
        "select webhook, party, kid, url, whats, parked_for, delivered, made_at_ms, attempts, failing_since_ms, failures, next_at_ms, reads_all,
                secret_n, old_secret_until_ms
           from webhook where party = $1 order by made_at_ms, webhook",
    );
    tx.fetch_all(&SQL, params![party.to_string()]).await?.iter().map(hook_of).collect()
}

/// Active webhooks that may be tried at `now`, those that waited longest first.
pub async fn due(tx: &mut ReadTx, now: Timestamp, limit: u64) -> Result<Vec<Webhook>, StoreError> {
    const SQL: Sql = Sql::both(
        "select webhook, party, kid, url, whats, parked_for, delivered, made_at_ms, attempts, failing_since_ms, failures, next_at_ms, reads_all,
                secret_n, old_secret_until_ms
           from webhook where state = 'active' and next_at_ms <= $1 and (
                exists (select 1 from outbox_reader r where r.reader = party and r.seq > delivered)
                or (reads_all = 1 and delivered < (select coalesce(max(seq), 0) from outbox)))
          order by next_at_ms, webhook limit $2",
    );
    tx.fetch_all(&SQL, params![now.as_millis(), signed(limit)]).await?.iter().map(hook_of).collect()
}

/// Parked webhooks, those that were parked last first.
pub async fn parked(tx: &mut ReadTx, limit: u64) -> Result<Vec<Webhook>, StoreError> {
    const SQL: Sql = Sql::both(
        "select webhook, party, kid, url, whats, parked_for, delivered, made_at_ms, attempts, failing_since_ms, failures, next_at_ms, reads_all,
                secret_n, old_secret_until_ms
           from webhook where state = 'parked' order by next_at_ms desc, webhook limit $1",
    );
    tx.fetch_all(&SQL, params![signed(limit)]).await?.iter().map(hook_of).collect()
}

/// How many are parked.
pub async fn count_parked(tx: &mut ReadTx) -> Result<u64, StoreError> {
    const SQL: Sql = Sql::both("select count(*) as parked from webhook where state = 'parked'");
    unsigned(&tx.fetch_one(&SQL, params![]).await?, "parked")
}

/// Keep what a receiver answered under the next number, and the last [`MAX_ATTEMPTS_KEPT`] only; gives it with its number.
pub async fn keep_attempt(tx: &mut WriteTx, id: WebhookId, attempt: Attempt) -> Result<Attempt, StoreError> {
    const COUNT: Sql = Sql::both("update webhook set attempts = attempts + 1 where webhook = $1");
    const NUMBER: Sql = Sql::both("select attempts from webhook where webhook = $1");
    const KEEP: Sql = Sql::both(
        "insert into webhook_attempt (webhook, n, seq, at_ms, status, error) values ($1, $2, $3, $4, $5, $6)",
    );
    const PRUNE: Sql = Sql::both("delete from webhook_attempt where webhook = $1 and n <= $2");
    tx.execute(&COUNT, params![id.as_uuid()]).await?;
    // Deleted meanwhile: there is nothing to keep it with.
    let Some(row) = tx.fetch_optional(&NUMBER, params![id.as_uuid()]).await? else { return Ok(attempt) };
    let attempt = Attempt { n: unsigned(&row, "attempts")?, ..attempt };
    let values = params![
        id.as_uuid(),
        signed(attempt.n),
        signed(attempt.seq),
        attempt.at.as_millis(),
        attempt.status.map(i64::from),
        attempt.error.clone()
    ];
    tx.execute(&KEEP, values).await?;
    let oldest = attempt.n.saturating_sub(MAX_ATTEMPTS_KEPT);
    tx.execute(&PRUNE, params![id.as_uuid(), signed(oldest)]).await?;
    Ok(attempt)
}

/// The attempts that are kept, the last first.
pub async fn attempts(tx: &mut ReadTx, id: WebhookId) -> Result<Vec<Attempt>, StoreError> {
    const SQL: Sql = Sql::both(
        "select n, seq, at_ms, status, error from webhook_attempt where webhook = $1 order by n desc",
    );
    let of_row = |row: &Row| {
        let status = row.opt_i64("status")?.map(u16::try_from).transpose();
        Ok(Attempt {
            n: unsigned(row, "n")?,
            seq: unsigned(row, "seq")?,
            at: timestamp(row, "at_ms")?,
            status: status.map_err(|_| row.corrupt("status", "not a status"))?,
            error: row.opt_text("error")?,
        })
    };
    tx.fetch_all(&SQL, params![id.as_uuid()]).await?.iter().map(of_row).collect()
}

fn hook_of(row: &Row) -> Result<Webhook, StoreError> {
    Ok(Webhook {
        id: WebhookId::from_uuid(row.uuid("webhook")?),
        party: row.text("party")?.parse().map_err(|_| row.corrupt("party", "not a credit code"))?,
        reads_all: row.bool("reads_all")?,
        kid: Kid::from_bytes(row.digest("kid")?),
        url: row.text("url")?,
        whats: row.text("whats")?.split_whitespace().map(str::to_owned).collect(),
        parked_for: row.opt_text("parked_for")?,
        delivered: unsigned(row, "delivered")?,
        made_at: timestamp(row, "made_at_ms")?,
        attempts: unsigned(row, "attempts")?,
        failing_since: row.opt_i64("failing_since_ms")?.map(Timestamp::from_millis),
        failures: unsigned(row, "failures")?,
        next_at: timestamp(row, "next_at_ms")?,
        secret_n: unsigned(row, "secret_n")?,
        old_secret_until: row.opt_i64("old_secret_until_ms")?.map(Timestamp::from_millis),
    })
}
