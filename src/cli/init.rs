//! `liandan init`: found a ledger.

use super::{Error, keyfile, note, open, say};
use crate::app::genesis::{self, Founding};
use crate::catalogue::{Division, Uscc};
use crate::clock::Clock;
use crate::ledger::SigningKey;
use crate::shape::Text;
use crate::store::Store;

/// Origin of a ledger nobody named: tests and production must never share one.
pub(super) const DEFAULT_ORIGIN: &str = "liandan.example/linyi";
/// The authority of a ledger nobody named: the first 17 characters of a made-up code.
pub(super) const DEFAULT_AUTHORITY: &str = "11371300004190001";

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Database: sqlite:PATH or postgres://…
    #[arg(long)]
    database: String,
    /// Origin of the log: its name in every signed event and checkpoint, for example ledger.example.cn/linyi.
    #[arg(long)]
    origin: String,
    /// Name of the ledger for people.
    #[arg(long, default_value = "联单")]
    name: String,
    /// Unified social credit code of the founding authority.
    #[arg(long)]
    authority: Uscc,
    /// Its name.
    #[arg(long)]
    authority_name: String,
    /// Division it supervises, six digits.
    #[arg(long, default_value = "371300")]
    division: Division,
    /// Jurisdiction profile.
    #[arg(long, default_value = "cn")]
    jurisdiction: String,
}

pub(super) async fn run(args: Args) -> Result<(), Error> {
    let store = open::store(&args.database).await?;
    let founding = Founding {
        origin: args.origin,
        name: text(args.name)?,
        jurisdiction: text(args.jurisdiction)?,
        division: args.division,
        authority: args.authority,
        authority_name: text(args.authority_name)?,
    };
    let authority = found(&store, &args.database, founding).await?;
    say(format!("The ledger is founded. 账本已创建。 authority key: {}", authority.kid()));
    Ok(())
}

pub(super) fn text<const MAX: usize>(text: String) -> Result<Text<MAX>, Error> {
    Text::new(text).map_err(Into::into)
}

/// Make the keys beside the database and found the ledger with them. Gives the authority's key.
pub(super) async fn found(store: &Store, database: &str, founding: Founding) -> Result<SigningKey, Error> {
    let (log_path, authority_path) =
        (keyfile::beside(database, "log-key"), keyfile::beside(database, "authority-key"));
    keyfile::make_folder(&log_path)?;
    let (log_key, _) = keyfile::load_or_make(&log_path)?;
    let (authority, _) = keyfile::load_or_make(&authority_path)?;
    note(format!(
        "keys: {} (signs checkpoints), {} (the authority's)",
        log_path.display(),
        authority_path.display()
    ));
    let now = Clock::System.now();
    let envelope = genesis::envelope(&founding, &authority, &log_key.public(), now)?;
    genesis::found(store, envelope.compact().as_bytes(), now).await?;
    Ok(authority)
}
