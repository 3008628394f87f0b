//! A private Postgres cluster for the tests: made when the first test asks, gone when the test process is, however it ends.
//!
//! The work is done by `postgres.sh`, which waits for the end of the pipe that this process holds.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

const SCRIPT: &str = concat!(include_str!("server.sh"), include_str!("postgres.sh"));
/// Between choosing a free port and using it somebody else may take it.
const START_ATTEMPTS: u32 = 3;

/// How many databases that are done with stand until they are dropped together: each drop waits for a checkpoint, and
/// those that follow another at once find little to write. Kept to the end, a run's databases take 7 GB.
const DROPPED_TOGETHER: usize = 16;

/// A server.
pub(crate) struct Cluster {
    port: u16,
    password: String,
    binaries: String,
    /// What the server says, for whoever asks why it is gone.
    log: String,
    /// Holds the pipe, which closes when this is dropped, or when the process ends, however it does.
    keeper: Child,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        drop(self.keeper.wait());
    }
}

static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);
static DONE_WITH: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A database of a test's own, which goes some time after this does, whoever is connected.
pub(crate) struct Lease {
    pub(crate) url: String,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(cluster) = CLUSTER.get().and_then(Option::as_ref) else { return };
        let mut done_with = DONE_WITH.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        done_with.push(name_of(&self.url).to_owned());
        if done_with.len() < DROPPED_TOGETHER {
            return;
        }
        let names = std::mem::take(&mut *done_with);
        drop(done_with);
        // A failure is no test's: this may run while one that failed unwinds.
        let drops = names.iter().map(|name| format!("drop database if exists {name} with (force)"));
        drop(cluster.psql(drops).output());
    }
}

/// A new, empty database, or `None` (said once, loudly) where no Postgres server is installed.
///
/// # Panics
/// When the server does not start, and without a server when `LIANDAN_REQUIRE_POSTGRES=1`.
pub(crate) fn database() -> Option<Lease> {
    let cluster = CLUSTER.get_or_init(|| start("")).as_ref()?;
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    cluster.run_sql(&format!("create database {name}"));
    Some(Lease { url: cluster.url(&name) })
}

/// A new database with the same content. Nobody may be connected to the old one.
pub(crate) fn copy_of(url: &str) -> Lease {
    let cluster = CLUSTER.get().and_then(Option::as_ref).expect("the cluster of this address runs");
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    cluster.run_sql(&format!("create database {name} template {}", name_of(url)));
    Lease { url: cluster.url(&name) }
}

/// The same database by way of the server's socket.
pub(crate) fn by_socket(url: &str) -> String {
    let cluster = CLUSTER.get().and_then(Option::as_ref).expect("the cluster of this address runs");
    let folder = cluster.log.trim_end_matches("/server.log").replace('/', "%2F");
    format!("postgres://postgres:{}@{folder}:{}/{}", cluster.password, cluster.port, name_of(url))
}

/// Put another database in the place of one, as a failover does: whoever is connected is thrown out.
pub(crate) fn put_in_place(url: &str, other: &str) {
    let cluster = CLUSTER.get().and_then(Option::as_ref).expect("the cluster of this address runs");
    let (name, other) = (name_of(url), name_of(other));
    for database in [name, other] {
        cluster.run_sql(&format!(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '{database}'"
        ));
    }
    cluster.run_sql(&format!("drop database {name} with (force)"));
    cluster.run_sql(&format!("alter database {other} rename to {name}"));
}

fn name_of(url: &str) -> &str {
    url.rsplit('/').next().expect("an address ends with the name of its database")
}

/// A server of the test's own with a setting of its own, gone when it is dropped; `None` where none is installed.
pub(crate) fn server_with(setting: &str) -> Option<Cluster> {
    start(setting)
}

impl Cluster {
    /// The address of its first database.
    pub(crate) fn address(&self) -> String {
        self.url("postgres")
    }

    fn url(&self, database: &str) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{}/{database}", self.password, self.port)
    }

    fn run_sql(&self, sql: &str) {
        let output = self.psql([sql.to_owned()]).output().expect("psql comes with the server");
        let answer = || String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{sql}: {}\nthe server said last:\n{}", answer(), self.last_words());
    }

    fn last_words(&self) -> String {
        const LINES: usize = 20;
        let log = std::fs::read_to_string(&self.log).unwrap_or_else(|error| format!("{}: {error}", self.log));
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LINES)..].join("\n")
    }

    /// Each statement in a transaction of its own.
    fn psql(&self, statements: impl IntoIterator<Item = String>) -> Command {
        let beside_server = format!("{}/psql", self.binaries);
        let psql = if std::path::Path::new(&beside_server).exists() { &beside_server } else { "psql" };
        let mut command = Command::new(psql);
        command
            .args(["--no-psqlrc", "--quiet", "--host=127.0.0.1", "--username=postgres", "--dbname=postgres"])
            .arg(format!("--port={}", self.port))
            .args(statements.into_iter().map(|sql| format!("--command={sql}")))
            .env("PGPASSWORD", &self.password)
            .stdin(Stdio::null());
        command
    }
}

fn start(setting: &str) -> Option<Cluster> {
    let mut log = String::new();
    for _ in 0..START_ATTEMPTS {
        let port = free_port();
        let mut keeper = Command::new("sh")
            .args(["-c", SCRIPT, "sh", &port.to_string(), setting])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("a POSIX shell");
        let mut answers = BufReader::new(keeper.stdout.take().expect("stdout is piped"));
        let mut answer = String::new();
        answers.read_line(&mut answer).expect("the shell answers in UTF-8");
        match answer.split_whitespace().collect::<Vec<_>>()[..] {
            ["ready", password, binaries, log] => {
                let [password, binaries, log] = [password, binaries, log].map(str::to_owned);
                return Some(Cluster { port, password, binaries, log, keeper });
            }
            ["missing"] => return skipped(),
            _ => {
                log = answer;
                answers.read_to_string(&mut log).expect("the log is UTF-8");
                keeper.wait().expect("the shell ends");
            }
        }
    }
    panic!("the Postgres server for the tests did not start:\n{log}");
}

pub(super) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on 127.0.0.1");
    listener.local_addr().expect("a bound address").port()
}

#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
pub(super) fn skipped<T>() -> Option<T> {
    let message = "POSTGRES TESTS SKIPPED: no server binaries found (Debian: apt-get install postgresql)";
    assert!(std::env::var("LIANDAN_REQUIRE_POSTGRES").as_deref() != Ok("1"), "{message}");
    // Straight to the descriptor: the macros are captured by the test harness and shown on failures only.
    let _ = writeln!(std::io::stderr(), "\n{message}\n");
    None
}
