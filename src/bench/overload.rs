//! More is offered than can be taken: who is turned away learns it at once and comes again, who was let in waits no longer for it, and in the end
//! all is there once.

use std::collections::{BTreeSet, VecDeque};
use std::net::SocketAddr;

use futures::future::try_join_all;
use tokio::time::{Duration, Instant, sleep_until};

use super::Error;
use super::bulk::{self, CONNECTIONS, NDJSON, PATH};
use super::client::Connection;
use super::figures::{Row, quantile};
use super::ground::{Database, Ground};
use super::spool::{Found, Spool};
use crate::app::deadlines::pause_for;
use crate::scenario::city::City;
use crate::store::log;

/// The measure, as it is asked for.
pub(super) const MEASURE: &str = "overload";
/// Connections that offer more than can be taken: together they bring more than may wait.
pub(super) const SENDERS: usize = 128;
/// Most events of one upload: few enough that many are timed.
const LINES: usize = 500;
/// How many times as fast as it can be taken.
const TIMES: [usize; 3] = [1, 2, 4];
/// What `Retry-After` says.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// One upload, and when it is due where each has its time.
struct Offer {
    lines: usize,
    body: Vec<u8>,
    due: Duration,
}

/// What came of offering all of it.
#[derive(Default)]
struct Outcome {
    seconds: f64,
    /// How long the answers took of uploads that were taken, from when each was sent, in milliseconds.
    taken: Vec<f64>,
    /// The same of those that were turned away.
    turned_away: Vec<f64>,
    entries: u64,
    found: BTreeSet<Found>,
}

/// Events a second as fast as they are taken; then, offered at that and more, how much is taken and how long it takes. Fails where anything is lost,
/// doubled, or found otherwise than without haste.
pub(super) async fn measure(ground: &Ground, city: &City, spool: &Spool) -> Result<Vec<Row>, Error> {
    let most = offered(ground, city, spool, None).await?;
    let capacity = spool.events as f64 / most.seconds;
    let what =
        format!("{} events by {CONNECTIONS} connections, as fast as they are taken, a second", spool.events);
    let mut rows = vec![Row::new(MEASURE, what, vec![capacity])];
    for times in TIMES {
        let mut outcome = offered(ground, city, spool, Some(capacity * times as f64)).await?;
        if (outcome.entries, &outcome.found) != (most.entries, &most.found) {
            let told = format!("{} entries and {} findings, not", outcome.entries, outcome.found.len());
            let should = format!("{} and {}", most.entries, most.found.len());
            return Err(format!("offered {times} times as fast, the ledger ends with {told} {should}").into());
        }
        let rate = spool.events as f64 / outcome.seconds / capacity;
        let sent = outcome.taken.len() + outcome.turned_away.len();
        let share = outcome.turned_away.len() as f64 / sent as f64;
        let mut told = |what: &str, value: Option<f64>, decimals| {
            let what = format!("offered {times} × as fast by {SENDERS} connections: {what}");
            rows.push(Row::new(MEASURE, what, value.into_iter().collect()).with(decimals));
        };
        let at = |of: &mut Vec<f64>, permille| (!of.is_empty()).then(|| quantile(of, permille));
        told("taken in all, ÷ the same", Some(rate), 2);
        told("share of the uploads that were answered `503`, and came again", Some(share), 2);
        told("answer of what was taken, p50, ms", at(&mut outcome.taken, 500), 0);
        told("answer of what was taken, p99, ms", at(&mut outcome.taken, 990), 0);
        told("answer of what was turned away, p50, ms", at(&mut outcome.turned_away, 500), 0);
    }
    Ok(rows)
}

/// All of it into a fresh ledger: as fast as it is taken, or so many events a second, whatever is answered.
async fn offered(ground: &Ground, city: &City, spool: &Spool, rate: Option<f64>) -> Result<Outcome, Error> {
    let (database, mut server) = ground.founded(city).await?;
    // It stands still: all is a backlog, and no connection waits for another.
    server.pass_time(city.begins_at(city.chunks()).plus_hours(7 * 24))?;
    let senders = if rate.is_some() { SENDERS } else { CONNECTIONS };
    let lanes = offers(spool, senders, rate)?;
    let (address, begins) = (server.address, Instant::now());
    let came =
        try_join_all(lanes.into_iter().map(|lane| send(address, lane, begins, rate.is_some()))).await?;
    let mut outcome = Outcome { seconds: begins.elapsed().as_secs_f64(), ..Outcome::default() };
    for (taken, turned_away) in came {
        outcome.taken.extend(taken);
        outcome.turned_away.extend(turned_away);
    }
    server.pass_time(city.ends_at())?;
    server.end()?;
    outcome.found = bulk::open(&database).await?;
    outcome.entries = entries(&database).await?;
    database.remove().await?;
    Ok(outcome)
}

/// The uploads of each connection, in their order. All connections are due by turns, and evenly.
fn offers(spool: &Spool, senders: usize, rate: Option<f64>) -> Result<Vec<VecDeque<Offer>>, Error> {
    let mut lanes: Vec<VecDeque<Offer>> = (0..senders).map(|_| VecDeque::new()).collect();
    let mut windows = spool.windows()?;
    while let Some(window) = windows.next()? {
        for (lane, requests) in lanes.iter_mut().zip(window.lanes(senders)) {
            for line in
                requests.iter().flat_map(|request| request.body.split_inclusive(|byte| *byte == b'\n'))
            {
                if lane.back().is_none_or(|last| last.lines == LINES) {
                    lane.push_back(Offer { lines: 0, body: Vec::new(), due: Duration::ZERO });
                }
                let Some(last) = lane.back_mut() else { continue };
                last.lines += 1;
                last.body.extend_from_slice(line);
            }
        }
    }
    let Some(rate) = rate else { return Ok(lanes) };
    let mut before = 0;
    for turn in 0..lanes.iter().map(VecDeque::len).max().unwrap_or(0) {
        for offer in lanes.iter_mut().filter_map(|lane| lane.get_mut(turn)) {
            offer.due = Duration::from_secs_f64(before as f64 / rate);
            before += offer.lines;
        }
    }
    Ok(lanes)
}

/// One after the other, none before its time, each over a connection of its own, for one that idles is closed; again what was turned away. How
/// long the answers took of what was taken, and of what was not.
async fn send(
    address: SocketAddr,
    mut lane: VecDeque<Offer>,
    begins: Instant,
    may_be_busy: bool,
) -> Result<(Vec<f64>, Vec<f64>), Error> {
    let (mut taken, mut turned_away) = (Vec::new(), Vec::new());
    while let Some(offer) = lane.pop_front() {
        sleep_until(begins + offer.due).await;
        let mut to = Connection::open(address).await?;
        loop {
            let sent = Instant::now();
            let answer = to.post(PATH, NDJSON, offer.body.clone()).await?;
            let took = sent.elapsed().as_secs_f64() * 1_000.0;
            if !(may_be_busy && answer.is_busy()) {
                answer.all_taken(offer.lines)?;
                taken.push(took);
                break;
            }
            turned_away.push(took);
            pause_for(RETRY_AFTER).await;
        }
    }
    Ok((taken, turned_away))
}

/// Entries of the log of a database that nobody serves.
async fn entries(database: &Database) -> Result<u64, Error> {
    let store = database.connect().await?;
    let head = log::head(&mut store.read().await?).await?;
    store.close().await;
    Ok(head.ok_or("there is no log")?.size)
}
