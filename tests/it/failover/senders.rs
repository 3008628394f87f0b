//! Who sends events, keeps what it is told, and sends again what it was not told of.

use std::time::Duration;

use liandan::scenario::{Script, World};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::http::client_builder;
use crate::support::ledger::LOG;
use crate::support::outsider::Outsider;
use crate::support::program::{Running, post};

/// One answered event in so many is sent once more at the end.
const ONE_AGAIN_IN: usize = 5;
/// How long a sender waits before it tries again.
const PAUSE: Duration = Duration::from_millis(20);

enum Told {
    /// The receipt of an event.
    Receipt { event: String, receipt: Value, at: Instant },
    /// No answer, or one that promises nothing.
    Nothing,
}

/// All of them, and what they were told.
pub(super) struct Senders {
    pub(super) outsider: Outsider,
    /// Tries that brought no receipt.
    pub(super) in_vain: usize,
    answered: Vec<String>,
    at: Vec<Instant>,
    bases: watch::Sender<Vec<String>>,
    told: mpsc::UnboundedReceiver<Told>,
    tasks: JoinSet<()>,
}

/// Independent facts of one party, signed.
pub(super) fn events(count: usize) -> Vec<String> {
    let lines = "08:00 acme opens 900-041-49 1 kg\n".repeat(count);
    let script = Script::parse("failover", &format!("{lines}=====\n")).unwrap();
    let played = script.play(World::embedded(), LOG).unwrap();
    played.acts.iter().map(|act| act.envelope.compact().to_owned()).collect()
}

impl Senders {
    /// Each begins to send its share, to one of the processes after the other.
    pub(super) fn begin(count: usize, senders: usize, bases: Vec<String>) -> Self {
        let (bases, lead) = watch::channel(bases);
        let (tell, told) = mpsc::unbounded_channel();
        let http = client_builder().build().unwrap();
        let mut tasks = JoinSet::new();
        let events = events(count);
        for (number, share) in events.chunks(count.div_ceil(senders)).enumerate() {
            tasks.spawn(send(number, share.to_vec(), http.clone(), lead.clone(), tell.clone()));
        }
        let outsider = Outsider::default();
        Self { outsider, in_vain: 0, answered: Vec::new(), at: Vec::new(), bases, told, tasks }
    }

    /// From now on they send there.
    pub(super) fn lead_to(&self, bases: Vec<String>) {
        self.bases.send_replace(bases);
    }

    /// Until so many events have a receipt.
    pub(super) async fn hear_until(&mut self, count: usize) {
        while self.outsider.len() < count {
            assert!(self.hear().await, "they ended after {} events", self.outsider.len());
        }
    }

    /// Until all of them have nothing left to send.
    pub(super) async fn hear_all(&mut self) {
        while self.hear().await {}
    }

    async fn hear(&mut self) -> bool {
        loop {
            tokio::select! {
                told = self.told.recv() => {
                    match told {
                        Some(Told::Receipt { event, receipt, at }) => {
                            self.outsider.keep_json(&receipt);
                            self.answered.push(event);
                            self.at.push(at);
                        }
                        Some(Told::Nothing) => self.in_vain += 1,
                        None => return false,
                    }
                    return true;
                }
                Some(ended) = self.tasks.join_next() => ended.unwrap(),
            }
        }
    }

    /// Send some of what was answered once more, to either process: each gets its first receipt. Gives how many were given again.
    pub(super) async fn send_answered_again(&mut self, running: &[Running]) -> usize {
        let http = client_builder().build().unwrap();
        for (number, event) in self.answered.iter().step_by(ONE_AGAIN_IN).enumerate() {
            let base = running[number % running.len()].base.as_ref().unwrap();
            let receipt = post(&http, base, std::slice::from_ref(event)).await.remove(0);
            self.outsider.keep_json(&receipt.expect("it is in the log"));
        }
        self.outsider.repeated
    }

    /// The longest time in which nobody got a receipt.
    pub(super) fn longest_silence(&self) -> Duration {
        let mut at = self.at.clone();
        at.sort_unstable();
        at.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }
}

async fn send(
    number: usize,
    events: Vec<String>,
    http: reqwest::Client,
    bases: watch::Receiver<Vec<String>>,
    tell: mpsc::UnboundedSender<Told>,
) {
    let mut turns = tokio::time::interval(PAUSE);
    for (place, event) in events.into_iter().enumerate() {
        loop {
            let bases = bases.borrow().clone();
            let base = &bases[(number + place) % bases.len()];
            match post(&http, base, std::slice::from_ref(&event)).await.remove(0) {
                Some(receipt) => {
                    let told = Told::Receipt { event, receipt, at: Instant::now() };
                    tell.send(told).unwrap();
                    break;
                }
                None => tell.send(Told::Nothing).unwrap(),
            }
            turns.reset();
            turns.tick().await;
        }
    }
}
