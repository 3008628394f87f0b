//! Devices that send, and the ledger that they find or do not find.

use std::path::{Path, PathBuf};

use liandan::clock::Clock;
use liandan::store::{ConnectOptions, Store};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};

use super::made::Item;
use crate::support::ledger::{Ledger, settings};
use crate::support::random::Random;

/// Most lines of one upload of a device.
const MOST_LINES: usize = 8;
/// Most answers in a row that promise nothing.
const MOST_IN_A_ROW: usize = 1_000;

/// What a device learns.
pub(super) enum Told {
    /// An event is in the log.
    Receipt { sent: String, status: u64, receipt: Value },
    /// The device sends something else instead.
    Refused { codes: Vec<String> },
    /// Nobody listens.
    Nobody { device: usize },
    /// It has nothing left.
    Done { device: usize },
}

/// A telephone or a computer at a gate, with what it has to send, the last first.
pub(super) struct Device {
    number: usize,
    items: Vec<Item>,
    http: reqwest::Client,
    address: watch::Receiver<String>,
    told: mpsc::UnboundedSender<Told>,
    random: Random,
    in_a_row: usize,
}

impl Device {
    pub(super) fn new(
        number: usize,
        items: Vec<Item>,
        http: reqwest::Client,
        address: watch::Receiver<String>,
        told: mpsc::UnboundedSender<Told>,
    ) -> Self {
        Self { number, items, http, address, told, random: Random::new(number as u64), in_a_row: 0 }
    }

    /// Send until nothing is left. What was not answered is kept and sent again: at once where the answer was cut off, and where nobody listens when
    /// somebody is said to.
    pub(super) async fn send_everything(mut self) {
        while !self.items.is_empty() {
            let base = self.address.borrow_and_update().clone();
            let result = match self.random.below(4) {
                0 => self.send_many(&base).await,
                _ => self.send_one(&base).await,
            };
            if result.is_err_and(|error| error.is_connect()) {
                self.told.send(Told::Nobody { device: self.number }).unwrap();
                self.address.changed().await.unwrap();
            }
        }
        self.told.send(Told::Done { device: self.number }).unwrap();
    }

    async fn send_one(&mut self, base: &str) -> reqwest::Result<()> {
        let item = self.items.last().unwrap().clone();
        let request = self.http.post(format!("{base}/api/v1/events")).body(item.event.clone());
        let answer = request.send().await?;
        let status = u64::from(answer.status().as_u16());
        let body: Value = answer.json().await?;
        self.items.pop();
        self.learns(item, status, &body, &body);
        Ok(())
    }

    async fn send_many(&mut self, base: &str) -> reqwest::Result<()> {
        let first = self.items.len().saturating_sub(MOST_LINES);
        let lines: Vec<&str> = self.items[first..].iter().map(|item| item.event.as_str()).collect();
        let request = self.http.post(format!("{base}/api/v1/events/batch")).body(lines.join("\n"));
        let text = request.send().await?.text().await?;
        let sent = self.items.split_off(first);
        let answers = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut answered = 0;
        for (item, answer) in sent.iter().zip(answers) {
            let status = answer["status"].as_u64().unwrap();
            self.learns(item.clone(), status, &answer["receipt"], &answer["problem"]);
            answered += 1;
        }
        self.items.extend_from_slice(&sent[answered..]);
        Ok(())
    }

    /// What was refused is put right and kept; what the ledger says nothing of is kept as it is.
    fn learns(&mut self, item: Item, status: u64, receipt: &Value, problem: &Value) {
        match (status, item.instead) {
            (200 | 201, _) => {
                self.told.send(Told::Receipt { sent: item.event, status, receipt: receipt.clone() }).unwrap();
            }
            // It has no time, or is about to go: sending the same again is safe.
            (500 | 503, instead) => {
                self.in_a_row += 1;
                assert!(self.in_a_row < MOST_IN_A_ROW, "{problem}");
                self.items.push(Item { event: item.event, instead });
                return;
            }
            (422, Some(instead)) => {
                let errors = problem["errors"].as_array().unwrap().iter();
                let codes = errors.map(|error| error["code"].as_str().unwrap().to_owned()).collect();
                self.told.send(Told::Refused { codes }).unwrap();
                self.items.push(Item { event: instead, instead: None });
            }
            _ => panic!("{status}: {problem}"),
        }
        self.in_a_row = 0;
    }
}

/// The ledger while it is served, on a thread and a runtime of its own: when it ends everything of it ends, in the middle of whatever it does.
pub(super) struct Life {
    pub(super) base: String,
    stop: oneshot::Sender<()>,
    thread: std::thread::JoinHandle<()>,
}

impl Life {
    pub(super) async fn begin(url: &str, mark: &Path, clock: &Clock) -> Self {
        let (url, mark, clock) = (url.to_owned(), mark.to_owned(), clock.clone());
        let (told, address) = oneshot::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(serve(url, mark, clock, told, stopped));
        });
        Self { base: address.await.unwrap(), stop, thread }
    }

    pub(super) async fn end(self) {
        self.stop.send(()).unwrap();
        tokio::task::spawn_blocking(|| self.thread.join().unwrap()).await.unwrap();
    }
}

async fn serve(
    url: String,
    mark: PathBuf,
    clock: Clock,
    told: oneshot::Sender<String>,
    stopped: oneshot::Receiver<()>,
) {
    let store = Store::connect(&url, &ConnectOptions::default()).await.unwrap();
    let ledger = Ledger::open(settings(store, clock, Some(&mark))).await.unwrap();
    // As a served ledger does when it starts: what fell due meanwhile opens.
    ledger.app.tick().await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let router = liandan::api::router(ledger.app.clone());
    told.send(base).unwrap();
    tokio::select! {
        ended = axum::serve(listener, router) => ended.unwrap(),
        _ = stopped => {}
    }
}
