//! The first page: how much is open, how much was imported.

use std::collections::BTreeMap;

use super::MAX_PAGE;
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::custody::shelf::Life;
use crate::id::FindingId;
use crate::registry::standing::ProfileAdopted;
use crate::store::finding::{Filter, Queue};
use crate::store::{ReadTx, document, finding, registry};

pub use crate::store::document::UnitTotal;

/// Most pages of findings counted for a party; beyond them the figures are lower bounds.
const MAX_COUNTED_PAGES: usize = 20;

/// What there is, in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Open findings per rule, by rule id: over the whole ledger for an authority, its own for a party.
    pub open_findings: Vec<(String, u64)>,
    /// Number of entries in the log.
    pub log_size: u64,
    /// The rules last adopted by the authority, with the log index of the adoption.
    pub adopted: Option<(u64, ProfileAdopted)>,
}

impl App {
    /// The figures of the first page; the public sees only how long the log is.
    pub async fn overview(&self, viewer: &Viewer) -> Result<Overview, Fault> {
        let mut tx = self.reading().await?;
        let open_findings = match viewer {
            Viewer::Public => Vec::new(),
            Viewer::Party { party, .. } => count_own(&mut tx, *party).await?,
            Viewer::Authority { .. } => finding::open_per_rule(&mut tx)
                .await?
                .into_iter()
                .map(|(rule, n)| (rule, u64::try_from(n).unwrap_or_default()))
                .collect(),
        };
        let log_size = crate::store::log::head(&mut tx).await?.ok_or(Fault::NotFounded)?.size;
        let adopted = registry::adopted(&mut tx).await?;
        Ok(Overview { open_findings, log_size, adopted })
    }

    /// Totals of all imported lines per unit; for authorities.
    pub async fn imported_totals(&self, viewer: &Viewer) -> Result<Option<Vec<UnitTotal>>, Fault> {
        if !viewer.is_authority() {
            return Ok(None);
        }
        let mut tx = self.reading().await?;
        Ok(Some(document::totals(&mut tx).await?))
    }
}

async fn count_own(tx: &mut ReadTx, party: crate::catalogue::Uscc) -> Result<Vec<(String, u64)>, Fault> {
    let filter = Filter { queue: Queue::Party(party), rule: None, life: Some(Life::Open), stage: None };
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut after = FindingId::from_uuid(uuid::Uuid::nil());
    for _ in 0..MAX_COUNTED_PAGES {
        let found = finding::list(tx, &filter, after, MAX_PAGE).await?;
        for row in &found.rows {
            // Whom a finding concerns may have changed; only those that still concern the party are its own.
            if row.seen.concerns.contains(&party) {
                *counts.entry(row.seen.rule.clone()).or_default() += 1;
            }
        }
        let Some(next) = found.next else { break };
        after = next;
    }
    Ok(counts.into_iter().collect())
}
