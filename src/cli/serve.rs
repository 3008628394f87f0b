//! `liandan serve`: the interface and the pages.

mod mail;
pub(super) mod platforms;
mod terms;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

use super::{Error, keyfile, note, open, policy, say};
use crate::api::listen::{self, Terms};
use crate::api::metrics::{self, METRICS_PATH, Traffic};
use crate::app::oidc::ProviderFile;
use crate::app::replica::ReplicaState;
use crate::app::service::ServiceTerms;
use crate::app::webhooks::{Guard, Network};
use crate::app::{App, Mode};
use crate::clock::Clock;
use crate::web::WebMode;

/// The longest a start waits for witnesses to show what they hold: custody does not wait for them.
const COMPARE_WITHIN: Duration = Duration::from_secs(10);

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Database: sqlite:PATH or postgres://…
    #[arg(long)]
    pub(super) database: String,
    /// A standby of that Postgres server, postgres://…: it answers reads once it has what the primary had when they began, and is left out while it lags.
    #[arg(long)]
    pub(super) database_read: Option<String>,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8371")]
    pub(super) addr: SocketAddr,
    #[command(flatten)]
    pub(super) files: open::Files,
    /// Trust policy (C2SP tlog-policy) whose witnesses are asked to cosign every head; their URLs are submission prefixes.
    #[arg(long)]
    pub(super) witnesses: Option<PathBuf>,
    /// A checkpoint of this ledger that somebody else kept, for example a monitor: the database must continue it. May be repeated.
    #[arg(long)]
    pub(super) published: Vec<PathBuf>,
    /// Orders of columns for registers and declarations, beside those of the profile: `[[columns]]` tables like the profile's.
    #[arg(long)]
    pub(super) columns: Option<PathBuf>,
    /// OpenID Connect for the staff of authorities: a TOML file with the provider, this ledger as its client, and whose key each person holds.
    #[arg(long)]
    pub(super) oidc: Option<PathBuf>,
    /// A network of your own that webhooks may reach, such as 10.20.0.0/16; without one they reach the public internet only. May be repeated.
    #[arg(long)]
    webhook_network: Vec<Network>,
    /// A program of your own that passes short messages on, by SMS or WeChat: told each of them by POST, signed as Standard Webhooks says
    /// (docs/operations.md). What it checks signatures with is written beside the database.
    #[arg(long)]
    pub(super) gateway: Option<String>,
    /// Platforms of the state that are told of manifests whose firms agree: a TOML file with addresses, mappings and token files (docs/push.md).
    #[arg(long)]
    pub(super) platforms: Option<PathBuf>,
    /// Folder where backups are put: the page of the operation then says how old the newest is.
    #[arg(long)]
    pub(super) backups: Option<PathBuf>,
    /// What is promised to whoever uses the ledger and whom they call, for the page `/service`: a TOML file like deploy/service.toml.
    #[arg(long)]
    pub(super) service: Option<PathBuf>,
    /// A font file with Chinese letters (.ttf, .otf, .ttc) that documents are printed with; the best one installed when absent.
    #[arg(long)]
    pub(super) font: Option<PathBuf>,
    /// Address where `GET /metrics` tells whoever operates the ledger what is counted (OpenMetrics), such as 127.0.0.1:9371. It asks nobody who they
    /// are: keep it off the public network.
    #[arg(long)]
    pub(super) metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub(super) mail: mail::Letters,
    #[command(flatten)]
    pub(super) terms: terms::Conditions,
    /// `STEP:SIDE:N`: stop for ever at the N-th time on that side of a step, for tests that kill the process just then.
    #[cfg(debug_assertions)]
    #[arg(long, hide = true)]
    halt_at: Option<super::halt::Place>,
}

pub(super) async fn run(args: Args) -> Result<(), Error> {
    let mut terms = args.terms.terms()?;
    let store = open::store(&args.database).await?;
    #[cfg(debug_assertions)]
    let interrupt = args.halt_at.map(super::halt::Place::interrupt);
    #[cfg(not(debug_assertions))]
    let interrupt = None;
    let webhooks = Guard::allowing(args.webhook_network);
    let app = open::ledger(store, &args.database, &args.files, Clock::System, webhooks, interrupt).await?;
    if let Some(replica) = &args.database_read {
        read_from(&app, replica).await?;
    }
    for path in &args.published {
        let shown = path.display().to_string();
        app.compare(&read(path)?, &shown).await.map_err(|error| format!("{shown}: {error}"))?;
    }
    if let Some(path) = &args.columns {
        app.load_columns(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if let Some(path) = &args.service {
        app.promise(service(path)?);
    }
    if let Some(path) = args.font {
        app.use_font(path).map_err(|error| format!("--font: {error} {}", error.zh()))?;
    }
    if let Some(path) = &args.oidc {
        let (file, secret) = provider(path)?;
        app.trust_provider(file, secret)?;
    }
    args.mail.configure(&app)?;
    if let Some(address) = &args.gateway {
        use_gateway(&app, address, &args.database)?;
    }
    if let Some(path) = &args.platforms {
        let platforms = platforms::load(path)?;
        for platform in &platforms {
            note(format!("platform 平台 {}", platform.shown()));
        }
        app.push_to(platforms);
    }
    if let Some(folder) = args.backups {
        app.look_for_backups(folder);
    }
    if let Some(path) = &args.witnesses {
        app.ask_witnesses(policy::load(path)?)?;
        for (name, compared) in app.compare_with_witnesses(COMPARE_WITHIN).await {
            if let Err(error) = compared {
                note(format!("{name}: not compared 未能比对: {error}"));
            }
        }
    }
    if let Some(addr) = args.metrics {
        let traffic = terms.traffic.insert(Traffic::default());
        tell_metrics(addr, metrics::router(app.clone(), traffic), app.clock().clone()).await?;
    }
    listen(app, args.addr, WebMode::Public, terms, Router::new()).await
}

/// Serve what is counted, as long as the process lives.
async fn tell_metrics(addr: SocketAddr, router: Router, clock: Clock) -> Result<(), Error> {
    let listener = bind(addr).await?;
    say(format!("http://{}{METRICS_PATH}        metrics 指标", listener.local_addr()?));
    tokio::spawn(listen::serve(listener, router, Terms::default(), clock, std::future::pending()));
    Ok(())
}

async fn bind(addr: SocketAddr) -> Result<TcpListener, Error> {
    Ok(TcpListener::bind(addr).await.map_err(|error| format!("{addr}: {error}"))?)
}

/// Let a standby answer reads. One that cannot yet is told of and looked at again later; an address that never can stops the start.
async fn read_from(app: &App, replica: &str) -> Result<(), Error> {
    if !app.can_have_replicas() {
        return Err("--database-read: only Postgres has standbys that can be read from; --database names a SQLite file. \
                    只有 Postgres 有可供读取的备库，而 --database 是 SQLite 文件。"
            .into());
    }
    app.read_from_replica(replica).map_err(|error| format!("--database-read: {error}. 地址不可用。"))?;
    match app.check_replica().await {
        None | Some(ReplicaState::InUse) => {}
        Some(why) => note(format!(
            "--database-read: {why}; the primary answers all reads for now 暂由主库回答全部读取"
        )),
    }
    app.watch_replica();
    Ok(())
}

/// Send short messages there, and leave what it checks them with where the operator finds it.
fn use_gateway(app: &App, address: &str, database: &str) -> Result<(), Error> {
    let gateway = app.use_gateway(address)?;
    let path = keyfile::file_beside(database, "gateway-secret");
    keyfile::write_secret(&path, &format!("{}\n{}\n", gateway.secret(), gateway.public_key()))?;
    note(format!("gateway 短信网关: {address}; secret and public key 密钥与公钥: {}", path.display()));
    Ok(())
}

/// The provider of logins that a file names, and its secret.
pub(super) fn provider(path: &Path) -> Result<(ProviderFile, Option<String>), Error> {
    let file = ProviderFile::parse(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
    let beside = path.parent().unwrap_or(Path::new(""));
    let secret = file.client_secret_file.as_ref().map(|name| read(&beside.join(name))).transpose()?;
    Ok((file, secret.map(|secret| secret.trim_end().to_owned())))
}

/// What a file promises.
pub(super) fn service(path: &Path) -> Result<ServiceTerms, Error> {
    Ok(ServiceTerms::parse(&read(path)?).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// The text of a file that an argument names.
pub(super) fn read(path: &Path) -> Result<String, Error> {
    Ok(std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// Serve until interrupted, with what `more` answers beside the interface and the pages. A database that contradicts what was signed is not
/// served any longer.
pub(super) async fn listen(
    app: App,
    addr: SocketAddr,
    mode: WebMode,
    terms: Terms,
    more: Router,
) -> Result<(), Error> {
    if let Mode::ReadOnly(why) = app.mode() {
        note(format!("READ ONLY 只读: {why}\n{}", why.zh()));
    }
    app.watch_deadlines();
    app.watch_witnesses();
    app.watch_webhooks();
    app.watch_pushes();
    app.watch_notices();
    app.watch_channels();
    let listener = bind(addr).await?;
    let addr = listener.local_addr()?;
    let scheme = if terms.tls.is_some() { "https" } else { "http" };
    say(format!("{scheme}://{addr}/        pages 页面"));
    say(format!("{scheme}://{addr}/docs    OpenAPI"));
    let interface = listen::allow_origins(crate::api::router(app.clone()), &terms.origins);
    let router = interface.merge(more).merge(crate::web::router(app.clone(), mode));
    let served = listen::serve(listener, router, terms, app.clock().clone(), interrupted());
    let ended = tokio::select! {
        () = served => Ok(()),
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
