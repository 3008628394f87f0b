//! Listening: connections, encrypted or not, bounded in number and in how long they may keep us waiting.

mod connections;
mod foreign;
mod tls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::from_fn_with_state;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;
use tower_http::add_extension::AddExtension;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

use super::bodies::{self, Bodies};
use super::metrics::{self, Traffic};
use super::rates::{self, Limits, Rates};
use crate::app::deadlines::pause_for;
use crate::clock::Clock;
use connections::{Connections, Place};

pub use tls::{Tls, TlsError};

/// Most connections at once; beyond it the next one waits until one ends.
pub const MAX_CONNECTIONS: usize = 4_096;
/// Most connections of one address at once, proxies of the operator's excepted; beyond it they are closed as they come.
pub const MAX_CONNECTIONS_OF_AN_ADDRESS: usize = 256;
/// The longest an encrypted connection may take to begin.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest the head of a request may take from when the connection is free for it, and so the longest one may idle.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest that who asked may keep us from writing on: whoever takes no answer holds it in memory, and a place.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);
/// The longest head of a request, in bytes.
pub const MAX_HEAD_BYTES: usize = 32 * 1024;
/// How long requests under way may take to end when the program is stopped.
const GRACE: Duration = Duration::from_secs(10);
/// How long nothing is accepted after an error that the next connection would meet as well, such as too many open files.
const PAUSE: Duration = Duration::from_secs(1);
/// How long browsers remember that a ledger is only reached encrypted.
const HSTS: &str = "max-age=31536000";
/// How long browsers remember what another origin may ask, in seconds.
const PREFLIGHT_AGE: Duration = Duration::from_secs(600);

/// How many connections there may be, and how long they are waited for.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// At once.
    pub connections: usize,
    /// Of one address at once.
    pub of_an_address: usize,
    /// Until an encrypted connection has begun.
    pub handshake: Duration,
    /// Until the head of the next request is there.
    pub head: Duration,
    /// Until more of an answer is taken.
    pub answer: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: MAX_CONNECTIONS,
            of_an_address: MAX_CONNECTIONS_OF_AN_ADDRESS,
            handshake: HANDSHAKE_TIMEOUT,
            head: HEAD_TIMEOUT,
            answer: ANSWER_TIMEOUT,
        }
    }
}

/// On which terms others are served.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// How many may be connected.
    pub bounds: Bounds,
    /// How often they may call.
    pub limits: Limits,
    /// Certificate and key; without them connections are not encrypted.
    pub tls: Option<Tls>,
    /// Origins whose scripts may call the interface from a browser; none unless they are named.
    pub origins: Vec<HeaderValue>,
    /// Where requests are counted, when somebody reads what is counted.
    pub traffic: Option<Traffic>,
}

/// Let scripts of these origins call the interface.
///
/// Whatever else a page of another site sends to be written is refused: any page may send a form in the name of whoever reads it.
pub fn allow_origins(interface: Router, origins: &[HeaderValue]) -> Router {
    let allowed: Arc<[HeaderValue]> = origins.into();
    let interface = interface.layer(from_fn_with_state(allowed, foreign::refuse));
    if origins.is_empty() {
        return interface;
    }
    let allowed = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().cloned()))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            header::IF_NONE_MATCH,
            header::HeaderName::from_static("acting-for"),
            header::HeaderName::from_static("device-time"),
        ])
        .expose_headers([
            header::ETAG,
            header::LINK,
            header::RETRY_AFTER,
            header::HeaderName::from_static("ratelimit"),
            header::HeaderName::from_static("ratelimit-policy"),
        ])
        .max_age(PREFLIGHT_AGE);
    interface.layer(allowed)
}

/// Serve until `stop`; what is under way then has ten seconds to end.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    terms: Terms,
    clock: Clock,
    stop: impl Future<Output = ()>,
) {
    let (bounds, proxies) = (terms.bounds, terms.limits.proxies.clone());
    let door = Door {
        router: around(router, &terms, clock),
        tls: terms.tls,
        bounds,
        connections: Connections::new(bounds.connections, bounds.of_an_address, proxies),
    };
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, peer, place) = tokio::select! {
            () = &mut stop => break,
            next = door.next(&listener) => next,
        };
        tokio::spawn(door.clone().attend(stream, peer, place, connections.watcher()));
    }
    drop(listener);
    if tokio::time::timeout(GRACE, connections.shutdown()).await.is_err() {
        tracing::warn!("connections were cut off that did not end in time");
    }
}

/// The layers that only what is reached from outside needs.
fn around(router: Router, terms: &Terms, clock: Clock) -> Router {
    let rates = Arc::new(Rates::new(terms.limits.clone(), clock));
    let held = router.layer(from_fn_with_state(Bodies::default(), bodies::hold));
    let mut metered = held.layer(from_fn_with_state(rates, rates::meter));
    if let Some(traffic) = &terms.traffic {
        metered = metered.layer(from_fn_with_state(traffic.clone(), metrics::count));
    }
    match terms.tls {
        Some(_) => metered.layer(SetResponseHeaderLayer::overriding(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static(HSTS),
        )),
        None => metered,
    }
}

#[derive(Clone)]
struct Door {
    router: Router,
    tls: Option<Tls>,
    bounds: Bounds,
    connections: Connections,
}

impl Door {
    /// The next connection that has a place.
    async fn next(&self, listener: &TcpListener) -> (TcpStream, SocketAddr, Place) {
        loop {
            let room = self.connections.room().await;
            match listener.accept().await {
                Ok((stream, peer)) => {
                    if let Some(place) = self.connections.place(room, peer.ip()) {
                        return (stream, peer, place);
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    recover(&error).await;
                }
            }
        }
    }

    async fn attend(self, stream: TcpStream, peer: SocketAddr, place: Place, watcher: Watcher) {
        let mut stream = Box::pin(TimeoutStream::new(stream));
        stream.as_mut().set_write_timeout_pinned(Some(self.bounds.answer));
        match &self.tls {
            None => self.speak(stream, peer, watcher).await,
            Some(tls) => {
                let greeted = tokio::time::timeout(self.bounds.handshake, tls.accept(stream)).await;
                if let Ok(Ok(stream)) = greeted {
                    self.speak(stream, peer, watcher).await;
                }
            }
        }
        drop(place);
    }

    /// HTTP/1.1 on one connection. Its errors are the peer's: broken requests, and connections that ended.
    async fn speak<S>(&self, stream: S, peer: SocketAddr, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let service = TowerToHyperService::new(AddExtension::new(self.router.clone(), ConnectInfo(peer)));
        let mut protocol = http1::Builder::new();
        protocol.timer(TokioTimer::new()).header_read_timeout(self.bounds.head).max_buf_size(MAX_HEAD_BYTES);
        let connection = protocol.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection ended early");
        }
    }
}

/// Wait until accepting can go well again. What one connection met is over with it; what we lack comes back when others have ended.
async fn recover(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        pause_for(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_is_accepted_for_a_while_when_there_are_too_many_open_files() {
        const TOO_MANY_OPEN_FILES: i32 = 24;
        let error = io::Error::from_raw_os_error(TOO_MANY_OPEN_FILES);
        assert!(futures::poll!(std::pin::pin!(recover(&error))).is_pending());
        let error = io::Error::from(io::ErrorKind::ConnectionAborted);
        assert!(futures::poll!(std::pin::pin!(recover(&error))).is_ready(), "one connection was given up");
    }
}
