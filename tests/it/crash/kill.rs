//! The program is killed (SIGKILL) again and again, at a chosen step or at any moment, and started again on what it left, against
//! a client that keeps the receipts it received and in the end holds the log to every one of them.

use std::collections::{BTreeMap, VecDeque};
use std::io::Write;

use liandan::app::audit;
use liandan::app::steps::Step;
use liandan::ledger::note::NoteSigner;
use liandan::scenario::{Script, World};

use crate::support::http::client_builder;
use crate::support::ledger::{Database, LOG, block_on, databases, log_key};
use crate::support::outsider::Outsider;
use crate::support::program::{Running, Served, post};
use crate::support::random::Random;

/// Kills on each database; `LIANDAN_KILLS` sets another number for both.
const KILLS_SQLITE: usize = 1_000;
const KILLS_POSTGRES: usize = 100;
/// Most events under way at once.
const MOST_AT_ONCE: usize = 3;
/// Uploads to one process that does not come by the step where it is to halt.
const MOST_ROUNDS: usize = 6;
/// One kill in so many comes at any moment.
const ONE_ANY_MOMENT_IN: usize = 4;
/// Steps of a thread that wastes time before such a kill: up to a few milliseconds.
const MOST_SPINS: usize = 1_000_000;

#[test]
fn killed_a_thousand_times_sqlite() {
    let count = chosen().unwrap_or(KILLS_SQLITE);
    block_on(kill(databases().remove(0), "SQLite", count, 1));
}

#[test]
fn killed_a_hundred_times_postgres() {
    let count = chosen().unwrap_or(KILLS_POSTGRES);
    if let Some(database) = databases().into_iter().nth(1) {
        block_on(kill(database, "Postgres", count, 2));
    }
}

#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
fn chosen() -> Option<usize> {
    std::env::var("LIANDAN_KILLS").ok().map(|count| count.parse().unwrap())
}

/// Whoever sends, and what it has.
struct Client {
    http: reqwest::Client,
    waiting: VecDeque<String>,
    answered: Vec<String>,
    outsider: Outsider,
    random: Random,
}

impl Client {
    /// The next events without a receipt, and now and then one that has its receipt already.
    fn next_events(&mut self) -> Vec<String> {
        let count = 1 + self.random.below(MOST_AT_ONCE);
        let mut events: Vec<String> = self.waiting.iter().take(count).cloned().collect();
        if self.random.below(4) == 0 && !self.answered.is_empty() {
            events.push(self.answered[self.random.below(self.answered.len())].clone());
        }
        events
    }

    fn keep(&mut self, events: &[String], receipts: Vec<Option<serde_json::Value>>) {
        for (event, receipt) in events.iter().zip(receipts) {
            let Some(receipt) = receipt else { continue };
            self.outsider.keep_json(&receipt);
            if let Some(place) = self.waiting.iter().position(|waiting| waiting == event) {
                self.answered.extend(self.waiting.remove(place));
            }
        }
    }

    async fn send_some(&mut self, base: &str) {
        let events = self.next_events();
        let receipts = post(&self.http, base, &events).await;
        self.keep(&events, receipts);
    }
}

async fn kill(database: Database, name: &str, count: usize, seed: u64) {
    let served = Served::found(database).await;
    let mut client = Client {
        http: client_builder().build().unwrap(),
        waiting: events(count * MOST_AT_ONCE * MOST_ROUNDS / 2).into(),
        answered: Vec::new(),
        outsider: Outsider::default(),
        random: Random::new(seed),
    };
    let mut kills: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..count {
        let place = if client.random.below(ONE_ANY_MOMENT_IN) == 0 {
            kill_at_any_moment(&served, &mut client).await
        } else {
            kill_at_a_step(&served, &mut client).await
        };
        *kills.entry(place).or_default() += 1;
    }

    // Everything that was under way is sent once more, and everything is held to its receipts.
    let running = served.start(None).await;
    let base = running.base.clone().unwrap();
    client.waiting.truncate(MOST_AT_ONCE);
    while !client.waiting.is_empty() {
        client.send_some(&base).await;
    }
    running.kill();
    let store = served.database.connect().await;
    let verifier = NoteSigner { name: LOG.to_owned(), key: log_key() }.verifier();
    let size = client.outsider.check(&store, &verifier, &served.mark()).await;
    audit::verify(&store, None, None, audit::PAGE, |_, _| {}).await.unwrap();
    store.close().await;
    let places: Vec<String> = kills.iter().map(|(place, kills)| format!("{place} {kills}")).collect();
    // Straight to the descriptor: the macros are captured by the test harness and shown on failures only.
    let _ = writeln!(
        std::io::stderr(),
        "{name}: {count} kills, {size} entries, {} receipts, {} of them given again. Kills per place: {}",
        client.outsider.len(),
        client.outsider.repeated,
        places.join(", ")
    );
}

/// Independent facts of one party, signed.
fn events(count: usize) -> Vec<String> {
    let lines = "08:00 acme opens 900-041-49 1 kg\n".repeat(count);
    let script = Script::parse("kills", &format!("{lines}=====\n")).unwrap();
    let played = script.play(World::embedded(), LOG).unwrap();
    played.acts.iter().map(|act| act.envelope.compact().to_owned()).collect()
}

async fn kill_at_a_step(served: &Served, client: &mut Client) -> String {
    let steps = Step::ALL.len() - 1; // What falls due is not part of this.
    let step = Step::ALL[client.random.below(steps)].name();
    let side = ["before", "after"][client.random.below(2)];
    let nth = 1 + client.random.below(3);
    let mut running: Running = served.start(Some(&format!("{step}:{side}:{nth}"))).await;
    let Some(base) = running.base.clone() else {
        running.kill();
        return format!("{side} {step} at the start");
    };
    let rounds = async {
        for _ in 0..MOST_ROUNDS {
            client.send_some(&base).await;
        }
    };
    let is_halted = tokio::select! {
        () = running.halted() => true,
        () = rounds => false,
    };
    running.kill();
    if is_halted { format!("{side} {step}") } else { "idle".to_owned() }
}

async fn kill_at_any_moment(served: &Served, client: &mut Client) -> String {
    let running = served.start(None).await;
    let base = running.base.clone().unwrap();
    for _ in 0..client.random.below(2) {
        client.send_some(&base).await;
    }
    let (events, http) = (client.next_events(), client.http.clone());
    let under_way = tokio::spawn({
        let events = events.clone();
        async move { post(&http, &base, &events).await }
    });
    let spins = client.random.below(MOST_SPINS);
    tokio::task::spawn_blocking(move || {
        (0..spins).fold(0, |sum: usize, n| std::hint::black_box(sum.wrapping_add(n)))
    })
    .await
    .unwrap();
    running.kill();
    client.keep(&events, under_way.await.unwrap());
    "at any moment".to_owned()
}
