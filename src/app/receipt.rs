//! Receipts: what the ledger answers for an event, the same each time it is asked.

use super::App;
use super::error::Fault;
use crate::clock::Timestamp;
use crate::custody::books::Outcome;
use crate::custody::finding::{FindingStep, StepKind};
use crate::custody::rules::Rule;
use crate::custody::{Event, Kind, Observation, Recorded, Severity, Statement, Subject, Verdict};
use crate::id::{FindingId, LotId};
use crate::ledger::tlog_proof::TlogProof;
use crate::ledger::{Digest, EventId, Salt};
use crate::registry::PartyKind;
use crate::store::log::Entry;
use crate::store::{ReadTx, books, finding, log, registry, stance, timeline};

/// That an entry is in the log: checked offline against the checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// Size of the log the proof is for.
    pub size: u64,
    /// Sibling hashes from the leaf up (RFC 6962 §2.1.1).
    pub hashes: Vec<Digest>,
    /// The signed checkpoint of that size (C2SP tlog-checkpoint).
    pub checkpoint: String,
}

/// A finding as a receipt names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindingBrief {
    /// Its id.
    pub id: FindingId,
    /// Its rule.
    pub rule: String,
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
}

/// The answer to a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// SHA-256 of the signing input.
    pub event_id: EventId,
    /// Kind of the event.
    pub kind: Kind,
    /// Log index.
    pub index: u64,
    /// When the ledger took it in.
    pub recorded_at: Timestamp,
    /// Measured skew of the uploading device in milliseconds.
    pub skew_ms: i64,
    /// Opens the commitment of the leaf. For the parties of the event only. `None` in a dry run.
    pub salt: Option<Salt>,
    /// The public leaf. Empty in a dry run.
    pub leaf: Vec<u8>,
    /// What the event counts for.
    pub verdict: Verdict,
    /// Number or lot codes allotted by it.
    pub labels: Vec<(Subject, String)>,
    /// Findings it opened.
    pub opened: Vec<FindingBrief>,
    /// Findings it closed.
    pub closed: Vec<FindingBrief>,
    /// The proof; `None` in a dry run.
    pub inclusion: Option<Inclusion>,
}

impl Receipt {
    /// The receipt of an event that was just folded. `leaf` and `salt` are as they were committed.
    pub(super) fn of(
        recorded: &Recorded,
        outcome: &Outcome,
        sees_all: bool,
        leaf: Vec<u8>,
        salt: Option<Salt>,
    ) -> Self {
        let mut receipt = Self {
            event_id: recorded.id,
            kind: recorded.kind(),
            index: recorded.index,
            recorded_at: recorded.recorded_at,
            skew_ms: recorded.skew_ms,
            salt,
            leaf,
            verdict: recorded.verdict.by_itself(),
            labels: outcome.labels.clone(),
            opened: Vec::new(),
            closed: Vec::new(),
            inclusion: None,
        };
        let caused = outcome.steps.iter().filter(|step| step.index == Some(recorded.index));
        receipt.add_steps(caused.map(|step| (step.step, step)), &recorded.event, sees_all);
        receipt
    }

    /// The proof as one text (C2SP tlog-proof); `None` in a dry run.
    pub fn tlog_proof(&self) -> Option<TlogProof> {
        let inclusion = self.inclusion.as_ref()?;
        Some(TlogProof {
            extra: None,
            index: self.index,
            hashes: inclusion.hashes.clone(),
            checkpoint: inclusion.checkpoint.clone(),
        })
    }

    /// A party learns of the findings that concern it; an authority of all.
    fn add_steps<'a>(
        &mut self,
        steps: impl Iterator<Item = (StepKind, &'a FindingStep)>,
        event: &Event,
        sees_all: bool,
    ) {
        for (kind, step) in steps.filter(|(_, step)| sees_all || step.seen.concerns.contains(&event.party)) {
            let brief = FindingBrief {
                id: step.finding,
                rule: step.seen.rule.clone(),
                severity: severity_of(&step.seen),
                subject: step.seen.subject,
            };
            match kind {
                StepKind::Opened => self.opened.push(brief),
                StepKind::Closed => self.closed.push(brief),
                StepKind::Revised => {}
            }
        }
        self.opened.sort_by_key(|brief| brief.id);
        self.closed.sort_by_key(|brief| brief.id);
    }
}

impl App {
    /// The receipt of the event at a log index, rebuilt from what is stored.
    pub async fn receipt_at(&self, tx: &mut ReadTx, entry: &Entry) -> Result<Receipt, Fault> {
        let event = event_of(entry)?;
        let party = registry::parties(tx, &[event.party]).await?;
        let sees_all = party.iter().any(|record| record.kinds.contains(&PartyKind::Authority));
        // What the party, the other side or time said later does not change the first receipt.
        let last_word = stance::last_words(tx, &[entry.event_id]).await?.into_iter().next();
        let in_force = timeline::verdict(tx, entry.index).await?.unwrap_or(Verdict::Counts);
        let verdict = last_word.map_or(in_force.by_itself(), |word| word.first_verdict);
        let mut receipt = Receipt {
            event_id: entry.event_id,
            kind: event.kind(),
            index: entry.index,
            recorded_at: entry.recorded_at,
            skew_ms: entry.skew_ms,
            salt: entry.salt.map(Salt),
            leaf: entry.leaf.clone(),
            verdict,
            labels: if verdict.moves() { labels_of(tx, &event, entry.event_id).await? } else { Vec::new() },
            opened: Vec::new(),
            closed: Vec::new(),
            inclusion: Some(self.inclusion(tx, entry.index, &entry.leaf).await?),
        };
        let steps = finding::steps_of_entry(tx, entry.index).await?;
        let steps: Vec<FindingStep> = steps
            .into_iter()
            .map(|row| FindingStep {
                finding: row.finding,
                n: row.n,
                step: StepKind::named(&row.step),
                at: row.at,
                index: row.index,
                seen: row.seen,
            })
            .collect();
        receipt.add_steps(steps.iter().map(|step| (step.step, step)), &event, sees_all);
        Ok(receipt)
    }

    /// The proof that the first stored checkpoint covering an index holds it.
    pub(super) async fn inclusion(
        &self,
        tx: &mut ReadTx,
        index: u64,
        leaf: &[u8],
    ) -> Result<Inclusion, Fault> {
        let checkpoint = log::checkpoint_covering(tx, index).await?;
        let checkpoint =
            checkpoint.ok_or_else(|| Fault::Tree(format!("no checkpoint covers index {index} yet")))?;
        let mut tree = self.tree_of(tx, checkpoint).await?;
        let hashes = tree.prove(tx, index, leaf).await?;
        Ok(Inclusion { size: tree.head.size, hashes, checkpoint: tree.note })
    }
}

/// The event of a stored entry, parsed again from its bytes. Signatures were checked when it was taken in.
pub(super) fn event_of(entry: &Entry) -> Result<Event, Fault> {
    let broken = |what: String| Fault::Entry { index: entry.index, what };
    let jws = entry.jws.as_deref().ok_or_else(|| broken("its content was erased".to_owned()))?;
    let envelope = crate::ledger::Envelope::parse(jws.as_bytes(), crate::ledger::Typ::Event);
    let envelope = envelope.map_err(|error| broken(error.to_string()))?;
    if envelope.event_id() != entry.event_id {
        return Err(broken("its bytes do not hash to its event id".to_owned()));
    }
    Event::parse_recorded(envelope.payload()).map_err(|error| broken(error.to_string()))
}

fn severity_of(seen: &Observation) -> Severity {
    let of_rule = || Rule::named(&seen.rule).map_or(Severity::Notice, |rule| rule.severity);
    seen.severity.unwrap_or_else(of_rule)
}

/// The number or the lot codes that an event got. One that counted for nothing got none, whatever a later word makes of it.
async fn labels_of(tx: &mut ReadTx, event: &Event, id: EventId) -> Result<Vec<(Subject, String)>, Fault> {
    let mut labels = Vec::new();
    if let Statement::ManifestRegistered(registered) = &event.statement {
        let shelf = books::manifest(tx, registered.manifest).await?;
        let label = shelf.filter(|shelf| shelf.owner == Some(id)).and_then(|shelf| shelf.label);
        labels.extend(label.map(|label| (Subject::Manifest(registered.manifest), label)));
    }
    let lots: Vec<LotId> = event.lots().into_iter().filter(LotId::is_client_made).collect();
    for lot in lots {
        let shelf = books::lot(tx, lot).await?;
        let label = shelf.filter(|shelf| shelf.owner == Some(id)).and_then(|shelf| shelf.label);
        labels.extend(label.map(|label| (Subject::Lot(lot), label)));
    }
    Ok(labels)
}
