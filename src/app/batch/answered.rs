//! The findings and cases that acts about to be recorded are about: where they stand, and what was said of them.

use super::references::References;
use crate::app::error::Fault;
use crate::app::prepare::Prepared;
use crate::clock::Timestamp;
use crate::custody::Subject;
use crate::custody::answer::answered_by;
use crate::custody::books::Books;
use crate::custody::case::case_of;
use crate::id::{CaseId, FindingId, TallyId, WatchId};
use crate::store::finding::StoredStanding;
use crate::store::{ReadTx, answer, case, finding, tally, watch};

/// Findings as the store holds them, before the shelves they stand on are at hand.
pub(super) struct Answered(Vec<StoredStanding>);

/// Put at hand the cases that events are about, and what was said of the findings they name; note what these stand on.
pub(super) async fn look_up(
    tx: &mut ReadTx,
    books: &mut Books,
    refs: &mut References,
    events: &[(&Prepared, Timestamp)],
) -> Result<Answered, Fault> {
    let statements = || events.iter().map(|(prepared, _)| &prepared.event.statement);
    let cases: Vec<CaseId> = statements().filter_map(case_of).collect();
    for case in case::by_ids(tx, &cases).await? {
        books.put_case(case);
    }
    let findings: Vec<FindingId> = statements().flat_map(answered_by).copied().collect();
    if findings.is_empty() {
        return Ok(Answered(Vec::new()));
    }
    for answers in answer::of_findings(tx, &findings).await? {
        books.put_answers(answers);
    }
    let stored = finding::standings(tx, &findings).await?;
    for one in &stored {
        refs.parties.extend(one.standing.seen.concerns.iter().copied());
        let on = one.standing.seen.subject;
        if one.tally.is_none() && matches!(on, Subject::Manifest(_) | Subject::Lot(_) | Subject::Label(_)) {
            refs.subjects.insert(on);
        }
    }
    Ok(Answered(stored))
}

impl Answered {
    /// Put the findings at hand. The manifests, lots and labels that they stand on are.
    pub(super) async fn put(self, tx: &mut ReadTx, books: &mut Books) -> Result<(), Fault> {
        let tallies: Vec<TallyId> = self.0.iter().filter_map(|one| one.tally).collect();
        let missing: Vec<TallyId> = tallies.into_iter().filter(|id| !books.has_tally(id)).collect();
        tally::load_by_id(tx, books, &missing).await?;
        let watches: Vec<WatchId> = self.0.iter().filter_map(|one| one.watch).collect();
        let missing: Vec<WatchId> = watches.into_iter().filter(|id| !books.has_watch(id)).collect();
        watch::load_by_id(tx, books, &missing).await?;
        for one in self.0 {
            if books.standing(&one.id).is_none() {
                books.put_standing(one.id, one.standing);
            }
        }
        Ok(())
    }
}
