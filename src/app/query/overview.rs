//! The first page: how much is open, how much was imported.

use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::registry::standing::ProfileAdopted;
use crate::store::finding::Queue;
use crate::store::{document, finding, registry};

pub use crate::store::document::UnitTotal;

/// What there is, in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    /// Open findings per rule, by rule id: those in its division for an authority, its own for a party.
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
        let queue = match viewer {
            Viewer::Public => None,
            Viewer::Party { party, .. } => Some(Queue::Party(*party)),
            Viewer::Authority { division, .. } => Some(Queue::Division(*division)),
        };
        let open_findings = match queue {
            Some(queue) => finding::open_per_rule(&mut tx, queue).await?,
            None => Vec::new(),
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
