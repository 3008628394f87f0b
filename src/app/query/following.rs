//! Following the feed: pieces of it as things happen, for as long as somebody listens.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::Stream;
use tokio::sync::watch;
use tokio::time::Instant;

use super::changes::Changes;
use crate::app::access::Viewer;
use crate::app::deadlines::pause_for;
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::store::outbox;

/// A stream ends after this time, so that nobody goes on reading by a token of yesterday; its reader comes back with a new one.
const STREAM_LIFE: Duration = Duration::from_secs(600);
/// Nothing happened for so long: what is said then keeps the connection open. Another process may also have committed something.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Changes of one piece.
const A_PIECE: u64 = 100;

/// What listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Listener {
    /// A program, which is told everything at once.
    Program,
    /// A page that somebody looks at, which only asks whether something happened.
    Page,
}

impl Listener {
    /// Most streams of one process at a time.
    fn most(self) -> usize {
        match self {
            Self::Program => 256,
            Self::Page => 1_024,
        }
    }

    /// Most streams of one party in one process, so that nobody takes them all.
    pub fn most_of_party(self) -> usize {
        match self {
            Self::Program => 8,
            Self::Page => 64,
        }
    }

    /// How long to wait between two looks at the feed, however often something is committed.
    fn pause(self) -> Duration {
        match self {
            Self::Program => Duration::ZERO,
            Self::Page => Duration::from_secs(1),
        }
    }
}

/// A place among the streams, given back when it ends.
struct Seat(Listener, Option<Uscc>);

static SEATS: Mutex<BTreeMap<(Listener, Option<Uscc>), usize>> = Mutex::new(BTreeMap::new());

impl Seat {
    fn take(listener: Listener, party: Option<Uscc>) -> Option<Self> {
        let mut seats = SEATS.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize =
            seats.iter().filter(|((kind, _), _)| *kind == listener).map(|(_, taken)| taken).sum();
        let own = seats.get(&(listener, party)).copied().unwrap_or_default();
        if all >= listener.most() || own >= listener.most_of_party() {
            return None;
        }
        seats.insert((listener, party), own + 1);
        Some(Self(listener, party))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut seats = SEATS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = seats.get_mut(&(self.0, self.1)) {
            *own -= 1;
        }
        seats.retain(|_, own| *own > 0);
    }
}

/// Somebody who follows the feed.
pub struct Following {
    app: App,
    viewer: Viewer,
    after: u64,
    bell: watch::Receiver<()>,
    ends_at: Instant,
    pause: Duration,
    has_looked: bool,
    _seat: Seat,
}

impl App {
    /// Follow what happens after `after`. `None` where every place is taken.
    pub fn follow_changes(&self, listener: Listener, viewer: Viewer, after: u64) -> Option<Following> {
        let seat = Seat::take(listener, viewer.party())?;
        Some(Following {
            app: self.clone(),
            viewer,
            after,
            bell: self.changed(),
            ends_at: Instant::now() + STREAM_LIFE,
            pause: listener.pause(),
            has_looked: false,
            _seat: seat,
        })
    }

    /// Where the feed ends now.
    pub async fn newest_change(&self) -> Result<u64, Fault> {
        Ok(outbox::last(&mut self.inner.store.read().await?).await?)
    }
}

impl Following {
    /// All pieces, each as it is written to whoever listens.
    pub fn written(self, write: fn(&Changes) -> String) -> impl Stream<Item = Result<String, Infallible>> {
        futures::stream::unfold(self, move |mut following| async move {
            let piece = write(&following.next().await?);
            Some((Ok(piece), following))
        })
    }

    /// The next piece, which is empty where nothing happened for a while; `None` at the end. A reader that does not read is not looked for.
    async fn next(&mut self) -> Option<Changes> {
        loop {
            if Instant::now() >= self.ends_at {
                return None;
            }
            if self.has_looked && !self.pause.is_zero() {
                pause_for(self.pause).await;
            }
            self.has_looked = true;
            self.bell.borrow_and_update();
            let found = self.app.changes(&self.viewer, self.after, A_PIECE).await.ok()?;
            self.after = found.next;
            if !found.items.is_empty() {
                return Some(found);
            }
            if found.has_more {
                continue;
            }
            let quiet_until = (Instant::now() + HEARTBEAT).min(self.ends_at);
            if tokio::time::timeout_at(quiet_until, self.bell.changed()).await.is_err() {
                return Some(found);
            }
        }
    }
}
