//! OpenID Connect: the staff of authorities may come through the provider that their office has anyway (code flow with PKCE).
//!
//! The provider says who somebody is; which enrolled key that person holds is said in the operator's file. What follows is a browser's session of
//! that key, no more: it reads, and ends when the key is revoked. Nothing is kept between going out and coming back but what the browser brings.

use std::sync::{Mutex, PoisonError};

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, TokenResponse,
};
use serde::Deserialize;

use super::access::{AccessError, Admitted, Viewer};
use super::outward::{Outward, OutwardError};
use super::{App, Fault, seal};
use crate::clock::{MINUTE_MS, Timestamp};
use crate::ledger::{Digest, Kid};

/// Where people come back to, below the address of the pages.
pub const CALLBACK: &str = "/login/oidc/callback";
/// What a provider says of itself is asked again after so long, in milliseconds.
const KNOWN_FOR_MS: i64 = 5 * MINUTE_MS;
/// Longest code of a provider, in bytes.
const MAX_CODE_BYTES: usize = 2_048;
/// Signatures of ID tokens that are looked at. None by a shared secret: who may ask must not be able to answer.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The operator's file (TOML): a provider, this ledger as its client, and whose key each person holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderFile {
    /// The provider's address, exactly as it calls itself.
    pub issuer: String,
    /// What this ledger is called there.
    pub client_id: String,
    /// File with the client's secret, beside this one; none for a public client.
    pub client_secret_file: Option<std::path::PathBuf>,
    /// Where people come back to: the address of the pages, then [`CALLBACK`].
    pub redirect_url: String,
    /// What the button says.
    pub name: String,
    /// Who holds which key.
    #[serde(default)]
    pub staff: Vec<Staff>,
}

/// A person whom the provider knows, and the key that the person holds here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// `sub` of the person's ID tokens.
    pub subject: String,
    /// The enrolled key of an authority.
    pub kid: Kid,
}

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// Not the TOML it must be.
    #[error("{0}")]
    Form(#[from] toml::de::Error),
    /// An address that must not be used.
    #[error("{name} is {given:?}: it must begin with https:// (http:// on this machine only){also}")]
    Address {
        /// Which member.
        name: &'static str,
        /// What stands there.
        given: String,
        /// What else it must be.
        also: String,
    },
    /// One person with two keys.
    #[error("{0:?} is named twice under [[staff]]")]
    Twice(String),
    /// A provider is trusted already.
    #[error("one provider at a time")]
    Second,
    /// There is no way out.
    #[error(transparent)]
    Outward(#[from] OutwardError),
}

impl ProviderFile {
    /// Reads and checks a file.
    pub fn parse(text: &str) -> Result<Self, ProviderError> {
        let file: Self = toml::from_str(text)?;
        check_address("issuer", &file.issuer, "")?;
        check_address("redirect_url", &file.redirect_url, CALLBACK)?;
        let mut subjects: Vec<&str> = file.staff.iter().map(|staff| staff.subject.as_str()).collect();
        subjects.sort_unstable();
        match subjects.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(ProviderError::Twice(pair[0].to_owned())),
            None => Ok(file),
        }
    }

    /// True when people come to the pages by TLS.
    pub fn is_secure(&self) -> bool {
        self.redirect_url.starts_with("https://")
    }

    fn key_of(&self, subject: &str) -> Option<Kid> {
        self.staff.iter().find(|staff| staff.subject == subject).map(|staff| staff.kid)
    }
}

fn check_address(name: &'static str, given: &str, end: &str) -> Result<(), ProviderError> {
    let url = openidconnect::url::Url::parse(given).ok();
    let is_fitting = url.is_some_and(|url| match url.scheme() {
        "https" => true,
        "http" => matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]")),
        _ => false,
    });
    if is_fitting && given.ends_with(end) {
        return Ok(());
    }
    let also = if end.is_empty() { String::new() } else { format!(" and end with {end}") };
    Err(ProviderError::Address { name, given: given.to_owned(), also })
}

/// A provider that is trusted to say who somebody is.
pub(super) struct Provider {
    file: ProviderFile,
    secret: Option<ClientSecret>,
    outward: Outward,
    known: Mutex<Option<(Timestamp, CoreProviderMetadata)>>,
}

/// Somebody on the way to the provider.
pub struct Errand {
    /// Where to send the browser.
    pub url: String,
    /// What the browser must bring back: no secret to its user, and to nobody else's eyes.
    pub kept: String,
}

/// What a browser comes back with.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Return {
    /// The code, where the provider gave one.
    pub code: Option<String>,
    /// What was sent along.
    pub state: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
}

/// Why somebody who comes back is not let in.
#[derive(Debug, thiserror::Error)]
pub enum NoEntry {
    /// This browser was not sent there, or comes with what another one got.
    #[error("this browser did not ask for it")]
    NotAsked,
    /// The provider let nobody in.
    #[error("the provider says {0}")]
    Denied(String),
    /// The provider does not answer, or not as it must.
    #[error("the provider does not answer as it must: {0}")]
    Provider(String),
    /// What the provider said of the person does not hold.
    #[error("the ID token is not good: {0}")]
    Untrusted(String),
    /// Nobody has said which key the person holds.
    #[error("no key is written down for {0:?}")]
    NoKey(String),
    /// The key is not enrolled, was revoked, or is none of an authority.
    #[error("the key {0} lets nobody in this way: it must be enrolled for an authority and not revoked")]
    KeyNotGood(Kid),
    /// As at any door.
    #[error(transparent)]
    Access(#[from] AccessError),
}

impl From<Fault> for NoEntry {
    fn from(fault: Fault) -> Self {
        Self::Access(fault.into())
    }
}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl Provider {
    /// What the provider says of itself, asked anew now and then.
    async fn metadata(&self, now: Timestamp) -> Result<CoreProviderMetadata, NoEntry> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((at, metadata)) = known
            && now.since(at) < KNOWN_FOR_MS
        {
            return Ok(metadata);
        }
        let issuer = IssuerUrl::new(self.file.issuer.clone()).map_err(unexpected)?;
        let asked = CoreProviderMetadata::discover_async(issuer, &self.outward).await;
        let metadata = asked.map_err(unexpected)?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, metadata.clone()));
        Ok(metadata)
    }

    async fn client(&self, now: Timestamp) -> Result<Client, NoEntry> {
        let id = ClientId::new(self.file.client_id.clone());
        let back = RedirectUrl::new(self.file.redirect_url.clone()).map_err(unexpected)?;
        let client = CoreClient::from_provider_metadata(self.metadata(now).await?, id, self.secret.clone());
        Ok(client.set_redirect_uri(back))
    }

    /// Whom the provider has let in: `sub` of an ID token made for this very errand.
    async fn subject(&self, code: String, errand: &Kept, now: Timestamp) -> Result<String, NoEntry> {
        let client = self.client(now).await?;
        let request = client.exchange_code(AuthorizationCode::new(code)).map_err(unexpected)?;
        let verifier = PkceCodeVerifier::new(errand.verifier.clone());
        let request = request.set_pkce_verifier(verifier);
        let answer = request.request_async(&self.outward).await.map_err(unexpected)?;
        let no_token = || NoEntry::Provider("there is no ID token in its answer".to_owned());
        let token: &CoreIdToken = answer.id_token().ok_or_else(no_token)?;
        let verifier =
            client.id_token_verifier().set_allowed_algs(ALGORITHMS).set_time_fn(move || now.to_utc());
        let claims = token.claims(&verifier, &Nonce::new(errand.nonce.clone())).map_err(|error| {
            // It may have changed its keys: the next one asks for them.
            *self.known.lock().unwrap_or_else(PoisonError::into_inner) = None;
            NoEntry::Untrusted(error.to_string())
        })?;
        Ok(claims.subject().to_string())
    }
}

/// The chain of causes in one line.
fn unexpected(error: impl std::error::Error) -> NoEntry {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    NoEntry::Provider(text)
}

/// What a browser keeps while its user is at the provider.
struct Kept {
    state: String,
    nonce: String,
    verifier: String,
}

impl Kept {
    fn new() -> Result<Self, Fault> {
        Ok(Self { state: seal::new_secret()?, nonce: seal::new_secret()?, verifier: seal::new_secret()? })
    }

    fn to_text(&self) -> String {
        [self.state.as_str(), &self.nonce, &self.verifier].join(".")
    }

    /// Only what was written here has three parts of this length.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(|part| part.parse::<Digest>().ok().map(|_| part.to_owned()));
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(state), Some(nonce), Some(verifier), None) => {
                Some(Self { state: state?, nonce: nonce?, verifier: verifier? })
            }
            _ => None,
        }
    }
}

impl App {
    /// Trust a provider to say who somebody is. Once, at the start.
    pub fn trust_provider(&self, file: ProviderFile, secret: Option<String>) -> Result<(), ProviderError> {
        let (outward, known) = (Outward::new()?, Mutex::default());
        let provider = Provider { file, secret: secret.map(ClientSecret::new), outward, known };
        self.inner.provider.set(provider).map_err(|_| ProviderError::Second)
    }

    /// The provider that is trusted, if one is.
    pub fn provider(&self) -> Option<&ProviderFile> {
        self.inner.provider.get().map(|provider| &provider.file)
    }

    /// Send somebody to the provider; `None` when none is trusted.
    pub async fn ask_provider(&self) -> Result<Option<Errand>, NoEntry> {
        let Some(provider) = self.inner.provider.get() else { return Ok(None) };
        let kept = Kept::new()?;
        let client = provider.client(self.inner.clock.callers_now()).await?;
        let challenge =
            PkceCodeChallenge::from_code_verifier_sha256(&PkceCodeVerifier::new(kept.verifier.clone()));
        let (state, nonce) = (kept.state.clone(), kept.nonce.clone());
        let asked = client.authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            move || CsrfToken::new(state),
            move || Nonce::new(nonce),
        );
        let (url, _, _) = asked.set_pkce_challenge(challenge).url();
        Ok(Some(Errand { url: url.to_string(), kept: kept.to_text() }))
    }

    /// Let in who comes back from the provider, as the key that is written down for that person; `kept` is what its browser kept.
    pub async fn come_back(&self, back: Return, kept: Option<&str>) -> Result<Admitted, NoEntry> {
        let Some(provider) = self.inner.provider.get() else { return Err(NoEntry::NotAsked) };
        let kept = kept.and_then(Kept::read).filter(|kept| back.state.as_ref() == Some(&kept.state));
        let kept = kept.ok_or(NoEntry::NotAsked)?;
        if let Some(error) = back.error {
            return Err(NoEntry::Denied(error));
        }
        let code = back.code.filter(|code| code.len() <= MAX_CODE_BYTES).ok_or(NoEntry::NotAsked)?;
        let now = self.inner.clock.callers_now();
        let subject = provider.subject(code, &kept, now).await?;
        let Some(kid) = provider.file.key_of(&subject) else { return Err(NoEntry::NoKey(subject)) };
        let mut tx = self.inner.store.read().await.map_err(Fault::from)?;
        let viewer = Viewer::of_key(&mut tx, kid).await.map_err(Fault::from)?;
        let viewer = viewer.filter(Viewer::is_authority).ok_or(NoEntry::KeyNotGood(kid))?;
        drop(tx);
        Ok(self.admit(viewer, kid).await?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const GOOD: &str = "issuer = \"https://id.example/a\"\nclient_id = \"liandan\"\nname = \"Bureau\"
redirect_url = \"https://ledger.example/login/oidc/callback\"\n";
    const KID: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    #[test]
    fn files_are_strict() {
        let staff = |subject: &str| format!("[[staff]]\nsubject = \"{subject}\"\nkid = \"{KID}\"\n");
        let file = ProviderFile::parse(&format!("{GOOD}{}{}", staff("a"), staff("b"))).unwrap();
        assert_eq!((file.key_of("b"), file.key_of("c")), (Some(KID.parse().unwrap()), None));
        let local = GOOD.replace("https://id.example", "http://127.0.0.1:9000");
        assert!(ProviderFile::parse(&local).is_ok());
        for (text, said) in [
            (format!("{GOOD}{}{}", staff("a"), staff("a")), "twice"),
            (GOOD.replace("https://id", "http://id"), "issuer"),
            (GOOD.replace("https://ledger", "http://ledger"), "redirect_url"),
            (GOOD.replace("/login/oidc/callback", "/callback"), "/login/oidc/callback"),
            (format!("{GOOD}secret = \"x\"\n"), "unknown field"),
            (format!("{GOOD}[[staff]]\nsubject = \"a\"\nkid = \"x\"\n"), "base64url"),
        ] {
            let error = ProviderFile::parse(&text).unwrap_err().to_string();
            assert!(error.contains(said), "{said}: {error}");
        }
    }

    #[test]
    fn what_a_browser_keeps_has_one_form() {
        let kept = Kept::new().unwrap();
        let read = Kept::read(&kept.to_text()).unwrap();
        assert_eq!((&read.state, &read.nonce, &read.verifier), (&kept.state, &kept.nonce, &kept.verifier));
        for text in ["", "a.b.c", &format!("{KID}.{KID}"), &format!("{KID}.{KID}.{KID}.{KID}")] {
            assert!(Kept::read(text).is_none(), "{text}");
        }
    }
}
