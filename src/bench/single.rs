//! P2 and P12: single events over kept connections, each answered with its proof; how long one takes at half of that load; one manifest
//! saved, and one read.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use tokio::time::{Duration, Instant, sleep_until};

use super::Error;
use super::bulk::{CONNECTIONS as FEW, Driven};
use super::client::Connection;
use super::ground::Ground;
use super::reads::Reader;
use super::spool::{Spool, Window};
use crate::custody::{Event, Statement};
use crate::id::ManifestId;
use crate::ledger::{Envelope, Typ};
use crate::scenario::city::City;

/// Connections of P2.
pub(super) const CONNECTIONS: usize = 64;
const PATH: &str = "/api/v1/events";
const JOSE: &str = "application/jose";

/// The events of each connection, in their order.
fn lanes(window: Window) -> Vec<Vec<String>> {
    let lanes = window.lanes(CONNECTIONS).into_iter();
    let events = |body: &[u8]| String::from_utf8_lossy(body).lines().map(str::to_owned).collect::<Vec<_>>();
    lanes.map(|requests| requests.iter().flat_map(|request| events(&request.body)).collect()).collect()
}

/// Everything one by one in a fresh database, as fast as it is answered or so many events a second; and how long each answer took, in
/// milliseconds, from when it was due.
pub(super) async fn whole(
    ground: &Ground,
    city: &City,
    spool: &Spool,
    rate: Option<f64>,
) -> Result<(Driven, Vec<f64>), Error> {
    let (database, mut server) = ground.founded(city).await?;
    let mut connections = Connection::several(&[server.address], CONNECTIONS).await?;
    let (mut windows, mut driven, mut took) = (spool.windows()?, Driven::default(), Vec::new());
    while let Some(window) = windows.next()? {
        let (at, events) = (window.at, window.events());
        let lanes = lanes(window);
        let started = Instant::now();
        server.pass_time(at)?;
        let begins = Instant::now();
        let sent = connections.iter_mut().zip(lanes).enumerate().map(|(n, (to, lane))| {
            let due = move |place: usize| {
                let place = (place * CONNECTIONS + n) as f64;
                rate.map(|rate| begins + Duration::from_secs_f64(place / rate))
            };
            send(to, lane, due)
        });
        try_join_all(sent).await?.into_iter().for_each(|of_lane| took.extend(of_lane));
        driven.seconds += started.elapsed().as_secs_f64();
        driven.events += events;
    }
    server.end()?;
    database.remove().await?;
    Ok((driven, took))
}

/// Each when it is due, or at once when the one before was answered. What waits for its turn has been waited for.
async fn send(
    to: &mut Connection,
    events: Vec<String>,
    due: impl Fn(usize) -> Option<Instant>,
) -> Result<Vec<f64>, Error> {
    let mut took = Vec::with_capacity(events.len());
    for (place, event) in events.into_iter().enumerate() {
        let due = due(place);
        if let Some(due) = due {
            sleep_until(due).await;
        }
        let from = due.unwrap_or_else(Instant::now);
        to.post(PATH, JOSE, event).await?.good()?;
        took.push(from.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(took)
}

/// Manifests a second that are saved by one upload each, and that are read one by one by an officer, over eight connections.
pub(super) async fn manifests(ground: &Ground, city: &City, spool: &Spool) -> Result<[f64; 2], Error> {
    let (database, mut server) = ground.founded(city).await?;
    let (mut events, mut ids, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for text in spool.first_events(spool.events)? {
        if let Some(id) = registered(&text)?.filter(|id| seen.insert(*id)) {
            events.push(text);
            ids.push(id);
        }
    }
    server.pass_time(city.begins_at(0).plus_hours(12))?;
    let mut connections = Connection::several(&[server.address], FEW).await?;
    let started = Instant::now();
    let share = |n: usize| events.iter().skip(n).step_by(FEW).cloned().collect();
    try_join_all(connections.iter_mut().enumerate().map(|(n, to)| send(to, share(n), |_| None))).await?;
    let saved = events.len() as f64 / started.elapsed().as_secs_f64();
    let reader = Reader::office(city, &city.world().authority().label, city.begins_at(0).plus_hours(12));
    let paths: Vec<Vec<(String, String)>> = (0..FEW)
        .map(|n| {
            let of_lane = ids.iter().enumerate().skip(n).step_by(FEW);
            of_lane.map(|(place, id)| (format!("/api/v1/manifests/{id}"), reader.token(place))).collect()
        })
        .collect();
    let started = Instant::now();
    try_join_all(connections.iter_mut().zip(paths).map(|(to, paths)| async move {
        for (path, token) in paths {
            to.get(&path, Some(&token)).await?.good()?;
        }
        Ok::<_, Error>(())
    }))
    .await?;
    let read = ids.len() as f64 / started.elapsed().as_secs_f64();
    server.end()?;
    database.remove().await?;
    Ok([saved, read])
}

/// The manifest that an event registers.
fn registered(text: &str) -> Result<Option<ManifestId>, Error> {
    let envelope = Envelope::parse(text.as_bytes(), Typ::Event)?;
    let event = Event::parse(envelope.payload()).map_err(|error| format!("{error:?}"))?;
    match event.statement {
        Statement::ManifestRegistered(registered) => Ok(Some(registered.manifest)),
        _ => Ok(None),
    }
}
