//! P7: the same facts in order and in none, a tenth of them twice: as fast, and the same in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::try_join_all;
use serde_json::Value;
use tokio::time::Instant;

use super::bulk::{self, CONNECTIONS, NDJSON, PATH};
use super::client::Connection;
use super::ground::{Database, Ground};
use super::spool::{Found, LINES};
use super::{Error, LOG};
use crate::id::{LotId, ManifestId};
use crate::scenario::city::{City, Random};
use crate::store::books;

/// One fact in so many is sent once more.
const TWICE_ONE_IN: usize = 10;
/// Lots asked for at once.
const LOTS: usize = 500;

/// Events of each connection, in their order.
type Lanes = Vec<Vec<Arc<str>>>;

/// What happens in a city, apart from its order.
struct Told {
    /// By connection, in order.
    in_order: Lanes,
    /// The same without facts.
    declared: Lanes,
    facts: Vec<Arc<str>>,
    manifests: Vec<ManifestId>,
    lots: Vec<LotId>,
}

/// Events a second in order, and in none.
pub(super) async fn measure(ground: &Ground, city: &City) -> Result<[f64; 2], Error> {
    let told = told(city)?;
    let mut shuffled = told.facts.clone();
    let mut random = Random::new(7);
    for _ in 0..told.facts.len() / TWICE_ONE_IN {
        shuffled.push(told.facts[random.below(told.facts.len())].clone());
    }
    for place in (1..shuffled.len()).rev() {
        shuffled.swap(place, random.below(place + 1));
    }
    let lanes = (0..CONNECTIONS).map(|n| shuffled.iter().skip(n).step_by(CONNECTIONS).cloned().collect());
    let (in_order, state) = run(ground, city, &told, &[&told.in_order]).await?;
    let (in_none, other) = run(ground, city, &told, &[&told.declared, &lanes.collect::<Vec<_>>()]).await?;
    if state.found != other.found {
        let differ: Vec<_> = state.found.symmetric_difference(&other.found).take(5).collect();
        return Err(format!("another order of facts gives other findings: {differ:?}").into());
    }
    let differs = state.folded.iter().find(|(name, folded)| other.folded.get(*name) != Some(folded));
    if let Some((name, folded)) = differs {
        let other = other.folded.get(name);
        return Err(format!("another order of facts gives another {name}: {folded} and {other:?}").into());
    }
    Ok([in_order, in_none])
}

fn told(city: &City) -> Result<Told, Error> {
    let lanes = || (0..CONNECTIONS).map(|_| Vec::new()).collect();
    let (mut all, mut manifests, mut lots, mut facts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for n in 0..city.chunks() {
        let chunk = city.chunk(LOG, n)?;
        manifests.extend(chunk.played.names.manifests().map(|(_, id)| id));
        lots.extend(chunk.played.names.lots().map(|(_, id)| id));
        for act in &chunk.played.acts {
            all.push((
                act.recorded_at,
                chunk.load_of(act) % CONNECTIONS,
                act.is_fact,
                Arc::<str>::from(act.envelope.compact()),
            ));
        }
    }
    all.sort_by_key(|(at, ..)| *at);
    let (mut in_order, mut declared): (Lanes, Lanes) = (lanes(), lanes());
    for (_, lane, is_fact, text) in all {
        in_order[lane].push(text.clone());
        if is_fact { facts.push(text) } else { declared[lane].push(text) }
    }
    Ok(Told { in_order, declared, facts, manifests, lots })
}

/// What a ledger came to.
struct State {
    found: BTreeSet<Found>,
    /// Every manifest and lot as folded, but for its place in the log.
    folded: BTreeMap<String, Value>,
}

/// Send these parts one after the other to a fresh ledger whose clock stands still: all of it is a backlog.
async fn run(ground: &Ground, city: &City, told: &Told, parts: &[&Lanes]) -> Result<(f64, State), Error> {
    let (database, mut server) = ground.founded(city).await?;
    // After everything happened, and before anything is due that has not come.
    server.pass_time(city.begins_at(city.chunks()).plus_hours(7 * 24))?;
    let mut connections = Connection::several(&[server.address], CONNECTIONS).await?;
    let started = Instant::now();
    let mut sent = 0;
    for lanes in parts {
        sent += lanes.iter().map(Vec::len).sum::<usize>();
        try_join_all(connections.iter_mut().zip(lanes.iter()).map(|(to, lane)| async move {
            for lines in lane.chunks(LINES) {
                let answer = to.post(PATH, NDJSON, lines.join("\n"));
                answer.await?.all_taken(lines.len())?;
            }
            Ok::<_, Error>(())
        }))
        .await?;
    }
    let rate = sent as f64 / started.elapsed().as_secs_f64();
    server.pass_time(city.ends_at())?;
    server.end()?;
    let state = State { found: bulk::open(&database).await?, folded: folded(&database, told).await? };
    database.remove().await?;
    Ok((rate, state))
}

async fn folded(database: &Database, told: &Told) -> Result<BTreeMap<String, Value>, Error> {
    let store = database.connect().await?;
    let mut tx = store.read().await?;
    let mut all = BTreeMap::new();
    for id in &told.manifests {
        let shelf =
            books::manifest(&mut tx, *id).await?.ok_or_else(|| format!("manifest {id} is not there"))?;
        let mut state = serde_json::to_value(&shelf.state)?;
        without_places(&mut state);
        all.insert(format!("manifest {id}"), state);
    }
    for lots in told.lots.chunks(LOTS) {
        for (id, shelf) in books::lots_as_folded(&mut tx, lots).await? {
            all.insert(format!("lot {id}"), serde_json::to_value(&shelf.state)?);
        }
    }
    drop(tx);
    store.close().await;
    Ok(all)
}

/// Places in the log follow the order of arrival by nature.
fn without_places(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !["index", "confirmed_index"].contains(&name.as_str()));
            members.values_mut().for_each(without_places);
        }
        Value::Array(items) => items.iter_mut().for_each(without_places),
        _ => {}
    }
}
