//! Declarations to the authority in a script.

use super::Player;
use crate::custody::Statement;
use crate::id::DeclarationId;
use crate::registry::standing::{DeclarationAccepted, DeclarationFiled, DeclarationReturned, FieldReason};
use crate::scenario::deed::{Deed, Line};
use crate::shape::List;

impl Player<'_> {
    pub(super) fn declares_duty(&mut self, line: &Line) -> Result<(), String> {
        let statement = match &line.deed {
            Deed::Files { period, from, nature, lines } => Statement::DeclarationFiled(DeclarationFiled {
                declaration: DeclarationId::from_uuid(
                    self.new_id(&format!("declaration {}", line.no), line.at),
                ),
                site: self.site(&line.actor)?.site,
                period: *period,
                from: *from,
                nature: *nature,
                lines: lines.clone(),
            }),
            Deed::Returns { label, pointer, reason } => {
                let reason = FieldReason { pointer: pointer.clone(), reason: reason.clone() };
                let reasons = List::new(vec![reason])?;
                Statement::DeclarationReturned(DeclarationReturned {
                    declaration: self.filed(label)?,
                    reasons,
                })
            }
            Deed::Accepts { label } => {
                Statement::DeclarationAccepted(DeclarationAccepted { declaration: self.filed(label)? })
            }
            other => return Err(format!("{other:?} is not about a declaration")),
        };
        let actor = &line.actor.party;
        self.declare(line, &line.how, line.at, actor, statement, Vec::new()).map(drop)
    }

    /// The declaration that a line filed.
    fn filed(&self, label: &str) -> Result<DeclarationId, String> {
        match &self.said_under(label)?.event.statement {
            Statement::DeclarationFiled(filed) => Ok(filed.declaration),
            _ => Err(format!("the line {label} filed no declaration")),
        }
    }
}
