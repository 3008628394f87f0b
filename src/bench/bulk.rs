//! P1 and P11: uploads of a thousand events over eight connections, to one server or to two on one database; and whether the ledger
//! found what it should.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::future::try_join_all;
use tokio::time::{Duration, Instant, sleep_until};

use super::child::Server;
use super::client::Connection;
use super::ground::{Database, Ground};
use super::spool::{Found, Request, Spool, Windows};
use super::{Error, TOLD_BY_DEVICES};
use crate::app::audit::{self, Against};
use crate::scenario::city::City;
use crate::store::finding;

/// Connections over which is uploaded.
pub(super) const CONNECTIONS: usize = 8;
pub(super) const PATH: &str = "/api/v1/events/batch";
pub(super) const NDJSON: &str = "application/x-ndjson";

/// What was sent, and how long that took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Driven {
    pub(super) events: usize,
    pub(super) seconds: f64,
}

impl Driven {
    /// Events a second.
    pub(super) fn rate(self) -> f64 {
        self.events as f64 / self.seconds
    }
}

/// How it is sent.
#[derive(Default)]
pub(super) struct Pace {
    /// Events a second at most; as fast as they are taken where there is no such limit.
    pub(super) most: Option<f64>,
    /// What the clock of the ledger shows, in milliseconds since 1970, for those who read meanwhile.
    pub(super) shown_ms: AtomicI64,
}

/// Send window after window until so many events are sent, or all.
pub(super) async fn drive(
    servers: &mut [Server],
    windows: &mut Windows,
    enough: usize,
    pace: &Pace,
) -> Result<Driven, Error> {
    let addresses: Vec<_> = servers.iter().map(|server| server.address).collect();
    let mut connections = Connection::several(&addresses, CONNECTIONS).await?;
    let mut driven = Driven::default();
    while driven.events < enough {
        let Some(window) = windows.next()? else { break };
        let (at, events) = (window.at, window.events());
        let lanes = window.lanes(CONNECTIONS);
        let started = Instant::now();
        servers.iter_mut().try_for_each(|server| server.pass_time(at))?;
        pace.shown_ms.store(at.as_millis(), Ordering::Relaxed);
        let of_lane = pace.most.map(|most| most / CONNECTIONS as f64);
        let sent = connections.iter_mut().zip(lanes).enumerate();
        try_join_all(sent.map(|(n, (to, lane))| send(to, lane, n, of_lane))).await?;
        driven.seconds += started.elapsed().as_secs_f64();
        driven.events += events;
    }
    Ok(driven)
}

/// One after the other, each when the one before was answered. At a given pace, in events a second, each has its span of time, at whose
/// end it is sent; the first one of each connection a little later than that of the one before it, so that the load is even.
async fn send(
    to: &mut Connection,
    requests: Vec<Request>,
    lane: usize,
    pace: Option<f64>,
) -> Result<(), Error> {
    let mut due = Instant::now();
    for (n, request) in requests.into_iter().enumerate() {
        if let Some(pace) = pace {
            let span = Duration::from_secs_f64(request.lines as f64 / pace);
            due += if n == 0 { span.mul_f64((lane + 1) as f64 / CONNECTIONS as f64) } else { span };
            sleep_until(due).await;
        }
        to.post(PATH, NDJSON, request.body).await?.all_taken(request.lines)?;
    }
    Ok(())
}

/// A whole city in a fresh database, by one server or several; what the ledger found is what it should have.
pub(super) async fn whole(
    ground: &Ground,
    city: &City,
    spool: &Spool,
    servers: usize,
) -> Result<Driven, Error> {
    let (database, first) = ground.founded(city).await?;
    let mut all = vec![first];
    for n in 1..servers {
        all.push(database.serve(n, city.begins_at(0)).await?);
    }
    let driven = drive(&mut all, &mut spool.windows()?, usize::MAX, &Pace::default()).await?;
    year_ends(&database, city, all, &spool.expected).await?;
    if servers > 1 {
        let store = database.connect().await?;
        audit::verify(&store, Against::itself(), |_, _| {}).await?;
        store.close().await;
    }
    database.remove().await?;
    Ok(driven)
}

/// Everything that is due comes; the servers end; what is open in the database is what should be.
pub(super) async fn year_ends(
    database: &Database,
    city: &City,
    mut servers: Vec<Server>,
    expected: &BTreeSet<Found>,
) -> Result<(), Error> {
    servers.iter_mut().try_for_each(|server| server.pass_time(city.ends_at()))?;
    servers.into_iter().try_for_each(Server::end)?;
    let expected = expected.iter().filter(|(rule, _)| !TOLD_BY_DEVICES.contains(&rule.as_str()));
    let (expected, found) = (expected.cloned().collect(), open(database).await?);
    if found == expected {
        return Ok(());
    }
    let (too_much, missed) = (found.difference(&expected), expected.difference(&found));
    let told = |some: Vec<&Found>| {
        let first: Vec<String> =
            some.iter().take(10).map(|(rule, subject)| format!("{rule} {subject}")).collect();
        format!("{}: {}", some.len(), first.join(", "))
    };
    let (too_much, missed) = (told(too_much.collect()), told(missed.collect()));
    Err(format!("the ledger found what nobody planted ({too_much}) or not what was planted ({missed})")
        .into())
}

/// What is open in a database that nobody serves, but what only the clocks of devices tell.
pub(super) async fn open(database: &Database) -> Result<BTreeSet<Found>, Error> {
    let store = database.connect().await?;
    let mut tx = store.read().await?;
    let open = finding::all_open(&mut tx).await?.into_values();
    let open = open.map(|seen| (seen.rule, seen.subject.key()));
    let open = open.filter(|(rule, _)| !TOLD_BY_DEVICES.contains(&rule.as_str())).collect();
    drop(tx);
    store.close().await;
    Ok(open)
}
