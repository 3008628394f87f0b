//! `liandan serve`: the interface and the pages.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::{Error, open, policy, say};
use crate::app::App;
use crate::clock::Clock;
use crate::web::WebMode;

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Database: sqlite:PATH or postgres://…
    #[arg(long)]
    database: String,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8371")]
    addr: SocketAddr,
    #[command(flatten)]
    files: open::Files,
    /// Trust policy (C2SP tlog-policy) whose witnesses are asked to cosign every head; their URLs are submission prefixes.
    #[arg(long)]
    witnesses: Option<PathBuf>,
    /// `STEP:SIDE:N`: stop for ever at the N-th time on that side of a step, for tests that kill the process just then.
    #[cfg(debug_assertions)]
    #[arg(long, hide = true)]
    halt_at: Option<super::halt::Place>,
}

pub(super) async fn run(args: Args) -> Result<(), Error> {
    let store = open::store(&args.database).await?;
    #[cfg(debug_assertions)]
    let interrupt = args.halt_at.map(super::halt::Place::interrupt);
    #[cfg(not(debug_assertions))]
    let interrupt = None;
    let app = open::ledger(store, &args.database, &args.files, Clock::System, interrupt).await?;
    if let Some(path) = &args.witnesses {
        app.ask_witnesses(policy::load(path)?)?;
    }
    listen(app, args.addr, WebMode::Public).await
}

/// Serve until interrupted. A database that contradicts what was signed is not served any longer.
pub(super) async fn listen(app: App, addr: SocketAddr, mode: WebMode) -> Result<(), Error> {
    app.watch_deadlines();
    app.watch_witnesses();
    let listener = tokio::net::TcpListener::bind(addr).await.map_err(|error| format!("{addr}: {error}"))?;
    let addr = listener.local_addr()?;
    say(format!("http://{addr}/        pages 页面"));
    say(format!("http://{addr}/docs    OpenAPI"));
    let router = crate::api::router(app.clone()).merge(crate::web::router(app.clone(), mode));
    let served = axum::serve(listener, router).with_graceful_shutdown(interrupted()).into_future();
    let ended = tokio::select! {
        ended = served => ended.map_err(Error::from),
        why = app.contradicted() => Err(why.into()),
    };
    app.store().close().await;
    ended
}

/// Until the process is asked to stop.
pub(super) async fn interrupted() {
    let terminated = async {
        #[cfg(unix)]
        if let Ok(mut signal) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            signal.recv().await;
            return;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
