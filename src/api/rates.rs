//! How often anybody may call: by key, by address for calls without a token, and stricter for what failed.
//!
//! A key is charged when its token was checked, so that nobody can spend the calls of another by naming its key. What is public, and what
//! has no token, is charged to the address it comes from. Tokens, signatures and invitations that are not good are counted
//! by address as well, and so is each such line of an upload: who has sent too many of them is not listened to for a while. What is no guess,
//! such as a token that has expired, is no such failure.

mod bucket;

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::V1;
use super::matrix::{self, May};
use super::problem::{Problem, ProblemError, TOKEN, TOO_MANY, in_language};
use crate::app::webhooks::Network;
use crate::clock::{Clock, Timestamp};
use crate::ledger::Kid;

pub use bucket::{Buckets, Level, MAX_CALLERS, Rate, RateError};

/// Calls of one key, unless the operator says otherwise.
pub const CALLS_OF_A_KEY: Rate = Rate::per_minute(1_200);
/// Calls from one address that are charged to no key, unless the operator says otherwise.
pub const CALLS_OF_AN_ADDRESS: Rate = Rate::per_minute(1_200);
/// Failures from one address, unless the operator says otherwise.
pub const FAILURES_OF_AN_ADDRESS: Rate = Rate::per_minute(60);
/// Addresses of IPv6 are told apart by so many bits: whoever has one has a network of that size.
const V6_BITS: u32 = 64;

/// What stands for it in the header fields (draft-ietf-httpapi-ratelimit-headers): names of policies.
const BY_KEY: &str = "key";
const BY_ADDRESS: &str = "address";
const BY_FAILURES: &str = "failures";

/// How the operator limits calls.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Of one key.
    pub key: Rate,
    /// Of one address, for what is charged to no key.
    pub address: Rate,
    /// Of one address, for tokens, signatures and invitations that are not good.
    pub failures: Rate,
    /// Networks of proxies whose `X-Forwarded-For` is believed.
    pub proxies: Vec<Network>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            key: CALLS_OF_A_KEY,
            address: CALLS_OF_AN_ADDRESS,
            failures: FAILURES_OF_AN_ADDRESS,
            proxies: Vec::new(),
        }
    }
}

/// Everybody's buckets.
pub struct Rates {
    clock: Clock,
    keys: Buckets<Kid>,
    addresses: Buckets<IpAddr>,
    failures: Buckets<IpAddr>,
    proxies: Vec<Network>,
}

impl Rates {
    /// Full buckets.
    pub fn new(limits: Limits, clock: Clock) -> Self {
        Self {
            clock,
            keys: Buckets::new(limits.key, MAX_CALLERS),
            addresses: Buckets::new(limits.address, MAX_CALLERS),
            failures: Buckets::new(limits.failures, MAX_CALLERS),
            proxies: limits.proxies,
        }
    }

    fn now(&self) -> Timestamp {
        self.clock.callers_now()
    }

    /// Whom a call comes from: the peer, or the last address before the operator's own proxies.
    fn address_of(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let is_ours = |address: IpAddr| self.proxies.iter().any(|network| network.holds(address));
        let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
        let named: Vec<Option<IpAddr>> =
            forwarded.flat_map(|line| line.split(',')).map(|address| address.trim().parse().ok()).collect();
        let mut from = peer;
        for address in named.into_iter().rev() {
            match address {
                Some(address) if is_ours(from) => from = address,
                _ => break,
            }
        }
        told_apart(from)
    }
}

/// One address of IPv4; the network of one of IPv6.
pub(super) fn told_apart(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> V6_BITS << V6_BITS)),
        v4 => v4,
    }
}

/// Whom one call comes from, and what it was charged to. It is left with the request.
#[derive(Clone)]
pub(super) struct Meter {
    rates: Arc<Rates>,
    address: IpAddr,
    charged: Arc<Mutex<Option<Reading>>>,
}

/// A bucket as its caller is told of it.
#[derive(Clone, Copy)]
struct Reading {
    policy: &'static str,
    rate: Rate,
    level: Level,
}

impl Meter {
    /// Whom the call comes from.
    pub(super) fn address(&self) -> IpAddr {
        self.address
    }

    fn charge(&self, policy: &'static str, rate: Rate, taken: Result<Level, Level>) -> Result<(), Problem> {
        let (level, is_taken) = match taken {
            Ok(level) => (level, true),
            Err(level) => (level, false),
        };
        let reading = Reading { policy, rate, level };
        *self.charged.lock().unwrap_or_else(PoisonError::into_inner) = Some(reading);
        if is_taken { Ok(()) } else { Err(reading.problem()) }
    }

    fn charge_address(&self) -> Result<(), Problem> {
        let (buckets, now) = (&self.rates.addresses, self.rates.now());
        self.charge(BY_ADDRESS, buckets.rate(), buckets.take(self.address, now))
    }

    /// Count one failure. `Err` when the address has none left: it is not listened to any longer.
    fn count_failure(&self) -> Result<(), Problem> {
        let (buckets, now) = (&self.rates.failures, self.rates.now());
        let taken = buckets.take(self.address, now);
        taken
            .map(drop)
            .map_err(|level| Reading { policy: BY_FAILURES, rate: buckets.rate(), level }.problem())
    }

    /// Count a problem that is one part of an answer, such as a line of an upload, if it is a failure. `Err` as for one that is the whole of it.
    pub(super) fn count(&self, problem: &Problem) -> Result<(), Problem> {
        if is_guess(problem) { self.count_failure() } else { Ok(()) }
    }

    fn reading(&self) -> Option<Reading> {
        *self.charged.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reading {
    fn problem(self) -> Problem {
        let (rate, seconds) = (self.rate, self.level.next_in_s);
        let (zh, en) = match self.policy {
            BY_KEY => (format!("每个密钥最多 {rate} 次"), format!("at most {rate} calls of one key")),
            BY_ADDRESS => (format!("每个地址最多 {rate} 次"), format!("at most {rate} calls of one address")),
            _ => (
                format!("无效的令牌、签名或邀请过多，每个地址最多 {rate} 次"),
                format!(
                    "too many tokens, signatures or invitations that are not good; at most {rate} of one address"
                ),
            ),
        };
        let error = ProblemError { code: format!("rate-of-{}", self.policy), pointer: String::new(), zh, en };
        Problem::new(TOO_MANY, vec![error]).after(seconds)
    }

    fn tell(self, headers: &mut HeaderMap) {
        let Self { policy, rate, level } = self;
        let policies = format!("\"{policy}\";q={};w={}", rate.calls(), rate.span_s());
        let current = format!("\"{policy}\";r={};t={}", level.left, level.full_in_s);
        for (name, value) in [("ratelimit-policy", policies), ("ratelimit", current)] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
    }
}

/// Charge a call to the key whose token was checked.
pub(super) fn charge_key(parts: &Parts, kid: Option<Kid>) -> Result<(), Problem> {
    let (Some(meter), Some(kid)) = (parts.extensions.get::<Meter>(), kid) else { return Ok(()) };
    let (buckets, now) = (&meter.rates.keys, meter.rates.now());
    meter.charge(BY_KEY, buckets.rate(), buckets.take(kid, now))
}

/// The layer around everything that is served.
pub async fn meter(State(rates): State<Arc<Rates>>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let address = rates.address_of(peer.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED)), request.headers());
    let meter = Meter { rates, address, charged: Arc::default() };
    if let Err(problem) = meter.admit(&request) {
        return meter.told(in_language(request.headers(), problem.into_response()));
    }
    request.extensions_mut().insert(meter.clone());
    let response = next.run(request).await;
    // A token that led to no key is charged to the address, which was admitted without being asked: beyond its calls they are failures.
    let is_beyond = meter.reading().is_none() && meter.charge_address().is_err();
    if is_failure(&response) || is_beyond {
        // Who has none left was not admitted; many at once may still find the bucket empty.
        drop(meter.count_failure());
    }
    meter.told(response)
}

impl Meter {
    /// Before anything of a call is looked at.
    fn admit(&self, request: &Request) -> Result<(), Problem> {
        let has_token = has_token(request.headers());
        if has_token || is_write(request) {
            let (buckets, now) = (&self.rates.failures, self.rates.now());
            let level = buckets.level(&self.address, now);
            if level.is_empty() {
                return self.charge(BY_FAILURES, buckets.rate(), Err(level));
            }
        }
        // What wants a token is charged to its key, once that is known.
        if has_token && wants_token(request) { Ok(()) } else { self.charge_address() }
    }

    fn told(&self, mut response: Response) -> Response {
        if let Some(reading) = self.reading() {
            reading.tell(response.headers_mut());
        }
        response
    }
}

/// True for the one form in which a token is looked at.
fn has_token(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let scheme = value.to_str().ok().and_then(|value| value.split_once(' ')).map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer"))
}

fn is_write(request: &Request) -> bool {
    !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS)
}

fn wants_token(request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let may = matrix::may(request.method().as_str(), path.strip_prefix(V1).unwrap_or(path));
    matches!(may, Some(May::Roles(_)))
}

/// Put beside an answer that says that something was not good which only its owner has.
#[derive(Clone, Copy)]
struct Failed;

/// What is said of something that only its owner has, when it may have been guessed. A token that is missing, has expired or is for another
/// ledger was not, and neither was a key that has ended: its signature was checked before that was said.
const GUESSES: [&str; 7] = [
    "signature-invalid",
    "key-mismatch",
    "key-unknown",
    "token-unknown",
    "token-replayed",
    "token-malformed",
    "assertion-malformed",
];

fn is_guess(problem: &Problem) -> bool {
    let is_token = problem.kind == TOKEN;
    problem.errors.iter().any(|error| match error.code.as_str() {
        code if is_token => is_guessed_token(code),
        code => GUESSES.contains(&code) || code.starts_with("invitation-"),
    })
}

/// True for the codes of tokens that may have been guessed, envelopes that are none among them.
fn is_guessed_token(code: &str) -> bool {
    GUESSES.contains(&code) || code.starts_with("envelope-")
}

/// Marks the answer if the problem is of that sort.
pub(super) fn mark_failure(problem: &Problem, extensions: &mut Extensions) {
    if is_guess(problem) {
        extensions.insert(Failed);
    }
}

/// Marks an answer that is no problem and says of a token what this code says.
pub(super) fn mark_token(code: &str, extensions: &mut Extensions) {
    if is_guessed_token(code) {
        extensions.insert(Failed);
    }
}

fn is_failure(response: &Response) -> bool {
    response.extensions().get::<Failed>().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::problem::{MALFORMED, SIGNATURE, UNACCEPTABLE};

    #[test]
    fn what_only_its_owner_has_counts_when_it_may_have_been_guessed() {
        let counts = |kind, code| is_failure(&Problem::one(kind, code, "", "…", "…").into_response());
        for code in
            ["token-replayed", "token-unknown", "token-malformed", "envelope-malformed", "key-unknown"]
        {
            assert!(counts(TOKEN, code), "{code}");
        }
        assert!(counts(SIGNATURE, "signature-invalid"));
        assert!(counts(UNACCEPTABLE, "invitation-invalid"));
        for code in ["token-missing", "token-expired", "token-not-yet", "token-audience", "token-too-long"] {
            assert!(!counts(TOKEN, code), "{code}");
        }
        for code in ["sessions-exhausted", "not-mandated", "key-revoked"] {
            assert!(!counts(TOKEN, code), "{code}");
        }
        assert!(!counts(SIGNATURE, "key-revoked"));
        assert!(!counts(UNACCEPTABLE, "number-used"));
        assert!(!counts(MALFORMED, "envelope-malformed"), "an event that is none was nobody's secret");
    }
}
