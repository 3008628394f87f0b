//! What the process that is measured does: serve a ledger whose clock is told from outside, until its input ends.

use std::io::{BufRead, Write};
use std::path::PathBuf;

use tokio::sync::{mpsc, oneshot};

use super::{Error, log_key};
use crate::api::listen::{self, Terms};
use crate::api::rates::{Limits, Rate};
use crate::app::deadlines::pause_for;
use crate::app::notices::GATHERED_FOR;
use crate::app::webhooks::Guard;
use crate::app::{App, Settings};
use crate::clock::{Clock, Timestamp};
use crate::store::{ConnectOptions, Store};
use crate::web::WebMode;

/// Calls that nobody reaches: what is measured is not how calls are counted out.
const UNREACHED: &str = "1000000/s";

/// What it serves.
#[derive(Clone, Debug)]
pub struct Serving {
    /// The database, founded, its schema up to date.
    pub database: String,
    /// What the clock shows until it is told another time.
    pub at: Timestamp,
    /// This process's high-water mark.
    pub mark: PathBuf,
}

/// Serve, say `at ADDRESS`, and answer `ok` to every moment that stands on a line of the input.
pub async fn serve(serving: Serving) -> Result<(), Error> {
    let store = Store::connect(&serving.database, &ConnectOptions::default()).await?;
    let clock = Clock::manual(serving.at);
    let settings = Settings {
        store,
        clock: clock.clone(),
        log_key: log_key(),
        mark: serving.mark,
        webhooks: Guard::default(),
        interrupt: None,
    };
    let app = App::open(settings).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    say(&format!("at {}", listener.local_addr()?))?;
    let rate: Rate = UNREACHED.parse()?;
    let limits = Limits { key: rate, address: rate, failures: rate, ..Limits::default() };
    let terms = Terms { limits, ..Terms::default() };
    let router = crate::api::router(app.clone()).merge(crate::web::router(app.clone(), WebMode::Public));
    let (stop, stopped) = oneshot::channel::<()>();
    let told = tokio::spawn(follow(app.clone(), clock, stop));
    let noticed = tokio::spawn(notice(app.clone()));
    let stopped = async { drop(stopped.await) };
    listen::serve(listener, router, terms, app.clock().clone(), stopped).await;
    let result = told.await?;
    noticed.abort();
    app.store().close().await;
    result
}

/// Set the clock to each moment of the input and open what is due; at its end let the server stop.
async fn follow(app: App, clock: Clock, stop: oneshot::Sender<()>) -> Result<(), Error> {
    let (send, mut moments) = mpsc::channel(1);
    // The end of a process does not wait for a thread that reads.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if send.blocking_send(line).is_err() {
                break;
            }
        }
    });
    let mut result = Ok(());
    while let Some(line) = moments.recv().await {
        result = pass(&app, &clock, &line).await;
        if result.is_err() {
            break;
        }
    }
    drop(stop);
    result
}

/// Make the notices of what was recorded, as a server does whose clock nobody sets.
async fn notice(app: App) {
    loop {
        let mut bell = app.changed();
        if let Err(fault) = app.make_notices().await {
            tracing::error!(error = &fault as &dyn std::error::Error, "notices could not be made");
        }
        if bell.changed().await.is_err() {
            return;
        }
        pause_for(GATHERED_FOR).await;
    }
}

async fn pass(app: &App, clock: &Clock, line: &str) -> Result<(), Error> {
    clock.set(line.parse()?);
    app.tick().await?;
    say("ok")
}

fn say(line: &str) -> Result<(), Error> {
    let mut output = std::io::stdout().lock();
    writeln!(output, "{line}")?;
    Ok(output.flush()?)
}
