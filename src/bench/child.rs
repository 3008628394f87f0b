//! The server that is measured: a process of its own, started, told the time, looked at and ended from here.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use tokio::time::Instant;

use super::Error;
use super::client::Connection;
use crate::clock::Timestamp;

/// The verb that serves; the command line knows it and does not show it.
pub const VERB: &str = "bench-server";

/// A server on a database.
pub(super) struct Server {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    pub(super) address: SocketAddr,
    /// From the start of the process until it said that it is ready.
    pub(super) started_in: Duration,
}

/// Memory of a process, in KiB.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Memory {
    pub(super) now_kib: Option<u64>,
    pub(super) most_kib: Option<u64>,
}

impl Server {
    /// Start it with its clock at `at`; back once it answered that it is ready.
    pub(super) async fn start(database: &str, mark: &Path, at: Timestamp) -> Result<Self, Error> {
        let started = Instant::now();
        let mut child = Command::new(std::env::current_exe()?)
            .arg(VERB)
            .args(["--database", database, "--at", &at.to_string(), "--mark"])
            .arg(mark)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take().ok_or("the server has no output")?);
        let mut server = Self {
            child,
            input,
            output: BufReader::new(output),
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            started_in: Duration::ZERO,
        };
        let line = server.line()?;
        server.address =
            line.strip_prefix("at ").ok_or_else(|| format!("the server said {line:?}"))?.parse()?;
        let mut connection = Connection::open(server.address).await?;
        while connection.get("/readyz", None).await?.status != 200 {
            tokio::task::yield_now().await;
        }
        server.started_in = started.elapsed();
        Ok(server)
    }

    /// Move its clock on, and let it open what is due by then.
    pub(super) fn pass_time(&mut self, to: Timestamp) -> Result<(), Error> {
        let input = self.input.as_mut().ok_or("the server was told to end")?;
        writeln!(input, "{to}")?;
        input.flush()?;
        match self.line()?.as_str() {
            "ok" => Ok(()),
            said => Err(format!("the server said {said:?}").into()),
        }
    }

    fn line(&mut self) -> Result<String, Error> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err("the server ended".into());
        }
        Ok(line.trim_end().to_owned())
    }

    /// As the kernel tells it; nothing where it does not.
    pub(super) fn memory(&self) -> Memory {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let kib = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix(" kB")?.parse().ok()
        };
        Memory { now_kib: kib("VmRSS:"), most_kib: kib("VmHWM:") }
    }

    /// Let it end as it does when it is asked to stop.
    pub(super) fn end(mut self) -> Result<(), Error> {
        drop(self.input.take());
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the server ended with {status}").into()) }
    }
}

impl Drop for Server {
    /// Nothing is left behind by a run that failed.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
