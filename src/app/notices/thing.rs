//! What a message is about, as far as a later one may end it.

use crate::app::Fault;
use crate::custody::{Event, Statement};
use crate::id::{DeclarationId, FindingId};
use crate::store::outbox::{About, Numbered};
use crate::store::{ReadTx, declaration};

/// The thing: a finding, a case, a manifest, a period of a site.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Thing {
    /// Its name among things.
    pub(super) key: String,
    /// The finding, where it is one.
    pub(super) finding: Option<FindingId>,
}

impl Thing {
    fn finding(id: FindingId) -> Self {
        Self { key: id.to_string(), finding: Some(id) }
    }

    fn of(key: impl ToString) -> Self {
        Self { key: key.to_string(), finding: None }
    }
}

/// What a message is about.
pub(super) async fn of(tx: &mut ReadTx, message: &Numbered, event: Option<&Event>) -> Result<Thing, Fault> {
    if let About::Finding { id, .. } = message.message.about {
        return Ok(Thing::finding(id));
    }
    let Some(event) = event else { return Ok(Thing::default()) };
    use Statement::*;
    Ok(match &event.statement {
        FindingExplained(s) | FindingUpheld(s) => Thing::finding(s.finding),
        FindingClosed(s) => Thing::finding(s.finding),
        CaseOpened(s) => Thing::of(s.case),
        CaseAssigned(s) => Thing::of(s.case),
        CaseAnswered(s) => Thing::of(s.case),
        CaseClosed(s) => Thing::of(s.case),
        CorrectionProposed(s) | CorrectionOrdered(s) => Thing::of(s.correction),
        CorrectionAgreed(s) | CorrectionRefused(s) => Thing::of(s.correction),
        CorrectionRequested(s) => Thing::of(s.correction),
        ApprovalRequested(s) => Thing::of(s.approval),
        ApprovalAdvanced(s) => Thing::of(s.approval),
        ApprovalGranted(s) => Thing::of(s.approval),
        DeclarationFiled(s) => {
            let slot = crate::registry::declaration::Slot { site: s.site, period: s.period, from: s.from };
            Thing::of(slot.key())
        }
        DeclarationReturned(s) => slot_of(tx, s.declaration).await?,
        DeclarationAccepted(s) => slot_of(tx, s.declaration).await?,
        _ => event.manifest().map(Thing::of).unwrap_or_default(),
    })
}

/// What a declaration was filed for: filing anew does what was asked.
async fn slot_of(tx: &mut ReadTx, id: DeclarationId) -> Result<Thing, Fault> {
    let records = declaration::by_ids(tx, &[id]).await?;
    Ok(records.first().map(|record| Thing::of(record.slot().key())).unwrap_or_default())
}
