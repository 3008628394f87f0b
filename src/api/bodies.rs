//! Room for what requests bring: a body lies in memory until its request is answered, so all of them together, and those of one address, have a bound.
//! Without it as many bodies as there are connections would lie there, each as long as its route allows, however slowly they come. What nobody wants
//! any more of a body is read all the same, as far as is fair, and thrown away: who is still sending reads no answer.

use std::collections::HashMap;
use std::error::Error;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use hyper::body::{Frame, SizeHint};
use tokio::runtime::Handle;

use super::problem::{BUSY, Problem, RETRY_AFTER_S, in_language};
use super::rates::Meter;

/// Bytes of bodies at once, of everybody.
pub(super) const MAX_BYTES: usize = 128 * 1024 * 1024;
/// Bytes of bodies at once of one address: some uploads side by side, each with as much as is judged at once.
pub(super) const MAX_BYTES_OF_AN_ADDRESS: usize = 32 * 1024 * 1024;
/// Bytes of one body that are read and thrown away after its request was answered: two of the largest uploads.
const MAX_THROWN_AWAY: usize = 16 * 1024 * 1024;
/// How long that may take: as long as a connection may idle.
const THROWN_AWAY_FOR: Duration = super::listen::HEAD_TIMEOUT;

/// What is held of all bodies. Cloning is cheap.
#[derive(Clone, Default)]
pub(super) struct Bodies(Arc<Mutex<Held>>);

#[derive(Default)]
struct Held {
    all: usize,
    of: HashMap<IpAddr, usize>,
}

/// What is held of the body of one request. It is left with the request, and given back when nobody has it any more.
#[derive(Clone)]
pub(super) struct Share(Arc<Kept>);

struct Kept {
    bodies: Bodies,
    address: Option<IpAddr>,
    bytes: Mutex<usize>,
    is_refused: AtomicBool,
}

/// There is no room for the next piece of a body.
#[derive(Debug, thiserror::Error)]
#[error("no room for more of this body")]
pub(super) struct NoRoom;

/// Whether it is for this that a body ended.
pub(super) fn lacks_room(error: &axum::Error) -> bool {
    std::iter::successors(error.source(), |&error| error.source()).any(|error| error.is::<NoRoom>())
}

impl Share {
    fn new(bodies: &Bodies, address: Option<IpAddr>) -> Self {
        let kept = Kept {
            bodies: bodies.clone(),
            address,
            bytes: Mutex::default(),
            is_refused: AtomicBool::new(false),
        };
        Self(Arc::new(kept))
    }

    fn take(&self, more: usize) -> Result<(), NoRoom> {
        let mut held = self.0.bodies.held();
        let of_all = held.all + more;
        let of_address = self.0.address.map(|address| held.of.get(&address).copied().unwrap_or(0) + more);
        if of_all > MAX_BYTES || of_address.is_some_and(|bytes| bytes > MAX_BYTES_OF_AN_ADDRESS) {
            self.0.is_refused.store(true, Ordering::Relaxed);
            return Err(NoRoom);
        }
        held.all = of_all;
        if let (Some(address), Some(bytes)) = (self.0.address, of_address) {
            held.of.insert(address, bytes);
        }
        *self.0.bytes() += more;
        Ok(())
    }

    /// Of what came so far only so many bytes are still held.
    pub(super) fn keep(&self, bytes: usize) {
        self.0.keep(bytes);
    }
}

impl Bodies {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn bytes(&self) -> MutexGuard<'_, usize> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, bytes: usize) {
        let mut held = self.bodies.held();
        let mut own = self.bytes();
        let less = own.saturating_sub(bytes);
        *own -= less;
        held.all -= less;
        let Some(address) = self.address else { return };
        if let Some(of) = held.of.get_mut(&address) {
            *of -= less;
            if *of == 0 {
                held.of.remove(&address);
            }
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.keep(0);
    }
}

/// Count the body of a request as it comes; one for which there is no room is answered as too much at once.
pub(super) async fn hold(State(bodies): State<Bodies>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let asked = request.headers().clone();
    let share = Share::new(&bodies, request.extensions().get::<Meter>().map(Meter::address));
    let (mut parts, body) = request.into_parts();
    parts.extensions.insert(share.clone());
    let is_asked_for = !parts.headers.contains_key(header::EXPECT);
    let body = Body::new(Counted { body, share: share.clone(), is_asked_for });
    let response = next.run(Request::from_parts(parts, body)).await;
    if share.0.is_refused.load(Ordering::Relaxed) {
        return in_language(&asked, Problem::new(BUSY, Vec::new()).after(RETRY_AFTER_S).into_response());
    }
    response
}

/// A body of which every piece takes room.
struct Counted {
    body: Body,
    share: Share,
    /// False as long as its sender waits for a word before it sends (`Expect: 100-continue`), which the first look gives.
    is_asked_for: bool,
}

impl Drop for Counted {
    /// A connection that is closed while something still comes is reset, and takes with it the answer that nobody read yet (RFC 9112, 9.6). So what
    /// is left of a body goes on being read behind its request.
    fn drop(&mut self) {
        let left = std::mem::take(&mut self.body);
        if !self.is_asked_for || left.is_end_stream() {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(tokio::time::timeout(THROWN_AWAY_FOR, throw_away(left)));
        }
    }
}

/// Read a body to its end, or as much of it as is fair.
async fn throw_away(body: Body) {
    let (mut pieces, mut came) = (body.into_data_stream(), 0);
    while let Some(Ok(piece)) = pieces.next().await {
        came += piece.len();
        if came > MAX_THROWN_AWAY {
            return;
        }
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.is_asked_for = true;
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()).map_or(0, Bytes::len);
        Poll::Ready(match self.share.take(bytes) {
            Ok(()) => frame,
            Err(no_room) => Some(Err(axum::Error::new(no_room))),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn an_address_has_its_part_and_all_together_have_theirs() {
        let bodies = Bodies::default();
        let first = Share::new(&bodies, address(1));
        first.take(MAX_BYTES_OF_AN_ADDRESS - 1).unwrap();
        let second = Share::new(&bodies, address(1));
        assert!(second.take(2).is_err(), "beside the first");
        assert!(second.take(1).is_ok());
        let others: Vec<Share> = (2..=4).map(|last| Share::new(&bodies, address(last))).collect();
        others.iter().for_each(|share| share.take(MAX_BYTES_OF_AN_ADDRESS).unwrap());
        let last = Share::new(&bodies, address(5));
        assert!(last.take(1).is_err(), "all is taken");
        first.keep(1_000);
        assert!(last.take(1).is_ok());
        assert_eq!(bodies.held().of[&address(1).unwrap()], 1_001);
        drop((first, second, others, last));
        let left = bodies.held();
        assert_eq!((left.all, left.of.len()), (0, 0), "nothing is kept of who has left");
    }

    #[test]
    fn who_is_no_address_shares_what_all_have() {
        let bodies = Bodies::default();
        let share = Share::new(&bodies, None);
        share.take(MAX_BYTES).unwrap();
        assert!(Share::new(&bodies, address(1)).take(1).is_err());
        share.keep(MAX_BYTES + 1);
        assert_eq!(bodies.held().all, MAX_BYTES, "more than came is never held");
    }
}
