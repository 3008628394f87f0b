//! A made-up year of manifests: what is planted in them is found, rule by rule, and nothing else, in whatever order facts arrive
//! and however often. The year of SQLite has 50,000 events, the last of which cost the database no more work than the first.
//!
//! `LIANDAN_MANIFESTS=100000 cargo test --release --locked --test it -- year:: --nocapture` makes up as many as are asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::iter;

use futures::future::join_all;
use liandan::app::audit::{self, Against};
use liandan::app::rebuild;
use liandan::custody::Subject;
use liandan::scenario::city::{Chunk, City, Size};
use liandan::scenario::{Model, Played, Scripted};
use liandan::store::{Store, Work, finding};

use crate::scenarios::{self, founded_for, permuted};
use crate::support::ledger::{Database, Folder, LOG, Ledger, block_on, databases, fresh_store, settings};
use crate::support::random::Random;

/// Events of one upload.
const IN_ONE_UPLOAD: usize = 300;
/// A backlog comes late, and no device says its time with it.
const TOLD_BY_UPLOADS: [&str; 2] = ["late-entry", "clock-skew"];
/// Manifests of the year in which a ledger grows: 50,000 events.
const GROWING: usize = 6_250;
/// Manifests of the other years.
const USUAL: usize = 2_000;
/// Events of a stretch whose work is looked at: the first one when so many are in, the last one when the year is over.
const STRETCH: usize = 4_000;
const FIRST_STRETCH_ENDS: usize = 10_000;
/// Most that an event of the last stretch may cost, in hundredths of one of the first.
const MOST_PERCENT: u64 = 110;
/// A ledger that grows is compared and rebuilt at so many events; later, each would cost three times as much.
const COMPARED_AT: usize = 16_000;
/// So many, unless the run asks for another number.
#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
fn asked_for(manifests: usize) -> usize {
    std::env::var("LIANDAN_MANIFESTS").map_or(manifests, |count| count.parse().unwrap())
}

/// What was sent, and what the database had done by then, after each upload.
struct Growth {
    work: Option<Work>,
    marks: Vec<(usize, u64)>,
}

impl Growth {
    async fn of(store: &Store) -> Self {
        let mut tx = store.write().await.unwrap();
        let work = tx.count_work().await.unwrap();
        tx.rollback().await.unwrap();
        Self { work, marks: Vec::new() }
    }

    fn mark(&mut self, sent: usize) {
        let steps = self.work.as_ref().map_or(0, Work::steps);
        self.marks.push((sent, steps));
    }

    /// Steps an event of the stretch that ends when so many were sent.
    fn until(&self, sent: usize) -> u64 {
        let at = |sent: usize| self.marks.iter().find(|(by_then, _)| *by_then >= sent).unwrap();
        let ((begins, before), (ends, after)) = (at(sent - STRETCH), at(sent));
        (after - before) / u64::try_from(ends - begins).unwrap()
    }

    /// An event costs the database what it cost when the ledger was small. What is counted is its work, which other tests do not change.
    fn is_flat(&self) {
        let sent = self.marks.last().unwrap().0;
        if self.work.is_none() || sent < 2 * FIRST_STRETCH_ENDS {
            return;
        }
        let (first, last) = (self.until(FIRST_STRETCH_ENDS), self.until(sent));
        tell(&format!("work of an event: {first} steps after {FIRST_STRETCH_ENDS}, {last} after {sent}"));
        assert!(
            last > 0 && last * 100 <= first * MOST_PERCENT,
            "{last} steps an event, {first} at the beginning"
        );
    }
}

/// A rule and what it found something about, in the words of the scripts.
type Found = (String, String);

/// A year of a made-up city.
struct Year {
    city: City,
    chunks: Vec<Chunk>,
    planted: BTreeSet<Found>,
}

impl Year {
    /// For the ledger of this name.
    fn make(log: &str, manifests: usize, seed: u64, with_faults: bool) -> Self {
        let city = City::make(seed, Size { manifests, chunks_a_week: 1, with_faults }).unwrap();
        let chunks: Vec<Chunk> =
            (0..city.chunks()).map(|n| city.chunk(log, n).unwrap_or_else(|why| panic!("{why}"))).collect();
        let expected = chunks.iter().flat_map(|chunk| &chunk.expected);
        let planted = expected.map(|expected| (expected.rule.to_owned(), expected.called.clone())).collect();
        Self { city, chunks, planted }
    }

    /// Everything in the order in which it reaches the ledger.
    fn in_order(&self) -> Vec<Scripted> {
        let mut acts: Vec<Scripted> =
            self.chunks.iter().flat_map(|chunk| chunk.played.acts.clone()).collect();
        acts.sort_by_key(|act| act.recorded_at);
        acts
    }

    /// The same shared among so many senders: each has what is about its own loads, for who confirms a registration has seen it.
    fn shared_among(&self, senders: usize) -> Vec<Vec<Scripted>> {
        let mut shares = vec![Vec::new(); senders];
        for chunk in &self.chunks {
            for act in &chunk.played.acts {
                shares[chunk.load_of(act) % senders].push(act.clone());
            }
        }
        shares.iter_mut().for_each(|share| share.sort_by_key(|act| act.recorded_at));
        shares
    }

    /// Half of the facts later than they happened, and every tenth event once more.
    fn in_disorder(&self, seed: u64) -> Vec<Scripted> {
        let mut random = Random::new(seed);
        let mut acts: Vec<Scripted> =
            self.chunks.iter().flat_map(|chunk| permuted(&chunk.played, seed)).collect();
        acts.sort_by_key(|act| act.recorded_at);
        for _ in 0..acts.len() / 10 {
            let (from, to) = (random.below(acts.len()), random.below(acts.len()));
            let mut again = acts[from.min(to)].clone();
            again.recorded_at = acts[from.max(to)].recorded_at;
            acts.insert(from.max(to), again);
        }
        acts
    }

    /// What scripts call a subject.
    fn names(&self) -> BTreeMap<Subject, String> {
        let of = |played: &Played| {
            let manifests =
                played.names.manifests().map(|(name, id)| (Subject::Manifest(id), name.to_owned()));
            let lots = played.names.lots().map(|(name, id)| (Subject::Lot(id), name.to_owned()));
            manifests.chain(lots).collect::<Vec<_>>()
        };
        self.chunks.iter().flat_map(|chunk| of(&chunk.played)).collect()
    }
}

/// What is open after these events, at the end of the year.
fn found(year: &Year, acts: &[Scripted]) -> (BTreeSet<Found>, usize) {
    let mut model: Model = founded_for(year.city.world(), year.city.founded_at());
    let mut steps = 0;
    for act in acts {
        let taken = model.submit(act).unwrap_or_else(|why| panic!("line {}: {why:?}", act.line));
        steps += taken.steps.len();
    }
    model.pass_time(year.city.ends_at());
    let names = year.names();
    let open = model.open_findings().into_iter().map(|seen| {
        let subject = names.get(&seen.subject).cloned().unwrap_or_else(|| seen.subject.key());
        (seen.rule.clone(), subject)
    });
    (open.collect(), steps)
}

/// What is found and was not planted, and the other way round.
fn differ(found: &BTreeSet<Found>, planted: &BTreeSet<Found>) -> Option<String> {
    let by_rule = |found: Vec<&Found>| {
        let mut rules: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        found.into_iter().for_each(|(rule, subject)| rules.entry(rule).or_default().push(subject));
        let told =
            rules.into_iter().map(|(rule, of)| format!("\n  {rule}: {} of {}", of.len(), of.join(" ")));
        told.map(|line| line.chars().take(200).collect::<String>()).collect::<String>()
    };
    let (too_much, missed) =
        (by_rule(found.difference(planted).collect()), by_rule(planted.difference(found).collect()));
    (found != planted).then(|| format!("not planted:{too_much}\nnot found:{missed}"))
}

#[test]
fn a_clean_year_raises_nothing() {
    let year = Year::make(scenarios::LOG, asked_for(USUAL), 1, false);
    let (found, steps) = found(&year, &year.in_order());
    assert_eq!(differ(&found, &BTreeSet::new()), None);
    assert_eq!(steps, 0, "nothing was raised for a while either");
}

#[test]
fn what_is_planted_is_found_and_nothing_else() {
    let year = Year::make(scenarios::LOG, asked_for(USUAL), 2, true);
    let (in_order, _) = found(&year, &year.in_order());
    assert_eq!(differ(&in_order, &year.planted), None);
    // Disorder is being late; nothing else comes of it.
    let but_lateness = |found: &BTreeSet<Found>| -> BTreeSet<Found> {
        found.iter().filter(|(rule, _)| rule != "late-entry").cloned().collect()
    };
    let (in_disorder, _) = found(&year, &year.in_disorder(3));
    assert_eq!(differ(&but_lateness(&in_disorder), &but_lateness(&year.planted)), None);
}

/// What is open, but what is told by how facts came in: rules, each with the key of what it found something about.
async fn open(store: &Store) -> BTreeSet<Found> {
    let mut tx = store.read().await.unwrap();
    let open = finding::all_open(&mut tx).await.unwrap().into_values();
    let open = open.map(|seen| (seen.rule, seen.subject.key()));
    open.filter(|(rule, _)| !TOLD_BY_UPLOADS.contains(&rule.as_str())).collect()
}

/// How far it is, straight to the descriptor: a run of a hundred thousand takes an hour.
fn tell(how_far: &str) {
    let _ = writeln!(std::io::stderr(), "{how_far}");
}

/// On one database, which so many processes write at once: what was planted is open when the year is over, and an event costs then what it cost at the
/// beginning. A second ledger that reads pages of another size has the same rows, history of findings included, and so has the first one once it was rebuilt:
/// when the year is over, or after so many events, and then the year goes on.
fn a_kept_year(database: &Database, processes: usize, manifests: usize, compared_at: Option<usize>) {
    let year = Year::make(LOG, manifests, 4, true);
    let expected = year.chunks.iter().flat_map(|chunk| &chunk.expected);
    let planted = expected.map(|expected| (expected.rule.to_owned(), expected.subject.key()));
    let planted: BTreeSet<Found> =
        planted.filter(|(rule, _)| !TOLD_BY_UPLOADS.contains(&rule.as_str())).collect();
    let kept_by = database.url.split(':').next().unwrap();
    block_on(async {
        // Nothing ticks until the year is over.
        let mut ledger = Ledger::found_world(&database.url, year.city.world(), year.city.founded_at()).await;
        let mut growth = Growth::of(&ledger.store).await;
        let mut others = Vec::new();
        for _ in 1..processes {
            others.push(ledger.beside(database).await);
        }
        let shares = year.shared_among(processes);
        let mut rests: Vec<&[Scripted]> = shares.iter().map(Vec::as_slice).collect();
        let (mut sent, mut is_compared) = (0, false);
        for n in 0.. {
            let uploads: Vec<&[Scripted]> = rests.iter_mut().map(next_upload).collect();
            if uploads.iter().all(|upload| upload.is_empty()) {
                break;
            }
            sent += uploads.iter().map(|upload| upload.len()).sum::<usize>();
            let sending = iter::once(&ledger).chain(&others).zip(uploads);
            join_all(sending.map(|(process, upload)| take_in(process, upload))).await;
            growth.mark(sent);
            if n % 100 == 0 {
                let left: usize = rests.iter().map(|rest| rest.len()).sum();
                tell(&format!("{kept_by}: {left} events to come"));
            }
            if !is_compared && compared_at.is_some_and(|at| sent >= at) {
                ledger = compared_and_rebuilt(ledger, kept_by).await;
                is_compared = true;
            }
        }
        for other in others {
            other.close().await;
        }
        ledger.pass_time(year.city.ends_at()).await;
        tell(&format!("{kept_by}: the year is over"));
        assert_eq!(differ(&open(&ledger.store).await, &planted), None);
        growth.is_flat();
        if !is_compared {
            ledger = compared_and_rebuilt(ledger, kept_by).await;
            assert_eq!(differ(&open(&ledger.store).await, &planted), None);
        }
        ledger.close().await;
    });
}

/// A second ledger that reads pages of another size has the same rows; then the first one is rebuilt and opened again.
async fn compared_and_rebuilt(ledger: Ledger, kept_by: &str) -> Ledger {
    let folder = Folder::new();
    let second = fresh_store(&folder, "second").await;
    let against = Against { page: 277, ..Against::second(&second) };
    audit::verify(&ledger.store, against, |_, _| {}).await.unwrap();
    second.close().await;
    tell(&format!("{kept_by}: a second ledger says the same"));
    let Ledger { app, store, clock } = ledger;
    drop(app);
    let before = open(&store).await;
    rebuild::rebuild(&store, 1_000, |_, _| {}).await.unwrap();
    assert_eq!(differ(&open(&store).await, &before), None);
    tell(&format!("{kept_by}: rebuilt, it says the same"));
    Ledger::open(settings(store, clock, None)).await.unwrap()
}

/// The next events that one sender sends at once.
fn next_upload<'a>(rest: &mut &'a [Scripted]) -> &'a [Scripted] {
    let (upload, later) = rest.split_at(IN_ONE_UPLOAD.min(rest.len()));
    *rest = later;
    upload
}

/// One process takes an upload in.
async fn take_in(process: &Ledger, upload: &[Scripted]) {
    let Some(last) = upload.last() else { return };
    process.clock.set(last.recorded_at);
    let lines = upload.iter().map(|act| act.envelope.compact().as_bytes().to_vec()).collect();
    for answer in process.app.submit_many(lines, None).await.unwrap() {
        answer.unwrap();
    }
}

#[test]
fn a_year_kept_by_sqlite_costs_an_event_as_little_at_its_end_and_is_the_same_rebuilt() {
    let manifests = asked_for(GROWING);
    a_kept_year(&databases()[0], 1, manifests, (manifests == GROWING).then_some(COMPARED_AT));
}

#[test]
fn a_year_kept_by_two_processes_on_postgres_is_the_same_in_pages_of_any_size_and_rebuilt() {
    if let Some(database) = databases().get(1) {
        a_kept_year(database, 2, asked_for(USUAL), None);
    }
}
