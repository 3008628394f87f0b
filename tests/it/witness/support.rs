//! Witnesses behind sockets, and trees for them to look at.

use std::path::Path;
use std::sync::Arc;

use liandan::app::witness::Witness;
use liandan::clock::{Clock, Timestamp};
use liandan::ledger::checkpoint::Checkpoint;
use liandan::ledger::cosignature::Cosigner;
use liandan::ledger::merkle::leaf_hash;
use liandan::ledger::note::{NoteSigner, NoteVerifier};
use liandan::ledger::tile::{TileTail, consistency_proof};
use liandan::ledger::witness::AddCheckpoint;
use liandan::ledger::{Digest, SigningKey};

use crate::support::http::client_builder;

pub(crate) const ORIGIN: &str = "log.example/witnessed";

/// A log whose trees are made on the spot.
pub(crate) fn log() -> NoteSigner {
    NoteSigner { name: ORIGIN.to_owned(), key: SigningKey::from_seed([9; 32]) }
}

pub(crate) fn cosigner(seed: u8) -> Cosigner {
    Cosigner { name: format!("w{seed}.example"), key: SigningKey::from_seed([100 + seed; 32]) }
}

/// A tree of so many leaves; another kind is another history.
pub(crate) fn tree(size: u64, kind: &str) -> TileTail {
    let mut tree = TileTail::default();
    for n in 0..size {
        tree.append(leaf_hash(format!("{kind} {n}").as_bytes()));
    }
    tree
}

pub(crate) fn signed(tree: &TileTail) -> String {
    let head = Checkpoint { origin: ORIGIN.to_owned(), size: tree.size(), root: tree.root() };
    head.sign(&log()).unwrap()
}

/// The request that leads from an old size to a tree of the same kind.
pub(crate) fn growth(old_size: u64, new: &TileTail) -> String {
    let proof: Vec<Digest> = match old_size {
        0 => vec![],
        old => consistency_proof(new, old, new.size()).unwrap(),
    };
    AddCheckpoint { old_size, proof, note: signed(new) }.to_text()
}

pub(crate) fn open(folder: &Path, logs: Vec<NoteVerifier>) -> Witness {
    Witness::open(cosigner(1), logs, folder, clock()).unwrap()
}

pub(crate) fn clock() -> Clock {
    Clock::manual(Timestamp::from_millis(1_772_414_400_500))
}

/// A witness that is served.
pub(crate) struct Served {
    pub(crate) url: String,
    client: reqwest::Client,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) media_type: String,
    pub(crate) text: String,
}

impl Served {
    pub(crate) async fn start(witness: Witness) -> Self {
        Self::serve(liandan::api::witness::router(Arc::new(witness))).await
    }

    pub(crate) async fn serve(router: axum::Router) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, client: client_builder().no_proxy().build().unwrap() }
    }

    pub(crate) async fn add(&self, body: impl Into<reqwest::Body>) -> Answer {
        Self::answer(self.client.post(format!("{}/add-checkpoint", self.url)).body(body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Self::answer(self.client.get(format!("{}{path}", self.url))).await
    }

    async fn answer(request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let media_type =
            response.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
        Answer { status, media_type: media_type.unwrap_or_default(), text: response.text().await.unwrap() }
    }

    pub(crate) async fn status_of(&self, method: reqwest::Method, path: &str) -> u16 {
        let request = self.client.request(method, format!("{}{path}", self.url));
        request.send().await.unwrap().status().as_u16()
    }
}
