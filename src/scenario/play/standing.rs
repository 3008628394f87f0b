//! What the authority says in the middle of a script, and documents of other systems.

use super::{Player, Saying};
use crate::custody::Statement;
use crate::custody::payload::waste::DocumentImported;
use crate::id::{DocumentId, PermitId};
use crate::ledger::Digest;
use crate::registry::standing::{PermitIssued, PermitItem};
use crate::scenario::deed::{Deed, Line};
use crate::shape::{Grams, List, Text};

/// Yearly amount of a permit issued in a script: no rule of this version compares it.
const YEARLY_G: i64 = 10_000_000_000;

impl Player<'_> {
    pub(super) fn permits(&mut self, line: &Line) -> Result<(), String> {
        let Deed::Permits { party, codes, methods, days } = &line.deed else { return Ok(()) };
        let yearly_g = Grams::new(YEARLY_G).ok_or("a permit needs an amount")?;
        let item = PermitItem { codes: codes.clone(), methods: methods.clone(), yearly_g };
        let issued = PermitIssued {
            permit: PermitId::from_uuid(self.new_id(&format!("permit {}", line.no), line.at)),
            number: Text::new(format!("{}-{}", self.script.name, line.no))?,
            party: self.party(party)?.uscc,
            site: None,
            items: List::new(vec![item])?,
            valid_from: days.0,
            valid_to: days.1,
        };
        let actor = &line.actor.party;
        self.declare(line, &line.how, line.at, actor, Statement::PermitIssued(issued), Vec::new()).map(drop)
    }

    pub(super) fn imports(
        &mut self,
        line: &Line,
        document: &str,
        source: &Text<64>,
        number: &Text<64>,
    ) -> Result<(), String> {
        let id = match &line.how.same_id {
            Some(other) => {
                self.names.document(other).ok_or_else(|| format!("no document is called {other}"))?
            }
            None => DocumentId::from_uuid(self.new_id(&format!("document {document}"), line.at)),
        };
        self.names.add_document(document, id);
        let content = format!("number\n{}", &**number);
        let statement = Statement::DocumentImported(DocumentImported {
            document: id,
            profile: Text::new("cn")?,
            source: source.clone(),
            number: number.clone(),
            media: Text::new("text/csv; header=present")?,
            sha256: Digest::sha256(&[content.as_bytes()]),
            content: Text::new(content)?,
        });
        let party = line.actor.party.clone();
        let role = self.party(&party)?.office();
        let (how, at) = (&line.how, line.at);
        self.say(Saying { line, how, party, role, at, statement, prev: Vec::new(), before: Vec::new() })
            .map(drop)
    }
}
