//! Being let in for a while: a secret in exchange for an assertion, for programs and for browsers.
//!
//! Of a secret only its digest is kept, in a table that all processes of a ledger share. The key behind it is looked up each time: when it is
//! revoked, the next call is refused.

use super::assertion::Assertion;
use super::token::{denied, prove, revoked_key};
use super::{AccessError, CLOCK_LEEWAY_S, MAX_TOKEN_LIFE_S, Viewer};
use crate::app::{App, Fault, seal};
use crate::clock::{HOUR_MS, MINUTE_MS, Timestamp};
use crate::ledger::{Digest, Kid};
use crate::store::session::{self, Session};

pub use crate::store::session::Door;

/// Life of a program's access token, in milliseconds.
pub const PROGRAM_LIFE_MS: i64 = 15 * MINUTE_MS;
/// Longest life of a browser's session, in milliseconds: a working day.
pub const BROWSER_LIFE_MS: i64 = 8 * HOUR_MS;
/// A browser's session ends when it is not used for so long, in milliseconds.
pub const BROWSER_IDLE_MS: i64 = 30 * MINUTE_MS;
/// Most secrets of one key at a time, those included that have ended and are kept against replay.
pub const MAX_SESSIONS_OF_KEY: u64 = 64;
/// That a session is used is written down once in so long, in milliseconds.
const NOTED_EVERY_MS: i64 = MINUTE_MS;
/// How long after it was exchanged an assertion might be sent again, in milliseconds: its life, and the leeway at either end.
const REPLAY_MS: i64 = (MAX_TOKEN_LIFE_S + 2 * CLOCK_LEEWAY_S + 1) * 1_000;
/// How secrets begin, so that people and scanners know one when they see it.
const PREFIX: &str = "liandan_";

/// Who was let in, and by what.
#[derive(Clone)]
pub struct Admitted {
    /// Who.
    pub viewer: Viewer,
    /// The secret. It is shown once and kept nowhere.
    pub secret: String,
}

/// True for what looks like a secret of ours; a signed token has dots.
pub(super) fn is_secret(token: &str) -> bool {
    token.starts_with(PREFIX)
}

fn digest_of(secret: &str) -> Digest {
    Digest::sha256(&[secret.as_bytes()])
}

impl Door {
    fn life_ms(self) -> i64 {
        match self {
            Self::Program => PROGRAM_LIFE_MS,
            Self::Browser => BROWSER_LIFE_MS,
        }
    }

    /// When a session that was made then ends, if it is used now for the last time.
    fn ends_at(self, made_at: Timestamp, now: Timestamp) -> Timestamp {
        let until = made_at.plus_millis(self.life_ms());
        match self {
            Self::Program => until,
            Self::Browser => until.min(now.plus_millis(BROWSER_IDLE_MS)),
        }
    }
}

/// A session that was made and ends then is kept so long.
fn keep_until(made_at: Timestamp, ends_at: Timestamp) -> Timestamp {
    ends_at.max(made_at.plus_millis(REPLAY_MS))
}

impl Session {
    /// The same with another end.
    fn ending(&self, ends_at: Timestamp) -> Self {
        Self { ends_at, keep_until: keep_until(self.made_at, ends_at), ..self.clone() }
    }
}

impl App {
    /// Let in for a while whoever signed this assertion: a token of ours, or a JWT (RFC 7523).
    pub async fn exchange(&self, door: Door, assertion: &str) -> Result<Admitted, AccessError> {
        let now = self.inner.clock.callers_now();
        let proven = prove(self, Assertion::any(assertion)?, now).await?;
        let secret = self.open_session(door, proven.kid, Some(proven.jti), now).await?;
        Ok(Admitted { viewer: proven.viewer, secret })
    }

    /// Let a browser in for a while as somebody who has proved itself otherwise than by the key.
    pub(in crate::app) async fn admit(&self, viewer: Viewer, kid: Kid) -> Result<Admitted, AccessError> {
        let secret = self.open_session(Door::Browser, kid, None, self.inner.clock.callers_now()).await?;
        Ok(Admitted { viewer, secret })
    }

    /// Make the secret of a key.
    async fn open_session(
        &self,
        door: Door,
        kid: Kid,
        jti: Option<String>,
        now: Timestamp,
    ) -> Result<String, AccessError> {
        let secret = format!("{PREFIX}{}", seal::new_secret()?);
        let ends_at = door.ends_at(now, now);
        let keep_until = keep_until(now, ends_at);
        let digest = digest_of(&secret);
        let session = Session { digest, kid, door, jti, made_at: now, ends_at, keep_until };
        let mut tx = self.inner.store.write().await?;
        session::purge(&mut tx, now).await?;
        if session::count_of(&mut tx, kid, MAX_SESSIONS_OF_KEY).await? >= MAX_SESSIONS_OF_KEY {
            let zh = format!(
                "该密钥已有 {MAX_SESSIONS_OF_KEY} 个有效的访问令牌或登录；访问令牌可多次使用，请保存并重复使用"
            );
            let en = format!(
                "this key has {MAX_SESSIONS_OF_KEY} access tokens and sessions; an access token is good many times: keep it"
            );
            return Err(denied("sessions-exhausted", "", zh, en));
        }
        if !session::insert(&mut tx, &session).await? {
            // Another process of this ledger has exchanged it.
            return Err(denied(
                "token-replayed",
                "/jti",
                "令牌已被使用过",
                "the token was used before; sign a new one",
            ));
        }
        tx.commit().await?;
        Ok(secret)
    }

    /// Who comes through a door with this secret at `now`. A key that was revoked meanwhile lets nobody in.
    pub async fn let_in(&self, door: Door, secret: &str, now: Timestamp) -> Result<Viewer, AccessError> {
        let mut tx = self.inner.store.read().await?;
        let found = session::find(&mut tx, digest_of(secret)).await?;
        let found = found.filter(|session| session.door == door && session.ends_at > now);
        let session = found.ok_or_else(|| {
            let (zh, en) = ("访问令牌不存在或已过期", "there is no such access token, or it has ended");
            denied("token-unknown", "", zh, en)
        })?;
        let viewer = Viewer::of_key(&mut tx, session.kid).await?.ok_or_else(revoked_key)?;
        drop(tx);
        self.note_use(session, now).await?;
        Ok(viewer)
    }

    /// A session that is used lives on, within its longest life.
    async fn note_use(&self, session: Session, now: Timestamp) -> Result<(), Fault> {
        let ends_at = session.door.ends_at(session.made_at, now);
        if ends_at.since(session.ends_at) < NOTED_EVERY_MS {
            return Ok(());
        }
        let mut tx = self.inner.store.write().await?;
        session::extend(&mut tx, &session.ending(ends_at), session.ends_at).await?;
        Ok(tx.commit().await?)
    }

    /// End what this secret opens, if anything.
    pub async fn end_session(&self, secret: &str) -> Result<(), Fault> {
        let now = self.inner.clock.callers_now();
        let found = session::find(&mut self.inner.store.read().await?, digest_of(secret)).await?;
        let Some(session) = found.filter(|session| session.ends_at > now) else { return Ok(()) };
        let mut tx = self.inner.store.write().await?;
        session::end(&mut tx, &session.ending(now)).await?;
        Ok(tx.commit().await?)
    }
}
