//! `liandan witness`: cosign the heads of other ledgers (C2SP tlog-witness).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::{Error, keyfile, policy, say, serve};
use crate::app::witness::Witness;
use crate::clock::Clock;
use crate::ledger::cosignature::Cosigner;
use crate::ledger::note::NoteKey;

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Key that cosigns; `liandan keygen` makes one. It must serve no other purpose.
    #[arg(long)]
    key: PathBuf,
    /// Name the witness cosigns under, by convention a URL without a scheme: witness.example/w1
    #[arg(long)]
    name: String,
    /// Folder for what was cosigned. Losing it ends the witness: a new one needs a new key.
    #[arg(long)]
    state: PathBuf,
    #[command(flatten)]
    logs: policy::Logs,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1:8372")]
    addr: SocketAddr,
}

pub(super) async fn run(args: Args) -> Result<(), Error> {
    let logs = args.logs.policy()?.logs().iter().map(|log| log.key.clone()).collect();
    let cosigner = Cosigner { name: args.name, key: keyfile::load(&args.key)? };
    let witness = Witness::open(cosigner, logs, &args.state, Clock::System)?;
    say(format!("witness key 见证公钥: {}", witness.verifier().to_vkey()));
    let router = crate::api::witness::router(Arc::new(witness));
    let listener =
        tokio::net::TcpListener::bind(args.addr).await.map_err(|error| format!("{}: {error}", args.addr))?;
    say(format!("submission prefix 提交地址: http://{}", listener.local_addr()?));
    axum::serve(listener, router).with_graceful_shutdown(serve::interrupted()).await?;
    Ok(())
}
