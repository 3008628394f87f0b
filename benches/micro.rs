//! What the parts of taking an event in cost by themselves, each group beside a yardstick of its own: strict verification, hashing alone, one row.
//!
//! `cargo bench --bench micro`, or `-- GROUP`; `-- --test` runs each once.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod shared;

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use liandan::catalogue::{Catalogue, Profile};
use liandan::custody::books::Rulebook;
use liandan::custody::fleet::Fleet;
use liandan::custody::hold::Holds;
use liandan::custody::manifest::ManifestState;
use liandan::custody::papers::Papers;
use liandan::custody::rules::{ManifestView, check_manifest};
use liandan::custody::shelf::{Assignments, Shelf};
use liandan::custody::timeline::{Moment, moments, order};
use liandan::custody::{Event, Recorded};
use liandan::id::ManifestId;
use liandan::ledger::envelope::signing_input;
use liandan::ledger::key::verify_strict;
use liandan::ledger::leaf::{Leaf, Salt, commitment};
use liandan::ledger::merkle::{empty_root, leaf_hash};
use liandan::ledger::tile::{FullTile, TileSource, TileTail, inclusion_proof};
use liandan::ledger::{Digest, Envelope, EventId, PublicKey, SigningKey, Typ};
use liandan::scenario::{Model, Played, Scripted, World, WorldParty};
use liandan::store::log::{self, Entry, Head};
use liandan::store::packed::{pack, read};
use liandan::store::{Store, WriteTx};
use shared::{Folder, LOG};

/// Leaves of the tree in which proofs are made.
const LEAVES: u64 = 100_000;
/// Entries of one commit.
const BATCH: u64 = 1_000;

/// A ledger in memory with one manifest that was disposed of, and what the parties said on the way.
struct Week {
    model: Model,
    played: Played,
    id: ManifestId,
    shelf: Shelf<ManifestState>,
}

impl Week {
    fn of_one_manifest() -> Self {
        let played = shared::day(1);
        let mut model = founded(&played);
        for act in &played.acts {
            model.submit(act).unwrap();
        }
        let (id, shelf) = model.books().manifests().next().map(|(id, shelf)| (*id, shelf.clone())).unwrap();
        Self { model, played, id, shelf }
    }

    fn history(&self) -> &[Arc<Recorded>] {
        self.shelf.history.as_deref().unwrap()
    }

    /// The largest of the events: the one that receives.
    fn largest(&self) -> &Scripted {
        self.played.acts.iter().max_by_key(|act| act.envelope.compact().len()).unwrap()
    }
}

fn founded(played: &Played) -> Model {
    let profile = Profile::embedded("cn").unwrap();
    let mut model = Model::new(Rulebook { profile, catalogue: Catalogue::embedded() });
    let log_key = SigningKey::from_seed([9; 32]).public();
    for act in World::embedded().founding(LOG, played.ends_at.plus_hours(-72), log_key).unwrap() {
        model.submit(&act).unwrap();
    }
    model
}

/// The key of whoever signed it.
fn key_of(act: &Scripted) -> SigningKey {
    let world = World::embedded();
    let of_party =
        |party: &'static WorldParty| party.roles().iter().map(|role| world.key(&party.label, *role));
    let mut keys = world.parties().iter().flat_map(of_party);
    keys.find(|key| key.kid() == act.envelope.kid()).unwrap()
}

/// Verification alone is the yardstick; then the envelope from its bytes, and the statement inside.
fn event(c: &mut Criterion) {
    let week = Week::of_one_manifest();
    let act = week.largest();
    let (text, key) = (act.envelope.compact().as_bytes().to_vec(), key_of(act));
    let public: PublicKey = key.public();
    let input = signing_input(Typ::Event, act.envelope.payload(), key.kid());
    let signature = key.sign(input.as_bytes());
    let mut group = c.benchmark_group("event");
    group.throughput(Throughput::Elements(1));
    group.bench_function("yardstick: strict verification alone", |b| {
        b.iter(|| assert!(verify_strict(&public, black_box(input.as_bytes()), &signature)));
    });
    group.bench_function("envelope parsed", |b| {
        b.iter(|| Envelope::parse(black_box(&text), Typ::Event).unwrap());
    });
    group.bench_function("envelope parsed and verified", |b| {
        b.iter(|| Envelope::parse(black_box(&text), Typ::Event).unwrap().verify(&public).unwrap());
    });
    group.bench_function("statement parsed", |b| {
        b.iter(|| Event::parse(black_box(act.envelope.payload())).unwrap());
    });
    group.finish();
}

/// All that the books do to the events of one manifest, in memory, is the yardstick; then its folding and its rules alone. Papers, fleet and holds are
/// left out for the rules, which then find what is missing.
fn manifest(c: &mut Criterion) {
    let week = Week::of_one_manifest();
    let before = founded(&week.played);
    let ordered: Vec<Moment> = moments(&order(week.history()));
    let fold = || {
        let mut state = ManifestState::default();
        ordered.iter().for_each(|moment| state.apply(week.id, moment));
        state
    };
    let mut group = c.benchmark_group("manifest");
    group.throughput(Throughput::Elements(week.played.acts.len() as u64));
    group.bench_function("yardstick: admitted, folded, posted, judged", |b| {
        let all = |mut model: Model| week.played.acts.iter().for_each(|act| drop(model.submit(act).unwrap()));
        b.iter_batched(|| before.clone(), all, BatchSize::LargeInput);
    });
    group.throughput(Throughput::Elements(ordered.len() as u64));
    group.bench_function("put in order", |b| b.iter(|| moments(&order(black_box(week.history())))));
    group.bench_function("folded", |b| b.iter(fold));
    group.throughput(Throughput::Elements(1));
    let (papers, fleet, holds) = (Papers::default(), Fleet::default(), Holds::default());
    let (assignments, books) = (Assignments::default(), week.model.books());
    let view = ManifestView {
        id: week.id,
        state: &week.shelf.state,
        registry: &books.registry,
        papers: &papers,
        fleet: &fleet,
        holds: &holds,
        assignments: &assignments,
        profile: books.rulebook.profile,
        catalogue: books.rulebook.catalogue,
    };
    group.bench_function("judged by every rule, once", |b| b.iter(|| check_manifest(black_box(&view))));
    group.finish();
}

/// A tree with all of its tiles at hand.
#[derive(Default)]
struct Grown {
    tail: TileTail,
    full: HashMap<(u8, u64), FullTile>,
}

impl Grown {
    fn of(leaves: u64) -> Self {
        let mut grown = Self::default();
        for n in 0..leaves {
            let full = grown.tail.append(leaf_hash(&n.to_be_bytes()));
            grown.full.extend(full.into_iter().map(|tile| ((tile.id.level, tile.id.index), tile)));
        }
        grown
    }
}

impl TileSource for Grown {
    fn hash(&self, level: u8, index: u64) -> Option<Digest> {
        let full = self.full.get(&(level, index / 256));
        full.map(|tile| tile.hashes[usize::try_from(index % 256).unwrap()])
            .or_else(|| self.tail.hash(level, index))
    }
}

/// One leaf hashed is the yardstick.
fn tree(c: &mut Criterion) {
    let grown = Grown::of(LEAVES);
    let leaf = Leaf::Event { commitment: commitment(&Salt([7; 32]), 0, 0, "x") }.to_bytes();
    let mut group = c.benchmark_group("tree");
    group.throughput(Throughput::Elements(1));
    group.bench_function("yardstick: one leaf hashed", |b| b.iter(|| leaf_hash(black_box(&leaf))));
    group.bench_function("one leaf hashed and appended", |b| {
        let mut tail = grown.tail.clone();
        b.iter(|| tail.append(leaf_hash(black_box(&leaf))));
    });
    group.bench_function("proof of inclusion among 100,000", |b| {
        let mut next = 0;
        b.iter(|| {
            next = (next + 7_919) % LEAVES;
            inclusion_proof(&grown, black_box(next), LEAVES).unwrap()
        });
    });
    group.finish();
}

/// A log that only grows, without anything derived.
struct Bare {
    store: Store,
    next: u64,
}

impl Bare {
    async fn new(folder: &Folder) -> Self {
        let store = folder.store().await;
        let mut tx = store.write().await.unwrap();
        let head =
            Head { origin: LOG.to_owned(), size: 0, root: empty_root(), recorded_at: Default::default() };
        log::create_head(&mut tx, &head).await.unwrap();
        tx.commit().await.unwrap();
        Self { store, next: 0 }
    }

    /// So many entries of 1 kB, durably.
    async fn append(&mut self, count: u64) {
        let mut tx: WriteTx = self.store.write().await.unwrap();
        let entry = |index: u64| {
            let id = leaf_hash(&index.to_be_bytes());
            let leaf = Leaf::Event { commitment: commitment(&Salt([7; 32]), 0, 0, "x") }.to_bytes();
            let (event_id, jws) = (EventId::from_bytes(*id.as_bytes()), Some("x".repeat(1_024)));
            Entry {
                index,
                event_id,
                leaf_kind: 1,
                leaf,
                jws,
                salt: Some([7; 32]),
                recorded_at: Default::default(),
                skew_ms: 0,
            }
        };
        let entries = (self.next..self.next + count).map(entry).collect();
        log::append(&mut tx, entries, &[], &[]).await.unwrap();
        tx.commit().await.unwrap();
        self.next += count;
    }
}

/// One durable commit of one entry is the yardstick of entries; serde_json alone that of snapshots.
fn store(c: &mut Criterion) {
    let week = Week::of_one_manifest();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = Folder::new("micro");
    let mut bare = runtime.block_on(Bare::new(&folder));
    let mut group = c.benchmark_group("store");
    for (name, count) in [("yardstick: one entry, one commit", 1), ("1,000 entries, one commit", BATCH)] {
        group.throughput(Throughput::Elements(count));
        group.bench_function(name, |b| b.iter(|| runtime.block_on(bare.append(count))));
    }
    let json = serde_json::to_vec(&week.shelf).unwrap();
    group.throughput(Throughput::Bytes(json.len() as u64));
    group.bench_function("yardstick: a manifest written as JSON", |b| {
        b.iter(|| serde_json::to_vec(black_box(&week.shelf)).unwrap());
    });
    group
        .bench_function("its snapshot packed", |b| b.iter(|| pack("micro", black_box(&week.shelf)).unwrap()));
    group.bench_function("yardstick: read from JSON", |b| {
        b.iter(|| serde_json::from_slice::<Shelf<ManifestState>>(black_box(&json)).unwrap());
    });
    let packed = pack("micro", &week.shelf).unwrap();
    group.bench_function("its snapshot unpacked", |b| {
        b.iter(|| read::<Shelf<ManifestState>>(black_box(&packed)).unwrap());
    });
    group.finish();
    runtime.block_on(bare.store.close());
}

criterion_group!(parts, event, manifest, tree, store);
criterion_main!(parts);
