//! Three first figures as ratios in one run: the bare pipeline, bulk ingest over HTTP, single events over HTTP.
//!
//! `cargo bench --bench first_figures -- [--manifests N] [--runs N] [--write docs/benchmarks.md]`
//!
//! The yardstick is the bare pipeline: parse and verify on every core, append to the tree, commit durably in batches of 1,000;
//! no HTTP, no custody. Each run measures all three beside each other on fresh SQLite files, because machines drift.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod shared;

use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use liandan::app::App;
use liandan::clock::Timestamp;
use liandan::custody::Event;
use liandan::ledger::leaf::{Leaf, Salt, commitment};
use liandan::ledger::merkle::leaf_hash;
use liandan::ledger::tile::TileTail;
use liandan::ledger::{Envelope, Typ};
use liandan::store::log::{self, Entry, Head};
use shared::{Folder, LOG, Plan, spread};

const BATCH: usize = 1_000;
const BULK_CONNECTIONS: usize = 8;
const SINGLE_CONNECTIONS: usize = 64;

/// Signed events of one day: register, confirm, assign, collect, deliver, receive, dispose; offers embedded. The events of one
/// manifest stand together, as a party's system would send them.
fn events(manifests: usize) -> (Vec<Vec<String>>, Timestamp) {
    let played = shared::day(manifests);
    let mut groups: std::collections::BTreeMap<usize, Vec<String>> = std::collections::BTreeMap::new();
    let mut order = std::collections::HashMap::new();
    for act in &played.acts {
        let manifest = Event::parse(act.envelope.payload()).unwrap().manifest();
        let first_free = order.len() + 1;
        let place = match manifest {
            Some(manifest) => *order.entry(manifest).or_insert(first_free),
            None if groups.is_empty() => 0,
            // Treatments are facts about lots: they may go anywhere; they go last.
            None => usize::MAX,
        };
        groups.entry(place).or_default().push(act.envelope.compact().to_owned());
    }
    (groups.into_values().collect(), played.ends_at)
}

/// Requests of about a thousand lines that keep the events of a manifest together.
fn requests(groups: &[Vec<String>]) -> Vec<Vec<String>> {
    let mut requests: Vec<Vec<String>> = vec![Vec::new()];
    for part in groups.iter().flat_map(|group| group.chunks(BATCH)) {
        if requests.last().is_none_or(|last| last.len() + part.len() > BATCH) {
            requests.push(Vec::new());
        }
        if let Some(last) = requests.last_mut() {
            last.extend_from_slice(part);
        }
    }
    requests
}

/// Events a second of the bare pipeline.
async fn bare(events: &[String], at: Timestamp) -> f64 {
    let folder = Folder::new("bare");
    let store = folder.store().await;
    let keys = Arc::new(shared::keys());
    let mut tx = store.write().await.unwrap();
    let mut head = Head {
        origin: LOG.to_owned(),
        size: 0,
        root: liandan::ledger::merkle::empty_root(),
        recorded_at: at,
    };
    log::create_head(&mut tx, &head).await.unwrap();
    tx.commit().await.unwrap();
    let cores = shared::cores();
    let started = Instant::now();
    let mut tail = TileTail::default();
    for batch in events.chunks(BATCH) {
        let parts: Vec<Vec<String>> =
            batch.chunks(batch.len().div_ceil(cores)).map(<[String]>::to_vec).collect();
        let work = parts.into_iter().map(|part| {
            let keys = Arc::clone(&keys);
            tokio::task::spawn_blocking(move || {
                let verify = |text: String| {
                    let envelope = Envelope::parse(text.as_bytes(), Typ::Event).unwrap();
                    let key = keys[&envelope.kid()];
                    envelope.verify(&key).unwrap()
                };
                part.into_iter().map(verify).collect::<Vec<_>>()
            })
        });
        let mut entries = Vec::with_capacity(batch.len());
        let mut tiles = Vec::new();
        for verified in futures::future::join_all(work).await.into_iter().flat_map(Result::unwrap) {
            let sealed = commitment(&Salt([7; 32]), at.as_millis(), 0, verified.compact());
            let leaf = Leaf::Event { commitment: sealed }.to_bytes();
            let index = tail.size();
            tiles.extend(tail.append(leaf_hash(&leaf)));
            let event_id = verified.event_id();
            entries.push(Entry {
                index,
                event_id,
                leaf_kind: 1,
                leaf,
                jws: Some(verified.into_compact()),
                salt: Some([7; 32]),
                recorded_at: at,
                skew_ms: 0,
            });
        }
        let mut tx = store.write().await.unwrap();
        log::append(&mut tx, entries, &[], &tiles).await.unwrap();
        head.size = tail.size();
        head.root = tail.root();
        log::save_head(&mut tx, &head).await.unwrap();
        tx.commit().await.unwrap();
    }
    let rate = events.len() as f64 / started.elapsed().as_secs_f64();
    store.close().await;
    rate
}

struct Server {
    app: App,
    base: String,
    _folder: Folder,
}

async fn serve(name: &str, at: Timestamp) -> Server {
    let folder = Folder::new(name);
    let app = folder.ledger(at).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/api/v1", listener.local_addr().unwrap());
    let router = liandan::api::router(app.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    Server { app, base, _folder: folder }
}

/// Events a second through `POST /events/batch`: lines of one manifest stay in one request, in order.
async fn bulk(groups: &[Vec<String>], at: Timestamp) -> f64 {
    let all = requests(groups);
    let total: usize = all.iter().map(Vec::len).sum();
    let server = serve("bulk", at).await;
    let client = reqwest::Client::new();
    let started = Instant::now();
    let requests = all.iter().map(|lines| {
        let request = client.post(format!("{}/events/batch", server.base)).body(lines.join("\n"));
        async move {
            let answer = request.send().await.unwrap();
            assert!(answer.status().is_success());
            let text = answer.text().await.unwrap();
            assert!(!text.contains("\"problem\":{"), "{}", &text[..text.len().min(800)]);
            text.lines().count()
        }
    });
    let taken: usize =
        futures::stream::iter(requests).buffered(BULK_CONNECTIONS).collect::<Vec<_>>().await.iter().sum();
    assert_eq!(taken, total);
    let rate = total as f64 / started.elapsed().as_secs_f64();
    server.app.store().close().await;
    rate
}

/// Events a second through `POST /events`, one each, over keep-alive connections that each see a manifest through.
async fn single(groups: &[Vec<String>], at: Timestamp) -> f64 {
    let server = serve("single", at).await;
    let client = reqwest::Client::new();
    let total: usize = groups.iter().map(Vec::len).sum();
    let started = Instant::now();
    let trips = groups.iter().map(|group| {
        let (client, url) = (client.clone(), format!("{}/events", server.base));
        async move {
            for event in group {
                let answer = client.post(&url).body(event.clone()).send().await.unwrap();
                let status = answer.status();
                let text = answer.text().await.unwrap();
                assert!(status.is_success(), "{text}");
            }
        }
    });
    futures::stream::iter(trips).buffer_unordered(SINGLE_CONNECTIONS).collect::<Vec<_>>().await;
    let rate = total as f64 / started.elapsed().as_secs_f64();
    server.app.store().close().await;
    rate
}

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let plan = Plan::read(1_500, 5);
    let (groups, at) = events(plan.manifests);
    let events: Vec<String> = groups.concat();
    // A fifth of the manifests is enough to tell the rate of single events.
    let few = &groups[..groups.len() / 5];
    let (mut bares, mut bulks, mut singles) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..plan.runs {
        let yardstick = bare(&events, at).await;
        let bulk = bulk(&groups, at).await;
        let single = single(few, at).await;
        println!("run {run}: bare {yardstick:.0}/s, bulk {bulk:.0}/s, single {single:.0}/s");
        bares.push(yardstick);
        bulks.push(bulk / yardstick);
        singles.push(single / yardstick);
    }
    plan.report("Taking events in (P1, P2)", &body(&plan, events.len(), bares, bulks, singles));
}

fn body(plan: &Plan, events: usize, bares: Vec<f64>, bulks: Vec<f64>, singles: Vec<f64>) -> String {
    let Plan { manifests, runs, .. } = plan;
    let cores = shared::cores();
    let (bare, bulk, single) = (spread(bares, 0), spread(bulks, 3), spread(singles, 3));
    format!(
        "Made by `cargo bench --bench first_figures -- --manifests {manifests} --runs {runs} --write docs/benchmarks.md` on a shared machine\n\
         with {cores} cores, SQLite (WAL, synchronous=FULL). {events} signed events of {manifests} manifests, all sent at the end of their day:\n\
         a backlog, the harder case. Every figure is a ratio to the bare pipeline *of the same run* (parse and verify on every core,\n\
         tree, durable commits of {BATCH}; no HTTP, no custody), median of {runs} runs, smallest and largest beside it.\n\n\
         | figure | smallest | median | largest | aim |\n|---|---|---|---|---|\n\
         | bare pipeline, events a second | {bare} | (yardstick) |\n\
         | P1 bulk ingest over HTTP ÷ bare ({BULK_CONNECTIONS} connections, {BATCH} lines a request) | {bulk} | ≥ 0.5 |\n\
         | P2 single events over HTTP ÷ bare ({SINGLE_CONNECTIONS} connections, each answer with its proof) | {single} | ≥ 0.2 |\n"
    )
}
