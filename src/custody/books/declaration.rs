//! Folding declarations to the authority: filed, returned, accepted.

use super::{Books, Change, Outcome};
use crate::custody::event::Recorded;
use crate::custody::kind::Statement;
use crate::custody::tally;
use crate::id::DeclarationId;
use crate::registry::{Decision, DeclarationRecord};

impl Books {
    /// The first filing owns its id, and the first decision on it stands.
    pub(super) fn declared(&self, recorded: &Recorded) -> Option<Change> {
        let (event, at) = (recorded.id, recorded.recorded_at);
        match &recorded.event.statement {
            Statement::DeclarationFiled(s) if self.registry.declaration(&s.declaration).is_none() => {
                Some(Change::Declaration(DeclarationRecord {
                    filed: s.clone(),
                    party: recorded.event.party,
                    event,
                    at,
                    index: recorded.index,
                    decision: None,
                }))
            }
            Statement::DeclarationReturned(s) => {
                let reasons = s.reasons.to_vec();
                self.decided(&s.declaration, Decision::Returned { event, at, reasons })
            }
            Statement::DeclarationAccepted(s) => {
                self.decided(&s.declaration, Decision::Accepted { event, at })
            }
            _ => None,
        }
    }

    /// Note what a filing, or what becomes of it, adds to what was filed for its period.
    pub(super) fn note_filed(&self, change: &Change, outcome: &mut Outcome) {
        let Change::Declaration(record) = change else { return };
        let known = self.registry.declaration(&record.filed.declaration);
        let before = known.map(tally::of_filing).unwrap_or_default();
        outcome.tallied.extend(tally::difference(&before, &tally::of_filing(record)));
    }

    fn decided(&self, declaration: &DeclarationId, decision: Decision) -> Option<Change> {
        let record = self.registry.declaration(declaration).filter(|record| record.decision.is_none())?;
        Some(Change::Declaration(DeclarationRecord { decision: Some(decision), ..record.clone() }))
    }
}
