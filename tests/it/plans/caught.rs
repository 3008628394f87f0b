//! The program with its statements in its log.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::support::http::client_builder;
use crate::support::ledger::Folder;
use crate::support::program::{Running, Served};

/// A process of the program, and what it executed.
pub(super) struct Caught {
    running: Running,
    client: reqwest::Client,
    log: PathBuf,
    /// Bytes of the log that are of no interest any more.
    from: usize,
    _folder: Folder,
}

impl Caught {
    pub(super) async fn start(served: &Served) -> Self {
        let folder = Folder::new();
        let log = folder.path().join("log");
        let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
        command.args(served.arguments()).env("RUST_LOG", "warn,sqlx::query=debug").env("NO_COLOR", "1");
        let running = Running::spawn_with_log(command, File::create(&log).unwrap()).await;
        Self { running, client: client_builder().build().unwrap(), log, from: 0, _folder: folder }
    }

    /// What is there now is of no interest.
    pub(super) fn forget(&mut self) {
        self.from = std::fs::read(&self.log).unwrap().len();
    }

    /// Everything is of interest, from the start on.
    pub(super) fn remember(&mut self) {
        self.from = 0;
    }

    pub(super) async fn get(&self, token: &str, path: &str) -> Value {
        Self::answered(self.client.get(self.url(path)).bearer_auth(token), path).await
    }

    pub(super) async fn post(&self, token: &str, path: &str, body: &Value) -> Value {
        let request = self.client.post(self.url(path)).bearer_auth(token).body(body.to_string());
        Self::answered(request, path).await
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.base.as_ref().unwrap())
    }

    async fn answered(request: reqwest::RequestBuilder, path: &str) -> Value {
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status().as_u16(), answer.text().await.unwrap());
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// The texts of what was executed since, each once.
    pub(super) fn statements(&self) -> BTreeSet<String> {
        let log = std::fs::read(&self.log).unwrap();
        let log = String::from_utf8_lossy(&log[self.from..]).into_owned();
        log.lines().filter(|line| line.contains(" sqlx::query: ")).filter_map(statement_of).collect()
    }
}

/// `… summary="select idx from log_entry …" db.statement="\n\nselect …\n" rows_affected=0 …`; a short one is its own summary.
fn statement_of(line: &str) -> Option<String> {
    let quoted = |name: &str| {
        let (_, rest) = line.split_once(&format!("{name}=\""))?;
        // The text is as Rust writes it, and so is the end of it.
        let mut end = 0;
        while !rest[end..].starts_with('"') {
            end += if rest[end..].starts_with('\\') { 2 } else { rest[end..].chars().next()?.len_utf8() };
        }
        serde_json::from_str::<String>(&format!("\"{}\"", &rest[..end])).ok()
    };
    let whole = quoted("db.statement")?;
    let text = if whole.is_empty() { quoted("summary")? } else { whole };
    Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
}
