//! Two Postgres servers of a test's own, the second a standby of the first, and what can happen to them. Gone when the test process is,
//! however it ends.
//!
//! The work is done by `pair.sh`, which waits for the end of the pipe that this process holds.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::postgres::{free_port, skipped};

const SCRIPT: &str = concat!(include_str!("server.sh"), include_str!("pair.sh"));
/// Between choosing free ports and using them somebody else may take one.
const START_ATTEMPTS: u32 = 3;
/// The database of the ledger.
const DATABASE: &str = "ledger";
/// What is waited for happens within this time, or the test fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// How a server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    Tcp,
    Socket,
}

/// Whether the first server waits for the second at COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replication {
    Synchronous,
    Asynchronous,
}

/// The two servers.
pub(crate) struct Pair {
    ports: [u16; 2],
    password: String,
    folder: String,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    keeper: Child,
}

impl Drop for Pair {
    fn drop(&mut self) {
        drop(self.orders.take());
        drop(self.keeper.wait());
    }
}

impl Pair {
    /// Two servers with an empty database, the second following the first; `None` where no server is installed.
    pub(crate) async fn start(replication: Replication) -> Option<Self> {
        let mut pair = Self::first()?;
        pair.run(1, &format!("create database {DATABASE}"), "postgres").await;
        pair.order("follow");
        if replication == Replication::Synchronous {
            pair.sql(1, "alter system set synchronous_standby_names = 'server2'").await;
            pair.sql(1, "select pg_reload_conf()").await;
        }
        let wanted = match replication {
            Replication::Synchronous => "sync",
            Replication::Asynchronous => "async",
        };
        pair.until(1, &format!("select count(*) = 1 from pg_stat_replication where sync_state = '{wanted}' and state = 'streaming'"))
            .await;
        Some(pair)
    }

    fn first() -> Option<Self> {
        let mut log = String::new();
        for _ in 0..START_ATTEMPTS {
            let ports = [free_port(), free_port()];
            let mut keeper = Command::new("sh")
                .args(["-c", SCRIPT, "sh", &ports[0].to_string(), &ports[1].to_string()])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .process_group(0)
                .spawn()
                .expect("a POSIX shell");
            let orders = keeper.stdin.take();
            let mut answers = BufReader::new(keeper.stdout.take().expect("stdout is piped"));
            let mut answer = String::new();
            answers.read_line(&mut answer).expect("the shell answers in UTF-8");
            match answer.split_whitespace().collect::<Vec<_>>()[..] {
                ["ready", password, folder] => {
                    let [password, folder] = [password, folder].map(str::to_owned);
                    return Some(Self { ports, password, folder, orders, answers, keeper });
                }
                ["missing"] => return skipped(),
                _ => {
                    log = answer;
                    answers.read_to_string(&mut log).expect("the log is UTF-8");
                    keeper.wait().expect("the shell ends");
                }
            }
        }
        panic!("the Postgres servers for the test did not start:\n{log}");
    }

    /// `start N`, `kill N` (every process of it, by SIGKILL), `promote N`; done when this returns.
    pub(crate) fn order(&mut self, order: &str) {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        if answer != "ok\n" {
            self.answers.read_to_string(&mut answer).unwrap();
            panic!("{order}: {answer}");
        }
    }

    /// The port of a server, 1 or 2.
    pub(crate) fn port(&self, server: usize) -> u16 {
        self.ports[server - 1]
    }

    /// The address of the ledger's database on a server.
    pub(crate) fn url(&self, server: usize, by: By) -> String {
        match by {
            By::Tcp => self.url_at(self.port(server)),
            By::Socket => {
                let folder = self.folder.replace('/', "%2F");
                format!("postgres://postgres:{}@{folder}:{}/{DATABASE}", self.password, self.port(server))
            }
        }
    }

    /// The address of the ledger's database by way of another port.
    pub(crate) fn url_at(&self, port: u16) -> String {
        format!("postgres://postgres:{}@127.0.0.1:{port}/{DATABASE}", self.password)
    }

    /// Run a statement in the database of the ledger.
    pub(crate) async fn sql(&self, server: usize, sql: &str) {
        self.run(server, sql, DATABASE).await;
    }

    async fn run(&self, server: usize, sql: &str, database: &str) {
        let mut connection = self.connect(server, database).await;
        connection.execute(AssertSqlSafe(sql.to_owned())).await.unwrap_or_else(|why| panic!("{sql}: {why}"));
        connection.close().await.unwrap();
    }

    async fn connect(&self, server: usize, database: &str) -> PgConnection {
        let url = self.url(server, By::Tcp).replace(&format!("/{DATABASE}"), &format!("/{database}"));
        PgConnection::connect(&url).await.unwrap()
    }

    /// Wait until a question that is answered by yes or no is answered by yes.
    pub(crate) async fn until(&self, server: usize, question: &str) {
        let mut connection = self.connect(server, DATABASE).await;
        until(question, async || {
            sqlx::query_scalar::<_, bool>(AssertSqlSafe(question.to_owned()))
                .fetch_one(&mut connection)
                .await
                .unwrap_or_else(|why| panic!("{question}: {why}"))
        })
        .await;
    }
}

/// Ask again and again until the answer is yes.
pub(crate) async fn until(what: &str, mut ask: impl AsyncFnMut() -> bool) {
    let asking = async {
        let mut turns = tokio::time::interval(Duration::from_millis(10));
        while !ask().await {
            turns.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("it never came to this: {what}"));
}

/// A port that stays the same and leads to one server or the other, as a virtual address or HAProxy does.
pub(crate) struct Switch {
    pub(crate) port: u16,
    to: watch::Sender<u16>,
}

impl Switch {
    pub(crate) async fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap().port();
        let (to, leads_to) = watch::channel(port);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let port = *leads_to.borrow();
                tokio::spawn(async move {
                    // Nobody listens there: the client is told by the end of its connection.
                    let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
                    client.set_nodelay(true)?;
                    server.set_nodelay(true)?;
                    tokio::io::copy_bidirectional(&mut client, &mut server).await
                });
            }
        });
        Self { port: own, to }
    }

    /// Lead new connections there.
    pub(crate) fn turn(&self, port: u16) {
        self.to.send_replace(port);
    }
}
