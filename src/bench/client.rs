//! A cheap client: one connection that is kept, one request at a time.

use std::net::SocketAddr;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request, header};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::Error;

/// Most bytes of an answer that are looked at.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// A connection to the server that is measured.
pub(super) struct Connection {
    sender: SendRequest<Body>,
    host: String,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Bytes,
    /// Bytes of its head, as they were sent.
    pub(super) head_bytes: usize,
    pub(super) is_gzip: bool,
}

impl Connection {
    pub(super) async fn open(address: SocketAddr) -> Result<Self, Error> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, host: address.to_string() })
    }

    /// So many connections, the first half to the first of two servers.
    pub(super) async fn several(addresses: &[SocketAddr], count: usize) -> Result<Vec<Self>, Error> {
        let mut all = Vec::with_capacity(count);
        for n in 0..count {
            all.push(Self::open(addresses[n % addresses.len()]).await?);
        }
        Ok(all)
    }

    pub(super) async fn post(
        &mut self,
        path: &str,
        kind: &str,
        body: impl Into<Bytes>,
    ) -> Result<Answer, Error> {
        let request = Request::post(path).header(header::HOST, &self.host).header(header::CONTENT_TYPE, kind);
        self.send(request.body(Body::from(body.into()))?).await
    }

    /// With a token, where there is one.
    pub(super) async fn get(&mut self, path: &str, token: Option<&str>) -> Result<Answer, Error> {
        let request =
            Request::get(path).header(header::HOST, &self.host).header(header::ACCEPT_ENCODING, "gzip");
        let request = match token {
            Some(token) => request.header(header::AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        };
        self.send(request.body(Body::empty())?).await
    }

    async fn send(&mut self, request: Request<Body>) -> Result<Answer, Error> {
        self.sender.ready().await?;
        let (head, body) = self.sender.send_request(request).await?.into_parts();
        let fields = head.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4);
        let head_bytes = "HTTP/1.1 200 OK\r\n\r\n".len() + fields.sum::<usize>();
        let is_gzip = head.headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
        let body = to_bytes(Body::new(body), MAX_ANSWER_BYTES).await?;
        Ok(Answer { status: head.status.as_u16(), body, head_bytes, is_gzip })
    }
}

impl Answer {
    /// Refused where its status is none of success.
    pub(super) fn good(self) -> Result<Self, Error> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        Err(format!("{}: {}", self.status, self.begins()).into())
    }

    fn begins(&self) -> String {
        String::from_utf8_lossy(&self.body).chars().take(600).collect()
    }

    /// Whether the server had no room for it, or for some lines of it.
    pub(super) fn is_busy(&self) -> bool {
        self.status == 503 || self.body.split(|byte| *byte == b'\n').any(|line| says(line, b"\"status\":503"))
    }

    /// Refused where a line of an upload was.
    pub(super) fn all_taken(self, lines: usize) -> Result<(), Error> {
        let answer = self.good()?;
        let mut taken = 0;
        for line in answer.body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            if !says(line, b"\"status\":2") {
                return Err(format!("an event was refused: {}", String::from_utf8_lossy(line)).into());
            }
            taken += 1;
        }
        if taken == lines { Ok(()) } else { Err(format!("{taken} answers to {lines} events").into()) }
    }
}

/// Whether a line of an answer begins so, behind its number.
fn says(line: &[u8], status: &[u8]) -> bool {
    line.windows(status.len()).take(25).any(|part| part == status)
}
