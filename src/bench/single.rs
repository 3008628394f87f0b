//! P2 and P12: single events over kept connections, each answered with its proof; how long one takes at half of that load; one manifest
//! saved, and one read.

use std::collections::BTreeSet;

use futures::future::try_join_all;
use tokio::time::{Duration, Instant, sleep_until};

use super::Error;
use super::bulk::Driven;
use super::client::Connection;
use super::ground::Ground;
use super::reads::Reader;
use super::spool::{Spool, Window};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
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

/// Manifests a second that are saved by one upload each; that are read one by one by their consignors; and by an officer, whose reading is
/// written down before it is answered.
pub(super) async fn manifests(ground: &Ground, city: &City, spool: &Spool) -> Result<[f64; 3], Error> {
    let (database, mut server) = ground.founded(city).await?;
    let (mut texts, mut manifests, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for text in spool.first_events(spool.events)? {
        if let Some((id, consignor)) = registered(&text)?.filter(|(id, _)| seen.insert(*id)) {
            texts.push(text);
            manifests.push((id, consignor));
        }
    }
    let at = city.begins_at(0).plus_hours(12);
    server.pass_time(at)?;
    let mut connections = Connection::several(&[server.address], CONNECTIONS).await?;
    let started = Instant::now();
    let share = |n: usize| texts.iter().skip(n).step_by(CONNECTIONS).cloned().collect();
    try_join_all(connections.iter_mut().enumerate().map(|(n, to)| send(to, share(n), |_| None))).await?;
    let saved = texts.len() as f64 / started.elapsed().as_secs_f64();
    let world = city.world();
    let consignor = |party: Uscc| world.parties().iter().find(|known| known.uscc == party);
    let own = |party: Uscc| consignor(party).map_or("", |known| &known.label).to_owned();
    let own: Vec<_> = manifests.iter().map(|(id, party)| (*id, own(*party))).collect();
    let bureau = &world.authority().label;
    let officers: Vec<_> = manifests.iter().map(|(id, _)| (*id, bureau.clone())).collect();
    let mut rates = [saved, 0.0, 0.0];
    for (rate, readings) in rates.iter_mut().skip(1).zip([own, officers]) {
        *rate = read(&mut connections, city, at, &readings).await?;
    }
    server.end()?;
    database.remove().await?;
    Ok(rates)
}

/// Manifests a second that are read, each by the office of a party.
async fn read(
    connections: &mut [Connection],
    city: &City,
    at: Timestamp,
    readings: &[(ManifestId, String)],
) -> Result<f64, Error> {
    let signed = |(n, (id, label)): (usize, &(ManifestId, String))| {
        (format!("/api/v1/manifests/{id}"), Reader::office(city, label, at).token(n))
    };
    // Nobody waits for the reader to sign.
    let asked: Vec<(String, String)> = readings.iter().enumerate().map(signed).collect();
    let (lanes, started) = (connections.len(), Instant::now());
    try_join_all(connections.iter_mut().enumerate().map(|(lane, to)| {
        let of_lane = asked.iter().skip(lane).step_by(lanes);
        async move {
            for (path, token) in of_lane {
                to.get(path, Some(token)).await?.good()?;
            }
            Ok::<_, Error>(())
        }
    }))
    .await?;
    Ok(asked.len() as f64 / started.elapsed().as_secs_f64())
}

/// The manifest that an event registers, and its consignor.
fn registered(text: &str) -> Result<Option<(ManifestId, Uscc)>, Error> {
    let envelope = Envelope::parse(text.as_bytes(), Typ::Event)?;
    let event = Event::parse(envelope.payload()).map_err(|error| format!("{error:?}"))?;
    match event.statement {
        Statement::ManifestRegistered(registered) => Ok(Some((registered.manifest, event.party))),
        _ => Ok(None),
    }
}
