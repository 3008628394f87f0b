//! The orchestrator: the only place that joins the pure domain with the database, the clock and chance.
//!
//! `submit` takes bytes in, `sequencer` decides their order and commits them in batches, `signing` signs what is committed and
//! guards against signing twice, `receipt` answers. `query` reads, `access` says who may see what, `deadlines` lets time pass,
//! `cosigning` asks witnesses, `audit` checks everything again from the bytes. `replay` folds a log again: `rebuild` does so in
//! place, `backup` puts a log into a file and takes it out again.

pub mod access;
mod anchor;
pub mod attachments;
pub mod audit;
pub mod backup;
mod batch;
pub mod codes;
mod cores;
pub mod cosigning;
use batch::fill as batch_fill;
pub mod deadlines;
pub mod departure;
pub mod drafts;
pub mod error;
pub mod folder;
pub mod founding;
pub mod gateway;
pub mod genesis;
pub mod heartbeats;
pub mod holders;
mod keys;
pub mod labels;
pub mod mail;
pub mod mark;
pub mod meters;
pub mod monitor;
pub mod notices;
pub mod offers;
pub mod oidc;
mod outbox;
pub mod outward;
mod prepare;
pub mod prints;
pub mod proof;
pub mod proposal;
pub mod push;
pub mod query;
pub mod rebuild;
pub mod receipt;
mod replay;
pub mod replica;
pub mod roster;
mod seal;
mod sending;
mod sequencer;
pub mod service;
pub mod sheets;
pub mod sidecar;
pub mod signing;
pub mod steps;
pub mod submit;
pub mod trial;
pub mod webhooks;
pub mod witness;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use tokio::sync::watch;

use crate::catalogue::{Catalogue, ColumnOrder, Profile};
use crate::clock::Clock;
use crate::custody::books::Rulebook;
use crate::ledger::note::NoteSigner;
use crate::store::{ReadTx, Store, registry};

pub use batch::Unit;
pub use error::{Fault, Refusal, SubmitError};
pub use mark::MarkError;
pub use receipt::Receipt;
pub use sequencer::MAX_WAITING_BYTES;
pub use signing::Mode;
pub use submit::Submitted;

/// A running ledger. Cloning is cheap.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    clock: Clock,
    origin: String,
    in_force: RwLock<InForce>,
    signer: NoteSigner,
    mark: Arc<mark::MarkFile>,
    mode: watch::Sender<Mode>,
    interrupt: Option<steps::Interrupt>,
    queue: sequencer::Queue,
    meters: meters::Meters,
    keys: keys::KeyCache,
    tokens: access::SeenTokens,
    cosigning: cosigning::Cosigning,
    outbox: outbox::Bell,
    readers: sheets::Readers,
    /// What documents are printed with.
    prints: prints::Prints,
    courier: webhooks::Courier,
    /// Months that were counted for everybody.
    public_months: query::PublicMonths,
    /// Months that were counted for officers.
    officers_months: query::OfficersMonths,
    /// The operator's own orders of columns.
    columns: OnceLock<Vec<ColumnOrder>>,
    /// Who says who somebody is, where that is trusted.
    provider: OnceLock<oidc::Provider>,
    /// What sends e-mail, where there is something that does.
    mailer: OnceLock<mail::Mailer>,
    /// Where the pages are reached.
    public_address: OnceLock<String>,
    /// What confirms addresses.
    codes: notices::Codes,
    /// Set where codes are shown and not sent.
    shows_codes: OnceLock<()>,
    /// What sends short messages, where there is one.
    gateway: OnceLock<gateway::Gateway>,
    /// Platforms of the state that are told of manifests.
    platforms: OnceLock<Vec<push::Platform>>,
    /// Where the operator puts backups.
    backups: OnceLock<PathBuf>,
    /// What the operator promises.
    service: OnceLock<service::ServiceTerms>,
    /// A standby that answers reads.
    replica: OnceLock<replica::Reads>,
}

/// What a ledger is opened with.
pub struct Settings {
    /// The database, its schema up to date.
    pub store: Store,
    /// What time it is.
    pub clock: Clock,
    /// Key that signs checkpoints.
    pub log_key: crate::ledger::SigningKey,
    /// File of this process's high-water mark, outside the database; made when it is missing.
    pub mark: PathBuf,
    /// Where webhooks may go.
    pub webhooks: webhooks::Guard,
    /// Fails steps on purpose; `None` outside of tests.
    pub interrupt: Option<steps::Interrupt>,
}

impl App {
    /// Open a founded ledger, compare it with what was signed, and start its sequencer. Must be called inside a tokio runtime.
    /// A database that lacks signed entries is opened for reading only: see [`App::mode`].
    pub async fn open(settings: Settings) -> Result<Self, Fault> {
        let head = founding::head_of(&settings.store).await?;
        let founded = founding::founding_of(&settings.store).await?;
        if founded.log_key != settings.log_key.public() {
            return Err(Fault::WrongLogKey { wanted: founded.log_key.kid(), given: settings.log_key.kid() });
        }
        let rulebook = rulebook(&founded.jurisdiction)?;
        let mark = mark::MarkFile::open(&settings.mark, &head.origin)?;
        let courier = webhooks::Courier::new(&settings.log_key, settings.webhooks)?;
        let codes = notices::Codes::of(&settings.log_key);
        let (queue, work) = sequencer::queue();
        let inner = Inner {
            store: settings.store,
            clock: settings.clock,
            signer: NoteSigner { name: head.origin.clone(), key: settings.log_key },
            origin: head.origin,
            mark: Arc::new(mark),
            mode: watch::Sender::new(Mode::Signing),
            interrupt: settings.interrupt,
            in_force: RwLock::new(InForce { adopted_at: None, rulebook }),
            queue,
            meters: meters::Meters::default(),
            keys: keys::KeyCache::default(),
            tokens: access::SeenTokens::default(),
            cosigning: cosigning::Cosigning::default(),
            outbox: outbox::Bell::default(),
            readers: sheets::Readers::default(),
            prints: prints::Prints::default(),
            courier,
            public_months: query::PublicMonths::counting(query::PUBLIC_MONTHS_AT_ONCE),
            officers_months: query::OfficersMonths::counting(query::OFFICERS_MONTHS_AT_ONCE),
            columns: OnceLock::new(),
            provider: OnceLock::new(),
            mailer: OnceLock::new(),
            public_address: OnceLock::new(),
            codes,
            shows_codes: OnceLock::new(),
            gateway: OnceLock::new(),
            platforms: OnceLock::new(),
            backups: OnceLock::new(),
            service: OnceLock::new(),
            replica: OnceLock::new(),
        };
        let app = Self { inner: Arc::new(inner) };
        app.begin().await?;
        sequencer::start(&app, work);
        Ok(app)
    }

    /// Origin of the log: its name in checkpoints and in every signed event.
    pub fn origin(&self) -> &str {
        &self.inner.origin
    }

    /// The clock everything goes by.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// Profile and reference data in force.
    pub fn rulebook(&self) -> Rulebook {
        self.inner.in_force.read().unwrap_or_else(PoisonError::into_inner).rulebook
    }

    /// The same by what a transaction sees: another process, or the last batch, may have recorded an adoption.
    async fn in_force(&self, tx: &mut ReadTx) -> Result<Rulebook, Fault> {
        let adopted_at = registry::adopted_at(tx).await?;
        let known = *self.inner.in_force.read().unwrap_or_else(PoisonError::into_inner);
        if known.adopted_at == adopted_at {
            return Ok(known.rulebook);
        }
        let founded = rulebook(known.rulebook.profile.id())?;
        let rulebook = in_force(tx, founded).await?;
        *self.inner.in_force.write().unwrap_or_else(PoisonError::into_inner) =
            InForce { adopted_at, rulebook };
        Ok(rulebook)
    }

    /// The verifier of this log's checkpoints.
    pub fn verifier(&self) -> crate::ledger::note::NoteVerifier {
        self.inner.signer.verifier()
    }
}

/// The profile and reference data of a jurisdiction.
pub fn rulebook(jurisdiction: &str) -> Result<Rulebook, Fault> {
    let profile =
        Profile::embedded(jurisdiction).ok_or_else(|| Fault::Jurisdiction(jurisdiction.to_owned()))?;
    Ok(Rulebook { profile, catalogue: Catalogue::embedded() })
}

/// The rules in force, and the log index of their adoption.
#[derive(Clone, Copy)]
struct InForce {
    adopted_at: Option<u64>,
    rulebook: Rulebook,
}

/// What the adoptions that a transaction sees have put in force over what a ledger began with.
async fn in_force(tx: &mut ReadTx, founded: Rulebook) -> Result<Rulebook, Fault> {
    let Some((index, adopted)) = registry::adopted(tx).await? else { return Ok(founded) };
    match founded.adopting(&adopted) {
        Some(rulebook) => Ok(rulebook),
        // Folding on by other figures than those that were adopted would be folding another log.
        None if adopted.text.is_some() => Err(Fault::AdoptedProfile(index)),
        // Compiled into the program that adopted it; this one has a later edition.
        None => Ok(founded),
    }
}
