//! What people say of findings, and cases.

use super::Player;
use crate::catalogue::{Catalogue, Profile};
use crate::clock::Timestamp;
use crate::custody::Statement;
use crate::custody::books::Rulebook;
use crate::custody::payload::oversight::{
    CaseAnswered, CaseAssigned, CaseClosed, CaseOpened, FindingAnswered, FindingClosed,
};
use crate::id::{CaseId, FindingId};
use crate::ledger::{Digest, SigningKey};
use crate::scenario::Model;
use crate::scenario::deed::{CaseDeed, FindingDeed, Line};
use crate::shape::{List, Text};

/// Seed of the log's key in the ledger that a player imagines; nothing it signs is looked at.
const LOG_SEED: [u8; 32] = [9; 32];
/// A ledger is founded well before the first line of any script, in hours.
const FOUNDED_BEFORE_HOURS: i64 = 60 * 24;

impl Player<'_> {
    pub(super) fn answers_finding(
        &mut self,
        line: &Line,
        does: FindingDeed,
        (rule, subject): (&str, &str),
        (text, pictures): (&Text<2000>, &[Digest]),
    ) -> Result<(), String> {
        let finding = self.found(line.at, &[(rule.to_owned(), subject.to_owned())])?[0];
        let (text, attachments) = (text.clone(), List::new(pictures.to_vec())?);
        let statement = match does {
            FindingDeed::Explains => {
                Statement::FindingExplained(FindingAnswered { finding, text, attachments })
            }
            FindingDeed::Upholds => Statement::FindingUpheld(FindingAnswered { finding, text, attachments }),
            FindingDeed::Closes => {
                Statement::FindingClosed(FindingClosed { finding, text, attachments, figures: None })
            }
        };
        let actor = &line.actor.party;
        self.declare(line, &line.how, line.at, actor, statement, Vec::new()).map(drop)
    }

    pub(super) fn cases(&mut self, line: &Line, name: &str, deed: &CaseDeed) -> Result<(), String> {
        let case = match deed {
            CaseDeed::Opens { .. } => {
                let case = CaseId::from_uuid(self.new_id(&format!("case {name}"), line.at));
                self.cases.insert(name.to_owned(), case);
                case
            }
            _ => {
                *self.cases.get(name).ok_or_else(|| format!("no line before this one opens case `{name}`"))?
            }
        };
        let statement = match deed {
            CaseDeed::Opens { on, source, text, due, findings } => Statement::CaseOpened(CaseOpened {
                case,
                party: self.party(&on.party)?.uscc,
                findings: List::new(self.found(line.at, findings)?)?,
                text: text.clone(),
                due: *due,
                source: *source,
                site: on.site.as_ref().map(|_| self.site(on).map(|site| site.site)).transpose()?,
                manifest: None,
            }),
            CaseDeed::Assigns { to } => {
                let key = self.key(to, self.party(to)?.office())?;
                Statement::CaseAssigned(CaseAssigned { case, to: key.public().kid() })
            }
            CaseDeed::Answers { text, pictures } => Statement::CaseAnswered(CaseAnswered {
                case,
                text: text.clone(),
                attachments: List::new(pictures.clone())?,
            }),
            CaseDeed::Closes { text } => Statement::CaseClosed(CaseClosed { case, text: text.clone() }),
        };
        let actor = &line.actor.party;
        self.declare(line, &line.how, line.at, actor, statement, Vec::new()).map(drop)
    }

    /// The findings that whoever speaks at a moment has on the screen, by rule and subject: those of a ledger that was sent what
    /// came before.
    fn found(&self, at: Timestamp, wanted: &[(String, String)]) -> Result<Vec<FindingId>, String> {
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let profile = Profile::embedded("cn").ok_or("there is no profile cn")?;
        let mut model = Model::new(Rulebook { profile, catalogue: Catalogue::embedded() });
        let log_key = SigningKey::from_seed(LOG_SEED).public();
        let begins = self.acts.iter().map(|act| act.recorded_at).min().unwrap_or(at);
        let founded_at = begins.plus_hours(-FOUNDED_BEFORE_HOURS);
        let founding = self.world.founding(&self.log, founded_at, log_key);
        let mut acts = founding.map_err(|error| error.to_string())?;
        acts.extend(self.acts.iter().filter(|act| act.recorded_at <= at).cloned());
        acts.sort_by_key(|act| act.recorded_at);
        for act in &acts {
            // What is refused there is told by the ledger that the script is played for.
            drop(model.submit(act));
        }
        model.pass_time(at);
        let find = |(rule, subject): &(String, String)| {
            let found = model.finding_named(&self.names, rule, subject);
            found.ok_or_else(|| format!("there is no finding {rule} on {subject} at that moment"))
        };
        wanted.iter().map(find).collect()
    }
}
