//! Requests to others: witnesses, ledgers that are monitored, a provider of logins. Nothing that comes back is trusted, or read without end.

use std::sync::{Arc, Once};
use std::time::Duration;

use futures::future::BoxFuture;
use openidconnect::http::Response;
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, ClientBuilder, Method, Request, RequestBuilder, Url};

use super::webhooks::Guard;

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait for a whole answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Largest answer of a provider of logins, in bytes.
const MAX_PROVIDER_BYTES: usize = 256 * 1024;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutwardError {
    /// Not an address that can be asked.
    #[error("{0} is not a URL beginning with http:// or https://")]
    Url(String),
    /// An address that must not be asked.
    #[error("{0} must not be reached: https:// to the public internet, without user name and password")]
    Forbidden(String),
    /// No connection, no whole answer in time, or a broken one.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// It answered, but did not take what was sent.
    #[error("answered with status {0}")]
    Status(u16),
    /// The answer goes on beyond what it may have.
    #[error("the answer has more than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: usize,
    },
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Media type, as it was sent; empty when it was not.
    pub media_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// One request with a body.
pub(super) struct Outgoing {
    /// The address.
    pub(super) url: Url,
    /// Headers beside the usual ones.
    pub(super) headers: Vec<(&'static str, String)>,
    /// JSON.
    pub(super) body: String,
}

/// One way out. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Outward {
    client: Client,
}

impl Outward {
    /// A way out that follows no redirects: an address is what was configured, or nothing.
    pub fn new() -> Result<Self, OutwardError> {
        Self::of(Self::builder().timeout(TIMEOUT))
    }

    /// A way to where others want to be told, past no proxy: names lead where `guard` lets them.
    pub(super) fn guarded(guard: Guard, within: Duration) -> Result<Self, OutwardError> {
        Self::of(Self::builder().timeout(within).no_proxy().dns_resolver(Arc::new(guard)))
    }

    /// A way to a machine of the operator's own, wherever it is, past no proxy.
    pub(super) fn to_own(within: Duration) -> Result<Self, OutwardError> {
        Self::of(Self::builder().timeout(within).no_proxy())
    }

    fn builder() -> ClientBuilder {
        static CHOSEN: Once = Once::new();
        // Fails only when the process has chosen before us, and then that choice stands.
        CHOSEN.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
        Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("liandan/", env!("CARGO_PKG_VERSION")))
    }

    fn of(builder: ClientBuilder) -> Result<Self, OutwardError> {
        builder.build().map(|client| Self { client }).map_err(unreachable)
    }

    /// `path` below a prefix.
    pub fn below(prefix: &str, path: &str) -> Result<Url, OutwardError> {
        let url = format!("{}/{path}", prefix.trim_end_matches('/'));
        let parsed = Url::parse(&url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        parsed.ok_or_else(|| OutwardError::Url(prefix.to_owned()))
    }

    /// An address with these parameters.
    pub fn asking(address: &str, query: &str) -> Result<Url, OutwardError> {
        let mut url = Self::below(address, "")?;
        url.set_path(url.path().trim_end_matches('/').to_owned().as_str());
        url.set_query(Some(query));
        Ok(url)
    }

    /// GET, with an answer of at most `limit` bytes; `token` goes into `Authorization: Bearer`.
    pub async fn get(&self, url: Url, token: Option<&str>, limit: usize) -> Result<Answer, OutwardError> {
        let mut request = self.client.request(Method::GET, url);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        answer_of(request, limit).await
    }

    /// POST, with an answer of at most `limit` bytes.
    pub async fn post(&self, url: Url, body: String, limit: usize) -> Result<Answer, OutwardError> {
        answer_of(self.client.request(Method::POST, url).body(body), limit).await
    }

    /// POST a body, or GET without one, with headers and a token; the answer has at most `limit` bytes. Beside it: for how many seconds it asks
    /// to be left alone.
    pub(super) async fn exchange(
        &self,
        url: Url,
        body: Option<(&'static str, String)>,
        headers: Vec<(&'static str, String)>,
        token: Option<&str>,
        limit: usize,
    ) -> Result<(Answer, Option<u64>), OutwardError> {
        let method = if body.is_some() { Method::POST } else { Method::GET };
        let mut request = self.client.request(method, url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some((media_type, body)) = body {
            request = request.header(CONTENT_TYPE, media_type).body(body);
        }
        let response = request.send().await.map_err(unreachable)?;
        let after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Ok((whole(response, limit).await?, after))
    }

    /// POST JSON with headers; the status of the answer, whose body is not read.
    pub(super) async fn status_of(&self, outgoing: Outgoing) -> Result<u16, OutwardError> {
        let mut request =
            self.client.request(Method::POST, outgoing.url).header(CONTENT_TYPE, "application/json");
        for (name, value) in outgoing.headers {
            request = request.header(name, value);
        }
        let response = request.body(outgoing.body).send().await.map_err(unreachable)?;
        Ok(response.status().as_u16())
    }
}

/// Requests that the library of OpenID Connect makes.
impl<'c> AsyncHttpClient<'c> for Outward {
    type Error = OutwardError;
    type Future = BoxFuture<'c, Result<HttpResponse, OutwardError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let request = Request::try_from(request).map_err(unreachable)?;
            let request = RequestBuilder::from_parts(self.client.clone(), request);
            let answer = answer_of(request, MAX_PROVIDER_BYTES).await?;
            let response = Response::builder().status(answer.status).header(CONTENT_TYPE, answer.media_type);
            response.body(answer.body).map_err(|error| OutwardError::Unreachable(error.to_string()))
        })
    }
}

async fn answer_of(request: RequestBuilder, limit: usize) -> Result<Answer, OutwardError> {
    whole(request.send().await.map_err(unreachable)?, limit).await
}

/// An answer with all of its body.
async fn whole(mut response: reqwest::Response, limit: usize) -> Result<Answer, OutwardError> {
    let status = response.status().as_u16();
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.unwrap_or("").to_owned();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() + chunk.len() > limit {
            return Err(OutwardError::TooLong { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, media_type, body })
}

/// The chain of causes in one line: reqwest's own text does not say why.
fn unreachable(error: reqwest::Error) -> OutwardError {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(&error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    OutwardError::Unreachable(text)
}
