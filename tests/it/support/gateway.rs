//! A gateway for short messages that keeps what it is told.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;

/// What it was told, and what it answers.
#[derive(Clone)]
pub(crate) struct Recorder {
    answers: Arc<Mutex<u16>>,
    came: Arc<Mutex<Vec<(HeaderMap, String)>>>,
    port: u16,
}

impl Recorder {
    /// A port at which nobody listens yet.
    pub(crate) fn dead() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { answers: Arc::new(Mutex::new(202)), came: Arc::default(), port }
    }

    /// Listen from now on.
    pub(crate) async fn rise(&self) {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", self.port)).await.unwrap();
        let take = async |State(recorder): State<Recorder>, headers: HeaderMap, body: String| {
            recorder.came.lock().unwrap().push((headers, body));
            StatusCode::from_u16(*recorder.answers.lock().unwrap()).unwrap()
        };
        let router = axum::Router::new().route("/send", post(take)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    }

    pub(crate) async fn alive() -> Self {
        let recorder = Self::dead();
        recorder.rise().await;
        recorder
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/send", self.port)
    }

    /// Answer with this status from now on.
    pub(crate) fn answer(&self, status: u16) {
        *self.answers.lock().unwrap() = status;
    }

    /// What came, in order, with its headers.
    pub(crate) fn raw(&self) -> Vec<(HeaderMap, String)> {
        self.came.lock().unwrap().clone()
    }

    /// The messages that came, in order.
    pub(crate) fn came(&self) -> Vec<Value> {
        self.raw().iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect()
    }
}
