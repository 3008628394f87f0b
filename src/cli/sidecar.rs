//! `liandan sidecar`: sign on this machine for a program that cannot.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Error, keyfile, say, serve};
use crate::app::sidecar::{Dropbox, Sidecar};
use crate::catalogue::Uscc;
use crate::clock::Clock;

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Key file (PKCS#8 PEM) of the party.
    #[arg(long)]
    key: PathBuf,
    /// Origin of the ledger that statements speak to.
    #[arg(long)]
    log: String,
    /// Code of the party that they are of.
    #[arg(long)]
    party: Uscc,
    /// Address to listen on: whoever reaches it has statements signed.
    #[arg(long, default_value = "127.0.0.1:8373")]
    addr: SocketAddr,
    /// Watch this folder: what is put into its `in` is signed and sent, the answer lies in `done` or `refused`.
    #[arg(long, requires = "ledger")]
    folder: Option<PathBuf>,
    /// Where the ledger is, for example https://ledger.example; for `--folder`.
    #[arg(long, requires = "folder")]
    ledger: Option<String>,
}

pub(super) async fn run(args: Args) -> Result<(), Error> {
    let key = keyfile::load(&args.key)?;
    let sidecar = Arc::new(Sidecar::new(key, &args.log, args.party, Clock::System));
    let dropbox = match args.folder.as_ref().zip(args.ledger.as_ref()) {
        Some((folder, ledger)) => Some(Dropbox::open(&sidecar, folder, ledger)?),
        None => None,
    };
    let listener =
        tokio::net::TcpListener::bind(args.addr).await.map_err(|error| format!("{}: {error}", args.addr))?;
    say(format!("signing 签名服务: http://{}/sign", listener.local_addr()?));
    let router = crate::api::sidecar::router(sidecar.clone());
    let served = axum::serve(listener, router).with_graceful_shutdown(serve::interrupted());
    let watched = async {
        match dropbox {
            Some(dropbox) => dropbox.watch().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = served.into_future() => Ok(ended?),
        () = watched => Ok(()),
    }
}
