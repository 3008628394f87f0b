//! What was said of findings: one row for each finding that somebody answered.

use super::books::{from_json, to_json};
use super::{ColType, Param, ReadTx, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::custody::Subject;
use crate::custody::answer::FindingAnswers;
use crate::custody::books::Outcome;
use crate::id::FindingId;

pub(super) const ANSWER: Table = Table {
    name: "finding_answer",
    columns: &[
        ("finding", ColType::Uuid),
        ("subject_kind", ColType::Text),
        ("subject", ColType::Text),
        ("stage", ColType::Text),
        ("undecided", ColType::Text),
        ("quoted", ColType::I64),
        ("quoted_severity", ColType::Text),
        ("snapshot", ColType::Text),
    ],
    key: &["finding"],
};

/// Write what a batch changed.
pub(super) async fn save(tx: &mut WriteTx, outcomes: &[(u64, Outcome)]) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for answers in outcomes.iter().flat_map(|(_, outcome)| &outcome.answers) {
        rows.push(params![
            answers.finding.as_uuid(),
            answers.subject.kind_name().to_owned(),
            answers.subject.key(),
            answers.stage().name().to_owned(),
            answers.undecided().name().to_owned(),
            answers.quoted().map(|quoted| quoted.figures.gauge()),
            answers.quoted().map(|quoted| quoted.severity.name().to_owned()),
            to_json("finding_answer", answers)?
        ]);
    }
    tx.upsert_many(&ANSWER, rows).await.map(drop)
}

/// What was said of these findings, of those of which something was.
pub async fn of_findings(tx: &mut ReadTx, ids: &[FindingId]) -> Result<Vec<FindingAnswers>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select snapshot from finding_answer where finding in ({keys})");
    let keys = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    tx.fetch_in(&SQL, keys, params![]).await?.iter().map(|row| from_json(row, "snapshot")).collect()
}

/// What was said of the findings on a subject.
pub async fn of_subject(tx: &mut ReadTx, subject: &Subject) -> Result<Vec<FindingAnswers>, StoreError> {
    const SQL: Sql = Sql::both(
        "select snapshot from finding_answer where subject = $1 and subject_kind = $2 order by finding",
    );
    let values = params![subject.key(), subject.kind_name().to_owned()];
    tx.fetch_all(&SQL, values).await?.iter().map(|row| from_json(row, "snapshot")).collect()
}
