//! Documents of other systems.

use super::{Player, Saying};
use crate::custody::Statement;
use crate::custody::payload::waste::DocumentImported;
use crate::id::DocumentId;
use crate::ledger::Digest;
use crate::scenario::deed::Line;
use crate::shape::Text;

impl Player<'_> {
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
