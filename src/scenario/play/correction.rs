//! What an earlier line should have said: proposed, answered, ordered.

use super::Player;
use crate::custody::Statement;
use crate::custody::payload::statement::{CorrectedValue, Correction, CorrectionAnswered};
use crate::id::CorrectionId;
use crate::scenario::deed::Line;
use crate::shape::Text;

impl Player<'_> {
    /// A value for a field of a labelled line.
    pub(super) fn corrects(
        &mut self,
        line: &Line,
        orders: bool,
        label: &str,
        (pointer, value): (&str, &CorrectedValue),
        reason: Option<Text<500>>,
    ) -> Result<(), String> {
        let id = self.new_id(&format!("correction {}", self.acts.len()), line.at);
        let correction = Correction {
            correction: CorrectionId::from_uuid(id),
            event: self.said_under(label)?.id,
            pointer: Text::new(pointer)?,
            value: value.clone(),
            reason: reason.map_or_else(|| Text::new("经核对"), Ok)?,
        };
        let statement = match orders {
            true => Statement::CorrectionOrdered(correction),
            false => Statement::CorrectionProposed(correction),
        };
        self.declare(line, &line.how, line.at, &line.actor.party, statement, Vec::new()).map(drop)
    }

    /// The answer to the correction that a labelled line proposes.
    pub(super) fn answers(
        &mut self,
        line: &Line,
        agrees: bool,
        label: &str,
        reason: Option<Text<500>>,
    ) -> Result<(), String> {
        let Statement::CorrectionProposed(proposed) = &self.said_under(label)?.event.statement else {
            return Err(format!("{label} proposes no correction"));
        };
        let answered = CorrectionAnswered { correction: proposed.correction, reason };
        let statement = match agrees {
            true => Statement::CorrectionAgreed(answered),
            false => Statement::CorrectionRefused(answered),
        };
        self.declare(line, &line.how, line.at, &line.actor.party, statement, Vec::new()).map(drop)
    }
}
