//! A primary with a standby, from the machine's own Postgres: what becomes of acknowledged events when the primary is gone.
//!
//! With a synchronous standby nothing is lost, nothing stands twice, and whoever sends again gets its first receipt. A standby that lags and
//! is promoted all the same is only read, and nothing is signed on it.
//!
//! `LIANDAN_FAILOVER_EVENTS=5000 cargo test --release --locked --test it -- failover:: --nocapture` sends as many events as are asked for.

mod cut_off;
mod lagging;
mod senders;

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use liandan::app::audit::{self, Against};
use liandan::ledger::note::{NoteSigner, NoteVerifier};
use liandan::store::{ConnectOptions, Store};
use tokio::time::Instant;

use crate::support::ledger::{Database, LOG, block_on, log_key};
use crate::support::pair::{By, Pair, Replication, Switch};
use crate::support::program::{Running, Served};
use senders::Senders;

/// So many events are sent, unless the run asks for another number.
const EVENTS: usize = 400;
/// How many send at once, each one event after the other.
const SENDERS: usize = 16;
/// All of it takes less than this, or the test fails.
const PATIENCE: Duration = Duration::from_secs(180);

#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
fn asked_for() -> usize {
    std::env::var("LIANDAN_FAILOVER_EVENTS").map_or(EVENTS, |count| count.parse().unwrap())
}

/// Straight to the descriptor: the macros are captured by the test harness and shown on failures only.
fn tell(figures: &str) {
    let _ = writeln!(std::io::stderr(), "{figures}");
}

fn verifier() -> NoteVerifier {
    NoteSigner { name: LOG.to_owned(), key: log_key() }.verifier()
}

/// A ledger, and a second process of it with a mark of its own.
async fn two_servers(url: &str) -> [Served; 2] {
    let one = Served::found(Database::elsewhere(url.to_owned())).await;
    let other = Served::of(Database::elsewhere(url.to_owned()), &one.mark());
    [one, other]
}

async fn start(served: &[Served; 2]) -> Vec<Running> {
    let [one, other] = served;
    vec![one.start(None).await, other.start(None).await]
}

fn bases(running: &[Running]) -> Vec<String> {
    running.iter().map(|process| process.base.clone().unwrap()).collect()
}

/// Hold the database to every receipt, to both marks, and to itself.
async fn check(senders: &Senders, url: &str, served: &[Served; 2]) -> u64 {
    let store = Store::connect(url, &ConnectOptions::default()).await.unwrap();
    let marks: Vec<PathBuf> = served.iter().map(Served::mark).collect();
    let size = senders.outsider.check_with(&store, &verifier(), &marks).await;
    audit::verify(&store, Against::itself(), |_, _| {}).await.unwrap();
    store.close().await;
    size
}

/// Two processes take events in while the primary dies at once and the standby takes its place.
async fn drill(mut pair: Pair, by: By) {
    let switch = Switch::to(pair.port(1)).await;
    // A virtual address leads to whichever is the primary; a socket belongs to one server, so the processes are started again with the other's.
    let url = match by {
        By::Tcp => pair.url_at(switch.port),
        By::Socket => pair.url(1, by),
    };
    let mut served = two_servers(&url).await;
    let mut running = start(&served).await;
    let mut senders = Senders::begin(asked_for(), SENDERS, bases(&running));
    senders.hear_until(asked_for() / 2).await;

    let killed = Instant::now();
    pair.order("kill 1");
    pair.order("promote 2");
    let promoted = killed.elapsed();
    match by {
        By::Tcp => switch.turn(pair.port(2)),
        By::Socket => {
            drop(running);
            for process in &mut served {
                process.database = Database::elsewhere(pair.url(2, by));
            }
            running = start(&served).await;
            senders.lead_to(bases(&running));
        }
    }
    let before = senders.outsider.len();
    senders.hear_all().await;
    assert_eq!(senders.outsider.len(), asked_for());
    assert!(before < asked_for(), "all were answered before the primary was gone");
    let repeated = senders.send_answered_again(&running).await;
    drop(running);
    let size = check(&senders, &pair.url(2, by), &served).await;
    tell(&format!(
        "{by:?}: {} events from {SENDERS} senders to two processes, the primary killed after {before}, the standby promoted {} ms later; \
         {} tries without an answer, {} ms without a receipt, {repeated} receipts given again; {size} entries, lost 0, doubled 0",
        asked_for(),
        promoted.as_millis(),
        senders.in_vain,
        senders.longest_silence().as_millis(),
    ));
    the_old_primary_is_not_used(&mut pair).await;
}

/// Somebody starts the old primary again: whoever is led to it finds that it waits for a standby that no longer follows it.
async fn the_old_primary_is_not_used(pair: &mut Pair) {
    pair.order("start 1");
    let impatient = ConnectOptions { patience: Duration::from_secs(1), ..ConnectOptions::default() };
    let refused = Store::connect(&pair.url(1, By::Tcp), &impatient).await.err().unwrap().to_string();
    assert!(refused.contains("waits for its synchronous standby"), "{refused}");
}

fn runs(by: By) {
    block_on(async {
        let Some(pair) = Pair::start(Replication::Synchronous).await else { return };
        tokio::time::timeout(PATIENCE, drill(pair, by)).await.expect("the drill ends in time");
    });
}

#[test]
fn a_primary_killed_under_load_loses_nothing_behind_a_stable_address() {
    runs(By::Tcp);
}

#[test]
fn a_primary_killed_under_load_loses_nothing_over_sockets() {
    runs(By::Socket);
}
