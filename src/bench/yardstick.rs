//! What the machine can do beside a ledger, in the same run: verification alone, the bare pipeline, one durable commit.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::ground::Ground;
use super::{Error, LOG, cores};
use crate::clock::Timestamp;
use crate::custody::admit::handover;
use crate::custody::{Event, Statement};
use crate::ledger::leaf::{Leaf, Salt, commitment};
use crate::ledger::merkle::{empty_root, leaf_hash};
use crate::ledger::tile::TileTail;
use crate::ledger::{Envelope, Kid, PublicKey, Typ, Unverified, Verified};
use crate::scenario::World;
use crate::store::Store;
use crate::store::log::{self, Entry, Head};

/// Events of one commit of the bare pipeline.
const BATCH: usize = 1_000;
/// How many commits of one event are made for their median.
const COMMITS: usize = 200;

/// The keys of everybody in a city.
pub(super) type Keys = HashMap<Kid, PublicKey>;

pub(super) fn keys(world: &World) -> Keys {
    let parties = world.parties().iter();
    let all = parties.flat_map(|party| party.roles().iter().map(|role| world.key(&party.label, *role)));
    all.map(|key| (key.kid(), key.public())).collect()
}

fn verified(text: &str, keys: &Keys) -> Result<Envelope<Verified>, String> {
    let envelope = Envelope::parse(text.as_bytes(), Typ::Event).map_err(|error| error.to_string())?;
    let key = keys.get(&envelope.kid()).ok_or("a key that nobody has")?;
    envelope.verify(key).map_err(|error| error.to_string())
}

/// Parts of work, one for each core.
fn shares<T: Clone>(all: &[T]) -> Vec<Vec<T>> {
    all.chunks(all.len().div_ceil(cores()).max(1)).map(<[T]>::to_vec).collect()
}

/// A log with its edge in memory, as it is appended to.
struct Bare {
    store: Store,
    head: Head,
    tail: TileTail,
}

impl Bare {
    async fn new(store: Store, at: Timestamp) -> Result<Self, Error> {
        let head = Head { origin: LOG.to_owned(), size: 0, root: empty_root(), recorded_at: at };
        let mut tx = store.write().await?;
        log::create_head(&mut tx, &head).await?;
        tx.commit().await?;
        Ok(Self { store, head, tail: TileTail::default() })
    }

    async fn append(&mut self, events: Vec<Envelope<Verified>>) -> Result<(), Error> {
        let (mut entries, mut tiles) = (Vec::with_capacity(events.len()), Vec::new());
        for event in events {
            let at = self.head.recorded_at;
            let leaf =
                Leaf::Event { commitment: commitment(&Salt([7; 32]), at.as_millis(), 0, event.compact()) };
            let leaf = leaf.to_bytes();
            let index = self.tail.size();
            tiles.extend(self.tail.append(leaf_hash(&leaf)));
            entries.push(Entry {
                index,
                event_id: event.event_id(),
                leaf_kind: 1,
                leaf,
                jws: Some(event.into_compact()),
                salt: Some([7; 32]),
                recorded_at: at,
                skew_ms: 0,
            });
        }
        let mut tx = self.store.write().await?;
        log::append(&mut tx, entries, &[], &tiles).await?;
        (self.head.size, self.head.root) = (self.tail.size(), self.tail.root());
        log::save_head(&mut tx, &self.head).await?;
        Ok(tx.commit().await?)
    }
}

/// Events a second: parsed and verified on every core, hashed into the tree, committed durably by [`BATCH`]; no HTTP, no custody.
pub(super) async fn bare(ground: &Ground, events: &[String], keys: &Arc<Keys>) -> Result<f64, Error> {
    let database = ground.fresh().await?;
    let mut log = Bare::new(database.connect().await?, Timestamp::default()).await?;
    let events = once(events);
    let started = Instant::now();
    for batch in events.chunks(BATCH) {
        let work = shares(batch).into_iter().map(|part| {
            let keys = Arc::clone(keys);
            let verify = move || part.iter().map(|text| verified(text, &keys)).collect::<Result<Vec<_>, _>>();
            tokio::task::spawn_blocking(verify)
        });
        let mut verified = Vec::with_capacity(batch.len());
        for part in futures::future::join_all(work).await {
            verified.extend(part??);
        }
        log.append(verified).await?;
    }
    let rate = events.len() as f64 / started.elapsed().as_secs_f64();
    log.store.close().await;
    drop(log);
    database.remove().await?;
    Ok(rate)
}

/// What was sent twice is one event: the bare log refuses it as any table would.
fn once(events: &[String]) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    events.iter().filter(|event| seen.insert(event.as_str())).cloned().collect()
}

/// The median of so many durable commits of one event, in milliseconds.
pub(super) async fn one_commit(ground: &Ground, events: &[String], keys: &Keys) -> Result<f64, Error> {
    let database = ground.fresh().await?;
    let mut log = Bare::new(database.connect().await?, Timestamp::default()).await?;
    let mut took = Vec::new();
    for text in once(events).iter().take(COMMITS) {
        let event = verified(text, keys)?;
        let started = Instant::now();
        log.append(vec![event]).await?;
        took.push(started.elapsed().as_secs_f64() * 1_000.0);
    }
    log.store.close().await;
    drop(log);
    database.remove().await?;
    Ok(super::figures::median(&mut took))
}

/// Every signature of these events: their own, and those of the offers and invitations inside.
fn signatures(events: &[String]) -> Result<Vec<Envelope<Unverified>>, Error> {
    let mut signed = Vec::new();
    for text in events {
        let envelope = Envelope::parse(text.as_bytes(), Typ::Event)?;
        let event = Event::parse(envelope.payload()).map_err(|error| format!("{error:?}"))?;
        if let Some(offer) = handover(&event).and_then(|(_, handed)| handed.offer.as_deref()) {
            signed.push(Envelope::parse(offer.as_bytes(), Typ::Offer)?);
        }
        if let Statement::KeyEnrolled(enrolled) = &event.statement {
            signed.push(Envelope::parse(enrolled.invitation.as_bytes(), Typ::Invitation)?);
        }
        signed.push(envelope);
    }
    Ok(signed)
}

/// Events a second whose signatures, all of them, are verified strictly on every core: parsed before, nothing read or hashed besides.
pub(super) fn strict(events: &[String], keys: &Keys) -> Result<f64, Error> {
    let mut signed = signatures(events)?;
    let share = signed.len().div_ceil(cores()).max(1);
    let mut parts = Vec::new();
    while !signed.is_empty() {
        parts.push(signed.split_off(signed.len().saturating_sub(share)));
    }
    let started = Instant::now();
    let is_good = std::thread::scope(|scope| {
        let verify = |part: Vec<Envelope<Unverified>>| {
            part.into_iter()
                .all(|envelope| keys.get(&envelope.kid()).is_some_and(|key| envelope.verify(key).is_ok()))
        };
        let work: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || verify(part))).collect();
        work.into_iter().all(|part| part.join().unwrap_or(false))
    });
    let rate = events.len() as f64 / started.elapsed().as_secs_f64();
    if is_good { Ok(rate) } else { Err("a signature of the city's is not good".into()) }
}
