//! How the ledger itself fares: for the authority that founded it, which answers for its operation.

use super::log::Readiness;
use crate::app::access::Viewer;
use crate::app::backup::BackupSeen;
use crate::app::notices::noticed;
use crate::app::replica::ReplicaSeen;
use crate::app::webhooks::Webhook;
use crate::app::{App, Fault};
use crate::registry::PartyRecord;
use crate::store::{outbox, registry, webhook};

/// Most parked webhooks that are told of.
const MAX_PARKED: u64 = 50;

/// How the ledger fares just now, in figures.
#[derive(Clone, Debug)]
pub struct Vitals {
    /// How far the log goes and how far it is signed, and whether events are taken in.
    pub readiness: Readiness,
    /// Uploads that wait to be recorded, and how many may wait in this process.
    pub waiting: (usize, usize),
    /// Number of the newest message of the feed.
    pub newest_change: u64,
    /// Number of the last message of which notices were made.
    pub noticed: u64,
    /// How many webhooks are sent nothing any more until somebody starts them again.
    pub parked_count: u64,
    /// Steps of manifests that platforms are told of: how many wait, and how many are parked, refused and partly refused.
    pub pushes: [u64; 4],
    /// The standby that answers reads, where there is one.
    pub replica: Option<ReplicaSeen>,
    /// The newest backup: `None` where the operator did not say where they lie.
    pub backup: Option<Option<BackupSeen>>,
}

/// The same for people, with what is set up.
#[derive(Clone, Debug)]
pub struct Operation {
    /// In figures.
    pub vitals: Vitals,
    /// Those of the webhooks that were stopped last.
    pub parked: Vec<Webhook>,
    /// Whether e-mail, short messages and logins of a provider are set up.
    pub outward: Outward,
}

/// What is set up beside the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outward {
    /// A mail server.
    pub mail: bool,
    /// A gateway for short messages.
    pub gateway: bool,
    /// A provider of logins.
    pub provider: bool,
    /// Platforms of the state.
    pub platforms: bool,
}

impl App {
    /// Whether the viewer belongs to the authority that founded the ledger.
    pub async fn is_founder(&self, viewer: &Viewer) -> Result<bool, Fault> {
        let Some(party) = viewer.party().filter(|_| viewer.is_authority()) else { return Ok(false) };
        let records = registry::parties(&mut self.inner.store.read().await?, &[party]).await?;
        Ok(records.first().is_some_and(PartyRecord::is_founder))
    }

    /// How the ledger fares, for whoever runs it.
    pub async fn vitals(&self) -> Result<Vitals, Fault> {
        let readiness = self.readiness().await?;
        let backup = self.newest_backup().await?;
        let mut tx = self.inner.store.read().await?;
        Ok(Vitals {
            readiness,
            waiting: self.inner.queue.waiting(),
            newest_change: outbox::last(&mut tx).await?,
            noticed: noticed(&mut tx).await?,
            parked_count: webhook::count_parked(&mut tx).await?,
            pushes: self.pushes_stuck(&mut tx).await?,
            replica: self.replica(),
            backup,
        })
    }

    /// How the ledger fares; `None` for whom that is no business.
    pub async fn operation(&self, viewer: &Viewer) -> Result<Option<Operation>, Fault> {
        if !self.is_founder(viewer).await? {
            return Ok(None);
        }
        let vitals = self.vitals().await?;
        let mut tx = self.inner.store.read().await?;
        Ok(Some(Operation {
            vitals,
            parked: webhook::parked(&mut tx, MAX_PARKED).await?,
            outward: Outward {
                mail: self.inner.mailer.get().is_some(),
                gateway: self.inner.gateway.get().is_some(),
                provider: self.inner.provider.get().is_some(),
                platforms: !self.platforms().is_empty(),
            },
        }))
    }
}
