//! Tokens: a short-lived JWS that a caller signs with its enrolled key.
//!
//! The payload is `{"aud": origin of the ledger, "iat": s, "exp": s, "jti": text}`, times in whole seconds since 1970. A token
//! is good once: what is overheard cannot be sent again. It may be exchanged for a secret that is good for a while ([`super::session`]).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::Viewer;
use super::assertion::Assertion;
use super::session::is_secret;
use crate::app::error::Fault;
use crate::app::{App, Refusal};
use crate::clock::Timestamp;
use crate::custody::admit::Objection;
use crate::custody::kind::parse_json;
use crate::ledger::Kid;
use crate::registry::{KeyRecord, PartyKind};
use crate::shape::Text;
use crate::store::session::Door;
use crate::store::{ReadTx, StoreError, registry};

/// Longest life of a token, from `iat` to `exp`, in seconds.
pub const MAX_TOKEN_LIFE_S: i64 = 300;
/// How far a caller's clock may be off, in seconds.
pub const CLOCK_LEEWAY_S: i64 = 60;
/// Longest `jti`, in characters.
pub const MAX_JTI_CHARS: usize = 64;
/// Most tokens remembered against replay; beyond it callers are told to wait.
pub const MAX_LIVE_TOKENS: usize = 100_000;
/// What a caller is told to wait when the memory of tokens is full, in seconds.
const RETRY_AFTER_S: u32 = 5;

/// The payload of a `waste-token+jws`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenClaims {
    /// Origin of the ledger the token is for.
    pub aud: Text<200>,
    /// Made at, in seconds since 1970.
    pub iat: i64,
    /// Good until, in seconds since 1970; at most [`MAX_TOKEN_LIFE_S`] after `iat`.
    pub exp: i64,
    /// Names the token among those of its key.
    pub jti: Text<MAX_JTI_CHARS>,
}

/// Why a caller was not let in.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The token is not good; the pointer is into its payload.
    #[error("the token is not good: {}", .0.en)]
    Token(Objection),
    /// Too many tokens at once.
    #[error("too many tokens are alive (limit {MAX_LIVE_TOKENS}); try again in {retry_after_s} s")]
    Busy {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// We are wrong.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl From<StoreError> for AccessError {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}

pub(super) fn denied(code: &str, pointer: &str, zh: impl Into<String>, en: impl Into<String>) -> AccessError {
    AccessError::Token(Objection::new(code, pointer, zh, en))
}

/// What a caller signed, every check passed: whose it is, and its name among those of its key.
pub(super) struct Proven {
    pub(super) viewer: Viewer,
    pub(super) kid: Kid,
    pub(super) jti: String,
}

/// Checks an assertion at `now`, and keeps in mind that it was used. The key must be enrolled and not revoked at the head of the log.
pub(super) async fn prove(
    app: &App,
    assertion: Assertion<'_>,
    now: Timestamp,
) -> Result<Proven, AccessError> {
    let kid = assertion.kid();
    let mut tx = app.store().read().await?;
    let record = registry::keys(&mut tx, &[kid]).await?.into_iter().next().ok_or_else(unknown_key)?;
    let claims = assertion.claims(&record.public)?;
    if record.revoked_index.is_some() {
        return Err(revoked_key());
    }
    check_claims(&claims, app.origin(), now)?;
    app.inner.tokens.remember(kid, &claims, now)?;
    let viewer = Viewer::of_record(&mut tx, &record).await?.ok_or_else(unknown_key)?;
    Ok(Proven { viewer, kid, jti: claims.jti.to_string() })
}

impl Viewer {
    /// Who presents this at `now`: a signed token, good once, or the secret that one was exchanged for.
    pub async fn authenticate(app: &App, token: &str, now: Timestamp) -> Result<Viewer, AccessError> {
        if is_secret(token) {
            return app.let_in(Door::Program, token, now).await;
        }
        Ok(prove(app, Assertion::token(token)?, now).await?.viewer)
    }

    /// Who speaks by a key; `None` for one that is not enrolled or was revoked.
    pub(in crate::app) async fn of_key(tx: &mut ReadTx, kid: Kid) -> Result<Option<Viewer>, StoreError> {
        let record = registry::keys(tx, &[kid]).await?.into_iter().next();
        match record.filter(|record| record.revoked_index.is_none()) {
            Some(record) => Self::of_record(tx, &record).await,
            None => Ok(None),
        }
    }

    async fn of_record(tx: &mut ReadTx, record: &KeyRecord) -> Result<Option<Viewer>, StoreError> {
        let party = registry::parties(tx, &[record.party]).await?.into_iter().next();
        let (role, kid) = (record.role, record.kid);
        Ok(party.map(|party| match party.kinds.contains(&PartyKind::Authority) {
            true => Viewer::Authority { party: party.party, division: party.division, role, kid },
            false => Viewer::Party { party: party.party, role, kid },
        }))
    }
}

pub(super) fn unreadable(error: crate::ledger::EnvelopeError) -> AccessError {
    let refusal = Refusal::from(error);
    let objection = refusal.errors.into_iter().next();
    AccessError::Token(objection.unwrap_or_else(|| Objection::new(refusal.code, "", "", "")))
}

pub(super) fn unknown_key() -> AccessError {
    denied("key-unknown", "", "签名密钥未在本账本登记", "the signing key is not enrolled in this ledger")
}

pub(super) fn revoked_key() -> AccessError {
    denied("key-revoked", "", "密钥已被吊销", "the key was revoked")
}

pub(super) fn read_claims(payload: &[u8]) -> Result<TokenClaims, AccessError> {
    let malformed = |pointer: &str, zh: &str, en: &str| {
        denied("token-malformed", pointer, format!("令牌内容不符合规定：{zh}"), en)
    };
    // A derived struct would also read an array of the four values.
    if payload.first() != Some(&b'{') {
        return Err(malformed("", "不是 JSON 对象", "the payload is not a JSON object"));
    }
    let text =
        std::str::from_utf8(payload).map_err(|_| malformed("", "不是 UTF-8", "the payload is not UTF-8"))?;
    parse_json(text, "").map_err(|error| malformed(&error.pointer, &error.zh, &error.message))
}

fn check_claims(claims: &TokenClaims, origin: &str, now: Timestamp) -> Result<(), AccessError> {
    let now_s = now.as_millis().div_euclid(1_000);
    if *claims.aud != *origin {
        let en = format!("the token is for {}, this ledger is {origin}", &*claims.aud);
        return Err(denied("token-audience", "/aud", format!("令牌不是给本账本（{origin}）的"), en));
    }
    if claims.exp < claims.iat || claims.exp.saturating_sub(claims.iat) > MAX_TOKEN_LIFE_S {
        let zh = format!("令牌有效期最长 {MAX_TOKEN_LIFE_S} 秒");
        let en = format!("exp must be at most {MAX_TOKEN_LIFE_S} s after iat");
        return Err(denied("token-too-long", "/exp", zh, en));
    }
    if claims.iat > now_s.saturating_add(CLOCK_LEEWAY_S) {
        let en = format!("iat lies more than {CLOCK_LEEWAY_S} s ahead; set the caller's clock");
        return Err(denied("token-not-yet", "/iat", "令牌的签发时间尚未到来，请校准时钟", en));
    }
    if claims.exp.saturating_add(CLOCK_LEEWAY_S) < now_s {
        return Err(denied(
            "token-expired",
            "/exp",
            "令牌已过期，请重新签发",
            "the token has expired; sign a new one",
        ));
    }
    Ok(())
}

/// Tokens seen and still alive, with the second they may be forgotten. Several processes do not share it.
#[derive(Default)]
pub(in crate::app) struct SeenTokens(Mutex<BTreeMap<(Kid, String), i64>>);

impl SeenTokens {
    /// Refuse a token that was seen before; else keep it in mind while it lives.
    fn remember(&self, kid: Kid, claims: &TokenClaims, now: Timestamp) -> Result<(), AccessError> {
        let now_s = now.as_millis().div_euclid(1_000);
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (kid, claims.jti.to_string());
        if seen.contains_key(&name) {
            return Err(denied(
                "token-replayed",
                "/jti",
                "令牌已被使用过",
                "the token was used before; sign a new one",
            ));
        }
        if seen.len() >= MAX_LIVE_TOKENS {
            seen.retain(|_, forget_at| *forget_at >= now_s);
        }
        if seen.len() >= MAX_LIVE_TOKENS {
            return Err(AccessError::Busy { retry_after_s: RETRY_AFTER_S });
        }
        seen.insert(name, claims.exp.saturating_add(CLOCK_LEEWAY_S));
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const ORIGIN: &str = "ledger.example/one";

    fn claims(iat: i64, exp: i64) -> TokenClaims {
        TokenClaims { aud: Text::new(ORIGIN).unwrap(), iat, exp, jti: Text::new("a").unwrap() }
    }

    fn code(result: Result<(), AccessError>) -> String {
        match result {
            Ok(()) => "good".to_owned(),
            Err(AccessError::Token(objection)) => objection.code,
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn times_are_checked_with_the_leeway_named() {
        let now = Timestamp::from_millis(1_000_000);
        for (iat, exp, wanted) in [
            (1_000, 1_300, "good"),
            (1_060, 1_100, "good"),
            (1_061, 1_100, "token-not-yet"),
            (900, 940, "good"),
            (900, 939, "token-expired"),
            (1_000, 1_301, "token-too-long"),
            (1_000, 999, "token-too-long"),
            (i64::MIN, i64::MAX, "token-too-long"),
            (i64::MAX, i64::MAX, "token-not-yet"),
        ] {
            assert_eq!(code(check_claims(&claims(iat, exp), ORIGIN, now)), wanted, "{iat} {exp}");
        }
        assert_eq!(code(check_claims(&claims(1_000, 1_300), "ledger.example/two", now)), "token-audience");
    }

    #[test]
    fn a_token_is_good_once_for_a_key_and_a_ledger() {
        let now = Timestamp::from_millis(1_000_000);
        let kid = Kid::from_bytes([42; 32]);
        let (one, other) = (SeenTokens::default(), SeenTokens::default());
        assert_eq!(code(one.remember(kid, &claims(1_000, 1_300), now)), "good");
        assert_eq!(code(one.remember(kid, &claims(1_000, 1_300), now)), "token-replayed");
        assert_eq!(code(other.remember(kid, &claims(1_000, 1_300), now)), "good");
        assert_eq!(code(one.remember(Kid::from_bytes([43; 32]), &claims(1_000, 1_300), now)), "good");
    }

    #[test]
    fn payloads_are_strict() {
        for (payload, pointer) in [
            ("[\"a\",1,2,\"b\"]", ""),
            ("{\"aud\":\"a\",\"iat\":1,\"exp\":2}", ""),
            ("{\"aud\":\"a\",\"iat\":1,\"exp\":2,\"jti\":\"b\",\"more\":1}", "/more"),
            ("{\"aud\":\"a\",\"iat\":1,\"exp\":2,\"exp\":3,\"jti\":\"b\"}", ""),
            ("{\"aud\":\"a\",\"iat\":1.5,\"exp\":2,\"jti\":\"b\"}", "/iat"),
        ] {
            match read_claims(payload.as_bytes()) {
                Err(AccessError::Token(objection)) => {
                    assert_eq!(objection.code, "token-malformed");
                    assert!(pointer.is_empty() || objection.pointer == pointer, "{payload}: {objection:?}");
                }
                other => panic!("{payload}: {other:?}"),
            }
        }
    }
}
