//! What witnesses said of the heads. A line is compared with the columns beside it; whether it is true only the witness's key can
//! tell, and that is in a policy that somebody brings.

use super::{AuditError, Audited, broken};
use crate::ledger::cosignature::{Claimed, find};
use crate::ledger::note::NoteKey;
use crate::ledger::policy::Policy;
use crate::store::cosignature::{self, StoredCosignature};
use crate::store::log::StoredCheckpoint;
use crate::store::{ReadTx, log_audit};

const TABLE: &str = "cosignature";

/// Check the cosignatures of a stored head, by the keys of the policy where it has them.
pub(super) async fn check(
    tx: &mut ReadTx,
    head: &StoredCheckpoint,
    policy: Option<&Policy>,
    audited: &mut Audited,
) -> Result<(), AuditError> {
    for stored in cosignature::of_size(tx, head.size).await? {
        let wrong = |what: String| broken(TABLE, format!("{} of {}", head.size, stored.name), what);
        let StoredCosignature { name, key_id, line, at_s, .. } = &stored;
        let claimed = Claimed { name: name.clone(), key_id: *key_id, at_s: *at_s };
        if Claimed::parse(line) != Some(claimed) {
            return Err(wrong("its line is not one of this key and this time".to_owned()));
        }
        audited.cosignatures += 1;
        let mut witnesses = policy.map_or(&[][..], Policy::witnesses).iter();
        let is_its = |key: &dyn NoteKey| key.name() == name && key.key_id() == *key_id;
        if let Some(witness) = witnesses.find(|witness| is_its(&witness.key)) {
            let note = format!("{}{line}", head.note);
            find(&note, &witness.key).map_err(|error| wrong(error.to_string()))?;
            audited.verified_cosignatures += 1;
        }
    }
    Ok(())
}

/// There are no more than were met below the heads.
pub(super) async fn count(tx: &mut ReadTx, audited: &Audited) -> Result<(), AuditError> {
    let counted = log_audit::count_cosignatures(tx).await?;
    if counted == audited.cosignatures {
        return Ok(());
    }
    let what = format!("it has {counted} rows, {} belong to a stored checkpoint", audited.cosignatures);
    Err(broken(TABLE, "count", what))
}
