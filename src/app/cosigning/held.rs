//! What witnesses hold, compared with the database: the head of this log that each cosigned last, as this log signed it. It is the
//! memory that a backup does not take along when database and mark are restored together.

use std::time::Duration;

use super::{App, Asked, CosigningError, Outward};
use crate::ledger::note::MAX_NOTE_BYTES;
use crate::ledger::policy::PolicyWitness;
use crate::ledger::witness::place_of;

impl App {
    /// Compare the database with what every witness holds, all at once; what came of it by name: the size of its head, `None` for
    /// a witness that has none. For the start, before anything is taken in. A head that this ledger signed and does not have
    /// makes it read-only ([`App::mode`]); whoever is late, fails or lies changes nothing.
    pub async fn compare_with_witnesses(
        &self,
        within: Duration,
    ) -> Vec<(String, Result<Option<u64>, CosigningError>)> {
        let Some(asked) = self.inner.cosigning.asked.get() else { return Vec::new() };
        let one = async |witness: &PolicyWitness| {
            let url = witness.url.as_deref()?;
            let compared = tokio::time::timeout(within, self.compare_with(asked, witness, url)).await;
            Some((witness.name.clone(), compared.unwrap_or(Err(CosigningError::TooSlow(within)))))
        };
        let all = asked.policy.witnesses().iter().map(one);
        futures::future::join_all(all).await.into_iter().flatten().collect()
    }

    /// Fetch the head that a witness cosigned last, and compare; its size.
    pub(super) async fn compare_with(
        &self,
        asked: &Asked,
        witness: &PolicyWitness,
        url: &str,
    ) -> Result<Option<u64>, CosigningError> {
        let url = Outward::below(url, &place_of(self.origin()))?;
        let answer = asked.outward.get(url, None, MAX_NOTE_BYTES).await?;
        match answer.status {
            200 => {
                let note = String::from_utf8_lossy(&answer.body);
                let held = self.compare(&note, &format!("witness {}", witness.name)).await?;
                Ok(Some(held.size))
            }
            404 => Ok(None),
            other => Err(CosigningError::Status(other)),
        }
    }
}
