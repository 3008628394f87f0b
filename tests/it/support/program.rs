//! The program itself, serving a ledger, with a way to kill it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;

use super::ledger::{Database, Folder, Ledger, log_key};

/// What the program says when it stops where it was told to.
const HALTED: &str = "halted";

/// A founded ledger that the program serves, with the files it needs.
pub(crate) struct Served {
    pub(crate) database: Database,
    folder: Folder,
}

impl Served {
    /// Found the world; nothing serves it yet.
    pub(crate) async fn found(database: Database) -> Self {
        let served = Self::with_key(database);
        let store = served.database.connect().await;
        liandan::store::migrate::migrate(&store).await.unwrap();
        Ledger::found_with(store, Some(&served.mark()), None).await.close().await;
        served
    }

    /// A founded ledger, with a copy of this mark.
    pub(crate) fn of(database: Database, mark: &Path) -> Self {
        let served = Self::with_key(database);
        std::fs::copy(mark, served.mark()).unwrap();
        served
    }

    fn with_key(database: Database) -> Self {
        let served = Self { database, folder: Folder::new() };
        std::fs::write(served.key(), log_key().to_pkcs8_pem()).unwrap();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(served.key(), std::fs::Permissions::from_mode(0o600)).unwrap();
        served
    }

    pub(crate) fn mark(&self) -> PathBuf {
        self.folder.path().join("mark")
    }

    fn key(&self) -> PathBuf {
        self.folder.path().join("log-key.pem")
    }

    /// The arguments that serve it on a free port.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        let (key, mark) = (path(&self.key()), path(&self.mark()));
        [
            "serve",
            "--addr",
            "127.0.0.1:0",
            "--database",
            &self.database.url,
            "--log-key",
            &key,
            "--mark",
            &mark,
            // Tests upload faster than anybody may.
            "--address-rate",
            "1000000/s",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// Start the program; `halt_at` is where it stops and waits to be killed.
    pub(crate) async fn start(&self, halt_at: Option<&str>) -> Running {
        let mut command = Command::new(env!("CARGO_BIN_EXE_liandan"));
        command.args(self.arguments());
        command.args(halt_at.map(|place| ["--halt-at", place]).into_iter().flatten());
        Running::spawn(command).await
    }
}

/// A process of the program.
pub(crate) struct Running {
    child: Child,
    lines: UnboundedReceiver<String>,
    /// What it said before it said where its pages are.
    pub(crate) said: Vec<String>,
    /// Where it listens; `None` when it halted before that.
    pub(crate) base: Option<String>,
}

impl Running {
    /// Start it and wait until it listens or halts.
    pub(crate) async fn spawn(command: Command) -> Self {
        Self::spawn_with_log(command, Stdio::null()).await
    }

    /// The same, its log kept.
    pub(crate) async fn spawn_with_log(mut command: Command, log: impl Into<Stdio>) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let (sender, lines) = tokio::sync::mpsc::unbounded_channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        let mut running = Self { child, lines, said: Vec::new(), base: None };
        loop {
            let line = running.lines.recv().await.expect("the program says where it listens");
            running.base = line.strip_suffix("/        pages 页面").map(str::to_owned);
            if running.base.is_some() || line == HALTED {
                return running;
            }
            running.said.push(line);
        }
    }

    /// Resolves when it halts where it was told to.
    pub(crate) async fn halted(&mut self) {
        while let Some(line) = self.lines.recv().await {
            if line == HALTED {
                return;
            }
        }
        std::future::pending().await
    }

    /// The exit code, once it has ended.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        self.child.try_wait().unwrap().map(|status| status.code().expect("nobody killed it"))
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kill it (SIGKILL), and wait until it is gone.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Send events at once, each by itself; the receipts of those that were answered in time.
pub(crate) async fn post(client: &reqwest::Client, base: &str, events: &[String]) -> Vec<Option<Value>> {
    let requests = events.iter().map(|event| async move {
        let answer = client.post(format!("{base}/api/v1/events")).body(event.clone()).send().await.ok()?;
        let status = answer.status().as_u16();
        let body: Value = answer.json().await.ok()?;
        assert!(matches!(status, 200 | 201 | 503), "{status}: {body}");
        (status < 300).then_some(body)
    });
    futures::future::join_all(requests).await
}
